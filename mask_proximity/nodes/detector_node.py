# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""detector_node: images in, detections and the proximity alert out; a managed (lifecycle) node.

The executor's thread takes images, parameters and transitions; one worker thread does everything
else, so the policy and the publishers have a single owner, and images go on being judged while a
model is loaded. If a net hangs, the alerts stop, and the consumers see them expire.

The alert is published in every state: whoever relies on it hears that nobody is looking.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from rclpy.clock import Clock, ClockType
from rclpy.exceptions import InvalidHandle
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mask_proximity.core.alert.freshness import (
    ClockWatch,
    clock_fault,
    seconds_until_stale,
    stale_reason,
)
from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.alert.zones import read_zones
from mask_proximity.core.errors import ImageError, MaskProximityError, ModelError, first_line
from mask_proximity.core.monitoring.health import MESSAGE_TYPES, Activity, Facts
from mask_proximity.core.monitoring.rates import StreamStatistics
from mask_proximity.core.monitoring.stages import DECODE, PUBLISH
from mask_proximity.core.perception import loaded_nets
from mask_proximity.core.perception.loaded_nets import LoadedNets
from mask_proximity.core.perception.net_pool import NetPool
from mask_proximity.core.perception.nets import use_same_nets
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.ranging.depth import DepthImage
from mask_proximity.core.ranging.pinhole import Pinhole, is_rectified
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import NANOSECONDS, Alert, Level, Reason
from mask_proximity.msg import ProximityAlert
from mask_proximity.nodes.detector.calibration_service import CalibrationService
from mask_proximity.nodes.detector.depth_subscription import DepthSubscription
from mask_proximity.nodes.detector.diagnostics import Diagnostics
from mask_proximity.nodes.detector.visualization import Visualization
from mask_proximity.ros import conversions, qos, topics
from mask_proximity.ros.image_subscription import ImageMessage, ImageSubscription
from mask_proximity.ros.latest_slot import LatestSlot
from mask_proximity.ros.lifecycle import SafeLifecycleNode
from mask_proximity.ros.parameters import NodeParameters
from mask_proximity.ros.runner import run
from mask_proximity.ros.worker import WorkerMixin

# Humble's rclpy has no matched event, so the number of listeners is looked at.
_LISTENERS_PERIOD = 0.2
# How often images are taken from the middleware while a model is loaded.
_LOADING_PERIOD = 0.005
# Of the worker, for an image.
_HEAD_START = 0.0001
# Of the worker, while it waits for an image to become too old by a clock that may be slow.
_SHORTEST_REST = 0.02

Idle = tuple[Reason, str]
"""Why no image is looked at: reason and text of the alert."""


class DetectorNode(WorkerMixin, SafeLifecycleNode):
    """Detects faces and masks in the newest image and publishes what the robot should know."""

    def __init__(self, namespace: str = '', nets: NetPool | None = None) -> None:
        """Declare parameters and topics, say UNKNOWN, and with `autostart` become active.

        Args:
            namespace: absolute; '' = that of the command line.
            nets: shared with the other detectors of the process, if there are any.

        Raises:
            SettingsError: a parameter breaks a rule.
        """
        super().__init__('detector_node', namespace)
        self._nets = nets or NetPool()
        self._node_parameters = NodeParameters(
            self, DetectorSettings, check=self._prepare, changed=self._on_change
        )
        read_zones(self._node_parameters.current.zones)
        self._policy = AlertPolicy()
        self._pipeline: Pipeline | None = None
        self._loaded: LoadedNets | None = None
        self._prepared: tuple[DetectorSettings, LoadedNets] | None = None
        self._images: ImageSubscription | None = None
        self._depth: DepthSubscription | None = None
        self._camera_infos: Subscription | None = None
        self._camera_info: CameraInfo | None = None
        self._slot: LatestSlot[ImageMessage] = LatestSlot()
        self._header: Header | None = None
        self._camera: Pinhole | None = None
        self._rectified = False
        self._alert: Alert | None = None
        # By the node's clock.
        self._arrived = 0
        self._clock_watch = ClockWatch()
        self._clock_stood = 0.0
        self._image_fault = ''
        self._camera_fault = ''
        self._depth_fault = ''
        self._model_fault = ''
        self._rates = StreamStatistics(time.monotonic())
        self._active = False
        # None while images are looked at.
        self._idle: Idle | None = (Reason.INACTIVE, 'The detector is not configured.')

        self._overridable = qos.overridable()
        self._detections = self.create_publisher(
            Detection2DArray,
            'detections',
            qos.STREAM,
            qos_overriding_options=self._overridable,
            event_callbacks=qos.publisher_events(self, self.resolve_topic_name('detections')),
        )
        self._alerts = self.create_publisher(
            ProximityAlert,
            'alert',
            qos.alert_offer(self._node_parameters.current.valid_for),
            qos_overriding_options=qos.overridable(qos.DEADLINE_POLICIES),
            event_callbacks=qos.publisher_events(self, self.resolve_topic_name('alert')),
        )
        self._check_punctuality(self._node_parameters.current)
        self._visualization = Visualization(self, self._overridable)
        self._diagnostics = Diagnostics(self, self._facts)
        self._calibration = CalibrationService(
            self, lambda: self._node_parameters.current, lambda: self._idle
        )
        # By a clock that cannot stand still, as that of a simulation may.
        self.create_timer(
            _LISTENERS_PERIOD, self._follow_listeners, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        if self._node_parameters.current.autostart:
            self._idle = (Reason.INACTIVE, 'The detector is starting.')
        self.start_worker(self._work)
        if self._node_parameters.current.autostart:
            self._start_up()

    def stop_worker(self) -> None:
        """See WorkerMixin.stop_worker."""
        self._slot.close()

    # --- Transitions, in the executor's thread ----------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the nets. FAILURE, and still unconfigured, where one cannot be loaded."""
        settings = self._node_parameters.current
        started = time.monotonic()
        try:
            self._loaded = self._take_prepared(settings) or loaded_nets.load(self._nets, settings)
        except Exception as error:
            self._fail(error)
            return TransitionCallbackReturn.FAILURE
        self._pipeline = Pipeline(self._loaded.nets, self._policy)
        self.get_logger().info(
            f'Ready after {time.monotonic() - started:.1f} s: {self._loaded.sentence}.'
        )
        self._rest(Reason.INACTIVE, 'The detector is inactive.')
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take images. ERROR, and unconfigured, where the topics cannot be subscribed to."""
        if not self._watch():
            return TransitionCallbackReturn.ERROR
        self._active = True
        self.get_logger().info('Active.')
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take no more images; the alert is UNKNOWN and the nets stay loaded."""
        self._active = False
        self._rest(Reason.INACTIVE, 'The detector is inactive.')
        self.get_logger().info('Inactive; no images are taken.')
        return TransitionCallbackReturn.SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the nets."""
        self._release('The detector is not configured.')
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and free everything, for good."""
        self._release('The detector is shut down.')
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything after a transition that went wrong: unconfigured, and UNKNOWN."""
        idle = self._idle
        self._release('The detector is not configured.')
        if idle is not None and idle[0] is Reason.FAULT:
            # The cause is worth more than the state.
            self._rest(*idle)
        return TransitionCallbackReturn.SUCCESS

    def _start_up(self) -> None:
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _fail(self, error: Exception) -> None:
        self.get_logger().error(_sentence(error))
        self._rest(Reason.FAULT, _sentence(error))

    def _release(self, text: str) -> None:
        self._active = False
        self._rest(Reason.INACTIVE, text)
        self._pipeline = self._loaded = None

    def _watch(self) -> bool:
        """Look at the images; False, and UNKNOWN, where they cannot be subscribed to."""
        try:
            self._subscribe()
        except Exception as error:
            self._fail(error)
            return False
        self._header = self._camera = self._camera_info = None
        self._image_fault = self._camera_fault = self._model_fault = ''
        self._rates = StreamStatistics(time.monotonic())
        self._idle = None
        self._slot.wake()
        return True

    def _subscribe(self) -> None:
        transport = self._node_parameters.current.image_transport
        self._images = ImageSubscription(
            self,
            transport,
            self._on_image,
            overriding_options=self._overridable,
            event_callbacks=qos.subscription_events(
                self, topics.image_topic(self, transport), self._diagnostics.on_incompatible_qos
            ),
        )
        self._rectified = is_rectified(self._images.topic)
        self._camera_infos = self.create_subscription(
            CameraInfo,
            topics.camera_info_topic(self),
            self._on_camera_info,
            qos.NEWEST_IMAGE,
            qos_overriding_options=self._overridable,
            event_callbacks=qos.subscription_events(self, topics.camera_info_topic(self)),
        )
        self._follow_depth()

    def _follow_depth(self) -> None:
        """Subscribe to the depth images while they are used."""
        wanted = self._node_parameters.current.use_depth and self._images is not None
        if wanted and self._depth is None:
            try:
                self._depth = DepthSubscription(self, self._overridable)
            except Exception as error:
                self.get_logger().error(
                    f'{_sentence(error)}; distances are estimated without depth'
                )
        elif not wanted and self._depth is not None:
            depth, self._depth = self._depth, None
            depth.close()

    def _rest(self, reason: Reason, text: str) -> None:
        """Take no images and say why."""
        # First of all, since whoever sees that the images are let go expects no CLEAR after it.
        self._idle = (reason, text)
        self._slot.clear()
        if self._images is not None:
            self._images.close()
        if self._camera_infos is not None:
            self.destroy_subscription(self._camera_infos)
        self._images = self._camera_infos = None
        self._follow_depth()

    def _is_resting(self) -> bool:
        return self._idle is not None and self._idle[0] is Reason.INACTIVE

    def _follow_listeners(self) -> None:
        """With `lazy`, watch only while somebody listens."""
        if not self._active:
            return
        wanted = (
            not self._node_parameters.current.lazy
            or self._visualization.watched
            or self._alerts.get_subscription_count() > 0
            or self._detections.get_subscription_count() > 0
        )
        if wanted and self._is_resting():
            self._watch()
        elif not wanted and self._idle is None:
            self._rest(Reason.INACTIVE, 'Nobody listens, so no images are taken (lazy).')

    # --- Parameters, in the executor's thread -----------------------------------------------------

    def _prepare(self, old: DetectorSettings, new: DetectorSettings) -> None:
        """Read the zones, and load the nets that a set asks for beside those in use.

        Raises:
            SettingsError: the zones cannot be used; the set is refused.
            ModelError: a net cannot be loaded; likewise.
        """
        # Set again as it was: the file may have changed.
        if new.zones != old.zones or new == old:
            read_zones(new.zones)
        self._prepared = None
        # Nets are as fast as what they look at is small.
        same = use_same_nets(old, new) and new.face_input_size == old.face_input_size
        if same or (self._pipeline is None and not self._has_failed_to_start()):
            return
        try:
            prepared = self._while_images_go_on(lambda: loaded_nets.load(self._nets, new))
        except Exception as error:
            raise ModelError(_sentence(error)) from None
        self._prepared = (new, prepared)

    def _on_change(self, old: DetectorSettings, new: DetectorSettings) -> None:
        if self._prepared is not None and self._pipeline is None:
            self._start_up()
        elif (prepared := self._take_prepared(new)) is not None and self._pipeline is not None:
            self._loaded = prepared
            self._pipeline.replace_nets(prepared.nets)
            self.get_logger().info(f'From now on {prepared.sentence}.')
        if self._active and not self._is_resting() and new.image_transport != old.image_transport:
            self._rest(Reason.NO_IMAGE, 'The images are taken by another transport from now on.')
            self._watch()
        if new.heartbeat_period != old.heartbeat_period:
            self._check_punctuality(new)
        self._follow_depth()
        # The worker may be asleep for a period that is no longer the one.
        self._slot.wake()

    def _check_punctuality(self, settings: DetectorSettings) -> None:
        offered = self._alerts.qos_profile
        promises = (offered.deadline.nanoseconds, offered.liveliness_lease_duration.nanoseconds)
        shortest = min((each for each in promises if each > 0), default=math.inf) / NANOSECONDS
        if settings.heartbeat_period >= shortest:
            self.get_logger().warning(
                f'heartbeat_period ({settings.heartbeat_period:g} s) is not shorter than the '
                f'deadline and the lease that alert is offered with ({shortest:g} s), which stay '
                'as they were at the start (valid_for, or qos_overrides): who asks for them will '
                'be told of misses.'
            )

    def _take_prepared(self, settings: DetectorSettings) -> LoadedNets | None:
        prepared, self._prepared = self._prepared, None
        return prepared[1] if prepared is not None and prepared[0] == settings else None

    def _has_failed_to_start(self) -> bool:
        idle = self._idle
        return (
            self._node_parameters.current.autostart and idle is not None and idle[0] is Reason.FAULT
        )

    def _while_images_go_on(self, load: Callable[[], LoadedNets]) -> LoadedNets:
        """Load in a thread of its own, and hand the worker its images meanwhile.

        The executor has a single thread, which is the one that waits here.
        """
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load)
            while not wait([loading], _LOADING_PERIOD).done:
                if self._images is not None:
                    self._images.take_one()
            return loading.result()

    # --- What comes in and how things stand, in the executor's thread ----------------------------

    def _on_image(self, message: ImageMessage) -> None:
        stamp = conversions.nanoseconds(message.header.stamp)
        age = (self._now() - stamp) / NANOSECONDS if stamp else None
        self._rates.arrived(time.monotonic(), age)
        self._slot.put(message)
        # The executor would keep the interpreter's lock until it waits again, half a millisecond.
        time.sleep(_HEAD_START)

    def _on_camera_info(self, info: CameraInfo) -> None:
        self._camera_info = info

    def _facts(self) -> Facts:
        settings, pipeline, idle = self._node_parameters.current, self._pipeline, self._idle
        if pipeline is None:
            activity = Activity.UNCONFIGURED
        elif not self._active:
            activity = Activity.INACTIVE
        else:
            activity = Activity.ACTIVE if idle is None else Activity.NO_LISTENERS
        models: Sequence[tuple[str, str]] = ()
        expected = math.nan
        if pipeline is not None and self._loaded is not None:
            settings = dataclasses.replace(settings, mask_backend=self._loaded.nets.masks.name)
            models, expected = self._loaded.facts, self._loaded.rate
        return Facts(
            topic=self._image_topic(),
            type=MESSAGE_TYPES[settings.image_transport],
            settings=settings,
            clock=self._now(),
            measured=self._rates.measure(time.monotonic()),
            activity=activity,
            clock_stood=self._clock_stood,
            image_fault=self._image_fault,
            camera_fault=self._camera_fault,
            model_fault=(
                idle[1] if idle is not None and idle[0] is Reason.FAULT else self._model_fault
            ),
            models=models,
            expected=expected,
            dropped=self._slot.dropped,
        )

    # --- Work, in the worker's thread -------------------------------------------------------------

    def _work(self) -> None:
        due = time.monotonic()
        while not self._slot.closed:
            message = self._slot.take(max(0.0, due - time.monotonic()), self._take_newer)
            if self._slot.closed:
                break
            idle = self._idle
            if idle is not None:
                self._header = self._camera = None
                self._declare_unknown(*idle)
            elif message is None:
                self._heartbeat()
            else:
                self._process(message)
            # The next image would have to find room beside one that nobody needs any more.
            del message
            due = time.monotonic() + self._rest_time()

    def _take_newer(self) -> None:
        """Take what has come to the middleware since: the executor may be late by an image."""
        images = self._images
        # Another thread may unsubscribe meanwhile.
        with contextlib.suppress(InvalidHandle):
            if images is not None:
                images.take_one()

    def _rest_time(self) -> float:
        """Until the next heartbeat, or until the newest image is too old, if that is sooner."""
        settings, header = self._node_parameters.current, self._header
        if header is None or self._alert is None or self._alert.level is Level.UNKNOWN:
            return settings.heartbeat_period
        stamp = conversions.nanoseconds(header.stamp)
        left = seconds_until_stale(self._now(), self._clock_stood, stamp, self._arrived, settings)
        return min(settings.heartbeat_period, max(left, _SHORTEST_REST))

    def _process(self, message: ImageMessage) -> None:
        self._header, self._arrived = message.header, self._now()
        pipeline = self._pipeline
        if pipeline is None:
            return
        settings = self._node_parameters.current
        stamp = conversions.nanoseconds(message.header.stamp)
        began = time.perf_counter()
        try:
            image = conversions.image_from_message(message)
            height, width = image.shape[:2]
            self._camera = conversions.pinhole_from_message(
                self._camera_info,
                width,
                height,
                settings.horizontal_fov,
                self._rectified,
            )
            depth = self._nearest_depth(stamp, settings)
            decoded = time.perf_counter()
            scene = pipeline.process(image, stamp, settings, self._camera, depth)
            judged = time.perf_counter()
            self._calibration.take(scene, self._camera)
        except ImageError as error:
            if str(error) != self._image_fault:
                # At once: one broken image may be gone before the diagnostics look again.
                self._image_fault = str(error)
                self.get_logger().error(self._image_fault)
            self._declare_unknown(Reason.FAULT, self._image_fault)
            return
        except Exception as error:
            # One frame that breaks a library must not end the watch over the next ones.
            if _sentence(error) != self._model_fault:
                self._model_fault = _sentence(error)
                self.get_logger().error(self._model_fault)
            self._declare_unknown(Reason.FAULT, self._model_fault)
            return
        if self._idle is not None:
            # Deactivated meanwhile: the last word is not CLEAR.
            return
        self._image_fault = self._model_fault = ''
        looks = scene.alert.level is not Level.UNKNOWN
        self._camera_fault = '' if looks else scene.alert.text
        now = self._now()
        # First what somebody may have to act on.
        self._publish_if_fresh(scene.alert, stamp, now)
        if looks:
            # An image that shows nothing is not an image without faces.
            self._detections.publish(
                conversions.detections_message(scene, message.header, self._camera)
            )
        stages = {
            DECODE: decoded - began,
            **pipeline.stage_times,
            PUBLISH: time.perf_counter() - judged,
        }
        latency = (now - stamp) / NANOSECONDS
        self._rates.processed(time.monotonic(), latency, len(scene.faces), stages)

    def _heartbeat(self) -> None:
        now = self._now()
        if self._header is None:
            self._look_at_clock(now)
            settings = self._node_parameters.current
            self._declare_unknown(
                Reason.NO_IMAGE,
                clock_fault(now, self._clock_stood, settings)
                or f'No image has arrived yet on {self._image_topic()}.',
            )
        elif self._alert is not None:
            stamp = conversions.nanoseconds(self._header.stamp)
            self._publish_if_fresh(self._alert, stamp, now)

    def _publish_if_fresh(self, alert: Alert, stamp: int, now: int) -> None:
        self._look_at_clock(now)
        settings = self._node_parameters.current
        stale = stale_reason(now, self._clock_stood, stamp, self._arrived, settings)
        if stale is not None:
            self._declare_unknown(Reason.STALE_IMAGE, stale)
        else:
            self._publish(alert)

    def _nearest_depth(self, stamp: int, settings: DetectorSettings) -> DepthImage | None:
        depth = self._depth
        try:
            found = depth.nearest(stamp, settings.depth_tolerance) if depth is not None else None
        except ImageError as error:
            # The width of the face is still there.
            if str(error) != self._depth_fault:
                self._depth_fault = str(error)
                self.get_logger().error(f'{error}; distances are estimated without it')
            return None
        self._depth_fault = ''
        return found

    def _look_at_clock(self, now: int) -> None:
        self._clock_stood = self._clock_watch.look(now, time.monotonic())

    def _declare_unknown(self, reason: Reason, text: str) -> None:
        stamp = self._now()
        if self._header is not None:
            stamp = conversions.nanoseconds(self._header.stamp)
        self._publish(self._policy.unknown(stamp, reason, text)[0])

    def _publish(self, alert: Alert) -> None:
        self._alert = alert
        now = self._now()
        header = self._header
        if header is None:
            header = Header(stamp=conversions.time_message(now))
        valid_for = self._node_parameters.current.valid_for
        self._alerts.publish(
            conversions.alert_message(
                alert,
                header,
                latency=now - conversions.nanoseconds(header.stamp),
                valid_for=valid_for,
                frames_dropped=self._slot.dropped,
            )
        )
        self._visualization.publish(alert, header, self._camera, valid_for)

    def _image_topic(self) -> str:
        return topics.image_topic(self, self._node_parameters.current.image_transport)

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)


def _sentence(error: Exception) -> str:
    if isinstance(error, MaskProximityError):
        return str(error)
    return f'something unexpected went wrong ({type(error).__name__}: {first_line(error)})'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run detector_node."""
    return run(DetectorNode, arguments)


if __name__ == '__main__':
    sys.exit(main())
