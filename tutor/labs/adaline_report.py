"""A run of the lab adaline in words, all of them computed from the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.labs.charts import Words

SAME = 0.5  # lines this close, in degrees, count as one
FLAT = 0.02  # weights of the inputs shorter than this leave a sum that is nearly the same everywhere
HOPELESS = 0.25  # the share of wrong points from which the text says that settling is not solving

ROSENBLATT: Words = {"en": "Rosenblatt's rule", "ko": "로젠블랫의 규칙"}
DELTA: Words = {"en": "delta rule (ADALINE)", "ko": "델타 규칙(아달라인)"}

Found = Mapping[str, Any]


def english(given: Found, found: Found) -> str:
    """Rosenblatt's lines, the delta rule's, the learning rates, and what follows."""
    return " ".join([_ended_en(given, found), _settled_en(given, found), _rates_en(found), _lesson_en(found)])


def korean(given: Found, found: Found) -> str:
    """The same in Korean."""
    return " ".join([_ended_ko(given, found), _settled_ko(given, found), _rates_ko(found), _lesson_ko(found)])


def _ended_en(given: Found, found: Found) -> str:
    rule, n, of, epochs = found["rosenblatt"], len(found["points"]), given["lines"], given["epochs"]
    done = [epoch for epoch in rule["ended"] if epoch]
    starts = f"from {_several(of, 'random start')}"
    apart = f", on lines up to {degrees(rule['angle'])} degrees apart" if of > 1 else ""
    if not found["separable"]:
        return (
            f"A linear programme decides that no line separates these {n} points; {starts} Rosenblatt's rule keeps "
            f"making mistakes for {_several(epochs, 'epoch')} and is left with "
            f"{_several(span(rule['wrong']), 'point')} wrong{apart}."
        )
    how = f"ends without error {len(done)} of {of} times within {_several(epochs, 'epoch')}"
    if len(done) == of:
        how = f"always ends without error, after {_several(span(done), 'epoch')}"
    return (
        f"A linear programme decides that a line separates these {n} points; {starts} Rosenblatt's rule {how}{apart}."
    )


def _ended_ko(given: Found, found: Found) -> str:
    rule, n, of, epochs = found["rosenblatt"], len(found["points"]), given["lines"], given["epochs"]
    done = [epoch for epoch in rule["ended"] if epoch]
    apart = f" 직선들은 많게는 {degrees(rule['angle'])}도 벌어져요." if of > 1 else ""
    rosenblatt = f"무작위 시작 {of}개에서 로젠블랫의 규칙은"
    if not found["separable"]:
        return (
            f"선형 계획법으로 따져 보면 이 점 {n}개를 나누는 직선은 없어요. {rosenblatt} {epochs}에폭 내내 실수하고, "
            f"틀린 점이 {span(rule['wrong'], '~')}개 남아요.{apart}"
        )
    how = f"{epochs}에폭 안에 {of}번 가운데 {len(done)}번 오류 없이 끝나요"
    if len(done) == of:
        how = f"언제나 {span(done, '~')}에폭 만에 오류 없이 끝나요"
    return f"선형 계획법으로 따져 보면 이 점 {n}개는 직선으로 나눌 수 있어요. {rosenblatt} {how}.{apart}"


def _settled_en(given: Found, found: Found) -> str:
    rule, least, rate = found["delta"], found["least_squares"], f"{given['learning_rate']:g}"
    if rule["ran_away"]:
        return (
            f"At learning rate {rate} the squared error of the delta rule grew without bound, so it was stopped in "
            f"epoch {rule['ran_away']}."
        )
    if not rule["settled"]:
        return (
            f"The delta rule has not settled: after {_several(given['epochs'], 'epoch')} at learning rate {rate} its "
            f"mean squared error ({_span_of(rule['loss'])}) is still above that of least squares ({least['loss']:.3f})."
        )
    one = f"one line (to {_within(rule['angle'])} degrees)"
    if given["lines"] == 1:
        one = "one line"
    elif rule["angle"] >= SAME:
        one = f"lines up to {degrees(rule['angle'])} degrees apart"
    return (
        f"The delta rule settles on {one}, at the least squared error (mean {least['loss']:.2f}), with "
        f"{_several(span(rule['wrong']), 'point')} wrong{_why_en(least)}."
    )


def _why_en(least: Found) -> str:
    """Why lines of least squares may differ."""
    if not least["unique"]:
        return "; all points lie on one line, so that many lines fit them equally well"
    if np.linalg.norm(least["weights"][:2]) < FLAT:
        return "; the best fit is nearly the same number everywhere, hardly a line at all"
    return ""


def _settled_ko(given: Found, found: Found) -> str:
    rule, least, rate = found["delta"], found["least_squares"], f"{given['learning_rate']:g}"
    if rule["ran_away"]:
        return f"학습률 {rate}에서 델타 규칙의 제곱 오차는 끝없이 커져서 {rule['ran_away']}에폭에서 멈췄어요."
    if not rule["settled"]:
        return (
            f"델타 규칙은 아직 자리 잡지 못했어요. 학습률 {rate}에서 {given['epochs']}에폭을 돈 뒤에도 평균 제곱 "
            f"오차({_span_of(rule['loss'], '~')})가 최소 제곱({least['loss']:.3f})보다 커요."
        )
    one = f"직선 하나(차이 {_within(rule['angle'])}도 이내)에"
    if given["lines"] == 1:
        one = "직선 하나에"
    elif rule["angle"] >= SAME:
        one = f"많게는 {degrees(rule['angle'])}도 벌어진 직선들에"
    return (
        f"델타 규칙은 {one} 자리 잡아요. 제곱 오차가 가장 작고(평균 {least['loss']:.2f}) 틀린 점은 "
        f"{span(rule['wrong'], '~')}개예요.{_why_ko(least)}"
    )


def _why_ko(least: Found) -> str:
    if not least["unique"]:
        return " 점이 모두 한 직선 위에 있어서 똑같이 잘 맞는 직선이 많아요."
    if np.linalg.norm(least["weights"][:2]) < FLAT:
        return " 가장 잘 맞는 값이 어디서나 거의 같아서 직선이라고 하기 어려워요."
    return ""


def _rates_en(found: Found) -> str:
    sweep, at_rest = found["sweep"], _at_rest(found)
    lines = "the same line" if sweep["zero_lines"] == 1 else f"{sweep['zero_lines']} different lines"
    settles = f"settles at those from {at_rest[0]:.2g} to {at_rest[-1]:.2g}" if at_rest else "settles at none of them"
    return (
        f"From weights of 0 Rosenblatt's rule draws {lines} at all {len(sweep['rates'])} learning rates tried; the "
        f"delta rule {settles} within {sweep['epochs']} epochs and diverges above 2/λmax = "
        f"{found['largest_rate']:.2f}."
    )


def _rates_ko(found: Found) -> str:
    sweep, at_rest = found["sweep"], _at_rest(found)
    lines = "똑같은 직선을" if sweep["zero_lines"] == 1 else f"서로 다른 직선 {sweep['zero_lines']}개를"
    settles = f"{at_rest[0]:.2g}부터 {at_rest[-1]:.2g}까지에서 자리 잡고" if at_rest else "어디서도 자리 잡지 못하고"
    return (
        f"가중치 0에서 시작하면 로젠블랫의 규칙은 시험한 학습률 {len(sweep['rates'])}개 모두에서 {lines} 긋지만, "
        f"델타 규칙은 {sweep['epochs']}에폭 안에 {settles} 2/λmax({found['largest_rate']:.2f})를 넘으면 발산해요."
    )


def _lesson_en(found: Found) -> str:
    rule = found["delta"]
    if rule["ran_away"] or not rule["settled"]:
        return "So a rule that follows the squared error needs steps of the right size, and enough of them."
    if found["separable"]:
        went_on = "its best fit has points wrong" if max(rule["wrong"]) else "its best fit has none wrong either"
        if after := _went_on(rule):
            went_on = f"goes on after its last mistake, from a squared error of {after[0]} to {after[1]}"
        return (
            "So Rosenblatt's rule is no regression, as it stops at any line without mistakes; the delta rule is, and "
            f"{went_on}."
        )
    if max(rule["wrong"]) >= HOPELESS * len(found["points"]):
        return "So the delta rule, a regression, comes to rest where Rosenblatt's cannot; but at rest is not solved."
    return "So the delta rule, a regression, comes to rest at a useful line where Rosenblatt's cannot."


def _lesson_ko(found: Found) -> str:
    rule = found["delta"]
    if rule["ran_away"] or not rule["settled"]:
        return "그러니까 제곱 오차를 따라가는 규칙에는 알맞은 보폭과 넉넉한 걸음 수가 필요해요."
    if found["separable"]:
        went_on = "가장 잘 맞는 직선에도 틀린 점이 남아요" if max(rule["wrong"]) else "그 직선에도 틀린 점은 없어요"
        if after := _went_on(rule):
            went_on = f"마지막 실수 뒤에도 제곱 오차를 {after[0]}에서 {after[1]}까지 더 줄였어요"
        return (
            "그러니까 로젠블랫의 규칙은 틀린 점이 없는 직선이면 어디서든 멈추니 회귀가 아니에요. 회귀는 델타 규칙이고, "
            f"{went_on}."
        )
    if max(rule["wrong"]) >= HOPELESS * len(found["points"]):
        return (
            "그러니까 회귀인 델타 규칙은 로젠블랫의 규칙이 멈출 수 없는 곳에서도 멈추지만, 멈췄다고 푼 것은 아니에요."
        )
    return "그러니까 회귀인 델타 규칙은 로젠블랫의 규칙이 멈출 수 없는 곳에서도 쓸 만한 직선에 멈춰요."


def _went_on(rule: Found) -> tuple[str, str] | None:
    """The squared error of the first start after its last mistake, and at the end, if the one is seen to be less."""
    right = max((epoch + 1 for epoch, share in enumerate(rule["course"]) if share > 0), default=0)
    if right == len(rule["course"]) or max(rule["wrong"]):
        return None
    then, now = (f"{rule['loss_course'][epoch]:.2f}" for epoch in (right, -1))
    return (then, now) if float(now) < float(then) else None


def _several(count: int | str, name: str) -> str:
    return f"{count} {name}{'s' * (str(count) != '1')}"


def span(values: Sequence[int], to: str = " to ") -> str:
    """The least and the largest, or the only value."""
    return f"{min(values)}{to}{max(values)}" if min(values) < max(values) else f"{values[0]}"


def _span_of(values: Sequence[float], to: str = " to ") -> str:
    low, high = f"{min(values):.3f}", f"{max(values):.3f}"
    return f"{low}{to}{high}" if low != high else low


def degrees(angle: float) -> str:
    """An angle as a person would round it."""
    return f"{angle:.1f}"


def _within(angle: float) -> str:
    return f"{max(0.1, np.ceil(10 * angle) / 10):.1f}"


def _at_rest(found: Found) -> list[float]:
    """The learning rates, rising, at which the delta rule settles."""
    sweep = found["sweep"]
    return [rate for rate, epochs in zip(sweep["rates"], sweep["delta"], strict=True) if epochs]
