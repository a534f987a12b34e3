# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The definitions in a recording describe the types that are on the wire, to the hash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_share_directory
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from mask_proximity.ros.message_definitions import definition, type_name
from mask_proximity.ros.topic_recorder import TOPICS


@pytest.mark.parametrize('kind', sorted({type_name(each) for each in TOPICS.values()}))
def test_rosbags_computes_the_same_hash_from_it(kind: str) -> None:
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(definition(kind), kind))
    package, folder, name = kind.split('/')
    described = Path(get_package_share_directory(package), folder, f'{name}.json')
    (wanted,) = [
        each['hash_string']
        for each in json.loads(described.read_text())['type_hashes']
        if each['type_name'] == kind
    ]
    assert store.hash_rihs01(kind) == wanted
