# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts in, sentences out: every cause by itself, their order, and no flapping."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.monitoring.camera_watch import BLACK
from mask_proximity.core.monitoring.health import (
    COMPRESSED_IMAGE,
    RAW_IMAGE,
    STATUS_NAMES,
    Activity,
    Facts,
    Graph,
    HealthJudge,
    Middleware,
    Publisher,
    Severity,
    nearest_topics,
)
from mask_proximity.core.monitoring.rates import StreamSnapshot
from mask_proximity.core.monitoring.stages import NODE_STAGES
from mask_proximity.core.settings.nodes import DetectorSettings

CAMERA = Publisher('/camera', RAW_IMAGE)
RELIABLE = Publisher('/camera', RAW_IMAGE, 'reliability', 'best_effort')
RUNNING = StreamSnapshot(
    watched=60.0,
    silent=0.03,
    arrived=30.0,
    processed=30.0,
    latency=0.02,
    latency_p95=0.025,
    latency_max=0.03,
    stages={'decode': 0.0001, 'faces': 0.0052, 'publish': 0.0004},
    age=0.005,
    seconds_without_face=0.1,
)
SILENT = StreamSnapshot(watched=5.0, overdue=True)
STOPPED = dataclasses.replace(RUNNING, silent=2.0, overdue=True, arrived=0.0, processed=0.0)
WELL = Facts(
    topic='/image_raw',
    settings=DetectorSettings(),
    clock=1_700_000_000_000_000_000,
    measured=RUNNING,
    models=(('mask_classifier.tflite', 'sha256 12'),),
    expected=97.3,
    dropped=7,
)
FAST_DDS = Middleware('rmw_fastrtps_cpp', True, 'export VARIABLE=/x/fastdds.xml')


def measured(**changes: Any) -> StreamSnapshot:
    return dataclasses.replace(RUNNING, **changes)


def judge(facts: Facts, graph: Graph, middleware: Middleware = FAST_DDS) -> dict[str, Any]:
    statuses = HealthJudge(middleware).judge(facts, graph)
    assert tuple(status.name for status in statuses) == STATUS_NAMES
    return {status.name: status for status in statuses}


INPUTS = [
    ({}, [CAMERA], [], 'OK', 'Images arrive from /camera.'),
    ({}, [], [], 'OK', 'Images arrive from /image_raw.'),
    ({'activity': Activity.INACTIVE}, [], [], 'WARN', 'lifecycle set <this node> activate.'),
    ({'activity': Activity.UNCONFIGURED}, [], [], 'WARN', 'configure, then activate.'),
    ({'activity': Activity.NO_LISTENERS}, [], [], 'OK', 'lazy is true): nobody listens'),
    ({'clock': 0}, [CAMERA], [], 'ERROR', 'nobody publishes /clock'),
    ({'measured': StreamSnapshot()}, [], [], 'OK', 'Waiting for the first image on /image_raw.'),
    ({'measured': StreamSnapshot()}, [RELIABLE], [], 'ERROR', 'does not fit ours (reliability)'),
    ({'measured': SILENT}, [], [], 'ERROR', 'Nobody publishes /image_raw, nor any other'),
    (
        {'measured': SILENT},
        [],
        [('/front/image', RAW_IMAGE), ('/odd', RAW_IMAGE)],
        'ERROR',
        'images are on /front/image (sensor_msgs/Image), /odd (sensor_msgs/Image): start the '
        'node with -r image_raw:=/front/image (the launch file with image_topic:=/front/image).',
    ),
    (
        {'measured': SILENT},
        [],
        [('/front/image/compressed', COMPRESSED_IMAGE)],
        'ERROR',
        '-r image_raw:=/front/image (the launch file with image_topic:=/front/image) and '
        'set image_transport to compressed.',
    ),
    (
        {'measured': SILENT},
        [],
        [('/image_raw/compressed', COMPRESSED_IMAGE)],
        'ERROR',
        '/image_raw/compressed (sensor_msgs/CompressedImage): set image_transport to compressed.',
    ),
    (
        {'measured': SILENT, 'topic': '/image_raw/compressed', 'type': COMPRESSED_IMAGE},
        [],
        [('/image_raw', RAW_IMAGE)],
        'ERROR',
        'images are on /image_raw (sensor_msgs/Image): set image_transport to raw.',
    ),
    (
        {'measured': SILENT},
        [],
        [(f'/c{i}/image', RAW_IMAGE) for i in range(9)],
        'ERROR',
        'and 5 more',
    ),
    (
        {'measured': SILENT},
        [RELIABLE],
        [],
        'ERROR',
        'set qos_overrides./image_raw.subscription.reliability to best_effort',
    ),
    ({'measured': SILENT}, [Publisher('/c', RAW_IMAGE, 'durability')], [], 'ERROR', '(durability)'),
    ({'measured': SILENT}, [RELIABLE, CAMERA], [], 'ERROR', 'but no image arrives'),
    (
        {'measured': SILENT},
        [Publisher('/camera', COMPRESSED_IMAGE)],
        [],
        'ERROR',
        'as sensor_msgs/CompressedImage: expected sensor_msgs/Image; set image_transport',
    ),
    (
        {'measured': SILENT, 'type': COMPRESSED_IMAGE},
        [CAMERA],
        [],
        'ERROR',
        'as sensor_msgs/Image: expected sensor_msgs/CompressedImage; set image_transport to raw',
    ),
    (
        {'measured': SILENT},
        [Publisher('/talker', 'std_msgs/msg/String')],
        [],
        'ERROR',
        'as std_msgs/String: expected sensor_msgs/Image.',
    ),
    (
        {'measured': SILENT},
        [CAMERA],
        [],
        'ERROR',
        '/camera offers /image_raw, but no image arrives: either it sends none, or its images do '
        'not fit into the shared memory of Fast DDS; then start it with config/fastdds.xml: '
        'export VARIABLE=/x/fastdds.xml (this process has it already).',
    ),
    ({'measured': STOPPED}, [CAMERA], [], 'ERROR', 'The images have stopped, although /camera'),
    ({'measured': STOPPED}, [], [], 'ERROR', 'Nobody publishes /image_raw'),
    ({'image_fault': 'images come odd'}, [CAMERA], [], 'ERROR', 'Images come odd.'),
    ({'measured': measured(stamped=False)}, [CAMERA], [], 'ERROR', 'carry no stamp'),
    ({'measured': measured(age=-3.0)}, [CAMERA], [], 'ERROR', '3.0 s in the future'),
    ({'measured': measured(age=9.0)}, [CAMERA], [], 'ERROR', '9.0 s old, more than stale_after'),
    ({'measured': measured(age=0.9)}, [CAMERA], [], 'OK', 'Images arrive from /camera.'),
    ({'clock_stood': 1.2}, [CAMERA], [], 'ERROR', 'The clock has stood still for more than'),
    ({'camera_fault': BLACK}, [CAMERA], [], 'ERROR', BLACK),
    ({'camera_fault': 'x', 'measured': STOPPED}, [CAMERA], [], 'ERROR', 'have stopped'),
    (
        {'measured': measured(seconds_without_face=12.2)},
        [CAMERA],
        [],
        'OK',
        'there has been no face in them for 12 s.',
    ),
]


@pytest.mark.parametrize(('changes', 'publishers', 'topics', 'severity', 'words'), INPUTS)
def test_input(
    changes: dict[str, Any],
    publishers: list[Publisher],
    topics: list[tuple[str, str]],
    severity: str,
    words: str,
) -> None:
    facts = dataclasses.replace(WELL, **changes)
    status = judge(facts, Graph(publishers, topics))['input']
    assert words in status.sentence and status.severity.name == severity


@pytest.mark.parametrize(
    ('middleware', 'words'),
    [
        (Middleware('rmw_fastrtps_cpp', False, 'export V=p'), 'export V=p (this process lacks it'),
        (Middleware('rmw_cyclonedds_cpp'), 'rmw_cyclonedds_cpp loses large messages'),
    ],
)
def test_what_nothing_arrives_may_mean_depends_on_the_middleware(
    middleware: Middleware, words: str
) -> None:
    facts = dataclasses.replace(WELL, measured=SILENT)
    assert words in judge(facts, Graph([CAMERA]), middleware)['input'].sentence


@pytest.mark.parametrize(
    ('changes', 'severity', 'words'),
    [
        ({}, 'OK', 'Loaded: faces by ssd, masks by'),
        ({'models': ()}, 'OK', 'are being loaded'),
        ({'models': (), 'activity': Activity.UNCONFIGURED}, 'STALE', 'No models are loaded'),
        ({'model_fault': 'x.tflite: foreign'}, 'ERROR', 'X.tflite: foreign.'),
    ],
)
def test_models(changes: dict[str, Any], severity: str, words: str) -> None:
    status = judge(dataclasses.replace(WELL, **changes), Graph([CAMERA]))['models']
    assert words in status.sentence and status.severity.name == severity


@pytest.mark.parametrize(
    ('changes', 'severity', 'words'),
    [
        ({}, 'OK', '30.0 images arrive per second, 30.0 are processed; latency 20 ms, at most 30'),
        ({'activity': Activity.INACTIVE}, 'STALE', 'the node is inactive'),
        ({'activity': Activity.NO_LISTENERS}, 'STALE', 'lazy'),
        ({'measured': SILENT}, 'STALE', 'no images are processed'),
        ({'image_fault': 'odd'}, 'STALE', 'no images are processed'),
        ({'model_fault': 'odd'}, 'STALE', 'no images are processed'),
        ({'camera_fault': 'odd'}, 'STALE', 'no images are processed'),
        (
            {'measured': measured(processed=12.0, lost=36, lost_share=0.6)},
            'WARN',
            'slower than the camera: 30.0 images arrive per second, 12.0 are processed, 60% are',
        ),
        # One lost image does not count, even if it is a quarter of the images of a slow camera.
        ({'measured': measured(lost=1, lost_share=0.25)}, 'OK', 'latency'),
        ({'measured': measured(processed=0.0)}, 'OK', '0.0 are processed.'),
    ],
)
def test_rate_and_latency(changes: dict[str, Any], severity: str, words: str) -> None:
    status = judge(dataclasses.replace(WELL, **changes), Graph([CAMERA]))['rate and latency']
    assert words in status.sentence and status.severity.name == severity


def test_where_the_time_goes_is_in_the_details() -> None:
    details = dict(judge(WELL, Graph([CAMERA]))['rate and latency'].details)
    assert details['images that the nets allow'] == '97 per second'
    assert details['dropped since the start'] == '7'
    assert details['latency, 95 %'] == '0.025 s'
    assert [details[f'time of {stage}'] for stage in ('decode', 'faces', 'publish')] == [
        '0.10 ms',
        '5.20 ms',
        '0.40 ms',
    ]
    # No face was there.
    assert details['time of masks'] == 'unknown'


def test_before_the_first_image_nothing_is_known_of_times() -> None:
    facts = dataclasses.replace(WELL, measured=StreamSnapshot(), expected=math.nan)
    details = dict(judge(facts, Graph([CAMERA]))['rate and latency'].details)
    assert details['images that the nets allow'] == details['latency, 95 %'] == 'unknown'
    assert all(details[f'time of {stage}'] == 'unknown' for stage in NODE_STAGES)


def test_slow_is_taken_back_only_when_it_is_clearly_over() -> None:
    judge = HealthJudge(FAST_DDS)
    said = []
    for share in (0.0, 0.19, 0.21, 0.15, 0.11, 0.09, 0.15, 0.21):
        facts = dataclasses.replace(
            WELL, measured=measured(lost=round(60 * share), lost_share=share)
        )
        said.append(judge.judge(facts, Graph([CAMERA]))[2].severity is Severity.WARN)
    assert said == [False, False, True, True, True, False, False, True]


def test_numbers_do_not_change_the_key_but_causes_do() -> None:
    keys = [
        judge(dataclasses.replace(WELL, measured=measured(age=age)), Graph([CAMERA]))['input'].key
        for age in (5.0, 6.0)
    ]
    assert keys[0] == keys[1]
    every = set()
    for changes, publishers, topics, _, _ in INPUTS:
        facts = dataclasses.replace(WELL, **changes)
        every.add(judge(facts, Graph(publishers, topics))['input'].key)
    assert len(every) > 15


def test_people_who_come_and_go_do_not_change_the_key() -> None:
    keys = [
        judge(
            dataclasses.replace(
                WELL,
                measured=measured(seconds_without_face=seconds_without_face, face_seen=face_seen),
            ),
            Graph([CAMERA]),
        )['input'].key
        for seconds_without_face, face_seen in ((9.0, False), (0.1, True), (9.0, True))
    ]
    assert keys[0] != keys[1] == keys[2]


def test_nearest_topics() -> None:
    topics = [
        ('/camera/depth/image_raw', RAW_IMAGE),
        ('/camera/color/image_raw/compressed', COMPRESSED_IMAGE),
        ('/map_image', RAW_IMAGE),
        ('/image_overlay', RAW_IMAGE),
        ('/camera/color/image_raw', RAW_IMAGE),
    ]
    raw = [name for name, _ in nearest_topics('/camera/image_raw', RAW_IMAGE, topics)]
    assert raw[0] == '/camera/color/image_raw' and raw[-1] == '/camera/depth/image_raw'
    assert '/image_overlay' not in raw
    compressed = nearest_topics('/camera/image_raw/compressed', COMPRESSED_IMAGE, topics)
    assert compressed[0][0] == '/camera/color/image_raw/compressed'
    beside = [*topics, ('/camera/image_raw/compressed', COMPRESSED_IMAGE)]
    assert nearest_topics('/camera/image_raw', RAW_IMAGE, beside)[0] == beside[-1]


numbers = st.floats(allow_nan=True, allow_infinity=True)
shares = st.floats(0.0, 1.0)


# Letters, digits and punctuation: no fault of ours consists of control characters.
faults = st.text(st.characters(whitelist_categories=['L', 'N', 'P']), max_size=20)


@given(
    st.builds(
        Facts,
        topic=st.just('/image_raw'),
        settings=st.just(DetectorSettings()),
        clock=st.integers(0, 2**62),
        measured=st.builds(
            StreamSnapshot,
            watched=numbers,
            silent=st.none() | numbers,
            overdue=st.booleans(),
            arrived=numbers,
            processed=numbers,
            lost=st.integers(0, 1000),
            lost_share=shares,
            latency=numbers,
            latency_p95=numbers,
            latency_max=numbers,
            stages=st.dictionaries(st.sampled_from(NODE_STAGES), numbers),
            stamped=st.booleans(),
            age=numbers,
            seconds_without_face=st.floats(0.0, 1e9),
        ),
        activity=st.sampled_from(Activity),
        image_fault=faults,
        model_fault=faults,
        expected=numbers,
        dropped=st.integers(0),
    ),
    st.lists(
        st.builds(
            Publisher,
            st.text(),
            st.sampled_from([RAW_IMAGE, 'x/msg/Y']),
            st.sampled_from(['', 'q']),
        ),
        max_size=3,
    ),
    st.lists(st.tuples(st.text(), st.sampled_from([RAW_IMAGE, COMPRESSED_IMAGE])), max_size=6),
)
def test_there_is_always_one_sentence_and_never_ok_without_images(
    facts: Facts, publishers: list[Publisher], topics: list[tuple[str, str]]
) -> None:
    for status in HealthJudge(FAST_DDS).judge(facts, Graph(publishers, topics)):
        assert status.sentence.endswith('.') and len(status.sentence) > 1 and status.key
        assert all(isinstance(text, str) for pair in status.details for text in pair)
        active = facts.activity is Activity.ACTIVE
        if status.name == 'input' and active and facts.measured.overdue:
            assert status.severity is Severity.ERROR
