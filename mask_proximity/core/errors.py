# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors whose text is meant for the user: one sentence, what was expected, what to do."""


class MaskProximityError(Exception):
    """Base of every error that is the user's to mend; its text is shown without a traceback."""


class SettingsError(MaskProximityError):
    """A setting is unknown, of the wrong type, out of range, or contradicts another one."""


class ModelError(MaskProximityError):
    """A model file is missing, truncated, foreign, or cannot be run here."""


class ImageError(MaskProximityError):
    """An image cannot be decoded: encoding, size or data do not fit together."""


class SourceError(MaskProximityError):
    """A camera, file, folder or URL cannot be opened or has stopped delivering images."""


class OutputError(MaskProximityError):
    """A file or folder that results go to cannot be written."""


class CalibrationError(MaskProximityError):
    """A calibration file cannot be read, or belongs to another kind of image."""


def first_line(error: Exception) -> str:
    """The beginning of another library's error as part of a sentence of ours."""
    return ' '.join(str(error).split())[:160]


def error_sentence(error: Exception) -> str:
    """An error for the user: ours as it is, any other one with its type."""
    if isinstance(error, MaskProximityError):
        return str(error)
    return f'something unexpected went wrong ({type(error).__name__}: {first_line(error)})'
