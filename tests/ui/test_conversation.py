"""The server's side of a tab: what is yielded, what is kept, and what stop, retry and clear do to it."""

import json
import threading
import time

import pytest
from scripted import ScriptedSession, ScriptedTutor

from tutor.ui.conversation import MAX_CONVERSATIONS, SHOWN_TURNS, Conversation, Conversations
from tutor.ui.strings import EN, KO
from tutor.ui.turn import Turn

LEARNER = "l" * 32


@pytest.fixture
def tutor():
    return ScriptedTutor(pause=0.001)


@pytest.fixture
def talk(tutor):
    return Conversation(tutor.new_session, "en")


def ask(talk, question):
    """Every view of the turn."""
    assert talk.begin(question)
    return list(talk.answer())


def test_an_answer_grows_and_is_kept(talk):
    views = ask(talk, "Who described it?")
    assert views[0]["turns"][0]["status"] == EN["searching"]
    assert views[0]["busy"]
    last = views[-1]
    assert not last["busy"]
    assert last["order"] == ["t1"]
    assert last["turns"][0]["question"] == "Who described it?"
    assert "Frank Rosenblatt described the perceptron in 1958." in last["turns"][0]["answer"]
    assert "<mark>" in last["turns"][0]["sources"]
    assert last["turns"][0]["status"] == ""
    json.dumps(last)


def test_writing_is_counted_while_nothing_is_shown_yet():
    talk = Conversation(ScriptedTutor(pause=0.12).new_session, "ko")
    statuses = [view["turns"][0]["status"] for view in ask(talk, "누가 만들었어?")]
    assert KO["writing"].format(n=3) in statuses
    assert statuses[-1] == ""


def test_an_empty_conversation_is_drawn_too(talk):
    words = talk.view(whole=True)["words"]
    assert talk.view() == {"order": [], "most": SHOWN_TURNS, "turns": [], "busy": False, "words": words}


def test_only_the_last_turn_is_sent_while_answering(talk):
    ask(talk, "one?")
    last = ask(talk, "two?")[-1]
    assert last["order"] == ["t1", "t2"]
    assert [turn["id"] for turn in last["turns"]] == ["t2"]
    assert [turn["id"] for turn in talk.view(whole=True)["turns"]] == ["t1", "t2"]


def test_of_a_long_conversation_the_newest_turns_are_sent_and_the_earlier_ones_when_asked_for(talk):
    count = 2 * SHOWN_TURNS + 3
    talk._newest = [Turn(number, f"{number}?", "en") for number in range(1, count + 1)]
    sent = talk.view(whole=True)
    assert len(sent["order"]) == count
    assert [turn["number"] for turn in sent["turns"]] == list(range(SHOWN_TURNS + 4, count + 1))
    earlier = talk.earlier(SHOWN_TURNS + 4)
    assert [turn["number"] for turn in earlier] == list(range(4, SHOWN_TURNS + 4))
    assert [turn["number"] for turn in talk.earlier(4)] == [1, 2, 3]
    assert talk.earlier(1) == []


def test_a_demo_runs_live_and_ends_with_its_figures():
    talk = Conversation(ScriptedTutor(pause=0.02).new_session, "en")
    views = ask(talk, "Show me XOR")
    running = [view["turns"][0] for view in views if EN["training"].split("{")[0] in view["turns"][0]["status"]]
    assert len({turn["status"] for turn in running}) >= 3  # it moved
    drawn = {figure for turn in running for figure in turn["figures"]}
    assert drawn
    assert all("frames" not in json.loads(figure) for figure in drawn)
    last = views[-1]["turns"][0]
    assert len(last["figures"]) == 3  # regions, curves, surface
    assert len(json.loads(last["figures"][0])["frames"]) > 10
    assert "3/4" in last["answer"]


def test_a_run_that_was_set_up_by_hand(tutor):
    talk = Conversation(tutor.new_session, "ko")
    assert talk.begin_run("tokens", {"merges": 3})
    assert not talk.begin_run("tokens", {})  # one at a time
    last = list(talk.answer())[-1]["turns"][0]
    assert last["question"].startswith("실습 실행: ")
    assert last["question"].endswith(" 3)")
    assert "어요" in last["answer"]  # told in the language of the page
    after = last["after"]
    assert after["form"]["lab"] == "tokens"
    assert {f["name"]: f["value"] for f in after["form"]["fields"]}["merges"] == 3
    assert all(next["words"] and next["lab"] for next in after["next"])
    json.dumps(last)


def test_a_run_is_asked_for_again_as_it_was(tutor):
    talk = Conversation(tutor.new_session, "en")
    talk.begin_run("tokens", {"merges": 3})
    list(talk.answer())
    assert talk.retry()
    again = list(talk.answer())[-1]["turns"][0]
    assert {f["name"]: f["value"] for f in again["after"]["form"]["fields"]}["merges"] == 3


@pytest.mark.parametrize(("lab", "arguments"), [("tokens", {"merges": -1}), ("teleport", {})])
def test_a_run_that_cannot_be_is_a_question_that_fails(tutor, lab, arguments):
    talk = Conversation(tutor.new_session, "en")
    assert talk.begin_run(lab, arguments)  # the session says what is wrong
    assert talk.view()["turns"][0]["question"]
    assert talk.rejected() == ""


def test_views_are_throttled():
    talk = Conversation(ScriptedTutor(pause=0.001).new_session, "en")
    assert talk.begin("count")
    started, views = time.monotonic(), 0
    for _ in talk.answer():
        views += 1
        if time.monotonic() - started > 0.55:
            talk.cancel.set()
    assert 4 <= views <= 9  # the script has some 400 events in this time


def test_stop_ends_the_turn_and_keeps_what_was_said(talk):
    talk.begin("count")
    steps = talk.answer()
    while "1 2" not in next(steps)["turns"][0]["answer"]:
        pass
    talk.cancel.set()
    last = list(steps)[-1]
    assert EN["stopped"] in last["turns"][0]["answer"]
    assert "1 2" in last["turns"][0]["answer"]
    assert not last["busy"]


def test_closing_the_page_cancels_the_generation(talk, tutor):
    talk.begin("count")
    cancel = talk.cancel
    steps = talk.answer()
    next(steps)
    next(steps)
    assert not cancel.is_set()
    steps.close()
    assert cancel.is_set()
    assert not talk.busy
    assert EN["interrupted"] in talk.view()["turns"][0]["answer"]
    assert ask(talk, "Who?")[-1]["order"] == ["t1", "t2"]


def test_a_question_that_waits_can_be_stopped(talk, tutor):
    talk.begin("one?")
    talk.stop()
    assert not talk.busy
    assert EN["stopped"] in talk.view()["turns"][0]["answer"]
    assert list(talk.answer()) == []
    assert tutor.sessions[0].history == []


def test_a_question_left_waiting_does_not_block_the_reloaded_page(tutor):
    tabs = Conversations(tutor.new_session)
    tabs.open(LEARNER, "a" * 32, "en").begin("one?")
    again = tabs.open(LEARNER, "a" * 32, "en")
    assert not again.busy
    assert EN["interrupted"] in again.view()["turns"][0]["answer"]


def test_a_reloaded_page_finds_its_answer_stopped():
    tabs = Conversations(ScriptedTutor(pause=0.01).new_session)
    talk = tabs.open(LEARNER, "a" * 32, "en")
    talk.begin("count")
    answering = threading.Thread(target=list, args=(talk.answer(),))
    answering.start()
    time.sleep(0.1)
    again = tabs.open(LEARNER, "a" * 32, "en")
    assert again is talk
    assert not again.busy
    assert EN["stopped"] in again.view()["turns"][0]["answer"]
    answering.join()


def test_closing_the_page_before_the_first_event(talk):
    talk.begin("one?")
    steps = talk.answer()
    next(steps)
    steps.close()
    assert not talk.busy


def test_one_question_at_a_time(talk):
    assert talk.begin("one?")
    assert not talk.begin("two?")
    assert [turn.question for turn in talk.turns] == ["one?"]


def test_retry_replaces_the_last_turn(talk, tutor):
    ask(talk, "one?")
    ask(talk, "two?")
    assert talk.retry()
    assert list(talk.answer())[-1]["order"] == ["t1", "t3"]
    assert tutor.sessions[0].history == ["one?", "two?"]


def test_retry_after_a_refused_question_leaves_the_history_alone(talk, tutor):
    ask(talk, "one?")
    ask(talk, "x" * 3000)
    assert talk.retry()
    list(talk.answer())
    assert tutor.sessions[0].history == ["one?"]


def test_retry_of_nothing(talk):
    assert not talk.retry()
    assert list(talk.answer()) == []


@pytest.mark.parametrize("question", ["", "   ", "x" * 3000, "x" * 1_000_000])
def test_a_refused_question_is_told_and_given_back(talk, question):
    last = ask(talk, question)[-1]["turns"][0]
    assert "empty or too long" in last["answer"]
    assert len(last["question"]) <= 2010
    assert talk.rejected() == question


def test_an_answered_question_is_not_given_back(talk):
    ask(talk, "one?")
    assert talk.rejected() == ""


def test_a_bug_does_not_reach_the_page(talk, caplog):
    last = ask(talk, "crash")[-1]
    assert EN["broken"] in last["turns"][0]["answer"].replace("&#x27;", "'")
    assert "scripted" not in str(last)
    assert "scripted" in caplog.text
    assert not last["busy"]


def test_clear_forgets_and_stops(talk, tutor):
    talk.begin("count")
    cancel = talk.cancel
    steps = talk.answer()
    next(steps)
    talk.reset()
    assert cancel.is_set()
    assert list(steps)[-1]["order"] == []
    assert len(tutor.sessions) == 2
    assert ask(talk, "one?")[-1]["order"] == ["t2"]
    assert tutor.sessions[1].history == ["one?"]


def test_switching_the_language_redraws_everything(talk):
    ask(talk, "one?")
    talk.lang = "ko"
    view = talk.view(whole=True)
    assert KO["badge"]["generated"] in view["turns"][0]["answer"]
    assert view["words"]["sources"] == KO["sources"]


def test_a_tab_finds_its_conversation_again_and_no_other():
    tabs = Conversations(ScriptedSession)
    one, two = tabs.open(LEARNER, "a" * 32, "ko"), tabs.open(LEARNER, "b" * 32, "en")
    assert one is not two
    assert tabs.open(LEARNER, "a" * 32, "en") is one
    assert one.lang == "ko"


@pytest.mark.parametrize("secret", ["", "a", "a" * 31, None])
def test_a_guessable_secret_opens_nothing(secret):
    tabs = Conversations(ScriptedSession)
    assert tabs.open(LEARNER, secret, "en") is not tabs.open(LEARNER, secret, "en")
    assert tabs.open(secret, "a" * 32, "en") is not tabs.open(secret, "a" * 32, "en")


def test_the_least_recent_conversation_makes_room():
    tabs = Conversations(ScriptedSession)
    first = tabs.open(LEARNER, "0" * 32, "en")
    for number in range(1, MAX_CONVERSATIONS + 1):
        tabs.open(LEARNER, f"{number:032}", "en")
    assert first.cancel.is_set()
    assert tabs.open(LEARNER, "0" * 32, "en") is not first


def test_conversations_do_not_mix():
    tutor = ScriptedTutor(pause=0.01)
    talks = [Conversation(tutor.new_session, "en") for _ in range(2)]
    threads = [threading.Thread(target=ask, args=(talk, f"question {i}")) for i, talk in enumerate(talks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [session.history for session in tutor.sessions] == [["question 0"], ["question 1"]]
