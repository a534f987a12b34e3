# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated scene: the pinhole law, the truth, the phases, and what the detector sees."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory
from mask_proximity.core.sources.base import Frame
from mask_proximity.core.sources.simulated.camera import CameraPose, PinholeCamera
from mask_proximity.core.sources.simulated.figure import FACE_WIDTH
from mask_proximity.core.sources.simulated.scene import Person, SimulatedScene, Waypoint
from mask_proximity.core.sources.simulated.source import default_scene
from mask_proximity.core.types import MaskState

FOV = math.radians(60.0)
CAMERA = PinholeCamera(640, 480, FOV)
MEDIUM = PinholeCamera(320, 240, FOV)
SMALL = PinholeCamera(160, 120, FOV)


def standing(
    x: float, z: float, mask_state: MaskState = MaskState.NO_MASK, name: str = 'Ada'
) -> Person:
    return Person(name, mask_state, (Waypoint(0.0, x, z), Waypoint(10.0, x, z)))


def scene_of(*people: Person, camera: PinholeCamera = SMALL, **options: object) -> SimulatedScene:
    return SimulatedScene(people, 10.0, 10.0, camera, **options)  # type: ignore[arg-type]


@pytest.fixture(scope='module')
def ssd() -> SsdFaceDetector:
    return SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))


@pytest.fixture(scope='module')
def scene() -> SimulatedScene:
    return default_scene()


def frames(scene: SimulatedScene, step: int = 1) -> Iterator[tuple[float, Frame]]:
    for index in range(0, scene.frame_count, step):
        time = index / scene.rate
        yield time, scene.render(time)


@settings(max_examples=15)
@given(
    z=st.floats(0.5, 8.0),
    width=st.sampled_from([64, 121]),
    fov=st.floats(math.radians(30), math.radians(110)),
)
def test_the_true_width_follows_the_pinhole_law(z: float, width: int, fov: float) -> None:
    camera = PinholeCamera(width, 3 * width // 4, fov)
    (face,) = scene_of(standing(0.0, z), camera=camera).render(1.0).truth or ()
    focal_length = width / 2 / math.tan(fov / 2)
    assert face.distance == pytest.approx(z)
    assert face.box.width * face.distance == pytest.approx(focal_length * FACE_WIDTH)
    assert face.box.height / face.box.width == pytest.approx(119 / 93)


@pytest.mark.parametrize('size', [(320, 240), (640, 480), (1280, 720)])
@pytest.mark.parametrize('z', [0.85, 1.1])
def test_the_picture_follows_the_pinhole_law(
    size: tuple[int, int], z: float, ssd: SsdFaceDetector
) -> None:
    scene = scene_of(standing(0.1, z), camera=PinholeCamera(*size, FOV))
    frame = scene.render(1.0)
    (face,) = frame.truth or ()
    (found,) = ssd.detect(frame.image, 0.5)
    assert found.box.iou(face.box) > 0.8
    assert found.box.width / face.box.width == pytest.approx(1.0, abs=0.1)
    # Where the face is, by the pinhole law: no other code has a part in this.
    focal_length = size[0] / 2 / math.tan(FOV / 2)
    assert face.box.center[0] == pytest.approx(size[0] / 2 + focal_length * 0.1 / z, rel=0.02)


def test_a_moment_always_looks_the_same() -> None:
    person = standing(0.0, 1.0)
    first, again = scene_of(person), scene_of(person)
    image = first.render(0.7).image
    np.testing.assert_array_equal(image, again.render(0.7).image)
    first.render(0.1)
    np.testing.assert_array_equal(image, first.render(0.7).image)
    other = scene_of(person, seed=1).render(0.7).image
    assert not np.array_equal(image, other)
    # Two frames of the empty corridor differ in nothing but the noise.
    empty = scene_of()
    difference = empty.render(0.1).image.astype(int) - empty.render(0.2).image
    assert 1.0 < difference.std() < 4.0


def test_the_mask_covers_mouth_and_nose_and_nothing_else() -> None:
    bare = scene_of(standing(0.0, 0.9), camera=CAMERA).render(1.0)
    masked = scene_of(standing(0.0, 0.9, MaskState.MASK), camera=CAMERA).render(1.0)
    (face,) = bare.truth or ()
    box = face.box
    change = np.abs(bare.image.astype(int) - masked.image).max(axis=2) > 30
    rows, columns = np.nonzero(change)
    middle = box.center[1]
    lower_half = change[
        round(middle) : round(box.y2 - 0.1 * box.height),
        round(box.x1 + 0.25 * box.width) : round(box.x2 - 0.25 * box.width),
    ]
    assert lower_half.mean() > 0.9
    assert rows.min() > box.y1 + 0.3 * box.height
    assert rows.max() < box.y2 + 0.15 * box.height
    assert columns.min() > box.x1 - 0.1 * box.width
    assert columns.max() < box.x2 + 0.1 * box.width
    # It is pale blue.
    blue, green, red = masked.image[round(middle + 0.15 * box.height), round(box.center[0])]
    assert blue > green > red > 100


def test_truth_is_sorted_and_leaves_out_who_cannot_be_seen() -> None:
    behind = standing(0.02, 4.0, name='behind')
    far = standing(-0.9, 5.0, name='far')
    near = standing(0.0, 1.0, MaskState.MASK, name='near')
    outside = standing(-1.2, 1.0, name='outside')
    at_the_back = standing(0.0, -1.0, name='at the back')
    round_the_corner = standing(2.2, 5.0, name='round the corner')
    frame = scene_of(far, behind, outside, at_the_back, round_the_corner, near).render(1.0)
    assert [face.name for face in frame.truth or ()] == ['near', 'far']
    assert [face.mask_state for face in frame.truth or ()] == [MaskState.MASK, MaskState.NO_MASK]


def test_the_nearer_person_hides_the_farther_one() -> None:
    near = standing(0.0, 1.0, MaskState.MASK)
    alone = scene_of(near, camera=MEDIUM).render(1.0)
    for order in ((near, standing(0.02, 3.0)), (standing(0.02, 3.0), near)):
        both = scene_of(*order, camera=MEDIUM).render(1.0)
        (face,) = alone.truth or ()
        x, y = (round(value) for value in face.box.center)
        np.testing.assert_array_equal(
            both.image[y - 10 : y + 10, x - 10 : x + 10],
            alone.image[y - 10 : y + 10, x - 10 : x + 10],
        )


def test_a_wall_hides_who_stands_in_the_passage() -> None:
    empty = scene_of(camera=MEDIUM).render(1.0).image
    hidden = scene_of(standing(2.3, 5.0), camera=MEDIUM).render(1.0)
    half = scene_of(standing(1.4, 5.0), camera=MEDIUM).render(1.0)
    assert hidden.truth == ()
    np.testing.assert_array_equal(hidden.image, empty)
    changed = np.nonzero((half.image != empty).any(axis=2))[1]
    # The wall ends at x = 1.35 m, z = 4.45 m.
    assert changed.max() == pytest.approx(160 + MEDIUM.focal_length * 1.35 / 4.45, abs=2)


def test_a_camera_that_moves_up_sees_what_a_person_does_who_comes() -> None:
    here = scene_of(standing(0.2, 1.5), camera=MEDIUM).render(1.0)
    # At 1 s it has come 1 m up.
    moving = scene_of(
        standing(0.2, 2.5), camera=MEDIUM, pose=lambda time: CameraPose(z=max(time, 0.5))
    )
    moved = moving.render(1.0)
    assert here.truth is not None
    assert moved.truth is not None
    assert moved.truth[0].box.x1 == pytest.approx(here.truth[0].box.x1)
    assert moved.truth[0].distance == pytest.approx(1.5)
    # The corridor comes along: its lamps are elsewhere.
    for image in (here.image, moving.render(0.4).image):
        assert np.abs(image[:50].astype(int) - moved.image[:50]).mean() > 3.0


def test_a_camera_that_turns_right_sees_people_farther_left() -> None:
    turned = scene_of(
        standing(0.0, 2.0), camera=MEDIUM, pose=lambda time: CameraPose(yaw=0.2)
    ).render(1.0)
    assert turned.truth is not None
    expected = 160 - MEDIUM.focal_length * math.tan(0.2)
    assert turned.truth[0].box.center[0] == pytest.approx(expected, abs=3)
    assert turned.truth[0].distance == pytest.approx(2.0 * math.cos(0.2), abs=0.01)


def test_a_walk_is_one_of_whole_steps_that_bob() -> None:
    person = Person(
        'Ada',
        MaskState.NO_MASK,
        (Waypoint(0.0, 0.0, 5.0), Waypoint(5.0, 0.0, 1.0), Waypoint(8.0, 0.0, 1.0)),
    )
    heights = [person.face_at(time)[1] for time in np.arange(0.5, 4.5, 0.05)]
    assert 0.015 < max(heights) - min(heights) < 0.05
    assert person.at(7.0)[2] == round(4.0 / 0.62)
    assert person.at(7.0)[:2] == pytest.approx((0.0, 1.0))
    assert person.at(2.5)[1] == pytest.approx(3.0)
    assert not person.present(-0.1)
    assert not person.present(8.1)


@pytest.mark.parametrize(
    ('mask_state', 'walk'),
    [
        (MaskState.NO_MASK, ()),
        (MaskState.NO_MASK, (Waypoint(1.0, 0.0, 1.0), Waypoint(1.0, 0.0, 2.0))),
        (MaskState.UNSURE, (Waypoint(1.0, 0.0, 1.0),)),
    ],
)
def test_an_impossible_person_is_refused(mask_state: MaskState, walk: tuple[Waypoint, ...]) -> None:
    with pytest.raises(ValueError, match=r'cannot be drawn|a walk needs waypoints'):
        Person('Ada', mask_state, walk)


def test_the_default_scene_has_its_phases(scene: SimulatedScene) -> None:
    assert 20.0 < scene.duration < 26.0
    assert scene.frame_count == round(scene.duration * scene.rate)
    assert scene.horizontal_fov == pytest.approx(FOV)
    story: list[tuple[str, float]] = []
    for index in range(scene.frame_count):
        time = index / scene.rate
        present = [person for person in scene.people if person.present(time)]
        phase = present[0].mask_state.name if present else 'empty'
        if not story or story[-1][0] != phase:
            story.append((phase, time))
    assert [phase for phase, _ in story] == ['empty', 'NO_MASK', 'empty', 'MASK']
    assert story[1][1] >= 1.4
    for person in scene.people:
        times = [t for t in np.arange(0.0, scene.duration, 0.1) if person.present(t)]
        distances = [person.at(t)[1] for t in times]
        assert distances[0] == pytest.approx(5.0)
        assert min(distances) == pytest.approx(0.85)
        assert sum(distance < 0.9 for distance in distances) >= 20


def test_the_detector_sees_what_the_truth_says(scene: SimulatedScene, ssd: SsdFaceDetector) -> None:
    ratios: dict[MaskState, list[float]] = {MaskState.MASK: [], MaskState.NO_MASK: []}
    empty = 0
    for time, frame in frames(scene, step=4):
        truth = frame.truth
        assert truth is not None
        found = ssd.detect(frame.image, 0.5)
        empty += not truth
        for face in truth:
            whole = face.box.clamped(640, 480) == face.box
            matches = [one for one in found if one.box.iou(face.box) > 0.6]
            if face.box.width >= 50.0 and whole:
                assert matches, f'the face at {time:.2f} s is not found'
                ratios[face.mask_state].append(matches[0].box.width / face.box.width)
        for one in found:
            assert any(one.box.iou(face.box) > 0.3 for face in truth), f'nobody is at {one.box}'
    assert empty > 8
    for state, values in ratios.items():
        assert len(values) > 8
        assert statistics.median(values) == pytest.approx(1.0, abs=0.05), state
