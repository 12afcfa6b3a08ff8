"""The numbers that a text states, in either language, so that the twins can be compared: 6,000만 is 60 million."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from tutor.text import normalise
from tutor.types import Lang

_POWER = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "k": 3, "m": 6, "b": 9, "t": 12}
_POWER |= {"십": 1, "백": 2, "천": 3, "만": 4, "억": 8, "조": 12, "경": 16}

_DIGITS = r"(?P<named>[A-Za-z]-?)?(?P<digits>\d[\d,]*(?:\.\d+)?)"  # the 3 of GPT-3 belongs to a name
_LETTER = r"(?P<letter>[KkMBT])(?![A-Za-z])"
_ENGLISH = re.compile(rf"{_DIGITS}(?:[\s-]?(?P<scale>thousand|million|billion|trillion)\b|{_LETTER})?", re.I)
_KOREAN = re.compile(rf"{_DIGITS}(?:(?P<scale>[십백천]?[만억조경](?!각)|[십백천])|{_LETTER})?")


def _counted(words: str, step: int = 1, start: int = 0) -> dict[str, int]:
    return {word: step * i for i, word in enumerate(words.split(), start)}


_WORDS = {
    **_counted("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"),
    **_counted("seventeen eighteen nineteen", start=17),
    **_counted("twenty thirty forty fifty sixty seventy eighty ninety", step=10, start=2),
    **_counted("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth", start=1),
    **_counted("fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth", start=14),
    **_counted("january february march april may june july august september october november december", start=1),
    **{"a": 1, "an": 1, "once": 1, "single": 1, "twice": 2, "double": 2, "doubled": 2, "both": 2, "pair": 2},
    **{"half": 2, "halves": 2, "halved": 2, "thirds": 3, "triple": 3, "quarter": 4, "quarters": 4, "dozen": 12},
}
_HANGUL = {
    **_counted("영 하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열 열하나 열둘"),
    **{"한": 1, "두": 2, "세": 3, "네": 4, "스무": 20, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50},
    **{"반": 2, "백": 100, "천": 1000, "만": 10_000},
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """`stated`: written in digits, with their scale. `meant`: what else its words can be read as (two, March, 반)."""

    stated: frozenset[Decimal]
    meant: frozenset[Decimal]

    def lacking(self, other: Numbers) -> list[Decimal]:
        """The numbers stated here that `other` neither states nor means, ascending."""
        return sorted(self.stated - other.stated - other.meant)


def read(text: str, lang: Lang) -> Numbers:
    """The numbers of `text`."""
    text = normalise(text)
    stated, meant = set[Decimal](), set[Decimal]()
    before: tuple[int, Decimal, int] | None = None  # where the number before ended, its value and its power
    for match in (_KOREAN if lang == "ko" else _ENGLISH).finditer(text):
        raw = Decimal(match["digits"].replace(",", ""))
        power = sum(_POWER[c] for c in _scale(match))
        named = bool(match["named"])
        value = raw if named else raw * 10**power
        meant |= {raw, raw * 10**power}
        if before and match.start() - before[0] <= 1 and lang == "ko" and power < before[2]:  # 1억 1,700만
            stated.discard(before[1])
            value += before[1]
        stated.add(value)
        before = (match.end(), value, power) if power and not named else None
    return Numbers(frozenset(stated), frozenset(meant | (_hangul(text) if lang == "ko" else _english(text))))


def _scale(match: re.Match[str]) -> list[str]:
    scale = (match["scale"] or match["letter"] or "").lower()
    return [scale] if scale.isascii() and scale else list(scale)


def _english(text: str) -> set[Decimal]:
    """What the number words mean, runs of them taken together: two hundred thousand."""
    found = set[Decimal]()
    total = 0
    for word in re.findall(r"[a-z]+", text.lower()):
        if word == "hundred" or (word in _POWER and len(word) > 1):
            total = (total or 1) * (100 if word == "hundred" else 10 ** _POWER[word])
        elif word in _WORDS:
            total = total + _WORDS[word] if 20 <= total < 100 and _WORDS[word] < 10 else _WORDS[word]
        elif word != "and":
            total = 0
        found |= {Decimal(total), Decimal(_WORDS.get(word, 0))}
    return found


def _hangul(text: str) -> set[Decimal]:
    return {Decimal(value) for word, value in _HANGUL.items() if word in text}
