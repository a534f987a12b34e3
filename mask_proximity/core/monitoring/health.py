# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Why there is no output: turns facts into three statuses, each with one plain sentence.

docs/no_output.md lists the sentences with their fixes.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from math import isfinite, nan

from mask_proximity.core.alert.freshness import clock_fault, stamp_fault
from mask_proximity.core.monitoring.rates import WINDOW, StreamSnapshot
from mask_proximity.core.monitoring.settings import HealthSettings
from mask_proximity.core.monitoring.stages import NODE_STAGES
from mask_proximity.core.types import NANOSECONDS

RAW_IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED_IMAGE = 'sensor_msgs/msg/CompressedImage'
MESSAGE_TYPES = {'raw': RAW_IMAGE, 'compressed': COMPRESSED_IMAGE}
"""Type of the messages for each value of image_transport."""

# Share of lost images above which the detector counts as slow, and below which no longer.
_SLOW_SHARE, _KEEPS_UP_SHARE = 0.2, 0.1
# With a slow camera, one lost image is a large share, but no sign of a slow detector.
_MIN_LOST_IMAGES = 2
_MAX_TOPICS_NAMED = 4
# Long enough that a face which is missed in a few frames is not reported as absent.
_NO_FACE_SECONDS = 1.5


class Severity(IntEnum):
    """Severity of a status; the values are those of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


class Activity(Enum):
    """State of the node."""

    UNCONFIGURED = 'unconfigured'
    INACTIVE = 'inactive'
    ACTIVE = 'active'
    NO_LISTENERS = 'active, but idle (lazy) while nobody listens'


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher of the image topic.

    Attributes:
        node: Full name of its node.
        type: Type of its messages.
        incompatible_policy: QoS policy that does not fit that of the subscription; '' if all fit.
        required_value: Value of that policy in our qos_overrides parameter with which it would fit;
            '' if there is none.
    """

    node: str
    type: str
    incompatible_policy: str = ''
    required_value: str = ''


@dataclass(frozen=True, slots=True)
class Graph:
    """What the middleware knows about the topics around the node.

    Attributes:
        publishers: Publishers of the image topic.
        image_topics: Name and type of each other published topic that carries images.
    """

    publishers: Sequence[Publisher] = ()
    image_topics: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Middleware:
    """The middleware of this process.

    Attributes:
        name: Name of the RMW implementation.
        fits_images: Whether this process has enough shared memory for images; None if the
            middleware does not need it.
        fix: Shell command with which another process gets enough shared memory.
    """

    name: str = 'unknown'
    fits_images: bool | None = None
    fix: str = ''


@dataclass(frozen=True, slots=True)
class Facts:
    """A snapshot of the detector node, which fills it.

    Attributes:
        topic: Topic of the images, after remapping.
        settings: Settings in force.
        clock: The node's clock in nanoseconds; 0 before its first tick.
        measured: Statistics of the images since the node was activated.
        activity: State of the node.
        type: Type of the messages subscribed to.
        image_fault: Why the newest image could not be decoded; '' if it could.
        clock_stood: Seconds for which the node's clock has stood still.
        camera_fault: Why the newest image shows nothing, see CameraWatch; '' if it does.
        model_fault: Why the models are not loaded or do not work; '' if they do.
        models: Names and hashes of the loaded models, see perception/loaded_nets.py; empty if none
            are loaded.
        expected: Images per second that the nets can process on this machine, with one face in
            each; NaN if unknown.
        dropped: Number of images that were not processed since the node started.
    """

    topic: str
    settings: HealthSettings
    clock: int
    measured: StreamSnapshot
    activity: Activity = Activity.ACTIVE
    type: str = RAW_IMAGE
    image_fault: str = ''
    clock_stood: float = 0.0
    camera_fault: str = ''
    model_fault: str = ''
    models: Sequence[tuple[str, str]] = ()
    expected: float = nan
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """One of the three statuses.

    Attributes:
        name: Subject of the status, one of STATUS_NAMES.
        severity: Severity.
        key: Identifies the cause: it stays the same when only a number in the sentence changes.
        sentence: Sentence for the user.
        details: Names and values for the diagnostics.
    """

    name: str
    severity: Severity
    key: str
    sentence: str
    details: Sequence[tuple[str, str]] = field(default=())


STATUS_NAMES = ('input', 'models', 'rate and latency')
"""Names of the three statuses, in their order."""

ALREADY_LOGGED = ('unreadable', 'fault')
"""Prefixes of the keys whose fault the node has logged already, when it occurred."""

Verdict = tuple[Severity, str, str]
"""Severity, key and sentence of a status."""


class HealthJudge:
    """Turns facts into statuses. Its only state is whether the detector was slow (hysteresis)."""

    def __init__(self, middleware: Middleware) -> None:
        self._middleware = middleware
        self._slow = False

    def judge(self, facts: Facts, graph: Graph) -> tuple[Status, Status, Status]:
        """The statuses of input, models, and rate and latency."""
        measured = facts.measured
        self._slow = (
            measured.lost_share > (_KEEPS_UP_SHARE if self._slow else _SLOW_SHARE)
            and measured.lost >= _MIN_LOST_IMAGES
        )
        return (
            Status(
                STATUS_NAMES[0],
                *_input(facts, graph, self._middleware),
                (
                    ('activity', facts.activity.value),
                    ('topic', facts.topic),
                    ('type', facts.type),
                    ('publishers', ', '.join(p.node for p in graph.publishers) or 'none'),
                    ('other image topics', ', '.join(n for n, _ in graph.image_topics) or 'none'),
                    ('time since the newest image', _seconds(measured.silent)),
                    ('age of the images', _seconds(measured.age)),
                    ('time without a face', _seconds(measured.seconds_without_face)),
                    ('middleware', self._middleware.name),
                ),
            ),
            Status(STATUS_NAMES[1], *_models(facts), facts.models),
            Status(STATUS_NAMES[2], *_rate(facts, self._slow), _rate_details(facts)),
        )


def nearest_topics(
    name: str, kind: str, topics: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The image topics that the user may have meant, the likeliest first.

    Args:
        name: Name of the topic that has no publisher.
        kind: Type of that topic.
        topics: Name and type of each published image topic.
    """
    similar = difflib.SequenceMatcher(b=name)

    def unlikeliness(topic: tuple[str, str]) -> tuple[bool, bool, bool, float, str]:
        similar.set_seq1(topic[0])
        elsewhere = base_topic(*topic) != base_topic(name, kind)
        return elsewhere, 'depth' in topic[0], topic[1] != kind, -similar.ratio(), topic[0]

    # The overlay is drawn by this package and cannot be its input.
    return sorted(
        (topic for topic in topics if not topic[0].endswith('/image_overlay')), key=unlikeliness
    )


def base_topic(name: str, kind: str) -> str:
    """The topic to remap `image_raw` to in order to get the images of a topic.

    By image_transport's convention, the compressed images of X are on X/compressed.

    Args:
        name: Name of the topic.
        kind: Type of the topic.
    """
    return name.removesuffix('/compressed') if kind == COMPRESSED_IMAGE else name


def _input(facts: Facts, graph: Graph, middleware: Middleware) -> Verdict:
    if facts.activity in (Activity.UNCONFIGURED, Activity.INACTIVE):
        steps = 'activate' if facts.activity is Activity.INACTIVE else 'configure, then activate'
        return (
            Severity.WARN,
            facts.activity.name,
            f'The node is {facts.activity.value} and takes no images: ros2 lifecycle set '
            f'<this node> {steps}.',
        )
    if facts.activity is Activity.NO_LISTENERS:
        return (
            Severity.OK,
            facts.activity.name,
            'The node is idle (lazy is true): nobody listens to its alert or detections.',
        )
    still = clock_fault(facts.clock, facts.clock_stood, facts.settings)
    if still is not None:
        return Severity.ERROR, 'clock', still
    measured = facts.measured
    if measured.silent is None or measured.overdue:
        return _nothing_arrives(facts, graph, middleware)
    if facts.image_fault:
        return Severity.ERROR, f'unreadable {facts.image_fault}', _sentence(facts.image_fault)
    stamps = _stamps(facts)
    if stamps:
        return stamps
    if facts.camera_fault:
        return Severity.ERROR, f'camera {facts.camera_fault}', facts.camera_fault
    origin = ', '.join(publisher.node for publisher in graph.publishers) or facts.topic
    if measured.seconds_without_face > _NO_FACE_SECONDS and measured.processed > 0.0:
        return (
            Severity.OK,
            # People who come and go must not fill the log.
            'well' if measured.face_seen else 'faceless',
            f'Images arrive from {origin}, but there has been no face in them for '
            f'{measured.seconds_without_face:.0f} s.',
        )
    return Severity.OK, 'well', f'Images arrive from {origin}.'


def _nothing_arrives(facts: Facts, graph: Graph, middleware: Middleware) -> Verdict:
    fitting = [publisher for publisher in graph.publishers if publisher.type == facts.type]
    if graph.publishers and not fitting:
        return _other_type(facts, graph.publishers[0])
    if fitting and all(publisher.incompatible_policy for publisher in fitting):
        publisher = fitting[0]
        fix = (
            f'set qos_overrides.{facts.topic}.subscription.{publisher.incompatible_policy} to '
            f'{publisher.required_value}, or change that of the publisher'
            if publisher.required_value
            else 'make publisher and subscription agree on it'
        )
        return (
            Severity.ERROR,
            f'qos {publisher.node} {publisher.incompatible_policy}',
            f'{publisher.node} publishes {facts.topic} with a quality of service that does not '
            f'fit ours ({publisher.incompatible_policy}), so nothing arrives: {fix}.',
        )
    if not facts.measured.overdue:
        return Severity.OK, 'waiting', f'Waiting for the first image on {facts.topic}.'
    if not graph.publishers:
        return _no_publisher(facts, graph)
    origin = ', '.join(publisher.node for publisher in fitting)
    if facts.measured.silent is not None:
        return (
            Severity.ERROR,
            'stopped',
            f'The images have stopped, although {origin} still offers {facts.topic}: check '
            'whether the camera still delivers (ros2 topic hz), its cable and its driver.',
        )
    if middleware.fits_images is None:
        reason = f'or {middleware.name} loses large messages (see docs/no_output.md)'
    else:
        own = 'has it already' if middleware.fits_images else 'lacks it, too'
        reason = (
            'or its images do not fit into the shared memory of Fast DDS; then start it with '
            f'config/fastdds.xml: {middleware.fix} (this process {own})'
        )
    return (
        Severity.ERROR,
        'silent',
        f'{origin} offers {facts.topic}, but no image arrives: either it sends none, {reason}.',
    )


def _other_type(facts: Facts, publisher: Publisher) -> Verdict:
    fix = f'expected {_short(facts.type)}'
    if publisher.type == COMPRESSED_IMAGE:
        fix += '; set image_transport to compressed, or remap image_raw to the raw images'
    elif publisher.type == RAW_IMAGE:
        fix += '; set image_transport to raw'
    return (
        Severity.ERROR,
        f'type {publisher.type}',
        f'{publisher.node} publishes {facts.topic} as {_short(publisher.type)}: {fix}.',
    )


def _no_publisher(facts: Facts, graph: Graph) -> Verdict:
    candidates = nearest_topics(facts.topic, facts.type, graph.image_topics)
    if not candidates:
        return (
            Severity.ERROR,
            'no publisher',
            f'Nobody publishes {facts.topic}, nor any other image topic: start the camera driver '
            'or camera_node; if it runs, give both the same ROS_DOMAIN_ID.',
        )
    shown = ', '.join(f'{name} ({_short(kind)})' for name, kind in candidates[:_MAX_TOPICS_NAMED])
    if len(candidates) > _MAX_TOPICS_NAMED:
        shown += f' and {len(candidates) - _MAX_TOPICS_NAMED} more'
    name, kind = candidates[0]
    base = base_topic(name, kind)
    steps = []
    if base != base_topic(facts.topic, facts.type):
        steps.append(
            f'start the node with -r image_raw:={base} (the launch file with image_topic:={base})'
        )
    if kind != facts.type:
        transport = 'compressed' if kind == COMPRESSED_IMAGE else 'raw'
        steps.append(f'set image_transport to {transport}')
    return (
        Severity.ERROR,
        f'no publisher {candidates[:_MAX_TOPICS_NAMED]}',
        f'Nobody publishes {facts.topic}; images are on {shown}: {" and ".join(steps)}.',
    )


def _stamps(facts: Facts) -> Verdict | None:
    measured = facts.measured
    if not measured.stamped:
        sentence = stamp_fault(facts.clock, 0, facts.settings)
        return (Severity.ERROR, 'unstamped', sentence) if sentence else None
    if not isfinite(measured.age):
        return None
    stamp = facts.clock - round(measured.age * NANOSECONDS)
    sentence = stamp_fault(facts.clock, stamp, facts.settings)
    if sentence is None:
        return None
    if measured.age < 0:
        return Severity.ERROR, 'future', sentence
    return (
        Severity.ERROR,
        'old',
        f'Images arrive with old stamps, from another clock or delayed on the way. {sentence} '
        'Use one clock for camera and detector (NTP; use_sim_time for a bag or a simulation).',
    )


def _models(facts: Facts) -> Verdict:
    if facts.model_fault:
        return Severity.ERROR, f'fault {facts.model_fault}', _sentence(facts.model_fault)
    if facts.activity is Activity.UNCONFIGURED:
        return Severity.STALE, 'unconfigured', 'No models are loaded: the node is unconfigured.'
    if not facts.models:
        return Severity.OK, 'loading', 'The models are being loaded.'
    settings = facts.settings
    return (
        Severity.OK,
        f'loaded {facts.models}',
        f'Loaded: faces by {settings.face_model}, masks by {settings.mask_backend}.',
    )


def _rate(facts: Facts, slow: bool) -> Verdict:
    measured = facts.measured
    if facts.activity is not Activity.ACTIVE:
        return Severity.STALE, 'idle', f'Nothing to measure: the node is {facts.activity.value}.'
    faults = facts.image_fault, facts.camera_fault, facts.model_fault
    if measured.arrived == 0.0 or any(faults):
        return Severity.STALE, 'idle', 'Nothing to measure: no images are processed.'
    numbers = (
        f'{measured.arrived:.1f} images arrive per second, {measured.processed:.1f} are processed'
    )
    if slow:
        return (
            Severity.WARN,
            'slow',
            f'The detector is slower than the camera: {numbers}, {measured.lost_share:.0%} are '
            "dropped (always the older ones); lower the camera's rate, or let the detector use "
            'more threads.',
        )
    if measured.processed == 0.0:
        return Severity.OK, 'starting', f'{numbers}.'
    return (
        Severity.OK,
        'well',
        f'{numbers}; latency {measured.latency * 1e3:.0f} ms, at most '
        f'{measured.latency_max * 1e3:.0f} ms.',
    )


def _rate_details(facts: Facts) -> tuple[tuple[str, str], ...]:
    measured = facts.measured
    expected = f'{facts.expected:.0f} per second' if isfinite(facts.expected) else 'unknown'
    return (
        ('images per second', f'{measured.arrived:.1f}'),
        ('processed per second', f'{measured.processed:.1f}'),
        ('images that the nets allow', expected),
        ('dropped', f'{measured.lost_share:.0%}'),
        ('dropped since the start', str(facts.dropped)),
        ('latency, median', _seconds(measured.latency)),
        ('latency, 95 %', _seconds(measured.latency_p95)),
        ('latency, longest', _seconds(measured.latency_max)),
        *(
            (f'time of {stage}', _milliseconds(measured.stages.get(stage, nan)))
            for stage in NODE_STAGES
        ),
        ('window', f'{WINDOW:g} s'),
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:].rstrip('.') + '.'


def _short(kind: str) -> str:
    """The short form of a type, e.g. sensor_msgs/Image."""
    return kind.replace('/msg/', '/')


def _seconds(value: float | None) -> str:
    return f'{value:.3f} s' if value is not None and isfinite(value) else 'unknown'


def _milliseconds(seconds: float) -> str:
    return f'{seconds * 1e3:.2f} ms' if isfinite(seconds) else 'unknown'
