# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures how fast each backend is here, and which camera this machine can keep up with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from mask_proximity.core.models.threads import cores, usable_threads
from mask_proximity.core.perception.net_speed import NetTimings
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.doctor.subprocesses import BATCH_SIZE, Child, ChildError

# Without TensorFlow, which takes seconds to load and is meant for training.
_MEASURED = {'face_backend': ('litert', 'opencv'), 'mask_backend': ('litert', 'opencv')}
_NETS = {'face_backend': 'faces', 'mask_backend': 'masks'}
_BOUND = 30.0
# Usual frame rates of cameras, Hz.
_CAMERA_RATES = (60, 30, 15, 10, 5)
# Share of the time that the nets may take; the rest is for the middleware, decoding, tracking and
# the alert.
_NET_SHARE = 0.8
# Images per second below which the doctor warns.
_MIN_RATE = 15.0
# Load average per core from which the machine counts as busy.
_BUSY_LOAD = 0.5


def speeds(
    nets: Child, is_installed: Callable[[str], bool], start: Callable[[Child], Child]
) -> Iterator[Finding]:
    """Measure each net on each backend, then judge the backends that are used by default.

    Args:
        nets: Child that loads the nets with the default settings.
        is_installed: Tells whether a backend is installed.
        start: Called with each new child, so that the child ends with the doctor.
    """
    try:
        default = {setting: nets.answer()[setting]['name'] for setting in _NETS}
    except ChildError:
        default = dict.fromkeys(_NETS, '')
    seconds: dict[str, Sequence[float]] = {}
    for setting, backends in _MEASURED.items():
        for backend in filter(is_installed, backends):
            subject = f'{_NETS[setting]}, {backend}'
            # One after the other, so that each has the machine to itself.
            child = start(Child('measure', setting, backend, seconds=_BOUND))
            try:
                measured = child.answer()
            except ChildError as error:
                yield Finding(
                    Outcome.WARN, subject, str(error), f'set {setting} to another backend'
                )
                continue
            if measured['fault']:
                yield Finding(Outcome.SKIP, subject, measured['fault'])
                continue
            is_default = backend == default[setting]
            if is_default:
                seconds[setting] = measured['seconds']
            text = _milliseconds(setting, measured['seconds'])
            yield Finding(Outcome.OK, subject, text + (' (the default)' if is_default else ''))
    if seconds.keys() == _NETS.keys():
        single, batch = seconds['mask_backend']
        timings = NetTimings(seconds['face_backend'][0], single, ((BATCH_SIZE, batch),))
        yield camera_rate(timings, 'litert' in default.values())
    else:
        yield Finding(Outcome.SKIP, 'camera', 'unknown, because not both nets run here')


def _milliseconds(setting: str, seconds: Sequence[float]) -> str:
    first, *more = (f'{value * 1e3:.1f} ms' for value in seconds)
    if setting == 'face_backend':
        return f'{first} a picture'
    return f'{first} a face, {more[0]} for {BATCH_SIZE}'


def camera_rate(timings: NetTimings, litert: bool) -> Finding:
    """Judge which camera this machine can keep up with.

    Args:
        timings: Timings of the nets that are used by default.
        litert: Whether any of them runs on LiteRT.
    """
    single, batch = timings.rate(1), timings.rate(BATCH_SIZE)
    threads = usable_threads(DetectorSettings().threads)
    text = (
        f'the nets take {single:.0f} images per second with one face, {batch:.0f} with '
        f'{BATCH_SIZE} ({_counted(threads, "thread")}; {cores()} of '
        f'{_counted(os.cpu_count() or 1, "core")}): '
    )
    camera, batch_camera = _fastest_camera(single), _fastest_camera(batch)
    if camera and camera == batch_camera:
        text += f'fast enough for a camera of {camera} Hz'
    elif batch_camera:
        text += (
            f'fast enough for a camera of {camera} Hz with one face, of {batch_camera} Hz with '
            f'{BATCH_SIZE}'
        )
    elif camera:
        text += f'fast enough for a camera of {camera} Hz with one face, for none with {BATCH_SIZE}'
    else:
        text += f'too slow for a camera of {_CAMERA_RATES[-1]} Hz'
    if single >= _MIN_RATE:
        return Finding(Outcome.OK, 'camera', text)
    steps = [] if litert else ['install LiteRT, which is several times faster']
    steps.append('lower face_input_size, e.g. to 256 (small faces are then missed)')
    if threads < cores():
        steps.append(f'raise threads to {cores()}')
    command = '' if litert else 'pip install ai-edge-litert'
    return Finding(Outcome.WARN, 'camera', text, '; '.join(steps), command)


def _fastest_camera(rate: float) -> int:
    """The highest usual camera rate, in Hz, that nets of this rate keep up with; 0 if none."""
    return next((hertz for hertz in _CAMERA_RATES if hertz <= _NET_SHARE * rate), 0)


def concurrent_load(load: float, detectors: Sequence[str]) -> Iterator[Finding]:
    """Report what else the machine was doing while the backends were measured.

    Args:
        load: Load average before the doctor started.
        detectors: Names of the detectors on the graph, which may run on any machine.
    """
    others = []
    if load > _BUSY_LOAD * cores():
        others.append(f'this machine is busy (load {load:.1f} on {_counted(cores(), "core")})')
    if detectors:
        others.append(f'{", ".join(detectors)} may run on it')
    if others:
        text = f'{", and ".join(others)}: alone, the nets are faster than measured here'
        yield Finding(Outcome.SKIP, 'measured beside', text)


def _counted(number: int, noun: str) -> str:
    return f'{number} {noun}{"s" if number > 1 else ""}'
