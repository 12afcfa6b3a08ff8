"""The material of tutor-scope, and that the shipped vectors are its."""

import json

import numpy as np
import pytest

from tutor import config
from tutor.corpus import articles, questions
from tutor.retrieval import encoder
from tutor.retrieval import scope as product
from tutor.retrieval.evidence import letters
from tutor.training import scope

UNANSWERED = config.ROOT / "corpus" / "qa" / "unanswered"


def test_the_mean_of_wordings_by_hand(monkeypatch):
    vectors = {"a": [1.0, 0.0], "bb": [0.0, 1.0], "ccc": [0.6, 0.8]}
    monkeypatch.setattr(encoder, "DIMENSIONS", 2)
    monkeypatch.setattr(encoder, "encode", lambda texts: np.array([vectors[text] for text in texts], np.float32))
    found = scope.means([("bb", "a"), ("ccc",)])
    assert found == pytest.approx(np.array([[0.5**0.5, 0.5**0.5], [0.6, 0.8]]), abs=1e-6)


def test_questions_are_read_once_in_order(tmp_path):
    for name, told in (("b", ["Two?"]), ("a", ["One?", "Two?"])):
        lines = [json.dumps({"question": question, "kind": "detail"}) for question in told]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")
    behind = {"after": "Who?", "question": "Three?", "kind": "followup"}
    (tmp_path / "c.jsonl").write_text(json.dumps(behind), "utf-8")
    assert scope.unanswered(tmp_path) == ["One?", "Two?"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_what_no_source_answers_is_not_what_one_is_known_to(lang):
    records = [json.loads(line) for line in (UNANSWERED / f"{lang}.jsonl").read_text("utf-8").splitlines()]
    assert {record["kind"] for record in records} == {"detail", "private", "other", "neighbour", "today"}
    known = {letters(question) for asked in questions.read(config.load()).values() for question in asked}
    assert not known & {letters(record["question"]) for record in records}


@pytest.mark.slow
def test_what_is_shipped_was_made_of_the_corpus():
    """Of every hundredth, computed again, nine in ten are there; a few new questions need no new weights."""
    settings = config.load()
    who = scope.people(articles.read(settings))
    known, others = list(questions.read(settings).values()), scope.unanswered(UNANSWERED)
    shipped = product.scope()
    assert (len(shipped.answered), len(shipped.unanswered)) == pytest.approx(
        (len(known) + len(who), len(others)), rel=0.02
    )
    for made, there in (
        (scope.means(known[::100]), shipped.answered),
        (scope.encoded(who[::10]), shipped.answered),
        (scope.encoded(others[::100]), shipped.unanswered),
    ):
        assert ((made @ there.T).max(axis=1) > 0.999).mean() > 0.9
