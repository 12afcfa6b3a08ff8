"""The questions that sentences are known to answer, read and searched."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tutor.corpus import articles, questions
from tutor.errors import CorpusError
from tutor.lookup import look_up
from tutor.retrieval import chunking, evidence, ranking
from tutor.types import Hit, Passage


def write(settings, line: str):
    folder = settings.corpus / "qa" / "train"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(line, "utf-8")


def test_a_sentence_has_the_questions_of_all_its_records(built_settings, tmp_path):
    settings = replace(built_settings, corpus=tmp_path)
    record = {"questions": ["Who?", "누가?"], "answer": ["Rosenblatt did."]}
    write(settings, json.dumps(record) + "\n" + json.dumps(record | {"questions": ["Who?", "By whom?"]}))
    assert questions.read(settings) == {"Rosenblatt did.": ("Who?", "누가?", "By whom?")}


@pytest.mark.parametrize("line", ["{", '{"questions": ["a"]}', "[]"])
def test_a_broken_record_is_named_by_its_line(built_settings, tmp_path, line):
    settings = replace(built_settings, corpus=tmp_path)
    write(settings, '{"questions": [], "answer": []}\n' + line)
    with pytest.raises(CorpusError, match=r"a\.jsonl, line 2"):
        questions.read(settings)


def test_every_sentence_of_the_corpus_that_is_asked_for_is_found(built_settings):
    asked = questions.read(built_settings)
    passages = (p for document in articles.read(built_settings) for p in chunking.passages(document, asked))
    found = {qs for passage in passages for qs in passage.asked if qs}
    assert set(asked.values()) - found == set()


def test_a_known_question_leads_to_its_sentence(monkeypatch):
    text = "The machine stood in Buffalo. It learnt from mistakes."
    passage = Passage("p", "d", "s", "T", "", "en", (1, 1), text, ((), ("How did the gadget improve?",)))
    monkeypatch.setattr(ranking, "scores", lambda question, passages: [np.zeros(2)])
    (best, _) = evidence.rank(["how would the gadget improve"], [Hit(passage, 1.0)], idf=lambda term: 1.0)
    assert best.text == "It learnt from mistakes."
    # gadget and improve of 2 and 2 terms: likeness 1 ("would" and "did" are stop words); both near the sentence
    assert best.score == pytest.approx(evidence.ASKED * 1.0 + evidence.IN_PASSAGE + evidence.FOUND * 1.0)


@pytest.mark.parametrize(
    ("question", "very"),
    [
        ("How did the gadget improve?", True),
        ("  how did the gadget improve", True),
        ("How would the gadget improve?", False),  # the same terms
        ("아무리 눌러도 왜 안 돼?", True),
        ("아무리눌러도 왜 안돼", True),
    ],
)
def test_this_very_question_counts_more_and_is_surely_answered(monkeypatch, built_index, question, very):
    known = ("How did the gadget improve?", "아무리 눌러도 왜 안 돼?")
    told = Passage("p", "d", "s", "T", "", "en", (1, 1), "It stood in Buffalo. It learnt.", ((), known))
    monkeypatch.setattr(ranking, "scores", lambda question, passages: [np.zeros(2)])
    plain = replace(told, asked=((), tuple(f"{q} Well" for q in known)))
    best, without = (
        evidence.rank(["?"], [Hit(p, 1.0)], idf=lambda term: 0.0, put=question)[0].score for p in (told, plain)
    )
    assert best - without == (evidence.VERBATIM if very else 0.0)
    assert (built_index.confidence(question, [Hit(told, 1.0)]) == 1.0) == very
    assert built_index.confidence(question, [Hit(plain, 1.0)]) < 1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "lang"), [("squeeze then rebuild network", "en"), ("상위 10%라는 말은 누가 한 거야?", "ko")]
)
def test_a_known_question_is_not_declined(built_index, question, lang):
    assert look_up(built_index, question, lang).covered


@pytest.mark.slow
def test_an_english_question_about_the_korean_note_finds_the_note(built_index):
    hits = built_index.search("What review event did the note's author win prize money in?", lang="en")
    assert any(hit.passage.doc.startswith("seeds/") for hit in hits)
