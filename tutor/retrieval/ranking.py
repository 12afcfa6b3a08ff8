"""The sentences of passages ranked for a question by late interaction (ColBERT, Khattab and Zaharia 2020) and cosine.

A sentence, read in its passage, scores the mean over the question's tokens of the largest cosine with one of its own,
and MEANING times the cosine of the question's vector with the mean of its tokens. The encoder was trained for both
(training/tune.py, training/wordings.py); scores of sentences of different passages can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from tutor.retrieval import encoder

ROOM = 700  # characters of a run of sentences that is read at once, Hangul counted double: some 180 tokens of the 256
MEANING = 0.5  # weight of the cosine beside the late interaction; measured on the dev questions
LONGEST = 1400  # characters of a sentence; what is behind them is not read


def scores(question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[np.ndarray]:
    """How well each sentence of each of `passages` (title, sentences) answers `question`, float32.

    At most 1 + MEANING.
    """
    asked = encoder.question(question)
    own = asked.tokens[1:][asked.ids[1:] != encoder.end_id()]
    return [
        np.concatenate([np.zeros(0, np.float32), *(_scores(own, asked.vector, title, run) for run in _runs(sentences))])
        for title, sentences in passages
    ]


def _scores(own: np.ndarray, vector: np.ndarray, title: str, run: tuple[str, ...]) -> np.ndarray:
    """`own` are the vectors of the question's own tokens, shape (n, 384), `vector` is the question's, (384,)."""
    tokens, number, means = _read(title, run)
    if not len(own):
        return np.zeros(len(run), np.float32)
    found = MEANING * (means @ vector)
    cosines = own @ tokens.T.astype(np.float32)
    for i in range(len(run)):
        if (mine := number == i).any():
            found[i] += cosines[:, mine].max(axis=1).mean()
    return found


@lru_cache(maxsize=512)
def _read(title: str, run: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The vectors of a passage's tokens, float16, the sentence that each is in (-1 for none), and the sentences' means.

    Means are unit vectors, that of a sentence that was cut off is 0. Shapes (tokens, 384), (tokens,), (sentences, 384).
    """
    found = encoder.read(encoder.passage_text(title, [sentence[:LONGEST] for sentence in run]))
    is_end = found.ids == encoder.end_id()
    number = np.where(is_end, 0, is_end.cumsum()) - 1
    means = np.zeros((len(run), found.tokens.shape[1]), np.float32)
    np.add.at(means, number[number >= 0], found.tokens[number >= 0])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    return found.tokens.astype(np.float16), number, means


def _runs(sentences: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """`sentences` in runs that are read at once."""
    run, filled = list[str](), 0
    for sentence in sentences:
        length = min(len(sentence), LONGEST) + sum("가" <= c <= "힣" for c in sentence[:LONGEST])
        if run and filled + length > ROOM:
            yield tuple(run)
            run, filled = [], 0
        run.append(sentence)
        filled += length
    if run:
        yield tuple(run)
