# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the whole graph on a simulated scene, records it, and judges it against the truth."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

import rclpy
from rclpy.signals import SignalHandlerOptions

from mask_proximity import environment
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.rendering.timeline import Sample, draw_timeline
from mask_proximity.core.settings.nodes import DetectorSettings, GovernorSettings
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.simulated.scene_file import SceneFile
from mask_proximity.core.sources.simulated.source import SIMULATED, SimulatedSource
from mask_proximity.demo.chart import draw_drive
from mask_proximity.demo.closed_loop import LoopState, closed_loop_problems
from mask_proximity.demo.demo_log import NODE_LOG, DemoLog
from mask_proximity.demo.node_processes import NodeProcesses
from mask_proximity.demo.scene_run import SceneRun
from mask_proximity.demo.verdict import judge
from mask_proximity.ros.topic_recorder import record_graph


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the demonstration prints at its end.

    Attributes:
        summary: What happened, in a sentence or two.
        success: What was shown if there are no problems, one clause.
        problems: One sentence for each requirement that was not met.
    """

    summary: str
    success: str
    problems: list[str]


def run_demo(
    output: Path,
    parameters: Mapping[str, Mapping[str, object]],
    scene_name: str = '',
    record: Path | None = None,
) -> int:
    """Run the demonstration.

    Args:
        output: Folder for the results; made if missing.
        parameters: Parameters of detector_node and speed_governor_node. They do not change what
            the run is judged by.
        scene_name: Name or file of a scene; empty means the default one. If the scene has a robot,
            it is driven, limited by speed_governor_node, and judged by where it really went.
        record: MCAP file for everything that the nodes publish; None means none.

    Returns:
        0 if every alert that the scene requires came and no false one did, or if the robot did
        what it must and nothing that it must not; otherwise 1.

    Raises:
        MaskProximityError: The graph does not start, the folder or the recording cannot be
            written, or the scene is invalid.
    """
    # A demonstration must neither disturb a robot on the same network nor receive its messages.
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    environment.prepare(os.environ)
    with _open_log(output) as node_log:
        spec = f'{SIMULATED}:{scene_name}' if scene_name else SIMULATED
        source = SimulatedSource(SourceSettings(), spec)
        demo_log = DemoLog(output, source.rate, source.frame_count)
        # Without rclpy's own signal handlers, which would end the context, and whatever uses it,
        # before this process gets its KeyboardInterrupt.
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        try:
            run = _run_scene(spec, source, parameters, demo_log, node_log, record)
            states = run.loop_states(GovernorSettings())
            files = demo_log.complete(lambda: _draw(source.script, states, demo_log))
        finally:
            demo_log.discard()
            rclpy.try_shutdown()
    if source.script is not None and source.robot is not None:
        outcome = _judge_drive(states, source.script, source.scene.duration)
    else:
        outcome = _judge_alerts(demo_log)
    outcome.problems.extend(_graph_problems(run, demo_log, source.frame_count, output))
    _print_outcome(outcome, [*files, demo_log.node_log])
    return 1 if outcome.problems else 0


def _open_log(output: Path) -> IO[bytes]:
    """Make the output folder and open the log of the nodes in it."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        return (output / NODE_LOG).open('wb')
    except OSError as error:
        raise MaskProximityError(
            f'{output}: the output folder cannot be written ({error.strerror})'
        ) from None


def _run_scene(
    spec: str,
    source: SimulatedSource,
    parameters: Mapping[str, Mapping[str, object]],
    demo_log: DemoLog,
    node_log: IO[bytes],
    record: Path | None,
) -> SceneRun:
    """Start the graph, play the scene, and stop all nodes."""
    namespace = f'/mask_proximity_demo_{os.getpid()}'
    with (
        NodeProcesses(namespace, node_log) as nodes,
        record_graph(record, namespace) as recorder,
    ):
        run = SceneRun(spec, source, nodes, namespace, demo_log, recorder)
        run.start(parameters)
        run.wait_until_ready()
        run.play()
        run.wait_until_unknown(DetectorSettings())
        run.stop()
    return run


def _draw(script: SceneFile | None, states: Sequence[LoopState], demo_log: DemoLog) -> bytes | None:
    """The picture of the run, as PNG; None if there is nothing to show."""
    if script is not None and states:
        return draw_drive(states, script)
    samples = [
        Sample.from_alert(demo_log.scene_time(time), alert) for time, alert in demo_log.alerts
    ]
    # What precedes the first frame is the start of the nodes, not part of the scene.
    samples = [sample for sample in samples if sample.time >= 0.0]
    title = 'A person walks up without a mask, then with one'
    return draw_timeline(samples, DetectorSettings(), title) if samples else None


def _judge_drive(states: Sequence[LoopState], script: SceneFile, duration: float) -> _Outcome:
    metres = sum(state.speed * (state.time - before.time) for before, state in pairwise(states))
    return _Outcome(
        f'Drove {metres:.1f} m in {duration:g} s.',
        'the robot kept its distance, and drove on where it could',
        closed_loop_problems(states, script, GovernorSettings()),
    )


def _judge_alerts(demo_log: DemoLog) -> _Outcome:
    verdict = judge(demo_log.truth, demo_log.levels, DetectorSettings())
    return _Outcome(
        f'Judged {verdict.judged} of {verdict.frames} frames. Without a mask and near: '
        f'{verdict.required_alerts} time(s), alerted {verdict.timely_alerts} time(s); '
        f'false alerts on {verdict.false_alerts} frames.',
        'every required alert came in time, and there was no false one',
        list(verdict.problems),
    )


def _graph_problems(run: SceneRun, demo_log: DemoLog, frames: int, output: Path) -> list[str]:
    """What went wrong in the graph, whatever the scene is judged by."""
    problems = []
    if len(demo_log.truth) < frames:
        problems.append(f'only {len(demo_log.truth)} of {frames} frames arrived from camera_node')
    if not run.became_unknown:
        problems.append('the level did not become UNKNOWN after the camera had ended')
    problems += [
        f'{node} ended with exit code {code}' for node, code in run.exit_codes.items() if code
    ]
    if not (output / 'annotated.mp4').is_file():
        problems.append('no annotated image arrived from overlay_node')
    return problems


def _print_outcome(outcome: _Outcome, files: Sequence[Path]) -> None:
    print(f'\n{outcome.summary}')
    print('Written:')
    for path in files:
        with contextlib.suppress(OSError):
            print(f'  {path} ({path.stat().st_size / 1000:.0f} kB)')
    for problem in outcome.problems:
        print(f'FAILED: {problem}.')
    if not outcome.problems:
        print(f'PASSED: {outcome.success}.')
