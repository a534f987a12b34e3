# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is kept of a run, and who may go on with it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from training.progress import BestEpoch, Phase, Run, RunError


def small_model(weight: float = 0.0) -> keras.Model:
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False, name='dense')(inputs))
    model.get_layer('dense').set_weights([np.array([[weight]], np.float32)])
    return model


def epochs(phase: Phase, losses: list[float], first: int = 0, patience: int = 99) -> int:
    """Let epochs with these losses on val pass; the number until the training stops."""
    callback = BestEpoch(phase, patience)
    for epoch, loss in enumerate(losses, first):
        model = small_model(loss)
        model.stop_training = False
        callback.set_model(model)
        callback.on_epoch_end(epoch, {'val_loss': loss})
        if model.stop_training:
            return epoch - first + 1
    return len(losses)


def kept(phase: Phase) -> float:
    model = small_model()
    model.load_weights(phase.best_weights)
    return float(model.get_layer('dense').get_weights()[0][0, 0])


def test_the_weights_of_the_best_epoch_are_kept(tmp_path: Path) -> None:
    phase = Phase(tmp_path)
    epochs(phase, [3.0, 1.0, 2.0])
    assert phase.best_epoch == 1 and kept(phase) == 1.0


def test_it_stops_when_patience_ends(tmp_path: Path) -> None:
    assert epochs(Phase(tmp_path), [3.0, 1.0, 2.0, 2.0, 2.0, 0.5], patience=3) == 5


def test_what_was_best_before_a_kill_stays_best(tmp_path: Path) -> None:
    epochs(Phase(tmp_path), [3.0, 1.0])
    again = Phase(tmp_path)
    # Epoch 1 was noted, but the kill came before its backup: it is trained a second time.
    epochs(again, [1.5, 2.0], first=1)
    assert [epoch['val_loss'] for epoch in again.history] == [3.0, 1.5, 2.0]
    assert again.best_epoch == 1 and kept(again) == 1.5
    assert epochs(Phase(tmp_path), [2.0, 2.0, 2.0], first=3, patience=3) == 2


def test_a_finished_phase_says_so(tmp_path: Path) -> None:
    phase = Phase(tmp_path / 'new')
    epochs(phase, [1.0])
    assert not Phase(tmp_path / 'new').finished
    phase.save(finished=True)
    assert Phase(tmp_path / 'new').finished


def test_a_run_goes_on_with_the_same_settings_only(tmp_path: Path) -> None:
    asked = {'seed': 0, 'data': [Path('a')], 'repeat': {'scenes': 2.0}}
    Run(tmp_path / 'run', asked)
    Run(tmp_path / 'run', asked)
    with pytest.raises(RunError, match=r'other settings \(seed\).*--work'):
        Run(tmp_path / 'run', {**asked, 'seed': 1})


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(RunError, match='cannot keep the run.*--work'):
        Run(tmp_path / 'file' / 'run', {})
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'asked.json').write_text('{')
    with pytest.raises(RunError, match='cannot keep the run'):
        Run(tmp_path / 'run', {})
