# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""GStreamer pipelines: real ones where OpenCV has GStreamer, and one sentence everywhere."""

from __future__ import annotations

import pytest

from mask_proximity.core.errors import SourceError
from mask_proximity.core.sources.base import SourceSettings
from mask_proximity.core.sources.gstreamer import has_gstreamer
from mask_proximity.core.sources.opening import open_source

BUILT_WITHOUT = 'was built without GStreamer'


@pytest.mark.parametrize(
    ('pipeline', 'sentence'),
    [
        ('videotestsrc ! videoconvert ! fakesink', 'does not deliver BGR images to an appsink'),
        ('videotestsrc ! appsink', 'does not deliver BGR images to an appsink'),
        ('no_such_element ! videoconvert ! appsink', 'no element "no_such_element"'),
        ('filesrc location=/nowhere ! videoconvert ! appsink', 'this pipeline does not start'),
        (
            'rtspsrc location=rtsp://me:secret@127.0.0.1:1/x ! videoconvert ! appsink x=1',
            'rtspsrc location=rtsp://127.0.0.1:1/x ! ',
        ),
    ],
)
def test_a_pipeline_that_cannot_run_is_one_sentence(pipeline: str, sentence: str) -> None:
    with pytest.raises(SourceError) as raised:
        open_source(pipeline, SourceSettings())
    assert sentence in str(raised.value) or (
        not has_gstreamer() and BUILT_WITHOUT in str(raised.value)
    )
    assert '\n' not in str(raised.value)
    assert 'secret' not in str(raised.value)


def test_a_pipeline_delivers_images_until_it_stops() -> None:
    pipeline = (
        'videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48,framerate=50/1 ! '
        'videoconvert ! appsink'
    )
    if not has_gstreamer():
        with pytest.raises(SourceError, match=BUILT_WITHOUT):
            open_source(pipeline, SourceSettings())
        return
    source = open_source(pipeline, SourceSettings(width=32))
    for _ in range(5):
        frame = source.read()
        assert frame is not None
        assert frame.image.shape == (24, 32, 3)
    with pytest.raises(SourceError, match='has stopped delivering images'):
        source.read()
