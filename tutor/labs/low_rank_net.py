"""A net of dense layers with a low-rank update beside each weight matrix, and its gradients.

E. Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021), equation 3.
"""

from __future__ import annotations

import numpy as np

ALPHA = 4.0  # the update is scaled by ALPHA / rank

Net = list[tuple[np.ndarray, np.ndarray]]  # W (out, in) and bias (out,) of every layer
Update = list[tuple[np.ndarray, np.ndarray]]  # A (r, in) and B (out, r) of every layer


def low_rank(x: np.ndarray, w: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Equation 3, h = W x + (alpha / r) B A x, for the rows of x (N, in); W (out, in) is frozen.

    A (r, in) and B (out, r) have r (in + out) numbers, W has in · out. First x Aᵀ (N, r), then that times
    Bᵀ (N, out): the product B A (out, in) is never needed.
    """
    return x @ w.T + ALPHA / len(a) * (x @ a.T) @ b.T


def low_rank_gradients(x: np.ndarray, d_h: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of A (r, in) and B (out, r), from that of h, d_h (N, out)."""
    scale = ALPHA / len(a)
    return scale * (d_h @ b).T @ x, scale * d_h.T @ (x @ a.T)


def forward(net: Net, update: Update, x: np.ndarray) -> list[np.ndarray]:
    """The inputs of every layer, and last the logits (N, 10); `update` is empty where there is none."""
    values = [x]
    for i, (w, bias) in enumerate(net):
        h = bias + (low_rank(values[-1], w, *update[i]) if update else values[-1] @ w.T)
        values.append(np.maximum(h, 0) if i < len(net) - 1 else h)
    return values


def loss(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cross-entropy in nats, and its gradient (N, 10)."""
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    d_logits = (np.exp(log_p) - np.eye(10, dtype=logits.dtype)[y]) / len(y)
    return float(-log_p[np.arange(len(y)), y].mean()), d_logits


def gradients(net: Net, update: Update, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """By the chain rule, last layer first: of each A and B if there is an update, else of each W and bias."""
    values = forward(net, update, x)
    d_h = loss(values[-1], y)[1]
    found: list[np.ndarray] = []
    for i in reversed(range(len(net))):
        w, h = net[i][0], values[i]
        found[:0] = low_rank_gradients(h, d_h, *update[i]) if update else (d_h.T @ h, d_h.sum(axis=0))
        d_x = d_h @ w
        if update:
            a, b = update[i]
            d_x += ALPHA / len(a) * (d_h @ b) @ a
        d_h = d_x * (h > 0)
    return found
