# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Exports a trained classifier to the files that serving reads, and measures them there.

`python -m training.export models --faces FOLDER` adds the exports that a model from an earlier
version lacks; its other files are not changed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from litert_quantizer import qtyping
from litert_quantizer.algorithm_manager import AlgorithmName
from litert_quantizer.quantizer import Quantizer
from tqdm import tqdm

from mask_proximity.core.alert.rules import mask_state
from mask_proximity.core.classification.classifier import MaskClassifier, load_mask_classifier
from mask_proximity.core.classification.crops import CropSpec, crop_faces
from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.errors import MaskProximityError, ModelError
from mask_proximity.core.models.description import (
    FACE_SSD,
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.types import LABELS, FloatArray, MaskState
from training.annotations import DataError
from training.json_files import write_json
from training.pictures import PictureError, read_picture
from training.sources import find_face

NAME = 'mask_classifier'
LITERT_ROLES = ('litert_float32', 'litert_float16', 'litert_int8')
FILES = {
    'keras': f'{NAME}.keras',
    **{role: f'{NAME}_{role.removeprefix("litert_")}.tflite' for role in LITERT_ROLES},
    'onnx': f'{NAME}.onnx',
}
"""File name by role."""

FLOAT32_ROLES = ('keras', 'litert_float32', 'onnx')
"""These files compute the same in float32 and must agree."""

MAX_DIFFERENCE = 1e-3
"""Largest difference of a probability between the float32 files."""

MAX_DEFAULT_BYTES = 5_000_000
"""Largest size of the default LiteRT file."""

MAX_ACCURACY_LOSS = 0.002
"""Largest loss of accuracy of the default file against Keras, on val."""

MAX_UNSAFE = 0.001
"""Largest share of unmasked val faces that the default file, but not Keras, classifies as mask."""

RULE = (
    'the fastest LiteRT file at 2 threads, among those of at most '
    f'{MAX_DEFAULT_BYTES / 1e6:g} MB that get at most {MAX_ACCURACY_LOSS * 100:g} % of the val '
    f'faces fewer right than Keras, and that call at most {MAX_UNSAFE * 100:g} % of the unmasked '
    'ones masked where Keras does not; float32, if there is none'
)

REFERENCE_FACES = 300
"""About so many faces are compared, and give the ranges of the activations for int8."""

THREADS = (1, 2)
TIMING_REPEATS = 100
"""Repeats of each timing."""

BATCH = 32
"""Batch size for Keras; a thousand faces at once would take gigabytes."""

ONNX_OPSET = 10
"""The newest opset whose Clip and Squeeze OpenCV 4.5.4 and 4.6 can read; later ones turned their
attributes into inputs."""

FLOAT_OPERATIONS = ('INPUT', 'OUTPUT', 'FULLY_CONNECTED', 'SOFTMAX')
"""Operations that stay float in the int8 file. Serving uses floats as input and output;
probabilities in steps of 1 / 256 would reach 0, which no temperature can undo; and the last layer
costs nothing."""

SCRATCH = '.export'
"""Folder beside the files in which the new ones are made."""


@dataclass(frozen=True)
class LabelledFaces:
    """Faces to compare exports on.

    Attributes:
        faces: n x size x size x 3, made by crop_faces; n > 0.
        labels: n indices into the description's 'labels'; None: the predictions of Keras are taken
            for the labels.
    """

    faces: FloatArray
    labels: npt.NDArray[np.integer[Any]] | None


def to_litert(model: keras.Model, path: Path) -> None:
    """Write a model as a float32 LiteRT file."""
    # The converter prints the signature of the model, even with verbose=False.
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(path, format='litert', verbose=False)


def to_float16(float32: Path, path: Path) -> None:
    """Convert a float32 LiteRT file to one with float16 weights, which computes in float32."""
    quantizer = Quantizer(float32)
    quantizer.add_weight_only_config(
        regex='.*',
        operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
        num_bits=16,
        algorithm_key=AlgorithmName.FLOAT_CASTING,
    )
    _write_quantized(quantizer, None, path)


def to_int8(float32: Path, faces: FloatArray, path: Path) -> None:
    """Convert a float32 LiteRT file to one that computes in int8, except FLOAT_OPERATIONS.

    Weights have a scale per channel, activations one per tensor.

    Args:
        float32: Path of the float32 file.
        faces: n x size x size x 3, to measure the ranges of the activations on.
        path: Path of the new file.
    """
    quantizer = Quantizer(float32)
    quantizer.add_static_config(
        regex='.*',
        operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
        activation_num_bits=8,
        weight_num_bits=8,
    )
    for operation in FLOAT_OPERATIONS:
        quantizer.update_quantization_recipe(
            regex='.*',
            operation_name=qtyping.TFLOperationName(operation),
            algorithm_key=AlgorithmName.NO_QUANTIZE,
        )
    ((signature, names),) = Interpreter(str(float32)).get_signature_list().items()
    (name,) = names['inputs']
    # The ranges are moving averages, so faces must not be ordered by class.
    order = np.random.default_rng(0).permutation(len(faces))
    ranges = quantizer.calibrate({signature: [{name: faces[i : i + 1]} for i in order]})
    # A channel of zeros has the scale 0.
    with np.errstate(invalid='ignore'):
        _write_quantized(quantizer, ranges, path)


def _write_quantized(quantizer: Quantizer, ranges: Any, path: Path) -> None:
    quantizer.quantize(
        ranges, serialize_to_path=path, enable_progress_bar=False, enable_progress_report=False
    )


def to_onnx(model: keras.Model, path: Path) -> None:
    """Write a model as a float32 ONNX file for OpenCV.

    float16 weights would halve its size, but OpenCV 4.6 cannot read them.
    """
    # Keras exports only models that have been called.
    model(np.zeros((1, *model.input_shape[1:]), np.float32))
    model.export(path, format='onnx', verbose=False, opset_version=ONNX_OPSET)


def export(
    model: keras.Model,
    description: dict[str, Any],
    train_faces: FloatArray,
    val: LabelledFaces,
    test: LabelledFaces | None,
    output: Path,
    kept: Mapping[str, Path] | None = None,
) -> Path:
    """Write a model's FILES and its description into a folder.

    The folder is not changed until the serving code has loaded and measured the new files.

    Args:
        model: Model from n x size x size x 3 to n x probabilities, not calibrated.
        description: Description of the model, without 'files'.
        train_faces: n x size x size x 3; about REFERENCE_FACES of them give the ranges for int8.
        val: Faces on which the default LiteRT file is chosen.
        test: Faces that are only reported on; None for none.
        output: An existing folder.
        kept: Existing files to keep, by role.

    Returns:
        The path of the description, with 'files', 'exports' (the table), 'default' and 'agreement'.

    Raises:
        ModelError: The float32 files differ by more than MAX_DIFFERENCE.
    """
    parts = {'val': val} if test is None else {'val': val, 'test': test}
    with _scratch(output) as scratch, _full_precision():
        files = {
            role: {
                'file': path.name,
                'bytes': path.stat().st_size,
                'sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for role, path in _write_files(model, train_faces, scratch, kept or {}).items()
        }
        written = scratch / f'{NAME}.json'
        write_json(written, {**description, 'files': files})
        loaded = ModelDescription.load(written)

        answers = {part: _predictions(loaded, each.faces) for part, each in parts.items()}
        difference = max(
            float(np.ptp([each[role] for role in FLOAT32_ROLES], axis=0).max())
            for each in answers.values()
        )
        if not difference <= MAX_DIFFERENCE:
            raise ModelError(
                f'the files {", ".join(FLOAT32_ROLES)} differ by {difference:.2g} in a '
                f'probability, allowed are {MAX_DIFFERENCE}; nothing was written'
            )
        table: dict[str, dict[str, Any]] = {role: {'bytes': files[role]['bytes']} for role in FILES}
        for role, milliseconds in measure(loaded, val.faces).items():
            table[role]['ms'] = milliseconds
        for part, each in parts.items():
            labels = _canonical(loaded, each.labels)
            for role in FILES:
                table[role][part] = compare(answers[part]['keras'], answers[part][role], labels)
        chosen = choose_default(table)
        content = {
            **description,
            'agreement': {
                'largest_difference': difference,
                'faces': sum(len(each.faces) for each in parts.values()),
            },
            'exports': {
                'machine': _machine(),
                'right': 'as Keras answers' if val.labels is None else 'as labelled',
                'table': table,
            },
            'default': {'rule': RULE, 'chosen': chosen},
            'files': {**files, 'litert': files[chosen]},
        }
        write_json(written, content)
        # The description comes last. Until then the old one does not match the new files, and
        # serving reports that.
        for name in (*(str(entry['file']) for entry in files.values()), written.name):
            os.replace(scratch / name, output / name)
    return output / written.name


@contextlib.contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    folder = output / SCRATCH
    # A killed run may have left it.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _full_precision() -> Iterator[None]:
    # On a GPU, TensorFlow rounds factors to 10 bits (TF32); no other backend does.
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def _write_files(
    model: keras.Model, train_faces: FloatArray, folder: Path, kept: Mapping[str, Path]
) -> dict[str, Path]:
    paths = {
        role: folder / (kept[role].name if role in kept else name) for role, name in FILES.items()
    }
    float32 = paths['litert_float32']
    representative = train_faces[:: max(1, len(train_faces) // REFERENCE_FACES)]
    writers = {
        'keras': model.save,
        'litert_float32': partial(to_litert, model),
        'litert_float16': partial(to_float16, float32),
        'litert_int8': partial(to_int8, float32, representative),
        'onnx': partial(to_onnx, model),
    }
    for role, path in paths.items():
        if role in kept:
            shutil.copyfile(kept[role], path)
        else:
            writers[role](path)
    return paths


def _load(description: ModelDescription, role: str, threads: int) -> MaskClassifier:
    """Load the classifier of serving from the file of a role."""
    if role not in LITERT_ROLES:
        backend = {'keras': 'tensorflow', 'onnx': 'opencv'}[role]
        return load_mask_classifier(description, backend, threads)
    files = description.content['files']
    default = {**description.content, 'files': {**files, 'litert': files[role]}}
    return load_mask_classifier(ModelDescription(description.path, default), 'litert', threads)


def _predictions(description: ModelDescription, faces: FloatArray) -> dict[str, FloatArray]:
    """Return calibrated probabilities of LABELS by role."""
    starts = range(0, len(faces), BATCH)
    return {
        role: np.concatenate(
            [
                classifier.classify(faces[start : start + BATCH])
                for start in tqdm(starts, f'comparing {role}', disable=None, leave=False)
            ]
        )
        for role in FILES
        for classifier in [_load(description, role, 0)]
    }


def _canonical(
    description: ModelDescription, labels: npt.NDArray[np.integer[Any]] | None
) -> npt.NDArray[np.integer[Any]] | None:
    """Convert indices into the description's labels to indices into LABELS."""
    if labels is None:
        return None
    columns = [LABELS.index(label) for label in description.get('labels', list)]
    canonical: npt.NDArray[np.integer[Any]] = np.array(columns)[labels]
    return canonical


def compare(
    reference: FloatArray,
    answers: FloatArray,
    labels: npt.NDArray[np.integer[Any]] | None = None,
) -> dict[str, Any]:
    """Compare the probabilities of an export with those of Keras.

    Args:
        reference: n x len(LABELS), probabilities of Keras; n > 0.
        answers: n x len(LABELS), probabilities of the export.
        labels: n indices into LABELS; None: the predictions of Keras are taken for the labels.

    Returns:
        'faces'; 'accuracy'; 'largest_difference' of a probability; 'changed_labels' and
        'changed_states': number of faces with another predicted class, and with another mask state
        at the default thresholds; 'unsafe': number of unmasked faces that only the export
        classifies as mask, and number of unmasked faces.
    """
    expected, predicted = reference.argmax(axis=1), answers.argmax(axis=1)
    true = expected if labels is None else labels
    before, after = _states(reference), _states(answers)
    unmasked = true != LABELS.index('mask')
    unsafe = unmasked & (before != MaskState.MASK) & (after == MaskState.MASK)
    return {
        'faces': len(answers),
        'accuracy': round(float((predicted == true).mean()), 4),
        'largest_difference': float(f'{np.abs(answers - reference).max():.2g}'),
        'changed_labels': int((predicted != expected).sum()),
        'changed_states': int((before != after).sum()),
        'unsafe': {'faces': int(unsafe.sum()), 'of': int(unmasked.sum())},
    }


def _states(probabilities: FloatArray) -> npt.NDArray[np.int64]:
    settings = DetectorSettings()
    mask, incorrect = (LABELS.index(label) for label in ('mask', 'incorrect'))
    return np.array(
        [mask_state(float(row[mask]), float(row[incorrect]), settings) for row in probabilities]
    )


def measure(description: ModelDescription, faces: FloatArray) -> dict[str, dict[str, float]]:
    """Time the files for robots: by role, {'1': ms per face with one thread, '2': ...}.

    The times are medians of TIMING_REPEATS. The files take turns, so that other load on the machine
    affects all alike.

    Args:
        description: Description of a model with all FILES; 'litert' is not needed.
        faces: n x size x size x 3, n > 0.
    """
    loaded = {
        (role, threads): _load(description, role, threads)
        for role in FILES
        if role != 'keras'
        for threads in THREADS
    }
    times: dict[tuple[str, int], list[float]] = {key: [] for key in loaded}
    threads_before = cv2.getNumThreads()
    try:
        # The first round warms up.
        for repeat in tqdm(range(TIMING_REPEATS + 1), 'timing', disable=None, leave=False):
            face = faces[repeat % len(faces)][np.newaxis]
            for key, classifier in loaded.items():
                cv2.setNumThreads(key[1])
                start = time.perf_counter()
                classifier.classify(face)
                times[key].append(time.perf_counter() - start)
    finally:
        cv2.setNumThreads(threads_before)
    result: dict[str, dict[str, float]] = {}
    for (role, threads), seconds in times.items():
        median = round(statistics.median(seconds[1:]) * 1e3, 2)
        result.setdefault(role, {})[str(threads)] = median
    return result


def choose_default(table: Mapping[str, Mapping[str, Any]]) -> str:
    """Choose the role of the default LiteRT file by RULE.

    Args:
        table: By role: 'bytes', 'ms' from `measure`, and 'val' from `compare`.
    """

    def fits(row: Mapping[str, Any]) -> bool:
        loss = table['keras']['val']['accuracy'] - row['val']['accuracy']
        unsafe = row['val']['unsafe']
        return bool(
            row['bytes'] <= MAX_DEFAULT_BYTES
            # Accuracies are rounded to 4 decimals; their difference has rounding errors.
            and round(loss, 4) <= MAX_ACCURACY_LOSS
            and unsafe['faces'] <= MAX_UNSAFE * unsafe['of']
        )

    fitting = [role for role in LITERT_ROLES if fits(table[role])]
    return min(fitting, key=lambda role: table[role]['ms']['2'], default='litert_float32')


def _machine() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        lines = []
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return f'{names[0] if names else platform.machine()}, {os.cpu_count()} cores'


def reference_faces(folder: Path, spec: CropSpec) -> FloatArray:
    """Find faces in pictures below a folder, evenly spread over the sorted paths.

    Returns:
        n x size x size x 3.

    Raises:
        DataError: No face is found.
    """
    detector = SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))
    paths = sorted(path for path in folder.rglob('*') if path.is_file())
    faces = []
    for path in paths[:: max(1, len(paths) // REFERENCE_FACES)]:
        try:
            picture = read_picture(path)
        except PictureError:
            continue
        if (box := find_face(picture, detector)) is not None:
            faces.append(crop_faces(picture, [box], spec))
    if not faces:
        raise DataError(f'{folder}: no face was found; expected a folder with pictures of faces')
    return np.concatenate(faces)


def complete(folder: Path, pictures: Path) -> Path | None:
    """Add the exports that a trained model lacks, and choose the default again.

    Args:
        folder: Folder of mask_classifier.json and its files.
        pictures: Folder of pictures; the exports are compared on the faces in them.

    Returns:
        The path of the description, or None if nothing was missing.

    Raises:
        DataError: There is no face in the pictures.
        ModelError: A file does not match its description, or the float32 files differ.
    """
    description = ModelDescription.load(folder / MASK_CLASSIFIER)
    content = dict(description.content)
    kept = {}
    for role in content.pop('files'):
        description.read(role)
        kept[role] = description.file(role)
    # 'litert' is one of the other files; in old models without them, it is float32.
    float32 = kept.pop('litert', None)
    if float32 is not None and not any(role in kept for role in LITERT_ROLES):
        kept['litert_float32'] = float32
    if kept.keys() >= FILES.keys():
        return None
    model = keras.models.load_model(description.file('keras'), compile=False)
    spec = CropSpec(
        description.get('input_size', int), description.get('crop_margin', (int, float))
    )
    faces = reference_faces(pictures, spec)
    return export(model, content, faces, LabelledFaces(faces, None), None, folder, kept)


def main(argv: Sequence[str] | None = None) -> int:
    """Add missing exports from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.export',
        description='Add the exports that a trained model lacks, and choose the default by the '
        f'rule: {RULE}. The faces are not labelled, so the predictions of Keras count as right.',
    )
    parser.add_argument('models', type=Path, help=f'folder that holds {MASK_CLASSIFIER}')
    parser.add_argument(
        '--faces',
        type=Path,
        required=True,
        help='folder of pictures; the exports are compared on the faces in them',
    )
    arguments = parser.parse_args(argv)
    try:
        path = complete(arguments.models, arguments.faces)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    if path is None:
        print(f'{arguments.models}: this model has all exports; nothing was changed')
    else:
        chosen = ModelDescription.load(path).get('default', dict)['chosen']
        print(f'wrote {path} and the files beside it; by default robots run {chosen}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
