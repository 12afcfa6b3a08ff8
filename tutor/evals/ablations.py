"""`tutor eval FILE --ablations`: the same questions with one part of the tutor taken away, to see what it earns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from tutor.chat.model import ChatModel
from tutor.config import Settings
from tutor.demo_request import call_for
from tutor.evals import provenance, questions_file, runner
from tutor.evals.metrics import share
from tutor.evals.questions_file import Question
from tutor.evals.tables import Row, Table, write
from tutor.lookup import Found
from tutor.retrieval.confidence import COVERED
from tutor.session import Session, Tutor, open_tutor
from tutor.turn import Turn
from tutor.types import Checked, Event, Manner, Retrieved, TextDelta


class NoRetrieval(Session):
    """Nothing is looked up: what the model says has no passage to rest on."""

    def _retrieve(self, turn: Turn) -> Iterator[Event]:
        turn.about = [turn.question]
        self._show(turn, Found(covered=False))
        yield Retrieved(())


class QuotingOnly(Session):
    """The model only calls demos; every answer is the best sentences of the sources."""

    def _write(self, turn: Turn, cancel: Any) -> Iterator[Event]:
        if call_for([*(t.question for t in self._turns), turn.question]) != "never":
            yield from super()._write(turn, cancel)


class GenerationOnly(Session):
    """The model's own words or nothing: checked, but never replaced by a quotation."""

    def _quote_or_refuse(self, turn: Turn) -> Iterator[Event]:
        turn.declined = turn.declined or not turn.checked
        yield from super()._quote_or_refuse(turn)


class NoGrounding(Session):
    """The model's own words, whatever they are."""

    def _release(self, turn: Turn, sentence: str) -> Iterator[Event]:
        turn.checked.append(Checked(sentence, False))
        text = f" {sentence}" if turn.text else sentence
        turn.text += text
        yield TextDelta(text)


class OraclePassages(Session):
    """Retrieval looks only into the articles that hold the answer, where the question names them."""

    articles: tuple[str, ...] = ()

    def _retrieve(self, turn: Turn) -> Iterator[Event]:
        documents = [f"{turn.lang}/{slug}" for slug in self.articles]
        hits = tuple(self.index.within(documents, turn.question)) if documents else ()
        if not hits or self.index.confidence(turn.question, hits) < COVERED / 2:
            yield from super()._retrieve(turn)
            return
        turn.about = [turn.question]
        self._show(turn, Found(hits, tuple(self.index.evidence(turn.question, hits))))
        yield Retrieved(hits)


class _Free:
    """A model that is trusted with words of its own, whatever it is by itself."""

    only_quotes = False

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


# What is taken away, the sessions that do so, and whether the model is free to write. An overview asks no model.
KINDS: dict[str, tuple[type[Session], bool]] = {
    "whole": (Session, False),
    "no retrieval": (NoRetrieval, False),
    "quoting only": (QuotingOnly, False),
    "generation only": (GenerationOnly, True),
    "no grounding": (NoGrounding, True),
    "oracle passages": (OraclePassages, False),
}


def run(questions: Path, out: Path, settings: Settings) -> None:
    """Ask every question once per kind; print one table, and write it with all answers to the JSON file `out`.

    Raises:
        SettingError: a line of the file is wrong, or `out` cannot be written.
        CorpusError, SearchIndexError, ModelError: the tutor cannot be opened.
    """
    asked = questions_file.read(questions)
    report: dict[str, Any] = {"of": provenance.of(settings, questions), "answers": {}}
    write(out, report)
    tutor, rows = open_tutor(settings), []
    for name, (session, free) in KINDS.items():
        records = []
        for number, question in enumerate(asked, 1):
            records.append(runner.answer(_opener(tutor, session, question, free=free), question, settings.lang))
            typer.echo(f"{name} {number}/{len(asked)} {'pass' if records[-1]['grade']['pass'] else 'fail'}")
        rows.append(_row(name, records))
        report["answers"][name] = records
        report["table"] = Table("Ablations", rows).data()
        write(out, report)
    typer.echo(Table("Ablations", rows))
    typer.echo(f"\n{json.dumps(report['of'], ensure_ascii=False)}")


def _opener(tutor: Tutor, kind: type[Session], question: Question, *, free: bool) -> Callable[[str], Session]:
    def opened(lang: str) -> Session:
        model = _Free(tutor.model) if free else tutor.model
        session = kind(tutor.index, model, tutor.toolbox, manner=Manner.of(lang))
        if isinstance(session, OraclePassages):
            session.articles = tuple(question.article)
        return session

    return opened


def _row(name: str, records: list[runner.Record]) -> Row:
    def rate(kept: Callable[[runner.Record], bool]) -> Any:
        return share([record["grade"]["pass"] for record in records if kept(record)])

    sentences = [c["supported"] for record in records for c in record["verified"]]
    return {
        "": name,
        "all": rate(lambda _: True),
        "en": rate(lambda r: bool(r["lang"] == "en")),
        "ko": rate(lambda r: bool(r["lang"] == "ko")),
        "demos": rate(lambda r: bool(r["kind"] == "demo")),
        "unsupported sentences shown": sum(not supported for supported in sentences),
    }
