"""Tables of figures, as text and as plain JSON data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tutor.errors import SettingError
from tutor.evals.metrics import Estimate

Cell = Estimate | float | int | str
Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A row's cells by column; a column that a row lacks is shown as "-"."""

    title: str
    rows: Sequence[Row]

    def __str__(self) -> str:
        columns = list(dict.fromkeys(column for row in self.rows for column in row))
        lines = [columns, *([_shown(row.get(column, "-")) for column in columns] for row in self.rows)]
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        padded = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join(["", self.title, *(line.rstrip() for line in padded)])

    def data(self) -> dict[str, Any]:
        """The table as JSON can hold it: an estimate as its fields, nan as null."""
        return {"title": self.title, "rows": [{name: _plain(cell) for name, cell in row.items()} for row in self.rows]}


def _shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}" if abs(cell) < 10 else f"{cell:.0f}"
    return str(cell)


def _plain(cell: Cell) -> Any:
    if isinstance(cell, Estimate):
        return {name: _plain(value) for name, value in asdict(cell).items()}
    return None if isinstance(cell, float) and math.isnan(cell) else cell


def write(out: Path | None, report: dict[str, Any]) -> None:
    """Write figures as JSON to `out`, where one is given.

    Raises:
        SettingError: it cannot be written.
    """
    if out is None:
        return
    try:
        out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingError(
            f"The figures cannot be written to {str(out)!r}: {error.strerror}.",
            "Free some space or name another file with --out.",
            ko=(
                f"{str(out)!r}에 결과를 쓸 수 없어요: {error.strerror}.",
                "공간을 비우거나 --out으로 다른 파일을 적어 주세요.",
            ),
        ) from None
