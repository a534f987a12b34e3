# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure the error of the distance by face width against a simulated truth, and of its smoothing.

    python -m benchmarks.distance

Run it from the source tree, in an environment with the package. A simulated person stands in front
of a camera with a field of view of 60 degrees. Noise is added to the picture, and the distance of
each frame by face_range is compared with the truth, without calibration and after a calibration at
1 m with the same face. The second table shows a walk at 1.4 m/s, at several frame rates, through
ApproachEstimator.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from mask_proximity.core.detection.detector import FaceDetector
from mask_proximity.core.perception.nets import load_face_detector
from mask_proximity.core.perception.pipeline import find_faces
from mask_proximity.core.ranging.approach import ApproachEstimator
from mask_proximity.core.ranging.distance import Range, face_range
from mask_proximity.core.ranging.distance_calibration import FaceWidths
from mask_proximity.core.ranging.pinhole import Pinhole
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.sources.base import Frame
from mask_proximity.core.sources.simulated.camera import PinholeCamera
from mask_proximity.core.sources.simulated.scene import Person, SimulatedScene, Waypoint
from mask_proximity.core.types import NANOSECONDS, FaceDetection, Image, MaskState, TrueFace

FOV = math.radians(60.0)
DISTANCES = (0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
RATES = (5.0, 10.0, 15.0, 30.0)
SPEED = 1.4


def noisy(image: Image, _: TrueFace) -> Image:
    """Four times the noise of the simulated sensor's own."""
    noise = np.random.default_rng(0).normal(0.0, 8.0, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def blurred(image: Image, _: TrueFace) -> Image:
    """Out of focus by a 300th of the width."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), image.shape[1] / 300.0), np.uint8)


def plain(image: Image, _: TrueFace) -> Image:
    """As it is."""
    return image


Disturb = Callable[[Image, TrueFace], Image]
ROWS: tuple[tuple[str, MaskState, tuple[int, int], float, Disturb], ...] = (
    ('bare', MaskState.NO_MASK, (640, 480), 0.0, plain),
    ('mask', MaskState.MASK, (640, 480), 0.0, plain),
    ('bare, 1280x720', MaskState.NO_MASK, (1280, 720), 0.0, plain),
    ('bare, noise', MaskState.NO_MASK, (640, 480), 0.0, noisy),
    ('bare, blur', MaskState.NO_MASK, (640, 480), 0.0, blurred),
    ('bare, turned by 20 degrees', MaskState.NO_MASK, (640, 480), 20.0, plain),
    ('bare, turned by 40 degrees', MaskState.NO_MASK, (640, 480), 40.0, plain),
)


def scene_of(
    state: MaskState,
    size: tuple[int, int],
    near: float,
    far: float,
    seconds: float,
    rate: float,
    yaw: float = 0.0,
) -> SimulatedScene:
    """Somebody who walks, or stands if both distances are the same."""
    walk = (Waypoint(-1.0, 0.0, far), Waypoint(0.0, 0.0, far), Waypoint(seconds, 0.0, near))
    person = Person('Eileen', state, walk, turned=[(0.0, math.radians(yaw))])
    return SimulatedScene([person], seconds, rate, PinholeCamera(*size, FOV))


def seen(
    frame: Frame, detector: FaceDetector, settings: DetectorSettings, disturb: Disturb
) -> tuple[TrueFace, FaceDetection] | None:
    """The true face and what the detector makes of it."""
    if not frame.truth:
        return None
    truth = frame.truth[0]
    found = find_faces(disturb(frame.image, truth), detector, settings)
    best = max(found, key=lambda each: each.box.iou(truth.box), default=None)
    return (truth, best) if best and best.box.iou(truth.box) > 0.3 else None


def calibrated(detector: FaceDetector, settings: DetectorSettings) -> DetectorSettings:
    """After one calibration with a bare face at 1 m."""
    scene = scene_of(MaskState.NO_MASK, (640, 480), 1.0, 1.0, 9.0, 1.0)
    widths, camera = FaceWidths(1.0), Pinhole.from_fov(640, 480, FOV)
    for index in range(9):
        pair = seen(scene.render(float(index)), detector, settings, plain)
        if pair:
            widths.add([pair[1].box], camera)
    return replace(settings, face_width=widths.result(camera, settings).value)


def standing(detector: FaceDetector, settings: DetectorSettings, frames: int) -> Iterator[str]:
    """Rows of the first table."""
    after = calibrated(detector, settings)
    yield f'face_width {settings.face_width} m, after the calibration {after.face_width} m'
    yield ''
    heads = ['picture', 'calibrated', *(f'{distance:g} m' for distance in DISTANCES)]
    yield '| ' + ' | '.join([*heads, '0.5 to 3 m', 'worst tenth', 'within stddev']) + ' |'
    yield '|---' * (len(heads) + 3) + '|'
    for name, state, size, yaw, disturb in ROWS:
        camera = Pinhole.from_fov(*size, FOV)
        pairs = {}
        for distance in DISTANCES:
            scene = scene_of(state, size, distance, distance, float(frames), 1.0, yaw)
            pairs[distance] = [
                pair
                for index in range(frames)
                if (pair := seen(scene.render(float(index)), detector, settings, disturb))
            ]
        for label, used in (('no', settings), ('yes', after)):
            cells, errors, inside = [], [], []
            for distance, found in pairs.items():
                ranges = [(truth, face_range(face, camera, used)) for truth, face in found]
                here = [range_.distance / truth.distance - 1.0 for truth, range_ in ranges]
                cells.append(f'{100 * statistics.median(here):+.0f} %' if here else 'unseen')
                if distance <= 3.0:
                    errors += map(abs, here)
                    inside += [
                        abs(range_.distance - truth.distance) <= range_.stddev
                        for truth, range_ in ranges
                    ]
            cells += [
                f'{100 * statistics.median(errors):.1f} %',
                f'{100 * float(np.percentile(errors, 90)):.1f} %',
                f'{100 * statistics.mean(inside):.0f} %',
            ]
            yield '| ' + ' | '.join([name, label, *cells]) + ' |'


def walking(detector: FaceDetector, settings: DetectorSettings, walks: int) -> Iterator[str]:
    """Rows of the second table."""
    used = calibrated(detector, settings)
    camera = Pinhole.from_fov(640, 480, FOV)
    yield '| rate | distance as it comes | smoothed | its lag | speed known from | its error |'
    yield '|---' * 6 + '|'
    far, near = 4.0, 0.6
    seconds = (far - near) / SPEED
    for rate in RATES:
        raw, smooth, known, speeds = [], [], [], []
        for walk in range(walks):
            scene = scene_of(MaskState.NO_MASK, (640, 480), near, far, seconds, rate)
            estimator, first = ApproachEstimator(), math.nan
            for index in range(int(seconds * rate)):
                time = index / rate + walk / walks / rate
                pair = seen(scene.render(time), detector, used, plain)
                ranges: dict[str, Range] = {}
                if pair:
                    ranges['1'] = face_range(pair[1], camera, used)
                motion = estimator.update(
                    round(time * NANOSECONDS), ranges, used, used.track_memory
                ).get('1')
                # Starts and stops are rounded by the simulation.
                if not pair or not motion or not 0.5 < time < seconds - 0.3:
                    continue
                truth = pair[0].distance
                raw.append(ranges['1'].distance / truth - 1.0)
                smooth.append(motion.range.distance / truth - 1.0)
                if not math.isnan(motion.approach_speed):
                    first = truth if math.isnan(first) else first
                    speeds.append(motion.approach_speed - SPEED)
            known.append(first)
        yield (
            f'| {rate:g} Hz | {100 * statistics.median(map(abs, raw)):.1f} % | '
            f'{100 * statistics.median(map(abs, smooth)):.1f} % | '
            f'{100 * (statistics.median(smooth) - statistics.median(raw)):+.1f} % | '
            f'{statistics.median(known):.1f} m | {statistics.median(map(abs, speeds)):.2f} m/s |'
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.distance',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--frames', type=int, default=12, help='for each cell (default: 12)')
    parser.add_argument('--walks', type=int, default=4, help='for each rate (default: 4)')
    arguments = parser.parse_args()
    settings = DetectorSettings()
    detector = load_face_detector(settings)
    print('\n'.join(standing(detector, settings, arguments.frames)))
    print()
    print('\n'.join(walking(detector, settings, arguments.walks)))


if __name__ == '__main__':
    main()
