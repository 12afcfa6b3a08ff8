"""A paraphrase grammar of demo requests in Korean and English, each with the call it asks for.

Wide on purpose: casual, polite and terse wording, code-mixing, typos, numbers in words and digits. The words of the
evaluation questions are kept out of it by tests/training/test_decontamination.py.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import yaml

from tutor.types import Lang

_WORDS = yaml.safe_load(Path(__file__).with_name("demo_phrases.yaml").read_text(encoding="utf-8"))
GATES: dict[str, dict[Lang, list[str]]] = _WORDS["gates"]  # surface forms of each gate


# Kind of request: how often, and the layers that it asks for ("" none, "any" drawn).
_KINDS = {
    "with_gate_and_layers": (6, "any"),
    "with_gate": (6, ""),
    "failing": (2, "single"),
    "solving": (2, "multi"),
    "comparing": (2, "both"),
    "no_gate": (1, ""),
}


def request(rng: random.Random, lang: Lang) -> tuple[str, dict[str, Any]]:
    """A request that names its gate (or none at all: then XOR), and the arguments of the call, in schema order."""
    kind = rng.choices(list(_KINDS), [often for often, _ in _KINDS.values()])[0]
    layers = _KINDS[kind][1]
    if layers == "any":
        layers = rng.choice(["single", "multi", "both"])
    gate = "xor" if kind == "no_gate" else rng.choice(["xor", "xor", "xor", *GATES])
    if kind == "failing":
        gate = rng.choice(["xor", "xor", "xnor"])
    text = rng.choice(_WORDS[kind][lang])
    if layers:
        text = text.replace("{l}", rng.choice(_WORDS[layers][lang]))
    text = text.replace("{g}", rng.choice(GATES[gate][rng.choice([lang, lang, "en"])]))
    text, extra = _settings(rng, lang, text, layers)
    return _roughen(rng, text), {"gate": gate} | ({"layers": layers} if layers else {}) | extra


def from_history(rng: random.Random, lang: Lang) -> str:
    """A request whose gate stands in an earlier turn."""
    return _roughen(rng, rng.choice(_WORDS["from_history"][lang]))


def _settings(rng: random.Random, lang: Lang, text: str, layers: str) -> tuple[str, dict[str, Any]]:
    words = _WORDS["settings"][lang]
    extra: dict[str, Any] = {}
    pieces = []
    names = ["learning_rate", "epochs", "seeds", *(["hidden_units", "activation"] if layers != "single" else [])]
    for name in names:
        if rng.random() > 0.13:
            continue
        if name == "seeds" and rng.random() < 0.6:
            piece, n = rng.choice(_WORDS["seeds"][lang])
            extra[name] = list(range(n))
        else:
            value: Any = {
                "learning_rate": rng.choice([0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 1, 2]),
                "epochs": rng.choice([5, 10, 20, 30, 50, 75, 100, 200, 300, 500, 1000, 2000]),
                "seeds": rng.choice([0, 1, 2, 3, 4, 5, 7, 9, 11, 42, 123]),
                "hidden_units": rng.choice([2, 3, 4, 5, 6, 8, 10, 16, 32]),
                "activation": rng.choice(["sigmoid", "tanh", "relu"]),
            }[name]
            piece = rng.choice(words["seed" if name == "seeds" else name]).replace("{v}", str(value))
            extra[name] = [value] if name == "seeds" else value
        pieces.append(piece)
    rng.shuffle(pieces)
    if pieces and lang == "ko" and rng.random() < 0.6:
        text = " ".join([*pieces, text])
    elif pieces:
        text = text.rstrip("?.") + rng.choice([" ", ", "]) + ", ".join(pieces)
    return text, {name: extra[name] for name in names if name in extra}


def _roughen(rng: random.Random, text: str) -> str:
    """Case, end marks, and now and then a slip of the keyboard."""
    roll = rng.random()
    if roll < 0.15:
        text = text[0].upper() + text[1:] + "."
    elif roll < 0.25:
        text += rng.choice(["!", " please", " ㅎㅎ", "~", "?"])
    elif roll < 0.33:
        text = text.lower()
    elif roll < 0.38:
        i = rng.randrange(len(text) - 1)
        if text[i : i + 2].isalpha() and text[i].islower():
            text = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text
