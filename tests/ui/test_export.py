"""A conversation kept as a file: what was said, from what, and its plots; and nothing in it comes alive."""

import json

import pytest
from chromium import answered, ask, opened
from playwright.sync_api import expect
from scripted import ScriptedTutor

from tutor.ui import export
from tutor.ui.conversation import Conversation
from tutor.ui.strings import STRINGS


@pytest.fixture(scope="module")
def turns():
    """A quoted answer, an attack, a lab's run, and a question that got no answer."""
    talk = Conversation(ScriptedTutor().new_session, "en")
    for question in ("Who described it?", "evil </script><img src=x onerror=alert(1)>", "Show me XOR"):
        assert talk.begin(question)
        list(talk.answer())
    assert talk.begin_run("tokens", {"merges": 3})
    list(talk.answer())
    assert talk.begin("x" * 2001)
    list(talk.answer())
    return talk.turns


def test_markdown_holds_questions_answers_what_plots_show_and_sources(turns):
    text = export.markdown(turns, "en")
    assert text.startswith("# AI History Tutor\n\n## Who described it?\n\nFrank Rosenblatt described")
    assert "[1] Perceptron, Who described it, en/perceptron:11\n> Frank Rosenblatt described the perceptron" in text
    assert "3/4" in text
    alt = json.loads(turns[3].figures[0])["layout"]["meta"]["alt"]
    assert f"> {alt}" in text
    assert text.rstrip().endswith(turns[4].error)


def test_no_text_of_a_figure_ends_its_script():
    """Plots hold a learner's words: of the text that was cut into tokens, say."""
    script = export._plot("p", json.dumps({"layout": {"meta": {"alt": "</script><script>alert(1)"}}}))
    assert "<" not in script
    assert json.loads(script.split("const f = ")[1].split("; Plotly")[0])["layout"]["meta"]["alt"].startswith(
        "</script>"
    )


@pytest.mark.browser
@pytest.mark.slow
def test_the_html_page_draws_its_plots_by_itself_and_runs_nothing_else(browser, turns, tmp_path):
    file = tmp_path / "talk.html"
    file.write_text(export.page(turns, "en", ""), "utf-8")
    page = browser.new_page()
    outside, errors = [], []
    page.on("request", lambda request: outside.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot').length >= 4")
    assert page.title() == "AI History Tutor"  # the attack would have changed it
    assert [url for url in outside if not url.startswith(("file:", "data:", "blob:"))] == []
    assert errors == []
    page.close()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_page_saves_both(context, bundled, lang):
    page = opened(context, bundled)
    ask(page, {"ko": "퍼셉트론은 누가 만들었어?", "en": "Who invented the perceptron?"}[lang])
    answered(page)
    for name, begins in (("save_md", "# "), ("save_html", "<!doctype html>")):
        with page.expect_download() as caught:
            page.get_by_role("button", name=STRINGS[lang][name]).click()
        text = caught.value.path().read_text("utf-8")
        assert text.startswith(begins)
        assert {"ko": "로젠블랫", "en": "Rosenblatt"}[lang] in text
    assert caught.value.suggested_filename == "ai-history-tutor.html"
    expect(page.locator(".turn")).to_have_count(1)
