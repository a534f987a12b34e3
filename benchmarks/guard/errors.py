# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of the guard."""

from __future__ import annotations


class GuardError(Exception):
    """The guard cannot run; the message says why, and what to do."""


class MissingError(Exception):
    """A figure cannot be measured in this environment; the message says what is missing."""
