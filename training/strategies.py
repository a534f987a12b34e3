# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# Keras comes without types.
# mypy: allow-subclassing-any
"""One device, all GPUs of a machine, or several machines.

Keras 3.15 fits under MirroredStrategy, but not under MultiWorkerMirroredStrategy: its `fit` ends
there before the first step. So each worker fits its part of every batch by itself, and the workers
average their gradients through MultiWorkerMirroredStrategy before each update.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mask_proximity.core.errors import MaskProximityError
from training.watchdog import Watchdog

FloatArray = npt.NDArray[np.float64]

STRATEGIES = ('one', 'mirrored', 'multiworker')

TF_CONFIG = (
    'TF_CONFIG must look like {"cluster": {"worker": ["host:port", "host:port"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


class StrategyError(MaskProximityError):
    """A training on several devices cannot begin or go on."""


@dataclass(frozen=True)
class Workers:
    """Who trains together, and which of them this process is.

    Attributes:
        addresses: host:port of each; the first one is the chief, who alone writes.
        index: of this process.
    """

    addresses: tuple[str, ...] = ('',)
    index: int = 0

    def __post_init__(self) -> None:
        """Check the addresses.

        Raises:
            StrategyError: an address or the index cannot be meant.
        """
        for address in self.addresses if self.addresses[1:] else ():
            host, _, port = address.rpartition(':')
            if not host or not port.isdecimal() or not 0 < int(port) < 65536:
                raise StrategyError(
                    f'{address!r} is no address of a worker; expected host:port, e.g. '
                    '192.168.1.2:12345'
                )
        if len(set(self.addresses)) < len(self.addresses):
            raise StrategyError('two workers have the same address; each needs its own host:port')
        if not 0 <= self.index < len(self.addresses):
            raise StrategyError(
                f'there is no worker {self.index} among {len(self.addresses)}; they are numbered '
                'from 0'
            )

    @classmethod
    def parse(cls, addresses: str | None, index: int | None) -> Workers:
        """The workers of the command line, or where it names none, of the variable TF_CONFIG.

        Args:
            addresses: host:port,host:port.
            index: of this process.

        Raises:
            StrategyError: neither names two workers and this one's number.
        """
        if addresses is not None:
            if index is None:
                raise StrategyError('--workers needs --worker-index, the number of this worker')
            workers = cls(tuple(each.strip() for each in addresses.split(',')), index)
        elif 'TF_CONFIG' in os.environ:
            workers = cls._of_config(os.environ['TF_CONFIG'])
        else:
            raise StrategyError(
                '--strategy multiworker needs --workers host:port,host:port and --worker-index N, '
                'or the environment variable TF_CONFIG'
            )
        if len(workers.addresses) < 2:
            raise StrategyError('--strategy multiworker needs at least two workers')
        return workers

    @classmethod
    def _of_config(cls, text: str) -> Workers:
        try:
            config = json.loads(text)
            cluster, task = config['cluster'], config['task']
            chiefs, others = cluster.get('chief', []), cluster['worker']
            addresses = [*chiefs, *others]
            index = int(task['index']) + (len(chiefs) if task['type'] == 'worker' else 0)
            if task['type'] not in ('chief', 'worker') or not all(
                isinstance(each, str) for each in addresses
            ):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StrategyError(TF_CONFIG) from None
        return cls(tuple(addresses), index)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.addresses)

    @property
    def chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.index == 0

    def share(self, numbers: tf.data.Dataset, batch: int) -> tf.data.Dataset:
        """This worker's part of each batch; together they see what one would.

        Args:
            numbers: of the faces of an epoch, one by one; of known cardinality.
            batch: faces in a batch of all workers.
        """
        whole = int(numbers.cardinality()) // batch * batch
        return numbers.take(whole).shard(self.count, self.index)

    def names(self, of_others: bool = False) -> str:
        """The addresses as part of a sentence."""
        return ', '.join(
            each for i, each in enumerate(self.addresses) if not of_others or i != self.index
        )


class Strategy:
    """How a model is trained; this one on one device.

    Attributes:
        replicas: each gets an equal part of a batch.
    """

    replicas = 1

    def __init__(self, workers: Workers | None = None) -> None:
        """Take the workers, if there is more than this process."""
        self.workers = workers or Workers()

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Models are made and compiled in here."""
        return contextlib.nullcontext()

    def check_batch(self, batch: int) -> None:
        """See that a batch can be shared.

        Raises:
            StrategyError: its parts would not be equal.
        """
        if batch % self.replicas:
            raise StrategyError(
                f'a batch of {batch} faces cannot be shared equally by {self.replicas}; '
                f'give a multiple of {self.replicas} by --batch'
            )

    def begin(self, settings: str) -> None:
        """Wait for the other workers.

        Args:
            settings: must be the same in all of them.

        Raises:
            StrategyError: they are not.
        """

    def synchronize(self, model: keras.Model, epoch: int) -> int:
        """Give every worker the chief's model, and average their gradients from now on.

        Args:
            model: compiled; its weights and the state of its optimizer become those of the chief.
            epoch: that this process would begin with.

        Returns:
            The epoch that the chief begins with.
        """
        return epoch

    def agreed(self, value: float) -> float:
        """What the chief says."""
        return value

    def callbacks(self, own: Sequence[keras.callbacks.Callback]) -> list[keras.callbacks.Callback]:
        """The callbacks of a training.

        Args:
            own: those that write; they are the chief's alone.
        """
        return list(own)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Whatever the workers do together stands in here.

        Raises:
            StrategyError: another worker has gone.
        """
        yield


class Mirrored(Strategy):
    """On all GPUs of this machine (or on its logical CPUs, if it was divided into some)."""

    def __init__(self) -> None:
        """Take the devices.

        Raises:
            StrategyError: there are none.
        """
        super().__init__()
        devices = tf.config.list_logical_devices('GPU')
        if not devices:
            devices = tf.config.list_logical_devices('CPU')
            if len(devices) < 2:
                raise StrategyError(
                    '--strategy mirrored trains on the GPUs of this machine, and TensorFlow sees '
                    'none; take --strategy one'
                )
        self._mirrored = tf.distribute.MirroredStrategy([device.name for device in devices])
        self.replicas = self._mirrored.num_replicas_in_sync

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Models are made and compiled in here."""
        scope: contextlib.AbstractContextManager[Any] = self._mirrored.scope()
        return scope


class MultiWorker(Strategy):
    """On several machines, or in several processes of one."""

    def __init__(self, workers: Workers, timeout: float) -> None:
        """Set up.

        Args:
            workers: all of them.
            timeout: seconds to wait for another worker, here and in each step.

        Raises:
            StrategyError: this worker's port cannot be had.
        """
        super().__init__(workers)
        self.replicas = workers.count
        self._timeout = timeout
        _check_port(workers.addresses[workers.index])

    def begin(self, settings: str) -> None:
        """See Strategy."""
        workers = self.workers
        print(f'waiting for {workers.names(of_others=True)}', flush=True)
        options = tf.distribute.experimental.CommunicationOptions(
            implementation=tf.distribute.experimental.CommunicationImplementation.RING
        )
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec({'worker': list(workers.addresses)}),
            task_type='worker',
            task_id=workers.index,
        )
        # Ctrl-C ends the wait at once: TensorFlow holds Python's lock in it.
        handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._wide = tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
        signal.signal(signal.SIGINT, handler)
        self._sum_of_arrays = tf.function(self._sum, reduce_retracing=True)
        own = zlib.crc32(settings.encode())
        if self.agreed(own) != own:
            raise StrategyError(
                'this worker was given other settings or other data than the chief '
                f'({workers.addresses[0]}); start all with the same command and the same data'
            )
        self.alive()

    def synchronize(self, model: keras.Model, epoch: int) -> int:
        """See Strategy."""
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
        variables = [*model.variables, *optimizer.variables]
        values = [np.asarray(variable, np.float64) for variable in variables]
        agreed = self._from_chief(np.concatenate([[epoch], *(each.ravel() for each in values)]))
        ends = np.cumsum([1, *(each.size for each in values)])
        parts = np.split(agreed, ends[:-1])[1:]
        for variable, value, part in zip(variables, values, parts, strict=True):
            variable.assign(part.reshape(value.shape).astype(variable.dtype))
            if variable.name == 'seed_generator_state':
                # Each worker drops out other units than its peers.
                variable.assign_add([self.workers.index, 0])
        apply = optimizer.apply_gradients

        def apply_mean(pairs: Iterable[tuple[tf.Tensor, keras.Variable]]) -> None:
            gradients, learned = zip(*pairs, strict=True)
            flat = tf.concat([tf.reshape(each, [-1]) for each in gradients], 0)
            mean = self._sum(flat) / self.workers.count
            sizes = [each.shape.num_elements() for each in gradients]
            means = [
                tf.reshape(part, each.shape)
                for part, each in zip(tf.split(mean, sizes), gradients, strict=True)
            ]
            apply(zip(means, learned, strict=True))

        # At the outermost optimizer: that of mixed precision looks for infinite gradients, and
        # must find them in every worker or in none.
        optimizer.apply_gradients = apply_mean
        return int(agreed[0])

    def agreed(self, value: float) -> float:
        """See Strategy."""
        return float(self._from_chief(np.array([value], np.float64))[0])

    def callbacks(self, own: Sequence[keras.callbacks.Callback]) -> list[keras.callbacks.Callback]:
        """See Strategy."""
        return [MeanFigures(self), *(own if self.workers.chief else ()), AsTheChief(self)]

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """See Strategy."""
        others = self.workers.names(of_others=True)
        self._watchdog = Watchdog(
            self._timeout,
            f'nothing was heard of {others} for {self._timeout:g} s; see that every worker runs '
            'and can be reached, and start all with the same command: the run goes on from its '
            'last epoch',
        )
        try:
            yield
        except (
            tf.errors.UnavailableError,
            tf.errors.AbortedError,
            tf.errors.CancelledError,
            tf.errors.DeadlineExceededError,
            tf.errors.InternalError,
        ):
            raise StrategyError(
                f'a worker of {others} has gone or failed; see what it says, and start all with '
                'the same command: the run goes on from its last epoch'
            ) from None
        finally:
            self._watchdog.stop()

    def alive(self) -> None:
        """The others were heard of."""
        self._watchdog.restart()

    def mean(self, values: FloatArray) -> FloatArray:
        """The mean over the workers."""
        return self._sum_over_workers(values) / self.workers.count

    def _from_chief(self, values: FloatArray) -> FloatArray:
        values = values if self.workers.chief else np.zeros_like(values)
        return self._sum_over_workers(values)

    def _sum_over_workers(self, values: FloatArray) -> FloatArray:
        total: FloatArray = self._sum_of_arrays(tf.constant(values)).numpy()
        return total

    def _sum(self, values: tf.Tensor) -> tf.Tensor:
        def reduce(part: tf.Tensor) -> tf.Tensor:
            # identity gives the tensor the device that the reduction asks for.
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(part))

        return self._wide.run(reduce, (values,))


class MeanFigures(keras.callbacks.Callback):
    """Makes an epoch's figures those of all workers; stands before those that use them."""

    def __init__(self, strategy: MultiWorker) -> None:
        """Take the strategy."""
        super().__init__()
        self._strategy = strategy

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """A step is only made by all."""
        self._strategy.alive()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Take the means."""
        if logs:
            keys = sorted(logs)
            means = self._strategy.mean(np.array([float(logs[key]) for key in keys]))
            logs.update(zip(keys, means.tolist(), strict=True))
            self._strategy.alive()


class AsTheChief(keras.callbacks.Callback):
    """Every worker stops when the chief does; stands behind those that stop."""

    def __init__(self, strategy: MultiWorker) -> None:
        """Take the strategy."""
        super().__init__()
        self._strategy = strategy

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Ask the chief."""
        self.model.stop_training = bool(self._strategy.agreed(self.model.stop_training))
        self._strategy.alive()


def _check_port(address: str) -> None:
    host, _, port = address.rpartition(':')
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('', int(port)))
        except OSError as error:
            raise StrategyError(
                f'this worker cannot listen at {address} ({error.strerror}); end what uses the '
                'port, or give all workers another one'
            ) from None


def make_strategy(name: str, workers: Workers | None, timeout: float) -> Strategy:
    """The strategy of the command line.

    For several workers this must come before TensorFlow is first used.

    Args:
        name: of STRATEGIES.
        workers: for 'multiworker'.
        timeout: seconds to wait for another worker.

    Raises:
        StrategyError: it cannot be had here.
    """
    if name == 'mirrored':
        return Mirrored()
    return MultiWorker(workers, timeout) if workers else Strategy()
