"""What the labs `tokens` and `next_token` share: a text fit to be cut, the bytes of tokens, the bundled model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from tutor.config import BUNDLED_MODEL, go_offline
from tutor.text import normalise

LONGEST_TEXT = 400  # characters
MOST_BYTES = 19  # of a word that is drawn with all its bytes side by side
# GPT-2's cut of a text into words, but Hangul and Latin letters side by side are two words; nothing is lost.
_WORD = re.compile(
    r"'(?:[sdmt]|ll|ve|re)| ?[ㄱ-ㆎ가-힣]+| ?[^\W\d_ㄱ-ㆎ가-힣]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+", re.IGNORECASE
)

KOREAN, ENGLISH = "Korean", "English"
_LETTERS = {KOREAN: re.compile("[ㄱ-ㆎ가-힣]"), ENGLISH: re.compile("[A-Za-z]")}


def clean(text: str) -> str:
    """A learner's text without control characters and outer white space.

    Raises:
        ValueError: nothing is left of it.
    """
    if not (text := normalise(text).strip()):
        raise ValueError("nothing to read")
    return text


def words_of(text: str) -> list[str]:
    """The words of `text`, each with the space before it, and what stands between them."""
    return _WORD.findall(text)


def language_of(word: str) -> str:
    """KOREAN, ENGLISH, or "" for digits, marks and white space."""
    return next((name for name, letters in _LETTERS.items() if letters.search(word)), "")


def between(cut: Iterable[bytes], start: int, end: int) -> tuple[bytes, ...]:
    """The tokens of `cut` that begin at the bytes `start` to `end` of the text, `end` excluded."""
    inside, at = [], 0
    for token in cut:
        if start <= at < end:
            inside.append(token)
        at += len(token)
    return tuple(inside)


def measured(words: Sequence[str], cuts: Mapping[str, Sequence[bytes]]) -> dict[str, Any]:
    """The text's tokens in every cut, how many each language has of them, and one word of each to look at."""
    spans, at = [], 0
    for word in words:
        spans.append((word, at, at := at + len(word.encode())))
    languages, examples = {}, {}
    for name in (KOREAN, ENGLISH):
        own = [span for span in spans if language_of(span[0]) == name]
        if own:
            counts = {stage: sum(len(between(cut, a, b)) for _, a, b in own) for stage, cut in cuts.items()}
            text = "".join(word for word, _, _ in own)
            languages[name] = {"characters": len(text), "bytes": len(text.encode()), "tokens": counts}
            examples[name] = _example(own, cuts)
    shown = {stage: [readable(token) for token in cut] for stage, cut in cuts.items()}
    return {"cuts": shown, "languages": languages, "examples": examples or {"": _example(spans, cuts)}}


def _example(spans: Sequence[tuple[str, int, int]], cuts: Mapping[str, Sequence[bytes]]) -> dict[str, list[list[Any]]]:
    """Of the longest word that fits in a picture, in every cut: [byte at which the token begins, token]."""
    fitting = [span for span in spans if span[2] - span[1] <= MOST_BYTES] or [min(spans, key=lambda s: s[2] - s[1])]
    _, start, end = max(fitting, key=lambda span: span[2] - span[1])
    found: dict[str, list[list[Any]]] = {}
    for stage, cut in cuts.items():
        at, found[stage] = 0, []
        for token in between(cut, start, end):
            found[stage].append([at, readable(token)])
            at += len(token)
    return found


def readable(token: bytes, space: str = "·") -> str:
    """A token to be shown: bytes that make no whole character, and unprintable ones, as <0xEC>."""
    shown = []
    for character in token.decode("utf-8", errors="surrogateescape"):
        if character == " ":
            shown.append(space)
        elif character.isprintable():
            shown.append(character)
        else:  # also the half of a surrogate pair that stands for a stray byte
            shown += [f"<0x{byte:02X}>" for byte in character.encode("utf-8", errors="surrogateescape")]
    return "".join(shown)


@cache
def byte_of_letter() -> dict[str, int]:
    """GPT-2's alphabet: a byte-level vocabulary spells bytes that can't be printed as the letters from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}


def bytes_of(token: str) -> bytes:
    """The bytes that a token of a byte-level vocabulary stands for."""
    return bytes(byte_of_letter()[letter] for letter in token)


def bundled_tokenizer() -> Any:
    """The tokenizer of the bundled model. Control tokens that a learner types are cut like any other text."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(BUNDLED_MODEL / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    return tokenizer


def bundled_model() -> Any:
    """The bundled LLaMA in fp32 on the CPU."""
    go_offline()
    import torch
    from transformers import LlamaForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    loader: Any = LlamaForCausalLM.from_pretrained
    return loader(BUNDLED_MODEL, dtype=torch.float32, use_safetensors=True, local_files_only=True).eval()


def scores_after(model: Any, ids: Sequence[int], cache: Any = None) -> tuple[np.ndarray, Any]:
    """The scores (V,) of every token to follow `ids`, and the KV cache to go on with; `cache` covers what is before."""
    import torch

    with torch.inference_mode():
        out = model(input_ids=torch.tensor([list(ids)]), past_key_values=cache, use_cache=True, logits_to_keep=1)
    return out.logits[0, -1].double().numpy(), out.past_key_values
