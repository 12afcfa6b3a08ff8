"""The page with nothing scripted: the real corpus, index, toolbox and lab, and the bundled model."""

import pickle
import re
import signal
import subprocess
import sys
from dataclasses import replace

import checkpoints
import httpx
import pytest
from chromium import answered, ask, free_port, opened
from playwright.sync_api import expect

from tutor.labs.captions import say
from tutor.ui.strings import EXAMPLES, STRINGS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
DEMOS = {"ko": "XOR를 퍼셉트론으로 훈련해서 직접 보여줘", "en": "Show me a single layer and a multilayer net on XOR"}
LONG = "Show me both on XOR, learning rate 0.0001, 10000 epochs, 64 hidden units, seeds 1, 2, 3, 4, 5, 6, 7, 8"


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_question_is_answered_from_the_corpus(context, bundled, lang):
    page = opened(context, bundled)
    page.get_by_role("button", name=EXAMPLES[lang][0]).click()
    answered(page)
    expect(page.locator(".badge")).to_have_text(STRINGS[lang]["badge"]["quoted"])
    expect(page.locator(".answer")).to_contain_text({"ko": "퍼셉트론", "en": "perceptron"}[lang])
    page.locator(".cite").first.click()
    passage = page.locator(".source.open")
    marked = passage.locator("mark").first.inner_text()
    assert marked in page.locator(".answer").inner_text()
    passage.locator(".whole-text").click()
    expect(page.locator("#document mark").first).to_be_in_viewport()
    expect(page.locator("#document h1")).to_have_text(passage.locator("h3").inner_text().removeprefix("1").strip())


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_xor_demo_trains_and_moves(context, bundled, lang):
    page = opened(context, bundled)
    ask(page, DEMOS[lang])
    answered(page)
    expect(page.locator(".badge")).to_have_text(STRINGS[lang]["badge"]["lab"])
    expect(page.locator(".answer")).to_contain_text("3/4")
    expect(page.locator(".cite").first).to_be_visible()
    figure = page.locator(".figure").first
    figure.scroll_into_view_if_needed()
    region = "JSON.stringify(document.querySelector('.figure').data[0].z)"
    expect(figure.locator(".moments")).to_have_js_property("value", "39")
    end = page.evaluate(region)
    figure.locator(".moments").click(position={"x": 2, "y": 5})
    page.wait_for_function(f"{region} !== {end!r}")
    start = page.evaluate(region)
    figure.get_by_role("button", name=say("play", lang)).click()
    page.wait_for_function(f"{region} !== {start!r}")
    page.wait_for_function(f"{region} === {end!r}", timeout=90_000)


def test_stop_in_mid_answer_and_reload(context, bundled):
    page = opened(context, bundled)
    ask(page, LONG)
    expect(page.locator(".status")).to_contain_text(re.compile(r"\d"))
    page.locator("#stop").click()
    answered(page)
    expect(page.locator(".note")).to_have_text(STRINGS["en"]["stopped"])
    page.reload()
    answered(page)
    expect(page.locator(".asked")).to_have_text(LONG)
    ask(page, "Who wrote the paper Attention Is All You Need?")
    answered(page, 2)
    expect(page.locator(".answer").last).to_contain_text("Vaswani")


def test_serve_says_where_it_is_and_ends_with_ctrl_c(built_settings, built_index, tmp_path):
    checkpoints.llama(tmp_path)
    settings = replace(built_settings, model=str(tmp_path), port=free_port(), threads=1)
    code = "import pickle, sys; from tutor.ui.app import serve; serve(pickle.load(sys.stdin.buffer))"
    pipe = subprocess.PIPE
    server = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe)
    server.stdin.write(pickle.dumps(settings))
    server.stdin.close()
    address = f"http://127.0.0.1:{settings.port}/"
    while address not in (line := server.stdout.readline().decode()):
        assert line, server.stderr.read().decode()
    assert "AI History Tutor" in httpx.get(address).text
    server.send_signal(signal.SIGINT)
    assert server.wait(30) == 0
    assert "Traceback" not in server.stderr.read().decode()
    server.stdout.close()
    server.stderr.close()
