"""No evaluation question is a training question, or nearly one.

Two questions are nearly one if more than LIMIT of their character trigrams, counted together, are common to both
(Jaccard). Trigrams see through particles and endings (퍼셉트론은, 퍼셉트론이), case, end marks, word order and slips
of the keyboard. At 0.5 a sentence of eight words with one or two words exchanged is caught, and so is a short request
with "please" behind it; two questions about one fact in different words, sharing its names and numbers, are not.
"""

import json
import random
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from tutor.config import ROOT
from tutor.text import normalise
from tutor.training import demo_requests, intents

LIMIT = 0.5
SAMPLES = 20_000
QUESTIONS = [
    path
    for name in ("dev", "test", "outside", "follow-ups", "lab-requests", "learners")
    for path in sorted((ROOT / "corpus" / "qa" / name).glob("*.jsonl"))
]


def plain(question: str) -> str:
    """Letters and digits in lower case, single spaces between the words."""
    return " ".join(re.findall(r"[^\W_]+", normalise(question).lower()))


def trigrams(question: str) -> frozenset[str]:
    text = f"  {plain(question)} "
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)


def asked(path: Path) -> list[str]:
    """Every turn of every record, for an earlier one is as much part of the test; and all its turns together.

    Of the follow-ups only the last turn, and all together: those before it are what the tutor may well know.
    """
    read = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    records = [record.get("turns") or [record["question"]] for record in read]
    first = -1 if path.parent.name == "follow-ups" else 0
    return [turn for turns in records for turn in turns[first:]] + [" ".join(turns) for turns in records if turns[1:]]


@cache
def trained() -> dict[str, frozenset[str]]:
    """The training questions, those that no source answers, requests, a fixed sample of the demo grammar, small talk.

    Each with its trigrams.
    """
    pairs = [
        wording
        for path in sorted((ROOT / "corpus" / "qa" / "train").glob("*.jsonl"))
        for record in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        for question in record["questions"]
        for wording in {question, f"{record.get('after', '')} {question}"}
    ]
    outside = [
        text
        for path in sorted((ROOT / "corpus" / "qa" / "unanswered").glob("*.jsonl"))
        for record in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        for text in {record["question"], f"{record.get('after', '')} {record['question']}"}
    ]
    told_apart = [
        json.loads(line)["question"]
        for name in ("labs", "overviews")
        for path in sorted((ROOT / "corpus" / "qa" / name).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    rng = random.Random(0)
    grammar = [demo_requests.request(rng, ("ko", "en")[i % 2])[0] for i in range(SAMPLES)]
    history = [demo_requests.from_history(rng, ("ko", "en")[i % 2]) for i in range(SAMPLES // 20)]
    small_talk = [one.text for one in intents.grammar(random.Random(intents.SEED))]
    return {
        text: trigrams(text)
        for text in {plain(q) for q in [*pairs, *outside, *told_apart, *grammar, *history, *small_talk]}
    }


def test_the_measure():
    assert plain("Show me  XOR, please!") == "show me xor please"
    assert overlap(trigrams("abc"), trigrams("abc?")) == 1.0
    assert overlap(trigrams("abc"), trigrams("xyz")) == 0.0
    assert overlap(trigrams("ab"), trigrams("ac")) == 0.2  # "  a" of {"  a", " ab", "ab ", " ac", "ac "}
    near = [
        ("XOR 보여줘", "xor 보여줘~"),
        ("Who invented the perceptron?", "who invented perceptron"),
        ("Tell me who it was that invented the perceptron", "Tell me who it was that built the perceptron"),
    ]
    assert all(overlap(trigrams(a), trigrams(b)) > LIMIT for a, b in near)
    assert overlap(trigrams("Who invented the perceptron?"), trigrams("Whose idea was the perceptron?")) < LIMIT


def test_there_is_something_to_compare():
    names = {f"{path.parent.name}/{path.name}" for path in QUESTIONS}
    held_out = {f"test/held-out{n}.jsonl" for n in ("", "-2", "-3")}
    follow_ups = {f"follow-ups/{name}.jsonl" for name in ("dev", "held-out", "back-dev", "back-held-out")}
    learners = {
        "lab-requests/dev.jsonl",
        "lab-requests/held-out.jsonl",
        "learners/dev.jsonl",
        "learners/held-out.jsonl",
    }
    both = {f"{folder}/{lang}.jsonl" for folder in ("dev", "outside") for lang in ("en", "ko")}
    assert names == {*both, *held_out, *follow_ups, *learners}
    assert len(trained()) > 10_000


@cache
def holding() -> tuple[CountVectorizer, csr_matrix, np.ndarray]:
    """Which trigram is which column, the trained questions' trigrams, and how many each has."""
    columns = CountVectorizer(analyzer=lambda theirs: theirs, binary=True, dtype=np.float32)
    held = columns.fit_transform(trained().values())
    return columns, held, np.array([len(theirs) for theirs in trained().values()])


def nearest(questions: list[str]) -> list[tuple[float, str]]:
    """For each question the trained one with the largest overlap, and that overlap."""
    columns, held, sizes = holding()
    mine, texts = [trigrams(question) for question in questions], list(trained())
    common = columns.transform(mine) @ held.T
    found = []
    for row, own in zip(common, mine, strict=True):
        overlaps = row.data / (len(own) + sizes[row.indices] - row.data)
        best = int(overlaps.argmax()) if len(overlaps) else None
        found.append((0.0, "") if best is None else (float(overlaps[best]), texts[row.indices[best]]))
    return found


def test_the_nearest_is_found():
    same, like = nearest(["Who invented the perceptron", "Whoever invented the perceptron?"])
    assert same == (1.0, "who invented the perceptron")
    assert like[1] == "who invented the perceptron"
    assert like[0] == pytest.approx(overlap(trigrams("Whoever invented the perceptron?"), trigrams(like[1])))
    assert like[0] > LIMIT


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_question_is_trained_on(path):
    near = zip(asked(path), nearest(asked(path)), strict=True)
    assert [(question, *found) for question, found in near if found[0] > LIMIT] == []  # 1.0 where the two are the same


def test_no_question_is_asked_twice():
    questions = [plain(question) for path in QUESTIONS for question in asked(path)]
    assert len(questions) == len(set(questions))
