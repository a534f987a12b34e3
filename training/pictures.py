# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Picture files of every kind, as people collect them, become BGR pixels; or say why they do not.

By Pillow rather than OpenCV, which shows gray where a cut-off file ends and has no GIF before 4.11.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, ImageOps, TiffImagePlugin, UnidentifiedImageError
from PIL import Image as PilImage

from mask_proximity.core.errors import MaskProximityError, first_line
from mask_proximity.core.types import Image

FORMATS = ('JPEG', 'PNG', 'WEBP', 'GIF', 'BMP', 'TIFF', 'PPM')
"""Pillow has more, but would start Ghostscript for one of them."""

SUFFIXES = frozenset(
    ('.jpg', '.jpeg', '.jfif', '.png', '.webp', '.gif', '.bmp', '.tif', '.tiff', '.ppm', '.pgm')
)
"""Files that are taken for pictures, by their names in lower case."""

BACKGROUND = (127, 127, 127)
"""Behind transparent pixels: neither a white mask nor a black one."""


class PictureError(MaskProximityError):
    """A file cannot be used as a picture.

    Attributes:
        reason: the kind of fault in a few words, to count by: 'empty', 'too large', ...
    """

    def __init__(self, path: Path, reason: str, sentence: str) -> None:
        """Make the sentence.

        Args:
            path: the file.
            reason: see above.
            sentence: what is wrong with it and what was expected.
        """
        super().__init__(f'{path}: {sentence}')
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file.

    Attributes:
        pixels: height x width x 3, uint8, BGR, upright.
        conversions: what had to be done beyond decoding, e.g. ('CMYK', 'EXIF rotation').
    """

    pixels: Image
    conversions: tuple[str, ...]


def read_picture(path: Path) -> Image:
    """The pixels of a picture file, upright.

    Returns:
        height x width x 3, uint8, BGR.

    Raises:
        PictureError: see `load_picture`.
    """
    return load_picture(path).pixels


def load_picture(path: Path) -> Picture:
    """A picture file, and what was converted in it.

    CMYK becomes RGB without a colour profile, 16 bits become the upper 8, an animation its first
    frame, transparency gray; what EXIF says about the rotation is carried out.

    Raises:
        PictureError: the file is missing, empty, truncated, damaged, too large, of more than 16
            bits, or no picture.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(
            path, 'not readable', f'this file cannot be read ({error.strerror})'
        ) from None
    if not content:
        raise PictureError(path, 'empty', 'this file is empty; expected a picture')
    try:
        # Of one that is nearly too large, Pillow only warns; of a damaged EXIF too.
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            warnings.simplefilter('error', PilImage.DecompressionBombWarning)
            return _decode(path, content)
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError(
            path,
            'no picture',
            f'this is no picture that can be read; expected one of {", ".join(FORMATS)}',
        ) from None
    except (PilImage.DecompressionBombError, PilImage.DecompressionBombWarning, MemoryError):
        raise PictureError(
            path,
            'too large',
            f'this picture has more than {(PilImage.MAX_IMAGE_PIXELS or 0) // 10**6} million '
            'pixels; scale it down',
        ) from None
    # What Pillow's many decoders raise on damaged data is not listed anywhere.
    except Exception as error:
        raise PictureError(
            path,
            'cut off or damaged',
            f'this picture is cut off or damaged ({first_line(error)}); expected a whole file',
        ) from None


def _decode(path: Path, content: bytes) -> Picture:
    conversions = []
    # Decoding alone does not look at a PNG's checksums.
    PilImage.open(io.BytesIO(content), formats=FORMATS).verify()
    with PilImage.open(io.BytesIO(content), formats=FORMATS) as image:
        if getattr(image, 'is_animated', False) and image.format != 'MPO':
            conversions.append('first of several frames')
        elif image.format == 'GIF':
            conversions.append('GIF')
        # Of TIFF alone, Pillow turns the pixels itself.
        turned = image.format == 'TIFF' and _orientation(image) != 1
        image.load()
        turn = _orientation(image)
        if image.mode == 'CMYK':
            conversions.append('CMYK')
        if image.mode.startswith(('I', 'F')) or _bits(image, content) > 8:
            conversions.append('16 bits')
        if image.mode.startswith(('I', 'F')):
            gray = np.asarray(image)
            if image.mode == 'F' or gray.min() < 0 or gray.max() > 0xFFFF:
                raise PictureError(
                    path,
                    'more than 16 bits',
                    'the pixels of this picture have more than 16 bits; expected 8 or 16',
                )
            upright = PilImage.fromarray((gray >> 8).astype(np.uint8)).convert('RGB')
        elif image.has_transparency_data:
            conversions.append('transparency')
            upright = PilImage.new('RGBA', image.size, (*BACKGROUND, 255))
            upright = PilImage.alpha_composite(upright, image.convert('RGBA')).convert('RGB')
        else:
            upright = image.convert('RGB')
    if turned or turn != 1:
        conversions.append('EXIF rotation')
    if turn != 1:
        # On a picture that has no other EXIF: Pillow stumbles over damaged fields.
        upright.getexif()[ExifTags.Base.Orientation] = turn
        upright = ImageOps.exif_transpose(upright)
    return Picture(np.ascontiguousarray(np.asarray(upright)[:, :, ::-1]), tuple(conversions))


def _orientation(image: PilImage.Image) -> int:
    """EXIF's orientation, 1 (upright) to 8; 1 where there is none that makes sense."""
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Damaged EXIF is no reason to do without the picture.
        return 1
    return turn if turn in range(1, 9) else 1


def _bits(image: PilImage.Image, content: bytes) -> int:
    """Bits per channel in the file; of the 16 of a colour picture, Pillow has already taken 8."""
    if image.format == 'PNG':
        return content[24]  # bit depth in the header, which comes first
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits: int = max(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (8,)))
        return bits
    return 8
