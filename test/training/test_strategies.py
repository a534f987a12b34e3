# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Several devices learn what one does; a killed run goes on and ends as an undisturbed one."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.forked import Forked, forked
from training.strategies import MultiWorker, Strategy, StrategyError, Workers, make_strategy

TOLERANCE = 1e-5
"""Of losses: float32 sums in another order. Seen: 6e-8."""

# Up to eight processes one after the other; each takes some seconds on an idle core.
pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.xdist_group('strategies'),
    pytest.mark.timeout(600),
]


@contextlib.contextmanager
def started(folder: Path, *options: object, **variables: str) -> Iterator[Forked]:
    arguments = (
        *('--data', 'drawn', '--input-size', 32, '--batch', 8, '--rate', 0.03),
        *('--fine-tune-from', 'second', '--warm-up-epochs', 2, '--epochs', 3),
        *('--work', folder / 'work', '--output', folder / 'output', *options),
    )
    folder.mkdir(exist_ok=True)
    with forked('support.train_drawn', arguments, folder / 'log', **variables) as process:
        yield process


def ended(process: Forked) -> tuple[int, str]:
    """The exit status, and the last line on stderr."""
    status, error = process.end()
    assert 'Traceback' not in error, error
    return status, (error.strip().splitlines() or [''])[-1]


def train(folder: Path, *options: object, **variables: str) -> int:
    with started(folder, *options, **variables) as process:
        return ended(process)[0]


def train_two(
    folder: Path, *options: object, of_second: tuple[object, ...] = (), **of_second_variables: str
) -> list[tuple[int, str]]:
    """Two workers, the second with options and variables of its own."""
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(('127.0.0.1', 0))
        ports = [each.getsockname()[1] for each in (one, two)]
    addresses = ','.join(f'127.0.0.1:{port}' for port in ports)
    both = ('--strategy', 'multiworker', '--workers', addresses, *options)
    # As on a machine of its own, the second finds no folder of the chief.
    elsewhere = folder / 'elsewhere'
    with (
        started(folder, *both, '--worker-index', 0) as first,
        started(elsewhere, *both, '--worker-index', 1, *of_second, **of_second_variables) as second,
    ):
        return [ended(first), ended(second)]


def learned(folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / 'output' / 'learned.json').read_text())
    return result


def losses(folder: Path) -> list[float]:
    """Of each epoch, on train and on val."""
    return [
        epoch[key]
        for phase in learned(folder)['phases'].values()
        for epoch in phase
        for key in ('loss', 'val_loss')
    ]


@pytest.fixture(scope='module')
def one(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """The losses of one process, without dropout, which two workers draw otherwise."""
    folder = tmp_path_factory.mktemp('one')
    assert train(folder, '--dropout', 0) == 0
    result = losses(folder)
    assert len(result) == 10 and result[-1] < result[-5] - 0.01
    return result


def test_two_workers_learn_what_one_does(one: list[float], tmp_path: Path) -> None:
    assert [status for status, _ in train_two(tmp_path, '--dropout', 0)] == [0, 0]
    assert losses(tmp_path) == pytest.approx(one, abs=TOLERANCE)
    written = [path.name for path in (tmp_path / 'elsewhere').rglob('*') if path.is_file()]
    assert written == ['log'], 'only the chief writes'


def test_a_killed_worker_ends_the_other_and_the_run_goes_on(
    one: list[float], tmp_path: Path
) -> None:
    # In the second epoch of fine-tuning.
    chief, killed = train_two(tmp_path, '--dropout', 0, KILL_AT='step:18')
    assert killed[0] == -9
    assert chief[0] == 1
    assert chief[1].startswith('error: ') and 'has gone or failed' in chief[1]
    assert (tmp_path / 'work' / 'fine_tuning' / 'history.json').is_file()
    assert [status for status, _ in train_two(tmp_path, '--dropout', 0)] == [0, 0]
    assert losses(tmp_path) == pytest.approx(one, abs=TOLERANCE)


def test_mirrored_devices_learn_what_one_does(one: list[float], tmp_path: Path) -> None:
    options = ('--strategy', 'mirrored', '--dropout', 0)
    assert train(tmp_path, *options, LOGICAL_CPUS='2') == 0
    assert losses(tmp_path) == pytest.approx(one, abs=TOLERANCE)


def test_workers_with_other_settings_do_not_train_together(tmp_path: Path) -> None:
    chief, second = train_two(tmp_path, of_second=('--seed', 5))
    assert second[0] == 1 and 'other settings or other data than the chief' in second[1]
    assert chief[0] == 1 and 'has gone or failed' in chief[1]


def test_a_worker_that_does_not_come_is_not_waited_for_without_end(tmp_path: Path) -> None:
    options = ('--strategy', 'multiworker', '--workers', f'127.0.0.1:{free_port()},127.0.0.1:9')
    with started(tmp_path, *options, '--worker-index', 0, '--worker-timeout', 2) as process:
        status, sentence = ended(process)
    assert status == -9
    assert sentence.startswith('error: nothing was heard of 127.0.0.1:9 for 2 s; see that')


# Each start ends by SIGKILL at the next of these moments: before anything is kept; with half of a
# backup written; between the best weights, the history and the backup of an epoch; with half of the
# best weights written; anywhere in fine-tuning; when all is learned and nothing says so yet.
KILLS = ('step:3', '000001:1', 'history:1+', 'best:1', 'step:9', 'history:2')


def test_a_run_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    assert train(tmp_path / 'undisturbed') == 0
    disturbed = tmp_path / 'disturbed'
    for moment in KILLS:
        assert train(disturbed, KILL_AT=moment) == -9, moment
    assert train(disturbed) == 0
    assert losses(disturbed) == pytest.approx(losses(tmp_path / 'undisturbed'), abs=TOLERANCE)
    assert not (disturbed / 'work').exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('', 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ('addresses', 'index', 'config', 'sentence'),
    [
        (None, None, None, 'needs --workers host:port,host:port and --worker-index N'),
        ('a:1,b:2', None, None, '--workers needs --worker-index'),
        ('a:1,b:2', 2, None, 'there is no worker 2 among 2'),
        ('a:1,b:2', -1, None, 'there is no worker -1 among 2'),
        ('a:1', 0, None, 'at least two workers'),
        ('a:1,a:1', 0, None, 'the same address'),
        ('a:1,b', 0, None, "'b' is no address of a worker; expected host:port"),
        ('a:1,b:x', 0, None, "'b:x' is no address"),
        ('a:1,b:65536', 0, None, "'b:65536' is no address"),
        ('a:1,:2', 0, None, "':2' is no address"),
        (None, None, 'no json', 'TF_CONFIG must look like'),
        (None, None, '[]', 'TF_CONFIG must look like'),
        (None, None, '{"cluster": {"worker": ["a:1", "b:2"]}}', 'TF_CONFIG must look like'),
        (
            *(None, None, '{"cluster": {"worker": ["a:1", 2]}, "task": {"type": "worker"'),
            'TF_CONFIG must look like',
        ),
        (
            *(None, None, '{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}'),
            'TF_CONFIG must look like',
        ),
    ],
)
def test_workers_that_cannot_be_meant_are_a_sentence(
    addresses: str | None,
    index: int | None,
    config: str | None,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv('TF_CONFIG', raising=False)
    if config is not None:
        monkeypatch.setenv('TF_CONFIG', config)
    with pytest.raises(StrategyError) as caught:
        Workers.parse(addresses, index)
    assert sentence in str(caught.value)


def test_the_command_line_and_tf_config_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Workers(('a:1', '[::1]:2'), 1)
    assert Workers.parse('a:1, [::1]:2', 1) == expected
    task = {'type': 'worker', 'index': 1}
    config: dict[str, Any] = {'cluster': {'worker': ['a:1', '[::1]:2']}, 'task': task}
    monkeypatch.setenv('TF_CONFIG', json.dumps(config))
    assert Workers.parse(None, None) == expected
    config['cluster'] = {'chief': ['a:1'], 'worker': ['[::1]:2']}
    task['index'] = 0
    monkeypatch.setenv('TF_CONFIG', json.dumps(config))
    assert Workers.parse(None, None) == expected
    task['type'] = 'chief'
    monkeypatch.setenv('TF_CONFIG', json.dumps(config))
    assert Workers.parse(None, None).chief


def test_a_port_in_use_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(('', 0))
        taken.listen()
        address = f'127.0.0.1:{taken.getsockname()[1]}'
        with pytest.raises(StrategyError, match=f'cannot listen at {address}'):
            make_strategy('multiworker', Workers((address, '127.0.0.1:9')), 1.0)


def test_mirrored_without_a_gpu_is_a_sentence() -> None:
    import tensorflow as tf

    if tf.config.list_logical_devices('GPU'):
        assert make_strategy('mirrored', None, 1.0).replicas >= 1
        return
    with pytest.raises(StrategyError, match='TensorFlow sees none; take --strategy one'):
        make_strategy('mirrored', None, 1.0)


def test_a_batch_that_cannot_be_shared_is_a_sentence() -> None:
    Strategy().check_batch(7)
    strategy = MultiWorker(Workers((f'a:{free_port()}', 'b:9')), 1.0)
    strategy.check_batch(8)
    with pytest.raises(StrategyError, match='a batch of 7 faces cannot be shared equally by 2'):
        strategy.check_batch(7)


@pytest.mark.parametrize('faces', [0, 5, 6, 17, 18, 23, 24])
@pytest.mark.parametrize('count', [1, 2, 3])
def test_workers_share_the_batches_that_one_would_see(faces: int, count: int) -> None:
    import tensorflow as tf

    addresses = tuple(f'a:{port}' for port in range(1, count + 1))
    numbers = tf.data.Dataset.range(faces)
    shares = [
        [
            part.tolist()
            for part in Workers(addresses, index)
            .share(numbers, 6)
            .batch(6 // count, drop_remainder=True)
            .as_numpy_iterator()
        ]
        for index in range(count)
    ]
    together = [sorted(sum(parts, [])) for parts in zip(*shares, strict=True)]
    expected = numbers.batch(6, drop_remainder=True).as_numpy_iterator()
    assert together == [batch.tolist() for batch in expected]
