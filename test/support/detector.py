# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What a detector in a test is shown."""

from __future__ import annotations

from mask_proximity.core.types import Image
from support.ros import Peer


class Show:
    """Publishes a picture each time it is called, as a camera does.

    Attributes:
        picture: Shown from the next call on.
        age: Nanoseconds that its stamp lies in the past.
        stamps: Of all that was shown, nanoseconds.
    """

    def __init__(self, peer: Peer, picture: Image, live: bool = True) -> None:
        """Offer image_raw.

        Args:
            peer: Publishes.
            picture: Shown first.
            live: Whether no two images are the same, see Peer.image.
        """
        self._peer, self.picture, self._live = peer, picture, live
        self._publisher = peer.image_publisher()
        self.age = 0
        self.stamps: list[int] = []

    def __call__(self) -> None:
        """Publish it with the present stamp, less the age."""
        self.stamps.append(self._peer.now() - self.age)
        self._publisher.publish(self._peer.image(self.picture, self.stamps[-1], live=self._live))
