"""Points of two classes on a plane: drawn by chance or by the learner, and whether a straight line separates them."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from tutor.labs.checking import NotAllowed, short

COUNT = 48  # points of a generated set
MOST = 100  # points that a learner may draw
STEP = 1000  # every coordinate, from 0 to 1, is a whole number of thousandths
GAP = 0.03  # in "separable", on both sides of the line that the classes are made by

# What a text of points may be, for the schema; `parse` says which point is wrong.
PATTERN = r"^(\s*[0-9.]+\s+[0-9.]+\s+[ab]\s*(;|\n|$))*$"
_POINT = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s+([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s+([ab])")
_FORM = (
    "Write each point as x y class, both numbers from 0 to 1 and the class a or b, such as: 0.1 0.2 a; 0.8 0.9 b",
    "점마다 'x y 클래스'로 써 주세요. 두 수는 0부터 1까지, 클래스는 a나 b예요. 예: 0.1 0.2 a; 0.8 0.9 b",
)


class PointSet(NamedTuple):
    """Points (N, 2) from 0 to 1 and their classes (N,), -1 (a) and +1 (b)."""

    points: np.ndarray
    classes: np.ndarray


def generate(kind: str, seed: int) -> PointSet:
    """COUNT points of one of the kinds separable, overlapping, xor and circles."""
    rng = np.random.default_rng([seed, 0])
    half = np.repeat([-1.0, 1.0], COUNT // 2)
    if kind == "separable":
        return _halves(rng)
    if kind == "overlapping":
        points = 0.5 + 0.1 * half[:, None] + rng.normal(0, 0.16, (COUNT, 2))
    elif kind == "xor":
        corners = np.tile([[0, 0], [1, 1], [0, 1], [1, 0]], (COUNT // 4, 1))
        points = 0.25 + 0.5 * corners + rng.normal(0, 0.07, (COUNT, 2))
        half = np.where(corners[:, 0] == corners[:, 1], -1.0, 1.0)
    else:  # circles: a disc and the ring around it
        radius, angle = np.where(half < 0, 0.15, 0.38) + rng.normal(0, 0.03, COUNT), rng.uniform(0, 2 * np.pi, COUNT)
        points = 0.5 + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return PointSet(_on_grid(points), half)


def _halves(rng: np.random.Generator) -> PointSet:
    """Uniform points on both sides of a line through about the middle, none nearer to it than GAP."""
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.2, 0.2)
    normal = np.array([np.cos(angle), np.sin(angle)])
    points = rng.uniform(0.03, 0.97, (20 * COUNT, 2))
    side = (points - 0.5) @ normal - offset
    kept = np.flatnonzero(np.abs(side) > GAP)[:COUNT]
    return PointSet(_on_grid(points[kept]), np.sign(side[kept]))


def _on_grid(points: np.ndarray) -> np.ndarray:
    return np.round(np.clip(points, 0, 1) * STEP) / STEP


def parse(drawn: str) -> PointSet:
    """The points of a text such as "0.1 0.2 a; 0.8 0.9 b", rounded to thousandths; lines may take the place of ";".

    Raises:
        NotAllowed: naming the first point that is not written so, or what else the points lack.
    """
    parts = [part.strip() for part in re.split(r"[;\n]", drawn) if part.strip()]
    if len(parts) > MOST:
        raise NotAllowed(
            f"There are {len(parts)} points. Use at most {MOST}.", f"점이 {len(parts)}개예요. {MOST}개까지만 써 주세요."
        )
    read = [_POINT.fullmatch(part) for part in parts]
    for n, (part, point) in enumerate(zip(parts, read, strict=True), 1):
        if point is None or max(float(point[1]), float(point[2])) > 1:
            raise NotAllowed(f"Point {n} is {short(part)}. {_FORM[0]}", f"{n}번째 점이 {short(part)}예요. {_FORM[1]}")
    found = [(float(point[1]), float(point[2]), point[3]) for point in read if point]
    if {name for _, _, name in found} != {"a", "b"}:
        raise NotAllowed(f"Both classes are needed. {_FORM[0]}", f"두 클래스의 점이 다 있어야 해요. {_FORM[1]}")
    classes = np.array([1.0 if name == "b" else -1.0 for _, _, name in found])
    return PointSet(_on_grid(np.array([point[:2] for point in found])), classes)


def separable(points: np.ndarray, classes: np.ndarray) -> bool:
    """Whether some line has all of the one class strictly on one side and all of the other on the other.

    Decided by a linear programme, not by training: find w, b and the largest m with

        classes_i · (w · x_i + b) >= m for every point, every weight of w from -1 to 1.

    w = 0 gives m = 0, so the largest m is 0 or above, and above 0 just if a line separates them. Counted in
    thousandths, points are whole numbers. If two sets of those can be separated, a corner of the one's hull is at
    least 1 / (STEP·√2) from an edge of the other's (a whole number over the edge's length), so m is at least half of
    that, 0.00035: a thousand times what the solver may be wrong by.
    """
    from scipy.optimize import linprog

    x = np.column_stack([np.round(points * STEP), np.ones(len(points))])
    above = np.column_stack([-classes[:, None] * x, np.ones(len(points))])  # m - classes_i · (w · x_i + b) <= 0
    bounds = [(-1, 1), (-1, 1), (None, None), (0, None)]
    found = linprog([0, 0, 0, -1], A_ub=above, b_ub=np.zeros(len(points)), bounds=bounds, method="highs")
    if not found.success:
        raise ArithmeticError(found.message)
    return bool(-found.fun > 0.5 / (STEP * 2 * 2**0.5))
