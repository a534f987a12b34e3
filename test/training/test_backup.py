# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What is kept of a training is whole, or what was kept before is taken."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group('backup')]


def make_model() -> Any:
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(2, activation='softmax')]
    )
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 20)
    model.compile(keras.optimizers.AdamW(schedule), 'sparse_categorical_crossentropy')
    return model


def train(model: Any, begin: int, end: int, *callbacks: Any) -> None:
    from training.backup import SeededEpochs

    rng = np.random.default_rng(0)
    faces, labels = rng.normal(size=(32, 4)).astype(np.float32), rng.integers(0, 2, 32)
    options: dict[str, Any] = {'shuffle': False, 'batch_size': 8, 'verbose': 0}
    model.fit(
        faces,
        labels,
        initial_epoch=begin,
        epochs=end,
        callbacks=[SeededEpochs(), *callbacks],
        **options,
    )


def weights(model: Any) -> bytes:
    return b''.join(np.asarray(each).tobytes() for each in model.get_weights())


@pytest.fixture
def undisturbed() -> bytes:
    model = make_model()
    before = weights(model)
    train(model, 0, 4)
    assert weights(model) != before
    return weights(model)


def resumed(folder: Path) -> tuple[int, bytes]:
    from training.backup import Backup

    model = make_model()
    begin = Backup(folder).restore(model)
    train(model, begin, 4)
    return begin, weights(model)


def test_all_that_decides_the_rest_is_kept(undisturbed: bytes, tmp_path: Path) -> None:
    from training.backup import Backup

    assert resumed(tmp_path / 'nothing') == (0, undisturbed)
    train(make_model(), 0, 3, Backup(tmp_path))
    # Weights, moments, rate, and the state of dropout.
    assert resumed(tmp_path) == (3, undisturbed)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize('content', [b'', b'no HDF5', None])
def test_a_file_that_cannot_be_read_gives_way_to_the_one_before(
    content: bytes | None, undisturbed: bytes, tmp_path: Path
) -> None:
    from training.backup import Backup

    train(make_model(), 0, 3, Backup(tmp_path))
    newest = max(tmp_path.iterdir())
    whole = newest.read_bytes()
    newest.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert resumed(tmp_path) == (2, undisturbed)


class Killed(BaseException):
    """As SIGKILL would, it lets no code of ours run on."""


def test_a_kill_at_any_moment_of_a_save_costs_an_epoch_at_most(
    undisturbed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from training import backup

    replace = os.replace
    for kill_at, after in itertools.product(range(1, 5), (False, True)):
        folder = tmp_path / f'{kill_at}{after}'
        left = kill_at

        def replace_or_die(source: Path, target: Path, after: bool = after) -> None:
            nonlocal left
            left -= 1
            if left == 0 and not after:
                os.truncate(source, os.path.getsize(source) // 2)
                raise Killed
            replace(source, target)
            if left == 0:
                raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr('os.replace', replace_or_die)
            train(make_model(), 0, 4, backup.Backup(folder))
        assert resumed(folder) == (kill_at - (not after), undisturbed)
