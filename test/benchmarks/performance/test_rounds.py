# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Subjects are timed in processes of their own, by pyperf, and count the same faces."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyperf
import pytest

from benchmarks.performance import rounds
from benchmarks.performance.frames import Case, draw_frames
from benchmarks.performance.rounds import Contestant, SubjectError, play, ratio, together
from benchmarks.performance.subjects import CORE, LITERT_FACES, NETS, bare, load_subject
from mask_proximity.core.models.litert import LiteRtNet
from mask_proximity.core.perception.nets import load_classifier, load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings

CASE = Case(2, 640, 480)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp('frames')
    frames = draw_frames(CASE, load_face_detector(DetectorSettings()), count=2)
    np.save(path / f'{CASE.name}.npy', frames)
    return path


def test_two_subjects_in_two_rounds(folder: Path, tmp_path: Path) -> None:
    contestants = [Contestant(NETS, NETS), Contestant(CORE, CORE)]
    parts = play(contestants, [CASE], folder, rounds=2, seconds=0.0, values=3, archives=tmp_path)[
        CASE.name
    ]
    for each in parts.values():
        assert [len(part['times']) for part in each] == [4, 4]
        assert [part['faces'] for part in each] == [2.0, 2.0]
    found = {key: together(each) for key, each in parts.items()}
    assert found[CORE]['time']['n'] == 8
    assert found[CORE]['cpu']['median'] > 0.0
    # The reduced picture of the camera watch alone is larger.
    assert found[CORE]['allocated']['median'] > 0.1
    assert found[NETS]['memory']['median'] > 30.0
    assert ratio(found[CORE], found[NETS])['n'] == 2
    kept = pyperf.BenchmarkSuite.load(str(tmp_path / f'{CORE}.json'))
    assert kept.get_benchmark(CASE.name).get_nvalue() == 8


def test_a_subject_that_cannot_be_loaded_is_named(folder: Path) -> None:
    nobody = Contestant('nobody', 'somebody')
    with pytest.raises(SubjectError, match=r"nobody has ended .* \(KeyError: 'somebody'\)"):
        play([nobody], [CASE], folder, rounds=1, seconds=0.0, values=1)


def test_a_subject_that_does_not_answer_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, 'PATIENCE', 0.01)
    with pytest.raises(SubjectError, match='nets has ended before its answer'):
        play([Contestant(NETS, NETS)], [CASE], folder, rounds=1, seconds=0.0, values=1)


def test_the_face_detector_alone_counts_faces(folder: Path) -> None:
    look = load_subject(LITERT_FACES, None)(np.load(folder / f'{CASE.name}.npy'))
    assert [look(number) for number in range(3)] == [2, 2, 2]


def test_bare_nets_run_for_all_faces_as_many_at_once_as_go() -> None:
    ran = []

    class Net:
        def __init__(self, name: str) -> None:
            self.forward = lambda: ran.append(name)

    class Classifier:
        def __init__(self) -> None:
            self._net = Net('one')
            self._spec = 'no net'

    bare(Classifier())(3)
    assert ran == ['one'] * 3


@pytest.mark.litert
def test_the_bare_classifier_runs_for_each_face_once() -> None:
    masks = load_classifier(DetectorSettings(mask_backend='litert'))
    size = masks.crop_spec.size
    masks.classify(np.zeros((9, size, size, 3), np.float32))
    counted: Counter[int] = Counter()
    for part in vars(masks).values():
        if isinstance(part, LiteRtNet):
            size = part.inputs[0].shape[0]
            part.run = lambda size=size: counted.update([size])  # type: ignore[method-assign]
    bare(masks)(9)
    assert sum(size * times for size, times in counted.items()) == 9


def test_frames_of_unequal_work_take_their_mean() -> None:
    rest = {'cpu': 1.0, 'memory': 1.0, 'allocated': 1.0, 'faces': 1.0}
    parts = [{'times': [1.0, 1.0, 10.0], **rest}, {'times': [2.0, 2.0, 11.0], **rest}]
    assert together(parts)['rounds'] == [1.0, 2.0]
    assert together(parts, mixed=True)['rounds'] == [4.0, 5.0]
    assert together(parts, mixed=True)['ms'] == 4.5
