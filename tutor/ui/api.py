"""The same tutor for programs: JSON in, JSON out, at /api on the page's own server, which describes itself there.

Nothing is kept between two requests. One question or run is worked on at a time, a few wait, one more is told to come
back (503). A program that goes away stops its work.

Who may ask: programs on this machine, and the page itself; no other site in a browser. A browser puts an Origin on
every POST to another site, and Guard (routes.py) refuses an Origin that is not the page's own. The Content-Type must be
application/json, which no site's form can send. There is no CORS: no other site can read what is answered.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, with_config
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import TypedDict

from tutor import __version__, service
from tutor.errors import BusyError, QuestionError, ToolError, TutorError, UnknownLab
from tutor.labs import core
from tutor.labs.checking import checked
from tutor.question import LONGEST_QUESTION
from tutor.session import Tutor
from tutor.text import language
from tutor.types import Lang
from tutor.ui.strings import from_browser

LARGEST = 65_536  # bytes of a request's body; the longest question takes 12,000 as escapes
RETRY_AFTER = 5  # seconds, for those who are turned away

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_Handler = Callable[[Request], Awaitable[Any]]

_STATUS: Final = ((UnknownLab, 404), (QuestionError, 422), (ToolError, 422), (BusyError, 503))
_BROKEN: Final = TutorError(
    "Something went wrong inside the program.",
    "Look at the terminal it runs in.",
    ko=("프로그램에 문제가 생겼어요.", "실행 중인 터미널에 남은 기록을 확인해 주세요."),
)


# ---- what may be asked ---------------------------------------------------------------------------
class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AskBody(_Body):
    """A question, which stands alone."""

    question: str = Field(
        "",
        description="In Korean or English, in the learner's own words. A demo can be asked for, too.",
        json_schema_extra={"maxLength": LONGEST_QUESTION},  # checked after Unicode's forms are joined
    )
    lang: service.Spoken = Field("auto", description="Of the answer; auto: that of the question.")


class SearchBody(_Body):
    """A query to the sources."""

    query: str = Field(
        "", description="In Korean or English; both are found.", json_schema_extra={"maxLength": LONGEST_QUESTION}
    )
    lang: service.Spoken = Field("auto", description="Of the passages, where there is a choice; auto: the query's.")
    k: int = Field(6, ge=1, le=service.MOST_PASSAGES, description="How many passages at most.")


@with_config(use_attribute_docstrings=True)
class Error(TypedDict):
    """What went wrong, in the language that was asked for."""

    error: str
    hint: str
    """What to change, or nothing."""


class _Refused(TutorError):
    """The request itself cannot be read."""

    def __init__(self, status: int, message: str, hint: str, *, ko: tuple[str, str]) -> None:
        super().__init__(message, hint, ko=ko)
        self.status = status


# ---- the routes ----------------------------------------------------------------------------------
def routes(tutor: Tutor) -> list[Route]:
    """Those of the API over `tutor`."""
    queue, described = service.Queue(), description()

    async def about(request: Request) -> Any:
        return described

    async def ask(request: Request) -> Any:
        given = checked(AskBody, await _posted(request))
        return await _alone(request, queue, lambda cancel: service.ask(tutor, given.question, given.lang, cancel))

    async def search(request: Request) -> Any:
        given = checked(SearchBody, await _posted(request))
        return await run_in_threadpool(service.search, tutor.index, given.query, given.lang, given.k)

    async def labs(request: Request) -> Any:
        return await run_in_threadpool(service.labs, tutor, request.state.lang)

    async def run(request: Request) -> Any:
        name, lang = request.path_params["name"], request.state.lang
        settings = await _json(request)
        return await _alone(request, queue, lambda cancel: service.run(name, settings, lang, cancel))

    return [
        Route("/api", _answering(about)),
        Route("/api/ask", _answering(ask), methods=["POST"]),
        Route("/api/search", _answering(search), methods=["POST"]),
        Route("/api/labs", _answering(labs)),
        Route("/api/labs/{name}", _answering(run), methods=["POST"]),
    ]


def _answering(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    """`handler` as an endpoint; what goes wrong in it is told in the language that was asked for."""

    async def answered(request: Request) -> Response:
        request.state.lang = _lang(request)
        try:
            return JSONResponse(await handler(request))
        except TutorError as error:
            message, hint = error.parts(request.state.lang)
            status = error.status if isinstance(error, _Refused) else _status(error)
        except Exception:
            _log.exception("A request to %s broke off", request.url.path)
            message, hint, status = *_BROKEN.parts(request.state.lang), 500
        headers = {"retry-after": str(RETRY_AFTER)} if status == 503 else None
        return JSONResponse({"error": message, "hint": hint}, status, headers)

    return answered


def _status(error: TutorError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


async def _alone(request: Request, queue: service.Queue, work: Callable[[threading.Event], _T]) -> _T:
    """What `work` gives when its turn comes; it is cancelled if the program that asked goes away."""
    cancel = threading.Event()

    def working() -> _T:
        with queue.turn(cancel):
            return work(cancel)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        cancel.set()

    watching = asyncio.create_task(watch())
    try:
        return await run_in_threadpool(working)
    finally:
        watching.cancel()


# ---- reading a request ---------------------------------------------------------------------------
def _lang(request: Request) -> Lang:
    """The language that the address asks for (?lang=ko), or else the header Accept-Language."""
    asked = request.query_params.get("lang")
    return (
        "ko" if asked == "ko" else "en" if asked == "en" else from_browser(request.headers.get("accept-language", ""))
    )


async def _posted(request: Request) -> dict[str, Any]:
    """The JSON object that was posted; from here on errors are told in its language, or else in its question's."""
    given = await _json(request)
    text = given.get("question") or given.get("query")
    if given.get("lang") in ("ko", "en"):
        request.state.lang = given["lang"]
    elif "lang" not in request.query_params and isinstance(text, str) and text.strip():
        request.state.lang = language(text)
    return given


async def _json(request: Request) -> dict[str, Any]:
    """The JSON object that was posted.

    Raises:
        _Refused: it is too large, no JSON, or no object.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(
            415,
            "The Content-Type is not application/json.",
            "Send the header Content-Type: application/json.",
            ko=("Content-Type이 application/json이 아니에요.", "Content-Type: application/json 헤더를 보내 주세요."),
        )
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise _Refused(
                413,
                f"The body is larger than {LARGEST:,} bytes.",
                "Send less.",
                ko=(f"본문이 {LARGEST:,}바이트보다 커요.", "줄여서 보내 주세요."),
            )
    try:
        given = json.loads(body.decode(), parse_constant=_no_number)
        json.dumps(given, ensure_ascii=False).encode()  # half of a surrogate pair is no text
        if isinstance(given, dict):
            return given
    except (ValueError, RecursionError):
        pass
    raise _Refused(
        400,
        "The body is no JSON object in UTF-8.",
        "See GET /api for what it can hold.",
        ko=("본문이 UTF-8로 된 JSON 객체가 아니에요.", "무엇을 담을 수 있는지는 GET /api에서 볼 수 있어요."),
    )


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


# ---- the description -----------------------------------------------------------------------------
_READING = (400, 413, 415, 422)
# Each route: what it does, what is posted to it, what it answers, and the statuses of its errors.
_PATHS: Final[tuple[tuple[str, str, Any, Any, tuple[int, ...]], ...]] = (
    ("/api", "This description.", None, dict[str, Any], ()),
    ("/api/ask", "Ask a question; a demo that it asks for is run.", AskBody, service.Told, (*_READING, 503)),
    ("/api/search", "Search the sources.", SearchBody, service.Searched, _READING),
    ("/api/labs", "The labs, and what may be set in each.", None, list[service.LabTold], ()),
    ("/api/labs/{name}", "Run a lab with the settings posted.", dict[str, Any], service.Ran, (404, *_READING, 503)),
)
_QUERY_LANG: Final = {
    "name": "lang",
    "in": "query",
    "description": "The language of what is told; without it, that of the header Accept-Language.",
    "schema": {"enum": ["ko", "en"]},
}
_ABOUT: Final = (
    "Cited answers on the history of AI in Korean and English, the passages behind them, and labs that really train. "
    "One question or run is worked on at a time; 503 with Retry-After says that too many wait. Nothing is kept."
)
_LAB_NAME: Final = {"name": "name", "in": "path", "required": True, "schema": {"enum": list(core.LABS)}}


def description() -> dict[str, Any]:
    """The API in the words of OpenAPI 3.1."""
    kinds: dict[tuple[str, str], Any] = {("", "error"): Error}
    for path, _, takes, gives, _ in _PATHS:
        kinds |= {(path, "takes"): takes, (path, "gives"): gives} if takes else {(path, "gives"): gives}
    mode: Literal["serialization"] = "serialization"
    adapters = [(key, mode, TypeAdapter(kind)) for key, kind in kinds.items()]
    refs, schemas = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    content = {key: {"application/json": {"schema": schema}} for (key, _), schema in refs.items()}
    paths = {}
    for path, summary, takes, _, fails in _PATHS:
        asked = [_LAB_NAME] * ("{name}" in path) + [_QUERY_LANG] * path.startswith("/api/labs")
        answers: dict[str, Any] = {"200": {"description": "As asked for.", "content": content[path, "gives"]}}
        answers |= {str(status): {"$ref": "#/components/responses/Error"} for status in (*fails, 500)}
        body = {"requestBody": {"required": True, "content": content[path, "takes"]}} if takes else {}
        operation = {"summary": summary, "parameters": asked, **body, "responses": answers}
        paths[path] = {"post" if takes else "get": operation}
    error = {"description": "It could not be done.", "content": content["", "error"]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "AI History Tutor", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": schemas["$defs"], "responses": {"Error": error}},
    }
