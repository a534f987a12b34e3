# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of every node.

Each node has a frozen dataclass here; its fields are the table. The ROS parameters, the commented
YAML file and the documentation are made from it, and the hot loop works on an instance, which is
never changed, only replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mask_proximity.core.errors import SettingsError
from mask_proximity.core.settings_table import Settings, setting

SMALLEST_INPUT = 64
"""Of the face detector, pixels: its deepest layers halve their input too often for less."""


def _image_transport() -> Any:
    return setting(
        'raw',
        'Which images to take: raw from image_raw, compressed (JPEG, PNG) from '
        'image_raw/compressed.',
        choices=('raw', 'compressed'),
    )


@dataclass(frozen=True)
class CameraSettings(Settings):
    """Settings of camera_node."""

    source: str = setting(
        '0',
        "Where the images come from: 'simulated' or 'simulated:SCENE' (see docs/closed_loop.md), a "
        'device number or path, a video file, a recording of ROS 2, a folder of pictures, an RTSP '
        "or HTTP URL, or a GStreamer pipeline that ends in '! videoconvert ! appsink'.",
    )
    width: int = setting(
        0,
        'Width of the published images; 0 = as the source has it.',
        within=(0, 7680),
        unit='px',
    )
    height: int = setting(
        0,
        'Height of the published images; 0 = as the source has it.',
        within=(0, 4320),
        unit='px',
    )
    rate: float = setting(
        0.0,
        'Images per second; 0 = as the source has it.',
        within=(0.0, 240.0),
        unit='Hz',
    )
    loop: bool = setting(False, 'Start a file, a folder or the simulation again when it ends.')
    frame_id: str = setting(
        'camera_optical_frame',
        'frame_id of the images: the optical frame of the camera (REP-103: z forward, x right, '
        'y down).',
    )
    horizontal_fov: float = setting(
        0.0,
        'Horizontal field of view, from which camera_info is made where there is no '
        'camera_info_url; 0 = unknown (K[0] = 0), or what a simulated camera has.',
        within=(0.0, 3.1),
        unit='rad',
    )
    camera_info_url: str = setting(
        '',
        'YAML file of camera_calibration, from which camera_info is made: a path, '
        "'file:///path' or 'package://package/path'; scaled to images of another size, refused "
        'for another aspect; empty = none.',
    )

    def _check_together(self) -> None:
        if not self.source.strip():
            raise SettingsError(
                "source is empty; expected 'simulated', a device number or path, a file, a folder, "
                'a URL or a GStreamer pipeline'
            )


@dataclass(frozen=True)
class DetectorSettings(Settings):
    """Settings of detector_node: the rule, and what runs it."""

    image_transport: str = _image_transport()
    face_confidence: float = setting(
        0.15, 'A face counts if the face detector is surer than this.', within=(0.05, 1.0)
    )
    alert_confidence: float = setting(
        0.5,
        'Only a face that the face detector is surer of than this can raise ALERT; a less sure one '
        'without a mask is in doubt: CAUTION when near.',
        within=(0.0, 1.0),
    )
    doubt_delay: float = setting(
        0.5,
        'Such a doubtful face counts only when it has been followed for this long; in the first '
        'image after UNKNOWN, and without tracking, it counts at once.',
        within=(0.0, 10.0),
        unit='s',
    )
    min_face_width: float = setting(
        16.0,
        'Faces narrower or lower than this are skipped and counted, not classified.',
        within=(0.0, 1000.0),
        unit='px',
    )
    mask_threshold: float = setting(
        0.75, "A face is 'Mask' if P(mask) is above this.", within=(0.5, 1.0)
    )
    no_mask_threshold: float = setting(
        0.75,
        "A face is 'No Mask', or 'Mask worn wrong' if that is likelier, if 1 - P(mask) is above "
        "this; between the two thresholds it is 'Unsure'.",
        within=(0.5, 1.0),
    )
    unsure_state: bool = setting(
        True,
        "Whether there is 'Unsure'; without it such a face is called 'No Mask', yet counts as in "
        'doubt (the tutorial).',
    )
    incorrect_state: bool = setting(
        True,
        "Whether there is 'Mask worn wrong' (nose or mouth free), if the classifier knows it; "
        "without it such a face is called 'No Mask' (the tutorial). It counts as without a mask.",
    )
    alert_width_ratio: float = setting(
        0.1,
        'Where the distance is unknown, or alert_distance is 0: a face is near if its box is wider '
        'than this part of the image.',
        within=(0.0, 1.0),
    )
    caution_width_ratio: float = setting(
        0.07,
        'Likewise: a face without a mask whose box is wider than this part of the image is '
        'CAUTION; at most alert_width_ratio.',
        within=(0.0, 1.0),
    )
    alert_distance: float = setting(
        1.5,
        'A face is near if it is closer than this, where its distance is known; near and without '
        'a mask is ALERT. 0 = by alert_width_ratio alone.',
        within=(0.0, 100.0),
        unit='m',
    )
    caution_distance: float = setting(
        2.5,
        'A face without a mask that is closer than this is CAUTION; at least alert_distance.',
        within=(0.0, 100.0),
        unit='m',
    )
    caution_time: float = setting(
        2.0,
        'A face without a mask that would reach the camera within this time is CAUTION, however '
        'far it is; 0 = never for that.',
        within=(0.0, 60.0),
        unit='s',
    )
    distance_margin: float = setting(
        1.0,
        'So many standard deviations of the distance are taken off before it is compared, since a '
        'turned head and a child look farther than they are.',
        within=(0.0, 5.0),
    )
    leave_factor: float = setting(
        1.15,
        'Who is within a limit stays so until farther than the limit times this (or narrower than '
        'the ratio divided by it); the thresholds of the mask and of alert_confidence widen '
        'likewise for whoever has raised a level.',
        within=(1.0, 3.0),
    )
    zones: str = setting(
        '',
        'Path of a YAML file with zones of bearing and range that have limits of their own (see '
        'docs/alert.md); empty = none.',
    )
    unsure_level: str = setting(
        'caution',
        'What a near face raises of which it is unsure whether it wears a mask.',
        choices=('clear', 'caution', 'alert'),
    )
    incorrect_level: str = setting(
        'alert',
        'What a near face raises whose mask is worn wrong; alert = as without a mask.',
        choices=('clear', 'caution', 'alert'),
    )
    delay_on: float = setting(
        0.1,
        'A level rises when its cause has been there for longer than this, counted from the last '
        'image without it; the first image after UNKNOWN decides at once.',
        within=(0.0, 0.5),
        unit='s',
    )
    delay_off: float = setting(
        0.5,
        'A level falls when its cause has been gone for this long.',
        within=(0.0, 10.0),
        unit='s',
    )
    minimum_hold: float = setting(
        1.0,
        'A level that has risen does not fall before this time is over.',
        within=(0.0, 60.0),
        unit='s',
    )
    tracking: bool = setting(
        True,
        'Follow faces from image to image, with an id and a belief about the mask; without it '
        'each image is judged by itself (the tutorial).',
    )
    track_memory: float = setting(
        1.0,
        'Who is not seen for this long is forgotten, and gets a new id on coming back.',
        within=(0.05, 10.0),
        unit='s',
    )
    belief_half_life: float = setting(
        0.4,
        'What an image tells of a mask counts half after this time; 0 = the newest image alone '
        'counts.',
        within=(0.0, 10.0),
        unit='s',
    )
    stale_after: float = setting(
        1.0,
        'When the newest image is older than this, the level is UNKNOWN.',
        within=(0.05, 60.0),
        unit='s',
    )
    frozen_after: float = setting(
        1.0,
        'When the camera sends the very same picture for this long, the level is UNKNOWN; 0 = '
        'never for that (a still picture in place of a camera).',
        within=(0.0, 60.0),
        unit='s',
    )
    dark_level: float = setting(
        20.0,
        'A picture is black if hardly anything in it is brighter than this; in it no face would be '
        'found, so the level is UNKNOWN; 0 = never for that.',
        within=(0.0, 255.0),
        unit='of 255',
    )
    covered_contrast: float = setting(
        1.5,
        'The camera counts as covered if hardly anything in the picture stands out by this, and '
        'the level is UNKNOWN; so it does before a wall without any feature; 0 = never for that.',
        within=(0.0, 50.0),
        unit='of 255',
    )
    valid_for: float = setting(
        1.5,
        'How long an alert may be believed after it was published; longer than heartbeat_period.',
        within=(0.05, 60.0),
        unit='s',
    )
    face_width: float = setting(
        0.136,
        'True width of what the face detector boxes as a face, from which the distance is '
        'estimated: measured on adults (docs/distance.md); children have narrower faces and are '
        'nearer than reported.',
        within=(0.05, 0.5),
        unit='m',
    )
    use_depth: bool = setting(
        False,
        'Take distances from a depth image (topic depth, registered to the colour image) where it '
        'has measured the face.',
    )
    depth_tolerance: float = setting(
        0.1,
        'A depth image whose stamp differs by more than this from that of the image is not used.',
        within=(0.0, 1.0),
        unit='s',
    )
    horizontal_fov: float = setting(
        0.0,
        'Horizontal field of view of the camera, for distances when there is no calibrated '
        'camera_info; 0 = unknown, and then distances are NaN.',
        within=(0.0, 3.1),
        unit='rad',
    )
    heartbeat_period: float = setting(
        0.5,
        'While no image is processed, the alert is published at this period.',
        within=(0.02, 10.0),
        unit='s',
    )
    autostart: bool = setting(
        True,
        'Whether the node configures and activates itself; otherwise it waits for the transitions '
        'of a lifecycle manager.',
        live=False,
    )
    lazy: bool = setting(
        False,
        'Take images only while somebody subscribes to an output; the level is UNKNOWN meanwhile.',
    )
    face_model: str = setting(
        'ssd',
        "The face detector: OpenCV's SSD, which comes with the package; the same as it was "
        'published, which puts many large faces in the wrong place; or YuNet.',
        choices=('ssd', 'ssd_published', 'yunet'),
    )
    face_model_path: str = setting(
        '', 'For yunet: path of the ONNX file (face_detection_yunet_2023mar.onnx).'
    )
    face_backend: str = setting(
        'auto',
        'What runs the SSD; auto = LiteRT where it is installed, else OpenCV.',
        choices=('auto', 'litert', 'opencv'),
    )
    face_input_size: int = setting(
        0,
        'Side of the square that the SSD looks at; smaller is faster and misses small faces; '
        "LiteRT takes the nearest multiple of 4; 0 = the model's own (384).",
        within=(0, 1024),
        unit='px',
    )
    working_width: int = setting(
        0,
        'Width to which an image is brought, its height unchanged, before anything looks at it '
        '(the tutorial: 600, which breaks the aspect); 0 = as it is.',
        within=(0, 7680),
        unit='px',
    )
    whole_pixels: bool = setting(
        False,
        'Cut boxes to whole pixels and to the last pixel of the image before anything is measured '
        'or cropped (the tutorial).',
    )
    mask_backend: str = setting(
        'auto',
        'What runs the mask classifier; auto = LiteRT where it is installed, else OpenCV.',
        choices=('auto', 'litert', 'opencv', 'tensorflow'),
    )
    mask_model: str = setting(
        '', 'Path of the JSON description of a mask classifier; empty = the one of the package.'
    )
    crop_margin: float = setting(
        -1.0,
        'A face is cut out with this part of its width and height added on every side; -1 = as '
        'the classifier was trained.',
        within=(-1.0, 1.0),
    )
    crop_interpolation: str = setting(
        'area',
        'How a face that is larger than the classifier looks at is scaled down: area averages, as '
        'in the training; linear is what the tutorial did.',
        choices=('area', 'linear'),
    )
    threads: int = setting(
        2,
        'Threads for each of the two nets, though no more than there are cores; 0 = as many as are '
        'fastest, which is measured as a net is loaded (OpenCV: one for each core).',
        within=(0, 64),
    )

    def _check_together(self) -> None:
        if self.caution_width_ratio > self.alert_width_ratio:
            raise SettingsError(
                f'caution_width_ratio ({self.caution_width_ratio}) must be at most '
                f'alert_width_ratio ({self.alert_width_ratio}); set both in one call'
            )
        if self.alert_distance > self.caution_distance:
            raise SettingsError(
                f'caution_distance ({self.caution_distance} m) must be at least alert_distance '
                f'({self.alert_distance} m); set both in one call'
            )
        if self.zones and self.alert_distance == 0.0:
            raise SettingsError(
                f'zones ({self.zones}) are of metres, but alert_distance is 0, which means widths '
                'alone; expected another alert_distance, or no zones; set both in one call'
            )
        if self.valid_for <= self.heartbeat_period:
            raise SettingsError(
                f'valid_for ({self.valid_for} s) must be longer than heartbeat_period '
                f'({self.heartbeat_period} s), or every alert expires before the next one'
            )
        if 0 < self.face_input_size < SMALLEST_INPUT:
            raise SettingsError(
                f'face_input_size must be 0 or at least {SMALLEST_INPUT} px, but it is '
                f'{self.face_input_size}'
            )
        if -1.0 < self.crop_margin < 0.0:
            raise SettingsError(
                f'crop_margin must be -1 or at least 0, but it is {self.crop_margin}'
            )


@dataclass(frozen=True)
class OverlaySettings(Settings):
    """Settings of overlay_node."""

    draw_distance: bool = setting(
        True,
        'Write the distance, and how fast it shrinks, below the box where it is known; in the '
        'default style.',
    )
    blur_faces: bool = setting(
        False,
        'Make faces unrecognizable in the picture before anything is drawn onto it. A face that '
        'the detector misses stays as it is.',
    )
    style: str = setting(
        'default',
        'How it is drawn: default, or as the tutorial did (label above the box, no banner).',
        choices=('default', 'tutorial'),
    )
    working_width: int = setting(
        0,
        'Width to which the picture is brought before it is drawn on, its height unchanged (the '
        'tutorial: 600); 0 = as it is.',
        within=(0, 7680),
        unit='px',
    )
    image_transport: str = _image_transport()


@dataclass(frozen=True)
class GovernorSettings(Settings):
    """Settings of speed_governor_node."""

    caution_speed: float = setting(
        0.3,
        'The fastest that the robot drives forward on CAUTION; at least alert_speed.',
        within=(0.0, 100.0),
        unit='m/s',
    )
    alert_speed: float = setting(
        0.0,
        'The fastest that it drives forward on ALERT; 0 = it stops.',
        within=(0.0, 100.0),
        unit='m/s',
    )
    unknown_speed: float = setting(
        0.1,
        'The fastest that it drives forward while nobody looks (UNKNOWN, or no valid alert); 0 = '
        'it stops.',
        within=(0.0, 100.0),
        unit='m/s',
    )
    stop_distance: float = setting(
        1.5,
        'It stops at this distance between the camera and someone without a mask, whatever the '
        'level, where the distance is known.',
        within=(0.0, 100.0),
        unit='m',
    )
    face_confidence: float = setting(
        0.5,
        'What the face detector is not surer of than this may be no face, and slows by its level '
        'alone, not by its distance.',
        within=(0.0, 1.0),
    )
    deceleration: float = setting(
        0.5,
        'It brakes by this much, and so early that this is enough; no more than the robot can do.',
        within=(0.05, 20.0),
        unit='m/s^2',
    )
    acceleration: float = setting(
        0.25,
        'A limit that has ended lets go by this much.',
        within=(0.01, 20.0),
        unit='m/s^2',
    )
    resume_delay: float = setting(
        1.0,
        'It speeds up again when the limit has not fallen for this long.',
        within=(0.0, 60.0),
        unit='s',
    )
    latency: float = setting(
        0.4,
        'Reaction time that is reckoned with: from a person in front of the camera to brakes that '
        'act.',
        within=(0.0, 5.0),
        unit='s',
    )
    limit_reverse: bool = setting(
        False, 'Hold reverse to the speeds of the levels too; otherwise it is left free.'
    )
    limit_turn: bool = setting(
        False,
        'Slow turning by the same factor as driving forward, which keeps the curve; otherwise, '
        'and on the spot, it is left free.',
    )
    command_timeout: float = setting(
        0.5,
        'When cmd_vel_in is silent for this long, the robot is stopped.',
        within=(0.05, 10.0),
        unit='s',
    )
    enable_stamped_cmd_vel: bool = setting(
        False,
        'cmd_vel_in and cmd_vel_out are TwistStamped instead of Twist, as by the parameter of the '
        'same name of Nav2.',
        live=False,
    )
    max_speed: float = setting(
        1.0,
        'The speed that Nav2 takes for 100 %; only for speed_limit, which needs nav2_msgs.',
        within=(0.01, 100.0),
        unit='m/s',
    )
    speech: str = setting(
        'Please keep your distance.',
        'Published on speech once per ALERT, for whoever speaks or plays it; empty = nothing.',
    )
    speech_pause: float = setting(
        10.0, 'It is said at most once in this time.', within=(0.0, 3600.0), unit='s'
    )

    def _check_together(self) -> None:
        if self.alert_speed > self.caution_speed:
            raise SettingsError(
                f'alert_speed ({self.alert_speed} m/s) must be at most caution_speed '
                f'({self.caution_speed} m/s); set both in one call'
            )


NODES: dict[str, type[Settings]] = {
    'camera_node': CameraSettings,
    'detector_node': DetectorSettings,
    'overlay_node': OverlaySettings,
    'speed_governor_node': GovernorSettings,
}
