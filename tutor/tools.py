"""The tools a model may call: the labs, described, narrowed to what the learner said, and run."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from tutor.labs import core
from tutor.text import normalise
from tutor.types import Frame, Lang, ToolCall, ToolResult, ToolSpec

# A gate named beyond doubt, and "and" / "or" where they can only be gates.
_AFTER = r"(?= ?(?:gate|function|problem|게이트|함수|문제))"
_BEFORE = r"\b(?:logical|on|learn|learns|with) "
_GATE = re.compile(
    r"(?P<xnor>xnor|부정 ?배타적 ?논리합|배타적 ?부정 ?논리합)"
    r"|(?P<xor>xor|exclusive[- ]or|배타적 ?논리합|엑스오어)"
    r"|(?P<nand>nand|부정 ?논리곱)"
    rf"|(?P<nor>\bNOR(?![a-z])|\bnor{_AFTER}|{_BEFORE}nor\b|^nor\b|부정 ?논리합)"
    rf"|(?P<and>\bAND(?![a-z])|\band{_AFTER}|{_BEFORE}and\b|논리곱)"
    rf"|(?P<or>\bOR(?![a-z])|\bor{_AFTER}|{_BEFORE}or\b|논리합)"
)
_ANY_CASE = re.compile(r"(?i:xnor|xor|nand|exclusive[- ]or)")
# What must be said for a call to set an argument; gate and layers can follow from the conversation.
_CUES = {
    "learning_rate": re.compile(r"rate|\blr\b|\beta\b|step size|학습률|학습 ?속도|러닝 ?레이트", re.I),
    "epochs": re.compile(r"epoch|iteration|pass(?:es)?\b|에포크|에폭|반복|번", re.I),
    "seeds": re.compile(r"seed|start|random|init|twice|시드|시작|초기|무작위|랜덤", re.I),
    "hidden_units": re.compile(r"hidden|unit|neuron|은닉|유닛|뉴런|노드", re.I),
    "activation": re.compile(r"sigmoid|tanh|relu|step|시그모이드|탄젠트|렐루|계단", re.I),
}
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.I)
_COUNT = {"two": 2, "twice": 2, "three": 3, "four": 4, "두": 2, "세": 3, "네": 4, "2": 2, "3": 3, "4": 4}


class Toolbox:
    """What can be called, and the calling."""

    def specs(self, said: Sequence[str]) -> tuple[ToolSpec, ...]:
        """Every tool. Its `allowed` schema holds what the learner's messages `said`, newest last, speak of.

        So a number in a call is one that the learner wrote, and a gate one that the learner named.
        """
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


def gates_in(text: str) -> list[str]:
    """The logic gates that `text` names, in order, each once. "and" and "or" count only as gates."""
    text = _ANY_CASE.sub(lambda m: m.group().lower(), normalise(text))
    return list(dict.fromkeys(m.lastgroup for m in _GATE.finditer(text) if m.lastgroup))


def narrow(schema: Mapping[str, Any], said: Sequence[str]) -> dict[str, Any]:
    """`schema` with the properties and values that the newest of the messages `said` (else an older one) gives."""
    narrowed = copy.deepcopy(dict(schema))
    properties, newest = narrowed["properties"], said[-1]
    gates = next((found for text in reversed(said) if (found := gates_in(text))), [])
    if gates:
        properties["gate"]["enum"] = gates
    numbers = [float(n) if re.search(r"[.e]", n, re.I) else int(n) for n in _NUMBER.findall(newest)]
    for name, cue in _CUES.items():
        if not cue.search(newest) or (name != "activation" and not (numbers or name == "seeds")):
            del properties[name]
        elif name == "seeds":
            counts = [count for word, count in _COUNT.items() if word in newest]
            values = {n for n in numbers if isinstance(n, int)} | set(range(max(counts, default=0)))
            properties[name] = {"type": "array", "items": {"enum": sorted(values) or [0]}, "minItems": 1, "maxItems": 8}
        elif name != "activation":
            properties[name] = {"enum": numbers}
    narrowed["additionalProperties"] = False
    return narrowed


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles, which only cost a prompt tokens."""
    schema.pop("title", None)
    for value in schema["properties"].values():
        value.pop("title", None)
    return schema
