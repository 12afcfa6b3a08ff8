"""Dense nets of any depth trained by backpropagation, written out in numpy for a whole stack of nets at once.

D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors", Nature 323 (1986).
All nets of a stack have the same shape; each array has one more axis in front, for the net. So a hundred nets from a
hundred seeds cost a few matrix products a step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tutor.labs.mlp import ACTIVATIONS, slope

Stack = list[tuple[np.ndarray, np.ndarray]]  # of every layer: weights (S, in, out) and biases (S, 1, out)

MOMENTUM = 0.9


def initialise(seeds: Sequence[int], sizes: Sequence[int], first: float = 1) -> Stack:
    """Normal weights of standard deviation 1/sqrt(inputs), in the first layer `first`; biases zero. A net a seed."""
    generators = [np.random.default_rng(seed) for seed in seeds]
    spreads = [first, *(size**-0.5 for size in sizes[1:-1])]
    shapes = zip(sizes, sizes[1:], spreads, strict=False)
    return [
        (np.stack([rng.normal(0, spread, (n, m)) for rng in generators]), np.zeros((len(seeds), 1, m)))
        for n, m, spread in shapes
    ]


def forward(nets: Stack, x: np.ndarray, activation: str, masks: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
    """What every layer is given, and last what the output gives: y_l = f(y_l-1 W_l + b_l), the last without f.

    x is (N, in) for all nets or (S, N, in); the values are (S, N, units of the layer). Dropout's `masks`, one a hidden
    layer, multiply what the units give.
    """
    values = [x]
    for layer, (w, b) in enumerate(nets):
        values.append(values[-1] @ w + b)
        if layer < len(nets) - 1:
            values[-1] = ACTIVATIONS[activation](values[-1])
            if masks:
                values[-1] = values[-1] * masks[layer]
    return values


def backward(
    nets: Stack, values: Sequence[np.ndarray], d_output: np.ndarray, activation: str, masks: Sequence[np.ndarray] = ()
) -> Stack:
    """The gradients of weights and biases, from that of the output (S, N, out), by the chain rule, last layer first.

    With d_l the gradient of what layer l sums up: dW_l = y_l-1ᵀ d_l, db_l = the sum of d_l over the examples, and one
    layer back d_l-1 = (d_l W_lᵀ) f': a unit's share of the error is what the units after it send back. A unit that a
    mask switches off gets none.
    """
    d, found = d_output, []
    for layer in reversed(range(len(nets))):
        found.append((np.swapaxes(values[layer], -1, -2) @ d, d.sum(axis=-2, keepdims=True)))
        if layer:
            d, hidden = d @ np.swapaxes(nets[layer][0], -1, -2), values[layer]
            if masks:
                mask = masks[layer - 1]
                d, hidden = d * mask, np.divide(hidden, mask, out=np.zeros_like(hidden), where=mask > 0)
            d = d * slope(hidden, activation)
    return found[::-1]


def descend(nets: Stack, steps: Stack, gradients: Stack, learning_rate: float | np.ndarray) -> tuple[Stack, Stack]:
    """The paper's equation 9: step = -learning_rate · gradient + MOMENTUM · the step before. New nets, and steps.

    `learning_rate` is one for all, or one a net (S, 1, 1).
    """
    steps = [
        (MOMENTUM * step_w - learning_rate * d_w, MOMENTUM * step_b - learning_rate * d_b)
        for (step_w, step_b), (d_w, d_b) in zip(steps, gradients, strict=True)
    ]
    return [(w + step_w, b + step_b) for (w, b), (step_w, step_b) in zip(nets, steps, strict=True)], steps
