# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A trained classifier as the files that serving reads, checked by the serving code itself."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mask_proximity.core.errors import ModelError
from mask_proximity.core.masks import FloatArray, load_mask_classifier
from mask_proximity.core.models import ModelDescription

NAME = 'mask_classifier'
LARGEST_DIFFERENCE = 1e-3
"""Keras and LiteRT may differ by this much in a probability."""


def to_litert(model: keras.Model, path: Path) -> None:
    """Write a model as a float32 LiteRT file."""
    # The converter prints the signature of the model whatever `verbose` says.
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(path, format='litert', verbose=False)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one step: it is there whole, or as it was before."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        written = Path(scratch, path.name)
        written.write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')
        os.replace(written, path)


def export(
    model: keras.Model, description: dict[str, Any], faces: FloatArray, output: Path
) -> Path:
    """Write mask_classifier.keras, .tflite and .json into `output`.

    Nothing there is changed before the new files were loaded by the serving code and agree.

    Args:
        model: n x size x size x 3 to n x len(LABELS).
        description: of the model, without 'files'.
        faces: n x size x size x 3, on which both backends must agree.
        output: an existing folder.

    Returns:
        The path of the description.

    Raises:
        ModelError: Keras and LiteRT differ by more than LARGEST_DIFFERENCE.
    """
    with tempfile.TemporaryDirectory(dir=output) as scratch:
        paths = {'keras': Path(scratch, f'{NAME}.keras'), 'litert': Path(scratch, f'{NAME}.tflite')}
        model.save(paths['keras'])
        to_litert(model, paths['litert'])
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
                f'Keras and LiteRT differ by {difference:.2g} in a probability, allowed are '
                f'{LARGEST_DIFFERENCE}; nothing was written'
            )
        write_json(
            written,
            {**description, 'largest_difference_keras_litert': float(difference), 'files': files},
        )
        # The description last: until it is there, its predecessor does not fit the new files, and
        # serving says so.
        for path in (*paths.values(), written):
            os.replace(path, output / path.name)
    return output / f'{NAME}.json'


def largest_difference(description: ModelDescription, faces: FloatArray) -> float:
    """The largest difference in a probability between the backends 'tensorflow' and 'litert'.

    Args:
        description: of a classifier with both files.
        faces: n x size x size x 3, n > 0.
    """
    by_keras, by_litert = (
        load_mask_classifier(description, backend, 2).classify(faces)
        for backend in ('tensorflow', 'litert')
    )
    return float(np.abs(by_keras - by_litert).max())
