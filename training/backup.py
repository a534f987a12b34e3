# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# Keras comes without types.
"""The state of a training after each epoch, on disk.

This does what Keras' BackupAndRestore does, and survives a kill at any moment. BackupAndRestore of
Keras 3.15 writes weights and epoch one after the other: after a kill between the two, an epoch is
trained twice; after a kill while the second is written, the run cannot be resumed at all. Nor does
it keep the state of the random generators of dropout.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from mask_proximity.core.outputs.files import atomic_file

SUFFIX = '.weights.h5'
"""Keras takes only names that end in this."""


class Backup(keras.callbacks.Callback):
    """Keeps the model, its optimizer and the epoch in one file, complete or not there at all."""

    def __init__(self, folder: Path) -> None:
        """Set up.

        Args:
            folder: Folder for the files; nothing else may write to it.
        """
        super().__init__()
        self._folder = folder

    def restore(self, model: keras.Model) -> int:
        """Load the newest state that can be read.

        Args:
            model: Compiled model; its weights and the state of its optimizer are replaced.

        Returns:
            The epoch to continue with, from 0.
        """
        model.optimizer.build(model.trainable_variables)
        for path in reversed(self._files()):
            try:
                model.load_weights(path)
            except (OSError, ValueError, KeyError):  # The disk lost part of it.
                path.unlink()
                continue
            return int(path.name.removesuffix(SUFFIX))
        return 0

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Save this state and keep the one before, in case this one cannot be read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f'{epoch + 1:06d}{SUFFIX}'
        with atomic_file(path, self._folder / f'part{SUFFIX}', durable=True) as part:
            self.model.save_weights(part)
        for path in self._files()[:-2]:
            path.unlink()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f'[0-9]*{SUFFIX}'))


class SeededEpochs(keras.callbacks.Callback):
    """Makes the random numbers of dropout depend on the epoch alone, not on the epochs before."""

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Seed the generators; an epoch draws too seldom to reach the numbers of the next one."""
        for variable in self.model.variables:
            if variable.name == 'seed_generator_state':
                variable.assign([np.asarray(variable)[0], epoch << 20])
