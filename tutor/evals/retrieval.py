"""`tutor eval retrieval`: every figure of how well and how fast retrieval works, with 95 % intervals.

The questions are those for measuring (corpus/qa/dev): those of corpus/qa/train stand in the index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from tutor.config import Settings
from tutor.errors import SettingError
from tutor.evals.answering import answering
from tutor.evals.declining import declining
from tutor.evals.finding import articles, crosslingual, paragraphs
from tutor.evals.retrieval_speed import speed
from tutor.evals.runs import Run
from tutor.evals.tables import Table, write

SECTIONS: dict[str, Callable[[Run], list[Table]]] = {
    "articles": articles,
    "crosslingual": crosslingual,
    "paragraphs": paragraphs,
    "declining": declining,
    "answering": answering,
    "speed": speed,
}


def run(
    settings: Settings, *, data: Path | None = None, out: Path | None = None, only: str = "", full: bool = False
) -> None:
    """Measure and print the sections named in `only` ("articles,speed"; all where it is empty).

    Args:
        data: the folder of the outside sets; without it what needs them is left out.
        out: where the same figures go as JSON, rewritten after each section.
        full: ask every question of the outside sets, not a sample of fixed size.

    Raises:
        SettingError: a section is unknown, a set is missing or wrong, or `out` cannot be written.
        CorpusError, SearchIndexError: an index cannot be opened or built.
    """
    names = _chosen(only)
    report: dict[str, Any] = {"full": full, "sections": {}}
    write(out, report)
    shared = Run(settings, data, full)
    for name in names:
        began = time.perf_counter()
        tables = SECTIONS[name](shared)
        seconds = time.perf_counter() - began
        for table in tables:
            typer.echo(table)
        typer.echo(f"\n{name}: {seconds:.0f} s" if tables else f"\n{name}: left out without --data")
        report["sections"][name] = {"seconds": round(seconds, 1), "tables": [table.data() for table in tables]}
        write(out, report)


def _chosen(only: str) -> Sequence[str]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in SECTIONS:
            known = ", ".join(SECTIONS)
            raise SettingError(
                f"There is no section {name!r} of the retrieval figures.",
                f"There are {known}. Type for example: tutor eval retrieval --only articles,speed",
                ko=(
                    f"검색 평가에 {name!r}라는 부분은 없어요.",
                    f"있는 부분: {known}. 예를 들어 이렇게 입력해 주세요: tutor eval retrieval --only articles,speed",
                ),
            )
    return names or list(SECTIONS)
