"""One conversation: a question in, events out. How an answer is made, from end to end.

    rewrite -> retrieve -> model writes, or calls a tool -> every sentence checked -> answered

Nothing the model writes is passed on before a source supports it. Where nothing it writes is supported, the best
sentences of the sources are quoted; where the sources do not speak of it, the answer says so.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tutor.chat import grounding, model
from tutor.clauses import looked_up, questions
from tutor.config import Settings
from tutor.demo_request import call_for, wants_a_run
from tutor.errors import ToolCallInvalid, ToolFailed, TutorError
from tutor.follow_up import behind, leans, searched
from tutor.labs import records
from tutor.lookup import Found, asked_in, in_the_sources, story_query
from tutor.overview import TOLD, overview
from tutor.overview_request import wanted
from tutor.question import checked_question
from tutor.retrieval.builds import open_index
from tutor.retrieval.index import Index
from tutor.retrieval.ingest import Progress
from tutor.suggestions import suggested
from tutor.text import language, sentences
from tutor.tools import Toolbox
from tutor.turn import Told, Turn, answered, restored, returned, told, without_frames
from tutor.types import (
    Answer,
    Answered,
    Call,
    Checked,
    Event,
    Failed,
    LabFrame,
    Lang,
    Manner,
    Message,
    Retrieved,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
    Usage,
    Writing,
)

MAX_TOKENS = 256  # of one answer
TOOL_CALLS = 2  # tries a turn: a mistaken call goes back to the model once
QUOTED = 3  # sentences, where the tutor quotes
SHORT = 4  # events of an overview, where short answers are wanted
CHAIN = 3  # questions at most that are searched together
FOREIGN: dict[Lang, str] = {"en": 'In the words of the Korean source: "{}"', "ko": '영어 원문 그대로 옮기면: "{}"'}

OVERVIEW: dict[Lang, str] = {
    "en": "Dated events from my articles, in order:",
    "ko": "제가 가진 글에 연도가 적힌 일들을 시간순으로 옮기면 이래요.",
}

DEFAULT_MANNER = Manner()
Newest = Callable[[], Index] | None


class Session:
    """A conversation with its own history, over a shared index, model and toolbox.

    `manner` may be changed between two turns. `newest` gives the index to answer the next turn from, where it may
    change.
    """

    def __init__(
        self,
        index: Index,
        chat: model.ChatModel,
        toolbox: Toolbox,
        *,
        manner: Manner = DEFAULT_MANNER,
        newest: Newest = None,
    ) -> None:
        self.index, self.model, self.toolbox, self.manner, self._newest = index, chat, toolbox, manner, newest
        self.id = uuid.uuid4().hex
        self._turns: list[Told] = []

    def ask(self, text: str, cancel: threading.Event) -> Iterator[Event]:
        """Answer `text`. The last event is Answered, or Failed with a message to show.

        Closing the iterator, or setting `cancel`, stops the work within a token or a lab's step; a turn stopped
        by `cancel` is answered with what was checked by then, one that failed leaves no trace in the history.
        """
        lang = self.language(text)
        try:
            turn = Turn(checked_question(text), lang, wanted=1 if self.manner.length == "short" else QUOTED)
        except TutorError as error:
            yield Failed(error.text(lang))
            return
        yield from self._answered(turn, self._ask(turn, cancel), cancel)

    def run(
        self, call: ToolCall, text: str, lang: Lang, cancel: threading.Event, recorded: Mapping[str, Any] | None = None
    ) -> Iterator[Event]:
        """Run a lab that the learner set up by hand, and explain it; `text` stands for the question. As `ask`.

        Where the run is `recorded`, the answer says whether it came out the same.
        """
        turn = Turn(text, lang, about=[text], messages=[Message("user", text)], recorded=recorded)
        yield from self._answered(turn, self._run_and_explain(turn, call, cancel), cancel)

    def _answered(self, turn: Turn, steps: Iterator[Event], cancel: threading.Event) -> Iterator[Event]:
        self.index = self._newest() if self._newest else self.index
        try:
            yield from steps
            if not cancel.is_set():
                yield from self._quote_or_refuse(turn)
        except TutorError as error:
            yield Failed(error.text(turn.lang))
            return
        turn.tools = [without_frames(done) for done in turn.tools]  # drawn by now, and large
        self._turns.append(told(turn))
        answer = answered(turn, stopped=cancel.is_set())
        asked_next, lab = suggested(self.index, answer.citations, turn.lang, {t.question for t in self._turns})
        yield Answered(replace(answer, next_questions=asked_next, next_lab="" if turn.tools else lab))

    def restore(self, earlier: Iterable[tuple[str, Answer]]) -> None:
        """Go on from questions and their answers of an earlier start."""
        self._turns = [restored(question, answer) for question, answer in earlier]

    def undo(self) -> str | None:
        """Forget the last turn; its question, to be asked again."""
        return self._turns.pop().question if self._turns else None

    def reset(self) -> None:
        """Forget the whole conversation."""
        self._turns.clear()

    # ---- steps of a turn -----------------------------------------------------------------------------
    def _ask(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        yield from self._retrieve(turn)
        yield from self._write(turn, cancel)

    def _retrieve(self, turn: Turn) -> Iterator[Event]:
        turn.about, last = self.rewrite(turn.question, turn.lang)
        if listed := overview(self.index, turn.about, turn.lang, TOLD if turn.wanted > 1 else SHORT):
            found = listed
        elif last is None:
            turn.about[0], found = looked_up(self.index, turn.about[0], turn.question, turn.lang)
        else:
            told = self.index.translated(last.cited, turn.lang)
            found = searched(self.index, turn.about, told, {c.sentence for c in last.checked}, turn.lang)
        self._show(turn, found)
        yield Retrieved(turn.found.hits)

    def _show(self, turn: Turn, found: Found) -> None:
        turn.found = found
        room = sys.maxsize if found.overview else self.model.context_tokens // 3  # no model reads for an overview
        turn.shown = grounding.excerpts(found.hits, found.evidence, room, self.model.count_tokens)

    def rewrite(self, message: str, lang: Lang) -> tuple[list[str], Told | None]:
        """What `message` asks, a follow-up ("who made it?") behind the questions it leans on, and the turn of these."""
        question = asked_in(self.index, message, lang)
        if not self._turns or wanted(self.index, question) == "whole":
            return [question], None
        last = self._turns[-1]
        if [*last.about[-1:]] == [question]:  # asked again, perhaps for an answer in the other language
            return list(last.about), last if len(last.about) > 1 else None
        last = self._turns[behind(self.index, question, [turn.cited for turn in self._turns], lang)]
        first = [*questions(question), question][0]  # the others of a message lean on the first
        if not leans(self.index, first, last.cited, lang):
            return [question], None
        return [*(asked_in(self.index, earlier, last.lang) for earlier in last.about[1 - CHAIN :]), question], last

    def _write(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        """Let the model write or call; what it calls is run, and it may then explain the result."""
        turn.messages = [Message("user", turn.question)]
        if turn.found.overview:
            return  # which sentences, and in which order, is decided
        said = [t.question for t in self._turns] + [turn.question]
        calling = call_for(said)
        choosing = calling != "must" and wants_a_run(turn.question) and not self.model.only_quotes
        if not turn.found.covered and calling == "never" and not choosing:
            return  # whatever it wrote, no source would support it
        turn.offered = self.toolbox.nearest(said) if choosing else self.toolbox.specs(said)
        calling = "may" if choosing else calling
        for tries_left in reversed(range(TOOL_CALLS)):
            try:
                if call := (yield from self._generate(turn, cancel, calling)):
                    yield from self._run_and_explain(turn, call, cancel)
                return
            except ToolCallInvalid as error:
                if not tries_left:
                    raise
                turn.messages += [Message("assistant", error.message), Message("user", error.hint)]

    def _run_and_explain(self, turn: Turn, call: ToolCall, cancel: threading.Event) -> Iterator[Event]:
        yield from self._run(turn, call, cancel)
        turn.offered = turn.offered or (self.toolbox.spec(call.name),)
        if not cancel.is_set():
            with contextlib.suppress(TutorError):  # the demo has run, explained or not; a second call is not followed
                yield from self._generate(turn, cancel, "never")

    def _generate(self, turn: Turn, cancel: threading.Event, calling: Call) -> Generator[Event, None, ToolCall | None]:
        """One run of the model; returns the tool call it made, if any. Text goes out sentence by sentence, checked."""
        draft, call = "", None
        offered = _quotations(turn, grounding.REFUSAL[turn.lang]) if self.model.only_quotes else []
        if offered and not turn.tools:
            turn.mode = "quoted"
        pieces = self.model.stream(
            [
                Message("system", grounding.instructions(turn.lang, self.manner)),
                *self._history(),
                *turn.messages,
            ],
            tools=turn.offered,
            call=calling,
            excerpts=[excerpt for excerpt, _ in turn.shown],
            answers=offered,
            cancel=cancel,
            conversation=self.id,
            max_tokens=MAX_TOKENS,
        )
        for piece in pieces:
            if isinstance(piece, Usage):
                turn.tokens += piece.completion_tokens
                turn.first_token = turn.first_token or piece.first_token_seconds
            elif isinstance(piece, ToolCall):
                call = piece
            elif not cancel.is_set():
                draft += piece
                yield Writing(turn.tokens + len(draft) // 3)
                ready, draft = _finished(draft)
                for sentence in ready:
                    yield from self._release(turn, sentence)
        if draft.strip() and not cancel.is_set():
            for a, b in sentences(draft):
                yield from self._release(turn, draft[a:b])
        return call

    def _run(self, turn: Turn, call: ToolCall, cancel: threading.Event) -> Iterator[Event]:
        steps = self.toolbox.run(call, turn.lang, cancel)
        try:
            frame = next(steps)  # a mistaken call is refused here, before anything is said to have started
            yield ToolStarted(call)
            while True:
                yield LabFrame(frame)
                frame = next(steps)
        except StopIteration as end:
            result: ToolResult = end.value
        except ToolFailed as error:
            result = ToolResult(call, call.arguments, error.text(turn.lang), False)
        yield ToolFinished(result)
        turn.tools.append(result)
        turn.mode = "lab"
        turn.messages += returned(result)
        yield from _append(turn, result.text)
        if turn.recorded and result.result:
            compared = records.compare(turn.recorded, result.result.record)
            yield from _append(turn, f"\n\n{compared.text(turn.lang)}")
        if result.ok and not turn.checked:  # what was said before the call goes on citing what was shown then
            query = story_query(call.name, result.arguments, turn.lang)
            self._show(turn, in_the_sources(self.index, query, turn.lang))
            yield Retrieved(turn.found.hits)

    def _release(self, turn: Turn, sentence: str) -> Iterator[Event]:
        """Pass a sentence on if a source supports it."""
        if grounding.refuses(sentence):
            turn.declined = True
            return
        checked, span = grounding.check(sentence, [p for _, p in turn.shown])
        said = any(c.sentence == checked.sentence for c in turn.checked)
        if span is None or checked.by is None:
            turn.withheld += 1
        elif not said:
            yield from _append_checked(turn, checked, span)

    def _quote_or_refuse(self, turn: Turn) -> Iterator[Event]:
        """Where no sentence of the model's passed: the best sentences of the sources, or that they hold nothing."""
        if turn.checked:
            return
        if not turn.tools and (turn.declined or not turn.found.covered):
            turn.mode = "refused"
            yield from _append(turn, grounding.REFUSAL[turn.lang])
            return
        if not turn.tools:
            turn.mode = "quoted"
        if turn.found.overview:
            yield from _append(turn, OVERVIEW[turn.lang])
        for evidence, n in grounding.leading(turn.found.evidence, turn.shown, _how_many(turn)):
            yield from _append_checked(turn, Checked(evidence.text, True, n), evidence.span)

    # ---- small decisions -----------------------------------------------------------------------------
    def language(self, text: str) -> Lang:
        """The language to answer `text` in."""
        if self.manner.lang != "auto":
            return self.manner.lang
        short = len(re.findall(r"[A-Za-z]{2,}", text)) < 3  # "XOR?" says nothing about the language
        if short and language(text) == "en" and self._turns:
            return self._turns[-1].lang
        return language(text)

    def _history(self) -> list[Message]:
        """The newest earlier turns, in at most a quarter of the context."""
        room = self.model.context_tokens // 4
        kept: list[Message] = []
        for turn in reversed(self._turns):
            said = " ".join(f"{c.sentence} [{c.by}]" for c in turn.checked) or turn.text
            messages = [*turn.messages, Message("assistant", said)]
            room -= sum(self.model.count_tokens(m.content) + 8 for m in messages)
            if room < 0:
                break
            kept = messages + kept
        return kept


@dataclass(slots=True)
class Tutor:
    """What all conversations of a process share. `index` changes when the learner's files do."""

    settings: Settings
    index: Index
    model: model.ChatModel
    toolbox: Toolbox

    def new_session(self, lang: str = "auto") -> Session:
        return Session(self.index, self.model, self.toolbox, manner=Manner.of(lang), newest=lambda: self.index)

    def refresh(self, progress: Progress | None = None) -> None:
        """Take the sources as they are now; turns that are being answered end with what they began with.

        Raises:
            CorpusError, SearchIndexError: as for `open_index`; the index stays what it was.
        """
        self.index = open_index(self.settings, progress=progress)


def open_tutor(settings: Settings, progress: Progress | None = None) -> Tutor:
    """Open (or build) the index and load the model.

    Raises:
        CorpusError, SearchIndexError, ModelError: what is wrong, and what to type.
    """
    return Tutor(settings, open_index(settings, progress=progress), model.load(settings), Toolbox())


def _quotations(turn: Turn, refusal: str) -> list[str]:
    """What a model that only quotes may say: the best sentences, and in which order the second and third.

    Where no source covers the question: the refusal.
    """
    if not turn.found.covered and not turn.tools:
        return [refusal]
    marked = [f"{e.text} [{n}]" for e, n in grounding.leading(turn.found.evidence, turn.shown, _how_many(turn))]
    if len(marked) != QUOTED or turn.found.questions > 1:
        return [" ".join(marked)]
    best, second, third = marked
    return [f"{best} {second} {third}", f"{best} {third} {second}"]


def _how_many(turn: Turn) -> int:
    """Sentences to quote: one after a demo, all of an overview, else those wanted, one more for a further question."""
    if turn.found.overview:
        return len(turn.found.evidence)
    return 1 if turn.tools else turn.wanted + turn.found.questions - 1


def _finished(draft: str) -> tuple[list[str], str]:
    """The sentences of `draft` that are surely complete, for another one has begun; and what is left."""
    spans = sentences(draft)
    if len(spans) < 2 or draft[spans[-1][0]] == "[":  # a mark belongs to the sentence before it
        return [], draft
    return [draft[a:b] for a, b in spans[:-1]], draft[spans[-1][0] :]


def _append_checked(turn: Turn, checked: Checked, span: tuple[int, int]) -> Iterator[Event]:
    assert checked.by is not None
    turn.checked.append(checked)
    turn.spans.setdefault(checked.by, []).append(span)
    lead = "\n\n" if len(turn.checked) == 1 and turn.text else " " if turn.text else ""
    if turn.found.overview:
        lead = "\n- " if len(turn.checked) > 1 else "\n\n- "
    passage = turn.shown[checked.by - 1][1]
    told = checked.sentence if passage.lang == turn.lang else FOREIGN[turn.lang].format(checked.sentence)
    yield from _append(turn, f"{lead}{told} [{checked.by}]")


def _append(turn: Turn, text: str) -> Iterator[Event]:
    turn.text += text
    yield TextDelta(text)
