"""Analogies by word vectors: a is to b as c is to the word nearest to b - a + c.

T. Mikolov, W. Yih and G. Zweig, "Linguistic Regularities in Continuous Space Word Representations" (2013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tutor.labs.charts import Words
from tutor.labs.skip_gram import look_up
from tutor.types import Lang

ANALOGIES: Mapping[Lang, Sequence[tuple[str, str, str, str]]] = {
    "en": (
        ("Widrow", "ADALINE", "Rosenblatt", "perceptron"),
        ("Rosenblatt", "perceptron", "Goodfellow", "GAN"),
        ("image", "pixel", "sentence", "word"),
        ("encoder", "BERT", "decoder", "GPT"),
        ("Meta", "LLaMA", "OpenAI", "GPT"),
        ("Google", "BERT", "Meta", "LLaMA"),
        ("DeepMind", "AlphaGo", "OpenAI", "ChatGPT"),
        ("Toronto", "Hinton", "Montreal", "Bengio"),
    ),
    "ko": (
        ("위드로", "아달라인", "로젠블랫", "퍼셉트론"),
        ("로젠블랫", "퍼셉트론", "굿펠로", "GAN"),
        ("이미지", "픽셀", "문장", "단어"),
        ("토론토", "힌턴", "몬트리올", "벤지오"),
    ),
}


def analogies(
    lang: Lang, words: Sequence[str], spelling: Mapping[str, str], vectors: np.ndarray
) -> list[dict[str, Any]]:
    """Those whose four words are all known, with the rank of the right word (1: solved).

    `rank_alone` is its rank by nearness to c alone, which many an analogy needs no more than.
    """
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = []
    for analogy in ANALOGIES[lang]:
        keys = [look_up(word, words, spelling)[0] for word in analogy]
        if None in keys:
            continue
        a, b, c, d = (words.index(key) for key in keys if key)
        found.append({"words": list(analogy), "rank": _rank(unit, unit[b] - unit[a] + unit[c], (a, b, c), d)})
        found[-1]["rank_alone"] = _rank(unit, unit[c], (a, b, c), d)
    return found


def _rank(unit: np.ndarray, target: np.ndarray, given: tuple[int, ...], right: int) -> int:
    """The rank of the word `right` by nearness to `target`, the words `given` left out."""
    scores = unit @ target
    scores[list(given)] = -np.inf
    return int((scores > scores[right]).sum()) + 1


def told(found: Sequence[Mapping[str, Any]]) -> Words:
    """How many come out right, in words; empty where no analogy's words are all known."""
    if not found:
        return {"en": "", "ko": ""}
    solved, alone = (sum(analogy[rank] == 1 for analogy in found) for rank in ("rank", "rank_alone"))
    a, b, c, d = min(found, key=lambda analogy: analogy["rank"])["words"]
    return {
        "en": f" Of {len(found)} analogies such as “{a} is to {b} as {c} is to {d}”, adding and subtracting vectors "
        f"solves {solved}; taking the word nearest to the third would solve {alone}.",
        "ko": f" ‘{a}:{b} = {c}:{d}’ 같은 비유 {len(found)}개 중 벡터를 더하고 빼서 맞힌 것은 {solved}개, 셋째 낱말에 "
        f"가장 가까운 낱말만 골라도 맞는 것은 {alone}개예요.",
    }
