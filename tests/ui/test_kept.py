"""What is kept: conversations through a restart, in a list, rated, deleted; the server's side of it."""

import pytest
from scripted import ScriptedTutor

from tutor.store.engine import open_store
from tutor.types import ToolCall
from tutor.ui import conversation, export
from tutor.ui.conversation import Conversation, Conversations
from tutor.ui.turn import Turn

LEARNER, TAB, OTHER = "l" * 32, "a" * 32, "b" * 32
QUESTIONS = {"ko": "퍼셉트론은 누가 만들었어?", "en": "Who described the perceptron?"}


@pytest.fixture
def tutor():
    return ScriptedTutor()


def started(tutor) -> Conversations:
    """As after a start of the program: nothing is in memory."""
    return Conversations(tutor.new_session, open_store(tutor.settings.database))


def ask(talk: Conversation, question: str) -> None:
    assert talk.begin(question)
    list(talk.answer())


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_restart_loses_no_finished_turn(tutor, lang):
    talk = started(tutor).open(LEARNER, TAB, lang)
    ask(talk, QUESTIONS[lang])
    ask(talk, "XOR")
    assert talk.begin_run("tokens", {"merges": 3})
    list(talk.answer())
    ask(talk, "x" * 2001)  # refused, and shown so
    again = started(tutor).open(LEARNER, TAB, lang)
    assert again.view(whole=True) == talk.view(whole=True)
    assert tutor.sessions[-1].history == [turn.question for turn in talk.turns if turn.answer]
    ask(again, "And then?")
    assert again.view()["order"] == ["t1", "t2", "t3", "t4", "t5"]


def test_a_replay_is_one_after_a_restart_too(tutor):
    talk = started(tutor).open(LEARNER, TAB, "en")
    assert talk.begin_run("tokens", {"merges": 3}, {"lab": "tokens", "merges": []})
    list(talk.answer())
    again = started(tutor).open(LEARNER, TAB, "en")
    assert again.record(1) == talk.record(1)
    assert again.retry()
    list(again.answer())
    assert tutor.sessions[-1].recorded == {"lab": "tokens", "merges": []}


def test_what_was_being_answered_at_the_crash_is_not_half_there(tutor):
    talk = started(tutor).open(LEARNER, TAB, "en")
    ask(talk, "one?")
    talk.begin("count")
    steps = talk.answer()
    next(steps)
    assert started(tutor).open(LEARNER, TAB, "en").view()["order"] == ["t1"]
    steps.close()


def test_asking_again_takes_the_place_of_the_turn_when_it_is_finished(tutor):
    talk = started(tutor).open(LEARNER, TAB, "en")
    ask(talk, "one?")
    talk.retry()
    assert started(tutor).open(LEARNER, TAB, "en").view()["order"] == ["t1"]
    list(talk.answer())
    assert started(tutor).open(LEARNER, TAB, "en").view()["order"] == ["t2"]


def test_a_new_conversation_leaves_the_old_one_in_the_list(tutor):
    talks = started(tutor)
    talk = talks.open(LEARNER, TAB, "en")
    ask(talk, "one?")
    talks.renew(talk, LEARNER, OTHER)
    ask(talk, "two?")
    assert [(kept.id, kept.title) for kept in talks.listed(LEARNER)] == [(OTHER, "two?"), (TAB, "one?")]
    assert talks.open(LEARNER, OTHER, "en") is talk
    assert talks.open(LEARNER, TAB, "en").turns[0].question == "one?"
    assert talks.listed("m" * 32) == []


def test_a_deleted_conversation_is_gone_though_its_answer_is_still_being_written(tutor):
    talks = started(tutor)
    talk = talks.open(LEARNER, TAB, "en")
    ask(talk, "one?")
    talk.begin("count")
    steps = talk.answer()
    next(steps)
    talks.delete(LEARNER, TAB)
    list(steps)
    assert talks.listed(LEARNER) == []
    assert talks.open(LEARNER, TAB, "en").turns == []


def test_another_learner_opens_and_deletes_nothing(tutor):
    talks = started(tutor)
    ask(talks.open(LEARNER, TAB, "en"), "one?")
    assert talks.open("m" * 32, TAB, "en").turns == []
    talks.delete("m" * 32, TAB)
    assert len(talks.listed(LEARNER)) == 1


def test_feedback_is_kept(tutor):
    talks = started(tutor)
    ask(talks.open(LEARNER, TAB, "en"), "one?")
    talks.held(LEARNER, TAB).rate(1, True)
    talks.held(LEARNER, TAB).rate(9, True)  # there is no such turn
    assert talks.held(LEARNER, TAB).view()["turns"][0]["helpful"] is True
    assert started(tutor).open(LEARNER, TAB, "en").view()["turns"][0]["helpful"] is True
    assert talks.held(LEARNER, OTHER) is None


@pytest.fixture
def long_talk(tutor, monkeypatch):
    """A conversation of six turns, of which the server holds two; the second is a demo's."""
    monkeypatch.setattr(conversation, "SHOWN_TURNS", 2)
    talk = started(tutor).open(LEARNER, TAB, "en")
    for question in ("1?", "XOR", "3?", "4?", "5?", "6?"):
        ask(talk, question)
    return talk


def test_of_a_long_conversation_the_server_holds_what_the_page_shows_and_reads_the_rest(tutor, long_talk):
    assert [turn.number for turn in long_talk._newest] == [5, 6]
    assert long_talk.view()["order"] == ["t1", "t2", "t3", "t4", "t5", "t6"]
    assert [turn["number"] for turn in long_talk.view(whole=True)["turns"]] == [5, 6]
    assert [turn["number"] for turn in long_talk.earlier(6)] == [4, 5]  # one is held, one is not
    first = long_talk.earlier(3)
    assert [turn["number"] for turn in first] == [1, 2]
    assert len(first[1]["figures"]) == 3
    assert long_talk.earlier(1) == []
    assert [turn.question for turn in long_talk.turns] == ["1?", "XOR", "3?", "4?", "5?", "6?"]
    again = started(tutor).open(LEARNER, TAB, "en")
    assert [turn.number for turn in again._newest] == [5, 6]
    assert again.view(whole=True) == long_talk.view(whole=True)
    assert tutor.sessions[-1].history == ["1?", "XOR", "3?", "4?", "5?", "6?"]


def test_a_long_conversation_is_exported_whole(long_talk):
    text = export.markdown(long_talk.turns, "en")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        *("## 1?", "## XOR", "## 3?", "## 4?", "## 5?", "## 6?")
    ]
    assert export.page(long_talk.turns, "en", "").count('<article class="turn">') == 6
    assert "Plotly.newPlot" in export.page(long_talk.turns, "en", "")


def test_asking_again_in_a_long_conversation_leaves_the_earlier_turns(tutor, long_talk):
    assert long_talk.retry()
    list(long_talk.answer())
    assert [turn.number for turn in long_talk.turns] == [1, 2, 3, 4, 5, 7]
    assert [turn.number for turn in started(tutor).open(LEARNER, TAB, "en").turns] == [1, 2, 3, 4, 5, 7]


def test_a_turn_that_is_no_longer_held_is_rated(tutor, long_talk):
    long_talk.rate(1, True)
    assert [turn["helpful"] for turn in long_talk.earlier(3)] == [True, None]


def test_a_new_conversation_has_no_earlier_turns(long_talk):
    long_talk.reset(OTHER)
    assert long_talk.turns == []
    assert long_talk.view()["order"] == []


def test_a_full_disk_does_not_take_the_answer(tutor, monkeypatch, caplog):
    from sqlalchemy.exc import OperationalError

    talk = started(tutor).open(LEARNER, TAB, "en")

    def full(*_, **__):
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(talk._kept, "keep", full)
    ask(talk, "one?")
    assert "Rosenblatt" in talk.view()["turns"][0]["answer"]
    assert not talk.busy
    assert "disk is full" in caplog.text


def test_what_could_not_be_kept_is_held(tutor, monkeypatch):
    from sqlalchemy.exc import OperationalError

    monkeypatch.setattr(conversation, "SHOWN_TURNS", 2)
    talk = started(tutor).open(LEARNER, TAB, "en")
    ask(talk, "1?")
    with monkeypatch.context() as full:
        full.setattr(talk._kept, "keep", lambda *_, **__: (_ for _ in ()).throw(OperationalError("", {}, Exception())))
        ask(talk, "2?")
    for question in ("3?", "4?", "5?"):
        ask(talk, question)
    assert [turn.question for turn in talk.turns] == ["1?", "2?", "3?", "4?", "5?"]


@pytest.mark.parametrize("learner", ["", "l" * 31])
def test_without_a_secret_nothing_is_kept(tutor, learner):
    talks = started(tutor)
    ask(talks.open(learner, TAB, "en"), "one?")
    assert talks.listed(learner) == []


def test_a_turn_is_kept_as_plain_data():
    turn = Turn(
        3, "q", "en", ToolCall("tokens", {"merges": 3}), {"lab": "tokens"}, text="said", error="broken", figures=["{}"]
    )
    assert Turn.of(3, turn.kept(), None) == turn
