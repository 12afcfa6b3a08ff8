"""The search index: built on first use, checked by its manifest on every opening, searched.

A build lies in a folder of its own, written once; `manifest.json`, replaced atomically, names the folder
and everything it was made from. So a reader sees one whole build or another, and waits for none.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock
from pydantic import TypeAdapter

from tutor import text
from tutor.config import Settings
from tutor.corpus import articles, corrections, glossary, questions
from tutor.corpus.corrections import Correction
from tutor.corpus.glossary import Term
from tutor.errors import SearchIndexError
from tutor.retrieval import chunking, dense, evidence, fusion, lexical, manifests
from tutor.retrieval.expansion import Expansion
from tutor.retrieval.spelling import Spelling
from tutor.types import Document, Evidence, Hit, Lang, Passage

T = TypeVar("T", Document, Passage)
POOL = 50  # passages that each leg hands to the fusion

Progress = Callable[[str, int, int], None]
_log = logging.getLogger(__name__)


class Index:
    """Every passage of the sources, searchable. Safe to use from several threads."""

    def __init__(
        self,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        words: lexical.Lexical,
        vectors: dense.Dense,
        corrections: Sequence[Correction] = (),
        terms: Sequence[Term] = (),
    ) -> None:
        self.documents: dict[str, Document] = {document.id: document for document in documents}
        self.passages = tuple(passages)
        self.corrections = tuple(corrections)
        self._words, self._vectors, self._expansion = words, vectors, Expansion(terms)
        self._spelling = Spelling.of(passages, words, terms)

    def document(self, ident: str) -> Document:
        """The document "en/perceptron", "seeds/<file>".

        Raises:
            SearchIndexError: there is no such document.
        """
        if ident not in self.documents:
            raise SearchIndexError(
                f"There is no document {ident!r}.",
                f"Known are {', '.join(sorted(self.documents))}.",
                ko=(f"{ident!r}라는 글은 없어요.", f"있는 글: {', '.join(sorted(self.documents))}"),
            )
        return self.documents[ident]

    def search(self, query: str, *, lang: Lang, k: int = 6) -> list[Hit]:
        """The `k` best passages for `query`, best first, in the language `lang` wherever there is a choice."""
        words, meaning = self.legs(self._expansion.widened(self._spelling.mend(query)), lang)
        word_rank = {number: rank for rank, number in enumerate(words, 1)}
        meaning_rank = {number: rank for rank, number in enumerate(meaning, 1)}
        # A passage that is not embedded (the Korean note, for an English question) counts by its words twice.
        unread = [n if meaning and self.passages[n].lang not in dense.LANGS else -n - 1 for n in words]
        fused = [(n, score) for n, score in fusion.fuse([words, meaning, unread]) if n >= 0]
        return [
            Hit(self.passages[number], score, word_rank.get(number), meaning_rank.get(number))
            for number, score in fused[:k]
        ]

    def legs(self, query: str, lang: Lang) -> tuple[list[int], list[int]]:
        """The numbers of the passages that BM25 and that the embeddings rank first, best first, at most POOL each.

        Of articles that exist in both languages only the one in `lang` is ranked. Where nothing there holds
        a word of the query ("Who is 로젠블라트?"), the other language's words are all there is to go by.
        By meaning a passage is as near as its nearest sentence.
        """
        allowed = self._own[lang]
        scores = self._words.scores(text.terms(query))
        words = _best(scores, allowed & (scores > 0))
        if not words and (foreign := _best(scores, scores > 0)):
            return foreign, []
        if lang not in dense.LANGS or not query.strip():
            return words, []
        nearest = np.full(len(self.passages), -np.inf, dtype=np.float32)
        np.maximum.at(nearest, self._passage_of, self._vectors.scores(query))
        return words, _best(nearest, allowed & np.isfinite(nearest))

    def evidence(self, question: str, hits: Sequence[Hit], k: int = 8) -> list[Evidence]:
        """The `k` sentences of `hits` that best answer `question`, best first."""
        question = self._spelling.mend(question)
        cosines = self._cosines(question, hits)
        return evidence.rank(question, hits, idf=self._words.idf, cosines=lambda p: cosines[p.id], k=k)

    def confidence(self, question: str, hits: Sequence[Hit]) -> float:
        """How likely the sources answer `question`, 0..1: the mean of the coverage and of the share of its terms, by
        weight, that any source holds. Below evidence.COVERED the sources do not hold it.
        """
        weights = {term: self._words.idf(term) for term in text.terms(self._spelling.mend(question))}
        known = sum(weight for term, weight in weights.items() if self._words.df(term))
        return (self.coverage(question, hits) + known / (sum(weights.values()) or 1.0)) / 2

    def coverage(self, question: str, hits: Sequence[Hit]) -> float:
        """How far `hits` speak of what `question` asks, 0..1."""
        question = self._spelling.mend(question)
        nearest = max((cosine for row in self._cosines(question, hits).values() for cosine in row), default=0.0)
        return evidence.coverage(question, hits, idf=self._words.idf, nearest=nearest or None)

    def _cosines(self, question: str, hits: Sequence[Hit]) -> dict[str, list[float]]:
        """For each passage of `hits` the cosines of its sentences with `question`; 0 where either is not embedded."""
        read = text.language(question) in dense.LANGS and question.strip()
        scores = self._vectors.scores(question) if read else np.zeros(self._vectors.size, dtype=np.float32)
        found = {}
        for passage in (hit.passage for hit in hits):
            rows = scores[self._passage_of == self._number[passage.id]]
            found[passage.id] = rows.tolist() or [0.0] * len(text.sentences(passage.text))
        return found

    def vectors(self) -> dict[str, np.ndarray]:
        """Every embedded sentence with its embedding, shape (dense.DIMENSIONS,), float32."""
        return dict(zip(_embedded(self.passages)[0], self._vectors.vectors(), strict=True))

    @cached_property
    def _number(self) -> dict[str, int]:
        return {passage.id: number for number, passage in enumerate(self.passages)}

    @cached_property
    def _passage_of(self) -> np.ndarray:
        """The number of the passage that each embedded sentence is in, shape (sentences,)."""
        return np.array(_embedded(self.passages)[1], dtype=np.int64)

    @cached_property
    def _own(self) -> dict[Lang, np.ndarray]:
        """For each language, which passages are in it or have no twin in it."""
        slugs: dict[Lang, set[str]] = {"en": set(), "ko": set()}
        for document in self.documents.values():
            slugs[document.lang].add(document.slug)
        return {
            lang: np.array([p.lang == lang or p.slug not in slugs[lang] for p in self.passages], dtype=bool)
            for lang in slugs
        }


def _best(scores: np.ndarray, allowed: np.ndarray) -> list[int]:
    """Numbers of the POOL highest `scores` among the `allowed`, ties by number."""
    numbers = np.flatnonzero(allowed)
    return numbers[np.argsort(-scores[numbers], kind="stable")][:POOL].tolist()


# ---- opening and building --------------------------------------------------------------------------
def open_index(settings: Settings, *, rebuild: bool = False, progress: Progress | None = None) -> Index:
    """The index of the sources as they are now; builds it where there is none or it does not fit.

    Args:
        rebuild: build even if the present index is sound.
        progress: told (stage, done, total) while it builds.

    Raises:
        CorpusError: a source is broken.
        SearchIndexError: the index cannot be written, or the encoder is missing.
    """
    if not rebuild and (found := _load(settings)):
        return found
    lock = FileLock(settings.index / ".lock")
    with _writing(settings.index):
        settings.index.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        # Another process may have built it while this one waited.
        if not rebuild and (found := _load(settings)):
            return found
        return _build(settings, progress or (lambda stage, done, total: None))
    finally:
        lock.release()


def _load(settings: Settings) -> Index | None:
    """The index on disk, or None where it is missing, stale or damaged."""
    manifest_file = settings.index / "manifest.json"
    try:
        manifest = json.loads(manifest_file.read_text("utf-8"))
        if changed := manifests.stale(settings, manifest):
            _log.info("The index is rebuilt: %s changed.", ", ".join(changed))
            return None
        return _read(settings, manifest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("The index is rebuilt: %s.", error)
        return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _read(settings: Settings, manifest: Mapping[str, Any]) -> Index:
    """Load a build and check it. Raises ValueError where a file is not what was written."""
    folder = settings.index / manifest["folder"]
    for name, digest in manifest["artefacts"].items():
        if _sha256(folder / name) != digest:
            raise ValueError(f"{folder / name} is damaged")
    documents = _records(folder / "documents.jsonl", Document)
    passages = _records(folder / "passages.jsonl", Passage)
    words = lexical.Lexical.load(folder / "bm25")
    vectors = dense.Dense.load((folder / "vectors.faiss").read_bytes())
    counts = {"documents": len(documents), "passages": len(passages)}
    if counts != manifest["counts"] or words.size != len(passages) or vectors.size != len(_embedded(passages)[0]):
        raise ValueError(f"the parts of {folder} do not fit together")
    return Index(documents, passages, words, vectors, corrections.read(settings), glossary.read(settings))


def _records(path: Path, kind: type[T]) -> list[T]:
    read = TypeAdapter(kind).validate_json
    return [read(line) for line in path.read_text("utf-8").split("\n") if line]


def _build(settings: Settings, progress: Progress) -> Index:
    """Build into a new folder, then point the manifest to it. The old build stays until that moment."""
    inputs = manifests.inputs(settings, {})
    progress("read", 0, 1)
    documents, asked = articles.read(settings), questions.read(settings)
    passages = [passage for document in documents for passage in chunking.passages(document, asked)]
    progress("words", 0, len(passages))
    words = lexical.Lexical.build([_searched(p) for p in passages])
    vectors = _embed(_embedded(passages)[0], _known(settings, inputs["encoder"]), progress)
    with _writing(settings.index):
        found = _publish(settings, inputs, documents, passages, words, dense.Dense.build(vectors))
    progress("done", len(passages), len(passages))
    return found


def _publish(
    settings: Settings,
    inputs: Mapping[str, Any],
    documents: Sequence[Document],
    passages: Sequence[Passage],
    words: lexical.Lexical,
    vectors: dense.Dense,
) -> Index:
    root = settings.index
    folder = root / f"build-{uuid.uuid4().hex[:8]}"
    try:
        _write(folder, documents, passages, words, vectors)
        manifest = {
            "folder": folder.name,
            "inputs": inputs,
            "counts": {"documents": len(documents), "passages": len(passages)},
            "artefacts": {path.relative_to(folder).as_posix(): _sha256(path) for path in _files(folder)},
        }
        found = _read(settings, manifest)
        temporary = folder / "manifest.json"
        temporary.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
        os.replace(temporary, root / "manifest.json")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in root.glob("build-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return found


def _embedded(passages: Sequence[Passage]) -> tuple[list[str], list[int]]:
    """The sentences that are embedded, in order, and the number of the passage of each."""
    pairs = [
        (passage.text[slice(*span)], number)
        for number, passage in enumerate(passages)
        if passage.lang in dense.LANGS
        for span in text.sentences(passage.text)
    ]
    return [sentence for sentence, _ in pairs], [number for _, number in pairs]


def _embed(sentences: Sequence[str], known: Mapping[str, np.ndarray], progress: Progress) -> np.ndarray:
    """The embeddings of `sentences`, shape (n, dense.DIMENSIONS); those in `known` are taken from there."""
    new = [sentence for sentence in dict.fromkeys(sentences) if sentence not in known]
    made: Sequence[np.ndarray] | np.ndarray = (
        dense.encode(new, lambda done, total: progress("embed", done, total)) if new else []
    )
    vectors = dict(known) | dict(zip(new, made, strict=True))
    return np.array([vectors[sentence] for sentence in sentences], dtype=np.float32).reshape(-1, dense.DIMENSIONS)


def _known(settings: Settings, encoder: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What the build on disk embedded with this very encoder; embedding is the slow part of building."""
    try:
        manifest = json.loads((settings.index / "manifest.json").read_text("utf-8"))
        if not manifests.same(manifest["inputs"]["encoder"], encoder):
            return {}
        return _read(settings, manifest).vectors()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _searched(passage: Passage) -> list[str]:
    """The terms by which a passage is found: of its text under title and heading, and new ones of its questions."""
    heading = "" if passage.section == passage.title else f"{passage.section}\n"
    terms = text.terms(f"{passage.title}\n{heading}{passage.text}")
    return terms + sorted(set(text.terms(" ".join(chain(*passage.asked)))) - set(terms))


def _write(
    folder: Path,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    words: lexical.Lexical,
    vectors: dense.Dense,
) -> None:
    folder.mkdir()
    for name, items in (("documents.jsonl", documents), ("passages.jsonl", passages)):
        lines = [json.dumps(asdict(item), ensure_ascii=False) + "\n" for item in items]
        (folder / name).write_text("".join(lines), "utf-8")
    words.save(folder / "bm25")
    (folder / "vectors.faiss").write_bytes(vectors.dump())


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say what an OSError means for the index in `folder`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            why, fix = "there is no room left", "Free some disk space (20 MB will do) and try again."
            why_ko, fix_ko = "디스크에 남은 공간이 없어요", "공간을 20MB쯤 비우고 다시 해 보세요."
        else:
            why = why_ko = error.strerror or str(error)
            fix = "Name a folder that you may write to. Type: export TUTOR_INDEX=~/tutor-index"
            fix_ko = "쓸 수 있는 폴더를 정해 주세요. 이렇게 입력하세요: export TUTOR_INDEX=~/tutor-index"
        raise SearchIndexError(
            f"The search index cannot be written to {folder}: {why}.",
            fix,
            ko=(f"검색 색인을 {folder}에 쓸 수 없어요: {why_ko}.", fix_ko),
        ) from error
