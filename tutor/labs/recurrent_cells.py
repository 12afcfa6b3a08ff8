"""One step of a plain recurrent net, an LSTM and a GRU, and backpropagation through time, written out in numpy.

J. Elman, "Finding Structure in Time" (1990); S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory" (1997),
with the forget gate of F. Gers et al. (2000); K. Cho et al., "Learning Phrase Representations using RNN
Encoder-Decoder" (2014), with its reset gate placed as in torch. B sequences are read at once; H is HIDDEN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tutor.labs.mlp import sigmoid

LETTERS = 8  # the first letter is one of these; the noise comes from as many others
HIDDEN = 24
LEARNING_RATE = 0.01

Parameters = dict[str, np.ndarray]  # Wx (2·LETTERS, G·H), Wh (H, G·H), b (G·H), Wo (H, LETTERS), bo (LETTERS)
Kept = tuple[np.ndarray, ...]  # what the way back needs of a step


def rnn_step(ax: np.ndarray, ah: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray, Kept]:
    """h' = tanh(Wx·x + b + Wh·h). `ax` = Wx·x + b and `ah` = Wh·h are (B, H); c is not used."""
    h = np.tanh(ax + ah)
    return h, c, (h,)


def rnn_back(kept: Kept, dh: np.ndarray, dc: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of ax, ah, the old h (but for the part through ah) and the old c, from those of the new h and c."""
    (h,) = kept
    da = dh * (1 - h * h)
    return da, da, np.zeros_like(dh), dc


def lstm_step(ax: np.ndarray, ah: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray, Kept]:
    """i, f, o = sigmoid(·); g = tanh(·); c' = f·c + i·g; h' = o·tanh(c'). ax and ah are (B, 4H): i, f, o, g."""
    a, size = ax + ah, h.shape[1]
    i, f, o = sigmoid(a[:, : 3 * size]).reshape(-1, 3, size).swapaxes(0, 1)
    g = np.tanh(a[:, 3 * size :])
    new = f * c + i * g
    squashed = np.tanh(new)
    return o * squashed, new, (i, f, o, g, c, squashed)


def lstm_back(kept: Kept, dh: np.ndarray, dc: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """As `rnn_back`. From step to step dc is only multiplied by f: the constant error carousel."""
    i, f, o, g, c, squashed = kept
    dc = dc + dh * o * (1 - squashed * squashed)
    d_gates = (dc * g * i * (1 - i), dc * c * f * (1 - f), dh * squashed * o * (1 - o), dc * i * (1 - g * g))
    da = np.concatenate(d_gates, axis=1)
    return da, da, np.zeros_like(dh), dc * f


def gru_step(ax: np.ndarray, ah: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray, Kept]:
    """r, z = sigmoid(·); n = tanh(ax_n + r·ah_n); h' = z·h + (1-z)·n. ax and ah are (B, 3H): r, z, n."""
    size = h.shape[1]
    gates = sigmoid(ax[:, : 2 * size] + ah[:, : 2 * size])
    r, z = gates[:, :size], gates[:, size:]
    n = np.tanh(ax[:, 2 * size :] + r * ah[:, 2 * size :])
    return z * h + (1 - z) * n, c, (r, z, n, ah[:, 2 * size :], h)


def gru_back(kept: Kept, dh: np.ndarray, dc: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """As `rnn_back`. The old h gets z·dh directly, with no weights in between."""
    r, z, n, ah_n, h = kept
    dn = dh * (1 - z) * (1 - n * n)
    dr, dz = dn * ah_n * r * (1 - r), dh * (h - n) * z * (1 - z)
    return np.concatenate((dr, dz, dn), 1), np.concatenate((dr, dz, dn * r), 1), dh * z, dc


class Cell(NamedTuple):
    """What tells the cells apart."""

    blocks: int  # how many blocks of H columns its weights have
    keeping: tuple[tuple[int, int], ...]  # (block, sign) of the biases that begin by keeping the old
    step: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, Kept]]
    back: Callable[[Kept, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]


CELLS = {
    "RNN": Cell(1, (), rnn_step, rnn_back),
    "LSTM": Cell(4, ((0, -1), (1, 1)), lstm_step, lstm_back),
    "GRU": Cell(3, ((1, 1),), gru_step, gru_back),
}


def initialise(cell: Cell, gate_bias: float, rng: np.random.Generator) -> Parameters:
    """Weights by Glorot and Bengio, uniform in ±sqrt(6 / (in + out)); biases zero but for those of the gates."""
    p = {"b": np.zeros(cell.blocks * HIDDEN, np.float32), "bo": np.zeros(LETTERS, np.float32)}
    for name, fan_in, fan_out, blocks in (
        ("Wx", 2 * LETTERS, HIDDEN, cell.blocks),
        ("Wh", HIDDEN, HIDDEN, cell.blocks),
        ("Wo", HIDDEN, LETTERS, 1),
    ):
        limit = np.sqrt(6 / (fan_in + fan_out))
        p[name] = rng.uniform(-limit, limit, (fan_in, blocks * fan_out)).astype(np.float32)
    for block, sign in cell.keeping:
        p["b"][block * HIDDEN : (block + 1) * HIDDEN] = sign * gate_bias
    return p


def sequences(count: int, distance: int, rng: np.random.Generator) -> np.ndarray:
    """Letters (1 + distance, count) as numbers: one of the first LETTERS, then `distance` of the others."""
    first = rng.integers(LETTERS, size=(1, count))
    return np.concatenate([first, rng.integers(LETTERS, 2 * LETTERS, size=(distance, count))])


def forward(cell: Cell, p: Parameters, letters: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], list[Kept]]:
    """Logits (B, LETTERS) after the last letter, the hidden state before each step and after all, what was kept."""
    ax = p["Wx"][letters] + p["b"]  # (T, B, G·H); the product of a one-hot x with Wx is a row of it
    h = c = np.zeros((letters.shape[1], HIDDEN), ax.dtype)
    states, kept = [h], []
    for t in range(len(letters)):
        h, c, of_step = cell.step(ax[t], h @ p["Wh"], h, c)
        states.append(h)
        kept.append(of_step)
    return h @ p["Wo"] + p["bo"], states, kept


def backward(
    cell: Cell, p: Parameters, letters: np.ndarray, logits: np.ndarray, states: list[np.ndarray], kept: list[Kept]
) -> tuple[Parameters, np.ndarray]:
    """Backpropagation through time of the mean cross-entropy of naming the first letter.

    Returns the gradients of the parameters, and (T, B, G·H) that of what each step was fed, Wx·x + b.
    """
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    d_logits = odds / odds.sum(axis=1, keepdims=True)
    d_logits[np.arange(len(logits)), letters[0]] -= 1
    d_logits /= len(logits)
    dh, dc = d_logits @ p["Wo"].T, np.zeros_like(states[0])
    fed, through = np.empty((2, *letters.shape, len(p["b"])), dh.dtype)
    for t in reversed(range(len(letters))):
        fed[t], through[t], direct, dc = cell.back(kept[t], dh, dc)
        dh = direct + through[t] @ p["Wh"].T
    flat = fed.reshape(-1, fed.shape[2])
    gradients = {
        "Wx": np.eye(2 * LETTERS, dtype=dh.dtype)[letters.ravel()].T @ flat,
        "Wh": np.concatenate(states[:-1]).T @ through.reshape(flat.shape),
        "b": flat.sum(axis=0),
        "Wo": states[-1].T @ d_logits,
        "bo": d_logits.sum(axis=0),
    }
    return gradients, fed


class Adam:
    """D. Kingma and J. Ba (2015), of a gradient that is first cut to length 1, for which it may explode."""

    def __init__(self, p: Parameters) -> None:
        self.steps = 0
        self.mean = {name: np.zeros_like(value) for name, value in p.items()}
        self.square = {name: np.zeros_like(value) for name, value in p.items()}

    def update(self, p: Parameters, gradients: Parameters) -> None:
        self.steps += 1
        cut = min(1.0, 1 / max(1e-30, np.sqrt(sum(float(np.sum(g * g)) for g in gradients.values()))))
        for name, gradient in gradients.items():
            self.mean[name] += 0.1 * (cut * gradient - self.mean[name])
            self.square[name] += 0.001 * ((cut * gradient) ** 2 - self.square[name])
            mean, square = self.mean[name] / (1 - 0.9**self.steps), self.square[name] / (1 - 0.999**self.steps)
            p[name] -= LEARNING_RATE * mean / (np.sqrt(square) + 1e-8)
