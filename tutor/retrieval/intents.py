"""tutor-intents: which messages are small talk or about the tutor itself, by a linear classifier.

It reads the encoder's vector of the message (what it means) and its hashed character n-grams (how it is put; Joulin et
al. 2016). How it was made: tutor/training/intents.py, and MODEL_CARD.md beside the weights.
"""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tutor.config import BUNDLED_INTENTS
from tutor.retrieval import encoder, fitted
from tutor.text import typed
from tutor.types import Lang

OTHER = "other"  # a question about the subject, a request for a demo, anything else

HASHED = 4096  # columns that the character n-grams are hashed to
NGRAMS = (1, 2, 3)  # characters
FEATURES = encoder.DIMENSIONS + HASHED

_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Head:
    """Multinomial logistic regression: `weight` has the shape (classes, FEATURES), `bias` (classes,).

    `answers` are the sentences of the tutor's own page that answer each class but "other", in their order. A message
    certainly has an intent where its probability of "other" is below `certain`, and likely where it is below `likely`.
    """

    classes: tuple[str, ...]
    weight: np.ndarray
    bias: np.ndarray
    certain: float
    likely: float
    answers: Mapping[str, Mapping[Lang, tuple[str, ...]]]

    def probabilities(self, read: np.ndarray) -> np.ndarray:
        """The softmax over the classes for features of shape (n, FEATURES); shape (n, classes)."""
        return fitted.softmax(read @ self.weight.T + self.bias)

    def choose(self, probabilities: np.ndarray, below: float) -> str | None:
        """The likeliest intent, by one message's `probabilities`; None where that of "other" is not `below`."""
        other = self.classes.index(OTHER)
        if probabilities[other] >= below:
            return None
        return self.classes[int(np.argmax(np.where(np.arange(len(self.classes)) == other, -1.0, probabilities)))]


def ngrams(text: str) -> dict[int, float]:
    """The character n-grams of the words of `text`, a space at both ends of each, as a unit vector's columns.

    They are hashed with signs, so that what falls into one column by chance cancels out (Weinberger et al. 2009).
    """
    found: Counter[int] = Counter()
    for word in text.lower().split():
        word = f" {word} "
        for n in NGRAMS:
            for at in range(len(word) - n + 1):
                hashed = zlib.crc32(word[at : at + n].encode())
                found[hashed % HASHED] += 1 if hashed >> 31 else -1
    length = sum(count * count for count in found.values()) ** 0.5 or 1.0
    return {column: count / length for column, count in found.items()}


def features(text: str) -> np.ndarray:
    """What the head reads of one message, as it was typed: shape (FEATURES,)."""
    text = typed(text).strip()
    read = np.zeros(FEATURES, np.float32)
    read[: encoder.DIMENSIONS] = encoder.question(text).vector
    for column, value in ngrams(text).items():
        read[encoder.DIMENSIONS + column] = value
    return read


def intent(text: str, *, certain: bool = True) -> str | None:
    """The record of the tutor's own page that answers `text`, such as "tutor-04"; None where `text` is something else.

    `certain` is for what the sources may answer as well, else the likely is enough.

    Raises:
        ModelError: the head is not there, or belongs to another encoder.
    """
    if not typed(text).strip():
        return None
    loaded = head()
    return loaded.choose(loaded.probabilities(features(text)[None])[0], loaded.certain if certain else loaded.likely)


def small_talk(text: str) -> float:
    """The probability that `text` is small talk or about the tutor. Raises as `intent` does."""
    loaded = head()
    return 1.0 - float(loaded.probabilities(features(text)[None])[0, loaded.classes.index(OTHER)])


def answer(record: str, lang: Lang) -> tuple[str, ...]:
    """The sentences of the tutor's own page that answer the intent `record`, in their order."""
    return head().answers[record][lang]


def head() -> Head:
    """The bundled head, loaded once.

    Raises:
        ModelError: as for `intent`.
    """
    with _loading:
        return _load(BUNDLED_INTENTS)


@cache
def _load(folder: Path) -> Head:
    tensors, config = fitted.read(folder)
    try:
        classes = tuple(config["classes"])
        answers = {
            record: {lang: tuple(said) for lang, said in told.items()} for record, told in config["answers"].items()
        }
        found = Head(
            classes, tensors["weight"], tensors["bias"], float(config["certain"]), float(config["likely"]), answers
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise fitted.unusable(folder, str(error), f"읽을 수 없어요({error})") from error
    if found.weight.shape != (len(classes), FEATURES) or found.bias.shape != (len(classes),):
        raise fitted.misshapen(folder, fitted.shapes(tensors, ("weight", "bias")))
    return found
