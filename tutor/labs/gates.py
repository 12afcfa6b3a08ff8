"""The problem itself: four points, six gates, and what a straight line can do with them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])  # (4, 2): x1, x2

# What each gate gives for the four rows of POINTS.
GATES: Mapping[str, tuple[int, int, int, int]] = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
    "xnor": (1, 0, 0, 1),
}

GRID = np.linspace(-0.5, 1.5, 25)  # both axes of every decision surface; 0 and 1 fall on it
MAX_SURFACES = 60  # per series, so that 10,000 epochs still make a small picture


def separable() -> set[tuple[int, ...]]:
    """The functions of two bits that a line can draw, as their values at POINTS. There are 14 of 16.

    Each of 36 lines w1·x1 + w2·x2 + b = 0 with w in {-1, 0, 1} and b in {±0.5, ±1.5} is tried, its
    positive side counting as 1. That finds 14 functions. The list is complete because the two that
    are left, XOR and XNOR, have no line at all: write s(x) for the left side of the equation. s is
    linear, so s(0,0) + s(1,1) = s(0,1) + s(1,0). XOR needs s > 0 at (0,1) and (1,0), so the right sum
    is above 0, and s <= 0 at (0,0) and (1,1), so the left sum is not. For XNOR the sides change places.
    """
    lines = product((-1, 0, 1), (-1, 0, 1), (-1.5, -0.5, 0.5, 1.5))
    return {tuple(int(w1 * x1 + w2 * x2 + b > 0) for x1, x2 in POINTS) for w1, w2, b in lines}


def proof(gate: str) -> dict[str, Any]:
    """How many of the four points the best line gets right, by trying all that a line can do."""
    drawn = separable()
    right = [sum(a == b for a, b in zip(GATES[gate], function, strict=True)) for function in drawn]
    return {
        "functions": 2 ** len(POINTS),
        "separable": len(drawn),
        "points": len(POINTS),
        "best_correct": max(right),
        "reached_by": right.count(max(right)),
        "is_separable": GATES[gate] in drawn,
    }


def equation(w1: float, w2: float, b: float) -> str:
    """The line w1·x1 + w2·x2 + b = 0, three significant digits."""
    if w1 == 0 and w2 == 0:
        return f"{b:.3g} = 0".replace("-", "−")
    terms = [(w1, "·x1"), (w2, "·x2"), (b, "")]
    text = " ".join(f"{'−' if value < 0 else '+'} {abs(value):.3g}{name}" for value, name in terms)
    return text.removeprefix("+ ").replace("− ", "−", 1 if w1 < 0 else 0).replace("e-", "e−") + " = 0"


def convergence(accuracy_per_epoch: list[float]) -> int | None:
    """The first epoch (from 1) after which all four points are right, and stay so to the end."""
    wrong = [epoch for epoch, accuracy in enumerate(accuracy_per_epoch, 1) if accuracy < 1]
    first = wrong[-1] + 1 if wrong else 1
    return first if first <= len(accuracy_per_epoch) else None


def epochs_to_show(limit: int) -> set[int]:
    """Epochs worth a picture: all the first ones, then each 15 % later; under MAX_SURFACES for any limit."""
    shown, epoch = set(), 1
    while epoch <= limit:
        shown.add(epoch)
        epoch = max(epoch + 1, round(epoch * 1.15))
    return shown
