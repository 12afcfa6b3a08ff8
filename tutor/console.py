"""The terminal: the person's language, what is typed, progress, the events of a turn."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from tutor.errors import QuestionError, TutorError

if TYPE_CHECKING:
    from tutor.retrieval.index import Index
    from tutor.session import Session
    from tutor.types import Answer, Event, Lang, Passage

STDIN_LIMIT = 8 << 20  # bytes; far above any question that a session accepts


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
                answer = event.answer
    if not quiet:
        _after(answer, session.index, speak)
    return answer


def _show(event: Event, lang: Lang) -> None:
    from tutor.types import LabFrame, TextDelta, ToolFinished, ToolStarted, Writing

    match event:
        case Writing(tokens):
            status(tr(f"writing … {tokens}", f"쓰는 중 … {tokens}", lang))
        case TextDelta(text):
            status("")
            typer.echo(text, nl=False)
        case ToolStarted(call):
            arguments = ", ".join(f"{name}={value}" for name, value in call.arguments.items())
            typer.echo(f"▶ {call.name}({arguments})", err=True)
        case LabFrame(frame):
            status(f"{frame.series} {tr('epoch', '에폭', lang)} {frame.epoch}")
        case ToolFinished(result) if result.result:
            from tutor.labs.terminal import terminal

            status("")
            picture = terminal(result.result, lang).removesuffix(result.result.text[lang])  # the text comes as text
            typer.echo(f"{picture.rstrip()}\n")


def _after(answer: Answer, index: Index, lang: Lang) -> None:
    """What stands under an answer: how it came about, and its sources."""
    status("")
    typer.echo("")
    if answer.mode == "quoted":
        en = "(Sentences of the sources themselves, in place of the model's own words.)"
        typer.echo(tr(en, "(모델의 글 대신 출처의 문장을 그대로 옮겼어요.)", lang))
    if answer.stopped:
        typer.echo(tr("(Stopped here.)", "(여기서 멈췄어요.)", lang))
    if answer.citations:
        typer.echo(tr("\nSources", "\n출처", lang))
    for citation in answer.citations:
        passage = citation.passage
        typer.echo(f"[{citation.n}] {passage.title} — {_address(index.document(passage.doc).path, passage, lang)}")


def _address(path: str, passage: Passage, lang: Lang) -> str:
    """Where in the file a passage stands: its page or cell, else its lines, where the file is made of lines."""
    if passage.place:
        return f"{path}, {passage.where(lang)}"
    if path.lower().endswith((".md", ".markdown", ".txt")):
        return f"{path}:{passage.lines[0]}-{passage.lines[1]}"
    return path


def read_question(given: str | None) -> str:
    """The question on the command line, or the whole of standard input where there is none or "-"."""
    if given is None and sys.stdin.isatty():
        raise typer.BadParameter(tr('Type a question: tutor ask "…"', '질문을 적어 주세요: tutor ask "…"'))
    if given in (None, "-"):
        data = sys.stdin.buffer.read(STDIN_LIMIT + 1)
        if len(data) > STDIN_LIMIT:
            raise QuestionError(
                f"Standard input holds more than {STDIN_LIMIT} bytes.",
                "Ask something shorter.",
                ko=(f"표준 입력이 {STDIN_LIMIT}바이트보다 길어요.", "더 짧게 물어봐 주세요."),
            )
    else:
        data = os.fsencode(given)  # gives back the bytes as typed, valid or not
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise QuestionError(
            f"The question is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}.",
            "Convert it first, for example: iconv -f cp949 -t utf-8",
            ko=(
                f"질문이 UTF-8이 아니에요. {error.start}번째 바이트가 0x{data[error.start]:02x}예요.",
                "먼저 변환해 주세요. 예: iconv -f cp949 -t utf-8",
            ),
        ) from None


def next_line() -> str | None:
    """The learner's next line; None at the end of input."""
    if not sys.stdin.isatty():
        return sys.stdin.buffer.readline(STDIN_LIMIT).decode(errors="replace") or None
    with suppress(ImportError):  # Windows has none
        import readline  # noqa: F401 - gives input() line editing and history
    try:
        return input("> ")
    except EOFError:
        return None
    except KeyboardInterrupt:  # meant for an answer that had just ended
        typer.echo(tr("\nCtrl-D leaves.", "\nCtrl-D로 끝내요."), err=True)
        return ""
