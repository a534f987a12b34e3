# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""How findings look: aligned, narrow, in colours only on a terminal."""

from __future__ import annotations

import io

import pytest

from mask_proximity.doctor.report import Finding, Outcome, Report

LONG = 'a sentence that is longer than a line of this report may be, ' * 3
PATH = '/opt/' + 'long/' * 30


class Terminal(io.StringIO):
    encoding = 'utf-8'

    def isatty(self) -> bool:
        return True


class Latin(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding='ascii')


def printed(stream: io.TextIOBase, *findings: Finding) -> Report:
    report = Report(stream)
    report.title('Title')
    report.add(findings)
    report.end()
    return report


def test_lines_are_narrow_and_aligned_but_a_command_stays_whole() -> None:
    stream = io.StringIO()
    report = printed(
        stream,
        Finding(Outcome.OK, 'short', 'fine'),
        Finding(Outcome.FAIL, 'long', LONG, LONG, f'export X={PATH}'),
    )
    lines = stream.getvalue().splitlines()
    commands = [line for line in lines if line.lstrip().startswith('$ ')]
    assert commands == [f'         $ export X={PATH}']
    others = [line for line in lines[1:-2] if line not in commands]
    assert all(len(line) < 100 for line in others)
    column = lines[1].index('fine')
    assert all(line[column - 1] == ' ' and line[column] != ' ' for line in others[:3])
    assert report.failed and lines[-1] == '1 failure.'


@pytest.mark.parametrize(
    ('outcomes', 'end'),
    [
        ([Outcome.OK, Outcome.SKIP], 'All is well.'),
        ([Outcome.WARN], '1 warning.'),
        ([Outcome.FAIL, Outcome.FAIL, Outcome.WARN], '2 failures, 1 warning.'),
    ],
)
def test_the_sum(outcomes: list[Outcome], end: str) -> None:
    stream = io.StringIO()
    report = printed(stream, *(Finding(outcome, 's', 't') for outcome in outcomes))
    assert stream.getvalue().splitlines()[-1] == end
    assert report.failed is (Outcome.FAIL in outcomes)


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('NO_COLOR', raising=False)
    finding = Finding(Outcome.FAIL, 's', 't')
    plain, coloured, unwanted = io.StringIO(), Terminal(), Terminal()
    printed(plain, finding)
    printed(coloured, finding)
    monkeypatch.setenv('NO_COLOR', '1')
    printed(unwanted, finding)
    assert '\033' not in plain.getvalue() + unwanted.getvalue()
    assert '\033[31mFAIL' in coloured.getvalue()


def test_a_terminal_without_unicode() -> None:
    stream = Latin()
    printed(stream, Finding(Outcome.WARN, 's', 'Grüße', 'fix'))
    stream.seek(0)
    assert 'Gr??e' in stream.read()
