"""Whether questions that the sources do not answer are told from those that they do.

Each set is in two halves: the threshold that is best on half A is reported on half B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutor.evals import indexes
from tutor.evals.metrics import best_threshold, share
from tutor.evals.qa_sets import half, outside
from tutor.evals.runs import Run
from tutor.evals.tables import Row, Table
from tutor.retrieval.confidence import COVERED as THRESHOLD
from tutor.types import LANGS, Lang

AROUND = tuple(round(0.05 * step, 2) for step in range(-4, 5))  # thresholds of the curve, from the shipped one


@dataclass(frozen=True, slots=True)
class Scored:
    """A question, whether the sources answer it, and the product's confidence that they do."""

    lang: Lang
    kind: str
    half: str
    inside: bool
    confidence: float


def declining(run: Run) -> list[Table]:
    scored = scores(run)
    return [
        Table(f"declined at the shipped threshold, {THRESHOLD:.2f}", _by_kind(scored)),
        Table(
            "not in the sources: recall and precision at the shipped threshold and at the one best on A", _both(scored)
        ),
        Table("the same by threshold, both halves", _curve(scored)),
    ]


def scores(run: Run) -> list[Scored]:
    """Every question, inside and outside, with its confidence."""
    questions = [(q.question, q.lang, q.kind, True) for q in run.labelled]
    questions += [(q.question, q.lang, q.kind, False) for q in outside(run.qa)]
    return [
        Scored(lang, kind, half(question), inside, indexes.confidence(run.index, question, lang))
        for question, lang, kind, inside in questions
    ]


def _by_kind(scored: Sequence[Scored]) -> list[Row]:
    rows: list[Row] = []
    for lang in LANGS:
        for inside in (False, True):
            mine = [item for item in scored if item.lang == lang and item.inside == inside]
            for kind in ("all", *sorted({item.kind for item in mine})):
                group = [item for item in mine if kind in ("all", item.kind)]
                declined = {
                    name: share([item.confidence < THRESHOLD for item in group if item.half in halves])
                    for name, halves in (("A", "A"), ("B", "B"), ("both", "AB"))
                }
                answered = "yes" if inside else "no"
                rows.append({"lang": lang, "in the sources": answered, "kind": kind, "n": len(group), **declined})
    return rows


def _both(scored: Sequence[Scored]) -> list[Row]:
    rows: list[Row] = []
    for lang in LANGS:
        mine = [item for item in scored if item.lang == lang]
        chosen = _chosen([item for item in mine if item.half == "A"])
        for what, at, halves in (
            ("shipped", THRESHOLD, "A"),
            ("shipped", THRESHOLD, "B"),
            ("shipped", THRESHOLD, "AB"),
            ("best on A", chosen, "A"),
            ("best on A", chosen, "B"),
        ):
            group = [item for item in mine if item.half in halves]
            rows.append(
                {"lang": lang, "threshold": f"{what}, {at:.3f}", "half": "+".join(halves), **at_threshold(group, at)}
            )
    return rows


def _curve(scored: Sequence[Scored]) -> list[Row]:
    return [
        {
            "lang": lang,
            "threshold": round(THRESHOLD + step, 2),
            **at_threshold([s for s in scored if s.lang == lang], THRESHOLD + step),
        }
        for lang in LANGS
        for step in AROUND
    ]


def at_threshold(scored: Sequence[Scored], threshold: float) -> Row:
    """Of those outside, how many are declined (recall); of those declined, how many are outside (precision); of those
    inside, how many are declined wrongly.
    """
    return {
        "recall": share([s.confidence < threshold for s in scored if not s.inside]),
        "precision": share([not s.inside for s in scored if s.confidence < threshold]),
        "wrongly declined": share([s.confidence < threshold for s in scored if s.inside]),
    }


def _chosen(scored: Sequence[Scored]) -> float:
    inside = [s.confidence for s in scored if s.inside]
    beyond = [s.confidence for s in scored if not s.inside]
    return best_threshold(inside, beyond) if inside and beyond else THRESHOLD
