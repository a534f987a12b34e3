# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Collects what the nodes publish during a demonstration, and writes the files made from it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from mask_proximity.core.outputs.files import LineFile, partial_path, write_atomically
from mask_proximity.core.outputs.json_records import alert_record
from mask_proximity.core.outputs.video import StampedVideo
from mask_proximity.core.types import NANOSECONDS, Alert, Image, Level, Reason, TrueFace
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import conversions

NODE_LOG = 'nodes.log'
"""Name of the file that the output of the nodes goes to."""


class DemoLog:
    """Collects alerts, annotated images and the truth, and shows progress on the terminal.

    Attributes:
        truth: True faces of each frame, by its stamp in nanoseconds.
        levels: Level published for each frame, by its stamp in nanoseconds.
        alerts: Alerts in the order of arrival, each with its time of publishing in nanoseconds.
        stale_heartbeats: Number of STALE_IMAGE alerts since the last one of another reason.
        node_log: File that the output of the nodes goes to.
    """

    def __init__(self, output: Path, rate: float, frames: int) -> None:
        """Open the files.

        Args:
            output: Folder for the files, which exists.
            rate: Frame rate of the scene, Hz.
            frames: Number of frames in the scene.
        """
        self.truth: dict[int, tuple[TrueFace, ...]] = {}
        self.levels: dict[int, Level] = {}
        self.alerts: list[tuple[int, Alert]] = []
        self.stale_heartbeats = 0
        self.node_log = output / NODE_LOG
        self._first_stamp: int | None = None
        self._output = output
        self._lines_part = partial_path(output / 'alerts.jsonl')
        self._lines = LineFile(self._lines_part)
        self._video = StampedVideo(output / 'annotated.mp4', rate)
        # disable=None: no progress bar unless there is a terminal.
        self._progress = tqdm(total=frames, unit='frame', desc='scene', leave=False, disable=None)

    def print(self, text: str) -> None:
        """Print a line without disturbing the progress bar."""
        self._progress.write(text)

    def scene_time(self, time: int) -> float:
        """Seconds since the first frame that was received; `time` is in nanoseconds."""
        return (time - self._first_stamp) / NANOSECONDS if self._first_stamp is not None else 0.0

    def _note_frame(self, stamp: int) -> None:
        self._first_stamp = stamp if self._first_stamp is None else min(self._first_stamp, stamp)

    def add_truth(self, faces: tuple[TrueFace, ...], stamp: int) -> None:
        """Store the true faces of a frame; `stamp` is in nanoseconds."""
        self._note_frame(stamp)
        self.truth[stamp] = faces
        self._progress.update()

    def add_alert(self, alert: Alert, message: ProximityAlert) -> None:
        """Store an alert, and write it as a line of JSON."""
        stamp = conversions.nanoseconds(message.header.stamp)
        latency = conversions.nanoseconds(message.latency)
        record = alert_record(alert, stamp, latency, message.frames_dropped)
        self._lines.write(json.dumps(record, allow_nan=False))
        if alert.level is not Level.UNKNOWN:
            self._note_frame(stamp)
            self.levels.setdefault(stamp, alert.level)
        is_stale = alert.reason is Reason.STALE_IMAGE
        self.stale_heartbeats = self.stale_heartbeats + 1 if is_stale else 0
        self.alerts.append((stamp + latency, alert))

    def add_overlay(self, image: Image, stamp: int) -> None:
        """Write an annotated image into the video; `stamp` is in nanoseconds."""
        self._video.write(image, stamp)

    def print_change(self, before: Level | None, alert: Alert, published: int) -> None:
        """Print a change of level.

        Args:
            before: Previous level; None at the first alert.
            alert: Alert with the new level.
            published: Time of publishing, nanoseconds.
        """
        was = before.name if before is not None else 'start'
        time = self.scene_time(published)
        self.print(f'  {time:5.1f} s  {was:>7} -> {alert.level.name:<7}  {alert.text}')

    def complete(self, draw: Callable[[], bytes | None]) -> list[Path]:
        """Complete the files.

        Args:
            draw: Draws the timeline as PNG; returns None if there is nothing to show.

        Returns:
            The files that exist.
        """
        self._progress.close()
        self._video.close()
        self._lines.close()
        os.replace(self._lines_part, self._output / 'alerts.jsonl')
        picture = draw()
        if picture is not None:
            write_atomically(self._output / 'timeline.png', picture)
        names = ('annotated.mp4', 'timeline.png', 'alerts.jsonl')
        return [path for name in names if (path := self._output / name).is_file()]

    def discard(self) -> None:
        """Remove unfinished files. Does nothing after `complete`."""
        self._progress.close()
        self._video.discard()
        self._lines.close()
        self._lines_part.unlink(missing_ok=True)
