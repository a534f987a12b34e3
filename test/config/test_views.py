# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The files for RViz, rqt and Foxglove parse, and name what the nodes really publish."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mask_proximity import environment
from mask_proximity.core.settings.nodes import CameraSettings
from mask_proximity.msg import FaceProximity, ProximityAlert
from support import ros

CONFIG = Path(__file__).resolve().parents[2] / 'config'
RVIZ = yaml.safe_load((CONFIG / 'mask_proximity.rviz').read_text(encoding='utf-8'))
RQT = json.loads((CONFIG / 'mask_proximity.perspective').read_text(encoding='utf-8'))
FOXGLOVE = json.loads((CONFIG / 'foxglove_layout.json').read_text(encoding='utf-8'))
PLUGINS = RQT['groups']['pluginmanager']
# Only where foxglove_msgs is installed.
OPTIONAL = {'/annotations'}


def values(tree: Any) -> Iterator[str]:
    """All texts of a tree of dictionaries and lists, keys included."""
    if isinstance(tree, dict):
        yield from tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from values(item)
    elif isinstance(tree, str):
        yield tree


def rviz_topics() -> set[str]:
    displays = RVIZ['Visualization Manager']['Displays']
    return {display['Topic']['Value'] for display in displays if 'Topic' in display}


def rqt_topics() -> set[str]:
    (image,) = (
        group['groups']['plugin']['keys']['topic']['repr']
        for name, group in PLUGINS['groups'].items()
        if 'ImageView' in name
    )
    return {ast.literal_eval(image)}


def foxglove_paths() -> set[str]:
    return {text for text in values(FOXGLOVE['configById']) if text.startswith('/')}


def test_each_topic_is_one_that_the_nodes_publish(tmp_path: Path) -> None:
    named = rviz_topics() | rqt_topics() | {path.split('.')[0] for path in foxglove_paths()}
    assert {'/image_overlay', '/markers', '/alert', '/diagnostics', '/annotations'} <= named
    with ros.peer(tmp_path) as peer:
        for node in environment.NODES:
            peer.start(node, **({'source': 'simulated'} if node == 'camera_node' else {}))

        def published() -> set[str]:
            return {
                topic.removeprefix(peer.namespace)
                for topic, _ in peer.node.get_topic_names_and_types()
                if peer.node.count_publishers(topic)
            }

        peer.until(lambda: named - OPTIONAL <= published())


def test_rviz_opens_in_the_frame_of_the_images() -> None:
    manager = RVIZ['Visualization Manager']
    assert manager['Global Options']['Fixed Frame'] == CameraSettings().frame_id
    kinds = {display['Class'].rpartition('/')[2] for display in manager['Displays']}
    assert {'Image', 'MarkerArray', 'Grid', 'TF'} <= kinds


def test_rqt_has_settings_for_each_plugin_that_it_starts() -> None:
    running = ast.literal_eval(PLUGINS['keys']['running-plugins']['repr'])
    assert {'rqt_image_view/ImageView', 'rqt_topic/TopicPlugin', 'rqt_reconfigure/Param'} < set(
        running
    )
    assert set(PLUGINS['groups']) == {
        f'plugin__{name.replace("/", "__")}__{number}'
        for name, numbers in running.items()
        for number in numbers
    }
    for text in values(PLUGINS['groups']):
        if text[:1] in "'[{":
            ast.literal_eval(text)


def test_every_panel_of_foxglove_is_laid_out() -> None:
    panels = {text for text in values(FOXGLOVE['layout']) if '!' in text}
    assert panels == set(FOXGLOVE['configById'])


def test_the_fields_that_foxglove_draws_exist() -> None:
    paths = {path for path in foxglove_paths() if path.startswith('/alert.')}
    assert paths == {'/alert.level', '/alert.faces[0].width_ratio', '/alert.latency.nsec'}
    fields = ProximityAlert.get_fields_and_field_types()
    assert {'level', 'faces'} < set(fields)
    # Foxglove calls the parts of a duration sec and nsec.
    assert fields['latency'] == 'builtin_interfaces/Duration'
    assert 'width_ratio' in FaceProximity.get_fields_and_field_types()
