# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A trained classifier as the files that serving reads, checked by the serving code itself.

`python -m training.export models --faces FOLDER` gives a model that was trained before an export
existed what it lacks; its other files stay as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from mask_proximity.core.errors import MaskProximityError, ModelError
from mask_proximity.core.faces import SsdFaceDetector
from mask_proximity.core.masks import CropSpec, FloatArray, crop_faces, load_mask_classifier
from mask_proximity.core.models import (
    FACE_SSD,
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from training.data import DataError, find_face

NAME = 'mask_classifier'
BACKENDS = ('tensorflow', 'litert', 'opencv')
LARGEST_DIFFERENCE = 1e-3
"""The backends may differ by this much in a probability."""

REFERENCE_FACES = 64
"""On about so many faces the backends are compared."""

ONNX_OPSET = 10
"""The newest whose Clip and Squeeze OpenCV 4.5.4 and 4.6 read: later ones have inputs for what
were attributes."""


def to_litert(model: keras.Model, path: Path) -> None:
    """Write a model as a float32 LiteRT file."""
    # The converter prints the signature of the model whatever `verbose` says.
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(path, format='litert', verbose=False)


def to_onnx(model: keras.Model, path: Path) -> None:
    """Write a model as a float32 ONNX file for OpenCV."""
    # Keras refuses to export a model that was never called.
    model(np.zeros((1, *model.input_shape[1:]), np.float32))
    model.export(path, format='onnx', verbose=False, opset_version=ONNX_OPSET)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one step: it is there whole, or as it was before."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        written = Path(scratch, path.name)
        written.write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')
        os.replace(written, path)


def export(
    model: keras.Model,
    description: dict[str, Any],
    faces: FloatArray,
    output: Path,
    kept: Mapping[str, bytes] | None = None,
) -> Path:
    """Write mask_classifier.keras, .tflite, .onnx and .json into `output`.

    Nothing there is changed before the new files were loaded by the serving code and agree.

    Args:
        model: n x size x size x 3 to n x len(LABELS).
        description: of the model, without 'files'.
        faces: n x size x size x 3, on which all backends must agree.
        output: an existing folder.
        kept: contents of files, by role, that were made before and stay.

    Returns:
        The path of the description.

    Raises:
        ModelError: the backends differ by more than LARGEST_DIFFERENCE.
    """
    with tempfile.TemporaryDirectory(dir=output) as scratch:
        paths = {
            'keras': Path(scratch, f'{NAME}.keras'),
            'litert': Path(scratch, f'{NAME}.tflite'),
            'onnx': Path(scratch, f'{NAME}.onnx'),
        }
        writers = {
            'keras': model.save,
            'litert': partial(to_litert, model),
            'onnx': partial(to_onnx, model),
        }
        for role, path in paths.items():
            if kept and role in kept:
                path.write_bytes(kept[role])
            else:
                writers[role](path)
        files = {
            role: {
                'file': path.name,
                'bytes': path.stat().st_size,
                'sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for role, path in paths.items()
        }
        written = Path(scratch, f'{NAME}.json')
        write_json(written, {**description, 'files': files})
        difference = largest_difference(ModelDescription.load(written), faces)
        if not difference <= LARGEST_DIFFERENCE:
            raise ModelError(
                f'the backends {", ".join(BACKENDS)} differ by {difference:.2g} in a probability, '
                f'allowed are {LARGEST_DIFFERENCE}; nothing was written'
            )
        agreement = {'largest_difference': difference, 'faces': len(faces)}
        write_json(written, {**description, 'agreement': agreement, 'files': files})
        # The description last: until it is there, its predecessor does not fit the new files, and
        # serving says so.
        for path in (*paths.values(), written):
            os.replace(path, output / path.name)
    return output / f'{NAME}.json'


def largest_difference(description: ModelDescription, faces: FloatArray) -> float:
    """The largest difference in a probability between any two of the backends.

    Args:
        description: of a classifier with all files.
        faces: n x size x size x 3, n > 0.
    """
    results = [
        load_mask_classifier(description, backend, 2).classify(faces) for backend in BACKENDS
    ]
    return float(np.ptp(results, axis=0).max())


def reference_faces(folder: Path, spec: CropSpec) -> FloatArray:
    """Faces for the comparison out of the pictures below a folder, evenly spread over their names.

    Raises:
        DataError: no face is found.
    """
    detector = SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))
    paths = sorted(path for path in folder.rglob('*') if path.is_file())
    faces = []
    for path in paths[:: max(1, len(paths) // REFERENCE_FACES)]:
        picture = cv2.imread(str(path))
        box = None if picture is None else find_face(picture, detector)
        if box is not None:
            faces.append(crop_faces(picture, [box], spec))
    if not faces:
        raise DataError(f'{folder}: no face was found; expected a folder with pictures of faces')
    return np.concatenate(faces)


def complete(folder: Path, pictures: Path) -> Path:
    """Give a trained model the exports that it lacks.

    Args:
        folder: holds mask_classifier.json and its files.
        pictures: a folder of pictures, on whose faces all backends must agree.

    Returns:
        The path of the description.

    Raises:
        DataError: there is no face in the pictures.
        ModelError: a file does not fit its description, or the backends differ.
    """
    description = ModelDescription.load(folder / MASK_CLASSIFIER)
    content = dict(description.content)
    kept = {role: description.read(role) for role in content.pop('files')}
    model = keras.models.load_model(description.file('keras'), compile=False)
    spec = CropSpec(
        description.get('input_size', int), description.get('crop_margin', (int, float))
    )
    return export(model, content, reference_faces(pictures, spec), folder, kept)


def main(argv: Sequence[str] | None = None) -> int:
    """Add what is missing from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.export',
        description='Add the exports that a trained model lacks, once all backends agree on it.',
    )
    parser.add_argument('models', type=Path, help=f'folder that holds {MASK_CLASSIFIER}')
    parser.add_argument(
        '--faces',
        type=Path,
        required=True,
        help='folder of pictures, on whose faces the backends are compared',
    )
    arguments = parser.parse_args(argv)
    try:
        print(f'wrote {complete(arguments.models, arguments.faces)} and the files beside it')
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
