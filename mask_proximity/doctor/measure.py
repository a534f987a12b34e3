# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor's child process that measures a net on a backend.

It is a process of its own, because a library that was built for another processor crashes it, and
because the threads of one library must not slow down the other.
"""

from __future__ import annotations

import json
from typing import Any

from mask_proximity.core.errors import ModelError
from mask_proximity.core.perception.net_speed import measure_faces, measure_masks
from mask_proximity.core.perception.nets import load_classifier, load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.settings_table import with_values
from mask_proximity.doctor.subprocesses import BATCH_SIZE

_REPEATS = 9


def main(arguments: list[str]) -> None:
    """Measure a net and print the result as a JSON object.

    Its 'seconds' are those of one image for the face detector, and those of one face and of
    BATCH_SIZE faces for the mask classifier.

    Args:
        arguments: `face_backend BACKEND` or `mask_backend BACKEND`.
    """
    setting, backend = arguments
    settings = with_values(DetectorSettings(), {setting: backend})
    answer: dict[str, Any] = {'name': '', 'fault': '', 'seconds': []}
    try:
        if setting == 'face_backend':
            detector = load_face_detector(settings)
            answer['name'] = detector.name
            answer['seconds'] = [measure_faces(detector, settings, _REPEATS)]
        else:
            classifier = load_classifier(settings)
            answer['name'] = classifier.name
            answer['seconds'] = [
                measure_masks(classifier, settings, faces, _REPEATS) for faces in (1, BATCH_SIZE)
            ]
    except ModelError as error:
        answer['fault'] = str(error)
    print(json.dumps(answer), flush=True)
