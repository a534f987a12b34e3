# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The net: MobileNetV2 with ImageNet weights and one of two heads."""

from __future__ import annotations

from pathlib import Path

import keras

from mask_proximity.core.errors import ModelError

BACKBONE = 'MobileNetV2'
HEADS = ('gap', 'tutorial')


def build_backbone(
    weights: str, input_size: int, alpha: float = 1.0, pooling: str | None = 'avg'
) -> keras.Model:
    """Build the feature extractor.

    Args:
        weights: 'imagenet' (fetched by Keras), or the path of a weights file of MobileNetV2
            without its top.
        input_size: Side of the square input in pixels.
        alpha: Width multiplier, see keras.applications.MobileNetV2.
        pooling: 'avg' for one feature vector a face, None for the feature map.

    Returns:
        A model from n x input_size x input_size x 3, in [-1, 1], to n x features or, without
        pooling, n x height x width x features.

    Raises:
        ModelError: The weights are missing or do not fit.
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
    except Exception as error:  # Keras raises a bare Exception if the download fails.
        raise ModelError(
            f'the backbone weights {weights!r} cannot be loaded '
            f'({" ".join(str(error).split())[:200]}); give the path of a weights file of '
            'MobileNetV2 without its top by --backbone-weights'
        ) from None


def build_model(
    head: str, classes: int, input_size: int, weights: str, alpha: float = 1.0, dropout: float = 0.2
) -> keras.Model:
    """Build the classifier: backbone and head in one model.

    Args:
        head: 'gap': global average pooling, dropout, one dense layer. 'tutorial': the head of the
            tutorial that this project grew from, for comparison.
        classes: Number of classes.
        input_size: Side of the square input in pixels.
        weights: See build_backbone.
        alpha: See build_backbone.
        dropout: Dropout rate of the head 'gap'.

    Returns:
        A model from n x input_size x input_size x 3, in [-1, 1], to n x classes probabilities.

    Raises:
        ModelError: See build_backbone.
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
    # float32 also under mixed precision: in float16, the largest probability below 1 is 0.9995.
    outputs = layers.Dense(classes, activation='softmax', dtype='float32', name='probabilities')
    return keras.Model(inputs, outputs(features), name='mask_classifier')


def set_trainable(model: keras.Model, first_layer: str | None) -> None:
    """Choose which part of the backbone is trained; the head always is.

    Args:
        model: Model made by `build_model`.
        first_layer: First layer of the backbone that is trained; None freezes the backbone, ''
            trains all of it.

    Raises:
        ModelError: The backbone has no such layer.
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
        # ignores `training=False` inside a trainable backbone.
        layer.trainable = learns and not isinstance(layer, keras.layers.BatchNormalization)
