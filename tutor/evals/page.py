"""How quick, how large and how quiet the page is in a real Chromium: python -m tutor.evals.page --out page.json

A server of its own over a copy of the index and an empty database; fresh browsers that open it, then one long
conversation, half Korean and half English, questions of corpus/qa/train, each tenth turn a demo. Times end when the
browser has painted. Memory is read after a garbage collection. Other work on the machine makes every figure larger.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from tutor import config
from tutor.errors import SettingError, TutorError
from tutor.evals import benchmark, tables
from tutor.evals.tables import Table

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

TURNS, OPENINGS, ANSWERS = 1000, 7, 20
LOCALES = ("ko-KR", "en-US")
DEMO_EVERY = 10  # turns
DEMOS = ("XOR를 퍼셉트론으로 훈련해서 직접 보여줘", "Show me a single layer and a multilayer net on XOR")
TYPED_AT = (1, 50, 100)  # turns
TYPED = "What did Minsky and Papert prove about them?"
KEY_MILLISECONDS = 40  # from key to key: a quick typist
SETTLED = 100  # turns after which memory is to stay what it is
SAMPLE_EVERY = 50  # turns
ANSWER_LIMIT = 180_000  # milliseconds
ARGUMENTS = (
    *("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-first-run", "--disable-dev-shm-usage", "--use-gl=swiftshader"),
)
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_PLACES = ("/usr/lib/chromium/chromium-headless-shell", "/Applications/Chromium.app/Contents/MacOS/Chromium")

# In the page: when it was usable, how long each key took, and when the newest question had a sign and a word below it.
_PROBE = """(() => {
  const probe = (window.probe = { usable: null, keys: [] });
  const painted = (tell) => requestAnimationFrame(() => setTimeout(() => tell(performance.now())));
  const last = () => document.querySelector("#log > .turn:last-of-type");
  const wait = () => {
    const box = document.querySelector("#question textarea");
    if (document.body?.classList.contains("ready") && box && !box.disabled) painted((at) => (probe.usable = at));
    else requestAnimationFrame(wait);
  };
  wait();
  addEventListener("keydown", ({ key, timeStamp }) => {
    if (key === "Enter") Object.assign(probe, { asked: timeStamp, before: last()?.dataset.id, sign: null, word: null });
    else painted((at) => probe.keys.push(at - timeStamp));
  }, true);
  new MutationObserver(() => {
    const turn = last();
    if (!probe.asked || probe.word || !turn || turn.dataset.id === probe.before) return;
    const note = (name) => (probe[name] ??= NaN, painted((at) => (probe[name] = at - probe.asked)));
    if (probe.sign === null) note("sign");
    if (probe.word === null && turn.querySelector(".said").textContent) note("word");
  }).observe(document, { childList: true, subtree: true });
})()"""
_OPENED = """() => probe.usable &&
  [performance.getEntriesByName("first-contentful-paint")[0].startTime, probe.usable]"""
_ANSWERED = """(id) => probe.word && document.querySelector(`[data-id="${id}"] .foot`) &&
  document.querySelector("#send")?.checkVisibility() && [probe.sign, probe.word]"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured; `most` is the goal: no more than that."""

    what: str
    value: float
    unit: str
    most: float | None = None

    def row(self) -> tables.Row:
        row: dict[str, tables.Cell] = {"what": self.what, "measured": self.value, "unit": self.unit}
        if self.most is None:
            return row
        return row | {"goal": f"at most {self.most:g}", "met": "yes" if self.value <= self.most else "no"}


@dataclass(slots=True)
class Talk:
    """What one conversation came to, turn by turn; `memory` is (turn, JS heap in MB, server in MB)."""

    signs: list[float] = field(default_factory=list)
    words: list[float] = field(default_factory=list)
    keys: dict[int, list[float]] = field(default_factory=dict)
    nodes: dict[int, int] = field(default_factory=dict)
    memory: list[tuple[int, float, float]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--turns", type=int, default=TURNS, help="of the conversation, at least 2")
    parser.add_argument("--openings", type=int, default=OPENINGS, help="of the page, each in a fresh browser")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of questions")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    asked = parser.parse_args()
    try:
        report = measure(max(2, asked.turns), max(1, asked.openings), asked.seed)
        tables.write(asked.out, report)
    except TutorError as error:
        raise SystemExit(error.text()) from None


def measure(turns: int, openings: int, seed: int) -> dict[str, Any]:
    """Every figure, shown as a table and given as plain data.

    Raises:
        SettingError: there is no Playwright or no Chromium.
        ModelError: the page does not come up.
    """
    machine = f"{benchmark.processor()}, {os.cpu_count()} cores, {platform.system()}"
    load = os.getloadavg()[0]
    began = time.monotonic()
    with browsing() as browser, tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (url, pid, tried):
        reached: list[str] = []
        opened = [opening(browser, url, LOCALES[i % 2], reached) for i in range(openings)]
        talk = conversation(browser, url, pid, questions(turns, seed), reached)
        outside = [address for address in reached if not address.startswith((url, "data:", "blob:"))]
        outside += tried.read_text(encoding="utf-8").splitlines()
    table = Table(f"The page, {turns} turns", [one.row() for one in figures(opened, talk, len(outside))])
    typer.echo(f"{machine}, load {load:.1f} at the start, {time.monotonic() - began:.0f} s{table}")
    memory = [dict(zip(("turn", "heap", "server"), sample, strict=True)) for sample in talk.memory]
    about = {"machine": machine, "load": load, "turns": turns, "seed": seed}
    return about | {"figures": table.data()["rows"], "memory": memory, "outside": outside}


# ---- the figures -----------------------------------------------------------------------------------
def figures(opened: Sequence[tuple[float, float]], talk: Talk, outside: int) -> Iterator[Figure]:
    """From what was measured (milliseconds, and MB) to what is told."""
    for column, name, most in ((0, "first contentful paint", 1.5), (1, "page usable", 2.5)):
        seconds = [times[column] / 1000 for times in opened]
        yield Figure(f"{name}, median", statistics.median(seconds), "s", most)
        yield Figure(f"{name}, worst of {len(seconds)}", max(seconds), "s", most)
    turns = len(talk.signs)
    spans = {f"first {min(ANSWERS, turns)}": slice(ANSWERS)}
    if turns > ANSWERS:
        spans[f"last {ANSWERS}"] = slice(-ANSWERS, None)
    for name, times in (("Enter to the first sign", talk.signs), ("Enter to the first word", talk.words)):
        for which, span in spans.items():
            median, p95 = np.percentile(times[span], [50, 95]) / 1000
            yield Figure(f"{name}, {which} questions, median", float(median), "s")
            yield Figure(f"{name}, {which} questions, p95", float(p95), "s")
    for turn, keys in talk.keys.items():
        median, p95 = np.percentile(keys, [50, 95])
        yield Figure(f"key to character, turn {turn}, median", float(median), "ms")
        yield Figure(f"key to character, turn {turn}, p95", float(p95), "ms", 100)
        yield Figure(f"elements in the page, turn {turn}", talk.nodes[turn], "")
    settled = min(talk.memory, key=lambda sample: abs(sample[0] - min(SETTLED, turns // 2)))
    for column, name in ((1, "JS heap"), (2, "server, resident")):
        before, after = settled[column], talk.memory[-1][column]
        yield Figure(f"{name}, turn {settled[0]}", before, "MB")
        yield Figure(f"{name}, growth to turn {turns}", 100 * (after / before - 1), "%", 5)
    yield Figure("requests that leave this machine", outside, "", 0)


def questions(turns: int, seed: int) -> list[str]:
    """What is asked: of either language in turn, drawn from corpus/qa/train by `seed`; each tenth a demo."""
    files = sorted((config.ROOT / "corpus" / "qa" / "train").glob("*.jsonl"))
    records = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    draw = random.Random(seed)
    known = [[r["questions"][0] for r in records if r["lang"] == locale[:2]] for locale in LOCALES]
    return [
        DEMOS[n // DEMO_EVERY % 2] if n % DEMO_EVERY == 0 else draw.choice(known[n % 2]) for n in range(1, turns + 1)
    ]


# ---- in the browser --------------------------------------------------------------------------------
def opening(browser: Browser, url: str, locale: str, reached: list[str]) -> tuple[float, float]:
    """Milliseconds to the first contentful paint, and until the page can be used, with nothing in the cache."""
    with _page(browser, url, locale, reached) as page:
        first, usable = page.wait_for_function(_OPENED).json_value()
        return first, usable


def conversation(browser: Browser, url: str, pid: int, asked: Sequence[str], reached: list[str]) -> Talk:
    """Ask everything that is `asked` in one page, as fast as it is answered."""
    talk = Talk()
    with _page(browser, url, LOCALES[0], reached) as page:
        tools = page.context.new_cdp_session(page)
        for number, question in enumerate(asked, 1):
            box = page.locator("#question textarea")
            box.fill(question)
            box.press("Enter")
            done = page.wait_for_function(_ANSWERED, arg=f"t{number}", timeout=ANSWER_LIMIT)
            sign, word = done.json_value()
            talk.signs.append(sign)
            talk.words.append(word)
            if number in TYPED_AT:
                talk.keys[number] = typing(page)
                talk.nodes[number] = page.evaluate("document.querySelectorAll('*').length")
            if number == 1 or number % SAMPLE_EVERY == 0 or number == len(asked):
                talk.memory.append((number, _heap(tools), resident(pid)))
                typer.echo("turn {}: JS heap {:.1f} MB, server {:.0f} MB".format(*talk.memory[-1]), err=True)
    return talk


def typing(page: Page) -> list[float]:
    """Milliseconds from each key to its character on the screen; the box is empty again afterwards."""
    page.evaluate("probe.keys = []")
    page.keyboard.type(TYPED, delay=KEY_MILLISECONDS)
    keys = page.wait_for_function(f"() => probe.keys.length >= {len(TYPED)} && probe.keys").json_value()
    page.locator("#question textarea").fill("")
    return list(keys)


def _heap(tools: CDPSession) -> float:
    tools.send("HeapProfiler.collectGarbage")
    return tools.send("Runtime.getHeapUsage")["usedSize"] / 1e6


@contextlib.contextmanager
def _page(browser: Browser, url: str, locale: str, reached: list[str]) -> Iterator[Page]:
    """The page in a browser profile of its own, opened until it can be used; every address asked for is noted."""
    context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 860})
    context.on("request", lambda request: reached.append(request.url))
    context.add_init_script(_PROBE)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(_OPENED)
    yield page
    context.close()


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    """The system's own Chromium, without a window.

    Raises:
        SettingError: there is no Playwright or no Chromium.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SettingError("Playwright is not installed.", "Type: pip install -e '.[dev]'") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


def chromium() -> str:
    """The path of the system's own Chromium.

    Raises:
        SettingError: there is none.
    """
    found = [path for name in _NAMES if (path := shutil.which(name))]
    found += [path for path in _PLACES if Path(path).exists()]
    if not found:
        raise SettingError("No Chromium was found.", "Type: sudo apt-get install chromium-headless-shell fonts-nanum")
    return found[0]


# ---- the server ------------------------------------------------------------------------------------
@contextlib.contextmanager
def _server(folder: Path) -> Iterator[tuple[str, int, Path]]:
    """A tutor in a process of its own: its address, its process id, and the file of what it tried to reach outside."""
    shutil.copytree(config.load().index, folder / "index")
    (folder / "library").mkdir()
    (tried := folder / "tried").touch()
    places = {"INDEX": folder / "index", "LIBRARY": folder / "library", "DATABASE": f"sqlite:///{folder / 'tutor.db'}"}
    port = benchmark.free_port("127.0.0.1")
    code = f"from tutor.evals import page; page.serve_watched({port}, {str(tried)!r})"
    environment = {**os.environ, **{f"TUTOR_{name}": str(value) for name, value in places.items()}}
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=config.ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        benchmark.wait_for_page(url, server)
        yield url, server.pid, tried
    finally:
        server.terminate()
        server.communicate()


def serve_watched(port: int, tried: str) -> None:
    """The page, and a line in the file `tried` for every other machine that this process looks up or reaches."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = arguments[0]
        elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        else:
            return
        if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", b"127.0.0.1"):
            with open(tried, "a", encoding="utf-8") as file:
                file.write(f"{event} {host}\n")

    sys.addaudithook(watch)
    from tutor.ui.app import serve

    serve(config.load(port=port))


def resident(pid: int) -> float:
    """The memory of a process that is in RAM, in MB."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(told.stdout) * 1024 / 1e6


if __name__ == "__main__":
    main()
