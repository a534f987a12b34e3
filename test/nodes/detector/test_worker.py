# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The worker of detector_node, without DDS: fake publisher, fake clock, a real slot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from std_msgs.msg import Header

from mask_proximity.core.errors import ModelError
from mask_proximity.core.monitoring.rates import StreamStatistics
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, Alert, FrameResult, Level, Reason
from mask_proximity.nodes.detector.current_alert import CurrentAlert
from mask_proximity.nodes.detector.handover import (
    INACTIVE,
    DetectorSlot,
    Frame,
    Idle,
    ImageStream,
)
from mask_proximity.nodes.detector.worker import DetectorWorker
from mask_proximity.ros import conversions, image_conversions
from mask_proximity.ros.latest_slot import LatestSlot

START = 1_000 * NANOSECONDS
SETTINGS = DetectorSettings(stale_after=1.0, heartbeat_period=0.5)
PICTURE = np.zeros((8, 8, 3), np.uint8)


class FakePublisher:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.alerts: list[tuple[Alert, Header]] = []
        self.detections: list[FrameResult] = []

    def publish_alert(self, alert: Alert, header: Header, camera: object) -> None:
        self.alerts.append((alert, header))

    def publish_detections(self, result: FrameResult, header: Header, camera: object) -> None:
        self.detections.append(result)


class FakePipeline:
    """Says CLEAR of every image, after what `during` does."""

    def __init__(self, during: Callable[[], None] = lambda: None) -> None:
        self.during = during
        self.stage_times: Mapping[str, float] = {}

    def process(self, image: object, stamp: int, *_: object) -> FrameResult:
        self.during()
        return FrameResult(stamp, 8, 8, Alert(Level.CLEAR, Reason.NO_FACE, 'No face.', stamp))


class FakeLogger:
    def __init__(self) -> None:
        self.errors: list[str] = []

    def error(self, text: str) -> None:
        self.errors.append(text)


class Bench:
    """A worker whose thread is the test's own."""

    def __init__(self) -> None:
        self.time = 0.0
        self.publisher, self.logger = FakePublisher(), FakeLogger()
        self.slot: DetectorSlot = LatestSlot(INACTIVE)
        self.alert = CurrentAlert(
            self.publisher, lambda: SETTINGS, self.now, steady=lambda: self.time
        )
        self.worker = DetectorWorker(self.slot, self.alert, self.logger)

    def now(self) -> int:
        return START + round(self.time * NANOSECONDS)

    def start(self, pipeline: Any = None) -> ImageStream:
        """Switch to a new stream of images."""
        statistics = StreamStatistics(0.0)
        stream = ImageStream('/image_raw', False, pipeline or FakePipeline(), statistics, _nothing)
        self.slot.switch(stream)
        return stream

    def image(self, stream: ImageStream, age: float = 0.0, **fields: Any) -> None:
        """Put an image that was taken `age` seconds ago."""
        stamp = conversions.time_message(self.now() - round(age * NANOSECONDS))
        message = image_conversions.image_message(PICTURE, Header(stamp=stamp))
        for name, value in fields.items():
            setattr(message, name, value)
        self.slot.put(Frame(message), stream)

    def step(self) -> tuple[Level, Reason, str]:
        """Let the worker do one thing; what it then says."""
        said = len(self.publisher.alerts)
        self.worker.step(0.0)
        assert len(self.publisher.alerts) == said + 1
        alert = self.publisher.alerts[-1][0]
        return alert.level, alert.reason, alert.text


def _nothing() -> None:
    pass


def test_an_idle_detector_says_why_at_every_heartbeat() -> None:
    bench = Bench()
    for _ in range(2):
        assert bench.step() == (Level.UNKNOWN, INACTIVE.reason, INACTIVE.text)
    bench.slot.switch(Idle(Reason.FAULT, 'broken'))
    assert bench.step() == (Level.UNKNOWN, Reason.FAULT, 'broken')
    assert bench.alert.seconds_to_next() == SETTINGS.heartbeat_period


def test_the_way_of_an_image() -> None:
    bench = Bench()
    stream = bench.start()
    level, reason, text = bench.step()
    assert (level, reason) == (Level.UNKNOWN, Reason.NO_IMAGE) and '/image_raw' in text
    bench.image(stream)
    assert bench.step()[0] is Level.CLEAR
    assert len(bench.publisher.detections) == 1
    assert stream.statistics.measure(0.0).face_seen is False
    # The heartbeat repeats it with the stamp of the image.
    bench.time = 0.5
    assert bench.step()[0] is Level.CLEAR
    stamp = bench.publisher.alerts[-1][1].stamp
    assert conversions.nanoseconds(stamp) == START


def test_an_image_becomes_stale_in_time() -> None:
    bench = Bench()
    stream = bench.start()
    bench.image(stream)
    assert bench.step()[0] is Level.CLEAR
    bench.time = 0.9
    assert bench.step()[0] is Level.CLEAR
    # It wakes up when the image gets stale, not a heartbeat later.
    assert bench.alert.seconds_to_next() == pytest.approx(0.1)
    bench.time = 1.01
    assert bench.step()[:2] == (Level.UNKNOWN, Reason.STALE_IMAGE)


def test_a_late_image_is_never_clear() -> None:
    bench = Bench()
    stream = bench.start()
    bench.image(stream, age=1.5)
    assert bench.step()[:2] == (Level.UNKNOWN, Reason.STALE_IMAGE)


def test_the_clock_that_stands_still() -> None:
    bench = Bench()
    now = bench.now()
    bench.alert.now = lambda: now
    stream = bench.start()
    bench.image(stream)
    assert bench.step()[0] is Level.CLEAR
    bench.time = 1.5
    level, _, text = bench.step()
    assert level is Level.UNKNOWN and 'stood still' in text
    assert bench.worker.report.clock_stood == pytest.approx(1.5)


def test_what_is_deactivated_while_an_image_is_judged_is_not_published() -> None:
    bench = Bench()
    stream = bench.start(FakePipeline(during=lambda: bench.slot.switch(INACTIVE)))
    bench.step()
    bench.image(stream)
    said = len(bench.publisher.alerts)
    bench.worker.step(0.0)
    assert len(bench.publisher.alerts) == said and not bench.publisher.detections
    assert bench.step() == (Level.UNKNOWN, INACTIVE.reason, INACTIVE.text)


@pytest.mark.parametrize('state', ['idle', 'another stream'])
def test_an_image_of_a_stream_that_has_ended_is_not_the_next_ones(state: str) -> None:
    bench = Bench()
    first = bench.start()
    bench.image(first)
    assert bench.step()[0] is Level.CLEAR
    if state == 'idle':
        bench.slot.switch(INACTIVE)
        assert bench.step()[0] is Level.UNKNOWN
    second = bench.start()
    bench.image(first)
    assert bench.step()[:2] == (Level.UNKNOWN, Reason.NO_IMAGE)
    assert bench.worker.report.state is second


def test_a_broken_image_and_a_broken_net_are_faults_and_logged_once() -> None:
    def break_net() -> None:
        raise ModelError('the net is broken')

    bench = Bench()
    pipeline = FakePipeline()
    stream = bench.start(pipeline)
    for _ in range(2):
        bench.image(stream, encoding='nonsense')
        assert bench.step()[:2] == (Level.UNKNOWN, Reason.FAULT)
    assert len(bench.logger.errors) == 1 and 'nonsense' in bench.worker.report.image_fault
    pipeline.during = break_net
    for _ in range(2):
        bench.image(stream)
        assert bench.step() == (Level.UNKNOWN, Reason.FAULT, 'the net is broken')
    assert bench.logger.errors[1:] == ['the net is broken']
    pipeline.during = _nothing
    bench.image(stream)
    assert bench.step()[0] is Level.CLEAR
    assert (bench.worker.report.image_fault, bench.worker.report.model_fault) == ('', '')


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just('image'), st.floats(0.0, 3.0)),
            st.tuples(st.just('broken'), st.just(0.0)),
            st.tuples(st.just('wait'), st.floats(0.01, 3.0)),
            st.tuples(st.sampled_from(['idle', 'start']), st.just(0.0)),
        ),
        max_size=25,
    )
)
def test_clear_is_only_said_of_a_fresh_image_of_the_stream_at_hand(
    steps: list[tuple[str, float]],
) -> None:
    bench = Bench()
    stream: ImageStream | None = None
    # When the newest good image of the stream was taken; None if there is none.
    taken: float | None = None
    for step, value in steps:
        if step == 'start':
            stream, taken = bench.start(), None
        elif step == 'idle':
            bench.slot.switch(INACTIVE)
            stream, taken = None, None
        elif step == 'wait':
            bench.time += value
        elif stream is not None:
            bench.image(stream, value, **({'encoding': 'x'} if step == 'broken' else {}))
            taken = None if step == 'broken' else bench.time - value
        level = bench.step()[0]
        fresh = taken is not None and bench.time - taken <= SETTINGS.stale_after - 1e-6
        certainly_stale = taken is None or bench.time - taken > SETTINGS.stale_after + 1e-6
        assert level is not Level.CLEAR or not certainly_stale
        if step == 'image' and fresh:
            assert level is Level.CLEAR


def test_the_worker_lives_through_states_that_change_all_the_time() -> None:
    """What the executor's thread does at any moment neither ends the worker nor leaves CLEAR."""
    bench = Bench()
    ended: list[BaseException | None] = []

    def work() -> None:
        try:
            bench.worker.run()
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    for index in range(2000):
        stream = bench.start()
        bench.image(stream)
        if index % 3:
            bench.image(stream)
        bench.slot.switch(INACTIVE)
    bench.slot.wake()
    while bench.worker.report.state is not INACTIVE and thread.is_alive():
        bench.slot.wake()
    bench.slot.close()
    thread.join(timeout=60.0)
    assert ended == [None]
