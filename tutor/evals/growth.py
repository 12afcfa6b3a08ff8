"""How search and ingestion grow with the number of passages: python -m tutor.evals.growth --counts 1000,100000

Vectors: mixtures of two real ones with noise, of unit length, seeded. Every line is measured in a process of its own,
so that its memory is its own. Memory is what the process holds itself (RssAnon); files that are mapped come on top,
and the system takes them back when it needs the room.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import typer

from tutor import config
from tutor.retrieval import faiss_store, milvus_store, stores
from tutor.retrieval.keys import keys
from tutor.types import Document

QUERIES, K = 200, 10
BLOCK = 10_000
STEP = 100_000  # vectors after which the memory is told
BEAM = 128  # of the graph: nodes that a search keeps in view
NOISE = 0.02  # standard deviation of each number
MILVUS_LIMIT = 10_000  # vectors: Milvus Lite is for trying out
KINDS = ("flat", "inverted", "hnsw", "milvus")
SENTENCES, PARAGRAPHS = 4, 20  # of a made-up paragraph, of a made-up document


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--counts", default="1000,100000", help="how many vectors, separated by commas")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--passages", type=int, default=20_000, help="of the whole ingestion; 0 leaves it out")
    arguments = parser.parse_args()
    config.go_offline()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds, texts = _prepare(folder)
        typer.echo(f"one question encoded: {_p(seconds)}\n")
        typer.echo(
            "| vectors | kind | recall@10 | query p50, p95 | with encoding | build | disk | adding | searching |"
        )
        typer.echo("|---|---|---|---|---|---|---|---|---|")
        for count in map(int, arguments.counts.split(",")):
            for kind in arguments.kinds.split(","):
                if kind != "milvus" or count <= MILVUS_LIMIT:
                    place = folder / f"{kind}-{count}"
                    built = _apart(_add, folder, place, kind, count)
                    _row(built | _apart(_search, folder, place, kind, count), count, kind, seconds)
        if arguments.passages:
            typer.echo(_apart(_ingest, folder, texts, arguments.passages))


def _prepare(folder: Path) -> tuple[np.ndarray, list[str]]:
    """Keep the real vectors in `folder`; gives the seconds that encoding each question takes, and real sentences."""
    return _apart(_real, folder)


def _real(folder: Path) -> tuple[np.ndarray, list[str]]:
    from tutor.evals.qa_sets import outside
    from tutor.retrieval import encoder
    from tutor.retrieval.builds import open_index
    from tutor.text import sentences

    index = open_index(config.load())
    np.save(folder / "real.npy", index.vectors.vectors(np.arange(index.vectors.size)))
    encoder.encode(["warm up"])
    asked = [question.question for question in outside(config.ROOT / "corpus" / "qa")]
    seconds = [_timed(encoder.read, question)[1] for question in asked]
    return np.array(seconds), [passage.text[a:b] for passage in index.passages for a, b in sentences(passage.text)]


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` gives in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _row(measured: dict[str, Any], count: int, kind: str, encoding: np.ndarray) -> None:
    seconds = np.array(measured["seconds"])
    both = seconds + np.resize(encoding, len(seconds))
    cells = [
        *(str(count), kind, f"{measured['recall']:.4f}", _p(seconds), _p(both), f"{measured['build']:.1f} s"),
        *(f"{measured['disk'] / 1e6:.0f} MB", f"{measured['adding']:.0f} MB", f"{measured['searching']:.0f} MB"),
    ]
    typer.echo("| " + " | ".join(cells) + " |")
    if len(measured["steps"]) > 1:
        typer.echo(f"  memory after each {STEP} added, MB: {json.dumps(measured['steps'])}", err=True)


def _p(seconds: np.ndarray) -> str:
    p50, p95 = np.percentile(seconds * 1000, [50, 95])
    return f"{p50:.2f}, {p95:.2f} ms"


# ---- vectors ---------------------------------------------------------------------------------------
def blocks(real: np.ndarray, count: int, seed: int = 0) -> Iterator[np.ndarray]:
    """`count` made-up unit vectors, BLOCK at a time, float32; the same for the same seed."""
    for start in range(0, count, BLOCK):
        rng = np.random.default_rng((seed, start))
        size = min(BLOCK, count - start)
        one, other = (real[rng.integers(len(real), size=size)] for _ in range(2))
        weight = rng.random((size, 1), dtype=np.float32)
        mixed = weight * one + (1 - weight) * other
        mixed += NOISE * rng.standard_normal(mixed.shape, dtype=np.float32)
        yield mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def nearest(real: np.ndarray, count: int, queries: np.ndarray) -> np.ndarray:
    """The K rows truly nearest to each query, shape (len(queries), K)."""
    best = np.full((len(queries), K), -np.inf, np.float32)
    rows = np.zeros((len(queries), K), np.int64)
    for number, block in enumerate(blocks(real, count)):
        cosines = np.concatenate([best, queries @ block.T], axis=1)
        places = np.arange(number * BLOCK, number * BLOCK + len(block))
        numbers = np.concatenate([rows, np.tile(places, (len(queries), 1))], axis=1)
        top = np.argpartition(-cosines, K - 1, axis=1)[:, :K]
        best, rows = np.take_along_axis(cosines, top, 1), np.take_along_axis(numbers, top, 1)
    return rows


def _add(folder: Path, place: Path, kind: str, count: int) -> dict[str, Any]:
    real = np.load(folder / "real.npy")
    place.mkdir()
    steps: list[int] = []

    def told() -> Iterator[np.ndarray]:
        for number, block in enumerate(blocks(real, count), 1):
            yield block
            if number * BLOCK % STEP == 0:
                steps.append(round(_memory()))

    with Peak() as peak:
        store, build = _timed(_build, kind, place, told(), count, real.shape[1])
    store.close()
    return {"build": build, "adding": peak.megabytes, "steps": steps, "disk": _size(place)}


def _search(folder: Path, place: Path, kind: str, count: int) -> dict[str, Any]:
    """Opened in a process of its own, which has not built it."""
    real = np.load(folder / "real.npy")
    queries = next(blocks(real, QUERIES, seed=1))
    store = _open(kind, place, count, real.shape[1])
    store.search(queries[0], K)
    found = [_timed(store.search, query, K) for query in queries]
    memory = _memory()
    right = zip((rows for (rows, _), _ in found), nearest(real, count, queries), strict=True)
    recall = float(np.mean([len({*rows.tolist()} & {*true.tolist()}) / K for rows, true in right]))
    return {"recall": recall, "seconds": [seconds for _, seconds in found], "searching": memory}


def _build(kind: str, place: Path, given: Iterator[np.ndarray], count: int, dimensions: int) -> stores.VectorStore:
    if kind == "milvus":
        return milvus_store.build(str(place / "vectors.db"), "build-growth", given, count, dimensions)
    if kind == "hnsw":
        return _graph(place, given, dimensions)
    return faiss_store.build(place, given, count, dimensions, exact=count if kind == "flat" else 0)


def _graph(place: Path, given: Iterator[np.ndarray], dimensions: int) -> stores.VectorStore:
    """A graph of 8-bit codes, which FAISS builds in memory."""
    index: Any = faiss.index_factory(dimensions, "HNSW32,SQ8", faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = BEAM
    for block in given:
        if not index.is_trained:
            index.train(block)
        index.add(block)
    faiss.write_index(index, str(place / "vectors.faiss"))
    return faiss_store.Exact(index)


def _open(kind: str, place: Path, count: int, dimensions: int) -> stores.VectorStore:
    if kind == "milvus":
        return milvus_store.load(str(place / "vectors.db"), "build-growth", count, dimensions)
    return faiss_store.load(place, count, dimensions)


# ---- the whole ingestion -----------------------------------------------------------------------------
def _ingest(folder: Path, texts: Sequence[str], passages: int) -> str:
    """Documents made of real sentences in a new order, through the real build, with a stand-in for the encoder."""
    from tutor.retrieval import ingest
    from tutor.retrieval.layout import Layout
    from tutor.retrieval.lexical import Lexical
    from tutor.text import terms

    real, place = np.load(folder / "real.npy"), folder / "ingested"
    total, steps = passages // PARAGRAPHS, list[int]()

    def encode(texts: Sequence[str], progress: object = None) -> np.ndarray:
        numbers = keys(texts)
        vectors = 0.8 * real[numbers % len(real)] + 0.6 * real[(numbers >> 32) % len(real)]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def progress(stage: str, done: int, _: int) -> None:
        if stage == "words" and done % max(total // 10, 1) == 0:
            steps.append(round(_memory()))

    with Peak() as peak:
        began = time.perf_counter()
        ingest.write(place, documents(texts, total), total, {}, progress, encode=encode)
        seconds = time.perf_counter() - began
    layout, words = Layout(place), Lexical.load(place / "bm25")
    asked = [terms(texts[number]) for number in range(0, len(texts), max(len(texts) // QUERIES, 1))]
    times = np.array([_timed(words.scores, query)[1] for query in asked])
    return (
        f"\ningestion: {layout.passages} passages in {seconds:.0f} s, "
        f"{_size(place) / 1e6:.0f} MB on disk; BM25 of a whole sentence {_p(times)}\n"
        f"memory after each tenth of the documents, MB: {steps}; at most {peak.megabytes:.0f}"
    )


def documents(texts: Sequence[str], total: int) -> Iterator[Document]:
    """`total` made-up documents of PARAGRAPHS paragraphs each; every sentence has a number of its own."""
    for number in range(total):
        rng = np.random.default_rng((2, number))
        chosen = rng.integers(len(texts), size=(PARAGRAPHS, SENTENCES)).tolist()
        paragraphs = [
            f"## Part {part}\n\n" + " ".join(f"In case {number}-{part}, {texts[i]}" for i in line)
            for part, line in enumerate(chosen)
        ]
        text = "\n\n".join(paragraphs)
        yield Document(f"en/made-{number}", f"made-{number}", f"Made {number}", "en", f"made-{number}.md", text)


# ---- measuring -----------------------------------------------------------------------------------------
class Peak:
    """The most memory that this process holds while the block runs, in 10⁶ bytes."""

    def __enter__(self) -> Peak:
        self.megabytes, self._done = _memory(), threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def _look(self) -> None:
        while not self._done.wait(0.02):
            self.megabytes = max(self.megabytes, _memory())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()


def _memory() -> float:
    """What this process holds of its own, in 10⁶ bytes; without /proc the most that it ever held."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["RssAnon"].split()[0]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """What `work` gives, and the seconds it took."""
    began = time.perf_counter()
    return work(*arguments), time.perf_counter() - began


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
