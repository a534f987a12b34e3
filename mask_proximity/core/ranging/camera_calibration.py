# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration of a camera, read from the YAML file that ROS's camera_calibration writes."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mask_proximity.core.errors import CalibrationError
from mask_proximity.core.yaml_file import read_yaml

Numbers = tuple[float, ...]

_EXPECTED_FILE = (
    'expected a YAML file of camera_calibration, with image_width, image_height, camera_matrix, '
    'distortion_model, distortion_coefficients, rectification_matrix and projection_matrix'
)
_EXPECTED_URL = "expected 'file:///path', 'package://package/path' or a plain path"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Intrinsics of a camera, as in sensor_msgs/CameraInfo; all lengths are in pixels.

    Attributes:
        width: Width of the images that it was calibrated with.
        height: Height of these images.
        distortion_model: Name of the distortion model, e.g. 'plumb_bob'.
        d: Distortion coefficients.
        k: 3x3 camera matrix in row-major order: fx 0 cx, 0 fy cy, 0 0 1.
        r: 3x3 rectification matrix in row-major order.
        p: 3x4 projection matrix in row-major order.
    """

    width: int
    height: int
    distortion_model: str
    d: Numbers
    k: Numbers
    r: Numbers
    p: Numbers

    def scaled_to(self, width: int, height: int) -> Calibration:
        """The same camera for images that are scaled, not cropped: fx, cx and so on are scaled too.

        REP-104 treats binning in the same way. Angles stay as they are, and so does the distortion.

        Args:
            width: Width of the images in use, in pixels.
            height: Height of the images in use, in pixels.

        Raises:
            CalibrationError: The aspect ratio differs, so the images are not merely scaled.
        """
        # A height that was computed from the width is rounded to whole rows.
        if abs(width * self.height / self.width - height) >= 1.0:
            raise CalibrationError(
                f'the calibration is for {self.width}x{self.height} images, whose aspect ratio is '
                f'not that of the {width}x{height} images in use; expected a calibration for this '
                'size, and until then camera_info says uncalibrated'
            )
        x, y = width / self.width, height / self.height
        return dataclasses.replace(
            self,
            width=width,
            height=height,
            k=_scaled_rows(self.k, (x, y, 1.0)),
            p=_scaled_rows(self.p, (x, y, 1.0)),
        )


def calibration_path(url: str, share_directory: Callable[[str], str]) -> Path:
    """The file that a camera_info_url names.

    Args:
        url: 'file:///path', 'package://package/path' or a plain path.
        share_directory: Returns the share directory of a package; raises LookupError or ValueError
            if there is no such package.

    Raises:
        CalibrationError: The URL has another form, or names a package that is not installed.
    """
    wrong = CalibrationError(f'camera_info_url {url!r} cannot be opened; {_EXPECTED_URL}')
    try:
        if '://' not in url:
            return Path(url).expanduser()
        parts = urlsplit(url)
    except (RuntimeError, ValueError):
        raise wrong from None
    path = unquote(parts.path).lstrip('/')
    if parts.scheme == 'file' and not parts.netloc and path:
        return Path('/', path)
    if parts.scheme == 'package' and parts.netloc and path:
        try:
            return Path(share_directory(parts.netloc), path)
        except (LookupError, ValueError):
            raise CalibrationError(
                f'camera_info_url {url!r}: the package {parts.netloc!r} is not installed; '
                f'{_EXPECTED_URL}'
            ) from None
    raise wrong


def load_calibration(path: Path) -> Calibration:
    """Read and check a calibration file.

    Raises:
        CalibrationError: The file cannot be read, is not a calibration, or has impossible values.
            The text names the file, the entry, and what was expected.
    """
    file = _File(path)
    calibration = Calibration(
        width=file.size('image_width'),
        height=file.size('image_height'),
        distortion_model=file.name('distortion_model'),
        d=file.matrix('distortion_coefficients', None),
        k=file.matrix('camera_matrix', (3, 3)),
        r=file.matrix('rectification_matrix', (3, 3)),
        p=file.matrix('projection_matrix', (3, 4)),
    )
    fx, fy = calibration.k[0], calibration.k[4]
    if fx <= 0.0 or fy <= 0.0:
        raise file.error(f'camera_matrix has fx = {fx:g} and fy = {fy:g}; expected both above 0')
    if calibration.k[6:] != (0.0, 0.0, 1.0):
        raise file.error('camera_matrix does not end in 0, 0, 1; expected fx 0 cx, 0 fy cy, 0 0 1')
    return calibration


class _File:
    """The entries of a calibration file; each method checks one kind of entry."""

    def __init__(self, path: Path) -> None:
        self._path = path
        content = read_yaml(path, CalibrationError, _EXPECTED_FILE)
        if not isinstance(content, Mapping):
            raise self.error(f'this is not a calibration; {_EXPECTED_FILE}')
        self._content = content

    def error(self, what: str) -> CalibrationError:
        return CalibrationError(f'{self._path}: {what}')

    def name(self, key: str) -> str:
        value = self._entry(key)
        if not isinstance(value, str):
            raise self.error(f"{key} is {value!r}; expected a name, e.g. 'plumb_bob'")
        return value

    def size(self, key: str) -> int:
        value = self._entry(key)
        if type(value) is not int or not 0 < value < 2**16:
            raise self.error(f'{key} is {value!r}; expected a number of pixels')
        return value

    def matrix(self, key: str, shape: tuple[int, int] | None) -> Numbers:
        value = self._entry(key)
        data = value.get('data') if isinstance(value, Mapping) else None
        if not isinstance(data, list):
            raise self.error(f'{key} has no list of data; expected rows, cols and data')
        found = value.get('rows'), value.get('cols')
        if shape is not None and (found != shape or len(data) != shape[0] * shape[1]):
            raise self.error(
                f'{key} is {found[0]}x{found[1]} with {len(data)} numbers; expected '
                f'{shape[0]}x{shape[1]}'
            )
        return tuple(self._number(item, key) for item in data)

    def _entry(self, key: str) -> Any:
        if key not in self._content:
            raise self.error(f'{key} is missing; {_EXPECTED_FILE}')
        return self._content[key]

    def _number(self, value: object, key: str) -> float:
        result = math.nan
        # PyYAML reads 1e-05, which has no decimal point, as a string.
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            with contextlib.suppress(ValueError, OverflowError):
                result = float(value)
        if not math.isfinite(result):
            raise self.error(f'{key} holds {value!r}; expected finite numbers')
        return result


def _scaled_rows(matrix: Numbers, scales: tuple[float, float, float]) -> Numbers:
    columns = len(matrix) // 3
    return tuple(value * scales[index // columns] for index, value in enumerate(matrix))
