# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Did the alert come that the scene must cause, and none where none may?

The scene's truth and the detector's alerts meet here and nowhere else; the detector never sees
the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mask_proximity.core.scene import NANOSECONDS, Level, MaskState
from mask_proximity.core.sources.base import TrueFace

# A detector's box is not the true box to the pixel. Within these parts of the limit either
# answer is right.
MUST = 1.15
MAY = 0.85
# How long an alert may take, and how long it may outlast its cause beside the hold.
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
    image_width: int,
    alert_width_ratio: float,
    delay_off: float,
) -> Verdict:
    """Compare.

    Args:
        truth: the true faces of each frame, by its stamp in nanoseconds.
        levels: the level that was published for each frame, by its stamp.
        image_width: pixels.
        alert_width_ratio: the limit of the rule.
        delay_off: of the rule, seconds.
    """
    stamps = sorted(truth)
    widest = {stamp: _widest_bare_ratio(truth[stamp], image_width) for stamp in stamps}
    begun = stamps[0] if stamps else 0
    problems: list[str] = []

    episodes = _episodes([stamp for stamp in stamps if widest[stamp] >= alert_width_ratio * MUST])
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

    outlast = (delay_off + FALL_TIME) * NANOSECONDS
    causes = [stamp for stamp in stamps if widest[stamp] >= alert_width_ratio * MAY]
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


def _widest_bare_ratio(faces: Sequence[TrueFace], image_width: int) -> float:
    return max(
        (face.box.width / image_width for face in faces if face.mask_state is not MaskState.MASK),
        default=0.0,
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
