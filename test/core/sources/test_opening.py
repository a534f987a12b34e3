# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a source may be called, and the sentence for everything that is none."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.sources.simulated.source import SimulatedSource

WITHOUT_LIMIT = 25.0
"""Seconds; OpenCV by itself waits for 30."""


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


def file_with(name: str, content: bytes) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / name).write_bytes(content)
        return str(folder / name)

    return make


def video_without_images(folder: Path) -> str:
    """An MP4 whose tables are whole, and whose images are zeros."""
    path = Path(video(folder / 'zeros.mp4', 'mp4v'))
    content = bytearray(path.read_bytes())
    begin = content.index(b'mdat') + 4
    size = int.from_bytes(content[begin - 8 : begin - 4], 'big') - 8
    content[begin : begin + size] = bytes(size)
    path.write_bytes(content)
    return str(path)


def video(path: Path, codec: str) -> str:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10, (64, 48))
    for _ in range(10):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return str(path)


def half_a_video(name: str, codec: str) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        path = Path(video(folder / name, codec))
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        return str(path)

    return make


def pipe(folder: Path) -> str:
    os.mkfifo(folder / 'pipe')
    return str(folder / 'pipe')


def folder_of_notes(folder: Path) -> str:
    (folder / 'notes.txt').write_text('no picture')
    (folder / '.hidden.png').write_bytes(b'')
    return str(folder)


@pytest.mark.parametrize(
    ('make', 'sentence'),
    [
        (lambda _: '', "the source is empty; expected 'simulated', a device number or path"),
        (lambda _: '   ', 'the source is empty'),
        (lambda folder: str(folder / 'none.mp4'), 'none.mp4: there is no such file or folder'),
        (lambda _: 'simulatd', "simulatd: there is no such file or folder; expected 'simulated'"),
        (lambda _: '987', 'camera 987: there is no device /dev/video987; '),
        (lambda _: '9' * 40, f'camera {"9" * 40}: there is no device'),
        (lambda _: '/dev/video987', 'there is no device /dev/video987; '),
        (lambda _: '/dev/null', '/dev/null cannot be opened; expected a camera'),
        (file_with('a.txt', b'What a day.\n' * 99), 'this is a text file; expected a video file'),
        (file_with('a.mp4', 'Süß, naïve.\n'.encode() * 999), 'this is a text file'),
        (file_with('empty.mp4', b''), 'empty.mp4: this file is empty; expected a video file'),
        (file_with('r.avi', bytes(range(256)) * 99), 'this file contains no video'),
        (video_without_images, 'zeros.mp4: no image can be read from this video; it is damaged'),
        (half_a_video('half.mp4', 'mp4v'), 'half.mp4: this file contains no video'),
        (half_a_video('half.avi', 'MJPG'), 'half.avi: this file contains no video'),
        (file_with('a.png', b'no picture'), 'a.png cannot be read as a picture'),
        (pipe, 'this is neither a file nor a folder nor a camera'),
        (folder_of_notes, 'there is no picture in this folder; expected files that end in .jpg'),
        (lambda _: 'ftp://somewhere/a.mp4', "URLs with 'ftp://' cannot be opened"),
        (lambda _: 'rtsp://', 'this URL names no host; expected e.g. rtsp://host:554/path'),
        (lambda _: 'rtsp://me:secret@[::1', 'the URL of the source cannot be understood'),
        (lambda _: 'http://host:99999/', 'the URL of the source cannot be understood'),
        (lambda _: '~nobody-of-this-name/a.mp4', 'is not a valid path'),
        (lambda _: 'x' * 5000, 'is not a valid path'),
        (lambda _: 'a\0b', 'is not a valid path'),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(
    make: Callable[[Path], str], sentence: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = make(tmp_path)
    with pytest.raises(SourceError) as raised:
        open_source(spec, SourceSettings())
    assert sentence in str(raised.value)
    assert '\n' not in str(raised.value)
    assert len(str(raised.value)) < 500
    assert capfd.readouterr().err == ''


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything, so be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ('locked', 'spec', 'sentence'),
    [
        ('a.mp4', 'a.mp4', 'a.mp4: this file cannot be read (Permission denied)'),
        ('folder', 'folder', 'folder: this folder cannot be read (Permission denied)'),
        ('folder', 'folder/a.mp4', 'folder/a.mp4: no permission to access this path'),
    ],
)
def test_a_lack_of_permission_is_one_sentence(locked: str, spec: str, sentence: str) -> None:
    # The folder of tmp_path is closed to others by itself.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / 'a.mp4').write_bytes(b'x')
        (folder / 'folder').mkdir()
        (folder / 'folder' / 'a.mp4').write_bytes(b'x')
        (folder / locked).chmod(0)
        try:
            with as_nobody(), pytest.raises(SourceError) as raised:
                open_source(str(folder / spec), SourceSettings())
        finally:
            (folder / locked).chmod(0o700)
    assert sentence in str(raised.value)


@pytest.mark.parametrize('scheme', ['http', 'rtsp', 'rtmp'])
def test_a_server_that_refuses_is_one_sentence_at_once(scheme: str) -> None:
    begin = time.monotonic()
    with pytest.raises(SourceError, match='no video arrived within') as raised:
        open_source(f'{scheme}://me:secret@127.0.0.1:{closed_port()}/x', SourceSettings())
    assert time.monotonic() - begin < WITHOUT_LIMIT
    # A password has no place in a log.
    assert 'secret' not in str(raised.value)


def test_simulated_is_the_embedded_source() -> None:
    source = open_source(' simulated ', SourceSettings(width=64))
    assert isinstance(source, SimulatedSource)
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (48, 64, 3)


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((4, 6, 3), np.uint8))
    monkeypatch.setenv('HOME', str(tmp_path))
    frame = open_source('~/a.png', SourceSettings()).read()
    assert frame is not None
    assert frame.image.shape == (4, 6, 3)
