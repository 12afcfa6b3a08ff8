"""What a learner's own words ask of an overview: whether one, of which kind, of which years, on what topic."""

from __future__ import annotations

import math
import re

from tutor.retrieval import overview_head
from tutor.retrieval.index import Index
from tutor.retrieval.overview_head import Kind
from tutor.text import normalise, terms

Period = tuple[float, float]  # the first and the last year
ALWAYS: Period = (-math.inf, math.inf)

# Probability from which a message with such a word as those of _SIGN asks for an overview, and one that only names
# years. Of 819 dev questions and follow-ups the classifier alone, at 0.5, takes 20 for one.
SIGNED, YEARS = 0.5, 0.95
# Terms that name no topic of their own.
GENERAL = frozenset(
    {"artificial-intelligence", "machine-learning", "deep-learning", "neural-network", "language-model"}
    | {"large-language-model", "deep-network"}
)
_KOREA = re.compile(r"korea|한국|국내", re.I)
# Topics too wide for a search, by the tag of their articles.
_STRANDS = {
    "language-models": re.compile(r"\blanguage models?\b|\bllms?\b|언어 ?모델", re.I),
    "vision": re.compile(r"computer vision|image recognition|컴퓨터 ?비전|(?:이미지|영상|사물) ?인식", re.I),
    "generative": re.compile(
        r"(?:image|picture|art) generat|generative (?:ai|models?)|(?:이미지|그림|영상) ?생성|생성형", re.I
    ),
    "reinforcement": re.compile(r"reinforcement learning|강화 ?학습", re.I),
    "hardware": re.compile(r"\bhardware\b|\bchips?\b|하드웨어|반도체", re.I),
}

_SIGN = re.compile(
    r"histor|timeline|chronolog|evol|\bdevelop(?!ed by|ers?\b)|\bover (?:the )?(?:time|years|decades)|milestone"
    r"|breakthrough|overview|big picture|summar|recap|\bstory\b|journey|\bpath\b|\broad\b|\bl(?:ead|eads|eading|ed)"
    r" (?:up )?to|\bc[ao]me before|precursor|ancest|lineage|\btrace\b|how (?:did|have|do) (?:we|people|it|ai|one)"
    r" (?:get|got|come|came|arriv|end)|\bby (?:year|decade)|progress|\brise\b"
    r"|\beras?\b|\bperiods?\b|\bdecades?\b|\btop \w+ |(?:key|important|main|major|biggest) (?:\w+ )?"
    r"(?:dates|moments|events|steps|ideas|papers)|predecess|\bchanged?\b|turning|stages|nutshell|rundown|walk me"
    r"|\bbec[ao]mes? what|\bcome about|\bsaga\b|\bcareer\b|life and work"
    r"|whole (?:story|thing)|catch me up|missed?\b|from .* to "
    r"|역사|히스토리|연표|연대|변천|발전|흐름|(?<!수렴 )(?<!근사 )정리|요약"
    r"|큰 ?그림|계보|여정|과정|까지|거쳐|거슬러|사건|시대"
    r"|훑|발자|줄거리|타임라인|순서대로|시간 ?순|변해|바뀌[어는었]|변화|진화|개관|개괄|전환점|이정표|굵직"
    r"|간추|되짚|쭉|걸어온|이어[지져]|배경|앞서|이전|조상|뿌리|부터|한눈|계단(?! ?함수)|징검다리|어쩌다"
    r"|연도별|해 ?온 ?일|여기까지|어떻게 커",
    re.I,
)
_BY_YEAR = re.compile(r"\btimeline\b|\byear by year|\bchronolog|연도별|연표|시간 ?순|타임라인", re.I)
_TODAY = re.compile(r"\bhere\b|\btoday\b|\bnow\b|여기까지|오늘날|지금", re.I)
_HAPPENED = re.compile(r"무슨 ?일|뭔 ?일|\bwhat (?:happened|went on|was going on)\b", re.I)  # in some years
_IN = re.compile(r"\b(?:in|during|of|the|field|world)\b|(?<=\s)(?:에는|엔|에|있었\w*|있나\w*|분야)(?=[\s?!.]|$)", re.I)
# What asks for one thing, or to compare two, however it is put.
_SPECIFIC = re.compile(
    r"^why\b|\bhow come\b|(?<![가-힣])왜(?![가-힣])|어째서|까닭|이유"
    r"|몇 ?년|며칠|얼마(?!나 (?:발전|변|달라))|언제|누가|누구(?!나)|달랐|다른|차이|비교|작동"
    r"|\bhow (?:many|much|long)\b|\bdiffer|\bvs\b|\bw(?:hat|hich) year\b|^when\b|^who\b|\bworks?\?"
    r"|\b(?:do|does|did)\b.*\bwork\b",
    re.I,
)
# Words with which an overview is asked for, which say nothing of its topic.
_ASKING = re.compile(
    r"\b(?:(?:brief|short|whole|full|quick)\s)?(?:histor(?:y|ical|ically)|timelines?|chronolog\w+|evolutions?|evolved?"
    r"|stor(?:y|ies)|development|develop(?:ed)?|overview|summar\w+|recap|progress(?:ed)?|rundown|changed?|over|the"
    r"|years?|time|decades?|how|did|has|have|been|through|from|until|now|today|main|key|steps?|stages?|milestones?"
    r"|give|tell|show|walk|me|us|please|in Korean|in English)\b|한국(?:어|말)로|영어로"
    r"|(?<![가-힣])(?:역사|히스토리|연표|연대기|변천사?|발전사?|흐름|정리|요약|과정|타임라인|시간순|순서대로|차례|쭉|좀|한번|큰|중심|지금|요즘"
    r"|오늘날)(?:으로|로|을|를|이|가|은|는|의|에|까지|부터|도|만)?(?![가-힣])"
    r"|어떻게|\S*(?:해 ?[왔온]|되어 ?[왔온]|바뀌어|변해|알려|설명|훑어|보여|부탁)\S*",
    re.I,
)

_DECADE = re.compile(r"(?<!\d)((?:18|19|20)?\d0)(?:(?:['’]?s\b|년대)|(?= ?[-~–] ?\d0(?:s\b|년대)))")
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d|['’]?s\b|년대)")
_NAMED = r"(?:(?:18|19|20)\d\d(?:s|년대?)?|\d0(?:s|년대))"  # a year or a decade
_SINCE = re.compile(rf"\b(?:since|after|from) (?:the )?{_NAMED}|{_NAMED} ?(?:이후|이래|부터|뒤로)", re.I)
_UNTIL = re.compile(rf"\b(?:until|till|to) (?:the )?{_NAMED}|{_NAMED} ?까지", re.I)
_BEFORE = re.compile(rf"\bbefore (?:the )?{_NAMED}|{_NAMED} ?(?:이전|전)", re.I)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ENGLISH_DAY = re.compile(rf"(?:(?<!\d)(\d{{1,2}}) )?\b({'|'.join(_MONTHS)})\b")
_KOREAN_DAY = re.compile(r"(\d{1,2})월(?: (\d{1,2})일)?")
_TWENTIES = 30  # below it a decade of two figures is of this century


def wanted(index: Index, question: str) -> Kind | None:
    """The kind of overview that `question` asks for; None where it asks for none.

    One of a topic that names none is of the whole; one of the whole that names something is of that, or, where it names
    no years, of the way between two that it names.

    Raises:
        ModelError: the head of the overviews cannot be used.
    """
    question = normalise(question)
    years = period(question)
    if years != ALWAYS and _HAPPENED.search(question) and not topic_terms(index, _dateless(question)):
        return "whole"
    named = _specific(index, _stripped(question))
    if named and _BY_YEAR.search(question):
        return "topic"
    found = overview_head.wanted(question)
    enough = SIGNED if _SIGN.search(question) else YEARS if years != ALWAYS else math.inf
    if found.any < enough or _SPECIFIC.search(question):
        return None
    if found.kind == "topic" and not topic_terms(index, question):
        return "whole"
    if found.kind == "lineage" and not named and _TODAY.search(question):
        return "whole"
    if found.kind != "whole" or not (named or _KOREA.search(_stripped(question))):
        return found.kind
    return "lineage" if len(named) > 1 and years == ALWAYS else "topic"


def period(question: str) -> Period:
    """The years that `question` names, the first and the last; ALWAYS where it names none."""
    spans = [_decade(int(found)) for found in _DECADE.findall(question)]
    spans += [(float(found), float(found)) for found in _YEAR.findall(question)]
    if not spans:
        return ALWAYS
    first, last = min(a for a, _ in spans), max(b for _, b in spans)
    if len(spans) > 1:
        return first, last
    if _BEFORE.search(question):
        return -math.inf, first - 1
    if _UNTIL.search(question):
        return -math.inf, last
    return first, math.inf if _SINCE.search(question) else last


def _decade(begins: int) -> Period:
    century = 0 if begins > 100 else 2000 if begins < _TWENTIES else 1900
    return float(century + begins), float(century + begins + 9)


def day(told: str) -> tuple[int, int]:
    """The month and the day that the sentence `told` dates; the end of the year where it names no month."""
    if found := _KOREAN_DAY.search(told):
        return int(found[1]), int(found[2] or 0)
    if found := _ENGLISH_DAY.search(told):
        return _MONTHS.index(found[2]) + 1, int(found[1] or 0)
    return len(_MONTHS), 31


def _dateless(question: str) -> str:
    """`question` without its years and the words that ask what happened in them."""
    for pattern in (_HAPPENED, _DECADE, _YEAR, _IN):
        question = pattern.sub(" ", question)
    return question


def strand(index: Index, question: str) -> str | None:
    """The tag of the articles on the topic of `question`, where that is a whole strand of them, at large."""
    left = _stripped(question)
    if _KOREA.search(left):
        return None
    return next((tag for tag, named in _STRANDS.items() if named.search(left)), None)


def names_one(index: Index, question: str) -> bool:
    """Whether `question` names one thing beside the general terms and its strand ("from the neocognitron to today")."""
    left = _stripped(question)
    for named in _STRANDS.values():
        left = named.sub(" ", left)
    return len(_specific(index, left)) == 1


def _specific(index: Index, text: str) -> set[str]:
    """The articles on what `text` names, the general terms aside."""
    return {term.article for term in index.named(text) if term.id not in GENERAL}


def topic_terms(index: Index, question: str) -> set[str]:
    """The terms of the topic of `question`, in every spelling that the glossary knows, the general ones aside."""
    left = _stripped(question)
    named = index.named(left)
    general = {term for known in named if known.id in GENERAL for name in known.spellings for term in terms(name)}
    spelt = {term for known in named if known.id not in GENERAL for name in known.spellings for term in terms(name)}
    return (set(terms(left)) | spelt) - general


def topic(question: str) -> str:
    """`question` without the words with which an overview is asked for, where any others are left."""
    left = _stripped(question)
    return left if terms(left) else question


def _stripped(question: str) -> str:
    return _ASKING.sub(" ", question)
