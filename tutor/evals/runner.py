"""`tutor eval`: ask every question of a file, grade the answers, sum up."""

from __future__ import annotations

import json
import math
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import typer

from tutor import service
from tutor.config import Settings
from tutor.errors import SettingError
from tutor.evals import grading, metrics, provenance, questions_file
from tutor.evals.questions_file import Question
from tutor.evals.tables import write
from tutor.session import Session, open_tutor
from tutor.types import Answer, Answered, Failed, Hit, Retrieved
from tutor.ui import render

Record = dict[str, Any]


def run(questions: Path, out: Path, settings: Settings) -> None:
    """Answer and grade every question of the file `questions`, one JSON object a line into `out`; print the summary.

    Each line is written as soon as it is known, whole, so an interrupted run keeps what it had. What the run came from,
    and its summary, go beside `out` (answers.jsonl: answers.summary.json).

    Raises:
        SettingError: a line of the file is wrong, or `out` cannot be written; before any model is loaded.
        CorpusError, SearchIndexError, ModelError: the tutor cannot be opened.
    """
    asked = questions_file.read(questions)
    with _opened(out, questions) as file:
        typer.echo(f"{len(asked)} questions; opening the tutor …")
        tutor = open_tutor(settings)
        records = []
        for number, question in enumerate(asked, 1):
            record = answer(tutor.new_session, question, settings.lang)
            _write(file, record, out)
            records.append(record)
            typer.echo(_progress(number, len(asked), record))
    told = summary(asked, records)
    typer.echo(told)
    of = provenance.of(settings, questions)
    write(out.with_suffix(".summary.json"), {"of": of, "summary": told.strip().splitlines()})


def answer(new_session: Callable[[str], Session], question: Question, lang: str = "auto") -> Record:
    """The graded answer record of one question, asked in a conversation of its own."""
    record = _empty(question)
    try:
        session = new_session(lang)
        for turn in question.turns[:-1]:
            _ended(session, turn)
        began = time.monotonic()
        hits, ended = _ended(session, question.turns[-1])
        record["seconds"] = round(time.monotonic() - began, 3)
    except Exception as error:  # a bug of ours: on the record, and the other questions are still asked
        record["error"] = f"{type(error).__name__}: {error}"
    else:
        record["retrieved"] = [service.cited(rank, hit.passage) for rank, hit in enumerate(hits, 1)]
        record |= _failed(ended) if isinstance(ended, Failed) else _answered(ended)
    record["grade"] = grading.grade(question, record)
    return record


def _ended(session: Session, text: str) -> tuple[list[Hit], Answer | Failed]:
    """Ask, and wait for the end: the passages that were retrieved, in rank order, and what came of it."""
    hits: dict[str, Hit] = {}
    for event in session.ask(text, threading.Event()):
        if isinstance(event, Retrieved):
            hits |= {hit.passage.id: hit for hit in event.hits if hit.passage.id not in hits}
        elif isinstance(event, Answered):
            return list(hits.values()), event.answer
        elif isinstance(event, Failed):
            return list(hits.values()), event
    raise RuntimeError("the turn ended without an answer")


# ---- the record ----------------------------------------------------------------------------------
def _empty(question: Question) -> Record:
    return {
        "id": question.id,
        "kind": question.kind,
        "lang": question.lang,
        "answer": "",
        "html": "",
        "citations": [],
        "retrieved": [],
        "tool_calls": [],
        "verified": [],
        "refused": False,
        "mode": None,
        "seconds": 0.0,
        "first_token_seconds": 0.0,
        "tokens": 0,
        "error": None,
    }


def _failed(event: Failed) -> Record:
    return {"answer": event.message, "html": render.escape(event.message), "error": event.message}


def _answered(answer: Answer) -> Record:
    return {
        "answer": answer.text,
        "html": render.answer_html(answer, answer.lang),
        "citations": [service.cited(citation.n, citation.passage) for citation in answer.citations],
        "tool_calls": [service.called(result) for result in answer.tools],
        "verified": [{"sentence": c.sentence, "supported": c.supported, "by": c.by} for c in answer.checked],
        "refused": answer.mode == "refused" or grading.refuses(answer.text),
        "mode": answer.mode,
        "first_token_seconds": round(answer.first_token_seconds, 3),
        "tokens": answer.tokens,
    }


# ---- the file ------------------------------------------------------------------------------------
def _opened(out: Path, questions: Path) -> IO[str]:
    if out.resolve() == questions.resolve():
        raise SettingError(
            f"--out {str(out)!r} is the question file itself.",
            "Name another file, for example: --out answers.jsonl",
            ko=(f"--out {str(out)!r}은(는) 질문 파일이에요.", "다른 파일을 적어 주세요. 예: --out answers.jsonl"),
        )
    try:
        return out.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise _unwritable(out, error) from None


def _write(file: IO[str], record: Record, out: Path) -> None:
    try:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
        file.flush()
    except OSError as error:
        raise _unwritable(out, error) from None


def _unwritable(out: Path, error: OSError) -> SettingError:
    return SettingError(
        f"The answers cannot be written to {str(out)!r}: {error.strerror}.",
        "Free some space or name another file with --out.",
        ko=(
            f"{str(out)!r}에 답을 쓸 수 없어요: {error.strerror}.",
            "공간을 비우거나 --out으로 다른 파일을 적어 주세요.",
        ),
    )


# ---- what is printed -----------------------------------------------------------------------------
def _progress(number: int, total: int, record: Record) -> str:
    grade = record["grade"]
    failed = [part for part, good in grade.items() if not good and part != "pass"]
    verdict = "pass" if grade["pass"] else f"fail ({', '.join(failed) or record['error'] or 'page'})"
    return f"{number}/{total} {record['id']} {record['mode']} {record['seconds']:.1f} s: {verdict}"


def summary(questions: Sequence[Question], records: Sequence[Record]) -> str:
    """The scores as text: rates with their 95 % interval, counts, seconds, modes."""
    pairs = list(zip(questions, records, strict=True))
    lines = ["", _rate("all", records)]
    for name, key in (("kind", "kind"), ("language", "lang")):
        lines += [f"by {name}", *_grouped(records, key)]
    lines.append("by rule")
    lines += [_rate(part, records, part) for part in ("content", "tool", "citation", "language")]
    spurious = sum(bool(r["tool_calls"]) and q.tool is None for q, r in pairs)
    refused = sum(r["refused"] and not q.expect_refusal for q, r in pairs)
    seconds = sorted(record["seconds"] for record in records)
    modes = Counter(str(record["mode"]) for record in records)
    lines += [
        f"spurious demos {spurious}, false refusals {refused}, errors {sum(r['error'] is not None for r in records)}",
        f"seconds: median {statistics.median(seconds):.2f}, p95 {seconds[math.ceil(0.95 * len(seconds)) - 1]:.2f}",
        "modes: " + ", ".join(f"{mode} {count}" for mode, count in modes.most_common()),
    ]
    return "\n".join(lines)


def _grouped(records: Sequence[Record], key: str) -> Iterator[str]:
    for name in sorted({record[key] for record in records}):
        yield _rate(name, [record for record in records if record[key] == name])


def _rate(name: str, records: Sequence[Record], part: str = "pass") -> str:
    passed = sum(record["grade"][part] for record in records)
    low, high = metrics.wilson(passed, len(records))
    return f"  {name:16} {passed:4}/{len(records):<4} {passed / len(records):6.1%}  [{low:.1%}, {high:.1%}]"
