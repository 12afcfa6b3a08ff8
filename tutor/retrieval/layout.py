"""Which passages each document has, and which of them each language is shown."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import get_args

import numpy as np

from tutor.retrieval.keys import key
from tutor.types import Document, Lang

LANGUAGES: tuple[Lang, ...] = get_args(Lang)


class LayoutWriter:
    """Takes the documents in order, each with the number of its passages."""

    def __init__(self) -> None:
        self._langs, self._slugs, self._passages = array("b"), array("Q"), array("q")

    def add(self, document: Document, passages: int) -> None:
        self._langs.append(LANGUAGES.index(document.lang))
        self._slugs.append(key(document.slug))
        self._passages.append(passages)

    def finish(self, folder: Path) -> None:
        langs, slugs = np.array(self._langs, np.int8), np.array(self._slugs, np.uint64)
        passages = np.array(self._passages, np.int64)
        own = [(langs == i) | ~np.isin(slugs, slugs[langs == i]) for i in range(len(LANGUAGES))]
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(passages, dtype=np.int64)])
        np.save(folder / "passages.of.npy", ends)
        np.save(folder / "own.npy", np.repeat(np.array(own, bool), passages, axis=1))


class Layout:
    """How documents and passages, each numbered from 0 in reading order, belong together."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, ValueError: a file is missing or is not an array."""
        names = ("passages.of.npy", "own.npy")
        self._passages, self._own = (np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in names)
        self.documents, self.passages = len(self._passages) - 1, int(self._passages[-1])

    def passages_of(self, document: int) -> range:
        return range(*self._passages[document : document + 2].tolist())

    def own(self, lang: Lang) -> np.ndarray:
        """Which passages are in `lang` or have no twin in it, bool, shape (passages,)."""
        return self._own[LANGUAGES.index(lang)]
