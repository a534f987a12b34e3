# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The structure: imports point one way, and a process loads only what it needs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from mask_proximity import environment

ROS = (
    'rclpy',
    'sensor_msgs',
    'std_msgs',
    'vision_msgs',
    'ament_index_python',
    'mask_proximity.msg',
)
ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / 'mask_proximity'

# From the ground up: each may import those before it, and itself.
FLOORS = (
    ('core',),
    ('environment', 'middleware'),
    ('ros',),
    ('client',),
    ('nodes',),
    ('analysis', 'calibrate', 'demo', 'doctor', 'documents', 'fleet', 'message_page'),
    ('cli',),
)
# Aliases of 0.5, which look back at what has moved.
ALIASES = {'core.expiry', 'nodes.conversions', 'nodes.qos', 'nodes.runner'}


def package_imports() -> dict[str, set[str]]:
    """The modules of the package, without their first name, and what each imports of it."""
    paths = {
        '.'.join(path.relative_to(PACKAGE).with_suffix('').parts).removesuffix('.__init__'): path
        for path in PACKAGE.rglob('*.py')
        if '__pycache__' not in path.parts and path != PACKAGE / '__init__.py'
    }
    assert len(paths) > 100
    return {
        name: {
            nearest
            for imported in _imports_of(path)
            if (nearest := _nearest(imported, paths)) not in ('', name)
        }
        for name, path in paths.items()
        if name not in ALIASES
    }


def _imports_of(path: Path) -> Iterator[str]:
    """Also those inside functions: they run some time."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def _nearest(imported: str, paths: Mapping[str, Path]) -> str:
    """The module of ours that an import names, itself or by what is in it; '' if none."""
    if not imported.startswith('mask_proximity.'):
        return ''
    name = imported.removeprefix('mask_proximity.')
    while name and name not in paths:
        name = name.rpartition('.')[0]
    return name


def circle_in(graph: Mapping[str, Iterable[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def rooms(imports: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same between the folders of the core."""

    def room(name: str) -> str:
        return '.'.join(name.split('.')[:2])

    graph: dict[str, set[str]] = {}
    for name, imported in imports.items():
        if name.startswith('core.'):
            others = {room(other) for other in imported if other.startswith('core.')}
            graph.setdefault(room(name), set()).update(others - {room(name)})
    return graph


def test_there_is_no_circle() -> None:
    imports = package_imports()
    assert circle_in(imports) == []
    graph = rooms(imports)
    assert {'core.alert', 'core.detection', 'core.tracking'} < graph.keys()
    assert circle_in(graph) == []


def test_a_circle_would_be_found() -> None:
    assert circle_in({'a': {'b'}, 'b': {'c'}, 'c': {'a'}}) != []


def test_no_import_runs_upwards() -> None:
    floor_of = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    imports = package_imports()
    assert {name.split('.')[0] for name in imports} == floor_of.keys()
    upwards = [
        f'{name} imports {other}'
        for name, imported in imports.items()
        for other in imported
        if floor_of[other.split('.')[0]] > floor_of[name.split('.')[0]]
    ]
    assert upwards == []


def test_nodes_do_not_know_each_other_s_parts() -> None:
    owners = {
        'camera': 'camera_node',
        'detector': 'detector_node',
        'governor': 'speed_governor_node',
    }
    for name, imported in package_imports().items():
        for other in imported:
            part = other.split('.')
            if part[0] == 'nodes' and len(part) > 2:
                own = name.startswith(f'nodes.{part[1]}') or name == f'nodes.{owners[part[1]]}'
                assert own, f'{name} imports {other}'


def imported_by(statement: str) -> set[str]:
    """The modules that a fresh Python has after a statement."""
    code = f'{statement}\nimport sys\nprint("\\n".join(sys.modules))'
    # Python looks first into the current folder, and the source tree lacks the messages.
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [sys.executable, '-c', code],
            cwd=elsewhere,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_core_imports_no_ros() -> None:
    modules = [name for name in package_imports() if name.startswith('core')]
    loaded = imported_by('\n'.join(f'import mask_proximity.{module}' for module in modules))
    assert 'mask_proximity.core.perception.pipeline' in loaded
    assert not loaded.intersection(ROS)


HEAVY = {'tensorflow', 'keras', 'matplotlib', 'skimage', 'scipy', 'pygame', 'jinja2'}
# Parts of ours, by their modules. Each room's settings.py is loaded with any table of parameters.
NETS = {
    'core.classification.classifier',
    'core.detection.detector',
    'core.detection.opencv_ssd',
    'core.models.litert',
    'core.perception.pipeline',
    'core.perception.net_pool',
}
RULE = {'core.alert.policy', 'core.tracking.tracker', 'core.ranging.distance'}
SOURCES = {
    'core.sources.bag',
    'core.sources.bag_files',
    'core.sources.base',
    'core.sources.capture',
    'core.sources.opening',
    'core.sources.simulated.camera',
    'core.sources.simulated.source',
}
IMAGES = {'core.images.raw', 'core.images.compressed', 'core.rendering.overlay'}
DETECTOR = {'nodes.detector_node', 'nodes.detector.worker'}

# What a process must not load at its start: packages of others, and parts of ours.
NOT_NEEDED: dict[str, tuple[set[str], set[str]]] = {
    'nodes.camera_node': (set(), NETS | RULE | DETECTOR | {'core.rendering.overlay'}),
    'nodes.detector_node': ({'sqlite3'}, SOURCES),
    'nodes.multi_detector_node': ({'sqlite3'}, SOURCES),
    'nodes.overlay_node': ({'sqlite3', 'ai_edge_litert'}, NETS | RULE | SOURCES | DETECTOR),
    'nodes.speed_governor_node': (
        {'sqlite3', 'ai_edge_litert', 'cv2'},
        NETS | RULE | SOURCES | IMAGES | DETECTOR,
    ),
    'client': (
        {'sqlite3', 'ai_edge_litert', 'cv2'},
        NETS | RULE | SOURCES | IMAGES | DETECTOR | {'core.settings.nodes', 'ros.parameters'},
    ),
    'cli': (
        {'sqlite3', 'ai_edge_litert', 'cv2', 'rclpy'},
        NETS | RULE | SOURCES | IMAGES | DETECTOR | {'ros.runner'},
    ),
}


def test_the_processes_are_those_that_there_are() -> None:
    nodes = {name.removeprefix('nodes.') for name in NOT_NEEDED if name.startswith('nodes.')}
    assert nodes == set(environment.NODES) | {'multi_detector_node'}


@pytest.mark.parametrize('process', NOT_NEEDED)
def test_a_process_loads_only_what_it_needs(process: str) -> None:
    foreign, own = NOT_NEEDED[process]
    loaded = imported_by(f'import mask_proximity.{process}')
    assert f'mask_proximity.{process}' in loaded
    assert not loaded.intersection(HEAVY | foreign)
    assert not loaded.intersection(f'mask_proximity.{name}' for name in own)
    # The list must not outlive the names.
    imports = package_imports()
    assert all(any(name.startswith(each) for name in imports) for each in own)


def test_no_file_in_nodes_is_longer_than_a_few_screens() -> None:
    files = list((PACKAGE / 'nodes').rglob('*.py'))
    assert len(files) > 15
    lines = {path.name: len(path.read_text(encoding='utf-8').splitlines()) for path in files}
    assert {name: count for name, count in lines.items() if count > 200} == {}


def test_the_types_of_a_source_load_no_source() -> None:
    sources = 'mask_proximity.core.sources'
    loaded = imported_by(f'import {sources}.base\nimport {sources}.simulated.camera')
    assert {name for name in loaded if name.startswith(f'{sources}.')} == {
        f'{sources}.base',
        f'{sources}.simulated',
        f'{sources}.simulated.camera',
    }
    assert not loaded.intersection({'cv2', 'sqlite3'})


def test_every_file_says_its_licence() -> None:
    files = [
        path
        for folder in ('mask_proximity', 'launch', 'training', 'test', 'benchmarks', 'docs')
        for path in (ROOT / folder).rglob('*.py')
        if '__pycache__' not in path.parts
    ]
    assert len(files) > 40
    for path in files:
        head = path.read_text(encoding='utf-8').splitlines()[:3]
        assert '# SPDX-License-Identifier: Apache-2.0' in head, path
