# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Episodes and counts."""

from __future__ import annotations

import math

from mask_proximity.analysis.summary import Summary
from mask_proximity.core.types import (
    NANOSECONDS,
    Alert,
    Box,
    Face,
    FrameResult,
    Level,
    MaskState,
    Reason,
)


def make_scene(
    second: float, level: Level, width_ratio: float = 0.0, distance: float = math.nan
) -> FrameResult:
    stamp = round(second * NANOSECONDS)
    faces: tuple[Face, ...] = ()
    if width_ratio:
        face = Face(
            Box(0, 0, 9, 9), 0.9, 0.1, MaskState.NO_MASK, width_ratio, level, distance=distance
        )
        faces = (face,)
    return FrameResult(
        stamp, 640, 480, Alert(level, Reason.NO_FACE, '', stamp, faces), (Box(0, 0, 3, 3),)
    )


def fill(summary: Summary, scenes: list[FrameResult], names: list[str] | None = None) -> Summary:
    for index, result in enumerate(scenes):
        name = names[index] if names else ''
        summary.add(
            result, result.stamp / NANOSECONDS, name, lambda index=index: str(index).encode()
        )
    return summary


def test_an_episode_lasts_until_the_level_falls() -> None:
    summary = fill(
        Summary(stills=9),
        [
            make_scene(0.0, Level.CLEAR),
            make_scene(0.1, Level.ALERT, 0.2, 1.5),
            make_scene(0.2, Level.ALERT, 0.4, 0.9),
            # Held: no face causes it.
            make_scene(0.3, Level.ALERT),
            make_scene(0.4, Level.CAUTION, 0.08, 3.0),
        ],
    )
    (episode,) = summary.episodes
    assert (episode.start, episode.end, episode.frames) == (
        NANOSECONDS // 10,
        4 * NANOSECONDS // 10,
        3,
    )
    assert (episode.width_ratio, episode.distance, episode.still) == (0.4, 0.9, b'2')
    assert summary.levels == {Level.CLEAR: 1, Level.ALERT: 3, Level.CAUTION: 1}
    assert (summary.frames, summary.skipped) == (5, 5)
    assert summary.faces == {MaskState.NO_MASK: 3}
    assert episode.states == {MaskState.NO_MASK}


def test_the_last_episode_ends_with_the_recording() -> None:
    summary = fill(Summary(stills=9), [make_scene(1.0, Level.ALERT, 0.2)])
    summary.close(round(1.1 * NANOSECONDS))
    (episode,) = summary.episodes
    assert (episode.start, episode.end) == (NANOSECONDS, round(1.1 * NANOSECONDS))
    assert math.isnan(episode.distance)


def test_pictures_are_episodes_of_their_own() -> None:
    scenes = [make_scene(float(second), Level.ALERT, 0.2) for second in range(3)]
    summary = fill(Summary(stills=2), scenes, ['a.jpg', 'b.jpg', 'c.jpg'])
    assert [episode.name for episode in summary.episodes] == ['a.jpg', 'b.jpg', 'c.jpg']
    # No more stills than asked for.
    assert [episode.still for episode in summary.episodes] == [b'0', b'1', b'']
