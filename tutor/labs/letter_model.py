"""A language model of a few thousand parameters: it guesses the next letter of the tutor's articles.

Y. Bengio et al., "A Neural Probabilistic Language Model" (2003), with letters for words: the vectors of the last
letters x, side by side, go through one hidden layer, y = softmax(tanh(x W + b) U + d).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from tutor import config
from tutor.corpus import articles
from tutor.errors import ToolFailed
from tutor.types import Frame

LETTERS = "abcdefghijklmnopqrstuvwxyz .,-"
_INDEX = np.array([max(0, LETTERS.find(chr(code))) for code in range(128)])
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*\n", re.DOTALL | re.MULTILINE)
CONTEXT, EMBEDDING = 5, 8  # letters seen, numbers a letter
BATCH, RATE = 256, 0.02
HELD_OUT = 10  # every tenth article is kept to test on
TESTED = 8000  # places in them


def letters(text: str) -> np.ndarray:
    """Indices into LETTERS; capitals become small, anything else a space, several spaces one."""
    plain = re.sub(r" +", " ", re.sub(f"[^{re.escape(LETTERS)}]", " ", text.lower()))
    return _INDEX[np.frombuffer(plain.encode("ascii"), np.uint8)]


def read() -> tuple[np.ndarray, np.ndarray]:
    """The articles to train on and those to test on, as letters.

    Raises:
        ToolFailed: there is too little text.
    """
    paths = sorted((config.load().corpus / "en").glob("*.md"))
    bodies = [_FRONT_MATTER.sub("", articles.content_text(path), count=1) for path in paths]  # its fields take longer
    tested = letters(" ".join(bodies[::HELD_OUT]))
    trained = letters(" ".join(body for i, body in enumerate(bodies) if i % HELD_OUT))
    if min(len(trained), len(tested)) < 2000:
        raise ToolFailed(
            "The English articles hold too little text to train on.",
            "Put articles into corpus/en.",
            ko=("영어 글이 너무 짧아서 학습할 수 없어요.", "corpus/en에 글을 넣어 주세요."),
        )
    return trained, tested


def parameters(hidden: int) -> int:
    """Weights and biases of a model with so many hidden units."""
    return len(LETTERS) * EMBEDDING + CONTEXT * EMBEDDING * hidden + hidden + hidden * len(LETTERS) + len(LETTERS)


def train(
    hidden: int, steps: int, seeds: Sequence[int], frames: int, texts: tuple[np.ndarray, np.ndarray]
) -> Generator[Frame, None, tuple[list[float], list[list[float]]]]:
    """The loss on the held-out text from each seed, and the training curve (step, loss averaged over seeds).

    All seeds S train side by side, each with its own weights and letters: C (S, V, E), W (S, 5E, H), U (S, H, V).
    The first frame, of step 0, is the untrained model's.
    """
    import torch

    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    trained, tested = (torch.from_numpy(text) for text in texts)
    window, each = torch.arange(CONTEXT), torch.arange(len(seeds))[:, None, None]

    def normal(rows: int, columns: int, scale: float) -> Any:
        return torch.stack([torch.randn(rows, columns, generator=g) * scale for g in generators]).requires_grad_()

    wide, size = CONTEXT * EMBEDDING, len(LETTERS)
    c, w, u = normal(size, EMBEDDING, 1), normal(wide, hidden, wide**-0.5), normal(hidden, size, 0.5 * hidden**-0.5)
    b, d = (torch.zeros(len(seeds), 1, n, requires_grad=True) for n in (hidden, size))

    def losses(text: Any, places: Any) -> Any:  # places (S, B) -> (S,)
        seen = c[each, text[places[..., None] + window]].flatten(2)  # (S, B, 5E)
        logits = torch.baddbmm(d, torch.tanh(torch.baddbmm(b, seen, w)), u)  # (S, B, V)
        right = torch.log_softmax(logits, -1).gather(-1, text[places + CONTEXT][..., None])
        return -right[..., 0].mean(1)

    def frame(step: int, loss: float) -> Frame:
        return Frame(step, step, {"loss": loss}, series=f"{parameters(hidden):,} parameters")

    adam = torch.optim.Adam([c, w, b, u, d], RATE, (0.9, 0.99))
    every, since, curve = -(-steps // frames), [], []
    for step in range(1, steps + 1):
        adam.param_groups[0]["lr"] = RATE * (1 - (step - 1) / steps)
        drawn = [torch.randint(len(trained) - CONTEXT, (BATCH,), generator=g) for g in generators]
        loss = losses(trained, torch.stack(drawn))
        if step == 1:
            yield frame(0, float(loss.detach().mean()))
        adam.zero_grad()
        loss.sum().backward()
        adam.step()
        since.append(float(loss.detach().mean()))
        if step % every == 0 or step == steps:
            curve.append([step, round(float(np.mean(since)), 4)])
            yield frame(step, curve[-1][1])
            since = []
    with torch.no_grad():
        places = torch.linspace(0, len(tested) - CONTEXT - 1, TESTED).long().expand(len(seeds), -1)
        return [round(float(loss), 4) for loss in losses(tested, places)], curve
