"""Where a question lands: counted and measured as by hand, and the tutor's own encoder behind it."""

import numpy as np
import pytest
from labruns import finish
from outcome_checks import next_after

from tutor.labs import dense_retrieval as lab
from tutor.retrieval import encoder

pytestmark = pytest.mark.slow  # trains for real


@pytest.fixture(scope="module")
def runs():
    asked = {"en": {}, "across": {"question": lab.QUESTION["ko"]}, "chips": {"question": "who made the chips?"}}
    return {name: finish(lab.run(lab.Arguments(**given))) for name, given in asked.items()}


def test_the_cosines_are_those_of_the_encoder(runs):
    record = runs["en"][1].record
    article = lab._articles("en")[7]
    vector = encoder.encode([encoder.passage_text(article.title, lab._lead(article))])[0]
    asked = encoder.question(lab.QUESTION["en"]).vector
    assert record["titles"][7] == article.title
    assert record["cosines"][7] == pytest.approx(float(vector @ asked), abs=2e-3)
    assert record["nearest"] == np.argsort(-np.array(record["cosines"]), kind="stable")[: lab.NEAREST].tolist()


def test_what_it_claims(runs):
    for name, claim in zip(("en", "across"), lab.CLAIMS, strict=True):
        assert claim.holds(runs[name][1].record)
    assert not lab.CLAIMS[0].holds(runs["chips"][1].record)


def test_shared_words_are_counted(runs):
    record = {"nearest": [1, 0], "shared": [2, 1, 0, 1]}
    assert lab._by_words(record) == (0, 1, 1)
    across = runs["across"][1]
    assert across.record["shared"] == [0] * len(across.record["titles"])
    assert "no word with the question: words alone would not have found it" in across.text["en"]
    assert "낱말만으로는 찾지 못했을 거예요" in across.text["ko"]


def test_frames_tell_the_nearest_so_far(runs):
    frames, result = runs["en"]
    cosines = [frame.metrics["cosine"] for frame in frames[1:]]
    assert cosines == sorted(cosines)
    assert cosines[-1] == pytest.approx(max(result.record["cosines"]), abs=1e-4)
    assert frames[-1].epoch == len(result.record["titles"])


def test_what_to_try_next(runs):
    cats = ("dense_retrieval", {"question": "How do machines tell cats from dogs?"})
    assert next_after(lab, runs["en"][1]) == [("dense_retrieval", {"articles": "ko"}), cats, ("embeddings", {})]


@pytest.mark.parametrize("question", ["😀", "???", " "])
def test_a_question_without_words_is_searched_too(question):
    result = finish(lab.run(lab.Arguments(question=question)))[1]
    assert result.record["words"] == 0
    assert result.text["ko"]
