# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the whole graph on a simulated scene, records it, and judges it against the truth."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from mask_proximity import environment
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.rendering.timeline import Sample, draw_timeline
from mask_proximity.core.settings.nodes import DetectorSettings, GovernorSettings
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.simulated.source import SIMULATED, SimulatedSource
from mask_proximity.core.types import Reason
from mask_proximity.demo.chart import draw_drive
from mask_proximity.demo.closed_loop import LoopState, closed_loop_problems
from mask_proximity.demo.demo_log import DemoLog
from mask_proximity.demo.driver import Driver
from mask_proximity.demo.node_processes import Graph
from mask_proximity.demo.verdict import judge
from mask_proximity.demo.watcher import Watcher
from mask_proximity.ros.topic_recorder import record_graph

START_TIME = 60.0
# How much longer than the scene itself its showing may take.
SPARE_TIME = 30.0
# So often must UNKNOWN be heard after the end: the heartbeat goes on, and the timeline shows it.
LAST_BEATS = 3


def run_demo(
    output: Path,
    parameters: Mapping[str, Mapping[str, object]],
    scene_name: str = '',
    record: Path | None = None,
) -> int:
    """Run the demonstration.

    Args:
        output: folder for what it writes; made if missing.
        parameters: of detector_node and speed_governor_node; the judge does not follow them.
        scene_name: name or file of a scene; empty = the default one. Where it has a robot, the
            robot is driven, held by speed_governor_node, and judged by where it truly went.
        record: MCAP file for all that the nodes say; None = none.

    Returns:
        0 if the alert came that the scene must cause, and none where none may, or if the robot
        did what it must and nothing that it may not; else 1.

    Raises:
        MaskProximityError: the graph does not come up, the folder or the recording cannot be
            written, or the scene breaks a rule.
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
    spec = f'{SIMULATED}:{scene_name}' if scene_name else SIMULATED
    source = SimulatedSource(SourceSettings(), spec)
    scene, script, robot = source.scene, source.script, source.robot
    demo_log = DemoLog(output, scene.rate, scene.frame_count)
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
            watcher.on_alert = demo_log.take_alert
            watcher.on_change = demo_log.take_change
            watcher.watch_overlay(demo_log.take_overlay, depth=30)
            watcher.watch_truth(demo_log.take_truth)
            driver = Driver(watcher, robot.speed) if robot else None
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

            others = ['overlay_node', *(['speed_governor_node'] if robot else [])]
            demo_log.say(f'Starting detector_node, {", ".join(others)} ...')
            for node in ('detector_node', *others):
                graph.start(node, parameters.get(node))
            ready = until(
                lambda: (
                    watcher.alert is not None
                    and watcher.alert.reason is Reason.NO_IMAGE
                    # Detector and overlay both take the images, and who records them.
                    and watcher.count_subscribers('image_raw') >= 2 + (recorder is not None)
                    and (robot is None or watcher.count_subscribers('cmd_vel_in') > 0)
                ),
                START_TIME,
            )
            if not ready:
                said = watcher.alert.text if watcher.alert else 'no alert arrived'
                raise MaskProximityError(
                    f'the nodes were not ready within {START_TIME:g} s ({said}); '
                    f'see {output / "nodes.log"}'
                )
            demo_log.say(
                f'Starting camera_node: {scene.frame_count} frames at {scene.rate:g} Hz, '
                f'{scene.frame_count / scene.rate:.0f} s ...'
            )
            graph.start('camera_node', {'source': spec}, remappings={'cmd_vel': 'cmd_vel_out'})
            until(
                lambda: (
                    len(demo_log.truth) >= scene.frame_count
                    and (driver is None or len(driver.poses) >= scene.frame_count)
                ),
                START_TIME + scene.frame_count / scene.rate + SPARE_TIME,
            )
            # The camera has ended: the careful answer to silence is UNKNOWN.
            fell_silent = until(
                lambda: demo_log.stale_beats >= LAST_BEATS,
                settings.stale_after + LAST_BEATS * settings.heartbeat_period + SPARE_TIME,
            )
            codes = graph.stop()
            executor.shutdown()
            watcher.destroy_node()
        moments = driver.moments(scene, demo_log.alerts, GovernorSettings()) if driver else []

        def draw() -> bytes | None:
            if script is not None and moments:
                return draw_drive(moments, script)
            return _timeline(demo_log, settings)

        files = demo_log.complete(draw)
    finally:
        demo_log.discard()
        rclpy.try_shutdown()
    if script is not None and driver is not None:
        problems = closed_loop_problems(moments, script, GovernorSettings())
        summary = f'Drove {_metres_driven(moments):.1f} m in {scene.duration:g} s.'
        passed = 'it kept its distance, and went on where it could'
    else:
        verdict = judge(demo_log.truth, demo_log.levels, settings)
        problems = list(verdict.problems)
        summary = (
            f'Judged {verdict.judged} of {verdict.frames} frames. Without a mask and near: '
            f'{verdict.must_episodes} time(s), alerted {verdict.alerted_episodes} time(s); '
            f'false alerts on {verdict.false_alerts} frames.'
        )
        passed = 'the alert came when it had to, and none came where none may'
    if len(demo_log.truth) < scene.frame_count:
        problems.append(
            f'only {len(demo_log.truth)} of {scene.frame_count} frames arrived from camera_node'
        )
    if not fell_silent:
        problems.append('the level did not become UNKNOWN after the camera had ended')
    problems += [f'{node} ended with exit code {code}' for node, code in codes.items() if code]
    if not (output / 'annotated.mp4').is_file():
        problems.append('no annotated image arrived from overlay_node')
    _tell(summary, passed, problems, [*files, output / 'nodes.log'])
    return 1 if problems else 0


def _timeline(demo_log: DemoLog, settings: DetectorSettings) -> bytes | None:
    samples = [Sample.from_alert(demo_log.seconds(at), alert) for at, alert in demo_log.alerts]
    # What came before the first frame is the start of the nodes, not of the scene.
    samples = [sample for sample in samples if sample.time >= 0.0]
    title = 'A person walks up without a mask, then with one'
    return draw_timeline(samples, settings, title) if samples else None


def _metres_driven(moments: list[LoopState]) -> float:
    return sum(moment.speed * (moment.time - before.time) for before, moment in pairwise(moments))


def _tell(summary: str, passed: str, problems: list[str], files: list[Path]) -> None:
    print(f'\n{summary}')
    print('Written:')
    for path in files:
        with contextlib.suppress(OSError):
            print(f'  {path} ({path.stat().st_size / 1000:.0f} kB)')
    for problem in problems:
        print(f'FAILED: {problem}.')
    if not problems:
        print(f'PASSED: {passed}.')
