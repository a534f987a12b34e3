# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Alerts as JSON."""

from __future__ import annotations

import json

from mask_proximity.core.records import alert_record
from mask_proximity.core.scene import Alert, Box, Face, Level, MaskState, Reason


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
                'box': [1, 2, 3.46, 4],
                'detection_score': 0.9,
                'mask_probability': 0.12346,
                'mask_state': 'NO_MASK',
                'width_ratio': 0.2,
                'distance': None,
                'level': 'ALERT',
            }
        ],
    }
