"""Korean questions made by rule from the sentence that answers them: one phrase becomes a question word.

python -m tutor.training.cloze --data DATA --count 30 --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from tutor.text import normalise
from tutor.training import asking, blanks
from tutor.training.texts import records, split

# Files, and how many questions one sentence of each gives at most.
SOURCES = {"kobest_boolq_ko": 6, "domain_ko": 3, "general_ko_docs": 1, "kobest_other_ko": 2}


@dataclass(frozen=True, slots=True)
class Record:
    """A question and the sentences of a paragraph; `sentences[answer]` answers it."""

    question: str
    sentences: list[str]
    answer: int


def paragraphs(data: Path, source: str) -> Iterator[list[str]]:
    """Lists of 2 to 9 sentences, 60 to 700 characters; short neighbouring paragraphs of a page become one."""
    seen: set[str] = set()
    for text in _texts(data / f"{source}.jsonl.gz"):
        sentences = split(text)
        if text not in seen and 2 <= len(sentences) <= 9 and 60 <= len(text) <= 700:
            seen.add(text)
            yield sentences


def _texts(path: Path) -> Iterator[str]:
    """Running text of each record, or of each few of one heading."""
    for _, group in groupby(records(path), key=lambda r: r.get("context") or (r.get("path"), r.get("heading"))):
        text = ""
        for record in group:
            if record.get("type") == "li" and not record["text"].endswith("."):
                continue
            piece = " ".join(normalise(record.get("context") or record.get("text", "")).split())
            if "path" not in record or (len(text) + len(piece) > 450 and text):
                yield text or piece
                text = "" if "path" not in record else piece
            else:
                text = f"{text} {piece}".strip()
        if text:
            yield text


def questions(data: Path, seed: int, count: int) -> Iterator[Record]:
    """At most `count` records from the public Korean text in `data`, in an order that `seed` alone decides."""
    rng = random.Random(seed)
    pool = [(limit, p) for source, limit in SOURCES.items() for p in paragraphs(data, source)]
    rng.shuffle(pool)
    made = (record for limit, p in pool for record in of_paragraph(p, limit, rng))
    for record, _ in zip(made, range(count), strict=False):
        yield record


def of_paragraph(sentences: list[str], limit: int, rng: random.Random) -> list[Record]:
    """Records of one paragraph, at most `limit` for each of its sentences."""
    opening = asking.clause(sentences[0]) if limit == SOURCES["kobest_boolq_ko"] else None
    topic = next((p for p in opening.phrases if p.role == "topic"), None) if opening else None
    if topic and (len(topic.words) > 3 or blanks.points(topic.words)):
        topic = None
    found = []
    for i, sentence in enumerate(sentences):
        asked = list(dict.fromkeys(asking.candidates(sentence, rng, topic if i else None)))
        for question in rng.sample(asked, min(limit, len(asked))):
            if 8 <= len(question) <= 100:
                found.append(Record(question, sentences, i))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a .jsonl file; without it, questions and answers are printed")
    args = parser.parse_args()
    made = questions(args.data, args.seed, args.count)
    if args.out:
        with args.out.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(r), ensure_ascii=False) + "\n" for r in made)
        return
    for record in made:
        print(f"{record.question}\n    {record.sentences[record.answer]}")


if __name__ == "__main__":
    main()
