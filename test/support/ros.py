# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A peer on the ROS graph for tests: real nodes in their own processes, real DDS between them."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import rclpy
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rcl_interfaces.srv import SetParametersAtomically as SetAtomically
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

from mask_proximity import environment
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.settings_table import setting_rows
from mask_proximity.core.types import Image
from mask_proximity.ros import conversions, image_conversions, qos

# Two slow cores with other tests beside: a bound, not an expectation.
PATIENCE = 60.0

Result = TypeVar('Result')


class NodeProcess:
    """A node of the package in a process of its own."""

    def __init__(
        self,
        node: str,
        namespace: str,
        domain: int,
        log: Path,
        remappings: Sequence[str] = (),
        params_file: Path | None = None,
        own_arguments: Sequence[str] = (),
        **parameters: Any,
    ) -> None:
        """Start it; parameters are written as YAML, `own_arguments` are none of ROS."""
        arguments = ['-r', f'__ns:={namespace}']
        if params_file is not None:
            arguments += ['--params-file', str(params_file)]
        for remapping in remappings:
            arguments += ['-r', remapping]
        for name, value in parameters.items():
            arguments += ['-p', f'{name}:={value}']
        if own_arguments:
            arguments += ['--', *own_arguments]
        self.log = log
        with log.open('ab') as stream:
            self.process = subprocess.Popen(
                environment.node_command(node, *arguments),
                env={**os.environ, 'ROS_DOMAIN_ID': str(domain)},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors='replace')

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait for the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class Peer:
    """A node inside the test: publishes pictures, collects what comes back."""

    def __init__(self, domain: int, namespace: str, folder: Path) -> None:
        """Join the graph."""
        self.domain, self.namespace, self._folder = domain, namespace, folder
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context, domain_id=domain)
        self.node = rclpy.create_node('peer', namespace=namespace, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._processes: list[NodeProcess] = []
        self._noise = itertools.cycle(range(256))

    def close(self) -> None:
        """End every process and leave the graph."""
        with ExitStack() as stack:
            stack.callback(rclpy.shutdown, context=self._context)
            stack.callback(self.node.destroy_node)
            stack.callback(self._executor.shutdown)
            # Not by SIGKILL, which leaves the shared memory of DDS behind, and perhaps locked.
            for process in self._processes:
                stack.callback(process.end)

    @property
    def logs(self) -> str:
        """What the nodes said."""
        return '\n'.join(process.text for process in self._processes)

    def start(self, node: str, remappings: Sequence[str] = (), **parameters: Any) -> NodeProcess:
        """Start a node of the package, or the script of a path, in this peer's namespace."""
        log = self._folder / f'{Path(node).name}{len(self._processes)}.log'
        process = NodeProcess(node, self.namespace, self.domain, log, remappings, **parameters)
        self._processes.append(process)
        return process

    def collect(self, kind: type[Any], topic: str, profile: QoSProfile | None = None) -> list[Any]:
        """A list that fills with the messages of a topic."""
        messages: list[Any] = []
        profile = profile or QoSProfile(depth=100, reliability=qos.STREAM.reliability)
        self.node.create_subscription(kind, topic, messages.append, profile)
        return messages

    def collect_alerts(self) -> list[Any]:
        """A list that fills with the alerts."""
        from mask_proximity.msg import ProximityAlert

        profile = QoSProfile(
            depth=100, reliability=qos.ALERT.reliability, durability=qos.ALERT.durability
        )
        return self.collect(ProximityAlert, 'alert', profile)

    def image_publisher(self) -> Any:
        """A publisher on image_raw, as a camera driver has it."""
        from sensor_msgs.msg import Image as ImageMessage

        return self.node.create_publisher(ImageMessage, 'image_raw', qos.STREAM)

    def now(self) -> int:
        """The present, nanoseconds."""
        return int(self.node.get_clock().now().nanoseconds)

    def image(
        self,
        picture: Image,
        stamp: int | None = None,
        frame_id: str = 'camera',
        live: bool = True,
    ) -> Any:
        """A picture as a message, stamped now unless told otherwise.

        Args:
            picture: to be sent.
            stamp: nanoseconds.
            frame_id: of the camera.
            live: whether its first pixel is another one each time, as the noise of a sensor makes
                it; without that, the same picture again and again is a frozen camera.
        """
        if live:
            picture = picture.copy()
            picture[0, 0, 0] = next(self._noise)
        time_ = conversions.time_message(self.now() if stamp is None else stamp)
        return image_conversions.image_message(picture, Header(stamp=time_, frame_id=frame_id))

    def until(
        self,
        condition: Callable[[], Result],
        each: Callable[[], object] | None = None,
        seconds: float = PATIENCE,
    ) -> Result:
        """Spin until a condition holds, and give its value; fail after a bound.

        Args:
            condition: of anything.
            each: done ten times a second meanwhile, e.g. publishing a picture.
            seconds: the bound.
        """
        deadline = time.monotonic() + seconds
        due = 0.0
        while not (value := condition()):
            now = time.monotonic()
            if now > deadline:
                raise AssertionError(f'not within {seconds:g} s; the nodes said:\n{self.logs}')
            if each is not None and now >= due:
                each()
                due = now + 0.1
            self._executor.spin_once(timeout_sec=0.02)
        return value

    def spin_for(self, seconds: float) -> None:
        """Spin for a while, to see that something does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.02)

    def call(self, kind: type[Any], service: str, request: Any) -> Any:
        """Call a service."""
        client = self.node.create_client(kind, service)
        self.until(client.service_is_ready)
        # A response is lost where the server has not discovered our reader yet (rmw says so), so
        # the request is repeated.
        futures: list[Any] = []
        due = 0.0

        def answered() -> Any:
            nonlocal due
            if time.monotonic() >= due:
                futures.append(client.call_async(request))
                due = time.monotonic() + PATIENCE / 4.0
            return next((future for future in futures if future.done()), None)

        future = self.until(answered)
        self.node.destroy_client(client)
        return future.result()

    def set(self, node: str, **values: Any) -> list[SetParametersResult]:
        """Set parameters one by one by the parameter service, as `ros2 param set` does."""
        request = SetParameters.Request(parameters=_messages(values))
        return list(self.call(SetParameters, f'{node}/set_parameters', request).results)

    def set_together(self, node: str, **values: Any) -> SetParametersResult:
        """Set parameters in one atomic call."""
        request = SetAtomically.Request(parameters=_messages(values))
        return self.call(SetAtomically, f'{node}/set_parameters_atomically', request).result

    def get(self, node: str, *names: str) -> list[Any]:
        """Values of parameters."""
        request = GetParameters.Request(names=list(names))
        values = self.call(GetParameters, f'{node}/get_parameters', request).values
        return [rclpy.parameter.parameter_value_to_python(value) for value in values]

    def describe(self, node: str, *names: str) -> list[Any]:
        """Descriptors of parameters."""
        request = DescribeParameters.Request(names=list(names))
        return list(
            self.call(DescribeParameters, f'{node}/describe_parameters', request).descriptors
        )


def _messages(values: dict[str, Any]) -> list[ParameterMessage]:
    return [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]


@contextmanager
def peer(folder: Path) -> Iterator[Peer]:
    """A peer in a namespace of its own, in a domain of this test worker's own."""
    alone = Peer(_domain(), f'/test_{uuid.uuid4().hex[:10]}', folder)
    try:
        yield alone
    finally:
        alone.close()


class SharedDetector:
    """One running detector_node for many tests of a worker; most of a test is its start otherwise.

    Between two tests it is unconfigured, so that nothing that one test has shown it is known in the
    next one, which sets all its parameters. A test that ends it leaves a fresh process to the next.
    """

    NODE = 'detector_node'
    DEFAULTS = {row.name: row.default for row in setting_rows(DetectorSettings) if row.live}

    def __init__(self, folder: Path) -> None:
        """Start nothing yet."""
        self.namespace = f'/shared_{uuid.uuid4().hex[:10]}'
        self._folder = folder
        self._process: NodeProcess | None = None

    def running(self, peer: SharedPeer) -> NodeProcess:
        """The process, which is started where none runs."""
        if self._process is None or self._process.process.poll() is not None:
            log = self._folder / f'{self.NODE}_{uuid.uuid4().hex[:6]}.log'
            self._process = NodeProcess(
                self.NODE, self.namespace, peer.domain, log, autostart=False
            )
        return self._process

    def rest(self, peer: SharedPeer) -> None:
        """Make it unconfigured; a detector that does not obey is ended."""
        if self._process is None or self._process.process.poll() is not None:
            return
        try:
            if peer.state() == State.PRIMARY_STATE_ACTIVE:
                peer.change(Transition.TRANSITION_DEACTIVATE)
            if peer.state() == State.PRIMARY_STATE_INACTIVE:
                peer.change(Transition.TRANSITION_CLEANUP)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it, in good order."""
        process, self._process = self._process, None
        if process is not None and process.process.poll() is None:
            code = process.end()
            assert code == 0 and 'Traceback' not in process.text, process.text


class SharedProcess:
    """What a test sees of the shared detector: as NodeProcess, without what it said before."""

    def __init__(self, whole: NodeProcess) -> None:
        """Begin here."""
        self._whole = whole
        self._before = len(whole.text)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process itself."""
        return self._whole.process

    @property
    def text(self) -> str:
        """What it has printed since the test took it."""
        return self._whole.text[self._before :]

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait for the exit code."""
        return self._whole.end(number)


class SharedPeer(Peer):
    """A peer whose detector_node runs already."""

    def __init__(self, detector: SharedDetector, domain: int, folder: Path) -> None:
        """Join the graph."""
        super().__init__(domain, detector.namespace, folder)
        self._detector = detector
        self._shared: SharedProcess | None = None

    def start(self, node: str, remappings: Sequence[str] = (), **parameters: Any) -> Any:
        """Take the running detector, with these parameters and the defaults of all others.

        Args:
            node: 'detector_node', or another one, which is started as by any peer.
            remappings: of another node.
            parameters: that can be set while it runs.
        """
        if node != SharedDetector.NODE:
            return super().start(node, remappings, **parameters)
        assert not remappings and self._shared is None, (
            'take the fixture peer for a node of its own'
        )
        self._shared = SharedProcess(self._detector.running(self))
        result = self.set_together(node, **{**SharedDetector.DEFAULTS, **parameters})
        assert result.successful, result.reason
        self.change(Transition.TRANSITION_CONFIGURE)
        self.change(Transition.TRANSITION_ACTIVATE)
        return self._shared

    def state(self) -> int:
        """Of the detector's lifecycle."""
        answer = self.call(GetState, f'{SharedDetector.NODE}/get_state', GetState.Request())
        return int(answer.current_state.id)

    def change(self, transition: int) -> None:
        """Make a transition of its lifecycle."""
        request = ChangeState.Request(transition=Transition(id=transition))
        assert self.call(ChangeState, f'{SharedDetector.NODE}/change_state', request).success

    @property
    def logs(self) -> str:
        """What the nodes said."""
        return super().logs + (self._shared.text if self._shared is not None else '')

    def close(self) -> None:
        """Give the detector back and leave the graph."""
        with ExitStack() as stack:
            stack.callback(super().close)
            if self._shared is not None:
                stack.callback(self._detector.rest, self)


def _domain() -> int:
    """A domain of this test worker's own."""
    environment.prepare(os.environ)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    return 60 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw'))


@contextmanager
def shared_peer(detector: SharedDetector, folder: Path) -> Iterator[SharedPeer]:
    """A peer in the namespace of the shared detector."""
    alone = SharedPeer(detector, _domain(), folder)
    try:
        yield alone
    finally:
        alone.close()
