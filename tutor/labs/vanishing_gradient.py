"""The size of the gradient at every layer of a deep net, for sigmoid, tanh and ReLU, with and without shortcuts.

It is the gradient by the layer's output, the error signal from which the layer's weights learn.

S. Hochreiter, diploma thesis (1991); X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
feedforward neural networks" (2010), whose starting weights sigmoid and tanh get, of variance 2 / (in + out); K. He et
al. (2015), whose starting weights ReLU gets, of variance 2 / in, and whose residual connections make h' = h + f(h·W).
So that the sum over all layers does not outgrow its start, W is then divided by sqrt(depth), as in GPT-2 (2019).
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.mlp import sigmoid
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.spoken_numbers import rounded
from tutor.types import Frame, LabResult, Lang

NAME = "vanishing_gradient"
TITLE: Words = {"en": "Vanishing gradients in a deep net", "ko": "깊은 신경망의 기울기 소실"}
SUMMARY: Words = {
    "en": "How much of the learning signal reaches the first layer of a deep net, by activation function and shortcut.",
    "ko": "깊은 신경망에서 배움의 신호가 첫 층까지 얼마나 닿는지, 활성화 함수와 지름길(잔차 연결)에 따라 견주어요.",
}
ASKED = (
    r"(vanish|explod|fad|shrink|disappear)\w*\W+(\w+\W+)?gradients?|gradients?\W+(\w+\W+){0,3}(vanish|explod|fad|shrink|"
    r"disappear)|gradients?\W+(\w+\W+){0,2}(layer|depth)|(residual|skip)\W+connection|shortcut connection|"
    r"기울기\s*(가\s*|는\s*)?(소실|폭발|사라|줄어|작아)|그래디언트\s*(가\s*|는\s*)?(소실|배니싱|폭발|사라)|배니싱|"
    r"층(별|마다|에\s*따른)\s*(기울기|그래디언트)|잔차\s*연결|스킵\s*(연결|커넥션)|지름길\s*연결"
)
STORY: Words = {"en": "vanishing gradient problem in deep networks", "ko": "깊은 신경망의 기울기 소실 문제"}
METRIC = "log10_gradient"
METRIC_NAME: Words = {"en": "log10 of the gradient's size", "ko": "기울기 크기의 log10"}
EPOCH_NAME: Words = {"en": "layers back from the last", "ko": "마지막 층에서 거슬러 온 층 수"}

EXAMPLES = 64
ACTIVATIONS = ("sigmoid", "tanh", "ReLU")
MOST_FRAMES = 200
SHORTCUTS: Mapping[bool, Words] = {
    False: {"en": "{}", "ko": "{}"},
    True: {"en": "{} + residual", "ko": "{} + 잔차 연결"},
}


class Arguments(BaseModel):
    """Measure how the gradient shrinks or grows from the last layer of a deep net back to the first."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    depth: int = Field(20, ge=2, le=50, description="Number of hidden layers.")
    width: int = Field(64, ge=16, le=256, description="Units in each layer.")
    residual: Literal["without", "with", "both"] = Field(
        "both", description="Nets without residual connections (shortcuts around each layer), with them, or both."
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of the starting weights and the examples.")


LABELS: Mapping[str, Words] = {
    "depth": {"en": "Hidden layers", "ko": "은닉층 수"},
    "width": {"en": "Units in a layer", "ko": "층마다 유닛 수"},
    "residual": {"en": "Residual connections", "ko": "잔차 연결"},
    "without": {"en": "without", "ko": "없음"},
    "with": {"en": "with", "ko": "있음"},
    "both": {"en": "both, side by side", "ko": "둘 다 견주기"},
    "seed": {"en": "Seed", "ko": "시드"},
}


def initialise(activation: str, residual: bool, depth: int, width: int, rng: np.random.Generator) -> list[np.ndarray]:
    """`depth` weights (D, D), normal, variance 2 / (D + D) by Glorot or 2 / D by He; then the output's (D,)."""
    deviation = math.sqrt(2 / width) if activation == "ReLU" else math.sqrt(2 / (width + width))
    if residual:
        deviation /= math.sqrt(depth)
    layers = [rng.normal(0, deviation, (width, width)) for _ in range(depth)]
    return [*layers, rng.normal(0, math.sqrt(2 / (width + 1)), width)]


def activate(a: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray]:
    """f(a) and its slope f'(a)."""
    if activation == "ReLU":
        return np.maximum(a, 0), (a > 0).astype(float)
    if activation == "tanh":
        return np.tanh(a), 1 - np.tanh(a) ** 2
    return sigmoid(a), sigmoid(a) * (1 - sigmoid(a))


def forward(
    weights: list[np.ndarray], x: np.ndarray, activation: str, residual: bool
) -> tuple[list[np.ndarray], np.ndarray]:
    """Each layer's slopes f'(h·W) (N, D), and the logits (N,); h' = f(h·W), with a residual connection h + f(h·W)."""
    h, slopes = x, []
    for w in weights[:-1]:
        out, slope = activate(h @ w, activation)
        h = h + out if residual else out
        slopes.append(slope)
    return slopes, h @ weights[-1]


def backward(
    weights: list[np.ndarray], slopes: list[np.ndarray], logits: np.ndarray, target: np.ndarray, residual: bool
) -> Generator[np.ndarray, None, None]:
    """The gradient (N, D) of the mean cross-entropy by what each layer puts out, the last layer's first.

    d_h = (d_h' * f'(h·W)) · W^T, with a residual connection + d_h', which comes back along the shortcut unchanged.
    The layer's weights learn by h^T · (d_h' * f'(h·W)): as little as d_h' is.
    """
    d_h = np.outer((sigmoid(logits) - target) / len(target), weights[-1])
    yield d_h
    for w, slope in zip(weights[-2:0:-1], slopes[:0:-1], strict=True):
        back = (d_h * slope) @ w.T
        d_h = back + d_h if residual else back
        yield d_h


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """One frame a layer on the way back (every second one or so where there are many)."""
    started = time.perf_counter()
    ways = {"without": (False,), "with": (True,), "both": (False, True)}[arguments.residual]
    nets: list[dict[str, Any]] = []
    for residual in ways:
        for activation in ACTIVATIONS:
            nets.append((yield from _measure(arguments, activation, residual, len(ways) * len(ACTIVATIONS))))
    found = {"examples": EXAMPLES, "nets": nets}
    text: Words = {"en": _text(nets, arguments.depth, "en"), "ko": _text(nets, arguments.depth, "ko")}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _measure(
    arguments: Arguments, activation: str, residual: bool, nets: int
) -> Generator[Frame, None, dict[str, Any]]:
    """The same examples for each net; ones of two classes that a random plane divides."""
    rng = np.random.default_rng(arguments.seed)
    x = rng.normal(size=(EXAMPLES, arguments.width))
    target = (x @ rng.normal(size=arguments.width) > 0).astype(float)
    weights = initialise(activation, residual, arguments.depth, arguments.width, rng)
    slopes, logits = forward(weights, x, activation, residual)
    every = math.ceil(nets * arguments.depth / MOST_FRAMES)
    name = SHORTCUTS[residual]["en"].format(activation)
    norms: list[float] = []
    for back, gradient in enumerate(backward(weights, slopes, logits, target, residual)):
        norms.insert(0, float(np.linalg.norm(gradient)))
        if norms[0] > 0 and (back % every == 0 or back == arguments.depth - 1):
            yield Frame(back, back, {METRIC: math.log10(norms[0])}, series=name)
    return {
        "activation": activation,
        "residual": residual,
        "gradient": norms,  # the first layer's first
        "shrinks": norms[-1] / norms[0] if norms[0] > 0 else None,  # None: nothing at all arrives
        "slope": [float(slope.mean()) for slope in slopes],
    }


def fate(shrinks: float | None, lang: Lang, more: bool = False) -> str:
    """How the first layer's gradient compares with the last one's; `more`: the Korean sentence goes on."""
    if shrinks is None:
        return "zero" if lang == "en" else ("0이고" if more else "0이에요")
    if 1 / 1.05 < shrinks < 1.05:
        return "about the same" if lang == "en" else ("거의 같고" if more else "거의 같아요")
    factor = rounded(max(shrinks, 1 / shrinks), lang)
    if lang == "en":
        return f"{factor} times {'smaller' if shrinks > 1 else 'larger'}"
    if shrinks > 1:
        return f"{factor}배 {'작고' if more else '작아요'}"
    return f"{factor}배 {'크고' if more else '커요'}"


def _listed(nets: list[dict[str, Any]], lang: Lang) -> str:
    if lang == "en":
        parts = [f"{fate(net['shrinks'], lang)} with {net['activation']}" for net in nets]
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    last = len(nets) - 1
    return ", ".join(f"{n['activation']}에서 {fate(n['shrinks'], lang, i < last)}" for i, n in enumerate(nets))


def _text(nets: list[dict[str, Any]], depth: int, lang: Lang) -> str:
    told: list[str] = []
    for residual in (False, True):
        of = [net for net in nets if net["residual"] is residual]
        if of and lang == "en":
            kind = "with residual connections" if residual else "without residual connections"
            subject = f"In nets of {depth} layers {kind}, the gradient at the first layer, against that at the last, is"
            if told:
                subject = "With residual connections it is"
            told.append(f"{subject} {_listed(of, lang)}.")
        elif of:
            kind = "잔차 연결이 있으면" if residual else "잔차 연결이 없으면"
            subject = f"{depth}층짜리 신경망에 {kind}" if not told else kind
            told.append(f"{subject} 첫 층의 기울기는 마지막 층에 견줘 {_listed(of, lang)}.")
    return " ".join([*told, _lesson(nets, lang)])


def _lesson(nets: list[dict[str, Any]], lang: Lang) -> str:
    """What the net that shrinks the gradient most means for learning, and what shortcuts changed for it."""
    worst = max(nets, key=lambda net: net["shrinks"] or math.inf)
    name, lost = SHORTCUTS[worst["residual"]][lang].format(worst["activation"]), worst["shrinks"]
    if lost is not None and lost < 2:
        return (
            "A layer learns only from the signal that reaches it, and here it reaches the first layer of every net."
            if lang == "en"
            else "층은 자기에게 닿는 신호로만 배우는데, 여기서는 모든 신경망에서 신호가 첫 층까지 닿아요."
        )
    eased = any(
        net["residual"]
        and not worst["residual"]
        and net["activation"] == worst["activation"]
        and (net["shrinks"] or 2) < 2
        for net in nets
    )
    if lang == "en":
        share = f"only one part in {rounded(lost, lang)}" if lost else "nothing"
        told = f"A layer learns only from the signal that reaches it: at the first layer of the {name} net, {share}"
        told += " arrives of what the last layer gets" if lost else " arrives"
        return f"{told}, and the residual connections bring it through." if eased else f"{told}."
    share = f"마지막 층의 {rounded(lost, lang).strip()}분의 1만 닿아요" if lost else "아무것도 닿지 않아요"
    told = f"층은 자기에게 닿는 신호로만 배우는데, {name} 신경망의 첫 층에는 {share}."
    return told + (" 잔차 연결을 넣으면 신호가 첫 층까지 닿아요." if eased else "")


def charts(result: LabResult) -> list[Chart]:
    """The gradient's size by layer, the factors from last to first, and the slopes that were multiplied."""
    nets = result.record["nets"]
    named: list[tuple[Words, dict[str, Any]]] = [
        ({lang: name.format(net["activation"]) for lang, name in SHORTCUTS[net["residual"]].items()}, net)
        for net in nets
    ]
    measured = [(name, net) for name, net in named if net["shrinks"] is not None]
    listed: dict[Lang, str] = {
        lang: "; ".join(f"{name[lang]}: {fate(net['shrinks'], lang)}" for name, net in named) for lang in ("en", "ko")
    }
    layers = list(range(1, result.record["arguments"]["depth"] + 1))
    return [
        Chart(
            "line",
            {"en": "The gradient at each layer", "ko": "층마다 기울기의 크기"},
            {"en": "layer", "ko": "층"},
            {"en": "size of the gradient (log scale)", "ko": "기울기의 크기(로그 눈금)"},
            {
                "en": f"The gradient's size at layers 1 to {len(layers)}. The first against the last: {listed['en']}.",
                "ko": f"1층부터 {len(layers)}층까지 기울기의 크기. 마지막 층에 견준 첫 층: {listed['ko']}.",
            },
            [Line(name, layers, net["gradient"]) for name, net in measured],
            log_y=True,
        ),
        Chart(
            "bar",
            {"en": "How many times smaller the first layer's gradient is", "ko": "첫 층의 기울기는 몇 배 작은가"},
            {"en": "activation function", "ko": "활성화 함수"},
            {"en": "last layer / first layer (log scale)", "ko": "마지막 층 ÷ 첫 층(로그 눈금)"},
            {
                "en": f"The last layer's gradient divided by the first's. The first against the last: {listed['en']}.",
                "ko": f"마지막 층의 기울기를 첫 층의 것으로 나눈 값. 마지막 층에 견준 첫 층: {listed['ko']}.",
            },
            _bars(nets),
            log_y=True,
        ),
        _slopes(named, layers),
    ]


def _bars(nets: list[dict[str, Any]]) -> list[Line]:
    """A row of bars for the nets without shortcuts and one for those with them."""
    names: Mapping[bool, Words] = {
        False: {"en": "without residual connections", "ko": "잔차 연결 없음"},
        True: {"en": "with residual connections", "ko": "잔차 연결 있음"},
    }
    rows = []
    for residual, name in names.items():
        of = [net for net in nets if net["residual"] is residual and net["shrinks"] is not None]
        if of:
            rows.append(Line(name, [net["activation"] for net in of], [net["shrinks"] for net in of]))
    return rows


def _slopes(named: list[tuple[Words, dict[str, Any]]], layers: list[int]) -> Chart:
    """Of the nets without shortcuts, if there are any: there the slopes alone stand in the signal's way."""
    shown = [pair for pair in named if not pair[1]["residual"]] or named
    means = "; ".join(f"{net['activation']} {np.mean(net['slope']):.2f}" for _, net in shown)
    return Chart(
        "line",
        {"en": "The slope that each layer multiplies by", "ko": "층마다 곱해지는 활성화 함수의 경사"},
        {"en": "layer", "ko": "층"},
        {"en": "mean slope of the activation", "ko": "활성화 함수의 평균 경사"},
        {
            "en": f"The mean slope of the activation function at each layer. Over all layers: {means}.",
            "ko": f"층마다 활성화 함수의 평균 경사. 모든 층의 평균: {means}.",
        },
        [Line(name, layers, net["slope"]) for name, net in shown],
    )


def _kept(record: Mapping[str, Any], activation: str, residual: bool) -> float:
    """The first layer's gradient as a share of the last one's."""
    gradient = next(
        net["gradient"] for net in record["nets"] if (net["activation"], net["residual"]) == (activation, residual)
    )
    return gradient[0] / gradient[-1]


CLAIMS = (
    Claim(
        "In nets of 20 layers without residual connections, the share of the last layer's gradient that reaches the "
        "first is at least a billion times smaller with sigmoid than with ReLU.",
        lambda record: _kept(record, "ReLU", False) >= 1e9 * _kept(record, "sigmoid", False),
        at_least=99,
    ),
    Claim(
        "With residual connections, the first layer's gradient is at least half of the last one's for every "
        "activation function.",
        lambda record: all(_kept(record, activation, True) >= 0.5 for activation in ACTIVATIONS),
        at_least=99,
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Another depth, then both kinds of nets where one was measured; last, the same trouble over time."""
    given = result.record["arguments"]
    depth = 50 if given["depth"] < 50 else 5
    tries = [
        Experiment(
            {"en": f"Try it with {depth} layers", "ko": f"{depth}층으로 해 보기"}, NAME, {**given, "depth": depth}
        ),
        Experiment(
            {"en": "Compare with and without residual connections", "ko": "잔차 연결이 있을 때와 없을 때 견주기"},
            NAME,
            {**given, "residual": "both"},
        ),
        Experiment({"en": "See who forgets: RNN, LSTM or GRU", "ko": "RNN, LSTM, GRU 중 누가 잊는지 보기"}, "memory"),
    ]
    return [experiment for experiment in tries if experiment.arguments != given]
