"""The search over the passages of the sources. `builds.open_index` opens it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from tutor import text
from tutor.corpus.corrections import Correction
from tutor.corpus.glossary import Term
from tutor.errors import SearchIndexError
from tutor.retrieval import encoder, evidence, fusion
from tutor.retrieval.expansion import Expansion
from tutor.retrieval.layout import Layout
from tutor.retrieval.lexical import Lexical
from tutor.retrieval.records import Documents, Records
from tutor.retrieval.stores import VectorStore
from tutor.types import Document, Evidence, Hit, Lang, Passage

POOL = 50  # passages that each leg hands to the fusion
NAMED = 30  # documents that an error names


class Index:
    """Every passage of the sources, searchable. Safe to use from several threads."""

    def __init__(
        self,
        documents: Records[Document],
        passages: Records[Passage],
        layout: Layout,
        words: Lexical,
        vectors: VectorStore,
        corrections: Sequence[Correction] = (),
        terms: Sequence[Term] = (),
    ) -> None:
        self.documents: Mapping[str, Document] = Documents(documents)
        self.passages: Sequence[Passage] = passages
        self.corrections = tuple(corrections)
        self._documents, self._passages, self._layout = documents, passages, layout
        self.vectors = vectors
        self._words, self._expansion = words, Expansion(terms)

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

    def holding(self, words: str) -> list[Passage]:
        """The passages that hold most of `words` by BM25, best first, at most POOL, in either language."""
        scores = self._words.scores(text.terms(words))
        return [self.passages[number] for number in _best(scores, scores > 0)]

    def search(self, query: str, *, lang: Lang, k: int = 6) -> list[Hit]:
        """The `k` best passages for `query`, best first, in the language `lang` wherever there is a choice."""
        words, meaning = self.legs(self._expansion.widened(self._words.mend(query)), lang)
        word_rank = {number: rank for rank, number in enumerate(words, 1)}
        meaning_rank = {number: rank for rank, number in enumerate(meaning, 1)}
        # A passage that is not embedded (the Korean note, for an English question) counts by its words twice.
        unread = [n if meaning and not self._layout.rows_of(n) else -n - 1 for n in words]
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
        allowed = self._layout.own(lang)
        scores = self._words.scores(text.terms(query))
        words = _best(scores, allowed & (scores > 0))
        if not words and (foreign := _best(scores, scores > 0)):
            return foreign, []
        if not query.strip():
            return words, []
        return words, self._nearest(query, self._layout.own_rows(lang))

    def _nearest(self, query: str, allowed: np.ndarray) -> list[int]:
        """Numbers of the passages with the sentences nearest to `query` among the rows `allowed`, at most POOL."""
        rows_wanted = 4 * POOL
        while self.vectors.size:
            rows, _ = self.vectors.search(
                encoder.question(query).vector, rows_wanted, None if allowed.all() else allowed
            )
            passages = list(dict.fromkeys(self._layout.passage_of(rows).tolist()))
            if len(passages) >= POOL or len(rows) < rows_wanted:
                return passages[:POOL]
            rows_wanted *= 2
        return []

    def evidence(self, question: str, hits: Sequence[Hit], k: int = 8) -> list[Evidence]:
        """The `k` sentences of `hits` that best answer `question`, best first."""
        question = self._words.mend(question)
        cosines = self._cosines(question, hits)
        return evidence.rank(question, hits, idf=self._words.idf, cosines=lambda p: cosines[p.id], k=k)

    def confidence(self, question: str, hits: Sequence[Hit]) -> float:
        """How likely the sources answer `question`, 0..1: the mean of the coverage and of the share of its terms, by
        weight, that any source holds. Below evidence.COVERED the sources do not hold it.
        """
        weights = {term: self._words.idf(term) for term in text.terms(self._words.mend(question))}
        known = sum(weight for term, weight in weights.items() if self._words.df(term))
        return (self.coverage(question, hits) + known / (sum(weights.values()) or 1.0)) / 2

    def coverage(self, question: str, hits: Sequence[Hit]) -> float:
        """How far `hits` speak of what `question` asks, 0..1."""
        question = self._words.mend(question)
        nearest = max((cosine for row in self._cosines(question, hits).values() for cosine in row), default=0.0)
        return evidence.coverage(question, hits, idf=self._words.idf, nearest=nearest or None)

    def _cosines(self, question: str, hits: Sequence[Hit]) -> dict[str, list[float]]:
        """For each passage of `hits` the cosines of its sentences with `question`; 0 where either is not embedded."""
        read = question.strip()
        numbers = {hit.passage.id: self._passages.number(hit.passage.id) for hit in hits} if read else {}
        rows = {ident: self._layout.rows_of(number) for ident, number in numbers.items() if number is not None}
        wanted = np.array([row for part in rows.values() for row in part], np.int64)
        cosines = (self.vectors.vectors(wanted) @ encoder.question(question).vector).tolist() if len(wanted) else []
        left = iter(cosines)
        known = {ident: list(islice(left, len(part))) for ident, part in rows.items()}
        return {
            passage.id: known.get(passage.id) or [0.0] * len(text.sentences(passage.text))
            for passage in (hit.passage for hit in hits)
        }


def _best(scores: np.ndarray, allowed: np.ndarray) -> list[int]:
    """Numbers of the POOL highest `scores` among the `allowed`, ties by number."""
    numbers = np.flatnonzero(allowed)
    if len(numbers) > POOL:  # sorting all of a million takes longer than the search
        numbers = numbers[scores[numbers] >= np.partition(scores[numbers], -POOL)[-POOL]]
    return numbers[np.argsort(-scores[numbers], kind="stable")][:POOL].tolist()
