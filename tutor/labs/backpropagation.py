"""A hidden layer, trained by backpropagation, makes points separable that no line parts; how often that succeeds.

D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors", Nature 323 (1986);
its gradients and its momentum are in net_stack.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs import point_pictures
from tutor.labs.charts import Chart, Words, finished
from tutor.labs.mlp import sigmoid
from tutor.labs.net_stack import Stack, forward, initialise
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.point_nets import LIMITS, points_of, train, turn
from tutor.types import Frame, LabResult

NAME = "backpropagation"
TITLE: Words = {"en": "Backpropagation: what a hidden layer learns", "ko": "역전파: 은닉층이 배우는 것"}
SUMMARY: Words = {
    "en": "A small net learns to part points that no straight line can part; see how its hidden layer does it.",
    "ko": "작은 신경망이 직선 하나로는 나눌 수 없는 점을 나누는 법을 배우고, 은닉층이 그 일을 어떻게 하는지 보여 줘요.",
}
ASKED = (
    r"back[- ]?prop|multi[- ]?layer(ed)? (perceptron|net|neural)|\bmlps?\b|hidden (layer|unit)s? (sees?|learns?)|"
    r"\b(circles|spirals?)\b|(?<![A-Za-z])mlp(?![A-Za-z])|"
    r"역전파|백프로파게이션|백\s?프롭|다층\s?(퍼셉트론|신경망)|은닉\s?(층|유닛)이 (보는|배우는)|나선|동심원"
)
STORY: Words = {"en": "how a hidden layer solves XOR backpropagation", "ko": "은닉층이 XOR를 푸는 방법 역전파"}
METRIC = "loss"
METRIC_NAME: Words = {"en": "loss", "ko": "손실"}
EPOCH_NAME: Words = {"en": "epoch", "ko": "에폭"}
LABELS: Mapping[str, Words] = {
    "points": {"en": "Points", "ko": "점"},
    "hidden_units": {"en": "Hidden units", "ko": "은닉 유닛"},
    "layers": {"en": "Hidden layers", "ko": "은닉층 수"},
    "activation": {"en": "Activation", "ko": "활성화 함수"},
    "learning_rate": {"en": "Learning rate", "ko": "학습률"},
    "seed": {"en": "Seed", "ko": "시드"},
    "xor": {"en": "XOR", "ko": "XOR"},
    "circles": {"en": "circles", "ko": "동심원"},
    "spirals": {"en": "spirals", "ko": "나선"},
    "sigmoid": {"en": "sigmoid", "ko": "시그모이드"},
    "tanh": {"en": "tanh", "ko": "tanh"},
    "relu": {"en": "ReLU", "ko": "ReLU"},
}

UNITS = (0, 1, 2, 3, 4, 8, 16)  # of the nets that are counted; 0 is no hidden layer
NETS = {"xor": 100, "circles": 20, "spirals": 10}  # that are counted, of each size
TOLD = {"xor": (1, 2, 3, 8), "circles": (1, 2, 3, 8), "spirals": (2, 4, 8, 16)}  # sizes that the text tells of
SIDE = 61  # points along a side of the regions
SPOKEN: Mapping[str, Words] = {
    "xor": {"en": "XOR", "ko": "XOR"},
    "circles": {"en": "the circles", "ko": "동심원 문제"},
    "spirals": {"en": "the spirals", "ko": "나선 문제"},
}


class Arguments(BaseModel):
    """Train a multilayer perceptron by backpropagation on XOR, circles or spirals; count how many starts succeed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    points: Literal["xor", "circles", "spirals"] = Field("xor", description="the points of two classes to be parted")
    hidden_units: int = Field(4, ge=1, le=64, description="units in each hidden layer")
    layers: int = Field(1, ge=1, le=2, description="hidden layers; the spirals are easier with two")
    activation: Literal["sigmoid", "tanh", "relu"] = Field("tanh", description="what a hidden unit makes of its sum")
    learning_rate: float = Field(0.3, ge=0.01, le=20, allow_inf_nan=False, description="how long a step of descent is")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the points and of the starting weights")


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Train the net of the seed; then, of every size in UNITS, nets from this and the seeds that follow it."""
    started, first, kind = time.perf_counter(), arguments.seed, arguments.points
    how = (kind, first, arguments.activation, arguments.learning_rate)
    sizes = {units: [2, *[units] * (arguments.layers if units else 0), 1] for units in range(65)}
    nets = initialise([first], sizes[arguments.hidden_units])
    shown = yield from train(nets, *how, f"{arguments.hidden_units} units, seed {first}")
    seeds = range(first, first + NETS[kind])
    rates: dict[str, Any] = {"nets": len(seeds), "solved": [], "best": []}
    x, target = points_of(kind, first)
    for units in UNITS:
        several = yield from train(initialise(seeds, sizes[units]), *how, f"{units} units, {len(seeds)} seeds")
        rates["solved"].append(int((several["correct"] == len(x)).sum()))
        rates["best"].append(int(several["correct"].max()))
    found = {
        "inputs": x.round(4).tolist(),
        "classes": target[:, 0].astype(int).tolist(),
        "correct": int(shown["correct"][0]),
        **{key: shown[key] for key in ("epochs", "curve", "ran_away")},
        "rates": rates,
        **_seen(shown["nets"], x, arguments),
    }
    text: Words = {"en": _english(found, arguments), "ko": _korean(found, arguments)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _seen(nets: Stack, x: np.ndarray, arguments: Arguments) -> dict[str, Any]:
    """The regions, the lines on which the first hidden units are undecided, and the points as the output sees them."""
    axis = np.linspace(*LIMITS[arguments.points], SIDE)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    regions = sigmoid(forward(nets, grid, arguments.activation)[-1]).reshape(SIDE, SIDE)
    hidden, weights = turn(forward(nets, x, arguments.activation)[-2][0], nets[-1][0][0, :, 0])
    return {
        "regions": regions.round(3).tolist(),
        "units": np.vstack([nets[0][0][0], nets[0][1][0]]).T.tolist(),  # w1, w2 and b of each
        "hidden": hidden.tolist(),
        "output": [*weights.tolist(), float(nets[-1][1][0, 0, 0])],
    }


# ---- in words ------------------------------------------------------------------------------------
def _fate(found: Mapping[str, Any]) -> str:
    """How the shown net ended: "solved", "ran away", "rose", "stuck" or "falling"."""
    curve = [loss for _, loss in found["curve"]]
    if found["ran_away"]:
        return "ran away"
    if found["correct"] == len(found["classes"]):
        return "solved"
    if curve[-1] > curve[0]:
        return "rose"
    return "stuck" if curve[-2] - curve[-1] < 0.01 * curve[-1] else "falling"


def _chances(rates: Mapping[str, Any]) -> tuple[str, int]:
    """Whether "none" of the nets solved it, in some sizes only "some", or "all" or none; the least units for all."""
    always = [units for units, solved in zip(UNITS, rates["solved"], strict=True) if solved == rates["nets"]]
    if not any(rates["solved"]):
        return "none", 0
    return ("some" if any(0 < n < rates["nets"] for n in rates["solved"]) else "all"), min(always, default=0)


def _told(found: Mapping[str, Any], kind: str) -> list[tuple[int, int]]:
    """How many nets solved it, and with how many units."""
    return [(found["rates"]["solved"][UNITS.index(units)], units) for units in TOLD[kind]]


def _english(found: Mapping[str, Any], arguments: Arguments) -> str:
    rates, fate, count, right = found["rates"], _fate(found), len(found["classes"]), found["correct"]
    loss, rate, after = found["curve"][-1][1], arguments.learning_rate, f"after {found['epochs']:,} epochs"
    layers = f"{arguments.layers} layers of " if arguments.layers > 1 else ""
    net = f"with {layers}{arguments.hidden_units} hidden unit{'s' * (arguments.hidden_units > 1)}"
    first = {
        "solved": f"The net {net} gets all {count} points right {after}",
        "ran away": f"The numbers of the net {net} run away {after}: at a learning rate of {rate:g} it oversteps",
        "rose": f"The net {net} gets {right} of {count} points right {after}, with a loss that rose from "
        f"{found['curve'][0][1]:.2f} to {loss:.2f}: at a learning rate of {rate:g} its steps overshoot",
        "stuck": f"The net {net} is stuck {after}: {right} of {count} points right, and the loss stays at {loss:.2f}",
        "falling": f"The net {net} gets {right} of {count} points right {after}, its loss of {loss:.2f} still falling",
    }[fate]
    seen = "The hidden layer has moved the points to where one straight line parts them."
    unseen = (
        f"Even where the hidden layer has moved the points, the output's straight line leaves {count - right} wrong."
    )
    told = [f"{solved} with {units}" for solved, units in _told(found, arguments.points)]
    chance, enough = _chances(rates)
    last = {
        "none": "So backpropagation is no guarantee: with these settings, no start led to a solution",
        "some": "So the errors sent back find hidden units that nobody designed, but not from every start; how often "
        "depends on the number of units",
        "all": f"So the errors sent back find hidden units that nobody designed, here from every start with {enough}",
    }[chance]
    return (
        f"{first}; the best of {rates['nets']} nets without a hidden layer gets {rates['best'][0]}. "
        f"{seen if fate == 'solved' else unseen} Of {rates['nets']} nets of each size, {', '.join(told[:-1])} and "
        f"{told[-1]} hidden units{' a layer' * bool(layers)} solve {SPOKEN[arguments.points]['en']}. {last}."
    )


def _korean(found: Mapping[str, Any], arguments: Arguments) -> str:
    rates, fate, count, right = found["rates"], _fate(found), len(found["classes"]), found["correct"]
    loss, rate, after = found["curve"][-1][1], arguments.learning_rate, f"{found['epochs']:,}에폭"
    layers = f"{arguments.layers}층에 각각 " if arguments.layers > 1 else ""
    net = f"은닉 유닛이 {layers}{arguments.hidden_units}개인 신경망은"
    first = {
        "solved": f"{net} {after} 만에 점 {count}개를 모두 맞혔어요",
        "ran away": f"{net} {after} 만에 값이 발산했어요. 학습률 {rate:g}에서는 한 걸음이 너무 커요",
        "rose": f"{net} {after} 뒤에 점 {count}개 중 {right}개를 맞히고, 손실은 {found['curve'][0][1]:.2f}에서 "
        f"{loss:.2f}까지 오히려 커졌어요. 학습률 {rate:g}에서는 한 걸음이 너무 커요",
        "stuck": f"{net} {after} 뒤에도 점 {count}개 중 {right}개만 맞히고, 손실 {loss:.2f}에서 막혔어요",
        "falling": f"{net} {after} 뒤에 점 {count}개 중 {right}개를 맞히고, 손실 {loss:.2f}에서 아직 줄고 있어요",
    }[fate]
    seen = "은닉층이 점들을 직선 하나로 나뉘는 자리로 옮겨 놓은 거예요."
    unseen = f"은닉층이 옮겨 놓은 점들에서도 출력의 직선은 {count - right}개를 틀려요."
    told = ", ".join(f"{units}개일 때 {solved}개" for solved, units in _told(found, arguments.points))
    chance, enough = _chances(rates)
    last = {
        "none": "그러니 역전파가 늘 성공하는 것은 아니에요. 이 설정으로는 어느 시작점에서도 풀지 못했어요",
        "some": "그러니 되돌려 보낸 오차는 아무도 설계하지 않은 은닉 유닛을 찾아내지만 어느 시작점에서나 그런 것은 "
        "아니고, 얼마나 자주 찾는지는 유닛 수에 달려 있어요",
        "all": f"그러니 되돌려 보낸 오차는 아무도 설계하지 않은 은닉 유닛을 찾아내고, 여기서는 유닛이 {enough}개면 "
        "어느 시작점에서나 찾아내요",
    }[chance]
    return (
        f"{first}. 은닉층이 없는 신경망 {rates['nets']}개 중 가장 나은 것은 {rates['best'][0]}개를 맞혀요. "
        f"{seen if fate == 'solved' else unseen} 크기마다 신경망 {rates['nets']}개를 학습시키면 "
        f"{SPOKEN[arguments.points]['ko']}를 푼 신경망은 은닉 유닛이 "
        f"{'층마다 ' * bool(layers)}{told}예요. {last}."
    )


def charts(result: LabResult) -> list[Chart]:
    """The regions, the points as the hidden layer moves them, how many starts succeed, and the loss."""
    found, limits = result.record, LIMITS[result.arguments["points"]]
    return [
        point_pictures.plane(found, (*limits, *limits)),
        point_pictures.hidden(found),
        point_pictures.rates(found, UNITS),
        point_pictures.losses(found),
    ]


# ---- what it claims, and what comes next ---------------------------------------------------------
def _solved(record: Mapping[str, Any]) -> bool:
    return bool(record["correct"] == len(record["classes"]))


def _more_units_more_luck(record: Mapping[str, Any]) -> bool:
    share = {units: n / record["rates"]["nets"] for units, n in zip(UNITS, record["rates"]["solved"], strict=True)}
    return bool(share[0] == share[1] == 0 < share[2] < 0.75 and share[8] >= 0.99)


CLAIMS: tuple[Claim, ...] = (
    Claim("A net with four hidden units learns XOR.", _solved, 99),
    Claim(
        "Of 100 nets none learns XOR with fewer than two hidden units, under 75 do with two, at least 99 with eight.",
        _more_units_more_luck,
        99,
    ),
    Claim(
        "A net with eight hidden units parts a disc from the ring around it.",
        _solved,
        99,
        {"points": "circles", "hidden_units": 8},
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """A smaller rate after steps that overshot, another number of units, then harder points or a deeper question."""
    found, given = result.record, dict(result.arguments)
    kind, units, rate, fate = given["points"], given["hidden_units"], given["learning_rate"], _fate(found)
    tried: list[tuple[Words, dict[str, Any]]] = []
    if fate in ("ran away", "rose"):
        less = max(0.01, float(f"{rate / 10:.2g}"))
        words: Words = {"en": f"Try a learning rate of {less:g}", "ko": f"학습률 {less:g}로 해 보기"}
        tried.append((words, {**given, "learning_rate": less}))
    fewer, enough = (4, 16) if kind == "spirals" else (2, 8)
    other = fewer if fate == "solved" else enough
    layers = 2 if kind == "spirals" else given["layers"]
    if fate != "solved" and units >= other:
        other = min(64, 2 * units)
    words = {"en": f"Try it with {other} hidden units", "ko": f"은닉 유닛 {other}개로 해 보기"}
    if layers != given["layers"]:
        words = {"en": f"Try two layers of {other} units", "ko": f"유닛 {other}개짜리 은닉층 2개로 해 보기"}
    tried.append((words, {**given, "hidden_units": other, "layers": layers}))
    if kind == "xor":
        words = {"en": "Part a disc from a ring", "ko": "원판과 고리를 나눠 보기"}
        tried.append((words, {"points": "circles", "hidden_units": 3}))
    elif kind == "circles":
        words = {"en": "Part two spirals", "ko": "두 나선을 나눠 보기"}
        tried.append((words, {"points": "spirals", "hidden_units": 16, "layers": 2}))
    chosen = [Experiment(words, NAME, new) for words, new in tried if Arguments(**new) != Arguments(**given)]
    deeper: Words = {
        "en": "How far back do errors reach in a deep net?",
        "ko": "깊은 신경망에서 오차는 어디까지 닿을까?",
    }
    return [*chosen, Experiment(deeper, "vanishing_gradient")][:3]
