# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Video files and streams, real ones, made and served here."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources import capture
from mask_proximity.core.sources.base import Source, SourceSettings
from mask_proximity.core.sources.opening import open_source

RATE = 10.0
COUNT = 12
SIZE = (64, 48)

WITHOUT_LIMIT = 25.0
"""Seconds; OpenCV by itself waits for 30."""


def gray(index: int) -> int:
    """How bright image `index` of the videos is."""
    return 20 * index


def picture(index: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), gray(index), np.uint8)


def write_video(path: Path, codec: str) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), RATE, SIZE)
    assert writer.isOpened()
    for index in range(COUNT):
        writer.write(picture(index))
    writer.release()
    return path


def write_gif(path: Path) -> Path:
    first, *others = [Pillow.fromarray(picture(index)) for index in range(COUNT)]
    first.save(path, save_all=True, append_images=others, duration=1000 / RATE, loop=0)
    return path


@pytest.fixture(params=['mjpg.avi', 'mp4v.mp4', 'GIF.gif'])
def video(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    if path.suffix == '.gif':
        return write_gif(path)
    return write_video(path, path.stem.upper() if path.stem == 'mjpg' else path.stem)


def indices(source: Source) -> list[int]:
    """Which images of the video came, by their brightness."""
    found = []
    while (frame := source.read()) is not None:
        assert frame.image.dtype == np.uint8
        assert frame.image.ndim == 3
        assert frame.truth is None
        found.append(round(float(frame.image.mean()) / 20))
    return found


def test_a_video_comes_whole_and_once_again(video: Path) -> None:
    source = open_source(str(video), SourceSettings())
    assert source.rate == pytest.approx(RATE)
    assert source.description == str(video)
    assert source.horizontal_fov == 0.0
    assert indices(source) == list(range(COUNT))
    assert source.read() is None
    source.rewind()
    assert indices(source) == list(range(COUNT))


def test_rewind_works_from_the_middle(video: Path) -> None:
    source = open_source(str(video), SourceSettings())
    for _ in range(5):
        source.read()
    source.rewind()
    assert indices(source) == list(range(COUNT))


@pytest.mark.parametrize(
    ('asked', 'rate', 'expected'),
    [
        (5.0, 5.0, [0, 2, 4, 6, 8, 10]),
        (4.0, 4.0, [0, 2, 5, 7, 10]),
        (30.0, RATE, list(range(COUNT))),
    ],
)
def test_a_lower_rate_leaves_images_out_and_keeps_the_speed(
    asked: float, rate: float, expected: list[int], tmp_path: Path
) -> None:
    path = write_video(tmp_path / 'a.avi', 'MJPG')
    source = open_source(str(path), SourceSettings(rate=asked))
    assert source.rate == pytest.approx(rate)
    assert indices(source) == expected


@pytest.mark.parametrize(
    ('settings', 'shape'),
    [
        (SourceSettings(), (48, 64, 3)),
        (SourceSettings(width=32), (24, 32, 3)),
        (SourceSettings(height=96), (96, 128, 3)),
        (SourceSettings(width=50, height=70), (70, 50, 3)),
    ],
)
def test_a_video_has_the_size_that_is_asked_for(
    settings: SourceSettings, shape: tuple[int, ...], video: Path
) -> None:
    frame = open_source(str(video), settings).read()
    assert frame is not None
    assert frame.image.shape == shape


def test_a_closed_source_says_so(tmp_path: Path) -> None:
    source = open_source(str(write_video(tmp_path / 'a.avi', 'MJPG')), SourceSettings())
    source.close()
    source.close()
    with pytest.raises(SourceError, match='is closed'):
        source.read()


def test_a_file_that_vanishes_is_missed_at_rewind(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'a.avi', 'MJPG')
    source = open_source(str(path), SourceSettings())
    path.unlink()
    with pytest.raises(SourceError, match='contains no video'):
        source.rewind()


class MjpegServer(ThreadingHTTPServer):
    """A network camera: /stream is motion JPEG without end, /video.mp4 a file."""

    daemon_threads = True

    def __init__(self, file: Path) -> None:
        super().__init__(('127.0.0.1', 0), MjpegHandler)
        self.file = file
        self.stall = threading.Event()
        self.hang_up = threading.Event()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.server_address[1]}'


class MjpegHandler(BaseHTTPRequestHandler):
    server: MjpegServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:  # noqa: N802
        try:
            if self.path == '/stream':
                self.send_stream()
            else:
                self.send_file()
        except OSError:
            # The client has gone.
            pass

    def send_stream(self) -> None:
        self.send_response(200)
        self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=frame')
        self.end_headers()
        index = 0
        while not self.server.hang_up.is_set():
            if self.server.stall.is_set():
                self.server.hang_up.wait(0.02)
                continue
            _, jpeg = cv2.imencode('.jpg', picture(index % COUNT))
            self.wfile.write(b'--frame\r\nContent-Type: image/jpeg\r\n')
            self.wfile.write(b'Content-Length: %d\r\n\r\n' % len(jpeg))
            self.wfile.write(jpeg.tobytes() + b'\r\n')
            index += 1
            self.server.hang_up.wait(0.005)

    def send_file(self) -> None:
        content = self.server.file.read_bytes()
        self.send_response(200)
        self.send_header('Content-Type', 'video/mp4')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MjpegServer]:
    with serving(write_video(tmp_path / 'video.mp4', 'mp4v')) as running:
        yield running


@contextmanager
def serving(file: Path) -> Iterator[MjpegServer]:
    server = MjpegServer(file)
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.hang_up.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_stream_delivers_images_at_its_own_pace(server: MjpegServer) -> None:
    source = open_source(f'{server.url}/stream', SourceSettings(width=32))
    try:
        assert source.rate == 0.0
        shades = []
        for _ in range(30):
            frame = source.read()
            assert frame is not None
            assert frame.image.shape == (24, 32, 3)
            shades.append(round(float(frame.image.mean()) / 20))
        assert shades == [(shades[0] + step) % COUNT for step in range(30)]
        with pytest.raises(SourceError, match='is live and has no beginning'):
            source.rewind()
    finally:
        source.close()


def test_a_stream_that_hangs_up_has_stopped(server: MjpegServer) -> None:
    source = open_source(f'{server.url}/stream', SourceSettings())
    assert source.read() is not None
    server.hang_up.set()
    begin = time.monotonic()
    with pytest.raises(SourceError, match='has stopped delivering images'):
        while time.monotonic() < begin + 50.0:
            source.read()
    source.close()


def test_a_stream_that_stalls_has_stopped_within_the_time_limit(
    server: MjpegServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, 'STREAM_TIMEOUT', 1.0)
    source = open_source(f'{server.url}/stream', SourceSettings())
    assert source.read() is not None
    server.stall.set()
    begin = time.monotonic()
    with pytest.raises(SourceError, match='has stopped delivering images'):
        while time.monotonic() < begin + 50.0:
            source.read()
    assert time.monotonic() - begin < WITHOUT_LIMIT
    source.close()


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, 'STREAM_TIMEOUT', 1.0)
    # Takes the connection, says nothing.
    with socket.socket() as mute:
        mute.bind(('127.0.0.1', 0))
        mute.listen()
        begin = time.monotonic()
        with pytest.raises(SourceError, match='no video arrived within 1 s'):
            open_source(f'http://127.0.0.1:{mute.getsockname()[1]}/x', SourceSettings())
        assert time.monotonic() - begin < WITHOUT_LIMIT


def test_a_file_on_a_server_is_a_recording(server: MjpegServer) -> None:
    source = open_source(f'{server.url}/video.mp4', SourceSettings())
    assert source.rate == pytest.approx(RATE)
    assert indices(source) == list(range(COUNT))
    source.rewind()
    assert indices(source) == list(range(COUNT))


def test_other_settings_act_from_where_the_video_is(tmp_path: Path) -> None:
    source = open_source(str(write_video(tmp_path / 'a.avi', 'MJPG')), SourceSettings())
    for _ in range(3):
        source.read()
    assert source.adapt(SourceSettings(width=32, rate=5.0))
    assert source.rate == pytest.approx(5.0)
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (24, 32, 3)
    assert indices(source) == [5, 7, 9, 11]
    source.rewind()
    assert indices(source) == [0, 2, 4, 6, 8, 10]


def test_a_stream_takes_another_size_as_it_runs(server: MjpegServer) -> None:
    source = open_source(f'{server.url}/stream', SourceSettings())
    assert source.adapt(SourceSettings(width=32, rate=5.0))
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (24, 32, 3)
    assert source.rate == 0.0
    source.close()
