"""The pictures of the lab adaline, all computed from the run."""

from __future__ import annotations

import numpy as np

from tutor.labs.adaline_report import DELTA, ROSENBLATT, Found, degrees, span
from tutor.labs.charts import Chart, Line, Words
from tutor.labs.line_rules import across
from tutor.types import Lang

HIGHEST = 4.0  # of the squared error's curve


def plane(found: Found) -> Chart:
    """The points, and the lines that both rules end on from every start."""
    points, classes = np.array(found["points"]), np.array(found["classes"])
    clouds = []
    for letter, side in (("a", -1), ("b", 1)):
        of = points[classes == side]
        clouds.append(Line({"en": f"class {letter}", "ko": f"클래스 {letter}"}, of[:, 0].tolist(), of[:, 1].tolist()))
    boundaries, seen = [], []
    for key, name in (("rosenblatt", ROSENBLATT), ("delta", DELTA)):
        ends = [across(np.array(w)) for w in found[key]["weights"]]
        boundaries.append(_overlaid(name, [end for end in ends if end[0]]))
        seen.append((sum(bool(end[0]) for end in ends), degrees(found[key]["angle"])))
    (r, r_angle), (d, d_angle) = seen
    a, b, of = len(clouds[0].x), len(clouds[1].x), len(found["delta"]["weights"])
    return Chart(
        "plane",
        {"en": "The lines that both rules end on", "ko": "두 규칙이 도착한 직선"},
        {"en": "x1", "ko": "x1"},
        {"en": "x2", "ko": "x2"},
        {
            "en": f"{a} points of class a and {b} of class b. Of {of} starts, {r} lines by Rosenblatt's rule cross the "
            f"picture, up to {r_angle} degrees apart, and {d} by the delta rule, up to {d_angle} degrees apart.",
            "ko": f"클래스 a의 점 {a}개와 b의 점 {b}개. 시작 {of}개 가운데 그림을 지나는 직선은 로젠블랫의 규칙 {r}개"
            f"(많게는 {r_angle}도 차이), 델타 규칙 {d}개(많게는 {d_angle}도 차이).",
        },
        clouds,
        boundaries=[line for line in boundaries if len(line.x)],
        extent=(-0.03, 1.03, -0.03, 1.03),
    )


def _overlaid(name: Words, ends: list[tuple[list[float], list[float]]]) -> Line:
    """Several straight lines as one, so that they share a colour and a name: with gaps (NaN) in between."""
    gap = [float("nan")]
    x = [value for xs, _ in ends for value in [*gap, *xs]][1:]
    y = [value for _, ys in ends for value in [*gap, *ys]][1:]
    return Line(name, x, y)


def course(found: Found) -> Chart:
    """The share of wrong points of both rules by epoch, and the squared error of the delta rule."""
    rosenblatt, delta = found["rosenblatt"]["course"], found["delta"]["course"]
    losses = found["delta"]["loss_course"]
    drawn = [(epoch, loss) for epoch, loss in enumerate(losses) if loss <= HIGHEST]
    wrong: Words = {"en": "share wrong", "ko": "틀린 비율"}
    of = [(ROSENBLATT, rosenblatt), (DELTA, delta)]
    lines = [
        Line({"en": f"{n['en']}: {wrong['en']}", "ko": f"{n['ko']}: {wrong['ko']}"}, range(len(c)), c) for n, c in of
    ]
    squared: Words = {"en": "delta rule: mean squared error", "ko": "델타 규칙: 평균 제곱 오차"}
    told, told_delta = (f"{c[0]:.2f} → {c[-1]:.2f} ({len(c) - 1})" for c in (rosenblatt, delta))
    told_loss = f"{losses[0]:.2f} → {losses[-1]:,.2f}"
    return Chart(
        "line",
        {"en": "Mistakes and squared error by epoch, first start", "ko": "에폭별 오류와 제곱 오차(첫 시작)"},
        {"en": "epoch", "ko": "에폭"},
        {"en": "share wrong; squared error", "ko": "틀린 비율, 제곱 오차"},
        {
            "en": f"Share of points wrong, first to last (epochs): Rosenblatt's rule {told}, delta rule {told_delta}. "
            f"Mean squared error of the delta rule: {told_loss}.",
            "ko": f"틀린 점의 비율, 처음부터 끝(괄호 안은 에폭): 로젠블랫의 규칙 {told}, 델타 규칙 {told_delta}. "
            f"델타 규칙의 평균 제곱 오차: {told_loss}.",
        },
        [*lines, Line(squared, [epoch for epoch, _ in drawn], [loss for _, loss in drawn])],
    )


def learning_rates(found: Found) -> Chart:
    """After how many epochs each rule is at rest, by learning rate, and the limit of the delta rule."""
    sweep, limit = found["sweep"], found["largest_rate"]
    names: list[tuple[str, Words]] = [
        ("zero", {"en": "Rosenblatt's rule from weights of 0", "ko": "로젠블랫의 규칙, 가중치 0에서"}),
        ("random", {"en": "Rosenblatt's rule from a random start", "ko": "로젠블랫의 규칙, 무작위 시작에서"}),
        ("delta", DELTA),
    ]
    lines = []
    told: dict[Lang, list[str]] = {"en": [], "ko": []}
    for key, name in names:
        at = [(rate, epochs) for rate, epochs in zip(sweep["rates"], sweep[key], strict=True) if epochs]
        if at:
            lines.append(Line(name, [rate for rate, _ in at], [epochs for _, epochs in at]))
        epochs = span([epochs for _, epochs in at], "–") if at else ""
        told["en"].append(f"{name['en']}: {epochs or 'never'}")
        told["ko"].append(f"{name['ko']}: {epochs or '멈추지 않음'}")
    highest = max((max(line.y) for line in lines), default=10)
    lines.append(
        Line({"en": "limit 2/λmax of the delta rule", "ko": "델타 규칙의 한계 2/λmax"}, [limit, limit], [1, highest])
    )
    rates, ran = len(sweep["rates"]), sum(sweep["ran_away"])
    return Chart(
        "line",
        {"en": "The learning rate: epochs until the rule is at rest", "ko": "학습률: 규칙이 멈출 때까지 걸린 에폭"},
        {"en": "learning rate (log scale)", "ko": "학습률(로그 눈금)"},
        {"en": "epochs (log scale)", "ko": "에폭(로그 눈금)"},
        {
            "en": f"Epochs until at rest over {rates} learning rates. {'; '.join(told['en'])}. The limit of the delta "
            f"rule, 2/λmax, is {limit:.2f}; at {ran} of the rates it ran away.",
            "ko": f"학습률 {rates}개에서 멈출 때까지 걸린 에폭. {'; '.join(told['ko'])}. 델타 규칙의 한계 2/λmax는 "
            f"{limit:.2f}이고, 학습률 {ran}개에서는 발산했어요.",
        },
        lines,
        log_x=True,
        log_y=True,
    )
