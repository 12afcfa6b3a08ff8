"""The pictures of the lab alexnet_tricks, from the record of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tutor.labs.charts import Chart, Line, Words
from tutor.labs.digit_nets import SHIFTS, TESTED
from tutor.labs.trick_words import ERROR, SAME_RATE, errors, shares

EPOCH: Words = {"en": "epoch", "ko": "에폭"}
BLANK: Words = {"en": "", "ko": ""}
WITH: Mapping[str, Words] = {"without": {"en": "without", "ko": "없이"}, "with": {"en": "with", "ko": "써서"}}
FUNCTIONS: Mapping[str, Words] = {"relu": {"en": "ReLU", "ko": "ReLU"}, "tanh": {"en": "tanh", "ko": "tanh"}}
TRICKS: Mapping[str, Words] = {
    "dropout": {"en": "dropout", "ko": "드롭아웃"},
    "augmentation": {"en": "shifted copies", "ko": "옮긴 사본"},
}


def race(found: Mapping[str, Any]) -> Chart:
    """The paper's Figure 1: the training error over the epochs."""
    ends = {name: f"{100 * curve[-1]:.1f}%" for name, curve in found["curves"].items()}
    fifth = {name: f"{100 * curve[min(5, len(curve) - 1)]:.1f}%" for name, curve in found["curves"].items()}
    flat = [100 * ERROR] * (found["epochs"] + 1)
    return Chart(
        "line",
        {"en": f"Training error at a learning rate of {SAME_RATE:g}", "ko": f"학습률 {SAME_RATE:g}에서의 학습 오류"},
        EPOCH,
        {"en": "training digits wrong (%)", "ko": "틀린 학습 숫자(%)"},
        {
            "en": f"Two falling curves. After 5 epochs ReLU is at {fifth['relu']} and tanh at {fifth['tanh']}, after "
            f"{found['epochs']} at {ends['relu']} and {ends['tanh']}.",
            "ko": f"두 곡선이 내려가요. 5에폭 뒤에 ReLU는 {fifth['relu']}, tanh는 {fifth['tanh']}, "
            f"{found['epochs']}에폭 뒤에는 {ends['relu']}와 {ends['tanh']}.",
        },
        [
            *(
                Line(FUNCTIONS[name], range(len(curve)), [100 * e for e in curve])
                for name, curve in sorted(found["curves"].items())
            ),
            Line({"en": "goal", "ko": "목표"}, range(len(flat)), flat),
        ],
    )


def rates(found: Mapping[str, Any]) -> Chart:
    """Epochs to the goal by learning rate; a rate with which it is not reached has no point."""
    lines, told = [], {}
    for function, name in FUNCTIONS.items():
        pairs = [(r, e) for r, e in zip(found["rates"], found["reached"][function], strict=True) if e is not None]
        lines.append(Line(name, [rate for rate, _ in pairs], [epochs for _, epochs in pairs]))
        told[function] = ", ".join(f"{epochs:g} ({rate:g})" for rate, epochs in pairs) or "-"
    return Chart(
        "line",
        {"en": f"Epochs to {ERROR:.0%} training error", "ko": f"학습 오류 {ERROR:.0%}까지 걸린 에폭"},
        {"en": "learning rate (log scale)", "ko": "학습률(로그 눈금)"},
        {"en": "epochs (median)", "ko": "에폭(중앙값)"},
        {
            "en": f"Epochs by learning rate (in brackets): ReLU {told['relu']}; tanh {told['tanh']}.",
            "ko": f"학습률(괄호 안)마다 걸린 에폭: ReLU {told['relu']}; tanh {told['tanh']}.",
        },
        lines,
        log_x=True,
    )


def course(found: Mapping[str, Any], trick: str) -> Chart:
    """Training and test error over the epochs, without and with the trick; the untrained nets are left out."""
    lines = []
    for way, curve in found["curves"].items():
        for place, (en, ko) in ((2, ("unseen digits", "처음 보는 숫자")), (1, ("learned digits", "배운 숫자"))):
            name: Words = {
                "en": f"{en}, {way} {TRICKS[trick]['en']}",
                "ko": f"{ko}, {TRICKS[trick]['ko']} {WITH[way]['ko']}",
            }
            lines.append(Line(name, [at[0] for at in curve[1:]], [100 * at[place] for at in curve[1:]]))
    en, ko = ("; ".join(f"{line.name[lang]} {line.y[-1]:.1f}%" for line in lines) for lang in ("en", "ko"))
    return Chart(
        "line",
        {"en": "Learned by heart, or learned to read?", "ko": "외웠을까, 읽게 됐을까?"},
        EPOCH,
        {"en": "digits wrong (%)", "ko": "틀린 숫자(%)"},
        {"en": f"Curves of the errors; at the end: {en}.", "ko": f"오류 곡선. 마지막 값: {ko}."},
        lines,
    )


def errors_by_net(found: Mapping[str, Any]) -> Chart:
    """Errors on unseen digits, net by net."""
    before, after, better = errors(found, "test")
    nets = [str(i + 1) for i in range(found["nets"])]
    return Chart(
        "bar",
        {"en": "Errors on unseen digits, net by net", "ko": "신경망마다 처음 보는 숫자에서 틀린 개수"},
        {"en": "net", "ko": "신경망"},
        {"en": f"wrong, of {TESTED}", "ko": f"{TESTED}개 중 틀린 개수"},
        {
            "en": f"Pairs of bars for {len(nets)} nets: without dropout {before} errors on average, with it {after}; "
            f"with it lower in {better}.",
            "ko": f"신경망 {len(nets)}개의 막대 쌍. 드롭아웃 없이 평균 {before}개, 드롭아웃을 쓰면 {after}개 틀려요. "
            f"{better}개에서 더 적게 틀려요.",
        },
        [Line(WITH[way], nets, wrong["test"]) for way, wrong in found["wrong"].items()],
    )


def places(found: Mapping[str, Any]) -> Chart:
    """Digits in their place and moved, read by nets without and with shifted copies."""
    (here0, here1), (moved0, moved1) = (shares(found, where) for where in ("test", "moved"))
    right = {
        way: [100 * (1 - float(np.mean(wrong[where])) / TESTED) for where in ("test", "moved")]
        for way, wrong in found["wrong"].items()
    }
    return Chart(
        "bar",
        {"en": "Unseen digits, in place and moved by a pixel", "ko": "처음 보는 숫자, 제자리와 1픽셀 옮긴 자리"},
        {"en": "moved by (pixels)", "ko": "옮긴 픽셀 수"},
        {"en": "read rightly (%)", "ko": "바르게 읽은 비율(%)"},
        {
            "en": f"Bars for digits moved by 0 pixels: {here0} without shifted copies, {here1} with; moved by 1: "
            f"{moved0} and {moved1}.",
            "ko": f"0픽셀 옮긴 숫자의 막대: 옮긴 사본 없이 {here0}, 써서 {here1}. "
            f"1픽셀 옮긴 숫자: {moved0}와 {moved1}.",
        },
        [Line(WITH[way], ["0", "1"], values) for way, values in right.items()],
    )


def masks(found: Mapping[str, Any]) -> Chart:
    """Which units are on at three steps."""
    on = [int(np.sum(mask)) for mask in found["pictures"]]
    told, units = ", ".join(map(str, on)), np.size(found["pictures"][0])
    captions: list[Words] = [{"en": f"{n} units on", "ko": f"켜진 유닛 {n}개"} for n in on]
    return Chart(
        "images",
        {"en": "Dropout's masks at three steps", "ko": "세 단계의 드롭아웃 마스크"},
        BLANK,
        BLANK,
        {
            "en": f"{units} hidden units as squares, bright where on; at the steps shown {told} are on.",
            "ko": f"은닉 유닛 {units}개를 네모로 나타낸 그림. 켜진 것이 밝고, 단계마다 {told}개가 켜져 있어요.",
        },
        images=found["pictures"],
        captions=captions,
    )


def copies(found: Mapping[str, Any]) -> Chart:
    """A digit and its shifted copies."""
    captions: list[Words] = [
        {"en": f"{down:+d} down, {right:+d} right", "ko": f"아래 {down:+d}, 오른쪽 {right:+d}"}
        for down, right in SHIFTS
    ]
    return Chart(
        "images",
        {"en": "One digit, nine training pictures", "ko": "숫자 하나, 학습 그림 아홉 장"},
        BLANK,
        BLANK,
        {
            "en": f"A handwritten digit and its {len(SHIFTS) - 1} copies, shifted by 1 pixel in all directions.",
            "ko": f"손으로 쓴 숫자와, 사방으로 1픽셀씩 옮긴 사본 {len(SHIFTS) - 1}장이에요.",
        },
        images=found["pictures"],
        captions=captions,
    )
