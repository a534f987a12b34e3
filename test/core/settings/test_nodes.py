# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The table of settings."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings.nodes import NODES, CameraSettings, DetectorSettings
from mask_proximity.core.settings_table import Setting, Settings, setting_rows, with_values

ROWS = [
    pytest.param(settings, row, id=f'{node}.{row.name}')
    for node, settings in NODES.items()
    for row in setting_rows(settings)
]


@pytest.mark.parametrize(('settings', 'row'), ROWS)
def test_row_is_complete(settings: type[Settings], row: Setting) -> None:
    assert row.description.endswith('.')
    assert row.checked(row.default) == row.default
    number = isinstance(row.default, (int, float)) and not isinstance(row.default, bool)
    assert (row.minimum is not None and row.maximum is not None) == number


@pytest.mark.parametrize(('settings', 'row'), ROWS)
@pytest.mark.parametrize('value', [None, math.nan, math.inf, [1.0], b'x', object()])
def test_row_refuses_what_is_no_value(
    settings: type[Settings], row: Setting, value: object
) -> None:
    with pytest.raises(SettingsError, match=row.name):
        with_values(settings(), {row.name: value})


@pytest.mark.parametrize(('settings', 'row'), [p for p in ROWS if p.values[1].minimum is not None])
def test_row_refuses_what_is_out_of_range(settings: type[Settings], row: Setting) -> None:
    assert row.minimum is not None and row.maximum is not None
    kind = type(row.default)
    for value in (kind(row.minimum - 1), kind(row.maximum + 1)):
        with pytest.raises(SettingsError, match=f'{row.name} must be within'):
            with_values(settings(), {row.name: value})


@pytest.mark.parametrize(
    ('values', 'sentence'),
    [
        ({'mask_threshold': 7.0}, 'mask_threshold must be within 0.5 to 1, but it is 7.0'),
        ({'mask_threshold': '0.8'}, "must be of type double, but '0.8' was given"),
        ({'threads': True}, 'threads must be of type int, but True was given'),
        (
            {'face_model': 'hog'},
            "face_model must be ssd or ssd_published or yunet, but it is 'hog'",
        ),
        ({'mask_treshold': 0.8}, "no parameter 'mask_treshold'; did you mean mask_threshold?"),
        ({'caution_width_ratio': 0.2}, 'caution_width_ratio .0.2. must be at most'),
        (
            {'zones': 'z.yaml', 'alert_distance': 0.0},
            r'zones \(z.yaml\) have limits in metres, but alert_distance is 0',
        ),
        ({'valid_for': 0.4}, 'valid_for .0.4 s. must be longer than heartbeat_period'),
    ],
)
def test_a_mistake_gets_a_sentence(values: dict[str, object], sentence: str) -> None:
    before = DetectorSettings()
    with pytest.raises(SettingsError, match=sentence):
        with_values(before, values)
    assert before == DetectorSettings()


def test_rules_between_settings_are_checked_on_the_whole() -> None:
    both = with_values(DetectorSettings(), {'caution_width_ratio': 0.2, 'alert_width_ratio': 0.3})
    assert (both.caution_width_ratio, both.alert_width_ratio) == (0.2, 0.3)


def test_whole_numbers_become_floats_and_device_numbers_text() -> None:
    camera = with_values(CameraSettings(), {'rate': 30, 'source': 0})
    assert (camera.rate, type(camera.rate)) == (30.0, float)
    assert camera.source == '0'


def test_an_empty_source_is_refused() -> None:
    with pytest.raises(SettingsError, match='source is empty'):
        CameraSettings(source=' ')


@given(st.floats(0, 1), st.floats(0, 1))
def test_no_settings_break_the_order_of_the_ratios(caution: float, alert: float) -> None:
    try:
        settings = DetectorSettings(caution_width_ratio=caution, alert_width_ratio=alert)
    except SettingsError:
        assert caution > alert
    else:
        assert settings.caution_width_ratio <= settings.alert_width_ratio
