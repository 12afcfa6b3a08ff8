"""What the page is told of the quiz, and through which doors, without a browser."""

import csv
import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from tutor.config import Settings
from tutor.corpus import articles
from tutor.store.engine import open_store
from tutor.ui.quiz import Quiz, proof
from tutor.ui.routes import Guard, practised
from tutor.ui.strings import STRINGS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOST = "http://testserver"
ME = "l" * 32


@pytest.fixture(scope="module")
def index():
    documents = {document.id: document for document in articles.read(Settings())}
    return SimpleNamespace(documents=documents, document=documents.__getitem__)


@pytest.fixture(scope="module")
def made(index):
    """The items, which are the same for every test."""
    return Quiz(SimpleNamespace(index=index, settings=Settings()), None).items


@pytest.fixture
def store(tmp_path):
    return open_store(f"sqlite:///{tmp_path / 'tutor.db'}")


@pytest.fixture
def quiz(index, made, store):
    quiz = Quiz(SimpleNamespace(index=index, settings=Settings()), store)
    quiz.items = made
    return quiz


@pytest.fixture
def client(quiz):
    with TestClient(
        Starlette(routes=practised(quiz), middleware=[Middleware(Guard)]), headers={"x-learner": ME}
    ) as client:
        yield client


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_question_comes_without_its_answer_and_its_answer_with_the_proof(quiz, lang):
    asked = quiz.next(ME, "", lang, NOON)
    item = quiz.items[asked["id"]]
    assert set(asked) == {"id", "era", "review", "prompt", "sentence", "choices"}
    assert asked["prompt"] == item.prompt[lang]
    assert sorted(asked["choices"]) == sorted(choice[lang] for choice in (item.answer, *item.wrong))
    assert asked["review"] is False
    told = quiz.answer(ME, item.id, item.answer[lang], lang, NOON)
    assert told["right"] is True
    assert told["proof"]["sentence"] == item.twin.fact[lang].text
    assert told["due"] == (2, "day")


def test_the_link_leads_to_the_line_of_the_sentence(quiz, index):
    told = quiz.answer(ME, "gan/invention:who", "nobody", "ko", NOON)
    path, _, query = told["proof"]["link"].partition("?lines=")
    line = int(query.split("-")[0])
    assert path == "/document/ko/gan"
    assert told["proof"]["sentence"] in index.documents["ko/gan"].text.split("\n")[line - 1]
    assert line >= index.documents["ko/gan"].body_line
    assert told["proof"]["source"].startswith("I. Goodfellow")
    assert told["right"] is False
    assert told["answer"] == "이언 굿펠로"
    assert told["due"] == (10, "minute")


def test_every_proof_is_found_in_its_article(quiz):
    for item in quiz.items.values():
        for lang in ("ko", "en"):
            told = proof(item.twin, lang)
            assert "lines=0-" not in told["link"], item.id
            assert told["source"], item.id


def test_a_prediction_brings_the_run_that_shows_the_truth(quiz):
    told = quiz.answer(ME, "xor-line:predict", "3 of 4", "en", NOON)
    assert told["right"] is True
    assert told["run"] == {"lab": "train_perceptron", "arguments": {"gate": "xor", "layers": "single"}}
    assert quiz.answer(ME, "gan/invention:who", "x", "en", NOON)["run"] is None


def test_the_schedule_survives_a_change_of_language_and_a_new_start(quiz, index, store):
    first = quiz.next(ME, "beginnings", "ko", NOON)
    quiz.answer(ME, first["id"], "?", "ko", NOON)
    later = NOON + timedelta(minutes=11)
    again = quiz.next(ME, "beginnings", "en", later)
    assert again["id"] == first["id"]
    assert again["review"] is True
    assert quiz.next(ME, "today", "en", later)["review"] is False
    fresh = Quiz(SimpleNamespace(index=index, settings=Settings()), store)
    assert fresh.next(ME, "beginnings", "en", later)["id"] == first["id"]


def test_where_nothing_is_left_it_is_told_when_something_comes_back(quiz):
    assert quiz.next(ME, "no such era", "en", NOON) == {"due": None}
    quiz.items = {"gan/invention:who": quiz.items["gan/invention:who"]}
    quiz.answer(ME, "gan/invention:who", "x", "en", NOON)
    assert quiz.next(ME, "", "en", NOON + timedelta(minutes=4)) == {"due": (6, "minute")}


def test_progress_and_export(quiz):
    quiz.answer(ME, "gan/invention:who", "Ian Goodfellow", "en", NOON)
    quiz.answer(ME, "xor-line:predict", "4 of 4", "en", NOON)
    eras = {era["era"]: era for era in quiz.progress(ME, "ko", NOON)}
    assert [*eras, "other"] == list(STRINGS["ko"]["eras"])
    assert eras["deep-learning"]["title"] == "딥러닝"
    assert [eras["deep-learning"][key] for key in ("seen", "known", "due")] == [1, 0, 0]
    assert [eras["beginnings"][key] for key in ("seen", "known", "due")] == [1, 0, 1]
    assert sum(era["items"] for era in eras.values()) == len(quiz.items)
    saved = quiz.export(ME, NOON)
    assert [era["seen"] for era in saved["eras"]] == [era["seen"] for era in eras.values()]
    rows = list(csv.DictReader(io.StringIO(quiz.export_csv(ME, NOON))))
    assert rows[0] == {
        "item": "gan/invention:who",
        "era": "deep-learning",
        "at": "2026-03-02T12:00:00+00:00",
        "right": "True",
        "due": "2026-03-04T12:00:00+00:00",
    }
    assert [review["item"] for review in saved["reviews"]] == [row["item"] for row in rows]


# ---- the doors -----------------------------------------------------------------------------------
def test_an_answer_goes_in_and_the_history_out(client):
    asked = client.get("/quiz", params={"lang": "en"}).json()
    said = {"item": asked["id"], "answer": "x"}
    told = client.post("/quiz?lang=en", json=said, headers={"origin": HOST}).json()
    assert told["right"] is False
    assert sum(era["seen"] for era in client.get("/quiz/progress").json()) == 1
    for kind in ("json", "csv"):
        saved = client.get(f"/quiz/export.{kind}")
        assert asked["id"] in saved.text
    assert client.delete("/quiz", headers={"origin": HOST}).status_code == 200
    assert sum(era["seen"] for era in client.get("/quiz/progress").json()) == 0


@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.test"}, {"origin": "null"}])
def test_another_page_can_neither_answer_nor_clear(client, headers):
    said = {"item": "gan/invention:who", "answer": "x"}
    assert client.post("/quiz", json=said, headers={"origin": HOST}).status_code == 200
    assert client.post("/quiz", json=said, headers=headers).status_code == 404
    assert client.delete("/quiz", headers=headers).status_code == 404
    assert len(client.get("/quiz/export.json").json()["reviews"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "1",
        "{}",
        '{"item": "no such", "answer": "x"}',
        '{"item": 1, "answer": 2}',
        '{"item": ["x"], "answer": "x"}',
    ],
)
def test_what_is_no_answer_is_refused(client, body):
    refused = client.post("/quiz", content=body, headers={"origin": HOST})
    assert refused.status_code == 400
    assert client.get("/quiz/export.json").json()["reviews"] == []


def test_another_learner_sees_nothing_and_nobody_without_a_secret(client):
    said = {"item": "gan/invention:who", "answer": "x"}
    assert client.post("/quiz", json=said, headers={"origin": HOST}).status_code == 200
    other = client.get("/quiz/export.json", headers={"x-learner": "m" * 32})
    assert other.json()["reviews"] == []
    for path in ("/quiz", "/quiz/progress", "/quiz/export.csv"):
        assert client.get(path, headers={"x-learner": "short"}).status_code == 400
