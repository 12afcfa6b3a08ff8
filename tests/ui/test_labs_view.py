"""The labs' part of the server: pictures, and the records of runs, saved and taken in."""

import json

import pytest
from scripted import ScriptedTutor
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tutor.labs import core, records
from tutor.session import Tutor
from tutor.tools import Toolbox
from tutor.ui import labs
from tutor.ui.conversation import Conversations
from tutor.ui.routes import tried

LEARNER, TAB = "l" * 32, "a" * 32


@pytest.fixture
def talks():
    return Conversations(ScriptedTutor().new_session)


@pytest.fixture
def client(talks):
    return TestClient(Starlette(routes=tried(ScriptedTutor(), talks)), headers={"x-learner": LEARNER})


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_card_has_a_picture_that_may_be_kept_for_long(built_settings, built_index, talks, lang):
    client = TestClient(Starlette(routes=tried(Tutor(built_settings, built_index, None, Toolbox()), talks)))
    cards = client.get("/labs", params={"lang": lang}).json()
    assert [card["lab"] for card in cards] == list(core.LABS)
    for card in cards:
        shown = client.get(card["picture"])
        assert shown.content == (labs.PICTURES / f"{card['lab']}.webp").read_bytes()
        assert shown.headers["content-type"] == "image/webp"
        assert "max-age=31536000" in shown.headers["cache-control"]
    assert len({card["picture"] for card in cards}) == len(cards)


def test_a_lab_whose_picture_is_not_drawn_yet_has_a_card(built_index, tmp_path, monkeypatch):
    monkeypatch.setattr(labs, "RUNS", tmp_path / "runs.json")
    labs.RUNS.write_text("{}", "utf-8")
    assert {card["picture"] for card in labs.gallery(built_index, "en")} == {""}


@pytest.mark.parametrize("name", ["levitation", "..%2f..%2fstyle", "runs.json"])
def test_there_are_no_other_pictures(client, name):
    assert client.get(f"/labs/{name}.webp").status_code == 404


def test_the_record_of_a_turn_is_what_the_command_line_writes(client, talks):
    talk = talks.open(LEARNER, TAB, "en")
    talk.begin("Who described it?")
    list(talk.answer())
    talk.begin_run("tokens", {"merges": 3})
    list(talk.answer())
    saved = client.post("/record", json={"tab": TAB, "number": 2})
    assert saved.text == records.written(talk.turns[1].answer.tools[0].result.record)
    assert records.read(saved.content)["arguments"]["merges"] == 3


@pytest.mark.parametrize("asked", [{"tab": TAB, "number": 1}, {"tab": TAB, "number": "1"}, {"tab": "b"}, {}])
def test_where_no_run_was_there_is_no_record(client, talks, asked):
    talk = talks.open(LEARNER, TAB, "en")
    talk.begin("Who described it?")
    list(talk.answer())
    assert client.post("/record", json=asked).status_code == 400


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_record_becomes_the_run_that_the_page_begins(client, talks, lang):
    record = {"lab": "tokens", "arguments": {"merges": 3}, "merges": [], "이름": 1}
    found = client.post(f"/replay?lang={lang}", content=json.dumps(record)).json()
    assert found == {"lab": "tokens", "arguments": {"merges": 3}, "record": record}


@pytest.mark.parametrize(
    ("lang", "file", "said"),
    [
        ("ko", b"{", "실습 기록이 아니에요: JSON이 아니에요."),
        ("en", b"{", "This is no record of a run: it is not JSON."),
        ("ko", b'{"lab": "tokens", "arguments": {"merges": -1}}', "merges=-1은(는) 쓸 수 없어요."),
        ("en", b'{"lab": "tokens", "arguments": {"merges": -1}}', "The argument merges=-1 is not allowed."),
    ],
)
def test_what_is_no_record_is_said_in_the_language_of_the_page(client, lang, file, said):
    told = client.post(f"/replay?lang={lang}", content=file).json()
    assert list(told) == ["error"]
    assert told["error"].startswith(said)
