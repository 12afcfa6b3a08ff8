"""Whether an answer is right: by rule, so that a learner can see why."""

from __future__ import annotations

import re
from typing import Final

from tutor.corpus import numbers
from tutor.quiz.items import Item
from tutor.text import folded, hangul_share, is_particles, language, typed

_NOT_LETTERS = re.compile(r"[\W_]+")
_YEAR_ONLY: Final = re.compile(r"\D*?(\d{4})\D*")


def right(item: Item, given: str) -> bool:
    """Whether `given`, a choice in either language or what was typed, is the answer.

    Years and numbers must be exact, however they are written (6,000만 is 60 million); a name may be spelt in any way
    that the glossary knows, with Korean particles behind it. Two answers at once are wrong.
    """
    if item.wrong:
        return given in item.answer.values()
    text = typed(given).strip()
    if item.of == "year":
        year = _YEAR_ONLY.fullmatch(text)
        return year is not None and year[1] == item.answer["en"]
    if item.of == "number":
        return numbers.read(text, language(text)).stated == numbers.read(item.answer["en"], "en").stated
    return any(_is_name(_plain(text), _plain(name)) for name in item.accepted)


def _plain(text: str) -> str:
    """Small letters alone: no accents, spaces or punctuation."""
    return _NOT_LETTERS.sub("", folded(text))


def _is_name(text: str, name: str) -> bool:
    if not text.startswith(name):
        return False
    return text == name or (hangul_share(name) > 0 and is_particles(text[len(name) :]))
