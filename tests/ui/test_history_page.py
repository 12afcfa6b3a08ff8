"""Kept conversations on the page, and what may be done with an answer: edit, copy, rate."""

import httpx
import pytest
from chromium import answered, ask, begin_anew, free_port, opened, serving
from playwright.sync_api import expect
from scripted import ScriptedTutor

from tutor.ui import app
from tutor.ui.strings import STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
FIRST = {"ko": "퍼셉트론은 누가 만들었어?", "en": "Who described the perceptron?"}
SECOND = {"ko": "그다음은?", "en": "And then?"}


@pytest.fixture(scope="module")
def served(browser):
    """A tutor and its address."""
    tutor = ScriptedTutor()
    with serving(tutor) as url:
        yield tutor, url


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_earlier_conversation_is_opened_again_and_deleted(context, served, lang):
    page, words = opened(context, served[1]), STRINGS[lang]
    ask(page, FIRST[lang])
    answered(page)
    begin_anew(page)
    ask(page, SECOND[lang])
    answered(page)
    page.get_by_role("button", name=words["views"]["history"]).click()
    history = page.get_by_role("dialog", name=words["views"]["history"])
    expect(history.locator(".title")).to_have_text([SECOND[lang], FIRST[lang]])
    expect(history.locator(".title[aria-current]")).to_have_text(SECOND[lang])
    expect(history.locator("small").first).to_contain_text(words["history_turns"].format(n=1))
    history.get_by_role("button", name=FIRST[lang]).click()
    expect(page.locator(".asked")).to_have_text([FIRST[lang]])
    page.get_by_role("button", name=words["views"]["history"]).click()
    row = history.locator("li", has_text=FIRST[lang])
    row.get_by_role("button", name=words["delete"]).click()
    expect(history.locator("li")).to_have_count(2)  # asked first
    row.get_by_role("button", name=words["delete_sure"]).click()
    expect(page.locator("body.ready:not(.talking)")).to_be_attached()  # the one that was open is gone
    page.get_by_role("button", name=words["views"]["history"]).click()
    expect(history.locator(".title")).to_have_text([SECOND[lang]])


def test_a_restart_of_the_program_loses_nothing(context):
    tutor, port = ScriptedTutor(), free_port()
    built, url = app.launch(tutor, "127.0.0.1", port)
    page = opened(context, url)
    ask(page, FIRST["en"])
    answered(page)
    ask(page, "Show me XOR")
    answered(page, 2)
    shown = page.locator(".said").all_inner_texts()
    built.close(verbose=False)
    built, _ = app.launch(tutor, "127.0.0.1", port)
    page.reload()
    answered(page, 2)
    assert page.locator(".said").all_inner_texts() == shown
    expect(page.locator(".figure .main-svg").first).to_be_visible(timeout=90_000)
    ask(page, SECOND["en"])
    answered(page, 3)
    page.close()
    built.close(verbose=False)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_answer_is_rated_copied_and_its_question_edited(context, served, lang):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, words = opened(context, served[1]), STRINGS[lang]
    ask(page, FIRST[lang])
    answered(page)
    helpful = page.get_by_role("button", name=words["helpful"], exact=True)
    with page.expect_response("**/feedback") as told:
        helpful.click()
    assert told.value.ok
    expect(helpful).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(helpful).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/feedback"):
        helpful.click()
    expect(helpful).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name=words["copy"], exact=True).click()
    expect(page.get_by_role("button", name=words["copied"])).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".answer").inner_text()
    page.get_by_role("button", name=words["edit"]).click()
    box = page.locator("#question textarea")
    expect(box).to_have_value(FIRST[lang])
    expect(box).to_be_focused()
    box.press("End")
    box.type("!")
    box.press("Enter")
    answered(page, 2)
    expect(page.locator(".asked").last).to_have_text(FIRST[lang] + "!")


def test_another_page_in_the_browser_reads_and_changes_nothing(served):
    learner = {"x-learner": "l" * 32}
    own = {"origin": served[1].rstrip("/")}
    for path in ("history", "feedback", "manner", "earlier"):
        url = served[1] + path
        assert httpx.post(url, json={}, headers=learner).status_code == 404
        assert httpx.post(url, json={}, headers=learner | {"origin": "http://evil.test"}).status_code == 404
        assert httpx.post(url, json={}, headers=own | {"x-learner": "short"}).status_code == 400
    for bad in (b"", b"[1]", b'{"tab": {}, "number": "1"}', b"\xff"):
        assert httpx.post(served[1] + "feedback", content=bad, headers=learner | own).status_code == 400
        assert httpx.post(served[1] + "earlier", content=bad, headers=learner | own).status_code == 400
        assert httpx.post(served[1] + "history", content=bad, headers=learner | own).json() == []
