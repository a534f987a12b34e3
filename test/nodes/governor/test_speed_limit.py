# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the controllers of Nav2 are told, by a stand-in for nav2_msgs where it is not installed."""

from __future__ import annotations

import importlib.util
import math
import sys
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import pytest
from std_msgs.msg import Header

from mask_proximity.core.types import NANOSECONDS
from mask_proximity.nodes.governor.speed_limit import SpeedLimitPublisher
from support import ros


class SpeedLimit(NamedTuple):
    """The fields of nav2_msgs/SpeedLimit; it refuses any other."""

    header: Header
    percentage: bool
    speed_limit: float


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> tuple[SpeedLimitPublisher, list[SpeedLimit]]:
    """The publisher, and what it has published."""
    package, messages = ModuleType('nav2_msgs'), ModuleType('nav2_msgs.msg')
    package.msg, messages.SpeedLimit = messages, SpeedLimit  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, 'nav2_msgs', package)
    monkeypatch.setitem(sys.modules, 'nav2_msgs.msg', messages)
    published: list[SpeedLimit] = []
    node: Any = SimpleNamespace(
        create_publisher=lambda *args, **options: SimpleNamespace(publish=published.append),
        resolve_topic_name=lambda name: f'/{name}',
    )
    return SpeedLimitPublisher(node), published


@pytest.mark.parametrize(
    ('limit', 'expected'),
    [(math.inf, 100.0), (3.0, 100.0), (1.0, 50.0), (0.019, 1.0), (0.0, 1.0)],
)
def test_a_limit_is_a_percentage_and_never_0_which_is_no_limit(
    limit: float, expected: float, told: tuple[SpeedLimitPublisher, list[SpeedLimit]]
) -> None:
    publisher, published = told
    publisher.publish(7 * NANOSECONDS, limit, 2.0)
    (message,) = published
    assert message.percentage is True
    assert message.speed_limit == expected
    assert message.header.stamp.sec == 7


def test_it_is_told_on_each_change_and_every_second(
    told: tuple[SpeedLimitPublisher, list[SpeedLimit]],
) -> None:
    publisher, published = told
    for seconds, limit in [(1.0, 1.0), (1.1, 1.0), (1.2, 0.5), (1.3, 0.5), (2.2, 0.5), (0.1, 0.5)]:
        publisher.publish(round(seconds * NANOSECONDS), limit, 1.0)
    times = [m.header.stamp.sec + m.header.stamp.nanosec / NANOSECONDS for m in published]
    assert times == [1.0, 1.2, 2.2, 0.1]


def test_there_is_no_topic_without_the_message(peer: ros.Peer) -> None:
    SpeedLimitPublisher(peer.node).publish(1, 1.0, 1.0)
    installed = importlib.util.find_spec('nav2_msgs') is not None
    there = {name for name, _ in peer.node.get_topic_names_and_types()}
    assert (f'{peer.namespace}/speed_limit' in there) is installed
