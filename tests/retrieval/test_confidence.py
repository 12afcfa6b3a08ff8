import math

import pytest

from tutor.corpus.glossary import Term
from tutor.retrieval import confidence
from tutor.retrieval.confidence import Signals
from tutor.retrieval.expansion import Expansion
from tutor.retrieval.names import held, names
from tutor.types import Passage


def test_confidence_by_hand(monkeypatch):
    monkeypatch.setattr(confidence, "WEIGHTS", (2.0, 1.0, 0.5, 3.0))
    monkeypatch.setattr(confidence, "BIAS", -2.0)
    assert confidence.confidence(Signals(0.5, 0.5, 1.0, 0.0)) == pytest.approx(0.5)
    assert confidence.confidence(Signals(1.0, 0.5, 1.0, 0.0)) == pytest.approx(1 / (1 + math.exp(-1)))
    assert confidence.confidence(Signals(0.5, 0.5, 0.0, 0.0)) == pytest.approx(1 / (1 + math.exp(0.5)))
    assert confidence.confidence(Signals(0.5, 0.5, 1.0, -1.0)) == pytest.approx(1 / (1 + math.exp(3)))


def test_where_no_questions_are_known_the_search_decides(monkeypatch):
    monkeypatch.setattr(confidence, "WEIGHTS_OF_SEARCH", (4.0, 2.0, 1.0))
    monkeypatch.setattr(confidence, "BIAS_OF_SEARCH", -3.0)
    assert confidence.confidence(Signals(0.5, 0.5, 1.0, None)) == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize("asked", [(-3.0, -1.0, 1.0, 3.0, 4.0), (None,) * 5])
def test_nearer_better_known_named_and_asked_is_likelier(asked):
    tried = ((0.2, 0.2, 0.0), (0.5, 0.2, 0.0), (0.5, 0.9, 0.0), (0.5, 0.9, 1.0), (0.7, 1.0, 1.0))
    chances = [confidence.confidence(Signals(*s, known)) for s, known in zip(tried, asked, strict=True)]
    assert chances == sorted(chances)
    assert chances[0] < confidence.COVERED < chances[-1]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Which machine beat Garry Kasparov at chess?", ["Garry", "Kasparov"]),
        ("Who built Watson for the show? Watson's maker?", ["Watson"]),  # the second one begins a sentence
        ("Did Meta’s AlexNet use a GPU?", ["Meta", "AlexNet", "GPU"]),
        ("YOLO는 물체를 어떻게 찾아내?", ["YOLO"]),
        ("오픈AI의 GPT-6는 언제 나와?", ["AI", "GPT-6"]),
        ("who invented the perceptron?", []),
        ("WHO INVENTED THE PERCEPTRON?", []),
        ("Who Invented The Perceptron", []),
        ("퍼셉트론은 누가 만들었어?", []),
        ("", []),
    ],
)
def test_names_in_a_question(question, found):
    assert names(question) == found


def test_names_that_passages_hold():
    expansion = Expansion([Term("gpt", "model", {"en": ("GPT",), "ko": ("지피티",)}, (), {"en": "", "ko": ""}, "gpt")])
    told = (("언어 모델", "지피티는 언어 모델이다."), ("ImageNet", "Alex-Net won."))
    passages = [Passage(title, "d", "d", title, "", "ko", (1, 1), text) for title, text in told]
    assert held([], passages, expansion) == 1.0
    assert held(["GPT"], passages, expansion) == 1.0  # in its Korean spelling
    assert held(["AlexNet", "ImageNets"], passages, expansion) == 1.0  # hyphen and plural aside
    assert held(["AlexNet", "Kasparov"], passages, expansion) == 0.5
    assert held(["Kasparov"], [], expansion) == 0.0
