"""A model behind an OpenAI-compatible server: vLLM, Ollama, llama-server, `transformers serve`."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tutor.chat.model import newest_that_fit
from tutor.chat.toolcalls import CallScanner, as_dicts, checked_call, parse_call, tool_schema, with_passages
from tutor.config import BUNDLED_MODEL, Settings
from tutor.errors import ModelError, SettingError
from tutor.types import Call, Excerpt, Message, ToolCall, ToolSpec, Usage

# A server may read a long prompt for minutes before its first word, but accepts a connection at once.
_TIMEOUT = httpx.Timeout(10.0, read=300.0)
_LIMITS = httpx.Limits(max_keepalive_connections=0)  # so that each request has a socket of its own to shut down
_CONTEXT = 4096  # tokens, where the server does not say


class RemoteModel:
    """See ChatModel. The model is `settings.model`, or else the first that the server names.

    Raises:
        ModelError: the server cannot be reached, refuses the key, or names no model.
        SettingError: the API key cannot be one.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = _base_url(settings.server)
        if not settings.api_key.isascii():
            raise SettingError(
                "The API key has characters that no key has.",
                "Copy it again: export TUTOR_API_KEY=...",
                ko=("API 키에 쓸 수 없는 글자가 있어요.", "다시 복사해 주세요: export TUTOR_API_KEY=..."),
            )
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        # A proxy meant for the outside must not get what is said to a server on this machine.
        local = self._url.host in ("127.0.0.1", "localhost", "::1")
        self._client = httpx.Client(
            base_url=self._url, headers=headers, timeout=_TIMEOUT, limits=_LIMITS, trust_env=not local
        )
        self.name = "" if settings.model == str(BUNDLED_MODEL) else settings.model
        served = self._models(must=not self.name)
        if not self.name and not served:
            raise ModelError(
                f"The server {self._url} names no model.",
                "Say which one: tutor --server URL --model NAME",
                ko=(
                    f"서버 {self._url}에 모델 목록이 없어요.",
                    "모델 이름을 알려 주세요: tutor --server URL --model 이름",
                ),
            )
        self.name = self.name or next(iter(served))
        self.only_quotes = False
        self.context_tokens = served.get(self.name) or _CONTEXT

    def count_tokens(self, text: str) -> int:
        """An estimate, a token for 3 bytes of UTF-8: about right for Hangul, a little high for English."""
        return math.ceil(len(text.encode()) / 3)

    def close(self) -> None:
        self._client.close()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        call: Call = "may",
        excerpts: Sequence[Excerpt] = (),
        answers: Sequence[str] = (),  # servers have no common way to constrain text
        cancel: threading.Event,
        conversation: str = "",  # servers keep their own caches
        max_tokens: int = 256,
    ) -> Iterator[str | ToolCall | Usage]:
        shown = with_passages(messages, excerpts)
        room = self.context_tokens - max_tokens
        kept = newest_that_fit(shown, lambda some: sum(self.count_tokens(m.content) for m in some), room)
        body: dict[str, Any] = {
            "model": self.name,
            "messages": as_dicts(kept, lambda arguments: json.dumps(dict(arguments), ensure_ascii=False)),
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if tools and call != "never":
            body["tools"] = [tool_schema(tool) for tool in tools]
            body["tool_choice"] = "required" if call == "must" else "auto"
        reply = _Reply(CallScanner(in_text=bool(tools)), prompt_tokens=sum(self.count_tokens(m.content) for m in kept))
        try:
            with closing(self._chunks(body, cancel)) as chunks:
                for chunk in chunks:
                    if text := self._text(reply, chunk):
                        yield text
        except (httpx.HTTPError, OSError) as error:
            if not cancel.is_set():
                raise self._broken(error) from None
        if not reply.finish and not cancel.is_set():
            raise self._broken("it has no end")
        yield from reply.end(tools, cancelled=cancel.is_set())

    def _chunks(self, body: Mapping[str, Any], cancel: threading.Event) -> Generator[dict[str, Any], None, None]:
        """The JSON objects of the answer's server-sent events, up to [DONE] or the end of the stream."""
        connection = _Connection()
        with (
            connection.shut_down_by(cancel),
            self._client.stream(
                "POST", "chat/completions", json=body, extensions={"trace": connection.trace}
            ) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
                raise self._refused(answer)
            for line in answer.iter_lines():
                name, _, data = line.partition(":")
                if name != "data" or not data.strip():
                    continue
                if data.strip() == "[DONE]" or cancel.is_set():
                    return
                yield self._chunk(data)

    def _chunk(self, data: str) -> dict[str, Any]:
        try:
            chunk = json.loads(data)
        except ValueError:
            raise self._broken(f"{data[:80]!r} is not JSON") from None
        if not isinstance(chunk, dict) or chunk.get("error"):
            raise self._broken(_reason(chunk, data))
        return chunk

    def _text(self, reply: _Reply, chunk: Mapping[str, Any]) -> str:
        try:
            return reply.take(chunk)
        except (AttributeError, TypeError, ValueError):
            raise self._broken(f"{str(chunk)[:80]!r} is not a chat completion chunk") from None

    # ---- what the server has ----
    def _models(self, *, must: bool) -> dict[str, int]:
        """Names of the served models and their context lengths in tokens (0: not said).

        Args:
            must: an answer other than 200 is an error, not an empty list.
        """
        try:
            answer = self._client.get("models", timeout=10.0)
        except httpx.HTTPError as error:
            raise self._broken(error) from None
        if answer.status_code in (401, 403) or (must and answer.status_code != 200):
            raise self._refused(answer)
        try:
            entries = answer.json()["data"]
            return {str(entry["id"]): int(entry.get("max_model_len") or 0) for entry in entries}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {}

    # ---- what can go wrong ----
    def _refused(self, answer: httpx.Response) -> ModelError:
        status = answer.status_code
        try:
            reason = _reason(answer.json(), answer.text)
        except ValueError:
            reason = answer.text[:200].strip() or answer.reason_phrase
        if status in (401, 403):
            return ModelError(
                f"The server {self._url} does not accept the API key ({status}).",
                "Set the right one: export TUTOR_API_KEY=...",
                ko=(
                    f"서버 {self._url}에서 API 키를 받아 주지 않아요({status}).",
                    "올바른 키를 설정하세요: export TUTOR_API_KEY=...",
                ),
            )
        if status == 404 and self.name:
            served = ", ".join(self._models(must=False)) or "-"
            return ModelError(
                f"The server {self._url} has no model {self.name!r}; it names: {served}.",
                "Choose one of them: tutor --server URL --model NAME",
                ko=(
                    f"서버 {self._url}에 {self.name!r} 모델이 없어요. 서버에 있는 모델: {served}.",
                    "그중 하나를 고르세요: tutor --server URL --model 이름",
                ),
            )
        return ModelError(
            f"The server {self._url} answered {status}: {reason}",
            "See the server's log.",
            ko=(f"서버 {self._url}에서 {status} 오류가 왔어요: {reason}", "서버의 기록을 확인해 주세요."),
        )

    def _broken(self, cause: Exception | str) -> ModelError:
        if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout):
            return ModelError(
                f"No server answers at {self._url} ({cause}).",
                "Start it, or check the address: tutor --server http://HOST:PORT",
                ko=(
                    f"{self._url}에서 응답하는 서버가 없어요({cause}).",
                    "서버를 켜거나 주소를 확인하세요: tutor --server http://호스트:포트",
                ),
            )
        reason = str(cause) or type(cause).__name__
        return ModelError(
            f"The answer from {self._url} broke off: {reason}",
            "Ask again; if it happens again, see the server's log.",
            ko=(
                f"{self._url}의 답이 중간에 끊겼어요: {reason}",
                "다시 물어보세요. 또 그러면 서버의 기록을 확인해 주세요.",
            ),
        )


@dataclass(slots=True)
class _Reply:
    """What has come of one answer."""

    scanner: CallScanner
    prompt_tokens: int
    pieces: int = 0
    finish: str = ""
    name: str = ""
    arguments: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    first_token_seconds: float = 0.0

    def take(self, chunk: Mapping[str, Any]) -> str:
        """Add a chunk; returns the text in it that may be shown."""
        self.usage = chunk.get("usage") or self.usage
        for choice in (chunk.get("choices") or [])[:1]:
            self.finish = choice.get("finish_reason") or self.finish
            delta = choice.get("delta") or {}
            for call in delta.get("tool_calls") or []:
                if (call.get("index") or 0) == 0:  # a turn makes one call
                    function = call.get("function") or {}
                    self.name = self.name or function.get("name") or ""
                    self.arguments += function.get("arguments") or ""
            text = delta.get("content") or ""
            if text or delta.get("tool_calls"):
                self.pieces += 1
                self.first_token_seconds = self.first_token_seconds or time.perf_counter() - self.started
            return self.scanner.feed(text)
        return ""

    def end(self, tools: Sequence[ToolSpec], *, cancelled: bool) -> Iterator[str | ToolCall | Usage]:
        if rest := self.scanner.rest():
            yield rest
        if not cancelled and self.name:
            yield checked_call(self.name, self.arguments, tools)
        elif not cancelled and self.scanner.call is not None:  # a server without a parser for this model
            yield parse_call(self.scanner.call, tools)
        cached = (self.usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        yield Usage(
            self.usage.get("prompt_tokens") or self.prompt_tokens,
            self.usage.get("completion_tokens") or self.pieces,
            cached,
            self.first_token_seconds,
            "cancelled" if cancelled else "length" if self.finish == "length" else "end",
        )


class _Connection:
    """The socket of a request, so that another thread can end the request while it waits for bytes."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx calls this at every step of a request."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    @contextmanager
    def shut_down_by(self, cancel: threading.Event) -> Iterator[None]:
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                if cancel.is_set() and self._socket is not None:
                    with suppress(OSError):  # it may just have been closed
                        self._socket.shutdown(socket.SHUT_RDWR)
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def _base_url(server: str) -> httpx.URL:
    """`server` with a scheme and ending in /v1.

    Raises:
        ModelError: it is no http address.
    """
    address = server if "://" in server else f"http://{server}"
    address = address.rstrip("/").removesuffix("/v1") + "/v1"
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ModelError(
            f"{server!r} is not the address of a server.",
            "Type one like this: tutor --server http://127.0.0.1:8000",
            ko=(f"{server!r}은(는) 서버 주소가 아니에요.", "이렇게 입력하세요: tutor --server http://127.0.0.1:8000"),
        )
    return url


def _reason(answer: Any, text: str) -> str:
    """The message inside an error answer: {"error": {"message": ...}}, {"error": ...} or {"detail": ...}."""
    error = (answer.get("error") or answer.get("detail")) if isinstance(answer, dict) else None
    return str(error.get("message", error) if isinstance(error, dict) else error or text)[:200]
