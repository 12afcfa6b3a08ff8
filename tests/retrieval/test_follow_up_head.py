"""How a message is put: whether it leans on what was said, and whether such a follow-up is answered."""

import unicodedata

import numpy as np

from tutor.config import BUNDLED_FOLLOW_UPS, ROOT
from tutor.evals import questions_file
from tutor.retrieval import follow_up_head

LEANING = ["When did he publish it?", "and the second author?", "그건 누가 만들었어?", "상금은요?", "Then what? 😮"]
STANDING = [
    "Who invented the perceptron?",
    "What is the difference between an LSTM and a GRU?",
    "퍼셉트론은 누가 발명했어?",
    "AlexNet은 어떤 그래픽 카드로 학습했어?",
    "Thanks a lot, that helped",
]
KINDS = ("followup", "refuse", "history")
DEV = questions_file.read(ROOT / "corpus" / "qa" / "follow-ups" / "dev.jsonl")


def test_what_leans_is_put_otherwise_than_what_stands():
    assert min(follow_up_head.put(text).leaning for text in LEANING) > 0
    assert max(follow_up_head.put(text).leaning for text in STANDING) < 0


def test_however_it_is_encoded():
    composed = follow_up_head.put("그건 누가 만들었어?")
    assert follow_up_head.put(unicodedata.normalize("NFD", "그건 누가 만들었어?")) == composed


def test_what_the_sources_answer_is_put_otherwise_than_what_they_leave_out():
    """Of the follow-ups for measuring: the share of pairs in which the answered one has the higher logit."""
    found = {kind: [follow_up_head.put(q.turns[-1]).answered for q in DEV if q.kind == kind] for kind in KINDS}
    higher = np.array(found["followup"])[:, None] > np.array(found["refuse"])[None]
    assert higher.mean() > 0.9


def test_most_follow_ups_lean_and_most_new_topics_do_not():
    found = {kind: [follow_up_head.put(q.turns[-1]).leaning > 0 for q in DEV if q.kind == kind] for kind in KINDS}
    assert np.mean(found["followup"]) > 0.8
    assert np.mean(found["refuse"]) > 0.85
    assert np.mean(found["history"]) < 0.2


def test_the_weights_are_small():
    assert sum(path.stat().st_size for path in BUNDLED_FOLLOW_UPS.iterdir()) < 50_000
