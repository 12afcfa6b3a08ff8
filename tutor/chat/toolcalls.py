"""Tool calls and passages as text: how they are put into a prompt, constrained, found and read.

A call is written `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`, the format that Hermes
and Qwen models use and any instruction-tuned model can follow when told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tutor.errors import ToolCallInvalid
from tutor.types import Excerpt, Message, ToolCall, ToolSpec

OPEN, CLOSE = "<tool_call>", "</tool_call>"

_PROBE = Message("assistant", tool_calls=(ToolCall("NAME", {"a": 1, "b": 2}),))
_RENDERED = re.compile(OPEN + r'(.*?)NAME(.*?)\{"a":( ?)1, ?"b": ?2\}(.*?)' + CLOSE, re.DOTALL)


# ---- into the prompt -------------------------------------------------------------------------------
def tool_schema(tool: ToolSpec) -> dict[str, Any]:
    """`tool` in the form that chat templates and OpenAI-compatible servers take."""
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def as_dicts(messages: Sequence[Message], arguments: Callable[[Mapping[str, Any]], Any] = dict) -> list[dict[str, Any]]:
    """`messages` in the same form. `arguments`: dict for templates, json.dumps for servers."""
    dicts: list[dict[str, Any]] = []
    calls = 0
    for message in messages:
        entry: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.tool_calls:
            functions = [{"name": call.name, "arguments": arguments(call.arguments)} for call in message.tool_calls]
            entry["tool_calls"] = [
                {"id": f"call_{calls + i}", "type": "function", "function": f} for i, f in enumerate(functions)
            ]
            calls += len(functions)
        elif message.role == "tool":
            entry |= {"name": message.name, "tool_call_id": f"call_{calls - 1}"}
        dicts.append(entry)
    return dicts


def with_passages(messages: Sequence[Message], excerpts: Sequence[Excerpt]) -> list[Message]:
    """The passages, numbered, as text before the last question; for a template without `documents`."""
    out = list(messages)
    last = max((i for i, message in enumerate(out) if message.role == "user"), default=None)
    if excerpts and last is not None:
        shown = [f"[{e.n}] {e.title}\n{e.text}" for e in excerpts]
        out[last] = replace(out[last], content="\n\n".join([*shown, out[last].content]))
    return out


def with_tools(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Message]:
    """Tools, calls and results as plain system, assistant and user text; for a template without them."""
    out = [_as_text(message) for message in messages]
    if not tools:
        return out
    schemas = "\n".join(json.dumps(tool_schema(tool)["function"], ensure_ascii=False) for tool in tools)
    told = (
        f"You can call these tools, given as JSON schemas:\n{schemas}\n"
        f'To call one, reply with only this: {OPEN}{{"name": "...", "arguments": {{...}}}}{CLOSE}'
    )
    if out and out[0].role == "system":
        return [replace(out[0], content=f"{out[0].content}\n\n{told}"), *out[1:]]
    return [Message("system", told), *out]


def _as_text(message: Message) -> Message:
    if message.role == "tool":
        return Message("user", f"{message.name}: {message.content}")
    calls = [{"name": call.name, "arguments": dict(call.arguments)} for call in message.tool_calls]
    written = [f"{OPEN}{json.dumps(call, ensure_ascii=False)}{CLOSE}" for call in calls]
    return Message(message.role, "".join([message.content, *written]))


# ---- constraining ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CallFormat:
    """How a call is spelled: OPEN, `before`, its name, `between`, its arguments, `after`, CLOSE.

    `space` follows the colons and commas of the arguments ("" where the template writes compact JSON).
    """

    before: str = '{"name": "'
    between: str = '", "arguments": '
    after: str = "}"
    space: str = " "

    @classmethod
    def of_template(cls, render: Callable[[list[dict[str, Any]]], str]) -> CallFormat | None:
        """The format in which a chat template writes past calls; None where it does not write ours."""
        found = _RENDERED.search(render(as_dicts([Message("user", "?"), _PROBE])))
        if found is None:
            return None
        before, between, space, after = found.groups()
        try:
            call = json.loads(f"{before}NAME{between}{{}}{after}")
        except ValueError:
            return None
        return cls(before, between, after, space) if call == {"name": "NAME", "arguments": {}} else None

    def grammar(
        self, tools: Sequence[ToolSpec], answers: Sequence[str] = (), *, special: bool, must: bool = False
    ) -> str:
        """A Lark grammar for llguidance: text, then perhaps one call that `allowed` admits.

        Args:
            answers: where given, the text is one of them and no other; a call then stands alone.
            special: OPEN and CLOSE are special tokens. Then the same characters spelled out in the
                text, say copied from a passage, are no call.
            must: there is no text, only a call.
        """
        lines = ["%llguidance {}"]
        if answers:
            lines.append("text: " + " | ".join(json.dumps(answer, ensure_ascii=False) for answer in answers))
        else:
            lines += ["text: TEXT", r"TEXT: /(.|\n)*/"]
        calls = " | ".join(f"call_{i}" for i in range(len(tools)))
        before = "" if answers or must else "TEXT "
        opened, closed = (f"{before}{OPEN}", CLOSE) if special else ("opened", json.dumps(CLOSE))
        called = f"{opened} ({calls}) {closed}"
        lines.append("start: " + (called if must else f"text | {called}" if tools else "text"))
        if tools and not special:
            lines.append(f"opened[lazy]: {before}{json.dumps(OPEN)}" if before else f"opened: {json.dumps(OPEN)}")
        style = {"whitespace_flexible": False, "item_separator": f",{self.space}", "key_separator": f":{self.space}"}
        for i, tool in enumerate(tools):
            schema = json.dumps({**tool.allowed, "x-guidance": style})
            head = json.dumps(f"{self.before}{tool.name}{self.between}")
            lines.append(f"call_{i}: {head} %json {schema} {json.dumps(self.after)}")
        return "\n".join(lines)


# ---- out of the answer -----------------------------------------------------------------------------
class CallScanner:
    """Parts a stream of text pieces into text to show and the call (`call`: all after OPEN, or None).

    Args:
        in_text: OPEN may come spelled out in the text; otherwise only `open()` begins a call.
    """

    def __init__(self, *, in_text: bool) -> None:
        self.call: str | None = None
        self._in_text = in_text
        self._held = ""  # may be the beginning of OPEN

    def open(self) -> None:
        self.call = ""

    def feed(self, piece: str) -> str:
        """The part of the text so far that may be shown now."""
        if self.call is not None:
            self.call += piece
            return ""
        if not self._in_text:
            return piece
        before, mark, after = (self._held + piece).partition(OPEN)
        if mark:
            self._held, self.call = "", after
            return before
        keep = next(k for k in range(len(OPEN) - 1, -1, -1) if before.endswith(OPEN[:k]))
        self._held = before[len(before) - keep :]
        return before[: len(before) - keep]

    def rest(self) -> str:
        """What was held back and turned out to be text; to be asked for at the end."""
        rest, self._held = self._held, ""
        return rest


def parse_call(written: str, tools: Sequence[ToolSpec]) -> ToolCall:
    """The call in `written`, which is what followed OPEN; anything after CLOSE is ignored.

    Raises:
        ToolCallInvalid: no CLOSE, broken JSON, or not a known name with an object of arguments.
    """
    body, closed, _ = written.partition(CLOSE)
    if not closed:
        raise ToolCallInvalid(
            f"The tool call is cut short: {written[-80:]!r}.",
            f"Write one whole call up to {CLOSE}.",
            ko=(f"도구 호출이 중간에 끊겼어요: {written[-80:]!r}.", f"{CLOSE}까지 한 번에 써야 해요."),
        )
    call = _json_object(body)
    if set(call) != {"name", "arguments"}:
        raise ToolCallInvalid(
            f"The tool call has the fields {sorted(call)}.",
            'It takes "name" and "arguments", nothing else.',
            ko=(f"도구 호출의 항목이 {sorted(call)}이에요.", '"name"과 "arguments"만 쓸 수 있어요.'),
        )
    return checked_call(call["name"], call["arguments"], tools)


def checked_call(name: Any, arguments: Any, tools: Sequence[ToolSpec]) -> ToolCall:
    """The call of `name`; `arguments` may be JSON text. Values are for the tool itself to check.

    Raises:
        ToolCallInvalid: an unknown name, or arguments that are not an object.
    """
    known = [tool.name for tool in tools]
    if name not in known:
        listed = ", ".join(known)
        raise ToolCallInvalid(
            f"There is no tool {name!r}.",
            f"Known are: {listed or 'none'}.",
            ko=(f"{name!r} 도구는 없어요.", f"쓸 수 있는 도구: {listed or '없음'}."),
        )
    if isinstance(arguments, str):
        arguments = _json_object(arguments or "{}")
    if not isinstance(arguments, dict):
        raise _not_an_object(json.dumps(arguments))
    return ToolCall(name, arguments)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _not_an_object(text) from None
    if not isinstance(value, dict):
        raise _not_an_object(text)
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")  # Python would read NaN and Infinity


def _not_an_object(text: str) -> ToolCallInvalid:
    return ToolCallInvalid(
        f"The tool call needs a JSON object here: {text[:80]!r}.",
        'Write {"argument": value, ...}.',
        ko=(f"도구 호출의 이 부분은 JSON 객체여야 해요: {text[:80]!r}.", '{"인자": 값, ...} 꼴로 써야 해요.'),
    )
