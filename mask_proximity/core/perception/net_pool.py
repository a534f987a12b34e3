# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One set of nets for all cameras of a process.

OpenCV and LiteRT are not thread-safe, so each net is guarded by a queue. Every camera waits for its
answer and thus has at most one request in the queue. First come, first served is therefore fair:
under overload all cameras lose the same share of their frames.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from mask_proximity.core.classification.classifier import MaskClassifier
from mask_proximity.core.classification.crops import CropSpec
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.models.settings import NetSettings
from mask_proximity.core.perception.net_speed import NetTimings, measure_speed
from mask_proximity.core.perception.nets import (
    Nets,
    classifier_key,
    face_detector_key,
    load_classifier,
    load_face_detector,
)
from mask_proximity.core.perception.settings import NetSpeedSettings
from mask_proximity.core.types import FaceDetection, FloatArray, Image

# Runs of a measurement; few, because the first image waits for it.
_REPEATS = 3

Request = TypeVar('Request')
Answer = TypeVar('Answer')
Shared = TypeVar('Shared', 'SharedFaceDetector', 'SharedMaskClassifier')


class FairQueue(Generic[Request, Answer]):
    """Serves the requests of many threads in the order of their arrival.

    It has no thread: the thread at the head of the queue takes a free worker, and with `batched`
    the same call serves all requests that wait behind it.
    """

    def __init__(
        self,
        workers: Iterable[Callable[[list[Request]], Sequence[Answer]]],
        batched: bool = False,
    ) -> None:
        """Create an empty queue.

        Args:
            workers: Each answers a list of requests; none is called by two threads at once.
            batched: Whether a worker gets all requests that wait, else one at a time.
        """
        self._free, self._batched = list(workers), batched
        self._turn = threading.Condition()
        self._waiting: deque[tuple[Request, Future[Answer]]] = deque()

    def submit(self, request: Request) -> Answer:
        """Submit a request and wait for the answer.

        Raises:
            Exception: Any exception that a worker raises for this request alone.
        """
        call = (request, Future[Answer]())
        future = call[1]
        with self._turn:
            self._waiting.append(call)
            self._turn.wait_for(
                lambda: future.done() or bool(self._free and self._waiting[0] is call)
            )
            if future.done():
                return future.result()
            serve = self._free.pop()
            calls = [
                self._waiting.popleft() for _ in range(len(self._waiting) if self._batched else 1)
            ]
            # Another worker may be free for the new head.
            self._turn.notify_all()
        try:
            _serve(serve, calls)
        finally:
            with self._turn:
                self._free.append(serve)
                self._turn.notify_all()
        return future.result()


def _serve(
    serve: Callable[[list[Request]], Sequence[Answer]],
    calls: list[tuple[Request, Future[Answer]]],
) -> None:
    try:
        answers = serve([request for request, _ in calls])
    except Exception as error:
        if len(calls) == 1:
            calls[0][1].set_exception(error)
            return
        for call in calls:
            _serve(serve, [call])
        return
    for (_, future), answer in zip(calls, answers, strict=True):
        future.set_result(answer)


class SharedFaceDetector:
    """A FaceDetector for many threads.

    Images are not batched: for the SSD on a CPU, a batch takes as long as its images one by one,
    and the first would wait for the last.
    """

    def __init__(self, detectors: Iterable[FaceDetector]) -> None:
        """Take over equal detectors, which nothing else may use from now on.

        Args:
            detectors: Detectors, each of which processes one image at a time.
        """
        served = list(detectors)
        self._name = served[0].name
        self._queue: FairQueue[tuple[Image, float, int], list[FaceDetection]] = FairQueue(
            [partial(_detect, detector) for detector in served]
        )

    @property
    def name(self) -> str:
        """See FaceDetector.name."""
        return self._name

    def detect(self, image: Image, min_score: float, input_size: int = 0) -> list[FaceDetection]:
        """See FaceDetector.detect."""
        return self._queue.submit((image, min_score, input_size))


class SharedMaskClassifier:
    """A MaskClassifier for many threads; all waiting requests form one batch."""

    def __init__(self, classifier: MaskClassifier) -> None:
        """Take over a classifier, which nothing else may use from now on."""
        self._name, self._crop_spec = classifier.name, classifier.crop_spec
        self._queue: FairQueue[FloatArray, FloatArray] = FairQueue(
            [partial(_classify, classifier)], batched=True
        )

    @property
    def name(self) -> str:
        """See MaskClassifier.name."""
        return self._name

    @property
    def crop_spec(self) -> CropSpec:
        """See MaskClassifier.crop_spec."""
        return self._crop_spec

    def classify(self, faces: FloatArray) -> FloatArray:
        """See MaskClassifier.classify."""
        return self._queue.submit(faces)


def _detect(
    detector: FaceDetector, requests: list[tuple[Image, float, int]]
) -> list[list[FaceDetection]]:
    return [detector.detect(*request) for request in requests]


def _classify(classifier: MaskClassifier, requests: list[FloatArray]) -> list[FloatArray]:
    if len(requests) == 1:
        return [classifier.classify(requests[0])]
    probabilities = classifier.classify(np.concatenate(requests))
    ends = np.cumsum([len(faces) for faces in requests])
    return list(np.split(probabilities, ends[:-1]))


class NetPool:
    """Loads each net once, shares it between cameras, and frees it when none uses it.

    Thread-safe.
    """

    def __init__(self, replicas: int = 1) -> None:
        """Create a pool without nets.

        Args:
            replicas: Copies of the face detector, hence images processed at the same time.
        """
        self._replicas = replicas
        self._lock = threading.Lock()
        self._faces: WeakValueDictionary[Hashable, SharedFaceDetector] = WeakValueDictionary()
        self._masks: WeakValueDictionary[Hashable, SharedMaskClassifier] = WeakValueDictionary()
        self._speeds: dict[Hashable, NetTimings] = {}

    def load(self, settings: NetSettings) -> Nets:
        """The nets that the settings name; nets in use are not loaded again.

        Raises:
            ModelError: A net cannot be loaded; those in use stay usable.
        """
        with self._lock:
            return Nets(
                _get(
                    self._faces,
                    face_detector_key(settings),
                    lambda: SharedFaceDetector(
                        [load_face_detector(settings) for _ in range(self._replicas)]
                    ),
                ),
                _get(
                    self._masks,
                    classifier_key(settings),
                    lambda: SharedMaskClassifier(load_classifier(settings)),
                ),
            )

    def speed(self, nets: Nets, settings: NetSpeedSettings) -> NetTimings:
        """Run times of nets on this machine, measured once for each combination.

        Args:
            nets: Nets that `load` returned for these settings.
            settings: Input size, threads and minimum confidence.

        Raises:
            ModelError: A net failed.
        """
        name = (
            face_detector_key(settings),
            classifier_key(settings),
            settings.face_input_size,
        )
        with self._lock:
            if name not in self._speeds:
                self._speeds[name] = measure_speed(nets, settings, _REPEATS)
            return self._speeds[name]


def _get(
    known: WeakValueDictionary[Hashable, Shared], name: Hashable, load: Callable[[], Shared]
) -> Shared:
    net = known.get(name)
    if net is None:
        net = known[name] = load()
    return net
