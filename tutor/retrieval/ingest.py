"""Write a build of the index, document by document and block by block: memory does not grow with the sources."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

import numpy as np

from tutor import text
from tutor.retrieval import chunking, encoder, lexical_build, stores
from tutor.retrieval.keys import Numbered, key
from tutor.retrieval.layout import LayoutWriter
from tutor.retrieval.records import Records, Writer
from tutor.retrieval.spelling import Words
from tutor.types import Document, Passage

BLOCK = 1024  # passages that are embedded and stored together
Progress = Callable[[str, int, int], None]


class Encode(Protocol):
    """encoder.encode, or what stands in for it."""

    def __call__(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier build embedded with the same encoder; embedding is the slow part of building."""

    rows: Numbered
    vectors: stores.VectorStore


def write(
    folder: Path,
    documents: Iterable[Document],
    total: int,
    asked: Mapping[str, tuple[str, ...]],
    progress: Progress,
    *,
    encode: Encode,
    uri: str = "",
    known: Known | None = None,
) -> None:
    """Write the index of `documents`, `total` of them, into the new folder `folder`.

    Args:
        asked: for a sentence the questions that it answers.
        uri: where the vectors go, see stores.build.
        encode: gives the unit vectors of sentences, shape (n, encoder.DIMENSIONS), float32.

    Raises:
        SearchIndexError: the vectors cannot be made or stored.
        OSError: `folder` cannot be written to.
    """
    folder.mkdir()
    found = _write_texts(folder, documents, total, asked, progress)
    Numbered.write(folder / "embedded", found)
    blocks = _vectors(folder, found, known, encode, progress)
    stores.build(uri, folder, blocks, len(found), encoder.DIMENSIONS).close()


def _write_texts(
    folder: Path,
    documents: Iterable[Document],
    total: int,
    asked: Mapping[str, tuple[str, ...]],
    progress: Progress,
) -> np.ndarray:
    """Write documents, passages and their terms; gives the key of each passage's text to embed, shape (n,), uint64."""
    layout, found = LayoutWriter(), array("Q")
    words, written = lexical_build.Builder(folder / "bm25"), Words()
    with (
        Writer[Document](folder / "documents") as document_file,
        Writer[Passage](folder / "passages") as passage_file,
    ):
        for number, document in enumerate(documents):
            progress("words", number, total)
            passages = chunking.passages(document, asked)
            document_file.add([document])
            passage_file.add(passages)
            layout.add(document, len(passages))
            found.extend(key(embedded(passage)) for passage in passages)
            for passage in passages:
                shown = "\n".join(dict.fromkeys([passage.title, passage.section, passage.text]))
                terms = text.terms(shown)
                written.add(shown, terms)
                words.add(terms + sorted(set(text.terms(" ".join(chain(*passage.asked)))) - set(terms)))
        document_file.finish()
        passage_file.finish()
    layout.finish(folder)
    words.finish()
    written.finish(folder / "words.json")
    return np.array(found, np.uint64)


def _vectors(
    folder: Path, found: np.ndarray, known: Known | None, encode: Encode, progress: Progress
) -> Iterator[np.ndarray]:
    """The vectors of the passages in `folder`, in order, BLOCK rows or fewer at a time."""
    texts = map(embedded, Records(folder / "passages", Passage))
    for start in range(0, len(found), BLOCK):
        wanted = found[start : start + BLOCK]
        block = list(islice(texts, len(wanted)))
        old = known.rows.find(wanted) if known else np.full(len(wanted), -1)
        vectors = np.empty((len(wanted), encoder.DIMENSIONS), np.float32)
        if known and (old >= 0).any():
            vectors[old >= 0] = known.vectors.vectors(old[old >= 0])
        if new := list(dict.fromkeys(block[i] for i in np.flatnonzero(old < 0))):
            made = encode(new, partial(_embedding, progress, start, len(found)))
            stores.require_unit(made, start)
            place = {one: i for i, one in enumerate(new)}
            vectors[old < 0] = made[[place[block[i]] for i in np.flatnonzero(old < 0)]]
        yield vectors


def _embedding(progress: Progress, start: int, size: int, done: int, _: int) -> None:
    progress("embed", start + done, size)


def embedded(passage: Passage) -> str:
    """What is embedded of `passage`."""
    heading = passage.title if passage.section in ("", passage.title) else f"{passage.title}: {passage.section}"
    return encoder.passage_text(heading, [passage.text[slice(*span)] for span in text.sentences(passage.text)])
