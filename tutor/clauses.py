"""Several questions in one message, or one among other talk: what they are, and what answers each.

"What is RAG and what was it meant to solve?" asks two, "My boss talks of LoRA. What is it?" one of what is named before
it, "RAG가 뭔지 회사에서 자꾸 얘기하는데 이제 와서 묻기가 창피해서요" one that the rest hides from the search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, zip_longest

from tutor.lookup import OWN_PAGE, Found, also_by_itself, in_the_sources, look_up, names_the_note
from tutor.retrieval.index import Index
from tutor.types import Evidence, Lang

# Confidence from which a clause is answered where the whole message is not. Of 621 questions of corpus/qa/outside 3
# more are so answered, of 12 first messages of learners that were wrongly declined 4, of 36 dev questions 6.
SURE = 0.6

_WHAT = r"(?:who|whose|what|which|when|where|why|how)"
_ASKS = re.compile(rf"\b{_WHAT}\b|누가|누구|언제|어디|왜|무엇|무슨|뭐|뭘|뭔|어떻게|어떤|어느|몇|얼마|이유|\?", re.I)
_LEANS = re.compile(
    r"\b(?:it|its|that|this|they|them|their|he|she|his|her)\b|(?<![가-힣])(?:그|그게|그건|그거|거기서?|이건|걔)(?![가-힣])",
    re.I,
)
_OF_BOTH = re.compile(r"\b(?:differ\w*|compare\w*|between|versus|vs)\b|차이|다른|달라|다르|비교", re.I)
_BETWEEN = re.compile(
    rf"[?!.;,:]*\s+(?:and|but|so|because|&)\s+(?=(?:(?:also|in|by|for|to|from|with)\s+)?"
    rf"(?:{_WHAT}|is|are|was|were|do|does|did|can|could|has|have)\b)"  # not within a name: Hubel and Wiesel
    r"|(?<=[?!.;])[\"')]*\s+(?=\w)|\s*\.\.+\s*"
    r"|(?<=(?:는데|은데|인데|던데|한데|지만|니까|어서|아서|해서|려고|는지|은지|인지|을지|뭔지|건지|다고|라고|라서))[,.]*\s+"
    r"|(?<=[가-힣][고며]),?\s+|[?.,]*\s+(?:그리고|글고|또|또한)\s+",
    re.I,
)


def clauses(message: str) -> list[str]:
    """The sentences of `message`, and the clauses that are joined in them, in its order."""
    return [clause.strip() for clause in _BETWEEN.split(message) if clause.strip()]


def questions(message: str) -> list[str]:
    """The questions in `message`, where it asks several; none where it compares, which asks one of both."""
    asked = [clause for clause in clauses(message) if _ASKS.search(clause)]
    return asked if len(asked) > 1 and not _OF_BOTH.search(message) else []


def looked_up(index: Index, question: str, message: str, lang: Lang) -> tuple[str, Found]:
    """What `question`, as the `message` puts it, asks, and what answers it: as a whole, each of several, or a clause.

    Raises:
        ModelError: a head, or the scope, cannot be used.
    """
    found = look_up(index, question, lang)
    if found.evidence and found.evidence[0].passage.slug == OWN_PAGE:
        return question, found
    if several := each_answered(index, question, found, lang):
        return question, several
    return (question, found) if found.covered else answered_apart(index, message, lang) or (question, found)


def each_answered(index: Index, message: str, whole: Found, lang: Lang) -> Found | None:
    """What answers the questions in `message`, if it asks several: what answers the `whole`, and each of them, in turn.

    Those that name nothing are asked of what is named before them. None where fewer than two are answered, or, where
    something else is said before them, none.

    Raises:
        ModelError: the scope cannot be used.
    """
    asked = questions(message)
    if not asked or names_the_note(message):
        return None
    said = clauses(message)
    topic = [clause for clause in said[: said.index(asked[0])] if index.named(clause)][-1:]
    found = _in_turn(index, topic, asked, lang)
    return _merged(found, whole) if len(found) > (not topic) else None


def answered_apart(index: Index, message: str, lang: Lang) -> tuple[str, Found] | None:
    """The first question in `message`, if it is surely answered, and what answers it and what is asked behind it.

    Where nothing asks, the first clause that is surely answered. None where there is none: "What is ELECTRA and how
    does it beat masked language models?" asks of ELECTRA.

    Raises:
        ModelError: the scope cannot be used.
    """
    said = clauses(message)
    asked = [clause for clause in said if _ASKS.search(clause)]
    for clause in asked[:1] or said if len(said) > 1 else ():
        if index.named(clause) and index.confidence(clause, index.search(clause, lang=lang)) >= SURE:
            found = _in_turn(index, [], [clause, *asked[1:]], lang)
            return (clause, _merged(found)) if found else None
    return None


def _in_turn(index: Index, topic: Sequence[str], asked: Sequence[str], lang: Lang) -> list[Found]:
    """What answers each of the questions `asked`; those that name nothing behind the `topic`, or the first of them."""
    found: list[Found] = []
    for place, question in enumerate(asked):
        alone = index.named(question) and not _LEANS.search(question)
        before = () if alone else topic or asked[: min(place, 1)]
        each = in_the_sources(index, " ".join([*before, question]), lang, () if before else None)
        if each.covered:
            found.append(also_by_itself(index, each, question) if before else each)
    return found


def _merged(found: Sequence[Found], whole: Found | None = None) -> Found:
    """The best sentence of the `whole` and of each that is `found`, then the next of each."""
    ranked = [whole, *found] if whole and whole.covered else found
    hits = {hit.passage.id: hit for each in ranked for hit in each.hits}
    told: dict[str, Evidence] = {}
    for evidence in filter(None, chain(*zip_longest(*(each.evidence for each in ranked)))):
        told.setdefault(evidence.text, evidence)
    return Found(tuple(hits.values()), tuple(told.values()), questions=len(found))
