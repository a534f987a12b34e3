# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Checks of this machine that need no ROS: Python, models, backends, OpenCV, cameras."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import cv2

from mask_proximity import environment
from mask_proximity.core.errors import MaskProximityError, ModelError
from mask_proximity.core.models.description import ModelDescription, models_directory
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.doctor.subprocesses import Child

# For each backend: its module, and the PyPI packages that provide it.
_BACKENDS = {
    'litert': ('ai_edge_litert', ('ai-edge-litert', 'ai-edge-litert-nightly')),
    'opencv': ('cv2', ()),
    'tensorflow': ('tensorflow', ('tensorflow', 'tensorflow-cpu')),
}
_SETTINGS = ('face_backend', 'mask_backend')
_OLDEST_PYTHON = (3, 10)


def python() -> Iterator[Finding]:
    """Check Python, and that the package is installed."""
    version = platform.python_version()
    if tuple(int(part) for part in platform.python_version_tuple()[:2]) < _OLDEST_PYTHON:
        yield Finding(Outcome.FAIL, 'Python', version, 'Python 3.10 or newer is needed')
    else:
        yield Finding(Outcome.OK, 'Python', version)
    try:
        yield Finding(Outcome.OK, 'package', f'installed in {environment.prefix()}')
    except MaskProximityError as error:
        yield Finding(Outcome.FAIL, 'package', str(error))


def model_files() -> Iterator[Finding]:
    """Check the model files of the package by their hashes."""
    try:
        descriptions = sorted(models_directory().glob('*.json'))
    except ModelError as error:
        yield Finding(Outcome.FAIL, 'model', str(error))
        return
    for path in descriptions:
        try:
            description = ModelDescription.load(path)
        except ModelError as error:
            yield Finding(Outcome.FAIL, 'model', str(error))
            continue
        size, faults = 0, []
        roles = description.content['files']
        for role in roles:
            try:
                size += len(description.read(role))
            except ModelError as error:
                faults.append(Finding(Outcome.FAIL, 'model', str(error)))
        files = f'{len(roles)} file{"s" if len(roles) > 1 else ""}'
        text = f'{path.name}: {files}, {size / 1e6:.1f} MB, sha256 as expected'
        yield from faults or [Finding(Outcome.OK, 'model', text)]


def is_installed(backend: str) -> bool:
    """Whether a backend is installed. It may still not run on this processor."""
    return importlib.util.find_spec(_BACKENDS[backend][0]) is not None


def backends(nets: Child) -> Iterator[Finding]:
    """Check which backends are installed, and which the nets use by default.

    Args:
        nets: Child that loads the nets with the default settings.
    """
    for name in _BACKENDS:
        if is_installed(name):
            yield Finding(Outcome.OK, name, _backend_version(name))
        else:
            yield Finding(Outcome.SKIP, name, 'not installed')
    loaded = nets.answer()
    for setting in _SETTINGS:
        if loaded[setting]['fault']:
            yield Finding(Outcome.FAIL, setting, loaded[setting]['fault'])
        else:
            text = f'auto (the default) takes {loaded[setting]["name"]}'
            yield Finding(Outcome.OK, setting, text)


def _backend_version(name: str) -> str:
    module, packages = _BACKENDS[name]
    if module == 'cv2':
        limit = '' if hasattr(cv2.dnn, 'readNetFromCaffe') else ', which cannot run the face SSD'
        return f'{cv2.__version__}{limit}'
    for package in packages:
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return 'installed, version unknown'


def video() -> Iterator[Finding]:
    """Check with which libraries OpenCV can open videos and cameras."""
    registry = cv2.videoio_registry
    usable = {registry.getBackendName(item) for item in registry.getBackends() if _opens(item)}
    wanted = ('FFMPEG', 'GSTREAMER', 'V4L2')
    text = ', '.join(f'{name} {"yes" if name in usable else "no"}' for name in wanted)
    if {'FFMPEG', 'GSTREAMER'} & usable:
        yield Finding(Outcome.OK, 'video', text)
    else:
        yield Finding(
            Outcome.WARN,
            'video',
            f'{text}: video files and streams cannot be opened',
            'install an OpenCV with FFmpeg',
            'sudo apt install python3-opencv',
        )


def _opens(backend: int) -> bool:
    has = getattr(cv2.videoio_registry, 'hasBackend', None)  # not in the oldest OpenCV 4
    return bool(has is None or has(backend))


def cameras(folder: Path = Path('/dev')) -> Iterator[Finding]:
    """Check the camera devices, and whether this user may open them, without opening any."""
    devices = sorted(folder.glob('video*'))
    if not devices:
        yield Finding(
            Outcome.WARN,
            'cameras',
            f'no camera device ({folder}/video*)',
            'plug one in (in a container: --device /dev/video0), or use a driver, a file or a URL',
        )
    for device in devices:
        try:
            name = Path('/sys/class/video4linux', device.name, 'name').read_text().strip()
        except OSError:
            name = 'name unknown'
        if os.access(device, os.R_OK | os.W_OK):
            yield Finding(Outcome.OK, device.name, f'{device}  {name}')
        else:
            yield Finding(
                Outcome.WARN,
                device.name,
                f'{device}  {name}: this user may not open it',
                'add the user to the group video, then log in again',
                'sudo usermod -aG video $USER',
            )
