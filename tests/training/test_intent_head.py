"""The intent head's material, and that what is written computes what scikit-learn does."""

import gzip
import json
import random

import numpy as np
import pytest
from material import write

from tutor.retrieval import intents as product
from tutor.training import intents
from tutor.training.intents import OTHER, Said


@pytest.fixture
def data(tmp_path):
    folder = write(tmp_path)
    lines = {
        "chat_en": [{"user": "Howdy", "intent": "Yo dude"}, {"user": "Oops", "intent": "Whoops"}],
        "utterances_ko": [
            {"text": "회의가 언제였지", "act": "question"},
            {"text": "오늘 날씨 어때", "act": "question"},
        ],
        "parallel_ko_en": [{"ko": "수도가 어디야?", "en": "", "source": "mkqa-question"}],
    }
    for name, found in lines.items():
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found)
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_a_phrase_is_expanded_innermost_first():
    found = intents.expanded("{hi {all|you}|bye|} now", random.Random(0))
    assert sorted(found) == ["bye now", "hi all now", "hi you now", "now"]


def test_every_answered_record_has_phrases_in_both_languages():
    records = map(json.loads, (intents.OWN / "tutor.jsonl").read_text("utf-8").splitlines())
    numbers = {record["id"][-2:] for record in records if "after" not in record}
    wanted = {f"tutor-{number}" for number in numbers - set(intents.NOT_HERE)} | {OTHER}
    assert set(intents.GRAMMAR) == wanted
    assert all(phrases["en"] and phrases["ko"] for phrases in intents.GRAMMAR.values())


def test_what_is_what(data):
    labels = {one.text: one.label for one in intents.material(data)}
    assert labels["Howdy"] == labels["good day to you"] == labels["Hello"] == "tutor-01"
    assert "Oops" not in labels  # neither one nor the other
    assert "오늘 날씨 어때" not in labels or labels["오늘 날씨 어때"] == "tutor-16"
    others = ["book a table for two", "회의가 언제였지", "수도가 어디야?", "What fell on the market?"]
    assert {labels[text] for text in others} == {OTHER}
    assert labels["Who wrote the learner's note?"] == OTHER  # the note is searched
    assert labels["없으면요? 대충 때려맞히시나요?"] == OTHER  # a follow-up, of the tutor's page


def test_the_same_seed_gives_the_same_material(data):
    assert intents.material(data, 3) == intents.material(data, 3)


def test_nothing_both_has_an_intent_and_has_none(data):
    said = intents.material(data)
    meant = {one.text.lower() for one in said if one.label != OTHER}
    assert [one.text for one in said if one.label == OTHER and one.text.lower() in meant] == []


def test_a_group_is_held_out_as_a_whole():
    said = [Said(text, OTHER, group) for group in "abcdefghij" for text in ("x", "y")]
    assert all(first.held_out == second.held_out for first, second in zip(said[::2], said[1::2], strict=True))
    assert 0 < sum(one.held_out for one in said) < len(said)


def test_the_threshold_lets_few_through():
    other = np.linspace(0.0, 1.0, 1001)
    assert (other < intents.threshold(other, 0.004)).sum() == 4


def test_figures_count_by_language():
    said = [
        Said("hi", "tutor-01", "a"),
        Said("bye", "tutor-05", "b"),
        Said("안녕", "tutor-01", "c"),
        Said("x", OTHER, "d"),
    ]
    assert intents.figures(said, ["tutor-01", "tutor-01", None, None]) == {
        "other stays other": "1 of 1 (100.0%)",
        "en recognised": "2 of 2 (100.0%)",
        "en right record": "1 of 2 (50.0%)",
        "ko recognised": "0 of 1 (0.0%)",
        "ko right record": "0 of 1 (0.0%)",
    }


def test_what_is_written_computes_what_scikit_learn_does(tmp_path):
    rng = np.random.default_rng(0)
    labels = ["tutor-01", "tutor-02", OTHER]
    read = rng.normal(size=(60, product.FEATURES)).astype(np.float32) / 60
    said = [Said(str(i), labels[i % 3], str(i)) for i in range(60)]
    model = intents.fit(said, read)
    intents.save(intents.head_of(model, 0.2, 0.5), tmp_path)
    loaded = product._load(tmp_path)
    assert (loaded.certain, loaded.likely) == (0.2, 0.5)
    assert loaded.classes == tuple(sorted(labels))
    assert loaded.probabilities(read) == pytest.approx(model.predict_proba(read), abs=2e-3)


def test_each_intent_weighs_the_same(monkeypatch):
    seen = {}

    class Model:
        def __init__(self, **_settings): ...

        def fit(self, _vectors, labels, sample_weight):
            for label, weight in zip(labels, sample_weight, strict=True):
                seen[label] = seen.get(label, 0.0) + weight
            return self

    monkeypatch.setattr(intents, "LogisticRegression", Model)
    said = [Said(str(i), label, "") for i, label in enumerate(["a"] * 3 + ["b"] + [OTHER] * 4)]
    intents.fit(said, np.zeros((8, 2)))
    total = 2 + intents.OTHER_WEIGHT
    assert seen == pytest.approx({"a": 8 / total, "b": 8 / total, OTHER: 8 * intents.OTHER_WEIGHT / total})


def test_all_at_once_is_what_the_product_reads_of_each():
    texts = ["Hello there", "안녕하세요", "Ｈｉ", "!"]
    at_once = intents.encoded(texts).toarray()
    for row, text in zip(at_once, texts, strict=True):
        assert row == pytest.approx(product.features(product.typed(text).strip()), abs=1e-5)
