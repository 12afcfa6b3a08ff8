"""The API for programs: what it answers and refuses, in which language, and that it is as it describes itself."""

import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

import httpx
import jsonschema
import pytest
from chromium import serving
from scripted import ScriptedTutor
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from tutor.chat import model
from tutor.labs import core
from tutor.service import WAITING
from tutor.session import Tutor
from tutor.tools import Toolbox
from tutor.ui import api
from tutor.ui.routes import Guard

QUESTIONS = {"ko": "퍼셉트론은 왜 XOR를 못 풀어?", "en": "Why can't a perceptron solve XOR?"}
NFD = unicodedata.normalize("NFD", QUESTIONS["ko"])


def client_of(tutor) -> TestClient:
    return TestClient(Starlette(routes=api.routes(tutor), middleware=[Middleware(Guard)]))


@pytest.fixture(scope="module")
def client(built_settings, built_index):
    """Of the real index, with no model: for all but questions."""
    return client_of(Tutor(built_settings, built_index, None, Toolbox()))


@pytest.fixture(scope="module")
def whole(built_settings, built_index):
    """With the bundled model."""
    settings = replace(built_settings, threads=1)
    chat = model.load(settings)
    yield client_of(Tutor(settings, built_index, chat, Toolbox()))
    chat.close()


def as_described(path: str, answer: httpx.Response) -> dict:
    """The answer, which must be what the description says, field by field."""
    told = api.description()
    (operation,) = told["paths"][path].values()
    for schema in told["components"]["schemas"].values():
        schema["additionalProperties"] = False
    response = operation["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = told["components"]["responses"]["Error"]
    schema = response["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": told["components"]}).validate(answer.json())
    return answer.json()


# ---- questions -----------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("question", [QUESTIONS["ko"], QUESTIONS["en"], NFD, f"{QUESTIONS['ko']} 🙂"])
def test_a_question_is_answered_with_what_it_rests_on(whole, question):
    told = as_described("/api/ask", whole.post("/api/ask", json={"question": question}))
    lang = "en" if question.isascii() else "ko"
    assert (told["question"], told["lang"], told["mode"]) == (question, lang, "quoted")
    assert {"ko": "직선", "en": "line"}[lang] in told["answer"]
    assert told["citations"][0]["doc"] == f"{lang}/perceptron"
    assert {f"[{c['n']}]" in told["answer"] for c in told["citations"]} == {True}


@pytest.mark.slow
def test_a_question_stands_alone_and_its_language_can_be_chosen(whole):
    whole.post("/api/ask", json={"question": "Who invented the perceptron?"})
    told = whole.post("/api/ask", json={"question": "When did he do it?"}).json()
    assert "1957" not in told["answer"]
    assert whole.post("/api/ask", json={"question": "LSTM", "lang": "ko"}).json()["lang"] == "ko"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "said"), [("ko", "AND로 퍼셉트론을 직접 보여줘"), ("en", "Train a perceptron on AND")]
)
def test_a_question_may_ask_for_a_demo(whole, lang, said):
    told = as_described("/api/ask", whole.post("/api/ask", json={"question": said}))
    (call,) = told["tool_calls"]
    assert (told["lang"], told["mode"], call["name"], call["ok"]) == (lang, "lab", "train_perceptron", True)
    assert call["arguments"]["gate"] == "and"
    assert "4/4" in call["result"]


# ---- the sources ---------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_search_is_the_tutors_own_and_says_how_each_passage_was_found(client, built_index, lang):
    found = as_described("/api/search", client.post("/api/search", json={"query": QUESTIONS[lang], "k": 4}))
    assert (found["lang"], found["covered"]) == (lang, True)
    hits = built_index.search(QUESTIONS[lang], lang=lang, k=4)
    assert [passage["text"] for passage in found["passages"]] == [hit.passage.text for hit in hits]
    assert [passage["score"] for passage in found["passages"]] == [round(hit.score, 4) for hit in hits]
    assert all(passage["best"] in passage["text"] for passage in found["passages"])
    assert "XOR" in found["passages"][0]["best"]
    assert all(passage["why"]["words"] or passage["why"]["meaning"] for passage in found["passages"])


def test_a_search_by_jamo_and_one_that_finds_nothing(client):
    def found(query: str) -> dict:
        return client.post("/api/search", json={"query": query, "lang": "ko"}).json()

    assert found(NFD)["passages"] == found(QUESTIONS["ko"])["passages"]
    assert (found("🙂🙂")["passages"], found("🙂🙂")["covered"]) == ([], False)
    assert not found("바나나 우유 만드는 법")["covered"]


# ---- the labs ------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_lab_is_told_with_settings_that_it_takes(client, lang):
    told = as_described("/api/labs", client.get("/api/labs", params={"lang": lang}))
    assert [lab["name"] for lab in told] == list(core.LABS)
    assert [lab["title"] for lab in told] == [lab.title[lang] for lab in core.LABS.values()]
    for lab in told:
        settings = lab["settings"]["properties"]
        assert {key: one["title"] for key, one in settings.items()} == {
            key: core.LABS[lab["name"]].labels[key][lang] for key in settings
        }
        defaults = {key: one["default"] for key, one in settings.items() if "default" in one}
        core.parse(lab["name"], {**defaults, **core.LABS[lab["name"]].first})


@pytest.mark.parametrize(("lang", "said"), [("ko", "에폭 만에 네 점을 모두 맞혔어요"), ("en", "4/4 after 5 epochs")])
def test_a_lab_is_run_with_the_settings_posted(client, lang, said):
    settings = {"gate": "and", "layers": "single", "seeds": [0]}
    answer = client.post("/api/labs/train_perceptron", params={"lang": lang}, json=settings)
    ran = as_described("/api/labs/{name}", answer)
    assert said in ran["text"]
    assert ran["record"]["lab"] == "train_perceptron"
    assert settings.items() <= ran["record"]["arguments"].items()


# ---- what cannot be done -------------------------------------------------------------------------
ASK, SEARCH, LORA = "/api/ask", "/api/search", "/api/labs/lora"
WRONG = [
    (ASK, b'{"question": ""}', 422, "is empty", "비어 있어요"),
    (ASK, b"{}", 422, "is empty", "비어 있어요"),
    (ASK, json.dumps({"question": "x" * 2001}).encode(), 422, "2,001 characters", "2,001자예요"),
    (ASK, b'{"question": 3}', 422, "question=3", "question=3"),
    (ASK, b'{"question": "a", "history": []}', 422, "history", "history"),
    (ASK, b'{"question": "a", "lang": "fr"}', 422, "lang='fr'", "lang='fr'"),
    (ASK, b'{"question": ', 400, "no JSON object", "JSON 객체가 아니에요"),
    (ASK, b"[1]", 400, "no JSON object", "JSON 객체가 아니에요"),
    (ASK, b"\xff", 400, "no JSON object", "JSON 객체가 아니에요"),
    (ASK, b'{"question": "\\ud800"}', 400, "no JSON object", "JSON 객체가 아니에요"),
    (ASK, b"[" * 60_000, 400, "no JSON object", "JSON 객체가 아니에요"),
    (ASK, b" " * (api.LARGEST + 1), 413, "65,536", "65,536"),
    (SEARCH, b'{"query": "   "}', 422, "is empty", "비어 있어요"),
    (SEARCH, b'{"query": "a", "k": 0}', 422, "k=0", "k=0"),
    (SEARCH, b'{"query": "a", "k": "6"}', 422, "k='6'", "k='6'"),
    ("/api/labs/levitation", b"{}", 404, "levitation", "levitation"),
    (LORA, b'{"rank": 99}', 422, "rank=99", "rank=99"),
    (LORA, b'{"rank": NaN}', 400, "no JSON object", "JSON 객체가 아니에요"),
    (LORA, b'{"depth": 3}', 422, "depth", "depth"),
]


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize(("path", "body", "status", "en", "ko"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_told_in_the_language_asked_for(client, lang, path, body, status, en, ko):
    answer = client.post(path, params={"lang": lang}, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    told = as_described("/api/labs/{name}" if "labs" in path else path, answer)
    assert {"ko": ko, "en": en}[lang] in told["error"]
    assert any("가" <= letter <= "힣" for letter in told["error"] + told["hint"]) == (lang == "ko")


@pytest.mark.parametrize(
    ("given", "params", "accepted", "korean"),
    [
        ({"question": "안녕", "lang": "en", "k": 1}, {"lang": "ko"}, "ko", False),
        ({"question": "hello", "k": 1}, {"lang": "ko"}, "en", True),
        ({"question": "안녕", "k": 1}, {}, "en", True),
        ({"k": 1}, {}, "ko-KR,ko;q=0.9", True),
        ({"k": 1}, {}, "", False),
    ],
)
def test_the_language_is_that_of_the_body_else_of_the_address_else_of_the_question(
    client, given, params, accepted, korean
):
    told = client.post("/api/ask", params=params, json=given, headers={"accept-language": accepted}).json()
    assert ("쓸 수 있는 인자는" in told["hint"]) == korean


def test_what_is_not_posted_as_json_is_not_read(client):
    answer = client.post("/api/ask", content=b'{"question": "a"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert "Content-Type" in as_described("/api/ask", answer)["error"]


@pytest.mark.parametrize("path", ["/api/ask", "/api/search", "/api/labs/lora"])
def test_no_other_site_in_a_browser_may_ask(client, path):
    for origin in ("http://evil.test", "null", ""):
        assert client.post(path, json={}, headers={"origin": origin}).status_code == 404
    for origin in ({}, {"origin": "http://testserver"}):
        assert client.post(path, json={"no such": 1}, headers=origin).status_code == 422


@pytest.mark.parametrize(("lang", "said"), [("ko", "문제가 생겼어요"), ("en", "went wrong")])
def test_a_fault_of_ours_shows_no_traceback(caplog, lang, said):
    answer = client_of(ScriptedTutor()).post("/api/ask", json={"question": "crash", "lang": lang})
    assert answer.status_code == 500
    assert said in as_described("/api/ask", answer)["error"]
    assert "scripted" not in answer.text
    assert "RuntimeError: scripted" in caplog.text


# ---- the description -----------------------------------------------------------------------------
def test_every_route_and_every_setting_of_it_is_described(client):
    told = client.get("/api").json()
    routes = api.routes(ScriptedTutor())
    assert {route.path: route.methods - {"HEAD"} for route in routes} == {
        path: {method.upper() for method in methods} for path, methods in told["paths"].items()
    }
    bodies = {"/api/ask": api.AskBody, "/api/search": api.SearchBody}
    for path, body in bodies.items():
        schema = told["components"]["schemas"][body.__name__]
        assert told["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"] == {
            "$ref": f"#/components/schemas/{body.__name__}"
        }
        assert set(schema["properties"]) == set(body.model_fields)
        assert all(field["description"] for field in schema["properties"].values())
    for operation in told["paths"].values():
        (called,) = operation.values()
        assert called["summary"]


# ---- the server ----------------------------------------------------------------------------------
@pytest.fixture
def served(browser):
    """A scripted tutor on the page's own server."""
    tutor = ScriptedTutor()
    with serving(tutor) as url:
        yield tutor, url


@pytest.mark.slow
@pytest.mark.browser
def test_a_program_that_goes_away_stops_its_work(served):
    tutor, url = served
    tutor.pause = 0.1  # counting takes minutes unless it is stopped
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}api/ask", json={"question": "count"}, timeout=1)
    told = httpx.post(f"{url}api/ask", json={"question": "Who described it?"}, timeout=60).json()
    assert "Rosenblatt" in told["answer"]


@pytest.mark.slow
@pytest.mark.browser
def test_one_is_worked_on_a_few_wait_and_one_more_is_told_to_come_back(served):
    tutor, url = served
    tutor.go_on.clear()

    def ask(_: int) -> httpx.Response:
        return httpx.post(f"{url}api/ask", json={"question": "XOR"}, timeout=120)

    with ThreadPoolExecutor() as pool:
        answers = as_completed([pool.submit(ask, number) for number in range(WAITING + 2)])
        turned_away = next(answers).result()  # nothing else can have ended
        tutor.go_on.set()
        assert [answer.result().status_code for answer in answers] == [200] * (WAITING + 1)
    assert turned_away.status_code == 503
    assert int(turned_away.headers["retry-after"]) > 0
    assert "busy" in as_described("/api/ask", turned_away)["error"]
