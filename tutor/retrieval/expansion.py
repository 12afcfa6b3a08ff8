"""A query widened by the glossary: each term that it names brings its usual names in both languages.

로젠블라트 finds what is written 로젠블랫, "어텐션" what is written attention, "MLP" the multilayer perceptron.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from tutor.corpus.glossary import Term
from tutor.text import folded, is_particles, language
from tutor.types import Lang

SPELT: dict[Lang, tuple[Lang, ...]] = {"ko": ("ko", "en"), "en": ("en",)}  # Korean texts write many names in English

_SHORTEST = 2  # letters of a spelling: shorter ones stand in too many words
# Letters of a spelling that may be written together or apart: "back propagation", 오차역전파. "a I" is not AI.
_PARTED, _PARTED_KO = 6, 4
_SEPARATOR = re.compile(r"[\s\-\u2010-\u2013]")
_START = re.compile(r"(?<![a-z0-9가-힣])[^\W_]")
_CAPITALS = re.compile(r"[A-Z]{2,}")
# How Korean says the Latin letters: 엘엘엠 is LLM.
_SOUNDS = "에이 비 씨 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 알 에스 티 유 브이 더블유 엑스 와이 지"
_SAID = dict(zip(ascii_uppercase, _SOUNDS.split(), strict=True))
_SHORTEST_SAID = 3  # syllables
_REST = re.compile(r"[가-힣]*")


# With what it is asked who or what somebody or something is.
_ONLY_ASKED = re.compile(
    r"\b(?:tell me (?:about|abt)|define|explain|describe|please|pls|plz|an?|the)\b"
    r"|\b(?:who(?:'s| is| was| are| were)|what(?:'s| is| was| are))\b"
    r"|(?:이|가|은|는)? ?(?:누구|뭐|무엇)(?:야|예요|에요|인가요?|인지|이에요|임|죠|지|니|냐)?(?![가-힣])"
    r"|(?:이|가|은|는)? ?뭔(?:지|가요?|데)(?:요)?(?![가-힣])"
    r"|이?란(?![가-힣])|에 ?대해서?|(?:알려|설명해) ?(?:줘|주세요|줄래)"
    r"|(?:의 )?(?:뜻|개념|정의|의미)(?:이|은|을|를)?(?![가-힣])|설명(?![가-힣])|(?<![가-힣])좀(?![가-힣])",
    re.I,
)
# "An expert system is a ..."; "Long short-term memory, or LSTM, is a ..."; 퍼셉트론(perceptron)은 ... 뉴런이다.
_DEFINES = (
    r"^(?!It is )[^.]{{0,45}}?\b(?:{name})(?:s|\b)[^.]{{0,60}}? (?:is|are|was|were)"
    r" (?:an?|the|one|any)\b(?! (?:reason|name))"
    r"|^(?:{name})(?:\([^)]*\))?(?:, [^.]{{0,40}},?)?(?:은|는|이란|란) .*(?:이다|가리킨다|뜻한다|말한다)\.$"
)
# "the psychologist Frank Rosenblatt"; "Donald Hebb, a Canadian psychologist"; 심리학자 도널드 헵, 매컬러는 ... 의사였다
_TRADES = (
    r"(?:\w+(?:ologist|ician|icist)|professor|logician|scientist|engineer|researcher|philosopher|inventor|founder"
    r"|programmer|student|doctor|chief executive)"
)
_TRADES_KO = r"(?:학자|교수|의사|박사|공학자|연구자|연구원|발명가|창업자|설립자|최고경영자|대학원생|프로그래머)"
_INTRODUCES = (
    rf"\b{_TRADES} (?:{{name}})\b|\b(?:{{name}})(?:, an? | (?:is|was) (?:an?|the) )[^.,]*{_TRADES}"
    rf"|{_TRADES_KO}(?:인|이자)? (?:{{name}})|^(?:{{name}})(?:\([^)]*\))?(?:은|는) [^.]*{_TRADES_KO}(?:이|였)"
)


class Expansion:
    """The names in a glossary, looked for in queries."""

    def __init__(self, terms: Sequence[Term]) -> None:
        spelt = [(folded(spelling), term) for term in terms for spelling in term.spellings]
        spelt += [(sounds, term) for term in terms for sounds in said(term)]
        self._terms: dict[str, Term] = {}  # by spelling, without spaces and hyphens
        self._written = {spelling for spelling, _ in spelt}
        lengths: defaultdict[str, set[int]] = defaultdict(set)  # of those that begin with two letters
        for spelling, term in spelt:
            letters = joined(spelling)
            if len(letters) >= _SHORTEST:
                self._terms.setdefault(letters, term)
                lengths[letters[:_SHORTEST]].add(len(letters))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def widened(self, query: str) -> str:
        """`query`, and behind it the first names of the terms that it names, those that are not in it."""
        plain = folded(query)
        named = {term.id: term for term, _, _ in self._named(plain)}
        names = [term.names[lang][0] for term in named.values() for lang in ("ko", "en")]
        return " ".join([query, *(name for name in names if folded(name) not in plain)])

    def names_only(self, query: str) -> bool:
        """Whether `query` names terms and asks of them no more than what or who they are ("Tell me about Minsky")."""
        plain = folded(query)
        spans = [(start, end) for _, start, end in self._named(plain)]
        for start, end in reversed(spans):
            plain = f"{plain[:start]} {plain[end:]}"
        return bool(spans) and not re.search(r"\w", _ONLY_ASKED.sub(" ", plain))

    def defining(self, query: str) -> re.Pattern[str] | None:
        """What a sentence looks like that says what, or who, `query` names; None where it asks more, or of several."""
        named = self.named(query)
        if len(named) != 1 or not self.names_only(query):
            return None
        name = "|".join(re.escape(spelling) for spelling in sorted(named[0].spellings, key=len, reverse=True))
        return re.compile((_INTRODUCES if named[0].kind == "person" else _DEFINES).format(name=name), re.I)

    def named(self, query: str) -> list[Term]:
        """The terms that `query` names, in its order."""
        return [term for term, _, _ in self._named(folded(query))]

    def spellings(self, name: str) -> set[str]:
        """`name` and all other spellings of the terms that it names, folded, without spaces and hyphens."""
        plain = folded(name)
        return {joined(plain), *(joined(folded(s)) for term, _, _ in self._named(plain) for s in term.spellings)}

    def respelt(self, query: str) -> list[str]:
        """`query`, and as it would be with every name in English and, of a Korean one, in Korean; those that differ.

        Of "AlexNet의 매개변수는?" also "알렉스넷의 매개변수는?": which of the two is written is the sources' choice.
        """
        plain = folded(query)
        named = list(self._named(plain))
        found = [query]
        for lang in SPELT[language(query)]:
            text = plain
            for term, start, end in reversed(named):
                first = term.names[lang][0]
                if first.isascii() != plain[start:end].isascii():
                    text = text[:start] + first + text[end:]
            found += [text] if text != plain else []
        return found

    def _named(self, text: str) -> Iterator[tuple[Term, int, int]]:
        """The terms that `text` names, in order, and where; of those that begin at one place the longest."""
        places = [place for place, letter in enumerate(text) if not _SEPARATOR.match(letter)]
        letters = "".join(text[place] for place in places)
        number = {place: n for n, place in enumerate(places)}
        end = 0
        for match in _START.finditer(text):
            first = number[match.start()]
            for length in self._lengths.get(letters[first : first + _SHORTEST], ()) if match.start() >= end else ():
                spelling = letters[first : first + length]
                last = places[first + len(spelling) - 1]
                if spelling in self._terms and self._stands(text, match.start(), last + 1):
                    end = last + 1
                    yield self._terms[spelling], match.start(), end
                    break

    def _stands(self, text: str, start: int, end: int) -> bool:
        """Whether the letters of a spelling, found in text[start:end], are that spelling and no part of other words.

        A Latin one ends where the word does (an s aside), a Hangul one may have particles behind it. Behind two
        syllables nothing else may stand (버트런드 is no 버트), behind more there may (트랜스포머모델).
        """
        spelling, behind = text[start:end], text[end : end + 2]
        korean = not spelling[-1].isascii()
        length = len(joined(spelling))
        if spelling not in self._written and length < (_PARTED_KO if korean else _PARTED):
            return False
        if not korean:
            plural = behind[:1] == "s" and not (behind[1:].isascii() and behind[1:].isalnum())
            return plural or not (behind[:1].isascii() and behind[:1].isalnum())
        rest = _REST.match(text, end)
        return length > _SHORTEST or rest is None or is_particles(rest.group())


def said(term: Term) -> dict[str, str]:
    """The names of `term` that are letters, by how Korean says them: 알엘에이치에프 is RLHF."""
    names = {"".join(_SAID[c] for c in name): name for name in term.spellings if _CAPITALS.fullmatch(name)}
    return {sounds: name for sounds, name in names.items() if len(sounds) >= _SHORTEST_SAID}


def joined(spelling: str) -> str:
    """`spelling` without spaces and hyphens."""
    return _SEPARATOR.sub("", spelling)
