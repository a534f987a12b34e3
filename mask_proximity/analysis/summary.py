# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the report says of a recording, collected frame by frame."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mask_proximity.core.rendering.timeline import Sample
from mask_proximity.core.types import FrameResult, Level, MaskState


@dataclass
class Episode:
    """A run of frames with ALERT, or one picture of a folder.

    Attributes:
        start: Stamp of the first frame, nanoseconds.
        end: Stamp of the first frame after the episode, nanoseconds.
        name: Name of the picture; empty for a recording.
        frames: Number of frames.
        width_ratio: Greatest width ratio of the faces that caused the alert.
        distance: Smallest distance of these faces, metres; NaN if unknown.
        states: Mask states of these faces.
        still: Annotated frame with the widest of these faces, as JPEG; empty if not wanted.
    """

    start: int
    end: int
    name: str = ''
    frames: int = 0
    width_ratio: float = math.nan
    distance: float = math.nan
    still: bytes = b''
    states: set[MaskState] = field(default_factory=set)

    def add(self, result: FrameResult, still: Callable[[], bytes] | None) -> None:
        """Add a frame; `still` is only called if a face is wider than any before."""
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
        stills: Number of episodes that may get a picture.
        pictures: Whether the frames are the separate pictures of a folder.
        samples: Samples for the timeline.
        levels: Number of frames of each level.
        faces: Number of judged faces of each mask state.
        skipped: Number of faces that were too small to be judged.
        episodes: Episodes of ALERT, in the order of time.
        end: End of the recording, nanoseconds.
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
        """Number of frames added."""
        return len(self.samples)

    def add(self, result: FrameResult, time: float, name: str, still: Callable[[], bytes]) -> None:
        """Add a frame.

        Args:
            result: Result of the frame.
            time: Time of the frame in seconds, or the number of the picture.
            name: Name of the picture; empty for a recording.
            still: Draws the annotated frame, as JPEG.
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
            self._open.add(result, still if len(self.episodes) <= self.stills else None)

    def close(self, end: int) -> None:
        """Set the end of the recording, nanoseconds."""
        self.end = end
        if self._open is not None:
            self._open.end = end


def _nan_last(value: float) -> float:
    return math.inf if math.isnan(value) else value
