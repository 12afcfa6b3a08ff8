"""One learner's conversation on the server, and the turn that the page is shown while it is made.

No gradio here: `Conversation` can be driven and read by a test, and what it yields is plain JSON data.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from tutor.errors import TutorError
from tutor.labs import core, forms, plots
from tutor.text import language
from tutor.types import (
    Answer,
    Answered,
    Event,
    Failed,
    Frame,
    LabFrame,
    Lang,
    Retrieved,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolStarted,
    Writing,
)
from tutor.ui import labs, render
from tutor.ui.strings import STRINGS

if TYPE_CHECKING:
    from tutor.session import Session

REDRAW_SECONDS = 0.1  # at least, between two states of the running turn
FIGURE_SECONDS = 0.25  # at least, between two states of a running demo's picture
SHOWN_QUESTION = 2000  # characters; a longer question is shown cut
MAX_CONVERSATIONS = 100
LEAVE_SECONDS = 5.0  # that a reloaded page waits for the end of the answer it left
SECRET_LENGTH = 32  # hexadecimal digits that a tab draws; a shorter one is not trusted

_PAGE_WORDS: Final = (
    *("lang", "welcome", "sources", "no_sources", "back", "close", "plot_failed"),
    *("views", "view_failed", "again", "run", "next", "story", "set_up", "point_class"),
)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Turn:
    """A question, or a run that was set up by hand, and what came of it.

    `figures` and `live` are Plotly figures as JSON; `lang` is the language that the turn is told in.
    """

    id: str
    question: str
    lang: Lang
    asked_run: ToolCall | None = None
    text: str = ""
    status: str = ""
    answer: Answer | None = None
    error: str = ""
    figures: list[str] = field(default_factory=list)
    live: str = ""
    lab: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)

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
        }


class _Pace:
    """When to show again: after `interval` seconds, later where showing would take over a quarter of the time."""

    def __init__(self, interval: float) -> None:
        self._interval, self._next = interval, 0.0

    def due(self) -> bool:
        return time.monotonic() >= self._next

    @contextmanager
    def spend(self) -> Iterator[None]:
        started = time.monotonic()
        yield
        now = time.monotonic()
        self._next = now + max(self._interval, 3 * (now - started))


class Conversation:
    """The transcript of one browser tab, over one Session. The page never sends any of it back."""

    def __init__(self, new_session: Callable[[], Session], lang: Lang) -> None:
        self.lang: Lang = lang
        self._new_session = new_session
        self._session = new_session()
        self.turns: list[Turn] = []
        self.cancel = threading.Event()
        self._pending: Turn | None = None
        self._running = False
        self._idle = threading.Event()
        self._idle.set()
        self._count = 0

    @property
    def busy(self) -> bool:
        """Whether a question is waiting or being answered."""
        return self._pending is not None

    def begin(self, question: str, run: ToolCall | None = None) -> bool:
        """Put a question (or `run`, put in words) at the end of the transcript; False while one is being answered."""
        if self.busy:
            return False
        self._count += 1
        self.cancel = threading.Event()
        lang = self.lang if run else language(question)
        self._pending = Turn(f"t{self._count}", question, lang, run, status=STRINGS[self.lang]["waiting"])
        self._idle.clear()
        self.turns.append(self._pending)
        return True

    def stop(self, ended: Literal["stopped", "interrupted"] = "stopped", wait: float = 0.0) -> None:
        """Stop the answer, and wait up to so many seconds for its end; a question still in the queue gets none."""
        self.cancel.set()
        if self._pending and not self._running:
            self._finish(self._pending, ended)
        self._idle.wait(wait)

    def retry(self) -> bool:
        """Ask the last question again in place of its turn; False where there is none."""
        if self.busy or not self.turns:
            return False
        last = self.turns.pop()
        if last.answer is not None:  # only an answered turn is in the session's history
            self._session.undo()
        return self.begin(last.question, last.asked_run)

    def begin_run(self, lab: str, arguments: dict[str, Any]) -> bool:
        """Put a run of `lab` at the end of the transcript; what is wrong with it is told in its answer. As `begin`."""
        try:
            words = forms.request(lab, core.parse(lab, arguments).model_dump(), self.lang)
        except TutorError:
            words = forms.request(lab, {}, self.lang) if lab in core.LABS else lab
        return self.begin(words, ToolCall(lab, arguments))

    def reset(self) -> None:
        """Forget everything said so far, stopping what is being answered (its session ends unseen)."""
        self.cancel.set()
        self.turns.clear()
        self._pending, self._running = None, False
        self._idle.set()
        self._session = self._new_session()

    def rejected(self) -> str:
        """The last question where it got no answer at all, so that it can be put right; else ""."""
        last = self.turns[-1] if self.turns and not self.busy else None
        return last.question if last and last.error and not last.answer and not last.asked_run else ""

    def view(self, *, whole: bool = False) -> dict[str, Any]:
        """What the page needs: the order of all turns, and the last one drawn (all of them if `whole`)."""
        words = STRINGS[self.lang]
        turns = self.turns if whole else self.turns[-1:]
        return {
            "order": [turn.id for turn in self.turns],
            "turns": [turn.view(self.lang) for turn in turns],
            "busy": self.busy,
            "words": {key: words[key] for key in _PAGE_WORDS},
        }

    def answer(self) -> Iterator[dict[str, Any]]:
        """Answer the waiting question; yields `view()` whenever there is something new to see.

        Closing the generator (the browser went away) cancels the generation.
        """
        turn = self._pending
        if turn is None:
            return
        session, cancel = self._session, self.cancel
        words, picture = _Pace(REDRAW_SECONDS), _Pace(FIGURE_SECONDS)
        self._running, turn.status = True, STRINGS[self.lang]["searching"]
        try:
            yield self.view()
            for event in self._events(session, turn, cancel):
                self._apply(turn, event)
                if self._pending is not turn or not words.due():
                    continue
                if turn.frames and picture.due():
                    with picture.spend():
                        turn.live = plots.live_figure(turn.lab, turn.frames, turn.arguments, turn.lang).to_json()
                with words.spend():
                    yield self.view()
        except Exception:
            turn.error = STRINGS[self.lang]["broken"]
            _log.exception("The answer to a question broke off")
        finally:
            self._finish(turn, "stopped" if cancel.is_set() else "interrupted")
            cancel.set()
        yield self.view()

    @staticmethod
    def _events(session: Session, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        if turn.asked_run:
            return session.run(turn.asked_run, turn.question, turn.lang, cancel)
        return session.ask(turn.question, cancel)

    def _finish(self, turn: Turn, ended: Literal["stopped", "interrupted"]) -> None:
        turn.status, turn.live, turn.frames = "", "", []
        if turn.answer is None and not turn.error:
            turn.error = STRINGS[self.lang][ended]
        if self._pending is turn:
            self._pending, self._running = None, False
            self._idle.set()

    def _apply(self, turn: Turn, event: Event) -> None:
        words = STRINGS[self.lang]
        match event:
            case Retrieved():
                turn.status = words["writing"].format(n=0)
            case Writing(tokens):
                turn.status = words["writing"].format(n=tokens)
            case TextDelta(text):
                turn.text += text
            case ToolStarted(call):
                turn.status, turn.frames = words["training"].format(n=0), []
                turn.lab, turn.arguments = call.name, dict(call.arguments)
            case LabFrame(frame):
                turn.frames.append(frame)
                turn.status = words["training"].format(n=frame.step)
            case ToolFinished(result):
                turn.status, turn.live, turn.frames = words["explaining"], "", []
                if result.result:
                    drawn = plots.figures(result.result, turn.lang)
                    turn.figures += [figure.to_json() for figure in drawn]
            case Answered(answer):
                turn.answer = answer
            case Failed(message):
                turn.error = message


class Conversations:
    """The conversations of all tabs by their tab's secret, the least recently opened dropped first.

    A tab keeps a random secret for its lifetime, so that reloading the page does not lose what was said.
    """

    def __init__(self, new_session: Callable[[], Session]) -> None:
        self._new_session = new_session
        self._by_secret: OrderedDict[str, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, secret: str | None, lang: Lang) -> Conversation:
        """The conversation of the tab with this secret; a new one where there is none."""
        with self._lock:
            found = self._by_secret.pop(secret or "", None) or Conversation(self._new_session, lang)
            if secret and len(secret) >= SECRET_LENGTH:
                self._by_secret[secret] = found
            if len(self._by_secret) > MAX_CONVERSATIONS:
                self._by_secret.popitem(last=False)[1].stop()
        found.stop("interrupted", wait=LEAVE_SECONDS)  # the page that asked is gone
        return found
