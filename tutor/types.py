"""The values that cross module borders. All frozen; none knows how it was made."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

Lang = Literal["ko", "en"]
LANGS: Final[tuple[Lang, ...]] = ("en", "ko")


# ---- sources -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Source:
    """A source named in an article's front matter; `primary` if it is by those who did what it tells.

    A learner's own file may leave out all but the title.
    """

    id: str
    title: str
    url: str = ""
    primary: bool = False
    authors: str = ""
    venue: str = ""
    year: int | None = None

    @property
    def label(self) -> str:
        """Authors, title, venue and year in one line, as far as they are given."""
        when = " ".join(str(part) for part in (self.venue, self.year) if part)
        return ", ".join(part for part in (self.authors, self.title, when) if part)


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of an article that can be checked: `value` is what it says of `subject`.

    `source` holds it and `checked` is where it was read when it was checked (ids of the article's sources).
    `year` is set where it is an event; `quote` holds the learner's note's own words where the note is the source.
    """

    id: str
    text: str
    subject: str = ""
    value: str = ""
    source: str = ""
    checked: str = ""
    year: int | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One source file: a corpus article or one of the learner's own, such as the note.

    `id` is "en/perceptron", "ko/perceptron", "seeds/<file stem>" or "library/<file name>"; articles that share
    `slug` tell the same story in the two languages. `text` is the whole file as read, or as extracted from a PDF and
    the like (line numbers count in it); `body_line` is the first line (1-based) after the front matter. `related`
    maps predecessor, successor and see_also to slugs. `places` tells which line begins what place of the file:
    (1, "p. 1"), (40, "p. 2") for pages, "cell 5" for a notebook's cells; rising, empty where lines are all there is.
    """

    id: str
    slug: str
    title: str
    lang: Lang
    path: str
    text: str
    body_line: int = 1
    years: tuple[int, ...] = ()
    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    related: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lab: str = ""
    sources: tuple[Source, ...] = ()
    facts: tuple[Fact, ...] = ()
    places: tuple[tuple[int, str], ...] = ()

    @property
    def body(self) -> str:
        """The text without the front matter."""
        return "\n".join(self.text.split("\n")[self.body_line - 1 :])

    def source(self, ident: str) -> Source | None:
        """The source of that id."""
        return next((source for source in self.sources if source.id == ident), None)

    def line_of(self, sentence: str) -> int:
        """The first line of the body that holds `sentence`; 0 where none does."""
        lines = enumerate(self.text.split("\n"), 1)
        return next((n for n, line in lines if n >= self.body_line and sentence in " ".join(line.split())), 0)

    def place(self, lines: tuple[int, int]) -> tuple[str, ...]:
        """The labels of the places that hold `lines` (1-based, inclusive): none, one, or the first and the last."""
        begins = [first for first, _ in self.places]
        ends = [bisect_right(begins, line) - 1 for line in lines]
        return tuple(dict.fromkeys(self.places[i][1] for i in ends if i >= 0))


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document. `lines` are 1-based, inclusive, in the file.

    `section` is the nearest heading above it ("" before the first one); `asked` holds, sentence by
    sentence, the questions that it is known to answer (empty where none are known); `place` is Document.place
    of its lines.
    """

    id: str
    doc: str
    slug: str
    title: str
    section: str
    lang: Lang
    lines: tuple[int, int]
    text: str
    asked: tuple[tuple[str, ...], ...] = ()
    place: tuple[str, ...] = ()

    def where(self, lang: Lang) -> str:
        """The place in words: "p. 3", "pp. 3–4", "cell 5"; "3쪽", "3–4쪽", "5번 셀"; "" where there is none."""
        if not self.place:
            return ""
        kind = self.place[0].rpartition(" ")[0]
        number = "–".join(label.rpartition(" ")[2] for label in self.place)
        one, more = _PLACES[lang][kind]
        return (more if len(self.place) > 1 else one).format(number)


_PLACES: Mapping[Lang, Mapping[str, tuple[str, str]]] = {  # of one, of several
    "en": {"p.": ("p. {}", "pp. {}"), "cell": ("cell {}", "cells {}")},
    "ko": {"p.": ("{}쪽", "{}쪽"), "cell": ("{}번 셀", "{}번 셀")},
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage, with where its rank came from (1-based; None: that leg missed it).

    `cosine` is that of its vector with the query's.
    """

    passage: Passage
    score: float
    bm25_rank: int | None = None
    dense_rank: int | None = None
    cosine: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a retrieved passage: `passage.text[span[0]:span[1]]`, scored for a question."""

    passage: Passage
    span: tuple[int, int]
    score: float

    @property
    def text(self) -> str:
        return self.passage.text[self.span[0] : self.span[1]]


# ---- chat ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ToolCall:
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation as the model sees it."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    name: str = ""  # of the tool, for role "tool"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model is told of it.

    `parameters` is the full JSON schema, for the prompt; `allowed` the part of it that a call may
    use in this turn (gates and numbers that the learner named), for constrained decoding.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    allowed: Mapping[str, Any]


Call = Literal["must", "may", "never"]  # whether a model's answer is to be a tool call


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What the prompt shows of a passage under the number `n` (1-based)."""

    n: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """How one generation went; the last thing a model yields. `reused` prompt tokens came from the KV cache."""

    prompt_tokens: int
    completion_tokens: int
    reused_tokens: int = 0
    first_token_seconds: float = 0.0
    stopped: Literal["end", "length", "cancelled"] = "end"


# ---- labs ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Frame:
    """One step of a running lab: numbers to show and arrays to draw (labs/plots.py knows them)."""

    step: int
    epoch: int
    metrics: Mapping[str, float]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    series: str = ""  # which of several runs this frame belongs to, e.g. "single, seed 0"


@dataclass(frozen=True, slots=True)
class LabResult:
    """A finished run. `text` was computed from `record`, which is plain JSON data."""

    lab: str
    arguments: Mapping[str, Any]
    record: Mapping[str, Any]
    text: Mapping[Lang, str]
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a call. `arguments` are the effective ones, defaults filled in."""

    call: ToolCall
    arguments: Mapping[str, Any]
    text: str
    ok: bool
    result: LabResult | None = None


# ---- answers -------------------------------------------------------------------------------------
Length = Literal["short", "full"]
Level = Literal["newcomer", "student", "engineer"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a learner wants to be answered; the language "auto" is that of each question."""

    lang: Lang | Literal["auto"] = "auto"
    length: Length = "full"
    level: Level = "student"

    @classmethod
    def of(cls, lang: str) -> Manner:
        """The usual manner, in the language of a setting: "ko", "en" or "auto"."""
        return cls("ko" if lang == "ko" else "en" if lang == "en" else "auto")


Mode = Literal["generated", "quoted", "refused", "lab"]


@dataclass(frozen=True, slots=True)
class Citation:
    """The mark [n] of an answer, the passage behind it, and the spans of it that were used."""

    n: int
    passage: Passage
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """One sentence of an answer and the citation number that supports it (None: nothing does)."""

    sentence: str
    supported: bool
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The finished turn. `withheld` counts generated sentences dropped for want of support.

    `next_questions` and `next_lab` ("" for none) are what may follow.
    """

    text: str
    lang: Lang
    mode: Mode
    citations: tuple[Citation, ...] = ()
    checked: tuple[Checked, ...] = ()
    tools: tuple[ToolResult, ...] = ()
    withheld: int = 0
    stopped: bool = False
    tokens: int = 0
    seconds: float = 0.0
    first_token_seconds: float = 0.0
    next_questions: tuple[str, ...] = ()
    next_lab: str = ""


# ---- events of one turn, in the order they can come ------------------------------------------------
@dataclass(frozen=True, slots=True)
class Retrieved:
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Writing:
    """The model is writing; `tokens` so far. Its words are shown only once they are checked."""

    tokens: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Checked text, to be appended to the answer so far."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    call: ToolCall


@dataclass(frozen=True, slots=True)
class LabFrame:
    frame: Frame


@dataclass(frozen=True, slots=True)
class ToolFinished:
    result: ToolResult


@dataclass(frozen=True, slots=True)
class Answered:
    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn ended without an answer; `message` is fit to show, in the learner's language."""

    message: str


Event = Retrieved | Writing | TextDelta | ToolStarted | LabFrame | ToolFinished | Answered | Failed
