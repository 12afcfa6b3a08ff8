"""Two rules that move a line: Rosenblatt's, from the wrong answers alone, and Widrow and Hoff's, from every error.

F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain",
Psychological Review 65 (1958), 386-408. B. Widrow and M. E. Hoff, "Adaptive switching circuits", IRE WESCON
Convention Record 4 (1960), 96-104.

Both move weights w = w1, w2, b; the line is w · x = 0. Inputs x = x1, x2, 1 are counted from the middle of the plane,
-1 to 1; targets t are -1 and +1. Several starts are trained side by side, a row of W (S, 3) each.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

START = 0.5  # weights start uniform in ±START
_GRID = np.stack(np.meshgrid(np.linspace(-1, 1, 51), np.linspace(-1, 1, 51)), axis=-1).reshape(-1, 2)
_PLANE = np.column_stack([_GRID, np.ones(len(_GRID))])


def inputs(points: np.ndarray) -> np.ndarray:
    """The inputs (N, 3) of points (N, 2) from 0 to 1."""
    return np.column_stack([2 * points - 1, np.ones(len(points))])


def rosenblatt_epoch(
    W: np.ndarray, x: np.ndarray, t: np.ndarray, order: np.ndarray, rate: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One pass: w + rate · t · x at each point that w answers wrongly; right answers change nothing.

    order (S, N) says which point each start sees when; rate is a number, or (S, 1).

    Returns:
        The weights (S, 3), and how many corrections each start took (S,): with none, the rule has ended.
    """
    corrections = np.zeros(len(W), int)
    for seen in order.T:
        x_seen, t_seen = x[seen], t[seen]  # (S, 3) and (S,)
        answer = np.where((W * x_seen).sum(axis=1) > 0, 1, -1)  # the error is taken after this step, ...
        wrong = answer != t_seen
        W = W + rate * (wrong * t_seen)[:, None] * x_seen
        corrections += wrong
    return W, corrections


def delta_gradient(W: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The gradient (S, 3) of half the mean squared error: minus the mean of (t - w·x) x."""
    error = t - W @ x.T  # ... and here before it: (S, N)
    return -error @ x / len(x)


def delta_epoch(W: np.ndarray, x: np.ndarray, t: np.ndarray, rate: float | np.ndarray) -> np.ndarray:
    """The delta rule over all points at once: w + rate · mean of (t - w·x) x, a step of steepest descent."""
    return W - rate * delta_gradient(W, x, t)


def squared_error(W: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The mean (S,) over the points of (t - w·x)²."""
    return ((t - W @ x.T) ** 2).mean(axis=1)


def wrong(W: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """How many points (S,) are answered wrongly."""
    return (np.where(W @ x.T > 0, 1, -1) != t).sum(axis=1)


def least_squares(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The weights (3,) of the smallest squared error, by linear regression; the shortest of several."""
    return np.linalg.lstsq(x, t, rcond=None)[0]


def largest_rate(x: np.ndarray) -> float:
    """2 / λmax of the inputs' correlation matrix xᵀx / N.

    A step multiplies w's distance from the least squares, along each eigenvector of that matrix, by 1 - rate · λ.
    Above this rate that is below -1 for the largest λ, and the distance grows with every step.
    """
    return float(2 / np.linalg.eigvalsh(x.T @ x / len(x))[-1])


def angle_apart(W: np.ndarray) -> float:
    """The largest angle in degrees between two of the lines, the side of class b counting; 0 for fewer than two."""
    normals = W[:, :2][np.linalg.norm(W[:, :2], axis=1) > 0]
    degrees = np.degrees(np.arctan2(normals[:, 1], normals[:, 0]))
    turns = [abs((a - b + 180) % 360 - 180) for a, b in combinations(degrees, 2)]
    return float(max(turns, default=0.0))


def plane_apart(W: np.ndarray) -> float:
    """The largest share of the plane that two of the lines answer differently; 0 for fewer than two."""
    answers = W @ _PLANE.T > 0
    return float(max((np.mean(a != b) for a, b in combinations(answers, 2)), default=0.0))


def across(w: np.ndarray) -> tuple[list[float], list[float]]:
    """The two ends of the line w · x = 0 in the plane from 0 to 1; none where it does not cross it.

    There, with x = 2p - 1 of a point p, the line is 2 w1 p1 + 2 w2 p2 + (b - w1 - w2) = 0.
    """
    n, b = 2 * w[:2], w[2] - w[0] - w[1]
    ends = set()
    for axis in (0, 1):
        for edge in (0.0, 1.0):
            if n[1 - axis] != 0:
                other = -(b + n[axis] * edge) / n[1 - axis]
                if 0 <= other <= 1:
                    ends.add((edge, float(other)) if axis == 0 else (float(other), edge))
    if len(ends) < 2:
        return [], []
    first, last = min(ends), max(ends)
    return [first[0], last[0]], [first[1], last[1]]
