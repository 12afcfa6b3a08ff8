"""Misspelt words of a question, each replaced by the one that it stands for.

A word is misspelt only if neither the sources nor the glossary nor a dictionary of its language hold it, so kimchi and
손흥민, which are right and unknown here, stay: they tell that a question is outside the sources. Words are compared by
their letters (optimal string alignment: a letter left out, added, changed, or two swapped), Korean ones by their jamo.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from rapidfuzz.distance import OSA

from tutor.corpus.glossary import Term
from tutor.retrieval.expansion import joined, said
from tutor.text import folded, is_particles, nouns, terms, typed

_ENGLISH, _HANGUL = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]{3,}"), re.compile(r"[가-힣]+")
_ENGLISH_OR_HANGUL = re.compile(f"{_ENGLISH.pattern}|{_HANGUL.pattern}")
# Words of a question; not the inside of GPT-3's, of addresses and of code.
_WORD = re.compile(r"(?<![\w./@:<=])(?:[A-Za-zÀ-ÖØ-öø-ÿ]{3,}(?![A-Za-z0-9_/@=(<]|\.\w)|[가-힣]{3,})")
# What makes an English word of another: eighties, rubbery, rewritten.
_ENDINGS: tuple[str, ...] = (
    "s",
    "es",
    "ed",
    "d",
    "t",
    "ing",
    "er",
    "ers",
    "est",
    "or",
    "ly",
    "y",
    "al",
    "able",
    "ful",
    "ish",
)
_ENDINGS += ("less", "like", "ness", "ism", "ist", "ize", "ized")
_SHORTEST = 4  # letters of what they are joined to: meny is not of men
_BEGINNINGS = ("re", "un", "non", "out", "over", "pre", "co", "anti", "multi", "self")
# What short words are mended to: two letters that are right are little to go by.
_SHORT = frozenset(
    (
        *("the", "and", "are", "was", "what", "which", "who", "whose", "when", "where", "why", "how", "does", "did"),
        *("have", "has", "had", "year", "many", "much", "mean", "about", "with", "from", "that", "this", "they"),
        *("there", "than", "then", "make", "made", "work", "tell", "show"),
    )
)
_CHAT = {"teh": "the", "wat": "what", "wut": "what"}  # words or names of their own elsewhere

# How much nearer a word counts, in letters: a name or term, one in many passages (for each e-fold); and how much
# further: one that begins with another letter, one with a letter changed, not left out, added or swapped.
NAME, COMMON, FIRST, CHANGED = 0.3, 0.05, 0.3, 0.2
MOST = 100_000  # words of the sources that are kept
USUAL = 10  # passages, as which a word counts that only the dictionary holds: wheather may well be weather
# Letters that may be wrong in an English word of so many or more; in a Korean one, of each of its jamo.
LETTERS = ((12, 3), (8, 2), (3, 1))
JAMO, JAMO_NAME, MOST_JAMO = 0.12, 0.2, 3
JAMO_NOUN = 0.125  # in one that reads like a noun, and might be right

# Jamo that sound alike: lenis, tense and aspirated; ㅐ and ㅔ; ㅚ, ㅙ and ㅞ; ㅓ and ㅕ; the finals that close alike.
_SOUNDS = (
    *("\u1100\u1101\u110f", "\u1103\u1104\u1110", "\u1107\u1108\u1111", "\u1109\u110a", "\u110c\u110d\u110e"),
    *("\u1162\u1166\u1164\u1168", "\u116c\u116b\u1170", "\u1165\u1167", "\u1161\u1163", "\u1169\u116d", "\u116e\u1172"),
    *("\u11a8\u11a9\u11bf", "\u11b8\u11c1", "\u11ae\u11ba\u11bb\u11bd\u11be\u11c0"),
)
_ALIKE = str.maketrans({jamo: sound[0] for sound in _SOUNDS for jamo in sound[1:]})


class Words:
    """Counts the words that questions are mended with, passage by passage, and keeps the MOST usual ones."""

    def __init__(self) -> None:
        self._passages: Counter[str] = Counter()

    def add(self, text: str, terms: Iterable[str]) -> None:
        """Count the words of a passage's `text`: English ones as they are written, and those of its terms in it.

        Terms of the questions that a passage answers are to be left out: learners misspell there too.
        """
        parts = set(chain.from_iterable(map(_parts, _HANGUL.findall(text))))
        self._passages.update(set(_ENGLISH.findall(text)))
        self._passages.update({t for t in terms if _is_hangul(t) and (len(t) == 1 or t in parts)})
        if len(self._passages) > 2 * MOST:  # rare ones fall out, and may come back
            self._passages = Counter(dict(self._passages.most_common(MOST)))

    def finish(self, path: Path) -> None:
        path.write_text(json.dumps(dict(self._passages.most_common(MOST)), ensure_ascii=False), "utf-8")


class Spelling:
    """The words that questions are mended with.

    Args:
        words: the English words of the sources as they are written, and their Korean terms; with each how many
            passages hold it (Words).
        glossary: whose spellings are right.
        dictionary: English words in small letters that are right too, whether the sources hold them or not.
    """

    def __init__(self, words: Mapping[str, int], glossary: Sequence[Term], dictionary: Collection[str] = ()) -> None:
        self._passages: Counter[str] = Counter()
        self._written: dict[str, str] = {}
        for word, passages in sorted(words.items(), key=lambda item: (-item[1], item[0])):
            self._passages[_key(word)] += passages
            self._written.setdefault(_key(word), word)
        names = list(_names(glossary))
        self._names = {_key(name) for name in names}
        self._said = {sounds: name for term in glossary for sounds, name in said(term).items()}
        for name in names:
            self._written.setdefault(_key(name), name)
        self._dictionary = frozenset(dictionary)
        known = {*self._written, *self._dictionary}
        self._english = _Near([key for key in known if key.isascii()])
        self._korean = _Near([key for key, word in self._written.items() if _is_hangul(word) and len(joined(word)) > 2])
        self._right = lru_cache(maxsize=4096)(self._mended)  # each question is mended for every step of its search

    def mend(self, question: str) -> str:
        """`question` as `typed` reads it, with its misspelt words replaced.

        "Who built the pereptron?" asks for the perceptron, "트렌스포머는?" for 트랜스포머.
        """
        return _WORD.sub(lambda match: self._right(match.group()), typed(question))

    def _mended(self, word: str) -> str:
        return self._mended_korean(word) if _is_hangul(word) else self._mended_english(word)

    def _mended_english(self, word: str) -> str:
        key = _key(word)
        if self._is_english(key):
            return _CHAT.get(word, word)
        joins = any(letter.isupper() for letter in word[1:])  # GoogleNews is not GoogLeNet
        most = 1 if joins else next(most for length, most in LETTERS if len(key) >= length)
        near = [
            (self._cost(key, other, d), other)
            for other, d in self._english.within(key, most)
            if self._may_be(word, key, other)
        ]
        best = min(near, default=(0.0, key))[1]
        # One that only the dictionary holds has nothing to do with the sources; one with the same stem is found anyway.
        return word if best not in self._written or terms(best) == terms(key) else self._written[best]

    def _is_english(self, key: str) -> bool:
        """Whether `key` is right: a word of the sources, the glossary or the dictionary, or formed from one."""
        if self._holds(key) or self._holds(key.removesuffix("s")):
            return True
        bases = [key.removesuffix(ending) for ending in _ENDINGS if key.endswith(ending)]
        bases += [base[:-1] + "y" if base.endswith("i") else f"{base}e" for base in bases]
        bases += [f"{key[:-2]}ion"] if key.endswith("or") else []
        parted = [key.removeprefix(beginning) for beginning in _BEGINNINGS if key.startswith(beginning)]
        return any(self._holds(base) for base in [*parted, *bases] if len(base) >= _SHORTEST or base in parted)

    def _holds(self, key: str) -> bool:
        return key in self._written or key in self._dictionary

    def _may_be(self, word: str, key: str, other: str) -> bool:
        """Whether `other` is like the word by more than chance: few are that are short or begin otherwise."""
        swapped = len(key) == len(other) and sorted(key) == sorted(other)
        if word.isupper():
            return other in self._names and (swapped or (len(key) > 3 and len(key) != len(other)))
        if other in _SHORT:
            return swapped or len(key) != len(other) or len(key) > 3
        if key[0] != other[0] and not (len(key) > 5 and (swapped or other in self._names)):
            return False
        return len(key) > 4 or (swapped and other in self._names) or (len(key) == 4 and len(other) == 5)

    def _mended_korean(self, word: str) -> str:
        splits = [(word[:end], word[end:]) for end in range(len(word), 1, -1) if is_particles(word[end:])]
        if any(_key(noun) in self._written for noun, _ in splits):
            return word
        if letters := next((self._said[noun] + rest for noun, rest in splits if noun in self._said), ""):
            return letters
        read = nouns(word)
        whole = all(len(noun) > 1 for noun in read) and ("".join(read), word[len("".join(read)) :]) in splits
        if all(_key(term) in self._passages for term in (read if whole else terms(word))):
            return word
        near = [
            (cost, -len(noun), other, rest)
            for noun, rest in splits
            if len(noun) > 2
            for other, cost in self._near_korean(noun, whole)
        ]
        if not near:
            return word
        _, _, best, rest = min(near)
        return self._written[best] + rest

    def _near_korean(self, noun: str, whole: bool) -> Iterator[tuple[str, float]]:
        """The names and nouns that `noun` may stand for, each with its cost; fewer where it may be a `whole` noun."""
        key = _key(noun)
        for other, d in self._korean.within(key, min(math.ceil(2 * JAMO_NAME * len(key)), MOST_JAMO)):
            distance = (d + OSA.distance(key.translate(_ALIKE), other.translate(_ALIKE))) / 2
            name = other in self._names
            most = (JAMO_NOUN if whole else JAMO_NAME if name else JAMO) * len(key)
            if len(noun) == 3:
                most = min(most, 1.0 if name and not whole else 0.5)
            ending = key.startswith(other)  # behind a right word, if none of the particles
            if distance <= most and not ending and (name or not whole):
                yield other, self._cost(key, other, distance)

    def _cost(self, key: str, other: str, distance: float) -> float:
        """How far `other` counts from the misspelt `key`, in letters."""
        further = FIRST * (key[0] != other[0]) + CHANGED * (len(key) == len(other) and sorted(key) != sorted(other))
        passages = self._passages[other] or (0 if other in self._names else USUAL)
        return distance + further - NAME * (other in self._names) - COMMON * math.log1p(passages)


class _Near:
    """Words that are searched for like ones.

    Every word has a bit for each letter in it. One letter wrong changes two of the bits at most, so most words are
    passed over without being compared.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = sorted(keys)
        self._lengths = np.array([len(key) for key in self._keys], dtype=np.int64)
        self._letters = np.array([_letters(key) for key in self._keys], dtype=np.uint64)

    def within(self, key: str, most: int) -> list[tuple[str, int]]:
        """The words at most `most` letters from `key`, each with how many."""
        differing = np.bitwise_count(self._letters ^ np.uint64(_letters(key)))
        near = np.flatnonzero((np.abs(self._lengths - len(key)) <= most) & (differing <= 2 * most))
        found = ((self._keys[n], OSA.distance(key, self._keys[n], score_cutoff=most)) for n in near)
        return [(other, distance) for other, distance in found if distance <= most]


def _letters(key: str) -> int:
    """The letters of `key` as bits; those whose codes differ by a multiple of 64 share one."""
    bits = 0
    for letter in key:
        bits |= 1 << (ord(letter) & 63)
    return bits


def _names(glossary: Sequence[Term]) -> Iterator[str]:
    """Every spelling; every word of a person's name, and every Korean word."""
    yield from (spelling for term in glossary for spelling in term.spellings)
    for term in glossary:
        word = _ENGLISH_OR_HANGUL if term.kind == "person" else _HANGUL
        yield from (name for spelling in term.spellings for name in word.findall(spelling) if len(name) > 2)


@lru_cache(maxsize=100_000)
def _parts(word: str) -> tuple[str, ...]:
    """What stands in a Korean word, two to eight syllables long."""
    starts = range(len(word) - 1)
    return tuple(word[start:end] for start in starts for end in range(start + 2, min(len(word), start + 8) + 1))


def _key(word: str) -> str:
    """What words are compared by: small letters without accents, or jamo; no spaces and hyphens."""
    return unicodedata.normalize("NFD", joined(folded(word)))


def _is_hangul(word: str) -> bool:
    return "가" <= word[0] <= "힣"
