# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Recordings that rosbags has written become frames with their times and their camera."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import Frame, Source, SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.types import NANOSECONDS, DistanceSource
from support import bags
from support.bags import (
    START,
    camera_info,
    compressed,
    images,
    pictures,
    raw,
    stamps,
    text,
    write_bag,
)


def frames_of(path: Path, **settings: Any) -> tuple[Source, list[Frame]]:
    source = open_source(str(path), SourceSettings(**settings))
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return source, frames


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('transport', ['raw', 'compressed'])
@pytest.mark.parametrize('single', [True, False])
def test_images_come_as_they_were_recorded(
    tmp_path: Path, storage: str, transport: str, single: bool
) -> None:
    make = raw if transport == 'raw' else compressed
    wanted = list(zip(pictures(5), stamps(5), strict=True))
    file = write_bag(tmp_path / 'bag', [text(START), *(make(*each) for each in wanted)], storage)
    source, frames = frames_of(file if single else file.parent)
    assert [frame.stamp for frame in frames] == [stamp for _, stamp in wanted]
    for frame, (picture, _) in zip(frames, wanted, strict=True):
        np.testing.assert_array_equal(frame.image, picture)
    assert (source.rate, source.frame_count, source.problems) == (10.0, 5, [])
    assert frames[0].camera is None and frames[0].name == ''


@pytest.mark.parametrize('encoding', ['mono8', 'rgb8', 'bgra8', 'mono16'])
def test_encodings_are_those_of_the_nodes(tmp_path: Path, encoding: str) -> None:
    channels = {'mono8': (), 'mono16': (), 'rgb8': (3,), 'bgra8': (4,)}[encoding]
    kind: Any = np.uint16 if encoding.endswith('16') else np.uint8
    picture = np.full((48, 64, *channels), 77 * (257 if kind is np.uint16 else 1), kind)
    write_bag(tmp_path / 'bag', [raw(picture, START, encoding=encoding)])
    _, (frame,) = frames_of(tmp_path / 'bag')
    assert frame.image.shape == (48, 64, 3) and set(frame.image.ravel()) == {77}


def test_the_camera_is_the_one_beside_the_images(tmp_path: Path) -> None:
    first, second = pictures(2)
    write_bag(
        tmp_path / 'bag',
        [
            # Twice the size of the images, of which the right half is sent.
            raw(first, START, '/front/image_raw'),
            camera_info(START, (256, 96), 200.0, '/front/camera_info', (128, 0, 128, 96)),
            camera_info(START, (64, 48), 9.0, '/rear/camera_info'),
            raw(second, START + NANOSECONDS, '/front/image_raw'),
        ],
    )
    source, frames = frames_of(tmp_path / 'bag')
    # The first image came before its camera_info; it was the same camera.
    for frame in frames:
        assert frame.camera is not None
        camera = frame.camera
        assert (camera.fx, camera.fy, camera.cx, camera.cy) == (100.0, 100.0, 0.0, 24.0)
        assert camera.source is DistanceSource.FACE_WIDTH_CALIBRATED
    assert source.horizontal_fov == pytest.approx(2.0 * math.atan(64 / 2 / 100.0))
    _, (half, _) = frames_of(tmp_path / 'bag', width=32)
    assert half.image.shape == (24, 32, 3)
    assert half.camera is not None and half.camera.fx == 50.0


def test_of_several_topics_one_must_be_named(tmp_path: Path) -> None:
    front, rear = pictures(2)
    write_bag(
        tmp_path / 'bag',
        [
            raw(front, START, '/front/image_raw'),
            compressed(rear, START, '/rear/image_raw/compressed'),
            text(START),
        ],
    )
    present = '/front/image_raw, /rear/image_raw/compressed'
    with pytest.raises(SourceError, match=f'images on {present}; choose one with --topic'):
        frames_of(tmp_path / 'bag')
    for missing in ('/left/image_raw', '/chatter'):
        with pytest.raises(
            SourceError, match=f'no images on {missing}; expected one of: {present}'
        ):
            frames_of(tmp_path / 'bag', topic=missing)
    _, (frame,) = frames_of(tmp_path / 'bag', topic='/rear/image_raw/compressed')
    np.testing.assert_array_equal(frame.image, rear)
    _, (frame,) = frames_of(tmp_path / 'bag', topic='front/image_raw')
    np.testing.assert_array_equal(frame.image, front)


def test_raw_images_are_taken_where_they_are_also_compressed(tmp_path: Path) -> None:
    sharp, other = pictures(2)
    write_bag(tmp_path / 'bag', [compressed(other, START), raw(sharp, START)])
    _, (frame,) = frames_of(tmp_path / 'bag')
    np.testing.assert_array_equal(frame.image, sharp)


@pytest.mark.parametrize(
    ('messages', 'sentence'),
    [
        ([text(START)], 'this recording has no images, but std_msgs/msg/String; expected a topic'),
        ([], 'this recording has no images, but nothing at all'),
        ([raw(np.zeros((4, 4), np.uint16), START, encoding='16UC1')], 'which is depth'),
        ([raw(np.zeros((4, 4), np.uint8), START, encoding='h264')], "the encoding 'h264'"),
    ],
)
def test_without_images_there_is_a_sentence(
    tmp_path: Path, messages: list[bags.Recorded], sentence: str
) -> None:
    write_bag(tmp_path / 'bag', messages)
    with pytest.raises(SourceError, match=sentence):
        frames_of(tmp_path / 'bag')


def test_a_topic_is_for_recordings_only() -> None:
    with pytest.raises(SourceError, match='the simulated scene has no topics'):
        open_source('simulated', SourceSettings(topic='/image_raw'))


def test_a_damaged_image_is_skipped_and_named(tmp_path: Path) -> None:
    good, cut, unknown = images(1)[0], images(2)[1], images(3)[2]
    cut.content.data = cut.content.data[:100]
    unknown.content.encoding = 'h264'
    write_bag(tmp_path / 'bag', [cut, unknown, good])
    source, (frame,) = frames_of(tmp_path / 'bag')
    assert frame.stamp == START
    assert len(source.problems) == 2
    assert 'an image of /image_raw is skipped: images come with 100 bytes' in source.problems[0]
    assert source.problems[1] == '2 images of /image_raw were skipped'


def test_stamps_are_those_of_the_camera_wherever_they_go(tmp_path: Path) -> None:
    given = [START, START + NANOSECONDS // 10, START + 9 * NANOSECONDS, START - NANOSECONDS, 0]
    recorded = [raw(picture, stamp) for picture, stamp in zip(pictures(5), given, strict=True)]
    for number, each in enumerate(recorded):
        each.time = START + number * NANOSECONDS
    write_bag(tmp_path / 'bag', recorded)
    source, frames = frames_of(tmp_path / 'bag')
    # A driver that does not stamp its images: the time at which they came.
    assert [frame.stamp for frame in frames] == [*given[:4], START + 4 * NANOSECONDS]
    (problem,) = source.problems
    assert 'go backwards, first by 10.000 s to 1699999999.000' in problem


def test_it_starts_again_and_takes_a_lower_rate(tmp_path: Path) -> None:
    write_bag(tmp_path / 'bag', images(20))
    source = open_source(str(tmp_path / 'bag'), SourceSettings(rate=5.0))
    assert (source.rate, source.frame_count) == (5.0, 10)
    numbers = []
    for _ in range(2):
        while (frame := source.read()) is not None:
            numbers.append(int(frame.image[0, 0, 0]))
            if len(numbers) == 3:
                source.adapt(SourceSettings(rate=50.0))
                assert source.rate == 10.0
        source.rewind()
    assert numbers == [0, 2, 4, *range(5, 20), *range(20)]
    source.close()


@pytest.mark.parametrize('module', ['rosbags.typesys', 'mcap.stream_reader'])
def test_a_missing_package_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str
) -> None:
    file = write_bag(tmp_path / 'bag', images(1))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError, match="'pip install rosbags mcap'"):
        open_source(str(file), SourceSettings())
