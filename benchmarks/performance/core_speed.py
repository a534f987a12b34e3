# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The core alone, from frame to alert, beside its nets, the tutorial and the previous release.

pyperf times single frames, see worker.py, in the order of rounds.py.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.performance import core_text, previous, subjects
from benchmarks.performance.core_figures import WORDS
from benchmarks.performance.frames import FACES, SIZES, Case, save_frames
from benchmarks.performance.rounds import ROOT, Contestant, play, together
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.settings.nodes import DetectorSettings

NAME = 'core_speed'

ROUNDS = 5
SECONDS = 1.0
VALUES = 16
"""Frames at least: of the tutorial's loop, more than a second."""

CACHE = ROOT / 'build' / 'performance'


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All cases in several rounds.

    Args:
        options: `quick`; `seconds` for each in a round; `rounds`; `faces`, other numbers of them;
            `pictures`, the user's own; `peers`, the files of others' models by name.

    Raises:
        MaskProximityError: frames cannot be made or a process has died; the text says why.
    """
    contestants, absent = _contestants(options)
    cases = _cases(options)
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    archives = CACHE / 'pyperf'
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir(parents=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_frames(cases, folder, load_face_detector(DetectorSettings()), options.pictures)
        parts = play(
            contestants,
            cases,
            folder,
            rounds=rounds,
            seconds=options.seconds or (0.2 if options.quick else SECONDS),
            values=5 if options.quick else VALUES,
            archives=archives,
        )
    return {
        'cases': [
            {
                **case.as_json(),
                'subjects': {
                    key: together(each, mixed=case.faces is None)
                    for key, each in parts[case.name].items()
                },
            }
            for case in cases
        ],
        'rounds': rounds,
        'absent': absent,
    }


def _cases(options: argparse.Namespace) -> list[Case]:
    sizes = SIZES[:2] if options.quick else SIZES
    faces = options.faces or ((0, 1, 8) if options.quick else FACES)
    if options.pictures is not None:
        return [Case(None, *size) for size in sizes]
    return [Case(count, *size) for size in sizes for count in faces]


def _contestants(options: argparse.Namespace) -> tuple[list[Contestant], list[str]]:
    """Who takes part, and a sentence for each who does not."""
    found = [Contestant(key, key) for key in (subjects.NETS, subjects.CORE)]
    absent = []
    tree = previous.unpack(CACHE)
    if tree is not None:
        found.append(Contestant(subjects.PREVIOUS, subjects.PREVIOUS, tree))
    else:
        absent.append(
            f'version {previous.VERSION}: the history of this repository does not reach back to it'
        )
    if importlib.util.find_spec('tensorflow') is not None:
        found.append(Contestant(subjects.TUTORIAL, subjects.TUTORIAL))
    else:
        absent.append("the tutorial's loop: TensorFlow is not installed")
    for name in subjects.PEERS:
        if name in options.peers:
            found.append(Contestant(name, name, options.peers[name].resolve()))
        else:
            absent.append(f'{WORDS[name]}: its files were not given (--peer {name}=DIR)')
    return found, absent


def section(result: Mapping[str, Any]) -> str:
    """As Markdown."""
    return core_text.section(result)


def pictures(result: Mapping[str, Any], folder: Path) -> None:
    """How many times as fast, and the cost of a face and a pixel."""
    from benchmarks.performance.charts import draw_cost, draw_ratio

    draw_ratio(result, folder / 'performance_ratio.png')
    draw_cost(result, folder / 'performance_cost.png')
