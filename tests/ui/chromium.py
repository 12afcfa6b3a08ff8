"""Driving the page in a real Chromium, the system's own."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tutor.ui import app

expect.set_options(timeout=30_000)  # the machine may be busy


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(tutor: Any) -> Iterator[str]:
    """The address of a page over `tutor`, until it is closed."""
    page, url = app.launch(tutor, "127.0.0.1", free_port())
    yield url
    page.close(verbose=False)


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.locator("body")).to_have_class(re.compile("ready"))
    return page


def ask(page: Page, question: str) -> None:
    expect(page.locator("#send")).to_be_visible()  # the turn before is over
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")


def answered(page: Page, number: int = 1) -> None:
    expect(page.locator(".turn .foot")).to_have_count(number, timeout=90_000)
    expect(page.locator("#send")).to_be_visible()


def begin_anew(page: Page) -> None:
    """Leave the conversation for a new, empty one."""
    page.locator("#clear").click()
    expect(page.locator(".turn")).to_have_count(0)  # or the answer before could be taken for the next one's


def compose(page: Page, text: str) -> None:
    """Type `text` by an input method into what has the focus, and end its composition with Enter."""
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    for kind in ("rawKeyDown", "char", "keyUp"):
        event = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229 if kind != "char" else 13}
        keyboard.send("Input.dispatchKeyEvent", event | ({"text": "\r"} if kind == "char" else {}))
    keyboard.send("Input.insertText", {"text": text})
