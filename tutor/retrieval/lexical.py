"""BM25 over the search terms of passages (bm25s, Lucene's formula). Immutable once built.

score(q, d) = sum over t in q of idf(t) tf / (tf + k1 (1 - b + b |d| / avg|d|))
idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

after Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009, as Lucene computes it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np

K1, B = 1.2, 0.75


class Lexical:
    """A BM25 index of N token lists."""

    def __init__(self, bm25: bm25s.BM25) -> None:
        self._bm25 = bm25
        self.size = int(bm25.scores["num_docs"])
        self._df = np.diff(bm25.scores["indptr"])

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

    def vocabulary(self) -> dict[str, int]:
        """Every term, and how many texts hold it."""
        return {
            term: int(self._df[ident]) for term, ident in self._bm25.vocab_dict.items() if term
        }  # bm25s adds an empty one
