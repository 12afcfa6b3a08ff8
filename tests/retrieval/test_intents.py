"""The intent head that is shipped: what it takes for small talk, and when it refuses to load."""

import json
import unicodedata
import zlib

import numpy as np
import pytest

from tutor.config import BUNDLED_INTENTS, ROOT
from tutor.errors import ModelError
from tutor.retrieval import fitted, intents

RECORDS = [json.loads(line) for line in (ROOT / "corpus/qa/train/tutor.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("Hello", "tutor-01"),
        ("안녕하세요", "tutor-01"),
        ("Who are you?", "tutor-02"),
        ("너는 누구야?", "tutor-02"),
        ("Thanks a lot, that helped", "tutor-04"),
        ("감사합니다", "tutor-04"),
        ("감사합니다 😊", "tutor-04"),
        (unicodedata.normalize("NFD", "감사합니다"), "tutor-04"),
        ("Ｔｈａｎｋ you", "tutor-04"),
        ("Goodbye", "tutor-05"),
        ("다음에 또 올게", "tutor-05"),
        ("Are you ChatGPT?", "tutor-06"),
        ("Can I use you offline?", "tutor-12"),
    ],
)
def test_small_talk_and_what_is_about_the_tutor(text, record):
    assert intents.intent(text) == record


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u200b",
        "Who invented the perceptron?",
        "퍼셉트론은 누가 만들었어?",
        "What is ChatGPT?",
        "챗GPT는 언제 나왔어?",
        "Hi, what is backpropagation?",
        "고마워. 그럼 LSTM은 뭐야?",
        "Show me a perceptron learning XOR",
        "XOR 보여줘",
        "When did he publish it?",
        "그건 누가 만들었어?",
        "How do I make kimchi stew?",
        "김치찌개는 어떻게 끓여?",
    ],
)
def test_everything_else(text):
    assert intents.intent(text) is None


def test_the_probabilities_are_a_softmax():
    head = intents.Head(("a", "other"), np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([0.0, np.log(3)]), 0.2, 0.5, {})
    found = head.probabilities(np.array([[0.0, 1.0], [np.log(9), 0.0], [1e4, 0.0]]))
    assert found == pytest.approx(np.array([[0.25, 0.75], [0.75, 0.25], [1.0, 0.0]]))


def test_other_is_anything_from_the_threshold_on():
    head = intents.Head(("a", "b", "other"), np.zeros((3, 2)), np.zeros(3), 0.2, 0.5, {})
    assert head.choose(np.array([0.1, 0.4, 0.5]), 0.5) is None
    assert head.choose(np.array([0.15, 0.36, 0.49]), 0.5) == "b"
    assert head.choose(np.array([0.15, 0.36, 0.49]), 0.2) is None


def test_what_is_likely_is_not_always_certain():
    assert intents.intent("오늘 공부는 여기까지") is None
    assert intents.intent("오늘 공부는 여기까지", certain=False) == "tutor-05"


def test_ngrams_are_a_unit_vector_of_each_words_characters():
    # " a ": " ", "a", " ", " a", "a ", " a " - the space twice, the rest once
    hashed = [zlib.crc32(gram.encode()) for gram in (" ", "a", " a", "a ", " a ")]
    counts = [count if value >= 2**31 else -count for value, count in zip(hashed, (2, 1, 1, 1, 1), strict=True)]
    told = {value % 4096: count / 8**0.5 for value, count in zip(hashed, counts, strict=True)}
    assert intents.ngrams("A") == pytest.approx(told)
    assert intents.ngrams(" ") == {}
    assert sum(value**2 for value in intents.ngrams("안녕하세요, 튜터님!").values()) == pytest.approx(1.0)


def test_the_answers_are_those_of_the_corpus_in_their_order():
    told = {(f"tutor-{r['id'][-2:]}", r["lang"]): tuple(r["answer"]) for r in RECORDS}
    head = intents.head()
    assert set(head.classes) == {*head.answers, intents.OTHER}
    for record in head.answers:
        for lang in ("en", "ko"):
            assert intents.answer(record, lang) == told[record, lang]


def test_weights_of_another_shape_are_refused(weights_of):
    copied = weights_of(intents, "BUNDLED_INTENTS")
    config = json.loads((copied / fitted.CONFIG).read_text("utf-8"))
    config["classes"].append("tutor-99")
    (copied / fitted.CONFIG).write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError, match="weights are"):
        intents.intent("Hello")


def test_it_is_small():
    assert sum(path.stat().st_size for path in BUNDLED_INTENTS.iterdir()) < 400_000
