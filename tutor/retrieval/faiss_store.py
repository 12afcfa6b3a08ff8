"""Vectors in the index folder, searched by FAISS: its only home.

Up to EXACT rows every vector is compared. Above, an inverted file of 8-bit codes picks candidates, and those are
compared by the vectors themselves, kept as 16-bit numbers. Its lists lie in shards that are searched where they lie
on disk, so neither adding nor searching holds them in memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from tutor.retrieval.stores import Found, ordered, require_unit, whole_ties

EXACT = 100_000  # rows; see `python -m tutor.evals.growth`
SHARD = 100_000  # rows
BLOCK = 16_384  # rows read at once
PROBES = 32  # lists that are searched
CANDIDATES = 4  # times k, at least MIN_CANDIDATES, that are compared by the vectors themselves
MIN_CANDIDATES = 100
MOST_LISTS = 4096  # teaching more takes more memory than all else
TRAIN = 40  # rows a list that the lists are made from
SEED = 0
FULL = "vectors.f16"


class Exact:
    """Compares every vector."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.size = int(index.ntotal)

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None) -> Found:
        require_unit(vector[None])
        if not self.size or k < 1:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        faiss.omp_set_num_threads(1)  # more threads only get in each other's way for one query
        params = None if allowed is None else faiss.SearchParameters(sel=_selector(allowed))  # type: ignore[call-arg]

        def search(n: int) -> Found:
            cosines, rows = self._index.search(vector[None], n, params=params)
            return rows[0][rows[0] >= 0], cosines[0][rows[0] >= 0]

        return whole_ties(search, k, self.size)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        return self._index.reconstruct_batch(np.asarray(rows, np.int64))

    def close(self) -> None:
        self._index = None


class Inverted:
    """Compares the vectors of the candidates that an inverted file of 8-bit codes finds."""

    def __init__(self, index: Any, shards: list[Any], full: np.ndarray) -> None:
        """`index` is to search the lists of all `shards`, taught alike; `full` holds the vectors, float16."""
        parts = faiss.InvertedListsPtrVector()  # type: ignore[attr-defined]
        for shard in shards:
            on_disk: Any = faiss.downcast_InvertedLists(shard.invlists)
            on_disk.prefetch_nthread = 0  # starting threads takes longer than reading
            parts.push_back(shard.invlists)
        self._shards, self._lists = shards, faiss.HStackInvertedLists(parts.size(), parts.data())
        index.replace_invlists(self._lists, False)
        self._index, self._full = index, full
        self.size = index.ntotal = len(full)

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None) -> Found:
        require_unit(vector[None])
        possible = min(k, self.size if allowed is None else int(allowed.sum()))
        lists = int(self._index.nlist)
        found = self._candidates(vector, k, allowed, min(PROBES, lists))
        if len(found) < possible:  # few are allowed, and they lie in other lists
            found = self._candidates(vector, k, allowed, lists)
        return ordered(found, self._full[found].astype(np.float32) @ vector, k)

    def _candidates(self, vector: np.ndarray, k: int, allowed: np.ndarray | None, probes: int) -> np.ndarray:
        """Rows that may be among the `k` nearest, rising, shape (n,)."""
        faiss.omp_set_num_threads(1)
        wanted = max(CANDIDATES * k, MIN_CANDIDATES)
        sel = {} if allowed is None else {"sel": _selector(allowed)}
        params = faiss.SearchParametersIVF(nprobe=probes, **sel)  # type: ignore[call-arg]
        _, rows = self._index.search(vector[None], wanted, params=params)
        return np.sort(rows[0][rows[0] >= 0])  # in the order in which they lie on disk

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        full = self._full[rows].astype(np.float32)
        return full / np.linalg.norm(full, axis=1, keepdims=True)

    def close(self) -> None:
        del self._index, self._lists, self._shards, self._full


def build(
    folder: Path, blocks: Iterable[np.ndarray], size: int, dimensions: int, exact: int = EXACT
) -> Exact | Inverted:
    """See stores.build; up to `exact` rows every vector is compared."""
    if size <= exact:
        _write_exact(folder, blocks, dimensions)
        return load(folder, size, dimensions)
    with (folder / FULL).open("wb") as file:
        for block in blocks:
            file.write(block.astype(np.float16).tobytes())
    full = _full(folder, size, dimensions)
    index = trained(full, faiss.index_factory(dimensions, f"IVF{lists(size)},SQ8", faiss.METRIC_INNER_PRODUCT))
    for shard, start in enumerate(range(0, size, SHARD)):
        for at in range(start, min(start + SHARD, size), BLOCK):
            block = full[at : min(at + BLOCK, start + SHARD)].astype(np.float32)
            index.add_with_ids(block, np.arange(at, at + len(block)))
        _write(index, folder / f"lists-{shard:04}.faiss")
        index.reset()
    return load(folder, size, dimensions)


def _write_exact(folder: Path, blocks: Iterable[np.ndarray], dimensions: int) -> None:
    index = faiss.IndexFlatIP(dimensions)
    for block in blocks:
        index.add(block)
    _write(index, folder / "vectors.faiss")


def load(folder: Path, size: int, dimensions: int) -> Exact | Inverted:
    """See stores.load."""
    with _readable(folder):
        if not (folder / FULL).exists():
            index = faiss.read_index(str(folder / "vectors.faiss"))
            if (index.ntotal, index.d) != (size, dimensions):
                raise ValueError(f"{folder} holds {index.ntotal} vectors of {index.d} numbers, not {size}")
            return Exact(index)
        paths = sorted(folder.glob("lists-*.faiss"))
        flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
        index, *shards = [faiss.read_index(str(path), flags) for path in [*paths[:1], *paths]]
        if sum(shard.ntotal for shard in shards) != size or index.d != dimensions:
            raise ValueError(f"the lists in {folder} do not hold {size} vectors of {dimensions} numbers")
        return Inverted(index, shards, _full(folder, size, dimensions))


def lists(size: int) -> int:
    """How many inverted lists `size` rows are divided into: about 2 √size, a power of two."""
    return min(MOST_LISTS, 2 ** round(math.log2(2 * math.sqrt(size))))


def trained(full: np.ndarray, index: Any) -> Any:
    """`index`, an inverted file, taught by a sample of the rows of `full`, the same for the same rows."""
    count = min(len(full), TRAIN * index.nlist)
    sample = np.sort(np.random.default_rng(SEED).choice(len(full), count, replace=False))
    index.train(full[sample].astype(np.float32))
    return index


def _full(folder: Path, size: int, dimensions: int) -> np.ndarray:
    path = folder / FULL
    if path.stat().st_size != 2 * size * dimensions:
        raise ValueError(f"{path} does not hold {size} vectors of {dimensions} numbers")
    return np.memmap(path, np.float16, "r", shape=(size, dimensions))


def _write(index: Any, path: Path) -> None:
    with path.open("wb") as file:  # through Python, so that a full disk is an OSError
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]


def _selector(allowed: np.ndarray) -> Any:
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))  # type: ignore[call-arg, arg-type]


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """FAISS says RuntimeError to a missing or a broken file."""
    try:
        yield
    except RuntimeError as error:
        raise ValueError(f"the vectors in {folder} cannot be read: {error}") from None
