# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The table of face recall says what is so of scenes whose faces are known."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from benchmarks import face_recall
from mask_proximity.core.types import Image

# The portrait's face, and a place where there is none.
FACE = (179, 58, 272, 177)
NOTHING = (350, 350, 420, 440)
SURE = 'face_confidence=0.5'


def write_scene(folder: Path, picture: Image, **labels: tuple[int, int, int, int]) -> None:
    (folder / 'images').mkdir()
    (folder / 'annotations').mkdir()
    cv2.imwrite(str(folder / 'images' / 'a.png'), picture)
    objects = ''.join(
        f'<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>'
        f'<ymax>{y2}</ymax></bndbox></object>'
        for name, (x1, y1, x2, y2) in labels.items()
    )
    text = f'<annotation>{objects}</annotation>'
    (folder / 'annotations' / 'a.xml').write_text(text, encoding='utf-8')


def cells(output: str) -> list[str]:
    return [cell.strip() for cell in output.splitlines()[-1].strip('|').split('|')]


def test_found_and_missed(
    tmp_path: Path, portrait: Image, capsys: pytest.CaptureFixture[str]
) -> None:
    write_scene(tmp_path, portrait, without_mask=FACE, with_mask=NOTHING)
    assert face_recall.main(['--scenes', str(tmp_path), SURE]) == 0
    name, mask, incorrect, no_mask, *_, unmatched, near, _ = cells(capsys.readouterr().out)
    assert (name, mask, incorrect, no_mask) == (SURE, '0.0', '', '100.0')
    assert (unmatched, near) == ('0.00', '0.00')


def test_what_nobody_labelled_is_unmatched(
    tmp_path: Path, portrait: Image, capsys: pytest.CaptureFixture[str]
) -> None:
    write_scene(tmp_path, portrait, with_mask=NOTHING)
    assert face_recall.main(['--scenes', str(tmp_path), SURE]) == 0
    *_, unmatched, near, _ = cells(capsys.readouterr().out)
    assert (unmatched, near) == ('1.00', '1.00')


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        ([], 'where are the scenes? Give --scenes, or set MASK_PROXIMITY_DATA'),
        (['--scenes', 'nowhere'], 'nowhere: expected annotations/*.xml'),
        (['face_confidence=7'], 'face_confidence must be within 0.05 to 1'),
    ],
)
def test_mistakes_are_sentences(
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv('MASK_PROXIMITY_DATA', raising=False)
    if 'nowhere' not in arguments and arguments:
        arguments = ['--scenes', 'nowhere', *arguments]
    assert face_recall.main(arguments) == 1
    error = capsys.readouterr().err
    assert sentence in error and 'Traceback' not in error
