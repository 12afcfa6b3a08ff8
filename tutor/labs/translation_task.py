"""A small translation task with a rule of order, and the training and testing that its translators share.

Chains of things are translated from English to Korean, which turns them around but leaves an adjective before its noun:
"small door of house of king ." becomes "왕 의 집 의 작은 문 ." A translator must find every word and its place.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tutor.types import Frame

if TYPE_CHECKING:
    from torch import Tensor

NOUNS = {"king": "왕", "house": "집", "door": "문", "friend": "친구", "dog": "개", "book": "책"}
ADJECTIVES = {"big": "큰", "small": "작은", "good": "좋은", "new": "새"}
ENGLISH = (*NOUNS, *ADJECTIVES, "of", ".")  # a sentence is a row of places in this list ...
KOREAN = (*NOUNS.values(), *ADJECTIVES.values(), "의", ".")  # ... and its translation in this one
OF = len(NOUNS) + len(ADJECTIVES)
SYMBOLS = len(ENGLISH)
END = SYMBOLS - 1  # the full stop that ends every sentence
START = SYMBOLS  # what a decoder is given as the word before the first

_PHRASE, _NOUN, _OF = range(3)  # what is due at a place: an adjective or a noun; the noun of an adjective; "of"
BATCH = 32
TESTED = 200  # fresh sentences of each length
LEARNING_RATE = 0.01  # of Adam, at its highest
STEPS_PER_FRAME = 10  # some 0.2 s

Parameters = dict[str, "Tensor"]


class Trained(NamedTuple):
    """The mean loss of every STEPS_PER_FRAME steps, after that of the untrained net; the median step's seconds."""

    curve: list[float]
    seconds: float


class Score(NamedTuple):
    """Shares of what was right in the test sentences of one length."""

    length: int
    words: float  # each word at its place
    sentences: float  # all words and the full stop


def sentences(words: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """English and Korean sentences (count, words + 1), and `order`: which English word each Korean one translates."""
    nouns = rng.integers(0, len(NOUNS), (count, words))
    adjectives = rng.integers(len(NOUNS), OF, (count, words))
    coin = rng.random((count, words)) < 0.5
    english = np.full((count, words + 1), END)
    order = np.tile(np.arange(words + 1), (count, 1))
    rows, due = np.arange(count), np.full(count, _PHRASE)
    for i in range(words):
        left = words - i
        paired = (due == _PHRASE) & ((left == 2) | (left > 3) & coin[:, i])  # "of" and a noun still fit behind, or none
        english[:, i] = np.select([paired, due == _OF], [adjectives[:, i], np.full(count, OF)], nouns[:, i])
        place = words - 1 - i - paired + (due == _NOUN)  # turned around; adjective and noun stay as they are
        order[rows, place] = i
        due = np.select([paired, due == _OF], [_NOUN, _PHRASE], _OF)
    return english, np.take_along_axis(english, order, 1), order


def lengths(longest: int) -> list[int]:
    """The lengths that are tested: the longest, two less, and so on down to 3 or 4 words."""
    return list(range(longest, 2, -2))[::-1]


def initialise(shapes: Mapping[str, tuple[int, ...]], seed: int) -> Parameters:
    """Uniform within 1/sqrt(inputs of a unit), biases zero; vectors of words, "words...", normally distributed."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    p: Parameters = {}
    for name, shape in shapes.items():
        value = torch.zeros(shape)
        if name.startswith("words"):
            value.normal_(generator=generator)
        elif len(shape) > 1:
            value.uniform_(-(shape[-1] ** -0.5), shape[-1] ** -0.5, generator=generator)
        p[name] = value.requires_grad_()
    return p


def shifted(korean: Tensor) -> Tensor:
    """The word before each word: what the decoder is given in training (teacher forcing)."""
    import torch

    return torch.cat([torch.full_like(korean[:, :1], START), korean[:, :-1]], 1)


def rate(step: int, steps: int) -> float:
    """The learning rate rises over a tenth of the steps, stays, and falls to nothing over the last third."""
    return LEARNING_RATE * min(1, 10 * (step + 1) / steps, 3 * (1 - step / steps))


def train(
    series: str, p: Parameters, scores: Callable[[Tensor, Tensor], Tensor], longest: int, steps: int, seed: int
) -> Generator[Frame, None, Trained]:
    """Adam on fresh sentences, of one length a batch; `scores` are the logits of English and the words before each."""
    import torch
    from torch.nn import functional as fn

    rng = np.random.default_rng([seed, 1])  # the same sentences for every translator
    curve: list[float] = []
    recent: list[float] = []
    took: list[float] = []
    for step in range(steps):
        began = time.perf_counter()
        words = min(longest, 2 + int(longest * rng.random() ** 0.7))  # the longest, the hardest, come most often
        english, korean, _ = (torch.from_numpy(array) for array in sentences(words, BATCH, rng))
        loss = fn.cross_entropy(scores(english, shifted(korean)).flatten(0, 1), korean.flatten())
        if step == 0:
            curve.append(round(loss.item(), 4))
            yield Frame(0, 0, {"loss": curve[0]}, series=series)
            optimiser = torch.optim.Adam(p.values(), fused=True)  # its first import takes longer than a frame may
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(p.values(), 1.0)
        optimiser.param_groups[0]["lr"] = rate(step, steps)
        optimiser.step()
        recent.append(loss.item())
        took.append(time.perf_counter() - began)
        if len(recent) == STEPS_PER_FRAME or step == steps - 1:
            curve.append(round(statistics.fmean(recent), 4))
            metrics = {"loss": curve[-1], "milliseconds_per_step": 1000 * statistics.median(took)}
            yield Frame(step + 1, step + 1, metrics, series=series)
            recent.clear()
    return Trained(curve, statistics.median(took[1:] or took))


def steps_of(curve: list[float], steps: int) -> list[int]:
    """After how many steps each loss of a curve was taken."""
    return [min(i * STEPS_PER_FRAME, steps) for i in range(len(curve))]


def tests(longest: int, seed: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """English, Korean and order of the test sentences of each length."""
    import torch

    rng = np.random.default_rng([seed, 2])
    return [
        (torch.from_numpy(english), torch.from_numpy(korean), torch.from_numpy(order))
        for english, korean, order in (sentences(words, TESTED, rng) for words in lengths(longest))
    ]


def score(written: Tensor, korean: Tensor) -> Score:
    """`written` is what the translator wrote by itself, word by word."""
    right = written == korean
    words = right[:, :-1].float().mean().item()
    return Score(right.shape[1] - 1, round(words, 4), round(right.all(1).float().mean().item(), 4))


def aligned(weights: Tensor, english: Tensor, order: Tensor) -> float:
    """The share of nouns and adjectives at which the largest weight lies on the word that is to be translated.

    What "of" becomes needs no look at the sentence.
    """
    telling = english.gather(1, order) < OF
    return (weights.argmax(2) == order)[telling].float().mean().item()


def percent(share: float) -> str:
    """Whole percents, but finer where 0% or 100% would not be true."""
    if 0.99 < share < 1:
        return f"{math.floor(1000 * share) / 10:g}%"
    return f"{100 * share:.1f}%" if 0 < share < 0.01 else f"{100 * share:.0f}%"
