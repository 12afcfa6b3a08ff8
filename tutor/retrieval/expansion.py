"""A query widened by the glossary: each term that it names brings its usual names in both languages.

로젠블라트 finds what is written 로젠블랫, "어텐션" what is written attention, "MLP" the multilayer perceptron.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from tutor.corpus.glossary import Term
from tutor.text import normalise

_SHORTEST = 2  # letters of a Hangul spelling that is looked for inside a word: particles follow it


class Expansion:
    """The names in a glossary, looked for in queries."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._terms = {spelling.lower(): term for term in terms for spelling in term.spellings}

    def widened(self, query: str) -> str:
        """`query`, and behind it the first names of the terms that it names, those that are not in it."""
        lowered = normalise(query).lower()
        named = dict.fromkeys(self._terms[match.group()].id for match in self._spelled.finditer(lowered))
        terms = {term.id: term for term in self._terms.values() if term.id in named}
        names = [terms[ident].names[lang][0] for ident in named for lang in ("ko", "en")]
        return " ".join([query, *(name for name in names if name.lower() not in lowered)])

    @cached_property
    def _spelled(self) -> re.Pattern[str]:
        """Any spelling, the longest first; Latin ones between borders, Hangul ones at the start of a word."""
        spellings = sorted((s for s in self._terms if len(s) >= _SHORTEST), key=len, reverse=True)
        return re.compile("|".join(_bordered(s) for s in spellings) or r"(?!)")


def _bordered(spelling: str) -> str:
    end = r"(?![a-z0-9])" if spelling[-1].isascii() else ""
    return rf"(?<![a-z0-9가-힣]){re.escape(spelling)}{end}"
