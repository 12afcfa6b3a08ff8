"""The door of a tutor that was started with --auth: nobody comes in unknown, and everybody to their own data only."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tutor.store.accounts import STAY, Account, Accounts, composed
from tutor.ui import render
from tutor.ui.strings import STRINGS, from_browser

COOKIE = "tutor_sign_in"
TRIES, REST = 5, 60.0  # wrong passwords for a name, and the seconds that it then rests
MOST_KNOWN = 10_000  # names and gradio sessions that are remembered

_STYLE = Path(__file__).parent / "style.css"
_GRADIO = "/gradio_api/"
_OPEN = ("/sign-in", f"{_GRADIO}startup-events")  # the latter is gradio's own call to itself when it starts
_API = "/api"
_UPLOAD = f"{_GRADIO}upload"  # the sources are everybody's: who runs the tutor adds to them
_SESSION = re.compile(r"/(?:heartbeat|stream)/([^/]+)")


def account_of(request: Request) -> Account | None:
    """Who asks; None where the tutor was started without --auth."""
    found = request.scope.get("account")
    return found if isinstance(found, Account) else None


class SignedIn:
    """Lets through who is signed in (`scope["account"]` says who), and sends everybody else to sign in.

    A program gives name and password with every call of the API (HTTP's Basic authentication). Gradio knows a page by
    a `session_hash` that the page draws; here each belongs to whoever used it first.
    """

    def __init__(self, app: ASGIApp, accounts: Accounts, tries: Tries) -> None:
        self.app, self._accounts, self._tries = app, accounts, tries
        self._sessions: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") in _OPEN:
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} is served here")
        request = Request(scope, receive)
        account = await run_in_threadpool(self._known, request)
        if account is None:
            await _turned_away(request)(scope, receive, send)
            return
        scope["account"] = account
        if scope["path"].startswith(_GRADIO):
            body = await request.body()
            if scope["path"].startswith(_UPLOAD) or not self._own(request, body, account):
                await PlainTextResponse("Not found", 404)(scope, receive, send)
                return
            receive = _again(body, receive)
        await self.app(scope, receive, send)

    def _known(self, request: Request) -> Account | None:
        now = datetime.now(UTC)
        if (token := request.cookies.get(COOKIE)) and (account := self._accounts.signed_in(token, now)):
            return account
        given = request.headers.get("authorization", "")
        if not request.url.path.startswith(_API) or not given.startswith("Basic "):
            return None
        try:
            name, _, password = base64.b64decode(given[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._tries.verified(self._accounts, name, password)

    def _own(self, request: Request, body: bytes, account: Account) -> bool:
        """Whether every gradio session that a request names is the asker's."""
        named = [*_SESSION.findall(request.url.path), *request.query_params.getlist("session_hash")]
        try:
            said: Any = json.loads(body)
        except ValueError:
            said = None
        if isinstance(said, dict) and said.get("session_hash") is not None:
            named.append(str(said["session_hash"]))
        own = all(self._sessions.setdefault(session, account.name) == account.name for session in named)
        while len(self._sessions) > MOST_KNOWN:
            self._sessions.popitem(last=False)
        return own


class Tries:
    """Counts wrong passwords: after TRIES for a name in a row, it can sign in only after a rest of REST seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how often, and when last

    def resting(self, name: str) -> bool:
        """Whether no password is looked at for now, right or wrong."""
        name = composed(name)
        times, last = self._wrong.get(name, (0, 0.0))
        if times >= TRIES and self._clock() - last >= REST:
            del self._wrong[name]
            return False
        return times >= TRIES

    def verified(self, accounts: Accounts, name: str, password: str) -> Account | None:
        """The account, where the name does not rest and the password is right."""
        name = composed(name)
        if self.resting(name):
            return None
        if account := accounts.verified(name, password):
            self._wrong.pop(name, None)
            return account
        self._wrong[name] = (self._wrong.get(name, (0, 0.0))[0] + 1, self._clock())
        if len(self._wrong) > MOST_KNOWN:
            self._wrong.popitem(last=False)
        return None


def routes(accounts: Accounts, tries: Tries) -> list[Route]:
    """Signing in and out."""

    def ask(request: Request) -> Response:
        return _page(request, "")

    async def sign_in(request: Request) -> Response:
        form = await request.form()
        name, password = (str(form.get(field) or "") for field in ("name", "password"))
        account = await run_in_threadpool(tries.verified, accounts, name, password)
        if account is None:
            return _page(request, "resting" if tries.resting(name) else "wrong", 403)
        token = await run_in_threadpool(accounts.sign_in, account, datetime.now(UTC))
        entered = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        entered.set_cookie(COOKIE, token, int(STAY.total_seconds()), httponly=True, samesite="lax", secure=secure)
        return entered

    def sign_out(request: Request) -> Response:
        accounts.sign_out(request.cookies.get(COOKIE, ""))
        left = PlainTextResponse("")
        left.delete_cookie(COOKIE)
        return left

    return [
        Route("/sign-in", ask),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]


def _turned_away(request: Request) -> Response:
    if request.url.path.startswith(_API):
        return PlainTextResponse("Sign in", 401, {"www-authenticate": 'Basic realm="tutor", charset="UTF-8"'})
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/sign-in", 303)
    return PlainTextResponse("Sign in", 401)


def _page(request: Request, wrong: str, status: int = 200) -> Response:
    """The form to sign in with. It empties what the browser kept of whoever was here before."""
    lang = from_browser(request.headers.get("accept-language", ""))
    words = {key: render.escape(str(text)) for key, text in STRINGS[lang]["sign_in"].items()}
    title = render.escape(STRINGS[lang]["title"])
    told = f'<p class="error" role="alert">{words[wrong]}</p>' if wrong else ""
    style = _STYLE.read_text(encoding="utf-8")
    return HTMLResponse(
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{style}</style>"
        "<script>localStorage.clear(); sessionStorage.clear();"
        'document.documentElement.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches)</script>'
        f'<body class="ready"><main class="sign-in"><h1>{title}</h1><form method="post" action="/sign-in">'
        f'<label>{words["name"]}<input name="name" autocomplete="username" required autofocus></label>'
        f'<label>{words["password"]}<input name="password" type="password" autocomplete="current-password" required>'
        f'</label>{told}<button class="primary">{words["enter"]}</button></form></main></body></html>',
        status,
    )


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, to be read once more; then what comes after it."""
    first = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return first.pop() if first else await receive()

    return receive_again
