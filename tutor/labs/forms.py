"""A lab's settings as the fields of a form, and what a run is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutor.labs import core
from tutor.types import Lang

MOST_STEPS = 400  # of a slider; a wider range is typed
SHOWN_TEXT = 40  # characters of a setting that the request repeats
LONG_TEXT = 80  # characters; a text that may be longer gets more lines than one

_RUN: dict[Lang, str] = {"en": "Run", "ko": "실습 실행"}

Field = dict[str, Any]


def fields(name: str, lang: Lang, given: Mapping[str, Any]) -> list[Field]:
    """The settings of the lab `name`, as `given` or else their defaults, as plain data.

    A field has a name, a label, a value and a kind: "slider" (low, high, step), "number" (low, high, whole), "choice"
    (choices as [value, words]), "numbers" (whole ones, written with commas), "points" (of two classes, as point_sets.py
    reads them; most characters), "text" or "long text" (most characters). The value None, and the choice "", leave it
    to the lab.
    """
    lab = core.LABS[name]
    return [
        {
            "name": key,
            "label": lab.labels[key][lang],
            "value": (value := given.get(key, schema.get("default"))),
            **_kind(lab, schema, value, lang),
        }
        for key, schema in lab.schema.model_json_schema()["properties"].items()
    ]


def _kind(lab: core.Lab, schema: Mapping[str, Any], value: Any, lang: Lang) -> Field:
    open_to_lab = "default" in schema and schema["default"] is None
    if "enum" in schema:
        choices = [[choice, _shown(lab, choice, lang)] for choice in schema["enum"]]
        return {"kind": "choice", "choices": [["", "–"]] * open_to_lab + choices}
    if schema["type"] == "array":
        return {"kind": "numbers"}
    if schema["type"] == "string":
        most = schema["maxLength"]
        kind = "points" if schema.get("format") == "points" else "long text" if most > LONG_TEXT else "text"
        return {"kind": kind, "most": most}
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema["maximum"]
    whole = schema["type"] == "integer"
    step = 1 if whole else 0.05
    if "minimum" in schema and not open_to_lab and (high - low) / step <= MOST_STEPS and _on_grid(value, low, step):
        return {"kind": "slider", "low": low, "high": high, "step": step}
    return {"kind": "number", "low": low, "high": high, "whole": whole}


def _on_grid(value: float, low: float, step: float) -> bool:
    """Whether a slider can stand at `value`; a browser would move it to the next step without a word."""
    steps = (value - low) / step
    return abs(steps - round(steps)) < 1e-6


def request(name: str, arguments: Mapping[str, Any], lang: Lang) -> str:
    """The words that stand for asking for a run: its lab, and what is not a default. "Run: LoRA (rank 8, seed 3)"."""
    lab = core.LABS[name]
    schemas = lab.schema.model_json_schema()["properties"]
    told = [
        f"{lab.labels[key][lang]} {_shown(lab, value, lang)}"
        for key, value in arguments.items()
        if key in schemas and value is not None and value != schemas[key].get("default")
    ]
    what = lab.title[lang] + (f" ({', '.join(told)})" if told else "")
    return f"{_RUN[lang]}: {what}"


def _shown(lab: core.Lab, value: Any, lang: Lang) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    text = lab.labels[value][lang] if value in lab.labels else str(value)
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + "…"
