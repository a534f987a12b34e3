# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What all tests share: real pictures, real data where it is, and no silent skips."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import settings

from mask_proximity.core.types import Image

if TYPE_CHECKING:
    from support.ros import Peer, SharedDetector, SharedPeer

DATA = 'MASK_PROXIMITY_DATA'

# Helpers of the tests. Not by the ini option `pythonpath`, which pytest knows only from 7.0 on.
sys.path.insert(0, str(Path(__file__).resolve().parent))
pytest_plugins = ['support.declared', 'support.timeouts', 'support.versions']

# One profile for all. Without Hypothesis's deadline of 200 ms an example, which a busy machine
# breaks for no fault of the code; test/support/timeouts.py bounds each test.
settings.register_profile('no_deadline', deadline=None)
settings.load_profile('no_deadline')

# For the training, which is not installed. At the end of the path, since the source tree's own
# mask_proximity lacks the messages and must not hide the installed one.
sys.path.append(str(Path(__file__).resolve().parent.parent))


@pytest.fixture(scope='session')
def portrait() -> Image:
    """NASA's portrait of Eileen Collins, 512x512 BGR: one bare face, about 92 pixels wide."""
    return np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])


@pytest.fixture(scope='session')
def near_portrait(portrait: Image) -> Image:
    """640x480 with the portrait's face about 130 pixels wide: a fifth of the width.

    The lower right is grey: there the detector sees a large face with a score of 0.15, which is the
    least by default, and 8 bits more or less would decide.
    """
    enlarged = cv2.resize(portrait, (720, 720), interpolation=cv2.INTER_AREA)
    picture = np.ascontiguousarray(enlarged[:480, 20:660])
    picture[260:, 440:] = 128
    return picture


@pytest.fixture(scope='session')
def data() -> Path:
    """The folder of real pictures and clips."""
    folder = os.environ.get(DATA)
    if not folder:
        pytest.skip(f'{DATA} is not set: it names the folder of real pictures and clips')
    path = Path(folder)
    assert path.is_dir(), f'{DATA} names {path}, which is no folder'
    return path


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    """See support.ros.Peer."""
    # Not at the top: most tests need no ROS.
    from support import ros

    with ros.peer(tmp_path) as alone:
        yield alone


@pytest.fixture(scope='session')
def _shared_detector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedDetector]:
    from support import ros

    detector = ros.SharedDetector(tmp_path_factory.mktemp('shared_detector'))
    yield detector
    detector.close()


@pytest.fixture
def shared_peer(_shared_detector: SharedDetector, tmp_path: Path) -> Iterator[SharedPeer]:
    """A peer whose detector_node runs already: see support.ros.SharedPeer."""
    from support import ros

    with ros.shared_peer(_shared_detector, tmp_path) as shared:
        yield shared


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With MASK_PROXIMITY_NO_SKIPS, a skipped test fails the run: CI has all that is needed."""
    if not os.environ.get('MASK_PROXIMITY_NO_SKIPS') or hasattr(session.config, 'workerinput'):
        return
    reporter = session.config.pluginmanager.get_plugin('terminalreporter')
    skipped = [*reporter.stats.get('skipped', []), *reporter.stats.get('xfailed', [])]
    if skipped:
        reporter.write_line(f'{len(skipped)} tests were skipped where none may be:', red=True)
        for report in skipped:
            reporter.write_line(f'  {report.nodeid}: {report.longrepr}', red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
