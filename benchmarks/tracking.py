# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure the benefit of tracks: wrong mask states and delay with and without smoothing, ids kept.

    MASK_PROXIMITY_DATA=DIR python -m benchmarks.tracking

Run it from the source tree, in an environment with the package. It prints three tables:

- Beliefs: faces of whole scenes that the classifier was not trained on are shown for --seconds with
  a mask and as long without, or the other way round. The two faces are of different people, since
  nobody was photographed both ways. Box, blur, noise and light vary from frame to frame, and now
  and then something covers part of the face. 30 frames per second are made and classified; the
  rates 15 and 5 use every second and every sixth of them. 'Wrong calls' are changes from the right
  state (Mask or not; Unsure does not count) to the wrong one. 'Delay' is the time from the change
  to the first right state.
- Crossings: two people at different distances walk past each other, and the nearer one hides the
  other. Boxes have noise, one in twelve is missed, and a third have low scores. A crossing is kept
  if each person has the same id throughout.
- Clips: ids that the pipeline assigns on the clips of DIR/video, with all frames and with half.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from mask_proximity.core.alert.rules import mask_state
from mask_proximity.core.classification.classifier import MaskClassifier
from mask_proximity.core.classification.crops import crop_faces
from mask_proximity.core.errors import MaskProximityError
from mask_proximity.core.perception.nets import load_classifier
from mask_proximity.core.perception.pipeline import load_pipeline
from mask_proximity.core.settings.nodes import DetectorSettings
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.opening import open_source
from mask_proximity.core.tracking.belief import evidence_weights
from mask_proximity.core.tracking.observation import Observation
from mask_proximity.core.tracking.tracker import FaceTracker
from mask_proximity.core.types import LABELS, NANOSECONDS, Box, Image, MaskState
from training.annotations import DataError, read_annotation

RATES = (5, 15, 30)
SPLIT = Path(__file__).resolve().parent.parent / 'training' / 'report' / 'split.csv'
MIN_WIDTH = 40.0
"""Of a labelled face that is shown, pixels."""
FOCAL_LENGTH, FACE_WIDTH = 530.0, 0.14
WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True, slots=True)
class Sight:
    """A face of a simulated frame: whose, where, and how surely found."""

    person: int
    box: Box
    score: float


# --- Beliefs --------------------------------------------------------------------------------------
def faces_of(data: Path) -> dict[bool, list[tuple[Image, Box]]]:
    """Faces with their surroundings of the scenes that were kept for tests, by 'wears a mask'.

    Raises:
        DataError: there are none.
    """
    with SPLIT.open(encoding='utf-8', newline='') as file:
        photos = sorted(
            {row['photo'] for row in csv.DictReader(file) if row['split'] == 'test'}
            & {f'scenes/images/{path.name}' for path in (data / 'scenes' / 'images').glob('*')}
        )
    faces: dict[bool, list[tuple[Image, Box]]] = {True: [], False: []}
    for photo in photos:
        picture = cv2.imread(str(data / photo), cv2.IMREAD_COLOR)
        for face in read_annotation(
            data / 'scenes' / 'annotations' / f'{Path(photo).stem}.xml'
        ).faces:
            if face.box.width < MIN_WIDTH or LABELS[face.label] == 'incorrect':
                continue
            around = face.box.expanded(0.6).truncated_to_pixels(picture.shape[1], picture.shape[0])
            x, y = int(around.x1), int(around.y1)
            box = Box(face.box.x1 - x, face.box.y1 - y, face.box.x2 - x, face.box.y2 - y)
            cut = picture[y : int(around.y2) + 1, x : int(around.x2) + 1].copy()
            faces[LABELS[face.label] == 'mask'].append((cut, box))
    if not all(faces.values()):
        raise DataError(f'{data}: expected the test pictures of {SPLIT} in scenes/')
    return faces


def shown(
    face: tuple[Image, Box], width: float, frames: int, rng: np.random.Generator
) -> Iterator[tuple[Image, Box]]:
    """A face as a camera might see it, 30 times a second: shaken, blurred, noisy, covered."""
    picture, box = face
    scale = width / box.width
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    blur = light = 0.0
    covered, cover = 0, (0, 0, 0, 0)
    for _ in range(frames):
        # Processes of the first order, which forget within about a quarter of a second.
        blur = 0.87 * blur + rng.normal(0.0, 0.02 * width * 0.5)
        light = 0.87 * light + rng.normal(0.0, 0.1)
        image = small * math.exp(light) + rng.normal(0.0, 6.0, small.shape)
        if covered == 0 and rng.random() < 1 / 90:
            covered = int(rng.integers(3, 15))
            x, y = rng.uniform((box.x1, box.y1), (box.x2, box.y2)) * scale
            cover = (int(x), int(y), *(int(side) for side in rng.uniform(0.3, 0.7, 2) * width))
        if covered > 0:
            covered -= 1
            x, y, w, h = cover
            image[max(y - h // 2, 0) : y + h // 2, max(x - w // 2, 0) : x + w // 2] = 90.0
        if abs(blur) > 0.3:
            image = cv2.GaussianBlur(image, (0, 0), abs(blur))
        corners = np.array([box.x1, box.y1, box.x2, box.y2]) * scale
        corners += rng.normal(0.0, 0.04 * width, 4)
        yield np.clip(image, 0, 255).astype(np.uint8), Box(*map(float, corners))


def observed(
    faces: Iterator[tuple[Image, Box]], classifier: MaskClassifier
) -> Iterator[Observation]:
    """What the classifier says of each; the place does not matter here."""
    for image, box in faces:
        crops = crop_faces(image, [box], classifier.crop_spec)
        row = classifier.classify(crops)[0]
        weight = float(evidence_weights(crops, [box.width])[0])
        probabilities = (float(row[LABELS.index(name)]) for name in ('mask', 'incorrect'))
        yield Observation(Box(0, 0, box.width, box.height), 1.0, *probabilities, weight)


def answers(
    observations: Sequence[Observation], rate: int, settings: DetectorSettings
) -> list[bool | None]:
    """Whether a mask is worn, frame by frame; None while unsure."""
    tracker = FaceTracker()
    result: list[bool | None] = []
    for index, observation in enumerate(observations[:: 30 // rate]):
        still = replace(observation, box=observations[0].box)
        (face,) = tracker.update(
            round(index / rate * NANOSECONDS), [still], settings, settings.alert_confidence
        )
        state = mask_state(face.mask_probability, face.incorrect_probability, settings)
        result.append(None if state is MaskState.UNSURE else state is MaskState.MASK)
    return result


def wrong_calls(given: Sequence[bool | None], right: bool) -> int:
    """How often the answer changes from right to wrong."""
    decided = [answer is right for answer in given if answer is not None]
    return sum(before and not after for before, after in zip(decided, decided[1:], strict=False))


def beliefs(data: Path, people: int, seconds: float) -> str:
    """The table of beliefs, in Markdown."""
    rng = np.random.default_rng(0)
    faces, classifier = faces_of(data), load_classifier(DetectorSettings())
    half = round(seconds * 30)
    sequences = []
    for number in tqdm(range(people), 'people', mininterval=2):
        first, width = number % 2 == 0, rng.uniform(20.0, 80.0)
        both = [faces[mask][rng.integers(len(faces[mask]))] for mask in (first, not first)]
        images = (image for face in both for image in shown(face, width, half, rng))
        sequences.append((first, list(observed(images, classifier))))
    lines = [
        '| frames/s | belief | wrong calls/min | frames wrong | delay, median | 90 % | never |',
        '|---|---|---|---|---|---|---|',
    ]
    for rate in RATES:
        for half_life in (0.0, DetectorSettings().belief_half_life):
            settings = DetectorSettings(belief_half_life=half_life)
            calls = wrong = frames = never = 0
            delays = []
            for first, observations in sequences:
                given = answers(observations, rate, settings)
                middle = len(given) // 2
                for part, right in ((given[:middle], first), (given[middle:], not first)):
                    calls += wrong_calls(part, right)
                    # The second after the change is the delay's.
                    wrong += sum(
                        answer is not right for answer in part[rate:] if answer is not None
                    )
                    frames += len(part) - rate
                found = [i for i, answer in enumerate(given[middle:]) if answer is not first]
                found = [i for i in found if given[middle + i] is not None]
                delays += [found[0] / rate] if found else []
                never += not found
            minutes = people * 2 * seconds / 60
            lines.append(
                f'| {rate} | {f"{half_life:g} s" if half_life else "none"} '
                f'| {calls / minutes:.1f} | {100 * wrong / frames:.1f} % '
                f'| {statistics.median(delays):.2f} s | {np.quantile(delays, 0.9):.2f} s '
                f'| {never} of {people} |'
            )
    return '\n'.join(lines)


# --- Crossings ------------------------------------------------------------------------------------
def crossing(
    rate: float,
    rng: np.random.Generator,
    depths: float | None = None,
    tremble: float = 0.03,
    missed: float = 0.08,
) -> list[tuple[int, list[Sight]]]:
    """Two people who pass each other within three seconds, as stamps and what is found.

    Args:
        rate: frames per second.
        rng: draws speeds of 0.4 to 1.5 and 0 to 1.5 m/s and distances of 1 to 5 m.
        depths: distance of the farther one over that of the nearer; None = 1.05 to 2.
        tremble: standard deviation of the sides of a box, in widths.
        missed: part of the faces that are not found, beside the covered ones.
    """
    near = rng.uniform(1.0, 2.5)
    distances = (near, near * (depths or rng.uniform(1.05, 2.0)))
    speeds = (rng.uniform(0.4, 1.5), -rng.uniform(0.0, 1.5))
    heights = rng.uniform(-0.1, 0.1, 2)
    meeting = rng.uniform(0.8, 2.0)
    result = []
    for index in range(round(3 * rate)):
        seconds = index / rate
        sights, before = [], []
        for person, (distance, speed) in enumerate(zip(distances, speeds, strict=True)):
            width = FOCAL_LENGTH * FACE_WIDTH / distance
            x = WIDTH / 2 + FOCAL_LENGTH * speed * (seconds - meeting) / distance
            y = HEIGHT / 2 + FOCAL_LENGTH * heights[person] / distance
            y += 0.05 * width * math.sin(11.0 * seconds + person)
            sides = np.array([x - width / 2, y - 0.67 * width, x + width / 2, y + 0.67 * width])
            box = Box(*map(float, sides)).clamped(WIDTH, HEIGHT)
            covered = any(box.intersection_over_smaller(other) > 0.3 for other in before)
            before.append(box)
            trembling = Box(*map(float, sides + rng.normal(0.0, tremble * width, 4)))
            if box.width > 0.5 * width and not covered and rng.random() >= missed:
                sights.append(Sight(person, trembling, float(rng.uniform(0.25, 1.0))))
        result.append((round(seconds * NANOSECONDS), sights))
    return result


def ids_of(
    frames: Sequence[tuple[int, Sequence[Sight]]], settings: DetectorSettings
) -> dict[int, list[str]]:
    """The ids that each person had, one after the other."""
    tracker = FaceTracker()
    ids: dict[int, list[str]] = {}
    for stamp, sights in frames:
        seen = [Observation(sight.box, sight.score, 0.5, 0.1) for sight in sights]
        for sight, face in zip(
            sights, tracker.update(stamp, seen, settings, settings.alert_confidence), strict=True
        ):
            known = ids.setdefault(sight.person, [])
            if known[-1:] != [face.track_id]:
                known.append(face.track_id)
    return ids


def kept(ids: dict[int, list[str]]) -> bool:
    """Whether each person had one id throughout, and no two the same."""
    flat = [track_id for known in ids.values() for track_id in known]
    return len(flat) == len(ids) == len(set(flat))


def crossings(number: int) -> str:
    """The table of crossings, in Markdown."""
    lines = [
        '| frames/s | kept | as far as each other (2 %) | boxes tremble by 8 %, a fifth missed |',
        '|---|---|---|---|',
    ]
    settings = DetectorSettings()
    variants = ({}, {'depths': 1.02}, {'tremble': 0.08, 'missed': 0.2})
    for rate in RATES:
        cells = []
        for variant in variants:
            scenes = (crossing(rate, np.random.default_rng(i), **variant) for i in range(number))
            cells.append(sum(kept(ids_of(scene, settings)) for scene in scenes) / number)
        lines.append(f'| {rate} | ' + ' | '.join(f'{100 * cell:.1f} %' for cell in cells) + ' |')
    return '\n'.join(lines)


# --- Clips ----------------------------------------------------------------------------------------
def ids_in_clip(clip: Path, every: int = 1) -> Counter[str]:
    """How many frames of a clip each id has, of every n-th frame."""
    settings = DetectorSettings()
    source, pipeline = open_source(str(clip), SourceSettings()), load_pipeline(settings)
    ids: Counter[str] = Counter()
    index = 0
    while (frame := source.read()) is not None:
        if index % every == 0:
            stamp = round((index + 1) / source.rate * NANOSECONDS)
            scene = pipeline.process(frame.image, stamp, settings)
            ids.update(face.track_id for face in scene.faces)
        index += 1
    return ids


def clips(data: Path) -> str:
    """The table of clips, in Markdown."""
    lines = ['| clip | frames of each id | with every other frame |', '|---|---|---|']
    for clip in sorted((data / 'video').glob('*')):
        cells = [
            ', '.join(str(count) for _, count in ids_in_clip(clip, every).most_common())
            for every in (1, 2)
        ]
        lines.append(f'| {clip.name} | {cells[0]} | {cells[1]} |')
    return '\n'.join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.tracking',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--data', type=Path, help='(default: $MASK_PROXIMITY_DATA)')
    parser.add_argument('--people', type=int, default=60, help='(default: 60)')
    parser.add_argument('--seconds', type=float, default=5.0, help='(default: 5)')
    parser.add_argument('--crossings', type=int, default=300, help='(default: 300)')
    arguments = parser.parse_args(argv)
    data = arguments.data or os.environ.get('MASK_PROXIMITY_DATA')
    try:
        if not data:
            raise DataError('where are the pictures? Give --data, or set MASK_PROXIMITY_DATA')
        for table in (
            beliefs(Path(data), arguments.people, arguments.seconds),
            crossings(arguments.crossings),
            clips(Path(data)),
        ):
            print(table, end='\n\n')
    except MaskProximityError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
