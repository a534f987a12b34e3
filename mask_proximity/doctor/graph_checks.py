# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Findings from what the child processes saw: images, detectors, a round trip of large images."""

from __future__ import annotations

import os
import statistics
import textwrap
from collections.abc import Iterator
from typing import Any

from mask_proximity.core.monitoring.health import (
    COMPRESSED_IMAGE,
    RAW_IMAGE,
    Severity,
    base_topic,
    nearest_topics,
)
from mask_proximity.core.types import Level, Reason
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.doctor.subprocesses import HEIGHT, IMAGES_SENT, NO_ANSWER, WIDTH, Child
from mask_proximity.middleware import fast_dds_profile, fix

# On a busy machine, an image or two may get lost.
_MIN_IMAGES = IMAGES_SENT - 2
_OUTCOMES = {
    Severity.OK: Outcome.OK,
    Severity.WARN: Outcome.WARN,
    Severity.ERROR: Outcome.FAIL,
    Severity.STALE: Outcome.SKIP,
}
_PAGE = 'see docs/no_output.md'
_LAUNCH = 'ros2 launch mask_proximity mask_proximity.launch.py'
_MAX_LISTED = 4
_MAX_TEXT = 120


def round_trip(sender: Child, receiver: Child) -> Iterator[Finding]:
    """Check whether large images pass between two processes.

    Args:
        sender: Child that sends the images.
        receiver: Child that receives them.
    """
    received = receiver.answer()
    sent = sender.answer()
    subject = 'round trip'
    if not (received['met'] and sent['met']):
        yield Finding(
            Outcome.FAIL,
            subject,
            'two processes on this machine do not find each other',
            'let the firewall pass UDP multicast and ports from 7400 on; if ROS_STATIC_PEERS, a '
            f'discovery server or a profile is set, check it; {_PAGE}',
        )
        return
    count = len(received['latencies'])
    text = (
        f'{count} of {IMAGES_SENT} images of {WIDTH}x{HEIGHT} (best effort) arrived between two '
        'processes'
    )
    if count >= _MIN_IMAGES:
        median = statistics.median(received['latencies']) * 1e3
        yield Finding(Outcome.OK, subject, f'{text}, in {median:.0f} ms')
        return
    if 'fastrtps' in received['rmw'] and fast_dds_profile(os.environ).fault:
        fix_text = "the fix of 'room for images' above fixes this, too"
    else:
        fix_text = f'the machine is very busy, or {received["rmw"]} needs more room: {_PAGE}'
    yield Finding(Outcome.FAIL, subject, text, fix_text)


def images(graph: dict[str, Any]) -> Iterator[Finding]:
    """Check the image topic: who publishes it, whether that is compatible, and what arrives.

    Args:
        graph: Answer of the graph probe.
    """
    topic, publishers = graph['topic'], graph['publishers']
    if not publishers:
        yield from _no_publisher(graph)
        return
    compressed = topic.endswith('/compressed')
    expected = graph['expected'] or (COMPRESSED_IMAGE if compressed else RAW_IMAGE)
    for publisher in publishers:
        yield _publisher(topic, publisher, expected)
    if graph['image_topics']:
        yield Finding(Outcome.OK, 'other images', _listed(graph['image_topics']))
    if any(publisher['type'] in (RAW_IMAGE, COMPRESSED_IMAGE) for publisher in publishers):
        yield from _stream(graph)


def _publisher(topic: str, publisher: dict[str, str], expected: str) -> Finding:
    kind, policy = publisher['type'], publisher['incompatible_policy']
    who = f'{topic}: {_short(kind)} by {publisher["node"]}'
    if kind != expected:
        fix_text, command = 'use another topic for the images', ''
        if kind == COMPRESSED_IMAGE:
            fix_text = 'let the detector take compressed images from this topic'
            command = (
                'ros2 run mask_proximity detector_node --ros-args -p image_transport:=compressed '
                f'-r image_raw/compressed:={topic}'
            )
        elif kind == RAW_IMAGE:
            fix_text = 'let the detector take raw images from this topic'
            command = f'ros2 run mask_proximity detector_node --ros-args -r image_raw:={topic}'
        text = f'{who}, where {_short(expected)} is expected'
        return Finding(Outcome.FAIL, 'images', text, fix_text, command)
    if policy:
        fix_text = f'make publisher and detector agree on the {policy}'
        if publisher['required_value']:
            fix_text = (
                f'set qos_overrides.{topic}.subscription.{policy}: {publisher["required_value"]} '
                'for detector_node, or change the publisher'
            )
        text = f'{who}, whose quality of service does not fit ({policy})'
        return Finding(Outcome.FAIL, 'images', text, fix_text)
    return Finding(Outcome.OK, 'images', who)


def _stream(graph: dict[str, Any]) -> Iterator[Finding]:
    """Check the images that arrive: how often they come, and whether they can be read."""
    stream = graph['stream']
    if stream['images'] == 0:
        yield Finding(
            Outcome.FAIL,
            'rate',
            f'nothing arrived here within {graph["seconds"]:.1f} s, though the topic is published',
            'check that the camera delivers; if it does, start its driver with room for images',
            fix(os.environ),
        )
        return
    size = f'{stream["bytes"] / 1e6:.2f} MB each, {stream["format"]}'
    if stream['images'] == 1:
        text = f'one image within {graph["seconds"]:.1f} s, {size}'
    else:
        text = f'{stream["rate"]:.1f} Hz, {size}'
    yield Finding(Outcome.OK, 'rate', text)
    inputs = [detector['diagnostics'].get('input') for detector in graph['detectors']]
    if any(status and status[0] == Severity.ERROR for status in inputs):
        # A detector itself reports what is wrong with the images.
        return
    if stream['unreadable']:
        yield Finding(
            Outcome.FAIL,
            'encoding',
            stream['unreadable'],
            'make the driver send what is expected, or use another topic',
        )
    if stream['stamps']:
        yield Finding(
            Outcome.FAIL,
            'stamps',
            stream['stamps'],
            'use one clock for camera and detector (NTP); use_sim_time for a bag or a simulation',
        )


def _no_publisher(graph: dict[str, Any]) -> Iterator[Finding]:
    topic, expected = graph['topic'], graph['expected'] or RAW_IMAGE
    # If no detector runs either, this is not a failure yet.
    outcome = Outcome.FAIL if graph['detectors'] else Outcome.WARN
    near = nearest_topics(topic, expected, graph['image_topics'])
    if not near:
        yield Finding(
            outcome,
            'images',
            f'nobody publishes {topic}, nor any other image topic',
            'start the camera driver, or camera_node; if it is running, use the same ROS_DOMAIN_ID '
            'for all, or a longer --timeout',
            'ros2 run mask_proximity camera_node',
        )
        return
    (name, kind), fix_text = near[0], 'let the detector take them'
    base = base_topic(name, kind)
    command = f'{_LAUNCH} camera:=none image_topic:={base}'
    if kind != expected:
        transport = 'compressed' if kind == COMPRESSED_IMAGE else 'raw'
        fix_text += f', with image_transport: {transport}'
        if graph['detectors'] and base == base_topic(topic, expected):
            command = f'ros2 param set {graph["detectors"][0]["name"]} image_transport {transport}'
    text = f'nobody publishes {topic}; images are on {_listed(near)}'
    yield Finding(outcome, 'images', text, fix_text, command)


def _listed(image_topics: list[tuple[str, str]]) -> str:
    shown = [f'{name} ({_short(kind)})' for name, kind in image_topics[:_MAX_LISTED]]
    more = len(image_topics) - len(shown)
    return ', '.join(shown) + (f' and {more} more' if more else '')


def _short(kind: str) -> str:
    return kind.replace('/msg/', '/')


def detectors(graph: dict[str, Any]) -> Iterator[Finding]:
    """Check each detector: its lifecycle state, its diagnostics, its newest alert.

    Args:
        graph: Answer of the graph probe.
    """
    if not graph['detectors']:
        yield Finding(
            Outcome.WARN,
            'detector',
            'no detector_node runs here',
            command=_LAUNCH,
        )
    for detector in graph['detectors']:
        yield _state(detector)
        for name, (severity, sentence) in detector['diagnostics'].items():
            # Shortened, because 'rate and latency' is wider than the column.
            yield Finding(_OUTCOMES[severity], f'  {name.replace(" and", ",")}', sentence)
        yield _alert(detector)


def _state(detector: dict[str, Any]) -> Finding:
    name, state = detector['name'], detector['state']
    if state in ('', 'active'):
        return Finding(Outcome.OK, 'detector', f'{name}{": active" if state else ""}')
    if state == NO_ANSWER:
        # Only a warning: whether the node hangs is shown by its alert.
        text = f'{name} has not answered yet when asked for its state'
        return Finding(Outcome.WARN, 'detector', text, 'run this again with a longer --timeout')
    step = 'configure' if state == 'unconfigured' else 'activate'
    return Finding(
        Outcome.FAIL,
        'detector',
        f'{name}: {state}',
        command=f'ros2 lifecycle set {name} {step}',
    )


def _alert(detector: dict[str, Any]) -> Finding:
    alert = detector['alert']
    if alert is None:
        return Finding(Outcome.FAIL, '  alert', 'none arrived; the node may hang: restart it')
    # The text may list all encodings; the status of the input shows it in full.
    text = textwrap.shorten(alert['text'], _MAX_TEXT, placeholder=' ...')
    text = f'{_name(Level, alert["level"])} ({_name(Reason, alert["reason"])}): {text}'
    if detector['now'] > alert['expires']:
        return Finding(
            Outcome.FAIL,
            '  alert',
            f'{text} This alert has expired, so it counts as UNKNOWN.',
            'if the node still runs, restart it, or set both machines to the same clock',
        )
    unknown = alert['level'] == Level.UNKNOWN
    return Finding(Outcome.WARN if unknown else Outcome.OK, '  alert', text)


def _name(kind: type[Level] | type[Reason], value: int) -> str:
    try:
        return kind(value).name
    except ValueError:
        return str(value)
