"""The file of questions that `tutor eval` runs: one JSON object a line, checked before anything heavy loads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tutor.errors import SettingError

Gate = Literal["and", "or", "nand", "nor", "xor", "xnor"]
Kind = Literal[
    "history",
    "concept",
    "seed_note",
    "compare",
    "followup",
    "demo",
    "refuse",
    "correct_premise",
    "injection",
    "smalltalk",
    "typo",
]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
Text = Annotated[str, Field(min_length=1)]


class _Record(BaseModel):
    """Fields that are null take their default; fields that are not known are ignored."""

    model_config = ConfigDict(frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class Demo(_Record):
    """The demo that a question asks for. None: any."""

    name: str
    gate: Gate | None = None
    layers: Literal["single", "multi", "both"] | None = None


class DemoArguments(_Record):
    """What else the demo is asked for. `seeds` counts different seeds; `gates` all run, of `gate_any` at least one."""

    learning_rate: float | None = None
    epochs: int | None = None
    seed: int | None = None
    seeds: int | None = None
    gate_any: list[Gate] | None = None
    gates: list[Gate] | None = None


class Question(_Record):
    """One question and what a right answer to it holds; `article` names the articles (slugs) that hold it."""

    id: Text
    lang: Literal["ko", "en", "mixed"]
    kind: Kind
    turns: Annotated[list[Text], Field(min_length=1)]
    must: list[Pattern] = []
    must_any: list[Annotated[list[Pattern], Field(min_length=1)]] = []
    must_not: list[Pattern] = []
    tool: Demo | None = None
    tool_args: DemoArguments = DemoArguments()
    expect_citation: bool = False
    expect_refusal: bool = False
    article: list[Text] = []
    reference: str = ""


def read(path: Path) -> list[Question]:
    """The questions of the file, in order; blank lines are skipped.

    Raises:
        SettingError: the file cannot be read or holds no question, or a line is wrong; names the line.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise SettingError(
            f"The question file {str(path)!r} cannot be read: {error.strerror}.",
            "Type for example: tutor eval corpus/qa/dev/ko.jsonl --out answers.jsonl",
            ko=(
                f"질문 파일 {str(path)!r}을(를) 읽을 수 없어요: {error.strerror}.",
                "예를 들어 이렇게 입력해 주세요: tutor eval corpus/qa/dev/ko.jsonl --out answers.jsonl",
            ),
        ) from None
    questions: list[Question] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            question = _parse(path, number, line)
            if question.id in seen:
                raise _wrong(path, number, f"id {question.id!r} is already on line {seen[question.id]}")
            seen[question.id] = number
            questions.append(question)
    if not questions:
        raise _wrong(path, 1, "the file holds no question")
    return questions


def _parse(path: Path, number: int, line: bytes) -> Question:
    try:
        return Question.model_validate(json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8")))
    except UnicodeDecodeError as error:
        raise _wrong(path, number, f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _wrong(path, number, f"not JSON, column {error.colno}: {error.msg}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "the record"
        raise _wrong(path, number, f"{field}: {first['msg']}") from None


def _wrong(path: Path, number: int, what: str) -> SettingError:
    return SettingError(
        f"Line {number} of {path} is wrong: {what}.",
        "Correct the line and run the same command again.",
        ko=(f"{path}의 {number}번째 줄이 잘못됐어요: {what}.", "그 줄을 고치고 같은 명령을 다시 실행해 주세요."),
    )
