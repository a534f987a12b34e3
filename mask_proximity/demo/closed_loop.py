# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The closed loop without ROS: camera, pipeline, governor, wheels, camera; and its verdict.

Time is that of the frames, so that a run is the same on every machine, and faster than the world.
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
"""Metres per second: who is slower stands, as far as limits go."""

SLOW_TIME = 2.5
"""Seconds in which the robot must have slowed after its camera went blind."""

GO_TIME = 4.0
"""Seconds in which it must drive on when there is no cause to stand any more."""


@dataclass(frozen=True, slots=True)
class LoopState:
    """The loop at a frame.

    Attributes:
        time: seconds since the scene began.
        distance: true distance to the nearest person ahead without a mask, metres; NaN: nobody.
        masked: the same to the nearest with one.
        reported: the nearest distance in the alert that counts, as the governor takes it, metres;
            NaN: none.
        level: that the consumer acts on.
        speed: that the robot truly drives forward at, metres per second.
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
    """Drive a simulated robot through its scene, straight on at the speed that the scene wishes.

    A command acts from the next frame on: the reaction time is one period of the frames.

    Args:
        source: with a robot.
        pipeline: that has seen nothing yet.
        detector: settings of the detector.
        governor: settings of the governor.

    Raises:
        ValueError: the scene has no robot.
        ModelError: a net failed.
    """
    if source.robot is None:
        raise ValueError('a closed loop needs a scene with a robot')
    brake = SpeedGovernor()
    camera = Pinhole.from_fov(
        source.scene.camera.width, source.scene.camera.height, source.horizontal_fov
    )
    alert = Alert(Level.UNKNOWN, Reason.NO_IMAGE, '', 0)
    newest: int | None = None
    while (frame := source.read()) is not None:
        # A stamp of 0 is none.
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
        speed = brake.limit(now, source.robot.speed, alert.level, reported, governor)
        source.drive(speed, 0.0)


def closed_loop_problems(
    moments: Sequence[LoopState], script: SceneFile, governor: GovernorSettings
) -> list[str]:
    """What a robot has done that it must not do, judged by the truth.

    It must not drive within the limit of somebody without a mask; it must be slow while its camera
    sees nothing; and it must not stand without a cause, which is somebody without a mask ahead
    within twice the limit, or a camera that sees nothing.

    Args:
        moments: of a whole run.
        script: of the scene.
        governor: settings of the governor.

    Returns:
        One sentence for each; empty if all is well.
    """
    if script.speed is None or not moments:
        return ['nothing has driven, so nothing was shown']
    problems = []
    near = [m for m in moments if m.distance < script.limit and m.speed > DRIVING]
    if near:
        worst = min(near, key=lambda moment: moment.distance)
        problems.append(
            f'at {worst.time:.1f} s it drove at {worst.speed:.2f} m/s only {worst.distance:.2f} m '
            f'before somebody without a mask, within the limit of {script.limit:g} m'
        )
    for event in script.disturbances:
        fast = [
            m
            for m in moments
            if event.start + SLOW_TIME <= m.time < event.end
            and m.speed > governor.unknown_speed + DRIVING
        ]
        if fast:
            problems.append(
                f'at {fast[0].time:.1f} s, with the camera {event.fault.value} since '
                f'{event.start:g} s, it still drove at {fast[0].speed:.2f} m/s'
            )
    cause = moments[0].time
    for moment in moments:
        if moment.distance < 2.0 * script.limit or fault_at(moment.time, script.disturbances):
            cause = moment.time
        if moment.speed <= DRIVING and moment.time - cause > GO_TIME:
            problems.append(f'at {moment.time:.1f} s it stood without a cause')
            break
    return problems
