# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures the speed of the two nets on this machine, within a second or so."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from mask_proximity.core.classification.classifier import MaskClassifier
from mask_proximity.core.classification.crops import crop_faces
from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.models.settings import NetSettings
from mask_proximity.core.models.threads import usable_threads
from mask_proximity.core.perception.nets import Nets
from mask_proximity.core.perception.settings import NetSpeedSettings
from mask_proximity.core.types import Box, Image

WIDTH, HEIGHT = 640, 480
"""Size of the test image in pixels."""

_REPEATS = 5
_FACE = Box(250.0, 140.0, 390.0, 340.0)
# Colours in BGR.
_SKIN, _DARK = (140, 170, 215), (50, 45, 60)


@dataclass(frozen=True, slots=True)
class NetTimings:
    """Run times of the nets.

    Attributes:
        faces: Seconds of one run of the face detector.
        mask: Seconds of the mask classifier for one face.
        batches: Pairs of number of faces and seconds of the mask classifier for all of them, in
            ascending numbers above 1; a batch may take less time than its faces one by one.
    """

    faces: float
    mask: float
    batches: tuple[tuple[int, float], ...] = ()

    def masks(self, faces: int) -> float:
        """Seconds of the mask classifier for this many faces, interpolated linearly."""
        numbers, seconds = zip((0, 0.0), (1, self.mask), *self.batches, strict=True)
        if faces > numbers[-1]:
            return float(seconds[-1] * faces / numbers[-1])
        return float(np.interp(faces, numbers, seconds))

    def rate(self, faces: int = 1) -> float:
        """Frames per second that the nets allow, with this many faces in each."""
        return 1.0 / (self.faces + self.masks(faces))


def measure_speed(
    nets: Nets, settings: NetSpeedSettings, repeats: int = _REPEATS, batches: Iterable[int] = ()
) -> NetTimings:
    """Run both nets a few times, after a first run that is not counted.

    Args:
        nets: The nets; no other thread may use them meanwhile.
        settings: Input size, threads and minimum confidence.
        repeats: Number of runs of each; the median counts.
        batches: Further numbers of faces to measure the classifier with, ascending and above 1.
    """
    return NetTimings(
        measure_faces(nets.faces, settings, repeats),
        measure_masks(nets.masks, settings, 1, repeats),
        tuple((faces, measure_masks(nets.masks, settings, faces, repeats)) for faces in batches),
    )


def measure_faces(detector: FaceDetector, settings: NetSpeedSettings, repeats: int) -> float:
    """Seconds of one run of a face detector; see `measure_speed`."""
    cv2.setNumThreads(usable_threads(settings.threads))
    image = picture()
    return _median(
        lambda: detector.detect(image, settings.face_confidence, settings.face_input_size), repeats
    )


def measure_masks(
    classifier: MaskClassifier, settings: NetSettings, faces: int, repeats: int
) -> float:
    """Seconds of a mask classifier for this many faces at once; see `measure_speed`."""
    cv2.setNumThreads(usable_threads(settings.threads))
    batch = crop_faces(picture(), [_FACE] * faces, classifier.crop_spec)
    return _median(lambda: classifier.classify(batch), repeats)


def picture() -> Image:
    """A test image with texture at every scale and a drawn face in the middle.

    On a blank image the detector would have no candidates to process and be too fast.

    Returns:
        The image, HEIGHT x WIDTH x 3, uint8, BGR; the same each time.
    """
    random = np.random.default_rng(0)
    image = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for cell in (80, 20, 5, 1):
        noise = random.random((HEIGHT // cell, WIDTH // cell, 3), np.float32)
        image += 64.0 * np.asarray(cv2.resize(noise, (WIDTH, HEIGHT)))
    drawn: Image = image.astype(np.uint8)
    x, y = round(_FACE.x1 + _FACE.x2) // 2, round(_FACE.y1 + _FACE.y2) // 2
    cv2.ellipse(drawn, (x, y), (65, 95), 0.0, 0.0, 360.0, _SKIN, cv2.FILLED)
    for eye in (x - 25, x + 25):
        cv2.ellipse(drawn, (eye, y - 20), (11, 6), 0.0, 0.0, 360.0, _DARK, cv2.FILLED)
    cv2.line(drawn, (x, y - 15), (x, y + 20), _DARK, 3)
    cv2.ellipse(drawn, (x, y + 50), (25, 8), 0.0, 0.0, 360.0, _DARK, cv2.FILLED)
    return drawn


def _median(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)
