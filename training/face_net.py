# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
# TensorFlow comes without types.
"""The SSD face detector, rebuilt in TensorFlow from its Caffe layers.

It computes the same maps as the Caffe net with less work:

- Every batch normalisation is folded into the adjacent convolutions, and the mean of the pixels
  into the first one, so that the input is raw pixels.
- Only the difference of the two logits of a prior box matters, since a softmax over two classes is
  the sigmoid of their difference. So a map has one score channel per prior box.
- Nothing is reshaped or concatenated: the outputs are the maps, whose size follows from the input,
  so that one file serves any input size.
- The input is pairs of neighbouring pixels, which is the same memory. Kernels process eight
  channels at a time, and 6 of 8 use them better than 3. The first convolution, 7x7 with stride 2,
  becomes 7x4 with strides 2 and 1, and takes 0.6 of the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.caffe import Layer

Doubles = npt.NDArray[np.float64]

MAPS = ('conv4_3_norm', 'fc7', 'conv6_2', 'conv7_2', 'conv8_2', 'conv9_2')
"""Names of the heads in the prototxt, finest map first."""

BORDER = 3
"""Pixels by which the input exceeds the picture on each side: the padding of the first convolution,
which cannot be 0, since the mean is not subtracted before it."""

_EPSILON = 1e-5
"""Caffe's default for batch normalisation."""

_MIN_FACTOR = 0.1
"""Smallest factor that weights are divided by."""

_NORM_EPSILON = 1e-10
"""Caffe's default for Normalize."""


@dataclass(frozen=True)
class Affine:
    """y = scale * x + shift, per channel."""

    scale: Doubles
    shift: Doubles


def normalisation(layers: Mapping[str, Layer], norm: str, scale: str) -> Affine:
    """Combine a BatchNorm layer and the Scale layer after it."""
    mean, variance, factor = (blob.ravel().astype(np.float64) for blob in layers[norm].blobs)
    gain, shift = (blob.ravel().astype(np.float64) for blob in layers[scale].blobs)
    gain /= np.sqrt(variance / factor + _EPSILON)
    return Affine(gain, shift - gain * mean / factor)


@dataclass
class Convolution:
    """The weights of a convolution, in double precision until they are used.

    Attributes:
        weights: height x width x input channels x output channels.
        bias: output channels.
    """

    weights: Doubles
    bias: Doubles

    @classmethod
    def from_layer(cls, layer: Layer) -> Convolution:
        """Read the weights of a Caffe layer."""
        weights = layer.blobs[0].astype(np.float64).transpose(2, 3, 1, 0)
        shifts = layer.blobs[1:]
        bias = shifts[0].ravel().astype(np.float64) if shifts else np.zeros(weights.shape[-1])
        return cls(weights, bias)

    def then(self, affine: Affine) -> Convolution:
        """Return this convolution followed by `affine`."""
        return Convolution(self.weights * affine.scale, self.bias * affine.scale + affine.shift)

    def after(self, affine: Affine) -> Convolution:
        """Return this convolution preceded by `affine`; exact where nothing is padded."""
        weights = self.weights * affine.scale[:, None]
        bias = self.bias + np.einsum('hwio,i->o', self.weights, affine.shift)
        return Convolution(weights, bias)

    def over_pairs(self) -> Convolution:
        """Return it for pairs of columns as channels, with half the stride along a row."""
        height, width, channels, filters = self.weights.shape
        weights = np.zeros((height, width + width % 2, channels, filters))
        weights[:, :width] = self.weights
        return Convolution(weights.reshape(height, -1, 2 * channels, filters), self.bias)

    def scaled_input(self, scale: Doubles) -> Convolution:
        """Return this convolution for an input multiplied by `scale`."""
        return Convolution(self.weights / scale[:, None], self.bias)


class FaceNet(tf.Module):
    """The net.

    Attributes:
        border: BGR values of the border of the input, which the net takes for zero padding.
    """

    def __init__(self, layers: Mapping[str, Layer], mean: Doubles) -> None:
        """Fold the layers.

        Args:
            layers: Layers of the Caffe net by name.
            mean: Mean of the pixels, BGR.
        """
        super().__init__()
        data = normalisation(layers, 'data_bn', 'data_scale')
        data = Affine(data.scale, data.shift - data.scale * mean)
        self.border: Doubles = -data.shift / data.scale

        block2 = normalisation(layers, 'layer_128_1_bn1_h', 'layer_128_1_scale1_h')
        # The shortcut of the first block is the pooled map itself. The factor of the sum moves into
        # the convolution before the pool (a positive factor commutes with it), and its inverse into
        # the next convolution. What remains of it is 1, or less where it is not positive.
        factor = np.maximum(np.abs(block2.scale), _MIN_FACTOR)
        self._shortcut = block2.scale / factor
        block3 = normalisation(layers, 'layer_256_1_bn1', 'layer_256_1_scale1')
        block4 = normalisation(layers, 'layer_512_1_bn1', 'layer_512_1_scale1')
        last = normalisation(layers, 'last_bn_h', 'last_scale_h')

        def conv(name: str) -> Convolution:
            return Convolution.from_layer(layers[name])

        def inner(block: str, norm: str, scale: str) -> Convolution:
            return conv(block).then(normalisation(layers, norm, scale))

        self._convolutions = {
            'conv1': inner('conv1_h', 'conv1_bn_h', 'conv1_scale_h')
            .after(data)
            .then(Affine(factor, np.zeros_like(factor)))
            .over_pairs(),
            '64_1': inner(
                'layer_64_1_conv1_h', 'layer_64_1_bn2_h', 'layer_64_1_scale2_h'
            ).scaled_input(factor),
            '64_2': conv('layer_64_1_conv2_h').then(block2),
            '128_1': inner('layer_128_1_conv1_h', 'layer_128_1_bn2', 'layer_128_1_scale2'),
            '128_2': conv('layer_128_1_conv2').then(block3),
            '128_expand': conv('layer_128_1_conv_expand_h').then(
                Affine(block3.scale, np.zeros_like(block3.shift))
            ),
            '256_1': inner('layer_256_1_conv1', 'layer_256_1_bn2', 'layer_256_1_scale2'),
            '256_2': conv('layer_256_1_conv2').then(block4),
            '256_expand': conv('layer_256_1_conv_expand').then(
                Affine(block4.scale, np.zeros_like(block4.shift))
            ),
            '512_1': inner('layer_512_1_conv1_h', 'layer_512_1_bn2_h', 'layer_512_1_scale2_h'),
            '512_2': conv('layer_512_1_conv2_h').then(last),
            '512_expand': conv('layer_512_1_conv_expand_h').then(
                Affine(last.scale, np.zeros_like(last.shift))
            ),
            **{
                name: conv(f'{name}_h')
                for name in ('conv6_1', 'conv6_2', 'conv7_1', 'conv7_2', 'conv8_1', 'conv8_2')
            },
            'conv9_1': conv('conv9_1_h'),
            'conv9_2': conv('conv9_2_h'),
        }
        norm_scale = layers['conv4_3_norm'].blobs[0].ravel().astype(np.float64)
        for name in MAPS:
            boxes, scores = conv(f'{name}_mbox_loc'), conv(f'{name}_mbox_conf')
            logit = Convolution(
                scores.weights[..., 1::2] - scores.weights[..., 0::2],
                scores.bias[1::2] - scores.bias[0::2],
            )
            if name == 'conv4_3_norm':
                boxes, logit = (
                    boxes.scaled_input(1 / norm_scale),
                    logit.scaled_input(1 / norm_scale),
                )
            self._convolutions[f'{name}_boxes'] = boxes
            self._convolutions[f'{name}_scores'] = logit

    def __call__(self, pairs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Compute the maps.

        Args:
            pairs: 1 x height x width / 2 x 6: pairs of pixels, BGR, 0 to 255, with a border of
                BORDER pixels.

        Returns:
            'scores_0', 'boxes_0' and so on, in the order of MAPS: logits of a face in each prior
            box, 1 x height x width x priors; and offsets, 1 x height x width x 4 priors.
        """
        x = self._conv(pairs, 'conv1', (2, 1), 0)
        x = tf.nn.max_pool2d(x, 3, 2, 'SAME', name='pool')
        inner = self._conv(self._conv(x, '64_1', 1, 1), '64_2', 1, 1, relu=False)
        shortcut = tf.multiply(x, tf.constant(self._shortcut, tf.float32), name='64_shortcut')
        x = tf.nn.relu(tf.add(inner, shortcut), name='64_sum')
        x = self._block(x, '128', 2)
        normed = self._normalised(x)
        x = self._block(x, '256', 2)
        maps = [normed, self._block(x, '512', 1)]
        x = maps[-1]
        for name, stride in (('conv6', 2), ('conv7', 2), ('conv8', 1), ('conv9', 1)):
            x = self._conv(self._conv(x, f'{name}_1', 1, 0), f'{name}_2', stride, 1)
            maps.append(x)
        return {
            f'{kind}_{number}': self._conv(each, f'{name}_{kind}', 1, 1, relu=False)
            for number, (name, each) in enumerate(zip(MAPS, maps, strict=True))
            for kind in ('scores', 'boxes')
        }

    def _block(self, x: Any, name: str, stride: int) -> Any:
        dilation = 2 if name == '512' else 1
        inner = self._conv(x, f'{name}_1', stride, 1)
        inner = self._conv(inner, f'{name}_2', 1, dilation, dilation, relu=False)
        shortcut = self._conv(x, f'{name}_expand', stride, 0, relu=False)
        return tf.nn.relu(tf.add(inner, shortcut), name=f'{name}_sum')

    def _normalised(self, x: Any) -> Any:
        """Normalise each cell to length 1; the factors of the channels are in the convolutions."""
        squares = tf.multiply(x, x, name='norm_squares')
        length = tf.reduce_sum(squares, -1, keepdims=True, name='norm_sum')
        length = tf.add(length, _NORM_EPSILON, name='norm_epsilon')
        return tf.multiply(x, tf.math.rsqrt(length, name='norm_rsqrt'), name='norm_quotient')

    def _conv(
        self,
        x: Any,
        name: str,
        stride: int | tuple[int, int],
        pad: int,
        dilation: int = 1,
        relu: bool = True,
    ) -> Any:
        each = self._convolutions[name]
        # With stride 1, SAME pads the same and needs no separate operation.
        padding = (
            'VALID'
            if pad == 0
            else 'SAME'
            if stride == 1
            else [[0, 0], [pad, pad], [pad, pad], [0, 0]]
        )
        weights = tf.constant(each.weights, tf.float32)
        y = tf.nn.conv2d(x, weights, stride, padding, dilations=dilation, name=name)
        y = tf.nn.bias_add(y, tf.constant(each.bias, tf.float32))
        return tf.nn.relu(y) if relu else y
