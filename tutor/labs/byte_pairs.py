"""Byte pair encoding, written out: from the bytes of words to tokens, merge by merge.

R. Sennrich, B. Haddow and A. Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL (2016).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

Cut = tuple[bytes, ...]  # a word as its tokens
Pair = tuple[bytes, bytes]


def learn(times: Mapping[bytes, int], merges: int) -> Iterator[tuple[Pair, int, dict[bytes, Cut]]]:
    """Sennrich's Algorithm 1. `times`: how often each word occurs; yields each merge, its count and the words' cuts.

    A word starts as its single bytes. Every merge joins the pair of neighbours that is most frequent over all words,
    the first one found among equals; it ends early when no pair occurs twice, since that would only copy the text.
    """
    cuts = {word: tuple(word[i : i + 1] for i in range(len(word))) for word in times}
    for _ in range(merges):
        pair, count = max(count_pairs(cuts, times).items(), key=lambda found: found[1], default=((b"", b""), 0))
        if count < 2:
            return
        cuts = {word: merge(cut, pair) for word, cut in cuts.items()}
        yield pair, count, cuts


def count_pairs(cuts: Mapping[bytes, Cut], times: Mapping[bytes, int]) -> Counter[Pair]:
    """How often each two tokens stand side by side within a word."""
    counts: Counter[Pair] = Counter()
    for word, cut in cuts.items():
        for pair in pairwise(cut):
            counts[pair] += times[word]
    return counts


def merge(cut: Cut, pair: Pair) -> Cut:
    """`cut` with each `pair` of neighbours joined to one token, from the left."""
    merged: list[bytes] = []
    i = 0
    while i < len(cut):
        joined = cut[i : i + 2] == pair
        merged.append(cut[i] + cut[i + 1] if joined else cut[i])
        i += 2 if joined else 1
    return tuple(merged)
