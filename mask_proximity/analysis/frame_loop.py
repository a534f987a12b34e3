# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The loop of an analysis: every frame of a source goes through the pipeline into the results."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import cv2
from tqdm import tqdm

from mask_proximity.analysis.results import Results
from mask_proximity.core.errors import MaskProximityError, first_line
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.sources.base import Frame, Source
from mask_proximity.core.types import NANOSECONDS, Alert, FrameResult, Level, Reason

if TYPE_CHECKING:
    from mask_proximity.analysis.analysis_recorder import AnalysisRecorder


class FrameLoop:
    """Processes the frames of a source one after the other.

    Attributes:
        frames: Number of frames processed so far.
        levels: Level of each of them, by its stamp in nanoseconds.
    """

    def __init__(
        self,
        source: Source,
        horizontal_fov: float,
        pipeline: Pipeline,
        results: Results,
        recorder: AnalysisRecorder | None,
    ) -> None:
        """Start the clock of a live source.

        Args:
            source: Source of the frames.
            horizontal_fov: Field of view for frames that come without a camera, radians; 0 means
                unknown.
            pipeline: Pipeline that has not processed any frame yet.
            results: Takes the result of each frame.
            recorder: Records each frame as ROS messages; None means no recording.
        """
        self.frames = 0
        self.levels: dict[int, Level] = {}
        self._source = source
        self._horizontal_fov = horizontal_fov
        self._pipeline = pipeline
        self._results = results
        self._recorder = recorder
        self._start = time.monotonic_ns()
        self._reported_problems = 0

    def run(self, frame: Frame | None, is_stopped: Callable[[], bool]) -> None:
        """Process frames until the source ends or the user stops the analysis.

        Args:
            frame: First frame, which has already been read from the source.
            is_stopped: Whether the user wants to stop.

        Raises:
            SourceError: The source failed.
            OutputError: A result cannot be written.
        """
        progress = tqdm(
            total=self._source.frame_count or None,
            unit='frame',
            desc=self._results.source,
            disable=None,
        )
        try:
            self._print_problems(progress)
            while frame is not None and not is_stopped():
                self._process(frame)
                self.frames += 1
                progress.update()
                frame = self._source.read()
                self._print_problems(progress)
        finally:
            progress.close()

    def _print_problems(self, progress: tqdm[NoReturn]) -> None:
        """Print the problems that the source has reported since the last call."""
        for problem in self._source.problems[self._reported_problems :]:
            progress.write(problem, file=sys.stderr)
        self._reported_problems = len(self._source.problems)

    def _process(self, frame: Frame) -> None:
        if frame.name:
            # The pictures of a folder have nothing to do with each other.
            self._pipeline.reset()
        if not frame.delivered:
            return
        stamp = self._stamp(frame)
        height, width = frame.image.shape[:2]
        camera = frame.camera or Pinhole.from_fov(width, height, self._horizontal_fov)
        result = self._judge(frame, stamp, camera)
        self._results.add(self.frames, frame, result)
        if self._recorder is not None:
            self._recorder.add(frame.image, result, camera)
        self.levels[stamp] = result.alert.level

    def _stamp(self, frame: Frame) -> int:
        """The stamp of the present frame, nanoseconds."""
        if frame.stamp is not None:
            return frame.stamp
        if self._source.rate > 0.0:
            return round(self.frames * NANOSECONDS / self._source.rate)
        return time.monotonic_ns() - self._start

    def _judge(self, frame: Frame, stamp: int, camera: Pinhole) -> FrameResult:
        """The result of a frame; UNKNOWN if it cannot be processed."""
        try:
            return self._pipeline.process(frame.image, stamp, self._results.detector, camera)
        except (MaskProximityError, cv2.error, MemoryError) as error:
            self._pipeline.reset()
            name = frame.name or f'the frame at {stamp / NANOSECONDS:.2f} s'
            text = first_line(error) or 'not enough memory'
            self._results.note_problem(f'{name} could not be judged ({text})')
            height, width = frame.image.shape[:2]
            alert = Alert(Level.UNKNOWN, Reason.FAULT, text, stamp)
            return FrameResult(stamp, width, height, alert)
