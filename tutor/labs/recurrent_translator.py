"""A recurrent encoder and decoder, with and without the attention of D. Bahdanau, K. Cho and Y. Bengio (2015).

The encoder, a GRU in each direction, leaves an annotation h_j of each word. For every word that the decoder, another
GRU, writes, it is given a context c_i: with attention an average of all annotations, weighted anew each time; without,
always the same vector, the last states of both directions, as in K. Cho et al. (2014) and much as in I. Sutskever,
O. Vinyals and Q. Le (2014).

Shapes: B sentences, n words with the full stop, H units, 2H numbers in an annotation.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tutor.labs.translation_task import START, SYMBOLS, Parameters, initialise

if TYPE_CHECKING:
    from torch import Tensor

EMBEDDING = 16  # numbers a word is read as


def shapes(hidden: int, attention: bool) -> dict[str, tuple[int, ...]]:
    """Of all parameters; the GRUs' as in torch, (3H, inputs) and (3H, H)."""
    gru = {"input": EMBEDDING, "hidden": hidden}
    found: dict[str, tuple[int, ...]] = {"words_read": (SYMBOLS, EMBEDDING), "words_written": (START + 1, EMBEDDING)}
    for direction in ("forward", "backward"):
        found |= {f"{direction}_{part}": (3 * hidden, size) for part, size in gru.items()}
        found |= {f"{direction}_{part}_bias": (3 * hidden,) for part in gru}
    found |= {"begin": (hidden, hidden), "begin_bias": (hidden,)}
    found |= {"decoder_input": (3 * hidden, EMBEDDING + 2 * hidden), "decoder_hidden": (3 * hidden, hidden)}
    found |= {"decoder_input_bias": (3 * hidden,), "decoder_hidden_bias": (3 * hidden,)}
    found |= {"out": (SYMBOLS, 3 * hidden + EMBEDDING), "out_bias": (SYMBOLS,)}
    if attention:
        found |= {"W": (hidden, hidden), "U": (hidden, 2 * hidden), "v": (1, hidden)}
    return found


def parameters_of(net: dict[str, tuple[int, ...]]) -> int:
    """How many numbers are learned."""
    return sum(math.prod(shape) for shape in net.values())


def rival_units(hidden: int) -> int:
    """The fewest units with which the network without attention has no fewer parameters than the one with it."""
    enough, units = parameters_of(shapes(hidden, True)), hidden
    while parameters_of(shapes(units, False)) < enough:
        units += 1
    return units


def net(hidden: int, attention: bool, seed: int) -> Parameters:
    """An untrained translator; it has attention where it has the parameters for it."""
    return initialise(shapes(hidden, attention), seed)


def attend(state: Tensor, keys: Tensor, annotations: Tensor, w: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Equations 5 and 6 of Bahdanau et al., with the scores e of their appendix:

    e_ij = v·tanh(W s_{i-1} + U h_j);  α_ij = exp(e_ij) / Σ_k exp(e_ik);  c_i = Σ_j α_ij h_j.

    `state` s_{i-1} (B, H); `annotations` h (B, n, 2H); `keys` U h (B, n, H), the same for all i; w (H, H); v (1, H).
    Returns c_i (B, 2H) and α_i (B, n).
    """
    import torch

    scores = torch.tanh((state @ w.T)[:, None] + keys) @ v[0]  # e_i
    weights = torch.softmax(scores, 1)
    return (weights[:, None] @ annotations)[:, 0], weights


def encode(p: Parameters, english: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Annotations (B, n, 2H), the decoder's first state (B, H), and the one vector (B, 2H) of the whole sentence."""
    import torch

    parts = ("input", "hidden", "input_bias", "hidden_bias")
    weights = [p[f"{direction}_{part}"] for direction in ("forward", "backward") for part in parts]
    hidden = p["begin"].shape[0]
    first = torch.zeros(2, len(english), hidden)
    annotations, last = torch.gru(p["words_read"][english], first, weights, True, 1, 0.0, False, True, True)
    return annotations, torch.tanh(last[1] @ p["begin"].T + p["begin_bias"]), torch.cat([last[0], last[1]], 1)


def decode(p: Parameters, english: Tensor, before: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Logits (B, n, SYMBOLS) of the Korean words, and the weights α (B, n, n); without attention (B, n, 0).

    `before` are the words before each (teacher forcing); without them, the decoder goes on from what it wrote itself.
    """
    import torch

    annotations, state, context = encode(p, english)
    attention = "W" in p
    keys = annotations @ p["U"].T if attention else annotations
    word, weights = p["words_written"][torch.full_like(english[:, 0], START)], annotations[:, :0, 0]
    words = None if before is None else p["words_written"][before].unbind(1)
    cell = (p["decoder_input"], p["decoder_hidden"], p["decoder_input_bias"], p["decoder_hidden_bias"])
    known: list[Tensor] = []
    looked: list[Tensor] = []
    for i in range(english.shape[1]):
        if words is not None:
            word = words[i]
        elif known:
            word = p["words_written"][(known[-1] @ p["out"].T + p["out_bias"]).argmax(1)]
        if attention:
            context, weights = attend(state, keys, annotations, p["W"], p["v"])
        state = torch.gru_cell(torch.cat([word, context], 1), state, *cell)
        known.append(torch.cat([state, context, word], 1))  # all that the next word is chosen by
        looked.append(weights)
    return torch.stack(known, 1) @ p["out"].T + p["out_bias"], torch.stack(looked, 1)


def taught(p: Parameters, english: Tensor, before: Tensor) -> Tensor:
    """The logits in training."""
    return decode(p, english, before)[0]
