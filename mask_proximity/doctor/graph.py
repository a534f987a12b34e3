# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Findings from what the probes have seen: images, detector, and a round trip of large images."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from typing import Any

from mask_proximity.core.health import (
    COMPRESSED_IMAGE,
    RAW_IMAGE,
    Severity,
    base_topic,
    nearest_topics,
)
from mask_proximity.core.scene import Level, Reason
from mask_proximity.doctor.children import HEIGHT, IMAGES_SENT, WIDTH, Child
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.middleware import cure, fast_dds_profile

# One image may be lost on a busy machine.
_ENOUGH_IMAGES = IMAGES_SENT - 2
_OUTCOMES = {
    Severity.OK: Outcome.OK,
    Severity.WARN: Outcome.WARN,
    Severity.ERROR: Outcome.FAIL,
    Severity.STALE: Outcome.SKIP,
}
_PAGE = 'see docs/no_output.md'
_LAUNCH = 'ros2 launch mask_proximity mask_proximity.launch.py'
_LISTED = 4


def round_trip(sender: Child, receiver: Child) -> Iterator[Finding]:
    """Whether large images pass between two processes.

    Args:
        sender: of the images.
        receiver: of them.
    """
    received = receiver.answer()
    sent = sender.answer()
    subject = 'round trip'
    if not (received['met'] and sent['met']):
        yield Finding(
            Outcome.FAIL,
            subject,
            'two processes on this machine do not find each other',
            'let the firewall pass UDP multicast and ports 7400 and up; where ROS_STATIC_PEERS, a '
            f'discovery server or a profile is set, check it; {_PAGE}',
        )
        return
    count = len(received['latencies'])
    text = (
        f'{count} of {IMAGES_SENT} images of {WIDTH}x{HEIGHT} (best effort) arrived between two '
        'processes'
    )
    if count >= _ENOUGH_IMAGES:
        median = statistics.median(received['latencies']) * 1e3
        yield Finding(Outcome.OK, subject, f'{text}, in {median:.0f} ms')
        return
    if 'fastrtps' in received['rmw'] and fast_dds_profile(os.environ).trouble:
        remedy = "this is what 'room for images' above mends"
    else:
        remedy = f'the machine is very busy, or {received["rmw"]} needs more room: {_PAGE}'
    yield Finding(Outcome.FAIL, subject, text, remedy)


def images(seen: dict[str, Any]) -> Iterator[Finding]:
    """The topic of the images: who publishes it, whether that fits, and what arrives.

    Args:
        seen: the answer of the probe `look`.
    """
    topic, publishers, stream = seen['topic'], seen['publishers'], seen['stream']
    if not publishers:
        # Where no detector runs either, nothing is amiss yet.
        outcome = Outcome.FAIL if seen['detectors'] else Outcome.WARN
        yield from _no_publisher(outcome, topic, seen['image_topics'])
        return
    for publisher in publishers:
        who = f'{topic}: {publisher["type"].replace("/msg/", "/")} by {publisher["node"]}'
        if publisher['unmet']:
            remedy = f'let publisher and detector agree on the {publisher["unmet"]}'
            if publisher['wanted']:
                remedy = (
                    f'qos_overrides.{topic}.subscription.{publisher["unmet"]}: '
                    f'{publisher["wanted"]} for detector_node, or change the publisher'
                )
            text = f'{who}, whose quality of service does not fit ({publisher["unmet"]})'
            yield Finding(Outcome.FAIL, 'images', text, remedy)
        else:
            yield Finding(Outcome.OK, 'images', who)
    if seen['image_topics']:
        yield Finding(Outcome.OK, 'other images', _listed(seen['image_topics']))
    if stream['images'] == 0:
        yield Finding(
            Outcome.FAIL,
            'rate',
            'nothing arrives here, though the topic is offered',
            'look whether the camera delivers; if it does, start its driver with room for images',
            cure(os.environ),
        )
    else:
        yield Finding(
            Outcome.OK,
            'rate',
            f'{stream["rate"]:.1f} Hz, {stream["bytes"] / 1e6:.2f} MB each',
        )


def _no_publisher(outcome: Outcome, topic: str, others: list[tuple[str, str]]) -> Iterator[Finding]:
    near = nearest_topics(topic, RAW_IMAGE, others)
    if not near:
        yield Finding(
            outcome,
            'images',
            f'nobody publishes {topic}, nor any other image topic',
            'start the camera driver, or our own',
            'ros2 run mask_proximity camera_node',
        )
        return
    yield Finding(
        outcome,
        'images',
        f'nobody publishes {topic}; images are on {_listed(near)}',
        'let the detector take them'
        + (', with image_transport: compressed' if near[0][1] == COMPRESSED_IMAGE else ''),
        f'{_LAUNCH} camera:=none image_topic:={base_topic(*near[0])}',
    )


def _listed(image_topics: list[tuple[str, str]]) -> str:
    shown = [f'{name} ({kind.replace("/msg/", "/")})' for name, kind in image_topics[:_LISTED]]
    more = len(image_topics) - len(shown)
    return ', '.join(shown) + (f' and {more} more' if more else '')


def detectors(seen: dict[str, Any]) -> Iterator[Finding]:
    """Each detector: its state, what it says of itself, its newest alert.

    Args:
        seen: the answer of the probe `look`.
    """
    if not seen['detectors']:
        yield Finding(
            Outcome.WARN,
            'detector',
            'no detector_node runs here',
            command=_LAUNCH,
        )
    for detector in seen['detectors']:
        yield _state(detector)
        for name, (severity, sentence) in detector['diagnostics'].items():
            # The statuses' own names are wider than the column.
            yield Finding(_OUTCOMES[severity], f'  {name.replace(" and", ",")}', sentence)
        yield _alert(detector)


def _state(detector: dict[str, Any]) -> Finding:
    name, state = detector['name'], detector['state']
    if state in ('', 'active'):
        return Finding(Outcome.OK, 'detector', f'{name}{": active" if state else ""}')
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
        return Finding(Outcome.FAIL, '  alert', 'none came; the node may hang: start it again')
    text = f'{_name(Level, alert["level"])} ({_name(Reason, alert["reason"])}): {alert["text"]}'
    if detector['now'] > alert['expires']:
        return Finding(
            Outcome.FAIL,
            '  alert',
            f'{text} This has expired, so it counts as UNKNOWN.',
            'if the node still runs: start it again, or give both the same clock',
        )
    unknown = alert['level'] == Level.UNKNOWN
    return Finding(Outcome.WARN if unknown else Outcome.OK, '  alert', text)


def _name(kind: type[Level] | type[Reason], value: int) -> str:
    try:
        return kind(value).name
    except ValueError:
        return str(value)
