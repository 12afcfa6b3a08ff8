"""Text, the same way everywhere: Unicode form, language, sentence borders, search terms, numbers."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

from tutor.types import Lang

LONGEST = 5000  # characters of a text that is searched for: two questions, the longest that a conversation joins

# A terminal's colours, control characters, marks not seen, and halves of surrogate pairs, which no encoder takes.
_CONTROL = re.compile(
    r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_KOREAN_SHARE = 0.2  # of the letters; "XOR 문제는 왜 어려워?" is Korean
# "Who is 로젠블라트?" is English all the same: it opens in English and does not end as Korean sentences do.
_OPENS_ENGLISH = re.compile(
    r"\s*(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|the|explain|tell|describe"
    r"|show)\b",
    re.IGNORECASE,
)
_ENDS_KOREAN = re.compile(r"[요죠까니나어야지다줘은는]\W*$")

# Tags of mecab-ko-dic that carry meaning: nouns, verb and adjective stems, roots, Latin, digits, Han, adverbs.
_MEANING = frozenset({"NNG", "NNP", "NNBC", "NR", "VV", "VA", "XR", "SL", "SN", "SH", "MAG", "IC"})
_ACCENT = re.compile(r"[\u0300-\u036f]")
_STACKED = re.compile(f"({_ACCENT.pattern}{{4}}){_ACCENT.pattern}+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_WORD = re.compile(r"[a-z0-9]+(?:[.'’+-][a-z0-9]+)*|[\uac00-\ud7a3]+|[\u4e00-\u9fff]+")
_PART = re.compile(r"[a-z0-9]+")
_STOP_EN = (
    "a an the of in on at to for from by with and or but as is are was were be been being it its this that these "
    "those he she they them his her their who whom whose which what when where why how do does did done has have had "
    "can could would should will may might must not no nor so than then there here i you we us our your my me about "
    "into over also more most some any all please tell explain describe s"
)
_STOP_KO = (
    "하 되 있 없 것 수 등 때 년 이 그 저 왜 뭐 무엇 무슨 어떻 어떤 어떻게 누구 누가 언제 어디 알려 설명 주 말 이유 "
    "좀 나 너 못 안 잘 더 가장 몇 뜻 의 은 게 개 개야 가요 인가 거야 거지"
)
_STOP = frozenset(f"{_STOP_EN} {_STOP_KO}".split())

_ENDING = re.compile(
    r"(?:들|님|씨|은|는|이|가|을|를|의|에|에서|에게|께서|한테|와|과|랑|하고|도|만|로|으로|부터|까지|처럼|보다|마다|조차"
    r"|밖에|대로|에다|네|나|란|라는|라고|라면|야|여|인|일|임|다|였|었|던|죠|지|고|구|니|까|요|예요|에요|입니다|입니까|뭐|뭔|모델|식|형|용|적)*"
)
_LONGEST_ENDING = 6  # syllables

_SENTENCE_END = re.compile(
    r"[.!?。…]+[\"'”’)\]」』》〉]*(?:\s*\[\d+(?:\s*,\s*\d+)*\])*(?=\s|$)"
    r"|(?<=[다요죠까])[.!?](?=[가-힣])"  # "낳는다.이 시점부터": the space is forgotten
    r"|\n\s*\n|\n(?=[-*#|])"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|etc|al|e\.g|i\.e|cf|Fig|Eq|No|Vol|pp?|approx|Inc|Jr|Sr|U\.S)|\b[A-Z]"
    r"|(?:^|\n)\d{1,3})\.$"  # the number of a list item
)
_GOES_ON = re.compile(r".*[\"'”’)\]]\s+[a-z]", re.DOTALL)  # “Can machines think?” in 1950
_CITED = re.compile(r"\[[\d, ]+\]$")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def normalise(text: str) -> str:
    """NFC, LF line ends, no control or invisible direction characters. Jamo typed apart are joined."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def typed(text: str) -> str:
    """What somebody typed, to be read by a program: normalised, ＸＯＲ as XOR, of more than LONGEST the beginning."""
    # Unicode's order of a million combining marks on one letter takes minutes, so they are cut off first.
    return normalise(_STACKED.sub(r"\1", text[: 3 * LONGEST])).translate(_FULL_WIDTH)[:LONGEST]


def folded(text: str) -> str:
    """`text` to be compared by: small letters, no accents, no full-width or other compatibility forms, NFC."""
    if text.isascii():
        return text.lower()
    plain = _ACCENT.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", plain).lower()


def is_particles(ending: str) -> bool:
    """Whether `ending`, what stands behind a Korean noun in one word, can be particles or endings; "" can."""
    return len(ending) <= _LONGEST_ENDING and _ENDING.fullmatch(ending) is not None


def hangul_share(text: str) -> float:
    """Share of Hangul among the letters of `text`, 0.0 to 1.0; 0.0 where there are no letters."""
    letters = [c for c in text if c.isalpha()]
    return sum(1 for c in letters if _HANGUL.match(c)) / len(letters) if letters else 0.0


def language(text: str) -> Lang:
    """The language to answer in, by the first LONGEST characters."""
    text = unicodedata.normalize("NFC", text[:LONGEST])
    if hangul_share(text) < _KOREAN_SHARE:
        return "en"
    return "en" if _OPENS_ENGLISH.match(text) and not _ENDS_KOREAN.search(text) else "ko"


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
    return [m.end() for m in _SENTENCE_END.finditer(text) if not _goes_on(text, m)]


def _goes_on(text: str, end: re.Match[str]) -> bool:
    """Whether the sentence goes on after all: an abbreviation, an initial, or a quoted question in mid-sentence."""
    if _ABBREVIATION.search(text[max(0, end.start() - 8) : end.start() + 1]):
        return True
    if _CITED.search(end.group()):  # "... of 2013. [1] word2vec ...": the bracket is no quotation's
        return False
    return _GOES_ON.match(text[end.start() : end.end() + 3]) is not None


def numbers(text: str) -> set[str]:
    """The numbers in `text`, thousands separators dropped: "1,958" and "1958" are one number."""
    return {m.group().replace(",", "").rstrip(".") for m in _NUMBER.finditer(text)}


@cache
def _mecab() -> Any:  # its type lives in a package without stubs
    from mecab import MeCab

    return MeCab()


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def terms(text: str) -> list[str]:
    """Search terms, in order: English stems, Korean morphemes that carry meaning, Hangul bigrams.

    The bigrams let a word that the dictionary does not know (트렌스포머, 바다나우) still match.
    Stop words of both languages are left out; "퍼셉트론은" gives 퍼셉트론 and 퍼셉, 셉트, 트론.
    Accents are dropped (Jürgen: jurgen), and "GPT-3" gives gpt3, gpt and 3.
    """
    plain = _THOUSANDS.sub("", folded(text))
    found: list[str] = []
    for match in _WORD.finditer(plain):
        word = match.group()
        if "\uac00" <= word[0] <= "\ud7a3":
            after_latin = match.start() > 0 and plain[match.start() - 1].isalnum()
            found += _korean_terms(word, after_latin)
        else:
            found += _other_terms(word)
    return found


def nouns(word: str) -> list[str]:
    """The nouns that mecab's dictionary reads in a Korean `word`; of a misspelt one often single syllables."""
    return [m.surface for m in _mecab().parse(word) if m.pos.startswith("NN")]


@lru_cache(maxsize=50_000)
def _korean_terms(word: str, after_latin: bool) -> tuple[str, ...]:
    # "은" by itself reads as silver; after Latin letters it is a particle, so mecab is shown some.
    parsed = _mecab().parse("A" + word)[1:] if after_latin else _mecab().parse(word)
    morphemes = [_lemma(m) for m in parsed if m.pos.split("+")[0] in _MEANING]
    kept = [m for m in morphemes if m not in _STOP]
    stem = "".join(kept)
    return (*kept, *(stem[i : i + 2] for i in range(len(stem) - 1) if stem[i : i + 2] not in kept))


def _lemma(morpheme: Any) -> str:
    """나오 for 나왔, whose feature.expression is "나오/VV/*+았/EP/*"."""
    if morpheme.feature.type == "Inflect":
        return morpheme.feature.expression.split("/")[0]
    return morpheme.surface


@lru_cache(maxsize=50_000)
def _other_terms(word: str) -> tuple[str, ...]:
    if _NUMBER.fullmatch(word):
        return (word,)
    parts = [p for p in _PART.findall(word) if p not in _STOP]
    stems = [_stemmer().stemWord(p) for p in parts]
    return ("".join(parts), *stems) if len(parts) > 1 else tuple(stems)
