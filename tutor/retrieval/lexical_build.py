"""Write a BM25 index (lexical.py) in segments, so that the memory in use does not grow with the texts.

The first pass keeps of each segment the 64-bit keys of its terms; the second, when N, df and avg|d| of all texts are
known, turns each into its matrix of scores. So however the texts are cut, their scores are the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np

from tutor.retrieval.keys import Numbered, key
from tutor.retrieval.lexical import K1, B, Lexical, idf

SEGMENT = 25_000  # texts


class Builder:
    """Takes texts as term lists, in order."""

    def __init__(self, folder: Path, segment: int = SEGMENT) -> None:
        folder.mkdir()
        self._folder, self._segment = folder, segment
        self._terms, self._lengths = array("Q"), array("i")
        self._segments = 0

    def add(self, terms: Sequence[str]) -> None:
        self._terms.extend(map(key, terms))
        self._lengths.append(len(terms))
        if len(self._lengths) == self._segment:
            self._flush()

    def finish(self) -> Lexical:
        """Write the index and open it."""
        if self._lengths or not self._segments:
            self._flush()
        parts = [self._part(number) for number in range(self._segments)]
        terms, df = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        for part in parts:
            terms, places = np.unique(np.concatenate([terms, _load(part, "column")]), return_inverse=True)
            held = np.concatenate([df, np.diff(_load(part, "indptr"))])
            df = np.bincount(places, weights=held, minlength=len(terms)).astype(np.int64)
        lengths = np.concatenate([_load(part, "length") for part in parts])
        weights = np.array([idf(n, len(lengths)) for n in df.tolist()], np.float32)
        for part in parts:
            own = weights[np.searchsorted(terms, _load(part, "column"))]
            _score(part, own, float(lengths.mean()) if len(lengths) else 0.0)
        Numbered.write(self._folder / "terms", terms)
        np.save(self._folder / "df.npy", df.astype(np.int32))
        return Lexical.load(self._folder)

    def _part(self, number: int) -> Path:
        return self._folder / f"segment-{number:05}"

    def _flush(self) -> None:
        """Write how often each term stands in each text, term by term, and empty the buffers."""
        lengths = np.array(self._lengths, np.int64)
        terms, columns = np.unique(np.array(self._terms, np.uint64), return_inverse=True)
        texts = np.repeat(np.arange(len(lengths)), lengths)
        pairs, counts = np.unique(columns * max(len(lengths), 1) + texts, return_counts=True)
        columns, rows = np.divmod(pairs, max(len(lengths), 1))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=len(terms)))])
        part = self._part(self._segments)
        part.mkdir()
        arrays = {
            "column": terms,
            "indptr": indptr.astype(np.int64),
            "row": rows.astype(np.int32),
            "count": counts.astype(np.float32),
            "length": lengths,
        }
        for name, values in arrays.items():
            np.save(part / f"{name}.npy", values)
        self._segments += 1
        self._terms, self._lengths = array("Q"), array("i")


def _score(part: Path, weights: np.ndarray, average: float) -> None:
    """Turn the counts of a segment into scores, `weights` being the idf of its columns; the counts are removed."""
    names = ("column", "indptr", "row", "count", "length")
    terms, indptr, rows, counts, lengths = (_load(part, name) for name in names)
    length = lengths[rows] / average if average else lengths[rows]
    share = counts / (K1 * ((1 - B) + B * length) + counts)
    bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
    bm25.vocab_dict, bm25.nonoccurrence_array = {}, None  # terms are found by their keys
    bm25.scores = {
        "data": (np.repeat(weights, np.diff(indptr)) * share).astype(np.float32),
        "indices": rows,
        "indptr": indptr,
        "num_docs": len(lengths),
    }
    bm25.save(part, show_progress=False)
    Numbered.write(part / "terms", terms)
    for name in names:
        (part / f"{name}.npy").unlink()


def _load(part: Path, name: str) -> np.ndarray:
    return np.load(part / f"{name}.npy", allow_pickle=False)
