# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Classes with the fields of foxglove_msgs 3, where it is missing; `slots` refuses any other."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Time


@dataclass(slots=True)
class Color:
    r: float = 0.0
    g: float = 0.0
    b: float = 0.0
    a: float = 0.0


@dataclass(slots=True)
class Point2:
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class PointsAnnotation:
    timestamp: Time = field(default_factory=Time)
    type: int = 0
    points: list[Point2] = field(default_factory=list)
    outline_color: Color = field(default_factory=Color)
    outline_colors: list[Color] = field(default_factory=list)
    fill_color: Color = field(default_factory=Color)
    thickness: float = 0.0


PointsAnnotation.LINE_LOOP = 2  # type: ignore[attr-defined]


@dataclass(slots=True)
class TextAnnotation:
    timestamp: Time = field(default_factory=Time)
    position: Point2 = field(default_factory=Point2)
    text: str = ''
    font_size: float = 0.0
    text_color: Color = field(default_factory=Color)
    background_color: Color = field(default_factory=Color)


@dataclass(slots=True)
class ImageAnnotations:
    circles: list[Any] = field(default_factory=list)
    points: list[PointsAnnotation] = field(default_factory=list)
    texts: list[TextAnnotation] = field(default_factory=list)


@dataclass(slots=True)
class NewerImageAnnotations(ImageAnnotations):
    timestamp: Time = field(default_factory=Time)


OLDER = SimpleNamespace(
    Color=Color,
    Point2=Point2,
    PointsAnnotation=PointsAnnotation,
    TextAnnotation=TextAnnotation,
    ImageAnnotations=ImageAnnotations,
)
NEWER = SimpleNamespace(**{**vars(OLDER), 'ImageAnnotations': NewerImageAnnotations})
