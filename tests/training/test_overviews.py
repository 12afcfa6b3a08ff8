"""The material of tutor-overviews, what weighs how much, and that the shipped head is its."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tutor import config
from tutor.retrieval import fitted
from tutor.retrieval.overview_head import KINDS, NONE
from tutor.training import overviews

QA = config.ROOT / "corpus" / "qa"


def test_the_messages_by_kind(tmp_path):
    (tmp_path / "overviews").mkdir()
    asked = [("history of ai", "whole"), ("pizza?", "none"), ("GPT 변천사", "topic"), ("history of ai", "whole")]
    lines = [json.dumps({"lang": "en", "kind": kind, "question": text}) for text, kind in asked]
    (tmp_path / "overviews" / "a.jsonl").write_text("\n".join(lines), "utf-8")
    found = overviews.overviews(tmp_path)
    assert found == {"whole": ["history of ai"], "topic": ["GPT 변천사"], "lineage": [], "none": ["pizza?"]}


def test_all_shares_together_are_one():
    assert sum(overviews.SHARES.values()) == pytest.approx(1.0)


def test_each_group_weighs_its_share_however_many_there_are():
    """Of one feature that is always 0 only the biases tell: their softmax is the share of each class."""
    groups = np.repeat(list(overviews.SHARES), [3, 9, 4, 5, 50, 7, 2, 8, 6])
    model = overviews.fit(csr_matrix((len(groups), 1)), groups)
    assert model.predict_proba(np.zeros((1, 1)))[0] == pytest.approx([0.7, 0.1, 0.1, 0.1], abs=1e-2)
    assert overviews.labels(np.array(["look-alike", *KINDS])).tolist() == [0, 1, 2, 3]


def test_a_text_is_told_by_what_is_fitted_to_the_others():
    """The last feature is one text's alone, which asks for the whole: fitted to it, it would be told by it."""
    groups = np.repeat(list(overviews.SHARES), 5)
    read = np.repeat(np.eye(10)[: len(overviews.SHARES)], 5, axis=0)
    read[0] = np.eye(10)[9]
    found = overviews.out_of_fold(csr_matrix(read * 10), groups)
    assert found[1:].argmax(1).tolist() == overviews.labels(groups)[1:].tolist()
    assert found[0, 1] < 0.5
    assert overviews.fit(csr_matrix(read * 10), groups).predict_proba(10 * read[:1])[0, 1] > 0.5


def test_the_report_counts_the_right_kinds():
    groups = np.array(["whole", "topic", "look-alike"])
    found = np.array([[0.1, 0.8, 0.1, 0.0], [0.2, 0.7, 0.1, 0.0], [0.3, 0.0, 0.0, 0.7]])
    told = overviews.report(found, groups).splitlines()
    assert told[0] == "whole: 1 of 1 taken for one, 1 for the right kind"
    assert told[1] == "topic: 1 of 1 taken for one, 0 for the right kind"
    assert told[3] == "look-alike: 1 of 1 taken for one"


def test_what_is_shipped_was_made_of_the_corpus():
    _, told = fitted.read(config.BUNDLED_OVERVIEWS)
    assert told["classes"] == [NONE, *KINDS]
    counts = {kind: len(texts) for kind, texts in overviews.overviews(QA).items()}
    assert {kind: told[kind] for kind in KINDS} == {kind: counts[kind] for kind in KINDS}
    assert told["look-alike"] == counts[NONE]
