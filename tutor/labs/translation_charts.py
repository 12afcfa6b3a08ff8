"""The pictures that the translators of `attention` and `transformer` have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tutor.labs.charts import Chart, Line, Words
from tutor.labs.translation_task import ENGLISH, KOREAN, percent


def right_by_length(names: Mapping[str, Words], nets: Mapping[str, Any]) -> Chart:
    """The share of sentences without a mistake, a line a network."""
    scores = {name: nets[name]["scores"] for name in names}
    x = [of["length"] for of in next(iter(scores.values()))]
    told = {name: ", ".join(percent(of["sentences"]) for of in scores[name]) for name in names}
    en, ko = ("; ".join(f"{words[lang]} {told[name]}" for name, words in names.items()) for lang in ("en", "ko"))
    at = ", ".join(map(str, x))
    return Chart(
        "line",
        {"en": "Sentences translated without a mistake", "ko": "실수 없이 번역한 문장"},
        {"en": "words in the sentence", "ko": "문장의 낱말 수"},
        {"en": "right sentences (%)", "ko": "맞은 문장(%)"},
        {
            "en": f"Share of right sentences of {at} words: {en}.",
            "ko": f"낱말 {at}개짜리 문장을 맞힌 비율: {ko}.",
        },
        lines=[Line(names[name], x, [100 * of["sentences"] for of in scores[name]]) for name in names],
    )


def alignment(title: Words, found: Mapping[str, Any], weights: Sequence[Sequence[float]]) -> Chart:
    """A heat map of the weights of each word written (a row) on the words read (the columns)."""
    sentence, written = found["sentence"], found["written"]
    most = [max(range(len(row)), key=row.__getitem__) for row in weights]
    pairs = ", ".join(
        f"{word} → {sentence[j]} {weights[i][j]:.2f}" for i, (word, j) in enumerate(zip(written, most, strict=True))
    )
    right = written == found["wanted"]
    return Chart(
        "heatmap",
        title,
        {"en": "word read", "ko": "읽은 낱말"},
        {"en": "word written", "ko": "쓴 낱말"},
        {
            "en": f"Heat map for “{' '.join(sentence)}”, translated {'rightly' if right else 'wrongly'} as "
            f"“{' '.join(written)}”. The largest weight of each row: {pairs}.",
            "ko": f"“{' '.join(sentence)}”를 “{' '.join(written)}”로 {'바르게' if right else '잘못'} 옮길 때의 "
            f"히트맵. 행마다 가장 큰 가중치: {pairs}.",
        },
        cells=weights,
        rows=[f"{i} {_glossed(word)}" for i, word in enumerate(written, 1)],
        columns=[f"{i} {word}" for i, word in enumerate(sentence, 1)],
    )


def _glossed(word: str) -> str:
    """A Korean word with its English meaning."""
    return word if word == "." else f"{word} ({ENGLISH[KOREAN.index(word)]})"
