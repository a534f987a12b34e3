# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One person at a known distance tells what distances are estimated from."""

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
"""For which frames are taken unless told otherwise, seconds."""

LONGEST = 60.0
"""Nobody stands still for longer, seconds."""

MIN_FRAMES = 5
"""With the face in them."""

# A second face this wide, over the widest, may be the one that is meant.
_SIMILAR = 0.6
# So many of the frames may lack the face, or show a second one.
_TOLERATED = 0.25
# Largest relative standard deviation of the widths; that of somebody who stands is 0.01 to 0.03.
_MAX_SPREAD = 0.06
_NORMAL_MAD = 1.4826
# What the result may be; beyond it, distance and picture cannot both be right.
_FACE_WIDTHS = (0.09, 0.20)
_FIELDS_OF_VIEW = (0.3, 2.6)


@dataclass(frozen=True, slots=True)
class DistanceCalibration:
    """What came out.

    Attributes:
        parameter: of detector_node: face_width where the camera is known, else horizontal_fov.
        value: metres or radians.
        text: one sentence that says what was measured.
    """

    parameter: str
    value: float
    text: str


class FaceWidths:
    """The widest face of each frame, while somebody stands at a known distance."""

    def __init__(self, distance: float) -> None:
        """Begin.

        Args:
            distance: from the camera to the face along the optical axis, metres.

        Raises:
            CalibrationError: nobody can stand there.
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
        """Take in a frame.

        Args:
            faces: the boxes of all faces of which the detector is sure, pixels.
            camera: for images of this size.

        Raises:
            CalibrationError: the images have changed their size.
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
        """Solve for the one parameter that makes the distance come out right.

        Args:
            camera: The camera as known before this calibration.
            settings: Width of a face, used if the field of view of the camera is unknown.

        Raises:
            CalibrationError: the frames do not tell; one sentence says why, and what to do.
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
        # As many digits as are worth keeping in a file.
        value = round(value, 4)
        return DistanceCalibration(parameter, value, f'{measured}: {parameter} = {value:g} {unit}')


def parameter_lines(made: DistanceCalibration) -> str:
    """The lines of a ROS parameter file that keep a calibration."""
    return f'/**/detector_node:\n  ros__parameters:\n    {made.parameter}: {made.value:g}\n'
