"""What the server answers beside gradio's events: documents, the data of the views, and no door more than needed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tutor.errors import TutorError
from tutor.labs import core, records
from tutor.retrieval.index import ARTICLES
from tutor.session import Tutor
from tutor.store.learner import SECRET_LENGTH
from tutor.store.studied import Studied
from tutor.types import Lang
from tutor.ui import api, labs, library, render, settings, timeline
from tutor.ui.accounts import account_of
from tutor.ui.conversation import Conversations
from tutor.ui.quiz import Quiz
from tutor.ui.strings import STRINGS

_STYLE = Path(__file__).parent / "style.css"
_PLOTLY = files("plotly") / "package_data" / "plotly.min.js"

# Gradio's own scripts are inline and compiled in the page; nothing may come from, or go to, another host.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; frame-src 'none'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_CLOSED = ("/gradio_api/file=http", "/gradio_api/proxy=")  # the page fetches no files
_UPLOAD = "/gradio_api/upload"
_API = "/api/"


class Guard:
    """Adds the security headers, and closes the doors of the web framework that this page has no use for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        # What changes something is open to the page itself, not to another one in the same browser.
        changing = scope["method"] not in ("GET", "HEAD") and not scope["path"].startswith("/gradio_api")
        foreign = (changing or scope["path"].startswith(_UPLOAD)) and not _from_page(scope)
        if foreign or scope["path"].startswith(_CLOSED):
            await PlainTextResponse("Not found", 404)(scope, receive, send_guarded)
        else:
            await self.app(scope, receive, send_guarded)


def _from_page(scope: Scope) -> bool:
    """Whether a request comes from a page of this very server, as a browser tells; to the API, from a program too.

    A browser puts an Origin on every POST, a program as a rule on none.
    """
    headers = dict(scope["headers"])
    if scope["path"].startswith(_API) and b"origin" not in headers:
        return True
    return urlsplit(headers.get(b"origin", b"")).netloc == headers.get(b"host")


def routes(tutor: Tutor, conversations: Conversations, store: Engine) -> list[Route]:
    """All of them; what changes something comes from the page alone, or to the API from a program (Guard)."""
    mine = [*kept(conversations), *practised(Quiz(tutor, store)), *read(tutor, store)]
    return [*shown(tutor), *tried(tutor, conversations), *mine, *api.routes(tutor)]


def shown(tutor: Tutor) -> list[Route]:
    """What there is to see."""
    style = _STYLE.read_text(encoding="utf-8")

    def plotly_js(request: Request) -> Response:
        return FileResponse(str(_PLOTLY), media_type="text/javascript", headers={"cache-control": "max-age=86400"})

    def document(request: Request) -> Response:
        query, lang = parse_qs(request.url.query), _lang(request)
        first, _, last = query.get("lines", [""])[0].partition("-")
        lines = (int(first), int(last)) if _number(first) and _number(last) else None
        try:
            found = tutor.index.document(request.path_params["doc"])
        except (KeyError, TutorError):
            return HTMLResponse(f"<p>{render.escape(STRINGS[lang]['missing'])}</p>", 404)
        title = render.escape(found.title)
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        body = render.document_html(found, lines, lang, library.beside(tutor.index, found, lang))
        page = f'{head}<style>{style}</style><body class="ready"><main>{body}</main></body>'
        return HTMLResponse(f'<!doctype html><html lang="{found.lang}">{page}</html>')

    def listing(request: Request) -> Response:
        return JSONResponse(library.listing(tutor.index, _lang(request), shared=tutor.settings.auth))

    def search(request: Request) -> Response:
        return JSONResponse(library.search(tutor.index, request.query_params.get("q", ""), _lang(request)))

    def status(request: Request) -> Response:
        account = account_of(request)
        return JSONResponse(settings.status(tutor, _lang(request), account.name if account else ""))

    def told(request: Request) -> Response:
        return JSONResponse(timeline.timeline(tutor.index, _lang(request)))

    return [
        Route("/plotly.min.js", plotly_js),
        Route("/document/{doc:path}", document),
        Route("/library", listing),
        Route("/search", search),
        Route("/timeline", told),
        Route("/status", status),
    ]


def tried(tutor: Tutor, conversations: Conversations) -> list[Route]:
    """The labs: their gallery, and the records of their runs."""

    def gallery(request: Request) -> Response:
        return JSONResponse(labs.gallery(tutor.index, _lang(request)))

    def picture(request: Request) -> Response:
        lab = request.path_params["lab"]
        if lab not in core.LABS:
            return PlainTextResponse("Not found", 404)
        lasting = {"cache-control": "max-age=31536000, immutable"}  # a new picture has a new address
        return FileResponse(labs.PICTURES / f"{lab}.webp", media_type="image/webp", headers=lasting)

    async def record(request: Request) -> Response:
        """The record of a turn's run, as a file: {"tab", "number"}."""
        asked = await _posted(request)
        number = asked.get("number")
        here = conversations.held(_learner(request), str(asked.get("tab")))
        found = await run_in_threadpool(here.record, number) if here and isinstance(number, int) else None
        if found is None:
            return PlainTextResponse("Bad request", 400)
        return Response(records.written(found), media_type="application/json")

    async def replay(request: Request) -> Response:
        """The run that a posted record asks for."""
        return JSONResponse(await run_in_threadpool(labs.replayed, await request.body(), _lang(request)))

    return [
        Route("/labs", gallery),
        Route("/labs/{lab}.webp", picture),
        Route("/record", record, methods=["POST"]),
        Route("/replay", replay, methods=["POST"]),
    ]


def kept(conversations: Conversations) -> list[Route]:
    """What was said: a learner's conversations, and what the learner thinks of an answer."""

    async def history(request: Request) -> Response:
        """The learner's conversations; of a posted {"delete": id} that one is forgotten first."""
        learner, gone = _learner(request), (await _posted(request)).get("delete")
        if isinstance(gone, str):
            await run_in_threadpool(conversations.delete, learner, gone)
        kept = await run_in_threadpool(conversations.listed, learner)
        return JSONResponse([asdict(one) | {"updated": one.updated.isoformat()} for one in kept])

    async def feedback(request: Request) -> Response:
        """What a learner says of a turn: {"tab", "number", "helpful": true, false or null}."""
        asked = await _posted(request)
        number, helpful = asked.get("number"), asked.get("helpful")
        here = conversations.held(_learner(request), str(asked.get("tab")))
        if here is None or not isinstance(number, int) or not isinstance(helpful, bool | None):
            return PlainTextResponse("Bad request", 400)
        await run_in_threadpool(here.rate, number, helpful)
        return JSONResponse({})

    async def manner(request: Request) -> Response:
        """How a learner wants to be answered: {"tab", "manner": {"lang", "length", "level"}}."""
        asked = await _posted(request)
        here = conversations.held(_learner(request), str(asked.get("tab")))
        if here is None:
            return PlainTextResponse("Bad request", 400)
        here.prefer(settings.manner(asked.get("manner")))
        return JSONResponse({})

    async def earlier(request: Request) -> Response:
        """Turns of a long conversation, before those that the page holds: {"tab", "number"}."""
        asked = await _posted(request)
        number = asked.get("number")
        here = conversations.held(_learner(request), str(asked.get("tab")))
        if here is None or not isinstance(number, int):
            return PlainTextResponse("Bad request", 400)
        return JSONResponse(await run_in_threadpool(here.earlier, number))

    changes = {"/history": history, "/feedback": feedback, "/manner": manner, "/earlier": earlier}
    return [Route(path, change, methods=["POST"]) for path, change in changes.items()]


def practised(quiz: Quiz) -> list[Route]:
    """The quiz; `x-learner` is the secret of the learner's browser."""

    def following(request: Request) -> Response:
        era = request.query_params.get("era", "")
        return JSONResponse(quiz.next(_learner(request), era, _lang(request), _now()))

    async def answer(request: Request) -> Response:
        said = await _posted(request)
        ident, given = said.get("item"), said.get("answer")
        try:
            if not (isinstance(ident, str) and isinstance(given, str)):
                raise KeyError(ident)
            told = await run_in_threadpool(quiz.answer, _learner(request), ident, given, _lang(request), _now())
        except KeyError:
            return PlainTextResponse("No answer to a question of the quiz", 400)
        return JSONResponse(told)

    def clear(request: Request) -> Response:
        quiz.history(_learner(request)).clear()
        return JSONResponse({})

    def progress(request: Request) -> Response:
        return JSONResponse(quiz.progress(_learner(request), _lang(request), _now()))

    def export(request: Request) -> Response:
        if request.path_params["kind"] == "csv":
            return PlainTextResponse(quiz.export_csv(_learner(request), _now()), media_type="text/csv")
        return JSONResponse(quiz.export(_learner(request), _now()))

    return [
        Route("/quiz", following),
        Route("/quiz", answer, methods=["POST"]),
        Route("/quiz", clear, methods=["DELETE"]),
        Route("/quiz/progress", progress),
        Route("/quiz/export.{kind}", export),
    ]


def read(tutor: Tutor, store: Engine) -> list[Route]:
    """What a learner has studied; of a posted {"add": slugs} these are added, of {"clear": true} all are forgotten."""

    def changed(learner: str, asked: dict[str, Any]) -> list[str]:
        kept, slugs = Studied(store, learner), asked.get("add")
        if asked.get("clear") is True:
            kept.clear()
        known = {ident.partition("/")[2] for ident in tutor.index.documents if ident.startswith(ARTICLES)}
        kept.add(slug for slug in (slugs if isinstance(slugs, list) else ()) if isinstance(slug, str) and slug in known)
        return kept.slugs()

    async def studied(request: Request) -> Response:
        learner, asked = _learner(request), await _posted(request)
        return JSONResponse(await run_in_threadpool(changed, learner, asked))

    return [Route("/studied", studied, methods=["POST"])]


def _now() -> datetime:
    return datetime.now().astimezone()  # the learner's own time zone: "today" ends at midnight


def _learner(request: Request) -> str:
    """Of who is signed in, else of the browser. Raises HTTPException 400 where a browser's is missing or too short."""
    if account := account_of(request):
        return account.secret
    learner = request.headers.get("x-learner", "")
    if len(learner) < SECRET_LENGTH:
        raise HTTPException(400)
    return learner


def _lang(request: Request) -> Lang:
    return "ko" if request.query_params.get("lang") == "ko" else "en"


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


async def _posted(request: Request) -> dict[str, Any]:
    """The JSON object that was posted; empty where it is none."""
    try:
        posted = await request.json()
    except ValueError:
        return {}
    return posted if isinstance(posted, dict) else {}
