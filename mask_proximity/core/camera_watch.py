# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Is the camera looking? A frozen, a black or a covered one shows nobody, and looks calm."""

from __future__ import annotations

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.scene import Image, Reason


class CameraWatch:
    """Looks at every picture, before anything else does."""

    def check(
        self, image: Image, stamp: int, settings: DetectorSettings
    ) -> tuple[Reason, str] | None:
        """Whether a picture is worth looking at.

        Args:
            image: height x width x 3, uint8, BGR.
            stamp: nanoseconds.
            settings: of detector_node.

        Returns:
            None if it is; else a reason of UNKNOWN and one sentence.
        """
        return None

    def reset(self) -> None:
        """Forget the pictures before."""
