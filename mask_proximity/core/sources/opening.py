# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Opens the source of images that a text names: a camera, file, folder, stream or simulation."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.bag import BagSource, open_bag
from mask_proximity.core.sources.bag_files import is_recording
from mask_proximity.core.sources.base import Source, SourceSettings
from mask_proximity.core.sources.capture import open_device, open_stream, open_video
from mask_proximity.core.sources.gstreamer import LINK, open_pipeline
from mask_proximity.core.sources.pictures import SUFFIXES, open_folder, open_picture
from mask_proximity.core.sources.simulated.source import SIMULATED, SimulatedSource, is_simulated

_EXPECTED = (
    f"expected '{SIMULATED}', a device number or path ('0', '/dev/video0'), a video file, a "
    'ROS 2 recording (a folder, .mcap or .db3), a folder of pictures, a URL (rtsp, rtmp, http, '
    'https, udp), or a GStreamer pipeline (... ! appsink)'
)
_SCHEMES = ('rtsp', 'rtmp', 'http', 'https', 'udp')


def open_source(spec: str, settings: SourceSettings) -> Source:
    """Open whatever `spec` names.

    Args:
        spec: 'simulated' or 'simulated:SCENE', a device number or path, a video or GIF file, a
            rosbag2 recording, a picture, a folder of pictures, a URL, or a GStreamer pipeline.
        settings: Settings of the source.

    Raises:
        SourceError: The source cannot be opened. The text says why and what was expected.
    """
    source = _open(spec.strip(), settings)
    if settings.topic and not isinstance(source, BagSource):
        source.close()
        raise SourceError(
            f'{source.description} has no topics; --topic names the images in a ROS 2 recording'
        )
    return source


def _open(spec: str, settings: SourceSettings) -> Source:
    if not spec:
        raise SourceError(f'the source is empty; {_EXPECTED}')
    if is_simulated(spec):
        return SimulatedSource(settings, spec)
    if re.fullmatch('[0-9]+', spec):
        return open_device(spec, settings)
    if LINK in spec:
        return open_pipeline(spec, settings)
    scheme = re.match('([A-Za-z][A-Za-z0-9+.-]*)://', spec)
    if scheme:
        if scheme[1].lower() not in _SCHEMES:
            raise SourceError(f"URLs with '{scheme[1]}://' cannot be opened; {_EXPECTED}")
        return open_stream(spec, settings)
    return _open_path(spec, settings)


def _open_path(spec: str, settings: SourceSettings) -> Source:
    try:
        path = Path(spec).expanduser()
        kind = path.stat().st_mode
    except FileNotFoundError:
        if spec.startswith('/dev/'):
            return open_device(spec, settings)
        raise SourceError(f'{spec}: there is no such file or folder; {_EXPECTED}') from None
    except PermissionError:
        raise SourceError(f'{spec}: no permission to access this path; {_EXPECTED}') from None
    except (OSError, ValueError, RuntimeError):
        # The path is too long, contains a NUL, or is in the home of an unknown user.
        raise SourceError(f'{spec[:80]!r} is not a valid path; {_EXPECTED}') from None
    if stat.S_ISCHR(kind):
        return open_device(spec, settings)
    if is_recording(path):
        return open_bag(path, settings)
    if stat.S_ISDIR(kind):
        return open_folder(path, settings)
    if not stat.S_ISREG(kind):
        raise SourceError(f'{spec}: this is neither a file nor a folder nor a camera; {_EXPECTED}')
    if path.suffix.lower() in SUFFIXES:
        return open_picture(path, settings)
    return open_video(path, settings)
