"""The pictures of the lab "masked"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tutor.labs.blanks import BATCH, BLANK, WAYS, WINDOW
from tutor.labs.charts import Chart, Line, Words

SIGN = "▢"
GUESSES = 3  # of each network in the example
_TASKS = ("fill", "continue")
LOSS: Words = {"en": "loss at a blank", "ko": "빈칸에서의 손실"}
NAMES: Mapping[str, Words] = {
    "masked": {"en": "masked (like BERT)", "ko": "빈칸 학습(BERT식)"},
    "left to right": {"en": "left to right (like GPT)", "ko": "왼쪽부터 학습(GPT식)"},
}


def rates(found: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Share right of the masked network and the other one: filling, and continuing."""
    filled, continued = ([f"{found['nets'][way][key]['accuracy']:.0%}" for way in WAYS] for key in ("fill", "continue"))
    return filled, continued


def seen(found: Mapping[str, Any]) -> str:
    example = found["example"]
    return f"…{example[:BLANK]}{SIGN}{example[BLANK + 1 :]}…"


def drawn(found: Mapping[str, Any]) -> list[Chart]:
    """What each gets right, the blank of the example, where each looks, and the loss by letters learned from."""
    return [_right(found), _example(found), _attention(found), _learned(found)]


def _right(found: Mapping[str, Any]) -> Chart:
    (a, b), (c, d) = rates(found)
    bars = [
        Line(NAMES[way], ["◀ ▢ ▶", "◀ ▢"], [round(100 * found["nets"][way][k]["accuracy"], 2) for k in _TASKS])
        for way in WAYS
    ]
    return Chart(
        "bar",
        {"en": "Naming a hidden letter", "ko": "가린 글자 맞히기"},
        {
            "en": "◀ ▢ ▶: both sides in view, ◀ ▢: only the left, as when writing on",
            "ko": "◀ ▢ ▶: 양쪽이 보임, ◀ ▢: 이어 쓸 때처럼 왼쪽만 보임",
        },
        {"en": "named right (%)", "ko": "맞힌 비율(%)"},
        {
            "en": f"Right with both sides in view: masked {a}, left to right {b}. "
            f"With only the left: masked {c}, left to right {d}.",
            "ko": f"양쪽이 보일 때 맞힌 비율: 빈칸 학습 {a}, 왼쪽부터 학습 {b}. "
            f"왼쪽만 보일 때: 빈칸 학습 {c}, 왼쪽부터 학습 {d}.",
        },
        bars,
    )


def shown(letter: str) -> str:
    return "␣" if letter == " " else letter


def _example(found: Mapping[str, Any]) -> Chart:
    shares = {way: dict(found["nets"][way]["guesses"]) for way in WAYS}
    likeliest = [letter for way in WAYS for letter, _ in found["nets"][way]["guesses"][:GUESSES]]
    letters = list(dict.fromkeys([found["example"][BLANK], *likeliest]))
    said = [", ".join(f"{shown(letter)} {shares[way].get(letter, 0.0):.1%}" for letter in letters) for way in WAYS]
    names, right = [shown(letter) for letter in letters], shown(letters[0])
    bars = [Line(NAMES[way], names, [round(100 * shares[way].get(n, 0.0), 2) for n in letters]) for way in WAYS]
    return Chart(
        "bar",
        {"en": f"What stands in the blank of “{seen(found)}”?", "ko": f"“{seen(found)}”의 빈칸에는 무엇이 올까요?"},
        {"en": f"letter (right: {right}; ␣ is a space)", "ko": f"글자(정답: {right}, ␣는 띄어쓰기)"},
        {"en": "probability (%)", "ko": "확률(%)"},
        {
            "en": f"Probabilities of the right letter, {right}, and of the {GUESSES} likeliest by each network. "
            f"Masked: {said[0]}. Left to right: {said[1]}.",
            "ko": f"정답 {right} 및 신경망마다 확률이 높은 글자 {GUESSES}개의 확률. 빈칸 학습: {said[0]}. "
            f"왼쪽부터 학습: {said[1]}.",
        },
        bars,
    )


def _attention(found: Mapping[str, Any]) -> Chart:
    weights = [np.array(found["nets"][way]["attention"]) for way in WAYS]
    ahead = [f"{np.triu(w, 1).sum() / w.sum():.0%}" for w in weights]
    blank: Words = {"en": "", "ko": ""}
    return Chart(
        "images",
        {"en": "Where each network looks", "ko": "두 신경망이 보는 곳"},
        blank,
        blank,
        {
            "en": f"{WINDOW} by {WINDOW} attention weights; a row is a place that looks, a column a place looked at. "
            f"A place sends {ahead[0]} of its attention to its right in the masked network, {ahead[1]} in the other.",
            "ko": f"{WINDOW}×{WINDOW} 어텐션 가중치. 행은 보는 자리, 열은 보이는 자리. 자기보다 오른쪽에 주는 어텐션은 "
            f"빈칸 학습 {ahead[0]}, 왼쪽부터 학습 {ahead[1]}.",
        },
        images=[w.tolist() for w in weights],
        captions=[NAMES[way] for way in WAYS],
    )


def _learned(found: Mapping[str, Any]) -> Chart:
    curves = {way: [point for point in found["nets"][way]["curve"] if point[1]] for way in WAYS}
    last = [(f"{curves[way][-1][1]:,}", f"{curves[way][-1][2]:.2f}") for way in WAYS]
    return Chart(
        "line",
        {"en": "The loss at a blank, by letters learned from", "ko": "배운 글자 수에 따른 빈칸 손실"},
        {"en": "letters learned from (log scale)", "ko": "배운 글자 수(로그 눈금)"},
        LOSS,
        {
            "en": f"The loss falls to {last[0][1]} after {last[0][0]} letters for the masked network and to "
            f"{last[1][1]} after {last[1][0]} for the one trained left to right, in as many steps of {BATCH} pieces.",
            "ko": f"빈칸 학습은 글자 {last[0][0]}개를 배운 뒤 손실 {last[0][1]}, 왼쪽부터 학습은 {last[1][0]}개를 배운 "
            f"뒤 {last[1][1]}. 단계 수는 같고 단계마다 글 {BATCH}조각을 읽어요.",
        },
        [Line(NAMES[way], [p[1] for p in curves[way]], [p[2] for p in curves[way]]) for way in WAYS],
        log_x=True,
    )
