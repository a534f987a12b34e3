# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the whole graph on the simulated scene, records it, and judges it against the truth."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from tqdm import tqdm

from mask_proximity import environment
from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.files import LineFile, part_of, write_whole
from mask_proximity.core.records import alert_record
from mask_proximity.core.scene import NANOSECONDS, Alert, Image, Level, Reason
from mask_proximity.core.sources import SIMULATED, TrueFace
from mask_proximity.core.sources.simulated import default_scene
from mask_proximity.core.timeline import Sample, draw_timeline
from mask_proximity.core.video import StampedVideo
from mask_proximity.demo.graph import Graph
from mask_proximity.demo.verdict import Verdict, judge
from mask_proximity.demo.watcher import Watcher
from mask_proximity.msg import ProximityAlert
from mask_proximity.nodes import conversions
from mask_proximity.nodes.recorder import record_graph

START_TIME = 60.0
# How much longer than the scene itself its showing may take.
SPARE_TIME = 30.0
# So often must UNKNOWN be heard after the end: the heartbeat goes on, and the timeline shows it.
LAST_BEATS = 3


class Recording:
    """What came over the topics while the scene ran, and the files made of it."""

    def __init__(self, output: Path, rate: float, frames: int) -> None:
        """Open the files.

        Args:
            output: folder, which exists.
            rate: of the scene, frames per second.
            frames: in the scene.
        """
        self.truth: dict[int, tuple[TrueFace, ...]] = {}
        self.levels: dict[int, Level] = {}
        self.stale_beats = 0
        self.image_width = 0
        self._first: int | None = None
        self._alerts: list[tuple[int, Alert]] = []
        self._output = output
        self._lines_part = part_of(output / 'alerts.jsonl')
        self._lines = LineFile(self._lines_part)
        self._video = StampedVideo(output / 'annotated.mp4', rate)
        # None: no bar where there is no terminal to draw it on.
        self._progress = tqdm(total=frames, unit='frame', desc='scene', leave=False, disable=None)

    def say(self, text: str) -> None:
        """Print a line beside the progress bar."""
        self._progress.write(text)

    def seconds(self, time_: int) -> float:
        """Time since the first frame that was heard of."""
        return (time_ - self._first) / NANOSECONDS if self._first is not None else 0.0

    def _note_frame(self, stamp: int) -> None:
        self._first = stamp if self._first is None else min(self._first, stamp)

    def take_truth(self, faces: tuple[TrueFace, ...], stamp: int) -> None:
        """Note what truly was in a frame."""
        self._note_frame(stamp)
        self.truth[stamp] = faces
        self._progress.update()

    def take_alert(self, alert: Alert, message: ProximityAlert) -> None:
        """Note and write an alert."""
        stamp = conversions.nanoseconds(message.header.stamp)
        latency = conversions.nanoseconds(message.latency)
        record = alert_record(alert, stamp, latency, message.frames_dropped)
        self._lines.write(json.dumps(record, allow_nan=False))
        if alert.level is not Level.UNKNOWN:
            self._note_frame(stamp)
            self.levels.setdefault(stamp, alert.level)
        self.stale_beats = self.stale_beats + 1 if alert.reason is Reason.STALE_IMAGE else 0
        self._alerts.append((stamp + latency, alert))

    def take_overlay(self, image: Image, stamp: int) -> None:
        """Write an annotated picture into the video."""
        self.image_width = image.shape[1]
        self._video.write(image, stamp)

    def take_change(self, before: Level | None, alert: Alert, published: int) -> None:
        """Tell of a change of level."""
        was = before.name if before is not None else 'start'
        self.say(
            f'  {self.seconds(published):5.1f} s  {was:>7} -> {alert.level.name:<7}  {alert.text}'
        )

    def complete(self, settings: DetectorSettings) -> list[Path]:
        """Finish the files and name them."""
        self._progress.close()
        self._video.close()
        self._lines.close()
        os.replace(self._lines_part, self._output / 'alerts.jsonl')
        samples = [Sample.of(self.seconds(time_), alert) for time_, alert in self._alerts]
        # What came before the first frame is the start of the nodes, not of the scene.
        samples = [sample for sample in samples if sample.time >= 0.0]
        if samples:
            title = 'A person walks up without a mask, then with one'
            write_whole(self._output / 'timeline.png', draw_timeline(samples, settings, title))
        names = ('annotated.mp4', 'timeline.png', 'alerts.jsonl')
        return [path for name in names if (path := self._output / name).is_file()]

    def discard(self) -> None:
        """Leave nothing half-written behind. Does nothing after `complete`."""
        self._progress.close()
        self._video.discard()
        self._lines.close()
        self._lines_part.unlink(missing_ok=True)


def run_demo(output: Path, detector: Mapping[str, object], record: Path | None = None) -> int:
    """Run the demonstration.

    Args:
        output: folder for what it writes; made if missing.
        detector: parameters of detector_node; the judge does not follow them.
        record: MCAP file for all that the nodes say; None = none.

    Returns:
        0 if the alert came that the scene must cause, and none where none may; else 1.

    Raises:
        MaskProximityError: the graph does not come up, or the folder or the recording cannot be
            written.
    """
    # A demonstration neither disturbs a robot on the same network nor hears it.
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    environment.prepare(os.environ)
    namespace = f'/mask_proximity_demo_{os.getpid()}'
    try:
        output.mkdir(parents=True, exist_ok=True)
        log = (output / 'nodes.log').open('wb')
    except OSError as error:
        raise MaskProximityError(
            f'{output}: the output folder cannot be written ({error.strerror})'
        ) from None
    scene = default_scene()
    recording = Recording(output, scene.rate, scene.frame_count)
    settings = DetectorSettings()
    # Ctrl-C and a kill reach this process as KeyboardInterrupt alone: rclpy's own handlers would
    # end the context first, and whatever is under way with it.
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    try:
        with (
            log,
            Graph(namespace, log) as graph,
            record_graph(record, namespace) as recorder,
        ):
            watcher = Watcher(namespace)
            watcher.on_alert = recording.take_alert
            watcher.on_change = recording.take_change
            watcher.watch_overlay(recording.take_overlay, depth=30)
            watcher.watch_truth(recording.take_truth)
            executor = SingleThreadedExecutor()
            executor.add_node(watcher)
            if recorder is not None:
                executor.add_node(recorder)

            def until(condition: Callable[[], bool], seconds: float) -> bool:
                deadline = time.monotonic() + seconds
                while not condition():
                    if time.monotonic() > deadline:
                        return False
                    if ended := graph.ended():
                        raise MaskProximityError(
                            f'{", ".join(ended)} ended too early; see {output / "nodes.log"}'
                        )
                    executor.spin_once(timeout_sec=0.05)
                return True

            recording.say('Starting detector_node and overlay_node ...')
            graph.start('detector_node', detector)
            graph.start('overlay_node')
            ready = until(
                lambda: (
                    watcher.alert is not None
                    and watcher.alert.reason is Reason.NO_IMAGE
                    # Detector and overlay both take the images, and who records them.
                    and watcher.count_subscribers('image_raw') >= 2 + (recorder is not None)
                ),
                START_TIME,
            )
            if not ready:
                said = watcher.alert.text if watcher.alert else 'no alert arrived'
                raise MaskProximityError(
                    f'the nodes were not ready within {START_TIME:g} s ({said}); '
                    f'see {output / "nodes.log"}'
                )
            recording.say(
                f'Starting camera_node: {scene.frame_count} frames at {scene.rate:g} Hz, '
                f'{scene.frame_count / scene.rate:.0f} s ...'
            )
            graph.start('camera_node', {'source': SIMULATED})
            until(
                lambda: len(recording.truth) >= scene.frame_count,
                START_TIME + scene.frame_count / scene.rate + SPARE_TIME,
            )
            # The camera has ended: the careful answer to silence is UNKNOWN.
            fell_silent = until(
                lambda: recording.stale_beats >= LAST_BEATS,
                settings.stale_after + LAST_BEATS * settings.heartbeat_period + SPARE_TIME,
            )
            codes = graph.stop()
            executor.shutdown()
            watcher.destroy_node()
        files = recording.complete(settings)
    finally:
        recording.discard()
        rclpy.try_shutdown()
    verdict = judge(
        recording.truth,
        recording.levels,
        recording.image_width or scene.camera.width,
        settings.alert_width_ratio,
        settings.delay_off,
    )
    problems = list(verdict.problems)
    if len(recording.truth) < scene.frame_count:
        problems.append(
            f'only {len(recording.truth)} of {scene.frame_count} frames arrived from camera_node'
        )
    if not fell_silent:
        problems.append('the level did not become UNKNOWN after the camera had ended')
    problems += [f'{node} ended with exit code {code}' for node, code in codes.items() if code]
    if not (output / 'annotated.mp4').is_file():
        problems.append('no annotated image arrived from overlay_node')
    _tell(verdict, problems, [*files, output / 'nodes.log'])
    return 1 if problems else 0


def _tell(verdict: Verdict, problems: list[str], files: list[Path]) -> None:
    print(
        f'\nJudged {verdict.judged} of {verdict.frames} frames. Without a mask and near: '
        f'{verdict.must_episodes} time(s), alerted {verdict.alerted_episodes} time(s); '
        f'false alerts on {verdict.false_alerts} frames.'
    )
    print('Written:')
    for path in files:
        with contextlib.suppress(OSError):
            print(f'  {path} ({path.stat().st_size / 1000:.0f} kB)')
    for problem in problems:
        print(f'FAILED: {problem}.')
    if not problems:
        print('PASSED: the alert came when it had to, and none came where none may.')
