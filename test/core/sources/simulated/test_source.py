# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated scene as a source."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.sources.simulated.figure import load_figures
from mask_proximity.core.sources.simulated.source import SimulatedSource
from mask_proximity.core.types import MaskState


@pytest.mark.parametrize(
    ('settings', 'shape'),
    [
        (SourceSettings(), (480, 640, 3)),
        (SourceSettings(width=80), (60, 80, 3)),
        (SourceSettings(height=60), (60, 80, 3)),
        (SourceSettings(width=50, height=70), (70, 50, 3)),
        (SourceSettings(width=1, height=1), (1, 1, 3)),
    ],
)
def test_the_size_is_the_one_that_is_asked_for(
    settings: SourceSettings, shape: tuple[int, ...]
) -> None:
    frame = open_source('simulated', settings).read()
    assert frame is not None
    assert frame.image.shape == shape
    assert frame.image.dtype == np.uint8
    assert frame.image.flags.c_contiguous


def test_it_ends_and_begins_again() -> None:
    source = SimulatedSource(SourceSettings(width=64, rate=5.0))
    assert source.rate == 5.0
    assert source.problems == []
    states: list[set[MaskState]] = []
    first = source.read()
    count = 1
    while (frame := source.read()) is not None:
        count += 1
        assert frame.truth is not None
        states.append({face.mask_state for face in frame.truth})
    assert first is not None
    assert count == source.scene.frame_count == round(5.0 * source.scene.duration)
    assert source.read() is None
    bare = [index for index, state in enumerate(states) if MaskState.NO_MASK in state]
    masked = [index for index, state in enumerate(states) if MaskState.MASK in state]
    assert len(bare) > 30
    assert len(masked) > 30
    assert max(bare) < min(masked)
    source.rewind()
    again = source.read()
    assert again is not None
    np.testing.assert_array_equal(first.image, again.image)
    source.close()
    source.close()


def test_the_field_of_view_is_the_one_that_is_asked_for() -> None:
    wide = SimulatedSource(SourceSettings(width=64, horizontal_fov=1.5))
    assert wide.horizontal_fov == 1.5
    assert SimulatedSource(SourceSettings(width=64)).horizontal_fov == pytest.approx(np.pi / 3)


def test_other_settings_act_from_where_the_scene_is() -> None:
    source = SimulatedSource(SourceSettings(width=64, rate=10.0))
    for _ in range(50):
        source.read()
    assert source.adapt(SourceSettings(width=32, rate=20.0, horizontal_fov=1.5))
    frame, expected = source.read(), source.scene.render(5.0)
    assert frame is not None
    assert frame.image.shape == (24, 32, 3)
    assert (source.rate, source.horizontal_fov) == (20.0, 1.5)
    assert frame.truth == expected.truth


def test_the_seed_changes_the_noise_and_nothing_else() -> None:
    one = SimulatedSource(SourceSettings(width=64, seed=1)).read()
    two = SimulatedSource(SourceSettings(width=64, seed=2)).read()
    assert one is not None
    assert two is not None
    difference = np.abs(one.image.astype(int) - two.image)
    assert 0 < difference.max() < 30


def test_without_the_portrait_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    load_figures.cache_clear()
    monkeypatch.setitem(sys.modules, 'skimage.data', None)
    with pytest.raises(SourceError, match='pip install scikit-image'):
        open_source('simulated', SourceSettings())
