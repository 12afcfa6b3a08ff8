"""Every word the page itself says, in both languages, and which of them a browser gets."""

from __future__ import annotations

from typing import Final

from tutor.types import Lang
from tutor.ui.words import VIEWS, Strand, Strings, View
from tutor.ui.words_en import EN
from tutor.ui.words_ko import KO

__all__ = ["EN", "EXAMPLES", "KO", "STRINGS", "VIEWS", "Strand", "Strings", "View", "from_browser"]

STRINGS: Final[dict[Lang, Strings]] = {"ko": KO, "en": EN}

EXAMPLES: Final[dict[Lang, tuple[str, ...]]] = {
    "ko": (
        "퍼셉트론은 누가 만들었어?",
        "퍼셉트론은 왜 XOR를 못 풀어?",
        "트랜스포머 이전에는 번역을 어떻게 했어?",
        "XOR를 퍼셉트론으로 훈련해서 직접 보여줘",
        "깊은 신경망에서 기울기가 사라지는 걸 보여줘",
        "LSTM이 RNN보다 오래 기억하는 걸 보여줘",
        "문장이 토큰으로 나뉘는 걸 보여줘",
    ),
    "en": (
        "Who invented the perceptron?",
        "Why can't a perceptron solve XOR?",
        "What problem did attention solve in translation?",
        "Show me a perceptron training on XOR",
        "Show me how gradients vanish in a deep network",
        "Show me an LSTM remembering longer than an RNN",
        "Show me how a sentence is cut into tokens",
    ),
}


def from_browser(accept_language: str) -> Lang:
    """The page's first language: Korean when the browser asks for it before English.

    `accept_language` is the header as sent, e.g. "ko-KR,ko;q=0.9,en;q=0.8"; "" gives English.
    """
    ranked = []
    for place, part in enumerate(accept_language.lower().split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), place, tag))
        except ValueError:
            continue
    for _, _, tag in sorted(ranked):
        if tag.split("-")[0] == "ko":
            return "ko"
        if tag.split("-")[0] == "en":
            return "en"
    return "en"
