"""Pictures of a perceptron run: regions with their lines, curves, and a net's output surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tutor.labs.arguments import parse_perceptron
from tutor.labs.captions import alt, panel_title, say, series_title
from tutor.labs.gates import GATES, GRID, POINTS
from tutor.labs.traces import (
    CLASS_COLOURS,
    DASHES,
    FAINT,
    FULL,
    INK,
    REGION_COLOURS,
    SERIES_COLOURS,
    SYMBOLS,
    buttons,
    height,
    points,
    region,
    slider,
)
from tutor.types import Frame, LabResult, Lang

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SLIDER_STEPS = 40
_SURFACES_DRAWN = 120  # over all series and steps; a surface takes 1.7 kB
_CURVE_POINTS = 300
_LOG_BEYOND = 20  # epochs; 50 and 2,000 can both be seen on a log scale, and a short run needs none


# ---- decision regions ------------------------------------------------------------------------------
def live_figure(frames: Sequence[Frame], arguments: Mapping[str, Any], lang: Lang) -> go.Figure:
    """The latest state of every series of a run that may still be going on; `arguments` as they were called.

    Raises:
        ToolCallInvalid: as the run itself would.
    """
    checked = parse_perceptron(arguments)
    kinds = [layers for layers in ("single", "multi") if checked.layers in (layers, "both")]
    latest = {frame.series: frame for frame in frames}
    names = [f"{layers}, seed {seed}" for seed in checked.seeds for layers in kinds]
    return _regions({name: latest.get(name) for name in names}, checked.gate, lang)


def _regions(panels: Mapping[str, Frame | None], gate: str, lang: Lang) -> go.Figure:
    """A panel a series, two in a row. Traces: the region of each, then the points of each; annotations: the titles."""
    cells = [(1 + i // 2, 1 + i % 2) for i in range(len(panels))]
    rows, columns = cells[-1][0], min(2, len(cells))
    tall = 250 * rows - 20
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=[panel_title(name, frame, lang) for name, frame in panels.items()],
        horizontal_spacing=0.12,
        vertical_spacing=90 / tall if rows > 1 else 0,
        specs=[[{} if (row, column) in cells else None for column in (1, 2)[:columns]] for row in range(1, rows + 1)],
    )
    for frame, (row, column) in zip(panels.values(), cells, strict=True):
        figure.add_trace(region(frame), row, column)
    for row, column in cells:
        figure.add_traces(points(gate), row, column)
    ticks = {"tickvals": [0, 1], "showgrid": False, "zeroline": False, "range": [GRID[0], GRID[-1]], "fixedrange": True}
    figure.update_xaxes(**ticks, title={"text": "x1", "standoff": 0})
    figure.update_yaxes(**ticks, title={"text": "x2", "standoff": 0})
    dress(figure, say("regions", lang, gate), 130 + tall)
    return figure.update_layout(meta=alt("regions alt", panels, lang, gate))


def dress(figure: go.Figure, title: str, pixels: int) -> None:
    figure.update_layout(
        title={"text": title, "x": 0.5, "xanchor": "center", "font": {"size": 15}},
        height=pixels,
        autosize=True,
        margin={"l": 36, "r": 16, "t": 84, "b": 36},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK, "size": 12},
        showlegend=False,
        template="none",
    )
    figure.update_annotations(font={"size": 12, "color": INK})
    figure.update_xaxes(linecolor=INK, tickcolor=INK, gridcolor=FAINT, zerolinecolor=FAINT)
    figure.update_yaxes(linecolor=INK, tickcolor=INK, gridcolor=FAINT, zerolinecolor=FAINT)


# ---- a finished run --------------------------------------------------------------------------------
def figures(result: LabResult, lang: Lang) -> list[go.Figure]:
    """Regions with a slider and a play button, the curves, and for a multilayer net its output surface."""
    drawn = [_training(result, lang), _curves(result, lang)]
    nets = [s for s in result.record["series"] if s["layers"] == "multi"]
    return [*drawn, _surfaces(result, nets, lang)] if nets else drawn


def _training(result: LabResult, lang: Lang) -> go.Figure:
    """The slider runs from start to end of every series at once, each at its own epoch."""
    arguments, series = result.record["arguments"], result.record["series"]
    ordered = sorted(
        series, key=lambda s: arguments["seeds"].index(s["seed"])
    )  # single and multi of a seed side by side
    runs = {s["name"]: [f for f in result.frames if f.series == s["name"]] for s in ordered}
    steps = max(10, min(_SLIDER_STEPS, _SURFACES_DRAWN // len(runs)))
    figure = _regions({name: frames[-1] for name, frames in runs.items()}, arguments["gate"], lang)
    notes = [note.to_plotly_json() for note in figure.layout.annotations]
    moments = []
    for step in range(steps):
        now = {name: frames[round(step * (len(frames) - 1) / (steps - 1))] for name, frames in runs.items()}
        titles = [panel_title(name, frame, lang) for name, frame in now.items()]
        moments.append(
            go.Frame(
                name=str(step),
                data=[{"type": "contour", "z": height(frame)} for frame in now.values()],
                traces=list(range(len(now))),
                layout={"annotations": [{**note, "text": text} for note, text in zip(notes, titles, strict=True)]},
            )
        )
    figure.frames = moments
    figure.update_layout(sliders=[slider(steps, lang)], updatemenus=[buttons(lang)])
    figure.update_layout(height=figure.layout.height + 100, margin={"b": 146})
    return figure


def _curves(result: LabResult, lang: Lang) -> go.Figure:
    """Accuracy above, error below."""
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.16)
    arguments, series = result.record["arguments"], result.record["series"]
    for s in series:
        shown = np.unique(np.geomspace(1, s["epochs"], _CURVE_POINTS).round().astype(np.int32))
        dash = DASHES[arguments["seeds"].index(s["seed"]) % len(DASHES)]
        look = {
            "name": series_title(s["name"], lang),
            "legendgroup": s["name"],
            "mode": "lines+markers" if len(shown) < 3 else "lines",
            "line": {"color": SERIES_COLOURS[s["layers"]], "width": 2.5, "dash": dash},
        }
        for row, values in ((1, s["accuracy_per_epoch"]), (2, _error(s))):
            y = np.array(values, dtype=np.float32)[shown - 1]
            figure.add_trace(go.Scatter(x=shown, y=y, showlegend=row == 1, **look), row, 1)
    figure.add_annotation(
        text=say("error note", lang), xref="paper", yref="paper", x=1, y=0.43, xanchor="right", yanchor="bottom"
    )
    dress(figure, say("curves", lang, arguments["gate"]), 400 + 20 * len(series))
    figure.update_annotations(showarrow=False)
    figure.update_xaxes(type=_scale(series), dtick=1)
    figure.update_xaxes(title_text=say("epoch", lang), row=2)
    quarters = {"tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": ["0", "1/4", "2/4", "3/4", "4/4"]}
    figure.update_yaxes(title_text=say("accuracy", lang), range=[-0.05, 1.05], zeroline=False, row=1, **quarters)
    figure.update_yaxes(title_text=say("error", lang), rangemode="tozero", zeroline=False, row=2)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.22, "yanchor": "top"})
    figure.update_layout(margin={"l": 56, "t": 48})
    ends = {frame.series: frame for frame in result.frames}
    return figure.update_layout(meta=alt("curves alt", ends, lang, arguments["gate"]))


def _scale(series: Sequence[Mapping[str, Any]]) -> str:
    return "log" if max(s["epochs"] for s in series) > _LOG_BEYOND else "linear"


def _error(s: Mapping[str, Any]) -> list[float]:
    """Loss per epoch of a net; of a single layer the share of the epoch's points that were wrong."""
    return s["loss_per_epoch"] if s["layers"] == "multi" else [n / 4 for n in s["errors_per_epoch"]]


def _surfaces(result: LabResult, nets: Sequence[Mapping[str, Any]], lang: Lang) -> go.Figure:
    """The output over the square, to be turned by hand; one seed at a time, chosen from a menu."""
    gate, last = result.record["arguments"]["gate"], {f.series: f for f in result.frames}
    figure = go.Figure()
    for order, s in enumerate(nets):
        figure.add_trace(
            go.Surface(
                x=GRID.astype(np.float32),
                y=GRID.astype(np.float32),
                z=last[s["name"]].arrays["surface"],
                cmin=0,
                cmax=1,
                colorscale=[[0, CLASS_COLOURS[0]], [1, CLASS_COLOURS[1]]],
                opacity=0.9,
                showscale=False,
                visible=order == 0,
            )
        )
    for label, (x, y) in zip(GATES[gate], POINTS, strict=True):
        look = {"size": 7, "color": CLASS_COLOURS[label], "symbol": SYMBOLS[label], "line": {"color": "white"}}
        figure.add_trace(go.Scatter3d(x=[x], y=[y], z=[label], mode="markers", marker=look, hoverinfo="x+y+z"))
    dress(figure, say("surface", lang, gate), 420)
    axis = {"color": INK, "gridcolor": FAINT, "tickvals": [0, 1], "showbackground": False}
    titles = {"xaxis": "x1", "yaxis": "x2", "zaxis": say("output", lang)}
    figure.update_scenes(
        {name: {**axis, "title": {"text": text}} for name, text in titles.items()},
        camera={"eye": {"x": -1.4, "y": -1.5, "z": 0.9}},
        aspectmode="cube",
    )
    figure.update_layout(margin={"l": 0, "r": 0, "t": 48, "b": 0})
    if len(nets) > 1:
        shown = list(range(len(nets)))
        menu = [
            {
                "label": series_title(s["name"], lang),
                "method": "restyle",
                "args": ["visible", [s is n for n in nets], shown],
            }
            for s in nets
        ]
        look = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "font": {"color": "black"}, "bgcolor": "white"}
        figure.update_layout(updatemenus=[{"buttons": menu, **look}])
    return figure.update_layout(meta=alt("surface alt", {s["name"]: last[s["name"]] for s in nets}, lang, gate))


# ---- on paper ----------------------------------------------------------------------------------------
def picture(result: LabResult, lang: Lang) -> Figure:
    """A matplotlib figure: the final regions, four in a row, and below them accuracy per epoch and the text."""
    from matplotlib.figure import Figure

    gate, last = result.record["arguments"]["gate"], {f.series: f for f in result.frames}
    columns = min(4, len(last))
    rows = -(-len(last) // columns)
    figure = Figure(figsize=(max(7.0, 2.8 * columns), 3.1 * rows + 4.2), layout="constrained", facecolor="white")
    grid = figure.add_gridspec(rows + 1, columns)
    for i, (name, frame) in enumerate(last.items()):
        axes = figure.add_subplot(grid[i // columns, i % columns])
        _draw_region(axes, frame, gate)
        axes.set_title(panel_title(name, frame, lang).replace("<br>", "\n"), fontsize=10)
    _draw_accuracy(figure.add_subplot(grid[rows, :]), result, lang)
    figure.suptitle(say("title", lang, gate), fontsize=14)
    return figure


def _draw_region(axes: Any, frame: Frame, gate: str) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    z = height(frame).astype(float)
    x = np.linspace(GRID[0], GRID[-1], len(z))
    if len(z) == 2:
        axes.contourf(x, x, z, levels=[-1, FULL / 2, FULL + 1], colors=REGION_COLOURS)
    else:
        half = (GRID[1] - GRID[0]) / 2  # a pixel's middle lies on its grid point
        extent = (GRID[0] - half, GRID[-1] + half) * 2
        shades = LinearSegmentedColormap.from_list("classes", REGION_COLOURS)
        axes.imshow(z, origin="lower", extent=extent, cmap=shades, vmin=0, vmax=FULL, interpolation="bilinear")
    axes.contour(x, x, z, levels=[FULL / 2], colors=INK, linewidths=2.5)
    for label, (x1, x2) in zip(GATES[gate], POINTS, strict=True):
        axes.plot(x1, x2, "os"[label], ms=15, color=CLASS_COLOURS[label], mec="white", mew=2)
        axes.text(x1, x2, str(label), ha="center", va="center_baseline", color=("white", "black")[label])
    limits = (GRID[0], GRID[-1])
    axes.set(xticks=[0, 1], yticks=[0, 1], xlabel="x1", ylabel="x2", xlim=limits, ylim=limits, aspect="equal")


def _draw_accuracy(axes: Any, result: LabResult, lang: Lang) -> None:
    seeds = result.record["arguments"]["seeds"]
    for s in result.record["series"]:
        accuracy = s["accuracy_per_epoch"]
        colour, dash = SERIES_COLOURS[s["layers"]], ("-", "--", ":", "-.")[seeds.index(s["seed"]) % 4]
        mark = "o" if len(accuracy) < 3 else ""
        look = {"linestyle": dash, "marker": mark, "color": colour, "label": series_title(s["name"], lang)}
        axes.plot(range(1, len(accuracy) + 1), accuracy, lw=2, **look)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "1/4", "2/4", "3/4", "4/4"])
    axes.set(
        xscale=_scale(result.record["series"]),
        ylim=(-0.05, 1.05),
        xlabel=say("epoch", lang),
        ylabel=say("accuracy", lang),
    )
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    if axes.get_xscale() == "linear":
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.set_xlim(0.5, max(s["epochs"] for s in result.record["series"]) + 0.5)
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=9)
