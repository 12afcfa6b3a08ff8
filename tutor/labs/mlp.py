"""The multilayer perceptron: one hidden layer, trained by backpropagation written out in numpy.

D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors", Nature
323 (1986), 533-536. Here with a sigmoid output and the cross-entropy loss, whose gradient at the output
is simply (output - target); plain gradient descent on all four points at once.

With the defaults below and tanh, XOR converges for 100 of the seeds 0-99, as it does with sigmoid; with relu
for 96 (a test keeps these figures). With two hidden units many seeds get stuck, a lesson of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np

from tutor.errors import ToolFailed
from tutor.labs.gates import GATES, GRID, POINTS, convergence, epochs_to_show, equation
from tutor.types import Frame

LEARNING_RATE = 0.5
EPOCHS = 2000
HIDDEN_UNITS = 8
TOLERANCE = 0.1  # training stops once every output is this close to its target

Parameters = dict[str, np.ndarray]  # W1 (2, H), b1 (H,), W2 (H,), b2 ()

_GRID_POINTS = np.stack(np.meshgrid(GRID, GRID), axis=-1).reshape(-1, 2)  # (625, 2), x1 running fastest


def sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-a)), by way of tanh, which cannot overflow."""
    return 0.5 * (1 + np.tanh(a / 2))


ACTIVATIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": lambda a: np.maximum(a, 0),
}


def slope(hidden: np.ndarray, activation: str) -> np.ndarray:
    """The activation's derivative in its own value h: tanh' = 1-h², sigmoid' = h(1-h), relu' = [h > 0]."""
    if activation == "tanh":
        return 1 - hidden**2
    return hidden * (1 - hidden) if activation == "sigmoid" else hidden > 0


def initialise(seed: int, hidden_units: int) -> Parameters:
    """Standard normal weights, those of the output shrunk by sqrt(H); biases zero."""
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(2, hidden_units)),
        "b1": np.zeros(hidden_units),
        "W2": rng.normal(size=hidden_units) / np.sqrt(hidden_units),
        "b2": np.zeros(()),
    }


def forward(p: Parameters, x: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray]:
    """Hidden activations (N, H) and the output's logit (N,) for inputs x (N, 2)."""
    a = x @ p["W1"] + p["b1"]
    hidden = ACTIVATIONS[activation](a)
    return hidden, hidden @ p["W2"] + p["b2"]


def loss(logit: np.ndarray, target: np.ndarray) -> float:
    """Mean cross-entropy in nats; -t·log(y) - (1-t)·log(1-y) rewritten in the logit, so that it cannot be log(0)."""
    return float(np.mean(np.logaddexp(0, logit) - target * logit))


def backward(p: Parameters, hidden: np.ndarray, logit: np.ndarray, target: np.ndarray, activation: str) -> Parameters:
    """Gradients of `loss` at POINTS by the chain rule, output first. Shapes as in the parameters."""
    d_logit = (sigmoid(logit) - target) / len(target)  # (4,)
    d_a = np.outer(d_logit, p["W2"]) * slope(hidden, activation)  # (4, H)
    return {"W1": POINTS.T @ d_a, "b1": d_a.sum(axis=0), "W2": hidden.T @ d_logit, "b2": d_logit.sum()}


def surface(p: Mapping[str, Any], activation: str) -> np.ndarray:
    """The output (25, 25) over GRID, rows x2, columns x1, float32 in 0 to 1."""
    arrays = {name: np.asarray(value) for name, value in p.items()}
    return sigmoid(forward(arrays, _GRID_POINTS, activation)[1]).reshape(len(GRID), len(GRID)).astype(np.float32)


def train(
    gate: str, seed: int, learning_rate: float, epochs: int, hidden_units: int, activation: str, series: str
) -> Generator[Frame, None, dict[str, Any]]:
    """At most MAX_SURFACES + 2 frames, with the array "surface" (25, 25) and the metrics accuracy and loss.

    Returns:
        The record of this series, plain JSON; accuracy and loss are those after each epoch's update.

    Raises:
        ToolFailed: the loss is no longer a finite number.
    """
    target = np.array(GATES[gate], dtype=float)
    p = initialise(seed, hidden_units)
    hidden, logit = forward(p, POINTS, activation)
    shown = epochs_to_show(epochs)
    accuracy_per_epoch: list[float] = []
    loss_per_epoch: list[float] = []

    def frame(epoch: int) -> Frame:
        metrics = {"accuracy": float(np.mean((logit > 0) == target)), "loss": loss(logit, target)}
        return Frame(epoch, epoch, metrics, {"surface": surface(p, activation)}, series)

    done = False
    yield frame(0)
    for epoch in range(1, epochs + 1):
        with np.errstate(all="ignore"):  # a runaway is caught below, by name
            gradients = backward(p, hidden, logit, target, activation)
            p = {name: p[name] - learning_rate * gradients[name] for name in p}
            hidden, logit = forward(p, POINTS, activation)
            loss_per_epoch.append(round(loss(logit, target), 6))
        accuracy_per_epoch.append(float(np.mean((logit > 0) == target)))
        if not np.isfinite(loss_per_epoch[-1]):
            raise _ran_away(learning_rate, epoch, seed)
        done = bool(np.abs(sigmoid(logit) - target).max() < TOLERANCE)
        if done or epoch in shown or epoch == epochs:
            yield frame(epoch)
        if done:
            break
    return {
        "name": series,
        "layers": "multi",
        "seed": seed,
        "hidden_units": hidden_units,
        "activation": activation,
        "learning_rate": learning_rate,
        "epoch_limit": epochs,
        "epochs": len(accuracy_per_epoch),
        "accuracy_per_epoch": accuracy_per_epoch,
        "loss_per_epoch": loss_per_epoch,
        "epochs_to_convergence": convergence(accuracy_per_epoch),
        "tolerance": TOLERANCE,
        "epochs_to_tolerance": len(accuracy_per_epoch) if done else None,
        "best_correct": round(4 * max(accuracy_per_epoch)),
        "final_correct": round(4 * accuracy_per_epoch[-1]),
        "outputs": sigmoid(logit).tolist(),
        "weights": {name: value.tolist() for name, value in p.items()},
        "surface": f"y = sigmoid(W2 · {activation}(W1ᵀ·x + b1) + b2); the boundary is y = 0.5",
        "hidden_lines": [equation(*unit) for unit in np.vstack([p["W1"], p["b1"]]).T],
    }


def _ran_away(learning_rate: float, epoch: int, seed: int) -> ToolFailed:
    return ToolFailed(
        f"The numbers ran away in epoch {epoch} (seed {seed}, learning rate {learning_rate:g}).",
        "Use a smaller learning rate, such as 0.5.",
        ko=(
            f"{epoch}번째 에폭에서 값이 발산했어요(시드 {seed}, 학습률 {learning_rate:g}).",
            "0.5처럼 더 작은 학습률을 써 보세요.",
        ),
    )
