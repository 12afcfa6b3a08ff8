import unicodedata

import pytest

from tutor.corpus.glossary import Term
from tutor.retrieval.expansion import Expansion


def term(ident: str, en: list[str], ko: list[str], abbreviations: tuple[str, ...] = ()) -> Term:
    return Term(ident, "term", {"en": tuple(en), "ko": tuple(ko)}, abbreviations, {"en": "x", "ko": "x"}, "perceptron")


EXPANSION = Expansion(
    [
        term("rosenblatt", ["Frank Rosenblatt", "Rosenblatt"], ["프랭크 로젠블랫", "로젠블랫", "로젠블라트"]),
        term("attention", ["attention"], ["어텐션"]),
        term("multi-head", ["multi-head attention"], ["멀티헤드 어텐션"]),
        term("mlp", ["multilayer perceptron"], ["다층 퍼셉트론"], ("MLP",)),
        term("gan", ["generative adversarial network"], ["적대적 생성 신경망"], ("GAN",)),
    ]
)


@pytest.mark.parametrize(
    ("query", "added"),
    [
        ("로젠블라트는 누구야?", " 프랭크 로젠블랫 Frank Rosenblatt"),
        ("Who is Frank Rosenblatt?", " 프랭크 로젠블랫"),
        ("어텐션이 뭐야?", " attention"),
        ("멀티헤드 어텐션이 뭐야?", " multi-head attention"),  # the longer name, not the shorter within it
        ("mlp가 뭐야", " 다층 퍼셉트론 multilayer perceptron"),
        ("How did that begin?", ""),  # no GAN in "began", no attention paid
        ("began", ""),
        ("셀프어텐션", ""),  # inside another word
        ("", ""),
        (unicodedata.normalize("NFD", "어텐션 뜻"), " attention"),  # jamo typed apart
    ],
)
def test_a_query_brings_the_usual_names_of_what_it_names(query, added):
    assert EXPANSION.widened(query) == query + added


def test_without_a_glossary_nothing_changes():
    assert Expansion([]).widened("로젠블라트는 누구야?") == "로젠블라트는 누구야?"


def test_the_shipped_glossary_bridges_spellings_and_languages(built_index):
    for question, lang in (("로젠블라트가 누구야?", "ko"), ("로젠블랫이 누구야?", "ko"), ("Who was 로젠블라트?", "en")):
        slugs = [hit.passage.slug for hit in built_index.search(question, lang=lang)]
        assert "perceptron" in slugs
