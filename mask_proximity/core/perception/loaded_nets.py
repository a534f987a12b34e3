# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Loads the nets, and describes their models, backends and speed on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from mask_proximity.core.models.description import ModelDescription
from mask_proximity.core.models.files import face_description, mask_description, model_files
from mask_proximity.core.models.settings import NetSettings
from mask_proximity.core.models.threads import usable_threads
from mask_proximity.core.perception.net_pool import NetPool
from mask_proximity.core.perception.nets import Nets
from mask_proximity.core.perception.settings import NetSpeedSettings

_BACKENDS = {'litert': 'LiteRT', 'opencv': 'OpenCV', 'tensorflow': 'TensorFlow'}


@dataclass(frozen=True, slots=True)
class LoadedNets:
    """Loaded nets and their description.

    Attributes:
        nets: Loaded nets that have already run once.
        rate: Images per second on this machine with one face in each.
        facts: Names and hashes of the models, for Facts.models in core/monitoring/health.py.
        sentence: Sentence for the log, without a full stop: models, backends, threads, rate.
    """

    nets: Nets
    rate: float
    facts: tuple[tuple[str, str], ...]
    sentence: str


def load(pool: NetPool, settings: NetSpeedSettings) -> LoadedNets:
    """Load the nets that the settings name, and measure their speed.

    Args:
        pool: The nets of the process.
        settings: Models, backends, input size, threads and minimum confidence.

    Raises:
        ModelError: A net cannot be loaded, or fails on its first image.
    """
    nets = pool.load(settings)
    rate = pool.speed(nets, settings).rate()
    threads = usable_threads(settings.threads)
    sentence = (
        f'faces by {settings.face_model} on {_BACKENDS[nets.faces.name]}{_input(settings)}, '
        f'masks by {mask_description(settings).stem} on {_BACKENDS[nets.masks.name]}, '
        f'{threads} thread{"s" if threads > 1 else ""}; about {rate:.0f} images per second on this '
        'machine with one face'
    )
    facts = model_facts(settings, nets.faces.name, nets.masks.name)
    return LoadedNets(nets, rate, facts, sentence)


def _input(settings: NetSettings) -> str:
    """The input size for the log; empty for YuNet, which runs at the size of the image."""
    if settings.face_model == 'yunet':
        return ''
    width, height = ModelDescription.load(face_description()).get('input_size', list)
    if settings.face_input_size:
        width = height = settings.face_input_size
    return f' ({width}x{height})'


def model_facts(settings: NetSettings, faces: str, masks: str) -> tuple[tuple[str, str], ...]:
    """Names and hashes of the models in use, for Facts.models in core/monitoring/health.py.

    Args:
        settings: Names of the models.
        faces: Backend of the face detector, see FaceDetector.name.
        masks: Backend of the mask classifier, see MaskClassifier.name.

    Raises:
        ModelError: A description cannot be read.
    """
    return (
        ('face model', settings.face_model),
        ('face backend', faces),
        ('mask backend', masks),
        *((each.file, f'sha256 {each.sha256}') for each in model_files(settings, faces, masks)),
    )
