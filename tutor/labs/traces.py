"""Pieces of the pictures as plain dictionaries in Plotly's JSON form: regions, points and controls.

Class 0 is blue and a circle, class 1 is orange and a square, everywhere. Backgrounds are transparent and
the ink is a grey that contrasts equally (4.3 : 1) with white and with near-black, so that a figure need
not know its page's theme.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.labs.captions import say
from tutor.labs.gates import GATES, GRID, POINTS
from tutor.types import Frame, Lang

CLASS_COLOURS = ("#0072B2", "#E69F00")  # blue and orange of the Okabe-Ito palette, safe for the colour-blind
SERIES_COLOURS = {"single": "#CC79A7", "multi": "#009E73"}  # purple and green of the same
INK = "#797979"
FAINT = "rgba(121,121,121,0.3)"
SYMBOLS = ("circle", "square")
DASHES = ("solid", "dash", "dot", "dashdot")

REGION_COLOURS = ("#7FB8D8", "#F2CF7F")  # CLASS_COLOURS half way to white; opaque, since fills overlap
FULL = 10_000  # the height of output 1: hundredths of a percent, which fit two bytes
_EDGES = GRID[[0, -1]]


def height(frame: Frame) -> np.ndarray:
    """What the boundary is the FULL / 2 line of: (2, 2) of a line's plane at the corners, or (25, 25) of a net.

    The plane is exact from its corners alone.
    """
    if "surface" in frame.arrays:
        return np.round(FULL * frame.arrays["surface"]).astype(np.int16)
    w1, w2, b = frame.arrays["weights"]
    side = w1 * _EDGES[None, :] + w2 * _EDGES[:, None] + b
    return FULL / 2 * (1 + side / max(np.abs(side).max(), 1e-12))


def region(frame: Frame | None) -> dict[str, Any]:
    """Blue below the boundary, orange above: flat for the step, shaded for a net's sigmoid. None: nothing yet."""
    z = height(frame) if frame else np.full((2, 2), np.nan)
    net = len(z) == len(GRID)
    return {
        "type": "contour",
        "x": GRID if net else _EDGES,
        "y": GRID if net else _EDGES,
        "z": z,
        "zmin": 0,
        "zmax": FULL,
        "contours": {"start": FULL / 2, "end": FULL / 2, "size": FULL, "coloring": "heatmap" if net else "fill"},
        "colorscale": [[0, REGION_COLOURS[0]], [1, REGION_COLOURS[1]]],
        "showscale": False,
        "hoverinfo": "skip",
        "line": {"color": INK, "width": 2.5},
    }


def points(gate: str) -> list[dict[str, Any]]:
    """The four points, a trace a class; the number inside says the target."""
    targets = np.array(GATES[gate])
    return [
        {
            "type": "scatter",
            "x": POINTS[targets == label, 0],
            "y": POINTS[targets == label, 1],
            "mode": "markers+text",
            "text": [str(label)] * int((targets == label).sum()),
            "textfont": {"color": ("white", "black")[label], "size": 12},
            "marker": {
                "symbol": SYMBOLS[label],
                "size": 20,
                "color": CLASS_COLOURS[label],
                "line": {"color": "white", "width": 2},
            },
            "hovertemplate": "x1 = %{x}, x2 = %{y} → " + str(label) + "<extra></extra>",
        }
        for label in (0, 1)
    ]


def slider(steps: int, lang: Lang) -> dict[str, Any]:
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    return {
        "active": steps - 1,
        "x": 0,
        "len": 1,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 84, "b": 0},
        "currentvalue": {"prefix": say("progress", lang), "xanchor": "right", "font": {"size": 12, "color": INK}},
        "font": {
            "color": "rgba(0,0,0,0)",
            "size": 1,
        },  # a label a step would not fit a phone; the current value is shown
        "ticklen": 0,
        "minorticklen": 0,
        "bgcolor": INK,
        "bordercolor": INK,
        "steps": [
            {"label": f"{100 * s // (steps - 1)}%", "method": "animate", "args": [[str(s)], jump]} for s in range(steps)
        ],
    }


def buttons(lang: Lang) -> dict[str, Any]:
    run = {"fromcurrent": True, "frame": {"duration": 120, "redraw": True}, "transition": {"duration": 0}}
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 48, "r": 0},
        "font": {"color": INK, "size": 12},
        "bgcolor": "rgba(0,0,0,0)",
        "bordercolor": INK,
        "buttons": [
            {"label": say("play", lang), "method": "animate", "args": [None, run]},
            {"label": say("pause", lang), "method": "animate", "args": [[None], stop]},
        ],
    }
