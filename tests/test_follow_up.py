"""A follow-up is searched with the questions it leans on, and by itself in what was told last: the real index."""

import shutil
from dataclasses import replace

import pytest

from tutor.corpus import library
from tutor.follow_up import NEAR_PASSAGES, TOPICS, behind, leans, searched
from tutor.retrieval.builds import open_index
from tutor.suggestions import known
from tutor.text import language

ABOUT = {
    "en": ["Who wrote the BERT paper?", "Which machine was it run on?"],
    "ko": ["BERT 논문은 누가 썼어?", "그건 어떤 기계에서 돌렸어?"],
}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_what_was_told_last_is_searched_too(built_index, lang):
    told = f"{lang}/adaline"
    without, found = (searched(built_index, ABOUT[lang], cited, set(), lang) for cited in ([], [told]))
    assert not any(hit.passage.doc == told for hit in without.hits)
    assert sum(hit.passage.doc == told for hit in found.hits) == NEAR_PASSAGES
    assert {e.text for e in without.evidence} < {e.text for e in found.evidence}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_what_was_just_said_falls(built_index, lang):
    first, second = searched(built_index, ABOUT[lang], [], set(), lang).evidence[:2]
    again = searched(built_index, ABOUT[lang], [], {first.text}, lang).evidence
    fallen = next(e for e in again if e.text == first.text)
    assert fallen.score == pytest.approx(first.score - 0.3)
    assert next(e for e in again if e.text == second.text).score == pytest.approx(second.score)


@pytest.mark.slow
def test_what_no_source_covers_stays_uncovered(built_index):
    found = searched(
        built_index, ["How do I make kimchi stew?", "And how long does it boil?"], ["en/adaline"], set(), "en"
    )
    assert not found.covered
    assert not found.hits


@pytest.mark.slow
@pytest.mark.parametrize(
    ("about", "lang"),
    [
        (["Who invented the perceptron?", "And what did he like for breakfast?"], "en"),
        (["퍼셉트론은 누가 만들었어?", "그 사람 연봉은 얼마였어?"], "ko"),
    ],
)
def test_so_does_what_nobody_tells_of_what_is_covered(built_index, about, lang):
    assert searched(built_index, about[:1], [], set(), lang).covered
    assert not searched(built_index, about, [f"{lang}/perceptron"], set(), lang).covered


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "lang", "leaning"),
    [
        ("한국어는?", "ko", True),  # by themselves these ask what the tutor speaks
        ("영어는?", "ko", True),
        ("And Korean?", "en", True),
        ("너는?", "ko", False),
        ("그럼 너는?", "ko", False),
        ("네 이름은?", "ko", False),
        ("오늘 날씨는?", "ko", False),
        ("How about you?", "en", False),
        ("And what is your name?", "en", False),
        ("And thanks!", "en", False),
        ("thanks, that helped", "en", False),
    ],
)
def test_a_topic_alone_is_a_follow_up(built_index, question, lang, leaning):
    assert leans(built_index, question, [f"{lang}/llama-3"], lang) == leaning


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "told", "leaning"),
    [
        ("layers in total?", "en/vgg", True),  # nothing in these points back
        ("wow, and why?", "en/llama", True),
        ("매개변수 수는?", "ko/vgg", True),
        ("어떤 글로 학습시킨 건데", "ko/word2vec", True),
        ("What is the kernel trick, and why does it work?", "en/vgg", False),  # and these hold "it" and "그"
        ("What is dropout, and which problem does it solve?", "en/vgg", False),
        ("그래디언트 클리핑은 그게 어떤 방법이야?", "ko/vgg", False),
        ("How do I boil an egg?", "en/vgg", False),
        ("Should robots pay taxes?", "en/perceptron", False),  # says little of the subject, as follow-ups do
        ("로봇한테도 세금을 물려야 할까요?", "ko/perceptron", False),
        ("What is gradient descent?", "en/gradient-descent", False),  # known to be answered as it stands
        ("그건 누가 만들었어?", None, True),
        ("퍼셉트론은 누가 발명했어?", None, False),
    ],
)
def test_what_leans_is_told_by_how_it_is_put_and_what_it_asks_for(built_index, question, told, leaning):
    assert leans(built_index, question, [told] if told else [], language(question)) == leaning


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cited", "question", "lang", "place"),
    [
        ([["en/perceptron"]], "Which machine was it run on in 1958?", "en", 0),
        ([["en/perceptron"], ["en/bert"]], "And that first machine, when was it shown to the press?", "en", 0),
        ([["en/bert"], ["en/perceptron"]], "And that first machine, when was it shown to the press?", "en", 1),
        ([["en/adaline"], ["en/flashattention"]], "그 학생은 나중에 인텔에서 뭘 발명했어?", "ko", 0),  # told in English
        ([["en/adaline"], ["en/adaline", "en/bert"], ["en/gan"]], "그 학생은 인텔에서 뭘 발명했어? 😀", "ko", 1),
        ([["ko/perceptron"], ["ko/bert"]], "그건 누가 만들었어?", "ko", 1),  # either tells
        (
            [["en/hopfield-networks"], ["en/recurrent-networks"]],
            "and the opposite case, where it blows up? how bad?",
            "en",
            1,  # the first tells a little better
        ),
        ([["ko/expert-systems"], ["ko/rag"]], "누가 만들었어?", "ko", 1),  # the first tells better
        ([["ko/perceptron"], []], "누가 만들었어?", "ko", 1),  # a turn that was declined
        ([["ko/perceptron"], ["ko/bert"], []], "로젠블랫은 어느 대학에서 박사를 받았는데?", "ko", 0),
        (
            [["en/adaline"], *([f"en/{slug}"] for slug in ("bert", "gan", "vgg", "rag", "clip"))],
            "What did Hoff invent at Intel?",
            "en",
            TOPICS,
        ),
    ],
)
def test_a_question_is_behind_an_earlier_topic_where_that_answers_it_better(built_index, cited, question, lang, place):
    assert behind(built_index, question, cited, lang) == place


@pytest.mark.slow
def test_what_was_told_is_taken_in_the_language_of_the_answer(built_index):
    told = ["en/vgg", "ko/llama", "ko/vgg", "seeds/note", "library/vgg", "en/nothing"]
    assert built_index.translated(told, "ko") == ["ko/vgg", "ko/llama", "seeds/note", "library/vgg", "en/nothing"]
    assert built_index.translated(told[:3], "en") == ["en/vgg", "en/llama"]


@pytest.mark.slow
def test_what_a_question_says_is_the_weight_of_its_terms(built_index):
    assert built_index.says("And when was that?") == built_index.says("???") == 0.0
    alone = [built_index.says(word) for word in ("perceptron", "Rosenblatt")]
    assert min(alone) > 0.0
    assert built_index.says("perceptron, Rosenblatt, perceptron!") == pytest.approx(sum(alone))


@pytest.mark.slow
def test_a_question_that_the_page_offers_stands(built_index):
    documents = [f"{lang}/{slug}" for lang in ("en", "ko") for slug in ("vgg", "llama", "perceptron")]
    offered = [(ident, text) for ident in documents for _, _, text in known(built_index, ident)]
    assert len(offered) > 100
    assert not [text for ident, text in offered[::5] if leans(built_index, text, [ident], language(text))]


@pytest.mark.slow
def test_unless_a_file_of_the_learners_tells_it(built_settings, tmp_path):
    settings = replace(built_settings, index=tmp_path / "index", library=tmp_path / "library")
    shutil.copytree(built_settings.index, settings.index)
    (tmp_path / "diary.md").write_text("# Diary\n\nGeoffrey Hinton drives a red car from Sweden.\n", "utf-8")
    assert [outcome.state for outcome in library.add(settings, [tmp_path / "diary.md"])] == ["added"]
    about = ["Who is Geoffrey Hinton?", "What car does he drive?"]
    found = searched(open_index(settings), about, ["en/dropout"], set(), "en")
    assert found.covered
    assert "red car" in " ".join(e.text for e in found.evidence[:3])
