# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is recorded of an analysis is judged again to the same bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.types import NANOSECONDS, Image
from support.bags import START, camera_info, raw, write_bag
from support.command import finish, start

DOMAIN = 99
FRAMES = 'frames.jsonl'


@pytest.fixture
def bag(tmp_path: Path, near_portrait: Image) -> Path:
    """A person, a gap of a minute, somebody sets the clock back, and a picture is damaged."""
    small = cv2.resize(near_portrait, (320, 240), interpolation=cv2.INTER_AREA)
    empty = np.full_like(small, 90)
    noise = np.random.default_rng(2).integers(0, 4, small.shape, np.uint8)
    times = [0.0, 0.1, 0.2, 70.0, 70.1, 30.0, 30.1]
    messages = [camera_info(START, (320, 240), 300.0, '/front/camera_info')]
    for number, time in enumerate(times):
        picture = (empty if number == 0 else small) + number * noise
        stamp = START + round(time * NANOSECONDS)
        messages.append(raw(picture.astype(np.uint8), stamp, '/front/image_raw'))
        messages[-1].time = START + number * NANOSECONDS
    cut = raw(small, START + 31 * NANOSECONDS, '/front/image_raw')
    cut.content.data = cut.content.data[:-1000]
    cut.time = START + 99 * NANOSECONDS
    messages.append(cut)
    messages.append(raw(small, START, '/rear/image_raw'))
    write_bag(tmp_path / 'bag', messages)
    return tmp_path / 'bag'


def analyze(*arguments: object) -> tuple[int, str, str]:
    return finish(start('analyze', *map(str, arguments), domain=DOMAIN))


def test_an_incident_is_recorded_and_analyzed_again(bag: Path, tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in 'abc')
    recorded = tmp_path / 'incident.mcap'
    code, out, err = analyze(
        bag, '--topic', '/front/image_raw', '--output', first, '--record', recorded
    )
    assert code == 0, out + err
    frames = [json.loads(line) for line in (first / FRAMES).read_text().splitlines()]
    assert [frame['stamp'] for frame in frames] == [
        START / NANOSECONDS + time for time in (0.0, 0.1, 0.2, 70.0, 70.1, 30.0, 30.1)
    ]
    assert frames[2]['level'] == 'ALERT'
    assert frames[2]['faces'][0]['distance_source'] == 'FACE_WIDTH_CALIBRATED'
    report = (first / 'report.html').read_text()
    for problem in ('go backwards, first by 40.100 s', 'is skipped: images come with'):
        assert problem in err and problem in report
    # Three tenths of a second, a gap and a step back that are not shown, and two tenths more.
    capture = cv2.VideoCapture(str(first / 'annotated.mp4'))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == 7

    code, out, err = analyze(bag, '--topic', 'front/image_raw', '--output', second, '--no-video')
    assert code == 0, out + err
    code, out, err = analyze(recorded, '--output', third)
    assert code == 0, out + err
    assert '0 of 7 recorded alerts had another level.' in out
    contents = {(folder / FRAMES).read_bytes() for folder in (first, second, third)}
    assert len(contents) == 1

    settings = ('--set', 'face_confidence=1.0', '--set', 'alert_confidence=1.0')
    code, out, err = analyze(recorded, '--output', third, '--no-video', *settings)
    assert code == 0, out + err
    assert re.search('[1-7] of 7 recorded alerts had another level', out)


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        ((), 'there are images on /front/image_raw, /rear/image_raw; choose one with --topic'),
        (('--topic', '/x'), 'there are no images on /x; expected one of: /front/image_raw'),
        (('--topic', '/rear/image_raw', '--record', 'x.bag'), 'expected a name with .mcap'),
    ],
)
def test_a_mistake_gets_a_sentence(
    bag: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    code, out, err = analyze(bag, '--output', tmp_path / 'out', *arguments)
    assert code == 2, out + err
    (line,) = [line for line in err.splitlines() if line.startswith('error: ')]
    assert sentence in line and 'Traceback' not in err


def test_pictures_are_not_recorded(tmp_path: Path, near_portrait: Image) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), near_portrait)
    code, _, err = analyze(
        tmp_path / 'a.png', '--output', tmp_path / 'out', '--record', tmp_path / 'a.mcap'
    )
    assert code == 2 and '--record is for a recording or a camera' in err


SMALL_FILES_ONLY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, -1))
from mask_proximity.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.any_version
def test_a_full_disk_gets_one_sentence(bag: Path, tmp_path: Path) -> None:
    arguments = ('--topic', '/front/image_raw', '--output', 'out', '--record', 'a.mcap')
    done = subprocess.run(
        [sys.executable, '-c', SMALL_FILES_ONLY, 'analyze', str(bag), *arguments, '--no-video'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        env=dict(os.environ),
    )
    assert done.returncode == 2, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith('error: ')]
    assert 'a.mcap could not be completed' in line and 'a.part.mcap' in line
    assert 'Traceback' not in done.stderr
    assert (tmp_path / 'out' / 'report.html').is_file()
