# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The results of an analysis, written frame by frame and completed at the end."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from mask_proximity.analysis import output as names
from mask_proximity.analysis.playback_clock import PlaybackClock
from mask_proximity.analysis.report import alert_words, render_report
from mask_proximity.analysis.summary import Summary
from mask_proximity.core.errors import OutputError
from mask_proximity.core.models.files import ModelFile
from mask_proximity.core.outputs.files import LineFile, translate_write_errors, write_atomically
from mask_proximity.core.outputs.json_records import event_record, frame_record
from mask_proximity.core.outputs.video import StampedVideo
from mask_proximity.core.rendering.overlay import OverlayAnnotator
from mask_proximity.core.rendering.timeline import draw_timeline
from mask_proximity.core.settings.nodes import DetectorSettings, OverlaySettings
from mask_proximity.core.settings_table import Settings
from mask_proximity.core.sources.base import Frame
from mask_proximity.core.types import NANOSECONDS, FrameResult, Image

MAX_STILLS = 200
"""Number of episodes that get a picture in the report, which keeps it to a few megabytes."""

LIVE_RATE = 25.0
"""Frame rate of the video of a live source, whose frames come at irregular times, Hz."""

_TITLE = 'The most urgent face, and the level of alert'
_STILL_WIDTH = 480
_STILL_QUALITY = 80


class Results:
    """Writes the result of each frame; call `finish` or `discard` last."""

    def __init__(
        self,
        output: Path,
        source: str,
        settings: Mapping[str, Settings],
        models: Sequence[ModelFile],
        rate: float,
        draw: bool,
    ) -> None:
        """Open the files.

        Args:
            output: Folder, prepared by `claim_output`.
            source: Name of the source, for the report.
            settings: Settings of all nodes, by name.
            models: Model files in use.
            rate: Frame rate, Hz; 0 for a live source, whose frames come at irregular times.
            draw: Whether to write annotated images.

        Raises:
            OutputError: The folder cannot be written.
        """
        self.source = source
        self.detector = cast(DetectorSettings, settings['detector_node'])
        overlay = cast(OverlaySettings, settings['overlay_node'])
        self._settings = settings
        self._models = models
        self._output = output
        self._rate = rate
        self._draw = draw
        self._annotator = OverlayAnnotator(overlay)
        self._summary = Summary(stills=0 if overlay.blur_faces else MAX_STILLS)
        self._problems: list[str] = []
        self._lines = LineFile(output / names.FRAMES)
        self._events: LineFile | None = None
        self._video = StampedVideo(output / names.VIDEO, rate or LIVE_RATE)
        self._time = PlaybackClock(round(NANOSECONDS / (rate or LIVE_RATE)))

    def add(self, index: int, frame: Frame, result: FrameResult) -> None:
        """Write the result of a frame.

        Args:
            index: Number of the frame, from 0.
            frame: The frame.
            result: Its result.

        Raises:
            OutputError: It cannot be written.
        """
        self._lines.write(json.dumps(frame_record(index, frame.name, result), allow_nan=False))
        if not frame.name:
            self._write_events(index, result)

        @functools.cache
        def annotated() -> Image:
            return self._annotator.annotate(frame.image, result.alert, result.skipped)

        shown = self._time.advance(result.stamp)
        time = float(index) if frame.name else shown / NANOSECONDS
        self._summary.add(
            replace(result, stamp=shown), time, frame.name, lambda: _still(annotated())
        )
        if not self._draw:
            return
        if frame.name:
            self._write_picture(frame.name, annotated())
        else:
            self._video.write(annotated(), shown)

    def _write_events(self, index: int, result: FrameResult) -> None:
        # Not called for the pictures of a folder, which have nothing to do with each other.
        if self._events is None:
            self._events = LineFile(self._output / names.EVENTS)
        for event in result.events:
            self._events.write(json.dumps(event_record(index, event)))

    def note_problem(self, problem: str) -> None:
        """Print a problem with one frame, and keep it for the report."""
        self._problems.append(problem)
        print(problem, file=sys.stderr)

    def _write_picture(self, name: str, picture: Image) -> None:
        path = self._output / names.PICTURES / name
        with translate_write_errors(path.parent):
            path.parent.mkdir(exist_ok=True)
        try:
            _, content = cv2.imencode(path.suffix.lower(), picture)
        except cv2.error:
            self.note_problem(
                f'{name} is too large to be written as {path.suffix} with its overlay'
            )
            return
        write_atomically(path, content.tobytes())

    def finish(self, skipped: Sequence[str], note: str) -> None:
        """Complete all files.

        Args:
            skipped: One sentence for each picture that could not be read.
            note: Why the analysis ended early; empty if it did not.

        Raises:
            OutputError: One of the files cannot be written; the others are complete.
        """
        period = round(NANOSECONDS / self._rate) if self._rate else 0
        self._summary.close(self._time.now + period)
        self._lines.close()
        if self._events is not None:
            self._events.close()
        summary = self._summary
        timeline = draw_timeline(summary.samples, self.detector, _TITLE, summary.pictures)
        report = render_report(
            self.source,
            self._settings,
            self._models,
            summary,
            timeline,
            [*skipped, *self._problems],
            note,
        )
        failures = []
        for step in (
            self._video.close,
            lambda: write_atomically(self._output / names.TIMELINE, timeline),
            lambda: write_atomically(self._output / names.REPORT, report),
        ):
            try:
                step()
            except OutputError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    @property
    def verdict(self) -> str:
        """The outcome, in a sentence or two."""
        return f'{alert_words(self._summary)} The results are in {self._output}.'

    def discard(self) -> None:
        """Remove unfinished files. Does nothing after `finish`."""
        self._lines.close()
        if self._events is not None:
            self._events.close()
        self._video.discard()


def _still(picture: Image) -> bytes:
    height, width = picture.shape[:2]
    if width > _STILL_WIDTH:
        size = (_STILL_WIDTH, max(1, round(height * _STILL_WIDTH / width)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, content = cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, _STILL_QUALITY])
    return content.tobytes()
