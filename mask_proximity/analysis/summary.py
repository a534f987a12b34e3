# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the report tells of a recording, gathered frame by frame."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mask_proximity.core.rendering.timeline import Sample
from mask_proximity.core.types import FrameResult, Level, MaskState


@dataclass
class Episode:
    """A stretch of ALERT, or one picture of a folder.

    Attributes:
        start: stamp of its first frame, nanoseconds.
        end: stamp of the frame with which it was over, nanoseconds.
        name: of the picture; empty for a recording.
        frames: so many.
        width_ratio: the greatest of the faces that caused it.
        distance: the smallest of the faces that caused it, metres; NaN if unknown.
        states: what the faces that caused it wear.
        still: JPEG of the annotated frame in which the face was widest; empty if not wanted.
    """

    start: int
    end: int
    name: str = ''
    frames: int = 0
    width_ratio: float = math.nan
    distance: float = math.nan
    still: bytes = b''
    states: set[MaskState] = field(default_factory=set)

    def take(self, result: FrameResult, still: Callable[[], bytes] | None) -> None:
        """Add a frame; `still` is asked only where the face is wider than ever before."""
        self.frames += 1
        for face in result.faces:
            if face.level is not Level.ALERT:
                continue
            self.states.add(face.mask_state)
            self.distance = min(face.distance, self.distance, key=_nan_last)
            if math.isnan(self.width_ratio) or face.width_ratio > self.width_ratio:
                self.width_ratio = face.width_ratio
                if still is not None:
                    self.still = still()


@dataclass
class Summary:
    """Counts, timeline and episodes of a recording.

    Attributes:
        stills: how many episodes may get a picture.
        pictures: whether the frames are pictures of a folder, each by itself.
        samples: for the timeline.
        levels: frames of each level.
        faces: that were judged, by what they wear.
        skipped: faces that were too small to be judged.
        episodes: of ALERT, in the order of time.
        end: of the recording, nanoseconds.
    """

    stills: int
    pictures: bool = False
    samples: list[Sample] = field(default_factory=list)
    levels: Counter[Level] = field(default_factory=Counter)
    faces: Counter[MaskState] = field(default_factory=Counter)
    skipped: int = 0
    episodes: list[Episode] = field(default_factory=list)
    end: int = 0
    _open: Episode | None = None

    @property
    def frames(self) -> int:
        """How many were taken."""
        return len(self.samples)

    def take(self, result: FrameResult, time: float, name: str, still: Callable[[], bytes]) -> None:
        """Add a frame.

        Args:
            result: what was found in it.
            time: in seconds, or the number of the picture.
            name: of the picture; empty for a recording.
            still: draws the annotated frame, as JPEG.
        """
        self.pictures = bool(name)
        self.samples.append(Sample.from_alert(time, result.alert))
        self.levels[result.alert.level] += 1
        self.faces.update(face.mask_state for face in result.faces)
        self.skipped += len(result.skipped)
        if self._open is not None:
            self._open.end = result.stamp
        if result.alert.level is not Level.ALERT or self.pictures:
            self._open = None
        if result.alert.level is Level.ALERT:
            if self._open is None:
                self._open = Episode(result.stamp, result.stamp, name)
                self.episodes.append(self._open)
            self._open.take(result, still if len(self.episodes) <= self.stills else None)

    def close(self, end: int) -> None:
        """Say when the recording was over, nanoseconds."""
        self.end = end
        if self._open is not None:
            self._open.end = end


def _nan_last(value: float) -> float:
    return math.inf if math.isnan(value) else value
