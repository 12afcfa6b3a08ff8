"""How well the check against the sources tells what they hold: `python -m tutor.evals.grounding`.

Measured on corpus/qa/grounding: claims, each with a passage, written so that half of them are subtly wrong.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import typer

from tutor import config
from tutor.chat.grounding import support
from tutor.evals.metrics import share
from tutor.evals.tables import Row, Table
from tutor.types import LANGS


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, whether its passage holds it, and whether the check says so."""

    claim_in: str
    passage_in: str
    kind: str
    supported: bool
    passed: bool


def judged(folder: Path) -> list[Judged]:
    """The verdicts on every pair in `folder`/*.jsonl."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [
        Judged(
            pair["lang"],
            pair["passage_doc"][:2],
            pair["kind"],
            pair["supported"],
            support(pair["claim"], pair["passage"]) is not None,
        )
        for pair in map(json.loads, lines)
    ]


def tables(pairs: list[Judged]) -> list[Table]:
    """By language of claim and passage, and by kind of claim."""
    languages = [(claim, passage) for claim in LANGS for passage in LANGS]
    by_language = [
        _row(f"{claim} of {passage}", [p for p in pairs if (p.claim_in, p.passage_in) == (claim, passage)])
        for claim, passage in languages
    ]
    kinds = sorted({(not p.supported, p.kind) for p in pairs})
    by_kind: list[Row] = [
        {
            "supported": "no" if wrong else "yes",
            "kind": kind,
            "passed": share([p.passed for p in pairs if (not p.supported, p.kind) == (wrong, kind)]),
        }
        for wrong, kind in kinds
    ]
    return [
        Table("claims that the check passes", [*by_language, _row("all", pairs)]),
        Table("the same by kind of claim", by_kind),
    ]


def _row(name: str, pairs: list[Judged]) -> Row:
    return {
        "claims in one language of passages in another": name,
        "n": len(pairs),
        "precision": share([p.supported for p in pairs if p.passed]),
        "recall": share([p.passed for p in pairs if p.supported]),
        "wrong ones passed": share([p.passed for p in pairs if not p.supported]),
    }


def main() -> None:
    for table in tables(judged(config.load().corpus / "qa" / "grounding")):
        typer.echo(table)


if __name__ == "__main__":
    main()
