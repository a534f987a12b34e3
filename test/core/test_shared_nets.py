# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One set of nets for many threads: fair, guarded, and with the answers that each would get alone."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.errors import ModelError
from mask_proximity.core.masks import LABELS, CropSpec, FloatArray
from mask_proximity.core.pipeline import load_nets
from mask_proximity.core.scene import Box, FaceDetection, Image
from mask_proximity.core.shared_nets import (
    FairQueue,
    NetPool,
    SharedFaceDetector,
    SharedMaskClassifier,
)

PATIENCE = 60.0


class Gate:
    """Serves when it is told to, and writes down what it was asked; gives each request back."""

    def __init__(self, wrong: frozenset[int] = frozenset()) -> None:
        self.calls: list[list[int]] = []
        self.at_once = 0
        self._wrong = wrong
        self._inside = threading.Semaphore(0)
        self._open = threading.Event()
        self._one = threading.Lock()

    def serve(self, requests: list[int]) -> list[int]:
        assert self._one.acquire(blocking=False), 'two threads in one net'
        try:
            self.calls.append(requests)
            self._inside.release()
            assert self._open.wait(PATIENCE)
            if self._wrong.intersection(requests):
                raise ModelError(f'wrong: {sorted(self._wrong.intersection(requests))}')
            return requests
        finally:
            self._one.release()

    def wait_until_inside(self) -> None:
        assert self._inside.acquire(timeout=PATIENCE)

    def open(self) -> None:
        self._open.set()


@contextmanager
def cameras(number: int) -> Iterator[Callable[[Callable[[int], int], int], Future[int]]]:
    """Threads that ask one after the other: each waits in the queue before the next one asks."""
    with ThreadPoolExecutor(number) as pool:
        yield lambda ask, request: pool.submit(ask, request)


def queue_up(
    queue: FairQueue[int, int], gate: Gate, requests: list[int]
) -> tuple[list[int], dict[int, str]]:
    """Ask in this order while the net is busy with 0; the answers, and the errors by request."""
    with cameras(len(requests) + 1) as ask:
        futures = [ask(queue.ask, 0)]
        gate.wait_until_inside()
        for place, request in enumerate(requests):
            futures.append(ask(queue.ask, request))
            with queue._turn:
                assert queue._turn.wait_for(lambda: True, PATIENCE)
            deadline = threading.Event()
            while len(queue._waiting) <= place:
                deadline.wait(0.0005)
        gate.open()
        answers, errors = [], {}
        for request, future in zip([0, *requests], futures, strict=True):
            error = future.exception(PATIENCE)
            if error is None:
                answers.append(future.result())
            else:
                errors[request] = str(error)
    return answers, errors
