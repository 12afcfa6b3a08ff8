"""A question that leans on those before it ("who made it?", "그건 누가 만들었어?"), and how it is searched.

Whether it leans is told by how it is put (retrieval/follow_up_head.py) and by what it asks for: logistic regressions
whose weights come from `python -m tutor.evals.follow_up_calibration`. It is searched together with the questions it
leans on, and by itself in what was told last; its sentences are ranked by both. Of 144 follow-ups by writers who saw
the articles alone the answer was then among the first three sentences for 92 %.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import astuple, dataclass, replace

from tutor.lookup import Found, also_by_itself, in_the_sources, names_the_note, without_the_note
from tutor.retrieval import follow_up_head, intents, ranking
from tutor.retrieval.confidence import COVERED
from tutor.retrieval.index import Index
from tutor.text import sentences
from tutor.types import Hit, Lang

NEAR, NEAR_PASSAGES = 2, 3  # documents last told, and passages of them, in which a follow-up is searched by itself
TOLD = 0.3  # by which a sentence falls that has just been told

# How well the article told last must answer what looks like small talk ("And Korean?"), or off the subject, to be what
# that is about; and the logit, of how it is put, below which what no source covers looks off the subject. Of 290
# questions of corpus/qa/outside 18, of 300 phrases of small talk 3 are so kept from leaning, and 3 of 155 follow-ups.
BELONGS, STANDS = 0.5, -0.5

# By how much better an earlier topic must answer a question than the last one does, to be what that is behind; what it
# must say ("Who made it?" says too little to tell); and how many topics are asked. Of 500 follow-ups of corpus/qa/train
# after two other articles, 452 pairs are of follow-ups that say as much, and 5 of these are misplaced.
BACK, SAYS, TOPICS = 0.15, 10.0, 5

WEIGHTS = (0.61, -11.07, 7.40, -0.12, -5.00)
BIAS = 4.78
WEIGHTS_ANSWERED = (0.62, 0.41, 5.73)  # of the logit that such follow-ups are answered, of the scope, of belonging
BIAS_ANSWERED = -1.62


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells whether a question leans on those before it.

    put: logit that it does by how it is put.
    nearest: cosine with the passage that is nearest to it by itself.
    belongs: how well the article that was told last answers it.
    says: what its terms weigh together, by idf; a question that says little leans.
    small_talk: probability that it is small talk or about the tutor.
    """

    put: float
    nearest: float
    belongs: float
    says: float
    small_talk: float


def behind(index: Index, question: str, cited: Sequence[Sequence[str]], lang: Lang) -> int:
    """Which of the earlier turns, that `cited` these documents, oldest first, `question` is behind: mostly the last.

    One that goes back ("Who built that chess machine?") is behind the newest turn on the topic that answers it best.
    """
    newest = {documents[0]: place for place, documents in enumerate(cited) if documents}
    topics = sorted(newest.values())[-TOPICS:]
    if len(topics) < 2 or index.says(question) < SAYS:
        return len(cited) - 1
    tells = {place: belongs(index, question, index.translated(cited[place][:1], lang)) for place in topics}
    best = max(topics, key=lambda place: tells[place])
    return best if tells[best] > tells[topics[-1]] + BACK else len(cited) - 1


def leans(index: Index, question: str, told: Sequence[str], lang: Lang) -> bool:
    """Whether `question` cannot stand without those before it; `told` are the documents last cited, best first.

    Raises:
        ModelError: the head of the follow-ups or of the intents, or the scope, cannot be used.
    """
    hits = index.search(question, lang=lang)
    alone = index.confidence(question, hits)
    if alone == 1.0:  # it is known to be answered as it stands
        return False
    found = signals(index, question, told, hits)
    off_the_subject = found.put < STANDS and alone < COVERED
    if found.belongs < BELONGS and (off_the_subject or found.small_talk > 1 - intents.head().certain):
        return False
    return _logit(WEIGHTS, astuple(found), BIAS) > 0


def signals(index: Index, question: str, told: Sequence[str], hits: Sequence[Hit]) -> Signals:
    """Those of `question`, which by itself finds the `hits`, behind what was told. Raises as `leans` does."""
    return Signals(
        put=follow_up_head.put(without_the_note(question)).leaning,  # "What does the note say of him?" leans by "him"
        nearest=max((hit.cosine for hit in hits), default=0.0),
        belongs=belongs(index, question, told[:1]),
        says=index.says(question),
        small_talk=intents.small_talk(question),
    )


def belongs(index: Index, question: str, told: Sequence[str]) -> float:
    """The late interaction of `question` with its best sentence in `told`, times the share of it that is known."""
    hits = index.within(told, question)
    passages = [hit.passage for hit in hits]
    parts = [(p.title, [p.text[a:b] for a, b in sentences(p.text)]) for p in passages]
    best = max((float(found.max(initial=0.0)) for found in ranking.scores(question, parts)), default=0.0)
    return best * index.known(question)


def answered(index: Index, question: str, told: Sequence[str], hits: Sequence[Hit]) -> bool:
    """Whether the follow-up `question` is like those that the sources answer, by itself and behind what was told last.

    True also where the nearest of the `hits` is of a source of which no questions are known, or one is the learner's.

    Raises:
        ModelError: the head of the follow-ups, or the scope, cannot be used.
    """
    in_scope = index.in_scope(question, hits)
    if in_scope is None:
        return True
    near = told[:1] or [hits[0].passage.doc]
    found = (follow_up_head.put(question).answered, in_scope, belongs(index, question, near))
    return _logit(WEIGHTS_ANSWERED, found, BIAS_ANSWERED) > 0


def searched(index: Index, about: Sequence[str], told: Sequence[str], said: Set[str], lang: Lang) -> Found:
    """What the sources hold for a follow-up, the last of the questions `about`, behind those that it leans on.

    Searched by all of them, and by itself in the documents last `told`; its sentences are ranked by both, those just
    `said` a little lower. Nothing where it is not like those that are `answered`, unless the note is asked.

    Raises:
        ModelError: the head of the follow-ups, or the scope, cannot be used.
    """
    question = about[-1]
    found = in_the_sources(index, " ".join(about), lang, index.within(told[:NEAR], question, k=NEAR_PASSAGES))
    if not any(map(names_the_note, about)) and not answered(index, question, told, found.hits):
        return Found(covered=False)
    fallen = [replace(e, score=e.score - TOLD * (e.text in said)) for e in found.evidence]
    return also_by_itself(index, replace(found, evidence=tuple(fallen)), question)


def _logit(weights: Sequence[float], found: Sequence[float], bias: float) -> float:
    return bias + sum(weight * value for weight, value in zip(weights, found, strict=True))
