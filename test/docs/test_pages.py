# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What the pages say of the code, encodings, presets, Fast DDS and qualities of service is so."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from rclpy.qos import QoSDurabilityPolicy, QoSReliabilityPolicy

from mask_proximity import environment
from mask_proximity.core.images.raw import ENCODINGS
from mask_proximity.core.settings.nodes import NODES
from mask_proximity.core.settings_table import setting_rows
from support import ros

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / 'mask_proximity'
_LINES = 'What became of each line'


def text(page: str) -> str:
    return (ROOT / 'docs' / page).read_text(encoding='utf-8')


def section(page: str, title: str) -> str:
    return re.split(r'\n## ', text(page).split(f'\n## {title}\n')[1])[0]


def block(markdown: str, language: str) -> str:
    (found,) = re.findall(rf'```{language}\n(.*?)```', markdown, re.DOTALL)
    return str(found)


@pytest.mark.parametrize('page', ['docs/architecture.md', 'CONTRIBUTING.md'])
def test_files_and_names_of_the_code_exist(page: str) -> None:
    content = (ROOT / page).read_text(encoding='utf-8')
    paths = set(re.findall(r'(?<![\w/.])((?:\w+/)+[\w.]*\.(?:py|yaml|md|msg))', content))
    assert len(paths) > 10
    missing = {
        path
        for path in paths
        if not any((base / path).is_file() for base in (ROOT, ROOT / 'docs', PACKAGE))
    }
    assert not missing
    # A file and what is in it, as in: [core/types.py](../mask_proximity/core/types.py) `Face.box`.
    named = re.findall(r'\[([\w/]+\.py)\]\([^)]*\) `(\w+)(?:\.(\w+))?`', content)
    for path, *names in named:
        file = next(base / path for base in (ROOT, PACKAGE) if (base / path).is_file())
        code = file.read_text(encoding='utf-8')
        for name in filter(None, names):
            assert re.search(rf'\b(class|def) {name}\b', code), f'{path} has no {name}'


def test_the_encodings_are_all_that_are_taken() -> None:
    first = section('own_camera.md', 'Encodings').split(', with padding')[0]
    assert tuple(re.split(r',\s+', first.strip())) == ENCODINGS


def test_the_page_of_the_tutorial_has_every_line_of_the_preset() -> None:
    preset = yaml.safe_load((ROOT / 'config' / 'tutorial.yaml').read_text(encoding='utf-8'))
    named = dict(re.findall(r'`(\w+): ([^`]+)`', section('from_the_tutorial.md', _LINES)))
    wanted: dict[str, Any] = {}
    for content in preset.values():
        wanted |= content['ros__parameters']
    assert {name: yaml.safe_load(value) for name, value in named.items()} == wanted


def test_every_parameter_that_a_page_names_exists() -> None:
    known = {row.name for settings in NODES.values() for row in setting_rows(settings)}
    rows = re.findall(r'^\|.*\|$', section('from_the_tutorial.md', _LINES), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r'`(\w+_\w+)`', row)}
    topics_and_nodes = {'image_overlay', 'camera_node', 'overlay_node'}
    assert named - topics_and_nodes <= known
    assert len(named) > 10


def test_the_page_of_large_images_gives_the_sizes_of_the_profile() -> None:
    root = ElementTree.parse(ROOT / 'config' / 'fastdds.xml').getroot()
    sizes = {
        item.tag.rpartition('}')[2]: int(item.text or 0)
        for item in root.iter()
        if item.tag.endswith(('segment_size', 'maxMessageSize'))
    }
    page = section('large_images.md', 'Fast DDS (the default of ROS 2)')
    assert f'{sizes["segment_size"] >> 20} MiB' in page
    assert f'up to {sizes["maxMessageSize"] >> 20} MiB' in ' '.join(page.split())
    assert 'CycloneDDS' in ElementTree.fromstring(block(text('large_images.md'), 'xml')).tag


def test_the_example_of_qos_overrides_overrides(tmp_path: Path) -> None:
    example = section('own_camera.md', 'Quality of service')
    file = tmp_path / 'qos.yaml'
    file.write_text(block(example, 'yaml'), encoding='utf-8')
    log = tmp_path / 'detector.log'
    command = environment.node_command(
        'detector_node', '-r', '__ns:=/front', '--params-file', str(file)
    )
    with ros.peer(tmp_path) as peer, log.open('wb') as stream:
        process = subprocess.Popen(
            command,
            env={**os.environ, 'ROS_DOMAIN_ID': str(peer.domain)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            (images,) = peer.until(
                lambda: peer.node.get_subscriptions_info_by_topic('/front/image_raw')
            )
            (alerts,) = peer.until(lambda: peer.node.get_publishers_info_by_topic('/front/alert'))
            assert images.qos_profile.reliability == QoSReliabilityPolicy.RELIABLE
            assert alerts.qos_profile.durability == QoSDurabilityPolicy.VOLATILE
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(ros.PATIENCE) == 0
    assert 'rror' not in log.read_text()
