# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a result rests on: the models, and the settings that are not the defaults."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mask_proximity.core import models
from mask_proximity.core.config import DetectorSettings, Settings, table
from mask_proximity.core.models import ModelDescription


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model.

    Attributes:
        model: name of the model.
        file: name of the file.
        sha256: of its bytes.
    """

    model: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that differs from its default, as it would stand in a parameter file."""

    node: str
    name: str
    value: str
    default: str


def model_files(settings: DetectorSettings) -> list[ModelFile]:
    """The files of the models that the settings name.

    Raises:
        ModelError: a description cannot be read.
    """
    folder = models.models_directory()
    files = []
    if settings.face_model == 'yunet':
        path = Path(settings.face_model_path).expanduser()
        files.append(ModelFile('yunet', path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    else:
        files += _described(folder / models.FACE_SSD)
    mask_model = Path(settings.mask_model).expanduser() if settings.mask_model else None
    return files + _described(mask_model or folder / models.MASK_CLASSIFIER)


def _described(path: Path) -> list[ModelFile]:
    content = ModelDescription.load(path).content
    return [
        ModelFile(str(content.get('name', path.stem)), str(entry['file']), str(entry['sha256']))
        for entry in content['files'].values()
    ]


def changes(settings: Mapping[str, Settings]) -> list[Change]:
    """The settings that differ from their defaults, in the order of the table."""
    return [
        Change(node, row.name, _text(row.name, value), _text(row.name, row.default))
        for node, own in settings.items()
        for row in table(type(own))
        if (value := getattr(own, row.name)) != row.default
    ]


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if name in ('face_model_path', 'mask_model'):
        # A result tells nothing of the folders of the machine that it was made on.
        return Path(str(value)).name or "''"
    return str(value) or "''"
