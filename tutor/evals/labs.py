"""`tutor eval labs`: what a run of every lab costs, and over how many seeds what it claims holds."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import typer

from tutor.errors import SettingError
from tutor.evals.metrics import wilson
from tutor.evals.tables import Row, Table, write
from tutor.labs import core
from tutor.labs.outcome import Claim
from tutor.types import LabResult

SEEDS, FEWER_SEEDS = 100, 10  # a claim is about 100; the fewer give a first look


def run(*, only: str = "", full: bool = False, out: Path | None = None) -> None:
    """Measure and print costs and claims of the labs named in `only` ("memory,lora"; all where it is empty).

    Args:
        full: every seed from 0 to 99; else the first ten.
        out: where the same figures go as JSON.

    Raises:
        SettingError: a lab is unknown, or `out` cannot be written.
    """
    names = _chosen(only)
    tables: list[Table] = []
    for title, rows in (
        ("Cost of a run, one core", costs(names)),
        ("Claims", claims(names, SEEDS if full else FEWER_SEEDS)),
    ):
        tables.append(Table(title, list(rows)))
        typer.echo(tables[-1])
    write(out, {"full": full, "tables": [table.data() for table in tables]})


def costs(names: list[str]) -> Iterator[Row]:
    """A row a lab: seconds to the first frame and of the whole default run, and megabytes beyond the libraries."""
    for name in names:
        with _workers(1) as fresh:  # a process each, so that no lab pays for another's memory
            yield fresh.submit(_cost, name).result()


def claims(names: list[str], seeds: int) -> Iterator[Row]:
    """A row a claim: for how many of the seeds it holds, with the 95 % interval, and how many it promises."""
    with _workers(os.cpu_count() or 1) as workers:
        for name in names:
            asked = range(seeds if _seeded(name) else 1)
            typer.echo(f"{name}: {len(asked)} runs a setting …", err=True)
            held = list(workers.map(_held, [name] * len(asked), asked))
            for claim, results in zip(core.LABS[name].claims, zip(*held, strict=True), strict=True):
                yield _row(name, claim, results)


def _row(name: str, claim: Claim, results: Sequence[bool]) -> Row:
    low, high = wilson(sum(results), len(results))
    return {
        "lab": name,
        "claim": claim.says,
        "held": f"{sum(results)} of {len(results)}",
        "95 %": f"{low:.0%}-{high:.0%}" if len(results) > 1 else "-",
        "promised of 100": claim.at_least,
        "met": "yes" if 100 * sum(results) >= claim.at_least * len(results) else "NO",
    }


def _workers(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_one_thread)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
    core.warm_up()  # as the page does when it starts


def _cost(name: str) -> Row:
    before = _megabytes()
    steps, began, first = core.run(name, core.LABS[name].first, threading.Event()), time.perf_counter(), 0.0
    for _ in steps:
        first = first or time.perf_counter() - began
    whole = time.perf_counter() - began
    return {"lab": name, "first frame, s": first, "whole, s": whole, "MB": _megabytes() - before}


def _held(name: str, seed: int) -> list[bool]:
    """Which claims hold for this seed; those with the same arguments share a run."""
    records: dict[str, Mapping[str, Any]] = {}
    held = []
    for claim in core.LABS[name].claims:
        arguments = {**core.LABS[name].first, **claim.arguments, **_seed(name, seed)}
        key = repr(sorted(arguments.items()))
        if key not in records:
            records[key] = finished(name, arguments).record
        held.append(bool(claim.holds(records[key])))
    return held


def finished(name: str, arguments: Mapping[str, Any]) -> LabResult:
    """A run of a lab, to its end."""
    steps = core.run(name, arguments, threading.Event())
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: LabResult = end.value
            return result


def _seeded(name: str) -> bool:
    return bool({"seed", "seeds"} & set(core.LABS[name].schema.model_fields))


def _seed(name: str, seed: int) -> dict[str, Any]:
    fields = core.LABS[name].schema.model_fields
    return {"seed": seed} if "seed" in fields else {"seeds": [seed]} if "seeds" in fields else {}


def _chosen(only: str) -> list[str]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in core.LABS:
            known = ", ".join(core.LABS)
            raise SettingError(
                f"There is no lab {name!r}.",
                f"There are {known}. Type for example: tutor eval labs --only memory,lora",
                ko=(
                    f"{name!r}(이)라는 실습은 없어요.",
                    f"있는 실습: {known}. 예를 들어 이렇게 입력해 주세요: tutor eval labs --only memory,lora",
                ),
            )
    return names or list(core.LABS)


def _megabytes() -> float:
    """The most memory that this process has had at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
