# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of zones: what is in them, and what is said about a mistake."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from mask_proximity.core.alert.zones import Zone, load_zones, read_zones
from mask_proximity.core.errors import SettingsError

COUNTER = {
    'name': 'counter',
    'bearing': [-0.2, 0.6],
    'range': [0, 3.5],
    'alert_distance': 1,
    'caution_distance': 1.5,
}


def write(path: Path, *entries: object) -> str:
    path.write_text(yaml.safe_dump({'zones': list(entries)}))
    return str(path)


def test_no_path_is_no_zones() -> None:
    read_zones('')
    assert load_zones('') == ()


def test_the_zones_of_a_file(tmp_path: Path) -> None:
    endless = {**COUNTER, 'name': 'endless', 'range': [1.0, math.inf]}
    path = write(tmp_path / 'zones.yaml', COUNTER, endless)
    counter = Zone('counter', (-0.2, 0.6), (0.0, 3.5), 1.0, 1.5)
    assert load_zones(path) == (counter, Zone('endless', (-0.2, 0.6), (1.0, math.inf), 1.0, 1.5))


def test_the_example_can_be_read() -> None:
    example = Path(__file__).resolve().parents[3] / 'config' / 'zones.yaml'
    assert [zone.name for zone in load_zones(str(example))] == ['counter', 'window']


def test_a_changed_file_acts_when_it_is_read_again_and_a_broken_one_not_at_all(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / 'zones.yaml', COUNTER)
    before = load_zones(path)
    write(tmp_path / 'zones.yaml', COUNTER, {**COUNTER, 'name': 'other'})
    assert load_zones(path) == before
    read_zones(path)
    assert len(load_zones(path)) == 2
    Path(path).write_text('zones: 7')
    with pytest.raises(SettingsError):
        read_zones(path)
    assert len(load_zones(path)) == 2


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'name': ''}, "has the name ''; expected a text"),
        ({'name': 7}, 'has the name 7'),
        ({'bearing': [0.6, -0.2]}, r'bearing is \[0.6, -0.2\]; expected \[from, to\], rising'),
        ({'bearing': [0, 4]}, 'within -3.142 and 3.142'),
        ({'bearing': 0.5}, 'bearing is 0.5'),
        ({'range': [-1, 2]}, 'rising, from 0 on'),
        ({'range': [1, math.nan]}, 'range is'),
        ({'range': [True, 2]}, 'range is'),
        ({'alert_distance': -1}, 'alert_distance is -1; expected metres, 0 or more'),
        ({'alert_distance': 'near'}, "alert_distance is 'near'"),
        ({'caution_distance': 0.5}, r'caution_distance \(0.5 m\) must be at least alert_distance'),
        ({'caution_distance': math.inf}, 'caution_distance is inf'),
        ({'height': 1}, "has 'height', which is unknown; expected a list named zones"),
    ],
)
def test_a_mistake_gets_a_sentence(
    tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    path = write(tmp_path / 'zones.yaml', COUNTER, {**COUNTER, 'name': 'second', **change})
    with pytest.raises(SettingsError, match=f'zone 2:? ?.*{sentence}'):
        load_zones(path)


@pytest.mark.parametrize(
    ('content', 'sentence'),
    [
        (b'', 'has no zones; expected a list named zones'),
        (b'zones: {a: 1}', 'has no zones'),
        (b'zones: [1]', 'zone 1 is 1; expected'),
        (b'zones: [{name: a}]', 'zone 1 lacks bearing'),
        (b'\xff\xfe: [', 'cannot be parsed as YAML; expected a list named zones'),
        (b'zones: [' + b' ' * 200_000 + b']', 'larger than 100000 bytes'),
    ],
)
def test_what_is_no_file_of_zones_gets_a_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / 'zones.yaml'
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=sentence):
        load_zones(str(path))


def test_two_zones_of_one_name_and_a_missing_file_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="two zones named 'counter'"):
        load_zones(write(tmp_path / 'zones.yaml', COUNTER, COUNTER))
    for path in (str(tmp_path / 'none.yaml'), str(tmp_path), 'a\0b', '~nobody-here/zones'):
        with pytest.raises(SettingsError, match='zones: .* cannot be read'):
            load_zones(path)
