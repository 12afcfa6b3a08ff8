import unicodedata

import pytest

from tests.cases import TEXTS
from tutor import text


@pytest.mark.parametrize(("question", "lang"), TEXTS)
def test_language(question, lang):
    assert text.language(question) == lang


@pytest.mark.parametrize(("question", "lang"), TEXTS)
def test_terms_do_not_depend_on_the_unicode_form(question, lang):
    forms = [unicodedata.normalize(form, question) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({tuple(text.terms(form)) for form in forms}) == 1


@pytest.mark.parametrize(("question", "lang"), TEXTS)
def test_normalise_twice_is_normalise_once(question, lang):
    once = text.normalise(question)
    assert text.normalise(once) == once == unicodedata.normalize("NFC", once)


def test_normalise_drops_what_cannot_be_seen():
    assert text.normalise("\x1b[1;31mWho\x1b[0m \x1bwas [31m]?") == "Who was [31m]?"
    assert text.normalise("a\x00b\u202ec\u200bd\ufeff\r\ne\rf\tg") == "abcd\ne\nf\tg"


def test_typed():
    assert text.typed("ＸＯＲ　１\ud83d\u0000?") == "XOR 1?"
    assert text.typed("x" * 1_000_000) == "x" * text.LONGEST


def test_folded():
    assert text.folded("Jürgen ＸＯＲ \u1111\u1165") == "jurgen xor 퍼"
    assert text.folded("GPT") == "gpt"


@pytest.mark.parametrize(
    ("ending", "expected"),
    [("", True), ("은", True), ("에서는", True), ("이란", True), ("런드", False), ("이나" * 9, False)],
)
def test_is_particles(ending, expected):
    assert text.is_particles(ending) is expected


def test_hangul_share():
    assert text.hangul_share("가나ab") == 0.5
    assert text.hangul_share("123 !") == 0.0


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("퍼셉트론은", ["퍼셉트론", "퍼셉", "셉트", "트론"]),
        ("퍼셉트론을", ["퍼셉트론", "퍼셉", "셉트", "트론"]),
        ("나왔다 나온", ["나오", "나오"]),
        ("XOR를 왜 못 풀어?", ["xor", "풀"]),
        ("GPT는", ["gpt"]),
        ("Who invented the machines?", ["invent", "machin"]),
        ("GPT-3", ["gpt3", "gpt", "3"]),
        ("Jürgen's 1,000 steps", ["jurgen", "1000", "step"]),
        ("about 3.5 billion in 1,958", ["3.5", "billion", "1958"]),
        ("seq2seq self-attention", ["seq2seq", "selfattention", "self", "attent"]),
        ("", []),
        ("the of 그 것은 😀", []),
    ],
)
def test_terms(source, expected):
    assert text.terms(source) == expected


def test_an_unknown_word_shares_bigrams_with_its_right_spelling():
    assert set(text.terms("트렌스포머")) & set(text.terms("트랜스포머")) == {"스포", "포머"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("J. Schmidhuber et al. wrote it. GPT-3.5 came.", ["J. Schmidhuber et al. wrote it.", "GPT-3.5 came."]),
        ("Turing asked “Can machines think?” in 1950. Yes.", ["Turing asked “Can machines think?” in 1950.", "Yes."]),
        ("He said “yes.” Then he left.", ["He said “yes.”", "Then he left."]),
        ("It is so. [1][2] Next. [3]", ["It is so. [1][2]", "Next. [3]"]),
        ("결과를 낳는다.이 시점부터 나온다. 끝!", ["결과를 낳는다.", "이 시점부터 나온다.", "끝!"]),
        ("1. First item.\n2. Second.\n- third", ["1. First item.", "2. Second.", "- third"]),
        ("Head\n\nBody without a stop", ["Head", "Body without a stop"]),
        ("  \n ", []),
        (
            "It learned. [1] word2vec slides. [2, 3] tanh is flat.",
            ["It learned. [1]", "word2vec slides. [2, 3]", "tanh is flat."],
        ),
        ("글로브가 나왔다. [2] word2vec은 맞힌다.", ["글로브가 나왔다. [2]", "word2vec은 맞힌다."]),
        ("He asked “why?” and left. (It was so!) he said.", ["He asked “why?” and left.", "(It was so!) he said."]),
    ],
)
def test_sentences(source, expected):
    assert [source[a:b] for a, b in text.sentences(source)] == expected


def test_numbers():
    assert text.numbers("In 1,958 and 3.5 of 60%, GPT-3.") == {"1958", "3.5", "60", "3"}
