"""The page: a Gradio app over `Conversation`, and the small server around it.

Gradio carries the events; the conversation itself is drawn by page.js from plain data, because a
figure must keep its play button, its slider and its state while the answer below it is still growing.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from tutor import config

config.go_offline()  # before gradio is imported, which reads the environment once

import gradio as gr  # noqa: E402

from tutor.config import Settings  # noqa: E402
from tutor.errors import SettingError  # noqa: E402
from tutor.labs import core  # noqa: E402
from tutor.session import Tutor, open_tutor  # noqa: E402
from tutor.store.accounts import Accounts  # noqa: E402
from tutor.store.engine import open_store  # noqa: E402
from tutor.types import Lang  # noqa: E402
from tutor.ui import accounts, export, render  # noqa: E402
from tutor.ui import files as own  # noqa: E402
from tutor.ui.conversation import Conversation, Conversations  # noqa: E402
from tutor.ui.routes import Guard, routes  # noqa: E402
from tutor.ui.settings import asked_manner  # noqa: E402
from tutor.ui.strings import EXAMPLES, STRINGS, VIEWS, from_browser  # noqa: E402

_HERE = Path(__file__).parent
LOOPBACK = ["127.0.0.1", "localhost"]
_FONTS = ("Pretendard", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "NanumGothic", "sans-serif")
_MONO = ("D2Coding", "NanumGothicCoding", "monospace")

_UPLOAD = "200mb"  # more than a file may have, so that it is the library which says so
# By these the server knows a learner's browser, and its tab, again: neither is to be guessed, and both stay here.
_DRAWN = """const drawn = () => Array.from(
        crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");"""
_SECRETS = f"() => {{ {_DRAWN} "
_SECRETS += "return [localStorage.learner ??= drawn(), sessionStorage.tutor ??= drawn(), localStorage.manner ?? '']; }"
_NEW_TAB = f"() => {{ {_DRAWN} return [null, localStorage.learner, sessionStorage.tutor = drawn()]; }}"

# page.js saves it; and the page does not keep the text.
_DOWNLOAD = """(text) => {
    document.dispatchEvent(new CustomEvent("save", { detail: { text, name: "ai-history-tutor.KIND" } }));
    return "";
}"""


# ---- the page ------------------------------------------------------------------------------------
class _Parts(NamedTuple):
    """The components that events read or change."""

    state: gr.State
    learner: gr.Textbox
    tab: gr.Textbox
    heading: gr.HTML
    lang: gr.Radio
    log: gr.HTML
    examples: list[gr.Button]
    box: gr.Textbox
    send: gr.Button
    stop: gr.Button
    retry: gr.Button
    clear: gr.Button
    save: list[gr.Button]  # as Markdown, as HTML
    saved: gr.Textbox
    files: own.Files


def build(tutor: Tutor, conversations: Conversations) -> gr.Blocks:
    """The page over `tutor`; every browser tab gets a conversation of its own."""
    with gr.Blocks(title="AI History Tutor · AI 역사 튜터", analytics_enabled=False, fill_width=True) as page:
        _wire(page, _layout(), conversations, tutor)
    page.queue(max_size=32, default_concurrency_limit=1, api_open=False)
    return page


def _layout() -> _Parts:
    with gr.Row(elem_id="top"):
        heading = gr.HTML(apply_default_css=False, elem_id="heading")
        choices = [("한국어", "ko"), ("English", "en")]
        lang = gr.Radio(choices, show_label=False, container=False, elem_id="language")
    with gr.Row(elem_id="main"):
        with gr.Column(elem_id="talk"):
            log = _log()
            with gr.Row(elem_id="examples"):
                examples = [gr.Button(size="sm", elem_classes="example") for _ in EXAMPLES["en"]]
            with gr.Column(elem_id="composer"):
                with gr.Row(elem_id="entry"):
                    box = gr.Textbox(lines=1, max_lines=8, show_label=False, container=False, elem_id="question")
                    send = gr.Button(variant="primary", elem_id="send")
                    stop = gr.Button(variant="stop", elem_id="stop", visible=False)
                with gr.Row(elem_id="tools"):
                    save = [gr.Button(size="sm", elem_id=f"save-{kind}") for kind in ("md", "html")]
                    retry, clear = gr.Button(size="sm", elem_id="retry"), gr.Button(size="sm", elem_id="clear")
        with gr.Column(elem_id="side"):
            side = (_HERE / "side.html").read_text(encoding="utf-8")
            gr.HTML(side, js_on_load=None, apply_default_css=False, elem_id="panel")
            files = own.layout()
    state, (learner, tab, saved) = gr.State(None), (gr.Textbox(visible=False) for _ in range(3))
    talk = (log, examples, box, send, stop, retry, clear, save, saved)
    return _Parts(state, learner, tab, heading, lang, *talk, files)


def _wire(page: gr.Blocks, parts: _Parts, conversations: Conversations, tutor: Tutor) -> None:
    """Only the new text travels from the browser; the transcript stays in `parts.state`, on the server."""
    state, learner, tab, heading, lang, log, examples, box, send, stop, retry, clear, save, saved, files = parts
    words: list[Any] = [heading, lang, box, send, stop, *save, retry, clear, *examples, *files]

    def open_page(learner: str, tab: str, manner: str, request: gr.Request) -> list[Any]:
        here = conversations.open(_own(learner, request), tab, from_browser(request.headers.get("accept-language", "")))
        if manner:
            here.prefer(asked_manner(manner))
        send, stop = _buttons(here)
        return [here, here.view(whole=True), *_labels(here.lang, send, stop), *own.labels(tutor, here.lang)]

    def switch(lang: Lang, here: Conversation) -> list[Any]:
        here.lang = lang
        return [here.view(whole=True), *_labels(lang, *_buttons(here)), *own.labels(tutor, lang)]

    def begin_anew(here: Conversation, learner: str, tab: str, request: gr.Request) -> tuple[Any, ...]:
        conversations.renew(here, _own(learner, request), tab)
        return here.view(), *_buttons(here)

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    quick = quiet | {"queue": False}
    # "multiple": a question asked before gradio hears that the last answer is over would else never be answered.
    slow = quiet | {"concurrency_id": "model", "trigger_mode": "multiple"}
    page.load(open_page, [learner, tab, saved], [state, log, *words], js=_SECRETS, **quick)
    lang.input(switch, [lang, state], [log, *words], **quick)
    stop.click(_stop, [state], [log, send, stop], **quick)
    clear.click(begin_anew, [state, learner, tab], [log, send, stop], js=_NEW_TAB, **quick)
    own.wire(files, state, tutor)
    for button, kind in zip(save, ("md", "html"), strict=True):
        told = button.click(_markdown if kind == "md" else _html, [state], [saved], **quick)
        told.then(None, [saved], [saved], js=_DOWNLOAD.replace("KIND", kind), **quick)
    asked = [retry.click(_retry, [state], [log, send, stop], **quick)]
    for trigger, text in [(box.submit, box), (send.click, box), *((button.click, button) for button in examples)]:
        asked.append(trigger(_begin, [text, state], [box, log, send, stop], **quick))
    asked.append(log.submit(_begin_next, [state], [log, send, stop], **quick))  # of a form or button in the drawing
    for event in asked:
        answered = event.then(_answer, [state], [log, send, stop], **slow)
        answered.then(_give_back, [box, state], [box], **quick)


def _log() -> gr.HTML:
    """The conversation: data in, drawn by page.js. Its template never changes, so gradio leaves the drawing alone."""
    script = "\n".join((_HERE / f"{name}.js").read_text(encoding="utf-8") for name in ("page", "views", *VIEWS))
    template = (_HERE / "page.html").read_text(encoding="utf-8")
    return gr.HTML("", html_template=template, js_on_load=script, apply_default_css=False, elem_id="conversation")


def _labels(lang: Lang, send: dict[str, Any], stop: dict[str, Any]) -> list[Any]:
    """The words of every labelled component, in the order that `_wire` lists them."""
    words = STRINGS[lang]
    views = "".join(f'<button type="button" data-view="{v}">{render.escape(words["views"][v])}</button>' for v in VIEWS)
    title = (
        f"<div><h1>{render.escape(words['title'])}</h1><p>{render.escape(words['tagline'])}</p></div><nav>{views}</nav>"
    )
    box = gr.update(placeholder=words["placeholder"], label=words["question"])
    buttons = [send | {"value": words["send"]}, stop | {"value": words["stop"]}]
    tools = (words["save_md"], words["save_html"], words["retry"], words["clear"])
    rest = [gr.update(value=text) for text in (*tools, *EXAMPLES[lang])]
    return [title, gr.update(value=lang, label=words["language"]), box, *buttons, *rest]


def _buttons(here: Conversation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send, or while a question is being answered, stop."""
    return gr.update(visible=not here.busy), gr.update(visible=here.busy)


def _own(learner: str, request: gr.Request) -> str:
    """The secret of who is signed in; else, where nobody has to be, of the browser."""
    account = accounts.account_of(request.request) if request.request else None
    return account.secret if account else learner


def _begin(question: str, here: Conversation) -> tuple[Any, ...]:
    if not here.begin(question or ""):
        gr.Info(STRINGS[here.lang]["busy"])
        return gr.skip(), gr.skip(), *_buttons(here)
    return "", here.view(), *_buttons(here)


def _begin_next(here: Conversation, asked: gr.EventData) -> tuple[Any, ...]:
    """Begin what the drawing asks for: {"question": …}, or a run, {"lab": …, "arguments": {…}}, maybe of a "record"."""
    question, lab, arguments = (getattr(asked, name, None) for name in ("question", "lab", "arguments"))
    record = getattr(asked, "record", None)
    if isinstance(question, str):
        begun = here.begin(question)
    elif isinstance(lab, str) and isinstance(arguments, dict):
        begun = here.begin_run(lab, arguments, record if isinstance(record, dict) else None)
    else:
        return gr.skip(), gr.skip(), gr.skip()
    if not begun:
        gr.Info(STRINGS[here.lang]["busy"])
    return here.view(), *_buttons(here)


def _retry(here: Conversation) -> tuple[Any, ...]:
    here.retry()
    return here.view(), *_buttons(here)


def _stop(here: Conversation) -> tuple[Any, ...]:
    here.stop()
    if here.busy:  # the running answer shows its own end; a second word on it could come too late
        return gr.skip(), gr.skip(), gr.skip()
    return here.view(), *_buttons(here)


def _markdown(here: Conversation) -> str:
    return export.markdown(here.turns, here.lang)


def _html(here: Conversation) -> str:
    return export.page(here.turns, here.lang, (_HERE / "style.css").read_text(encoding="utf-8"))


def _answer(here: Conversation) -> Iterator[tuple[Any, ...]]:
    for view in here.answer():
        yield view, *_buttons(here)


def _give_back(typed: str, here: Conversation) -> Any:
    """A question that was refused goes back into the empty box, to be put right; else what is typed meanwhile stays."""
    rejected = here.rejected()
    return rejected if rejected and not typed else gr.skip()


# ---- the server ----------------------------------------------------------------------------------
def serve(settings: Settings) -> None:
    """Open the tutor and serve the page until Ctrl-C.

    Raises:
        SettingError: the port is in use or not allowed.
        TutorError: the sources, the index or the model cannot be opened.
    """
    check_port(settings.host, settings.port)
    page, url = launch(open_tutor(settings), settings.host, settings.port)
    threading.Thread(target=core.warm_up, daemon=True).start()
    sys.stdout.write(f"\n  AI History Tutor · AI 역사 튜터\n  {url}\n  Ctrl-C: 끝내기 · quit\n\n")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    finally:
        page.close(verbose=False)


def launch(tutor: Tutor, host: str, port: int) -> tuple[gr.Blocks, str]:
    """Start the server of the page over `tutor` in its own thread; returns the page, to be closed, and its address.

    Raises:
        SettingError: the database cannot be opened.
    """
    store = open_store(tutor.settings.database)
    conversations = Conversations(tutor.new_session, store)
    page = build(tutor, conversations)
    _, url, _ = page.launch(
        server_name=host,
        server_port=port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        footer_links=[],
        allowed_paths=[],
        max_file_size=_UPLOAD,
        state_session_capacity=200,
        theme=gr.themes.Base(font=_FONTS, font_mono=_MONO, primary_hue="indigo", neutral_hue="slate"),
        css_paths=_HERE / "style.css",
        app_kwargs={
            **_doors(tutor, conversations, store, host),
            "docs_url": None,
            "redoc_url": None,
        },
    )
    return page, url


def _doors(tutor: Tutor, conversations: Conversations, store: Engine, host: str) -> dict[str, Any]:
    """What is answered beside gradio's events, and who is let through to it."""
    # A site whose name is made to point to this machine would else be taken for the page itself (DNS rebinding).
    named = LOOPBACK if host in LOOPBACK else ["*"]
    doors = [Middleware(TrustedHostMiddleware, allowed_hosts=named), Middleware(Guard)]
    answered = routes(tutor, conversations, store)
    if tutor.settings.auth:
        known, tries = Accounts(store), accounts.Tries()
        doors.append(Middleware(accounts.SignedIn, accounts=known, tries=tries))
        answered += accounts.routes(known, tries)
    return {"routes": answered, "middleware": doors}


def check_accounts(settings: Settings) -> None:
    """Fail early and clearly where one has to sign in, and nobody can."""
    if settings.auth and not Accounts(open_store(settings.database)).names():
        raise SettingError(
            "With --auth only those who have an account come in, and there is none.",
            "Type: tutor users add NAME",
            ko=(
                "--auth를 켜면 계정이 있어야 들어올 수 있는데, 아직 계정이 없어요.",
                "이렇게 입력하세요: tutor users add 이름",
            ),
        )


def check_port(host: str, port: int) -> None:
    """Fail early and clearly where `port` cannot be had: before a model is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = port + 1 if port < 65535 else 7861
            address = f"http://{host}:{port}"
            raise SettingError(
                f"Port {port} on {host} cannot be used ({error.strerror}).",
                f"Another tutor may be running there: open {address}, or type: tutor --port {other}",
                ko=(
                    f"{host}의 포트 {port}번을 쓸 수 없어요 ({error.strerror}).",
                    f"튜터가 이미 켜져 있다면 {address} 을 열고, 아니면 다음을 입력하세요: tutor --port {other}",
                ),
            ) from None
