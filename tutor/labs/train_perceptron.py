"""The perceptron lab: a single layer, a multilayer net or both, on one gate, from one or more seeds."""

from __future__ import annotations

import platform
import time
from collections.abc import Generator
from itertools import combinations
from typing import Any

import numpy as np

from tutor import __version__
from tutor.labs import mlp, perceptron, report
from tutor.labs.arguments import PerceptronArguments
from tutor.labs.gates import GATES, GRID, POINTS, proof
from tutor.labs.perceptron_outcome import CLAIMS, LABELS, NAME, SUMMARY, TITLE, next_experiments
from tutor.types import Frame, LabResult

__all__ = ["CLAIMS", "LABELS", "NAME", "SUMMARY", "TITLE", "next_experiments", "run"]


def run(arguments: PerceptronArguments) -> Generator[Frame, None, LabResult]:
    """Train every asked-for series, one after the other. `arguments` have their defaults filled in.

    Frames belong to the series "single, seed S" and "multi, seed S".

    Raises:
        ToolFailed: the numbers ran away.
    """
    started = time.perf_counter()
    series: list[dict[str, Any]] = []
    for layers in ("single", "multi"):
        for seed in arguments.seeds if arguments.layers in (layers, "both") else ():
            series.append((yield from _train(arguments, layers, seed)))
    record = {
        "lab": NAME,
        "versions": {"tutor": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "arguments": arguments.model_dump(),
        "points": POINTS.astype(int).tolist(),
        "targets": list(GATES[arguments.gate]),
        "series": series,
        "proof": proof(arguments.gate),
        "comparison": _compare(series),
        "seconds": round(time.perf_counter() - started, 3),
    }
    return LabResult(NAME, record["arguments"], record, {"ko": report.korean(record), "en": report.english(record)})


def _train(arguments: PerceptronArguments, layers: str, seed: int) -> Generator[Frame, None, dict[str, Any]]:
    name = f"{layers}, seed {seed}"
    if layers == "single":
        rate = arguments.learning_rate or perceptron.LEARNING_RATE
        return (yield from perceptron.train(arguments.gate, seed, rate, arguments.epochs or perceptron.EPOCHS, name))
    rate, epochs = arguments.learning_rate or mlp.LEARNING_RATE, arguments.epochs or mlp.EPOCHS
    units, activation = arguments.hidden_units, arguments.activation
    assert units is not None  # this and the next are filled in with the defaults
    assert activation is not None
    return (yield from mlp.train(arguments.gate, seed, rate, epochs, units, activation, name))


def _compare(series: list[dict[str, Any]]) -> dict[str, Any]:
    """What the seeds made different: the lines of the single layers, the boundaries of the nets.

    Lines are the same if they agree in direction, place and positive side to 6 decimals; nets are
    compared by the class that they give at each grid point, the most different pair counting.
    """
    single = [s for s in series if s["layers"] == "single"]
    multi = [s for s in series if s["layers"] == "multi"]
    found: dict[str, Any] = {}
    if len(single) > 1:
        lines = [np.array([s["weights"][name] for name in ("w1", "w2", "b")]) for s in single]
        units = {tuple(np.round(line / np.linalg.norm(line), 6)) for line in lines}
        found["single"] = {"seeds": len(single), "distinct_lines": len(units)}
    if len(multi) > 1:
        classes = [mlp.surface(s["weights"], s["activation"]) > 0.5 for s in multi]
        pairs = combinations(range(len(multi)), 2)
        differing, a, b = max((int((classes[i] != classes[j]).sum()), -i, -j) for i, j in pairs)
        found["multi"] = {
            "seeds": [multi[-a]["seed"], multi[-b]["seed"]],
            "differing": differing,
            "grid_points": len(GRID) ** 2,
        }
    return found
