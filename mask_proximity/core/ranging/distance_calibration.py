# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrates the distance estimate with one person at a known distance."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.ranging.settings import RangingSettings
from mask_proximity.core.types import Box, DistanceSource

DURATION = 3.0
"""Default duration of a calibration in seconds."""

LONGEST = 60.0
"""Longest duration in seconds; nobody stands still for longer."""

MIN_FRAMES = 5
"""Least number of frames that show exactly one face."""

# A second face whose width is above this fraction of the widest makes a frame ambiguous.
_SIMILAR = 0.6
# Largest fraction of frames without a face, and of frames with a second one.
_TOLERATED = 0.25
# Largest relative standard deviation of the widths; 0.01 to 0.03 for a person who stands still.
_MAX_SPREAD = 0.06
_NORMAL_MAD = 1.4826
# Plausible results in metres and radians; outside, the distance or the image must be wrong.
_FACE_WIDTHS = (0.09, 0.20)
_FIELDS_OF_VIEW = (0.3, 2.6)


@dataclass(frozen=True, slots=True)
class DistanceCalibration:
    """The result of a calibration.

    Attributes:
        parameter: Name of the parameter: face_width if the camera is known, else horizontal_fov.
        value: Value of the parameter in metres or radians.
        text: One sentence that says what was measured.
    """

    parameter: str
    value: float
    text: str


class FaceWidths:
    """The widest face of each frame, while a person stands at a known distance."""

    def __init__(self, distance: float) -> None:
        """Start a calibration.

        Args:
            distance: Distance from the camera to the face along the optical axis in metres.

        Raises:
            CalibrationError: The distance is not within 0.2 to 10 m.
        """
        if not 0.2 <= distance <= 10.0:
            raise CalibrationError(
                f'the distance must be within 0.2 to 10 m (1 m is best), but it is {distance:g}'
            )
        self._distance = distance
        self._frames = self._without = self._several = 0
        self._widths: list[float] = []
        self._size = (0, 0)

    def add(self, faces: Sequence[Box], camera: Pinhole) -> None:
        """Add the faces of a frame.

        Args:
            faces: Boxes of all faces with a high detector score, in pixels.
            camera: Camera model for images of this size.

        Raises:
            CalibrationError: The size of the images has changed.
        """
        size = camera.width, camera.height
        if self._frames and size != self._size:
            raise CalibrationError('the images changed their size; start again')
        self._size = size
        self._frames += 1
        widths = sorted((box.width for box in faces), reverse=True)
        if not widths:
            self._without += 1
        elif len(widths) > 1 and widths[1] > _SIMILAR * widths[0]:
            self._several += 1
        else:
            self._widths.append(widths[0])

    def result(self, camera: Pinhole, settings: RangingSettings) -> DistanceCalibration:
        """Solve for the one parameter with which the estimate equals the known distance.

        Args:
            camera: The camera as known before this calibration.
            settings: Width of a face, used if the field of view of the camera is unknown.

        Raises:
            CalibrationError: The frames do not suffice; the text says why, and what to do.
        """
        self._check()
        width = statistics.median(self._widths)
        spread = _NORMAL_MAD * statistics.median(abs(each - width) for each in self._widths) / width
        if spread > _MAX_SPREAD:
            raise CalibrationError(
                f'the width of the face varied by {spread:.0%}; expected at most '
                f'{_MAX_SPREAD:.0%}: stand still, look at the camera, and give it more light'
            )
        if camera.source is DistanceSource.NONE:
            focal = self._distance * width / settings.face_width
            fov = 2.0 * math.atan(camera.width / 2.0 / focal)
            return self._made('horizontal_fov', 'rad', fov, _FIELDS_OF_VIEW, width, spread)
        true_width = self._distance * width / camera.fx
        return self._made('face_width', 'm', true_width, _FACE_WIDTHS, width, spread)

    def _check(self) -> None:
        if not self._frames:
            raise CalibrationError('no image came; look whether the camera runs')
        if self._several > _TOLERATED * self._frames:
            raise CalibrationError(
                f'several faces of similar size are in {self._several} of {self._frames} images; '
                'expected one person alone'
            )
        if self._without > _TOLERATED * self._frames:
            raise CalibrationError(
                f'no face is in {self._without} of {self._frames} images; expected one person, '
                'without a mask, who faces the camera'
            )
        if len(self._widths) < MIN_FRAMES:
            raise CalibrationError(
                f'only {len(self._widths)} images show one face; expected at least {MIN_FRAMES}: '
                'let it take longer'
            )

    def _made(
        self,
        parameter: str,
        unit: str,
        value: float,
        plausible: tuple[float, float],
        width: float,
        spread: float,
    ) -> DistanceCalibration:
        measured = (
            f'the face is {width:.1f} px wide at {self._distance:g} m (median of '
            f'{len(self._widths)} images, spread {spread:.1%})'
        )
        low, high = plausible
        if not low <= value <= high:
            raise CalibrationError(
                f'{measured}, which would make {parameter} {value:.3g} {unit}; expected {low:g} to '
                f'{high:g}: check the distance, and what is known of the camera'
            )
        # More digits would not be significant.
        value = round(value, 4)
        return DistanceCalibration(parameter, value, f'{measured}: {parameter} = {value:g} {unit}')


def parameter_lines(made: DistanceCalibration) -> str:
    """The lines of a ROS parameter file that store a calibration."""
    return f'/**/detector_node:\n  ros__parameters:\n    {made.parameter}: {made.value:g}\n'
