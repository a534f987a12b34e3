# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""One run of the graph on a simulated scene: start the nodes, wait, play the scene, stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.settings.nodes import DetectorSettings, GovernorSettings
from mask_proximity.core.sources.simulated.source import SimulatedSource
from mask_proximity.core.types import Reason
from mask_proximity.demo.closed_loop import LoopState
from mask_proximity.demo.demo_log import DemoLog
from mask_proximity.demo.driver import Driver
from mask_proximity.demo.node_processes import NodeProcesses
from mask_proximity.demo.watcher import Watcher

_START_SECONDS = 60.0
# How much longer than the scene the run may take.
_SPARE_SECONDS = 30.0
# Number of UNKNOWN heartbeats to wait for after the end of the scene: they show that the heartbeat
# goes on, and they appear on the timeline.
_FINAL_HEARTBEATS = 3


class SceneRun:
    """Runs the graph; its methods are to be called in the order in which they are written.

    Each raises MaskProximityError if a node ends while it waits.

    Attributes:
        became_unknown: Whether the level became UNKNOWN after the camera had ended.
        exit_codes: Exit code of each node, once it has been stopped.
    """

    def __init__(
        self,
        spec: str,
        source: SimulatedSource,
        nodes: NodeProcesses,
        namespace: str,
        demo_log: DemoLog,
        recorder: Node | None,
    ) -> None:
        """Subscribe to what the graph will publish.

        Args:
            spec: Specification of the source, for camera_node.
            source: The same source, for the truth about the scene.
            nodes: Starts the nodes.
            namespace: Namespace of the nodes.
            demo_log: Collects what the nodes publish.
            recorder: Another node to spin, which records the images; None means none.
        """
        self.became_unknown = False
        self.exit_codes: dict[str, int] = {}
        self._spec = spec
        self._scene = source.scene
        self._nodes = nodes
        self._log = demo_log
        self._watcher = Watcher(namespace)
        self._watcher.on_alert = demo_log.add_alert
        self._watcher.on_change = demo_log.print_change
        self._watcher.watch_overlay(demo_log.add_overlay, depth=30)
        self._watcher.watch_truth(demo_log.add_truth)
        self._driver = Driver(self._watcher, source.robot.speed) if source.robot else None
        # Detector, overlay and recorder.
        self._image_subscribers = 2 + (recorder is not None)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._watcher)
        if recorder is not None:
            self._executor.add_node(recorder)

    def start(self, parameters: Mapping[str, Mapping[str, object]]) -> None:
        """Start all nodes but the camera.

        Args:
            parameters: Parameters of each node, by name.
        """
        others = ['overlay_node', *(['speed_governor_node'] if self._driver else [])]
        self._log.print(f'Starting detector_node, {", ".join(others)} ...')
        for node in ('detector_node', *others):
            self._nodes.start(node, parameters.get(node))

    def wait_until_ready(self) -> None:
        """Wait until the detector waits for images and all subscriptions exist.

        Raises:
            MaskProximityError: That took too long.
        """
        if not self._spin_until(self._is_ready, _START_SECONDS):
            alert = self._watcher.alert
            state = alert.text if alert else 'no alert arrived'
            raise MaskProximityError(
                f'the nodes were not ready within {_START_SECONDS:g} s ({state}); '
                f'see {self._log.node_log}'
            )

    def _is_ready(self) -> bool:
        alert = self._watcher.alert
        return (
            alert is not None
            and alert.reason is Reason.NO_IMAGE
            and self._watcher.count_subscribers('image_raw') >= self._image_subscribers
            and (self._driver is None or self._watcher.count_subscribers('cmd_vel_in') > 0)
        )

    def play(self) -> None:
        """Start the camera and wait for its last frame, for a bounded time."""
        frames, rate = self._scene.frame_count, self._scene.rate
        self._log.print(
            f'Starting camera_node: {frames} frames at {rate:g} Hz, {frames / rate:.0f} s ...'
        )
        self._nodes.start(
            'camera_node', {'source': self._spec}, remappings={'cmd_vel': 'cmd_vel_out'}
        )
        self._spin_until(
            lambda: (
                len(self._log.truth) >= frames
                and (self._driver is None or len(self._driver.poses) >= frames)
            ),
            _START_SECONDS + frames / rate + _SPARE_SECONDS,
        )

    def wait_until_unknown(self, settings: DetectorSettings) -> None:
        """Wait until the detector reports that no more images come.

        Args:
            settings: Settings of the detector, which say how soon it must notice.
        """
        self.became_unknown = self._spin_until(
            lambda: self._log.stale_heartbeats >= _FINAL_HEARTBEATS,
            settings.stale_after + _FINAL_HEARTBEATS * settings.heartbeat_period + _SPARE_SECONDS,
        )

    def stop(self) -> None:
        """Stop all nodes."""
        self.exit_codes = self._nodes.stop()
        self._executor.shutdown()
        self._watcher.destroy_node()

    def loop_states(self, governor: GovernorSettings) -> list[LoopState]:
        """The course of the drive; empty if the scene has no robot.

        Args:
            governor: Settings of the governor.
        """
        if self._driver is None:
            return []
        return self._driver.loop_states(self._scene, self._log.alerts, governor)

    def _spin_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Spin until a condition holds or the time is over; return whether it holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            if ended := self._nodes.ended():
                raise MaskProximityError(
                    f'{", ".join(ended)} ended too early; see {self._log.node_log}'
                )
            self._executor.spin_once(timeout_sec=0.05)
        return True
