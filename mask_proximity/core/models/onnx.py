# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The input shape that an ONNX file declares. OpenCV itself does not check its input against it.

It is read from the bytes of the file, so that no onnx package is needed at runtime. The format is
that of https://protobuf.dev/programming-guides/encoding with the field numbers of onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

# ModelProto.graph, GraphProto.input, ValueInfoProto.type, TypeProto.tensor_type, Tensor.shape
_PATH_TO_SHAPE = (7, 11, 2, 1, 2)
_DIM, _DIM_VALUE = 1, 1

# Wire types, and the number of bytes of those with a fixed length.
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}


def input_shape(model: bytes) -> tuple[int, ...]:
    """The shape of the first input.

    Args:
        model: Content of an ONNX file.

    Returns:
        The dimensions, with 0 for one that is left open; empty if the file declares no shape or is
        not an ONNX file.
    """
    message = memoryview(model)
    try:
        for number in _PATH_TO_SHAPE:
            message = next(_fields(message, number, _BYTES))[0]
        return tuple(
            next((value for _, value in _fields(dim, _DIM_VALUE, _VARINT)), 0)
            for dim, _ in _fields(message, _DIM, _BYTES)
        )
    except (IndexError, StopIteration, ValueError):
        return ()


def _fields(message: memoryview, number: int, kind: int) -> Iterator[tuple[memoryview, int]]:
    """Content and value of each field of a message that has this number and wire type."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        found, value = key & 7, 0
        if found == _VARINT:
            value, end = _varint(message, at)
        elif found == _BYTES:
            length, at = _varint(message, at)
            end = at + length
        elif found in _FIXED:
            end = at + _FIXED[found]
        else:
            raise ValueError('not a protobuf message')
        if key == number << 3 | kind:
            yield message[at:end], value
        at = end


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
