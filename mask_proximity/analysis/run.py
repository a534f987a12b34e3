# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Analyzes a recording, a camera or a folder of pictures: frame after frame into the results."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import cv2
from tqdm import tqdm

from mask_proximity.analysis.output import claim_output
from mask_proximity.analysis.results import Results
from mask_proximity.core.alert.zones import read_zones
from mask_proximity.core.errors import MaskProximityError, OutputError, SourceError, first_line
from mask_proximity.core.models.files import model_files
from mask_proximity.core.perception.pipeline import Pipeline, load_pipeline
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.settings.nodes import CameraSettings, DetectorSettings
from mask_proximity.core.settings_table import Settings
from mask_proximity.core.sources.bag import BagSource
from mask_proximity.core.sources.base import Frame, Source, SourceSettings
from mask_proximity.core.sources.gstreamer import LINK
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.types import NANOSECONDS, Alert, FrameResult, Level, Reason

if TYPE_CHECKING:
    from mask_proximity.analysis.analysis_recorder import AnalysisRecorder

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def analyze(
    spec: str,
    output: Path,
    settings: Mapping[str, Settings],
    draw: bool,
    topic: str = '',
    record: Path | None = None,
) -> int:
    """Analyze a source and write the results.

    Args:
        spec: of the source, see core.sources.opening.open_source.
        output: folder for the results; made if missing, and an earlier run in it replaced.
        settings: of all nodes, by name.
        draw: whether to write the annotated video or pictures.
        topic: of the images in a recording of ROS 2; empty = the only one.
        record: MCAP file for images, detections and alerts; None = none.

    Returns:
        0, or 130 if a signal ended it; the results are whole either way.

    Raises:
        MaskProximityError: the source, a model or the output folder cannot be used, or it failed
            on the way; then the results hold what came before.
    """
    detector = cast(DetectorSettings, settings['detector_node'])
    read_zones(detector.zones)
    # As camera_node would tell it by its camera_info.
    fov = cast(CameraSettings, settings['camera_node']).horizontal_fov
    source = open_source(spec, SourceSettings(horizontal_fov=fov, topic=topic))
    try:
        pipeline = load_pipeline(detector)
        models = model_files(detector, pipeline.nets.faces.name, pipeline.nets.masks.name)
        # Before an earlier run is removed: now the source is known to give something.
        first = source.read()
        claim_output(output, source.description)
        with Stop() as stop, contextlib.ExitStack() as stack:
            recorder = None
            if record is not None:
                recorder = _recorder(record, first, detector.valid_for)
                stack.callback(recorder.close)
            results = Results(output, shown_name(source), settings, models, source.rate, draw)
            stack.callback(results.discard)
            fov = source.horizontal_fov or fov
            return _run(source, first, fov, pipeline, results, recorder, stop)
    finally:
        source.close()


def _recorder(path: Path, first: Frame | None, valid_for: float) -> AnalysisRecorder:
    """What writes the recording; the messages need ROS, which nothing else here does."""
    if first is not None and first.name:
        raise OutputError('--record is for a recording or a camera, not for pictures by themselves')
    from mask_proximity.analysis.analysis_recorder import AnalysisRecorder

    return AnalysisRecorder(path, valid_for)


class Stop:
    """Signals that end an analysis, noted instead of raised, so that none cuts a file in two."""

    def __init__(self) -> None:
        """Nothing has been asked for yet."""
        self.asked = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Stop:
        """Listen."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *_: object) -> None:
        """Let the signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


def _run(
    source: Source,
    first: Frame | None,
    fov: float,
    pipeline: Pipeline,
    results: Results,
    recorder: AnalysisRecorder | None,
    stop: Stop,
) -> int:
    progress = tqdm(
        total=source.frame_count or None, unit='frame', desc=results.source, disable=None
    )
    began = time.monotonic_ns()
    index, told = 0, 0
    levels: dict[int, Level] = {}
    failure: MaskProximityError | None = None
    try:
        frame = first
        while True:
            for problem in source.problems[told:]:
                progress.write(problem, file=sys.stderr)
            told = len(source.problems)
            if frame is None or stop.asked:
                break
            stamp = frame.stamp
            if stamp is None:
                stamp = (
                    round(index * NANOSECONDS / source.rate)
                    if source.rate > 0.0
                    else time.monotonic_ns() - began
                )
            if frame.name:
                # Pictures of a folder have nothing to do with each other.
                pipeline.reset()
            if frame.delivered:
                height, width = frame.image.shape[:2]
                camera = frame.camera or Pinhole.from_fov(width, height, fov)
                result = _judge(pipeline, frame, stamp, camera, results)
                results.add(index, frame, result)
                if recorder is not None:
                    recorder.add(frame.image, result, camera)
                levels[stamp] = result.alert.level
            index += 1
            progress.update()
            frame = source.read()
    except (SourceError, OutputError) as error:
        failure = error
    progress.close()
    note = ''
    if failure is not None:
        note = f'Ended by an error after {index} frames.'
    elif stop.asked:
        note = f'Stopped after {index} frames.'
    if index:
        try:
            results.finish(source.problems, note)
        except OutputError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    compared = _compared(source, levels)
    print(' '.join(filter(None, [note, results.verdict, compared])))
    return INTERRUPTED if stop.asked else 0


def _compared(source: Source, levels: Mapping[int, Level]) -> str:
    """How these levels differ from those that were recorded with the images; '' without any."""
    recorded = source.recorded_levels() if isinstance(source, BagSource) else {}
    pairs = [(level, recorded[stamp]) for stamp, level in levels.items() if stamp in recorded]
    different = sum(level != before for level, before in pairs)
    return f'{different} of {len(pairs)} recorded alerts had another level.' if pairs else ''


def _judge(
    pipeline: Pipeline, frame: Frame, stamp: int, camera: Pinhole, results: Results
) -> FrameResult:
    """The result of a frame; UNKNOWN where it cannot be told."""
    try:
        return pipeline.process(frame.image, stamp, results.detector, camera)
    except (MaskProximityError, cv2.error, MemoryError) as error:
        pipeline.reset()
        name = frame.name or f'the frame at {stamp / NANOSECONDS:.2f} s'
        text = first_line(error) or 'not enough memory'
        results.note_problem(f'{name} could not be judged ({text})')
        height, width = frame.image.shape[:2]
        return FrameResult(stamp, width, height, Alert(Level.UNKNOWN, Reason.FAULT, text, stamp))


def shown_name(source: Source) -> str:
    """The source by a name that tells neither folders nor what a URL may hide in its query."""
    path = Path(source.description)
    try:
        if path.exists():
            return path.resolve().name
    except OSError:
        pass
    if LINK in source.description:
        return 'a GStreamer pipeline'
    if '://' in source.description:
        return urlsplit(source.description)._replace(query='', fragment='').geturl()
    return source.description
