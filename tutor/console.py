"""How things look in a terminal: the person's language, progress, the events of a turn, records as JSON."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from tutor.errors import TutorError

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.types import Answer, Citation, Event, Lang, ToolCall


def spoken(lang: str | None = None) -> Lang:
    """The language to talk to the person in: `lang` where it names one, else what the environment asks for."""
    choice = lang if lang in ("ko", "en") else os.environ.get("TUTOR_LANG", "")
    if choice not in ("ko", "en"):
        choice = next((v for v in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if v), "")
    return "ko" if choice.split("_")[0].split(".")[0] == "ko" else "en"


def tr(en: str, ko: str, lang: str | None = None) -> str:
    """The one of two texts that fits the person's language."""
    return ko if spoken(lang) == "ko" else en


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, so that what runs can end tidily; a second Ctrl-C ends the program."""
    cancel = threading.Event()

    def stop(*_: object) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


def status(text: str) -> None:
    """Replace the status line at the bottom of a terminal; elsewhere nothing is shown."""
    if sys.stderr.isatty():
        typer.echo(f"\r\x1b[K{text}", nl=False, err=True)


# The stages of building the index, as the index names them.
STAGES = {
    "read": ("Reading the sources", "글을 읽는 중"),
    "words": ("Indexing the words", "낱말을 색인하는 중"),
    "embed": ("Embedding the passages", "문단을 임베딩하는 중"),
}


def progress(stage: str, done: int, total: int) -> None:
    """How far a stage is: a bar in a terminal, elsewhere one line as it begins."""
    if stage not in STAGES:  # "done"
        status("")
        return
    name = tr(*STAGES[stage])
    full = round(24 * done / max(total, 1))
    status(f"{name} [{'#' * full}{'.' * (24 - full)}] {done}/{total}")
    if done == 0 and not sys.stderr.isatty():
        typer.echo(f"{name} …", err=True)


def turn(session: Session, text: str, lang: str, *, quiet: bool = False) -> Answer:
    """One question, its events shown as they come (unless `quiet`).

    Raises:
        TutorError: the turn ended without an answer.
    """
    from tutor.text import language
    from tutor.types import Answered, Failed

    speak: Lang = spoken(lang) if lang in ("ko", "en") else language(text)
    with interruptible() as cancel:
        for event in session.ask(text, cancel):
            if isinstance(event, Failed):
                status("")
                raise TutorError(event.message)
            if not quiet:
                _show(event, speak)
            if isinstance(event, Answered):
                return event.answer
    raise KeyboardInterrupt  # stopped before there was anything to answer


def _show(event: Event, lang: Lang) -> None:
    from tutor.types import Answered, LabFrame, TextDelta, ToolFinished, ToolStarted, Writing

    match event:
        case Writing(tokens):
            status(tr(f"writing … {tokens}", f"쓰는 중 … {tokens}", lang))
        case TextDelta(text):
            status("")
            typer.echo(text, nl=False)
        case ToolStarted(call):
            typer.echo(f"▶ {_call(call)}", err=True)
        case LabFrame(frame):
            status(f"{frame.series} {tr('epoch', '에폭', lang)} {frame.epoch}")
        case ToolFinished(result) if result.result:
            from tutor.labs import plots

            status("")
            typer.echo(plots.terminal(result.result, lang))
        case Answered(answer):
            status("")
            typer.echo("")
            _sources(answer.citations, lang)


def _call(call: ToolCall) -> str:
    return f"{call.name}({', '.join(f'{k}={v}' for k, v in call.arguments.items())})"


def _sources(citations: tuple[Citation, ...], lang: Lang) -> None:
    if citations:
        typer.echo(tr("\nSources", "\n출처", lang))
    for citation in citations:
        first, last = citation.passage.lines
        typer.echo(f"[{citation.n}] {citation.passage.title} — {citation.passage.doc}:{first}-{last}")


def record(answer: Answer) -> dict[str, Any]:
    """The answer as plain JSON data."""
    return {
        "answer": answer.text,
        "lang": answer.lang,
        "mode": answer.mode,
        "citations": [
            {"n": c.n, "doc": p.doc, "title": p.title, "lang": p.lang, "lines": list(p.lines), "text": p.text}
            for c in answer.citations
            for p in [c.passage]
        ],
        "tool_calls": [
            {"name": t.call.name, "arguments": dict(t.arguments), "result": t.text, "ok": t.ok} for t in answer.tools
        ],
        "withheld": answer.withheld,
        "stopped": answer.stopped,
        "tokens": answer.tokens,
        "seconds": round(answer.seconds, 3),
        "first_token_seconds": round(answer.first_token_seconds, 3),
    }
