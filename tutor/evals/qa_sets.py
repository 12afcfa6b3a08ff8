"""The questions that retrieval is measured with, and what answers each.

dev       corpus/qa/dev: those that the articles answer, and those that are to be declined
outside   corpus/qa/outside: questions that the sources do not answer; everyday ones ("far"), and ones about
          computing and AI that the articles leave out ("near")
reading   SQuAD and KorQuAD: questions, each with the paragraph that answers it and where in it the answer begins
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tutor.errors import SettingError
from tutor.evals import questions_file
from tutor.lookup import OWN_PAGE
from tutor.text import sentences
from tutor.types import LANGS, Lang, Passage

READING: dict[str, Lang] = {"squad_v1_dev_extra": "en", "squad_v2_dev": "en", "evalonly_korquad1_dev": "ko"}
SEED = 0

T = TypeVar("T")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, the slugs of the articles that answer it, and the sentences that do."""

    question: str
    lang: Lang
    kind: str
    slugs: tuple[str, ...]
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """A question that the sources do not answer. `kind`: far, near, or declining (from the dev questions)."""

    question: str
    lang: Lang
    kind: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A question, the number of the paragraph that answers it, and the place in it where the answer begins."""

    question: str
    paragraph: int
    start: int


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """A set's distinct paragraphs, those that answer nothing too, and the questions that they answer."""

    name: str
    lang: Lang
    paragraphs: tuple[str, ...]
    questions: tuple[Reading, ...]


# ---- of the corpus -------------------------------------------------------------------------------
def labelled(folder: Path, passages: Sequence[Passage]) -> list[Labelled]:
    """The single-turn questions in one language of the evaluation files in `folder` that the articles answer.

    A question counts by the articles that its record names, or where it names none by those that hold its reference.

    Raises:
        SettingError: a line of a file is wrong.
    """
    known = [(p.slug, squash(p.text[a:b])) for p in passages for a, b in sentences(p.text)]
    found = []
    for question in _dev(folder):
        if question.lang == "mixed" or not question.reference:
            continue
        reference = squash(question.reference)
        holding = [(slug, sentence) for slug, sentence in known if sentence in reference]
        slugs = tuple(question.article) or tuple(dict.fromkeys(slug for slug, _ in holding))
        if slugs and slugs[0] != OWN_PAGE:
            answer = tuple(sentence for _, sentence in holding)
            found.append(Labelled(question.turns[0], question.lang, question.kind, slugs, answer))
    return found


def outside(qa: Path) -> list[Outside]:
    """The questions of `qa`/outside/<lang>.jsonl, and those of `qa`/dev that are to be declined.

    Raises:
        SettingError: a file is missing, or a line is wrong.
    """
    found = [
        Outside(record["question"], lang, record["kind"])
        for lang in LANGS
        for record in _records(qa / "outside" / f"{lang}.jsonl", ("question", "kind"))
    ]
    declined = [q for q in _dev(qa / "dev") if q.expect_refusal and q.kind == "refuse"]
    return found + [Outside(q.turns[0], q.lang, "declining") for q in declined if q.lang != "mixed"]


def _dev(folder: Path) -> list[questions_file.Question]:
    files = sorted(folder.glob("*.jsonl"))
    return [question for path in files for question in questions_file.read(path) if len(question.turns) == 1]


def squash(text: str) -> str:
    return " ".join(text.split())


# ---- from outside --------------------------------------------------------------------------------
def reading(folder: Path, name: str) -> ReadingSet:
    """The set `name` of READING from `folder`/<name>.jsonl.gz, its unanswerable questions left out.

    Raises:
        SettingError: the file is missing, or a line is wrong.
    """
    records = _records(folder / f"{name}.jsonl.gz", ("context", "question", "answers"))
    numbers = {text: number for number, text in enumerate(dict.fromkeys(record["context"] for record in records))}
    questions = [
        Reading(record["question"], numbers[record["context"]], record["answers"][0]["answer_start"])
        for record in records
        if record["answers"] and not record.get("is_impossible")
    ]
    return ReadingSet(name, READING[name], tuple(numbers), tuple(questions))


def sample(items: Sequence[T], n: int | None) -> list[T]:
    """`n` of the `items`, always the same ones, in their order; all of them where n is None or they are fewer."""
    if n is None or len(items) <= n:
        return list(items)
    return [items[i] for i in sorted(random.Random(SEED).sample(range(len(items)), n))]


def cut(paragraph: str) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences of `paragraph`: it is cut at white space behind . ! or ?"""
    gaps = [match.span() for match in _SENTENCE_END.finditer(paragraph)]
    starts, ends = [0, *(b for _, b in gaps)], [*(a for a, _ in gaps), len(paragraph)]
    return [span for span in zip(starts, ends, strict=True) if span[0] < span[1]]


def half(question: str) -> str:
    """ "A" or "B", by a hash of the question: about half of any set each, whatever else is in it."""
    return "AB"[hashlib.sha256(question.encode()).digest()[0] % 2]


def _records(path: Path, fields: Sequence[str]) -> list[dict[str, Any]]:
    """The JSON objects of `path`, one a line, each of which has `fields`."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except OSError as error:  # gzip.BadGzipFile is one too
        raise _unreadable(path, error.strerror or str(error)) from None
    found = []
    for number, line in enumerate(raw.split(b"\n"), 1):
        if line.strip():
            try:
                record = json.loads(line.decode("utf-8"))
            except ValueError as error:
                raise _unreadable(path, f"line {number} is not JSON in UTF-8: {error}") from None
            if not isinstance(record, dict) or not all(field in record for field in fields):
                raise _unreadable(path, f"line {number} lacks one of {', '.join(fields)}")
            found.append(record)
    return found


def _unreadable(path: Path, why: str) -> SettingError:
    return SettingError(
        f"The set of questions {str(path)!r} cannot be read: {why}.",
        "Check the file; --data names the folder of the outside sets, and can be left out.",
        ko=(
            f"질문 묶음 {str(path)!r}을(를) 읽을 수 없어요: {why}.",
            "파일을 확인해 주세요. 바깥 질문 묶음이 있는 폴더는 --data로 적고, 없으면 빼도 돼요.",
        ),
    )
