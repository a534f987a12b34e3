# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What every source of images is: something that is read frame by frame until it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.types import Image, TrueFace


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source.

    Attributes:
        image: height x width x 3, uint8, BGR.
        truth: the faces in it, nearest first; None where the source cannot know.
        name: file name, for a folder of pictures; empty otherwise.
        stamp: when it was taken, nanoseconds; None where the source does not tell.
        camera: that took it, scaled to this picture; None where the source does not tell.
        delivered: False while a simulated camera sends nothing: only the time passes.
    """

    image: Image
    truth: tuple[TrueFace, ...] | None = None
    name: str = ''
    stamp: int | None = None
    camera: Pinhole | None = None
    delivered: bool = True


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What is asked of a source.

    Attributes:
        width: of the images, pixels; 0 = the source's own, or as the height demands.
        height: of the images, pixels; 0 = the source's own, or as the width demands.
        rate: images per second; 0 = the source's own.
        horizontal_fov: field of view of a simulated camera, radians; 0 = its own.
        seed: of a simulation.
        topic: of the images, in a recording of ROS 2 that has several; empty = the only one.
    """

    width: int = 0
    height: int = 0
    rate: float = 0.0
    horizontal_fov: float = 0.0
    seed: int = 0
    topic: str = ''

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The size in which a picture of `width` x `height` pixels is wanted."""
        if self.width and self.height:
            return self.width, self.height
        if self.width:
            return self.width, max(1, round(height * self.width / width))
        if self.height:
            return max(1, round(width * self.height / height)), self.height
        return width, height


class Source(Protocol):
    """A camera, a file, a folder, a stream or a simulation.

    Attributes:
        rate: frames per second at which a recorded source wants to be played; 0 if the source
            itself sets the pace (a camera, a stream).
        description: for the user, e.g. 'camera 0' or the path of the file.
        horizontal_fov: of the camera behind it, radians; 0 where the source cannot know.
        frame_count: how many frames there will be, for a progress bar; 0 = unknown.
        problems: a sentence for each thing that was skipped so far, e.g. a broken picture.
    """

    rate: float
    description: str
    horizontal_fov: float
    frame_count: int

    @property
    def problems(self) -> list[str]:
        """See above."""
        ...

    def read(self) -> Frame | None:
        """The next frame, or None at the end of a source that has one.

        Raises:
            SourceError: the source failed; it must be closed and opened anew.
        """
        ...

    def rewind(self) -> None:
        """Start from the beginning.

        Raises:
            SourceError: the source failed, or has no beginning (a live one).
        """
        ...

    def adapt(self, settings: SourceSettings) -> bool:
        """Deliver the next frames as other settings ask for, from the place where it is.

        Returns:
            False where that cannot be: it must be closed and opened anew.
        """
        ...

    def close(self) -> None:
        """Release the device or file. Safe to call twice."""
        ...
