"""tutor-embed, the bilingual sentence encoder that is shipped: the home of sentence_transformers.

It reads a question or a passage once and gives both its vector, for finding, and the vectors of its tokens, for
ranking its sentences (ranking.py). How it was made: tutor/training, and MODEL_CARD.md beside the weights.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tutor.config import BUNDLED_ENCODER, go_offline
from tutor.errors import SearchIndexError

WEIGHTS = "model.safetensors"
DIMENSIONS = 384
BATCH = 32
END = " [SEP] "  # between a passage's title and its sentences, as in training (training/tune.py)

_SPECIAL = re.compile(r"\[(CLS|SEP|PAD|UNK|MASK)\]")
KNOWN_QUESTIONS = 256  # whose readings are kept

_loading, _reading = threading.Lock(), threading.Lock()
_known: dict[str, Reading] = {}
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # glibc's malloc.h
_LARGE_BLOCK = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the network reads it: its unit vector, shape (384,), and of each token the id and the unit vector.

    `ids` has the shape (tokens,), `tokens` (tokens, 384); [CLS] and every [SEP] are among them.
    """

    vector: np.ndarray
    ids: np.ndarray
    tokens: np.ndarray


def identity(known: Mapping[str, Any]) -> dict[str, Any]:
    """Which encoder this is: name, and SHA-256 of the weights.

    The hash of `known`, an earlier identity, is taken over where size and time of the file are the same.

    Raises:
        SearchIndexError: there are no weights.
    """
    weights = BUNDLED_ENCODER / WEIGHTS
    if not weights.is_file():
        raise _unusable(f"there is no {WEIGHTS}", f"{WEIGHTS} 파일이 없어요")
    stat = weights.stat()
    found = {"name": BUNDLED_ENCODER.name, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    if all(known.get(key) == value for key, value in found.items()) and "sha256" in known:
        return {**found, "sha256": known["sha256"]}
    return {**found, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}


def encode(texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
    """Unit vectors of `texts`, shape (len(texts), 384), float32. Safe from several threads."""
    model, vectors = _encoder(), []
    for start in range(0, len(texts), BATCH):
        if progress:
            progress(start, len(texts))
        batch = list(texts[start : start + BATCH])
        vectors.append(model.encode(batch, normalize_embeddings=True, show_progress_bar=False))
    if progress:
        progress(len(texts), len(texts))
    return np.concatenate(vectors).astype(np.float32)


def passage_text(title: str, sentences: Sequence[str]) -> str:
    """What is encoded of a passage. Nothing in it can pass for a special token."""
    return END.join(map(plain, [title, *sentences]))


def plain(text: str) -> str:
    """`text` without what the tokenizer would take for a special token."""
    return _SPECIAL.sub(r" \1 ", text)  # apart, so that "[[SEP]]" does not become one


def read(text: str) -> Reading:
    """One text, read by itself. Safe from several threads."""
    return _read([text])[0]


def questions(texts: Sequence[str]) -> list[Reading]:
    """A learner's questions, read together, and once however many steps of the search ask for them."""
    with _reading:
        missing = [text for text in dict.fromkeys(texts) if text not in _known]
        if missing:
            _known.update(zip(missing, _read([plain(text) for text in missing]), strict=True))
        found = [_known[text] for text in texts]
        for text in list(_known)[:-KNOWN_QUESTIONS]:
            del _known[text]
        return found


def question(text: str) -> Reading:
    """One of them."""
    return questions([text])[0]


def _read(texts: list[str]) -> list[Reading]:
    return [_reading_of(found) for found in _encoder().encode(texts, output_value=None, show_progress_bar=False)]


def _reading_of(found: Mapping[str, Any]) -> Reading:
    own = found["attention_mask"].numpy().astype(bool)  # the rest only fills up the batch
    tokens = found["token_embeddings"].float().numpy()[own]
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    vector = found["sentence_embedding"].float().numpy()
    return Reading(vector / np.linalg.norm(vector), found["input_ids"].numpy()[own], tokens)


def dictionary() -> frozenset[str]:
    """The English words, of three letters or more, that the encoder knows whole: some 21,000 usual ones."""
    words = json.loads((BUNDLED_ENCODER / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return frozenset(word for word in words if len(word) > 2 and word.isascii() and word.isalpha())


def end_id() -> int:
    """The id of [SEP]."""
    return int(_encoder().tokenizer.sep_token_id)


def _encoder() -> Any:
    with _loading:  # functools.cache alone would let two threads load it twice
        return _load(BUNDLED_ENCODER)


@cache
def _load(folder: Path) -> Any:
    go_offline()
    _give_memory_back()
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:  # shipped in 16 bits, which a CPU computes slowly
        return SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32}
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise _unusable(str(error), f"읽을 수 없어요({error})") from error


def _give_memory_back() -> None:
    """Let glibc return large blocks as they are freed; in the arenas of many threads they would lie about in pieces."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(AttributeError):  # another C library, that has no such setting
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
        allocator.mallopt(_M_ARENA_MAX, 2)


def _unusable(why: str, why_ko: str) -> SearchIndexError:
    return SearchIndexError(
        f"The text encoder in {BUNDLED_ENCODER} cannot be used: {why}.",
        "Take it from the repository again. Type: git checkout -- tutor/models/tutor-embed",
        ko=(
            f"{BUNDLED_ENCODER}의 문장 인코더를 쓸 수 없어요: {why_ko}.",
            "저장소에서 다시 받으세요. 이렇게 입력하세요: git checkout -- tutor/models/tutor-embed",
        ),
    )
