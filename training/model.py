# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The net: MobileNetV2 as a frozen backbone, global average pooling, and a head of one layer."""

from __future__ import annotations

from pathlib import Path

import keras

from mask_proximity.core.errors import ModelError
from mask_proximity.core.masks import LABELS

INPUT_SIZE = 224
BACKBONE = 'MobileNetV2'
DROPOUT = 0.2


def build_backbone(weights: str, alpha: float = 1.0) -> keras.Model:
    """The frozen feature extractor.

    Args:
        weights: 'imagenet' (fetched by Keras), or the path of a weights file of MobileNetV2
            without its top.
        alpha: width of the net, see keras.applications.MobileNetV2.

    Returns:
        n x INPUT_SIZE x INPUT_SIZE x 3, in [-1, 1], to n x features.

    Raises:
        ModelError: the weights are missing or do not fit.
    """
    if weights != 'imagenet' and not Path(weights).is_file():
        raise ModelError(
            f"{weights}: there is no such file; --backbone-weights takes 'imagenet' or the path of "
            'a weights file of MobileNetV2 without its top'
        )
    try:
        backbone = keras.applications.MobileNetV2(
            input_shape=(INPUT_SIZE, INPUT_SIZE, 3),
            alpha=alpha,
            include_top=False,
            weights=weights,
            pooling='avg',
            name='backbone',
        )
    except Exception as error:  # Keras raises a bare one where the download fails.
        raise ModelError(
            f'the backbone weights {weights!r} cannot be loaded '
            f'({" ".join(str(error).split())[:200]}); give the path of a weights file of '
            'MobileNetV2 without its top by --backbone-weights'
        ) from None
    backbone.trainable = False
    return backbone


def build_head(features: int) -> keras.Model:
    """The part that learns: n x features to n x probabilities of LABELS."""
    return keras.Sequential(
        [
            keras.Input((features,)),
            keras.layers.Dropout(DROPOUT),
            keras.layers.Dense(len(LABELS), activation='softmax', name='probabilities'),
        ],
        name='head',
    )


def assemble(backbone: keras.Model, head: keras.Model) -> keras.Model:
    """Backbone and head as the one model that serves."""
    inputs = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), name='faces')
    # training=False keeps BatchNorm on ImageNet's statistics, whatever the caller's mode.
    return keras.Model(inputs, head(backbone(inputs, training=False)), name='mask_classifier')
