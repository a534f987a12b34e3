# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads picture files of many formats as BGR pixels, or says why it cannot.

Uses Pillow, since OpenCV fills the rest of a truncated file with gray and reads no GIF before 4.11.
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
"""Pillow has more formats, but would start Ghostscript for one of them."""

SUFFIXES = frozenset(
    ('.jpg', '.jpeg', '.jfif', '.png', '.webp', '.gif', '.bmp', '.tif', '.tiff', '.ppm', '.pgm')
)
"""Suffixes of picture files, in lower case."""

BACKGROUND = (127, 127, 127)
"""Colour behind transparent pixels; gray looks like neither a white nor a black mask."""


class PictureError(MaskProximityError):
    """A file cannot be used as a picture.

    Attributes:
        reason: Kind of fault in a few words, to count by: 'empty', 'too large', ...
    """

    def __init__(self, path: Path, reason: str, sentence: str) -> None:
        """Build the message.

        Args:
            path: Path of the file.
            reason: See above.
            sentence: What is wrong with the file, and what was expected.
        """
        super().__init__(f'{path}: {sentence}')
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file.

    Attributes:
        pixels: height x width x 3, uint8, BGR, upright.
        conversions: Conversions beyond decoding, e.g. ('CMYK', 'EXIF rotation').
    """

    pixels: Image
    conversions: tuple[str, ...]


def read_picture(path: Path) -> Image:
    """Read the pixels of a picture file, upright.

    Returns:
        height x width x 3, uint8, BGR.

    Raises:
        PictureError: See `load_picture`.
    """
    return load_picture(path).pixels


def load_picture(path: Path) -> Picture:
    """Read a picture file and record what was converted.

    CMYK becomes RGB without a colour profile, 16 bits become the upper 8, an animation becomes its
    first frame, transparency becomes gray, and the EXIF rotation is applied.

    Raises:
        PictureError: The file is missing, empty, truncated, damaged, too large, no picture, or has
            more than 16 bits per channel.
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
        # Pillow only warns about very large pictures and about damaged EXIF.
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
    # The exceptions of Pillow's many decoders for damaged data are not documented.
    except Exception as error:
        raise PictureError(
            path,
            'cut off or damaged',
            f'this picture is cut off or damaged ({first_line(error)}); expected a whole file',
        ) from None


def _decode(path: Path, content: bytes) -> Picture:
    conversions = []
    # Decoding alone does not check the checksums of a PNG.
    PilImage.open(io.BytesIO(content), formats=FORMATS).verify()
    with PilImage.open(io.BytesIO(content), formats=FORMATS) as image:
        if getattr(image, 'is_animated', False) and image.format != 'MPO':
            conversions.append('first of several frames')
        elif image.format == 'GIF':
            conversions.append('GIF')
        # Pillow rotates the pixels of TIFF files itself.
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
        # Without the other EXIF fields, since Pillow fails on damaged ones.
        upright.getexif()[ExifTags.Base.Orientation] = turn
        upright = ImageOps.exif_transpose(upright)
    return Picture(np.ascontiguousarray(np.asarray(upright)[:, :, ::-1]), tuple(conversions))


def _orientation(image: PilImage.Image) -> int:
    """Return the EXIF orientation, 1 (upright) to 8; 1 if it is missing or invalid."""
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # A picture with damaged EXIF can still be used.
        return 1
    return turn if turn in range(1, 9) else 1


def _bits(image: PilImage.Image, content: bytes) -> int:
    """Return the bits per channel in the file; Pillow has already reduced 16-bit colour to 8."""
    if image.format == 'PNG':
        return content[24]  # The bit depth in the header, which comes first.
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits: int = max(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (8,)))
        return bits
    return 8
