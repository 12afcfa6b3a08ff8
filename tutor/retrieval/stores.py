"""Where the vectors of the embedded sentences are kept and searched; what every such place does the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from tutor.errors import SearchIndexError

UNIT = 1e-3  # by how much the length of a unit vector may differ from 1

Found = tuple[np.ndarray, np.ndarray]  # rows (int64) and their cosines (float32), best first


class VectorStore(Protocol):
    """`size` unit vectors of one dimension d, numbered from 0. Safe to search from several threads."""

    size: int

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None) -> Found:
        """The `k` rows nearest to `vector` (shape (d,), unit length), ties by number; fewer where there are fewer.

        Args:
            allowed: which rows may be found, bool, shape (size,).

        Raises:
            SearchIndexError: `vector` is not of unit length, or the store does not answer.
        """

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of `rows`, shape (len(rows), d), float32."""

    def close(self) -> None:
        """Let go of files and connections."""


def build(uri: str, folder: Path, blocks: Iterable[np.ndarray], size: int, dimensions: int) -> VectorStore:
    """Keep the rows of `blocks`, each of shape (any, dimensions), float32, `size` rows of unit length in all.

    Args:
        uri: "" keeps them in `folder`; else a Milvus server's address, or a path ending in .db.

    Raises:
        SearchIndexError: a vector is not of unit length, or the server cannot be used.
        OSError: `folder` cannot be written to.
    """
    blocks = _checked(blocks, dimensions)
    if uri:
        from tutor.retrieval import milvus_store

        return milvus_store.build(uri, folder.name, blocks, size, dimensions)
    from tutor.retrieval import faiss_store

    return faiss_store.build(folder, blocks, size, dimensions)


def load(uri: str, folder: Path, size: int, dimensions: int) -> VectorStore:
    """What `build` made.

    Raises:
        SearchIndexError: the server cannot be used.
        OSError, ValueError: it is not there, or is not what was built.
    """
    if uri:
        from tutor.retrieval import milvus_store

        return milvus_store.load(uri, folder.name, size, dimensions)
    from tutor.retrieval import faiss_store

    return faiss_store.load(folder, size, dimensions)


def remove(uri: str, folder: Path) -> None:
    """Remove what a build of the name of `folder` keeps outside of it."""
    if uri:
        from tutor.retrieval import milvus_store

        milvus_store.remove(uri, folder.name)


def require_unit(vectors: np.ndarray, first: int = 0) -> None:
    """Raise SearchIndexError where a row of `vectors`, the first being number `first`, is not of unit length."""
    lengths = np.linalg.norm(vectors, axis=1)
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT))  # NaN compares false
    if len(wrong):
        length = f"{lengths[wrong[0]]:.3g}"
        raise SearchIndexError(
            f"The text encoder gave a vector of length {length} instead of 1 (number {first + wrong[0]}).",
            "Install the encoder anew, then type: tutor index --rebuild",
            ko=(
                f"문장 인코더가 길이가 1이 아니라 {length}인 벡터를 냈어요({first + wrong[0]}번).",
                "인코더를 다시 설치한 뒤 이렇게 입력하세요: tutor index --rebuild",
            ),
        )


def ordered(rows: np.ndarray, cosines: np.ndarray, k: int) -> Found:
    """The `k` best of `rows`, best first, ties by number."""
    best = np.lexsort((rows, -cosines))[:k]
    return rows[best].astype(np.int64), cosines[best].astype(np.float32)


def whole_ties(search: Callable[[int], Found], k: int, size: int) -> Found:
    """The `k` best that `search`(n) finds for growing n, until no row as near as the k-th can be left out."""
    wanted = k + 1
    while True:
        rows, cosines = ordered(*search(min(wanted, size)), wanted)
        if len(rows) < wanted or cosines[-1] < cosines[k - 1]:
            return rows[:k], cosines[:k]
        wanted *= 2


def _checked(blocks: Iterable[np.ndarray], dimensions: int) -> Iterator[np.ndarray]:
    first = 0
    for block in blocks:
        if block.ndim != 2 or block.shape[1] != dimensions:
            raise SearchIndexError(
                f"The text encoder gave vectors of shape {block.shape} instead of (any, {dimensions}).",
                "Install the encoder anew, then type: tutor index --rebuild",
                ko=(
                    f"문장 인코더가 낸 벡터의 모양이 (n, {dimensions})이 아니라 {block.shape}이에요.",
                    "인코더를 다시 설치한 뒤 이렇게 입력하세요: tutor index --rebuild",
                ),
            )
        require_unit(block, first)
        first += len(block)
        yield np.ascontiguousarray(block, np.float32)
