# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Why the guard cannot measure something."""

from __future__ import annotations


class GuardError(Exception):
    """The guard itself cannot work; the text says why, and what to do."""


class MissingError(Exception):
    """What a figure is about is not in this environment; the text says what."""
