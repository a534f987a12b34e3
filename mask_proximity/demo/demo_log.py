# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What comes over the topics while a demonstration runs, and the files made of it."""

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


class DemoLog:
    """What came over the topics while the scene ran, and the files made of it."""

    def __init__(self, output: Path, rate: float, frames: int) -> None:
        """Open the files.

        Attributes are filled as it comes: `truth` and `levels` by the stamp of the frame, `alerts`
        with the time of publishing, nanoseconds.

        Args:
            output: folder, which exists.
            rate: of the scene, frames per second.
            frames: in the scene.
        """
        self.truth: dict[int, tuple[TrueFace, ...]] = {}
        self.levels: dict[int, Level] = {}
        self.stale_beats = 0
        self._first: int | None = None
        self.alerts: list[tuple[int, Alert]] = []
        self._output = output
        self._lines_part = partial_path(output / 'alerts.jsonl')
        self._lines = LineFile(self._lines_part)
        self._video = StampedVideo(output / 'annotated.mp4', rate)
        # None: no bar where there is no terminal to draw it on.
        self._progress = tqdm(total=frames, unit='frame', desc='scene', leave=False, disable=None)

    def say(self, text: str) -> None:
        """Print a line beside the progress bar."""
        self._progress.write(text)

    def seconds(self, time_: int) -> float:
        """Time since the first frame that was heard of."""
        return (time_ - self._first) / NANOSECONDS if self._first is not None else 0.0

    def _note_frame(self, stamp: int) -> None:
        self._first = stamp if self._first is None else min(self._first, stamp)

    def take_truth(self, faces: tuple[TrueFace, ...], stamp: int) -> None:
        """Note what truly was in a frame."""
        self._note_frame(stamp)
        self.truth[stamp] = faces
        self._progress.update()

    def take_alert(self, alert: Alert, message: ProximityAlert) -> None:
        """Note and write an alert."""
        stamp = conversions.nanoseconds(message.header.stamp)
        latency = conversions.nanoseconds(message.latency)
        record = alert_record(alert, stamp, latency, message.frames_dropped)
        self._lines.write(json.dumps(record, allow_nan=False))
        if alert.level is not Level.UNKNOWN:
            self._note_frame(stamp)
            self.levels.setdefault(stamp, alert.level)
        self.stale_beats = self.stale_beats + 1 if alert.reason is Reason.STALE_IMAGE else 0
        self.alerts.append((stamp + latency, alert))

    def take_overlay(self, image: Image, stamp: int) -> None:
        """Write an annotated picture into the video."""
        self._video.write(image, stamp)

    def take_change(self, before: Level | None, alert: Alert, published: int) -> None:
        """Tell of a change of level."""
        was = before.name if before is not None else 'start'
        self.say(
            f'  {self.seconds(published):5.1f} s  {was:>7} -> {alert.level.name:<7}  {alert.text}'
        )

    def complete(self, draw: Callable[[], bytes | None]) -> list[Path]:
        """Finish the files and name them.

        Args:
            draw: makes the timeline, a PNG file; None where there is nothing to show.
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
        """Leave nothing half-written behind. Does nothing after `complete`."""
        self._progress.close()
        self._video.discard()
        self._lines.close()
        self._lines_part.unlink(missing_ok=True)
