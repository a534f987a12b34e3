# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Ratios of CPU times, which stay stable on a busy machine.

Two functions take turns on one thread, and only its CPU time counts. While six other builds shared
two cores, the median ratio of such pairs stayed within 4 %, whereas ratios of wall clock times
(medians or minima) ranged from 0.75 to 1.36.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import cv2
import numpy as np

from benchmarks.guard.clip import SETTINGS, Watching, picture
from benchmarks.guard.errors import MissingError
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.detection.loading import load_ssd_face_detector
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import (
    FACE_SSD,
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.models.litert import LiteRtNet
from mask_proximity.core.perception.nets import Nets

ROUNDS = 21
FRAMES = 100


def paired_ratio(
    work: Callable[[], object],
    reference: Callable[[], object],
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.thread_time,
) -> float:
    """How many times as long as `reference` does `work` take?

    Args:
        work: done once a round.
        reference: likewise, right after it.
        rounds: of which the median counts, after one that does not count.
        clock: seconds.
    """
    work()
    reference()
    ratios = []
    for _ in range(rounds):
        start = clock()
        work()
        between = clock()
        reference()
        ratios.append((between - start) / (clock() - between))
    return statistics.median(ratios)


def core_over_nets(faces: int) -> float:
    """A frame through the whole pipeline, over the arithmetic of its nets alone."""
    watching = Watching(faces)
    return paired_ratio(watching.see_next, _bare(watching.pipeline.nets, faces))


def own_over_nets(faces: int) -> float:
    """What the pipeline adds to its nets, over these: core_over_nets - 1, but far more sharply.

    Both times are of the same frames, each the least of them.

    Raises:
        MissingError: a net runs inside of OpenCV, where no stopwatch reaches it.
    """
    watching = Watching(faces)
    nets = watching.pipeline.nets
    if {nets.faces.name, nets.masks.name} != {'litert'}:
        raise MissingError('not both nets run on LiteRT')
    own, inside = [], []
    for _ in range(FRAMES):
        with _stopwatch_in_litert() as runs:
            start = time.thread_time()
            watching.see_next()
            whole = time.thread_time() - start
        inside.append(sum(runs))
        own.append(whole - inside[-1])
    return min(own) / min(inside)


@contextmanager
def _stopwatch_in_litert() -> Iterator[list[float]]:
    runs: list[float] = []
    run = LiteRtNet.run

    def timed(net: LiteRtNet) -> None:
        start = time.thread_time()
        run(net)
        runs.append(time.thread_time() - start)

    LiteRtNet.run = timed  # type: ignore[method-assign]
    try:
        yield runs
    finally:
        LiteRtNet.run = run  # type: ignore[method-assign]


def litert_over_opencv() -> float:
    """A face pass as the default settings have it, over the same by OpenCV.

    Raises:
        MissingError: there is no face pass on LiteRT here.
    """
    frame = picture(1)

    def detect(detector: FaceDetector) -> None:
        detector.detect(frame, SETTINGS.face_confidence, SETTINGS.face_input_size)

    return paired_ratio(partial(detect, _ssd('litert')), partial(detect, _ssd('opencv')))


def _ssd(backend: str) -> FaceDetector:
    description = ModelDescription.load(models_directory() / FACE_SSD)
    try:
        detector = load_ssd_face_detector(description, backend, SETTINGS.threads)
    except ModelError as error:
        raise MissingError(str(error)) from None
    if detector.name != backend:
        raise MissingError(f'there is no face detector with the backend {backend}')
    return detector


def _bare(nets: Nets, faces: int) -> Callable[[], None]:
    """The runs of a frame's nets, on inputs that are there already."""
    find = _bare_net(FACE_SSD, nets.faces.name)
    judge = _bare_net(MASK_CLASSIFIER, nets.masks.name)

    def run() -> None:
        find()
        for _ in range(faces):
            judge()

    return run


def _bare_net(model: str, backend: str) -> Callable[[], object]:
    description = ModelDescription.load(models_directory() / model)
    if backend == 'litert':
        file = description.file('litert')
        return LiteRtNet(description.read('litert'), file, SETTINGS.threads, 'the guard').run
    size = description.content['input_size']
    if model == FACE_SSD:
        net = cv2.dnn.readNetFromCaffe(
            np.frombuffer(description.read('prototxt'), np.uint8),
            np.frombuffer(description.read('caffemodel'), np.uint8),
        )
        blob = np.zeros((1, 3, size[1], size[0]), np.float32)
    else:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(description.read('onnx'), np.uint8))
        blob = np.zeros((1, size, size, 3), np.float32)
    net.setInput(blob)

    def run() -> None:
        # Without a new input OpenCV knows the answer already.
        net.setInput(blob)
        net.forward()

    return run
