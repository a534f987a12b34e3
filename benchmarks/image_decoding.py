# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Time the conversion of an image message to BGR, beside cv_bridge if it is installed.

Run it in an environment with the package: `python benchmarks/image_decoding.py`. Each figure is the
median of many conversions in milliseconds, with one thread.
"""

from __future__ import annotations

import argparse
import array
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import Image

from mask_proximity.core.images.raw import ENCODINGS, decode_raw

SIZES = ((640, 480), (1280, 720))


# Bytes for each pixel of a row; those of two planes have more rows.
BYTES = {
    'mono': 1,
    'bayer': 1,
    'nv': 1,
    'yuv': 2,
    'uyvy': 2,
    'bgra': 4,
    'rgba': 4,
    'bgr': 3,
    'rgb': 3,
}
ROWS = {'nv12': 1.5, 'nv21': 1.5, 'nv24': 3}


def make_message(encoding: str, width: int, height: int) -> Image:
    """A message of noise, without padding."""
    if encoding.startswith('8UC'):
        size = int(encoding[-1])
    else:
        size = next(size for name, size in BYTES.items() if encoding.startswith(name))
        size *= 2 if encoding.endswith('16') else 1
    step = width * size
    length = int(step * height * ROWS.get(encoding, 1))
    data = np.random.default_rng(0).integers(0, 256, length, np.uint8)
    return Image(
        encoding=encoding,
        width=width,
        height=height,
        step=step,
        data=array.array('B', data.tobytes()),
    )


def median(work: Callable[[], Any], seconds: float) -> float:
    """Milliseconds."""
    work()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 20:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times)


def ours(message: Image) -> Callable[[], Any]:
    """What image_conversions.image_from_message does."""
    return lambda: decode_raw(
        message.data,
        message.encoding,
        message.width,
        message.height,
        message.step,
        bool(message.is_bigendian),
    )


def cv_bridge(message: Image) -> Callable[[], Any] | None:
    """What cv_bridge does for the same picture; None where it is not installed."""
    try:
        from cv_bridge import CvBridge
    except ImportError:
        return None
    bridge = CvBridge()
    return lambda: bridge.imgmsg_to_cv2(message, 'bgr8')


def main() -> None:
    """Print a row for each encoding and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=0.5, help='for each figure')
    parser.add_argument('encodings', nargs='*', default=ENCODINGS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print(
        f'Python {platform.python_version()}, NumPy {np.__version__}, OpenCV {cv2.__version__}, '
        f'{platform.machine()}'
    )
    print('| encoding | size | ours, ms | cv_bridge, ms |')
    print('|---|---|---|---|')
    for encoding in arguments.encodings:
        for width, height in SIZES:
            message = make_message(encoding, width, height)
            own = f'{median(ours(message), arguments.seconds):.3f}'
            other = cv_bridge(message)
            try:
                theirs = f'{median(other, arguments.seconds):.3f}' if other else 'not installed'
            except Exception as error:  # whatever an encoding that it lacks makes of it
                theirs = f'refused ({type(error).__name__})'
            print(f'| {encoding} | {width}x{height} | {own} | {theirs} |')


if __name__ == '__main__':
    main()
