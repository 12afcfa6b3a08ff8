"""The pictures of the lab "rlhf"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tutor.labs.answers import ANSWERS, QUESTION
from tutor.labs.charts import Chart, Line, Words
from tutor.types import Lang

REWARD: Words = {"en": "reward", "ko": "보상"}
LEARNED: Words = {"en": "learned reward", "ko": "배운 보상"}
TRUE: Words = {"en": "true reward", "ko": "진짜 보상"}
LETTERS = "ABCDEFGH"


def drawn(found: Mapping[str, Any]) -> list[Chart]:
    """The policy before and after, learned against true reward, both over the steps, and both by the KL penalty."""
    return [_policy(found), _rewards(found), _steps(found), _penalties(found)]


def number(value: float, digits: int) -> str:
    """Rounded, never -0."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def percent(share: float) -> str:
    return f"{share:.0%}"


def tenths(value: float) -> str:
    return number(value, 1)


def _key(lang: Lang) -> str:
    return ", ".join(f"{letter} {reply.name[lang]}" for letter, reply in zip(LETTERS, ANSWERS, strict=True))


def _each(values: list[float], lang: Lang, form: Callable[[float], str]) -> str:
    return ", ".join(f"{reply.name[lang]} {form(value)}" for reply, value in zip(ANSWERS, values, strict=True))


def _policy(found: Mapping[str, Any]) -> Chart:
    before, after = found["before"], found["after"]
    names: tuple[Words, Words] = ({"en": "before", "ko": "전"}, {"en": "after", "ko": "후"})
    bars = [
        Line(n, list(LETTERS), [round(100 * p, 2) for p in of]) for n, of in zip(names, (before, after), strict=True)
    ]
    return Chart(
        "bar",
        {"en": f"What the policy answers to “{QUESTION['en']}”", "ko": f"“{QUESTION['ko']}”에 대한 정책의 답"},
        {"en": _key("en"), "ko": _key("ko")},
        {"en": "probability (%)", "ko": "확률(%)"},
        {
            "en": f"Each answer before: {_each(before, 'en', percent)}. After: {_each(after, 'en', percent)}.",
            "ko": f"답마다의 확률, 전: {_each(before, 'ko', percent)}. 후: {_each(after, 'ko', percent)}.",
        },
        bars,
    )


def _rewards(found: Mapping[str, Any]) -> Chart:
    learned, true = found["learned"], found["true"]
    alike = number(float(np.corrcoef(learned, true)[0, 1]) if np.std(learned) else 0.0, 2)
    answers: Words = {"en": "answers", "ko": "답"}
    ends = [float(f(found["true"])) for f in (min, max)]
    equal: Words = {"en": "learned = true", "ko": "배운 보상 = 진짜 보상"}
    return Chart(
        "plane",
        {"en": "Did the reward model learn the judge's taste?", "ko": "보상 모델은 심사자의 취향을 배웠을까요?"},
        {"en": f"{TRUE['en']} ({_key('en')})", "ko": f"{TRUE['ko']}({_key('ko')})"},
        LEARNED,
        {
            "en": f"Learned rewards: {_each(learned, 'en', tenths)}. True ones: {_each(true, 'en', tenths)}. "
            f"Their correlation is {alike}.",
            "ko": f"배운 보상: {_each(learned, 'ko', tenths)}. 진짜 보상: {_each(true, 'ko', tenths)}. "
            f"상관계수: {alike}.",
        },
        [Line(answers, true, learned, list(LETTERS))],
        boundaries=[Line(equal, ends, ends)],
        extent=(ends[0] - 0.5, ends[1] + 0.5, min(learned + ends) - 0.5, max(learned + ends) + 0.5),
    )


def _steps(found: Mapping[str, Any]) -> Chart:
    steps, learned, true, kl, _ = zip(*found["curve"], strict=True)
    best = int(np.argmax(true))
    numbers = (number(learned[0], 2), number(learned[-1], 2), number(true[0], 2), number(true[-1], 2))
    top, far = number(true[best], 2), number(kl[-1], 2)
    divergence: Words = {"en": "KL from the policy before", "ko": "이전 정책과의 KL"}
    return Chart(
        "line",
        {"en": "While the policy is tuned", "ko": "정책을 조정하는 동안"},
        {"en": "step", "ko": "단계"},
        {"en": "reward, KL (nats)", "ko": "보상, KL(내트)"},
        {
            "en": f"The learned reward goes from {numbers[0]} to {numbers[1]}, the true one from {numbers[2]} to "
            f"{numbers[3]}, with its best, {top}, at step {steps[best]}; the KL divergence ends at {far}.",
            "ko": f"배운 보상은 {numbers[0]}에서 {numbers[1]}, 진짜 보상은 {numbers[2]}에서 {numbers[3]}까지 움직여요. "
            f"진짜 보상이 가장 높은 것은 {steps[best]}단계의 {top}. KL 발산은 끝에 {far}.",
        },
        [Line(name, steps, of) for name, of in ((LEARNED, learned), (TRUE, true), (divergence, kl))],
    )


def _penalties(found: Mapping[str, Any]) -> Chart:
    penalties, learned, true, _ = zip(*found["penalties"], strict=True)
    best = int(np.argmax(true))
    ends = [number(value, 2) for value in (true[0], true[-1], learned[0], learned[-1])]
    low, high, at = (f"{value:.2g}" for value in (penalties[0], penalties[-1], penalties[best]))
    top = number(true[best], 2)
    return Chart(
        "line",
        {"en": "The same reward model with other KL penalties", "ko": "같은 보상 모델, 다른 KL 벌점"},
        {"en": "KL penalty (log scale)", "ko": "KL 벌점(로그 눈금)"},
        REWARD,
        {
            "en": f"The best policy for each KL penalty from {low} to {high}: the true reward goes from {ends[0]} to "
            f"{ends[1]} and is highest, {top}, at {at}; the learned one goes from {ends[2]} to {ends[3]}.",
            "ko": f"KL 벌점 {low}부터 {high}까지 각각 가장 좋은 정책: 진짜 보상은 {ends[0]}에서 {ends[1]}까지 움직이고 "
            f"벌점 {at}에서 {top}, 가장 높아요. 배운 보상은 {ends[2]}에서 {ends[3]}까지 움직여요.",
        },
        [Line(LEARNED, penalties, learned), Line(TRUE, penalties, true)],
        log_x=True,
    )
