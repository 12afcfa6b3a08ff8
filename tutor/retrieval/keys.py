"""64-bit keys of strings, and what a string was numbered, without the strings: the same memory however long they are.

Among n strings two have one key with a chance of n² / 2⁶⁵: 4 in ten million for four million sentences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np


@lru_cache(maxsize=100_000)
def key(text: str) -> int:
    """The first 64 bits of BLAKE2b of `text`."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def keys(texts: Sequence[str]) -> np.ndarray:
    """The keys of `texts`, shape (n,), uint64."""
    return np.fromiter(map(key, texts), dtype=np.uint64, count=len(texts))


def mapped(path: Path) -> np.ndarray:
    """The array that np.save wrote, read from disk where it is asked for.

    Raises:
        OSError, ValueError: the file is missing, or is not an array.
    """
    return np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)  # memmap itself is slow to index


class Numbered:
    """From a key to the number of the string that has it; both arrays lie on disk, sorted by key."""

    def __init__(self, sorted_keys: np.ndarray, numbers: np.ndarray) -> None:
        self._keys, self._numbers = sorted_keys, numbers

    @classmethod
    def write(cls, stem: Path, found: np.ndarray) -> None:
        """Write what is needed to find the place of each of the keys `found`, shape (n,); the first of equal ones."""
        order = np.argsort(found, kind="stable")
        np.save(stem.with_name(stem.name + ".keys.npy"), found[order])
        np.save(stem.with_name(stem.name + ".numbers.npy"), order.astype(np.int32))

    @classmethod
    def load(cls, stem: Path) -> Numbered:
        """Raises OSError, ValueError: a file is missing or is not an array."""
        return cls(*(mapped(stem.with_name(f"{stem.name}.{part}.npy")) for part in ("keys", "numbers")))

    def place(self, wanted: int) -> int:
        """The number of the key `wanted`, -1 where there is none."""
        at = int(self._keys.searchsorted(np.uint64(wanted)))
        return int(self._numbers[at]) if at < len(self._keys) and int(self._keys[at]) == wanted else -1

    def find(self, wanted: np.ndarray) -> np.ndarray:
        """The number of each key of `wanted`, shape (n,), int64; -1 where there is none."""
        if not len(self._keys):
            return np.full(len(wanted), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[places] == wanted, self._numbers[places], -1).astype(np.int64)
