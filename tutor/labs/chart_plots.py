"""Draws the charts of a lab: for the page with plotly, for a file with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tutor.labs.charts import Chart, Line
from tutor.labs.core import Lab
from tutor.labs.perceptron_plots import dress
from tutor.labs.traces import DASHES, INK, REGION_COLOURS
from tutor.types import Frame, Lang

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")  # Okabe and Ito's, for the colour-blind
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
MARKERS = "osDP^X"  # the same for matplotlib
HEIGHT, PLANE = 360, 460  # pixels; a plane is nearly square
LEGEND = 44  # pixels, of two rows below the name of the axis
IN_A_ROW, LONG_CAPTION = 6, 12  # small images; characters of a caption, with which only half as many fit


def live_figure(lab: Lab, frames: Sequence[Frame], lang: Lang) -> go.Figure:
    """The lab's metric so far, a curve a series."""
    runs: dict[str, list[Frame]] = {}
    for frame in frames:
        if lab.metric in frame.metrics:
            runs.setdefault(frame.series, []).append(frame)
    lines = [
        Line({"en": name, "ko": name}, [f.epoch for f in run], [f.metrics[lab.metric] for f in run])
        for name, run in runs.items()
    ]
    return figure(Chart("line", lab.title, lab.epoch_name, lab.metric_name, lab.title, lines), lang)


def figure(chart: Chart, lang: Lang) -> go.Figure:
    """One chart for the page."""
    if chart.kind == "images":
        return _images(chart, lang)
    drawn = go.Figure()
    if chart.kind == "heatmap":
        columns, rows = ([escape(name, quote=False) for name in names] for names in (chart.columns, chart.rows))
        bar = {"thickness": 12, "outlinewidth": 0}
        drawn.add_trace(
            go.Heatmap(z=chart.cells, x=columns, y=rows, colorscale="Cividis", colorbar=bar, xgap=1, ygap=1)
        )
    if chart.kind == "plane":
        drawn.add_traces(_plane(chart, lang))
    for i, line in enumerate(chart.lines):
        drawn.add_trace(_trace(chart, line, i, lang))
    lying = _lying(chart)
    height = PLANE if chart.kind == "plane" else HEIGHT
    dress(drawn, chart.title[lang], height if not lying else 170 + 20 * len(chart.lines[0].x) * len(chart.lines))
    _axes(drawn, chart, lang)
    if len(chart.lines) + len(chart.boundaries) > 1:
        legend = {"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom", "x": 0}
        drawn.update_layout(
            showlegend=True, legend=legend, height=drawn.layout.height + LEGEND, margin={"b": 56 + LEGEND}
        )
    drawn.update_layout(margin={"t": 56})
    return drawn.update_layout(meta={"alt": chart.alt[lang]})


def _axes(drawn: go.Figure, chart: Chart, lang: Lang) -> None:
    """Names, clear of long tick labels; kinds; the first row of a heat map and the first of lying bars on top."""
    named = chart.kind in ("bar", "heatmap")
    x: dict[str, Any] = {
        "title": {"text": chart.x[lang], "standoff": 10},
        "type": "category" if named else _scale(chart.log_x),
    }
    y: dict[str, Any] = {
        "title": {"text": chart.y[lang], "standoff": 10},
        "type": "category" if chart.kind == "heatmap" else _scale(chart.log_y),
    }
    if _lying(chart):
        x, y = y, x
    if _lying(chart) or chart.kind == "heatmap":
        y["autorange"] = "reversed"
    if chart.kind == "plane":
        x["range"], y["range"] = chart.extent[:2], chart.extent[2:]
    drawn.update_xaxes(**x, automargin=True)
    drawn.update_yaxes(**y, automargin=True)


def _scale(log: bool) -> str | None:
    return "log" if log else None


def _lying(chart: Chart) -> bool:
    """Whether bars lie, because their names are too many and too long to stand below them."""
    names = [str(x) for line in chart.lines for x in line.x]
    return chart.kind == "bar" and len(names) > 6 and max(map(len, names)) > 6


def _trace(chart: Chart, line: Line, i: int, lang: Lang) -> Any:
    colour, name = COLOURS[i % len(COLOURS)], line.name[lang]
    if chart.kind == "bar":
        names, values = [escape(str(x), quote=False) for x in line.x], list(line.y)
        across = {"x": values, "y": names, "orientation": "h"} if _lying(chart) else {"x": names, "y": values}
        return go.Bar(**across, name=name, marker={"color": colour})
    mode = "lines+markers" if chart.kind == "line" and len(line.x) <= 30 else "lines"
    if chart.kind in ("points", "plane"):
        mode = "markers+text" if len(line.labels) else "markers"
    return go.Scatter(
        x=list(line.x),
        y=list(line.y),
        name=name,
        mode=mode,
        text=[escape(label, quote=False) for label in line.labels] or None,
        textposition="top center",
        textfont={"size": 10},
        cliponaxis=False,
        line={"color": colour, "dash": DASHES[i % len(DASHES)], "width": 2},
        marker={"symbol": SYMBOLS[i % len(SYMBOLS)], "color": colour, "size": 7},
    )


def _plane(chart: Chart, lang: Lang) -> list[Any]:
    """What lies below the points: the regions, and the boundaries through them, in colours of their own."""
    left, right, low, high = chart.extent
    traces: list[Any] = []
    if len(chart.cells):
        grid = {
            "x": np.linspace(left, right, len(chart.cells[0])),
            "y": np.linspace(low, high, len(chart.cells)),
            "z": chart.cells,
        }
        half = {"start": 0.5, "end": 0.5, "size": 1, "coloring": "heatmap"}
        scale = [[0, REGION_COLOURS[0]], [1, REGION_COLOURS[1]]]
        look = {"colorscale": scale, "zmin": 0, "zmax": 1, "contours": half, "line": {"color": INK, "width": 2}}
        traces.append(go.Contour(**grid, **look, showscale=False, hoverinfo="skip"))
    for i, line in enumerate(chart.boundaries):
        colour = COLOURS[::-1][i % len(COLOURS)]
        look = {"color": colour, "width": 2, "dash": DASHES[i % len(DASHES)]}
        traces.append(go.Scatter(x=list(line.x), y=list(line.y), name=line.name[lang], mode="lines", line=look))
    return traces


def _columns(chart: Chart) -> int:
    """Images in a row."""
    longest = max(len(words) for caption in chart.captions for words in caption.values())
    return min(IN_A_ROW // 2 if longest > LONG_CAPTION else IN_A_ROW, len(chart.images))


def _images(chart: Chart, lang: Lang) -> go.Figure:
    columns = _columns(chart)
    rows = -(-len(chart.images) // columns)
    names = [caption[lang] for caption in chart.captions]
    drawn = make_subplots(rows, columns, subplot_titles=names, horizontal_spacing=0.03, vertical_spacing=0.25 / rows)
    for i, image in enumerate(chart.images):
        trace = go.Heatmap(z=image, colorscale="Cividis", showscale=False, hoverinfo="z")
        drawn.add_trace(trace, 1 + i // columns, 1 + i % columns)
    dress(drawn, chart.title[lang], 84 + 130 * rows)
    drawn.update_xaxes(visible=False)
    drawn.update_yaxes(visible=False, autorange="reversed")
    drawn.update_layout(margin={"t": 72, "b": 12})
    return drawn.update_layout(meta={"alt": chart.alt[lang]})


# ---- on paper ----------------------------------------------------------------------------------------
def picture(charts: Sequence[Chart], title: str, lang: Lang) -> Figure:
    """A matplotlib figure: the charts below one another."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(8.0, 3.4 * len(charts) + 1.4), layout="constrained", facecolor="white")
    drawn.suptitle(title, fontsize=14)
    for part, chart in zip(drawn.subfigures(len(charts), 1, squeeze=False).flat, charts, strict=True):
        part.suptitle(chart.title[lang], fontsize=11)
        if chart.kind == "images":
            columns = _columns(chart)
            grid = list(part.subplots(-(-len(chart.images) // columns), columns, squeeze=False).flat)
            for axes in grid:
                axes.axis("off")
            for axes, image, caption in zip(grid, chart.images, chart.captions, strict=False):
                axes.imshow(image, cmap="cividis")
                axes.set_title(caption[lang], fontsize=8)
        else:
            _draw(part.subplots(), chart, lang)
    return drawn


def _draw(axes: Axes, chart: Chart, lang: Lang) -> None:
    axes.set(xlabel=chart.x[lang], ylabel=chart.y[lang])
    if chart.kind == "heatmap":
        axes.imshow(chart.cells, aspect="auto", cmap="cividis")
        axes.set_xticks(range(len(chart.columns)), chart.columns, rotation=45, ha="right", fontsize=7, parse_math=False)
        axes.set_yticks(range(len(chart.rows)), chart.rows, fontsize=7, parse_math=False)
        return
    if chart.kind == "plane":
        _draw_plane(axes, chart, lang)
    for i, line in enumerate(chart.lines):
        look: dict[str, Any] = {"color": COLOURS[i % len(COLOURS)], "label": line.name[lang]}
        if chart.kind == "bar":
            width = 0.8 / len(chart.lines)
            at = np.arange(len(line.x)) + (i - (len(chart.lines) - 1) / 2) * width
            names = [str(x) for x in line.x]
            if _lying(chart):
                axes.barh(at, line.y, width, **look)
                axes.set_yticks(range(len(names)), names, fontsize=7, parse_math=False)
                axes.set(xlabel=chart.y[lang], ylabel=chart.x[lang], ylim=(len(names) - 0.5, -0.5))
            else:
                axes.bar(at, line.y, width, **look)
                axes.set_xticks(range(len(names)), names, fontsize=8, parse_math=False)
        elif chart.kind in ("points", "plane"):
            axes.scatter(line.x, line.y, marker=MARKERS[i % len(MARKERS)], **look)
            for x, y, label in zip(line.x, line.y, line.labels, strict=False):
                axes.annotate(label, (float(x), y), fontsize=7, parse_math=False)
        else:
            dash = ("-", "--", ":", "-.")[i % 4]
            axes.plot(line.x, line.y, dash, marker=MARKERS[i % len(MARKERS)] if len(line.x) <= 30 else "", **look)
    across, up = (chart.log_y, chart.log_x) if _lying(chart) else (chart.log_x, chart.log_y)
    axes.set(xscale="log") if across else None
    axes.set(yscale="log") if up else None
    axes.grid(alpha=0.3)
    if len(chart.lines) + len(chart.boundaries) > 1:
        axes.legend(frameon=False, fontsize=9)
    axes.tick_params(colors=INK)


def _draw_plane(axes: Axes, chart: Chart, lang: Lang) -> None:
    left, right, low, high = chart.extent
    if len(chart.cells):
        from matplotlib.colors import LinearSegmentedColormap

        x, y = np.linspace(left, right, len(chart.cells[0])), np.linspace(low, high, len(chart.cells))
        regions = LinearSegmentedColormap.from_list("regions", REGION_COLOURS)
        axes.pcolormesh(x, y, np.asarray(chart.cells), cmap=regions, vmin=0, vmax=1, shading="nearest")
    for i, line in enumerate(chart.boundaries):
        dash = ("-", "--", ":", "-.")[i % 4]
        axes.plot(line.x, line.y, dash, color=COLOURS[::-1][i % len(COLOURS)], label=line.name[lang])
    axes.set(xlim=(left, right), ylim=(low, high))
