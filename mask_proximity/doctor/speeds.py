# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast each backend is here, and which camera this machine can hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from mask_proximity.core.models.threads import cores, usable_threads
from mask_proximity.core.perception.net_speed import NetTimings
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.doctor.report import Finding, Outcome
from mask_proximity.doctor.subprocesses import CROWD, Child, ChildError

# TensorFlow takes seconds to load, and is for training.
_MEASURED = {'face_backend': ('litert', 'opencv'), 'mask_backend': ('litert', 'opencv')}
_NETS = {'face_backend': 'faces', 'mask_backend': 'masks'}
_BOUND = 30.0
_CAMERAS = (60, 30, 15, 10, 5)
# Of the time; the rest is for the middleware, decoding, tracking and the alert.
_FOR_NETS = 0.8
_TOO_SLOW = 15.0
# Processes that run or wait to run, for each core.
_BUSY = 0.5


def speeds(
    nets: Child, is_installed: Callable[[str], bool], start: Callable[[Child], Child]
) -> Iterator[Finding]:
    """A line for each net and backend, then what follows from those that are taken by default.

    Args:
        nets: the child that has loaded the nets by default.
        is_installed: whether a backend is.
        start: gets each child that is started, so that it is ended with the doctor.
    """
    try:
        default = {setting: nets.answer()[setting]['name'] for setting in _NETS}
    except ChildError:
        default = dict.fromkeys(_NETS, '')
    seconds: dict[str, Sequence[float]] = {}
    for setting, backends in _MEASURED.items():
        for backend in filter(is_installed, backends):
            subject = f'{_NETS[setting]}, {backend}'
            # One after the other: each is to have the machine for itself.
            child = start(Child('measure', setting, backend, seconds=_BOUND))
            try:
                measured = child.answer()
            except ChildError as error:
                remedy = f'set {setting} to another one'
                yield Finding(Outcome.WARN, subject, str(error), remedy)
                continue
            if measured['fault']:
                yield Finding(Outcome.SKIP, subject, measured['fault'])
                continue
            taken = backend == default[setting]
            if taken:
                seconds[setting] = measured['seconds']
            text = _milliseconds(setting, measured['seconds'])
            yield Finding(Outcome.OK, subject, text + (' (the default)' if taken else ''))
    if seconds.keys() == _NETS.keys():
        one, crowd = seconds['mask_backend']
        speed = NetTimings(seconds['face_backend'][0], one, ((CROWD, crowd),))
        yield camera_rate(speed, 'litert' in default.values())
    else:
        yield Finding(Outcome.SKIP, 'camera', 'unknown, since not both nets run here')


def _milliseconds(setting: str, seconds: Sequence[float]) -> str:
    first, *more = (f'{value * 1e3:.1f} ms' for value in seconds)
    if setting == 'face_backend':
        return f'{first} a picture'
    return f'{first} a face, {more[0]} for {CROWD}'


def camera_rate(speed: NetTimings, litert: bool) -> Finding:
    """Which camera this machine holds.

    Args:
        speed: of the nets that are taken by default.
        litert: whether any of them runs on LiteRT.
    """
    alone, crowded = speed.rate(1), speed.rate(CROWD)
    threads = usable_threads(DetectorSettings().threads)
    text = (
        f'the nets take {alone:.0f} images per second with one face, {crowded:.0f} with {CROWD} '
        f'({_counted(threads, "thread")}; {cores()} of {_counted(os.cpu_count() or 1, "core")}): '
    )
    held, held_crowded = _held(alone), _held(crowded)
    if held and held == held_crowded:
        text += f'a camera of {held} Hz is held'
    elif held_crowded:
        text += f'a camera of {held} Hz is held with one face, of {held_crowded} Hz with {CROWD}'
    elif held:
        text += f'a camera of {held} Hz is held with one face, none with {CROWD}'
    else:
        text += f'no camera of {_CAMERAS[-1]} Hz is held'
    if alone >= _TOO_SLOW:
        return Finding(Outcome.OK, 'camera', text)
    steps = [] if litert else ['install LiteRT, which is several times faster']
    steps.append('set face_input_size to less, e.g. 256 (small faces are then missed)')
    if threads < cores():
        steps.append(f'raise threads to {cores()}')
    command = '' if litert else 'pip install ai-edge-litert'
    return Finding(Outcome.WARN, 'camera', text, '; '.join(steps), command)


def _held(rate: float) -> int:
    """The fastest usual camera that nets of this rate keep up with; 0 if none."""
    return next((hertz for hertz in _CAMERAS if hertz <= _FOR_NETS * rate), 0)


def beside(load: float, detectors: Sequence[str]) -> Iterator[Finding]:
    """What the measured backends had to share the machine with.

    Args:
        load: processes that ran or waited to run before the doctor came.
        detectors: names of those that are heard, on whatever machine.
    """
    others = []
    if load > _BUSY * cores():
        others.append(f'this machine is busy (load {load:.1f} on {_counted(cores(), "core")})')
    if detectors:
        others.append(f'{", ".join(detectors)} may run on it')
    if others:
        text = f'{", and ".join(others)}: alone, the nets are faster than measured here'
        yield Finding(Outcome.SKIP, 'measured beside', text)


def _counted(number: int, noun: str) -> str:
    return f'{number} {noun}{"s" if number > 1 else ""}'
