"""The record of a run as a file, and whether the same run made again comes out as recorded.

A record may come from anyone. What is said of one is computed here: no text of its own is repeated, but for a wrong
setting, quoted and cut short, in the error that refuses it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from math import inf
from typing import Any

from tutor.errors import ToolCallInvalid
from tutor.labs import core
from tutor.types import Lang

MOST = 8_000_000  # bytes of a file
TOLD = 3  # parts that differ, told one by one
_ASIDE = ("lab", "versions", "seconds")  # what may differ from run to run, and what is the same anyway
_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}(?:(?:a|b|rc|\.post|\.dev)\d{1,4})?\+?")
_GONE = object()


def written(record: Mapping[str, Any]) -> str:
    """The text of a record's file."""
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def read(file: bytes) -> dict[str, Any]:
    """The record that a file holds: that of a run which can be made again.

    Raises:
        ToolCallInvalid: the file is too large, is not JSON, or names no lab that there is with settings that it allows.
    """
    if len(file) > MOST:
        raise _no_record(f"it is larger than {MOST // 10**6} MB", f"{MOST // 10**6}MB보다 커요")
    try:
        found = json.loads(file, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _no_record("it is not JSON", "JSON이 아니에요") from None
    named = isinstance(found, dict) and isinstance(found.get("lab"), str) and isinstance(found.get("arguments"), dict)
    if not named:
        raise _no_record("it names no lab and settings", "어떤 실습을 어떤 설정으로 돌렸는지 없어요")
    if found["lab"] not in core.LABS:
        raise _no_record("this tutor does not have its lab", "이 튜터에 없는 실습이에요")
    core.parse(found["lab"], found["arguments"])
    return dict(found)


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and the like, which JSON does not have


def _no_record(en: str, ko: str) -> ToolCallInvalid:
    return ToolCallInvalid(
        f"This is no record of a run: {en}.",
        "Choose a file that the page saved, or that `tutor demo NAME --record FILE` wrote.",
        ko=(
            f"실습 기록이 아니에요: {ko}.",
            "화면에서 저장했거나 `tutor demo NAME --record FILE`로 쓴 파일을 골라 주세요.",
        ),
    )


# ---- the same run again ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Part:
    """A part of the record that came out otherwise: `differing` of its `values`.

    `furthest` is the largest difference as a share of the larger number; infinite where something else than two
    numbers differs. `recorded` is false where the record has nothing of the part.
    """

    name: str
    differing: int
    values: int
    furthest: float
    recorded: bool

    def text(self, lang: Lang) -> str:
        """ "`nets` (3 of 258 values, up to about 0.5% apart)"."""
        if not self.recorded:
            return f"`{self.name}` ({'기록에 없음' if lang == 'ko' else 'not in the record'})"
        told = []
        if self.values > 1:
            many = "값 {n}개 중 {m}개" if lang == "ko" else "{m} of {n} values"
            told.append(many.format(n=self.values, m=self.differing))
        if self.furthest < 1e-4:
            told.append("차이는 0.01% 미만" if lang == "ko" else "less than 0.01% apart")
        elif self.furthest < inf:
            share = f"{100 * self.furthest:.2g}%"
            told.append(f"차이는 최대 약 {share}" if lang == "ko" else f"up to about {share} apart")
        return f"`{self.name}`" + (f" ({', '.join(told)})" if told else "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a run came out beside its record; `then` and `now` are the versions it was made with.

    `alone` counts the parts that only the record has, whose names are its own.
    """

    parts: tuple[Part, ...]
    alone: int
    then: str
    now: str

    @property
    def same(self) -> bool:
        return not self.parts and not self.alone

    def text(self, lang: Lang) -> str:
        """The outcome in words."""
        if self.same:
            return "기록과 똑같아요." if lang == "ko" else "The same as recorded."
        told = [part.text(lang) for part in self.parts[:TOLD]]
        if (more := len(self.parts) - TOLD) > 0:
            told.append(f"그 밖에 {more}가지" if lang == "ko" else f"{more} more")
        if self.alone:
            told.append(f"기록에만 있는 것 {self.alone}가지" if lang == "ko" else f"{self.alone} only in the record")
        what = ", ".join(told)
        if lang == "ko":
            return f"기록과 달라요: {what}. 그때 버전: {self.then or '알 수 없음'}, 지금: {self.now}."
        then = self.then or "unknown"
        return f"It differs from what was recorded: {what}. Versions then: {then}; now: {self.now}."


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """The record `new`, just made, beside `old`, which may be any JSON object."""
    made = json.loads(json.dumps(new))
    parts = []
    for name in [name for name in made if name not in _ASIDE]:
        apart = list(_apart(old.get(name, _GONE), made[name]))
        if any(apart):
            parts.append(Part(name, sum(map(bool, apart)), len(apart), max(apart), name in old))
    alone = len(old.keys() - made.keys())
    return Comparison(
        tuple(parts), alone, _versions(old.get("versions"), made["versions"]), _versions(made["versions"])
    )


def _apart(old: Any, new: Any) -> Iterator[float]:
    """How far from each other are the values of both, one by one: 0 for the same."""
    if isinstance(new, dict):
        old = old if isinstance(old, dict) else {}
        for name in new:
            yield from _apart(old.get(name, _GONE), new[name])
        yield from (inf for name in old if name not in new)
    elif isinstance(new, list):
        for one, other in zip_longest(old if isinstance(old, list) else (), new, fillvalue=_GONE):
            yield from _apart(one, other)
    elif _number(old) and _number(new):
        yield abs(old - new) / max(abs(old), abs(new), 1e-300)
    else:
        yield 0.0 if type(old) is type(new) and old == new else inf


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _versions(found: Any, known: Mapping[str, str] | None = None) -> str:
    """ "tutor 1.2.0, python 3.12.4, numpy 2.3.0": of what is `known`, whatever looks like a version."""
    given = found if isinstance(found, dict) else {}
    kept = {name: str(given.get(name)) for name in known or given}
    return ", ".join(f"{name} {version}" for name, version in kept.items() if _VERSION.fullmatch(version))
