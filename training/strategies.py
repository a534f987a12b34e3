# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# Keras comes without types.
"""One device, all GPUs of a machine, or several machines.

Keras 3.15 trains under MirroredStrategy, but not under MultiWorkerMirroredStrategy, where its `fit`
fails before the first step. So each worker fits its part of every batch by itself, and the workers
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
    """A training on several devices cannot start or continue."""


@dataclass(frozen=True)
class Workers:
    """The processes that train together.

    Attributes:
        addresses: host:port of each worker. The first one is the chief, which alone writes files.
        index: Index of this process.
    """

    addresses: tuple[str, ...] = ('',)
    index: int = 0

    def __post_init__(self) -> None:
        """Check the addresses.

        Raises:
            StrategyError: An address or the index is invalid.
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
        """Parse the workers of the command line or, without any, of the variable TF_CONFIG.

        Args:
            addresses: 'host:port,host:port'; None: see TF_CONFIG.
            index: Index of this process.

        Raises:
            StrategyError: There are fewer than two workers, or the index is missing.
        """
        if addresses is not None:
            if index is None:
                raise StrategyError('--workers needs --worker-index, the number of this worker')
            workers = cls(tuple(each.strip() for each in addresses.split(',')), index)
        elif 'TF_CONFIG' in os.environ:
            workers = cls._from_config(os.environ['TF_CONFIG'])
        else:
            raise StrategyError(
                '--strategy multiworker needs --workers host:port,host:port and --worker-index N, '
                'or the environment variable TF_CONFIG'
            )
        if len(workers.addresses) < 2:
            raise StrategyError('--strategy multiworker needs at least two workers')
        return workers

    @classmethod
    def _from_config(cls, text: str) -> Workers:
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
        """Number of workers."""
        return len(self.addresses)

    @property
    def chief(self) -> bool:
        """Whether this process is the chief, which writes the files."""
        return self.index == 0

    def share(self, numbers: tf.data.Dataset, batch: int) -> tf.data.Dataset:
        """Return this worker's part of each batch. All workers together see each batch once.

        Args:
            numbers: Indices of the faces of an epoch, one by one, of known cardinality.
            batch: Faces in a batch of all workers together.
        """
        whole = int(numbers.cardinality()) // batch * batch
        return numbers.take(whole).shard(self.count, self.index)

    def names(self, of_others: bool = False) -> str:
        """Join the addresses for a message.

        Args:
            of_others: Leave out the address of this worker.
        """
        return ', '.join(
            each for i, each in enumerate(self.addresses) if not of_others or i != self.index
        )


class Strategy:
    """Where a model is trained: here, on one device.

    Attributes:
        replicas: Number of replicas; each gets an equal part of a batch.
        workers: The processes that train together.
    """

    replicas = 1

    def __init__(self, workers: Workers | None = None) -> None:
        self.workers = workers or Workers()

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context in which models must be built and compiled."""
        return contextlib.nullcontext()

    def check_batch(self, batch: int) -> None:
        """Check that a batch can be shared equally.

        Raises:
            StrategyError: It cannot.
        """
        if batch % self.replicas:
            raise StrategyError(
                f'a batch of {batch} faces cannot be shared equally by {self.replicas}; '
                f'give a multiple of {self.replicas} by --batch'
            )

    def begin(self, settings: str) -> None:
        """Wait for the other workers.

        Args:
            settings: Text that must be the same in all workers.

        Raises:
            StrategyError: The settings differ from those of the chief.
        """

    def synchronize(self, model: keras.Model, epoch: int) -> int:
        """Give every worker the chief's model, and average their gradients from now on.

        Args:
            model: Compiled model. Its weights and optimizer state are replaced by the chief's.
            epoch: Epoch that this process would start with.

        Returns:
            The epoch that the chief starts with.
        """
        return epoch

    def agreed(self, value: float) -> float:
        """Return the chief's value in every worker."""
        return value

    def callbacks(self, own: Sequence[keras.callbacks.Callback]) -> list[keras.callbacks.Callback]:
        """Return the callbacks for a training.

        Args:
            own: Callbacks that write files; only the chief runs them.
        """
        return list(own)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Watch the other workers during the block.

        Raises:
            StrategyError: Another worker has failed or cannot be reached.
        """
        yield


class Mirrored(Strategy):
    """All GPUs of this machine, or its logical CPUs if several are configured."""

    def __init__(self) -> None:
        """Find the devices.

        Raises:
            StrategyError: There are none.
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
        """See Strategy."""
        scope: contextlib.AbstractContextManager[Any] = self._mirrored.scope()
        return scope


class MultiWorker(Strategy):
    """Several machines, or several processes on one machine."""

    def __init__(self, workers: Workers, timeout: float) -> None:
        """Set up.

        Args:
            workers: All workers.
            timeout: Seconds to wait for another worker, at the start and in each step.

        Raises:
            StrategyError: This worker's port is in use.
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
        # TensorFlow holds the GIL while it waits; with the default handler, Ctrl-C still works.
        handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
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
                # Dropout must differ between workers.
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

        # On the outermost optimizer: the one of mixed precision skips steps with infinite
        # gradients, and all workers must skip the same ones.
        optimizer.apply_gradients = apply_mean
        return int(agreed[0])

    def agreed(self, value: float) -> float:
        """See Strategy."""
        return float(self._from_chief(np.array([value], np.float64))[0])

    def callbacks(self, own: Sequence[keras.callbacks.Callback]) -> list[keras.callbacks.Callback]:
        """See Strategy."""
        return [AverageLogs(self), *(own if self.workers.chief else ()), StopWithChief(self)]

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
        """Note that the other workers have answered."""
        self._watchdog.restart()

    def mean(self, values: FloatArray) -> FloatArray:
        """Return the mean over the workers."""
        return self._sum_over_workers(values) / self.workers.count

    def _from_chief(self, values: FloatArray) -> FloatArray:
        values = values if self.workers.chief else np.zeros_like(values)
        return self._sum_over_workers(values)

    def _sum_over_workers(self, values: FloatArray) -> FloatArray:
        total: FloatArray = self._sum_of_arrays(tf.constant(values)).numpy()
        return total

    def _sum(self, values: tf.Tensor) -> tf.Tensor:
        def reduce(part: tf.Tensor) -> tf.Tensor:
            # identity places the tensor on the device that the reduction expects.
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(part))

        return self._strategy.run(reduce, (values,))


class AverageLogs(keras.callbacks.Callback):
    """Averages the logs of an epoch over the workers; must precede callbacks that use the logs."""

    def __init__(self, strategy: MultiWorker) -> None:
        super().__init__()
        self._strategy = strategy

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Note that all workers are alive, since a step needs all of them."""
        self._strategy.alive()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Replace the logs by the means over the workers."""
        if logs:
            keys = sorted(logs)
            means = self._strategy.mean(np.array([float(logs[key]) for key in keys]))
            logs.update(zip(keys, means.tolist(), strict=True))
            self._strategy.alive()


class StopWithChief(keras.callbacks.Callback):
    """Stops every worker when the chief stops; must follow callbacks that stop the training."""

    def __init__(self, strategy: MultiWorker) -> None:
        super().__init__()
        self._strategy = strategy

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Take over the chief's decision."""
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
    """Make the strategy that the command line asks for.

    With several workers, call this before TensorFlow is first used.

    Args:
        name: One of STRATEGIES.
        workers: The workers of 'multiworker', else None.
        timeout: Seconds to wait for another worker.

    Raises:
        StrategyError: The strategy cannot be used on this machine.
    """
    if name == 'mirrored':
        return Mirrored()
    return MultiWorker(workers, timeout) if workers else Strategy()
