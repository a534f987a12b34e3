# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is said of the nets that are loaded, with the real ones."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory
from mask_proximity.core.models.threads import cores
from mask_proximity.core.perception.loaded_nets import load, model_facts
from mask_proximity.core.perception.net_pool import NetPool
from mask_proximity.core.perception.settings import NetSpeedSettings


@pytest.fixture(scope='module')
def pool() -> NetPool:
    return NetPool()


@pytest.mark.parametrize('backend', ['opencv', pytest.param('litert', marks=pytest.mark.litert)])
def test_one_line_says_models_backends_threads_and_rate(pool: NetPool, backend: str) -> None:
    settings = NetSpeedSettings(
        face_backend='opencv', mask_backend=backend, threads=1, face_input_size=160
    )
    loaded = load(pool, settings)
    shown = {'opencv': 'OpenCV', 'litert': 'LiteRT'}[backend]
    said = re.fullmatch(
        rf'faces by ssd on OpenCV \(160x160\), masks by mask_classifier on {shown}, 1 thread; '
        r'about (\d+) images per second on this machine with one face',
        loaded.sentence,
    )
    assert said is not None and int(said[1]) == round(loaded.rate) > 0
    assert loaded.nets.masks.name == backend
    assert loaded.facts == model_facts(settings, 'opencv', backend)


def test_the_size_of_the_model_and_the_threads_of_the_machine(pool: NetPool) -> None:
    settings = NetSpeedSettings(face_backend='opencv', mask_backend='opencv')
    description = ModelDescription.load(models_directory() / FACE_SSD)
    width, height = description.content['input_size']
    sentence = load(pool, settings).sentence
    assert f' on OpenCV ({width}x{height}), ' in sentence
    assert f', {cores()} thread' in sentence


def test_nets_are_measured_once_for_all_cameras_of_a_process(pool: NetPool) -> None:
    settings = NetSpeedSettings(face_backend='opencv', mask_backend='opencv')
    nets = pool.load(settings)
    speed = pool.speed(nets, settings)
    assert pool.speed(pool.load(settings), settings) is speed
    smaller = NetSpeedSettings(face_backend='opencv', mask_backend='opencv', face_input_size=128)
    assert pool.speed(pool.load(smaller), smaller) is not speed


@pytest.mark.parametrize(
    ('faces', 'masks', 'files'),
    [
        ('litert', 'litert', ['face_ssd_int8.tflite', 'mask_classifier_int8.tflite']),
        ('opencv', 'opencv', ['face_ssd.prototxt', 'face_ssd.caffemodel', 'mask_classifier.onnx']),
    ],
)
def test_model_facts_are_those_of_the_files_in_use(
    faces: str, masks: str, files: list[str]
) -> None:
    facts = dict(model_facts(NetSpeedSettings(), faces, masks))
    assert (facts.pop('face model'), facts.pop('face backend')) == ('ssd', faces)
    assert facts.pop('mask backend') == masks
    assert list(facts) == files
    for name, value in facts.items():
        content = (models_directory() / name).read_bytes()
        assert value == f'sha256 {hashlib.sha256(content).hexdigest()}'


def test_a_model_of_the_user_is_a_fact(tmp_path: Path) -> None:
    net = tmp_path / 'yunet.onnx'
    net.write_bytes(b'net')
    settings = NetSpeedSettings(face_model='yunet', face_model_path=str(net))
    facts = dict(model_facts(settings, 'opencv', 'opencv'))
    assert facts['yunet.onnx'].startswith('sha256 ') and 'face_ssd.caffemodel' not in facts
