# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The alert policy: a pure state machine over stamps and faces, with no clock and no ROS inside.

Each face requires a level, which depends on its mask and its distance; the highest of these levels
is the evidence of the frame. Each limit has hysteresis: a person comes within it at one distance
and leaves it at a larger one, so that noise at the limit changes nothing. A level rises when its
evidence has been present for `delay_on`, and falls when it has been absent for `delay_off`. The
state diagram is in docs/alert.md.

Where the distance is unknown, or with `alert_distance` 0, the rule of the original tutorial
applies: 'Maintain Distance' when a box is wider than a tenth of the picture and
P(no mask) is above 0.75.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mask_proximity.core.alert.rules import (
    OUTSIDE,
    Nearness,
    face_level,
    nearness,
    state_of,
    zone_of,
)
from mask_proximity.core.alert.settings import AlertSettings, DebounceSettings, RuleSettings
from mask_proximity.core.alert.zones import Zone
from mask_proximity.core.settings_table import same_values
from mask_proximity.core.types import (
    MAINTAIN_DISTANCE,
    NANOSECONDS,
    Alert,
    Event,
    EventKind,
    Face,
    Level,
    MaskState,
    Reason,
)

WORN_WRONG = 'Someone whose mask is worn wrong is getting near.'
"""The text of APPROACHING if every person who approaches wears the mask wrong."""

TEXTS = {
    Reason.NO_FACE: 'No face in view.',
    Reason.NOBODY_NEAR: 'Nobody is near.',
    Reason.MASKED: 'Everyone near wears a mask.',
    Reason.APPROACHING: 'Someone without a mask is getting near.',
    Reason.UNSURE_NEAR: 'Someone is near, and it cannot be made out whether with a mask.',
    Reason.HELD: 'Someone was getting near a moment ago.',
    Reason.NO_MASK_NEAR: MAINTAIN_DISTANCE,
}
_PENDING = 'Someone may be getting near; that is decided in a moment.'
_IGNORED = 'Whoever is near does not count, as the settings have it.'

_RAISED = (Level.ALERT, Level.CAUTION)
"""The levels that need evidence, the highest first."""


@dataclass
class _DebouncedLevel:
    """Whether one level is on. All times are timestamps in nanoseconds."""

    on: bool = False
    raised: int = 0
    began: int = 0
    last: int | None = None

    def update(
        self,
        stamp: int,
        before: int | None,
        cause: bool,
        held: bool,
        settings: DebounceSettings,
    ) -> None:
        """Switch the level on or off after a frame.

        Args:
            stamp: Frame timestamp in nanoseconds.
            before: Timestamp of the previous frame; None if there is none that counts.
            cause: Whether there is evidence for the level.
            held: Whether a higher level is on; a level does not end while a higher one is on.
            settings: Delays and minimum hold.
        """
        delay_on = settings.delay_on * NANOSECONDS
        if cause:
            if self.last is None:
                # The cause may have begun right after the previous frame.
                self.began = stamp if before is None else before
            self.last = stamp
            waited = delay_on == 0.0 or stamp - self.began > delay_on
            if not self.on and (before is None or waited):
                self.on, self.raised = True, stamp
        elif self.last is None:
            return
        elif not self.on:
            # Detectors miss a face in a frame or two; such a gap does not restart the delay.
            if stamp - self.last > delay_on:
                self.last = None
        elif (
            not held
            and stamp - self.last >= settings.delay_off * NANOSECONDS
            and stamp - self.raised >= settings.minimum_hold * NANOSECONDS
        ):
            self.on, self.last = False, None


@dataclass
class _Person:
    """The state of one person in the newest frame in which the person was seen."""

    near: Nearness = OUTSIDE
    level: Level = Level.CLEAR
    seen: int = 0


@dataclass
class _Evidence:
    """The state that is kept from frame to frame."""

    last_stamp: int | None = None
    settings: RuleSettings | None = None
    people: dict[str, _Person] = field(default_factory=dict)
    debounced: dict[Level, _DebouncedLevel] = field(
        default_factory=lambda: {level: _DebouncedLevel() for level in _RAISED}
    )


class AlertPolicy:
    """Turns the faces of one frame after another into the level of alert."""

    def __init__(self) -> None:
        self._level: Level = Level.UNKNOWN
        self._since: int | None = None
        self._evidence = _Evidence()

    def update(
        self,
        stamp: int,
        faces: Sequence[Face],
        settings: AlertSettings,
        zones: Sequence[Zone] = (),
    ) -> tuple[Alert, tuple[Event, ...]]:
        """Determine the level of alert after a frame.

        The first frame after UNKNOWN, after a jump back in time (a bag that loops), and after a
        gap longer than `stale_after` sets the level at once, without delays.

        Args:
            stamp: Frame timestamp in nanoseconds.
            faces: Faces of the frame; their levels and zones are set here.
            settings: Thresholds, limits and delays of the rule.
            zones: Zones with their own limits; the first that contains a face applies.

        Returns:
            The alert, with the faces sorted: highest level first, then the nearest; and the
            events of this frame.
        """
        events = []
        last = self._evidence.last_stamp
        if last is not None and stamp < last:
            events.append(Event(stamp, EventKind.RESET, self._level, Level.UNKNOWN))
            self.reset()
        elif last is not None and stamp - last > settings.stale_after * NANOSECONDS:
            self._forget()
        evidence = self._evidence
        judged, near, changes = self._judge(stamp, faces, settings, zones)
        required = max((face.level for face in judged), default=Level.CLEAR)
        level = Level.CLEAR
        fallen = False
        for rising, switch in evidence.debounced.items():
            was_on, held = switch.on, level > Level.CLEAR
            switch.update(stamp, evidence.last_stamp, required >= rising, held, settings)
            if switch.on and not held:
                level = rising
                if fallen:
                    # The lower level begins now, and its minimum hold starts now.
                    switch.raised = stamp
            fallen = was_on and not switch.on
        evidence.last_stamp = stamp
        reason, text = _explain(level, required, judged, near, settings)
        before = self._level
        alert = self._enter(level, reason, text, stamp, tuple(sorted(judged, key=_urgency)))
        if level is not before:
            changes.append(Event(stamp, EventKind.LEVEL, before, level))
        return alert, (*events, *changes)

    def reset(self) -> None:
        """Forget all evidence and return to UNKNOWN."""
        self._forget()
        self._level, self._since = Level.UNKNOWN, None

    def unknown(self, stamp: int, reason: Reason, text: str) -> tuple[Alert, tuple[Event, ...]]:
        """Set the level to UNKNOWN and forget all evidence.

        Args:
            stamp: Timestamp of the image, or the current time, in nanoseconds.
            reason: One of the reasons of UNKNOWN.
            text: One sentence that says why.

        Returns:
            The alert, and an event if the level has changed.
        """
        self._forget()
        before = self._level
        alert = self._enter(Level.UNKNOWN, reason, text, stamp, ())
        if before is Level.UNKNOWN:
            return alert, ()
        return alert, (Event(stamp, EventKind.LEVEL, before, Level.UNKNOWN),)

    def _judge(
        self,
        stamp: int,
        faces: Sequence[Face],
        settings: AlertSettings,
        zones: Sequence[Zone],
    ) -> tuple[list[Face], list[Nearness], list[Event]]:
        """The faces with their levels and zones, the nearness of each, and the events of people."""
        people = self._evidence.people
        # After a change of the limits, nobody has been within the new ones yet. Changes of other
        # parameters have no effect here.
        known = self._evidence.settings
        same_limits = known is not None and same_values(RuleSettings, settings, known)
        self._evidence.settings = settings
        judged: list[Face] = []
        limits: list[Nearness] = []
        now: dict[str, _Person] = {}
        unseen = _Person()
        # Sorted, so that nothing depends on the order in which the detector returns faces.
        for face in sorted(faces, key=_identity):
            zone = zone_of(face, zones, settings)
            before = people.get(face.track_id, unseen) if same_limits else unseen
            near = nearness(face, zone, settings, before.near)
            confirmed = (
                self._evidence.last_stamp is None
                or not face.track_id
                or stamp - face.first_seen >= settings.doubt_delay * NANOSECONDS
            )
            level = face_level(face, near, settings, before.level, confirmed)
            judged.append(replace(face, level=level, zone=zone.name))
            limits.append(near)
            other = now.get(face.track_id)
            if other is not None:
                # Faces without an id share one entry.
                near = Nearness(*(a or b for a, b in zip(near, other.near, strict=True)))
                level = max(level, other.level)
            now[face.track_id] = _Person(near, level, stamp)
        memory = settings.track_memory * NANOSECONDS
        gone = [
            track
            for track, person in people.items()
            if track not in now and (not track or stamp - person.seen > memory)
        ]
        events = []
        for track, person in (*now.items(), *((track, unseen) for track in gone)):
            was = people.pop(track, unseen).level
            if person.level is not was:
                kind = EventKind.ENTERED if person.level > was else EventKind.LEFT
                events.append(Event(stamp, kind, was, person.level, track))
        people.update(now)
        return judged, limits, events

    def _forget(self) -> None:
        self._evidence = _Evidence()
        if self._level is not Level.UNKNOWN:
            self._since = None

    def _enter(
        self, level: Level, reason: Reason, text: str, stamp: int, faces: tuple[Face, ...]
    ) -> Alert:
        if level is not self._level or self._since is None:
            self._level, self._since = level, stamp
        return Alert(level, reason, text, self._since, faces)


def _urgency(face: Face) -> tuple[int, float, float]:
    """Sort key: the highest level first, then the nearest face, then the widest."""
    distance = face.distance if math.isfinite(face.distance) else math.inf
    return -face.level, distance, -face.width_ratio


def _identity(face: Face) -> tuple[str, float, float, float]:
    return face.track_id, face.box.x1, face.box.y1, face.mask_probability


def _explain(
    level: Level,
    required: Level,
    faces: Sequence[Face],
    limits: Sequence[Nearness],
    settings: RuleSettings,
) -> tuple[Reason, str]:
    if level > required:
        text = MAINTAIN_DISTANCE if level is Level.ALERT else TEXTS[Reason.HELD]
        return Reason.HELD, text
    if level is Level.ALERT:
        return Reason.NO_MASK_NEAR, TEXTS[Reason.NO_MASK_NEAR]
    if level is Level.CAUTION:
        causes = [
            state
            for face in faces
            if face.level >= Level.CAUTION
            and face.detection_score > settings.alert_confidence
            and (state := state_of(face, settings)) is not MaskState.UNSURE
        ]
        if not causes:
            return Reason.UNSURE_NEAR, TEXTS[Reason.UNSURE_NEAR]
        wrong = settings.incorrect_state and set(causes) == {MaskState.INCORRECT}
        return Reason.APPROACHING, WORN_WRONG if wrong else TEXTS[Reason.APPROACHING]
    if required > Level.CLEAR:
        return Reason.NOBODY_NEAR, _PENDING
    if not faces:
        return Reason.NO_FACE, TEXTS[Reason.NO_FACE]
    near = [
        state_of(face, settings) is MaskState.MASK
        for face, within in zip(faces, limits, strict=True)
        if within.alert
    ]
    if not near:
        return Reason.NOBODY_NEAR, TEXTS[Reason.NOBODY_NEAR]
    if all(near):
        return Reason.MASKED, TEXTS[Reason.MASKED]
    return Reason.NOBODY_NEAR, _IGNORED
