"""BM25 over the search terms of passages (bm25s, Lucene's formula). Immutable once built.

score(q, d) = sum over t in q of idf(t) tf / (tf + k1 (1 - b + b |d| / avg|d|))
idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

after Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009, as Lucene computes it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path

import bm25s
import numpy as np

from tutor.text import terms

K1, B = 1.2, 0.75

# A word that may be misspelt, and how alike (difflib's ratio) the right one is. Korean is compared by its letters,
# two or three a syllable: 트렌스포머 and 트랜스포머 differ in one of twelve.
_LONG_WORD = re.compile(r"[A-Za-z]{5,}|[가-힣]{3,}")
ALIKE, ALIKE_KO = 0.82, 0.86


class Lexical:
    """A BM25 index of N token lists."""

    def __init__(self, bm25: bm25s.BM25) -> None:
        self._bm25 = bm25
        self.size = int(bm25.scores["num_docs"])
        self._df = np.diff(bm25.scores["indptr"])
        self._mended = lru_cache(maxsize=4096)(self._nearest)  # each question is mended for every step of its search

    @classmethod
    def build(cls, texts: Sequence[list[str]]) -> Lexical:
        """Index the term lists `texts`; there must be at least one term among them."""
        bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        bm25.index(list(texts), show_progress=False)
        return cls(bm25)

    @classmethod
    def load(cls, folder: Path) -> Lexical:
        return cls(bm25s.BM25.load(folder, load_corpus=False))

    def save(self, folder: Path) -> None:
        self._bm25.save(folder, show_progress=False)

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """BM25 of every text, shape (N,), float32; a query term that no text holds adds nothing."""
        known = [term for term in query if term in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self.size, dtype=np.float32)
        return self._bm25.get_scores(known)

    def df(self, term: str) -> int:
        """How many texts hold `term`."""
        ident = self._bm25.vocab_dict.get(term)
        return 0 if ident is None else int(self._df[ident])

    def idf(self, term: str) -> float:
        """ln(1 + (N - df + 0.5) / (df + 0.5)); greatest for a term that no text holds."""
        df = self.df(term)
        return math.log(1 + (self.size - df + 0.5) / (df + 0.5))

    def mend(self, question: str) -> str:
        """`question` with each long word that no text holds replaced by the one it is a misspelling of, if any.

        "Who built the pereptron?" asks for the perceptron, "트렌스포머는?" for 트랜스포머.
        """
        question = unicodedata.normalize("NFC", question)
        return _LONG_WORD.sub(lambda match: self._mended(match.group()), question)

    def _nearest(self, word: str) -> str:
        found = terms(word)
        if not found or all(term in self._bm25.vocab_dict for term in found):
            return word
        if word[0].isascii():
            near = [self._vocabulary[found[0][0], n] for n in range(len(found[0]) - 2, len(found[0]) + 3)]
            like = get_close_matches(found[0], [known for group in near for known in group], 1, ALIKE)
            return like[0] if like else word
        for length in range(len(word), 2, -1):  # what follows the noun are particles
            group = self._vocabulary[_letters(word)[0], length]
            if like := get_close_matches(_letters(word[:length]), group, 1, ALIKE_KO):
                return group[like[0]] + word[length:]
        return word

    @cached_property
    def _vocabulary(self) -> defaultdict[tuple[str, int], dict[str, str]]:
        """(first letter, length) -> letters -> term, of the terms that are words long enough to be mistaken for."""
        groups: defaultdict[tuple[str, int], dict[str, str]] = defaultdict(dict)
        for term in self._bm25.vocab_dict:
            if _LONG_WORD.fullmatch(term):
                groups[_letters(term)[0], len(term)][_letters(term)] = term
        return groups


def _letters(word: str) -> str:
    return unicodedata.normalize("NFD", word)
