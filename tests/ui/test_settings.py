"""The settings: what a browser may ask for, what is told of the program, and what they change in an answer."""

import re
from dataclasses import replace

import pytest
from chromium import answered, ask, begin_anew, opened
from playwright.sync_api import expect

from tutor.chat import grounding
from tutor.session import Tutor
from tutor.tools import Toolbox
from tutor.types import Manner
from tutor.ui import settings
from tutor.ui.strings import STRINGS

QUESTIONS = {"ko": "LSTM은 누가 만들었어?", "en": "Who invented LSTM?"}


@pytest.mark.parametrize(
    ("asked", "manner"),
    [
        ('{"lang": "ko", "length": "short", "level": "engineer"}', Manner("ko", "short", "engineer")),
        ('{"lang": "fr", "length": "short"}', Manner("auto", "short", "student")),
        ('{"lang": ["ko"], "level": null}', Manner()),
        ("[1]", Manner()),
        ("{", Manner()),
        ("", Manner()),
    ],
)
def test_what_makes_no_sense_is_left_as_usual(asked, manner):
    assert settings.asked_manner(asked) == manner


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_usual_instructions_and_those_of_a_manner(lang):
    usual = grounding.instructions(lang, Manner())
    assert grounding.REFUSAL[lang] in usual
    assert grounding.LENGTHS["full"][lang] in usual
    assert "{" not in usual
    short = grounding.instructions(lang, Manner(length="short", level="newcomer"))
    assert grounding.LENGTHS["short"][lang] in short
    assert grounding.LEVELS["newcomer"][lang] in short
    assert short != grounding.instructions(lang, Manner(length="short", level="engineer"))


class Named:
    """What the settings need of a model."""

    name, only_quotes, context_tokens = "some-model", False, 4096


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_what_runs_where_is_told(built_settings, built_index, lang):
    words = STRINGS[lang]["settings"]
    tutor = Tutor(built_settings, built_index, Named(), Toolbox())
    here = settings.status(tutor, lang)
    told = dict(here["facts"])
    assert told[words["facts"]["model"]] == words["bundled"].format(name="some-model")
    assert told[words["facts"]["index"]] == words["index"].format(
        documents=len(built_index.documents), passages=len(built_index.passages)
    )
    assert here["private"] == words["private"]
    assert here["note"] == ""
    server = replace(
        built_settings,
        server="http://127.0.0.1:8000/v1",
        model="m",
        database="postgresql+psycopg://me:secret@127.0.0.1/tutor",
    )
    away = settings.status(Tutor(server, built_index, Named(), Toolbox()), lang)
    assert "http://127.0.0.1:8000/v1" in dict(away["facts"])[words["facts"]["where"]]
    assert away["private"] == ""
    assert "secret" not in str(away)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_answers_come_as_they_are_wanted(context, bundled, lang):
    other = {"ko": "en", "en": "ko"}[lang]
    page, words = opened(context, bundled), STRINGS[lang]
    ask(page, QUESTIONS[lang])
    answered(page)
    assert page.locator(".answer .cite").count() > 1
    page.get_by_role("button", name=words["views"]["settings"]).click()
    view = page.get_by_role("dialog", name=words["views"]["settings"])
    expect(view).to_contain_text(words["settings"]["private"])
    expect(view).to_contain_text(words["settings"]["quotes_only"])
    expect(view.get_by_label(words["settings"]["lengths"]["full"], exact=True)).to_be_checked()
    with page.expect_response("**/manner"):
        view.get_by_label(words["settings"]["lengths"]["short"], exact=True).check()
    with page.expect_response("**/manner"):
        view.get_by_label(words["settings"]["langs"][other], exact=True).check()
    page.keyboard.press("Escape")
    ask(page, QUESTIONS[lang])
    answered(page, 2)
    last = page.locator(".answer").last
    expect(last.locator(".cite")).to_have_count(1)
    assert bool(re.search("[가-힣]{2}", last.inner_text())) == (other == "ko")
    page.reload()
    begin_anew(page)
    ask(page, QUESTIONS[lang])
    answered(page)
    expect(page.locator(".answer .cite")).to_have_count(1)
    expect(page.locator(".answer")).to_have_attribute("lang", other)
