# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Analyzes a recording, a camera or a folder of pictures, and writes the results."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from mask_proximity.analysis.frame_loop import FrameLoop
from mask_proximity.analysis.output import claim_output
from mask_proximity.analysis.results import Results
from mask_proximity.core.alert.zones import read_zones
from mask_proximity.core.errors import MaskProximityError, OutputError, SourceError
from mask_proximity.core.models.files import model_files
from mask_proximity.core.perception.pipeline import load_pipeline
from mask_proximity.core.settings.nodes import CameraSettings, DetectorSettings
from mask_proximity.core.settings_table import Settings
from mask_proximity.core.sources.bag import BagSource
from mask_proximity.core.sources.base import Frame, Source, SourceSettings
from mask_proximity.core.sources.gstreamer import LINK
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.types import Level

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
        spec: Specification of the source, see core.sources.opening.open_source.
        output: Folder for the results; made if missing. The results of an earlier run are replaced.
        settings: Settings of all nodes, by name.
        draw: Whether to write the annotated video or pictures.
        topic: Image topic of a ROS 2 recording; empty means the only one.
        record: MCAP file for images, detections and alerts; None means none.

    Returns:
        0, or 130 if a signal ended the analysis; the results are complete either way.

    Raises:
        MaskProximityError: The source, a model or the output folder cannot be used, or the analysis
            failed on the way; then the results hold everything up to there.
    """
    detector = cast(DetectorSettings, settings['detector_node'])
    read_zones(detector.zones)
    # What camera_node would publish in its camera_info.
    fov = cast(CameraSettings, settings['camera_node']).horizontal_fov
    source = open_source(spec, SourceSettings(horizontal_fov=fov, topic=topic))
    try:
        pipeline = load_pipeline(detector)
        models = model_files(detector, pipeline.nets.faces.name, pipeline.nets.masks.name)
        # Read before an earlier run is removed, to know that the source delivers anything.
        first = source.read()
        claim_output(output, source.description)
        with StopSignals() as stop, contextlib.ExitStack() as stack:
            recorder = None
            if record is not None:
                recorder = _open_recorder(record, first, detector.valid_for)
                stack.callback(recorder.close)
            results = Results(output, shown_name(source), settings, models, source.rate, draw)
            stack.callback(results.discard)
            loop = FrameLoop(source, source.horizontal_fov or fov, pipeline, results, recorder)
            return _run(loop, first, source, results, stop)
    finally:
        source.close()


def _open_recorder(path: Path, first: Frame | None, valid_for: float) -> AnalysisRecorder:
    """Open the recording. Only this part of an analysis needs ROS, for its messages."""
    if first is not None and first.name:
        raise OutputError('--record is for a recording or a camera, not for separate pictures')
    from mask_proximity.analysis.analysis_recorder import AnalysisRecorder

    return AnalysisRecorder(path, valid_for)


class StopSignals:
    """Notes the signals that stop an analysis instead of raising, so that no file is cut in two.

    Attributes:
        received: Whether one has been received.
    """

    def __init__(self) -> None:
        self.received = False
        self._previous: dict[int, object] = {}

    def __enter__(self) -> StopSignals:
        """Install the handlers."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._previous[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = True

    def __exit__(self, *_: object) -> None:
        """Restore the previous handlers."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


def _run(
    loop: FrameLoop, first: Frame | None, source: Source, results: Results, stop: StopSignals
) -> int:
    """Run the loop, complete the results even if it fails, and return the exit code."""
    failure: MaskProximityError | None = None
    try:
        loop.run(first, lambda: stop.received)
    except (SourceError, OutputError) as error:
        failure = error
    note = ''
    if failure is not None:
        note = f'Ended by an error after {loop.frames} frames.'
    elif stop.received:
        note = f'Stopped after {loop.frames} frames.'
    if loop.frames:
        try:
            results.finish(source.problems, note)
        except OutputError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    comparison = _comparison(source, loop.levels)
    print(' '.join(filter(None, [note, results.verdict, comparison])))
    return INTERRUPTED if stop.received else 0


def _comparison(source: Source, levels: Mapping[int, Level]) -> str:
    """How many levels differ from those recorded with the images; '' if none were recorded."""
    recorded = source.recorded_levels() if isinstance(source, BagSource) else {}
    pairs = [(level, recorded[stamp]) for stamp, level in levels.items() if stamp in recorded]
    different = sum(level != before for level, before in pairs)
    return f'{different} of {len(pairs)} recorded alerts had another level.' if pairs else ''


def shown_name(source: Source) -> str:
    """A name of the source that reveals neither folders nor secrets in the query of a URL."""
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
