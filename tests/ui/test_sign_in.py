"""A tutor that was started with --auth, by HTTP and in a browser: nobody comes in unknown, nobody reads another's."""

import re
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import answered, ask, serving
from playwright.sync_api import Browser, Page, expect
from scripted import ScriptedTutor

from tutor.config import Settings
from tutor.errors import SettingError
from tutor.store.accounts import Accounts
from tutor.store.engine import open_store
from tutor.ui import app
from tutor.ui.accounts import COOKIE, REST, TRIES, Tries
from tutor.ui.strings import STRINGS

PASSWORD = "a long 비밀번호"
NAMES = {"ko": "김하늘", "en": "Ada"}
QUESTIONS = {"ko": "퍼셉트론은 누가 만들었어?", "en": "Who described the perceptron?"}
LOCALES = {"ko": "ko-KR", "en": "en-US"}
ORIGIN = "origin"


@pytest.fixture(scope="module")
def tutor():
    tutor = ScriptedTutor()
    tutor.settings = replace(tutor.settings, auth=True)
    accounts = Accounts(open_store(tutor.settings.database))
    for name in (*NAMES.values(), "Bo"):
        accounts.add(name, PASSWORD)
    return tutor


@pytest.fixture(scope="module")
def url(browser, tutor):
    with serving(tutor) as url:
        yield url


@pytest.fixture
def client(url):
    """Makes browsers of their own, that of a name or of nobody; like a page's, their requests name their origin."""
    with ExitStack() as closing:

        def make(name: str = "", **headers: str) -> httpx.Client:
            made = closing.enter_context(httpx.Client(base_url=url, headers={ORIGIN: url.rstrip("/")} | headers))
            if name:
                assert made.post("/sign-in", data={"name": name, "password": PASSWORD}).headers["location"] == "/"
            return made

        yield make


def signed_in(browser: Browser, url: str, name: str, lang: str) -> Page:
    page = browser.new_context(locale=LOCALES[lang], reduced_motion="reduce").new_page()
    page.goto(url)
    words = STRINGS[lang]["sign_in"]
    page.get_by_label(words["name"]).fill(name)
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_role("button", name=words["enter"]).click()
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("body")).to_have_class(re.compile("ready"))
    return page


# ---- the door ------------------------------------------------------------------------------------
def test_after_wrong_passwords_a_name_rests(tmp_path):
    now = 0.0
    accounts, tries = Accounts(open_store(f"sqlite:///{tmp_path / 'tutor.db'}")), Tries(lambda: now)
    accounts.add("Ada", PASSWORD)
    accounts.add("Bo", PASSWORD)
    for _ in range(TRIES):
        assert not tries.resting("Ada")
        assert tries.verified(accounts, "Ada", "wrong") is None
    assert tries.resting("Ada")
    assert tries.resting(" Ada ")
    assert tries.verified(accounts, "Ada", PASSWORD) is None
    assert tries.verified(accounts, "Bo", PASSWORD).name == "Bo"
    now = REST
    assert tries.verified(accounts, "Ada", PASSWORD).name == "Ada"
    assert not tries.resting("Ada")


def test_without_an_account_the_tutor_does_not_start(tmp_path):
    settings = Settings(database=f"sqlite:///{tmp_path / 'tutor.db'}", auth=True)
    with pytest.raises(SettingError, match="tutor users add") as refused:
        app.check_accounts(settings)
    assert "tutor users add" in refused.value.text("ko")
    app.check_accounts(replace(settings, auth=False))
    Accounts(open_store(settings.database)).add("Ada", PASSWORD)
    app.check_accounts(settings)


@pytest.mark.slow
@pytest.mark.browser
def test_every_way_in_is_closed_to_the_unknown(client):
    here, forged = client(), client(cookie=f"{COOKIE}=forged")
    assert here.get("/", headers={"accept": "text/html"}).headers["location"] == "/sign-in"
    ways = ["/", "/config", "/plotly.min.js", "/document/en/perceptron", "/labs", "/timeline", "/search", "/status"]
    ways += ["/quiz", "/quiz/progress", "/gradio_api/info", "/gradio_api/heartbeat/s", "/theme.css", "/no-such-page"]
    for way in ways:
        assert here.get(way).status_code == 401, way
        assert forged.get(way).status_code == 401, way
    posts = ["/history", "/feedback", "/earlier", "/manner", "/quiz", "/sign-out", "/gradio_api/upload"]
    for way in (*posts, "/gradio_api/queue/join", "/gradio_api/run/predict", "/api/ask"):
        assert here.post(way, json={}, headers={"x-learner": "l" * 32}).status_code == 401, way
    assert here.get("/sign-in").status_code == 200


@pytest.mark.slow
@pytest.mark.browser
def test_a_sign_in_is_a_cookie_that_no_script_reads_and_no_other_site_uses(client):
    wrong = client().post("/sign-in", data={"name": "Bo", "password": "wrong"}, headers={"accept-language": "ko"})
    assert wrong.status_code == 403
    assert STRINGS["ko"]["sign_in"]["wrong"] in wrong.text
    assert "set-cookie" not in wrong.headers
    for origin in ("null", "http://evil.test"):
        given = {"name": "Bo", "password": PASSWORD}
        assert client(origin=origin).post("/sign-in", data=given).status_code == 404
    right = client().post("/sign-in", data={"name": "Bo", "password": PASSWORD})
    said = right.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=lax" in said


@pytest.mark.slow
@pytest.mark.browser
def test_a_program_signs_in_with_every_call(client):
    here = client()
    assert "Basic" in here.get("/api").headers["www-authenticate"]
    assert here.get("/api", auth=(NAMES["ko"], PASSWORD)).status_code == 200
    assert here.get("/api", auth=("Ada", "wrong")).status_code == 401
    assert here.get("/api", headers={"authorization": "Basic %"}).status_code == 401
    assert here.get("/labs", auth=("Ada", PASSWORD)).status_code == 401  # the page's own ways are for browsers


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_of_gradio_is_its_first_users_alone(client):
    ada, bo = client("Ada"), client("Bo")
    named = {"session_hash": "adas-page", "data": [], "fn_index": 0, "event_id": "e"}
    ways = [("/gradio_api/cancel", "POST"), ("/gradio_api/reset", "POST"), ("/gradio_api/queue/join", "POST")]
    assert ada.post("/gradio_api/reset", json=named).status_code != 404
    for way, method in ways:
        assert bo.request(method, way, json=named).text == "Not found", way
    assert bo.get("/gradio_api/queue/data", params={"session_hash": "adas-page"}).text == "Not found"
    assert bo.get("/gradio_api/heartbeat/adas-page").text == "Not found"
    assert bo.post("/gradio_api/reset", json=named | {"session_hash": "bos-page"}).text != "Not found"
    assert ada.post("/gradio_api/upload", files={"files": b"x"}).status_code == 404


# ---- in a browser --------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_each_has_their_own_and_signs_out(browser, client, url, lang):
    name, words = NAMES[lang], STRINGS[lang]
    page = signed_in(browser, url, name, lang)
    expect(page.locator("#files")).to_be_hidden()
    ask(page, QUESTIONS[lang])
    answered(page)
    tab = page.evaluate("sessionStorage.tutor")
    secret = {"x-learner": page.evaluate("localStorage.learner")}
    mine, other = client(name), client("Bo")
    (kept,) = mine.post("/history", json={}).json()
    assert (kept["id"], kept["title"]) == (tab, QUESTIONS[lang])
    assert len(mine.post("/earlier", json={"tab": tab, "number": 9}).json()) == 1
    assert other.post("/history", json={}, headers=secret).json() == []
    assert other.post("/earlier", json={"tab": tab, "number": 9}, headers=secret).status_code == 400
    assert other.post("/history", json={"delete": tab}, headers=secret).json() == []
    assert len(mine.post("/history", json={}).json()) == 1
    page.locator("nav [data-view=settings]").click()
    expect(page.locator("#view .account")).to_contain_text(words["settings"]["account"].format(name=name))
    page.get_by_role("button", name=words["settings"]["sign_out"]).click()
    expect(page.get_by_label(words["sign_in"]["name"])).to_be_focused()
    assert page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == []
    page.goto(url)
    expect(page.get_by_label(words["sign_in"]["password"])).to_be_visible()
    page = signed_in(browser, url, name, lang)
    page.locator("nav [data-view=history]").click()
    page.locator("#view .title").click()
    answered(page)
    expect(page.locator(".asked")).to_have_text(QUESTIONS[lang])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("lang", "theme"), [("ko", "dark"), ("en", "light")])
def test_the_form_says_what_is_wrong_and_can_be_read(browser, url, lang, theme):
    page = browser.new_context(
        locale=LOCALES[lang], color_scheme=theme, viewport={"width": 360, "height": 700}
    ).new_page()
    page.goto(url)
    words = STRINGS[lang]["sign_in"]
    page.get_by_label(words["name"]).fill("nobody")
    page.get_by_label(words["password"]).fill("no password")
    page.get_by_label(words["password"]).press("Enter")
    expect(page.get_by_role("alert")).to_have_text(words["wrong"])
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_whose_sign_in_ended_goes_to_the_form(browser, url):
    page = signed_in(browser, url, "Ada", "en")
    page.context.clear_cookies()
    page.locator("nav [data-view=history]").click()
    expect(page.get_by_label(STRINGS["en"]["sign_in"]["name"])).to_be_visible()
