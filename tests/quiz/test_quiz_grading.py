"""Short answers by rule: what is the same, and what is not."""

import unicodedata

import pytest

from tutor.quiz import grading


@pytest.mark.parametrize(
    ("ident", "given"),
    [
        ("perceptron/inventor:short", "Frank Rosenblatt"),
        ("perceptron/inventor:short", "  rosenblatt. "),
        ("perceptron/inventor:short", "ＦＲＡＮＫ ＲＯＳＥＮＢＬＡＴＴ"),
        ("perceptron/inventor:short", "로젠블라트"),
        ("perceptron/inventor:short", "프랭크 로젠블랫이에요"),
        ("perceptron/inventor:short", "프랭크로젠블랫이요"),
        ("perceptron/inventor:short", unicodedata.normalize("NFD", "로젠블랫")),
        ("lstm-and-gru/published:short", "1997"),
        ("lstm-and-gru/published:short", "1997년이요"),
        ("lstm-and-gru/published:short", "in 1997."),
        ("tokenization/bert:short", "30,000"),
        ("tokenization/bert:short", "30000 pieces"),
        ("tokenization/bert:short", "3만 개"),
        ("tokenization/bert:short", "30 thousand"),
        ("gan/invention:who", "Ian Goodfellow"),
        ("gan/invention:who", "이언 굿펠로"),
    ],
)
def test_right(every_item, ident, given):
    assert grading.right(every_item[ident], given)


@pytest.mark.parametrize(
    ("ident", "given"),
    [
        ("perceptron/inventor:short", ""),
        ("perceptron/inventor:short", "Frank"),
        ("perceptron/inventor:short", "Rosenblatt and Minsky"),
        ("perceptron/inventor:short", "로젠블랫 민스키"),
        ("perceptron/inventor:short", "not Rosenblatt"),
        ("lstm-and-gru/published:short", "1998"),
        ("lstm-and-gru/published:short", "97"),
        ("lstm-and-gru/published:short", "1997 or 1998"),
        ("lstm-and-gru/published:short", "19970"),
        ("tokenization/bert:short", "30 million"),
        ("tokenization/bert:short", "30,000 or 50,000"),
        ("tokenization/bert:short", "many"),
        ("gan/invention:who", "goodfellow"),  # a choice is a choice
        ("gan/invention:who", "Someone Else"),
    ],
)
def test_wrong(every_item, ident, given):
    assert not grading.right(every_item[ident], given)


def test_every_answer_in_either_language_is_right_and_no_wrong_choice_is(every_item):
    for item in every_item.values():
        for lang in ("en", "ko"):
            assert grading.right(item, item.answer[lang]), item.id
            assert not [choice for choice in item.wrong if grading.right(item, choice[lang])], item.id
