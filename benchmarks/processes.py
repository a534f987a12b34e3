# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts real processes, exchanges JSON with them, measures CPU time and memory; on Linux."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile

from mask_proximity import environment
from mask_proximity.msg import ProximityAlert
from mask_proximity.ros import qos
from mask_proximity.ros.conversions import nanoseconds

START_TIME = 120.0
"""Seconds that a process may take to come up or to answer: a bound, not an expectation."""

_TICKS = os.sysconf('SC_CLK_TCK')


@contextmanager
def process(
    log: Path, command: Sequence[str], variables: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block; what it says goes to a file.

    Args:
        log: the file.
        command: its command line.
        variables: its environment; None = ours.
    """
    heed_interrupts()
    with log.open('wb') as stream:
        running = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=variables,
        )
    try:
        yield running
    finally:
        end(running)


def heed_interrupts() -> None:
    """Let children end by SIGINT: what a shell runs in the background ignores it, and they too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end(running: subprocess.Popen[bytes]) -> None:
    """End a process as Ctrl-C does; SIGKILL would leave the shared memory of DDS behind."""
    running.send_signal(signal.SIGINT)
    try:
        running.wait(START_TIME)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def cpu_seconds(running: Sequence[subprocess.Popen[bytes]]) -> float:
    """Processor time that processes have used so far."""
    ticks = 0
    for each in running:
        fields = Path(f'/proc/{each.pid}/stat').read_text().rpartition(')')[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def busy_seconds(cores: Iterable[int]) -> float:
    """Processor time that all processes of the machine have used on some cores so far."""
    ticks = 0
    for line in Path('/proc/stat').read_text().splitlines():
        name, *fields = line.split()
        if name in {f'cpu{core}' for core in cores}:
            # user, nice, system, [idle, iowait,] irq, softirq, steal
            ticks += sum(int(field) for field in (*fields[:3], *fields[5:8]))
    return ticks / _TICKS


def megabytes(running: Sequence[subprocess.Popen[bytes]]) -> float:
    """Memory of processes; what they share with others counts in parts (PSS)."""
    return sum(_kilobytes(each, 'smaps_rollup', 'Pss') for each in running) / 1e3


def resident(running: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Memory of a process in MB: all that is resident (RSS), and the part that is its own heap.

    The first holds the shared memory of DDS, too, which fills until all of it was used once.
    """
    return (
        _kilobytes(running, 'status', 'VmRSS') / 1e3,
        _kilobytes(running, 'status', 'RssAnon') / 1e3,
    )


def _kilobytes(running: subprocess.Popen[bytes], file: str, name: str) -> int:
    for line in Path(f'/proc/{running.pid}/{file}').read_text().splitlines():
        if line.startswith(f'{name}:'):
            return int(line.split()[1])
    raise ValueError(f'/proc/{running.pid}/{file} has no line {name}')


class Asked:
    """A script of ours in a process of its own: takes jobs and gives answers, a line of JSON each.

    It says 'ready' first.
    """

    def __init__(
        self,
        log: Path,
        script: Path,
        arguments: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; it is ready when the first answer has come.

        Args:
            log: the file that what it says beside its answers goes to.
            script: its path.
            arguments: of its command line.
            variables: its environment; None = ours.
        """
        heed_interrupts()
        self._log = log
        self._name = script.stem
        with log.open('wb') as stream:
            self.process = subprocess.Popen(
                [sys.executable, str(script), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=variables,
                # Ctrl-C on us ends it by `close`.
                start_new_session=True,
            )
        self._rest = b''

    def ask(self, **job: Any) -> None:
        """Hand it a job; several may wait in line."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job).encode() + b'\n')
        self.process.stdin.flush()

    def answer(self, seconds: float = START_TIME) -> Any:
        """The next answer.

        Raises:
            RuntimeError: it has ended, or none came in time.
        """
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        while b'\n' not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0.0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise RuntimeError(f'{self._name} gave no answer within {seconds:.0f} s')
            part = os.read(self.process.stdout.fileno(), 1 << 20)
            if not part:
                said = self._log.read_text(errors='replace')
                raise RuntimeError(f'{self._name} has ended; it said:\n{said}')
            self._rest += part
        line, _, self._rest = self._rest.partition(b'\n')
        return json.loads(line)

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        end(self.process)


@dataclass(frozen=True, slots=True)
class Heard:
    """An alert made of an image.

    Attributes:
        latency: as the alert says it: from the stamp until it was published, ms.
        delay: from the stamp until it was heard here, ms.
        faces: how many are in it.
        dropped: images that the detector had to leave out so far.
    """

    latency: float
    delay: float
    faces: int
    dropped: int


class Ear:
    """Hears the alerts of cameras in this process.

    Attributes:
        heard: by camera, by the stamp of the image in nanoseconds: the first alert of it.
    """

    def __init__(self, cameras: Sequence[str], context: Context | None = None) -> None:
        """Subscribe.

        Args:
            cameras: their namespaces, without the first slash.
            context: of ROS; None = the global one.
        """
        self.heard: dict[str, dict[int, Heard]] = {camera: {} for camera in cameras}
        self.node = rclpy.create_node('benchmark', context=context)
        self.executor = SingleThreadedExecutor(context=context)
        self.executor.add_node(self.node)
        profile = QoSProfile(depth=100, reliability=qos.ALERT.reliability)
        for camera in cameras:
            self.node.create_subscription(
                ProximityAlert,
                f'/{camera}/alert',
                lambda alert, camera=camera: self._hear(camera, alert),
                profile,
            )

    def _hear(self, camera: str, alert: ProximityAlert) -> None:
        now = time.time_ns()
        # A heartbeat repeats the stamp, with a higher latency.
        if alert.header.frame_id and alert.level != ProximityAlert.UNKNOWN:
            stamp = nanoseconds(alert.header.stamp)
            self.heard[camera].setdefault(
                stamp,
                Heard(
                    nanoseconds(alert.latency) / 1e6,
                    (now - stamp) / 1e6,
                    len(alert.faces),
                    alert.frames_dropped,
                ),
            )

    def clear(self) -> None:
        """Forget what was heard."""
        for alerts in self.heard.values():
            alerts.clear()

    def listen(self, seconds: float, enough: Callable[[], object] | None = None) -> bool:
        """Spin for a while, or until it is enough; say whether it was."""
        deadline = time.monotonic() + seconds
        while enough is None or not enough():
            left = deadline - time.monotonic()
            if left <= 0.0:
                return False
            self.executor.spin_once(timeout_sec=min(left, 0.05))
        return True

    def await_images(self) -> None:
        """Spin until an alert made of an image has come of every camera.

        Raises:
            RuntimeError: not all have come in time.
        """
        if not self.listen(START_TIME, lambda: all(self.heard.values())):
            raise RuntimeError(f'not every camera was judged within {START_TIME:.0f} s')

    def close(self) -> None:
        """Unsubscribe."""
        self.executor.shutdown()
        self.node.destroy_node()


class Graph:
    """A ROS graph of a benchmark's own: nobody else's nodes are in it.

    Attributes:
        folder: for what the processes say, and for pictures; goes with the graph.
        variables: the environment of every process in it.
        context: of ROS, for nodes in this process.
    """

    def __init__(self, folder: Path) -> None:
        """Join a graph that no other process of this user is likely to be in."""
        environment.prepare(os.environ)
        os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        domain = 1 + os.getpid() % 100
        self.folder = folder
        self.variables = {**os.environ, 'ROS_DOMAIN_ID': f'{domain}'}
        self.context = Context()
        self._stack = ExitStack()
        # The processes must not outlive us.
        self._stack.callback(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        rclpy.init(args=[], context=self.context, domain_id=domain)
        self._stack.callback(rclpy.shutdown, context=self.context)

    def camera_names(self, number: int = 1) -> list[str]:
        """Names that no other graph has, should one be in the same domain."""
        mark = uuid.uuid4().hex[:8]
        return [f'bench_{mark}/camera{index}' for index in range(number)]

    def ear(self, cameras: Sequence[str]) -> Ear:
        """Hear the alerts of cameras until the graph ends."""
        ear = Ear(cameras, self.context)
        self._stack.callback(ear.close)
        return ear

    def asked(self, script: Path, *arguments: str) -> Asked:
        """Start a script of ours that ends with the graph, and wait until it is ready."""
        log = self.folder / f'{script.stem}_{uuid.uuid4().hex[:8]}.log'
        child = Asked(log, script, arguments, self.variables)
        self._stack.callback(child.close)
        child.answer()
        return child

    @contextmanager
    def node(
        self, name: str, namespace: str = '', own: Sequence[str] = (), **parameters: Any
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A node of the package, in a process that ends with the block.

        Args:
            name: of the node.
            namespace: its own, without the first slash.
            own: arguments that are none of ROS.
            parameters: in YAML.
        """
        arguments = ['-r', f'__ns:=/{namespace}'] if namespace else []
        for parameter, value in parameters.items():
            arguments += ['-p', f'{parameter}:={value}']
        if own:
            arguments += ['--', *own]
        log = self.folder / f'{name}_{uuid.uuid4().hex[:8]}.log'
        with process(log, environment.node_command(name, *arguments), self.variables) as running:
            yield running

    def close(self) -> None:
        """End what is still there, and leave."""
        self._stack.close()
