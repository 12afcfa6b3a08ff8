"""What one question has come to: while it is answered, as the answer, and again after a restart."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tutor.chat import grounding
from tutor.lookup import Found
from tutor.types import (
    Answer,
    Checked,
    Citation,
    Excerpt,
    Lang,
    Message,
    Mode,
    Passage,
    ToolResult,
    ToolSpec,
)


@dataclass(slots=True)
class Turn:
    """What one question has come to so far."""

    question: str
    lang: Lang
    wanted: int = 1  # sentences at most, where the tutor quotes
    about: list[str] = field(default_factory=list)  # the question, behind those that it leans on
    began: float = field(default_factory=time.monotonic)
    found: Found = field(default_factory=Found)
    shown: list[tuple[Excerpt, Passage]] = field(default_factory=list)
    text: str = ""
    mode: Mode = "generated"
    checked: list[Checked] = field(default_factory=list)
    spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    tools: list[ToolResult] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    recorded: Mapping[str, Any] | None = None  # of a run that is made again
    offered: tuple[ToolSpec, ...] = ()  # the same before and after a call, for the sake of the model's KV cache
    withheld: int = 0
    declined: bool = False
    tokens: int = 0
    first_token: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """What later turns need of an answered one; the passages that it was shown and its demo's record are let go.

    `cited` names the documents behind its sentences, in their order.
    """

    question: str
    lang: Lang
    text: str
    about: Sequence[str]
    checked: Sequence[Checked]
    messages: Sequence[Message]
    cited: Sequence[str]


def told(turn: Turn) -> Told:
    """The answered `turn`, for the turns after it."""
    cited = [turn.shown[c.by - 1][1].doc for c in turn.checked if c.by]
    checked, cited = tuple(turn.checked), list(dict.fromkeys(cited))
    return Told(turn.question, turn.lang, turn.text, turn.about, checked, turn.messages, cited)


def answered(turn: Turn, *, stopped: bool) -> Answer:
    """The turn as it is told to the learner."""
    passages = [p for _, p in turn.shown]
    citations: list[Citation] = [
        grounding.citation(n, passages[n - 1], spans) for n, spans in sorted(turn.spans.items())
    ]
    return Answer(
        text=turn.text,
        lang=turn.lang,
        mode=turn.mode,
        citations=tuple(citations),
        checked=tuple(turn.checked),
        tools=tuple(turn.tools),
        withheld=turn.withheld,
        stopped=stopped,
        tokens=turn.tokens,
        seconds=time.monotonic() - turn.began,
        first_token_seconds=turn.first_token,
    )


def restored(question: str, answer: Answer) -> Told:
    """The turn behind `answer`, as far as a follow-up and the model's history need it."""
    docs = {citation.n: citation.passage.doc for citation in answer.citations}
    messages = [Message("user", question)]
    for done in answer.tools:
        messages += returned(done)
    cited = list(dict.fromkeys(docs[c.by] for c in answer.checked if c.by))
    return Told(question, answer.lang, answer.text, [question], answer.checked, messages, cited)


def returned(done: ToolResult) -> list[Message]:
    """A call and what came of it, as the model reads them."""
    return [Message("assistant", tool_calls=(done.call,)), Message("tool", done.text, name=done.call.name)]


def without_frames(done: ToolResult) -> ToolResult:
    """What came of a call, without the steps on the way, which are in its figures."""
    return replace(done, result=done.result and replace(done.result, frames=()))
