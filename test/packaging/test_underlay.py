# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The vision_msgs that we speak are upstream's on the wire, whoever built them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from support.ros import Peer, peer

ROOT = Path(__file__).resolve().parents[2]
UNDERLAY = ROOT / 'underlay' / 'vision_msgs' / 'msg'

# RIHS01 (REP-2011) of vision_msgs 4.1.1, the release of Jazzy and Kilted.
UPSTREAM = {
    'BoundingBox2D': '008eacbb0cf8f26e83795547bed013eec3675485ef386ec056d80eaaf1c1ce2f',
    'Detection2D': '0d12b69df5c593b3455b7346fac8205437a7d4bcb09b9e0e0b2dde787ded38ea',
    'Detection2DArray': '214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
    'ObjectHypothesis': '51da43cec11c01957a64d1e05a24acd18aae7745ec30b74348ad5f6d634f7f90',
    'ObjectHypothesisWithPose': '41c12344c0396c48b81df12467c192d99b2a0eb1463c5c37194e4223251c80bc',
    'Point2D': 'eab0e83f44ab4de92ceaf76dd7d0e7638f2bdd1d16ffbe16c7a136c48e407247',
    'Pose2D': 'b0b5d1d7b4c20dd4fcde3ed1d4b289a919290572007d67a97043814db25d3648',
}


def typestore_of(texts: dict[str, str], package: str = 'vision_msgs') -> Typestore:
    """A store that knows the common messages of ROS 2 and the given ones of a package."""
    store = get_typestore(Stores.ROS2_JAZZY)
    add_messages(store, texts, package)
    return store


def add_messages(store: Typestore, texts: dict[str, str], package: str) -> None:
    for name, text in texts.items():
        store.register(get_types_from_msg(text, f'{package}/msg/{name}'))


def texts_in(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding='utf-8') for path in folder.glob('*.msg')}


def hash_on_the_wire(peer_: Peer, package: str, name: str) -> str:
    """What the compiled type support tells DDS about a type."""
    message = getattr(importlib.import_module(f'{package}.msg'), name)
    topic = f'{peer_.namespace}/{name.lower()}'
    publisher = peer_.node.create_publisher(message, topic, 1)
    (info,) = peer_.until(lambda: peer_.node.get_publishers_info_by_topic(topic))
    peer_.node.destroy_publisher(publisher)
    assert info.topic_type == f'{package}/msg/{name}'
    return str(info.topic_type_hash)


@pytest.fixture(scope='module')
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with peer(tmp_path_factory.mktemp('underlay')) as peer_:
        yield peer_


def test_the_underlay_has_these_messages_and_no_others() -> None:
    assert sorted(texts_in(UNDERLAY)) == sorted(UPSTREAM)


@pytest.mark.parametrize('name', UPSTREAM)
def test_the_hash_of_the_text_is_upstreams(name: str) -> None:
    store = typestore_of(texts_in(UNDERLAY))
    assert store.hash_rihs01(f'vision_msgs/msg/{name}') == f'RIHS01_{UPSTREAM[name]}'


def test_a_swapped_field_changes_the_hash_of_all_that_hold_it() -> None:
    texts = texts_in(UNDERLAY)
    texts['Point2D'] = 'float64 y\nfloat64 x\n'
    store = typestore_of(texts)
    for name in ('Point2D', 'Pose2D', 'BoundingBox2D', 'Detection2D', 'Detection2DArray'):
        assert store.hash_rihs01(f'vision_msgs/msg/{name}') != f'RIHS01_{UPSTREAM[name]}'


@pytest.mark.parametrize('name', UPSTREAM)
def test_the_hash_on_the_wire_is_upstreams(alone: Peer, name: str) -> None:
    assert hash_on_the_wire(alone, 'vision_msgs', name) == f'RIHS01_{UPSTREAM[name]}'


@pytest.mark.parametrize('name', ['FaceProximity', 'ProximityAlert'])
def test_our_installed_messages_are_those_of_the_source(alone: Peer, name: str) -> None:
    store = typestore_of(texts_in(UNDERLAY))
    add_messages(store, texts_in(ROOT / 'msg'), 'mask_proximity')
    expected = store.hash_rihs01(f'mask_proximity/msg/{name}')
    assert hash_on_the_wire(alone, 'mask_proximity', name) == expected
