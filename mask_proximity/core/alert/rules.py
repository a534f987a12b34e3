# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The rule for one face: what it wears, which limits it is within, and the level that follows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from mask_proximity.core.alert.zones import Zone
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import (
    Face,
    Level,
    MaskState,
)


def mask_state(
    mask_probability: float,
    incorrect_probability: float,
    settings: DetectorSettings,
    hysteresis: float = 1.0,
) -> MaskState:
    """What a face wears: the thresholds part masked from not, the likelier of the rest says how.

    Args:
        mask_probability: P(mask), 0..1.
        incorrect_probability: P(worn wrong), 0..1; P(no mask) is what is left. NaN: no mask.
        settings: of the rule.
        hysteresis: so many times less bare a face may be and yet count as it.
    """
    bare = 1.0 - mask_probability
    if bare < (1.0 - settings.mask_threshold) / hysteresis:
        return MaskState.MASK
    if bare <= settings.no_mask_threshold / hysteresis:
        return MaskState.UNSURE
    if incorrect_probability > (bare - incorrect_probability) * hysteresis:
        return MaskState.INCORRECT
    return MaskState.NO_MASK


class Nearness(NamedTuple):
    """Which limits somebody is within.

    Attributes:
        alert: the near one.
        caution: that of the ring around it.
        imminent: that of the time to contact.
    """

    alert: bool = False
    caution: bool = False
    imminent: bool = False


OUTSIDE = Nearness()
"""Within no limit, as whoever has not been seen before."""


def nearness(
    face: Face, zone: Zone, settings: DetectorSettings, before: Nearness = OUTSIDE
) -> Nearness:
    """Which limits a face is within.

    Args:
        face: of which distance, its deviation, the width ratio and the time to contact count.
        zone: whose limits apply.
        settings: of the rule.
        before: of the same person in the frame before; whoever was within a limit stays so until
            `leave_factor` times as far.
    """

    def limit(value: float, was_within: bool) -> float:
        return value * settings.leave_factor if was_within else value

    if settings.alert_distance > 0.0 and math.isfinite(face.distance):
        doubt = settings.distance_margin * face.distance_stddev
        # Never below 0, so that a limit of 0 holds nobody.
        nearest = max(0.0, face.distance - (0.0 if math.isnan(doubt) else doubt))
        alert = nearest < limit(zone.alert_distance, before.alert)
        caution = nearest < limit(zone.caution_distance, before.caution)
        counts = zone.caution_distance > 0.0
    else:
        alert = limit(face.width_ratio, before.alert) > settings.alert_width_ratio
        caution = limit(face.width_ratio, before.caution) > settings.caution_width_ratio
        counts = True
    imminent = 0.0 <= face.time_to_contact < limit(settings.caution_time, before.imminent)
    return Nearness(alert, alert or caution, imminent and counts)


def face_level(
    face: Face,
    near: Nearness,
    settings: DetectorSettings,
    before: Level = Level.CLEAR,
    confirmed: bool = True,
) -> Level:
    """The level that one face alone would cause.

    Args:
        face: of which the belief about the mask counts, and how sure it is that it is a face.
        near: the limits that it is within.
        settings: of the rule.
        before: of the same person in the frame before, which stays until what the face wears, and
            whether it is one, is `leave_factor` times beyond the threshold.
        confirmed: whether it has been there for long enough to count although it may be no face.
    """
    level = _level_of(face, near, settings, confirmed)
    if before <= level:
        return level
    lenient = _level_of(face, near, settings, confirmed, settings.leave_factor)
    return max(level, min(before, lenient))


def _level_of(
    face: Face,
    near: Nearness,
    settings: DetectorSettings,
    confirmed: bool,
    hysteresis: float = 1.0,
) -> Level:
    state = state_of(face, settings, hysteresis)
    most = {
        MaskState.MASK: Level.CLEAR,
        MaskState.UNSURE: Level[settings.unsure_level.upper()],
        MaskState.INCORRECT: Level[settings.incorrect_level.upper()],
        MaskState.NO_MASK: Level.ALERT,
    }[state]
    doubtful = face.detection_score * hysteresis <= settings.alert_confidence
    if doubtful and not confirmed:
        return Level.CLEAR
    if near.alert:
        return min(most, Level.CAUTION) if doubtful else most
    ring = near.caution or near.imminent
    if ring and not doubtful and state is not MaskState.UNSURE:
        return min(most, Level.CAUTION)
    return Level.CLEAR


def zone_of(face: Face, zones: Sequence[Zone], settings: DetectorSettings) -> Zone:
    """The zone whose limits apply to a face; where it cannot be told, the strictest that may.

    Args:
        face: of which bearing and distance count.
        zones: the first one that holds the face decides.
        settings: with the limits of everywhere else, which is a zone without a name.
    """
    elsewhere = Zone(
        '',
        (-math.pi, math.pi),
        (0.0, math.inf),
        settings.alert_distance,
        settings.caution_distance,
    )
    if settings.alert_distance == 0.0 or not math.isfinite(face.distance):
        return elsewhere
    around = [zone for zone in zones if zone.range[0] <= face.distance <= zone.range[1]]
    if math.isfinite(face.bearing):
        holding = (z for z in around if z.bearing[0] <= face.bearing <= z.bearing[1])
        return next(holding, elsewhere)
    may = [elsewhere, *around]
    return replace(
        elsewhere,
        alert_distance=max(zone.alert_distance for zone in may),
        caution_distance=max(zone.caution_distance for zone in may),
    )


def state_of(face: Face, settings: DetectorSettings, hysteresis: float = 1.0) -> MaskState:
    """Not face.mask_state: a face in doubt may be shown as 'No Mask'."""
    return mask_state(face.mask_probability, face.incorrect_probability, settings, hysteresis)
