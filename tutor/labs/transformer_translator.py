"""A Transformer: encoder and decoder of attention alone, without recurrence.

A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. Gomez, Ł. Kaiser and I. Polosukhin, "Attention Is All You
Need" (2017). As in most Transformers since, each layer's input is normalised before its attention, not after it.

Shapes: B sentences, n words with the full stop, D numbers a word, h heads of D/h numbers each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.labs.translation_task import START, SYMBOLS, Parameters, initialise

if TYPE_CHECKING:
    from torch import Tensor

SIZE = 32  # D
INNER = 64  # units of a feed-forward net
MATRICES = ("query", "key", "value", "out")
ATTENTIONS = ("encoder", "decoder", "cross")  # the decoder's look at what is written, and at the encoder's words


def shapes(layers: int) -> dict[str, tuple[int, ...]]:
    """Of all parameters."""
    found: dict[str, tuple[int, ...]] = {"words_read": (SYMBOLS, SIZE), "words_written": (START + 1, SIZE)}
    for layer in range(layers):
        for place in ATTENTIONS:
            found |= {f"{place}{layer}_{matrix}": (SIZE, SIZE) for matrix in MATRICES}
        for place in ATTENTIONS[:2]:
            found |= {f"{place}{layer}_inner": (INNER, SIZE), f"{place}{layer}_inner_bias": (INNER,)}
            found |= {f"{place}{layer}_outer": (SIZE, INNER), f"{place}{layer}_outer_bias": (SIZE,)}
    return found | {"out": (SYMBOLS, SIZE), "out_bias": (SYMBOLS,)}


def net(layers: int, seed: int) -> Parameters:
    """An untrained Transformer."""
    return initialise(shapes(layers), seed)


def positions(count: int) -> Tensor:
    """Section 3.5: PE(pos, 2i) = sin(pos / 10000^(2i/D)), PE(pos, 2i+1) = cos of the same; (count, D)."""
    import torch

    angles = torch.arange(count)[:, None] / 10000 ** (torch.arange(0, SIZE, 2) / SIZE)
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Equation 1: softmax(Q Kᵀ / √d) V, of queries (..., m, d), keys (..., n, d) and values (..., n, d).

    Where the `mask` (m, n) is True a query may not look. Returns (..., m, d) and the weights (..., m, n).
    """
    import torch

    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(mask, float("-inf"))
    weights = torch.softmax(scores, -1)
    return weights @ v, weights


def multi_head(
    p: Parameters, place: str, heads: int, x: Tensor, seen: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Section 3.2.2: Concat(head_1 ... head_h) W_out with head_i = Attention(x W_q, seen W_k, seen W_v), in slices.

    `x` (B, m, D) looks at `seen` (B, n, D). Returns (B, m, D) and the weights of all heads (B, h, m, n).
    """

    def split(words: Tensor, matrix: str) -> Tensor:
        return (words @ p[f"{place}_{matrix}"].T).unflatten(2, (heads, -1)).transpose(1, 2)  # (B, h, n, D/h)

    found, weights = attention(split(x, "query"), split(seen, "key"), split(seen, "value"), mask)
    return found.transpose(1, 2).flatten(2) @ p[f"{place}_out"].T, weights


def feed_forward(p: Parameters, place: str, x: Tensor) -> Tensor:
    """Equation 2: max(0, x W_1 + b_1) W_2 + b_2, for each word by itself."""
    inner = (normal(x) @ p[f"{place}_inner"].T + p[f"{place}_inner_bias"]).relu()
    return inner @ p[f"{place}_outer"].T + p[f"{place}_outer_bias"]


def normal(x: Tensor) -> Tensor:
    """Each word's D numbers with mean 0 and variance 1."""
    from torch.nn import functional as fn

    return fn.layer_norm(x, x.shape[-1:])


def decode(
    p: Parameters, heads: int, ordered: bool, english: Tensor, before: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """Logits (B, m, SYMBOLS) of all Korean words at once, and the weights (B, h, ., .) of each attention by its name.

    `before` (B, m) are the words before each; a mask keeps every place from looking at later ones. Unless `ordered`,
    the words' places are not added to them.
    """
    import torch

    layers = sum(name.startswith("encoder") and name.endswith("query") for name in p)
    looked: dict[str, Tensor] = {}
    places = positions(english.shape[1]) * ordered
    x = p["words_read"][english] + places
    for layer in range(layers):
        found, looked[f"encoder{layer}"] = multi_head(p, f"encoder{layer}", heads, normal(x), normal(x))
        x = x + found
        x = x + feed_forward(p, f"encoder{layer}", x)
    x = normal(x)
    later = torch.ones(before.shape[1], before.shape[1], dtype=torch.bool).triu(1)
    y = p["words_written"][before] + places[: before.shape[1]]
    for layer in range(layers):
        found, looked[f"decoder{layer}"] = multi_head(p, f"decoder{layer}", heads, normal(y), normal(y), later)
        y = y + found
        found, looked[f"cross{layer}"] = multi_head(p, f"cross{layer}", heads, normal(y), x)
        y = y + found
        y = y + feed_forward(p, f"decoder{layer}", y)
    return normal(y) @ p["out"].T + p["out_bias"], looked


def translate(p: Parameters, heads: int, ordered: bool, english: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """What it writes by itself, word after word (B, n), and the weights of all its attentions then."""
    import torch

    before = torch.full_like(english[:, :1], START)
    for _ in range(english.shape[1]):
        logits, looked = decode(p, heads, ordered, english, before)
        before = torch.cat([before, logits[:, -1:].argmax(2)], 1)
    return before[:, 1:], looked


def taught(p: Parameters, heads: int, ordered: bool, english: Tensor, before: Tensor) -> Tensor:
    """The logits in training."""
    return decode(p, heads, ordered, english, before)[0]


def sequential(layers: int, longest: int) -> dict[str, list[int]]:
    """By the words in a sentence, how many steps of training must wait for one another; the full stop is a symbol too.

    The recurrent network has a state for each symbol read, then one for each written. The Transformer has one attention
    in each layer of the encoder and two in each of the decoder, over all symbols at once.
    """
    words = list(range(2, longest + 1))
    return {
        "lengths": words,
        "recurrent_steps": [2 * (n + 1) for n in words],
        "transformer_steps": [3 * layers for _ in words],
    }
