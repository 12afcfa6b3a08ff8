"""Which sentences of the retrieved passages answer the question, and whether the passages speak of it at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache
from itertools import chain

from tutor.retrieval import ranking
from tutor.text import sentences, terms
from tutor.types import Evidence, Hit, Passage

# Shares of a question term's weight that a sentence is given where the term stands near it, not in it.
IN_TITLE, IN_PASSAGE = 0.4, 0.1
CUE = 0.15  # for the kind of thing that is asked for: a name, a year, a number, a reason
QUESTION_WORD = 3.0  # weight of "who" or "when" in comparing questions; that of a fairly rare term
ASKED = 1.5  # for a question like this one that the sentence is known to answer
VERBATIM = 2.0  # more where it is this very question; of 250 of corpus/qa/train 242 are so answered first, 216 without
DEFINES = 2.0  # for saying what it is that a question only names
FOUND = 1.0  # of the score by which the search found the passage
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


def rank(
    ways: Sequence[str],
    hits: Sequence[Hit],
    *,
    idf: Idf,
    put: str = "",
    defining: re.Pattern[str] | None = None,
    k: int = 8,
) -> list[Evidence]:
    """The `k` sentences of `hits` that best answer a question, by falling score, ties in reading order.

    score = idf-weighted share of the question's terms in the sentence (a part of it for those in the
    title, the heading or the rest of the passage) + its late interaction with the question + a question like this one,
    or this very one, that it is known to answer + a cue + its passage's score in the search. The weights are those that
    measured best on the dev questions and on 600 questions of corpus/qa/train left out of the index.

    Args:
        ways: the question, and as it would be with its names spelt otherwise; the best of them counts.
        put: the question as it was typed, by which it is this very one or not.
        defining: what a sentence looks like that says what the question only names, if it does.
    """
    parts = [sentences(hit.passage.text) for hit in hits]
    near = [_near(hit.passage) for hit in hits]
    best: dict[str, Evidence] = {}
    for question in ways:
        for evidence in _scored(question, hits, parts, near, idf, letters(put)):
            if evidence.text not in best or evidence.score > best[evidence.text].score:
                best[evidence.text] = evidence
    told = [replace(e, score=e.score + DEFINES * bool(defining and defining.search(e.text))) for e in best.values()]
    return sorted(told, key=lambda e: -e.score)[:k]


def _scored(
    question: str,
    hits: Sequence[Hit],
    parts: Sequence[Sequence[tuple[int, int]]],
    near: Sequence[Mapping[str, float]],
    idf: Idf,
    put: str,
) -> Iterator[Evidence]:
    weights = {term: idf(term) for term in _terms(question)}
    asked = _asked(question, idf)
    cues = [answer for asks, answer in _CUES if asks.search(question)]
    told = [[hit.passage.text[a:b] for a, b in part] for hit, part in zip(hits, parts, strict=True)]
    likes = ranking.scores(question, [(hit.passage.title, part) for hit, part in zip(hits, told, strict=True)])
    for hit, part, said, around, like in zip(hits, parts, told, near, likes, strict=True):
        known = dict(zip(said, hit.passage.asked, strict=False))
        for span, text, alike in zip(part, said, like.tolist(), strict=True):
            score = _overlap(weights, _terms(text), around) + LIKE * alike + FOUND * hit.score
            answers = known.get(text, ())
            score += ASKED * max((_likeness(asked, _asked(q, idf)) for q in answers), default=0.0)
            score += VERBATIM * any(letters(q) == put for q in answers)
            score += CUE * sum(1 for cue in cues if cue.search(text))
            yield Evidence(hit.passage, span, score)


@lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text))


@lru_cache(maxsize=8192)
def letters(text: str) -> str:
    """The letters and digits of `text`, by which two questions are the same however they are spaced and marked."""
    return "".join(filter(str.isalnum, text.casefold()))


@lru_cache(maxsize=4096)
def _question_words(question: str) -> tuple[str, ...]:
    """The kinds of its question words, which `terms` leaves out."""
    return tuple(kind for kind, words in _QUESTION_WORDS.items() if words.search(question))


def _asked(question: str, idf: Idf) -> dict[str, float]:
    """The terms and question words of a question, each with its weight."""
    return {term: idf(term) for term in _terms(question)} | dict.fromkeys(_question_words(question), QUESTION_WORD)


def _near(passage: Passage) -> dict[str, float]:
    """The terms of a passage and of its questions, with the share that its sentences are given for each."""
    held = _terms(passage.text).union(*(_terms(question) for question in chain(*passage.asked)))
    return dict.fromkeys(held, IN_PASSAGE) | dict.fromkeys(_terms(f"{passage.title} {passage.section}"), IN_TITLE)


def _likeness(asked: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How alike two questions are, 0 to 1: Dice's coefficient of what they ask, weighed."""
    both = sum(asked.values()) + sum(other.values())
    return 2 * sum(weight for term, weight in asked.items() if term in other) / both if both else 0.0


def _overlap(weights: Mapping[str, float], sentence: Set[str], near: Mapping[str, float]) -> float:
    total = sum(weights.values())
    gained = sum(w * (1.0 if term in sentence else near.get(term, 0.0)) for term, w in weights.items())
    return gained / total if total else 0.0
