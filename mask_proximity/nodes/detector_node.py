# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""detector_node: images in, detections and the proximity alert out; a managed (lifecycle) node.

The executor's thread takes images, parameters and transitions (this file, detector/inputs.py); one
worker judges and publishes (detector/worker.py). A slot is the only way from one to the other.

The alert is published in every state: UNKNOWN tells consumers that no images are judged.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from mask_proximity.core.alert.zones import read_zones
from mask_proximity.core.errors import error_sentence
from mask_proximity.core.monitoring.health import Facts
from mask_proximity.core.perception.net_pool import NetPool
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import Reason
from mask_proximity.nodes.detector import handover
from mask_proximity.nodes.detector.alert_publisher import AlertPublisher
from mask_proximity.nodes.detector.calibration_service import CalibrationService
from mask_proximity.nodes.detector.current_alert import CurrentAlert
from mask_proximity.nodes.detector.diagnostics import Diagnostics
from mask_proximity.nodes.detector.facts import gather_facts
from mask_proximity.nodes.detector.handover import DetectorSlot, Idle
from mask_proximity.nodes.detector.inputs import DetectorInputs
from mask_proximity.nodes.detector.models import Models
from mask_proximity.nodes.detector.worker import DetectorWorker
from mask_proximity.ros.endpoints import create_steady_timer
from mask_proximity.ros.latest_slot import LatestSlot
from mask_proximity.ros.lifecycle import SafeLifecycleNode
from mask_proximity.ros.parameters import NodeParameters
from mask_proximity.ros.runner import run
from mask_proximity.ros.worker import WorkerMixin

_LISTENERS_PERIOD = 0.2  # Seconds; Humble's rclpy has no matched event, so they are counted.


class DetectorNode(WorkerMixin, SafeLifecycleNode):
    """Detects faces and masks in the newest image and publishes what the robot should know."""

    def __init__(self, namespace: str = '', nets: NetPool | None = None) -> None:
        """Declare parameters and topics, say UNKNOWN, and with `autostart` become active.

        Args:
            namespace: Absolute namespace; '' = that of the command line.
            nets: Nets that the detectors of the process share, if there are several.

        Raises:
            SettingsError: A parameter breaks a rule.
        """
        super().__init__('detector_node', namespace)
        self._node_parameters = NodeParameters(
            self, DetectorSettings, check=self._prepare, changed=self._on_change
        )
        settings = self._settings()
        read_zones(settings.zones)
        self._active = False
        state = handover.STARTING if settings.autostart else handover.NOT_CONFIGURED
        self._slot: DetectorSlot = LatestSlot(state)
        self._publisher = AlertPublisher(self, self._settings, lambda: self._slot.dropped)
        self._publisher.warn_if_heartbeat_misses_deadline(settings)
        alert = CurrentAlert(
            self._publisher, self._settings, lambda: self.get_clock().now().nanoseconds
        )
        self._diagnostics = Diagnostics(self, self._facts)
        self._inputs = DetectorInputs(self, self._slot, self._diagnostics.on_incompatible_qos)
        self._models = Models(nets or NetPool(), alert.policy, self._inputs.take_one)
        calibration = CalibrationService(self, self._settings, lambda: self._inputs.idle)
        self._judge = DetectorWorker(self._slot, alert, self.get_logger(), calibration.take)
        create_steady_timer(self, _LISTENERS_PERIOD, self._follow_listeners)
        self.start_worker(self._judge.run, self._slot.close)
        if settings.autostart:
            self._start_up()

    def _settings(self) -> DetectorSettings:
        return self._node_parameters.current

    def _facts(self) -> Facts:
        return gather_facts(
            self,
            self._settings(),
            self._slot,
            self._judge,
            self._inputs,
            self._models,
            self._active,
        )

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the nets; FAILURE, and still unconfigured, if one cannot be loaded."""
        started = time.monotonic()
        try:
            loaded = self._models.configure(self._settings())
        except Exception as error:
            self._fail(error)
            return TransitionCallbackReturn.FAILURE
        self.get_logger().info(
            f'Ready after {time.monotonic() - started:.1f} s: {loaded.sentence}.'
        )
        self._inputs.close(handover.INACTIVE)
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take images; ERROR, and unconfigured, if the topics cannot be subscribed to."""
        if not self._take_images():
            return TransitionCallbackReturn.ERROR
        self._active = True
        self.get_logger().info('Active.')
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take no more images; the alert is UNKNOWN and the nets stay loaded."""
        self._active = False
        self._inputs.close(handover.INACTIVE)
        self.get_logger().info('Inactive; no images are taken.')
        return TransitionCallbackReturn.SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the nets."""
        return self._release(handover.NOT_CONFIGURED)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and free everything, for good."""
        return self._release(handover.SHUT_DOWN)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything after a transition that went wrong: unconfigured, and UNKNOWN."""
        # The cause of a fault says more than the state.
        fault = self._inputs.idle if self._inputs.is_idle_for(Reason.FAULT) else None
        return self._release(fault or handover.NOT_CONFIGURED)

    def _start_up(self) -> None:
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _fail(self, error: Exception) -> None:
        self.get_logger().error(error_sentence(error))
        self._inputs.close(Idle(Reason.FAULT, error_sentence(error)))

    def _release(self, idle: Idle) -> TransitionCallbackReturn:
        self._active = False
        self._inputs.close(idle)
        self._models.release()
        return TransitionCallbackReturn.SUCCESS

    def _take_images(self) -> bool:
        """Subscribe to the images; False, and UNKNOWN, if that fails."""
        try:
            self._inputs.open(self._settings(), self._models.pipeline)
        except Exception as error:
            self._fail(error)
            return False
        return True

    def _follow_listeners(self) -> None:
        """With `lazy`, take images only while there are subscribers."""
        wanted = not self._settings().lazy or self._publisher.has_listeners
        if self._active and wanted and self._inputs.is_idle_for(Reason.INACTIVE):
            self._take_images()
        elif self._active and not wanted and self._inputs.idle is None:
            self._inputs.close(handover.NO_LISTENERS)

    def _prepare(self, old: DetectorSettings, new: DetectorSettings) -> None:
        """Read the zones and load the nets that a set asks for; a failure refuses the set."""
        # If the same value is set again, the file may have changed.
        if new.zones != old.zones or new == old:
            read_zones(new.zones)
        failed_to_start = old.autostart and self._inputs.is_idle_for(Reason.FAULT)
        self._models.prepare(old, new, starting=failed_to_start)

    def _on_change(self, old: DetectorSettings, new: DetectorSettings) -> None:
        if self._models.is_prepared and self._models.pipeline is None:
            self._start_up()
        elif (loaded := self._models.swap(new)) is not None:
            self.get_logger().info(f'From now on {loaded.sentence}.')
        taking = self._active and not self._inputs.is_idle_for(Reason.INACTIVE)
        if taking and new.image_transport != old.image_transport:
            self._inputs.close(handover.OTHER_TRANSPORT)
            self._take_images()
        if new.heartbeat_period != old.heartbeat_period:
            self._publisher.warn_if_heartbeat_misses_deadline(new)
        self._inputs.follow_depth(new.use_depth)
        # The worker may be waiting for the former heartbeat period.
        self._slot.wake()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run detector_node."""
    return run(DetectorNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
