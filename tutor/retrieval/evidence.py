"""Which sentences of the retrieved passages answer the question, and whether the passages speak of it at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain

from tutor.retrieval import ranking
from tutor.text import sentences, terms
from tutor.types import Evidence, Hit, Passage

# Shares of a question term's weight that a sentence is given where the term stands near it, not in it.
IN_TITLE, IN_PASSAGE = 0.4, 0.1
CUE = 0.15  # for the kind of thing that is asked for: a name, a year, a number, a reason
QUESTION_WORD = 3.0  # weight of "who" or "when" in comparing questions; that of a fairly rare term
ASKED = 1.0  # for a question like this one that the sentence is known to answer
LIKE = 8.0  # of the sentence's own score for the question, see ranking.py

Idf = Callable[[str], float]

# (what the question asks with, what an answer to it holds)
_CUES = tuple(
    (re.compile(question, re.IGNORECASE), re.compile(answer))
    for question, answer in (
        (
            r"\bwho\b|\bwhose\b|inventor|author|(which|what) (\w+ )?(person|people|scientist|researcher)|누가|누구",
            r"[A-Z][\w'-]+ (?:[A-Z]\. ?)*[A-Z][\w'-]+",
        ),
        (r"\bwhen\b|\byear\b|\bdate\b|언제|몇 ?년|연도|년도", r"\b(?:1[89]|20)\d\d"),
        (r"how (many|much|large|big|long|fast|small)|number of|몇|얼마|크기", r"\d"),
        (r"\bwhy\b|\breason\b|왜|이유|까닭", r"because|since|so that|due to|reason|때문|까닭|이유|므로|그래서"),
    )
)


_QUESTION_WORDS = {
    f"?{kind}": re.compile(words, re.IGNORECASE)
    for kind, words in (
        ("who", r"\bwho\b|\bwhose\b|누가|누구|author|저자|만든 사람"),
        ("when", r"\bwhen\b|\byear\b|언제|몇 ?년|연도"),
        ("where", r"\bwhere\b|어디"),
        ("why", r"\bwhy\b|왜|이유|까닭"),
        ("how many", r"how (?:many|much|large|big|long)|몇|얼마"),
        ("how", r"\bhow\b(?! (?:many|much|large|big|long))|어떻게|원리"),
        ("what", r"\bwhat (?:is|was|are|were)\b|뭐야|뭐예요|뭔가|무엇|무슨 뜻"),
    )
}


def rank(question: str, hits: Sequence[Hit], *, idf: Idf, k: int = 8) -> list[Evidence]:
    """The `k` sentences of `hits` that best answer `question`, by falling score, ties in reading order.

    score = idf-weighted share of the question's terms in the sentence (a part of it for those in the
    title, the heading or the rest of the passage) + its late interaction with the question + a question like this one
    that it is known to answer + a cue. The weights are those that measured best on the dev questions.
    """
    weights = {term: idf(term) for term in terms(question)}
    asking = _asking(question)
    cues = [answer for asks, answer in _CUES if asks.search(question)]
    found: dict[str, Evidence] = {}
    spans = [sentences(hit.passage.text) for hit in hits]
    told = [[hit.passage.text[a:b] for a, b in part] for hit, part in zip(hits, spans, strict=True)]
    likes = ranking.scores(question, [(hit.passage.title, part) for hit, part in zip(hits, told, strict=True)])
    for hit, part, like in zip(hits, spans, likes, strict=True):
        near = _near(hit.passage)
        known = {
            hit.passage.text[a:b]: qs
            for (a, b), qs in zip(sentences(hit.passage.text), hit.passage.asked, strict=False)
        }
        for span, alike in zip(part, like.tolist(), strict=True):
            text = hit.passage.text[slice(*span)]
            score = _overlap(weights, set(terms(text)), near) + LIKE * alike
            score += ASKED * max((_likeness(weights | asking, q, idf) for q in known.get(text, ())), default=0.0)
            score += CUE * sum(1 for cue in cues if cue.search(text))
            found.setdefault(text, Evidence(hit.passage, span, score))
    return sorted(found.values(), key=lambda e: -e.score)[:k]


def _near(passage: Passage) -> dict[str, float]:
    """The terms of a passage and of its questions, with the share that its sentences are given for each."""
    near = dict.fromkeys(terms(" ".join([passage.text, *chain(*passage.asked)])), IN_PASSAGE)
    return near | dict.fromkeys(terms(f"{passage.title} {passage.section}"), IN_TITLE)


def _asking(question: str) -> dict[str, float]:
    """Its question words, which `terms` leaves out, each with its weight."""
    return {kind: QUESTION_WORD for kind, words in _QUESTION_WORDS.items() if words.search(question)}


def _likeness(weights: dict[str, float], question: str, idf: Idf) -> float:
    """How alike two questions are, 0..1: Dice's coefficient of their terms and question words, weighed by idf."""
    others = {term: idf(term) for term in terms(question)} | _asking(question)
    both = sum(weights.values()) + sum(others.values())
    return 2 * sum(weight for term, weight in weights.items() if term in others) / both if both else 0.0


def _overlap(weights: dict[str, float], sentence: set[str], near: dict[str, float]) -> float:
    total = sum(weights.values())
    gained = sum(w * (1.0 if term in sentence else near.get(term, 0.0)) for term, w in weights.items())
    return gained / total if total else 0.0
