"""Stacks of dense nets that read scikit-learn's digits, with dropout and with shifted copies, written out in numpy.

A. Krizhevsky, I. Sutskever and G. Hinton (2012); dropout: G. Hinton, N. Srivastava, A. Krizhevsky, I. Sutskever and
R. Salakhutdinov, "Improving neural networks by preventing co-adaptation of feature detectors" (2012).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from tutor.labs.digits import load
from tutor.labs.net_stack import Stack, backward, descend, forward, initialise

TESTED = 700
BATCH = 25
MEAN = 4.88  # of the digits' grey values, 0 to 16
SHIFTS = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]  # rows down, columns right


@dataclass(frozen=True, slots=True)
class Digits:
    """Every net's own share of the digits: pictures (S, N, 8, 8) of grey values 0 to 16, and classes (S, N)."""

    learned: np.ndarray
    classes: np.ndarray
    tested: np.ndarray
    tested_classes: np.ndarray


def digits(seeds: Sequence[int], images: int) -> Digits:
    """For each seed other `images` to learn from, and TESTED others."""
    pictures, classes = load()
    orders = np.stack([np.random.default_rng([seed, 1]).permutation(len(classes)) for seed in seeds])
    learned, tested = orders[:, :images], orders[:, -TESTED:]
    return Digits(pictures[learned], classes[learned], pictures[tested], classes[tested])


def shifted(pictures: np.ndarray, down: int, right: int) -> np.ndarray:
    """Pictures (..., 8, 8) moved by at most one pixel; what comes in at the edge is 0."""
    padded = np.pad(pictures, [(0, 0)] * (pictures.ndim - 2) + [(1, 1), (1, 1)])
    return padded[..., 1 - down : 9 - down, 1 - right : 9 - right]


def dropout_mask(rng: np.random.Generator, shape: tuple[int, ...], rate: float) -> np.ndarray:
    """1 / (1 - rate) with probability 1 - rate, else 0, anew for every unit, example and step.

    Hinton et al. halve the weights once the net is used; here what is kept is enlarged instead (inverted dropout), so
    that a unit's output has the same mean as without, and the finished net is used as it is.
    """
    return (rng.random(shape, dtype=np.float32) >= rate) / np.float32(1 - rate)


def start(seeds: Sequence[int], hidden: Sequence[int], activation: str) -> Stack:
    """Normal weights of variance 1 / inputs, for ReLU of 2 / inputs (He et al., 2015)."""
    gain = np.float32(2**0.5 if activation == "relu" else 1)
    nets = initialise(seeds, [64, *hidden, 10], 1 / 8)
    return [(gain * w.astype(np.float32), b.astype(np.float32)) for w, b in nets]


def inputs(pictures: np.ndarray, divisor: float) -> np.ndarray:
    """Pictures (..., 8, 8) as inputs (..., 64), less the mean grey value, divided by `divisor`."""
    return (pictures.reshape(*pictures.shape[:-2], 64) - np.float32(MEAN)) / np.float32(divisor)


def error(logits: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each net's mean cross-entropy in nats (S,), and its gradient, of logits (S, N, 10)."""
    logits = logits - logits.max(axis=-1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    target = np.eye(10, dtype=logits.dtype)[classes]
    return -(log_p * target).sum(axis=-1).mean(axis=-1), (np.exp(log_p) - target) / classes.shape[-1]


def wrong(nets: Stack, activation: str, x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How many digits each net gets wrong (S,)."""
    with np.errstate(all="ignore"):
        return np.asarray((forward(nets, x, activation)[-1].argmax(axis=-1) != classes).sum(axis=-1))


@dataclass(frozen=True, slots=True)
class Way:
    """How a stack is trained: with which units, dropout rate (0: none) and, where `shifts`, on shifted copies too.

    `rates` holds one learning rate for all nets, or one a net (S, 1, 1).
    """

    hidden: tuple[int, ...]
    activation: str = "relu"
    dropout_rate: float = 0
    shifts: bool = False
    divisor: float = 16  # of the grey values
    rates: float | np.ndarray = 0.1


def train(
    way: Way, seeds: Sequence[int], data: Digits, epochs: int, every: int
) -> Generator[tuple[int, Stack], None, None]:
    """Momentum descent in batches; the nets before the first epoch and after every `every`, and after the last.

    A shifted copy takes a picture's place at random, one of nine with the picture itself, anew in every epoch.
    """
    rng, nets = np.random.default_rng([seeds[0], 2]), start(seeds, way.hidden, way.activation)
    steps: Stack = [(np.zeros_like(w), np.zeros_like(b)) for w, b in nets]
    moves = SHIFTS if way.shifts else SHIFTS[:1]
    copies = np.stack([inputs(shifted(data.learned, *move), way.divisor) for move in moves])  # (moves, S, N, 64)
    count = data.classes.shape[1]
    yield 0, nets
    for epoch in range(1, epochs + 1):
        for batch in np.array_split(rng.permutation(count), max(1, count // BATCH)):
            x = copies[rng.integers(len(copies), size=len(batch)), :, batch].swapaxes(0, 1)  # (S, B, 64)
            shapes = [(len(seeds), len(batch), units) for units in way.hidden if way.dropout_rate]
            masks = [dropout_mask(rng, shape, way.dropout_rate) for shape in shapes]
            with np.errstate(all="ignore"):  # a net whose numbers run away reads nothing: its error tells
                values = forward(nets, x, way.activation, masks)
                d_output = error(values[-1], data.classes[:, batch])[1]
                nets, steps = descend(nets, steps, backward(nets, values, d_output, way.activation, masks), way.rates)
        if epoch % every == 0 or epoch == epochs:
            yield epoch, nets
