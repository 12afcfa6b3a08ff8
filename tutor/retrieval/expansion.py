"""A query widened by the glossary: each term that it names brings its usual names in both languages.

로젠블라트 finds what is written 로젠블랫, "어텐션" what is written attention, "MLP" the multilayer perceptron.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tutor.corpus.glossary import Term
from tutor.text import normalise

_SHORTEST = 2  # letters of a spelling: shorter ones stand in too many words
_START = re.compile(r"(?<![a-z0-9가-힣])[^\W_]")


class Expansion:
    """The names in a glossary, looked for in queries."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._terms = {s.lower(): term for term in terms for s in term.spellings if len(s) >= _SHORTEST}
        self._lengths = sorted({len(spelling) for spelling in self._terms}, reverse=True)

    def widened(self, query: str) -> str:
        """`query`, and behind it the first names of the terms that it names, those that are not in it."""
        lowered = normalise(query).lower()
        named = {term.id: term for term in self._named(lowered)}
        names = [term.names[lang][0] for term in named.values() for lang in ("ko", "en")]
        return " ".join([query, *(name for name in names if name.lower() not in lowered)])

    def _named(self, text: str) -> Iterator[Term]:
        """The terms that `text` names, in order; of those that begin at one place the longest.

        A spelling begins where a word does. A Latin one ends where the word does, a Hangul one may have particles
        behind it.
        """
        end = 0
        for match in _START.finditer(text):
            for length in self._lengths if match.start() >= end else ():
                spelling = text[match.start() : match.start() + length]
                behind = text[match.start() + length : match.start() + length + 1]
                if spelling in self._terms and not (spelling[-1].isascii() and behind.isascii() and behind.isalnum()):
                    yield self._terms[spelling]
                    end = match.start() + length
                    break
