# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# Keras comes without types.
# mypy: allow-subclassing-any
"""The state of a training after each epoch, on disk.

It does what Keras' BackupAndRestore does, and outlives a kill at any moment. That of Keras 3.15
writes weights and epoch one after the other: killed in between, it trains an epoch twice, and
killed within the second, it cannot be resumed at all. Nor does it keep what dropout draws next.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from mask_proximity.core.outputs.files import atomic_file

END = '.weights.h5'


class Backup(keras.callbacks.Callback):
    """Keeps the model, its optimizer and the epoch in a file that is whole or is not there."""

    def __init__(self, folder: Path) -> None:
        """Set up.

        Args:
            folder: of the files, this callback's alone.
        """
        super().__init__()
        self._folder = folder

    def restore(self, model: keras.Model) -> int:
        """Load the newest state that can be read.

        Args:
            model: compiled.

        Returns:
            The epoch to go on with, from 0.
        """
        model.optimizer.build(model.trainable_variables)
        for path in reversed(self._files()):
            try:
                model.load_weights(path)
            except (OSError, ValueError, KeyError):  # of a disk that lost what was written
                path.unlink()
                continue
            return int(path.name.removesuffix(END))
        return 0

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Keep this state, and the one before in case that this one cannot be read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f'{epoch + 1:06d}{END}'
        with atomic_file(path, self._folder / f'part{END}', durable=True) as part:
            self.model.save_weights(part)
        for path in self._files()[:-2]:
            path.unlink()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f'[0-9]*{END}'))


class SeededEpochs(keras.callbacks.Callback):
    """What dropout draws in an epoch follows from the epoch, not from those before."""

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Set the generators; none draws so often in an epoch that it meets the next."""
        for variable in self.model.variables:
            if variable.name == 'seed_generator_state':
                variable.assign([np.asarray(variable)[0], epoch << 20])
