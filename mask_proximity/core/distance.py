# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Metres from pixels, by the pinhole law: distance = focal length * true width / width in pixels.

A turned head and a child's face are narrower than the constant assumes, and so are nearer than
reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mask_proximity.core.config import DetectorSettings
from mask_proximity.core.depth import DepthImage
from mask_proximity.core.geometry import Pinhole
from mask_proximity.core.scene import DistanceSource, FaceDetection


@dataclass(frozen=True, slots=True)
class Range:
    """How far a face is along the optical axis.

    Attributes:
        distance: metres; NaN if unknown.
        stddev: of the distance, metres; NaN if unknown.
        source: what it rests on.
    """

    distance: float = math.nan
    stddev: float = math.nan
    source: DistanceSource = DistanceSource.NONE


def face_range(
    detection: FaceDetection,
    camera: Pinhole,
    settings: DetectorSettings,
    depth: DepthImage | None = None,
) -> Range:
    """How far a face is.

    Args:
        detection: of the face, pixels of the image that `camera` is for.
        camera: that took the image.
        settings: of detector_node.
        depth: registered to the image, if there is one.
    """
    width = detection.box.width
    if width <= 0.0 or camera.source is DistanceSource.NONE:
        return Range()
    return Range(camera.fx * settings.face_width / width, math.nan, camera.source)
