"""A tiny transformer that is trained to fill blanks or to continue, and the letters of the articles to train it on.

J. Devlin et al., "BERT" (2018), section 3.1, task 1: a share of the letters is hidden behind a mask sign, here always
the sign (BERT's 80%). A. Radford et al., "Improving Language Understanding by Generative Pre-Training" (2018): equation
1, the sum of log P(u_i | u_1 ... u_{i-1}). Both are the same layer here; only what a place may look at differs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tutor import config
from tutor.corpus import articles
from tutor.errors import ToolFailed
from tutor.types import Frame, Lang

LETTERS: Mapping[Lang, int] = {"en": 30, "ko": 300}  # the most frequent ones; any other is one unknown letter
WINDOW = 17  # letters in view
BLANK = WINDOW // 2  # the place that is hidden in tests
WIDTH, HEADS = 64, 8
BATCH, RATE = 48, 0.007
NEAR = 5.0  # the head start, as a score, of the place that a head looks at first
HELD_OUT = 10  # every tenth article is kept to test on
WAYS = ("masked", "left to right")

Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """The articles as numbers of letters; `letters` are known, then come the unknown letter and the mask sign."""

    letters: str
    trained: np.ndarray
    tested: np.ndarray

    @property
    def unknown(self) -> int:
        return len(self.letters)

    @property
    def mask(self) -> int:
        return len(self.letters) + 1

    def encode(self, text: str) -> np.ndarray:
        number, unknown = {letter: i for i, letter in enumerate(self.letters)}, self.unknown
        return np.array([number.get(letter, unknown) for letter in text], dtype=np.int64)


def read(language: Lang) -> Generator[Frame, None, Text]:
    """The articles without headings. Its frames show what blind guessing costs.

    Raises:
        ToolFailed: there is too little text.
    """
    other = r"[^a-z .,-]+" if language == "en" else r"[^가-힣 .,]+"
    bodies = []
    for i, path in enumerate(sorted((config.load().corpus / language).glob("*.md"))):
        if i % 20 == 0:
            yield Frame(0, 0, {"loss": float(np.log(LETTERS[language]))}, series=WAYS[0])
        lines = (line for line in articles.document(path).body.split("\n") if not line.startswith("#"))
        bodies.append(re.sub(" +", " ", re.sub(other, " ", " ".join(lines).lower())))
    letters = "".join(letter for letter, _ in Counter("".join(bodies)).most_common(LETTERS[language]))
    text = Text(letters, np.empty(0), np.empty(0))
    tested = text.encode("".join(bodies[::HELD_OUT]))
    trained = text.encode("".join(body for i, body in enumerate(bodies) if i % HELD_OUT))
    if min(len(trained), len(tested)) < 2000:
        raise ToolFailed(
            "The articles hold too little text to train on.",
            f"Put articles into corpus/{language}.",
            ko=("글이 너무 짧아서 학습할 수 없어요.", f"corpus/{language}에 글을 넣어 주세요."),
        )
    return Text(letters, trained, tested)


def initialise(way: str, symbols: int, generator: Any) -> Parameters:
    """Each head begins by looking at one of the nearest places that it may see: ±1 to ±4, or 0 to -7."""
    import torch

    def normal(rows: int, columns: int) -> Any:
        return torch.randn(rows, columns, generator=generator) * (rows**-0.5)

    p = {
        "letters": normal(symbols, WIDTH) * symbols**0.5,
        "qkv": normal(WIDTH, 3 * WIDTH),
        "offsets": torch.zeros(HEADS, 2 * WINDOW - 1),
        "heads": normal(WIDTH, WIDTH),
        "w": normal(WIDTH, 4 * WIDTH),
        "b": torch.zeros(4 * WIDTH),
        "u": normal(4 * WIDTH, WIDTH),
        "out": normal(WIDTH, symbols),
        "c": torch.zeros(symbols),
    }
    for head in range(HEADS):
        near = (1 + head // 2) * (-1) ** (head + 1) if way == "masked" else -head
        p["offsets"][head, near + WINDOW - 1] = NEAR
    return {name: value.requires_grad_() for name, value in p.items()}


def attention(p: Parameters, h: Any, causal: bool) -> tuple[Any, Any]:
    """softmax(q kᵀ / √d + r) v for h (B, L, W): the heads side by side (B, L, W), and the weights (B, H, L, L).

    A. Vaswani et al. (2017), equation 1, with a learned score r for each distance between two places (C. Raffel et al.,
    2019). Where `causal`, the score of all places further right is -∞, so that their weight is 0: the GPT mask.
    """
    import torch

    batch, long, _ = h.shape
    q, k, v = (h @ p["qkv"]).view(batch, long, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
    place = torch.arange(long)
    ahead = place[None, :] - place[:, None]  # of the place that looks
    scores = q @ k.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + p["offsets"][:, ahead + WINDOW - 1]
    if causal:
        scores = scores.masked_fill(ahead > 0, -torch.inf)
    weights = scores.softmax(-1)
    return (weights @ v).transpose(1, 2).reshape(batch, long, WIDTH), weights


def scores(p: Parameters, x: Any, causal: bool, at: Any) -> Any:
    """The scores (N, symbols) at the N places `at`, a mask (B, L), of the letters x (B, L): one transformer layer."""
    import torch.nn.functional as fn

    h = p["letters"][x]
    z = fn.layer_norm(h[at] + attention(p, h, causal)[0][at] @ p["heads"], (WIDTH,))
    z = fn.layer_norm(z + fn.relu(z @ p["w"] + p["b"]) @ p["u"], (WIDTH,))
    return z @ p["out"] + p["c"]


def batch(way: str, windows: Any, mask_share: float, mask: int, generator: Any) -> tuple[Any, Any, Any]:
    """What is read (B, L), the places that answer (B, L), and the right answers (N,)."""
    import torch

    if way == "left to right":  # each place names the letter after it
        return windows[:, :-1], torch.ones_like(windows[:, :-1], dtype=torch.bool), windows[:, 1:].flatten()
    hidden = torch.rand(windows.shape, generator=generator) < mask_share
    hidden[0, 0] |= not hidden.any()
    return windows.masked_fill(hidden, mask), hidden, windows[hidden]


def at_blank(p: Parameters, way: str, windows: Any, mask: int, both_sides: bool) -> Any:
    """The scores (N, symbols) of the letter in the middle of windows (N, L), all of them in view or only the left.

    Left to right, it is the place before the blank that names it. The masked network sees a blank where the text ends.
    """
    import torch

    seen = windows.clone()
    seen[:, BLANK] = mask
    causal = way == "left to right"
    asks = BLANK - causal
    seen = seen if both_sides else seen[:, : asks + 1]
    at = torch.zeros_like(seen, dtype=torch.bool)
    at[:, asks] = True
    return scores(p, seen, causal, at)


def train(
    way: str, text: Text, windows: Any, steps: int, mask_share: float, seed: int
) -> Generator[Frame, None, tuple[Parameters, list[list[float]]]]:
    """The parameters, and [step, letters learned from so far, loss at the blank of `windows`] along the way."""
    import torch
    import torch.nn.functional as fn

    generator = torch.Generator().manual_seed(seed)
    p = initialise(way, len(text.letters) + 2, generator)
    adam = torch.optim.Adam(p.values(), lr=RATE, betas=(0.9, 0.99))
    trained, every, learned = torch.from_numpy(text.trained), max(10, -(-steps // 60)), 0
    curve: list[list[float]] = []
    for step in range(steps + 1):
        if step % every == 0 or step == steps:
            with torch.no_grad():
                tested = fn.cross_entropy(at_blank(p, way, windows, text.mask, True), windows[:, BLANK]).item()
            curve.append([step, learned, round(tested, 4)])
            yield Frame(step, step, {"loss": tested}, series=way)
        if step == steps:
            break
        adam.param_groups[0]["lr"] = RATE * (1 - step / steps)
        begins = torch.randint(len(trained) - WINDOW, (BATCH, 1), generator=generator)
        x, at, right = batch(way, trained[begins + torch.arange(WINDOW)], mask_share, text.mask, generator)
        loss = fn.cross_entropy(scores(p, x, way == "left to right", at), right)
        adam.zero_grad()
        loss.backward()
        adam.step()
        learned += len(right)
    return p, curve
