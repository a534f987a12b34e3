# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Real people: clips through the core, and one through the whole graph."""

from __future__ import annotations

from pathlib import Path

from mask_proximity.core.perception.pipeline import load_pipeline
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.types import Level
from mask_proximity.msg import ProximityAlert
from support import ros


def levels_of(clip: Path, settings: DetectorSettings) -> list[Level]:
    source = open_source(str(clip), SourceSettings())
    pipeline = load_pipeline(settings)
    levels = []
    while (frame := source.read()) is not None:
        stamp = round((len(levels) + 1) / source.rate * 1e9)
        levels.append(pipeline.process(frame.image, stamp, settings).alert.level)
    return levels


def test_three_people_who_walk_up_raise_an_alert_as_they_come_near(data: Path) -> None:
    levels = levels_of(data / 'video' / 'three_people_approach.gif', DetectorSettings())
    assert len(levels) == 41
    assert Level.ALERT not in levels[:5], 'they are far away at first'
    assert levels[-10:] == [Level.ALERT] * 10, 'they stand in front of the camera at last'


def test_people_far_away_raise_none(data: Path) -> None:
    levels = levels_of(data / 'video' / 'two_people_walk_from_afar.gif', DetectorSettings())
    assert len(levels) == 35
    assert Level.ALERT not in levels


def test_the_whole_graph_on_a_real_clip(data: Path, tmp_path: Path) -> None:
    clip = data / 'video' / 'three_people_approach.gif'
    with ros.peer(tmp_path) as peer:
        alerts = peer.collect_alerts()
        peer.start('detector_node')
        peer.until(lambda: alerts and alerts[-1].reason == ProximityAlert.REASON_NO_IMAGE)
        # Again and again: on a busy machine the clip is over before all have found each other.
        camera = peer.start('camera_node', source=str(clip), loop='true')
        alert = peer.until(
            lambda: next((a for a in alerts if a.level == ProximityAlert.ALERT), None)
        )
        assert alert.text == 'Maintain Distance' and alert.faces
        # A camera that ends is silence, and silence is UNKNOWN.
        assert camera.end() == 0
        peer.until(lambda: alerts[-1].reason == ProximityAlert.REASON_STALE_IMAGE)
