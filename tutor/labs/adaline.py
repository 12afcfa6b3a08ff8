"""Two rules for a line between points: Rosenblatt's corrects mistakes, the delta rule reduces a squared error.

F. Rosenblatt (1958); B. Widrow and M. Hoff, "Adaptive switching circuits" (1960). The rules are in line_rules.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tutor.labs import adaline_report as report
from tutor.labs import line_rules, point_sets
from tutor.labs.adaline_charts import course, learning_rates, plane
from tutor.labs.charts import Chart, Words, finished
from tutor.labs.gates import epochs_to_show
from tutor.labs.outcome import Claim, Experiment
from tutor.types import Frame, LabResult

NAME = "adaline"
TITLE: Words = {"en": "ADALINE's delta rule beside Rosenblatt's", "ko": "아달라인의 델타 규칙과 로젠블랫의 규칙"}
SUMMARY: Words = {
    "en": "Two rules draw a line between two classes of points: one stops at the first line without a mistake, the "
    "other is regression and settles where the squared error is least.",
    "ko": "두 규칙이 두 클래스의 점 사이에 직선을 그어요. 하나는 틀린 점이 없는 첫 직선에서 멈추고, 다른 하나는 "
    "회귀라서 제곱 오차가 가장 작은 곳에 자리 잡아요.",
}
ASKED = (
    r"\b(m?adalines?|widrow|delta rule|lms)\b|least[- ]mean[- ]squares?|\bhyper-?planes?\b"
    r"|linear(ly)? separab|separating lines?"
    r"|마?아달라인|마달라인|아달린|아델라인|위드로|델타\s*(규칙|룰)|초평면|선형\s*분리|(?<![A-Za-z])adaline(?![A-Za-z])"
)
STORY: Words = {"en": "ADALINE and the delta rule", "ko": "아달라인과 델타 규칙"}
METRIC = "wrong"
METRIC_NAME: Words = {"en": "share of points wrong", "ko": "틀린 점의 비율"}
EPOCH_NAME: Words = {"en": "epoch", "ko": "에폭"}
LABELS: Mapping[str, Words] = {
    "points": {"en": "Points", "ko": "점 무리"},
    "drawn": {"en": "Your own points", "ko": "내가 찍은 점"},
    "learning_rate": {"en": "Learning rate", "ko": "학습률"},
    "epochs": {"en": "Epochs", "ko": "에폭 수"},
    "lines": {"en": "Random starts overlaid", "ko": "겹쳐 그릴 무작위 시작 수"},
    "seed": {"en": "Seed", "ko": "시드"},
    "separable": {"en": "separable", "ko": "나눌 수 있는 점"},
    "overlapping": {"en": "overlapping", "ko": "겹치는 점"},
    "xor": {"en": "like XOR", "ko": "XOR처럼 놓인 점"},
    "circles": {"en": "a disc in a ring", "ko": "고리 안에 든 원"},
}

SETTLED = 0.001  # the delta rule is at rest once its mean squared error is this close to the least; targets are ±1
RUNAWAY = 1e6  # a mean squared error at which it is stopped
# Powers of two: scaling by them is exact, so that "the same line" is a comparison bit by bit.
SWEEP = tuple(2.0**power for power in range(-8, 4))
SWEEP_EPOCHS = 500
EPOCHS_PER_FRAME = 50  # of the sweep, some 0.1 s


class Arguments(BaseModel):
    """Rosenblatt's rule and ADALINE's delta rule each draw lines between two classes of points on a plane."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    points: Literal["separable", "overlapping", "xor", "circles"] = Field(
        "separable", description="How the points of the two classes lie."
    )
    drawn: str = Field(
        "",
        max_length=4000,
        description="Points of the learner's own instead, such as 0.1 0.2 a; 0.8 0.9 b (x, y from 0 to 1, class).",
        json_schema_extra={"pattern": point_sets.PATTERN, "format": "points"},
    )
    learning_rate: float = Field(0.5, gt=0, le=10, allow_inf_nan=False, description="Step size of both rules.")
    epochs: int = Field(200, ge=1, le=500, description="Most passes over the points.")
    lines: int = Field(8, ge=1, le=8, description="Random starts of each rule, overlaid.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of the points, the starts and the order of the points.")

    @field_validator("drawn")
    @classmethod
    def _well_drawn(cls, drawn: str) -> str:
        if drawn:
            point_sets.parse(drawn)
        return drawn


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Frames of the series "Rosenblatt" and "delta rule" tell of the first start."""
    started = time.perf_counter()
    drawn = point_sets.parse(arguments.drawn) if arguments.drawn else None
    points, t = drawn or point_sets.generate(arguments.points, arguments.seed)
    x = line_rules.inputs(points)
    least = line_rules.least_squares(x, t)
    starts = np.array([_start(arguments.seed, i) for i in range(arguments.lines)])
    loss = float(line_rules.squared_error(least[None], x, t)[0])
    rosenblatt = yield from _rosenblatt(arguments, starts, x, t)
    delta = yield from _delta(arguments, starts, x, t, loss)
    sweep = yield from _sweep(arguments.seed, x, t, loss)
    found = {
        "set": "drawn" if drawn else arguments.points,
        "points": points.tolist(),
        "classes": t.astype(int).tolist(),
        "separable": point_sets.separable(points, t),
        "largest_rate": line_rules.largest_rate(x),
        "least_squares": {
            "weights": least.tolist(),
            "loss": loss,
            "wrong": int(line_rules.wrong(least[None], x, t)[0]),
            "unique": bool(np.linalg.matrix_rank(x) == 3),
        },
        "rosenblatt": rosenblatt,
        "delta": delta,
        "sweep": sweep,
    }
    given = arguments.model_dump()
    text: Words = {"en": report.english(given, found), "ko": report.korean(given, found)}
    return finished(NAME, given, found, text, time.perf_counter() - started)


def _start(seed: int, i: int) -> np.ndarray:
    return np.random.default_rng([seed, 1, i]).uniform(-line_rules.START, line_rules.START, 3)


def _lines(W: np.ndarray, x: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    """What both rules are told of: where the lines ended, how many points they get wrong, how far apart they are."""
    return {
        "weights": W.tolist(),
        "wrong": line_rules.wrong(W, x, t).tolist(),
        "angle": line_rules.angle_apart(W),
        "apart": line_rules.plane_apart(W),
    }


def _rosenblatt(
    arguments: Arguments, W: np.ndarray, x: np.ndarray, t: np.ndarray
) -> Generator[Frame, None, dict[str, Any]]:
    """Each start has an order of its own, shuffled each epoch; ends when every start had an epoch without error."""
    orders = [np.random.default_rng([arguments.seed, 2, i]) for i in range(len(W))]
    shown, ended = epochs_to_show(arguments.epochs), np.zeros(len(W), int)
    course = [float(line_rules.wrong(W[:1], x, t)[0]) / len(t)]
    yield Frame(0, 0, {METRIC: course[0]}, series="Rosenblatt")
    for epoch in range(1, arguments.epochs + 1):
        order = np.array([rng.permutation(len(t)) for rng in orders])
        W, corrections = line_rules.rosenblatt_epoch(W, x, t, order, arguments.learning_rate)
        ended[(corrections == 0) & (ended == 0)] = epoch
        if ended[0] in (0, epoch):
            course.append(float(line_rules.wrong(W[:1], x, t)[0]) / len(t))
        if epoch in shown or epoch == arguments.epochs or ended.all():
            yield Frame(epoch, epoch, {METRIC: course[-1]}, series="Rosenblatt")
        if ended.all():
            break
    return {**_lines(W, x, t), "ended": [int(epoch) or None for epoch in ended], "course": course}


def _delta(
    arguments: Arguments, W: np.ndarray, x: np.ndarray, t: np.ndarray, least: float
) -> Generator[Frame, None, dict[str, Any]]:
    """Goes on to the last epoch, unless the squared error runs away."""
    shown, course, losses = epochs_to_show(arguments.epochs), [], []
    ran_away = None
    for epoch in range(arguments.epochs + 1):
        W = line_rules.delta_epoch(W, x, t, arguments.learning_rate) if epoch else W
        loss = line_rules.squared_error(W, x, t)
        course.append(float(line_rules.wrong(W[:1], x, t)[0]) / len(t))
        losses.append(float(loss[0]))
        ran_away = epoch if loss.max() > RUNAWAY else None
        if epoch == 0 or epoch in shown or epoch == arguments.epochs or ran_away:
            yield Frame(epoch, epoch, {METRIC: course[-1], "squared error": losses[-1]}, series="delta rule")
        if ran_away:
            break
    return {
        **_lines(W, x, t),
        "loss": loss.tolist(),
        "settled": bool(loss.max() <= least + SETTLED),
        "ran_away": ran_away,
        "course": course,
        "loss_course": losses,
    }


def _sweep(seed: int, x: np.ndarray, t: np.ndarray, least: float) -> Generator[Frame, None, dict[str, Any]]:
    """After how many epochs each rule is at rest at each learning rate of SWEEP; None where it isn't, in SWEEP_EPOCHS.

    Rosenblatt's from zero weights and from the first random start, in the same order of the points at every rate; the
    delta rule from that start. Its squared error is followed until it runs away.
    """
    rates = np.array(SWEEP)[:, None]
    start = np.tile(_start(seed, 0), (len(rates), 1))
    rng = np.random.default_rng([seed, 3])
    W, V = np.vstack([0 * start, start]), start
    ended, settled, ran_away = np.zeros(len(W), int), np.zeros(len(V), int), np.zeros(len(V), bool)
    for epoch in range(1, SWEEP_EPOCHS + 1):
        if not ended.all():
            order = np.tile(rng.permutation(len(t)), (len(W), 1))
            W, corrections = line_rules.rosenblatt_epoch(W, x, t, order, np.vstack([rates, rates]))
            ended[(corrections == 0) & (ended == 0)] = epoch
        V = line_rules.delta_epoch(V, x, t, np.where(ran_away[:, None], 0, rates))
        loss = line_rules.squared_error(V, x, t)
        settled[(loss <= least + SETTLED) & (settled == 0)] = epoch
        ran_away |= loss > RUNAWAY
        if epoch % EPOCHS_PER_FRAME == 0:
            yield Frame(epoch, epoch, {"rates at rest": float((settled > 0).sum())}, series="learning rates")
    zero, random = ended[: len(rates)], ended[len(rates) :]
    return {
        "epochs": SWEEP_EPOCHS,
        "rates": list(SWEEP),
        "zero": [int(epoch) or None for epoch in zero],
        "random": [int(epoch) or None for epoch in random],
        "delta": [int(epoch) or None for epoch in settled],
        "ran_away": ran_away.tolist(),
        "zero_lines": len(np.unique(W[: len(rates)] / rates, axis=0)),
    }


def charts(result: LabResult) -> list[Chart]:
    """The plane with both rules' lines, the course of the first start, and what the learning rate does."""
    return [plane(result.record), course(result.record), learning_rates(result.record)]


def _ended(record: Mapping[str, Any]) -> bool:
    rule = record["rosenblatt"]
    return bool(record["separable"] and all(rule["ended"]) and not any(rule["wrong"]))


def _one_line(record: Mapping[str, Any]) -> bool:
    return bool(record["delta"]["angle"] < report.SAME < 1 < record["rosenblatt"]["angle"])


def _no_line(record: Mapping[str, Any]) -> bool:
    tried = [*record["rosenblatt"]["wrong"], *record["delta"]["wrong"]]
    return not record["separable"] and min(tried) >= len(record["points"]) / 4


CLAIMS: tuple[Claim, ...] = (
    Claim("On separable points Rosenblatt's rule ends without an error, from each of 8 random starts.", _ended, 99),
    Claim(
        "From those starts the delta rule's lines end within 0.5 degrees, Rosenblatt's more than 1 degree apart.",
        _one_line,
        99,
    ),
    Claim(
        "No line separates points that lie like XOR; all lines of both rules get at least a quarter of them wrong.",
        _no_line,
        99,
        {"points": "xor"},
    ),
)
_NEXT: Mapping[str, tuple[str, Words]] = {  # after each set
    "separable": ("overlapping", {"en": "Try it with overlapping points", "ko": "겹치는 점으로 해 보기"}),
    "overlapping": ("xor", {"en": "Try it with points like XOR", "ko": "XOR처럼 놓인 점으로 해 보기"}),
    "xor": ("circles", {"en": "Try it with a disc in a ring", "ko": "고리 안에 든 원으로 해 보기"}),
    "circles": ("separable", {"en": "Try it with separable points", "ko": "나눌 수 있는 점으로 해 보기"}),
    "drawn": ("xor", {"en": "Try it with points like XOR", "ko": "XOR처럼 놓인 점으로 해 보기"}),
}
_BEYOND = (
    Experiment({"en": "Give XOR a hidden layer", "ko": "XOR에 은닉층 붙여 보기"}, "train_perceptron", {"gate": "xor"}),
    Experiment({"en": "From the delta rule to backpropagation", "ko": "델타 규칙에서 역전파로"}, "backpropagation"),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """What this run's numbers suggest, other points or a learning rate beyond the limit, and last another lab."""
    given, found = result.arguments, result.record
    rate, limit = given["learning_rate"], found["largest_rate"]

    def again(words: Words, **changed: Any) -> Experiment:
        return Experiment(words, NAME, {**given, **changed})

    def at(new: float) -> Experiment:
        return again(
            {"en": f"Try it with learning rate {new:g}", "ko": f"학습률 {new:g}에서 해 보기"}, learning_rate=new
        )

    tried = []
    settled = found["delta"]["settled"]
    if rate >= limit or (not settled and rate < limit / 8):
        tried.append(at(round(limit / 4, 1)))
    elif not settled and given["epochs"] < 500:
        tried.append(again({"en": "Try it with 500 epochs", "ko": "500에폭으로 해 보기"}, epochs=500))
    if given["lines"] == 1:
        tried.append(again({"en": "Overlay 8 random starts", "ko": "무작위 시작 8개를 겹쳐 보기"}, lines=8))
    points, words = _NEXT[found["set"]]
    tried.append(again(words, points=points, drawn=""))
    if rate < limit:
        tried.append(at(round(1.2 * limit, 1)))
    return [*tried[:2], _BEYOND[found["separable"]]]
