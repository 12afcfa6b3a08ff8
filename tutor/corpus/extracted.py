"""What a reader of some format hands back: lines of text, and where in the file they come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutor.errors import CorpusError
from tutor.text import normalise

if TYPE_CHECKING:
    from tutor.types import Lang

CHARACTERS = 5_000_000  # of text, at most, in one file
LINE = 5_000  # characters; a longer line is no prose, and would make every pattern over it slow
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LEADERS = re.compile(r"([^\w\s])\1{9,}|[.!?。…]{10,}")  # the dots of a table of contents, rules, boxes
_GAP = re.compile(r"[^\S\n]{40,}")


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file. `places` is what Document.places is; `title` is "" and `lang` None where it names none."""

    text: str
    title: str = ""
    places: tuple[tuple[int, str], ...] = ()
    body_line: int = 1
    lang: Lang | None = None


class Lines:
    """Lines of text as they are extracted, cleaned and counted."""

    def __init__(self, name: str) -> None:
        self._name, self._characters = name, 0
        self.lines: list[str] = []
        self.places: list[tuple[int, str]] = []

    def place(self, label: str) -> None:
        """What is added from here on stands at `label`."""
        self.places.append((len(self.lines) + 1, label))

    def add(self, text: str) -> None:
        """The lines of `text`.

        Raises:
            CorpusError: with these there are more than CHARACTERS.
        """
        self._characters += len(text)
        if self._characters > CHARACTERS:
            raise refusal(
                self._name,
                (f"it holds more than {CHARACTERS:,} characters of text", "Cut it into smaller files."),
                (f"글자가 {CHARACTERS:,}자를 넘어요", "더 작은 파일로 나눠 주세요."),
            )
        cleaned = normalise(_SURROGATE.sub("\ufffd", text))
        cleaned = _GAP.sub(" ", _LEADERS.sub(lambda run: run.group()[:3], cleaned))
        for line in cleaned.split("\n"):
            self.lines += cut(line, LINE) if len(line) > LINE else [line]

    def extracted(self, title: str = "") -> Extracted:
        return Extracted("\n".join(self.lines), title, tuple(self.places))


def cut(text: str, longest: int) -> list[str]:
    """`text` in parts of at most `longest` characters, cut at white space where there is some in a part's last half."""
    parts = []
    while len(text) > longest:
        space = text.rfind(" ", longest // 2, longest + 1)
        end = space if space > 0 else longest
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*parts, text] if text else parts


def refusal(name: str, en: tuple[str, str], ko: tuple[str, str]) -> CorpusError:
    """The error that says why the file `name` cannot be read: (what is wrong, what to do), in both languages."""
    return CorpusError(f"{name}: {en[0]}.", en[1], ko=(f"{name}: {ko[0]}.", ko[1]))
