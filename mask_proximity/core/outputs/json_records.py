# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts, frames and events as JSON values, for files with one JSON object per line."""

from __future__ import annotations

import math
from typing import Any

from mask_proximity.core.types import NANOSECONDS, Alert, Event, Face, FrameResult

# Decimals that distinguish neighbouring float32 values below 1 (probabilities), and below 1000
# (coordinates in pixels).
_DECIMALS, _PIXEL_DECIMALS = 8, 5


def alert_record(alert: Alert, stamp: int, latency: int, frames_dropped: int) -> dict[str, Any]:
    """A published alert as JSON values; unknown floats are null.

    Args:
        alert: Alert as published.
        stamp: Timestamp of its image in nanoseconds.
        latency: Time from the stamp to publishing in nanoseconds.
        frames_dropped: Number of frames dropped since the start.
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
    """An analyzed frame as JSON values; unknown floats are null.

    Args:
        index: Index of the frame, from 0.
        source: File name of the picture in a folder of pictures; '' becomes null.
        result: Result for the frame.
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
    """An event as JSON values.

    Args:
        index: Index of the frame in which it occurred, from 0.
        event: The event.
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
        'box': [_number(value, _PIXEL_DECIMALS) for value in (box.x1, box.y1, box.x2, box.y2)],
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


def _number(value: float, decimals: int = _DECIMALS) -> float | None:
    # Adding 0.0 turns -0.0 into 0.0.
    return round(float(value), decimals) + 0.0 if math.isfinite(value) else None
