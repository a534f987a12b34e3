# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The findings of checks, and how they are printed."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TextIO

_SUBJECT_WIDTH = 17
_MAX_WIDTH = 99


class Outcome(Enum):
    """The outcome of a check: its word, and its colour as an ANSI code."""

    OK = ('ok', 32)
    WARN = ('warn', 33)
    FAIL = ('FAIL', 31)
    SKIP = ('-', 2)


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of a check.

    Attributes:
        outcome: Outcome of the check.
        subject: What was checked, in a word or two.
        text: What was found.
        fix: What to do about it; '' if there is nothing to do.
        command: Shell command that does it, printed on one line to be copied; '' if there is none.
    """

    outcome: Outcome
    subject: str
    text: str
    fix: str = ''
    command: str = ''


class Report:
    """Prints findings as they come, aligned, and counts their outcomes."""

    def __init__(self, stream: TextIO) -> None:
        """Print nothing yet.

        Args:
            stream: Where to print; in colours on a terminal, unless NO_COLOR is set.
        """
        self._stream = stream
        self._colours = stream.isatty() and not os.environ.get('NO_COLOR')
        self._width = min(_MAX_WIDTH, shutil.get_terminal_size((_MAX_WIDTH, 24)).columns - 1)
        self._arrow = '→' if (stream.encoding or '').lower().startswith('utf') else '->'
        self._outcomes: list[Outcome] = []

    @property
    def failed(self) -> bool:
        """Whether any check has failed."""
        return Outcome.FAIL in self._outcomes

    def title(self, text: str) -> None:
        """Print the title of a group of findings."""
        self._print(self._painted(text, 1))

    def add(self, findings: Iterable[Finding]) -> None:
        """Print findings."""
        for finding in findings:
            self._outcomes.append(finding.outcome)
            word, colour = finding.outcome.value
            margin = ' ' * (2 + 5 + _SUBJECT_WIDTH)
            head = f'  {self._painted(f"{word:<5}", colour)}{finding.subject:<{_SUBJECT_WIDTH}}'
            self._print(self._wrapped(finding.text, margin, head))
            if finding.fix:
                start = f'{margin}{self._arrow} '
                self._print(self._wrapped(finding.fix, ' ' * len(start), start))
            if finding.command:
                # Further to the left, because a command is never wrapped.
                self._print(self._painted(f'         $ {finding.command}', 1))

    def end(self) -> None:
        """Print how many failures and warnings there were."""
        fails = self._outcomes.count(Outcome.FAIL)
        warns = self._outcomes.count(Outcome.WARN)
        if not fails and not warns:
            self._print(self._painted('\nAll is well.', 32))
            return
        counted = [
            f'{number} {noun}{"s" if number > 1 else ""}'
            for number, noun in ((fails, 'failure'), (warns, 'warning'))
            if number
        ]
        self._print(self._painted(f'\n{", ".join(counted)}.', 31 if fails else 33))

    def _wrapped(self, text: str, margin: str, head: str) -> str:
        lines = textwrap.wrap(
            text,
            max(30, self._width - len(margin)),
            break_long_words=False,
            break_on_hyphens=False,
        )
        return head + f'\n{margin}'.join(lines)

    def _painted(self, text: str, code: int) -> str:
        return f'\033[{code}m{text}\033[0m' if self._colours else text

    def _print(self, text: str) -> None:
        encoding = self._stream.encoding or 'utf-8'
        # Names from the graph may contain characters that this terminal cannot show.
        print(text.encode(encoding, 'replace').decode(encoding), file=self._stream, flush=True)
