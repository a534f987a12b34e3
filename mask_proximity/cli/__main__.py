# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the command as `python -m mask_proximity.cli`."""

from __future__ import annotations

import sys

from mask_proximity.cli import main

if __name__ == '__main__':
    sys.exit(main())
