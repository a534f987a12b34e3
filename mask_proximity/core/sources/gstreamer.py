# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""GStreamer pipelines as sources, for cameras that need one."""

from __future__ import annotations

import ctypes
import re

import cv2

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.capture import CaptureSource

LINK = ' ! '
"""Link between elements, which distinguishes a pipeline from a path."""

_EXAMPLE = "'v4l2src device=/dev/video0 ! videoconvert ! appsink'"
# GST_PARSE_FLAG_FATAL_ERRORS of GStreamer.
_FATAL_ERRORS = 1


class _GError(ctypes.Structure):
    _fields_ = [
        ('domain', ctypes.c_uint32),
        ('code', ctypes.c_int),
        ('message', ctypes.c_char_p),
    ]


def has_gstreamer() -> bool:
    """Whether OpenCV was built with GStreamer; its list of backends names it even if it was not."""
    return re.search(r'GStreamer:\s+YES', cv2.getBuildInformation()) is not None


def open_pipeline(pipeline: str, settings: SourceSettings) -> CaptureSource:
    """Open a pipeline that ends in an appsink.

    Raises:
        SourceError: OpenCV has no GStreamer, or the pipeline cannot be built or started.
    """
    # A password must not appear in a log.
    shown = re.sub(r'//[^/@\s]*@', '//', pipeline)
    if not has_gstreamer():
        raise SourceError(
            f'{shown}: OpenCV {cv2.__version__} was built without GStreamer, like all packages '
            "from pip; use apt's (python3-opencv), or name the device itself, e.g. /dev/video0"
        )
    if 'appsink' not in pipeline or not re.search('videoconvert|BGR|GRAY8', pipeline):
        raise SourceError(
            f'{shown}: this pipeline does not deliver BGR images to an appsink; expected e.g. '
            f'{_EXAMPLE}'
        )

    def connect() -> cv2.VideoCapture:
        problem = _parse_error(pipeline)
        if problem:
            raise SourceError(f'{shown}: GStreamer cannot build this pipeline ({problem})')
        capture = cv2.VideoCapture(pipeline, cv2.CAP_GSTREAMER)
        if not capture.isOpened():
            raise SourceError(
                f'{shown}: this pipeline does not start; try it with gst-launch-1.0 and '
                'autovideosink in place of appsink'
            )
        return capture

    return CaptureSource(connect, shown, settings, live=None)


def _parse_error(pipeline: str) -> str:
    """GStreamer's error for a pipeline; empty if there is none.

    OpenCV does not report it, and some versions wait forever if an element is missing.
    """
    try:
        library = ctypes.CDLL('libgstreamer-1.0.so.0')
    except OSError:
        return ''
    library.gst_parse_launch_full.restype = ctypes.c_void_p
    library.gst_object_unref.argtypes = [ctypes.c_void_p]
    library.gst_init(None, None)
    error = ctypes.POINTER(_GError)()
    built = library.gst_parse_launch_full(
        pipeline.encode(), None, _FATAL_ERRORS, ctypes.byref(error)
    )
    if built:
        library.gst_object_unref(built)
    return error.contents.message.decode(errors='replace') if error else ''
