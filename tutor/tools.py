"""The tools a model may call: the labs, described, narrowed to what the learner said, and run."""

from __future__ import annotations

import copy
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from tutor import demo_request
from tutor.labs import core, train_perceptron
from tutor.retrieval import encoder
from tutor.types import Frame, Lang, ToolCall, ToolResult, ToolSpec

OFFERED = 4  # labs at most, so that the prompt stays short


class Toolbox:
    """What can be called, and the calling."""

    def specs(self, said: Sequence[str]) -> tuple[ToolSpec, ...]:
        """The lab that is asked for; `allowed` is its schema narrowed by what was `said`, newest message last."""
        return (self._narrowed(demo_request.lab_for(list(said)) or train_perceptron.NAME, said),)

    def nearest(self, said: Sequence[str]) -> tuple[ToolSpec, ...]:
        """The labs whose descriptions come nearest in meaning to the newest message, for a model to choose from."""
        names, vectors = self._described
        order = np.argsort(-(vectors @ encoder.question(said[-1]).vector))
        found = dict.fromkeys(names[i] for i in order)
        return tuple(self._narrowed(name, said) for name in list(found)[:OFFERED])

    @cached_property
    def _described(self) -> tuple[list[str], np.ndarray]:
        """The name behind each row, and the vectors of every lab's title and summary in both languages."""
        told = [
            (name, f"{lab.title[lang]}. {lab.summary[lang]}")
            for name, lab in core.LABS.items()
            for lang in ("en", "ko")
        ]
        return [name for name, _ in told], encoder.encode([text for _, text in told])

    def _narrowed(self, name: str, said: Sequence[str]) -> ToolSpec:
        spec = self.spec(name)
        narrowed = narrow if name == train_perceptron.NAME else _given
        return replace(spec, allowed=narrowed(spec.parameters, said))

    def spec(self, name: str) -> ToolSpec:
        """The lab `name` as a model is told of it."""
        lab = core.LABS[name]
        schema = _plain(lab.schema.model_json_schema())
        return ToolSpec(name, (lab.schema.__doc__ or "").strip(), schema, schema)

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


def _given(schema: Mapping[str, Any], said: Sequence[str]) -> dict[str, Any]:
    """`schema` with what the newest message gives as the only values; all else has its default."""
    given = demo_request.arguments_in(said[-1], schema["properties"])
    constants = {name: {"const": value} for name, value in given.items()}
    return {**schema, "properties": constants, "required": list(given), "additionalProperties": False}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles, which only cost a prompt tokens."""
    schema.pop("title", None)
    for value in schema["properties"].values():
        value.pop("title", None)
    return schema
