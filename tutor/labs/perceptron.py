"""The single-layer perceptron, trained by Rosenblatt's rule.

F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the
brain", Psychological Review 65 (1958), 386-408. The convergence theorem (Rosenblatt 1962; A. Novikoff
1962) says that the rule stops after finitely many updates if some line separates the classes. If none
does, as with XOR, it never stops: M. Minsky and S. Papert, Perceptrons (1969).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from tutor.labs.gates import GATES, GRID, POINTS, convergence, epochs_to_show, equation
from tutor.types import Frame

LEARNING_RATE = 0.1
EPOCHS = 50
EVERY_UPDATE_UNTIL = 100  # epochs; later ones show only their end, thinned by epochs_to_show

_INPUTS = np.column_stack([POINTS, np.ones(len(POINTS))])  # (4, 3): x1, x2 and the constant of the bias


def predict(weights: np.ndarray) -> np.ndarray:
    """Outputs (4,) of weights (3,) = w1, w2, b at the four points: 1 on the positive side of the line."""
    return (_INPUTS @ weights > 0).astype(int)


def surface(weights: np.ndarray) -> np.ndarray:
    """The step output (25, 25) over GRID, rows x2, columns x1."""
    return (weights[0] * GRID[None, :] + weights[1] * GRID[:, None] + weights[2] > 0).astype(np.float32)


def update(weights: np.ndarray, point: int, target: int, learning_rate: float) -> np.ndarray:
    """One step of the rule at POINTS[point]: w + rate · (target - output) · x. Right answers change nothing."""
    output = int(_INPUTS[point] @ weights > 0)
    return weights + learning_rate * (target - output) * _INPUTS[point]


def train(
    gate: str, seed: int, learning_rate: float, epochs: int, series: str
) -> Generator[Frame, None, dict[str, Any]]:
    """A frame an update and one at each epoch's end; stops when an epoch has no error.

    Weights start uniform in [-0.5, 0.5); each epoch shuffles the points (in a fixed order XOR often
    runs in a circle of lines that get only two right). Frames carry the array "weights" (3,) and the
    metrics accuracy, updates and errors (of the epoch so far).

    Returns:
        The record of this series, plain JSON; accuracies are measured at the ends of the epochs,
        `best_correct` over every update.
    """
    targets = np.array(GATES[gate])
    rng = np.random.default_rng(seed)
    weights = rng.uniform(-0.5, 0.5, 3)
    shown = epochs_to_show(epochs)
    updates = errors = 0
    best = correct = int((predict(weights) == targets).sum())
    accuracy_per_epoch: list[float] = []
    errors_per_epoch: list[int] = []

    def frame(epoch: int) -> Frame:
        metrics = {"accuracy": correct / 4, "updates": float(updates), "errors": float(errors)}
        return Frame(updates, epoch, metrics, {"weights": weights}, series)

    yield frame(0)
    for epoch in range(1, epochs + 1):
        errors = 0
        for point in rng.permutation(len(POINTS)):
            moved = update(weights, point, targets[point], learning_rate)
            if (moved == weights).all():
                continue
            weights, updates, errors = moved, updates + 1, errors + 1
            correct = int((predict(weights) == targets).sum())
            best = max(best, correct)
            if epoch <= EVERY_UPDATE_UNTIL:
                yield frame(epoch)
        accuracy_per_epoch.append(correct / 4)
        errors_per_epoch.append(errors)
        if epoch <= EVERY_UPDATE_UNTIL or epoch in shown or epoch == epochs or errors == 0:
            yield frame(epoch)
        if errors == 0:
            break
    return {
        "name": series,
        "layers": "single",
        "seed": seed,
        "learning_rate": learning_rate,
        "epoch_limit": epochs,
        "epochs": len(accuracy_per_epoch),
        "updates": updates,
        "accuracy_per_epoch": accuracy_per_epoch,
        "errors_per_epoch": errors_per_epoch,
        "epochs_to_convergence": convergence(accuracy_per_epoch),
        "best_correct": best,
        "final_correct": correct,
        "weights": {"w1": float(weights[0]), "w2": float(weights[1]), "b": float(weights[2])},
        "line": equation(*weights),
    }
