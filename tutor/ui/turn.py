"""A question and what came of it, as the page shows it and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ConfigDict, TypeAdapter

from tutor.types import Answer, Frame, Lang, ToolCall
from tutor.ui import labs, render

SHOWN_QUESTION = 2000  # characters; a longer question is shown cut

_ANSWER: Final = TypeAdapter(Answer | None, config=ConfigDict(arbitrary_types_allowed=True))  # a frame's arrays
_CALL: Final = TypeAdapter(ToolCall | None)


@dataclass(slots=True)
class Turn:
    """A question, or a run that was set up by hand, and what came of it.

    `figures` and `live` are Plotly figures as JSON; `lang` is the language that the turn is told in. `recorded` is the
    record with which a run is to be compared. `replaces` is the number of the turn whose question it asks again, to be
    dropped when this one is finished; `stored` says that it can be read again from where it is kept.
    """

    number: int
    question: str
    lang: Lang
    asked_run: ToolCall | None = None
    recorded: dict[str, Any] | None = None
    text: str = ""
    status: str = ""
    answer: Answer | None = None
    error: str = ""
    figures: list[str] = field(default_factory=list)
    live: str = ""
    lab: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    helpful: bool | None = None
    replaces: int | None = None
    stored: bool = field(default=False, compare=False)

    @property
    def id(self) -> str:
        """Its name on the page."""
        return f"t{self.number}"

    def view(self, lang: Lang) -> dict[str, Any]:
        """The turn as the page draws it; every text in it is escaped HTML or a figure."""
        shown = self.question if len(self.question) <= SHOWN_QUESTION else self.question[:SHOWN_QUESTION] + " …"
        if self.answer:
            body = render.answer_html(self.answer, lang)
        else:
            error = f'<p class="error" role="alert">{render.escape(self.error)}</p>' if self.error else ""
            body = render.partial_html(self.text) + error
        return {
            "id": self.id,
            "question": render.escape(shown),
            "answer": body,
            "status": render.escape(self.status),
            "figures": self.figures or ([self.live] if self.live else []),
            "sources": render.sources_html(self.answer, lang) if self.answer else "",
            "after": labs.after(self.answer, lang) if self.answer else None,
            "number": self.number,
            "helpful": self.helpful,
        }

    def kept(self) -> dict[str, Any]:
        """What is worth keeping of the finished turn, as plain data."""
        return {
            "question": self.question,
            "lang": self.lang,
            "asked_run": _CALL.dump_python(self.asked_run, mode="json"),
            "recorded": self.recorded,
            "text": self.text,
            "error": self.error,
            "figures": self.figures,
            "answer": _ANSWER.dump_python(self.answer, mode="json"),
        }

    @classmethod
    def of(cls, number: int, kept: Mapping[str, Any], helpful: bool | None) -> Turn:
        """The turn that `kept` was made of."""
        parts = {
            **kept,
            "asked_run": _CALL.validate_python(kept["asked_run"]),
            "answer": _ANSWER.validate_python(kept["answer"]),
        }
        return cls(number, helpful=helpful, stored=True, **parts)
