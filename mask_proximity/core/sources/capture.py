# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Sources that OpenCV captures: cameras, video files and streams."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import cv2

from mask_proximity.core.errors import SourceError, first_line
from mask_proximity.core.images.opencv_log import silence_opencv
from mask_proximity.core.outputs.files import is_text_path
from mask_proximity.core.sources.base import Frame, SourceSettings
from mask_proximity.core.sources.pixels import fit, to_bgr

STREAM_TIMEOUT = 5.0
"""Time limit in seconds for opening a stream, and for each image from it."""

# Keeps FFmpeg from writing to stderr. The variable is read when a video is first read or written.
os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')

# Frames per second: the default for a video that states none, and the highest that is believed.
_DEFAULT_RATE, _MAX_RATE = 25.0, 240.0
# Playlists and session descriptions are text files that FFmpeg can open as videos.
_TEXT_SUFFIXES = ('.m3u8', '.sdp')
# First bytes of a .y4m video, which begin with text.
_TEXT_VIDEO = b'YUV4MPEG2'
_SNIFFED_BYTES = 4096


def open_device(spec: str, settings: SourceSettings) -> CaptureSource:
    """Open a camera by its number or path.

    Raises:
        SourceError: The device is missing, not permitted, in use, or not a camera.
    """
    number = int(spec) if spec.isdigit() else None
    path = f'/dev/video{number}' if number is not None else spec
    description = f'camera {spec}'
    if sys.platform.startswith('linux'):
        if not os.path.exists(path):
            present = ', '.join(sorted(str(device) for device in Path('/dev').glob('video*')))
            raise SourceError(
                f'{description}: there is no device {path}; '
                + (f'expected one of: {present}' if present else 'no camera is connected')
            )
        if not os.access(path, os.R_OK | os.W_OK):
            raise SourceError(
                f'{description}: no permission to use {path}; add this user to the group that owns '
                "it (usually 'video') and log in again"
            )

    def connect() -> cv2.VideoCapture:
        try:
            capture = (
                cv2.VideoCapture(path, cv2.CAP_V4L2)
                if number is None
                else cv2.VideoCapture(number, cv2.CAP_ANY)
            )
        except (cv2.error, OverflowError):
            capture = cv2.VideoCapture()
        if not capture.isOpened():
            raise SourceError(
                f'{description}: {path} cannot be opened; expected a camera that no other program '
                'is using'
            )
        # Without a queue, the newest picture comes next.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        for setting, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, settings.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
            (cv2.CAP_PROP_FPS, settings.rate),
        ):
            if value:
                capture.set(setting, value)
        return capture

    return CaptureSource(connect, description, settings, live=True, device=True)


def open_video(path: Path, settings: SourceSettings) -> CaptureSource:
    """Open a video file.

    Raises:
        SourceError: The file is empty, not readable, or not a video that OpenCV can decode.
    """
    expected = 'expected a video file such as .mp4, .avi, .mkv or .gif'
    try:
        with path.open('rb') as file:
            start = file.read(_SNIFFED_BYTES)
    except OSError as error:
        raise SourceError(f'{path}: this file cannot be read ({error.strerror})') from None
    if not start:
        raise SourceError(f'{path}: this file is empty; {expected}')
    # FFmpeg would render the text as a video.
    if path.suffix.lower() not in _TEXT_SUFFIXES and _is_text(start):
        raise SourceError(f'{path}: this is a text file; {expected}')

    if not is_text_path(path):
        raise SourceError(f'{path}: OpenCV can open only names that are UTF-8; rename this file')

    def connect() -> cv2.VideoCapture:
        try:
            capture = cv2.VideoCapture(str(path), _file_backend())
        except cv2.error:
            capture = cv2.VideoCapture()
        if not capture.isOpened():
            raise SourceError(f'{path}: this file contains no video; {expected}')
        return capture

    return CaptureSource(connect, str(path), settings, live=False)


def open_stream(url: str, settings: SourceSettings) -> CaptureSource:
    """Open a stream, or a video file on a server.

    Raises:
        SourceError: The server does not answer in time, or sends no video.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition('@')[2]
        shown = parts._replace(netloc=host).geturl()
        complete = bool(parts.hostname)
        # Raises ValueError if the port is invalid.
        _ = parts.port
    except ValueError:
        # The URL is not shown, since it may contain a password.
        raise SourceError(
            'the URL of the source cannot be understood; expected e.g. rtsp://host:554/path'
        ) from None
    if not complete:
        raise SourceError(f'{shown}: this URL names no host; expected e.g. rtsp://host:554/path')
    milliseconds = int(1000 * STREAM_TIMEOUT)

    def connect() -> cv2.VideoCapture:
        limits = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            milliseconds,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            milliseconds,
        ]
        try:
            capture = cv2.VideoCapture(url, _file_backend(), limits)
        except cv2.error:
            capture = cv2.VideoCapture()
        if not capture.isOpened():
            raise SourceError(
                f'{shown}: no video arrived within {STREAM_TIMEOUT:g} s; expected a server that '
                'answers with a stream or a video file'
            )
        return capture

    live: bool | None = None if parts.scheme.lower() in ('http', 'https') else True
    return CaptureSource(connect, shown, settings, live)


def _file_backend() -> int:
    # The other backends guess formats that they do not know, and write to stderr.
    has_ffmpeg = cv2.CAP_FFMPEG in cv2.videoio_registry.getBackends()
    return cv2.CAP_FFMPEG if has_ffmpeg else cv2.CAP_ANY


def _is_text(start: bytes) -> bool:
    if start.startswith(_TEXT_VIDEO):
        return False
    try:
        # The last character may be cut in the middle of its bytes.
        whole = len(start) < _SNIFFED_BYTES
        text = start.decode('utf-8') if whole else start[:-4].decode('utf-8', 'strict')
    except UnicodeDecodeError as error:
        if error.end < len(start) - 8:
            return False
        text = start[: error.start].decode('utf-8')
    return all(letter.isprintable() or letter in '\n\r\t\f\x1b\ufeff' for letter in text)


class CaptureSource:
    """A source that OpenCV captures; see `base.Source`."""

    def __init__(
        self,
        connect: Callable[[], cv2.VideoCapture],
        description: str,
        settings: SourceSettings,
        live: bool | None,
        device: bool = False,
    ) -> None:
        """Open the capture.

        Args:
            connect: Opens the capture; called again to rewind.
            description: Description for the user.
            settings: Size and rate.
            live: Whether the source sets its own pace and has no end; None means to judge by the
                frame count that it reports.
            device: Whether size and rate are requested from the device when it is opened.

        Raises:
            SourceError: Raised by `connect`, or there is no image in the video.
        """
        self.description = description
        self.horizontal_fov = 0.0
        self.problems: list[str] = []
        self._settings = settings
        self._connect = connect
        self._device = device
        silence_opencv()
        self._capture = connect()
        if live is None:
            live = self._capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 0.0
        self._live = live
        self._own_rate = self._capture.get(cv2.CAP_PROP_FPS)
        if not (math.isfinite(self._own_rate) and 0.0 < self._own_rate <= _MAX_RATE):
            self._own_rate = _DEFAULT_RATE
        self.rate = 0.0 if live else self._rate_for(settings)
        self.frame_count = 0
        self._grabbed = 0
        # Frame at which the present rate began, and the number of images delivered since.
        self._begin = 0
        self._delivered = 0
        if not live:
            frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT) * self.rate / self._own_rate
            self.frame_count = round(frames) if 0.0 < frames < 1e9 else 0
            self._require_an_image()

    def _rate_for(self, settings: SourceSettings) -> float:
        # Never faster than it was filmed, which would make people seem to run.
        return min(settings.rate or self._own_rate, self._own_rate)

    def _require_an_image(self) -> None:
        try:
            empty = self.read() is None
        except SourceError:
            self.close()
            raise
        if empty:
            self.close()
            raise SourceError(
                f'{self.description}: no image can be read from this video; it is damaged, or has '
                'a format that this OpenCV cannot decode'
            )
        self.rewind()

    def read(self) -> Frame | None:
        """See Source.read."""
        if not self._capture.isOpened():
            raise SourceError(f'{self.description} is closed; open it again')
        wanted = 0
        if not self._live:
            # A lower rate skips images, so that motion keeps its speed.
            wanted = self._begin + math.floor(self._delivered * self._own_rate / self.rate + 1e-6)
        try:
            while self._grabbed < wanted:
                if not self._capture.grab():
                    return self._end()
                self._grabbed += 1
            success, picture = self._capture.read()
        except cv2.error as error:
            raise SourceError(
                f'{self.description} has failed in OpenCV ({first_line(error)})'
            ) from None
        if not success or picture is None:
            return self._end()
        self._grabbed += not self._live
        self._delivered += 1
        return Frame(fit(to_bgr(picture), self._settings))

    def _end(self) -> Frame | None:
        if self._live:
            raise SourceError(
                f'{self.description} has stopped delivering images; check its cable or network'
            )
        return None

    def rewind(self) -> None:
        """See Source.rewind."""
        if self._live:
            raise SourceError(f'{self.description} is live and has no beginning to go back to')
        # Seeking to the start is not exact in every container, opening again is.
        self._capture.release()
        self._capture = self._connect()
        self._grabbed = self._begin = self._delivered = 0

    def adapt(self, settings: SourceSettings) -> bool:
        """See Source.adapt."""
        old = self._settings
        changed = (settings.width, settings.height, settings.rate) != (
            old.width,
            old.height,
            old.rate,
        )
        if self._device and changed:
            return False
        self._settings = settings
        if not self._live:
            self.rate = self._rate_for(settings)
            self._begin, self._delivered = self._grabbed, 0
        return True

    def close(self) -> None:
        """See Source.close."""
        self._capture.release()
