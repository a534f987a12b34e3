# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The closed loop without ROS: camera, pipeline, governor, wheels, camera; and how it is judged.

Time is the time of the frames, so a run gives the same result on every machine, and takes less time
than it simulates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mask_proximity.core.alert.freshness import stamp_fault
from mask_proximity.core.governor.speed import SpeedGovernor, nearest
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.settings.nodes import DetectorSettings, GovernorSettings
from mask_proximity.core.sources.simulated.disturbance import fault_at
from mask_proximity.core.sources.simulated.scene_file import SceneFile
from mask_proximity.core.sources.simulated.source import SimulatedSource
from mask_proximity.core.types import NANOSECONDS, Alert, Level, Reason

DRIVING = 0.02
"""Metres per second; a robot that is slower counts as standing."""

SLOW_TIME = 2.5
"""Seconds within which the robot must slow down after its camera went blind."""

GO_TIME = 4.0
"""Seconds within which it must drive on once there is no reason to stand."""


@dataclass(frozen=True, slots=True)
class LoopState:
    """The state of the loop at one frame.

    Attributes:
        time: Time since the start of the scene, seconds.
        distance: True distance to the nearest person ahead without a mask, metres; NaN if there
            is nobody.
        masked: The same for the nearest person with a mask.
        reported: Nearest distance in the valid alert, as the governor uses it, metres; NaN if the
            alert has none.
        level: Level that the governor acts on.
        speed: True forward speed of the robot, metres per second.
    """

    time: float
    distance: float
    masked: float
    reported: float
    level: Level
    speed: float


def run_closed_loop(
    source: SimulatedSource,
    pipeline: Pipeline,
    detector: DetectorSettings,
    governor: GovernorSettings,
) -> Iterator[LoopState]:
    """Drive a simulated robot through its scene, straight on at the speed that the scene gives.

    A command takes effect at the next frame, so the reaction time is one frame period.

    Args:
        source: Source of a scene with a robot.
        pipeline: Pipeline that has not processed any frame yet.
        detector: Settings of the detector.
        governor: Settings of the governor.

    Yields:
        The state at each frame.

    Raises:
        ValueError: The scene has no robot.
        ModelError: A net failed.
    """
    if source.robot is None:
        raise ValueError('a closed loop needs a scene with a robot')
    speed_governor = SpeedGovernor()
    camera = Pinhole.from_fov(
        source.scene.camera.width, source.scene.camera.height, source.horizontal_fov
    )
    alert = Alert(Level.UNKNOWN, Reason.NO_IMAGE, '', 0)
    newest: int | None = None
    while (frame := source.read()) is not None:
        # Shifted by a second, because a stamp of 0 counts as missing.
        now = round((1.0 + source.time) * NANOSECONDS)
        if frame.delivered:
            newest = now
            alert = pipeline.process(frame.image, now, detector, camera).alert
        elif newest is None or stamp_fault(now, newest, detector) is not None:
            alert = Alert(Level.UNKNOWN, Reason.STALE_IMAGE, '', now)
        reported = nearest(alert.faces, governor)
        yield LoopState(
            source.time,
            source.scene.nearest(source.time, source.pose, masked=False),
            source.scene.nearest(source.time, source.pose, masked=True),
            reported,
            alert.level,
            source.robot.velocity[0],
        )
        speed = speed_governor.limit(now, source.robot.speed, alert.level, reported, governor)
        source.drive(speed, 0.0)


def closed_loop_problems(
    states: Sequence[LoopState], script: SceneFile, governor: GovernorSettings
) -> list[str]:
    """What the robot did wrong, judged by the truth.

    It must not drive within the limit of a person without a mask; it must be slow while its camera
    sees nothing; and it must not stand without a reason. A reason is a person without a mask ahead
    within twice the limit, or a camera that sees nothing.

    Args:
        states: States of a whole run.
        script: The scene.
        governor: Settings of the governor.

    Returns:
        One sentence for each problem; empty if there is none.
    """
    if script.speed is None or not states:
        return ['the robot did not drive, so nothing was shown']
    return [
        *_too_near(states, script),
        *_too_fast_while_blind(states, script, governor),
        *_standing_without_reason(states, script),
    ]


def _too_near(states: Sequence[LoopState], script: SceneFile) -> Iterator[str]:
    near = [state for state in states if state.distance < script.limit and state.speed > DRIVING]
    if near:
        worst = min(near, key=lambda state: state.distance)
        yield (
            f'at {worst.time:.1f} s it drove at {worst.speed:.2f} m/s only {worst.distance:.2f} m '
            f'from a person without a mask, within the limit of {script.limit:g} m'
        )


def _too_fast_while_blind(
    states: Sequence[LoopState], script: SceneFile, governor: GovernorSettings
) -> Iterator[str]:
    for event in script.disturbances:
        fast = [
            state
            for state in states
            if event.start + SLOW_TIME <= state.time < event.end
            and state.speed > governor.unknown_speed + DRIVING
        ]
        if fast:
            yield (
                f'at {fast[0].time:.1f} s, with the camera {event.fault.value} since '
                f'{event.start:g} s, it still drove at {fast[0].speed:.2f} m/s'
            )


def _standing_without_reason(states: Sequence[LoopState], script: SceneFile) -> Iterator[str]:
    last_reason = states[0].time
    for state in states:
        if state.distance < 2.0 * script.limit or fault_at(state.time, script.disturbances):
            last_reason = state.time
        if state.speed <= DRIVING and state.time - last_reason > GO_TIME:
            yield f'at {state.time:.1f} s it stood without a reason'
            return
