"""The page as axe finds it, view by view, in both themes; and its ways by keyboard and by ear."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import answered, ask, opened, serving
from playwright.sync_api import Browser, Page, expect
from scripted import ScriptedTutor

from tutor.ui.strings import EXAMPLES, STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
LOCALES = {"ko": "ko-KR", "en": "en-US"}
QUESTIONS = {"ko": "퍼셉트론은 누가 만들었어?", "en": "Who described the perceptron?"}
DEMOS = {"ko": "XOR를 직접 보여줘", "en": "Show me XOR"}
# What is said aloud, in the order in which it comes.
HEAR = """() => {
  window.heard = [];
  const hear = (changes) => heard.push(...changes.map(({ target }) => target.textContent).filter(Boolean));
  for (const place of document.querySelectorAll(".aloud")) {
    new MutationObserver(hear).observe(place, { childList: true });
  }
}"""


@pytest.fixture(scope="module")
def scripted(browser):
    """The address of a page whose answers are scripted."""
    with serving(ScriptedTutor(pause=0.02)) as url:
        yield url


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest):
    """An empty page of its own, in the theme, language and size that `request.param` names."""
    theme, lang, size = request.param
    context = browser.new_context(locale=LOCALES[lang], viewport=size, color_scheme=theme, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def start(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("body")).to_have_class(re.compile("ready"))


def no_findings(page: Page) -> None:
    """Nothing that axe finds at all, of whatever impact; on a phone each target is also large enough."""
    small = {"target-size": {"enabled": page.viewport_size == PHONE}}
    found = Axe().run(page, options={"rules": small}).response
    assert "color-contrast" in {rule["id"] for rule in found["passes"]}  # it has looked at something
    told = [(rule["id"], rule["impact"], node["target"]) for rule in found["violations"] for node in rule["nodes"]]
    assert told == []


def view(page: Page, name: str) -> None:
    page.locator(f"nav [data-view={name}]").click()


def gone_through(page: Page, name: str) -> None:
    """The run is moved to its start and back to its end, by keyboard."""
    slider, shown = page.get_by_role("slider", name=name), "JSON.stringify(document.querySelector('.figure').data[0].z)"
    end = page.evaluate(shown)
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0%")
    page.wait_for_function(f"{shown} !== {end!r}")
    slider.press("End")
    page.wait_for_function(f"{shown} === {end!r}")


@pytest.mark.parametrize(
    ("page", "lang"),
    [(("light", "ko", WIDE), "ko"), (("dark", "en", PHONE), "en")],
    indirect=["page"],
    ids=["light-ko-wide", "dark-en-phone"],
)
def test_axe_finds_nothing_in_a_conversation(page, scripted, lang):
    start(page, scripted)
    no_findings(page)
    ask(page, QUESTIONS[lang])
    answered(page)
    page.locator(".cite").click()
    no_findings(page)
    page.locator(".source .whole-text").click()
    expect(page.get_by_role("dialog", name=page.locator("#document h1").inner_text())).to_be_visible()
    no_findings(page)
    page.keyboard.press("Escape")
    ask(page, DEMOS[lang])
    answered(page, 2)
    for figure in page.locator(".figure").all():
        figure.scroll_into_view_if_needed()
        expect(figure.get_by_role("img", name=re.compile("XOR.*4"))).to_be_visible()  # so many right of four
    gone_through(page, STRINGS[lang]["moments"])
    page.locator(".again summary").click()
    no_findings(page)
    view(page, "history")
    expect(page.locator("#view li").first).to_be_visible()
    no_findings(page)


@pytest.mark.parametrize(
    ("page", "lang"),
    [(("dark", "ko", WIDE), "ko"), (("light", "en", PHONE), "en")],
    indirect=["page"],
    ids=["dark-ko-wide", "light-en-phone"],
)
def test_axe_finds_nothing_in_the_views(page, bundled, lang):
    start(page, bundled)
    page.get_by_role("button", name=EXAMPLES[lang][0]).click()
    answered(page)
    page.locator("#files > button[aria-expanded=false]").click()
    expect(page.locator("#files > button[aria-expanded=true]")).to_be_visible()
    expect(page.locator("#files-add")).to_be_visible()
    no_findings(page)
    view(page, "labs")
    page.locator("#view [data-lab=adaline] summary").click()
    expect(page.locator("#view .pad")).to_be_visible()
    no_findings(page)
    page.keyboard.press("Escape")
    view(page, "timeline")
    page.locator(".event.milestone").nth(3).click()
    expect(page.locator(".timeline .card")).to_be_visible()
    no_findings(page)
    page.locator(".card .close-dialog").click()
    page.keyboard.press("Escape")
    view(page, "library")
    page.get_by_role("searchbox").fill("XOR")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".found li").first).to_be_visible()
    no_findings(page)
    page.locator(".found a").first.click()
    expect(page.locator(".pane h1")).to_be_visible()
    no_findings(page)
    page.keyboard.press("Escape")
    view(page, "quiz")
    page.locator(".era").nth(1).click()
    page.locator(".choice").first.click()
    expect(page.locator(".verdict")).to_be_visible()
    no_findings(page)
    page.get_by_role("button", name=STRINGS[lang]["quiz"]["eras"]).click()
    expect(page.locator(".quiz-tools")).to_be_visible()
    no_findings(page)
    page.keyboard.press("Escape")
    view(page, "settings")
    expect(page.locator("#view dl")).to_be_visible()
    no_findings(page)
    page.goto(f"{bundled}document/{lang}/perceptron")
    no_findings(page)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_what_happens_is_said_once_and_without_counting(context, scripted, lang):
    page, words = opened(context, scripted), STRINGS[lang]
    page.evaluate(HEAR)
    ask(page, QUESTIONS[lang])
    answered(page)
    heard = page.evaluate("heard")
    assert heard[-1] == page.locator(".said").inner_text()
    steps = [words[key].split("…")[0] for key in ("waiting", "searching", "writing")]
    assert heard[:-1] == [step for step in steps if step in heard]
    assert steps[0] in heard
    assert not any(re.search(r"\d", said) for said in heard[:-1])


def test_the_page_says_in_which_language_it_is(context, scripted):
    page = opened(context, scripted)
    assert page.evaluate("document.documentElement.lang") == "en"
    choice = page.get_by_role("group", name=STRINGS["en"]["language"])
    choice.get_by_label("한국어").check(force=True)
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("group", name=STRINGS["ko"]["language"])).to_be_attached()


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_by_keyboard_no_place_is_lost(context, scripted, lang):
    page, words = opened(context, scripted), STRINGS[lang]
    box = page.locator("#question textarea")
    box.fill(QUESTIONS[lang])
    page.locator("#send").press("Enter")  # the button goes as it is pressed
    expect(box).to_be_focused()
    answered(page)
    page.get_by_role("button", name=words["helpful"], exact=True).press("Enter")  # and is drawn anew
    expect(page.locator(".turn-tools [aria-pressed=true]")).to_be_focused()
    page.locator(".badge").focus()
    assert (
        page.locator(".badge").evaluate("b => getComputedStyle(b, '::after').content").strip('"')
        in (words["badge_hint"]["generated"])
    )
    page.locator(".cite").press("Enter")
    expect(page.locator(".source")).to_be_focused()
    page.locator(".source .whole-text").press("Enter")
    expect(page.locator("#document .close-dialog")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".source .whole-text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".cite")).to_be_focused()
    page.locator("#clear").press("Enter")
    expect(box).to_be_focused()
    expect(page.locator(".turn")).to_have_count(0)  # or the answer before could be taken for the next one's
    ask(page, QUESTIONS[lang])
    answered(page)
    page.locator("nav [data-view=history]").press("Enter")
    rows = page.locator("#view li")
    expect(rows.nth(1)).to_be_visible()
    older, kept = rows.last, rows.count()
    older.get_by_role("button", name=words["delete"]).press("Enter")
    page.evaluate(HEAR)
    older.get_by_role("button", name=words["delete_sure"]).press("Enter")
    expect(rows).to_have_count(kept - 1)
    expect(rows.last.locator(".title")).to_be_focused()
    assert page.evaluate("heard") == [words["deleted"]]


def test_a_zoomed_page_has_nothing_beside_it(browser, scripted):
    context = browser.new_context(viewport={"width": 640, "height": 430}, locale="ko-KR", reduced_motion="reduce")
    page = opened(context, scripted)
    ask(page, QUESTIONS["ko"])
    answered(page)
    page.locator(".cite").click()
    for width in (640, 320):  # of 1280 px, zoomed to 200 % and to 400 %
        page.set_viewport_size({"width": width, "height": 430})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
