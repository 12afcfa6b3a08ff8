"""The words on the pictures of a perceptron run, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from tutor.types import Frame, Lang

STRINGS: Mapping[str, tuple[str, str]] = {  # Korean, English
    "single": ("단층", "Single"),
    "multi": ("다층", "Multi"),
    "seed": ("시드", "seed"),
    "epoch": ("에폭", "epoch"),
    "regions": ("{gate}: 판정 영역", "{gate}: decision regions"),
    "curves": ("{gate}: 에폭마다 정확도와 오차", "{gate}: accuracy and error per epoch"),
    "surface": ("{gate}: 다층 신경망의 출력", "{gate}: output of the multilayer net"),
    "regions alt": (
        "{gate}의 네 점과, 신경망마다 0과 1로 나눈 평면. 맞힌 점: ",
        "The four points of {gate}, on the plane as each net divides it into 0 and 1. Points right: ",
    ),
    "curves alt": (
        "{gate}: 위는 에폭마다 정확도, 아래는 오차. 끝에 맞힌 점: ",
        "{gate}: accuracy per epoch above, error below. Points right at the end: ",
    ),
    "surface alt": (
        "{gate}: 다층 신경망의 출력을 평면 위의 높이로 그린 곡면과, 제 클래스의 높이에 놓인 네 점. 끝에 맞힌 점: ",
        "{gate}: the output of the multilayer net as a height over the plane, each of the four points at the height of "
        "its class. Points right at the end: ",
    ),
    "accuracy": ("정확도", "Accuracy"),
    "error": ("오차", "Error"),
    "error note": ("단층: 틀린 비율, 다층: 교차 엔트로피", "single: share wrong, multi: cross-entropy"),
    "play": ("▶ 재생", "▶ Play"),
    "pause": ("❚❚ 멈춤", "❚❚ Pause"),
    "progress": ("학습 진행 ", "Training "),
    "output": ("출력", "output"),
    "title": ("퍼셉트론 학습: {gate}", "Training a perceptron: {gate}"),
}


def say(key: str, lang: Lang, gate: str = "") -> str:
    """The string `key`; `gate` goes where it has a place for one."""
    return STRINGS[key][lang == "en"].format(gate=gate.upper())


def series_title(name: str, lang: Lang) -> str:
    """ "single, seed 0" -> "단층 · 시드 0"."""
    layers, _, seed = name.partition(", seed ")
    return f"{say(layers, lang)} · {say('seed', lang)} {seed}"


def panel_title(name: str, frame: Frame | None, lang: Lang) -> str:
    """The series, and below it where it stands: epoch and points right ("…" before it has begun)."""
    title = series_title(name, lang)
    if frame is None:
        return f"{title}<br>…"
    epoch = f"{frame.epoch}{say('epoch', lang)}" if lang == "ko" else f"{say('epoch', lang)} {frame.epoch}"
    return f"{title}<br>{epoch} · {round(4 * frame.metrics['accuracy'])}/4"


def alt(key: str, states: Mapping[str, Frame | None], lang: Lang, gate: str) -> dict[str, str]:
    """What a picture shows, in words, as the page reads it of a figure's `meta`: the string `key`, and each series."""
    stand = (panel_title(name, frame, lang).replace("<br>", ", ") for name, frame in states.items())
    return {"alt": say(key, lang, gate) + "; ".join(stand)}
