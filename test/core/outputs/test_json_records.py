# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts as JSON."""

from __future__ import annotations

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.outputs.json_records import alert_record, event_record, frame_record
from mask_proximity.core.types import (
    Alert,
    Box,
    DistanceSource,
    Event,
    EventKind,
    Face,
    FrameResult,
    Level,
    MaskState,
    Reason,
)


def test_a_record_is_plain_json_with_null_for_unknown() -> None:
    face = Face(Box(1, 2, 3.456, 4), 0.9, 0.123456, MaskState.NO_MASK, 0.2, Level.ALERT)
    alert = Alert(Level.ALERT, Reason.NO_MASK_NEAR, 'Maintain Distance', 1_500_000_000, (face,))
    record = alert_record(alert, 2_000_000_000, 30_000_000, 4)
    assert json.loads(json.dumps(record, allow_nan=False)) == {
        'stamp': 2.0,
        'level': 'ALERT',
        'reason': 'NO_MASK_NEAR',
        'text': 'Maintain Distance',
        'since': 1.5,
        'latency': 0.03,
        'frames_dropped': 4,
        'faces': [
            {
                'track_id': None,
                'box': [1, 2, 3.456, 4],
                'detection_score': 0.9,
                'mask_probability': 0.123456,
                'raw_mask_probability': None,
                'incorrect_probability': None,
                'mask_state': 'NO_MASK',
                'width_ratio': 0.2,
                'distance': None,
                'distance_stddev': None,
                'distance_source': 'NONE',
                'approach_speed': None,
                'time_to_contact': None,
                'bearing': None,
                'zone': None,
                'level': 'ALERT',
            }
        ],
    }


def test_an_analyzed_frame_has_exactly_these_fields() -> None:
    face = Face(
        Box(1, 2, 3.5, 4),
        0.9,
        0.25,
        MaskState.UNSURE,
        0.2,
        Level.CAUTION,
        track_id='7',
        distance=1.5,
        distance_stddev=0.125,
        distance_source=DistanceSource.FACE_WIDTH_FOV,
        approach_speed=-0.5,
        bearing=0.25,
        zone='counter',
        raw_mask_probability=0.5,
        incorrect_probability=0.125,
    )
    alert = Alert(Level.CAUTION, Reason.UNSURE_NEAR, 'text', 0, (face,))
    record = frame_record(3, 'a.jpg', FrameResult(80_000_000, 640, 480, alert))
    assert json.loads(json.dumps(record, allow_nan=False)) == {
        'index': 3,
        'source': 'a.jpg',
        'stamp': 0.08,
        'level': 'CAUTION',
        'reason': 'UNSURE_NEAR',
        'faces': [
            {
                'track_id': '7',
                'box': [1.0, 2.0, 3.5, 4.0],
                'detection_score': 0.9,
                'mask_probability': 0.25,
                'raw_mask_probability': 0.5,
                'incorrect_probability': 0.125,
                'mask_state': 'UNSURE',
                'width_ratio': 0.2,
                'distance': 1.5,
                'distance_stddev': 0.125,
                'distance_source': 'FACE_WIDTH_FOV',
                'approach_speed': -0.5,
                'time_to_contact': None,
                'bearing': 0.25,
                'zone': 'counter',
                'level': 'CAUTION',
            }
        ],
    }


def test_a_recording_has_no_file_name() -> None:
    result = FrameResult(0, 640, 480, Alert(Level.CLEAR, Reason.NO_FACE, '', 0))
    assert frame_record(0, '', result)['source'] is None


@given(st.floats(), st.floats(0, 1, width=32))
def test_records_are_strict_json_and_keep_what_the_net_said(
    value: float, probability: float
) -> None:
    face = Face(
        Box(value, value, value, value), value, probability, MaskState.MASK, value, Level.CLEAR
    )
    alert = Alert(Level.CLEAR, Reason.MASKED, '', 0, (face,))
    text = json.dumps(frame_record(0, '', FrameResult(0, 1, 1, alert)), allow_nan=False)
    (read,) = json.loads(text)['faces']
    assert (read['width_ratio'] is None) == (not math.isfinite(value))
    if probability > 0.5:
        assert np.float32(read['mask_probability']) == np.float32(probability)


def test_a_change_is_plain_json() -> None:
    event = Event(1_500_000_000, EventKind.ENTERED, Level.CLEAR, Level.ALERT, '7')
    assert json.loads(json.dumps(event_record(3, event))) == {
        'index': 3,
        'stamp': 1.5,
        'event': 'entered',
        'track_id': '7',
        'before': 'CLEAR',
        'level': 'ALERT',
    }
    assert (
        event_record(0, Event(0, EventKind.RESET, Level.ALERT, Level.UNKNOWN))['track_id'] is None
    )
