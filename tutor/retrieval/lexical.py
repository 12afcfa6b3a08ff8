"""BM25 over the search terms of passages (bm25s, Lucene's formula). Immutable once built.

score(q, d) = sum over t in q of idf(t) tf / (tf + k1 (1 - b + b |d| / avg|d|))
idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

after Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009, as Lucene computes it.
The texts lie in segments, written by lexical_build.py; N, df and avg|d| are those of all of them together.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path

import bm25s
import numpy as np

from tutor.retrieval.keys import Numbered, key, keys, mapped
from tutor.text import terms

K1, B = 1.2, 0.75

# A word that may be misspelt, and how alike (difflib's ratio) the right one is. Korean is compared by its letters,
# two or three a syllable: 트렌스포머 and 트랜스포머 differ in one of twelve.
LONG_WORD = re.compile(r"[A-Za-z]{5,}|[가-힣]{3,}")
ALIKE, ALIKE_KO = 0.82, 0.86


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

    def __init__(self, segments: Sequence[Segment], column: Numbered, df: np.ndarray, words: Iterable[str]) -> None:
        self._segments, self._column, self._df, self._words = segments, column, df, words
        self.size = sum(segment.size for segment in segments)
        self._held = lru_cache(maxsize=100_000)(self._texts_with)
        self._mended = lru_cache(maxsize=4096)(self._nearest)  # each question is mended for every step of its search

    @classmethod
    def load(cls, folder: Path) -> Lexical:
        """Raises OSError, ValueError: a file is missing or is not what was written."""
        segments = [Segment(path) for path in sorted(folder.glob("segment-*"))]
        words = json.loads((folder / "words.json").read_text("utf-8"))
        df = mapped(folder / "df.npy")
        return cls(segments, Numbered.load(folder / "terms"), df, words)

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

    def mend(self, question: str) -> str:
        """`question` with each long word that no text holds replaced by the one it is a misspelling of, if any.

        "Who built the pereptron?" asks for the perceptron, "트렌스포머는?" for 트랜스포머.
        """
        question = unicodedata.normalize("NFC", question)
        return LONG_WORD.sub(lambda match: self._mended(match.group()), question)

    def _nearest(self, word: str) -> str:
        found = terms(word)
        if not found or all(self.df(term) for term in found):
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
        for term in self._words:
            groups[_letters(term)[0], len(term)][_letters(term)] = term
        return groups


def idf(df: int, size: int) -> float:
    """Lucene's inverse document frequency of a term that `df` of `size` texts hold."""
    return math.log(1 + (size - df + 0.5) / (df + 0.5))


def _letters(word: str) -> str:
    return unicodedata.normalize("NFD", word)
