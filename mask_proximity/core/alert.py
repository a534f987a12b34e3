# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The alert policy: a pure state machine over stamps and faces, with no clock and no ROS inside.

The rule is that of the tutorial this package grew from ('Maintain Distance' when a box is wider
than a tenth of the picture and P(no mask) is above 0.75), with a caution ring around it, an answer
for faces in doubt, and a hold: a level rises with the frame that shows its cause and falls only
when the cause has been gone for `delay_off`, so that one missed face does not end an alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.scene import (
    MAINTAIN_DISTANCE,
    NANOSECONDS,
    Alert,
    Event,
    Face,
    Level,
    MaskState,
    Reason,
)
from mask_proximity.core.zones import Zone

WORN_WRONG = 'Someone whose mask is worn wrong is getting near.'
"""The text of APPROACHING where there is nobody else."""

TEXTS = {
    Reason.NO_FACE: 'No face in view.',
    Reason.NOBODY_NEAR: 'Nobody is near.',
    Reason.MASKED: 'Everyone near wears a mask.',
    Reason.APPROACHING: 'Someone without a mask is getting near.',
    Reason.UNSURE_NEAR: 'Someone is near, and it cannot be made out whether with a mask.',
    Reason.HELD: 'Someone was getting near a moment ago.',
    Reason.NO_MASK_NEAR: MAINTAIN_DISTANCE,
}


def mask_state(
    mask_probability: float, incorrect_probability: float, settings: DetectorSettings
) -> MaskState:
    """What a face wears: the thresholds part masked from not, the likelier of the rest says how.

    Args:
        mask_probability: P(mask), 0..1.
        incorrect_probability: P(worn wrong), 0..1; P(no mask) is what is left. NaN: no mask.
        settings: of the rule.
    """
    if mask_probability > settings.mask_threshold:
        return MaskState.MASK
    if 1.0 - mask_probability <= settings.no_mask_threshold:
        return MaskState.UNSURE
    if incorrect_probability > 1.0 - mask_probability - incorrect_probability:
        return MaskState.INCORRECT
    return MaskState.NO_MASK


def face_level(
    width_ratio: float, state: MaskState, detection_score: float, settings: DetectorSettings
) -> Level:
    """The level that one face alone would cause.

    Args:
        width_ratio: width of its box over the width of the image.
        state: what it wears; INCORRECT counts as no mask.
        detection_score: how sure the detector is that it is a face, 0..1.
        settings: of the rule.
    """
    if state is MaskState.MASK:
        return Level.CLEAR
    near = width_ratio > settings.alert_width_ratio
    if state is MaskState.UNSURE or detection_score <= settings.alert_confidence:
        return Level.CAUTION if near else Level.CLEAR
    if near:
        return Level.ALERT
    return Level.CAUTION if width_ratio > settings.caution_width_ratio else Level.CLEAR


def staleness(now: int, stamp: int, settings: DetectorSettings) -> str | None:
    """Why an image is no evidence for the present, or None if it is.

    Args:
        now: the detector's clock, nanoseconds.
        stamp: of the newest image, nanoseconds, of the same clock if all is well.
        settings: of the rule.

    Returns:
        One sentence for the user, or None.
    """
    if stamp == 0:
        return 'The images carry no stamp; let the camera driver stamp them.'
    age = (now - stamp) / NANOSECONDS
    if age > settings.stale_after:
        return (
            f'The newest image is {age:.1f} s old, more than stale_after '
            f'({settings.stale_after:g} s).'
        )
    if age < -settings.stale_after:
        return (
            f'The images are stamped {-age:.1f} s in the future; let camera and detector use one '
            'clock.'
        )
    return None


class AlertPolicy:
    """Turns the faces of one frame after another into the level of alert."""

    def __init__(self) -> None:
        """Begin with no evidence."""
        self._level: Level = Level.UNKNOWN
        self._since: int | None = None
        self._last_stamp: int | None = None
        self._last_seen: dict[Level, int] = {}

    def update(
        self,
        stamp: int,
        faces: Sequence[Face],
        settings: DetectorSettings,
        zones: Sequence[Zone] = (),
    ) -> tuple[Alert, tuple[Event, ...]]:
        """Judge a frame.

        Args:
            stamp: of the frame, nanoseconds. Time that goes backwards (a bag that loops) begins
                anew.
            faces: of the frame; their levels are set here.
            settings: of the rule.
            zones: with limits of their own; the first one that holds a face decides.

        Returns:
            The alert, with the faces sorted: highest level first, then the nearest; and what has
            changed.
        """
        if self._last_stamp is not None and stamp < self._last_stamp:
            self._forget()
        self._last_stamp = stamp
        faces = [
            replace(
                face,
                level=face_level(
                    face.width_ratio,
                    # Not as it is shown: a face in doubt may be shown as 'No Mask'.
                    mask_state(face.mask_probability, face.incorrect_probability, settings),
                    face.detection_score,
                    settings,
                ),
            )
            for face in faces
        ]
        evidence = max((face.level for face in faces), default=Level.CLEAR)
        for level in (Level.CAUTION, Level.ALERT):
            if evidence >= level:
                self._last_seen[level] = stamp
        hold = settings.delay_off * NANOSECONDS
        held = [level for level, seen in self._last_seen.items() if stamp - seen < hold]
        level = max([evidence, *held])
        if level > evidence:
            reason = Reason.HELD
            text = MAINTAIN_DISTANCE if level is Level.ALERT else TEXTS[Reason.HELD]
        else:
            reason = _reason(evidence, faces, settings)
            text = _text(reason, faces)
        ordered = sorted(faces, key=lambda face: (-face.level, -face.width_ratio))
        return self._enter(level, reason, text, stamp, tuple(ordered)), ()

    def reset(self) -> None:
        """Begin anew, with no evidence."""
        self._forget()
        self._level, self._since = Level.UNKNOWN, None

    def unknown(self, stamp: int, reason: Reason, text: str) -> tuple[Alert, tuple[Event, ...]]:
        """Say that nobody is looking, and forget what was seen.

        Args:
            stamp: of the image, or the present time, nanoseconds.
            reason: one of those of UNKNOWN.
            text: one sentence that says why.
        """
        self._forget()
        return self._enter(Level.UNKNOWN, reason, text, stamp, ()), ()

    def _forget(self) -> None:
        self._last_stamp = None
        self._last_seen.clear()
        if self._level is not Level.UNKNOWN:
            self._since = None

    def _enter(
        self, level: Level, reason: Reason, text: str, stamp: int, faces: tuple[Face, ...]
    ) -> Alert:
        if level is not self._level or self._since is None:
            self._level, self._since = level, stamp
        return Alert(level, reason, text, self._since, faces)


def _reason(evidence: Level, faces: Sequence[Face], settings: DetectorSettings) -> Reason:
    if evidence is Level.ALERT:
        return Reason.NO_MASK_NEAR
    if evidence is Level.CAUTION:
        # By the rule itself, since a state may be shown as 'No Mask' that is in doubt.
        bare = any(
            face.level is Level.CAUTION
            and face.detection_score > settings.alert_confidence
            and mask_state(face.mask_probability, face.incorrect_probability, settings)
            is not MaskState.UNSURE
            for face in faces
        )
        return Reason.APPROACHING if bare else Reason.UNSURE_NEAR
    if not faces:
        return Reason.NO_FACE
    if any(face.width_ratio > settings.alert_width_ratio for face in faces):
        return Reason.MASKED
    return Reason.NOBODY_NEAR


def _text(reason: Reason, faces: Sequence[Face]) -> str:
    causes = {face.mask_state for face in faces if face.level is Level.CAUTION}
    if reason is Reason.APPROACHING and causes == {MaskState.INCORRECT}:
        return WORN_WRONG
    return TEXTS[reason]
