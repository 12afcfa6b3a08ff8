"""The check of grounding, counted on the labelled claims."""

import json

import pytest

from tutor.config import ROOT
from tutor.evals.grounding import judged, tables

PASSAGE = "Frank Rosenblatt published the perceptron in 1958. It could not learn XOR."


@pytest.fixture
def folder(tmp_path):
    claims = [
        ("en", "Rosenblatt published the perceptron in 1958.", True, "shortened"),
        ("en", "Rosenblatt published the perceptron in 1957.", False, "year"),
        ("en", "The perceptron came out in 1958.", True, "paraphrase"),
        ("ko", "퍼셉트론은 1958년에 나왔다.", True, "paraphrase"),
    ]
    lines = [
        {"lang": lang, "passage_doc": "en/perceptron", "passage": PASSAGE, "claim": claim, "supported": s, "kind": kind}
        for lang, claim, s, kind in claims
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    (tmp_path / "all.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def test_counts_by_hand(folder):
    pairs = judged(folder)
    assert [p.passed for p in pairs] == [True, False, False, False]
    by_language, by_kind = tables(pairs)
    row = by_language.rows[-1]
    assert (row["precision"].value, row["recall"].value, row["wrong ones passed"].value) == (1.0, 1 / 3, 0.0)
    assert [(r["kind"], r["passed"].value) for r in by_kind.rows] == [
        ("paraphrase", 0.0),
        ("shortened", 1.0),
        ("year", 0.0),
    ]


def test_no_claim_that_is_subtly_wrong_passes():
    pairs = judged(ROOT / "corpus" / "qa" / "grounding")
    assert len(pairs) == 525
    assert not [p for p in pairs if p.passed and not p.supported]
    assert all(p.passed for p in pairs if p.kind == "verbatim")
