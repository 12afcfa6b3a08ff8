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
