"""The pictures of the lab backpropagation, from the record of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.labs.charts import Chart, Line, Words
from tutor.labs.mlp import sigmoid

Extent = tuple[float, float, float, float]  # x from, x to, y from, y to
EPOCH: Words = {"en": "epoch", "ko": "에폭"}


def _line(name: Words, weights: Sequence[float], extent: Extent) -> Line | None:
    """Where w1·x + w2·y + b = 0, far enough to cross the picture; None if it passes it by."""
    (w, b), (left, right, low, high) = np.split(np.array(weights), [2]), extent
    length, middle = float(np.linalg.norm(w)), np.array([(left + right) / 2, (low + high) / 2])
    reach = math.hypot(right - left, high - low)
    away = float(w @ middle + b[0])
    if not length or abs(away) > length * reach / 2:
        return None
    foot, along = middle - away / length**2 * w, np.array([-w[1], w[0]]) / length * reach
    ends = np.stack([foot - along, foot + along])
    return Line(name, ends[:, 0].tolist(), ends[:, 1].tolist())


def _clouds(found: Mapping[str, Any], at: Sequence[Sequence[float]]) -> list[Line]:
    """The points of class 0, blue, and those of class 1, orange; those of XOR with their inputs beside them."""
    lines = []
    for which in (0, 1):
        mine = [i for i, of in enumerate(found["classes"]) if of == which]
        labels = ["({:g}, {:g})".format(*found["inputs"][i]) for i in mine] if len(at) == 4 else []
        name: Words = {"en": f"class {which}", "ko": f"클래스 {which}"}
        lines.append(Line(name, [at[i][0] for i in mine], [at[i][1] for i in mine], labels))
    return lines


def plane(found: Mapping[str, Any], extent: Extent) -> Chart:
    """The regions, the points, and the lines on which the first layer's units are undecided."""
    count = len(found["classes"])
    units = found["units"] if len(found["units"]) <= 4 else []  # more lines than that are a thicket
    drawn = [_line({"en": f"unit {n}", "ko": f"유닛 {n}"}, unit, extent) for n, unit in enumerate(units, 1)]
    lines = [line for line in drawn if line]
    share = round(100 * float(np.mean(np.array(found["regions"]) > 0.5)))
    return Chart(
        "plane",
        {"en": "What the net makes of the plane", "ko": "신경망이 평면을 나눈 모습"},
        {"en": "input x1", "ko": "입력 x1"},
        {"en": "input x2", "ko": "입력 x2"},
        {
            "en": f"{count} points of two classes, {found['correct']} of them in a region of their own class; class 1 "
            f"is given {share}% of the plane. Lines of hidden units drawn through it: {len(lines)}.",
            "ko": f"두 클래스의 점 {count}개. 그중 {found['correct']}개가 제 클래스의 영역에 있고, 클래스 1의 영역은 "
            f"평면의 {share}%예요. 그어 놓은 은닉 유닛의 직선은 {len(lines)}개예요.",
        },
        _clouds(found, found["inputs"]),
        cells=found["regions"],
        boundaries=lines,
        extent=extent,
    )


def hidden(found: Mapping[str, Any]) -> Chart:
    """The points in the space of the last hidden layer, where the output draws a straight line."""
    at, (w1, w2, b) = np.array(found["hidden"]), found["output"]
    low, high = at.min(axis=0), at.max(axis=0)
    margin = np.maximum(0.15 * (high - low), 0.1)
    (left, lower), (right, upper) = (low - margin).tolist(), (high + margin).tolist()
    across, up = np.linspace(left, right, 31), np.linspace(lower, upper, 31)
    own = len(found["units"]) == 2 and w2 != 0
    line = _line({"en": "the output's line", "ko": "출력의 직선"}, found["output"], (left, right, lower, upper))
    count, correct = len(found["classes"]), found["correct"]
    return Chart(
        "plane",
        {"en": "The same points, as the hidden layer moves them", "ko": "은닉층이 옮겨 놓은 같은 점들"},
        {
            "en": "hidden unit 1" if own else "along the output's weights",
            "ko": "은닉 유닛 1" if own else "출력 가중치 방향",
        },
        {
            "en": "hidden unit 2" if own else "widest across them",
            "ko": "은닉 유닛 2" if own else "그와 직각으로 가장 넓은 방향",
        },
        {
            "en": f"The {count} points by the outputs of the last hidden layer: {correct} lie on their own side of the "
            f"output's straight line, {count - correct} on the other.",
            "ko": f"마지막 은닉층의 출력으로 나타낸 점 {count}개. {correct}개가 출력의 직선에서 제 쪽에, "
            f"{count - correct}개가 반대쪽에 있어요.",
        },
        _clouds(found, found["hidden"]),
        cells=sigmoid(w1 * across[None, :] + w2 * up[:, None] + b).round(3).tolist(),
        boundaries=[line] if line else [],
        extent=(left, right, lower, upper),
    )


def rates(found: Mapping[str, Any], units: Sequence[int]) -> Chart:
    """How many of the nets of each size solve it."""
    nets, solved = found["rates"]["nets"], found["rates"]["solved"]
    pairs = list(zip(units, solved, strict=True))
    return Chart(
        "bar",
        {"en": "How many starts succeed", "ko": "성공하는 시작점의 수"},
        {"en": "hidden units a layer (0: no hidden layer)", "ko": "층마다 은닉 유닛 수(0: 은닉층 없음)"},
        {"en": f"of {nets} nets, all points right", "ko": f"{nets}개 중 점을 모두 맞힌 신경망"},
        {
            "en": f"Of {nets} nets of each size, so many get all points right: "
            + ", ".join(f"{count} with {n}" for n, count in pairs)
            + " hidden units.",
            "ko": f"크기마다 신경망 {nets}개 중 점을 모두 맞힌 수: "
            + ", ".join(f"은닉 유닛 {n}개일 때 {count}개" for n, count in pairs)
            + ".",
        },
        [Line({"en": "nets", "ko": "신경망"}, [str(n) for n in units], solved)],
    )


def losses(found: Mapping[str, Any]) -> Chart:
    """The shown net's loss, and that of guessing."""
    epochs, values = zip(*found["curve"], strict=True)
    return Chart(
        "line",
        {"en": "The loss of this net", "ko": "이 신경망의 손실"},
        EPOCH,
        {"en": "loss (log scale)", "ko": "손실(로그 눈금)"},
        {
            "en": f"A curve of the loss over {epochs[-1]:,} epochs, from {values[0]:.2g} to {values[-1]:.2g}; guessing "
            f"costs {math.log(2):.2g}.",
            "ko": f"{epochs[-1]:,}에폭 동안의 손실 곡선. {values[0]:.2g}에서 {values[-1]:.2g}까지. "
            f"찍을 때의 손실은 {math.log(2):.2g}.",
        },
        [
            Line({"en": "loss", "ko": "손실"}, epochs, values),
            Line({"en": "guessing", "ko": "찍기"}, [epochs[0], epochs[-1]], [math.log(2)] * 2),
        ],
        log_y=True,
    )
