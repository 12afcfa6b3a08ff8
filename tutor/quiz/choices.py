"""What may be asked of a fact, and what else could stand in its place: of the same kind, and surely wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final, Literal

from tutor.corpus import numbers
from tutor.corpus.glossary import Term
from tutor.quiz.twins import Twin, Words
from tutor.text import folded, terms

WRONG: Final = 3  # choices beside the right one
NEAREST = 10  # names and numbers, of which the wrong ones are drawn
SIZE = 1000  # from which on a number is a size worth knowing
SAME_TIME = 10  # years: what is further away is no plausible choice

YEAR = re.compile(r"(?<![\w-])(?:1[89]|20)\d\d(?![0-9A-Za-z%])")
_NUMBER = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?")
_SCALE = re.compile(r"[\d,.\s]+|[십백천]?[만억조](?!각)|thousand|million|billion|trillion")
_SORTS = (re.compile(r"\b(?:university|college)\b"), re.compile(r"\b(?:company|maker|team for|research arm)\b"))
_INITIAL = re.compile(r"[A-Z]\. ")  # H. D. Block, among full names, would stand out
_PLACE_BEHIND = re.compile(r",? (?:in|at|of) (?:the )?[A-Z]")

Kind = Literal["year", "who", "organisation", "number"]
Name = tuple[str, str]  # in English and in Korean

# Words that narrow the choice down, or show that another answer would be right as well.
_TELLS: Final[Mapping[Kind, re.Pattern[str]]] = {
    "year": re.compile(r"\b(?:born|died|[Ss]ources|every year|until|since)\b"),
    "who": re.compile(r"\b(?:she|her|worked|studied|born|died|also|then|related)\b"),
    "organisation": re.compile(r"\b(?:American|British|Canadian|Chinese|French|German|Japanese|Korean?|worked)\b"),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """What is taken out of a fact's sentence, and the wrong choices for it."""

    kind: Kind
    answer: Words
    wrong: tuple[Words, ...]


class Choices:
    """The years, names and numbers of all the facts, from which wrong choices are drawn."""

    def __init__(self, pairs: Sequence[Twin], glossary: Iterable[Term]) -> None:
        self._pairs = pairs
        self._told = {name: term.definition["en"] for term in glossary for name in term.names["en"]}
        self._years = sorted({year for twin in pairs if (year := twin.fact["en"].year)})
        self._names: dict[Kind, Mapping[Name, Set[int]]] = {
            "who": _names(pairs, "people"),
            "organisation": _names(pairs, "organisations"),
        }
        self._events = [(twin, _content(twin), years) for twin in pairs if (years := _years(twin.fact["en"].text))]
        self._folded = {
            name: {folded(part) for part in (*name, name[0].split()[-1], name[1].split()[-1])}
            for names in self._names.values()
            for name in names
        }
        self._numbers = [(twin, number) for twin in pairs if (number := _number(twin))]
        english = "\n".join({twin.slug: twin.document["en"].body for twin in pairs}.values())
        self._with_the = {n for n, _ in self._names["organisation"] if f" the {n}" in english}

    def gaps(self, twin: Twin) -> Iterator[Gap]:
        """What can be asked of the fact, the rarest kind first."""
        for kind in self._names:
            for part in ("subject", "value"):
                yield from self._name_gap(twin, kind, part)
        yield from self._number_gap(twin)
        yield from self._year_gap(twin)

    # ---- names -----------------------------------------------------------------------------------
    def _name_gap(self, twin: Twin, kind: Kind, part: str) -> Iterator[Gap]:
        """The wrong names are of people, or houses of the same sort, of the same time whom the article never names."""
        names, text = self._names[kind], twin.fact["en"].text
        said = getattr(twin.fact["en"], part)
        name = next((name for name in names if name[0] == said and name[1] in twin.fact["ko"].text), None)
        if name is None or _given_away(twin, name) or _TELLS[kind].search(text):
            return
        told, now = folded(twin.article), _years(text) or twin.document["en"].years
        pool = sorted(
            (min(abs(then - year) for then in times for year in now), other)
            for other, times in names.items()
            if not _INITIAL.match(other[0])
            and not any(part in told for part in self._folded[other])
            and (kind == "who" or self._alike(text, name[0], other[0]))
        )
        spelt = {other[0]: other for apart, other in pool if apart <= SAME_TIME}  # some names in more ways than one
        nearest = list(spelt.values())[:NEAREST]
        if len(nearest) >= WRONG:
            drawn = Random(f"{twin.name} {kind}").sample(nearest, WRONG)
            yield Gap(kind, _words(name), tuple(map(_words, drawn)))

    def _alike(self, text: str, one: str, other: str) -> bool:
        """Whether both are universities, or both companies, and English sets "the" before both or neither."""
        definitions = [self._told.get(name, "") for name in (one, other)]
        same = any(all(sort.search(definition) for definition in definitions) for sort in _SORTS)
        place = _PLACE_BEHIND.match(text, text.find(one) + len(one))
        return same and not place and (one in self._with_the) == (other in self._with_the)

    # ---- years -----------------------------------------------------------------------------------
    def _year_gap(self, twin: Twin) -> Iterator[Gap]:
        """The only year of its sentence. The wrong ones are those of other events, from before it and after it."""
        text = twin.fact["en"].text
        found = [_years(words) for words in (twin.fact["en"].value, twin.fact["ko"].value, text)]
        if len(found[0]) != 1 or not found[0] == found[1] == found[2] or _TELLS["year"].search(text):
            return
        (year,) = found[0]
        taken = set(self._may_tell(twin))
        reach = max(5, (self._years[-1] - year) // 4)  # the longer ago, the wider
        free = [other for other in self._years if other not in taken and abs(other - year) <= reach]
        before, behind = [y for y in reversed(free) if y < year], [y for y in free if y > year]
        if len(free) < WRONG:
            return
        rng = Random(f"{twin.name} year")
        earlier = max(min(rng.randint(0, WRONG), len(before)), WRONG - len(behind))  # the right one may stand anywhere
        wrong = rng.sample(before[: earlier + 2], earlier) + rng.sample(behind[: WRONG - earlier + 2], WRONG - earlier)
        yield Gap("year", _words((str(year),) * 2), tuple(_words((str(y),) * 2) for y in sorted(wrong)))

    def _may_tell(self, twin: Twin) -> Iterator[int]:
        """The years of the facts that may tell of the same event: of its subject, or in much the same words."""
        own, subject = _content(twin), twin.fact["en"].subject.lower()
        for other, content, years in self._events:
            if other.fact["en"].subject.lower() == subject or 3 * len(own & content) >= len(own):
                yield from years

    # ---- numbers ---------------------------------------------------------------------------------
    def _number_gap(self, twin: Twin) -> Iterator[Gap]:
        """The only number of its sentence, years aside, so that no other one tells how large it can be."""
        own, text = _number(twin), twin.fact["en"].text
        if own is None or own.value < SIZE or len(_NUMBER.findall(YEAR.sub("", text))) > 1:
            return
        subject = twin.fact["en"].subject.lower()
        of_subject = " ".join(t.fact["en"].text for t in self._pairs if t.fact["en"].subject.lower() == subject)
        taken = numbers.read(f"{twin.document['en'].body} {of_subject}", "en").stated
        pool = dict[Decimal, Name]()
        for other, number in self._numbers:
            near = not _apart(number.value, own.value, 5) and _apart(number.value, own.value, Decimal("1.2"))
            if number.unit == own.unit and near and number.value not in taken:
                pool.setdefault(number.value, (other.fact["en"].value, other.fact["ko"].value))
        nearest = sorted(pool, key=lambda value: abs((value / own.value).ln()))[:NEAREST]
        drawn = list[Decimal]()
        for value in Random(f"{twin.name} number").sample(nearest, len(nearest)):
            if len(drawn) < WRONG and all(_apart(value, other, Decimal("1.2")) for other in drawn):
                drawn.append(value)
        if len(drawn) == WRONG:
            answer = (twin.fact["en"].value, twin.fact["ko"].value)
            yield Gap("number", _words(answer), tuple(_words(pool[value]) for value in sorted(drawn)))


@dataclass(frozen=True, slots=True)
class _Number:
    """`unit` is what is counted in either language, and whether the number is a round one."""

    value: Decimal
    unit: tuple[str, str, bool]


def _number(twin: Twin) -> _Number | None:
    """The value of the fact as a number, if it is one and both languages write it so."""
    english, korean = twin.fact["en"].value, twin.fact["ko"].value
    values = [numbers.read(english, "en").stated, numbers.read(korean, "ko").stated]
    if len(values[0]) != 1 or values[0] != values[1] or _years(english) or not (english[0] + korean[0]).isdigit():
        return None
    (value,) = values[0]
    scale = re.findall(r"thousand|million|billion|trillion", english)
    units = [" ".join(_SCALE.sub(" ", text).split()) for text in (english, korean)]
    is_round = len(value.normalize().as_tuple().digits) < 3
    return _Number(value, (" ".join([*scale, units[0]]), units[1], is_round)) if value else None


def _apart(one: Decimal, other: Decimal, times: Decimal | int) -> bool:
    return max(one, other) > times * min(one, other)


def _years(text: str) -> set[int]:
    return {int(year) for year in YEAR.findall(text)}


def _content(twin: Twin) -> set[str]:
    """The words of the fact's sentence that carry meaning."""
    return {term for term in terms(twin.fact["en"].text) if not term[0].isdigit()}


def _names(pairs: Sequence[Twin], kind: Literal["people", "organisations"]) -> dict[Name, set[int]]:
    """Each name that the articles list, with the years in which facts speak of it; else those of its articles."""
    found = dict[Name, set[int]]()
    for both in {twin.slug: twin.document for twin in pairs}.values():
        for name in zip(getattr(both["en"], kind), getattr(both["ko"], kind), strict=True):
            found.setdefault(name, set()).update(both["en"].years)
    texts = [(text, years) for twin in pairs if (years := _years(text := twin.fact["en"].text))]
    return {name: set().union(*(years for text, years in texts if name[0] in text)) or found[name] for name in found}


def _given_away(twin: Twin, name: Name) -> bool:
    """Whether the sentence holds a part of the name elsewhere: AlexNet tells of Alex."""
    for lang, own, least in (("en", name[0], 3), ("ko", name[1], 2)):
        text = twin.fact["ko" if lang == "ko" else "en"].text
        rest = folded(re.sub(r"\([^()]*\)", "", text).replace(own, ""))
        if any(len(part) >= least and folded(part) in rest for part in own.split()):
            return True
    return False


def _words(both: Name) -> Words:
    return {"en": both[0], "ko": both[1]}
