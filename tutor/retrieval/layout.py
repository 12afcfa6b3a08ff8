"""Which passages a document has, which rows (embedded sentences) a passage has, and what each language may see."""

from __future__ import annotations

from array import array
from functools import cached_property
from pathlib import Path
from typing import get_args

import numpy as np

from tutor.retrieval.keys import key, mapped
from tutor.types import Document, Lang

LANGUAGES: tuple[Lang, ...] = get_args(Lang)


class LayoutWriter:
    """Takes the documents in order, each with the number of embedded sentences of each of its passages."""

    def __init__(self) -> None:
        self._langs, self._slugs = array("b"), array("Q")
        self._passages, self._rows = array("q"), array("i")
        self.rows = 0  # sentences embedded so far

    def add(self, document: Document, rows: list[int]) -> None:
        self._langs.append(LANGUAGES.index(document.lang))
        self._slugs.append(key(document.slug))
        self._passages.append(len(rows))
        self._rows.extend(rows)
        self.rows += sum(rows)

    def finish(self, folder: Path) -> None:
        langs, slugs = np.array(self._langs, np.int8), np.array(self._slugs, np.uint64)
        passages = np.array(self._passages, np.int64)
        own = [(langs == i) | ~np.isin(slugs, slugs[langs == i]) for i in range(len(LANGUAGES))]
        np.save(folder / "passages.of.npy", _ends(passages))
        np.save(folder / "rows.of.npy", _ends(np.array(self._rows, np.int64)))
        np.save(folder / "own.npy", np.repeat(np.array(own, bool), passages, axis=1))


class Layout:
    """How documents, passages and rows, each numbered from 0 in reading order, belong together."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, ValueError: a file is missing or is not an array."""
        names = ("passages.of.npy", "rows.of.npy", "own.npy")
        self._passages, self._rows, self._own = (mapped(folder / name) for name in names)
        self.documents, self.passages = len(self._passages) - 1, len(self._rows) - 1
        self.rows = int(self._rows[-1])

    def passages_of(self, document: int) -> range:
        return range(*self._passages[document : document + 2].tolist())

    def rows_of(self, passage: int) -> range:
        return range(*self._rows[passage : passage + 2].tolist())

    def passage_of(self, rows: np.ndarray) -> np.ndarray:
        """The number of the passage that each of `rows` is in, shape (n,)."""
        return np.searchsorted(self._rows, rows, side="right") - 1

    def own(self, lang: Lang) -> np.ndarray:
        """Which passages are in `lang` or have no twin in it, bool, shape (passages,)."""
        return self._own[LANGUAGES.index(lang)]

    def own_rows(self, lang: Lang) -> np.ndarray:
        """The same of each row, bool, shape (rows,)."""
        return self._own_rows[LANGUAGES.index(lang)]

    @cached_property
    def _own_rows(self) -> np.ndarray:
        return np.repeat(self._own, np.diff(self._rows), axis=1)


def _ends(counts: np.ndarray) -> np.ndarray:
    """Where each group begins and, last, where the last one ends, shape (n + 1,), int64."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
