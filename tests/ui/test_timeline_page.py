"""The timeline on the page, with nothing scripted: by mouse, keys and touch, wide and on a phone."""

import re

import pytest
from chromium import answered, opened
from playwright.sync_api import Page, expect

from tutor.ui.strings import STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}
# Of the labels that are shown, those that cover another one, or hold no text.
CLASHES = """() => {
  const shown = [...document.querySelectorAll(".event.flagged > .name, .event.flagged > .said")]
    .map((part) => [part.textContent, part.getBoundingClientRect()]).filter(([, box]) => box.width > 1);
  const over = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const bad = shown.filter(([text, a]) => !text || shown.some(([, b]) => a !== b && over(a, b)));
  return [shown.length, bad.map(([text]) => text)];
}"""


def timeline(page: Page, lang: str) -> Page:
    page.get_by_role("button", name=STRINGS[lang]["views"]["timeline"], exact=True).click()
    expect(page.get_by_role("dialog", name=STRINGS[lang]["views"]["timeline"])).to_be_visible()
    expect(page.locator(".timeline .event").first).to_be_attached()
    return page


def years(page: Page) -> list[int]:
    return [int(box.input_value()) for box in page.locator(".timeline .zoom input").all()]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_event_is_reached_by_keys_and_its_question_asked(context, bundled, lang):
    page, words = timeline(opened(context, bundled), lang), STRINGS[lang]["timeline"]
    events = page.locator(".event")
    expect(page.locator(".event[tabindex='0']")).to_have_count(1)
    page.locator(".strand").last.focus()
    page.keyboard.press("Tab")
    expect(events.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(events.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(events.last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")  # symbolic, neural, vision: the nearest in time
    strand = page.locator(".event:focus").get_attribute("data-strand")
    assert strand == "vision"
    expect(page.locator(".event:focus .when")).to_have_text("1958")
    page.keyboard.press("Enter")
    card = page.locator(".timeline .card")
    expect(card).to_be_focused()
    expect(card.locator(".when")).to_have_text(f"1958 · {words['strands']['vision']}")
    expect(card.locator(".from a")).to_have_attribute("href", re.compile("^https?://"))
    expect(card.locator(".from a")).to_have_attribute("rel", "noopener noreferrer")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(page.locator(".event:focus .when")).to_have_text("1958")
    page.keyboard.press("Enter")
    question = card.get_by_role("group", name=words["ask"]).locator(".chip").first
    asked = question.inner_text()
    with page.expect_response("**/studied", timeout=90_000) as told:
        question.click()
        expect(page.locator("#view")).to_be_hidden()
        answered(page)
    expect(page.locator(".asked")).to_have_text(asked)
    assert told.value.json() == ["hubel-and-wiesel"]  # the answer cites it


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_what_was_read_is_marked_until_it_is_cleared(context, bundled, lang):
    page, words = timeline(opened(context, bundled), lang), STRINGS[lang]["timeline"]
    everything = page.evaluate("lang => fetch(`/timeline?lang=${lang}`).then((answer) => answer.json())", lang)
    own = [event["slug"] for event in everything["events"]].count("alexnet")
    progress = words["studied_of"].replace("{m}", str(len(everything["articles"])))
    expect(page.locator(".progress")).to_contain_text(progress.replace("{n}", "0"))
    forget = page.get_by_role("button", name=words["forget"], exact=True)
    expect(forget).to_be_hidden()
    title = everything["articles"]["alexnet"]["title"]
    milestone = next(e for e in everything["events"] if e["slug"] == "alexnet" and e["milestone"])
    page.get_by_role("button", name=re.compile(re.escape(milestone["text"]))).click()
    page.locator(".card .whole-text").click()
    expect(page.locator("#document h1")).to_have_text(title)
    expect(page.locator("#document mark")).to_contain_text(milestone["text"])
    expect(page.locator("#document mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    marked = page.locator(".event.studied")
    expect(marked).to_have_count(own)
    page.reload()
    timeline(page, lang)
    expect(marked).to_have_count(own)
    expect(
        page.get_by_role("button", name=re.compile(f"{re.escape(milestone['text'])} +{words['studied']}"))
    ).to_be_visible()
    expect(page.locator(".progress")).to_contain_text(progress.replace("{n}", "1"))
    page.on("dialog", lambda dialog: dialog.accept())
    forget.click()
    expect(marked).to_have_count(0)
    page.reload()
    timeline(page, lang)
    expect(page.locator(".progress")).to_contain_text(progress.replace("{n}", "0"))
    expect(marked).to_have_count(0)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_no_label_covers_another_however_near_one_is(context, bundled, lang):
    page = timeline(opened(context, bundled), lang)
    labels, clashes = page.evaluate(CLASHES)
    assert labels > 30
    assert clashes == []
    for _ in range(5):
        page.get_by_role("button", name=STRINGS[lang]["timeline"]["zoom_in"]).click()
    near, clashes = page.evaluate(CLASHES)
    assert near > 2 * labels
    assert clashes == []


def test_the_years_in_sight_are_zoomed_and_moved(context, bundled):
    page = timeline(opened(context, bundled), "en")
    first, last = page.locator(".timeline .zoom input").all()
    assert years(page) == [1805, 2026]
    first.fill("2012")
    first.press("Enter")
    assert years(page) == [2012, 2026]
    last.fill("2018")
    last.press("Enter")
    assert years(page) == [2012, 2018]
    last.fill("2010")  # before the first: it gives way
    last.press("Enter")
    assert years(page) == [2010, 2010]
    page.get_by_role("button", name="Whole", exact=True).click()
    assert years(page) == [1805, 2026]
    alexnet = page.get_by_role("button", name=re.compile("^2012 AlexNet AlexNet won"))
    before = alexnet.bounding_box()
    page.mouse.move(before["x"] + 1, before["y"] + 5)  # 2 of the page's points from the place of the year
    page.keyboard.down("Control")
    for _ in range(4):
        page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function("Number(document.querySelector('.timeline .zoom input').value) > 2000")
    after = alexnet.bounding_box()
    assert abs(after["x"] - before["x"]) < 20  # the year stays under the pointer: these 2 are 15 now
    page.mouse.move(600, 330)
    page.mouse.down()
    page.mouse.move(700, 330, steps=4)
    page.mouse.up()
    assert alexnet.bounding_box()["x"] == pytest.approx(after["x"] + 100, abs=3)
    expect(page.locator(".timeline .card")).to_be_hidden()


def test_two_fingers_zoom(browser, bundled):
    context = browser.new_context(viewport={"width": 1024, "height": 768}, has_touch=True, locale="en-US")
    page = timeline(opened(context, bundled), "en")
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *at: int) -> None:
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": 400} for x in at]})

    touch("touchStart", 550, 650)
    for apart in (60, 100, 150, 200):
        touch("touchMove", 600 - apart, 600 + apart)
    touch("touchEnd")
    first, last = years(page)
    assert 1943 < first < last < 2025
    context.close()


def test_strands_are_switched_off_and_on(context, bundled):
    page = timeline(opened(context, bundled), "en")
    vision = page.get_by_role("button", name="Vision", exact=True)
    shown = page.locator('.event[data-strand="vision"]:visible')
    assert shown.count() > 50
    vision.click()
    expect(vision).to_have_attribute("aria-pressed", "false")
    expect(shown).to_have_count(0)
    expect(page.locator('.event[data-strand="neural"]:visible').first).to_be_visible()
    vision.click()
    assert shown.count() > 50


@pytest.mark.parametrize(("lang", "at_first"), [("ko", PHONE), ("en", WIDE)])
def test_on_a_phone_it_is_a_list_by_decade(context, bundled, lang, at_first):
    words = STRINGS[lang]["timeline"]
    page = opened(context, bundled)
    page.set_viewport_size(at_first)
    timeline(page, lang)
    page.set_viewport_size(PHONE)
    headings = [
        words["before"].replace("{year}", "1939"),
        *(words["decade"].replace("{year}", str(y)) for y in range(1940, 2030, 10)),
    ]
    expect(page.locator(".decade h3")).to_have_text(headings)
    seen = page.locator(".event:visible")
    assert seen.count() == page.locator(".event.milestone").count()
    fifties = page.locator(".decade").nth(2)
    everything = fifties.locator(".event").count()
    fifties.locator(".more").click()
    expect(fifties.locator(".event:visible")).to_have_count(everything)
    for chip in page.locator(".strand").all()[1:]:
        chip.click()
    assert {e.get_attribute("data-strand") for e in seen.all()} == {"symbolic"}
    expect(seen.first).to_have_attribute("tabindex", "0")
    seen.first.click()
    card, row = page.locator(".card").bounding_box(), seen.first.bounding_box()
    assert card["y"] >= row["y"] + row["height"] - 1
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= PHONE["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("(body => body.scrollWidth - body.clientWidth)(document.querySelector('.timeline'))") <= 0
