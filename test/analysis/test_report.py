# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The report says what was found, holds all it shows, and trusts no name."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import pytest

from mask_proximity.analysis.provenance import changes
from mask_proximity.analysis.report import alert_words, clock, render_report
from mask_proximity.analysis.summary import Episode, Summary
from mask_proximity.core.models.description import (
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.models.files import ModelFile, model_files
from mask_proximity.core.rendering.timeline import Sample
from mask_proximity.core.settings.nodes import NODES, DetectorSettings, OverlaySettings
from mask_proximity.core.settings_table import Settings
from mask_proximity.core.types import Level, MaskState

MODELS = [ModelFile('face_ssd', 'face_ssd.caffemodel', 'ab' * 32)]


class Page(HTMLParser):
    """The words and the links of a page."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.words = ''
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or '' for name, value in attributes if name in ('src', 'href')]

    def handle_data(self, data: str) -> None:
        self.words += data


def make_summary(*levels: Level, pictures: bool = False) -> Summary:
    summary = Summary(stills=2, pictures=pictures)
    for index, level in enumerate(levels):
        summary.samples.append(Sample(float(index), level))
        summary.levels[level] += 1
    return summary


def render(
    summary: Summary, source: str = 'clip.mp4', note: str = '', **settings: Settings
) -> Page:
    nodes = {node: kind() for node, kind in NODES.items()} | settings
    problems = ['x<y>.png cannot be read']
    return Page(render_report(source, nodes, MODELS, summary, b'PNG', problems, note))


def test_it_tells_of_the_episodes() -> None:
    summary = make_summary(Level.CLEAR, Level.ALERT)
    summary.episodes.append(
        Episode(1_500_000_000, 3_000_000_000, '', 2, 0.2345, 1.234, still=b'JPEG')
    )
    page = render(summary)
    for words in (
        '1 episode of alert in 2 frames.',
        '0:01.5',
        '0:03.0',
        '1.5 s',
        '23.4 %',
        '1.23 m',
    ):
        assert words in page.words
    assert 'No alert' not in page.words


def test_it_tells_what_the_faces_wear() -> None:
    summary = make_summary(Level.ALERT)
    summary.faces.update({MaskState.MASK: 31, MaskState.INCORRECT: 17})
    states = {MaskState.INCORRECT, MaskState.NO_MASK}
    summary.episodes.append(Episode(0, 1, states=states))
    words = render(summary).words
    for said in ('judged48', 'of them Mask31', 'of them Mask worn wrong17'):
        assert said in words
    assert 'of them No Mask' not in words
    assert 'No Mask, Mask worn wrong' in words


def test_no_alert_is_said_plainly() -> None:
    page = render(make_summary(Level.CLEAR))
    assert 'No alert in 1 frame.' in page.words
    assert 'nobody came near without a mask or with one worn wrong' in page.words


def test_it_holds_all_it_shows() -> None:
    summary = make_summary(Level.ALERT)
    summary.episodes.append(Episode(0, 1, 'a.jpg', 1, 0.2, math.nan, still=b'JPEG'))
    page = render(summary)
    assert [link.partition(';')[0] for link in page.links] == ['data:image/png', 'data:image/jpeg']
    assert 'script' not in page.tags and 'link' not in page.tags


def test_blurred_faces_are_not_shown() -> None:
    summary = make_summary(Level.ALERT)
    summary.episodes.append(Episode(0, 1, 'a.jpg', 1, 0.2))
    page = render(summary, overlay_node=OverlaySettings(blur_faces=True))
    assert 'Faces are blurred' in page.words
    assert len(page.links) == 1


def test_names_are_text_whatever_they_hold() -> None:
    page = render(make_summary(Level.CLEAR), source='<script>alert(1)</script>\udcff.mp4')
    assert '<script>alert(1)</script>?.mp4' in page.words
    assert 'x<y>.png cannot be read' in page.words
    assert 'script' not in page.tags


def test_settings_and_models_stand_in_it() -> None:
    page = render(
        make_summary(Level.CLEAR),
        note='Stopped after 1 frames.',
        detector_node=DetectorSettings(mask_threshold=0.9, mask_model='/home/me/own.json'),
    )
    assert re.search(r'mask_threshold\s*0\.9\s*0\.75', page.words)
    assert 'own.json' in page.words and '/home' not in page.words
    assert 'ab' * 32 in page.words
    assert 'Stopped after 1 frames.' in page.words
    assert 'delay_off' not in page.words


def test_what_is_unknown_is_not_shown_as_clear() -> None:
    summary = make_summary(Level.CLEAR, Level.UNKNOWN)
    content = render_report(
        'x', {node: kind() for node, kind in NODES.items()}, MODELS, summary, b'', [], ''
    )
    assert b'class="verdict UNKNOWN"' in content


@pytest.mark.parametrize(
    ('nanoseconds', 'text'),
    [
        (0, '0:00.0'),
        (59_960_000_000, '1:00.0'),
        (61_240_000_000, '1:01.2'),
        (3_723_400_000_000, '1:02:03.4'),
    ],
)
def test_clock(nanoseconds: int, text: str) -> None:
    assert clock(nanoseconds) == text


def test_words() -> None:
    pictures = make_summary(Level.ALERT, Level.CLEAR, pictures=True)
    pictures.episodes.append(Episode(0, 0, 'a.jpg'))
    assert alert_words(pictures) == 'Alert in 1 of 2 pictures.'


def test_the_defaults_are_no_changes() -> None:
    assert changes({node: kind() for node, kind in NODES.items()}) == []


@pytest.mark.parametrize(
    ('backend', 'role'), [('litert', 'litert'), ('opencv', 'onnx'), ('tensorflow', 'keras')]
)
@pytest.mark.parametrize(
    ('face_backend', 'face_files'),
    [
        ('litert', ['face_ssd_int8.tflite']),
        ('opencv', ['face_ssd.prototxt', 'face_ssd.caffemodel']),
    ],
)
def test_the_models_in_use_are_named_with_their_hashes(
    backend: str, role: str, face_backend: str, face_files: list[str]
) -> None:
    masks = ModelDescription.load(models_directory() / MASK_CLASSIFIER)
    file = masks.file(role).name
    files = model_files(DetectorSettings(), face_backend, backend)
    assert [entry.file for entry in files] == [*face_files, file]
    assert all(re.fullmatch('[0-9a-f]{64}', entry.sha256) for entry in files)
