"""Every item of the real corpus is sound in both languages, and the rules make the ones that they should."""

import re
from collections import Counter

import pytest

from tutor.config import Settings
from tutor.corpus import glossary, questions
from tutor.quiz import items, wording
from tutor.quiz.choices import YEAR
from tutor.quiz.twins import LANGS
from tutor.text import folded


def test_there_are_hundreds_in_every_era_and_of_every_kind(every_item):
    kinds = Counter(item.kind for item in every_item.values())
    assert kinds.total() >= 400
    assert min(kinds["year"], kinds["who"]) >= 100
    assert min(kinds.values()) >= 8
    assert set(kinds) == {"year", "who", "organisation", "number", "short", "predict"}
    eras = Counter(item.twin.era for item in every_item.values())
    assert len(eras) == 6
    assert min(eras.values()) >= 40


def test_ids_are_unique_and_the_same_every_time(pairs, from_facts):
    again = items.make(pairs, glossary.read(Settings()), questions.records(Settings()))
    assert again == from_facts
    assert len({item.id for item in again}) == len(again)


def test_the_sentence_shown_as_proof_holds_the_answer_and_fits_its_gap(from_facts):
    for item in from_facts:
        for lang in LANGS:
            proof, answer = item.twin.fact[lang].text, item.answer[lang]
            assert proof.count(answer) >= 1, item.id
            before, behind = item.sentence[lang].split(wording.GAP)
            assert proof.startswith(before + answer), item.id
            assert answer not in before + behind, item.id
            assert lang == "ko" or proof == before + answer + behind, item.id


@pytest.mark.parametrize("lang", LANGS)
def test_four_choices_are_distinct_and_of_one_look(every_item, lang):
    for item in every_item.values():
        if item.kind == "short":
            assert not item.wrong
            continue
        choices = item.choices(lang, "")
        assert len(set(choices)) == 4, item.id
        assert item.answer[lang] in choices
        if item.kind in ("year", "number"):
            assert len({re.sub(r"[\d,.]+|[십백천]?[만억조]|\s", "", choice) for choice in choices}) == 1, item.id
        assert all(choice not in item.sentence[lang] for choice in choices), item.id


def test_choices_stand_in_the_order_of_their_seed_and_alike_in_both_languages(every_item):
    item = every_item["gan/invention:who"]
    assert item.choices("en", "a") == item.choices("en", "a")
    assert len({tuple(item.choices("en", str(seed))) for seed in range(20)}) > 5
    pairs = {choice["en"]: choice["ko"] for choice in (item.answer, *item.wrong)}
    assert [pairs[choice] for choice in item.choices("en", "a")] == item.choices("ko", "a")


def test_the_right_choice_is_not_the_one_in_the_middle(every_item):
    """A learner who always takes the earliest, or the second year, gets no more than a third of them right."""
    ranks = Counter(
        sorted(choice["en"] for choice in (item.answer, *item.wrong)).index(item.answer["en"])
        for item in every_item.values()
        if item.kind == "year"
    )
    assert set(ranks) == {0, 1, 2, 3}
    assert max(ranks.values()) / ranks.total() < 0.4


# ---- no wrong choice is right --------------------------------------------------------------------
def test_no_wrong_name_is_named_in_the_article(from_facts):
    for item in from_facts:
        if item.kind in ("who", "organisation"):
            told = folded(item.twin.article)
            for choice in item.wrong:
                assert all(folded(choice[lang]) not in told for lang in LANGS), (item.id, choice)


def test_no_fact_of_the_corpus_makes_a_wrong_choice_right(pairs, from_facts):
    """Not the sentence itself, and no fact that says something of the same subject with that value."""
    texts = {twin.fact[lang].text for twin in pairs for lang in LANGS}
    values = {(twin.fact["en"].subject.lower(), twin.fact["en"].value) for twin in pairs}
    years = {(twin.fact["en"].subject.lower(), year) for twin in pairs for year in YEAR.findall(twin.fact["en"].text)}
    for item in from_facts:
        subject = item.twin.fact["en"].subject.lower()
        for choice in item.wrong:
            for lang in LANGS:
                assert item.twin.fact[lang].text.replace(item.answer[lang], choice[lang]) not in texts, item.id
            assert (subject, choice["en"]) not in values | years, (item.id, choice)


def test_a_year_that_the_corpus_gives_to_the_same_event_is_no_wrong_choice(every_item):
    """The book came out in 1969, its second edition in 1988, the third in 2017."""
    wrong = {choice["en"] for choice in every_item["perceptrons-book-and-xor/published:year"].wrong}
    assert not wrong & {"1969", "1988", "2017"}


# ---- what gives an answer away -------------------------------------------------------------------
def test_no_item_asks_for_a_name_that_its_sentence_spells_in_part(every_item):
    """The network was named AlexNet after its first author, Alex Krizhevsky."""
    assert not [ident for ident in every_item if ident.startswith("alexnet/name:")]


def test_no_sentence_ends_on_a_particle_that_tells_how_the_name_ends(from_facts):
    tell = re.compile(rf"{wording.GAP}(?:[은는이가을를과와]|으로|로)(?![가-힣(])")
    for item in from_facts:
        if len({choice["ko"][-1] for choice in (item.answer, *item.wrong)}) > 1 and item.kind != "year":
            assert not tell.search(item.sentence["ko"]), item.sentence["ko"]


@pytest.mark.parametrize(
    ("text", "value", "gapped"),
    [
        ("이언 굿펠로와 동료들은 GAN을 냈다.", "이언 굿펠로", "____과(와) 동료들은 GAN을 냈다."),
        ("GAN은 이언 굿펠로(Ian Goodfellow)가 냈다.", "이언 굿펠로", "GAN은 ____이(가) 냈다."),
        ("구글의 콜린 라펠 연구진", "콜린 라펠", "구글의 ____ 연구진"),
        ("마빈 민스키의 책은 1969년에 나왔다.", "마빈 민스키", "____의 책은 1969년에 나왔다."),
        ("제안한 사람은 앨런 튜링이었다.", "앨런 튜링", "제안한 사람은 ____이었다/였다."),
        ("CIFAR-10에는 클래스가 10개 있다.", "10개", ""),
        ("1969년에 나온 책의 1969년 판", "1969년", ""),
        ("구도 다쿠라도", "구도 다쿠", ""),
    ],
)
def test_a_korean_gap_keeps_its_secret(text, value, gapped):
    assert wording.gapped(text, value, "ko", both_forms=True) == gapped


@pytest.mark.parametrize(
    ("text", "value", "gapped"),
    [
        ("Meta released Llama 2 on 18 July 2023.", "2023", "Meta released Llama 2 on 18 July ____."),
        ("Leslie Smith's rates rise and fall.", "Leslie Smith", "____'s rates rise and fall."),
        ("It was a Google team.", "Google", ""),
        ("ILSVRC-2012 of 2012 was the third.", "2012", ""),
        ("Googlers left.", "Google", ""),
    ],
)
def test_an_english_gap_keeps_its_secret(text, value, gapped):
    assert wording.gapped(text, value, "en", both_forms=False) == gapped


# ---- wording -------------------------------------------------------------------------------------
def test_a_question_of_the_corpus_is_asked_politely_and_for_one_thing(from_facts):
    for item in from_facts:
        assert item.prompt["ko"].endswith(("요?", "까?")), item.prompt["ko"]
        assert item.prompt["en"].endswith("?")
        for lang in LANGS:
            assert item.answer[lang] not in item.prompt[lang], item.id


def test_a_short_answer_has_the_question_that_was_asked_with_choices(every_item):
    short, choice = every_item["perceptron/inventor:short"], every_item["perceptron/inventor:who"]
    assert short.prompt == choice.prompt == {"en": "Who invented the perceptron?", "ko": "퍼셉트론은 누가 발명했나요?"}
    assert {"Frank Rosenblatt", "Rosenblatt", "로젠블라트", "프랭크 로젠블랫"} <= set(short.accepted)
