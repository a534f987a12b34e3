# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads a source of images at its own pace, and opens it again after a failure."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from mask_proximity.core.errors import SourceError
from mask_proximity.core.settings.nodes import CameraSettings
from mask_proximity.core.sources.base import Frame, Source, SourceSettings
from mask_proximity.core.sources.opening import open_source

# Seconds before a failed source is opened again; doubled with each further failure.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0


class FrameSink(Protocol):
    """Takes what the reader reads, in the reader's thread."""

    def before_read(self, source: Source) -> None:
        """Called before each image is read."""
        ...

    def on_first_frame(self, source: Source, frame: Frame, again: bool) -> None:
        """Called with the first frame of a source; `again` after the source had failed."""
        ...

    def on_frame(self, source: Source, frame: Frame) -> None:
        """Called with each frame."""
        ...


class SourceReader:
    """The loop of camera_node's reading thread; a read blocks, so it has a thread of its own.

    A source that fails or vanishes is closed and opened again, each time after a longer pause, and
    the fault is logged once. The settings are read before each image, so that a change applies
    to the next one.
    """

    def __init__(
        self, settings: Callable[[], CameraSettings], sink: FrameSink, logger: Any
    ) -> None:
        """Open nothing yet; `run` is the thread.

        Args:
            settings: Gives the newest snapshot of the settings.
            sink: Takes the frames.
            logger: Logger of the node.
        """
        self._settings, self._sink, self._logger = settings, sink, logger
        self._stop = threading.Event()
        # Ends the waits of the reading thread.
        self._wake = threading.Event()

    def stop(self) -> None:
        """Let `run` return soon."""
        self._stop.set()
        self._wake.set()

    def settings_changed(self) -> None:
        """Let the thread read the settings at once."""
        self._wake.set()

    def run(self) -> None:
        """Read until `stop` is called."""
        pause = FIRST_PAUSE
        fault = spec = ''
        while not self._stop.is_set():
            settings = self._settings()
            if settings.source != spec:
                pause, fault, spec = FIRST_PAUSE, '', settings.source
            try:
                delivered = self._read_source(settings, again=bool(fault))
            except _SourceFailure as failed:
                if not fault or failed.delivered:
                    self._logger.error(f'{failed.fault} (trying again until it works)')
                fault = failed.fault
                pause = FIRST_PAUSE if failed.delivered else pause
                self._wait(time.monotonic() + pause, settings)
                pause = min(2.0 * pause, LONGEST_PAUSE)
            else:
                if delivered:
                    pause, fault = FIRST_PAUSE, ''

    def _read_source(self, settings: CameraSettings, again: bool) -> bool:
        """Open a source and read it until it must be opened anew.

        Args:
            settings: Settings that name the source.
            again: Whether the source has failed before.

        Returns:
            Whether the source has delivered an image.

        Raises:
            _SourceFailure: The source cannot be opened or read.
        """
        source = None
        delivered = False
        reported = 0
        try:
            source = open_source(settings.source, source_settings(settings))
            for frame in self._frames(source, settings):
                for problem in source.problems[reported:]:
                    self._logger.warning(problem)
                reported = len(source.problems)
                if not delivered:
                    delivered = True
                    self._sink.on_first_frame(source, frame, again)
                self._sink.on_frame(source, frame)
        except SourceError as error:
            raise _SourceFailure(str(error), delivered) from None
        finally:
            if source is not None:
                source.close()
        return delivered

    def _frames(self, source: Source, settings: CameraSettings) -> Iterator[Frame]:
        """Yield the frames of a source at its pace; wait at its end.

        Returns when the node stops or the source must be opened anew.
        """
        last = -math.inf
        at_start, at_end = True, False
        while not self._stop.is_set():
            current = self._settings()
            if current != settings:
                if current.source != settings.source or not source.adapt(source_settings(current)):
                    return
                settings = current
            period = _period(source, settings)
            due = last + period
            # A camera is read even before an image is due, so that the next image is a new one.
            if not _is_live(source) and not self._wait(due, settings):
                continue
            self._sink.before_read(source)
            frame = source.read()
            if frame is None:
                if settings.loop:
                    _rewind(source, at_start)
                    at_start, at_end = True, False
                    continue
                if not at_end:
                    self._logger.info(f'{source.description} has ended.')
                    at_end = True
                self._wait(math.inf, settings)
                continue
            at_start = False
            now = time.monotonic()
            if now >= due:
                # The frames after a late one keep their distance in time.
                last = now if last == -math.inf else max(due, now - period)
                yield frame

    def _wait(self, until: float, settings: CameraSettings) -> bool:
        """Sleep; False if the node stops or the settings are no longer these."""
        while True:
            self._wake.clear()
            if self._stop.is_set() or self._settings() != settings:
                return False
            left = until - time.monotonic()
            if left <= 0.0:
                return True
            self._wake.wait(min(left, threading.TIMEOUT_MAX))


class _SourceFailure(Exception):  # noqa: N818
    def __init__(self, fault: str, delivered: bool) -> None:
        super().__init__(fault)
        self.fault, self.delivered = fault, delivered


def source_settings(settings: CameraSettings) -> SourceSettings:
    """The settings that concern the source."""
    return SourceSettings(settings.width, settings.height, settings.rate, settings.horizontal_fov)


def _is_live(source: Source) -> bool:
    return source.rate <= 0.0


def _period(source: Source, settings: CameraSettings) -> float:
    rate = settings.rate if _is_live(source) else source.rate
    return 1.0 / rate if rate > 0.0 else 0.0


def _rewind(source: Source, at_start: bool) -> None:
    if at_start:
        raise SourceError(f'{source.description} has no image in it')
    source.rewind()
