"""What a learner has studied: kept by the server, each learner's apart, nothing but articles."""

import pytest
from scripted import ScriptedTutor
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tutor.store.engine import open_store
from tutor.ui.routes import read

MINE, OTHER = {"x-learner": "m" * 32}, {"x-learner": "o" * 32}


@pytest.fixture
def server():
    tutor = ScriptedTutor()
    return TestClient(Starlette(routes=read(tutor, open_store(tutor.settings.database))))


def test_articles_are_added_once_and_cleared(server):
    assert server.post("/studied", json={}, headers=MINE).json() == []
    for _ in range(2):
        assert server.post("/studied", json={"add": ["perceptron"]}, headers=MINE).json() == ["perceptron"]
    assert server.post("/studied", json={}, headers=OTHER).json() == []
    assert server.post("/studied", json={"clear": True}, headers=OTHER).json() == []
    assert server.post("/studied", json={}, headers=MINE).json() == ["perceptron"]
    assert server.post("/studied", json={"clear": True}, headers=MINE).json() == []


@pytest.mark.parametrize("slugs", [["no-such-article", 1, None, ["perceptron"]], "perceptron", {"perceptron": 1}, 7])
def test_what_is_no_article_is_not_kept(server, slugs):
    assert server.post("/studied", json={"add": slugs}, headers=MINE).json() == []


def test_nobody_reads_without_a_secret(server):
    assert server.post("/studied", json={}).status_code == 400
