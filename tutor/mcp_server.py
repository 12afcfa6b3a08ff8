"""The same tutor for an assistant, by the Model Context Protocol over standard input and output (`tutor mcp`).

Standard output carries the protocol alone: while it is served, whatever else is printed goes to standard error.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from anyio import to_thread
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from tutor import __version__, service
from tutor.errors import TutorError
from tutor.session import Tutor
from tutor.text import language
from tutor.types import Lang

INSTRUCTIONS = (
    "A tutor on the history and the workings of neural AI, in Korean and English. Its answers are quoted from its own "
    "sources or checked against them; cite the passages it gives. Its labs really run; their numbers are of that run."
)

_T = TypeVar("_T")
Spoken = Annotated[service.Spoken, Field(description="ko, en, or auto for the language of the question.")]
Settings = Annotated[dict[str, Any] | None, Field(description="As `labs` describes them; what is left out is default.")]
Told = Annotated[Lang, Field(description="The language of what is told: ko or en.")]


def serve(tutor: Tutor) -> None:
    """Serve `tutor` until standard input ends."""
    build(tutor).run("stdio")


def build(tutor: Tutor) -> MCPServer:
    """The server over `tutor`. One question or run is worked on at a time; a call that is cancelled stops its work."""
    server = MCPServer(
        "ai-history-tutor",
        title="AI History Tutor · AI 역사 튜터",
        version=__version__,
        instructions=INSTRUCTIONS,
        log_level="WARNING",
    )
    _add_tools(server, tutor)
    return server


def _add_tools(server: MCPServer, tutor: Tutor) -> None:
    queue = service.Queue()

    @server.tool()
    async def search_sources(
        query: str, lang: Spoken = "auto", k: Annotated[int, Field(ge=1, le=service.MOST_PASSAGES)] = 6
    ) -> service.Searched:
        """Search the tutor's sources: passages with their scores, how each was found, and whether they cover it."""
        return await _done(language(query), lambda _: service.search(tutor.index, query, lang, k))

    @server.tool()
    async def ask(question: str, lang: Spoken = "auto") -> service.Told:
        """Ask the tutor. Each question stands alone; the answer cites the passages it rests on, or declines."""
        speak = language(question) if lang == "auto" else lang
        return await _done(speak, lambda cancel: service.ask(tutor, question, lang, cancel), queue)

    @server.tool()
    async def labs(lang: Told = "en") -> list[service.LabTold]:
        """The labs that can be run, with the JSON schema of their settings."""
        return await _done(lang, lambda _: service.labs(tutor, lang))

    @server.tool()
    async def run_lab(name: str, settings: Settings = None, lang: Told = "en") -> service.Ran:
        """Run a lab for real, seconds of one core: what came of it in words, and the record with every number."""
        return await _done(lang, lambda cancel: service.run(name, settings or {}, lang, cancel), queue)


async def _done(lang: Lang, work: Callable[[threading.Event], _T], queue: service.Queue | None = None) -> _T:
    """What `work` gives, in its turn where there is a `queue`; an error of the tutor's is told in `lang`."""
    cancel = threading.Event()

    def working() -> _T:
        if queue is None:
            return work(cancel)
        with queue.turn(cancel):
            return work(cancel)

    try:
        return await to_thread.run_sync(working, abandon_on_cancel=True)
    except TutorError as error:
        raise ToolError(error.text(lang)) from None
    finally:
        cancel.set()  # the call was cancelled, or the client is gone: the thread ends by itself
