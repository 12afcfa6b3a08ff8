"""How fast and how large the whole tutor is on this machine, as one Markdown table: python -m tutor.evals.benchmark

Times depend on what else runs; the README states the ones of one machine. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import typer

from tutor import config
from tutor.config import Settings
from tutor.errors import ModelError
from tutor.evals import questions_file, speed
from tutor.evals.questions_file import Question
from tutor.labs import core
from tutor.retrieval.builds import open_index
from tutor.session import Tutor, open_tutor
from tutor.text import language

QUESTIONS = config.ROOT / "corpus" / "qa" / "dev"
EVERY = 6  # of the questions for measuring: a hundred
QUERIES = 100
ANSWERS = 20
START_LIMIT = 180.0  # seconds for the page to come up
DEMO = {"gate": "xor", "layers": "both"}

Row = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", help="a checkpoint folder (default: the bundled model)")
    settings = config.load(model=parser.parse_args().model)
    config.go_offline()
    typer.echo(f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}\n")
    typer.echo("| what | measured |\n|---|---|")
    for name, measured in rows(settings):
        typer.echo(f"| {name} | {measured} |")


def rows(settings: Settings) -> Iterator[Row]:
    """Each measurement as it is done.

    Raises:
        CorpusError, SearchIndexError, ModelError: the tutor cannot be opened, or its page does not come up.
    """
    asked = [q for path in sorted(QUESTIONS.glob("*.jsonl")) for q in questions_file.read(path)][::EVERY]
    open_index(settings)  # built beforehand: that happens once, and not at every start
    seconds, megabytes = cold_start(settings)
    yield "cold start, until the page can be used", f"{seconds:.1f} s"
    yield "peak memory of the serving process, page opened", f"{megabytes:.0f} MB"
    tutor, seconds = timed(open_tutor, settings)
    yield "opening index and model, inside a process", f"{seconds:.1f} s"
    yield "retrieval, median and p95", retrieval(tutor, asked)
    yield f"question to answer, median of {ANSWERS}", answers(tutor, asked)
    yield "demo (XOR, both kinds): first frame and whole", demo()
    for threads in (1, 2):
        yield from generation(settings, threads)
    yield "peak memory of this process, all of the above", f"{_megabytes(resource.RUSAGE_SELF):.0f} MB"


def timed(work: Callable[..., Any], *arguments: object) -> tuple[Any, float]:
    """What `work` gives, and the seconds it took."""
    began = time.perf_counter()
    return work(*arguments), time.perf_counter() - began


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())


def cold_start(settings: Settings) -> tuple[float, float]:
    """Seconds from `tutor serve` in a new process until the page and its configuration are there; its peak MB."""
    port = free_port(settings.host)
    command = [sys.executable, "-m", "tutor", "serve", "--port", str(port), "--model", settings.model]
    began = time.perf_counter()
    server = subprocess.Popen(command, cwd=config.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for_page(f"http://{settings.host}:{port}", server)
        seconds = time.perf_counter() - began
    finally:
        server.terminate()
        server.wait()
    return seconds, _megabytes(resource.RUSAGE_CHILDREN)


def free_port(host: str) -> int:
    """A port of `host` that nothing listens on."""
    with socket.socket() as free:
        free.bind((host, 0))
        return free.getsockname()[1]


def wait_for_page(url: str, server: subprocess.Popen[str]) -> None:
    """Until `server` shows the page and its configuration at `url`.

    Raises:
        ModelError: it ended, or START_LIMIT seconds have passed.
    """
    until = time.perf_counter() + START_LIMIT
    with httpx.Client(trust_env=False) as client:
        while time.perf_counter() < until and server.poll() is None:
            try:
                if all(client.get(url + path).status_code == 200 for path in ("/", "/config")):
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    server.terminate()
    told = server.stderr.read()[-500:].strip() if server.stderr else ""
    raise ModelError(
        f"The page did not come up: {told or f'{START_LIMIT:.0f} seconds have passed'}.", "Type: tutor doctor"
    )


def retrieval(tutor: Tutor, asked: list[Question]) -> str:
    """Search and choice of sentences, over the first QUERIES questions, one to warm up."""
    queries = [turn for question in asked for turn in question.turns][:QUERIES]

    def search(query: str) -> None:
        tutor.index.evidence(query, tutor.index.search(query, lang=language(query)))

    search("warm up")
    seconds = [timed(search, query)[1] for query in queries]
    median, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return f"{median:.0f} ms, {p95:.0f} ms ({len(queries)} queries, {len(tutor.index.passages)} passages)"


def answers(tutor: Tutor, asked: list[Question]) -> str:
    """From the question to the finished answer, in a conversation each, demos left out."""
    questions = [question.turns[0] for question in asked if question.kind != "demo"][:ANSWERS]

    def ask(question: str) -> None:
        for _ in tutor.new_session().ask(question, threading.Event()):
            pass

    ask("warm up")
    return f"{statistics.median(timed(ask, question)[1] for question in questions):.2f} s"


def demo() -> str:
    began = time.perf_counter()
    frames = core.run("train_perceptron", DEMO, threading.Event())
    next(frames)
    first = time.perf_counter() - began
    count = 1 + sum(1 for _ in frames)
    return f"{first * 1000:.0f} ms, {time.perf_counter() - began:.2f} s ({count} frames)"


def generation(settings: Settings, threads: int) -> Iterator[Row]:
    """Speed of the model alone, on a prompt of speed.PROMPT_TOKENS tokens."""
    measured = speed.measure(replace(settings, threads=threads))
    name = f"{threads} thread{'s' if threads > 1 else ''}"
    yield f"first token, {name}", f"{measured.first_token_seconds * 1000:.0f} ms"
    yield f"tokens a second, {name}", f"{measured.tokens_a_second:.0f}"


def _megabytes(who: int) -> float:
    """Peak resident memory so far, in 10⁶ bytes; of children: of the largest that has ended."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(who).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main()
