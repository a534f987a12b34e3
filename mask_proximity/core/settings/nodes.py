# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of every node, composed of the settings of the rooms.

Each node has a frozen dataclass here. Its rows are the ROS parameters of the node, under the same
names; the commented YAML file and the documentation are generated from them. An instance is an
immutable snapshot: a change of a parameter makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.governor.settings import SpeechSettings, SpeedSettings
from mask_proximity.core.monitoring.settings import HealthSettings
from mask_proximity.core.perception.settings import PerceptionSettings
from mask_proximity.core.rendering.settings import DrawingSettings
from mask_proximity.core.settings_table import Settings, setting


@dataclass(frozen=True)
class CameraSettings(Settings):
    """Parameters of camera_node."""

    source: str = setting(
        '0',
        "Image source: 'simulated' or 'simulated:SCENE' (see docs/closed_loop.md), a device "
        'number or path, a video file, a ROS 2 bag, a folder of images, an RTSP or HTTP URL, or '
        "a GStreamer pipeline that ends in '! videoconvert ! appsink'.",
    )
    width: int = setting(
        0,
        "Width of the published images; 0 = the source's own.",
        within=(0, 7680),
        unit='px',
    )
    height: int = setting(
        0,
        "Height of the published images; 0 = the source's own.",
        within=(0, 4320),
        unit='px',
    )
    rate: float = setting(
        0.0,
        "Frame rate; 0 = the source's own.",
        within=(0.0, 240.0),
        unit='Hz',
    )
    loop: bool = setting(False, 'Restart a file, a folder or the simulation when it ends.')
    frame_id: str = setting(
        'camera_optical_frame',
        'frame_id of the images: the optical frame of the camera (REP 103: z forward, x right, '
        'y down).',
    )
    horizontal_fov: float = setting(
        0.0,
        'Horizontal field of view from which camera_info is computed if camera_info_url is empty; '
        '0 = unknown (K[0] = 0), or that of the simulated camera.',
        within=(0.0, 3.1),
        unit='rad',
    )
    camera_info_url: str = setting(
        '',
        'Calibration file (YAML of camera_calibration) for camera_info: a path, '
        "'file:///path' or 'package://package/path'. It is scaled to images of another size and "
        'refused for another aspect ratio. Empty = none.',
    )

    def _check_together(self) -> None:
        if not self.source.strip():
            raise SettingsError(
                "source is empty; expected 'simulated', a device number or path, a file, a folder, "
                'a URL or a GStreamer pipeline'
            )


@dataclass(frozen=True)
class TransportSettings(Settings):
    """How a node receives its images."""

    heading: ClassVar[str] = 'Image input'

    image_transport: str = setting(
        'raw',
        'Image topic to subscribe to: raw = image_raw, compressed = image_raw/compressed (JPEG or '
        'PNG).',
        choices=('raw', 'compressed'),
    )


@dataclass(frozen=True)
class DetectorSettings(TransportSettings, PerceptionSettings, HealthSettings):
    """Parameters of detector_node."""

    heading: ClassVar[str] = 'Node'

    autostart: bool = setting(
        True,
        'Configure and activate the node at startup; otherwise it waits for the transitions of a '
        'lifecycle manager.',
        live=False,
    )
    lazy: bool = setting(
        False,
        'Receive images only while an output has subscribers; otherwise the level is UNKNOWN.',
    )


@dataclass(frozen=True)
class OverlaySettings(TransportSettings, DrawingSettings):
    """Parameters of overlay_node."""


@dataclass(frozen=True)
class GovernorSettings(SpeedSettings, SpeechSettings):
    """Parameters of speed_governor_node."""

    heading: ClassVar[str] = 'Node'

    command_timeout: float = setting(
        0.5,
        'The robot stops when no message has arrived on cmd_vel_in for this long.',
        within=(0.05, 10.0),
        unit='s',
    )
    enable_stamped_cmd_vel: bool = setting(
        False,
        'Use TwistStamped instead of Twist for cmd_vel_in and cmd_vel_out, like the Nav2 parameter '
        'of the same name.',
        live=False,
    )
    max_speed: float = setting(
        1.0,
        'Speed that Nav2 takes as 100 %; only for the topic speed_limit, which needs nav2_msgs.',
        within=(0.01, 100.0),
        unit='m/s',
    )


NODES: dict[str, type[Settings]] = {
    'camera_node': CameraSettings,
    'detector_node': DetectorSettings,
    'overlay_node': OverlaySettings,
    'speed_governor_node': GovernorSettings,
}
