"""What the tutor does for a program: search, answer, tell of the labs and run one. Plain data in, plain data out.

The API of the page's server (ui/api.py) and the MCP server (mcp_server.py) both are thin doors to this; the forms below
are what they promise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import with_config
from typing_extensions import TypedDict

from tutor import types
from tutor.errors import BusyError, TutorError
from tutor.labs import core
from tutor.lookup import EVERY
from tutor.question import checked_question
from tutor.retrieval.confidence import COVERED
from tutor.retrieval.index import POOL, Index
from tutor.session import Tutor
from tutor.text import language
from tutor.types import Answer, Answered, Evidence, Failed, Hit, Lang, Mode

CANDIDATES = 3 * POOL  # passages, at least as many as a search weighs
WAITING = 3  # that may wait while one is being worked on
MOST_PASSAGES = 50  # that one search gives

Spoken = Literal["ko", "en", "auto"]  # "auto": the language of the question


# ---- forms ---------------------------------------------------------------------------------------
_described = with_config(use_attribute_docstrings=True)


@_described
class Cited(TypedDict):
    """A passage that the answer rests on."""

    n: int
    """The number of its mark in the answer: [1]."""
    doc: str
    """Its document; the page shows it at /document/{doc}."""
    title: str
    lang: Lang
    lines: list[int]
    """The first and the last line of the document's file, from 1."""
    text: str


@_described
class Called(TypedDict):
    """A lab that was run for the answer."""

    name: str
    arguments: dict[str, Any]
    """Its settings, defaults filled in."""
    result: str
    """What came of it, in words."""
    ok: bool


@_described
class Told(TypedDict):
    """An answer and what it rests on."""

    question: str
    answer: str
    """Plain text with the marks [1], [2] of its citations."""
    lang: Lang
    mode: Mode
    """generated: the model's words, each sentence checked. quoted: sentences of the sources. refused: the sources do
    not speak of it. lab: a demo was run."""
    citations: list[Cited]
    tool_calls: list[Called]
    withheld: int
    """Sentences of the model that no source supports, which were left out."""
    stopped: bool
    """Whether it was stopped before its end."""
    tokens: int
    """Tokens that the model wrote."""
    seconds: float
    first_token_seconds: float


@_described
class Why(TypedDict):
    """How a passage was found."""

    words: int | None
    """Its rank by its words alone (BM25), from 1; null where they did not bring it."""
    meaning: int | None
    """Its rank by its meaning alone (the encoder's vectors), from 1; null where that did not bring it."""


@_described
class Passage(TypedDict):
    """A passage of the sources."""

    doc: str
    """Its document; the page shows it at /document/{doc}."""
    title: str
    section: str
    """The nearest heading above it, or nothing."""
    place: str
    """The page or cell, where its file has such, in words."""
    lang: Lang
    lines: list[int]
    """The first and the last line of the document's file, from 1."""
    text: str
    best: str
    """Its sentence that best answers the query."""
    score: float
    """Of words and meaning together; higher is better, and only within one search."""
    why: Why


@_described
class Searched(TypedDict):
    """What a search found, best first."""

    query: str
    lang: Lang
    confidence: float
    """How likely the sources answer the query, 0 to 1."""
    covered: bool
    """Whether that is enough for the tutor to answer from them."""
    passages: list[Passage]


@_described
class LabTold(TypedDict):
    """A lab that can be run."""

    name: str
    title: str
    summary: str
    """What is to be seen."""
    settings: dict[str, Any]
    """The JSON schema of its settings."""


@_described
class Ran(TypedDict):
    """A finished run of a lab."""

    text: str
    """What came of it, in words; every number is taken from the record."""
    record: dict[str, Any]
    """The lab, its settings with defaults filled in, and what was measured."""


def record(question: str, answer: Answer) -> Told:
    """The answer as plain JSON data."""
    return {
        "question": question,
        "answer": answer.text,
        "lang": answer.lang,
        "mode": answer.mode,
        "citations": [cited(citation.n, citation.passage) for citation in answer.citations],
        "tool_calls": [called(done) for done in answer.tools],
        "withheld": answer.withheld,
        "stopped": answer.stopped,
        "tokens": answer.tokens,
        "seconds": round(answer.seconds, 3),
        "first_token_seconds": round(answer.first_token_seconds, 3),
    }


def cited(n: int, passage: types.Passage) -> Cited:
    """A passage under its number."""
    return {
        "n": n,
        "doc": passage.doc,
        "title": passage.title,
        "lang": passage.lang,
        "lines": list(passage.lines),
        "text": passage.text,
    }


def called(done: types.ToolResult) -> Called:
    """A call of a lab and what came of it."""
    return {"name": done.call.name, "arguments": dict(done.arguments), "result": done.text, "ok": done.ok}


# ---- one at a time -------------------------------------------------------------------------------
class Queue:
    """Lets one question or run through at a time, for the model is one; a few wait."""

    def __init__(self, waiting: int = WAITING) -> None:
        self._places, self._busy = threading.Semaphore(1 + waiting), threading.Lock()

    @contextmanager
    def turn(self, cancel: threading.Event) -> Iterator[None]:
        """Wait for one's turn, or until `cancel` is set, and have it.

        Raises:
            BusyError: so many wait already that one more is turned away.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError(
                "The tutor is busy, and others wait already.",
                "Try again in a few seconds.",
                ko=("튜터가 다른 일을 하고 있고, 기다리는 요청도 많아요.", "몇 초 뒤에 다시 시도해 주세요."),
            )
        mine = False
        try:
            while not mine and not cancel.is_set():
                mine = self._busy.acquire(timeout=0.05)
            yield
        finally:
            if mine:
                self._busy.release()
            self._places.release()


# ---- search --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage that was found, its best sentence, and its place by words alone and by meaning alone."""

    hit: Hit
    best: Evidence | None
    by_words: int | None
    by_meaning: int | None


def ranked(index: Index, query: str, lang: Lang, k: int) -> tuple[list[Ranked], float]:
    """The `k` best passages for `query` as the tutor itself finds them, and how likely the sources answer it.

    Raises:
        QuestionError: the query is empty or too long.
    """
    question = checked_question(query)
    found = index.search(question, lang=lang, k=max(k, CANDIDATES))
    shown = found[:k]
    best: dict[str, Evidence] = {}
    for evidence in index.evidence(question, shown, k=k * EVERY):
        best.setdefault(evidence.passage.id, evidence)
    by_words = _places(found, lambda hit: hit.bm25_rank)
    by_meaning = _places(found, lambda hit: hit.dense_rank)
    hits = [
        Ranked(hit, best.get(ident), by_words.get(ident), by_meaning.get(ident))
        for hit in shown
        for ident in [hit.passage.id]
    ]
    return hits, index.confidence(question, shown)


def _places(hits: Sequence[Hit], rank: Callable[[Hit], int | None]) -> dict[str, int]:
    """The place of each passage by one way of finding alone, twins left out, as the search folds them."""
    ordered = sorted((place, hit.passage.id) for hit in hits if (place := rank(hit)) is not None)
    return {ident: number for number, (_, ident) in enumerate(ordered, 1)}


def search(index: Index, query: str, lang: Spoken, k: int) -> Searched:
    """The `k` best passages for `query`, each with its score and how it was found.

    Raises:
        QuestionError: the query is empty or too long.
    """
    speak = language(query) if lang == "auto" else lang
    hits, confidence = ranked(index, query, speak, k)
    return {
        "query": query,
        "lang": speak,
        "confidence": round(confidence, 3),
        "covered": confidence >= COVERED,
        "passages": [_passage(one, speak) for one in hits],
    }


def _passage(one: Ranked, lang: Lang) -> Passage:
    found = one.hit.passage
    return {
        "doc": found.doc,
        "title": found.title,
        "section": found.section,
        "place": found.where(lang),
        "lang": found.lang,
        "lines": list(found.lines),
        "text": found.text,
        "best": one.best.text if one.best else "",
        "score": round(one.hit.score, 4),
        "why": {"words": one.by_words, "meaning": one.by_meaning},
    }


# ---- questions and labs --------------------------------------------------------------------------
def ask(tutor: Tutor, question: str, lang: Spoken, cancel: threading.Event) -> Told:
    """The answer to `question`, which stands alone: no conversation goes before it.

    Raises:
        QuestionError: it is empty or too long.
        TutorError: the turn ended without an answer.
    """
    checked_question(question)
    for event in tutor.new_session(lang).ask(question, cancel):
        if isinstance(event, Failed):
            raise TutorError(event.message)
        if isinstance(event, Answered):
            answer = event.answer
    return record(question, answer)


def labs(tutor: Tutor, lang: Lang) -> list[LabTold]:
    """Every lab, in the order of the history, with what may be set."""
    return [
        {
            "name": name,
            "title": lab.title[lang],
            "summary": lab.summary[lang],
            "settings": _labelled(tutor.toolbox.spec(name).parameters, lab, lang),
        }
        for name, lab in core.LABS.items()
    ]


def _labelled(schema: Mapping[str, Any], lab: core.Lab, lang: Lang) -> dict[str, Any]:
    """A lab's schema in which each setting has its name in `lang` for a title."""
    titled = {key: {"title": lab.labels[key][lang], **value} for key, value in schema["properties"].items()}
    return {**schema, "properties": titled}


def run(name: str, settings: Mapping[str, Any], lang: Lang, cancel: threading.Event) -> Ran:
    """Run the lab `name` to its end.

    Raises:
        UnknownLab, ToolCallInvalid: there is no such lab; a setting is wrong. Nothing has run.
        ToolFailed: `cancel` was set, it took too long, or the numbers ran away.
    """
    steps = core.run(name, settings, cancel)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return {"text": end.value.text[lang], "record": end.value.record}
