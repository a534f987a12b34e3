# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Faces are found where they are; what cannot be used is named, counted and skipped."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from mask_proximity.core.detection.opencv_ssd import SsdFaceDetector
from mask_proximity.core.models.description import FACE_SSD, ModelDescription, models_directory
from mask_proximity.core.types import LABELS, Box, Image
from training.annotations import DataError
from training.sources import MAX_SIDE, Report, Sample, find_face, load_samples

FACE = Box(179, 58, 272, 177)
MASK, INCORRECT, NO_MASK = range(3)


@pytest.fixture(scope='module')
def detector() -> SsdFaceDetector:
    return SsdFaceDetector(ModelDescription.load(models_directory() / FACE_SSD))


def noise(seed: int) -> Image:
    """A picture unlike that of any other seed."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(cv2.resize(small, (90, 90), interpolation=cv2.INTER_CUBIC))


def write(path: Path, picture: Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.fromarray(np.ascontiguousarray(picture[:, :, ::-1])).save(path)
    return path


def voc(path: Path, *objects: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<annotation>{"".join(objects)}</annotation>')
    return path


def item(name: str, box: Box | tuple[object, ...] = FACE, difficult: int = 0) -> str:
    corners = (box.x1, box.y1, box.x2, box.y2) if isinstance(box, Box) else box
    values = ''.join(
        f'<{key}>{value}</{key}>'
        for key, value in zip(('xmin', 'ymin', 'xmax', 'ymax'), corners, strict=True)
    )
    return (
        f'<object><name>{name}</name><difficult>{difficult}</difficult>'
        f'<bndbox>{values}</bndbox></object>'
    )


@pytest.fixture
def load(detector: SsdFaceDetector, tmp_path: Path) -> Callable[..., tuple[list[Sample], Report]]:
    """Loads tmp_path, or other data, beside a tight crop of each class that must be there."""

    def run(*data: Path, shield: str | None = None) -> tuple[list[Sample], Report]:
        write(tmp_path / 'tight/mask/m.png', noise(1))
        write(tmp_path / 'tight/no_mask/n.png', noise(2))
        report = Report()
        samples = load_samples(data or [tmp_path], detector, ['tight'], report, shield)
        return [each for each in samples if 'tight/' not in each.photo], report

    return run


Load = Callable[..., tuple[list[Sample], Report]]


def test_a_face_in_a_photo_is_found(detector: SsdFaceDetector, portrait: Image) -> None:
    box = find_face(portrait, detector)
    assert box is not None and box.iou(FACE) > 0.75


def test_a_face_in_a_camera_photo_is_found_without_gigabytes(
    detector: SsdFaceDetector, portrait: Image
) -> None:
    times = 8
    box = find_face(np.asarray(cv2.resize(portrait, None, fx=times, fy=times)), detector)
    assert max(portrait.shape) * times > MAX_SIDE
    assert box is not None
    small = Box(box.x1 / times, box.y1 / times, box.x2 / times, box.y2 / times)
    assert small.iou(FACE) > 0.75


def test_a_face_that_fills_its_picture_is_found_whole(
    detector: SsdFaceDetector, portrait: Image
) -> None:
    left, top, right, bottom = 165, 45, 290, 190
    box = find_face(portrait[top:bottom, left:right], detector)
    assert box is not None
    moved = Box(box.x1 + left, box.y1 + top, box.x2 + left, box.y2 + top)
    assert moved.iou(FACE) > 0.75
    assert box.x1 >= 0 and box.y1 >= 0 and box.x2 <= right - left and box.y2 <= bottom - top


@pytest.mark.parametrize('picture', [noise(1), np.zeros((20, 5000, 3), np.uint8)])
def test_no_face_is_none(picture: Image, detector: SsdFaceDetector) -> None:
    assert find_face(picture, detector) is None


@pytest.mark.parametrize(
    ('path', 'source', 'split', 'label'),
    [
        ('mask/a.png', None, '', MASK),
        ('crops/mine/face/a.png', 'crops/mine', '', NO_MASK),
        ('with_mask/a.jpg', None, '', MASK),
        ('without_mask/a.jpg', None, '', NO_MASK),
        ('mine/with_incorrect_mask/a.jpg', 'mine', '', INCORRECT),
        ('mine/mask_weared_incorrect/a.jpg', 'mine', '', INCORRECT),
        ('mine/incorrect/a.jpg', 'mine', '', INCORRECT),
        ('mine/no_mask/a.gif', 'mine', '', NO_MASK),
        ('mine/WithoutMask/a.png', 'mine', '', NO_MASK),
        ('mine/Train/With Mask/a.png', 'mine', 'train', MASK),
        ('mine/validate/mask/a.png', 'mine', 'val', MASK),
        ('mine/val/mask/a.png', 'mine', 'val', MASK),
        ('test/face/a.png', None, 'test', NO_MASK),
        ('mine/mask/more/of them/a.png', 'mine', '', MASK),
    ],
)
def test_folders_name_classes_splits_and_sources(
    path: str,
    source: str | None,
    split: str,
    label: int,
    portrait: Image,
    tmp_path: Path,
    load: Load,
) -> None:
    write(tmp_path / path, portrait)
    (sample,), report = load()
    assert (sample.name, sample.photo) == (f'{path}#0', path)
    assert (sample.source, sample.split, sample.label) == (source or tmp_path.name, split, label)
    assert report.unreadable == []
    assert sample.bits.shape == (6, 64) and sample.bits.dtype == bool


def test_the_faces_of_a_shield_are_left_out_unless_their_class_is_named(
    portrait: Image, tmp_path: Path, load: Load
) -> None:
    write(tmp_path / 'test/shield/a.png', portrait)
    samples, report = load()
    assert samples == []
    assert report.files_skipped == {'class shield left out': 1}
    (sample,), report = load(shield='no_mask')
    assert sample.label == NO_MASK
    assert report.files_skipped == {}


@pytest.mark.parametrize(
    ('annotation', 'picture'),
    [
        ('scenes/annotations/1.xml', 'scenes/images/1.png'),
        ('scenes/Annotations/1.xml', 'scenes/JPEGImages/1.JPG'),
        ('scenes/1.xml', 'scenes/1.jpeg'),
        ('scenes/mask/1.xml', 'scenes/mask/1.png'),
    ],
)
def test_scenes_may_lie_in_two_folders_or_in_one(
    annotation: str, picture: str, portrait: Image, tmp_path: Path, load: Load
) -> None:
    voc(tmp_path / annotation, item('with_incorrect_mask'))
    write(tmp_path / picture, portrait)
    (sample,), report = load()
    assert (sample.photo, sample.label, sample.split) == (picture, INCORRECT, '')
    assert report.unreadable == []


def test_the_split_of_a_scene_is_that_of_its_folder(
    portrait: Image, tmp_path: Path, load: Load
) -> None:
    voc(tmp_path / 'scenes/valid/1.xml', item('with_mask'))
    voc(tmp_path / 'scenes/test/annotations/1.xml', item('with_mask'))
    write(tmp_path / 'scenes/valid/1.png', portrait)
    write(tmp_path / 'scenes/test/images/1.png', portrait)
    assert [(each.source, each.split) for each in load()[0]] == [
        ('scenes', 'test'),
        ('scenes', 'val'),
    ]


def test_a_face_has_the_box_that_the_detector_draws(
    portrait: Image, detector: SsdFaceDetector, tmp_path: Path, load: Load
) -> None:
    labelled = Box(FACE.x1 - 6, FACE.y1 + 8, FACE.x2 + 5, FACE.y2)
    unseen = Box(2, 2, 42, 52)
    voc(tmp_path / 'scenes/1.xml', item('face', labelled), item('mask', unseen))
    write(tmp_path / 'scenes/1.png', portrait)
    (seen, moved), report = load()
    drawn = detector.detect(portrait, 0.5)[0].box
    assert (seen.box.width, seen.box.height) == pytest.approx((drawn.width, drawn.height))
    # Where the detector sees none, the annotation is drawn as the detector draws elsewhere.
    assert moved.box.width / unseen.width == pytest.approx(drawn.width / labelled.width, rel=0.02)
    assert report.no_face_found_box_of_the_annotation_taken == {'scenes': 1}


@pytest.mark.parametrize(
    ('wrong', 'reason'),
    [
        (item('face', difficult=1), 'difficult'),
        (item('person'), "object 'person'"),
        (item('face', (50, 50, 50, 90)), 'box empty or no numbers'),
        (item('face', (90, 50, 50, 90)), 'box empty or no numbers'),
        (item('face', ('nan', 1, 20, 20)), 'box empty or no numbers'),
        (item('face', ('inf', 1, 20, 20)), 'box empty or no numbers'),
        (item('face', ('', 1, 20, 20)), 'box empty or no numbers'),
        ('<object><name>face</name></object>', 'box empty or no numbers'),
        (item('face', (5000, 5000, 5100, 5100)), 'box outside of the picture'),
        (item('face', (-90, -90, -5, -5)), 'box outside of the picture'),
    ],
)
def test_a_wrong_object_is_counted_and_leaves_the_others(
    wrong: str, reason: str, portrait: Image, tmp_path: Path, load: Load
) -> None:
    voc(tmp_path / 'scenes/1.xml', wrong, item('face'))
    write(tmp_path / 'scenes/1.png', portrait)
    samples, report = load()
    assert [sample.label for sample in samples] == [NO_MASK]
    assert report.boxes_left_out == {reason: 1}
    assert any(reason in line for line in report.summary())


def test_faces_too_small_to_learn_from_are_counted(
    portrait: Image, tmp_path: Path, load: Load
) -> None:
    voc(tmp_path / 'scenes/1.xml', item('face'), item('face', (10, 10, 18, 30)))
    write(tmp_path / 'scenes/1.png', portrait)
    samples, report = load()
    assert len(samples) == 1
    assert report.too_small_skipped == {'scenes': 1}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


@pytest.mark.parametrize(
    ('files', 'name', 'reason'),
    [
        ({'mine/mask/a.jpg': b''}, 'mine/mask/a.jpg', 'empty'),
        ({'mine/mask/a.jpg': b'\xff\xd8 no picture'}, 'mine/mask/a.jpg', 'no picture'),
        ({'mine/mask/a.txt': b'notes'}, 'mine/mask/a.txt', 'no picture'),
        ({'mine/mask/a.png': cut}, 'mine/mask/a.png', 'cut off or damaged'),
        ({'mine/mask/a.png': noise(5)}, 'mine/mask/a.png', 'no face found'),
        ({'mine/mask/a.png': noise(5)[:9]}, 'mine/mask/a.png', 'too small'),
        (
            {'scenes/annotations/1.xml': b'<annotation>', 'scenes/images/1.png': None},
            'scenes/annotations/1.xml',
            'annotation not readable',
        ),
        (
            {'scenes/1.xml': b'\x00\xff\xfe', 'scenes/1.png': None},
            'scenes/1.xml',
            'annotation not readable',
        ),
        (
            {'scenes/1.xml': b'<html/>', 'scenes/1.png': None},
            'scenes/1.xml',
            'annotation not readable',
        ),
        (
            {'scenes/1.xml': b'<annotation/>', 'scenes/1.png': None},
            'scenes/1.xml',
            'annotation without objects',
        ),
        (
            {'scenes/1.xml': f'<annotation>{item("face")}</annotation>'.encode()},
            'scenes/1.xml',
            'annotation without picture',
        ),
        (
            {
                'scenes/1.xml': f'<annotation>{item("face")}</annotation>'.encode(),
                'scenes/1.png': b'',
            },
            'scenes/1.png',
            'empty',
        ),
        (
            {'scenes/images/1.png': None},
            'scenes/images/1.png',
            'picture without annotation or class',
        ),
        ({'mine/list.csv': b'a,b\n1,2\n'}, 'mine/list.csv', 'CSV without columns path and label'),
        ({'t/a.csv': b'path,label\nmissing.png,mask\n'}, 't/missing.png', 'not readable'),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_once_and_skipped(
    files: dict[str, bytes | Image | Callable[[Path], None] | None],
    name: str,
    reason: str,
    portrait: Image,
    tmp_path: Path,
    load: Load,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for path, content in files.items():
        if isinstance(content, bytes):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
            continue
        write(tmp_path / path, content if isinstance(content, np.ndarray) else portrait)
        if callable(content):
            content(tmp_path / path)
    write(tmp_path / 'mine/face/whole.png', portrait)
    samples, report = load()
    assert [sample.photo for sample in samples] == ['mine/face/whole.png']
    assert report.unreadable == [f'{name}: {reason}']
    assert report.files_skipped == {reason: 1}
    assert name in ''.join(capsys.readouterr())


@pytest.mark.skipif(os.name != 'posix', reason='names are bytes on POSIX alone')
def test_a_name_that_is_no_text_is_skipped(portrait: Image, tmp_path: Path, load: Load) -> None:
    path = write(tmp_path / 'mine/mask/a.png', portrait)
    os.rename(path, os.fsencode(path.parent) + b'/\xff.png')
    samples, report = load()
    assert samples == []
    assert report.files_skipped == {'name not in UTF-8': 1}


def test_converted_pictures_are_used_and_counted(
    portrait: Image, tmp_path: Path, load: Load
) -> None:
    write(tmp_path / 'mine/mask/a.gif', portrait)
    samples, report = load()
    assert len(samples) == 1
    assert report.converted == {'GIF': 1}


def test_of_many_faults_of_a_kind_few_are_printed(
    tmp_path: Path, load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'mine/mask').mkdir(parents=True)
    for number in range(30):
        (tmp_path / f'mine/mask/{number}.jpg').touch()
    report = load()[1]
    assert len(report.unreadable) == report.files_skipped['empty'] == 30
    assert ''.join(capsys.readouterr()).count('is empty') == 5


def test_a_table_names_pictures_boxes_and_splits(
    portrait: Image, tmp_path: Path, load: Load
) -> None:
    write(tmp_path / 'mine/pictures/mask/a.png', portrait)
    write(tmp_path / 'mine/pictures/b.png', portrait)
    (tmp_path / 'mine/list.csv').write_text(
        'label,path,x1,y1,x2,y2,split\n'
        'incorrect,pictures/mask/a.png,,,,,train\n'
        f'no_mask,pictures/b.png,{FACE.x1},{FACE.y1},{FACE.x2},{FACE.y2},test\n'
        'mask,pictures/b.png,5,5,45,55,test\n'
        'shield,pictures/c.png,5,5,45,55,test\n',
        'utf-8-sig',
    )
    for data in ([], [tmp_path / 'mine/list.csv', tmp_path / 'tight']):
        samples, report = load(*data)
        assert [(each.name, each.split, each.label) for each in samples] == [
            ('mine/pictures/mask/a.png#0', 'train', INCORRECT),
            ('mine/pictures/b.png#0', 'test', NO_MASK),
            ('mine/pictures/b.png#1', 'test', MASK),
        ]
        assert report.unreadable == []


@pytest.mark.parametrize(
    ('lines', 'number', 'words'),
    [
        (['path,label,x1', 'a.png,mask,3'], 1, 'names of the columns'),
        (['path,label', 'a.png,mask', 'a.png,hat'], 3, "'hat' is unknown; expected one of mask"),
        (['path,label', 'a.png'], 2, 'as many values'),
        (['path,label', 'a.png,mask,7'], 2, 'as many values'),
        (['path,label', ',mask'], 2, 'the path of a picture'),
        (['path,label', 'a.png,mask', 'a.png,face'], 3, 'another label'),
        (['path,label,split', 'a.png,mask,dev'], 2, "'dev' is unknown; expected one of train"),
        (['path,label,split', 'a.png,mask,val', 'a.png,mask,test'], 3, 'another split'),
        (['path,label,x1,y1,x2,y2', 'a.png,mask,1,2,x,4'], 2, 'box 1,2,x,4'),
        (['path,label,x1,y1,x2,y2', 'a.png,mask,1,2,,4'], 2, 'x1 < x2'),
        (['path,label,x1,y1,x2,y2', 'a.png,mask,1,2,1,4'], 2, 'x1 < x2'),
        (['path,label,x1,y1,x2,y2', 'a.png,mask,1,2,nan,4'], 2, 'x1 < x2'),
    ],
)
def test_a_wrong_line_of_a_table_is_a_sentence_with_its_number(
    lines: list[str], number: int, words: str, tmp_path: Path, load: Load
) -> None:
    (tmp_path / 'list.csv').write_text('\n'.join(lines) + '\n')
    with pytest.raises(DataError) as caught:
        load()
    assert f'list.csv, line {number}: ' in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'photo,split\n1,2\n', 'expected the names of the columns'),
        (b'path,label\n\xff\xff,mask\n', 'expected CSV in UTF-8'),
        (b'path,label\n"a.png,mask\n', 'cannot be read'),
        (b'path,label\n../../etc/a.png,mask\n', 'outside of the data'),
    ],
)
def test_a_table_that_is_none_is_a_sentence(
    content: bytes, words: str, detector: SsdFaceDetector, tmp_path: Path
) -> None:
    (tmp_path / 'list.csv').write_bytes(content)
    with pytest.raises(DataError, match=words):
        load_samples([tmp_path / 'list.csv'], detector, [], Report())


def test_several_data_folders_have_photos_of_different_names(
    portrait: Image, tmp_path: Path, load: Load
) -> None:
    for name in ('one', 'two'):
        write(tmp_path / name / 'mask/a.png', portrait)
    samples, _ = load(tmp_path / 'one', tmp_path / 'two', tmp_path / 'tight', tmp_path)
    assert [(each.photo, each.source) for each in samples] == [
        ('one/mask/a.png', 'one'),
        ('two/mask/a.png', 'two'),
    ]


def test_links_are_followed_once(portrait: Image, tmp_path: Path, load: Load) -> None:
    write(tmp_path / 'mine/mask/a.png', portrait)
    (tmp_path / 'mine/mask/loop').symlink_to(tmp_path / 'mine', target_is_directory=True)
    assert [each.photo for each in load()[0]] == ['mine/mask/a.png']


@pytest.mark.parametrize('missing', ['mask', 'no_mask'])
def test_no_usable_pictures_of_a_class_are_a_sentence(
    missing: str, detector: SsdFaceDetector, tmp_path: Path
) -> None:
    there = 'face' if missing == 'mask' else 'mask'
    write(tmp_path / f'tight/{there}/a.png', noise(1))
    (tmp_path / 'tight' / missing).mkdir()
    (tmp_path / 'tight' / missing / 'a.png').touch()
    with pytest.raises(DataError, match=f'no usable picture of the class {missing}; expected'):
        load_samples([tmp_path], detector, ['tight'], Report())


def test_a_folder_that_is_not_there_is_a_sentence(
    detector: SsdFaceDetector, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match='no such folder or CSV table; see --data'):
        load_samples([tmp_path / 'nowhere'], detector, [], Report())


def test_labels_are_those_of_the_classifier() -> None:
    assert LABELS == ('mask', 'incorrect', 'no_mask')
