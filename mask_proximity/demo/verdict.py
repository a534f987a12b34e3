# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Judges the alerts of a run: did every required alert come, and no false one?

The truth about the scene and the alerts of the detector meet only here. The detector never sees the
truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, Level, MaskState, TrueFace

# Distances are not measured to the centimetre, and the detector subtracts their standard deviation
# to be careful. Nearer than the limit divided by the first factor an alert is required; farther
# than the limit divided by the second one it is false; in between, both answers are right.
ALERT_REQUIRED_FACTOR = 1.15
ALERT_ALLOWED_FACTOR = 0.8
# Seconds within which a required alert must come.
RISE_TIME = 1.0
# Seconds that an alert may outlast its cause, beyond the delays in the settings.
FALL_TIME = 0.2
# If fewer of the frames than this share were judged, the run shows too little.
MIN_JUDGED = 0.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of the comparison.

    Attributes:
        problems: One sentence for each requirement that was not met; empty if there is none.
        required_alerts: How often a person without a mask was truly near.
        timely_alerts: How often the alert came in time then.
        frames: Number of frames in the scene.
        judged: Number of frames for which the detector published an alert.
        false_alerts: Number of frames with a false ALERT.
    """

    problems: tuple[str, ...]
    required_alerts: int
    timely_alerts: int
    frames: int
    judged: int
    false_alerts: int


def judge(
    truth: Mapping[int, Sequence[TrueFace]],
    levels: Mapping[int, Level],
    settings: DetectorSettings,
) -> Verdict:
    """Compare the published levels with the truth.

    Args:
        truth: True faces of each frame, by its stamp in nanoseconds.
        levels: Level published for each frame, by its stamp in nanoseconds.
        settings: Settings of the detector, whose limit is a distance.
    """
    stamps = sorted(truth)
    nearest = {stamp: _nearest_unmasked(truth[stamp]) for stamp in stamps}
    start = stamps[0] if stamps else 0
    episodes = _required_episodes(nearest, settings)
    missed = [(first, last) for first, last in episodes if not _is_alerted(first, levels)]
    false_alerts = _false_alerts(nearest, levels, settings)
    judged = sum(stamp in levels for stamp in stamps)

    problems = [
        f'no ALERT within {RISE_TIME:g} s, although a person without a mask was near from '
        f'{(first - start) / NANOSECONDS:.1f} s to {(last - start) / NANOSECONDS:.1f} s'
        for first, last in missed
    ]
    if not episodes:
        problems.append('nobody without a mask came near, so nothing was shown')
    if false_alerts:
        problems.append(
            f'{len(false_alerts)} frames with a false ALERT, the first at '
            f'{(false_alerts[0] - start) / NANOSECONDS:.1f} s'
        )
    if judged < MIN_JUDGED * len(stamps):
        problems.append(
            f'only {judged} of {len(stamps)} frames were judged; this machine is too busy, or '
            'images get lost'
        )
    return Verdict(
        tuple(problems),
        len(episodes),
        len(episodes) - len(missed),
        len(stamps),
        judged,
        len(false_alerts),
    )


def _nearest_unmasked(faces: Sequence[TrueFace]) -> float:
    return min(
        (face.distance for face in faces if face.mask_state is not MaskState.MASK),
        default=math.inf,
    )


def _required_episodes(
    nearest: Mapping[int, float], settings: DetectorSettings
) -> list[tuple[int, int]]:
    """First and last stamp of each time in which an alert is required.

    Args:
        nearest: Distance to the nearest person without a mask, by stamp in ascending order.
        settings: Settings of the detector.
    """
    limit = settings.alert_distance / ALERT_REQUIRED_FACTOR
    episodes: list[tuple[int, int]] = []
    for stamp, distance in nearest.items():
        if distance > limit:
            continue
        # A gap shorter than a second does not end an episode.
        if episodes and stamp - episodes[-1][1] < NANOSECONDS:
            episodes[-1] = (episodes[-1][0], stamp)
        else:
            episodes.append((stamp, stamp))
    return episodes


def _is_alerted(first: int, levels: Mapping[int, Level]) -> bool:
    """Whether the alert came in time for an episode that began with the stamp `first`."""
    return any(
        level is Level.ALERT and first <= stamp <= first + RISE_TIME * NANOSECONDS
        for stamp, level in levels.items()
    )


def _false_alerts(
    nearest: Mapping[int, float], levels: Mapping[int, Level], settings: DetectorSettings
) -> list[int]:
    """The stamps, in ascending order, of ALERT without a cause in the time before."""
    limit = settings.alert_distance * settings.leave_factor / ALERT_ALLOWED_FACTOR
    causes = [stamp for stamp, distance in nearest.items() if distance <= limit]
    outlast = (max(settings.delay_off, settings.minimum_hold) + FALL_TIME) * NANOSECONDS
    return [
        stamp
        for stamp, level in sorted(levels.items())
        if level is Level.ALERT and not any(0 <= stamp - cause <= outlast for cause in causes)
    ]
