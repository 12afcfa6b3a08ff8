"""Questions to be answered before a lab is run; the run then shows the truth: predictions.yaml.

What each says is a claim of its lab, measured over 100 seeds (`tutor eval labs`), and its proof a fact of an article.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tutor.quiz.items import Item
from tutor.quiz.twins import Twin, Words

_FILE = Path(__file__).parent / "predictions.yaml"
_NO_SENTENCE: Words = {"en": "", "ko": ""}


def read() -> list[dict[str, Any]]:
    """The records of the file: id, lab, arguments, claim, fact, prompt and choices, of which the first is right."""
    return [{"arguments": {}, **record} for record in yaml.safe_load(_FILE.read_text("utf-8"))]


def make(pairs: Iterable[Twin]) -> list[Item]:
    """The predictions whose proof is among the facts."""
    known = {twin.name: twin for twin in pairs}
    return [
        Item(
            id=f"{record['id']}:predict",
            kind="predict",
            twin=known[record["fact"]],
            prompt=record["prompt"],
            sentence=_NO_SENTENCE,
            answer=record["choices"][0],
            wrong=tuple(record["choices"][1:]),
            lab=record["lab"],
            arguments=record["arguments"],
        )
        for record in read()
        if record["fact"] in known
    ]
