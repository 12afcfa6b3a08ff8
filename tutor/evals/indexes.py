"""The indexes that are measured: the one at hand, and temporary ones. The only place here that opens or makes one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from tutor.config import Settings
from tutor.evals.encoders import Encode
from tutor.evals.qa_sets import squash
from tutor.retrieval import encoder, ingest
from tutor.retrieval.builds import assembled, open_index
from tutor.retrieval.index import Index
from tutor.text import sentences
from tutor.types import LANGS, Document, Hit, Lang, Passage

SYSTEMS = ("bm25", "dense", "hybrid")
WORDS = 20  # of a synthetic passage


def opened(settings: Settings) -> Index:
    return open_index(settings)


@contextmanager
def of_language(settings: Settings, lang: Lang) -> Iterator[Index]:
    """An index of the articles in `lang` alone, without the learner's notes; what is embedded already is reused."""
    (other,) = set(LANGS) - {lang}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(settings.corpus, root / "corpus", ignore=shutil.ignore_patterns(other))
        if settings.index.is_dir():
            shutil.copytree(settings.index, root / "index")
        (root / "seeds").mkdir()
        yield open_index(replace(settings, corpus=root / "corpus", seeds=root / "seeds", index=root / "index"))


@contextmanager
def of_paragraphs(settings: Settings, paragraphs: Sequence[str], lang: Lang) -> Iterator[Index]:
    """An index in which paragraph n is the article with the slug `slug(n)`, and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "seeds").mkdir()
        (root / "corpus" / lang).mkdir(parents=True)
        for number, paragraph in enumerate(paragraphs):
            (root / "corpus" / lang / f"{slug(number)}.md").write_text(squash(paragraph) + "\n", encoding="utf-8")
        yield open_index(replace(settings, corpus=root / "corpus", seeds=root / "seeds", index=root / "index"))


def slug(number: int) -> str:
    return f"p{number:05}"


def found(index: Index, question: str, lang: Lang, system: str, k: int) -> list[Hit]:
    """What one leg alone, or the whole search ("hybrid"), finds: at most `k` passages, best first."""
    if system == "hybrid":
        return index.search(question, lang=lang, k=k)
    ranking = index.legs(question, lang)[SYSTEMS.index(system)]
    return [Hit(index.passages[number], 1 / rank) for rank, number in enumerate(ranking[:k], 1)]


def by_meaning(passages: Sequence[Passage], lang: Lang, encode: Encode) -> Callable[[str], list[Passage]]:
    """A search by cosine with `encode` alone, as the index ranks: a passage is as near as its nearest sentence.

    Of articles that exist in both languages only the one in `lang` is ranked.
    """
    own = {p.slug for p in passages if p.lang == lang}
    ranked = [p for p in passages if p.lang == lang or p.slug not in own]
    pairs = [(n, p.text[a:b]) for n, p in enumerate(ranked) for a, b in sentences(p.text)]
    vectors, of = encode([sentence for _, sentence in pairs]), np.array([n for n, _ in pairs])

    def search(question: str) -> list[Passage]:
        nearest = np.full(len(ranked), -np.inf, dtype=np.float32)
        np.maximum.at(nearest, of, vectors @ encode([question])[0])
        return [ranked[n] for n in np.argsort(-nearest, kind="stable")]

    return search


def confidence(index: Index, question: str, lang: Lang) -> float:
    """By which the product tells whether the sources answer `question`; below THRESHOLD it declines."""
    return index.confidence(question, index.search(question, lang=lang))


@contextmanager
def synthetic(index: Index, size: int, seed: int = 0) -> Iterator[Index]:
    """`size` passages of WORDS random words of `index`, each one sentence with a random unit vector.

    Words come as often as in `index` and half of the passages are Korean, so terms are as common as in a true one.
    """
    rng = np.random.default_rng(seed)
    words = {lang: np.array(" ".join(p.text for p in index.passages if p.lang == lang).split()) for lang in LANGS}

    def documents() -> Iterator[Document]:
        for n in range(size):
            lang = LANGS[n % len(LANGS)]
            text = " ".join(rng.choice(words[lang], WORDS)).replace(".", "") + "."
            yield Document(slug(n), slug(n), slug(n), lang, "", text)

    def encode(texts: Sequence[str], progress: object = None) -> np.ndarray:
        vectors = rng.standard_normal((len(texts), encoder.DIMENSIONS), dtype=np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build"
        ingest.write(build, documents(), size, {}, lambda stage, done, total: None, encode=encode)
        yield assembled(build)
