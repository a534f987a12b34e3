# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The report shows what was measured, holds all it shows, and trusts no name."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mask_proximity.core.perception.nets import Nets
from mask_proximity.core.types import Box, FaceDetection
from training.evaluate import evaluate, parse
from training.evaluation.mistakes import Mistake, worst_mistakes
from training.evaluation.observations import ObservedFace
from training.evaluation.report import percent, render_report

MISTAKE = Mistake(
    '<script>alert(1)</script>\udcff.jpg#2',
    'no_mask',
    'mask',
    {'mask': 0.9, 'incorrect': 0.04, 'no_mask': 0.06},
    70.4,
    b'PNG',
)


class Page(HTMLParser):
    """The words and the links of a page."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.words = ''
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(content.decode())
        self.words = re.sub(r'\s+', ' ', self.words)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or '' for name, value in attributes if name in ('src', 'href')]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture
def result(
    write_scene: Callable[..., Path],
    make_nets: Callable[..., Nets],
    description: Path,
    tmp_path: Path,
) -> dict:
    box = Box(10, 10, 80, 100)
    folder = write_scene('one', {box: ('with_mask', 40)})
    arguments = parse(
        [
            *('--model', str(description), '--scenes', str(folder)),
            *('--output', str(tmp_path / 'report')),
        ]
    )
    return evaluate(arguments, make_nets(FaceDetection(box, 0.9)))


def test_it_shows_what_was_measured(result: dict) -> None:
    page = Page(render_report(result, {'scenes_ranking': b'PNG', 'history': b'PNG'}, [MISTAKE]))
    for words in (
        '1 of 1 aims reached',
        'near, with a mask: called mask99.0 %100.0 %1 of 120.7 % – 100.0 %✓ reached',
        'no such face',
        'Expected calibration error',
        'average precision at IoU 0.5',
        'shades.tflite',
        'called mask (90 %)',
        '70 px',
    ):
        assert words in page.words
    assert 'Beside others' not in page.words


def test_it_holds_all_it_shows(result: dict) -> None:
    page = Page(render_report(result, {'scenes_ranking': b'PNG'}, [MISTAKE]))
    assert [link.partition(',')[0] for link in page.links] == ['data:image/png;base64'] * 2
    assert 'script' not in page.tags and 'link' not in page.tags
    assert '<script>alert(1)</script>?.jpg#2' in page.words


def test_others_stand_beside(result: dict) -> None:
    other = copy.deepcopy(result['own'])
    other['name'] = 'somebody else'
    other['scenes']['pipeline']['false_alarms_per_photo'] = 4.125
    page = Page(render_report({**result, 'peers': [other]}, {}, []))
    assert 'Beside others' in page.words
    assert 'somebody else' in page.words and '4.125' in page.words


@pytest.mark.parametrize(
    ('share', 'text'),
    [
        (None, '–'),
        (1.0, '100.0 %'),
        (0.99961, '99.96 %'),
        (0.9999999, '99.99 %'),
        (0.9947, '99.5 %'),
        (0.0002, '0.02 %'),
        (0.0, '0.0 %'),
    ],
)
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_the_worst_mistakes_of_each_class_come_first() -> None:
    import numpy as np

    picture = np.zeros((4, 4, 3), np.uint8)
    faces = [
        ObservedFace('right', '', 0, 9.0, (0.9, 0.0, 0.1), None),
        ObservedFace('bad', '', 0, 9.0, (0.3, 0.0, 0.7), picture),
        ObservedFace('worse', '', 2, 9.0, (0.9, 0.0, 0.1), picture),
        ObservedFace('so so', '', 1, 9.0, (0.5, 0.4, 0.1), picture),
    ]
    faces.append(ObservedFace('worst', '', 2, 9.0, (0.95, 0.0, 0.05), picture))
    assert [each.name for each in worst_mistakes(faces)] == ['worst', 'worse', 'so so', 'bad']
    mistakes = worst_mistakes(faces, 1)
    assert [each.name for each in mistakes] == ['worst', 'so so', 'bad']
    assert (mistakes[0].label, mistakes[0].predicted) == ('no_mask', 'mask')
