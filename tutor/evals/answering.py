"""Whether the sentence that answers is told from the others of its paragraph, or of the passages found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tutor.evals import indexes
from tutor.evals.encoders import Embeddings
from tutor.evals.finding import DEEP
from tutor.evals.metrics import Estimate, bootstrap, recall, share
from tutor.evals.qa_sets import READING, Labelled, ReadingSet, cut, reading, sample, squash
from tutor.evals.runs import Run
from tutor.evals.tables import Row, Table
from tutor.types import LANGS

QUESTIONS = 600  # of an outside set, unless all are asked for

Scorer = Callable[[str, Sequence[str]], np.ndarray]  # (question, sentences) -> a score each


def answering(run: Run) -> list[Table]:
    """The outside sets only where their folder is named."""
    tables = [Table("a sentence that answers among the first of the evidence", _corpus(run))]
    if run.data:
        scorers = _scorers(run)
        rows = [_outside(reading(run.data, name), scorers, None if run.full else QUESTIONS) for name in READING]
        tables.append(Table("the sentence that answers, first among those of its paragraph", rows))
    return tables


def ranker(question: str, sentences: Sequence[str]) -> np.ndarray:
    """The product's own scores of `sentences` for `question`, shape (n,)."""
    import tutor.retrieval.ranking as ranking

    return ranking.scores(question, [("", sentences)])[0]


def _scorers(run: Run) -> dict[str, Scorer]:
    """The systems that are compared, by name; without those that are not installed."""
    scorers = {"MiniLM": _cosine(run.old)} if run.old else {}
    scorers["new encoder"] = _cosine(run.new)
    try:
        ranker("a?", ["b."])
        scorers["ranker"] = ranker
    except ImportError:
        pass
    return scorers


def _cosine(encode: Embeddings) -> Scorer:
    return lambda question, sentences: encode(sentences) @ encode([question])[0]


def _outside(found: ReadingSet, scorers: dict[str, Scorer], n: int | None) -> Row:
    """How often each system puts the sentence first in which the answer begins; `chance` is that of a blind guess."""
    asked = sample(found.questions, n)
    right: dict[str, list[bool]] = {name: [] for name in scorers}
    chance = []
    for item in asked:
        paragraph = found.paragraphs[item.paragraph]
        spans = cut(paragraph)
        answer = max(number for number, (start, _) in enumerate(spans) if start <= item.start or not number)
        sentences = [paragraph[a:b] for a, b in spans]
        chance.append(1 / len(sentences))
        for name, scorer in scorers.items():
            right[name].append(int(np.argmax(scorer(item.question, sentences))) == answer)
    shares = {name: share(passed) for name, passed in right.items()}
    return {"set": found.name, "lang": found.lang, "n": len(asked), **shares, "chance": bootstrap(chance)}


def _corpus(run: Run) -> list[Row]:
    rows: list[Row] = []
    for lang in LANGS:
        mine = [item for item in run.labelled if item.lang == lang]
        ranks = [_rank(run, item) for item in mine]
        for kind in ("all", *sorted({item.kind for item in mine})):
            group = [rank for rank, item in zip(ranks, mine, strict=True) if kind in ("all", item.kind)]
            shares: dict[str, Estimate] = {"first": recall(group, 1), "of three": recall(group, 3)}
            rows.append({"lang": lang, "kind": kind, "n": len(group), **shares})
    return rows


def _rank(run: Run, item: Labelled) -> int:
    """Rank of the first sentence that answers in the evidence that the whole search finds; 0 where none is there."""
    hits = indexes.found(run.index, item.question, item.lang, "hybrid", DEEP)
    told = [squash(evidence.text) for evidence in run.index.evidence(item.question, hits)]
    return next((rank for rank, text in enumerate(told, 1) if text in item.answer), 0)
