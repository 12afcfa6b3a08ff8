"""What the sources hold for a question."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from tutor.retrieval.evidence import COVERED
from tutor.retrieval.index import Index
from tutor.text import terms
from tutor.types import Evidence, Hit, Lang

OWN_PAGE = "tutor"  # slug of the article about the tutor itself
EVERY = 100  # more sentences than any search brings
OWN_WEIGHT = 2.0  # of a follow-up by itself, beside 1.0 together with the question before it
GREETING = 0.1  # share of a message that the page must speak of to be its answer


@dataclass(frozen=True, slots=True)
class Found:
    """What the sources hold for a query; `covered` is False where they do not speak of it."""

    hits: tuple[Hit, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    covered: bool = True


def look_up(index: Index, query: str, lang: Lang) -> Found:
    """The passages for `query`; where no source covers it, the tutor's own page if it may be a greeting, else none."""
    hits = tuple(index.search(query, lang=lang))
    covered = index.coverage(query, hits) >= COVERED
    if not covered:
        hits = tuple(Hit(p, 0.0) for p in index.passages if p.slug == OWN_PAGE and p.lang == lang)
        if terms(query) and index.coverage(query, hits) < GREETING:
            hits = ()
    return Found(hits, tuple(index.evidence(query, hits, k=EVERY)), covered)


def narrowed(index: Index, found: Found, question: str, told: Set[str]) -> Found:
    """`found` for a follow-up: its sentences ranked by the `question` itself as well, without those just `told`."""
    own = {e.text: e.score for e in index.evidence(question, found.hits, k=EVERY)}
    wanted = [
        replace(e, score=e.score + OWN_WEIGHT * own.get(e.text, 0.0)) for e in found.evidence if e.text not in told
    ]
    return replace(found, evidence=tuple(sorted(wanted, key=lambda e: -e.score)))


def story_query(gate: str, lang: Lang) -> str:
    """What to look up in the sources after a run on `gate`."""
    if gate in ("xor", "xnor"):
        return (
            "단층 퍼셉트론이 XOR를 풀지 못하는 까닭" if lang == "ko" else "why a single-layer perceptron fails on XOR"
        )
    return (
        "단층 퍼셉트론이 배울 수 있는 AND OR NAND"
        if lang == "ko"
        else "a single-layer perceptron can learn AND OR NAND"
    )
