"""Documents and passages on disk, a line of JSON each, parsed when they are asked for."""

from __future__ import annotations

import json
import mmap
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar, overload

import numpy as np
from pydantic import TypeAdapter

from tutor.retrieval.keys import Numbered, key, mapped
from tutor.types import Document, Passage

T = TypeVar("T", Document, Passage)
KEPT = 4096  # records that stay parsed


class Writer(Generic[T]):
    """Writes records to `stem`.jsonl one by one; at the end, where each begins, and the keys of their ids."""

    def __init__(self, stem: Path) -> None:
        self._stem = stem
        self._file = stem.with_suffix(".jsonl").open("wb")
        self._starts, self._ids = array("q", [0]), array("Q")

    def add(self, records: Sequence[T]) -> None:
        for record in records:
            line = (json.dumps(asdict(record), ensure_ascii=False) + "\n").encode()
            self._file.write(line)
            self._starts.append(self._starts[-1] + len(line))
            self._ids.append(key(record.id))

    def finish(self) -> None:
        self._file.close()
        np.save(self._stem.with_suffix(".starts.npy"), np.array(self._starts, np.int64))
        Numbered.write(self._stem, np.array(self._ids, np.uint64))

    def __enter__(self) -> Writer[T]:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()


class Records(Sequence[T]):
    """The records of a file in its order; safe to use from several threads."""

    def __init__(self, stem: Path, kind: type[T]) -> None:
        """Raises OSError, ValueError: a file is missing or does not hold the records that it should."""
        self._starts = mapped(stem.with_suffix(".starts.npy"))
        self._numbers = Numbered.load(stem)
        path = stem.with_suffix(".jsonl")
        if int(self._starts[-1]) != path.stat().st_size:
            raise ValueError(f"{path} is not as long as it was written")
        with path.open("rb") as file:
            self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self._starts[-1] else b""
        self._read: Callable[[bytes], T] = TypeAdapter(kind).validate_json
        self._parsed: Callable[[int], T] = lru_cache(maxsize=KEPT)(self._parse)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._parsed(number) for number in range(len(self))[place]]
        return self._parsed(range(len(self))[place])

    def __iter__(self) -> Iterator[T]:
        """Every record; those not parsed yet are not kept, or one pass would push out all that is in use."""
        few = len(self) <= KEPT
        return map(self._parsed if few else self._parse, range(len(self)))

    def number(self, ident: str) -> int | None:
        """The place of the record with the id `ident`, None where there is none."""
        found = self._numbers.place(key(ident))
        return found if found >= 0 and self[found].id == ident else None

    def _parse(self, number: int) -> T:
        start, end = self._starts[number : number + 2].tolist()
        return self._read(self._text[start:end])


class Documents(Mapping[str, Document]):
    """The documents by id, in the order of the sources."""

    def __init__(self, records: Records[Document]) -> None:
        self.records = records

    def __getitem__(self, ident: str) -> Document:
        number = self.records.number(ident)
        if number is None:
            raise KeyError(ident)
        return self.records[number]

    def __iter__(self) -> Iterator[str]:
        return (document.id for document in self.records)

    def __len__(self) -> int:
        return len(self.records)
