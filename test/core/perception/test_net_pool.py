# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One set of nets for many threads: guarded, fair, and with the answers that each gets alone."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.errors import ModelError
from mask_proximity.core.perception.net_pool import (
    FairQueue,
    NetPool,
    SharedFaceDetector,
    SharedMaskClassifier,
)
from mask_proximity.core.perception.nets import Nets, load_nets
from mask_proximity.core.perception.settings import NetSpeedSettings
from mask_proximity.core.types import LABELS, Box, FaceDetection, FloatArray, Image

PATIENCE = 20.0
REQUESTS = st.lists(st.integers(1, 1000), min_size=1, max_size=8, unique=True)


class Net:
    """Doubles numbers, but for the wrong ones; busy until it is opened; tells of two at once."""

    def __init__(self, wrong: set[int] | None = None) -> None:
        self.calls: list[list[int]] = []
        self._wrong = wrong or set()
        self.entered, self._opened = threading.Event(), threading.Event()
        self.open = self._opened.set
        self._alone = threading.Lock()

    def serve(self, requests: list[int]) -> list[int]:
        assert self._alone.acquire(blocking=False), 'two threads in one net'
        try:
            self.calls.append(requests)
            self.entered.set()
            assert self._opened.wait(PATIENCE)
            if wrong := self._wrong.intersection(requests):
                raise ModelError(f'{sorted(wrong)}')
            return [2 * request for request in requests]
        finally:
            self._alone.release()


def wait_for_queue(queue: FairQueue[Any, Any], length: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(queue._waiting) < length:
        assert time.monotonic() < deadline


def ask_in_order(
    queue: FairQueue[int, int], net: Net, requests: list[int]
) -> list[int | Exception | None]:
    """Have one thread each ask, in this order, while the net is busy with 0; what each gets."""
    with ThreadPoolExecutor(len(requests) + 1) as pool:
        try:
            pool.submit(queue.submit, 0)
            assert net.entered.wait(PATIENCE)
            futures: list[Future[int]] = []
            for request in requests:
                futures.append(pool.submit(queue.submit, request))
                wait_for_queue(queue, len(futures))
        finally:
            net.open()
        return [future.exception(PATIENCE) or future.result() for future in futures]


@settings(max_examples=25)
@given(REQUESTS)
def test_first_come_first_served(requests: list[int]) -> None:
    net = Net()
    answers = ask_in_order(FairQueue([net.serve]), net, requests)
    assert answers == [2 * request for request in requests]
    assert net.calls == [[0], *([request] for request in requests)]


@settings(max_examples=25)
@given(REQUESTS)
def test_who_waits_is_served_by_one_call(requests: list[int]) -> None:
    net = Net()
    answers = ask_in_order(FairQueue([net.serve], batched=True), net, requests)
    assert answers == [2 * request for request in requests]
    assert net.calls == [[0], requests]


@settings(max_examples=25)
@given(REQUESTS, st.data(), st.booleans())
def test_an_error_reaches_whose_it_is(
    requests: list[int], data: st.DataObject, batched: bool
) -> None:
    wrong = data.draw(st.sets(st.sampled_from(requests)))
    net = Net(wrong)
    answers = ask_in_order(FairQueue([net.serve], batched), net, requests)
    for request, answer in zip(requests, answers, strict=True):
        if request in wrong:
            assert isinstance(answer, ModelError) and str(answer) == f'[{request}]'
        else:
            assert answer == 2 * request


@pytest.mark.parametrize('batched', [False, True])
@pytest.mark.parametrize('workers', [1, 2, 3])
def test_under_load_no_net_has_two_callers_and_nothing_is_mixed_up(
    batched: bool, workers: int
) -> None:
    nets = [Net() for _ in range(workers)]
    for net in nets:
        net.open()
    queue = FairQueue([net.serve for net in nets], batched)

    def camera(first: int) -> list[int]:
        return [queue.submit(request) for request in range(first, first + 100)]

    with ThreadPoolExecutor(8) as pool:
        firsts = range(0, 8000, 1000)
        answers = list(pool.map(camera, firsts))
    assert answers == [[2 * (first + number) for number in range(100)] for first in firsts]
    assert sum(len(call) for net in nets for call in net.calls) == 800


def test_as_many_are_served_at_once_as_there_are_nets() -> None:
    nets = [Net(), Net()]
    queue = FairQueue([net.serve for net in nets])
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(queue.submit, request) for request in (1, 2)]
        assert all(net.entered.wait(PATIENCE) for net in nets)
        futures.append(pool.submit(queue.submit, 3))
        for net in nets:
            net.open()
        assert [future.result(PATIENCE) for future in futures] == [2, 4, 6]


class PlainDetector:
    """Finds the picture's own corner."""

    name = 'plain'

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        return [FaceDetection(Box(0, 0, float(image[0, 0, 0]), input_size), min_score)]


class PlainClassifier:
    """Says mask with the probability that a face's first number is."""

    name = 'plain'
    crop_spec = CropSpec(4, 0.1)

    def classify(self, faces: FloatArray) -> FloatArray:
        probabilities = np.zeros((len(faces), len(LABELS)), np.float32)
        probabilities[:, 0] = faces[:, 0, 0, 0]
        return probabilities


def test_the_wrappers_are_what_they_wrap() -> None:
    picture = np.full((2, 2, 3), 7, np.uint8)
    assert SharedFaceDetector([PlainDetector()]).detect(picture, 0.25, 9) == PlainDetector().detect(
        picture, 0.25, 9
    )
    masks = SharedMaskClassifier(PlainClassifier())
    assert (masks.name, masks.crop_spec) == ('plain', PlainClassifier.crop_spec)


class SlowClassifier(PlainClassifier):
    """Busy with its first faces until it is opened; remembers how many came at once."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.entered, self.opened = threading.Event(), threading.Event()

    def classify(self, faces: FloatArray) -> FloatArray:
        self.batches.append(len(faces))
        self.entered.set()
        assert self.opened.wait(PATIENCE)
        return super().classify(faces)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=5))
def test_each_gets_the_rows_of_its_own_faces(numbers: list[int]) -> None:
    slow = SlowClassifier()
    masks = SharedMaskClassifier(slow)
    random = np.random.default_rng(0)
    batches = [random.random((number, 4, 4, 3), np.float32) for number in numbers]
    with ThreadPoolExecutor(len(batches) + 1) as pool:
        try:
            pool.submit(masks.classify, batches[0])
            assert slow.entered.wait(PATIENCE)
            futures = [pool.submit(masks.classify, batch) for batch in batches]
            wait_for_queue(masks._queue, len(futures))
        finally:
            slow.opened.set()
        rows = [future.result(PATIENCE) for future in futures]
    assert slow.batches == [numbers[0], sum(numbers)]
    for batch, row in zip(batches, rows, strict=True):
        np.testing.assert_array_equal(row, PlainClassifier().classify(batch))


def test_real_nets_say_what_they_say_alone(portrait: Image) -> None:
    """All at once, so that the classifier gets the faces of several cameras in one call."""
    chosen = NetSpeedSettings()
    alone, shared = load_nets(chosen), NetPool(replicas=2).load(chosen)
    pictures = [np.roll(portrait, 40 * shift, axis=1) for shift in range(4)]
    size = alone.masks.crop_spec.size
    faces = [
        np.random.default_rng(number).uniform(-1, 1, (number, size, size, 3)).astype(np.float32)
        for number in range(4)
    ]

    def camera(number: int) -> tuple[list[FaceDetection], FloatArray]:
        return shared.faces.detect(pictures[number], 0.5), shared.masks.classify(faces[number])

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(camera, range(4)))
    for number, (found, probabilities) in enumerate(answers):
        assert found == alone.faces.detect(pictures[number], 0.5)
        np.testing.assert_array_equal(probabilities, alone.masks.classify(faces[number]))


def nets_of(pool: NetPool, **values: object) -> Nets:
    return pool.load(NetSpeedSettings(**values))  # type: ignore[arg-type]


def test_who_names_the_same_nets_shares_them() -> None:
    pool = NetPool()
    with ThreadPoolExecutor(4) as threads:
        nets = list(threads.map(lambda _: nets_of(pool), range(4)))
    assert len({id(each.faces) for each in nets}) == len({id(each.masks) for each in nets}) == 1
    other = nets_of(pool, mask_backend='opencv')
    assert other.faces is nets[0].faces and other.masks is not nets[0].masks
    assert nets_of(pool, face_model='ssd_published').faces is not nets[0].faces
    with pytest.raises(ModelError, match='nowhere'):
        nets_of(pool, mask_model='/nowhere.json')
    assert nets_of(pool).masks is nets[0].masks


def test_a_net_that_nobody_holds_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[NetSpeedSettings] = []

    def load(chosen: NetSpeedSettings) -> PlainDetector:
        loaded.append(chosen)
        return PlainDetector()

    monkeypatch.setattr('mask_proximity.core.perception.net_pool.load_face_detector', load)
    monkeypatch.setattr(
        'mask_proximity.core.perception.net_pool.load_classifier', lambda chosen: PlainClassifier()
    )
    pool = NetPool()
    first, second = nets_of(pool), nets_of(pool)
    del first
    gc.collect()
    third = nets_of(pool)
    assert len(loaded) == 1 and third.faces is second.faces
    del second, third
    gc.collect()
    nets_of(pool)
    assert len(loaded) == 2
