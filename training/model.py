# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The net: MobileNetV2 with ImageNet's weights, and one of two heads."""

from __future__ import annotations

from pathlib import Path

import keras

from mask_proximity.core.errors import ModelError

BACKBONE = 'MobileNetV2'
HEADS = ('gap', 'tutorial')


def build_backbone(
    weights: str, input_size: int, alpha: float = 1.0, pooling: str | None = 'avg'
) -> keras.Model:
    """The feature extractor.

    Args:
        weights: 'imagenet' (fetched by Keras), or the path of a weights file of MobileNetV2
            without its top.
        input_size: side of the square that it looks at, pixels.
        alpha: width of the net, see keras.applications.MobileNetV2.
        pooling: 'avg' for one vector a face, None for the map of features.

    Returns:
        n x input_size x input_size x 3, in [-1, 1], to n x features (x features).

    Raises:
        ModelError: the weights are missing or do not fit.
    """
    if weights != 'imagenet' and not Path(weights).is_file():
        raise ModelError(
            f"{weights}: there is no such file; --backbone-weights takes 'imagenet' or the path of "
            'a weights file of MobileNetV2 without its top'
        )
    try:
        return keras.applications.MobileNetV2(
            input_shape=(input_size, input_size, 3),
            alpha=alpha,
            include_top=False,
            weights=weights,
            pooling=pooling,
            name='backbone',
        )
    except Exception as error:  # Keras raises a bare one where the download fails.
        raise ModelError(
            f'the backbone weights {weights!r} cannot be loaded '
            f'({" ".join(str(error).split())[:200]}); give the path of a weights file of '
            'MobileNetV2 without its top by --backbone-weights'
        ) from None


def build_model(
    head: str, classes: int, input_size: int, weights: str, alpha: float = 1.0, dropout: float = 0.2
) -> keras.Model:
    """Backbone and head as the one model that serves.

    Args:
        head: 'gap': global average pooling, dropout, one dense layer. 'tutorial': that of the
            tutorial this project grew from, for comparison.
        classes: how many probabilities come out.
        input_size: side of the input, pixels.
        weights: see build_backbone.
        alpha: see build_backbone.
        dropout: of the head `gap`.

    Returns:
        n x input_size x input_size x 3, in [-1, 1], to n x classes probabilities.

    Raises:
        ModelError: see build_backbone.
    """
    layers = keras.layers
    backbone = build_backbone(weights, input_size, alpha, 'avg' if head == 'gap' else None)
    inputs = keras.Input((input_size, input_size, 3), name='faces')
    features = backbone(inputs, training=False)
    if head == 'gap':
        features = layers.Dropout(dropout)(features)
    else:
        features = layers.MaxPooling2D(2)(features)
        features = layers.Dense(720, activation='relu')(features)
        features = layers.Dense(32, activation='relu')(features)
        features = layers.Flatten()(layers.Dropout(0.3)(features))
    # In float32 also under mixed precision: probabilities of half precision end at 0.9995.
    outputs = layers.Dense(classes, activation='softmax', dtype='float32', name='probabilities')
    return keras.Model(inputs, outputs(features), name='mask_classifier')


def set_trainable(model: keras.Model, first_layer: str | None) -> None:
    """Say which part of the backbone learns; the head always does.

    Args:
        model: as `build_model` gives it.
        first_layer: the backbone learns from this layer on; None freezes it, '' frees it whole.

    Raises:
        ModelError: the backbone has no such layer.
    """
    backbone = model.get_layer('backbone')
    names = [layer.name for layer in backbone.layers]
    if first_layer and first_layer not in names:
        raise ModelError(
            f'the backbone has no layer {first_layer!r}; expected one like block_3_expand or '
            'block_13_expand'
        )
    learns = first_layer == ''
    for layer in backbone.layers:
        learns = learns or layer.name == first_layer
        # Batches of faces are too small and too alike to replace ImageNet's statistics, and Keras
        # does not keep `training=False` inside of a backbone that learns.
        layer.trainable = learns and not isinstance(layer, keras.layers.BatchNormalization)
