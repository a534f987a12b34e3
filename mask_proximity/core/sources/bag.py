# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The images of a ROS 2 recording as a source, with their recorded stamps and camera.

rosbags decodes the messages, so that no ROS is needed.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mask_proximity.core import optional_packages
from mask_proximity.core.errors import ImageError, SourceError, first_line
from mask_proximity.core.images.compressed import decode_compressed
from mask_proximity.core.images.raw import decode_raw
from mask_proximity.core.ranging.pinhole import is_rectified, pinhole_from_camera_info
from mask_proximity.core.sources.bag_files import Message, Recording, Topic
from mask_proximity.core.sources.base import Frame, SourceSettings
from mask_proximity.core.sources.pixels import fit
from mask_proximity.core.types import NANOSECONDS, Image

RAW = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
ALERT = 'mask_proximity/msg/ProximityAlert'

# Number of images whose stamps determine the rate.
_RATE_SAMPLES = 30
_MIN_RATE, _DEFAULT_RATE, _MAX_RATE = 1.0, 10.0, 240.0


def open_bag(path: Path, settings: SourceSettings) -> BagSource:
    """Open a rosbag2 file (MCAP or SQLite), or the folder of a recording.

    Raises:
        SourceError: The recording cannot be read, it is not clear which images to take, or rosbags
            or mcap is not installed.
    """
    return BagSource(path, settings)


class BagSource:
    """The images of a recording; see `base.Source`. What cannot be read is skipped and noted."""

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        """Open the recording.

        Args:
            path: Path of the file or folder.
            settings: Size, rate, and the topic if there are images on several topics.

        Raises:
            SourceError: See open_bag.
        """
        self.description = str(path)
        self.horizontal_fov = 0.0
        typesys = optional_packages.require('rosbags.typesys')
        # The types used here have not changed in later distributions.
        self._types = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE)
        self._settings = settings
        self._info: Any = None
        self._first_info: Any = None
        self._last: int | None = None
        self._went_back = False
        # Numbers of images: seen in all, seen before the present rate began, delivered since then,
        # and skipped.
        self._seen = self._begin = self._delivered = self._skipped = 0
        self._recording = Recording(path)
        try:
            self._topic = _image_topic(self._recording.topics, settings.topic, self.description)
            self._info_topic = _sibling(self._topic, 'camera_info')
            self._own_rate = self._look_ahead()
        except BaseException:
            self.close()
            raise
        self.rewind()
        self.adapt(settings)

    @property
    def problems(self) -> list[str]:
        """See Source."""
        return self._recording.problems

    def _look_ahead(self) -> float:
        """The rate of the images in 1/s. Also keeps the first camera_info and its field of view.

        Images that were recorded before the first camera_info use that one.
        """
        stamps: list[int] = []
        for message in self._messages():
            content = self._decoded(message)
            if message.topic == self._info_topic:
                self._first_info = self._first_info or content
            elif content is not None:
                stamps.append(_stamp(content, message))
            if len(stamps) == _RATE_SAMPLES:
                break
        if self._first_info is not None:
            info = self._first_info
            # A region of all zeros means the whole image.
            width = int(info.roi.width) or int(info.width)
            height = int(info.roi.height) or int(info.height)
            focal = pinhole_from_camera_info(info, width, height, 0.0).fx
            if width > 0 and focal > 0.0:
                self.horizontal_fov = 2.0 * math.atan(width / 2.0 / focal)
        steps = [later - stamp for stamp, later in itertools.pairwise(stamps) if later > stamp]
        rate = NANOSECONDS / statistics.median(steps) if steps else _DEFAULT_RATE
        return round(min(max(rate, _MIN_RATE), _MAX_RATE), 2)

    def read(self) -> Frame | None:
        """See Source.read."""
        for message in self._left:
            content = self._decoded(message)
            if message.topic == self._info_topic:
                self._info = content or self._info
                continue
            self._seen += 1
            # A lower rate skips images, so that motion keeps its speed.
            wanted = self._begin + math.floor(self._delivered * self._own_rate / self.rate + 1e-6)
            if content is None or self._seen <= wanted:
                continue
            try:
                picture = self._picture(content)
            except ImageError as error:
                self._skip(str(error))
                continue
            self._delivered += 1
            return self._frame(picture, content, message)
        if self._skipped > 1:
            self._recording.note(f'{self._skipped} images of {self._topic.name} were skipped')
        if self._last is None:
            raise SourceError(
                f'{self.description}: no image of {self._topic.name} can be read'
                + (f'; {self.problems[0]}' if self.problems else '')
            )
        return None

    def _frame(self, picture: Image, content: Any, message: Message) -> Frame:
        stamp = _stamp(content, message)
        back = (self._last or stamp) - stamp
        if back > 0 and not self._went_back:
            self._went_back = True
            self._recording.note(
                f'the stamps of {self._topic.name} go backwards, first by '
                f'{back / NANOSECONDS:.3f} s to {stamp / NANOSECONDS:.3f}'
            )
        self._last = stamp
        picture = fit(picture, self._settings)
        camera = None
        if self._info is not None:
            height, width = picture.shape[:2]
            fov = self._settings.horizontal_fov
            rectified = is_rectified(self._topic.name)
            camera = pinhole_from_camera_info(self._info, width, height, fov, rectified)
        return Frame(picture, stamp=stamp, camera=camera)

    def _picture(self, content: Any) -> Image:
        if self._topic.kind == COMPRESSED:
            return decode_compressed(content.data.tobytes(), content.format)
        return decode_raw(
            content.data,
            content.encoding,
            content.width,
            content.height,
            content.step,
            bool(content.is_bigendian),
        )

    def _messages(self) -> Iterator[Message]:
        return self._recording.messages({self._topic.name, self._info_topic})

    def _decoded(self, message: Message) -> Any:
        """The content of a message; None if it is damaged."""
        is_image = message.topic == self._topic.name
        kind = self._topic.kind if is_image else CAMERA_INFO
        try:
            return self._types.deserialize_cdr(message.data, kind)
        # A damaged message may raise anything.
        except Exception as error:
            if is_image:
                self._skip(f'it is not a complete {kind} ({first_line(error)})')
            return None

    def _skip(self, why: str) -> None:
        if self._skipped == 0:
            self._recording.note(f'an image of {self._topic.name} is skipped: {why}')
        self._skipped += 1

    def recorded_levels(self) -> dict[int, int]:
        """The levels of the alerts that were recorded with the images, if they can be read.

        Returns:
            Value of Level for each stamp of an image.
        """
        name = _sibling(self._topic, 'alert')
        topic, definition = self._recording.topics.get(name), self._recording.definitions.get(ALERT)
        if topic is None or topic.kind != ALERT or definition is None:
            return {}
        typesys = optional_packages.require('rosbags.typesys')
        # The recorded message type may have other fields than the present one.
        types = typesys.get_typestore(typesys.Stores.EMPTY)
        levels: dict[int, int] = {}
        with contextlib.suppress(Exception):
            types.register(typesys.get_types_from_msg(definition, ALERT))
            for message in self._recording.messages({name}):
                alert = types.deserialize_cdr(message.data, ALERT)
                # A heartbeat repeats the stamp of the image before it.
                levels.setdefault(_stamp(alert, message), int(alert.level))
        return levels

    def rewind(self) -> None:
        """See Source.rewind."""
        self._left = self._messages()
        self._info = self._first_info
        self._seen = self._begin = self._delivered = self._skipped = 0
        self._last = None
        self._went_back = False

    def adapt(self, settings: SourceSettings) -> bool:
        """See Source.adapt."""
        self._settings = settings
        # Never faster than it was recorded, which would make people seem to run.
        self.rate = min(settings.rate or self._own_rate, self._own_rate)
        self.frame_count = math.ceil(self._topic.count * self.rate / self._own_rate)
        self._begin, self._delivered = self._seen, 0
        return True

    def close(self) -> None:
        """See Source.close."""
        self._recording.close()


def _image_topic(topics: dict[str, Topic], requested: str, description: str) -> Topic:
    """The topic of the images.

    Raises:
        SourceError: There is no such topic, or there are several and none was requested.
    """
    images = {
        name: topic
        for name, topic in topics.items()
        if topic.kind in (RAW, COMPRESSED) and topic.count
    }
    present = ', '.join(images)
    if requested:
        if topic := images.get(requested) or images.get(f'/{requested}'):
            return topic
        raise SourceError(
            f'{description}: there are no images on {requested}'
            + (f'; expected one of: {present}' if images else ' or any other topic')
        )
    if not images:
        kinds = sorted({topic.kind for topic in topics.values() if topic.count})
        raise SourceError(
            f'{description}: this recording has no images, but '
            f'{", ".join(kinds) if kinds else "nothing at all"}; expected a topic of type {RAW} '
            f'or {COMPRESSED}'
        )
    # image_transport publishes the same images raw and compressed.
    single = [
        topic
        for name, topic in images.items()
        if _base(topic) == name or _base(topic) not in images
    ]
    if len(single) > 1:
        raise SourceError(f'{description}: there are images on {present}; choose one with --topic')
    return single[0]


def _base(topic: Topic) -> str:
    """The topic of the raw images that belongs to a topic of images."""
    parent, _, transport = topic.name.rpartition('/')
    return parent if topic.kind == COMPRESSED and transport.startswith('compressed') else topic.name


def _sibling(topic: Topic, name: str) -> str:
    """A topic in the same namespace as the images, as camera_info is."""
    return f'{_base(topic).rpartition("/")[0]}/{name}'


def _stamp(content: Any, message: Message) -> int:
    """Timestamp of an image in nanoseconds; its time of reception if the driver sets no stamp."""
    stamp = content.header.stamp
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec) or message.time
