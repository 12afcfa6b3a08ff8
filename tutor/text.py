"""Text, the same way everywhere: Unicode form, language, sentence borders, search terms, numbers."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from tutor.types import Lang

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_KOREAN_SHARE = 0.2  # of the letters; "XOR 문제는 왜 어려워?" is Korean, "the 퍼셉트론 paper" is not

# Tags of mecab-ko-dic that carry meaning: nouns, verb and adjective stems, roots, Latin, digits, Han.
_MEANING = ("NNG", "NNP", "NNBC", "NR", "VV", "VA", "XR", "SL", "SN", "SH", "MAG")
_WORD = re.compile(r"[a-z0-9]+(?:[.'+-][a-z0-9]+)*|[\uac00-\ud7a3]+|[\u4e00-\u9fff]+")
_STOP_EN = frozenset(
    "a an the of in on at to for from by with and or but as is are was were be been being it its this that these "
    "those he she they them his her their who whom whose which what when where why how do does did done has have had "
    "can could would should will may might must not no nor so than then there here i you we us our your my me about "
    "into over also more most some any all please tell explain describe".split()
)
_STOP_KO = frozenset("하 되 있 없 것 수 등 때 년 이 그 저 왜 뭐 무엇 어떻 어떤 누구 누가 언제 어디 알려 설명 주 말 이유 좀 나 너".split())

_SENTENCE_END = re.compile(r"[.!?。…]+[\"'”’)\]]*(?:\s*\[\d+(?:\s*,\s*\d+)*\])*(?=\s|$)|\n\s*\n|\n(?=[-*#|])")
_ABBREVIATION = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|etc|al|e\.g|i\.e|cf|Fig|Eq|No|Vol|pp?|approx|Inc|Jr|Sr|U\.S)|\b[A-Z])\.$")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def normalise(text: str) -> str:
    """NFC, LF line ends, no control or invisible direction characters. Jamo typed apart are joined."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def hangul_share(text: str) -> float:
    """Share of Hangul among the letters of `text`, 0.0 to 1.0; 0.0 where there are no letters."""
    letters = [c for c in text if c.isalpha()]
    return sum(1 for c in letters if _HANGUL.match(c)) / len(letters) if letters else 0.0


def language(text: str) -> Lang:
    """The language to answer in."""
    return "ko" if hangul_share(unicodedata.normalize("NFC", text)) >= _KOREAN_SHARE else "en"


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences of `text`, without the white space around them.

    A citation mark right after the full stop belongs to its sentence. A line that begins a list item
    or a heading, and a blank line, end a sentence too.
    """
    spans, start = [], 0
    for end in [*_ends(text), len(text)]:
        piece = text[start:end]
        if piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            spans.append((left, left + len(piece.strip())))
        start = end
    return spans


def _ends(text: str) -> list[int]:
    return [m.end() for m in _SENTENCE_END.finditer(text) if not _ABBREVIATION.search(text[max(0, m.start() - 8) : m.start() + 1])]


def numbers(text: str) -> set[str]:
    """The numbers in `text`, thousands separators dropped: "1,958" and "1958" are one number."""
    return {m.group().replace(",", "").rstrip(".") for m in _NUMBER.finditer(text)}


@cache
def _mecab():  # noqa: ANN202 - the type lives in a package without stubs
    from mecab import MeCab

    return MeCab()


@cache
def _stemmer():  # noqa: ANN202
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def terms(text: str) -> list[str]:
    """Search terms, in order: English stems, Korean morphemes that carry meaning, Hangul bigrams.

    The bigrams let a word that the dictionary does not know (트렌스포머, 퍼셉트론은) still match.
    Stop words of both languages are left out; "퍼셉트론은" gives 퍼셉트론 and 퍼셉, 셉트, 트론.
    """
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if "\uac00" <= word[0] <= "\ud7a3":
            found += _korean_terms(word)
        elif word not in _STOP_EN:
            found.append(_stemmer().stemWord(word))
    return found


@cache
def _korean_terms(word: str) -> list[str]:
    morphemes = [m for m, tag in _mecab().pos(word) if tag.split("+")[0] in _MEANING and m not in _STOP_KO]
    stem = "".join(morphemes)
    return [*morphemes, *(stem[i : i + 2] for i in range(len(stem) - 1) if stem[i : i + 2] not in morphemes)]
