# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors whose text is shown to the user: one sentence on what is wrong and what was expected."""


class MaskProximityError(Exception):
    """Base of all errors that the user can fix; the text is shown without a traceback."""


class SettingsError(MaskProximityError):
    """A setting is unknown, has the wrong type, is out of range, or contradicts another one."""


class ModelError(MaskProximityError):
    """A model file is missing, truncated, not the expected one, or cannot be run here."""


class ImageError(MaskProximityError):
    """An image cannot be decoded: its encoding, size and data do not fit together."""


class SourceError(MaskProximityError):
    """A camera, file, folder or URL cannot be opened or has stopped delivering images."""


class OutputError(MaskProximityError):
    """An output file or folder cannot be written."""


class CalibrationError(MaskProximityError):
    """A calibration file cannot be read, or is for images of another aspect ratio."""


def first_line(error: Exception) -> str:
    """The text of another library's error, on one line and cut to 160 characters."""
    return ' '.join(str(error).split())[:160]


def error_sentence(error: Exception) -> str:
    """An error for the user: ours as it is, any other one with its type."""
    if isinstance(error, MaskProximityError):
        return str(error)
    return f'something unexpected went wrong ({type(error).__name__}: {first_line(error)})'
