"""Nets that part points of two classes on a plane: the points, the training, and the points as the output sees them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Literal

import numpy as np

from tutor.labs.gates import GATES, POINTS, epochs_to_show
from tutor.labs.mlp import TOLERANCE, sigmoid
from tutor.labs.net_stack import Stack, backward, descend, forward
from tutor.types import Frame

Kind = Literal["xor", "circles", "spirals"]

EPOCHS: Mapping[Kind, int] = {"xor": 2000, "circles": 1000, "spirals": 2000}
LIMITS: Mapping[Kind, tuple[float, float]] = {"xor": (-0.5, 1.5), "circles": (-1.3, 1.3), "spirals": (-1.2, 1.2)}
AWAY = 1e6  # a loss above this has run away


def points_of(kind: Kind, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) and their classes (N, 1), 0 and 1 in turn: a ring around a disc, or two arms that wind 1.5 times.

    Between ring and disc, and between the arms, nothing lies: a net can get all points right.
    """
    if kind == "xor":
        return POINTS, np.array(GATES["xor"], dtype=float)[:, None]
    rng, count = np.random.default_rng([seed, 1]), {"circles": 80, "spirals": 120}[kind]
    which = np.arange(count) % 2
    if kind == "circles":
        angle, radius = rng.uniform(0, 2 * np.pi, count), np.where(which, 0.4, 0.9) + rng.uniform(-0.15, 0.15, count)
    else:
        radius = np.sqrt(rng.uniform(0.02, 1, count))
        angle = 2 * np.pi * 1.5 * radius + np.pi * which
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), which[:, None].astype(float)


def losses(logit: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Each net's mean cross-entropy in nats (S,), of logits (S, N, 1)."""
    return np.asarray(np.mean(np.logaddexp(0, logit) - target * logit, axis=(-2, -1)))


def right(logit: np.ndarray, target: np.ndarray) -> np.ndarray:
    """How many points each net gets right (S,); none where its numbers ran away."""
    answers = ((logit > 0) == target).sum(axis=(-2, -1))
    return np.where(np.isfinite(logit).all(axis=(-2, -1)), answers, 0)


def train(
    nets: Stack, kind: Kind, seed: int, activation: str, learning_rate: float, series: str
) -> Generator[Frame, None, dict[str, Any]]:
    """Gradient descent on all points at once, until every output of every net is within TOLERANCE of its target.

    Also ends when the losses of all nets have run away; then what is told is of the epoch before.

    Returns:
        The nets, how many points each gets right, the epochs taken, the mean loss at some epochs, whether it ran away.
    """
    (x, target), limit = points_of(kind, seed), EPOCHS[kind]
    shown = (epochs_to_show(limit) if len(nets[0][0]) == 1 else set()) | set(range(0, limit + 1, 100))
    steps: Stack = [(np.zeros_like(w), np.zeros_like(b)) for w, b in nets]
    ended: dict[str, Any] = {"curve": [], "ran_away": False}
    for epoch in range(limit + 1):
        with np.errstate(all="ignore"):  # a runaway is caught by the losses
            values = forward(nets, x, activation)
            found = losses(values[-1], target)
        finite = found[found < AWAY]
        if not len(finite):
            return {**ended, "epochs": epoch, "ran_away": True}
        ended |= {"nets": nets, "epochs": epoch, "correct": right(values[-1], target)}
        done = epoch == limit or bool(np.abs(sigmoid(values[-1]) - target).max() < TOLERANCE)
        if done or epoch in shown:
            ended["curve"].append([epoch, float(finite.mean())])
            metrics = {"loss": float(finite.mean()), "accuracy": float(ended["correct"].mean() / len(x))}
            yield Frame(epoch, epoch, metrics, series=series)
        if done:
            break
        with np.errstate(all="ignore"):
            gradients = backward(nets, values, (sigmoid(values[-1]) - target) / len(x), activation)
            nets, steps = descend(nets, steps, gradients, learning_rate)
    return ended


def turn(hidden: np.ndarray, w_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points (N, 2) in the space of the hidden units (N, H), and the output's weights (2,) for those two axes.

    Two units are the axes themselves. Of more, the first axis is the direction of the output's weights, the only one
    that the output looks along, and the second the one across it in which the points lie furthest apart.
    """
    if len(w_out) == 2:
        return hidden, w_out
    length = float(np.linalg.norm(w_out))
    along = w_out / length if length else np.eye(len(w_out))[0]
    across = hidden - np.outer(hidden @ along, along)
    direction = np.linalg.svd(across - across.mean(axis=0), full_matrices=False)[2][0]
    return np.stack([hidden @ along, across @ direction], axis=1), np.array([length, 0.0])
