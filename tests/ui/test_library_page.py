"""The sources on the page with nothing scripted: listed, read beside the list, searched, and read in the dialog."""

import re

import pytest
from chromium import opened
from playwright.sync_api import Browser, Page, expect

from tutor.ui.strings import STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
TITLES = {"ko": ("퍼셉트론", "매컬러-피츠 뉴런"), "en": ("The perceptron", "The McCulloch-Pitts neuron")}
HALF_TYPED = {"ko": "로젠블래", "en": "rosenbl"}
QUESTIONS = {"ko": "퍼셉트론은 왜 XOR를 못 풀어?", "en": "Why can't a perceptron solve XOR?"}


def library(page: Page, lang: str):
    page.get_by_role("button", name=STRINGS[lang]["views"]["library"], exact=True).click()
    view = page.get_by_role("dialog", name=STRINGS[lang]["views"]["library"])
    expect(view.locator(".list a")).to_have_count(107)
    return view


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_article_is_picked_by_a_half_typed_name_and_leads_to_its_neighbours(context, bundled, lang):
    page, words, (title, earlier) = opened(context, bundled), STRINGS[lang], TITLES[lang]
    view = library(page, lang)
    view.get_by_role("searchbox").fill(HALF_TYPED[lang])
    row = view.get_by_role("link", name=re.compile(f"^{title} *1957–1960$"))
    expect(row).to_be_visible()
    assert 1 < view.locator(".list a:visible").count() < 12
    row.press("Enter")
    expect(view.locator(".pane h1")).to_have_text(title)
    expect(row).to_be_focused()  # to go on through the list
    expect(row).to_have_attribute("aria-current", "true")
    expect(view.locator(".pane a.lab")).to_be_visible()
    expect(view.locator(".pane .facts li")).to_have_count(21)
    view.locator(".pane .related a", has_text=earlier).press("Enter")
    expect(view.locator(".pane h1")).to_have_text(earlier)
    expect(view.locator(".reading")).to_be_focused()
    expect(page.locator("#document")).to_be_hidden()
    view.get_by_role("searchbox").fill("qqq")
    expect(view.get_by_role("status")).to_have_text(words["library"]["no_title"])


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_search_says_why_each_passage_came_and_opens_it_at_its_lines(context, bundled, lang):
    page, words = opened(context, bundled), STRINGS[lang]
    view = library(page, lang)
    view.get_by_role("searchbox").fill(QUESTIONS[lang])
    view.get_by_role("searchbox").press("Enter")
    expect(view.locator(".found li")).to_have_count(12)
    expect(view.locator(".list")).to_be_hidden()
    expect(view.locator(".why").first).to_contain_text(words["why"]["both"].split("{")[0])
    expect(view.locator(".found li").first.locator("mark")).to_contain_text("XOR")
    view.locator(".found a").first.click()
    expect(view.locator(".pane mark").first).to_be_in_viewport()
    view.get_by_role("button", name=words["library"]["all"]).click()
    expect(view.locator(".list a:visible")).to_have_count(107)
    view.get_by_role("searchbox").fill("🙂")
    view.get_by_role("button", name=words["library"]["search"]).click()
    expect(view.get_by_role("status")).to_have_text(words["found_none"])
    view.get_by_role("searchbox").fill("가" * 30_000)  # more than an address may hold
    view.get_by_role("button", name=words["library"]["search"]).click()
    expect(view.get_by_role("status")).to_have_text(words["library"]["failed"])


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_on_a_phone_a_text_lies_over_the_list_with_a_way_back(browser: Browser, bundled, lang):
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale=lang, reduced_motion="reduce")
    page, words = context.new_page(), STRINGS[lang]
    page.goto(f"{bundled}?view=library&at={lang}/adaline")
    view = page.get_by_role("dialog", name=words["views"]["library"])
    expect(view.locator(".corrections li")).to_have_count(1)
    expect(view.get_by_role("searchbox")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert view.locator(".reading").evaluate("text => text.scrollWidth - text.clientWidth") == 0
    view.locator(".primary").scroll_into_view_if_needed()
    back = view.get_by_role("button", name=words["library"]["back"])
    expect(back).to_be_in_viewport()
    back.click()
    row = view.locator(f'.list a[href*="{lang}/adaline?"]')
    expect(row).to_be_focused()
    assert view.locator(".shelf").evaluate("shelf => shelf.scrollWidth - shelf.clientWidth") == 0
    row.press("Enter")
    expect(view.locator(".reading")).to_be_focused()
    context.close()


def test_the_dialog_of_a_whole_text_follows_its_related_articles(context, bundled):
    page = opened(context, bundled)
    page.locator("nav [data-view=labs]").click()
    page.locator('#view [data-lab="adaline"] .whole-text', has_text="ADALINE").click()
    dialog = page.locator("#document")
    expect(dialog.locator("h1")).to_have_text("ADALINE and the delta rule")
    dialog.locator(".related a", has_text="McCulloch-Pitts").click()
    expect(dialog.locator("h1")).to_have_text("The McCulloch-Pitts neuron")
    expect(dialog.locator(".facts .year").first).to_be_visible()
