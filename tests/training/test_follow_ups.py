"""The material of tutor-follow-ups, what weighs how much, and that the shipped head is its."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tutor import config
from tutor.corpus import questions
from tutor.retrieval import fitted, follow_up_head
from tutor.retrieval.evidence import letters
from tutor.training import follow_ups
from tutor.training.follow_ups import FollowUp

QA = config.ROOT / "corpus" / "qa"


@pytest.fixture
def qa(tmp_path):
    train = [
        {"slug": "vgg", "lang": "en", "questions": ["What is VGG?", "vgg?"], "answer": ["..."]},
        {"slug": "vgg", "lang": "en", "after": "What is VGG?", "questions": ["Who made it?"], "answer": ["..."]},
        {"slug": "vgg", "lang": "ko", "after": "VGG가 뭐야?", "questions": ["누가?", "언제?"], "answer": ["..."]},
    ]
    unanswered = [
        {"question": "How old is Simonyan?", "kind": "private"},
        {"slug": "vgg", "lang": "en", "kind": "followup", "after": "Who made VGG?", "question": "How old is he?"},
    ]
    for name, records in (("train", train), ("unanswered", unanswered)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    return tmp_path


def test_follow_ups_are_those_behind_a_question(qa):
    assert follow_ups.follow_ups(qa) == [
        FollowUp("Who made it?", "vgg", "en", True),
        FollowUp("누가?", "vgg", "ko", True),
        FollowUp("언제?", "vgg", "ko", True),
        FollowUp("How old is he?", "vgg", "en", False),
    ]


def test_the_others_stand(qa):
    assert follow_ups.standing(qa) == ["What is VGG?", "vgg?", "How old is Simonyan?"]


def test_each_kind_weighs_its_share_however_many_there_are():
    """Of one feature that is always 1 only the bias tells: the log of 0.5 to the 0.5 of the others is 0."""
    kinds = np.repeat(["follow-up", "question", "everyday", "small talk"], [3, 40, 10, 7])
    model = follow_ups.leaning(csr_matrix(np.ones((60, 1))), kinds)
    assert model.decision_function(np.ones((1, 1))) == pytest.approx([0.0], abs=1e-3)
    assert model.classes_.tolist() == [False, True]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_what_no_source_answers_is_no_follow_up_that_one_does(lang):
    records = [
        json.loads(line) for line in (QA / "unanswered" / f"follow-ups-{lang}.jsonl").read_text("utf-8").splitlines()
    ]
    assert {record["lang"] for record in records} == {lang}
    answered = {
        letters(record["after"] + text)
        for path in questions.files(config.load())
        for record in map(json.loads, path.read_text("utf-8").splitlines())
        if record.get("after")
        for text in record["questions"]
    }
    assert not answered & {letters(record["after"] + record["question"]) for record in records}


@pytest.mark.slow
def test_what_is_shipped_was_made_of_the_corpus():
    behind = follow_ups.follow_ups(QA)
    _, counts = fitted.read(config.BUNDLED_FOLLOW_UPS)
    answered = [one for one in behind if one.answered]
    assert counts["answered"] == pytest.approx(len(answered), rel=0.02)
    assert counts["unanswered"] == pytest.approx(len(behind) - len(answered), rel=0.02)
    assert counts["standing"] == pytest.approx(len(follow_ups.standing(QA)), rel=0.02)
    found = [(one, follow_up_head.put(one.text)) for one in behind[::20]]
    alone = [follow_up_head.put(text) for text in follow_ups.standing(QA)[::200]]
    assert np.mean([put.leaning > 0 for _, put in found]) > 0.95
    assert np.mean([put.leaning < 0 for put in alone]) > 0.95
    assert np.mean([(put.answered > 0) == one.answered for one, put in found]) > 0.9
