# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""What an ONNX file declares of its input, read without the package onnx."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_proximity.core.models.description import (
    MASK_CLASSIFIER,
    ModelDescription,
    models_directory,
)
from mask_proximity.core.models.onnx import input_shape


def test_the_input_of_our_own_classifier() -> None:
    description = ModelDescription.load(models_directory() / MASK_CLASSIFIER)
    size = description.get('input_size', int)
    assert input_shape(description.read('onnx'))[1:] == (size, size, 3)


@pytest.mark.tensorflow
@pytest.mark.parametrize('shape', [(1, 16, 300, 3), ('faces', 224, 224, 3), (70000,), ()])
def test_as_onnx_itself_writes_it(shape: tuple[int | str, ...]) -> None:
    from onnx import TensorProto, helper

    tensor = helper.make_tensor_value_info('faces', TensorProto.FLOAT, shape)
    other = helper.make_tensor_value_info('other', TensorProto.FLOAT, (5, 5))
    node = helper.make_node('Elu', ['faces'], ['y'], alpha=0.5)
    graph = helper.make_graph([node], 'net', [tensor, other], [other])
    model = helper.make_model(graph, producer_name='me')
    expected = tuple(side if isinstance(side, int) else 0 for side in shape)
    assert input_shape(model.SerializeToString()) == expected


@given(st.binary(max_size=200))
def test_any_bytes_give_a_shape_or_none(content: bytes) -> None:
    assert isinstance(input_shape(content), tuple)
