# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The rule for one face: its mask state, the limits that it is within, and the resulting level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from mask_proximity.core.alert.settings import LimitSettings, MaskStateSettings, RuleSettings
from mask_proximity.core.alert.zones import Zone
from mask_proximity.core.types import (
    Face,
    Level,
    MaskState,
)


def mask_state(
    mask_probability: float,
    incorrect_probability: float,
    settings: MaskStateSettings,
    hysteresis: float = 1.0,
) -> MaskState:
    """The mask state of a face: masked, unsure, or the likelier of worn wrong and no mask.

    Args:
        mask_probability: P(mask), 0..1.
        incorrect_probability: P(worn wrong), 0..1; P(no mask) is the rest. NaN: no mask.
        settings: Thresholds of the mask states.
        hysteresis: Factor by which the thresholds are relaxed, so that an unmasked face stays
            unmasked.
    """
    unmasked = 1.0 - mask_probability
    if unmasked < (1.0 - settings.mask_threshold) / hysteresis:
        return MaskState.MASK
    if unmasked <= settings.no_mask_threshold / hysteresis:
        return MaskState.UNSURE
    if incorrect_probability > (unmasked - incorrect_probability) * hysteresis:
        return MaskState.INCORRECT
    return MaskState.NO_MASK


class Nearness(NamedTuple):
    """Which limits a person is within.

    Attributes:
        alert: Whether within the limit of ALERT.
        caution: Whether within the limit of CAUTION, which is farther out.
        imminent: Whether within the limit of the time to contact.
    """

    alert: bool = False
    caution: bool = False
    imminent: bool = False


OUTSIDE = Nearness()
"""Within no limit, as a person who has not been seen before."""


def nearness(
    face: Face, zone: Zone, settings: LimitSettings, before: Nearness = OUTSIDE
) -> Nearness:
    """Which limits a face is within.

    Args:
        face: The face; its distance with standard deviation, width ratio and time to contact count.
        zone: The zone whose limits apply.
        settings: Limits, margin and hysteresis.
        before: Nearness of the same person in the previous frame. A person within a limit stays
            within it until `leave_factor` times as far away.
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
    settings: RuleSettings,
    before: Level = Level.CLEAR,
    confirmed: bool = True,
) -> Level:
    """The level that one face alone would cause.

    Args:
        face: The face; its smoothed mask probability and its detection score count.
        near: The limits that it is within.
        settings: Thresholds, levels and hysteresis.
        before: Level of the same person in the previous frame. It is kept until the mask
            probability and the detection score are `leave_factor` beyond their thresholds.
        confirmed: Whether the face has been tracked long enough to count even if it is doubtful.
    """
    level = _level_of(face, near, settings, confirmed)
    if before <= level:
        return level
    lenient = _level_of(face, near, settings, confirmed, settings.leave_factor)
    return max(level, min(before, lenient))


def _level_of(
    face: Face,
    near: Nearness,
    settings: RuleSettings,
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


def zone_of(face: Face, zones: Sequence[Zone], settings: LimitSettings) -> Zone:
    """The zone whose limits apply to a face; if uncertain, one with the strictest possible limits.

    Args:
        face: The face; its bearing and distance count.
        zones: Zones in order of precedence: the first that contains the face applies.
        settings: Limits outside of all zones, which count as a zone without a name.
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


def state_of(face: Face, settings: MaskStateSettings, hysteresis: float = 1.0) -> MaskState:
    """The mask state by which a face is judged.

    It may differ from face.mask_state, which is the one that is published: unsure_state and
    incorrect_state affect only that one.
    """
    return mask_state(face.mask_probability, face.incorrect_probability, settings, hysteresis)
