# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor's child process that loads the nets as detector_node does by default.

It is a process of its own, because a library that was built for another processor crashes it.
"""

from __future__ import annotations

import json

from mask_proximity.core.errors import ModelError
from mask_proximity.core.perception.nets import load_classifier, load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings


def main(_: list[str]) -> None:
    """Print a JSON object: for each setting the backend in use, or why there is none."""
    answer = {}
    for setting, load in (('face_backend', load_face_detector), ('mask_backend', load_classifier)):
        try:
            answer[setting] = {'name': load(DetectorSettings()).name, 'fault': ''}
        except ModelError as error:
            answer[setting] = {'name': '', 'fault': str(error)}
    print(json.dumps(answer), flush=True)
