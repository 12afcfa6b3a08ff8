"""Remembering the first letter of a sequence over noise: a plain recurrent net, an LSTM and a GRU.

J. Elman (1990), S. Hochreiter and J. Schmidhuber (1997), K. Cho et al. (2014); their steps are in recurrent_cells.py.
Each cell is trained anew for each distance, on the same batches, by Adam. Weights begin as Glorot and Bengio's (2010).
A `gate_bias` b sets how firmly the gates begin by keeping: sigmoid(b) of the old stays, sigmoid(-b) of the new comes in
(C. Tallec and Y. Ollivier, "Can recurrent neural networks warp time?", 2018). b = 0 is an undecided start.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.mlp import sigmoid
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.recurrent_cells import CELLS, LETTERS, Adam, backward, forward, initialise, sequences
from tutor.labs.spoken_numbers import rounded
from tutor.types import Frame, LabResult, Lang

NAME = "memory"
TITLE: Words = {"en": "Remembering over a distance: RNN, LSTM and GRU", "ko": "오래 기억하기: RNN, LSTM, GRU"}
SUMMARY: Words = {
    "en": "Over how many letters of noise an RNN, an LSTM and a GRU still remember the first letter.",
    "ko": "RNN, LSTM, GRU가 잡음 글자를 몇 개나 지나고도 첫 글자를 기억하는지 견주어요.",
}
ASKED = (
    r"\b(rnns?|lstms?|grus?)\b|recurrent (neural )?net|long short[- ]term|gated recurrent|forget gate|"
    r"long[- ](term|range) (memory|dependenc)|remember\w* .{0,30}(steps|distance|sequence|letter|symbol)|"
    r"(?<![A-Za-z])(rnn|lstm|gru)(?![A-Za-z])|순환\s*신경망|장단기\s*기억|게이트\s*순환|망각\s*게이트|장기\s*(기억|의존)|"
    r"오래\s*(전\s*)?(것을\s*)?기억|(글자|기호).{0,12}기억|엘에스티엠"
)
STORY: Words = {"en": "LSTM and GRU memory cell gates", "ko": "LSTM과 GRU의 기억 셀과 게이트"}
METRIC = "accuracy"
METRIC_NAME: Words = {"en": "accuracy", "ko": "정확도"}
EPOCH_NAME: Words = {"en": "noise letters in between", "ko": "사이에 낀 잡음 글자 수"}

BATCH = 32
TESTS = 500  # fresh sequences that the accuracy is measured on
LEARNED = 0.98  # training ends at this running mean of the batches' accuracy
HOLDS = 0.9  # the accuracy from which a cell counts as remembering
FRESH_NETS = 9
STEPS_PER_FRAME = 1000  # some 0.2 s of reading and learning


class Arguments(BaseModel):
    """Train an RNN, an LSTM and a GRU to name the first letter of a sequence after ever more noise letters."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    longest_distance: int = Field(
        80, ge=16, le=120, description="Most noise letters in between; a half, a quarter and so on are tried as well."
    )
    batches: int = Field(200, ge=20, le=400, description="Most training batches, of 32 sequences, per net.")
    gate_bias: float = Field(
        5.0,
        ge=0,
        le=6,
        allow_inf_nan=False,
        description="How firmly the gates of LSTM and GRU begin by keeping what is stored; 0 is undecided.",
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of the starting weights and the sequences.")


LABELS: Mapping[str, Words] = {
    "longest_distance": {"en": "Longest distance in letters", "ko": "가장 먼 거리(글자 수)"},
    "batches": {"en": "Training batches at most", "ko": "최대 학습 배치 수"},
    "gate_bias": {"en": "Gate bias at the start", "ko": "게이트의 처음 편향"},
    "seed": {"en": "Seed", "ko": "시드"},
}


def distances(longest: int) -> list[int]:
    """The longest, a half of it, and so on down to a sixteenth."""
    return [longest // 2**halvings for halvings in (4, 3, 2, 1, 0)]


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Frames of the series "RNN", "LSTM" and "GRU"; their accuracy is that at the distance that was finished last."""
    started = time.perf_counter()
    fade = {name: _fade(name, arguments) for name in CELLS}
    cells: dict[str, list[dict[str, Any]]] = {name: [] for name in CELLS}
    for distance in distances(arguments.longest_distance):
        for name in CELLS:
            cells[name].append((yield from _train(name, distance, arguments, cells[name])))
    found = {"letters": LETTERS, "tests": TESTS, "holds": HOLDS, "batch": BATCH, "fade": fade, "cells": cells}
    text: Words = {"en": _english(found, arguments.gate_bias), "ko": _korean(found, arguments.gate_bias)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _fade(name: str, arguments: Arguments) -> list[float]:
    """How large the gradient is at each letter of untrained nets, as a share of that at the last: the median of some.

    The first number belongs to the first letter. It is the gradient of what the letter feeds to the net, Wx·x + b.
    """
    shares = []
    for net in range(FRESH_NETS):
        rng = np.random.default_rng([arguments.seed, net])
        p = initialise(CELLS[name], arguments.gate_bias, rng)
        letters = sequences(BATCH, arguments.longest_distance, rng)
        _, fed = backward(CELLS[name], p, letters, *forward(CELLS[name], p, letters))
        norms = np.linalg.norm(fed.astype(float), axis=(1, 2))
        shares.append(norms / norms[-1])
    return np.median(shares, axis=0).tolist()


def _train(
    name: str, distance: int, arguments: Arguments, done: list[dict[str, Any]]
) -> Generator[Frame, None, dict[str, Any]]:
    """Until nearly every answer of late was right, or the batches are used up; then tested on fresh sequences."""
    cell, rng = CELLS[name], np.random.default_rng([arguments.seed, distance])
    p = initialise(cell, arguments.gate_bias, np.random.default_rng([arguments.seed, distance, 1]))
    adam, of_late, curve = Adam(p), 1 / LETTERS, []
    every = max(1, STEPS_PER_FRAME // distance)
    for batch in range(1, arguments.batches + 1):
        letters = sequences(BATCH, distance, rng)
        logits, states, kept = forward(cell, p, letters)
        adam.update(p, backward(cell, p, letters, logits, states, kept)[0])
        of_late += 0.1 * (float(np.mean(logits.argmax(axis=1) == letters[0])) - of_late)
        curve.append(round(of_late, 4))
        if done and batch % every == 0:  # what is drawn so far, so that the run can be stopped here
            yield Frame(batch, done[-1]["distance"], {METRIC: done[-1]["accuracy"], "of_late": of_late}, series=name)
        if of_late > LEARNED:
            break
    letters = sequences(TESTS, distance, np.random.default_rng([arguments.seed, distance, 2]))
    accuracy = float(np.mean(forward(cell, p, letters)[0].argmax(axis=1) == letters[0]))
    yield Frame(batch, distance, {METRIC: accuracy, "of_late": of_late}, series=name)
    return {"distance": distance, "accuracy": accuracy, "batches": batch, "curve": curve}


def _reach(tried: list[dict[str, Any]]) -> int:
    """The longest distance up to which the cell holds the letter at every distance tried; 0 for none."""
    reach = 0
    for of in tried:
        if of["accuracy"] < HOLDS:
            break
        reach = of["distance"]
    return reach


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def _against(share: float, lang: Lang) -> str:
    """The gradient at the first letter against that at the last."""
    if share == 0:
        return "zero" if lang == "en" else "0"
    if share > 1 / 1.05:
        return "no smaller" if lang == "en" else "그대로"
    factor = rounded(1 / share, lang)
    return f"{factor} times smaller" if lang == "en" else f"{factor.strip()}분의 1"


def _able(found: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The cells that hold the letter over the longest distance, and those that don't."""
    able = [name for name, tried in found["cells"].items() if tried[-1]["accuracy"] >= HOLDS]
    return able, [name for name in CELLS if name not in able]


def _english(found: dict[str, Any], gate_bias: float) -> str:
    cells, (able, unable) = found["cells"], _able(found)
    shares = ", ".join(f"{_percent(tried[-1]['accuracy'])} for the {name}" for name, tried in cells.items())
    reaches = ", ".join(f"{_reach(tried) or 'none'} for the {name}" for name, tried in cells.items())
    fades = ", ".join(f"{_against(share[0], 'en')} for the {name}" for name, share in found["fade"].items())
    lesson = (
        f"{' and '.join(able)} learned a link between letters far apart that {' and '.join(unable)} did not"
        if able and unable
        else f"{'All three' if able else 'None of the three'} learned to link letters this far apart"
    )
    return (
        f"With {cells['RNN'][-1]['distance']} noise letters in between, the share of first letters remembered is "
        f"{shares} (guessing: {_percent(1 / LETTERS)}). The longest gap tried that is bridged, with {_percent(HOLDS)} "
        f"right or better there and at all shorter ones, is {reaches}. In untrained nets the gradient at the first "
        f"letter, against that at the last, is {fades}. {lesson}; the gates of LSTM and GRU began by keeping "
        f"{_percent(_kept(gate_bias))} of their memory at every step."
    )


def _korean(found: dict[str, Any], gate_bias: float) -> str:
    cells, (able, unable) = found["cells"], _able(found)
    shares = ", ".join(f"{name} {_percent(tried[-1]['accuracy'])}" for name, tried in cells.items())
    reached = [(name, _reach(tried)) for name, tried in cells.items()]
    reaches = ", ".join(f"{name} {f'{reach}글자' if reach else '없음'}" for name, reach in reached)
    fades = ", ".join(f"{name} {_against(share[0], 'ko')}" for name, share in found["fade"].items())
    lesson = (
        f"이렇게 먼 글자 사이의 관계를 {', '.join(able)} 쪽은 배웠고 {', '.join(unable)} 쪽은 못 배웠어요"
        if able and unable
        else f"이렇게 먼 글자 사이의 관계를 셋 다 {'배웠어요' if able else '못 배웠어요'}"
    )
    return (
        f"잡음 글자 {cells['RNN'][-1]['distance']}개를 사이에 두고 첫 글자를 기억해 맞힌 비율은 {shares}예요"
        f"(찍으면 {_percent(1 / LETTERS)}). 더 짧은 거리까지 모두 {_percent(HOLDS)} 이상 맞힌 가장 먼 거리는 "
        f"{reaches}{'예요' if reaches.endswith('글자') else '이에요'}. 학습 전 신경망에서 첫 글자의 기울기는 "
        f"마지막 글자에 견줘 {fades}{'예요' if fades.endswith('그대로') else '이에요'}. {lesson}. "
        f"LSTM과 GRU의 게이트는 처음에 단계마다 기억을 {_percent(_kept(gate_bias))} 남기도록 두었어요."
    )


def _kept(gate_bias: float) -> float:
    return float(sigmoid(np.array(gate_bias)))


def charts(result: LabResult) -> list[Chart]:
    """The accuracy by distance, how training went at the longest, and the gradient that arrives at each letter."""
    cells, fade = result.record["cells"], result.record["fade"]
    tried = [of["distance"] for of in cells["RNN"]]
    of_longest = {name: of[-1] for name, of in cells.items()}
    by = {name: ", ".join(_percent(of["accuracy"]) for of in cells[name]) for name in cells}
    heard: Words = {
        "en": "; ".join(f"{name} {accuracies}" for name, accuracies in by.items()),
        "ko": "; ".join(f"{name} {accuracies}" for name, accuracies in by.items()),
    }
    at = ", ".join(str(distance) for distance in tried)
    guess: Words = {"en": "guessing", "ko": "찍기"}
    ended = "; ".join(f"{name} {_percent(of['curve'][-1])} ({of['batches']})" for name, of in of_longest.items())
    arrived: dict[Lang, str] = {
        lang: "; ".join(f"{name}: {_against(share[0], lang)}" for name, share in fade.items()) for lang in ("en", "ko")
    }
    return [
        Chart(
            "line",
            {"en": "How far back each net can remember", "ko": "얼마나 오래 기억하나"},
            {"en": "noise letters in between", "ko": "사이에 낀 잡음 글자 수"},
            {"en": "first letter named right", "ko": "첫 글자를 맞힌 비율"},
            {
                "en": f"Share right with {at} letters in between: {heard['en']}. Guessing: {_percent(1 / LETTERS)}.",
                "ko": f"글자 {at}개를 사이에 두고 맞힌 비율: {heard['ko']}. 찍기: {_percent(1 / LETTERS)}.",
            },
            [
                *(Line(_same(name), tried, [of["accuracy"] for of in cells[name]]) for name in cells),
                Line(guess, tried, [1 / LETTERS] * len(tried)),
            ],
            log_x=True,
        ),
        Chart(
            "line",
            {"en": f"Training with {tried[-1]} letters in between", "ko": f"글자 {tried[-1]}개를 사이에 둔 학습"},
            {"en": "batch", "ko": "배치"},
            {"en": "right of late", "ko": "최근에 맞힌 비율"},
            {
                "en": f"Share of right answers of late, by batch. At the end (after so many batches): {ended}.",
                "ko": f"배치마다 최근에 맞힌 비율. 마지막 값(괄호 안은 배치 수): {ended}.",
            },
            [Line(_same(n), list(range(1, of["batches"] + 1)), of["curve"]) for n, of in of_longest.items()],
        ),
        Chart(
            "line",
            {"en": "The gradient that arrives, before training", "ko": "학습 전, 거슬러 온 기울기"},
            {"en": "letters back from the last", "ko": "마지막에서 거슬러 온 글자 수"},
            {"en": "share of the last letter's (log scale)", "ko": "마지막 글자에 견준 크기(로그 눈금)"},
            {
                "en": f"The gradient at each letter against the last, median of {FRESH_NETS} nets. At the first, "
                f"{tried[-1]} letters back: {arrived['en']}.",
                "ko": f"마지막 글자에 견준 글자마다의 기울기, 신경망 {FRESH_NETS}개의 중앙값. "
                f"{tried[-1]}글자 앞의 첫 글자: {arrived['ko']}.",
            },
            [Line(_same(name), list(range(len(share))), share[::-1]) for name, share in fade.items()],
            log_y=True,
        ),
    ]


def _same(name: str) -> Words:
    return {"en": name, "ko": name}


CLAIMS = (
    Claim(
        "With 80 noise letters in between, the LSTM names the first letter right more often than the RNN.",
        lambda record: record["cells"]["LSTM"][-1]["accuracy"] > record["cells"]["RNN"][-1]["accuracy"],
        at_least=95,
    ),
    Claim(
        "Before training, the gradient at the first of 80 letters, against that at the last, is at least 10 times "
        "larger in the LSTM and in the GRU than in the RNN.",
        lambda record: all(record["fade"][name][0] >= 10 * record["fade"]["RNN"][0] for name in ("LSTM", "GRU")),
        at_least=95,
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Where the LSTM remembers: gates that begin undecided, a longer way; else what may help it. Last, attention."""
    given = result.record["arguments"]
    keep: Words = {"en": "Start with gates that keep (bias 5)", "ko": "기억을 지키는 게이트로 시작해 보기(편향 5)"}
    undecided: Words = {"en": "Start with undecided gates (bias 0)", "ko": "반쯤 열린 게이트로 시작해 보기(편향 0)"}
    farther: Words = {"en": "Put up to 120 letters in between", "ko": "글자를 120개까지 끼워 보기"}
    longer: Words = {"en": "Train for up to 400 batches", "ko": "400배치까지 학습해 보기"}
    remembers = "LSTM" in _able(result.record)[0]
    changes: list[tuple[Words, dict[str, Any]]] = (
        [(undecided, {"gate_bias": 0.0}), (farther, {"longest_distance": 120}), (keep, {"gate_bias": 5.0})]
        if remembers
        else [(keep, {"gate_bias": 5.0}), (longer, {"batches": 400}), (undecided, {"gate_bias": 0.0})]
    )
    tries = [Experiment(words, NAME, {**given, **change}) for words, change in changes]
    attention: Words = {"en": "See how attention looks straight back", "ko": "어텐션이 바로 돌아보는 것 보기"}
    return [*[tried for tried in tries if tried.arguments != given][:2], Experiment(attention, "attention")]
