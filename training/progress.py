# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# Keras comes without types.
"""The progress of a training run on disk, which survives a kill at any moment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import keras

from mask_proximity.core.errors import MaskProximityError, OutputError
from mask_proximity.core.outputs.files import atomic_file
from training.json_files import write_json

History = list[dict[str, float]]
"""The logs of each epoch: loss, accuracy, val_loss, val_accuracy, learning_rate."""


class RunError(MaskProximityError):
    """The folder of a training run cannot be used."""


class Run:
    """The folder of a run: the settings that it was started with, and the progress of each phase.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path, requested: dict[str, Any], writes: bool = True) -> None:
        """Start a run, or continue the one in the folder.

        Args:
            folder: Folder of the run; created if it does not exist.
            requested: Settings that can change the result.
            writes: False for a worker that is not the chief.

        Raises:
            RunError: The folder holds a run with other settings, or cannot be used.
        """
        self.folder = folder
        self._settings_file = folder / 'asked.json'
        requested = json.loads(json.dumps(requested, default=str))  # as it comes back from the file
        try:
            if writes:
                folder.mkdir(parents=True, exist_ok=True)
            if self._settings_file.is_file():
                stored = json.loads(self._settings_file.read_text(encoding='utf-8'))
                self._check_same(stored, requested)
            elif writes:
                write_json(self._settings_file, requested)
        except (OSError, ValueError, OutputError) as error:
            raise RunError(
                f'{folder}: this folder cannot keep the run ({error}); name another by --work'
            ) from None

    def _check_same(self, stored: dict[str, Any], requested: dict[str, Any]) -> None:
        keys = stored.keys() | requested.keys()
        other = sorted(key for key in keys if stored.get(key) != requested.get(key))
        if other:
            raise RunError(
                f'{self.folder}: this folder holds a run with other settings '
                f'({", ".join(other)}): repeat them to go on with it, remove the folder to begin '
                'anew, or name another by --work'
            )

    def phase(self, name: str) -> Phase:
        """Return the phase with this name."""
        return Phase(self.folder / name)

    def remove(self) -> None:
        """Remove the folder after the run has ended.

        It is renamed first, in one step, so that a kill leaves no half folder that would be taken
        for a run to continue.
        """
        done = self.folder.with_name(f'{self.folder.name}.done')
        shutil.rmtree(done, ignore_errors=True)
        self.folder.rename(done)
        shutil.rmtree(done)


class Phase:
    """A part of a run with its own optimizer: its history and its best weights.

    Attributes:
        folder: Folder of the phase.
        backup: Folder of the states that the phase can continue from.
        best_weights: File with the weights of the best epoch.
        history: Logs of the epochs so far.
        finished: Whether the phase has ended.
    """

    def __init__(self, folder: Path) -> None:
        """Read what the folder holds, if it exists."""
        self.folder = folder
        self.backup = folder / 'backup'
        self.best_weights = folder / 'best.weights.h5'
        self._file = folder / 'history.json'
        self.history: History = []
        self.finished = False
        if self._file.is_file():
            content = json.loads(self._file.read_text(encoding='utf-8'))
            self.history, self.finished = content['epochs'], content['finished']

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest loss on val, from 0."""
        return min(range(len(self.history)), key=lambda epoch: self.history[epoch]['val_loss'])

    def exhausted(self, patience: int) -> bool:
        """Whether the last `patience` epochs have brought no lower loss on val."""
        return bool(self.history) and len(self.history) - 1 - self.best_epoch >= patience

    def save(self, finished: bool = False) -> None:
        """Write the history.

        Raises:
            OutputError: The file cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.finished = finished
        write_json(self._file, {'epochs': self.history, 'finished': finished})


class BestEpoch(keras.callbacks.Callback):
    """Keeps a phase's history and the weights of its best epoch, and stops it early.

    EarlyStopping and ModelCheckpoint of Keras forget the best epoch so far when a run is resumed.
    """

    def __init__(self, phase: Phase, patience: int) -> None:
        """Set up.

        Args:
            phase: Phase to fill in.
            patience: Stop after so many epochs without a lower loss on val.
        """
        super().__init__()
        self._phase, self._patience = phase, patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record an epoch. One that is repeated after a kill replaces its earlier record."""
        figures = {key: float(value) for key, value in (logs or {}).items()}
        phase = self._phase
        phase.history = [*phase.history[:epoch], figures]
        if phase.best_epoch == epoch:
            phase.folder.mkdir(parents=True, exist_ok=True)
            # Keras takes only names that end in .weights.h5.
            with atomic_file(phase.best_weights, phase.folder / 'part.weights.h5') as part:
                self.model.save_weights(part)
        phase.save()
        if phase.exhausted(self._patience):
            self.model.stop_training = True
