# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The files of the nets in use, for reports and diagnostics that name them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mask_proximity.core.models.description import (
    FACE_SSD,
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.models.settings import NetSettings

_MASK_ROLES = {'litert': 'litert', 'opencv': 'onnx', 'tensorflow': 'keras'}
"""Role of the classifier's file that each backend loads."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model.

    Attributes:
        model: Name of the model.
        file: Name of the file.
        sha256: SHA-256 of its bytes, in hexadecimal.
    """

    model: str
    file: str
    sha256: str


def face_description() -> Path:
    """The path of the description of the SSD.

    Raises:
        ModelError: The package is not installed completely.
    """
    return models_directory() / FACE_SSD


def mask_description(settings: NetSettings) -> Path:
    """The path of the description of the mask classifier that the settings name.

    Raises:
        ModelError: The package is not installed completely.
    """
    if settings.mask_model:
        return Path(settings.mask_model).expanduser()
    return models_directory() / MASK_CLASSIFIER


def model_files(settings: NetSettings, faces: str, masks: str) -> list[ModelFile]:
    """The files of the nets in use.

    Args:
        settings: Settings that name the models.
        faces: Name of the face detector's backend, as the detector reports it.
        masks: Name of the mask classifier's backend, as the classifier reports it.

    Raises:
        ModelError: A description cannot be read.
        OSError: A file cannot be read.
    """
    classifier = ModelDescription.load(mask_description(settings))
    return [*_face_files(settings, faces), _file(classifier, _MASK_ROLES[masks])]


def _face_files(settings: NetSettings, backend: str) -> list[ModelFile]:
    if settings.face_model == 'yunet':
        path = Path(settings.face_model_path).expanduser()
        return [ModelFile('yunet', path.name, hashlib.sha256(path.read_bytes()).hexdigest())]
    description = ModelDescription.load(face_description())
    if backend == 'litert':
        return [_file(description, 'litert')]
    prototxt = 'prototxt' if settings.face_model == 'ssd' else 'published_prototxt'
    return [_file(description, role) for role in (prototxt, 'caffemodel')]


def _file(description: ModelDescription, role: str) -> ModelFile:
    name = str(description.content.get('name', description.path.stem))
    entry = description.content['files'][role]
    return ModelFile(name, description.file(role).name, str(entry['sha256']))
