"""The search over the passages of the sources. `builds.open_index` opens it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice

import numpy as np

from tutor import text
from tutor.corpus import timeline
from tutor.corpus.corrections import Correction
from tutor.corpus.glossary import Term
from tutor.corpus.timeline import Event
from tutor.errors import SearchIndexError
from tutor.retrieval import encoder, evidence
from tutor.retrieval.confidence import Signals, confidence
from tutor.retrieval.expansion import Expansion
from tutor.retrieval.layout import Layout
from tutor.retrieval.lexical import Lexical
from tutor.retrieval.names import held, names
from tutor.retrieval.records import Documents, Records
from tutor.retrieval.scope import scope
from tutor.retrieval.spelling import Spelling
from tutor.retrieval.stores import VectorStore
from tutor.types import LANGS, Document, Evidence, Hit, Lang, Passage

POOL = 50  # passages that each leg hands to the fusion
WORDS = 0.8  # weight of BM25 beside the cosine; measured by `tutor eval retrieval`
MORE = 0.15  # cosine by which a passage in the other language must be nearer than its article in the asker's
NAMED = 30  # documents that an error names
ARTICLES = ("en/", "ko/")  # with which the articles begin
FILES = "library/"  # with which the learner's own files begin


class Index:
    """Every passage of the sources, searchable. Safe to use from several threads."""

    def __init__(
        self,
        documents: Records[Document],
        passages: Records[Passage],
        layout: Layout,
        words: Lexical,
        vectors: VectorStore,
        written: Mapping[str, int],
        corrections: Sequence[Correction] = (),
        terms: Sequence[Term] = (),
        turning_points: Sequence[str] = (),
    ) -> None:
        """`written` are the words that misspelt ones are mended with, see spelling.Words."""
        self.documents: Mapping[str, Document] = Documents(documents)
        self.passages: Sequence[Passage] = passages
        self.corrections, self.turning_points = tuple(corrections), tuple(turning_points)
        self._documents, self._passages, self._layout = documents, passages, layout
        self.vectors = vectors
        self._words, self._terms, self._written = words, tuple(terms), written
        self._expansion = Expansion(terms)

    @cached_property
    def _spelling(self) -> Spelling:  # made for the first question, not while the program starts
        return Spelling(self._written, self._terms, encoder.dictionary())

    def document(self, ident: str) -> Document:
        """The document "en/perceptron", "seeds/<file>", "library/<file>".

        Raises:
            SearchIndexError: there is no such document.
        """
        if (found := self.documents.get(ident)) is not None:
            return found
        known = ", ".join(sorted(islice(self.documents, NAMED))) + (" …" if len(self.documents) > NAMED else "")
        raise SearchIndexError(
            f"There is no document {ident!r}.",
            f"Known are {known}.",
            ko=(f"{ident!r}라는 글은 없어요.", f"있는 글: {known}"),
        )

    def passages_of(self, ident: str) -> Iterator[Passage]:
        """The passages of the document `ident` in reading order; none where there is no such document."""
        number = self._documents.number(ident)
        return map(self.passages.__getitem__, self._layout.passages_of(number) if number is not None else ())

    def translated(self, documents: Sequence[str], lang: Lang) -> list[str]:
        """`documents`, each article of them in `lang` where it is there, each once."""
        twins = (f"{lang}/{ident.partition('/')[2]}" if ident.startswith(ARTICLES) else ident for ident in documents)
        pairs = zip(documents, twins, strict=True)
        return list(dict.fromkeys(twin if twin in self.documents else ident for ident, twin in pairs))

    def events(self, lang: Lang) -> Sequence[Event]:
        """What the articles in `lang` date, by year."""
        return self._events[lang]

    @cached_property
    def _events(self) -> Mapping[Lang, Sequence[Event]]:
        own = {lang: [self.document(i) for i in self.documents if i.startswith(f"{lang}/")] for lang in LANGS}
        return {lang: timeline.events(documents, lang) for lang, documents in own.items()}

    def names_only(self, query: str) -> bool:
        """Whether `query` only names terms of the glossary, or asks who or what they are."""
        return self._expansion.names_only(query)

    def named(self, query: str) -> list[Term]:
        """The terms of the glossary that `query` names, in its order."""
        return self._expansion.named(query)

    def holding(self, words: str) -> list[Passage]:
        """The passages that hold most of `words` by BM25, best first, at most POOL, in either language."""
        scores = self._words.scores(text.terms(words))
        return [self.passages[number] for number in _best(scores, scores > 0)]

    def search(self, query: str, *, lang: Lang, k: int = 6) -> list[Hit]:
        """The `k` best passages for `query`, best first, in the language `lang` wherever there is a choice.

        A passage scores the cosine of its vector with the query's and WORDS times its share of the best BM25: a convex
        combination, as in Bruch, Gai and Ingber 2023 (arXiv 2210.11934), which measured better here than ranks do.
        """
        numbers, words, cosines = self._candidates(query, lang)
        return self._hits(numbers, words, cosines, self._folded(numbers, words, cosines, lang), k)

    def within(self, documents: Iterable[str], query: str, *, k: int = 6) -> list[Hit]:
        """The `k` best passages of `documents` alone, best first."""
        known = [number for ident in documents if (number := self._documents.number(ident)) is not None]
        rows = [row for number in known for row in self._layout.passages_of(number)]
        if not rows:
            return []
        numbers, mended = np.array(rows, np.int64), self._spelling.mend(query)
        words = self._words.scores(text.terms(self._expansion.widened(mended)))[numbers]
        return self._hits(numbers, words, self._cosines(numbers, self._asked(mended)), np.arange(len(numbers)), k)

    def _hits(self, numbers: np.ndarray, words: np.ndarray, cosines: np.ndarray, kept: np.ndarray, k: int) -> list[Hit]:
        """The `k` best of the candidates at the places `kept`, best first."""
        scores = cosines + WORDS * words / max(words.max(initial=0.0), 1e-9)
        by_words, by_meaning = _ranks(words), _ranks(cosines)
        best = kept[np.lexsort((numbers[kept], -scores[kept]))]
        return [
            Hit(
                self.passages[int(numbers[i])],
                float(scores[i]),
                int(by_words[i]) or None,
                int(by_meaning[i]) or None,
                float(cosines[i]),
            )
            for i in best[:k]
        ]

    def legs(self, query: str, lang: Lang) -> tuple[list[int], list[int]]:
        """The numbers of the passages that BM25 and that the vectors rank first, best first, at most POOL each."""
        numbers, words, cosines = self._candidates(query, lang)
        own = self._layout.own(lang)[numbers]
        ranked = [(leg, np.flatnonzero(own & (leg > floor))) for leg, floor in ((words, 0.0), (cosines, -1.0))]
        by_words, by_meaning = (numbers[at[np.argsort(-leg[at], kind="stable")]][:POOL].tolist() for leg, at in ranked)
        return by_words, by_meaning

    def _candidates(self, query: str, lang: Lang) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The passages that either leg ranks first, by number, with their BM25 and their cosines; each of shape (n,).

        BM25 ranks those in `lang`, and those that have no twin in it; where none of them holds a word of the query, and
        by meaning, all are ranked.
        """
        mended = self._spelling.mend(query)
        wanted = text.terms(self._expansion.widened(mended))
        if not wanted:
            return np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32)
        scores = self._words.scores(wanted)
        own = self._layout.own(lang) & (scores > 0)
        by_words = _best(scores, own if own.any() else scores > 0)
        asked = self._asked(mended)
        near = [self.vectors.search(vector, 2 * POOL)[0] for vector in asked]
        numbers = np.unique(np.concatenate([np.array(by_words, np.int64), *near]))
        return numbers, scores[numbers], self._cosines(numbers, asked)

    def _asked(self, query: str) -> np.ndarray:
        """The vectors of `query` in each way of spelling its names, shape (ways, 384)."""
        return np.stack([read.vector for read in encoder.questions(self._expansion.respelt(query))])

    def _cosines(self, numbers: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Of each of the passages `numbers` the cosine with the nearest of `asked`, shape (n,)."""
        return (self.vectors.vectors(numbers) @ asked.T).max(axis=1)

    def _folded(self, numbers: np.ndarray, words: np.ndarray, cosines: np.ndarray, lang: Lang) -> np.ndarray:
        """Places of the candidates that remain when an article in both languages counts once.

        Those in `lang` stay; a foreign one stays where it is nearer by MORE than any of the same article in `lang`,
        or where it holds a word of the query and none of those does.
        """
        own = self._layout.own(lang)[numbers]
        alone = (words > 0) & (not (words[own] > 0).any())
        slugs = [self.passages[number].slug for number in numbers.tolist()]
        nearest: dict[str, float] = {}
        for slug, cosine, mine in zip(slugs, cosines.tolist(), own.tolist(), strict=True):
            if mine:
                nearest[slug] = max(cosine, nearest.get(slug, -1.0))
        kept = [
            mine or cosine > nearest.get(slug, -1.0) + MORE
            for slug, cosine, mine in zip(slugs, cosines.tolist(), (own | alone).tolist(), strict=True)
        ]
        return np.flatnonzero(kept)

    def evidence(self, question: str, hits: Sequence[Hit], k: int = 8) -> list[Evidence]:
        """The `k` sentences of `hits` that best answer `question`, best first, whichever way it spells the names."""
        ways = self._expansion.respelt(self._spelling.mend(question))
        defining = self._expansion.defining(question)
        return evidence.rank(ways, hits, idf=self._words.idf, put=question, defining=defining, k=k)

    def confidence(self, question: str, hits: Sequence[Hit], *, alone: bool = True) -> float:
        """How likely the sources answer `question`, 0..1. Below confidence.COVERED they do not.

        It is 1 where one of the `hits` is known to answer this very question, or it only names what is in the glossary.
        Where it does not stand `alone`, but behind the questions that it leans on, it is not compared with those that
        are known.
        """
        put = evidence.letters(question)
        if any(evidence.letters(known) == put for hit in hits for known in chain(*hit.passage.asked)):
            return 1.0
        if not hits:
            return 0.0
        if self.names_only(question):
            return 1.0
        signals = self.signals(question, hits)
        return confidence(signals if alone else replace(signals, in_scope=None))

    def signals(self, question: str, hits: Sequence[Hit]) -> Signals:
        """What the search that gave `hits` found for `question`."""
        question = self._spelling.mend(question)
        return Signals(
            nearest=max((hit.cosine for hit in hits), default=0.0),
            known=self.known(question),
            named=held(names(question), (hit.passage for hit in hits), self._expansion),
            in_scope=self.in_scope(question, hits),
        )

    def known(self, question: str) -> float:
        """The share of the terms of `question`, by idf and its spelling mended, that any source holds, 0..1."""
        weights = {term: self._words.idf(term) for term in text.terms(self._spelling.mend(question))}
        known = sum(weight for term, weight in weights.items() if self._words.df(term))
        return known / (sum(weights.values()) or 1.0)

    def says(self, question: str) -> float:
        """What the terms of `question` weigh together, by idf; "And when was that?" says nothing."""
        return sum(self._words.idf(term) for term in set(text.terms(question)))

    def in_scope(self, question: str, hits: Sequence[Hit]) -> float | None:
        """How much likelier `question` is one that the articles answer than one that no source does, see scope.py.

        None where the nearest of the `hits` is of a source of which no questions are known, or one is a file of the
        learner's.
        """
        nearest = max(hits, key=lambda hit: hit.cosine, default=None)
        own = any(hit.passage.doc.startswith(FILES) for hit in hits)
        if own or nearest is None or not any(nearest.passage.asked):
            return None
        return float(scope().log_ratio(self._asked(self._spelling.mend(question))).max())


def _best(scores: np.ndarray, allowed: np.ndarray) -> list[int]:
    """Numbers of the POOL highest `scores` among the `allowed`, ties by number."""
    numbers = np.flatnonzero(allowed)
    if len(numbers) > POOL:  # sorting all of a million takes longer than the search
        numbers = numbers[scores[numbers] >= np.partition(scores[numbers], -POOL)[-POOL]]
    return numbers[np.argsort(-scores[numbers], kind="stable")][:POOL].tolist()


def _ranks(scores: np.ndarray) -> np.ndarray:
    """From 1 for the highest of `scores`, ties in order; 0 for those that are not above 0."""
    ranks = np.empty(len(scores), np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return np.where(scores > 0, ranks, 0)
