"""A picture of a run for a terminal, in plain Unicode: a perceptron's regions, or a lab's charts."""

from __future__ import annotations

import numpy as np

from tutor.labs import core, perceptron, train_perceptron
from tutor.labs.captions import panel_title, say
from tutor.labs.charts import Chart
from tutor.labs.gates import GATES, GRID, POINTS
from tutor.types import Frame, LabResult, Lang

_REGIONS = "·▒"  # where the output is 0, where it is 1
_POINTS = "○●"  # targets 0 and 1
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = len(GRID)


def terminal(result: LabResult, lang: Lang) -> str:
    """The pictures, then the text."""
    if result.lab == train_perceptron.NAME:
        return _perceptron(result, lang)
    lab = core.LABS[result.lab]
    return "\n\n".join([lab.title[lang], *(_chart(chart, lang) for chart in lab.charts(result)), result.text[lang]])


def _chart(chart: Chart, lang: Lang) -> str:
    """Its title, a bar a number or a sparkline a line, and what is to be seen."""
    rows = [chart.title[lang]]
    for line in chart.lines:
        if chart.kind == "bar":
            most = max((abs(y) for y in line.y), default=0.0) or 1.0
            bars = [
                f"  {x!s:>12} {_BARS[-1] * round(24 * abs(y) / most)} {y:.4g}"
                for x, y in zip(line.x, line.y, strict=True)
            ]
            rows += [line.name[lang], *bars] if len(chart.lines) > 1 else bars
        elif chart.kind == "line" and len(line.y):
            low, high = min(line.y), max(line.y)
            spread = [(y - low) / ((high - low) or 1.0) for y in line.y]
            rows.append(f"  {sparkline(spread)} {line.name[lang]}: {line.y[0]:.4g} → {line.y[-1]:.4g}")
    return "\n".join([*rows, chart.alt[lang]])


def _perceptron(result: LabResult, lang: Lang) -> str:
    """The final regions of every series with accuracy per epoch below each, then the text.

    Rows and columns are those of GRID (every other row, since a character is twice as tall as wide),
    x1 to the right and x2 upwards.
    """
    gate, last = result.record["arguments"]["gate"], {f.series: f for f in result.frames}
    blocks = []
    for s in result.record["series"]:
        frame = last[s["name"]]
        title = panel_title(s["name"], frame, lang).replace("<br>", " · ")
        spark = f"{say('accuracy', lang)} {sparkline(s['accuracy_per_epoch'])}"
        blocks.append("\n".join([title, *_rows(frame, gate), spark]))
    legend = f"{_POINTS[0]} 0  {_POINTS[1]} 1   {_REGIONS[0]} → 0  {_REGIONS[1]} → 1"
    return "\n\n".join([say("title", lang, gate), *blocks, legend, result.text[lang]])


def _rows(frame: Frame, gate: str) -> list[str]:
    arrays = frame.arrays
    output = perceptron.surface(arrays["weights"]) if "weights" in arrays else arrays["surface"]
    cells = [[_REGIONS[int(value > 0.5)] for value in row] for row in output]
    for label, (x1, x2) in zip(GATES[gate], POINTS, strict=True):
        cells[int(np.argmin(abs(GRID - x2)))][int(np.argmin(abs(GRID - x1)))] = _POINTS[label]
    return ["".join(row) for row in cells[::2]][::-1]


def sparkline(accuracies: list[float]) -> str:
    """One character an epoch (the last of each stretch where there are more than fit), ▁ for 0 and █ for 1."""
    ends = np.linspace(0, len(accuracies) - 1, min(len(accuracies), _WIDTH)).round().astype(int)
    return "".join(_BARS[round(accuracies[end] * (len(_BARS) - 1))] for end in ends)
