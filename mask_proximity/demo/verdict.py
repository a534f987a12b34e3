# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Did the alert come that the scene must cause, and none where none may?

The scene's truth and the detector's alerts meet here and nowhere else; the detector never sees
the truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, Level, MaskState, TrueFace

# A distance is not measured to the centimetre, and its standard deviation is taken off for care.
# An alert is required where somebody is nearer than the limit by the first factor; between that and
# the limit over the second, either answer is right.
ALERT_REQUIRED_FACTOR = 1.15
ALERT_ALLOWED_FACTOR = 0.8
# How long an alert may take, and how long it may outlast its cause beside the holds.
RISE_TIME = 1.0
FALL_TIME = 0.2
# Below this part of judged frames the run shows too little to be called a success.
ENOUGH = 0.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison found.

    Attributes:
        problems: a sentence each; empty if all is well.
        must_episodes: how often somebody without a mask was truly near.
        alerted_episodes: how often of these the alert came in time.
        frames: how many frames the scene had.
        judged: on how many of them the detector published an alert.
        false_alerts: frames with ALERT where none may be.
    """

    problems: tuple[str, ...]
    must_episodes: int
    alerted_episodes: int
    frames: int
    judged: int
    false_alerts: int


def judge(
    truth: Mapping[int, Sequence[TrueFace]],
    levels: Mapping[int, Level],
    settings: DetectorSettings,
) -> Verdict:
    """Compare.

    Args:
        truth: the true faces of each frame, by its stamp in nanoseconds.
        levels: the level that was published for each frame, by its stamp.
        settings: of the rule, whose limit is a distance.
    """
    stamps = sorted(truth)
    nearest = {stamp: _nearest_unmasked(truth[stamp]) for stamp in stamps}
    limit = settings.alert_distance
    begun = stamps[0] if stamps else 0
    problems: list[str] = []

    episodes = _episodes(
        [stamp for stamp in stamps if nearest[stamp] <= limit / ALERT_REQUIRED_FACTOR]
    )
    alerted = 0
    for first, last in episodes:
        in_time = [
            stamp
            for stamp, level in levels.items()
            if level is Level.ALERT and first <= stamp <= first + RISE_TIME * NANOSECONDS
        ]
        if in_time:
            alerted += 1
        else:
            problems.append(
                f'no ALERT within {RISE_TIME:g} s, although somebody without a mask was near from '
                f'{(first - begun) / NANOSECONDS:.1f} s to {(last - begun) / NANOSECONDS:.1f} s'
            )
    if not episodes:
        problems.append('nobody without a mask came near, so nothing was shown')

    outlast = (max(settings.delay_off, settings.minimum_hold) + FALL_TIME) * NANOSECONDS
    causes = [
        stamp
        for stamp in stamps
        if nearest[stamp] <= limit * settings.leave_factor / ALERT_ALLOWED_FACTOR
    ]
    false_alerts = [
        stamp
        for stamp, level in sorted(levels.items())
        if level is Level.ALERT and not any(0 <= stamp - cause <= outlast for cause in causes)
    ]
    if false_alerts:
        problems.append(
            f'{len(false_alerts)} frames with ALERT where none may be, the first at '
            f'{(false_alerts[0] - begun) / NANOSECONDS:.1f} s'
        )

    judged = sum(stamp in levels for stamp in stamps)
    if judged < ENOUGH * len(stamps):
        problems.append(
            f'only {judged} of {len(stamps)} frames were judged; this machine is too busy or '
            'images get lost'
        )
    return Verdict(tuple(problems), len(episodes), alerted, len(stamps), judged, len(false_alerts))


def _nearest_unmasked(faces: Sequence[TrueFace]) -> float:
    return min(
        (face.distance for face in faces if face.mask_state is not MaskState.MASK),
        default=math.inf,
    )


def _episodes(stamps: Sequence[int]) -> list[tuple[int, int]]:
    """First and last stamp of each run of stamps without a gap of a second."""
    runs: list[tuple[int, int]] = []
    for stamp in stamps:
        if runs and stamp - runs[-1][1] < NANOSECONDS:
            runs[-1] = (runs[-1][0], stamp)
        else:
            runs.append((stamp, stamp))
    return runs
