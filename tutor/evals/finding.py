"""Whether the right article, or the right paragraph, is found: by words, by meaning, by both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from tutor.evals import indexes
from tutor.evals.indexes import SYSTEMS
from tutor.evals.metrics import Estimate, mean_ndcg, recall
from tutor.evals.qa_sets import READING, Labelled, Reading, reading, sample
from tutor.evals.runs import Run
from tutor.evals.tables import Row, Table
from tutor.retrieval.index import Index
from tutor.types import LANGS, Lang

OLD = "dense, MiniLM"
DEEP = 6  # passages that an answer is made from
DEEPEST = 40  # passages from which the ten best paragraphs are read off
QUESTIONS = 1_000  # of an outside set, unless all are asked for

Search = Callable[[str], list[str]]  # the slugs of the passages found, best first


def articles(run: Run) -> list[Table]:
    """Recall of the right article among the passages for the questions for measuring."""
    rows: list[Row] = []
    for lang in LANGS:
        searches = _searches(run, run.index, lang, DEEP)
        mine = [item for item in run.labelled if item.lang == lang]
        ranks = {name: _ranks(search, mine) for name, search in searches.items()}
        for kind, numbers in _kinds(mine):
            for k in (1, 5):
                row = {name: _estimate(ranks[name], numbers, partial(recall, k=k)) for name in searches}
                rows.append({"lang": lang, "kind": kind, "n": len(numbers), "recall": f"@{k}", **row})
    return [Table("a passage of the right article, first or among the first five", rows)]


def crosslingual(run: Run) -> list[Table]:
    """Recall of the right article where the articles are there in one language only."""
    rows: list[Row] = []
    for articles_in in LANGS:
        with indexes.of_language(run.settings, articles_in) as index:
            slugs = {passage.slug for passage in index.passages}
            for asked_in in LANGS:
                searches = _searches(run, index, asked_in, DEEP, old=False)
                mine = [item for item in run.labelled if item.lang == asked_in and slugs.intersection(item.slugs)]
                ranks = {name: _ranks(search, mine) for name, search in searches.items()}
                for kind, numbers in _kinds(mine):
                    row = {name: _estimate(ranks[name], numbers, partial(recall, k=5)) for name in searches}
                    rows.append(
                        {"asked in": asked_in, "articles in": articles_in, "kind": kind, "n": len(numbers), **row}
                    )
    return [Table("a passage of the right article among the first five, articles in one language only", rows)]


def paragraphs(run: Run) -> list[Table]:
    """nDCG@10 of the paragraph that answers, among all of its set; nothing without the outside sets."""
    rows: list[Row] = []
    for name, lang in READING.items() if run.data else ():
        assert run.data is not None
        found = reading(run.data, name)
        asked = sample(found.questions, None if run.full else QUESTIONS)
        with indexes.of_paragraphs(run.settings, found.paragraphs, lang) as index:
            row: dict[str, Estimate | str] = {}
            for system, search in _searches(run, index, lang, DEEPEST).items():
                ranks = [_paragraph_rank(search, item) for item in asked]
                row[system] = mean_ndcg([rank or 0 for rank in ranks]) if _finds(ranks) else "-"
        rows.append({"set": name, "lang": lang, "paragraphs": len(found.paragraphs), "n": len(asked), **row})
    return [Table("nDCG@10 of the paragraph that answers, among all of its set", rows)] if rows else []


def _searches(run: Run, index: Index, lang: Lang, k: int, *, old: bool = True) -> dict[str, Search]:
    """The systems that are compared, by name."""

    def product(system: str) -> Search:
        return lambda question: [h.passage.slug for h in indexes.found(index, question, lang, system, k)]

    searches = {system: product(system) for system in SYSTEMS}
    if old and run.old:
        nearest = indexes.by_meaning(index.passages, lang, run.old)
        searches[OLD] = lambda question: [passage.slug for passage in nearest(question)[:k]]
    return searches


def _ranks(search: Search, items: Sequence[Labelled]) -> list[int | None]:
    """Rank of the first passage of a right article; 0 where there is none, None where nothing was found at all."""
    return [_first(search(item.question), item.slugs) for item in items]


def _paragraph_rank(search: Search, item: Reading) -> int | None:
    """The same among the distinct paragraphs: a long one is there as several passages."""
    return _first(list(dict.fromkeys(search(item.question))), (indexes.slug(item.paragraph),))


def _first(slugs: Sequence[str], right: Sequence[str]) -> int | None:
    return next((rank for rank, slug in enumerate(slugs, 1) if slug in right), 0) if slugs else None


def _finds(ranks: Sequence[int | None]) -> bool:
    """Whether the system finds anything: one that does not read the language is no system for it."""
    return any(rank is not None for rank in ranks)


def _estimate(
    ranks: Sequence[int | None], numbers: Sequence[int], measure: Callable[[list[int]], Estimate]
) -> Estimate | str:
    return measure([ranks[n] or 0 for n in numbers]) if _finds(ranks) else "-"


def _kinds(items: Sequence[Labelled]) -> Iterator[tuple[str, Sequence[int]]]:
    """("all", every number), then each kind with the numbers of its questions."""
    kinds: Mapping[str, list[int]] = {item.kind: [] for item in items}
    for number, item in enumerate(items):
        kinds[item.kind].append(number)
    yield "all", range(len(items))
    yield from sorted(kinds.items())
