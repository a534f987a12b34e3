# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""mask-proximity analyze, as a user starts it."""

from __future__ import annotations

import hashlib
import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_proximity.analysis import run
from mask_proximity.analysis.results import LIVE_RATE
from mask_proximity.core.errors import ModelError, SourceError
from mask_proximity.core.outputs.video import StampedVideo
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.sources.base import Frame, SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.sources.simulated.source import SimulatedSource
from mask_proximity.core.types import NANOSECONDS, FrameResult, Image
from support.command import finish, start, wait_until
from support.room import empty_room

DOMAIN = 98
RATE = 10.0
# The face comes near, and is gone again.
SIZES = (0, 60, 70, 100, 130, 150, 150, 150, 0, 0)


def picture_with(portrait: Image, face_width: int) -> Image:
    """640x480, with the portrait's face so many pixels wide; 0 = nobody."""
    picture = empty_room()
    if face_width:
        side = round(512 * face_width / 92)
        enlarged = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)[:480]
        left = (640 - min(side, 640)) // 2
        enlarged = enlarged[:, max(0, (side - 640) // 2) :][:, :640]
        picture[: len(enlarged), left : left + enlarged.shape[1]] = enlarged
    return picture


@pytest.fixture(scope='module')
def clip(portrait: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of video."""
    path = tmp_path_factory.mktemp('clip') / 'approach.mp4'
    video = StampedVideo(path, RATE)
    for index, width in enumerate(SIZES):
        video.write(picture_with(portrait, width), round(index * 1e9 / RATE))
    video.close()
    return path


@pytest.fixture(scope='module')
def folder(portrait: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of several kinds and sizes, and some that are none."""
    path = tmp_path_factory.mktemp('pictures')
    cv2.imwrite(str(path / '1 near.png'), picture_with(portrait, 130))
    cv2.imwrite(str(path / '2 nobody.jpg'), picture_with(portrait, 0)[:300, :500])
    cv2.imwrite(str(path / '3 tiny.bmp'), np.zeros((1, 1, 3), np.uint8))
    cv2.imwrite(str(path / '10 far.JPG'), picture_with(portrait, 40))
    whole = (path / '10 far.JPG').read_bytes()
    (path / '4 cut.jpg').write_bytes(whole[: len(whole) // 2])
    (path / '5 empty.png').write_bytes(b'')
    (path / 'notes.txt').write_text('no picture')
    return path


def analyze(*arguments: object) -> tuple[int, str, str]:
    return finish(start('analyze', *map(str, arguments), domain=DOMAIN))


def records(output: Path) -> list[dict[str, Any]]:
    def refuse(constant: str) -> None:
        raise AssertionError(f'{constant} is no JSON')

    text = (output / 'frames.jsonl').read_text(encoding='utf-8')
    assert text == '' or text.endswith('\n')
    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


def frames_of(video: Path) -> list[Image]:
    capture = cv2.VideoCapture(str(video))
    frames = []
    while True:
        there, frame = capture.read()
        if not there:
            return frames
        frames.append(np.asarray(frame, np.uint8))


FILES = ['annotated.mp4', 'events.jsonl', 'frames.jsonl', 'report.html', 'timeline.png']


def files_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob('*') if p.is_file())


def test_a_video_from_end_to_end(clip: Path, tmp_path: Path) -> None:
    code, out, err = analyze(clip, '--output', tmp_path)
    assert code == 0, out + err
    assert '1 episode of alert in 10 frames.' in out
    assert files_in(tmp_path) == FILES
    found = records(tmp_path)
    assert [record['index'] for record in found] == list(range(len(SIZES)))
    assert [record['stamp'] for record in found] == pytest.approx([i / RATE for i in range(10)])
    assert {record['source'] for record in found} == {None}
    # Held for half a second after the last unmasked face near.
    levels = [record['level'] for record in found]
    assert levels[0] == 'CLEAR' and levels[3:] == ['ALERT'] * 7
    assert [record['reason'] for record in found[8:]] == ['HELD'] * 2
    events = [json.loads(line) for line in (tmp_path / 'events.jsonl').read_text().splitlines()]
    changes = [event for event in events if event['event'] == 'level']
    assert [(event['before'], event['level']) for event in changes] == [
        (before, after)
        for before, after in zip(['UNKNOWN', *levels], levels, strict=False)
        if before != after
    ]
    assert {'entered'} <= {event['event'] for event in events}
    # Beside the portrait, the detector may see something that could be a face.
    face = max(found[5]['faces'], key=lambda each: each['detection_score'])
    assert list(face) == [
        'track_id',
        'box',
        'detection_score',
        'mask_probability',
        'raw_mask_probability',
        'incorrect_probability',
        'mask_state',
        'width_ratio',
        'distance',
        'distance_stddev',
        'distance_source',
        'approach_speed',
        'time_to_contact',
        'bearing',
        'zone',
        'level',
    ]
    assert face['track_id'] and face['distance'] is None
    assert face['mask_state'] == 'NO_MASK' and face['level'] == 'ALERT'
    x1, _, x2, _ = face['box']
    assert x2 - x1 == pytest.approx(150, rel=0.2)
    assert face['width_ratio'] == pytest.approx((x2 - x1) / 640, abs=1e-6)
    assert len(frames_of(tmp_path / 'annotated.mp4')) == len(SIZES)
    report = (tmp_path / 'report.html').read_text()
    assert 'approach.mp4' in report and 'data:image/jpeg' in report
    assert str(clip.parent) not in report and str(tmp_path) not in report


def test_two_runs_give_the_same_bytes(clip: Path, folder: Path, tmp_path: Path) -> None:
    digests = []
    for attempt in ('a', 'b'):
        for name, source in (('clip', clip), ('folder', folder)):
            assert analyze(source, '--output', tmp_path / attempt / name)[0] == 0
        files = files_in(tmp_path / attempt)
        assert len(files) == 5 + 3 + 4
        digests.append(
            [hashlib.sha256((tmp_path / attempt / file).read_bytes()).hexdigest() for file in files]
        )
    assert digests[0] == digests[1]


def test_pictures_are_judged_one_by_one(folder: Path, tmp_path: Path) -> None:
    code, out, err = analyze(folder, '--output', tmp_path, '--set', 'delay_off=9')
    assert code == 0, out + err
    found = records(tmp_path)
    assert [(record['index'], record['source'], record['level']) for record in found] == [
        (0, '1 near.png', 'ALERT'),
        # Right after an alert, and yet nothing is held.
        (1, '2 nobody.jpg', 'CLEAR'),
        (2, '3 tiny.bmp', 'UNKNOWN'),
        (3, '10 far.JPG', 'CLEAR'),
    ]
    assert [record['stamp'] for record in found] == [0.0, 0.5, 1.0, 1.5]
    names = [record['source'] for record in found]
    assert files_in(tmp_path / 'annotated') == sorted(names)
    for name in names:
        before, after = (cv2.imread(str(path / name)) for path in (folder, tmp_path / 'annotated'))
        assert before is not None and after is not None and before.shape == after.shape
    report = (tmp_path / 'report.html').read_text()
    for name in ('4 cut.jpg', '5 empty.png'):
        assert f'{name} cannot be read as a picture' in err
        assert f'{name} cannot be read as a picture' in report
    assert 'notes.txt' not in err + report


def test_a_recording_in_which_the_camera_freezes_and_goes_black(tmp_path: Path) -> None:
    video = cv2.VideoWriter(
        str(tmp_path / 'odd.avi'), cv2.VideoWriter_fourcc(*'MJPG'), RATE, (640, 480)
    )
    for index in range(45):
        picture = empty_room()
        # Something moves, but for a second and a half.
        left = 20 + 9 * (index if index < 10 else max(10, index - 15))
        picture[100:130, left : left + 30] = 10
        video.write(picture if index < 40 else np.zeros_like(picture))
    video.release()
    code, out, err = analyze(tmp_path / 'odd.avi', '--output', tmp_path / 'out', '--no-video')
    assert code == 0, out + err
    said = [(record['level'], record['reason']) for record in records(tmp_path / 'out')]
    clear, frozen = ('CLEAR', 'NO_FACE'), ('UNKNOWN', 'FROZEN_IMAGE')
    # The picture of 1.0 s is there until 2.5 s, and stands for longer than a second after 2.0 s.
    assert said == [clear] * 21 + [frozen] * 5 + [clear] * 14 + [('UNKNOWN', 'DARK_IMAGE')] * 5


def test_the_same_picture_many_times_in_a_folder_is_not_frozen(tmp_path: Path) -> None:
    for name in 'abcde':
        cv2.imwrite(str(tmp_path / f'{name}.png'), empty_room())
    cv2.imwrite(str(tmp_path / 'f.png'), np.zeros((480, 640, 3), np.uint8))
    assert analyze(tmp_path, '--output', tmp_path / 'out', '--no-video')[0] == 0
    reasons = [record['reason'] for record in records(tmp_path / 'out')]
    assert reasons == ['NO_FACE'] * 5 + ['DARK_IMAGE']


def test_a_large_picture(portrait: Image, tmp_path: Path) -> None:
    path = tmp_path / 'large.jpg'
    cv2.imwrite(str(path), cv2.resize(portrait, (8000, 6000)))
    assert analyze(path, '--output', tmp_path / 'out')[0] == 0
    (record,) = records(tmp_path / 'out')
    assert record['level'] == 'ALERT'
    assert record['faces'][0]['box'][2] > 1000


def test_without_video_and_with_blurred_faces(clip: Path, folder: Path, tmp_path: Path) -> None:
    assert analyze(clip, '--output', tmp_path / 'plain', '--no-video')[0] == 0
    assert files_in(tmp_path / 'plain') == [
        'events.jsonl',
        'frames.jsonl',
        'report.html',
        'timeline.png',
    ]
    assert analyze(clip, '--output', tmp_path / 'blur', '--blur')[0] == 0
    assert 'data:image/jpeg' not in (tmp_path / 'blur' / 'report.html').read_text()
    assert records(tmp_path / 'blur') == records(tmp_path / 'plain')
    x1, y1, x2, y2 = (round(value) for value in records(tmp_path / 'blur')[5]['faces'][0]['box'])
    inner = np.s_[y1 + 12 : y2 - 12, x1 + 12 : x2 - 12]
    sharp = cv2.Laplacian(frames_of(clip)[5][inner], cv2.CV_64F).std()
    blurred = cv2.Laplacian(frames_of(tmp_path / 'blur' / 'annotated.mp4')[5][inner], cv2.CV_64F)
    assert blurred.std() < sharp / 3


def test_parameter_file_and_settings_act(clip: Path, tmp_path: Path) -> None:
    params = tmp_path / 'params.yaml'
    params.write_text(
        '/**/detector_node:\n  ros__parameters:\n    delay_off: 0.0\n    minimum_hold: 0.0\n'
    )
    out = tmp_path / 'out'
    code, *said = analyze(
        clip,
        '--output',
        out,
        '--params',
        params,
        '--set',
        'horizontal_fov=1.0',
        '--set',
        'style=tutorial',
    )
    assert code == 0, said
    found = records(out)
    assert [record['level'] for record in found[-2:]] == ['CLEAR', 'CLEAR']
    assert found[5]['faces'][0]['distance'] > 0.0
    report = (out / 'report.html').read_text()
    for name in ('delay_off', 'horizontal_fov', 'style'):
        assert name in report
    # No banner in the tutorial's style.
    frame = frames_of(out / 'annotated.mp4')[0]
    assert frame[470:, :60].mean() == pytest.approx(128, abs=8)


def test_the_lens_of_the_camera_gives_distances_and_a_nearest_one(
    portrait: Image, tmp_path: Path
) -> None:
    params = tmp_path / 'params.yaml'
    params.write_text('camera_node:\n  ros__parameters:\n    horizontal_fov: 1.0\n')
    path = tmp_path / 'one.png'
    cv2.imwrite(str(path), picture_with(portrait, 130))
    assert analyze(path, '--output', tmp_path / 'out', '--params', params)[0] == 0
    face, *_ = records(tmp_path / 'out')[0]['faces']
    # By the pinhole law: 320 px / tan(0.5 rad) * 0.136 m / width.
    x1, _, x2, _ = face['box']
    assert face['distance'] == pytest.approx(320 / math.tan(0.5) * 0.136 / (x2 - x1), rel=1e-4)
    report = (tmp_path / 'out' / 'report.html').read_text()
    assert f'{face["distance"]:.2f} m' in report


def test_a_video_whose_pictures_change_their_size(portrait: Image, tmp_path: Path) -> None:
    stream = b''
    for width, height in ((640, 480), (320, 240), (200, 400)):
        resized = cv2.resize(picture_with(portrait, 130), (width, height))
        stream += cv2.imencode('.jpg', resized)[1].tobytes() * 3
    (tmp_path / 'sizes.mjpeg').write_bytes(stream)
    code, out, err = analyze(tmp_path / 'sizes.mjpeg', '--output', tmp_path / 'out')
    assert code == 0, out + err
    frames = frames_of(tmp_path / 'out' / 'annotated.mp4')
    assert len(frames) == len(records(tmp_path / 'out')) >= 9
    assert {frame.shape for frame in frames} == {(480, 640, 3)}


def nothing(path: Path) -> None:
    """Leave it missing."""


def text_only(path: Path) -> None:
    path.mkdir()
    (path / 'notes.txt').write_text('no picture')


def damaged_only(path: Path) -> None:
    path.mkdir()
    (path / 'a.png').write_bytes(b'\x89PNG\r\n\x1a\n')


@pytest.mark.parametrize(
    ('name', 'make', 'sentence'),
    [
        ('missing.mp4', nothing, 'there is no such file or folder'),
        ('folder', text_only, 'there is no picture in this folder'),
        ('damaged', damaged_only, 'a.png cannot be read as a picture'),
        ('empty.mp4', lambda path: path.write_bytes(b''), 'this file is empty'),
        ('text.mp4', lambda path: path.write_text('hello'), 'this is a text file'),
        ('noise.mp4', lambda path: path.write_bytes(bytes(range(256)) * 9), 'no video'),
        ('picture.png', lambda path: path.write_bytes(b'\x89PNG'), 'cannot be read as a picture'),
        ('\udcff.mp4', lambda path: path.write_bytes(bytes(range(256))), 'UTF-8'),
    ],
)
def test_a_bad_source_gets_a_sentence_and_leaves_an_earlier_run(
    tmp_path: Path, name: str, make: Any, sentence: str
) -> None:
    make(tmp_path / name)
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'frames.jsonl').write_text('{}\n')
    code, out, err = analyze(tmp_path / name, '--output', tmp_path / 'out')
    assert code == 2, out + err
    (line,) = [line for line in err.splitlines() if line.startswith('error: ')]
    assert sentence in line and 'Traceback' not in err
    assert (tmp_path / 'out' / 'frames.jsonl').read_text() == '{}\n'


def test_a_bad_parameter_file_is_told_before_anything_happens(clip: Path, tmp_path: Path) -> None:
    params = tmp_path / 'lidar.yaml'
    params.write_text('lidar_node:\n  ros__parameters:\n    range: 3.0\n')
    code, _, err = analyze(clip, '--output', tmp_path / 'out', '--params', params)
    assert code == 2 and f'error: {params}: this parameter file is for other nodes' in err
    assert not (tmp_path / 'out').exists()


@pytest.mark.any_version
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_whole_files(number: signal.Signals, tmp_path: Path) -> None:
    process = start('analyze', 'simulated', '--output', str(tmp_path), domain=DOMAIN)
    frames = tmp_path / 'frames.jsonl'
    wait_until(process, lambda: frames.is_file() and frames.read_bytes().count(b'\n') >= 3)
    process.send_signal(number)
    code, out, err = finish(process)
    assert code == 130, out + err
    count = len(records(tmp_path))
    assert 3 <= count < 333
    assert len(frames_of(tmp_path / 'annotated.mp4')) == count
    assert files_in(tmp_path) == FILES
    for text in (out, (tmp_path / 'report.html').read_text()):
        assert f'Stopped after {count} frames.' in text
    assert 'Traceback' not in err


SMALL_FILES_ONLY = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from mask_proximity.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.any_version
@pytest.mark.parametrize(
    ('limit', 'sentence', 'left'),
    [
        (1500, 'frames.jsonl cannot be written', ['frames.jsonl']),
        (9000, 'annotated.mp4 could not be written completely', ['frames.jsonl']),
        (60000, 'annotated.mp4 could not be written', ['frames.jsonl', 'timeline.png']),
    ],
)
def test_a_full_disk_gets_a_sentence_and_leaves_whole_files(
    clip: Path, tmp_path: Path, limit: int, sentence: str, left: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, '-c', SMALL_FILES_ONLY, str(limit), 'analyze', str(clip)]
        + ['--output', str(tmp_path / 'out')],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 2, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith('error: ')]
    assert sentence in line and 'Traceback' not in done.stderr
    assert set(left) <= set(files_in(tmp_path / 'out'))
    assert not any('part' in name or name == 'annotated.mp4' for name in files_in(tmp_path / 'out'))
    assert len(records(tmp_path / 'out')) > 0


def test_real_pictures_of_a_clip(data: Path, tmp_path: Path) -> None:
    clip = data / 'video' / 'three_people_approach.gif'
    code, out, err = analyze(clip, '--output', tmp_path)
    assert code == 0, out + err
    found = records(tmp_path)
    assert len(found) == len(frames_of(tmp_path / 'annotated.mp4')) == 41
    # 12.5 frames per second, of which OpenCV 4.6 makes 12.
    rate = open_source(str(clip), SourceSettings()).rate
    assert found[-1]['stamp'] == pytest.approx(40 / rate)
    assert found[-1]['level'] == 'ALERT'


class FailingCamera(SimulatedSource):
    """A camera that sets its own pace and is unplugged after some frames."""

    def __init__(self, frames: int) -> None:
        super().__init__(SourceSettings())
        self.rate = 0.0
        self.frame_count = 0
        self.description = 'camera 0'
        self._left = frames

    def read(self) -> Frame | None:
        if self._left == 0:
            raise SourceError('camera 0 has stopped delivering images; check its cable')
        self._left -= 1
        return super().read()


def test_a_camera_that_fails_leaves_whole_files_with_the_time_that_passed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, 'open_source', lambda spec, settings: FailingCamera(5))
    settings = {node: kind() for node, kind in NODES.items()}
    began = time.monotonic()
    with pytest.raises(SourceError, match='has stopped delivering'):
        run.analyze('0', tmp_path, settings, draw=True)
    passed = time.monotonic() - began
    assert files_in(tmp_path) == FILES
    stamps = [record['stamp'] for record in records(tmp_path)]
    assert len(stamps) == 5
    assert 0.0 <= stamps[0] < stamps[-1] < passed
    assert sorted(set(stamps)) == stamps
    # The video has the time of the stamps, too.
    frames = len(frames_of(tmp_path / 'annotated.mp4'))
    assert frames == round((stamps[-1] - stamps[0]) * LIVE_RATE) + 1
    report = (tmp_path / 'report.html').read_text()
    assert 'Ended by an error after 5 frames.' in report and 'camera 0' in report


def test_a_net_that_fails_on_a_frame_makes_it_unknown(
    monkeypatch: pytest.MonkeyPatch, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = Pipeline.process

    def fails_once(self: Pipeline, image: Image, stamp: int, *arguments: Any) -> FrameResult:
        if stamp == 5 * NANOSECONDS // 10:
            raise ModelError('the net gave a value that is no number')
        return process(self, image, stamp, *arguments)

    monkeypatch.setattr(Pipeline, 'process', fails_once)
    settings = {node: kind() for node, kind in NODES.items()}
    assert run.analyze(str(clip), tmp_path, settings, draw=False) == 0
    found = records(tmp_path)
    assert (found[5]['level'], found[5]['reason'], found[5]['faces']) == ('UNKNOWN', 'FAULT', [])
    assert found[6]['level'] == 'ALERT'
    sentence = 'the frame at 0.50 s could not be judged (the net gave a value that is no number)'
    assert sentence in capsys.readouterr().err
    assert sentence in (tmp_path / 'report.html').read_text()


@pytest.mark.parametrize(
    ('description', 'shown'),
    [
        ('camera 0', 'camera 0'),
        ('rtsp://cam/stream?token=secret#x', 'rtsp://cam/stream'),
        ('filesrc location=/home/me/x.mp4 ! decodebin ! appsink', 'a GStreamer pipeline'),
        ('x' * 5000, 'x' * 5000),
    ],
)
def test_a_report_names_its_source_and_no_secret(description: str, shown: str) -> None:
    source = FailingCamera(0)
    source.description = description
    assert run.shown_name(source) == shown
