"""What a lab's pictures show, as data in both languages; drawn by chart_plots.py."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tutor import __version__
from tutor.types import LabResult, Lang

Words = Mapping[Lang, str]  # the same in Korean and English


@dataclass(frozen=True, slots=True)
class Line:
    """One line, row of bars or cloud of points of a chart. `labels`, one a point, are written beside the points."""

    name: Words
    x: Sequence[float | str]
    y: Sequence[float]
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. `x` and `y` name the axes; `alt` says in words what is to be seen, for those who can't see it.

    "line", "bar" and "points" show `lines`; "heatmap" shows `cells` (rows of numbers, the first row on top) with
    the names of its `rows` and `columns`; "images" shows small pictures, each rows of numbers, with `captions`.
    "plane" shows the clouds of points `lines` on a plane of two inputs, the straight or curved `boundaries` drawn
    through it, and where there are `cells`, what a network gives over `extent` (x from, x to, y from, y to; the first
    row lowest): from 0, blue, to 1, orange.
    """

    kind: Literal["line", "bar", "points", "heatmap", "images", "plane"]
    title: Words
    x: Words
    y: Words
    alt: Words
    lines: Sequence[Line] = ()
    cells: Sequence[Sequence[float]] = ()
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    images: Sequence[Sequence[Sequence[float]]] = ()
    captions: Sequence[Words] = ()
    boundaries: Sequence[Line] = ()
    extent: tuple[float, float, float, float] = (0, 1, 0, 1)
    log_x: bool = False
    log_y: bool = False


def finished(
    lab: str, arguments: Mapping[str, Any], found: Mapping[str, Any], text: Words, seconds: float
) -> LabResult:
    """The result of a run: `found` is plain JSON data that everything in `text` and the charts is computed from."""
    versions = {"tutor": __version__, "python": platform.python_version(), "numpy": np.__version__}
    record = {"lab": lab, "versions": versions, "arguments": dict(arguments), **found, "seconds": round(seconds, 3)}
    return LabResult(lab, record["arguments"], record, dict(text))
