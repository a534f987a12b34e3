# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The SSD face detector as LiteRT files: float32, float16 weights, and int8."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils
from litert_quantizer import qtyping
from litert_quantizer.algorithm_manager import AlgorithmName
from litert_quantizer.quantizer import Quantizer

from mask_proximity.core.types import FloatArray, Image
from training.face_net import BORDER, MAPS, Doubles, FaceNet

Ranges = dict[str, list[float]]
"""Minimum and maximum of each activation, by the name of its tensor."""

OUTPUTS = tuple(f'{kind}_{number}' for number in range(len(MAPS)) for kind in ('scores', 'boxes'))
"""Names of the outputs, in the order of the files."""

PERCENTILE = 99.0
"""Percentile of the pictures' extreme values that ends a range: one picture must not make the steps
of all others coarse."""

LOGIT_RANGE = (-4.7, 6.0)
"""Range of the score logits: from just below 1 %, the lowest score in use, to 99.75 %. A wider
range has coarser steps, and a threshold between two steps is off by up to half a step."""

_FLOAT_TENSORS = re.compile('norm_')
"""Tensors of operations that stay float: the range of a sum of squares is too wide for int8."""

_PIXELS = 'pixels'


def padded(picture: Image, side: int, border: Doubles) -> FloatArray:
    """Convert a picture to the input of the float32 net.

    Args:
        picture: side x side x 3, uint8, BGR.
        side: Side of the picture in pixels.
        border: See FaceNet.border.

    Returns:
        1 x (side + 2 BORDER) x (side / 2 + BORDER) x 6.
    """
    pixels = np.empty((side + 2 * BORDER, side + 2 * BORDER, 3), np.float32)
    pixels[:] = border
    pixels[BORDER:-BORDER, BORDER:-BORDER] = picture
    return pixels.reshape(_shape(side))


def _shape(side: int) -> tuple[int, int, int, int]:
    """Return the shape of the net's input for a picture with this side, which must be even."""
    return 1, side + 2 * BORDER, side // 2 + BORDER, 6


def to_float32(net: FaceNet, side: int) -> bytes:
    """Convert the net to a LiteRT file with OUTPUTS; LiteRT can resize it to any multiple of 4.

    Args:
        net: The net.
        side: Side in pixels of the pictures that the file is made for.
    """
    function = tf.function(
        net.__call__, input_signature=[tf.TensorSpec(_shape(side), name=_PIXELS)]
    ).get_concrete_function()
    content = tf.lite.TFLiteConverter.from_concrete_functions([function], net).convert()
    # The converter renames and reorders the outputs; only the signature keeps their names.
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    (graph,), (signature,) = model.subgraphs, model.signatureDefs
    number = {each.name.decode(): each.tensorIndex for each in signature.outputs}
    for name in OUTPUTS:
        graph.tensors[number[name]].name = name.encode()
    graph.outputs = [number[name] for name in OUTPUTS]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def to_float16(float32: bytes) -> bytes:
    """Convert a float32 file to one with float16 weights, which computes in float32."""
    quantizer = Quantizer(bytearray(float32))
    quantizer.add_weight_only_config(
        regex='.*',
        operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
        num_bits=16,
        algorithm_key=AlgorithmName.FLOAT_CASTING,
    )
    return _quantized(quantizer, None)


def to_int8(float32: bytes, ranges: Mapping[str, list[float]]) -> bytes:
    """Convert a float32 file to one with int8 inputs, computation and outputs.

    Weights have a scale per channel, activations one per tensor. Pixels are stored exactly, minus
    128.

    Args:
        float32: Content of the float32 file.
        ranges: Ranges of its activations.
    """
    quantizer = Quantizer(bytearray(float32))
    quantizer.add_static_config(
        regex='.*',
        operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
        activation_num_bits=8,
        weight_num_bits=8,
    )
    for operation in ('MUL', 'SUM', 'ADD', 'RSQRT'):
        quantizer.update_quantization_recipe(
            regex=_FLOAT_TENSORS.pattern,
            operation_name=qtyping.TFLOperationName(operation),
            algorithm_key=AlgorithmName.NO_QUANTIZE,
        )
    return _quantized(
        quantizer,
        {
            name: {
                'min': np.full((1, 1, 1, 1), low, np.float32),
                'max': np.full((1, 1, 1, 1), high, np.float32),
            }
            for name, (low, high) in _narrowed(float32, ranges).items()
        },
    )


def measured_ranges(float32: bytes, pictures: Iterable[FloatArray]) -> Ranges:
    """Measure the ranges of the activations of a float32 file on pictures.

    Args:
        float32: Content of the float32 file.
        pictures: Inputs made by `padded`, with the side that the file was made for.
    """
    # XNNPACK does not keep the intermediate tensors.
    interpreter = Interpreter(
        model_content=float32,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        num_threads=4,
    )
    interpreter.allocate_tensors()
    names = {each['index']: each['name'] for each in interpreter.get_tensor_details()}
    computed = sorted(
        {index for each in interpreter._get_ops_details() for index in each['outputs']}
    )
    reached: dict[str, list[tuple[float, float]]] = {names[index]: [] for index in computed}
    for picture in pictures:
        interpreter.set_tensor(interpreter.get_input_details()[0]['index'], picture)
        interpreter.invoke()
        for index in computed:
            values = interpreter.get_tensor(index)
            reached[names[index]].append((float(values.min()), float(values.max())))
    return {
        name: [
            round(float(np.percentile([low for low, _ in each], 100.0 - PERCENTILE)), 4),
            round(float(np.percentile([high for _, high in each], PERCENTILE)), 4),
        ]
        for name, each in reached.items()
    }


def _narrowed(float32: bytes, ranges: Mapping[str, list[float]]) -> Ranges:
    """Narrow ranges by the values that cannot change the result, for finer steps."""
    narrowed = {name: list(each) for name, each in ranges.items()}
    narrowed[_PIXELS] = [0.0, 255.0]
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(float32))
    (graph,) = model.subgraphs
    names = [tensor.name.decode() for tensor in graph.tensors]
    narrowed[names[graph.inputs[0]]] = [0.0, 255.0]
    for operator in graph.operators:
        kind = flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
        inputs = [names[index] for index in operator.inputs if names[index] in narrowed]
        output = names[operator.outputs[0]]
        if kind in ('MAX_POOL_2D', 'PAD'):
            # These do not change values.
            narrowed[output] = narrowed[inputs[0]]
        elif kind == 'ADD' and len(inputs) == 2:
            # A ReLU follows: values too negative for the other addend to lift above 0 do not count.
            for one, other in (inputs, inputs[::-1]):
                narrowed[one][0] = max(narrowed[one][0], -narrowed[other][1])
    for name in OUTPUTS[::2]:
        narrowed[name] = list(LOGIT_RANGE)
    return narrowed


def _quantized(quantizer: Quantizer, ranges: Any) -> bytes:
    result = quantizer.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    return bytes(result.quantized_model)
