# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Models of other projects. The user provides the files; none comes with this project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.errors import ModelError
from training.evaluation.models import Model

KINDS = ('keras', 'face-mask-detector', 'aizoo')


def load_peer(spec: str, detector: FaceDetector, min_score: float, labels: Sequence[str]) -> Model:
    """Load a peer.

    Args:
        spec: 'keras:PATH', 'face-mask-detector:PATH' or 'aizoo:PATH'.
        detector: Face detector for models that only classify.
        min_score: Lowest score of that detector's faces.
        labels: Labels of a Keras model's outputs.

    Raises:
        ModelError: The kind is unknown, or the files cannot be used.
    """
    kind, _, name = spec.partition(':')
    path = Path(name).expanduser()
    loaders: dict[str, Callable[[], Model]] = {
        'keras': lambda: _keras(path, detector, min_score, labels),
        'face-mask-detector': lambda: _face_mask_detector(path),
        'aizoo': lambda: _aizoo(path),
    }
    if kind not in loaders or not name:
        raise ModelError(f'--peer {spec}: expected KIND:PATH with a KIND of {", ".join(KINDS)}')
    if not path.exists():
        raise ModelError(f'--peer {spec}: there is no {path}')
    return loaders[kind]()


# Imported on demand: each peer needs packages that the others do not.


def _keras(path: Path, detector: FaceDetector, min_score: float, labels: Sequence[str]) -> Model:
    from training.evaluation.peers.keras_model import KerasModel

    return KerasModel(path, path.name, detector, min_score, labels)


def _face_mask_detector(path: Path) -> Model:
    from training.evaluation.peers.face_mask_detector import load_face_mask_detector

    return load_face_mask_detector(path)


def _aizoo(path: Path) -> Model:
    from training.evaluation.peers.aizoo import AizooModel

    return AizooModel(path)
