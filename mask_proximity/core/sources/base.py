# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The interface of a source of images, and the types that it takes and returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.types import Image, TrueFace


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a source.

    Attributes:
        image: Picture, height x width x 3, uint8, BGR.
        truth: True faces in the picture, the nearest first; None if the source does not know them.
        name: File name of the picture in a folder of pictures; empty for other sources.
        stamp: Timestamp in nanoseconds; None if the source has no stamps.
        camera: Camera that took the picture, scaled to its size; None if unknown.
        delivered: False while a simulated camera sends no images; then only time passes.
    """

    image: Image
    truth: tuple[TrueFace, ...] | None = None
    name: str = ''
    stamp: int | None = None
    camera: Pinhole | None = None
    delivered: bool = True


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Settings that a source is opened with.

    Attributes:
        width: Image width in pixels; 0 means the source's own, or what fits the height.
        height: Image height in pixels; 0 means the source's own, or what fits the width.
        rate: Images per second; 0 means the source's own.
        horizontal_fov: Field of view of a simulated camera in radians; 0 means its own.
        seed: Seed of a simulation.
        topic: Topic of the images in a ROS 2 recording; empty means the only one.
    """

    width: int = 0
    height: int = 0
    rate: float = 0.0
    horizontal_fov: float = 0.0
    seed: int = 0
    topic: str = ''

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The requested size of a picture that has `width` x `height` pixels."""
        if self.width and self.height:
            return self.width, self.height
        if self.width:
            return self.width, max(1, round(height * self.width / width))
        if self.height:
            return max(1, round(width * self.height / height)), self.height
        return width, height


class Source(Protocol):
    """A camera, a file, a folder, a stream or a simulation, which is read frame by frame.

    Attributes:
        rate: Frames per second at which a recorded source should be played; 0 if the source itself
            sets the pace (a camera, a stream).
        description: Description for the user, e.g. 'camera 0' or the path of the file.
        horizontal_fov: Horizontal field of view of the camera in radians; 0 if unknown.
        frame_count: Number of frames, for a progress bar; 0 if unknown.
        problems: A sentence for each item that was skipped so far, e.g. a broken picture.
    """

    rate: float
    description: str
    horizontal_fov: float
    frame_count: int

    @property
    def problems(self) -> list[str]:
        """A sentence for each item that was skipped so far."""
        ...

    def read(self) -> Frame | None:
        """The next frame, or None at the end of a source that has one.

        Raises:
            SourceError: The source failed; it must be closed and opened again.
        """
        ...

    def rewind(self) -> None:
        """Go back to the beginning.

        Raises:
            SourceError: The source failed, or is live and has no beginning.
        """
        ...

    def adapt(self, settings: SourceSettings) -> bool:
        """Apply other settings to the following frames, without going back.

        Returns:
            False if that is impossible; then the source must be closed and opened again.
        """
        ...

    def close(self) -> None:
        """Release the device or file. Safe to call twice."""
        ...
