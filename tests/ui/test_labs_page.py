"""Labs on the page with nothing scripted: asked for in the chat, set up in a form, tried again with other settings."""

import json
import re
from pathlib import Path

import pytest
from cases import LAB_REQUESTS
from chromium import answered, ask, opened
from playwright.sync_api import expect

from tutor.labs import core
from tutor.ui.strings import STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("name", core.LABS)
def test_every_lab_runs_when_asked_for_in_plain_words(context, bundled, name, lang):
    page = opened(context, bundled)
    ask(page, LAB_REQUESTS[name][lang])
    answered(page)
    expect(page.locator(".badge")).to_have_text(STRINGS[lang]["badge"]["lab"])
    expect(page.locator(".cite").first).to_be_visible()
    figures = page.locator(".figure")
    for i in range(figures.count()):
        figures.nth(i).scroll_into_view_if_needed()
        page.wait_for_function(f"document.querySelectorAll('.figure')[{i}]._fullLayout !== undefined")
        title = page.evaluate(f"document.querySelectorAll('.figure')[{i}]._fullLayout.title.text")
        assert bool(re.search("[가-힣]", title)) == (lang == "ko")
    assert figures.count() >= 2
    letters = re.findall(
        r"[^\W\d_]", page.locator(".answer").inner_text()
    )  # some labs show words of the other language
    assert (sum("가" <= letter <= "힣" for letter in letters) > 0.3 * len(letters)) == (lang == "ko")
    expect(page.locator(".next .chip").first).to_be_visible()


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_run_is_set_up_in_the_gallery_changed_and_run_again(context, bundled, lang):
    page, words = opened(context, bundled), STRINGS[lang]
    page.get_by_role("button", name=words["views"]["labs"], exact=True).click()
    gallery = page.get_by_role("dialog", name=words["views"]["labs"])
    expect(gallery.locator("section")).to_have_count(len(core.LABS))
    card = gallery.locator('[data-lab="tokens"]')
    expect(card.locator("h3")).to_have_text(core.LABS["tokens"].title[lang])
    card.locator("summary").click()
    card.locator("input[type=range]").fill("12")
    expect(card.locator("output").nth(1)).to_have_text("12")
    card.get_by_role("button", name=words["run"]).click()
    expect(gallery).to_be_hidden()
    answered(page)
    label = core.LABS["tokens"].labels["merges"][lang]
    expect(page.locator(".asked")).to_contain_text(f"{label} 12")
    page.get_by_text(words["again"]).click()
    again = page.locator(".again")
    expect(again.locator("input[type=range]")).to_have_value("12")
    again.locator("input[type=range]").fill("3")
    again.locator("input[type=range]").press("Enter")
    answered(page, 2)
    expect(page.locator(".asked").last).to_contain_text(f"{label} 3")
    page.locator(".next").last.locator(".chip").first.click()
    answered(page, 3)
    expect(page.locator(".badge")).to_have_text([words["badge"]["lab"]] * 3)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_article_leads_to_its_lab_and_back(context, bundled, lang):
    page = opened(context, bundled)
    page.locator("nav [data-view=labs]").click()
    title = page.locator('#view [data-lab="scaling"] .whole-text').first.inner_text()
    page.locator('#view [data-lab="scaling"] .whole-text').first.click()
    document = page.locator("#document")
    expect(document.locator("h1")).to_have_text(title)
    document.locator("a.lab").click()
    expect(page.locator('#view [data-lab="scaling"] .lab-form')).to_be_visible()
    page.keyboard.press("Escape")
    alone = context.new_page()
    alone.goto(f"{bundled}document/{lang}/scaling-laws")
    alone.locator("a.lab").click()
    expect(alone.locator('#view [data-lab="scaling"] .lab-form')).to_be_visible()


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_answer_leads_on_to_a_question_and_a_run(context, bundled, lang):
    page, words = opened(context, bundled), STRINGS[lang]
    ask(page, {"ko": "LSTM은 누가 만들었어?", "en": "Who invented LSTM?"}[lang])
    answered(page)
    following = page.get_by_role("group", name=words["next"])
    run, *questions = following.locator(".chip").all()
    assert core.LABS["memory"].title[lang] in run.inner_text()
    question = questions[0].inner_text()
    questions[0].click()
    answered(page, 2)
    expect(page.locator(".asked").last).to_have_text(question)
    expect(page.locator(".badge").last).to_have_text(words["badge"]["quoted"])
    run.click()
    answered(page, 3)
    expect(page.locator(".badge").last).to_have_text(words["badge"]["lab"])


def test_what_is_wrong_with_a_setting_is_said_and_nothing_runs(context, bundled):
    page = opened(context, bundled)
    page.locator("nav [data-view=labs]").click()
    card = page.locator('#view [data-lab="lora"]')
    card.locator("summary").click()
    card.locator("input[type=number]").evaluate("box => { box.form.noValidate = true; box.value = '-1' }")
    card.get_by_role("button", name="Run").click()
    expect(page.locator(".error")).to_contain_text("seed=-1")
    expect(page.locator(".figure")).to_have_count(0)
    expect(page.locator("#question textarea")).to_have_value("")


def test_every_card_shows_its_picture_and_nothing_jumps(context, bundled):
    page = opened(context, bundled)
    page.locator("nav [data-view=labs]").click()
    pictures = page.locator("#view section > img")
    expect(pictures).to_have_count(len(core.LABS))
    for size in ({"width": 1280, "height": 860}, {"width": 360, "height": 780}):
        page.set_viewport_size(size)
        for picture in pictures.all():
            before = picture.bounding_box()
            picture.scroll_into_view_if_needed()
            page.wait_for_function(
                "image => image.complete && image.naturalWidth === 384", arg=picture.element_handle()
            )
            after = picture.bounding_box()
            assert (before["width"], before["height"]) == (after["width"], after["height"])
            assert after["width"] == pytest.approx(1.6 * after["height"], abs=2)
        assert page.evaluate("document.querySelector('#view > div').scrollWidth") <= size["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    expect(page.locator("#view").get_by_role("img")).to_have_count(0)  # beside their words they say nothing more


@pytest.mark.parametrize(
    ("lang", "same", "differs"),
    [
        ("ko", "기록과 똑같아요.", "기록과 달라요: "),
        ("en", "The same as recorded.", "It differs from what was recorded: "),
    ],
)
def test_a_run_is_saved_and_replayed(context, bundled, tmp_path, lang, same, differs):
    page, words = opened(context, bundled), STRINGS[lang]

    def replay(file: Path) -> None:
        page.locator("nav [data-view=labs]").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name=words["records"]["replay"]).press("Enter")
        chooser.value.set_files(file)

    page.locator("nav [data-view=labs]").click()
    page.locator('#view [data-lab="tokens"] summary').click()
    page.locator('#view [data-lab="tokens"]').get_by_role("button", name=words["run"]).click()
    answered(page)
    with page.expect_download() as saving:
        page.get_by_role("button", name=words["records"]["save"]).click()
    assert saving.value.suggested_filename == "tokens.json"
    saving.value.save_as(file := tmp_path / "run.json")
    replay(file)
    expect(page.locator("#view")).to_be_hidden()
    answered(page, 2)
    expect(page.locator(".answer").last).to_contain_text(same)
    assert page.locator(".asked").last.inner_text() == page.locator(".asked").first.inner_text()
    evil = "<img src=x onerror=alert(1)> Pay at evil.test"
    changed = json.loads(file.read_text("utf-8")) | {"vocabulary": evil, "versions": {"numpy": evil}, evil: evil}
    file.write_text(json.dumps(changed), "utf-8")
    replay(file)
    answered(page, 3)
    expect(page.locator(".answer").last).to_contain_text(f"{differs}vocabulary, ")
    assert "evil" not in page.locator("#log").inner_text()


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_file_that_is_no_record_is_told_of_and_can_be_put_right(context, bundled, tmp_path, lang):
    page = opened(context, bundled)
    page.locator("nav [data-view=labs]").click()
    page.locator('#view [data-lab="lora"] summary').click()
    page.locator('#view [data-lab="lora"] input[type=number]').first.fill("7")
    told, box = page.locator("#view").get_by_role("alert"), page.locator("#view input[type=file]")
    expect(told).to_have_count(0)
    settings = {"lab": "tokens", "arguments": {"merges": 3}}
    for file, line in (
        (b"{", "JSON"),
        (b" " * 8_000_001, "8MB" if lang == "ko" else "8 MB"),
        (json.dumps(settings | {"arguments": {"merges": -1}}).encode(), "merges=-1"),
    ):
        (tmp_path / "run.json").write_bytes(file)
        box.set_input_files(tmp_path / "run.json")
        expect(told).to_contain_text(line)
        assert bool(re.search("[가-힣]", told.inner_text())) == (lang == "ko")
    expect(page.locator('#view [data-lab="lora"] input[type=number]').first).to_have_value("7")  # nothing is lost
    expect(page.locator(".turn")).to_have_count(0)
    (tmp_path / "run.json").write_text(json.dumps(settings), "utf-8")
    box.set_input_files(tmp_path / "run.json")
    answered(page)
    missing = {"ko": "기록에 없음", "en": "not in the record"}[lang]
    expect(page.locator(".answer")).to_contain_text(missing)
