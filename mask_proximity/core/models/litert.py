# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""LiteRT (formerly TensorFlow Lite), which runs both nets if it is installed; apt lacks it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mask_proximity.core.errors import ModelError
from mask_proximity.core.models.threads import fastest_threads, usable_threads
from mask_proximity.core.types import FloatArray


def is_installed() -> bool:
    """Whether LiteRT is installed and its libraries can be loaded."""
    return _interpreter_class() is not None


class LiteRtNet:
    """A net that LiteRT runs. It must be used by one thread at a time.

    Attributes:
        path: Path of its file, for error sentences.
        inputs: Input tensors in the order of the file.
        outputs: Output tensors in the order of the file.
    """

    def __init__(self, content: bytes, path: Path, threads: int, setting: str) -> None:
        """Load a net.

        Args:
            content: Content of the file.
            path: Path of the file, for error sentences.
            threads: Number of threads, see `usable_threads`; 0 means to measure which number is
                fastest here.
            setting: Setting that asked for LiteRT, for the sentence if it is not installed.

        Raises:
            ModelError: LiteRT is not installed or cannot load the file.
        """
        interpreter = _interpreter_class()
        if interpreter is None:
            raise ModelError(
                f"{setting} litert needs the package ai-edge-litert ('pip install "
                f"ai-edge-litert'), or set {setting} to opencv"
            )
        self.path = path

        def load(number: int) -> Any:
            loaded = interpreter(model_content=content, num_threads=number)
            loaded.allocate_tensors()
            return loaded

        try:
            number = (
                usable_threads(threads)
                if threads
                else fastest_threads(lambda number: load(number).invoke)
            )
            self._interpreter: Any = load(number)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f'{path}: LiteRT cannot load this model ({error})') from None
        self._read_tensors()

    def _read_tensors(self) -> None:
        self.inputs = tuple(
            Tensor.from_details(details, self.path)
            for details in self._interpreter.get_input_details()
        )
        self.outputs = tuple(
            Tensor.from_details(details, self.path)
            for details in self._interpreter.get_output_details()
        )

    def resize(self, shape: tuple[int, ...]) -> None:
        """Change the shape of the first input.

        Raises:
            ModelError: The net cannot run at this shape.
        """
        if shape == self.inputs[0].shape:
            return
        try:
            self._interpreter.resize_tensor_input(self.inputs[0].index, list(shape))
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f'{self.path}: LiteRT cannot run this model at {shape} ({error})'
            ) from None
        self._read_tensors()

    def input_memory(self) -> npt.NDArray[Any]:
        """The memory of the first input, to write into. Drop the reference before `run`."""
        memory: npt.NDArray[Any] = self._interpreter.tensor(self.inputs[0].index)()
        return memory

    def run(self) -> None:
        """Compute the outputs from the inputs.

        Raises:
            ModelError: LiteRT failed.
        """
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f'{self.path}: LiteRT cannot run this model ({error})') from None

    def output_memory(self, number: int = 0) -> npt.NDArray[Any]:
        """The memory of an output, with the values as stored; valid until the next `run`.

        Drop the reference before `run`.
        """
        memory: npt.NDArray[Any] = self._interpreter.tensor(self.outputs[number].index)()
        return memory


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output: floats, or quantized integers of value (stored - zero_point) * scale.

    Attributes:
        index: Index of the tensor in LiteRT.
        name: Name of the tensor in the file.
        shape: Present shape.
        dtype: float32, int8 or uint8.
        scale: Scale of the quantization; 0 for floats.
        zero_point: Zero point of the quantization; 0 for floats.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int

    @classmethod
    def from_details(cls, details: Mapping[str, Any], path: Path) -> Tensor:
        """The tensor for a dictionary of details from LiteRT.

        Raises:
            ModelError: The type of the tensor is not supported.
        """
        scale, zero_point = details['quantization']
        dtype = np.dtype(details['dtype'])
        if dtype != np.float32 and (dtype not in (np.int8, np.uint8) or scale <= 0.0):
            raise ModelError(
                f'{path}: the tensor {details["name"]!r} is of type {dtype} with the quantization '
                f'scale {scale}; expected float32, or int8 or uint8 with a scale above 0'
            )
        shape = tuple(int(side) for side in details['shape'])
        name = str(details['name'])
        return cls(details['index'], name, shape, dtype, float(scale), int(zero_point))

    def stored(self, values: FloatArray) -> npt.NDArray[Any]:
        """Convert values to what the tensor stores, rounded and clipped."""
        if self.dtype == np.float32:
            return values
        limits = np.iinfo(self.dtype)
        steps = np.rint(values / self.scale) + self.zero_point
        return np.asarray(np.clip(steps, limits.min, limits.max), self.dtype)

    def threshold(self, value: float) -> float:
        """The stored number above which a stored number stands for more than `value`."""
        if self.dtype == np.float32:
            return value
        if not math.isfinite(value):
            return value
        # An integer is greater than x if and only if it is greater than floor(x).
        limit = math.floor(value / self.scale) + self.zero_point
        # Clamped so that the comparison works with int8 and with uint8.
        return min(max(limit, -129), 255)

    def values(self, stored: npt.NDArray[Any]) -> FloatArray:
        """Convert what the tensor stores to values."""
        if self.dtype == np.float32:
            return stored
        values: FloatArray = (stored.astype(np.float32) - self.zero_point) * np.float32(self.scale)
        return values


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except (ImportError, OSError):
        return None
    return Interpreter
