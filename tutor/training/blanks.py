"""The question word for a phrase of a Korean sentence: 누가, 언제, 몇 명, 어디에서, 무엇을, 왜, 어떤 영향을."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tutor.training import korean
from tutor.training.korean import TABLES, Phrase, Word

_YEAR = re.compile(r"(?:기원전)?\d{3,4}년")
_COUNT = re.compile(
    r"(?:약|총|최대|최소)?[\d,.]+(?:여|만|천|백|억|조)*"
    r"(?P<unit>명|개|권|대|마리|번|회|차례|층|살|세|년|개월|일|시간|분|초|주|종|종류|가지|km|cm|mm|m|kg|g|원|달러|퍼센트|%|도|점|위|척|채|곡|편|석|표)"
)
_PERSON = re.compile(
    r"(?:.*(?:박사|교수|대통령|감독|선수|장군|작가|학자|황제|국왕|왕비|화가|시인|의사|배우|가수|사람|인물|소설가|철학자"
    r"|작곡가|정치인|연구원|연구자|연구진|개발자|발명가|수학자|남자|여자|남성|여성|사용자|소유자|학생|아빠|엄마|소년|소녀|할머니|할아버지|아버지|어머니|왕자|공주|선생님|고객|직원)|.+왕)"
)
_SURNAMES = frozenset("김이박최정강조윤장임한오서신권황안송류홍전고문손양배백허유남심노하곽성차주우구민")
_PLACE = re.compile(
    r".*(?:나라|도시|지역|지방|마을|대학교?|연구소|공원|학교|병원|섬|강|산|수도|장소|국가|궁|극장|경기장|역|항구|공항|거리)"
)
_NOT_PLACE = re.compile(r".*(?:과정|분야|면|점|관점|경우|상황|논문|상태|단계|측면|의미|이후|시대|가운데|중)")


@dataclass(frozen=True, slots=True)
class Blank:
    """What stands for the answer: a question word in its place, and the nouns that ask for it from the end."""

    inside: tuple[str, ...]
    heads: tuple[str, ...] = ()


def blank(phrase: Phrase) -> Blank | None:
    """How to ask for `phrase`; None where it cannot be told."""
    head, body = phrase.head, phrase.head.body
    if points(phrase.words) and phrase.head.body not in ("그", "그녀"):
        return None
    if head.text in TABLES["postposed"]:
        return _postposed(phrase)
    if head.body == "때문" or head.text == "덕분에":
        return Blank(("왜", "어떤 이유로"), ("이유", "원인"))
    if phrase.role == "clause":
        return (
            Blank(("어떻게",))
            if phrase.words[-1].body in ("사용하여", "이용하여", "활용하여", "이용해", "사용해")
            else None
        )
    if len(phrase.words) > 1 and head.tags[0] == "NNB":
        return Blank(("언제",), ("때",)) if body == "때" and head.particle in ("", "에", "에는") else None
    if korean.is_time(head):
        return _time(phrase)
    if (count := _COUNT.fullmatch("".join(w.text for w in phrase.words[-2:])[: -len(head.particle) or None])) or (
        count := _COUNT.fullmatch(body)
    ):
        unit = count["unit"]
        asked = "얼마" if unit in ("원", "달러") else f"몇 {unit}"
        return Blank((asked + head.particle,) if head.particle not in ("은", "는") else ())
    return _thing(phrase)


def _postposed(phrase: Phrase) -> Blank | None:
    if len(phrase.words) < 2:
        return None
    verb, governed = phrase.head.text, phrase.words[-2]
    if "ETN" in governed.tags or verb in ("위해", "위하여"):
        return Blank(("왜", "무엇을 위해"), ("이유", "목적"))
    if verb in ("의해", "의하여") and is_person(phrase.words[:-1]):
        return Blank((f"누구에 {verb}",))
    if verb in ("인해", "인하여"):
        return Blank(("왜", f"무엇으로 {verb}"), ("이유", "원인"))
    if not governed.particle:
        return None
    return Blank((f"무엇{governed.particle[-1].replace('를', '을').replace('와', '과')} {verb}",))


def _time(phrase: Phrase) -> Blank | None:
    if not all(korean.is_time(w) for w in phrase.words) or phrase.head.particle not in (
        "",
        "에",
        "에는",
        "부터",
        "까지",
    ):
        return None
    tail = phrase.head.particle if phrase.head.particle in ("부터", "까지") else ""
    if tail:
        return Blank((f"언제{tail}",))
    if _YEAR.fullmatch(phrase.words[-1].body):
        return Blank(("언제", "몇 년에", "몇 년도에", "언제"), ("해", "연도", "때"))
    return Blank(("언제",), ("날", "때") if phrase.head.body.endswith("일") else ("때", "시기"))


def _thing(phrase: Phrase) -> Blank | None:
    particle, words = phrase.head.particle, phrase.words
    of = {
        "은": "이",
        "는": "이",
        "이": "이",
        "가": "이",
        "을": "을",
        "를": "을",
        "에": "에",
        "으로": "으로",
        "로": "으로",
    }
    if is_person(words):
        forms = {"이": "누가", "을": "누구를"}
        if form := forms.get(of.get(particle, "")):
            return Blank((form,), ("사람", "인물"))
        return Blank((f"누구{particle}",)) if particle in ("에게", "와", "과", "에게서") else None
    if not any(t[:2] in ("NN", "SL", "XS") for t in phrase.head.tags) or particle not in {*of, "에서"}:
        return None
    if is_place(words) and particle in ("에", "에서", "으로", "로"):
        return Blank(("어디" + particle.replace("으로", "로"),), ("곳", "장소") if particle != "로" else ())
    if particle == "에서":
        return None if _NOT_PLACE.fullmatch(phrase.head.body) else Blank(("어디에서",), ("곳",))
    if particle in ("에", "으로", "로") and (
        phrase.head.body.endswith(("적", "후", "전", "중", "시")) or len(phrase.head.body) < 2
    ):
        return None
    if phrase.head.body in TABLES["fixed"]:
        return None
    inside = _attribute(phrase)
    by_itself = len(phrase.words) > 1 or len(phrase.head.body) > 2 or particle not in ("로", "으로")
    if phrase.role != "topic" and particle != "에" and by_itself:
        inside = ("무엇" + of[particle], *inside)
    return Blank(inside, ("것",) if of[particle] in ("이", "을") else ())


def _attribute(phrase: Phrase) -> tuple[str, ...]:
    """ "어떤 영향을" for "거대한 영향을": the last noun stays where others describe it."""
    if len(phrase.words) < 2 or phrase.role == "topic":
        return ()
    before = phrase.words[-2]
    if before.tags[-1] in ("ETM", "JKG") or before.tags[0] == "MM":
        return (f"어떤 {phrase.head.text}",) * 2
    return ()


def points(words: list[Word] | tuple[Word, ...]) -> bool:
    """Whether `words` point at something said before: 그는, 이 방법을."""
    return any(w.tags[0] == "NP" or w.body in TABLES["points"] or w.text in TABLES["points"] for w in words)


def is_person(words: tuple[Word, ...], noun: str = "") -> bool:
    """Whether the last of `words` names a person; `noun` is that word without its ending where it is a predicate."""
    body = noun or words[-1].body
    if _PERSON.fullmatch(body) or (body in ("그", "그녀") and words[-1].tag in ("JX", "JKS")):
        return True
    nouns = [m for m in words[-1].morphemes if m.tags[0][0] == "N"]
    if not nouns or (len(words) > 1 and words[-2].tag and words[-2].tag != "JKG"):
        return False
    named = all(m.meaning == "인명" for m in nouns) and "".join(m.text for m in nouns) == body
    long = len(words) > 1 and words[-2].morphemes[-1].meaning == "인명"
    return named and (long or (len(words) == 1 and len(body) in (2, 3) and body[0] in _SURNAMES))


def is_place(words: tuple[Word, ...], noun: str = "") -> bool:
    """Whether the last of `words` names a place; `noun` as above."""
    last = [m for m in words[-1].morphemes if m.tags[0][0] == "N"]
    return bool(last) and (last[-1].meaning in ("지명", "장소") or _PLACE.fullmatch(noun or words[-1].body) is not None)


def counted(text: str) -> bool:
    """Whether `text` is a number of something: 약 121명."""
    return _COUNT.fullmatch(text.replace(" ", "")) is not None
