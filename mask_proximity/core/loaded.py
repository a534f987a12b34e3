# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is loaded: the models, what runs them, and how fast that is here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mask_proximity.core import models
from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.models import ModelDescription
from mask_proximity.core.pipeline import Nets
from mask_proximity.core.shared_nets import NetPool
from mask_proximity.core.threads import usable_threads

_BACKENDS = {'litert': 'LiteRT', 'opencv': 'OpenCV', 'tensorflow': 'TensorFlow'}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Nets, and what there is to tell of them.

    Attributes:
        nets: ready and warm.
        rate: images per second that they allow on this machine, with a face in each.
        facts: names and hashes of the models, for Facts.models in core/health.py.
        sentence: one for the log, without a full stop: models, backends, threads, rate.
    """

    nets: Nets
    rate: float
    facts: tuple[tuple[str, str], ...]
    sentence: str


def load(pool: NetPool, settings: DetectorSettings) -> Loaded:
    """Load the nets that the settings name, and see how fast they are.

    Args:
        pool: of the process.
        settings: of the detector.

    Raises:
        ModelError: a net cannot be loaded, or fails at its first picture.
    """
    nets = pool.load(settings)
    rate = pool.speed(nets, settings).rate()
    threads = usable_threads(settings.threads)
    sentence = (
        f'faces by {settings.face_model} on {_BACKENDS[nets.faces.name]}{_input(settings)}, '
        f'masks by {_mask_description(settings).stem} on {_BACKENDS[nets.masks.name]}, '
        f'{threads} thread{"s" if threads > 1 else ""}; about {rate:.0f} images per second on this '
        'machine with one face'
    )
    return Loaded(nets, rate, model_facts(settings), sentence)


def _input(settings: DetectorSettings) -> str:
    """YuNet looks at the picture in its own size."""
    if settings.face_model == 'yunet':
        return ''
    width, height = _face_description().get('input_size', list)
    if settings.face_input_size:
        width = height = settings.face_input_size
    return f' ({width}x{height})'


def _face_description() -> ModelDescription:
    return ModelDescription.load(models.models_directory() / models.FACE_SSD)


def _mask_description(settings: DetectorSettings) -> Path:
    default = models.models_directory() / models.MASK_CLASSIFIER
    return Path(settings.mask_model).expanduser() if settings.mask_model else default


def model_facts(settings: DetectorSettings) -> tuple[tuple[str, str], ...]:
    """Names and hashes of the models that the settings name, for Facts.models in core/health.py.

    Raises:
        ModelError: a description cannot be read.
    """
    facts = [('face model', settings.face_model), ('mask backend', settings.mask_backend)]
    descriptions = [ModelDescription.load(_mask_description(settings))]
    if settings.face_model != 'yunet':
        descriptions.insert(0, _face_description())
    else:
        path = Path(settings.face_model_path).expanduser()
        if path.is_file():
            facts.append((path.name, f'sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}'))
    for description in descriptions:
        for entry in description.content['files'].values():
            facts.append((str(entry['file']), f'sha256 {entry["sha256"]}'))
    return tuple(facts)
