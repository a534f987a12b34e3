# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads Caffe models: the structure from the prototxt, the weights through OpenCV's importer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mask_proximity.core.types import FloatArray

Message = dict[str, list[Any]]
"""A message in protobuf text format: the values of each field, which are texts or messages."""

_TOKEN = re.compile(r'#.*|"([^"]*)"|([{}])|([^\s{}:"#]+):?')


@dataclass(frozen=True)
class Layer:
    """A layer.

    Attributes:
        name: Name in the prototxt.
        kind: Type, e.g. 'Convolution'.
        content: Message of the layer.
        blobs: Weights, in the shapes that OpenCV gives them.
    """

    name: str
    kind: str
    content: Message
    blobs: list[FloatArray]

    def param(self, message: str, name: str, default: float) -> float:
        """Return a number from one of the layer's messages."""
        values = self.content.get(message, [{}])[0].get(name)
        return float(values[0]) if values else default

    def numbers(self, message: str, name: str) -> list[float]:
        """Return all numbers of a repeated field."""
        return [float(value) for value in self.content.get(message, [{}])[0].get(name, [])]


def parse(text: str) -> Message:
    """Parse the part of the protobuf text format that a prototxt uses."""
    return _message(iter(_TOKEN.finditer(text)))


def _message(tokens: Iterator[re.Match[str]]) -> Message:
    message: Message = {}
    name = ''
    for token in tokens:
        text, brace, word = token.groups()
        if brace == '}':
            break
        if brace == '{':
            message.setdefault(name, []).append(_message(tokens))
            name = ''
        elif text is not None or (word is not None and name):
            message.setdefault(name, []).append(word if text is None else text)
            name = ''
        elif word is not None:
            name = word
    return message


def load(prototxt: bytes, caffemodel: bytes) -> dict[str, Layer]:
    """Load the layers of a net with their weights, by name."""
    net = cv2.dnn.readNetFromCaffe(
        np.frombuffer(prototxt, np.uint8), np.frombuffer(caffemodel, np.uint8)
    )
    layers = {}
    for content in parse(prototxt.decode())['layer']:
        name, kind = content['name'][0], content['type'][0]
        blobs = net.getLayer(net.getLayerId(name)).blobs if net.getLayerId(name) >= 0 else []
        layers[name] = Layer(name, kind, content, [np.asarray(blob) for blob in blobs])
    return layers
