"""A question that leans on those before it ("who made it?", "그건 누가 만들었어?"), and how it is searched.

It is searched together with the questions it leans on, and by itself in what was told last; its sentences are ranked
by both. Measured on follow-ups of corpus/qa/train, whose own wordings are not in the index: of 257 the answer was among
the first three sentences for 83 %, without the second ranking 71 %; of 120, each in a wording drawn by chance, for
78 %, before what was told last was searched and more questions were known 73 %.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from tutor.lookup import EVERY, Found, in_the_sources, names_the_note, own_page, without_the_note
from tutor.retrieval import ranking
from tutor.retrieval.confidence import COVERED
from tutor.retrieval.index import Index
from tutor.text import sentences, terms
from tutor.types import Lang

NEAR, NEAR_PASSAGES = 2, 3  # documents last told, and passages of them, in which a follow-up is searched by itself
TOLD = 0.3  # by which a sentence falls that has just been told
STANDS = 0.7  # confidence from which on a question stands by itself
# How well the article that was told last must answer a question for it to be about that article. Of 110 follow-ups of
# corpus/qa/train and 51 everyday messages after the same articles, 98 % of those and 6 % of these reach it.
BELONGS = 0.35
# Log ratio (retrieval/scope.py) below which a follow-up, by itself, asks for what no source tells. Of 552 wordings of
# follow-ups of corpus/qa/train 1 % lie below; of the questions of corpus/qa/outside 49 % of those on somebody's private
# life and 24 % of those on a detail.
ASIDE = -2.2

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|that|this|those|these|he|she|him|her|his|one|then|there|same|else)\b"
    r"|^\W*(?:and|(?:what|how) about)\b"
    r"|(?<![가-힣])(?:그(?:건|걸|거|게|것|럼|때|녀|들|분|곳|쪽|중|전|보다|의|는|가|를| )"
    r"|이(?:건|걸|거|게|것|때)|저(?:건|걸|거|것)|거기|아까)"
    r"|^(?:누가|언제|왜|어디서|어떻게|몇|얼마|그리고|그래서|그러면)|^(?:\S+\s+){0,2}\S+[은는]요?\s*\?+$",
    re.I,
)
# "And Korean?", "영어로 된 쪽은?": only a topic, of which the question before asks, and no small talk where the article
# that was told last answers it this well. Languages behind an article on them reach 0.54 and more, "네 이름은?" 0.45.
TOPIC = 0.5
_TOPIC_ALONE = re.compile(r"^\W*(?:and|(?:what|how) about)\b|^(?:\S+\s+){0,3}\S+[은는]요?\s*\?", re.I)


def leans(index: Index, question: str, told: Sequence[str], lang: Lang) -> bool:
    """Whether `question` cannot stand without those before it; `told` are the documents last cited, best first.

    Raises:
        ModelError: the intent head, or the scope, cannot be used.
    """
    points_back = bool(_POINTS_BACK.search(without_the_note(question)))
    topic = bool(_TOPIC_ALONE.search(question)) and _belongs(index, question, told[:1]) >= TOPIC
    if not topic and own_page(index, question, lang, certain=points_back) is not None:
        return False  # "thanks, that helped" points back and asks nothing
    alone = index.confidence(question, index.search(question, lang=lang))
    if points_back or names_the_note(question):
        return points_back and alone < 1.0  # a question known to be answered points back to its own words
    if not terms(question):  # "Why?" says nothing by itself
        return alone < COVERED
    return alone < STANDS and _belongs(index, question, told[:1]) >= BELONGS


def _belongs(index: Index, question: str, told: Sequence[str]) -> float:
    """The late interaction of `question` with its best sentence in `told`, times the share of it that is known."""
    hits = index.within(told, question)
    passages = [hit.passage for hit in hits]
    parts = [(p.title, [p.text[a:b] for a, b in sentences(p.text)]) for p in passages]
    best = max((float(found.max(initial=0.0)) for found in ranking.scores(question, parts)), default=0.0)
    return best * index.signals(question, hits).known


def searched(index: Index, about: Sequence[str], told: Sequence[str], said: Set[str], lang: Lang) -> Found:
    """What the sources hold for a follow-up, the last of the questions `about`, behind those that it leans on.

    Searched by all of them, and by itself in the documents last `told`; its sentences are ranked by both, those just
    `said` a little lower. Nothing where by itself it asks for what no source tells.

    Raises:
        ModelError: the scope cannot be used.
    """
    question = about[-1]
    found = in_the_sources(index, " ".join(about), lang, index.within(told[:NEAR], question, k=NEAR_PASSAGES))
    in_scope = None if any(map(names_the_note, about)) else index.in_scope(question, found.hits)
    if in_scope is not None and in_scope < ASIDE:
        return Found(covered=False)
    own = {e.text: e.score for e in index.evidence(question, found.hits, k=EVERY)}
    scored = [replace(e, score=e.score + own.get(e.text, 0.0) - TOLD * (e.text in said)) for e in found.evidence]
    return replace(found, evidence=tuple(sorted(scored, key=lambda e: -e.score)))
