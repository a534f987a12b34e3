# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The subcommand `models`."""

from __future__ import annotations

import argparse

from mask_proximity.cli.options import Commands
from mask_proximity.core.models.description import ModelDescription, models_directory


def add_models_command(commands: Commands) -> None:
    """Add `models` to the subcommands."""
    parser = commands.add_parser('models', help='verify the model files of the package')
    parser.set_defaults(handler=_models)


def _models(options: argparse.Namespace) -> int:
    folder = models_directory()
    for path in sorted(folder.glob('*.json')):
        description = ModelDescription.load(path)
        for role, entry in description.content['files'].items():
            # Compares size and hash.
            description.read(role)
            print(f'ok  {folder / entry["file"]}  {entry["bytes"]} bytes  {entry["sha256"]}')
    return 0
