"""The quiz on the page with nothing scripted: by keyboard, wide and narrow, in both languages."""

import json

import pytest
from chromium import answered, compose, opened
from playwright.sync_api import expect

from tutor.config import Settings
from tutor.corpus import articles
from tutor.ui.strings import STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def facts():
    return {document.id: {fact.text for fact in document.facts} for document in articles.read(Settings())}


@pytest.fixture
def quiz(context, bundled, lang, size):
    """The quiz, opened on a page of that size, with nothing answered yet."""
    page = opened(context, bundled)
    page.set_viewport_size(size)
    page.locator("nav [data-view=quiz]").click()
    expect(page.locator("#view h2")).to_have_text(STRINGS[lang]["views"]["quiz"])
    expect(page.locator(".era")).to_have_count(7)
    return page


def until(page, wanted: str) -> None:
    """Answer, with whatever comes first, until `wanted` is there."""
    for _ in range(20):
        expect(page.locator("#view .choice, #view .typed").first).to_be_enabled()
        if page.locator(wanted).count():
            return
        if page.locator("#view .typed").count():
            page.keyboard.insert_text("?")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("1")
        expect(page.locator("#view .verdict")).to_be_visible()
        if page.locator(wanted).count():
            return
        page.keyboard.press("Enter")
        expect(page.locator("#view .verdict")).to_have_count(0)
    raise AssertionError(f"{wanted} never came")


@pytest.mark.parametrize(("lang", "size"), [("ko", WIDE), ("en", WIDE), ("ko", NARROW), ("en", NARROW)])
def test_a_question_is_answered_by_keyboard_and_its_proof_read(quiz, facts, lang, size):
    page, words = quiz, STRINGS[lang]["quiz"]
    page.locator('.era[data-era="today"]').focus()
    page.keyboard.press("Enter")
    until(page, "#view .sentence:not([hidden]) + .choices")
    expect(page.locator("#view .choice")).to_have_count(4)
    page.keyboard.press("3")
    verdict = page.locator("#view .verdict")
    expect(verdict).to_be_visible()
    right = page.locator("#view .choice.right span").nth(0).inner_text()
    told = page.get_by_role("dialog").get_by_role("status")
    expect(told).to_contain_text(words["right"] if "right" in verdict.get_attribute("class") else right)
    sentence = told.locator("blockquote").inner_text()
    assert right in sentence
    link = told.locator("a.whole-text")
    assert sentence in facts[link.get_attribute("href").removeprefix("/document/").partition("?")[0]]
    assert f"/document/{lang}/" in link.get_attribute("href")
    for place in ("html", "#view > div"):
        assert page.locator(place).evaluate("e => e.scrollWidth <= e.clientWidth")
    link.click()
    expect(page.locator("#document mark").first).to_contain_text(sentence)
    page.keyboard.press("Escape")
    expect(page.locator("#view")).to_be_visible()
    page.locator("#view .quiz-next").focus()
    page.keyboard.press("Enter")
    expect(verdict).to_have_count(0)
    expect(page.locator("#view h3")).to_be_visible()


@pytest.mark.parametrize(("lang", "size"), [("ko", WIDE), ("en", NARROW)])
def test_a_short_answer_is_typed_and_a_composition_is_no_answer(quiz, lang, size):
    page = quiz
    page.locator('.era[data-era="beginnings"]').click()
    until(page, "#view .typed")
    box = page.get_by_label(STRINGS[lang]["quiz"]["type"])
    expect(box).to_be_focused()
    compose(page, "왜")
    expect(box).to_have_value("왜")
    page.keyboard.insert_text(" 1")
    expect(box).to_have_value("왜 1")
    expect(box).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator("#view .verdict.wrong")).to_be_visible()


@pytest.mark.parametrize(("lang", "size"), [("ko", NARROW), ("en", WIDE)])
def test_a_prediction_is_run_in_the_chat(quiz, lang, size):
    page, words = quiz, STRINGS[lang]
    page.locator('.era[data-era="beginnings"]').click()
    until(page, "#view .steps .run")
    page.get_by_role("button", name=words["quiz"]["watch"]).click()
    expect(page.locator("#view")).to_be_hidden()
    answered(page)
    expect(page.locator(".badge")).to_have_text(words["badge"]["lab"])


@pytest.mark.parametrize(("lang", "size"), [("ko", WIDE), ("en", NARROW)])
def test_progress_is_shown_saved_and_cleared(quiz, lang, size):
    page, words = quiz, STRINGS[lang]["quiz"]
    card = page.locator('.era[data-era="revival"]')
    before = card.locator(".counts").inner_text()
    card.click()
    until(page, "#view .verdict")
    page.get_by_role("button", name=words["eras"]).click()
    count = before.split()[0] if lang == "en" else before.removesuffix("문제")
    expect(card.locator(".counts")).to_contain_text(words["counts"].format(items=count, seen=1, known=0))
    for kind in ("json", "csv"):
        with page.expect_download() as saving:
            page.get_by_role("button", name=f"{words['save']} ({kind.upper()})").click()
        assert saving.value.suggested_filename == f"ai-history-quiz.{kind}"
        text = saving.value.path().read_text("utf-8")
        assert text.count("revival") >= 1
        assert kind == "csv" or len(json.loads(text)["reviews"]) == 1
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name=words["clear"]).click()
    expect(card.locator(".counts")).not_to_have_text(before)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=words["clear"]).click()
    expect(card.locator(".counts")).to_have_text(before)
    assert asked == [words["clear_sure"]]
    expect(page.locator("#view .quiz-tools")).to_be_hidden()
