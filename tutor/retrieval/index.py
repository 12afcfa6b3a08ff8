"""The search index: built on first use, checked by its manifest on every opening, searched.

A build lies in a folder of its own, written once; `manifest.json`, replaced atomically, names the folder
and everything it was made from. So a reader sees one whole build or another, and waits for none.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from tutor import text
from tutor.config import Settings
from tutor.errors import SearchIndexError
from tutor.retrieval import chunking, corpus, dense, evidence, fusion, lexical
from tutor.types import Document, Evidence, Hit, Lang, Passage, Source

FORMAT = 1
POOL = 50  # passages that each leg hands to the fusion

# The weight of the dense leg beside BM25's 1.0. MiniLM reads English; measured by `python -m tutor.evals.retrieval`.
DENSE_WEIGHT: dict[Lang, float] = {"en": 1.0, "ko": 0.3}

Progress = Callable[[str, int, int], None]
_log = logging.getLogger(__name__)


class Index:
    """Every passage of the sources, searchable. Safe to use from several threads."""

    def __init__(
        self, documents: Sequence[Document], passages: Sequence[Passage], words: lexical.Lexical, vectors: dense.Dense
    ) -> None:
        self.documents: dict[str, Document] = {document.id: document for document in documents}
        self.passages = tuple(passages)
        self._words, self._vectors = words, vectors

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
        words, meaning = self.legs(query, lang)
        fused = fusion.fuse([words, meaning], [1.0, DENSE_WEIGHT[lang]])
        word_rank = {number: rank for rank, number in enumerate(words, 1)}
        meaning_rank = {number: rank for rank, number in enumerate(meaning, 1)}
        return [
            Hit(self.passages[number], score, word_rank.get(number), meaning_rank.get(number))
            for number, score in fused[:k]
        ]

    def legs(self, query: str, lang: Lang) -> tuple[list[int], list[int]]:
        """The numbers of the passages that BM25 and that the embeddings rank first, best first, at most POOL each.

        Of articles that exist in both languages only the one in `lang` is ranked, unless it holds none
        of the query's words ("Who is 로젠블라트?").
        """
        allowed = self._own[lang]
        scores = self._words.scores(text.terms(query))
        if not (scores[allowed] > 0).any():
            allowed = np.ones(len(self.passages), dtype=bool)
        return _best(scores, allowed & (scores > 0)), _best(self._vectors.scores(query), allowed)

    def evidence(self, question: str, hits: Sequence[Hit], k: int = 8) -> list[Evidence]:
        """The `k` sentences of `hits` that best answer `question`, best first."""
        return evidence.rank(question, hits, idf=self._words.idf, k=k)

    def coverage(self, question: str, hits: Sequence[Hit]) -> float:
        """Share (0..1) of what `question` asks about that `hits` speak of at all."""
        return evidence.coverage(question, hits, idf=self._words.idf)

    def vectors(self) -> np.ndarray:
        """The passages' embeddings, shape (len(passages), d), float32."""
        return self._vectors.vectors()

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
    try:
        settings.index.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.index / ".lock"):
            # Another process may have built it while this one waited.
            if not rebuild and (found := _load(settings)):
                return found
            return _build(settings, progress or (lambda stage, done, total: None))
    except OSError as error:
        raise _cannot_write(settings.index, error) from error


def _load(settings: Settings) -> Index | None:
    """The index on disk, or None where it is missing, stale or damaged."""
    manifest_file = settings.index / "manifest.json"
    try:
        manifest = json.loads(manifest_file.read_text("utf-8"))
        wanted = _inputs(settings, manifest["inputs"].get("encoder", {}))
        stale = [name for name, value in wanted.items() if not _same(manifest["inputs"].get(name), value)]
        if stale:
            _log.info("The index is rebuilt: %s changed.", ", ".join(stale))
            return None
        return _read(settings.index / manifest["folder"], manifest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("The index is rebuilt: %s.", error)
        return None


def _same(recorded: Any, wanted: Any) -> bool:
    """Equal, but for when the encoder's file was written."""
    if isinstance(recorded, dict) and isinstance(wanted, dict):
        return {**recorded, "mtime_ns": 0} == {**wanted, "mtime_ns": 0}
    return recorded == wanted


def _inputs(settings: Settings, encoder: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a build depends on. A change in any of it makes the index stale."""
    code = [Path(module.__file__ or "") for module in (text, corpus, chunking, lexical, dense)] + [Path(__file__)]
    return {
        "format": FORMAT,
        "encoder": dense.identity(encoder),
        "chunking": {"characters": chunking.TARGET},
        "tokenizer": {p: importlib.metadata.version(p) for p in ("python-mecab-ko-dic", "snowballstemmer", "bm25s")},
        "code": hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest(),
        "sources": {corpus.name(path): _sha256(path) for path in corpus.files(settings)},
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(folder: Path, manifest: Mapping[str, Any]) -> Index:
    """Load a build and check it. Raises ValueError where a file is not what was written."""
    for name, digest in manifest["artefacts"].items():
        if _sha256(folder / name) != digest:
            raise ValueError(f"{folder / name} is damaged")
    documents = [_document(record) for record in _records(folder / "documents.jsonl")]
    passages = [Passage(**{**record, "lines": tuple(record["lines"])}) for record in _records(folder / "passages.jsonl")]
    words = lexical.Lexical.load(folder / "bm25")
    vectors = dense.Dense.load((folder / "vectors.faiss").read_bytes())
    counts = {"documents": len(documents), "passages": len(passages)}
    if counts != manifest["counts"] or not len(passages) == words.size == vectors.size:
        raise ValueError(f"the parts of {folder} do not fit together")
    return Index(documents, passages, words, vectors)


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def _document(record: dict[str, Any]) -> Document:
    return Document(**{**record, "sources": tuple(Source(**source) for source in record["sources"])})


def _build(settings: Settings, progress: Progress) -> Index:
    """Build into a new folder, then point the manifest to it. The old build stays until that moment."""
    inputs = _inputs(settings, {})
    progress("read", 0, 1)
    documents = corpus.read(settings)
    passages = [passage for document in documents for passage in chunking.passages(document)]
    progress("words", 0, len(passages))
    words = lexical.Lexical.build([text.terms(_searched(p)) for p in passages])
    vectors = _embed([_searched(p) for p in passages], _vectors(settings, inputs["encoder"]), progress)
    folder = settings.index / f"build-{uuid.uuid4().hex[:8]}"
    try:
        _write(folder, documents, passages, words, dense.Dense.build(vectors))
        manifest = {
            "folder": folder.name,
            "inputs": inputs,
            "counts": {"documents": len(documents), "passages": len(passages)},
            "artefacts": {p.relative_to(folder).as_posix(): _sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()},
        }
        found = _read(folder, manifest)
        temporary = folder / "manifest.json"
        temporary.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
        os.replace(temporary, settings.index / "manifest.json")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in settings.index.glob("build-*"):
        if old.name != folder.name:
            shutil.rmtree(old, ignore_errors=True)
    progress("done", len(passages), len(passages))
    return found


def _embed(texts: Sequence[str], known: Mapping[str, np.ndarray], progress: Progress) -> np.ndarray:
    """Vectors of `texts`, those in `known` taken from there."""
    new = [item for item in dict.fromkeys(texts) if item not in known]
    made = dense.encode(new, lambda done, total: progress("embed", done, total)) if new else []
    vectors = dict(known) | dict(zip(new, made, strict=True))
    return np.stack([vectors[item] for item in texts])


def _vectors(settings: Settings, encoder: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What the build on disk embedded with the same encoder: searched text -> vector. Embedding is the slow part."""
    try:
        manifest = json.loads((settings.index / "manifest.json").read_text("utf-8"))
        if not _same(manifest["inputs"]["encoder"], encoder):
            return {}
        old = _read(settings.index / manifest["folder"], manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {_searched(passage): vector for passage, vector in zip(old.passages, old.vectors(), strict=True)}


def _searched(passage: Passage) -> str:
    """What of a passage is searched: its text under its title and heading."""
    heading = "" if passage.section == passage.title else f"{passage.section}\n"
    return f"{passage.title}\n{heading}{passage.text}"


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


def _cannot_write(folder: Path, error: OSError) -> SearchIndexError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if full:
        why, fix = "there is no room left", "Free some disk space (the index needs about 20 MB) and try again."
        why_ko, fix_ko = "디스크에 남은 공간이 없어요", "공간을 20MB쯤 비우고 다시 해 보세요."
    else:
        why = error.strerror or str(error)
        fix = "Name a folder that you may write to. Type: export TUTOR_INDEX=~/tutor-index"
        why_ko, fix_ko = why, "쓸 수 있는 폴더를 정해 주세요: export TUTOR_INDEX=~/tutor-index"
    return SearchIndexError(
        f"The search index cannot be written to {folder}: {why}.",
        fix,
        ko=(f"검색 색인을 {folder}에 쓸 수 없어요. {why_ko}.", fix_ko),
    )
