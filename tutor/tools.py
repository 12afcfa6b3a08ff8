"""The tools a model may call: the labs, described, narrowed to what the learner said, and run."""

from __future__ import annotations

import copy
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from tutor import demo_request
from tutor.labs import core, train_perceptron
from tutor.types import Frame, Lang, ToolCall, ToolResult, ToolSpec


class Toolbox:
    """What can be called, and the calling."""

    def specs(self, said: Sequence[str]) -> tuple[ToolSpec, ...]:
        """The lab that is asked for; `allowed` is its schema narrowed by what was `said`, newest message last."""
        name = demo_request.lab_for(list(said)) or train_perceptron.NAME
        lab = core.LABS[name]
        schema = _plain(lab.schema.model_json_schema())
        allowed = narrow(schema, said) if name == train_perceptron.NAME else _given(schema, said[-1])
        return (ToolSpec(name, (lab.schema.__doc__ or "").strip(), schema, allowed),)

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


def _given(schema: Mapping[str, Any], newest: str) -> dict[str, Any]:
    """`schema` with the arguments alone that the message gives, each with its value; the rest have their defaults."""
    given = demo_request.arguments_in(newest, schema["properties"])
    constants = {name: {"const": value} for name, value in given.items()}
    return {**schema, "properties": constants, "required": list(given), "additionalProperties": False}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles, which only cost a prompt tokens."""
    schema.pop("title", None)
    for value in schema["properties"].values():
        value.pop("title", None)
    return schema
