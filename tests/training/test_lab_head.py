"""The material of tutor-labs, what weighs how much, and that the shipped head is its."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tutor import config
from tutor.labs import core
from tutor.retrieval import fitted, lab_head
from tutor.training import labs

QA = config.ROOT / "corpus" / "qa"


def test_the_requests_by_lab(tmp_path):
    (tmp_path / "labs").mkdir()
    asked = [("Show me LoRA", "lora"), ("What is LoRA?", None), ("로라 돌려줘", "lora"), ("Show me LoRA", "lora")]
    lines = [json.dumps({"lang": "en", "lab": lab, "question": text}) for text, lab in asked]
    (tmp_path / "labs" / "a.jsonl").write_text("\n".join(lines), "utf-8")
    assert labs.requests(tmp_path) == {"lora": ["Show me LoRA", "로라 돌려줘"], labs.LOOK_ALIKE: ["What is LoRA?"]}


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_lab_is_asked_for_in_both_languages(lang):
    asked = [json.loads(line) for line in (QA / "labs" / f"{lang}.jsonl").read_text("utf-8").splitlines()]
    assert {record["lang"] for record in asked} == {lang}
    assert {record["lab"] for record in asked} == {*core.LABS, None}
    assert min(sum(record["lab"] == name for record in asked) for name in core.LABS) > 30


def test_all_shares_together_are_one():
    found = labs.shares(["adaline", "lora", labs.GRAMMAR, *labs.SHARES])
    assert sum(found.values()) == pytest.approx(1.0)
    assert found["adaline"] == found["lora"] == pytest.approx((1 - 0.2 - 0.45 - 0.05 - 0.03 - 0.03 - 0.03) / 2)


def test_each_group_weighs_its_share_however_many_there_are():
    """Of one feature that is always 0 only the biases tell: their softmax is the share of each class."""
    groups = np.repeat(["adaline", "lora", labs.GRAMMAR, *labs.SHARES], [3, 9, 4, 5, 50, 7, 2, 8])
    model = labs.fit(csr_matrix((len(groups), 1)), groups)
    told = dict(zip(model.classes_, model.predict_proba(np.zeros((1, 1)))[0], strict=True))
    assert told == pytest.approx({"adaline": 0.105, "lora": 0.105, "none": 0.76, "train_perceptron": 0.03}, abs=1e-2)


def test_what_is_written_has_none_first(tmp_path):
    groups = np.array(["adaline", labs.LOOK_ALIKE, "lora"] * 4)
    read = csr_matrix(np.eye(3)[np.arange(12) % 3])
    labs.write(labs.fit(read, groups), {"adaline": 4}, tmp_path)
    found = fitted.linear(tmp_path, 3)
    assert found.classes == (lab_head.NONE, "adaline", "lora")
    assert [int(found.logits(row).argmax()) for row in np.eye(3)] == [1, 0, 2]


def test_bare_names_are_no_requests():
    found = labs.names()
    assert {"Minsky", "Frank Rosenblatt", "퍼셉트론", "LSTM"} <= set(found)
    assert len(found) == len(set(found))


def test_what_is_shipped_was_made_of_the_corpus():
    _, told = fitted.read(config.BUNDLED_LABS)
    assert told["classes"] == [lab_head.NONE, *sorted(core.LABS)]
    counts = {lab: len(texts) for lab, texts in labs.requests(QA).items()}
    assert {lab: told["texts"][lab] for lab in counts} == counts
