"""How long a query takes on one core, how fast the encoder is, and what memory it needs.

Each part runs in a process of its own (python -m tutor.evals.retrieval_speed PART) held to one core, so that neither
the libraries nor the memory of another part are counted. Times depend on what else runs; CPU times less so.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import typer

from tutor import config
from tutor.errors import SettingError
from tutor.evals import encoders, indexes, qa_sets
from tutor.evals.qa_sets import Labelled
from tutor.evals.runs import Run
from tutor.evals.tables import Row, Table
from tutor.retrieval.index import Index
from tutor.types import LANGS, Lang

QUERIES = 100
SYNTHETIC = (1_000, 100_000)  # passages
PASSAGES = 128  # encoded to measure throughput
ROUNDS = 3  # the two encoders take turns, and the median counts
ENCODERS: dict[str, tuple[encoders.Encode, Sequence[str]]] = {
    "new": (encoders.new, encoders.IMPORTS),
    "MiniLM": (encoders.old, encoders.OLD_IMPORTS),
}


def speed(run: Run) -> list[Table]:
    """The three tables; each part is measured in a process of its own."""
    names = [name for name in ENCODERS if name == "new" or run.old]
    queries: list[Row] = _measured(run, "queries")
    return [
        Table("a query with its encoding, one core", queries),
        Table(f"encoding {PASSAGES} passages, one core", _measured(run, "throughput", *names)),
        Table("loading the encoder", [row for name in names for row in _measured(run, "loading", name)]),
    ]


def _measured(run: Run, *arguments: str) -> list[Row]:
    """The rows that `arguments` print in a new process with one thread and one core."""
    settings = {
        "TUTOR_CORPUS": run.settings.corpus.resolve(),
        "TUTOR_SEEDS": run.settings.seeds.resolve(),
        "TUTOR_INDEX": run.settings.index.resolve(),
        "OMP_NUM_THREADS": 1,
    }
    command = [sys.executable, "-m", "tutor.evals.retrieval_speed", *arguments]
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    done = subprocess.run(command, cwd=config.ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise SettingError(
            f"{' '.join(command[1:])} ended with status {done.returncode}: {done.stderr.strip()[-500:]}",
            "Type: tutor doctor",
            ko=(
                f"{' '.join(command[1:])}이(가) 상태 {done.returncode}(으)로 끝났어요: {done.stderr.strip()[-500:]}",
                "이렇게 입력해 보세요: tutor doctor",
            ),
        )
    rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


# ---- in the process of its own -------------------------------------------------------------------
def queries(settings: config.Settings) -> list[Row]:
    """Seconds of whole searches on the present index and on synthetic ones."""
    index = indexes.opened(settings)
    asked = qa_sets.labelled(settings.corpus / "qa" / "dev", index.passages)
    rows = _rows(index, "the articles", asked)
    for size in SYNTHETIC:
        with indexes.synthetic(index, size) as made:
            rows += _rows(made, "synthetic", asked)
    return rows


def _rows(index: Index, name: str, asked: Sequence[Labelled]) -> list[Row]:
    """A row for each language that `asked` holds at least two questions in."""
    questions = {lang: [item.question for item in asked if item.lang == lang] for lang in LANGS}
    return [_row(index, name, lang, mine) for lang, mine in questions.items() if len(mine) > 1]


def _row(index: Index, name: str, lang: Lang, questions: Sequence[str]) -> Row:
    """The first question warms up; each is encoded anew."""
    taken = []
    for question in qa_sets.sample(questions, QUERIES + 1):
        unseen = f"{question} {len(index.passages)}"  # no cache holds its embedding
        taken.append(_timed(partial(index.search, unseen, lang=lang)))
    (p50, cpu50), (p95, cpu95) = np.percentile(np.array(taken[1:]) * 1000, [50, 95], axis=0).tolist()
    return {
        "index": name,
        "lang": lang,
        "passages": len(index.passages),
        "queries": len(taken) - 1,
        "p50 ms": p50,
        "p95 ms": p95,
        "p50 ms of CPU": cpu50,
        "p95 ms of CPU": cpu95,
    }


def throughput(settings: config.Settings, names: Sequence[str]) -> list[Row]:
    """Passages a second of the encoders `names`, and the ratio to the last of them, by CPU time."""
    texts = qa_sets.sample([p.text for p in indexes.opened(settings).passages], PASSAGES)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for name in names:
        ENCODERS[name][0](texts[:8])
    for _ in range(ROUNDS):
        for name in names:
            taken[name].append(_timed(partial(ENCODERS[name][0], texts)))
    rates = {name: (len(texts) / np.median(rounds, axis=0)).tolist() for name, rounds in taken.items()}
    return [
        {
            "encoder": name,
            "passages a second": rate,
            "passages a CPU second": cpu_rate,
            f"times {names[-1]}": cpu_rate / rates[names[-1]][1],
        }
        for name, (rate, cpu_rate) in rates.items()
    ]


def loading(name: str) -> list[Row]:
    """Seconds until the encoder `name` gives its first vector, its imports done before; resident memory on the way."""
    encode, imports = ENCODERS[name]
    imported, _ = _timed(lambda: [importlib.import_module(module) for module in imports])
    before = resident()
    loaded, cpu = _timed(lambda: encode(["퍼셉트론 perceptron"]))
    rest = resident()
    return [
        {
            "encoder": name,
            "imports s": imported,
            "load s": loaded,
            "load s of CPU": cpu,
            "MB after imports": before,
            "MB loaded": rest,
            "MB of its own": rest - before,
        }
    ]


def resident() -> float:
    """Resident memory of this process, in 10⁶ bytes; nan where the system does not tell."""
    told = Path("/proc/self/statm")
    pages = int(told.read_text(encoding="ascii").split()[1]) if told.exists() else float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and seconds of CPU time, which others on the same core do not lengthen much."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - cpu


def main() -> None:
    part, *names = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    config.go_offline()
    settings = config.load()
    rows = {
        "queries": lambda: queries(settings),
        "throughput": lambda: throughput(settings, names),
        "loading": lambda: loading(names[0]),
    }[part]()
    typer.echo(json.dumps(rows))


if __name__ == "__main__":
    main()
