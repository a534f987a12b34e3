# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Keeps OpenCV from writing to stderr: our own errors say what is wrong."""

from __future__ import annotations

import os

import cv2


def silence_opencv() -> None:
    """Silence OpenCV's log, unless the user has set OPENCV_LOG_LEVEL."""
    if 'OPENCV_LOG_LEVEL' in os.environ:
        return
    # The function moved between OpenCV 4.6 and 4.8.
    if hasattr(cv2, 'setLogLevel'):
        cv2.setLogLevel(0)
    elif hasattr(cv2, 'utils') and hasattr(cv2.utils, 'logging'):
        cv2.utils.logging.setLogLevel(0)
