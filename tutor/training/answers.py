"""Questions with the sentence that answers them among its paragraph's: SQuAD's, the corpus's, and Korean ones by rule.

A record is a question, the sentences of a paragraph and which of them answers. Evaluation questions and the sets kept
for evaluation never come in here (tests/training/test_decontamination.py).
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tutor.config import Settings
from tutor.corpus import articles
from tutor.text import normalise, sentences
from tutor.training import cloze
from tutor.types import Document, Lang

LONGEST = 300  # characters of a sentence; what is behind them is cut
WINDOW = 420  # characters of a window, about 100 tokens of English; Hangul counts double


@dataclass(frozen=True, slots=True)
class Record:
    """`sentences[answer]` answers `question`; `title` is of the article, "" where there is none."""

    question: str
    title: str
    sentences: tuple[str, ...]
    answer: int

    @property
    def passage(self) -> str:
        return "\n".join(filter(None, [self.title, " ".join(self.sentences)]))


def split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


def length(text: str) -> int:
    """Characters, Hangul counted double: about four of them a token."""
    return len(text) + sum("가" <= c <= "힣" for c in text)


def window(found: Sequence[str], answer: int, rng: random.Random, room: int = WINDOW) -> tuple[tuple[str, ...], int]:
    """A run of neighbouring sentences around `answer` that fills `room`, and where the answer stands in it."""
    first = last = answer
    while True:
        grown = [side for side in (first - 1, last + 1) if 0 <= side < len(found)]
        rng.shuffle(grown)
        fitting = [s for s in grown if length(" ".join(found[min(s, first) : max(s, last) + 1])) <= room]
        if not fitting:
            return tuple(s[:LONGEST] for s in found[first : last + 1]), answer - first
        first, last = min(first, fitting[0]), max(last, fitting[0])


def squad(data: Path, rng: random.Random, count: int) -> list[Record]:
    """English: SQuAD 1.1's training questions whose answer lies in one sentence of several."""
    with gzip.open(data / "squad_train.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines]
    rng.shuffle(rows)
    return _first(count, (record for row in rows if (record := _squad_record(row, rng))))


def _squad_record(row: dict, rng: random.Random) -> Record | None:
    start = row["answers"][0]["answer_start"]
    spans = sentences(row["context"])
    holding = [i for i, (a, b) in enumerate(spans) if a <= start < b]
    if len(spans) < 2 or not holding:
        return None
    found, answer = window([row["context"][a:b] for a, b in spans], holding[0], rng)
    return Record(row["question"].strip(), row["title"].replace("_", " "), found, answer) if len(found) > 1 else None


def korean(data: Path, rng: random.Random, count: int) -> list[Record]:
    """Korean: declarative sentences turned into questions by rule (cloze.py)."""
    records = []
    for made in cloze.questions(data, rng.randrange(1 << 30), count):
        found, answer = window(made.sentences, made.answer, rng)
        if len(found) > 1:
            records.append(Record(made.question, "", found, answer))
    return records


def corpus(settings: Settings, rng: random.Random, wordings: int) -> list[Record]:
    """The corpus's training questions in up to `wordings` wordings, and a Korean question over the English article."""
    documents = articles.read(settings)
    where = {s: (d, group, i) for d in documents for group in _paragraphs(d) for i, s in enumerate(group)}
    twin = twins(documents)
    found = []
    for path in sorted((settings.corpus / "qa" / "train").glob("*.jsonl")):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            if row.get("after"):
                continue
            for question in rng.sample(row["questions"], min(wordings, len(row["questions"]))):
                told = [s for s in row["answer"] if s in where]
                other = [twin[s] for s in told if twin.get(s) in where]
                for sentence in [*told[:1], *other[:1]]:
                    document, group, place = where[sentence]
                    run, answer = window(group, place, rng)
                    found.append(Record(question, document.title, run, answer))
    return found


def _paragraphs(document: Document) -> list[list[str]]:
    """The sentences of each section of an article, headings aside."""
    body = normalise(document.body)
    sections = [" ".join(line for line in part.split("\n") if not line.startswith("#")) for part in body.split("\n#")]
    return [split(" ".join(section.split())) for section in sections]


def twins(documents: Sequence[Document]) -> dict[str, str]:
    """Each fact's sentence -> the sentence that tells the same fact in the other language."""
    told: dict[tuple[str, str], dict[Lang, str]] = {}
    for document in documents:
        for fact in document.facts:
            told.setdefault((document.slug, fact.id), {})[document.lang] = fact.text
    both = [pair for pair in told.values() if len(pair) == 2]
    return dict(chain.from_iterable([(p["en"], p["ko"]), (p["ko"], p["en"])] for p in both))


def statements(data: Path) -> list[tuple[str, str]]:
    """KoBEST BoolQ's training statements with the paragraph that each is about."""
    with gzip.open(data / "kobest_boolq_ko.jsonl.gz") as lines:
        return [(row["question"], row["context"]) for row in map(json.loads, lines)]


def _first(count: int, records: Iterator[Record]) -> list[Record]:
    return [record for record, _ in zip(records, range(count), strict=False)]
