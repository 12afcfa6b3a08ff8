"""Questions with the sentence that answers them, cut from paragraphs."""

import gzip
import json
import random

import pytest

from tutor import config
from tutor.training import answers

PARAGRAPH = (
    "Rosenblatt built a machine. It had 400 photocells. The machine learned by turning motors. It stands in Washington."
)


def write(path, rows):
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


def row(answer, context=PARAGRAPH):
    found = [{"text": answer, "answer_start": context.index(answer)}]
    return {"title": "Mark_I", "context": context, "question": " How many? ", "answers": found}


def test_length_counts_a_hangul_syllable_twice():
    assert answers.length("ab 가나") == 7


@pytest.mark.parametrize("seed", range(8))
def test_a_window_holds_the_answer_and_fills_its_room(seed):
    sentences = ["a" * 40, "b" * 40, "c" * 40, "d" * 40]
    found, answer = answers.window(sentences, 2, random.Random(seed), room=130)
    assert found[answer] == sentences[2]
    assert len(found) == 3  # three of 40 and two spaces between make 122; four would make 163
    assert list(found) == [s for s in sentences if s in found]


def test_a_window_takes_a_sentence_longer_than_its_room_and_cuts_it():
    found, answer = answers.window(["x" * 1000, "y"], 0, random.Random(0))
    assert (found, answer) == (("x" * answers.LONGEST,), 0)


def test_squad_finds_the_sentence_by_where_the_answer_starts(tmp_path):
    write(tmp_path / "squad_train.jsonl.gz", [row("400")])
    (record,) = answers.squad(tmp_path, random.Random(0), 10)
    assert record.question == "How many?"
    assert record.title == "Mark I"
    assert record.sentences[record.answer] == "It had 400 photocells."
    assert record.passage == f"Mark I\n{PARAGRAPH}"


def test_squad_leaves_out_paragraphs_of_one_sentence(tmp_path):
    write(tmp_path / "squad_train.jsonl.gz", [row("400", "It had 400 photocells.")])
    assert answers.squad(tmp_path, random.Random(0), 10) == []


def test_the_corpus_gives_each_question_its_sentence_and_the_twin_in_the_other_language():
    records = answers.corpus(config.load(), random.Random(0), wordings=1)
    asked = {}
    for record in records:
        asked.setdefault(record.question, []).append(record.sentences[record.answer])
    fact = "On 15 November 2023 the Cambridge Dictionary named hallucinate its word of the year."
    both = [told for told in asked.values() if fact in told]
    assert both
    assert any("2023년 11월 15일" in sentence for told in both for sentence in told)
    assert len(records) > 5000
    assert records == answers.corpus(config.load(), random.Random(0), wordings=1)
