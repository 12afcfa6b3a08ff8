"""Which lab a message is taken to ask for: `python -m tutor.evals.lab_requests`.

Measured on corpus/qa/lab-requests: requests by lab, and messages that look alike and ask for nothing to be run.
"""

from __future__ import annotations

from collections.abc import Iterable

import typer

from tutor import config
from tutor.demo_request import lab_for
from tutor.evals.metrics import share
from tutor.evals.tables import Row, Table
from tutor.training.texts import records
from tutor.types import LANGS


def table(files: Iterable[str]) -> Table:
    """By file and language: the requests that get their lab, and the others that start one."""
    rows: list[Row] = []
    for name in files:
        asked = list(records(config.ROOT / "corpus" / "qa" / "lab-requests" / f"{name}.jsonl"))
        for lang in LANGS:
            found = [(r["lab"], lab_for([r["question"]])) for r in asked if r["lang"] == lang]
            rows.append(
                {
                    "file": name,
                    "lang": lang,
                    "right lab": share([lab == got for lab, got in found if lab]),
                    "run unasked": share([got is not None for lab, got in found if not lab]),
                }
            )
    return Table("messages that ask for a lab, or look as if they did", rows)


def main() -> None:
    config.go_offline()
    typer.echo(table(("dev", "held-out")))


if __name__ == "__main__":
    main()
