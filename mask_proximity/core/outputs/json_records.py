# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts as JSON objects, one per line, for whoever looks at a run afterwards."""

from __future__ import annotations

import math
from typing import Any

from mask_proximity.core.types import NANOSECONDS, Alert, Event, Face, FrameResult

# What tells neighbouring float32 apart: probabilities below 1, and coordinates below 1000 pixels.
_DIGITS, _PIXEL_DIGITS = 8, 5


def alert_record(alert: Alert, stamp: int, latency: int, frames_dropped: int) -> dict[str, Any]:
    """An alert of the graph as plain JSON values; unknown floats are null.

    Args:
        alert: as published.
        stamp: of its image, nanoseconds.
        latency: from the stamp to the publishing, nanoseconds.
        frames_dropped: since the start.
    """
    return {
        'stamp': stamp / NANOSECONDS,
        'level': alert.level.name,
        'reason': alert.reason.name,
        'text': alert.text,
        'since': alert.since / NANOSECONDS,
        'latency': latency / NANOSECONDS,
        'frames_dropped': frames_dropped,
        'faces': [_face_record(face) for face in alert.faces],
    }


def frame_record(index: int, source: str, result: FrameResult) -> dict[str, Any]:
    """An analyzed frame as plain JSON values; unknown floats are null.

    Args:
        index: of the frame, from 0.
        source: file name of a picture of a folder; '' becomes null.
        result: what was found.
    """
    return {
        'index': index,
        'source': source or None,
        'stamp': result.stamp / NANOSECONDS,
        'level': result.alert.level.name,
        'reason': result.alert.reason.name,
        'faces': [_face_record(face) for face in result.faces],
    }


def event_record(index: int, event: Event) -> dict[str, Any]:
    """A change as plain JSON values.

    Args:
        index: of the frame with which it came, from 0.
        event: what has changed.
    """
    return {
        'index': index,
        'stamp': event.stamp / NANOSECONDS,
        'event': event.kind.value,
        'track_id': event.track_id or None,
        'before': event.before.name,
        'level': event.level.name,
    }


def _face_record(face: Face) -> dict[str, Any]:
    box = face.box
    return {
        'track_id': face.track_id or None,
        'box': [_number(value, _PIXEL_DIGITS) for value in (box.x1, box.y1, box.x2, box.y2)],
        'detection_score': _number(face.detection_score),
        'mask_probability': _number(face.mask_probability),
        'raw_mask_probability': _number(face.raw_mask_probability),
        'incorrect_probability': _number(face.incorrect_probability),
        'mask_state': face.mask_state.name,
        'width_ratio': _number(face.width_ratio),
        'distance': _number(face.distance),
        'distance_stddev': _number(face.distance_stddev),
        'distance_source': face.distance_source.name,
        'approach_speed': _number(face.approach_speed),
        'time_to_contact': _number(face.time_to_contact),
        'bearing': _number(face.bearing),
        'zone': face.zone or None,
        'level': face.level.name,
    }


def _number(value: float, digits: int = _DIGITS) -> float | None:
    # Adding 0.0 makes a plain zero of a negative one.
    return round(float(value), digits) + 0.0 if math.isfinite(value) else None
