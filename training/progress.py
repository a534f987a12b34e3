# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# Keras comes without types.
# mypy: allow-subclassing-any
"""The course of a training on disk: it outlives a kill at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras

from mask_proximity.core.errors import MaskProximityError, OutputError
from mask_proximity.core.outputs.files import atomic_file
from training.json_files import write_json

History = list[dict[str, float]]
"""The figures of each epoch: loss, accuracy, val_loss, val_accuracy, learning_rate."""


class RunError(MaskProximityError):
    """The folder of a training run cannot be used."""


class Run:
    """The folder of a run: what it was asked for, and how far each phase came."""

    def __init__(self, folder: Path, asked: dict[str, Any], writes: bool = True) -> None:
        """Begin a run, or go on with the one in the folder.

        Args:
            folder: of the run; made if it does not exist.
            asked: what decides the result.
            writes: False for a worker that is not the chief.

        Raises:
            RunError: the folder holds another run, or cannot be used.
        """
        self.folder = folder
        self._asked_file = folder / 'asked.json'
        asked = json.loads(json.dumps(asked, default=str))  # as it comes back from the file
        try:
            if writes:
                folder.mkdir(parents=True, exist_ok=True)
            if self._asked_file.is_file():
                before = json.loads(self._asked_file.read_text(encoding='utf-8'))
                self._check_same(before, asked)
            elif writes:
                write_json(self._asked_file, asked)
        except (OSError, ValueError, OutputError) as error:
            raise RunError(
                f'{folder}: this folder cannot keep the run ({error}); name another by --work'
            ) from None

    def _check_same(self, before: dict[str, Any], asked: dict[str, Any]) -> None:
        other = sorted(
            key for key in before.keys() | asked.keys() if before.get(key) != asked.get(key)
        )
        if other:
            raise RunError(
                f'{self.folder}: this folder holds a run with other settings '
                f'({", ".join(other)}): repeat them to go on with it, remove the folder to begin '
                'anew, or name another by --work'
            )

    def phase(self, name: str) -> Phase:
        """The part of the run with this name."""
        return Phase(self.folder / name)


class Phase:
    """A part of a run with its own optimizer: its history and its best weights."""

    def __init__(self, folder: Path) -> None:
        """Take up what the folder holds."""
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
        """Whether so many epochs brought no lower loss on val; asked again after a kill."""
        return bool(self.history) and len(self.history) - 1 - self.best_epoch >= patience

    def save(self, finished: bool = False) -> None:
        """Write the history."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.finished = finished
        write_json(self._file, {'epochs': self.history, 'finished': finished})


class BestEpoch(keras.callbacks.Callback):
    """Keeps a phase's history and the weights of its best epoch, and stops it early.

    Keras' EarlyStopping and ModelCheckpoint forget, when a run is resumed, what was best before.
    """

    def __init__(self, phase: Phase, patience: int) -> None:
        """Set up.

        Args:
            phase: is filled in.
            patience: the training stops after so many epochs without a lower loss on val.
        """
        super().__init__()
        self._phase, self._patience = phase, patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note an epoch. One that is repeated after a kill replaces what was noted of it."""
        figures = {key: float(value) for key, value in (logs or {}).items()}
        phase = self._phase
        phase.history = [*phase.history[:epoch], figures]
        best = phase.best_epoch
        if best == epoch:
            phase.folder.mkdir(parents=True, exist_ok=True)
            # Keras takes only names that end in .weights.h5.
            with atomic_file(phase.best_weights, phase.folder / 'part.weights.h5') as part:
                self.model.save_weights(part)
        phase.save()
        if phase.exhausted(self._patience):
            self.model.stop_training = True
