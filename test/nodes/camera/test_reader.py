# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The reading loop of camera_node, without ROS: a fake source, real threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from mask_proximity.core.errors import SourceError
from mask_proximity.core.settings.nodes import CameraSettings
from mask_proximity.core.sources.base import Frame, SourceSettings
from mask_proximity.nodes.camera import reader
from mask_proximity.nodes.camera.reader import SourceReader

PICTURE = np.zeros((4, 4, 3), np.uint8)
BOUND = 60.0


class FakeSource:
    """Delivers `frames` frames and then ends, or fails."""

    rate, horizontal_fov, frame_count = 0.0, 0.0, 0
    description = 'fake camera'

    def __init__(self, frames: int, fails: bool) -> None:
        self.left, self.fails = frames, fails
        self.problems: list[str] = []
        self.closed = False

    def read(self) -> Frame | None:
        self.left -= 1
        if self.left >= 0:
            return Frame(PICTURE)
        if self.fails:
            raise SourceError('the cable is loose')
        return None

    def adapt(self, settings: SourceSettings) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


class Bench:
    """A reader whose sources are given one after the other; the last one for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = CameraSettings(source='fake')
        self.sources: list[FakeSource | SourceError] = []
        self.opened: list[FakeSource] = []
        self.attempts = threading.Semaphore(0)
        self.frames = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)
        self.first: list[bool] = []
        self.errors: list[str] = []
        monkeypatch.setattr(reader, 'open_source', self._open)
        monkeypatch.setattr(reader, 'FIRST_PAUSE', 0.001)
        monkeypatch.setattr(reader, 'LONGEST_PAUSE', 0.002)
        self.reader = SourceReader(lambda: self.settings, self, self)

    def _open(self, spec: str, settings: SourceSettings) -> FakeSource:
        source = self.sources.pop(0) if len(self.sources) > 1 else self.sources[0]
        self.attempts.release()
        if isinstance(source, SourceError):
            raise source
        self.opened.append(source)
        return source

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self.reader.run)
        thread.start()
        try:
            yield
        finally:
            self.reader.stop()
            thread.join(BOUND)
            assert not thread.is_alive()

    # What the reader calls.

    def before_read(self, source: FakeSource) -> None:
        pass

    def on_first_frame(self, source: FakeSource, frame: Frame, again: bool) -> None:
        self.first.append(again)

    def on_frame(self, source: FakeSource, frame: Frame) -> None:
        self.frames.release()

    def error(self, text: str) -> None:
        self.errors.append(text)

    def info(self, text: str) -> None:
        self.ended.release()


def taken(semaphore: threading.Semaphore, times: int) -> None:
    for _ in range(times):
        assert semaphore.acquire(timeout=BOUND)


def test_a_source_that_cannot_be_opened_is_logged_once_however_often_it_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch)
    missing = SourceError('there is no such camera')
    bench.sources = [missing] * 5 + [FakeSource(10_000_000, fails=False)]
    with bench.running():
        taken(bench.attempts, 5)
        assert bench.errors == ['there is no such camera (trying again until it works)']
        taken(bench.frames, 2)
    assert bench.first == [True]
    assert bench.opened[0].closed


def test_a_source_that_fails_again_after_it_was_back_is_logged_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch)
    bench.sources = [
        FakeSource(2, fails=True),
        SourceError('gone'),
        FakeSource(2, fails=True),
        FakeSource(10_000_000, fails=False),
    ]
    with bench.running():
        taken(bench.frames, 6)
    assert bench.first == [False, True, True]
    assert len(bench.errors) == 2 and all('the cable is loose' in text for text in bench.errors)
    assert all(source.closed for source in bench.opened)


def test_the_end_is_told_once_and_other_settings_open_it_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(monkeypatch)
    bench.sources = [FakeSource(3, fails=False), FakeSource(10_000_000, fails=False)]
    with bench.running():
        taken(bench.frames, 3)
        taken(bench.ended, 1)
        bench.settings = CameraSettings(source='fake', width=8)
        bench.reader.settings_changed()
        taken(bench.frames, 2)
    assert not bench.ended.acquire(blocking=False)
    assert len(bench.opened) == 2


def test_an_empty_source_in_a_loop_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    bench.settings = CameraSettings(source='fake', loop=True)
    bench.sources = [FakeSource(0, fails=False)]
    with bench.running():
        taken(bench.attempts, 3)
    assert bench.errors == ['fake camera has no image in it (trying again until it works)']
