"""BM25 over the search terms of passages (bm25s, Lucene's formula). Immutable once built.

score(q, d) = sum over t in q of idf(t) tf / (tf + k1 (1 - b + b |d| / avg|d|))
idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

after Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009, as Lucene computes it.
The texts lie in segments, written by lexical_build.py; N, df and avg|d| are those of all of them together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import bm25s
import numpy as np

from tutor.retrieval.keys import Numbered, key, keys, mapped

K1, B = 1.2, 0.75


class Segment:
    """The scores of a run of texts: a column for each term that any of them holds."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, ValueError: a file is missing or is not what was written."""
        self._bm25 = bm25s.BM25.load(folder, load_corpus=False, load_vocab=False, mmap=True)
        self._column = Numbered.load(folder / "terms")
        self.size = int(self._bm25.scores["num_docs"])

    def scores(self, wanted: np.ndarray) -> np.ndarray:
        """BM25 of every text for the terms with the keys `wanted`, shape (size,), float32."""
        columns = self._column.find(wanted)
        held = columns[columns >= 0]
        return self._bm25.get_scores_from_ids(held.tolist()) if len(held) else np.zeros(self.size, np.float32)


class Lexical:
    """A BM25 index of N token lists."""

    def __init__(self, segments: Sequence[Segment], column: Numbered, df: np.ndarray) -> None:
        self._segments, self._column, self._df = segments, column, df
        self.size = sum(segment.size for segment in segments)
        self._held = lru_cache(maxsize=100_000)(self._texts_with)

    @classmethod
    def load(cls, folder: Path) -> Lexical:
        """Raises OSError, ValueError: a file is missing or is not what was written."""
        segments = [Segment(path) for path in sorted(folder.glob("segment-*"))]
        return cls(segments, Numbered.load(folder / "terms"), mapped(folder / "df.npy"))

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """BM25 of every text, shape (N,), float32; a query term that no text holds adds nothing."""
        wanted = keys(query)
        return np.concatenate([segment.scores(wanted) for segment in self._segments])

    def df(self, term: str) -> int:
        """How many texts hold `term`."""
        return self._held(term)

    def _texts_with(self, term: str) -> int:
        column = self._column.place(key(term))
        return int(self._df[column]) if column >= 0 else 0

    def idf(self, term: str) -> float:
        """ln(1 + (N - df + 0.5) / (df + 0.5)); greatest for a term that no text holds."""
        return idf(self._held(term), self.size)


def idf(df: int, size: int) -> float:
    """Lucene's inverse document frequency of a term that `df` of `size` texts hold."""
    return math.log(1 + (size - df + 0.5) / (df + 0.5))
