# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The guard of the speed: it fails for what got slower, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.guard import baseline, clip
from benchmarks.guard.baseline import Baseline
from benchmarks.guard.command import main
from benchmarks.guard.errors import MissingError
from benchmarks.guard.figures import FIGURES, PROCESSOR, Figure
from benchmarks.guard.times import paired_ratio
from benchmarks.guard.work import count, work_of_frame, work_of_messages
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.types import FrameResult, Image

PROCESS = Pipeline.process

pytestmark = pytest.mark.xdist_group('guard')


def scripted(*values: float, same: str = '') -> Figure:
    """A figure that measures one value after the other."""
    return Figure('ratio', 'scripted', iter(values).__next__, digits=2, repeats=1, same=same)


def copies_the_frame(self: Pipeline, image: Image, *more: Any) -> FrameResult:
    return PROCESS(self, image.copy(), *more)


def sums_up_in_python(self: Pipeline, image: Image, *more: Any) -> FrameResult:
    sum(int(value) for value in image[0, :, 0])
    return PROCESS(self, image, *more)


@pytest.fixture(scope='module')
def watching() -> clip.Watching:
    """A pipeline before an empty room; the nets are loaded once for all tests."""
    return clip.Watching(0)


@pytest.fixture
def steps(watching: clip.Watching) -> Figure:
    return Figure('steps', 'counted', lambda: count(watching.see_next).steps, repeats=1)


@pytest.fixture
def bytes_(watching: clip.Watching) -> Figure:
    return Figure('bytes', 'counted', lambda: count(watching.see_next).bytes, repeats=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / 'baseline.json'


@pytest.fixture
def check(file: Path) -> Callable[..., int]:
    return lambda *figures, update=False: main(
        ['--baseline', str(file), *(['--update'] if update else [])], figures
    )


# --- What got slower ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ('name', 'slower'), [('bytes_', copies_the_frame), ('steps', sums_up_in_python)]
)
def test_a_slower_pipeline_fails_and_the_guard_says_what_to_do(
    name: str,
    slower: Callable[..., FrameResult],
    check: Callable[..., int],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    figure: Figure = request.getfixturevalue(name)
    assert check(figure, update=True) == 0
    assert check(figure) == 0
    assert capsys.readouterr().err == ''

    monkeypatch.setattr(Pipeline, 'process', slower)
    assert check(figure) == 1
    written = capsys.readouterr()
    assert 'TOO MUCH, twice' in written.out
    assert written.err.startswith(f'{figure.name}: ')
    assert 'is the limit' in written.err
    assert baseline.WRITE in written.err


def test_a_hiccup_does_not_come_twice(
    bytes_: Figure,
    check: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check(bytes_, update=True) == 0
    monkeypatch.setattr(Pipeline, 'process', copies_the_frame)

    def measure() -> Iterator[float]:
        yield bytes_.measure()
        monkeypatch.setattr(Pipeline, 'process', PROCESS)
        yield bytes_.measure()

    assert check(Figure('bytes', 'counted', measure().__next__)) == 0
    assert 'fine the second time' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('values', 'code'), [((1.14,), 0), ((1.16, 1.14), 0), ((1.16, 1.16), 1), ((0.9,), 0)]
)
def test_the_limit_is_15_per_cent(
    values: tuple[float, ...], code: int, check: Callable[..., int]
) -> None:
    check(scripted(1.0), update=True)
    assert check(scripted(*values)) == code


def test_a_better_figure_asks_for_a_new_baseline(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    check(scripted(1.0), update=True)
    assert check(scripted(0.86)) == 0
    assert 'Better' not in capsys.readouterr().out
    assert check(scripted(0.84)) == 0
    assert 'Better by more than 15%: ratio.' in capsys.readouterr().out


# --- What is measured -----------------------------------------------------------------------------
class Clock:
    """Goes on only where work is done."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, *seconds: float) -> Callable[[], None]:
        left = list(seconds)

        def do() -> None:
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return do


def test_a_ratio_of_times_is_of_pairs_and_outlives_a_hiccup() -> None:
    clock = Clock()
    assert paired_ratio(clock.work(1.3), clock.work(1.0), 5, clock) == pytest.approx(1.3)
    hiccups = clock.work(50.0, 1.0, 1.0, 9.0, 1.0, 7.0, 1.0)
    assert paired_ratio(hiccups, clock.work(1.0), 5, clock) == pytest.approx(1.0)


def test_steps_of_loops_and_bytes_of_passing_copies_are_counted() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    nothing = count(lambda: None)
    assert nothing.steps < 10
    assert nothing.bytes < 1000
    assert count(lambda: [value for value in range(1000)]).steps > 2000
    assert image.nbytes <= count(lambda: (image + 1).max()).bytes < 1.1 * image.nbytes


def test_the_messages_of_a_face_are_counted() -> None:
    one, two = work_of_messages(1), work_of_messages(2)
    assert 0 < one.steps < two.steps
    assert 0 < one.bytes < two.bytes


def test_faces_that_are_not_found_are_no_figure(
    check: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty = clip.clip(0)
    monkeypatch.setattr(clip, 'clip', lambda faces: empty)
    figure = Figure('steps', 'counted', lambda: work_of_frame(2).steps)
    assert check(figure, update=True) == 2
    assert 'finds 0 of the 2 faces' in capsys.readouterr().err


# --- The baseline ---------------------------------------------------------------------------------
def other(file: Path, version: str, **machine: str) -> None:
    """Make the only record of a baseline that of another machine."""
    (record,) = json.loads(file.read_text(encoding='utf-8')).values()
    record['machine'].update(machine)
    file.write_text(json.dumps({version: record}), encoding='utf-8')


def test_what_is_counted_holds_for_one_python(
    file: Path, check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    ratio = Figure('time', 'scripted', lambda: 2.0)
    counted = Figure('count', 'scripted', lambda: 2.0)
    travels = Figure('time', 'scripted', lambda: 2.0, same='')
    check(ratio, counted, update=True)
    other(file, '3.9', Python='3.9.1')
    assert check(travels, counted) == 0
    written = capsys.readouterr().out
    assert 'count' in written
    assert 'not compared: no baseline for Python 3.' in written
    assert written.count('not compared') == 1


def test_a_ratio_of_backends_holds_for_one_processor(
    file: Path, check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    backends = Figure('backends', 'scripted', lambda: 2.0, same=PROCESSOR)
    check(backends, scripted(1.0), update=True)
    version = next(iter(Baseline.load(file).records))
    other(file, version, processor='Another One')
    assert check(backends, scripted(1.0)) == 0
    written = capsys.readouterr().out
    assert 'not compared: no baseline for this processor' in written
    assert 'Not as in the baseline: processor Another One then' in written


def test_what_is_missing_here_is_said_and_not_compared(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    def measure() -> float:
        raise MissingError('no LiteRT here')

    absent = Figure('backends', 'scripted', measure, same='')
    assert check(absent, scripted(1.0), update=True) == 0
    assert 'not measured: no LiteRT here' in capsys.readouterr().out
    check(Figure('backends', 'scripted', lambda: 1.0, same=''), scripted(1.0), update=True)
    assert check(absent, scripted(1.0)) == 0
    assert 'not compared: no LiteRT here' in capsys.readouterr().out


def test_an_update_takes_the_median_and_leaves_other_pythons_alone(
    file: Path, check: Callable[..., int]
) -> None:
    check(scripted(1.0), update=True)
    other(file, '3.9', Python='3.9.1')
    values = iter([5.0, 1.0, 2.0])
    check(Figure('ratio', 'scripted', values.__next__, repeats=3), update=True)
    records = json.loads(file.read_text(encoding='utf-8'))
    assert len(records) == 2
    assert records.pop('3.9')['figures']['ratio']['value'] == 1.0
    (mine,) = records.values()
    assert mine['figures']['ratio'] == {
        'how': 'scripted',
        'value': 2.0,
        'measured': [1.0, 2.0, 5.0],
    }


@pytest.mark.parametrize('content', ['', '[]', '{"3.11": {}}', '{"3.11": 1}'])
def test_a_foreign_file_is_a_mistake(
    content: str, file: Path, check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(content, encoding='utf-8')
    assert check(scripted(1.0)) == 2
    assert 'baseline.json is no baseline' in capsys.readouterr().err


def test_a_guard_that_compares_nothing_says_so(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(scripted(1.0)) == 2
    assert 'Nothing could be compared' in capsys.readouterr().err


def test_the_committed_baseline_is_of_these_figures() -> None:
    for record in Baseline.load(baseline.PATH).records.values():
        assert set(record['figures']) <= {figure.name for figure in FIGURES}
        assert len(record['figures']) >= 8
