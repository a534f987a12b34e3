# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The command, from the source tree: `python -m benchmarks.guard`."""

from __future__ import annotations

import sys

# Python looks first into the current folder, and the source tree's mask_proximity lacks the
# messages.
sys.path.append(sys.path.pop(0))

from benchmarks.guard.command import main  # noqa: E402

if __name__ == '__main__':
    sys.exit(main())
