"""What the sources hold for a question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tutor.labs import core
from tutor.retrieval import intents
from tutor.retrieval.confidence import COVERED
from tutor.retrieval.index import FILES, Index
from tutor.text import sentences, terms
from tutor.types import Evidence, Hit, Lang, Passage

OWN_PAGE = "tutor"  # slug of the article about the tutor itself
SEEDS = "seeds/"  # with which the learner's notes begin
NOTE_PAGE = "learners-note"  # slug of the article about the learner's note
PASSAGES = 6  # of a search, whose sentences are ranked
WIDER = 20  # passages among which one of the learner's own files is looked for
NEARLY = 0.7  # of the last passage's score
KNOWN = 2.0  # by which articles stand higher, as questions are known for them and the encoder was taught these
LEADING = 3  # sentences of the evidence, at most, that are told
EVERY = 100  # more sentences than any search brings
# Score of the best sentence below which nothing answers. None of the 415 dev questions that are covered lies below; by
# the encoder's part of the score alone, 1 of 100 of SQuAD's dev questions and 6 of KorQuAD's do over their paragraphs.
# So does one of 103 questions that the note answers (dev and train), searched in it without the words that name it; of
# 240 of corpus/qa/outside (far, near) and dev and 80 that articles answer, each asked of the note, 88 % and 78 % do.
FAINT = 5.0

# "the note", "my notes", "the learner's blog", not "OpenAI's blog" or "please note"; 노트, neither 노트북 nor 키노트.
# What stands behind it in "the note says about" and "노트에 뭐라고 나와" belongs to it.
_THE_NOTE = re.compile(
    r"(?:\b(?:according to|summari[sz]e) )?"
    r"(?:(?:\b(?:the|this|my|your|learner(?:['’]s)?|author['’]s) )+(?:Korean )?(?:notes?|blog(?:ger| ?post)?)\b"
    r"|\bnote(?=['’]s\b))(?:['’]s)?(?: (?:say|mention)s?\b(?: about\b)?)?"
    r"|(?:\b(?:그|이|내|제|학습자의?|글쓴이의?) )?"
    r"(?<![가-힣])(?:노트(?!북|르담)|(?<![A-Za-z])(?<![A-Za-z] )(?<!대한 )(?<!구글 )블로그|글쓴이|필자)"
    r"(?: 말로는|에 따르면|(?:에서|에)(?:는|도|만|선)?|엔|의|는|은|가|를|도|로)?"
    r"(?: 뭐라고 \S+)?(?: (?:좀|내용|요약)\S*)*",
    re.I,
)

# Confidence by which a question must be answered more surely than the message that it is in. Of the 68 dev messages of
# several sentences that ask something, 64 are answered with it, 60 without.
CLEARER = 0.2
_EMOTICON = re.compile(r"(?:[ㅋㅎㅠㅜ]+|\^+|~+|;+)[.!]*(?=\s|$)")  # with which a sentence may end
_QUESTION = re.compile(r"\?[!)\"'”’]*$")

Place = tuple[tuple[Passage, tuple[int, int]], ...]  # a passage and a span of its text, or nothing


@dataclass(frozen=True, slots=True)
class Found:
    """What the sources hold for a query; `covered` is False where they do not speak of it.

    The sentences of an overview are all to be told, in their order. Those that answer several `questions` take turns.
    """

    hits: tuple[Hit, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    covered: bool = True
    overview: bool = False
    questions: int = 1


def look_up(index: Index, query: str, lang: Lang) -> Found:
    """What answers `query`: the tutor's own page where it is small talk or about the tutor, else the sources.

    Raises:
        ModelError: the intent head, or the scope, cannot be used.
    """
    about_the_note = names_the_note(query)
    itself = about_the_note and not terms(without_the_note(query))  # "노트 요약해 줘" looks like small talk
    if not (itself or index.names_only(query)) and (certain := own_page(index, query, lang)) is not None:
        return certain
    found = in_the_sources(index, query, lang)
    if about_the_note or (found.covered and found.evidence and found.evidence[0].passage.slug != OWN_PAGE):
        return found
    return own_page(index, query, lang, certain=False) or found


def asked_in(index: Index, message: str, lang: Lang) -> str:
    """The questions in `message`, where the rest speaks of something else or orders the tutor about; else all of it.

    They are taken by themselves where the sources answer them more surely so.
    """
    told = [piece[a:b] for piece in _EMOTICON.split(message) for a, b in sentences(piece)]
    questions = [sentence for sentence in told if _QUESTION.search(sentence)]
    if not questions or len(questions) == len(told):
        return message
    asked = " ".join(questions)
    if index.named(message) and not index.named(asked):  # "My boss talks of LoRA. Who made it?"
        return message
    whole, alone = (index.confidence(text, index.search(text, lang=lang)) for text in (message, asked))
    return asked if alone > whole + CLEARER else message


def names_the_note(query: str) -> bool:
    """Whether `query` is about the learner's note, or asked of it."""
    return bool(_THE_NOTE.search(query))


def without_the_note(query: str) -> str:
    """`query` without the words that name the note; it has no terms where it is about the note itself."""
    return _THE_NOTE.sub(" ", query)


def placed(index: Index, told: Iterable[tuple[str, str]]) -> Found:
    """An overview of the sentences `told`, each with its document, in their order."""
    places = [place for ident, words in told for place in _sentence(index.passages_of(ident), words)]
    found = _found((), [Evidence(passage, span, 1.0) for passage, span in places])
    return replace(found, overview=True)


def own_page(index: Index, text: str, lang: Lang, *, certain: bool = True) -> Found | None:
    """The sentences of the tutor's own page that answer `text`; None where it is no small talk and not about the tutor.

    Where it is not `certain`, it is enough that it is likely.

    Raises:
        ModelError: the intent head cannot be used.
    """
    if (intent := intents.intent(text, certain=certain)) is None:
        return None
    page = list(index.passages_of(f"{lang}/{OWN_PAGE}"))
    places = [place for sentence in intents.answer(intent, lang) for place in _sentence(page, sentence)]
    return _found((), [Evidence(passage, span, 1.0) for passage, span in places]) if places else None


def in_the_sources(index: Index, query: str, lang: Lang, near: Sequence[Hit] | None = None) -> Found:
    """The passages for `query`: of the note alone where it is about the note; nothing where no source covers it.

    Where it is a follow-up behind others, those `near`, of what was told last, are read too.
    """
    if (found := _in_the_note(index, query, lang)) is not None:
        return found
    hits = _searched(index, query, lang)
    if index.confidence(query, hits, alone=near is None) < COVERED:
        return Found(covered=False)
    known = {hit.passage.id for hit in hits}
    hits = (*hits, *(hit for hit in near or () if hit.passage.id not in known))
    evidence = index.evidence(query, hits, k=EVERY)
    if not evidence or evidence[0].score < FAINT:
        return Found(covered=False)
    return _found(hits, _accompanied(index, query, _with_own_files(evidence), lang))


def also_by_itself(index: Index, found: Found, question: str) -> Found:
    """`found`, for a `question` behind others, with its sentences ranked by how well they answer it alone, too."""
    own = {e.text: e.score for e in index.evidence(question, found.hits, k=EVERY)}
    scored = [replace(e, score=e.score + own.get(e.text, 0.0)) for e in found.evidence]
    return replace(found, evidence=tuple(sorted(scored, key=lambda e: -e.score)))


def _searched(index: Index, query: str, lang: Lang) -> tuple[Hit, ...]:
    """The best passages, and the best one of the learner's own files, where it is nearly as good, behind them."""
    ranked = index.search(query, lang=lang, k=WIDER)
    hits = ranked[:PASSAGES]
    own = next((hit for hit in ranked if hit.passage.doc.startswith(FILES)), None)
    kept = own is not None and own not in hits and own.score >= NEARLY * hits[-1].score
    return (*hits, own) if own and kept else tuple(hits)


def _with_own_files(evidence: Sequence[Evidence]) -> list[Evidence]:
    """`evidence` with the best sentence of the learner's own files among the leading ones, where it may well be.

    No questions are known that their sentences answer, so they stand behind articles that say the same, or otherwise:
    where a file contradicts an article, both are to be told.
    """
    ranked = list(evidence)
    own = next((place for place, e in enumerate(ranked) if e.passage.doc.startswith(FILES)), 0)
    if own >= LEADING and ranked[own].score + KNOWN >= ranked[LEADING - 1].score:
        ranked.insert(LEADING - 1, ranked.pop(own))
    return ranked


def _in_the_note(index: Index, query: str, lang: Lang) -> Found | None:
    """What the note, and the article about it, hold for a `query` about it; the note's own words lead or follow soon.

    None where the query is about something else, or where there is no note.
    """
    notes = [ident for ident in index.documents if ident.startswith(SEEDS)]
    if not (notes and names_the_note(query)):
        return None
    asked = without_the_note(query)
    if not terms(asked):  # "What does the note say?"
        asked = query
    ranked = index.within([*notes, f"{lang}/{NOTE_PAGE}"], asked, k=EVERY)
    words = next((hit for hit in ranked if hit.passage.doc in notes), None)
    hits = tuple(ranked[:PASSAGES]) if words is None or words in ranked[:PASSAGES] else (*ranked[:PASSAGES], words)
    found = index.evidence(asked, hits, k=EVERY)
    if not found or found[0].score < FAINT:
        return Found(covered=False)
    evidence = list(_accompanied(index, asked, found, lang))
    own = next((place for place, e in enumerate(evidence) if e.passage.doc.startswith(SEEDS)), 0)
    if own >= LEADING:
        evidence.insert(LEADING - 1, evidence.pop(own))
    return _found(hits, evidence)


def _found(hits: tuple[Hit, ...], evidence: Sequence[Evidence]) -> Found:
    """With the passages that only stand beside the evidence behind the `hits`."""
    beside = {e.passage.id: e.passage for e in evidence}
    for hit in hits:
        beside.pop(hit.passage.id, None)
    return Found((*hits, *(Hit(passage, 0.0) for passage in beside.values())), tuple(evidence))


def _accompanied(index: Index, query: str, evidence: Sequence[Evidence], lang: Lang) -> tuple[Evidence, ...]:
    """`evidence` with what belongs beside its leading sentences: the note's own words, and what the record corrects."""
    told: dict[str, Evidence] = {}
    for place, e in enumerate(evidence):
        told.setdefault(e.text, e)
        for passage, span in (_note_itself(index, e) or _correction(index, query, e, lang)) if place < LEADING else ():
            beside = Evidence(passage, span, e.score)
            told.setdefault(beside.text, beside)
    return tuple(told.values())


def _note_itself(index: Index, e: Evidence) -> Place:
    """Where the note says what a sentence of the article about it reports."""
    if e.passage.slug != NOTE_PAGE:
        return ()
    quotes = [fact.quote for fact in index.document(e.passage.doc).facts if fact.text == e.text and fact.quote]
    if not quotes:
        return ()
    return _sentence((p for p in index.holding(quotes[0]) if p.doc.startswith(SEEDS)), quotes[0])


def _correction(index: Index, query: str, e: Evidence, lang: Lang) -> Place:
    """Where an article in `lang` says what is right, if this sentence of the note is not; the nearest to `query`."""
    if not e.passage.doc.startswith(SEEDS):
        return ()
    said = " ".join(e.text.split())
    asked = set(terms(query))
    fitting = [c for c in index.corrections if c.note in said]
    if not fitting:
        return ()
    nearest = max(fitting, key=lambda c: len(asked & set(terms(f"{c.note} {c.right[lang]}"))))
    return _sentence(index.passages_of(f"{lang}/{nearest.article}"), nearest.right[lang])


def _sentence(passages: Iterable[Passage], words: str) -> Place:
    """The first sentence of `passages` that holds `words`, white space aside."""
    for passage in passages:
        for a, b in sentences(passage.text):
            if words in " ".join(passage.text[a:b].split()):
                return ((passage, (a, b)),)
    return ()


def story_query(lab: str, arguments: Mapping[str, Any], lang: Lang) -> str:
    """What to look up in the sources after a run of `lab`."""
    if story := core.LABS[lab].story:
        return story[lang]
    if arguments["gate"] in ("xor", "xnor"):
        return (
            "단층 퍼셉트론이 XOR를 풀지 못하는 까닭" if lang == "ko" else "why a single-layer perceptron fails on XOR"
        )
    return (
        "단층 퍼셉트론이 배울 수 있는 AND OR NAND"
        if lang == "ko"
        else "a single-layer perceptron can learn AND OR NAND"
    )
