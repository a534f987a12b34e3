# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""AIZOO's anchors, offsets and overlaps, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_proximity.core.errors import ModelError
from training.evaluation.peers.aizoo import AizooModel, anchors, decoded, faces_in


def test_anchors() -> None:
    boxes = anchors()
    assert boxes.shape == (5972, 4)  # the number of the net's outputs
    assert boxes[0] == pytest.approx([0.5 / 33, 0.5 / 33, 0.04, 0.04])
    assert boxes[2] == pytest.approx([0.5 / 33, 0.5 / 33, 0.04 * 0.62**0.5, 0.04 / 0.62**0.5])
    assert boxes[4] == pytest.approx([1.5 / 33, 0.5 / 33, 0.04, 0.04])
    assert boxes[-1][:2] == pytest.approx([2.5 / 3, 2.5 / 3])


def test_offsets() -> None:
    box = np.array([[0.5, 0.5, 0.2, 0.4]])
    assert decoded(np.zeros((1, 4)), box)[0] == pytest.approx([0.4, 0.3, 0.6, 0.7])
    moved = decoded(np.array([[1.0, 0.0, np.log(2) / 0.2, 0.0]]), box)[0]
    # The centre moves by a tenth of the width, and the width doubles.
    assert moved == pytest.approx([0.32, 0.3, 0.72, 0.7])


def test_of_two_that_overlap_the_surer_stays() -> None:
    boxes = np.array([[0.5, 0.5, 0.2, 0.2], [0.52, 0.5, 0.2, 0.2], [0.1, 0.1, 0.1, 0.1]])
    classes = np.array([[0.6, 0.2], [0.1, 0.9], [0.3, 0.1]])
    (prediction,) = faces_in(np.zeros((3, 4)), classes, boxes, 200, 100, 0.5)
    assert prediction.detection.score == 0.9
    assert prediction.detection.box.x1 == pytest.approx(84.0)
    assert prediction.detection.box.y2 == pytest.approx(60.0)
    assert prediction.probabilities == pytest.approx((0.1, 0.0, 0.9))
    assert len(faces_in(np.zeros((3, 4)), classes, boxes, 200, 100, 0.25)) == 2


def test_missing_or_foreign_files_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match='expected the repository'):
        AizooModel(tmp_path)
    for name in ('face_mask_detection.prototxt', 'face_mask_detection.caffemodel'):
        (tmp_path / name).write_text('nothing')
    with pytest.raises(ModelError, match='cannot run this model'):
        AizooModel(tmp_path)
