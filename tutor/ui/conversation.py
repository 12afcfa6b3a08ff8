"""One learner's conversation on the server, and the turn that the page is shown while it is made.

No gradio here: `Conversation` can be driven and read by a test, and what it yields is plain JSON data.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from tutor.errors import TutorError
from tutor.labs import core, forms, plots
from tutor.store.conversations import Kept, Transcripts
from tutor.store.learner import SECRET_LENGTH
from tutor.types import (
    Answered,
    Event,
    Failed,
    LabFrame,
    Lang,
    Manner,
    Retrieved,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolStarted,
    Writing,
)
from tutor.ui.strings import STRINGS
from tutor.ui.turn import Turn

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tutor.session import Session

REDRAW_SECONDS = 0.1  # at least, between two states of the running turn
FIGURE_SECONDS = 0.25  # at least, between two states of a running demo's picture
SHOWN_TURNS = 30  # that the page holds at once, and fetches at once of what was before
MAX_CONVERSATIONS = 100
LEAVE_SECONDS = 5.0  # that a reloaded page waits for the end of the answer it left

_PAGE_WORDS: Final = (
    *("lang", "language", "welcome", "earlier", "sources", "no_sources", "whole_text", "back", "close", "plot_failed"),
    *("moments", "views", "view_failed", "again", "run", "next", "story", "set_up", "point_class", "records"),
    *("history_hint", "history_none", "history_turns", "delete", "delete_sure", "deleted"),
    *("edit", "copy", "copied", "helpful", "unhelpful", "library", "settings", "quiz"),
)

_log = logging.getLogger(__name__)


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

    def __init__(
        self, new_session: Callable[[], Session], lang: Lang, ident: str = "", kept: Transcripts | None = None
    ) -> None:
        self.lang: Lang = lang
        self.ident, self._kept = ident, kept
        self._new_session = new_session
        self._session = new_session()
        self.manner = self._session.manner
        self._newest = [Turn.of(*row) for row in kept.turns(ident)] if kept else []
        self._earlier: list[int] = []  # numbers of the turns before these, which are read from where they are kept
        self._session.restore((turn.question, turn.answer) for turn in self._newest if turn.answer)
        self.cancel = threading.Event()
        self._pending: Turn | None = None
        self._running = False
        self._idle = threading.Event()
        self._idle.set()
        self._count = max((turn.number for turn in self._newest), default=0)
        self._let_go()

    @property
    def turns(self) -> list[Turn]:
        """All of them, from the first."""
        return [*self._kept_before(self._count + 1), *self._newest]

    @property
    def busy(self) -> bool:
        """Whether a question is waiting or being answered."""
        return self._pending is not None

    def begin(self, question: str, run: ToolCall | None = None, recorded: dict[str, Any] | None = None) -> bool:
        """Put a question (or `run`, put in words) at the end of the transcript; False while one is being answered."""
        if self.busy:
            return False
        self._count += 1
        self.cancel = threading.Event()
        lang = self.lang if run else self._session.language(question)
        self._pending = Turn(self._count, question, lang, run, recorded, status=STRINGS[self.lang]["waiting"])
        self._idle.clear()
        self._newest.append(self._pending)
        return True

    def stop(self, ended: Literal["stopped", "interrupted"] = "stopped", wait: float = 0.0) -> None:
        """Stop the answer, and wait up to so many seconds for its end; a question still in the queue gets none."""
        self.cancel.set()
        if self._pending and not self._running:
            self._finish(self._pending, ended)
        self._idle.wait(wait)

    def retry(self) -> bool:
        """Ask the last question again in place of its turn; False where there is none."""
        if self.busy or not self._newest:
            return False
        last = self._newest.pop()
        if last.answer is not None:  # only an answered turn is in the session's history
            self._session.undo()
        begun = self.begin(last.question, last.asked_run, last.recorded)
        self._newest[-1].replaces = last.number
        return begun

    def begin_run(self, lab: str, arguments: dict[str, Any], recorded: dict[str, Any] | None = None) -> bool:
        """Put a run of `lab` at the end of the transcript, to be compared with how it was `recorded`. As `begin`.

        What is wrong with it is told in its answer.
        """
        try:
            words = forms.request(lab, core.parse(lab, arguments).model_dump(), self.lang)
        except TutorError:
            words = forms.request(lab, {}, self.lang) if lab in core.LABS else lab
        return self.begin(words, ToolCall(lab, arguments), recorded)

    def reset(self, ident: str = "") -> None:
        """Begin a new conversation, `ident`, stopping what is being answered (its session ends unseen)."""
        self.cancel.set()
        self.ident = ident
        self._newest.clear()
        self._earlier.clear()
        self._pending, self._running = None, False
        self._idle.set()
        self._session = self._new_session()
        self._session.manner = self.manner

    def prefer(self, manner: Manner) -> None:
        """Answer so from the next question on."""
        self.manner = self._session.manner = manner

    def rejected(self) -> str:
        """The last question where it got no answer at all, so that it can be put right; else ""."""
        last = self._newest[-1] if self._newest and not self.busy else None
        return last.question if last and last.error and not last.answer and not last.asked_run else ""

    def view(self, *, whole: bool = False) -> dict[str, Any]:
        """What the page needs: the order of all turns, and the last one drawn (SHOWN_TURNS of them if `whole`)."""
        words = STRINGS[self.lang]
        turns = self._newest[-SHOWN_TURNS:] if whole else self._newest[-1:]
        return {
            "order": [f"t{number}" for number in self._earlier] + [turn.id for turn in self._newest],
            "most": SHOWN_TURNS,
            "turns": [turn.view(self.lang) for turn in turns],
            "busy": self.busy,
            "words": {key: words[key] for key in _PAGE_WORDS},
        }

    def record(self, number: int) -> Mapping[str, Any] | None:
        """What the run of the turn `number` recorded."""
        held = [turn for turn in self._newest if turn.number == number] or self._kept_before(number + 1, 1)
        answers = (turn.answer for turn in held if turn.number == number)
        results = (done.result for answer in answers if answer for done in answer.tools)
        return next((result.record for result in results if result), None)

    def earlier(self, number: int) -> list[dict[str, Any]]:
        """The SHOWN_TURNS turns before the turn `number`, drawn."""
        held = [turn for turn in self._newest if turn.number < number][-SHOWN_TURNS:]
        kept = self._kept_before(number, SHOWN_TURNS - len(held)) if len(held) < SHOWN_TURNS else []
        return [turn.view(self.lang) for turn in (*kept, *held)]

    def _kept_before(self, number: int, most: int | None = None) -> list[Turn]:
        """Of the turns before the turn `number` that are no longer held, all or the newest."""
        if not self._kept or not self._earlier:
            return []
        before = min(number, self._earlier[-1] + 1)
        return [Turn.of(*row) for row in self._kept.turns(self.ident, before=before, most=most)]

    def _let_go(self) -> None:
        """Hold no more turns than the page; one that could not be kept stays, and with it what came after."""
        while len(self._newest) > SHOWN_TURNS and self._newest[0].stored:
            self._earlier.append(self._newest.pop(0).number)

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
            return session.run(turn.asked_run, turn.question, turn.lang, cancel, turn.recorded)
        return session.ask(turn.question, cancel)

    def _finish(self, turn: Turn, ended: Literal["stopped", "interrupted"]) -> None:
        turn.status, turn.live, turn.frames = "", "", []
        if turn.answer is None and not turn.error:
            turn.error = STRINGS[self.lang][ended]
        if self._pending is turn:
            self._keep(turn)
            self._pending, self._running = None, False
            self._idle.set()

    def _keep(self, turn: Turn) -> None:
        if not self._kept or not self.ident:
            return
        try:
            self._kept.keep(self.ident, turn.number, turn.question, turn.kept(), instead_of=turn.replaces)
            turn.stored = True
            self._let_go()
        except SQLAlchemyError:  # a full disk, say: the answer itself is not lost
            _log.exception("A turn could not be kept")

    def rate(self, number: int, helpful: bool | None) -> None:
        """Keep what the learner says of a turn: that it was helpful, that it was not, or neither."""
        for turn in self._newest:
            if turn.number == number:
                turn.helpful = helpful
        if self._kept:
            self._kept.rate(self.ident, number, helpful)

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
    """The open conversations by their learner and tab, the least recently opened dropped first.

    A browser keeps a random secret of its learner, a tab one of its conversation, so that neither reloading the page
    nor starting the tutor anew loses what was said.
    """

    def __init__(self, new_session: Callable[[], Session], store: Engine | None = None) -> None:
        self._new_session, self._store = new_session, store
        self._open: OrderedDict[tuple[str, str], Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, learner: str | None, tab: str | None, lang: Lang) -> Conversation:
        """The conversation of this learner and tab; a new one where there is none."""
        key = (learner or "", tab or "")
        trusted = min(map(len, key)) >= SECRET_LENGTH
        with self._lock:
            found = self._open.pop(key, None)
            if found is None:
                kept = Transcripts(self._store, key[0]) if self._store is not None and trusted else None
                found = Conversation(self._new_session, lang, key[1], kept)
            if trusted:
                self._open[key] = found
            if len(self._open) > MAX_CONVERSATIONS:
                self._open.popitem(last=False)[1].stop()
        found.stop("interrupted", wait=LEAVE_SECONDS)  # the page that asked is gone
        return found

    def renew(self, here: Conversation, learner: str, tab: str) -> None:
        """Begin a new conversation in a tab; the one before stays where it is kept."""
        with self._lock:
            self._open.pop((learner, here.ident), None)
            here.reset(tab)
            self._open[learner, tab] = here

    def held(self, learner: str, tab: str) -> Conversation | None:
        """The open conversation of this learner and tab."""
        return self._open.get((learner, tab))

    def listed(self, learner: str) -> list[Kept]:
        """The kept conversations of a learner, the newest first."""
        return Transcripts(self._store, learner).all() if self._store is not None else []

    def delete(self, learner: str, tab: str) -> None:
        """Forget a conversation, the one that is being held among them."""
        with self._lock:
            found = self._open.pop((learner, tab), None)
        if found:
            found.reset()
        if self._store is not None:
            Transcripts(self._store, learner).delete(tab)
