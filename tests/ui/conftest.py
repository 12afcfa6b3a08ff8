"""A browser for all tests, and a watched context of it for each."""

from dataclasses import replace

import pytest
from chromium import serving
from playwright.sync_api import Browser

from tutor.chat import model
from tutor.evals.page import browsing
from tutor.session import Tutor
from tutor.tools import Toolbox

LOCALES = {"ko": "ko-KR", "en": "en-US"}


@pytest.fixture(scope="module")
def browser():
    """Started before any server: without Playwright's running event loop gradio makes loops that it never closes."""
    with browsing() as chromium:
        yield chromium


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest):
    """A browser of its own in the language of the parameter `lang`; what it asks for and what breaks is recorded."""
    lang = request.node.callspec.params.get("lang", "en") if hasattr(request.node, "callspec") else "en"
    context = browser.new_context(
        locale=LOCALES[lang], viewport={"width": 1280, "height": 860}, reduced_motion="reduce"
    )
    requests, errors = [], []
    context.on("request", lambda r: requests.append(r.url))
    context.on("weberror", lambda e: errors.append(str(e.error)))
    yield context
    context.close()
    assert not [r for r in requests if not r.startswith(("http://127.0.0.1:", "data:", "blob:"))]
    assert not errors
    assert requests


@pytest.fixture(scope="module")
def bundled(browser, built_settings, built_index):
    """The address of a page with nothing scripted: the real corpus, index, labs and the bundled model."""
    settings = replace(built_settings, threads=1)
    chat = model.load(settings)
    tutor = Tutor(settings, built_index, chat, Toolbox())
    with serving(tutor) as url:
        yield url
    chat.close()
