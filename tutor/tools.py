"""The tools a model may call: the labs, described, narrowed to what the learner said, and run."""

from __future__ import annotations

import copy
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from tutor import demo_request
from tutor.labs import core
from tutor.types import Frame, Lang, ToolCall, ToolResult, ToolSpec


class Toolbox:
    """What can be called, and the calling."""

    def specs(self, said: Sequence[str]) -> tuple[ToolSpec, ...]:
        """Every tool; `allowed` is its schema narrowed by what the learner `said`, newest message last."""
        return tuple(
            ToolSpec(name, (lab.schema.__doc__ or "").strip(), schema, narrow(schema, said))
            for name, lab in core.LABS.items()
            for schema in [_plain(lab.schema.model_json_schema())]
        )

    def run(self, call: ToolCall, lang: Lang, cancel: threading.Event) -> Generator[Frame, None, ToolResult]:
        """Run the lab that `call` names; frames as they come, the result as the return value.

        Raises:
            ToolCallInvalid: unknown tool or argument; nothing has run.
            ToolFailed: cancelled, over its time, or the numbers ran away.
        """
        result = yield from core.run(call.name, call.arguments, cancel)
        return ToolResult(call, result.arguments, result.text[lang], True, result)


def narrow(schema: Mapping[str, Any], said: Sequence[str]) -> dict[str, Any]:
    """`schema` with what the newest of the messages `said` gives as the only values, and nothing that it does not give.

    The gate may come from an older message; where none names one, and of several that are named, the model chooses.
    """
    narrowed = copy.deepcopy(dict(schema))
    properties, newest = narrowed["properties"], said[-1]
    if gates := next((found for text in reversed(said) if (found := demo_request.gates_in(text))), []):
        properties["gate"]["enum"] = gates
    given = demo_request.settings_in(newest)
    if layers := demo_request.layers_in(newest):
        given["layers"] = layers
    for name in [name for name in properties if name != "gate"]:
        if name in given:
            properties[name] = {"const": given[name]}
        else:
            del properties[name]
    narrowed["required"] = ["gate", *given]
    narrowed["additionalProperties"] = False
    return narrowed


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles, which only cost a prompt tokens."""
    schema.pop("title", None)
    for value in schema["properties"].values():
        value.pop("title", None)
    return schema
