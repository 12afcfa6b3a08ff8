"""The page in a real Chromium, over a real server; the sessions behind it are scripted."""

import re
import time
from urllib.parse import urlsplit

import httpx
import pytest
from chromium import answered, ask, begin_anew, compose, free_port, opened, serving
from playwright.sync_api import BrowserContext, Page, expect
from scripted import EVIL, ScriptedTutor

from tutor.errors import SettingError
from tutor.labs.captions import say
from tutor.ui import app, conversation
from tutor.ui.strings import EN, EXAMPLES, KO, STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
QUESTIONS = {"ko": "퍼셉트론은 누가 만들었어?", "en": "Who described the perceptron?"}
DEMOS = {"ko": "XOR를 직접 보여줘", "en": "Show me XOR"}


@pytest.fixture(scope="module")
def tutor():
    return ScriptedTutor(pause=0.02)


@pytest.fixture(scope="module")
def url(browser, tutor):
    with serving(tutor) as url:
        yield url


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    return opened(context, url)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_question_and_its_source(page, lang):
    expect(page.locator("#heading h1")).to_have_text(STRINGS[lang]["title"])
    ask(page, QUESTIONS[lang])
    answered(page)
    expect(page.locator(".asked")).to_have_text(QUESTIONS[lang])
    expect(page.locator(".badge")).to_have_text(STRINGS[lang]["badge"]["generated"])
    expect(page.locator(".note")).to_have_text(STRINGS[lang]["withheld"].format(n=1))
    expect(page.locator("#question textarea")).to_have_value("")
    page.locator(".cite").click()
    expect(page.locator(".source.open mark")).to_contain_text("1958")
    expect(page.locator(".source.open mark")).to_be_in_viewport()
    page.locator(".whole-text").click()
    expect(page.locator("#document mark")).to_be_in_viewport()
    expect(page.locator("#document a")).to_have_attribute("rel", "noopener noreferrer")
    page.keyboard.press("Escape")
    expect(page.locator("#document")).to_be_hidden()


def held(page: Page, lang: str, tutor: ScriptedTutor) -> None:
    """Ask for a demo, and see it drawn in the middle of its training."""
    tutor.go_on.clear()
    try:
        ask(page, DEMOS[lang])
        expect(page.locator(".turn .figure .main-svg").first).to_be_visible(timeout=90_000)
        expect(page.locator(".status")).to_contain_text(STRINGS[lang]["training"].split("{")[0])
    finally:
        tutor.go_on.set()


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_demo_moves(page, lang, tutor):
    held(page, lang, tutor)
    answered(page)
    expect(page.locator(".badge")).to_have_text(STRINGS[lang]["badge"]["lab"])
    expect(page.locator(".figure")).to_have_count(3)
    page.locator(".figure").first.scroll_into_view_if_needed()
    region = "JSON.stringify(document.querySelector('.figure').data[0].z)"
    figure = page.locator(".figure").first
    slider = figure.get_by_role("slider", name=STRINGS[lang]["moments"])
    expect(slider).to_have_js_property("value", "39")
    end = page.evaluate(region)
    slider.click(position={"x": 2, "y": 5})
    page.wait_for_function(f"{region} !== {end!r}")
    start = page.evaluate(region)
    figure.get_by_role("button", name=say("play", lang)).click()
    expect(figure.get_by_role("button", name=say("pause", lang))).to_be_visible()
    page.wait_for_function(f"{region} !== {start!r}")
    page.wait_for_function(f"{region} === {end!r}", timeout=90_000)
    expect(figure.get_by_role("button", name=say("play", lang))).to_be_visible()
    assert figure.locator(".slider-group, .updatemenu-button").count() == 0  # drawn anew at every moment


def test_an_earlier_figure_is_not_drawn_again(page):
    ask(page, DEMOS["en"])
    answered(page)
    page.evaluate("document.querySelector('.figure').dataset.same = 'yes'")
    ask(page, QUESTIONS["en"])
    answered(page, 2)
    expect(page.locator(".figure").first).to_have_attribute("data-same", "yes")
    expect(page.locator(".figure .main-svg").first).to_be_attached()


def test_writing_is_shown_and_stopped(page):
    ask(page, "count")
    expect(page.locator(".status")).to_contain_text(re.compile(r"Writing.* [1-9]\d* tokens"))
    page.locator("#stop").click()
    answered(page)
    expect(page.locator(".note")).to_have_text(EN["stopped"])
    expect(page.locator(".answer")).to_contain_text("1 2 3")
    expect(page.locator(".status")).to_be_hidden()


def test_reloading_keeps_the_conversation(page):
    ask(page, QUESTIONS["en"])
    answered(page)
    page.reload()
    answered(page)
    expect(page.locator(".asked")).to_have_text(QUESTIONS["en"])
    expect(page.locator(".source mark")).to_contain_text("1958")
    for number in range(2, 7):
        ask(page, "And then?")
        answered(page, number)
    page.reload()
    answered(page, 6)
    expect(page.locator(".asked").last).to_be_in_viewport()
    expect(page.locator(".asked").first).not_to_be_in_viewport()


def test_reloading_in_mid_answer_stops_it_and_retry_asks_again(page, tutor):
    ask(page, "count")
    expect(page.locator(".answer")).to_contain_text("1 2")
    page.reload()
    expect(page.locator(".error, .note")).to_have_text(re.compile(f"{EN['interrupted']}|{EN['stopped']}"))
    expect(page.locator("#send")).to_be_visible()
    page.locator("#retry").click()
    expect(page.locator(".turn[data-id=t2] .answer")).to_contain_text("1 2")
    expect(page.locator(".turn")).to_have_count(1)
    page.locator("#stop").click()
    answered(page)


def test_retry_and_clear(page):
    ask(page, "one?")
    answered(page)
    ask(page, "two?")
    answered(page, 2)
    page.locator("#retry").click()
    expect(page.locator(".turn[data-id=t3] .foot")).to_be_visible()
    expect(page.locator(".asked")).to_have_text(["one?", "two?"])
    begin_anew(page)
    ask(page, "three?")
    answered(page)


def test_examples_ask(page):
    page.get_by_role("button", name=EXAMPLES["en"][0]).click()
    answered(page)
    expect(page.locator(".asked")).to_have_text(EXAMPLES["en"][0])


def test_the_language_of_the_page_is_switched(page):
    ask(page, QUESTIONS["en"])
    answered(page)
    page.get_by_text("한국어", exact=True).first.click()
    expect(page.locator("#heading h1")).to_have_text(KO["title"])
    expect(page.locator(".badge")).to_have_text(KO["badge"]["generated"])
    expect(page.locator("#send")).to_have_text(KO["send"])
    expect(page.get_by_role("button", name=EXAMPLES["ko"][0])).to_be_visible()
    page.reload()
    expect(page.locator("#heading h1")).to_have_text(KO["title"])


def test_two_browsers_have_two_conversations(browser, url, page):
    other = browser.new_context()
    second = opened(other, url)
    ask(page, "mine?")
    ask(second, "yours?")
    answered(page)
    answered(second)
    expect(page.locator(".asked")).to_have_text(["mine?"])
    expect(second.locator(".asked")).to_have_text(["yours?"])
    second.reload()
    expect(second.locator(".asked")).to_have_text(["yours?"])
    other.close()


def test_a_question_stopped_while_it_waits_does_not_hold_up_the_next(browser, url, page):
    other = browser.new_context()
    ask(first := opened(other, url), "count")
    expect(first.locator(".answer")).to_contain_text("1 2")
    ask(page, "one?")
    page.locator("#stop").click()
    expect(page.locator(".error")).to_have_text(EN["stopped"])
    ask(page, "two?")
    expect(page.locator(".asked")).to_have_text(["one?", "two?"])
    first.locator("#stop").click()
    answered(first)
    answered(page)
    other.close()


def test_hostile_text_does_nothing(page):
    title = page.title()
    ask(page, f"evil {EVIL} {{{{constructor}}}} ${{document.title='owned'}}")
    answered(page)
    expect(page.locator(".asked")).to_contain_text("<script>")
    expect(page.locator(".answer")).to_contain_text("onerror")
    assert page.locator(".turn img, .turn script").count() == 0
    assert page.title() == title


def test_shift_enter_breaks_the_line_and_a_refused_question_is_given_back(page):
    box = page.locator("#question textarea")
    box.fill("x" * 2100)
    box.press("Shift+Enter")
    expect(box).to_have_value("x" * 2100 + "\n")
    expect(page.locator(".turn")).to_have_count(0)
    box.press("Enter")
    expect(page.locator(".error")).to_contain_text("too long")
    expect(box).to_have_value(re.compile("^x{2100}"))


# Every call that gradio makes without its queue is answered half a second late.
SLOW_CALLS = """() => {
    const fetched = window.fetch;
    window.fetch = async (...asked) => {
        const answer = await fetched(...asked);
        if (String(asked[0].url ?? asked[0]).includes("/run")) await new Promise((later) => setTimeout(later, 500));
        return answer;
    };
}"""


def test_what_is_typed_as_the_answer_ends_stays(page):
    page.evaluate(SLOW_CALLS)
    ask(page, QUESTIONS["en"])
    answered(page)
    page.locator("#question textarea").fill("And then?")
    page.wait_for_timeout(1500)
    expect(page.locator("#question textarea")).to_have_value("And then?")


def test_a_question_right_after_an_answer_is_answered(context, tutor, monkeypatch):
    """The answer is all there, and gradio has yet to hear that its event is over."""
    whole = app._answer

    def over_late(here):
        yield from whole(here)
        time.sleep(1)

    monkeypatch.setattr(app, "_answer", over_late)
    built, url = app.launch(tutor, "127.0.0.1", free_port())
    page = opened(context, url)
    for number in (1, 2, 3):
        ask(page, f"{number}?")
        answered(page, number)
    page.close()
    built.close(verbose=False)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_long_conversation_is_held_in_part_and_the_rest_comes_when_asked_for(page, lang, width, monkeypatch):
    monkeypatch.setattr(conversation, "SHOWN_TURNS", 2)
    page.set_viewport_size({"width": width, "height": 480})
    asked, earlier = page.locator(".asked"), page.locator("#earlier")
    for number in range(1, 6):
        ask(page, f"{number}?")
        expect(asked.last).to_have_text(f"{number}?")
        answered(page, min(number, 2))
    page.reload()
    expect(asked).to_have_text(["4?", "5?"])
    expect(earlier).to_have_text(STRINGS[lang]["earlier"].format(n=3))
    earlier.focus()
    place = asked.first.bounding_box()["y"]
    page.keyboard.press("Enter")
    expect(asked).to_have_text(["2?", "3?", "4?", "5?"])
    assert abs(asked.nth(2).bounding_box()["y"] - place) < 2  # what was being read stays where it was
    page.keyboard.press("Enter")
    expect(asked).to_have_text(["1?", "2?", "3?", "4?", "5?"])
    expect(earlier).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.id") == "t2"  # the keyboard's place is not lost
    ask(page, "6?")
    expect(asked).to_have_text(["5?", "6?"])
    expect(earlier).to_have_text(STRINGS[lang]["earlier"].format(n=4))
    answered(page, 2)
    earlier.click()
    expect(asked).to_have_count(4)
    other = {"ko": "en", "en": "ko"}[lang]
    page.locator("#language label").nth(["ko", "en"].index(other)).click()
    expect(asked).to_have_text(["5?", "6?"])  # no turn is left in the language before
    expect(earlier).to_have_text(STRINGS[other]["earlier"].format(n=4))


def test_enter_in_an_empty_box_asks_nothing(page):
    page.locator("#question textarea").fill("  ")
    page.locator("#question textarea").press("Enter")
    page.locator("#send").click()
    ask(page, "one?")
    answered(page)
    expect(page.locator(".asked")).to_have_text(["one?"])


def test_what_stands_below_a_figure_does_not_jump_when_it_is_drawn(page):
    ask(page, DEMOS["en"])
    answered(page)
    heights = "Array.from(document.querySelectorAll('.figure'), (figure) => figure.offsetHeight)"
    before = page.evaluate(heights)
    assert page.locator(".figure:not(:has(.main-svg))").count() > 0
    for figure in page.locator(".figure").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".main-svg").first).to_be_visible(timeout=90_000)
    assert page.evaluate(heights) == before


@pytest.mark.parametrize("lang", ["ko"])
def test_the_enter_that_ends_a_composition_does_not_send(page, lang):
    box = page.locator("#question textarea")
    box.click()
    compose(page, "왜")
    time.sleep(0.5)
    expect(page.locator(".turn")).to_have_count(0)
    expect(box).to_have_value(re.compile("왜"))
    box.press("Enter")
    expect(page.locator(".asked")).to_have_text("왜")
    answered(page)


def test_an_enter_that_follows_a_composition_at_once_sends(page):
    # Korean input methods end the composition by the Enter and pass it on, in the same instant.
    page.locator("#question textarea").fill("왜")
    page.evaluate("""() => {
        const box = document.querySelector("#question textarea");
        const press = (keyCode) => box.dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", keyCode, bubbles: true, cancelable: true }));
        box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
        press(229);
        box.dispatchEvent(new CompositionEvent("compositionend", { data: "왜", bubbles: true }));
        press(13);
        ["keypress", "keyup"].forEach((kind) => box.dispatchEvent(
            new KeyboardEvent(kind, { key: "Enter", keyCode: 13, bubbles: true, cancelable: true })));
    }""")
    expect(page.locator(".asked")).to_have_text("왜")
    answered(page)


def test_nothing_is_wider_than_a_phone(browser, url):
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme="dark", locale="ko-KR", reduced_motion="reduce"
    )
    page = opened(context, url)
    expect(page.locator("#panel")).to_be_hidden()  # nothing to cite yet
    ask(page, QUESTIONS["ko"])
    answered(page)
    ask(page, DEMOS["ko"])
    answered(page, 2)
    for figure in page.locator(".figure").all():  # each is drawn when it comes into sight
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".main-svg").first).to_be_visible(timeout=90_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sources, composer = page.locator("#side").bounding_box(), page.locator("#composer").bounding_box()
    assert sources["y"] >= composer["y"]
    context.close()


def test_the_server_closes_the_doors_it_does_not_need(url):
    home = httpx.get(url)
    assert "default-src 'self'" in home.headers["content-security-policy"]
    for path in (
        "gradio_api/file=http://evil.test/x",
        "gradio_api/file=/etc/passwd",
        "gradio_api/proxy=http://evil.test/",
    ):
        assert httpx.get(url + path, follow_redirects=False).status_code in (403, 404), path
    assert httpx.post(url + "gradio_api/upload", files={"files": b"x"}).status_code == 404
    assert httpx.get(url + "document/en/perceptron?lines=x-9999999999").status_code == 200
    assert httpx.get(url, headers={"host": "rebound.test"}).status_code == 400
    assert httpx.get(url, headers={"host": "localhost:7860"}).status_code == 200
    missing = httpx.get(url + "document/..%2F..%2Fpyproject.toml?lang=ko")
    assert missing.status_code == 404
    assert KO["missing"] in missing.text


def test_a_port_in_use_is_told(url):
    port = urlsplit(url).port
    with pytest.raises(SettingError, match=rf"Port {port} .* tutor --port {port + 1}"):
        app.check_port("127.0.0.1", port)
