"""Several questions in one message, from the real index."""

import threading
import unicodedata

import pytest

from tutor.chat.model import load as load_model
from tutor.clauses import answered_apart, clauses, each_answered, questions
from tutor.config import Settings
from tutor.lookup import look_up
from tutor.session import Session
from tutor.tools import Toolbox
from tutor.types import Answered


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("What is RAG and what was it meant to solve?", ["What is RAG", "what was it meant to solve?"]),
        ("who came up with lstm and when", ["who came up with lstm", "when"]),
        ("Who made ELIZA? When? 🤖", ["Who made ELIZA?", "When? 🤖"]),
        ("다트머스 회의는 어디서 열렸고 누가 참석했나요", ["다트머스 회의는 어디서 열렸고", "누가 참석했나요"]),
        ("bert 어디서 만듦? 글고 어떻게 학습시켜", ["bert 어디서 만듦", "어떻게 학습시켜"]),
        ("My boss talks of LoRA. What is it, and who made it?", ["What is it", "who made it?"]),
        ("Who were Hubel and Wiesel?", []),  # one question, the "and" is of the names
        ("What is the difference between how BERT and how GPT read?", []),  # one question of both
        ("BERT는 어떻게 읽고 GPT는 어떻게 달라?", []),
        ("Tell me about ELIZA. I like it.", []),
        ("", []),
    ],
)
def test_the_questions_of_a_message(message, found):
    assert questions(message) == found


def test_the_clauses_are_the_message():
    message = "손자가 배운대서요. 퍼셉트론이 뭔지 궁금한데 누가 만들었고 왜 유명해요?"
    assert clauses(message) == [
        "손자가 배운대서요.",
        "퍼셉트론이 뭔지",
        "궁금한데",
        "누가 만들었고",
        "왜 유명해요?",
    ]
    assert " ".join(clauses(message)) == message


def slugs(found):
    return [e.passage.slug for e in found.evidence]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("message", "lang", "first", "second"),
    [
        ("What was SHRDLU? And who wrote it?", "en", "SHRDLU is a program", "SHRDLU"),
        ("GANs: who invented them and what are the two networks in it called?", "en", "Goodfellow", "discriminator"),
        ("퍼셉트론은 누가 만들었고 XOR은 왜 못 풀어?", "ko", "로젠블랫", "XOR"),
    ],
)
def test_each_question_is_answered_among_the_leading_sentences(built_index, message, lang, first, second):
    found = each_answered(built_index, message, look_up(built_index, message, lang), lang)
    told = " ".join(e.text for e in found.evidence[:4])
    assert first in told
    assert second in told
    assert found.questions == 2
    assert len({e.text for e in found.evidence}) == len(found.evidence)
    assert {e.passage.id for e in found.evidence} <= {hit.passage.id for hit in found.hits}


@pytest.mark.slow
def test_a_question_that_names_nothing_is_asked_of_what_is_named_before_it(built_index):
    message = 'My boss wants us to use "chain of thought". What is it and who made it?'
    found = each_answered(built_index, message, look_up(built_index, message, "en"), "en")
    assert set(slugs(found)[:2]) == {"chain-of-thought"}
    assert found.questions == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        "Who invented the perceptron?",  # one question
        "Which network and which year does the note name?",  # the note is asked as a whole
        "What is ELECTRA and how many goals did Pele score?",  # neither is answered
    ],
)
def test_else_the_message_is_looked_up_whole(built_index, message):
    assert each_answered(built_index, message, look_up(built_index, message, "en"), "en") is None


@pytest.mark.slow
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_other_talk_hides_is_answered(built_index, form):
    message = unicodedata.normalize(form, "RAG가 뭔지 회사에서 자꾸 얘기하는데 이제 와서 묻기가 창피해서요")
    clause, found = answered_apart(built_index, unicodedata.normalize("NFC", message), "ko")
    assert clause == "RAG가 뭔지"
    assert slugs(found)[0] == "rag"


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        "What is ELECTRA and how does it beat masked language modelling?",  # it asks of ELECTRA
        "Hinton was born in London, so what did he eat there?",
        "오늘 점심 뭐 먹지? 그리고 날씨 어때?",
        "pizza",
    ],
)
def test_what_is_not_answered_before_it_is_no_clause_to_answer(built_index, message):
    assert answered_apart(built_index, message, "ko" if message[0] > "z" else "en") is None


@pytest.mark.slow
def test_two_questions_are_answered_with_a_sentence_more(built_index):
    session = Session(built_index, load_model(Settings()), Toolbox())
    *_, last = session.ask("What was SHRDLU? And who wrote it?", threading.Event())
    assert isinstance(last, Answered)
    assert last.answer.mode == "quoted"
    assert len(last.answer.checked) == 4
    assert all(c.supported for c in last.answer.checked)
    *_, then = session.ask("RAG가 뭔지 회사에서 자꾸 얘기하는데 이제 와서 묻기가 창피해서요", threading.Event())
    assert then.answer.citations[0].passage.slug == "rag"
    about, _ = session.rewrite("누가 만들었어?", "ko")
    assert about == ["RAG가 뭔지", "누가 만들었어?"]  # what was asked, not the rest


@pytest.mark.slow
def test_behind_another_question_the_first_of_several_tells_whether_they_lean(built_index):
    session = Session(built_index, load_model(Settings()), Toolbox())
    list(session.ask("Why did Hinton leave Google?", threading.Event()))
    message = "who made eliza and how did it work"
    assert session.rewrite(message, "en")[0] == [message]
    assert session.rewrite("what did he do there and why did he like it?", "en")[0][1:]
