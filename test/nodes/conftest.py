# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A peer on the graph for every test of a node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import ros


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[ros.Peer]:
    """See ros.Peer."""
    with ros.peer(tmp_path) as alone:
        yield alone
