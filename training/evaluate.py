# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure a mask classifier and its pipeline, and compare it with other models.

    python -m training.evaluate --model M.json --scenes DIR --crops DIR

A scene is a photo with a Pascal VOC annotation. A detection matches a labelled face if their IoU is
at least 0.5; each label is matched once, by the detection with the highest score. A crop is a
picture of one face. The results are `report.html` and `report.json` in the output folder.
"""

from __future__ import annotations

import os

# Keep TensorFlow's notes about the CPU off stderr; peers may need it.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import argparse
import datetime
import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mask_proximity import __version__
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.models.description import MASK_CLASSIFIER, ModelDescription
from mask_proximity.core.models.files import model_files
from mask_proximity.core.outputs.files import translate_write_errors, write_atomically
from mask_proximity.core.perception.nets import Nets, load_nets
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.settings_table import setting_rows
from mask_proximity.core.types import LABELS
from training.evaluation import charts
from training.evaluation.labelled_data import crops_of, part_of_split, photos_of
from training.evaluation.mistakes import worst_mistakes
from training.evaluation.models import Model, OwnModel
from training.evaluation.observations import Observations
from training.evaluation.observing import observe_crops, observe_scenes
from training.evaluation.peers import KINDS, load_peer
from training.evaluation.record import record
from training.evaluation.report import render_report
from training.evaluation.summary import summary
from training.json_files import write_json
from training.sources import Report

FORMAT = 1
"""Version of the JSON file; increased when a key changes its meaning."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

SETTINGS = (
    'face_model',
    'face_confidence',
    'face_input_size',
    'min_face_width',
    'mask_threshold',
    'no_mask_threshold',
    'alert_width_ratio',
)
"""The settings that the numbers depend on."""


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; exits with 2 if an argument is wrong."""
    parser = argparse.ArgumentParser(
        prog='python -m training.evaluate', description=(__doc__ or '').splitlines()[0]
    )
    parser.add_argument(
        '--model',
        type=Path,
        default=Path('models', MASK_CLASSIFIER),
        help='description of the classifier (default: models/mask_classifier.json)',
    )
    parser.add_argument(
        '--scenes', type=Path, help='folder with images/ and annotations/, at any depth'
    )
    parser.add_argument(
        '--crops', type=Path, help='folder with folders of pictures named after a class'
    )
    parser.add_argument(
        '--split', type=Path, metavar='FILE.csv', help='table of a split, see training.split'
    )
    parser.add_argument('--part', default='test', help='of the split (default: test)')
    parser.add_argument(
        '--output', type=Path, default=Path('report'), help='folder (default: report)'
    )
    backends = next(
        row.choices for row in setting_rows(DetectorSettings) if row.name == 'mask_backend'
    )
    parser.add_argument('--backend', default='litert', choices=backends, help='(default: litert)')
    parser.add_argument(
        '--peer',
        action='append',
        default=[],
        metavar='KIND:PATH',
        help=f'measure this model too; KIND is {", ".join(KINDS)}; may be given several times',
    )
    parser.add_argument(
        '--peer-labels',
        default='mask,no_mask',
        metavar='A,B',
        help="order of the outputs of 'keras' peers (default: mask,no_mask)",
    )
    parser.add_argument(
        '--tight',
        nargs='*',
        default=['abcom'],
        metavar='SOURCE',
        help='as for training.train (default: abcom)',
    )
    parser.add_argument(
        '--record', action='store_true', help="store the numbers in the model's description"
    )
    arguments = parser.parse_args(argv)
    if arguments.scenes is None and arguments.crops is None:
        parser.error('give --scenes, --crops or both: the labelled pictures to measure on')
    return arguments


def evaluate(arguments: argparse.Namespace, nets: Nets | None = None) -> dict[str, Any]:
    """Measure, and write the report.

    Args:
        arguments: See `parse`.
        nets: Nets to use instead of those that the arguments name.

    Returns:
        The content of the JSON report.

    Raises:
        MaskProximityError: The arguments or files cannot be used. Nothing was written.
    """
    description = ModelDescription.load(arguments.model)
    settings = DetectorSettings(mask_model=str(arguments.model), mask_backend=arguments.backend)
    report = Report()
    # Find missing files before the long work.
    wanted = part_of_split(arguments.split, arguments.part) if arguments.split else None
    photos = photos_of(arguments.scenes, wanted, report) if arguments.scenes else []
    nets = nets or load_nets(settings)
    name = str(description.content.get('name', description.path.stem))
    models: list[Model] = [OwnModel(name, nets.faces, nets.masks, settings)]
    models += [
        load_peer(spec, nets.faces, settings.face_confidence, arguments.peer_labels.split(','))
        for spec in arguments.peer
    ]
    with translate_write_errors(arguments.output):
        arguments.output.mkdir(parents=True, exist_ok=True)
    seen = [Observations(model.name) for model in models]
    if photos:
        observe_scenes(arguments.scenes, photos, models, seen, report)
    if arguments.crops:
        samples = crops_of(arguments.crops, wanted, nets.faces, arguments.tight, report)
        observe_crops(arguments.crops, samples, models, seen)
    temperature = float(description.content.get('temperature', 1.0))
    mistakes = worst_mistakes([*seen[0].faces, *seen[0].crops])
    result: dict[str, Any] = {
        'format': FORMAT,
        'made': {
            'date': datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            'version': __version__,
        },
        'model': {
            'name': name,
            'what': str(description.content.get('what', name)),
            'labels': description.get('labels', list),
            'backend': nets.masks.name,
            'temperature': temperature,
            'files': {
                file.file: file.sha256
                for file in model_files(settings, nets.faces.name, nets.masks.name)
            },
        },
        'data': {**_data(arguments, seen[0]), 'problems': _problems(report)},
        'settings': {key: getattr(settings, key) for key in SETTINGS},
        'own': summary(seen[0], settings, temperature),
        'peers': [summary(each, settings) for each in seen[1:]],
        'mistakes': [
            {
                'name': each.name,
                'label': each.label,
                'called': each.predicted,
                'probabilities': {key: round(p, 4) for key, p in each.probabilities.items()},
            }
            for each in mistakes
        ],
    }
    pictures = _charts(seen[0], result['own'], description)
    page = render_report(result, pictures, mistakes)
    write_json(arguments.output / 'report.json', result)
    write_atomically(arguments.output / 'report.html', page)
    if arguments.record:
        record(description, result, pictures)
    return result


def _data(arguments: argparse.Namespace, seen: Observations) -> dict[str, Any]:
    """Describe the data."""
    data: dict[str, Any] = {'part': arguments.part if arguments.split else '', 'split': None}
    if arguments.split:
        digest = hashlib.sha256(arguments.split.read_bytes()).hexdigest()
        data['split'] = {'file': arguments.split.name, 'sha256': digest}
    if seen.scenes:
        labels = Counter(LABELS[face.label] for scene in seen.scenes for face in scene.labelled)
        data['scenes'] = {
            'photos': len(seen.scenes),
            'faces': {label: labels[label] for label in LABELS},
        }
    if seen.crops:
        labels = Counter(LABELS[crop.label] for crop in seen.crops)
        data['crops'] = {'faces': {label: labels[label] for label in LABELS}}
    return data


def _problems(report: Report) -> list[str]:
    return [
        *sorted(report.unreadable),
        *(
            f'{source}: {count} pictures in which no face was found'
            for source, count in sorted(report.no_face_found_skipped.items())
        ),
        *(
            f'{source}: {count} crops taken whole, since no face was found in them'
            for source, count in sorted(report.no_face_found_whole_picture_taken.items())
        ),
    ]


def _charts(
    seen: Observations, numbers: dict[str, Any], description: ModelDescription
) -> dict[str, bytes]:
    pictures = {}
    for kind, faces in (('scenes', seen.faces), ('crops', seen.crops)):
        if faces:
            block = numbers[kind]['classifier']
            if any(areas['roc_auc'] is not None for areas in block['ranking'].values()):
                pictures[f'{kind}_ranking'] = charts.ranking(faces, block['ranking'])
            pictures[f'{kind}_reliability'] = charts.reliability(block['calibration'])
    phases = description.content.get('training', {}).get('history')
    if phases:
        pictures['history'] = charts.history(phases)
    return pictures


def main(argv: Sequence[str] | None = None) -> int:
    """Run the evaluation from the command line."""
    arguments = parse(argv)
    try:
        result = evaluate(arguments)
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('stopped; no report was written', file=sys.stderr)
        return INTERRUPTED
    for aim in result['own'].get('scenes', {}).get('aims', []):
        words = {None: 'no such face', True: 'reached', False: 'not reached'}[aim['reached']]
        share = '–' if aim['rate'] is None else f'{100 * aim["rate"]:.2f} %'
        print(f'{aim["what"]:48} {share:>9} of {100 * aim["least"]:.1f} %: {words}')
    print(f'wrote {arguments.output / "report.html"} and report.json')
    return 0


if __name__ == '__main__':
    sys.exit(main())
