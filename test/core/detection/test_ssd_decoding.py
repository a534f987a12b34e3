# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Boxes out of an SSD's maps, beside a plain reading of the same rules, one prior box at a time."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.detection.ssd_decoding import PriorMap, Ssd
from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory
from mask_proximity.core.models.litert import Tensor
from mask_proximity.core.types import Box, FloatArray

SIDE = 64
SSD = Ssd(
    maps=(
        PriorMap(8.0, ((12.0, 12.0), (18.0, 9.0))),
        PriorMap(32.0, ((30.0, 30.0), (40.0, 20.0), (20.0, 40.0))),
    ),
    variances=(0.1, 0.1, 0.2, 0.2),
    least_score=0.01,
    nms_threshold=0.45,
    top_k=12,
    keep_top_k=8,
)
SHAPES = ((8, 8), (2, 2))
FLOAT = Tensor(0, 'float', (), np.dtype(np.float32), 0.0, 0)
BYTES = Tensor(0, 'bytes', (), np.dtype(np.int8), 0.07, -20)

Found = tuple[float, Box]


@pytest.fixture
def described() -> ModelDescription:
    return ModelDescription.load(models_directory() / FACE_SSD)


def plainly(logits: list[FloatArray], offsets: list[FloatArray], min_score: float) -> list[Found]:
    """The same by the words of the paper: every prior box decoded, each compared with each."""
    candidates: list[Found] = []
    for each, (rows, columns), logit, offset in zip(SSD.maps, SHAPES, logits, offsets, strict=True):
        for row in range(rows):
            for column in range(columns):
                for number, (width, height) in enumerate(each.sizes):
                    score = 1.0 / (1.0 + math.exp(-logit[0, row, column, number]))
                    dx, dy, dw, dh = offset[0, row, column, 4 * number : 4 * number + 4]
                    x = ((column + 0.5) * each.step + 0.1 * dx * width) / SIDE
                    y = ((row + 0.5) * each.step + 0.1 * dy * height) / SIDE
                    w = math.exp(0.2 * dw) * width / SIDE
                    h = math.exp(0.2 * dh) * height / SIDE
                    if score > max(min_score, SSD.least_score):
                        box = Box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
                        candidates.append((score, box))
    candidates.sort(key=lambda found: -found[0])
    kept: list[Found] = []
    for score, box in candidates[: SSD.top_k]:
        if all(box.iou(other) <= SSD.nms_threshold for _, other in kept):
            kept.append((score, box))
    return kept[: SSD.keep_top_k]


def detected(
    tensor: Tensor, logits: list[FloatArray], offsets: list[FloatArray], min_score: float
) -> list[Found]:
    priors = [each.boxes(*shape, SIDE) for each, shape in zip(SSD.maps, SHAPES, strict=True)]
    boxes, scores = SSD.detections(
        [(tensor, each) for each in logits], [(FLOAT, each) for each in offsets], priors, min_score
    )
    return [(float(score), Box(*box)) for score, box in zip(scores, boxes.tolist(), strict=True)]


def alike(found: list[Found], expected: list[Found]) -> bool:
    return len(found) == len(expected) and all(
        math.isclose(score, other, abs_tol=1e-5)
        and np.allclose(
            [box.x1, box.y1, box.x2, box.y2], [its.x1, its.y1, its.x2, its.y2], atol=1e-5
        )
        for (score, box), (other, its) in zip(found, expected, strict=True)
    )


def maps(seed: int, likely: float) -> tuple[list[FloatArray], list[FloatArray]]:
    rng = np.random.default_rng(seed)
    logits, offsets = [], []
    for each, shape in zip(SSD.maps, SHAPES, strict=True):
        size = (1, *shape, len(each.sizes))
        logits.append(rng.normal(likely, 2.0, size).astype(np.float32))
        offsets.append(rng.normal(0.0, 2.0, (*size[:3], 4 * size[3])).astype(np.float32))
    return logits, offsets


@given(st.integers(0, 10_000), st.floats(-9.0, 2.0), st.floats(0.0, 0.99))
def test_what_is_found_is_what_the_plain_way_finds(
    seed: int, likely: float, min_score: float
) -> None:
    logits, offsets = maps(seed, likely)
    assert alike(detected(FLOAT, logits, offsets, min_score), plainly(logits, offsets, min_score))


@given(st.integers(0, 10_000), st.floats(-6.0, 2.0), st.floats(0.0, 0.99))
def test_scores_in_8_bits_are_compared_as_what_they_mean(
    seed: int, likely: float, min_score: float
) -> None:
    logits, offsets = maps(seed, likely)
    stored = [BYTES.stored(each) for each in logits]
    meant = [BYTES.values(each) for each in stored]
    assert alike(detected(BYTES, stored, offsets, min_score), plainly(meant, offsets, min_score))


@given(st.floats(-30.0, 30.0))
def test_a_threshold_parts_stored_numbers_as_it_parts_their_values(value: float) -> None:
    stored = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(
        stored > BYTES.threshold(value), (stored.astype(float) + 20) * 0.07 > value
    )


@pytest.mark.parametrize('tensor', [FLOAT, BYTES])
def test_nothing_is_likelier_than_certain(tensor: Tensor) -> None:
    logits, offsets = maps(0, 50.0)
    assert detected(tensor, [tensor.stored(each) for each in logits], offsets, 1.0) == []


@pytest.mark.parametrize('wrong', [math.nan, math.inf, -math.inf])
def test_a_diverged_net_finds_nothing(wrong: float) -> None:
    logits, offsets = maps(0, 3.0)
    for each in offsets:
        each[:] = wrong
    assert detected(FLOAT, logits, offsets, 0.1) == []
    for each in logits:
        each[:] = math.nan
    assert detected(FLOAT, logits, offsets, 0.1) == []


def test_the_published_boxes_are_further_apart(described: ModelDescription) -> None:
    ours, published = Ssd.from_description(described, False), Ssd.from_description(described, True)
    assert [each.step for each in ours.maps] == [8, 16, 32, 64, 64, 64]
    assert [each.step for each in published.maps] == [8, 16, 32, 64, 100, 300]
    steps = [each.step for each in published.maps]
    assert replace(ours, maps=()) == replace(published, maps=())
    assert published.maps == tuple(
        replace(each, step=step) for each, step in zip(ours.maps, steps, strict=True)
    )


@pytest.mark.parametrize(
    ('key', 'value'), [('prior_boxes', [{'step': 8}]), ('detection_output', {'variances': [1]})]
)
def test_a_damaged_description_gets_a_sentence(
    described: ModelDescription, tmp_path: Path, key: str, value: object
) -> None:
    path = tmp_path / 'face_ssd.json'
    path.write_text(json.dumps({**described.content, key: value}))
    with pytest.raises(ModelError, match="'prior_boxes' or 'detection_output' .* restore the file"):
        Ssd.from_description(ModelDescription.load(path), False)
