"""A lab's arguments, checked, and what is said of a wrong one: its name, the value, and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tutor.errors import ToolCallInvalid

Model = TypeVar("Model", bound=BaseModel)


class NotAllowed(ValueError):
    """Raised by a model's own validator: what is wrong with the value and what is allowed, in both languages."""

    def __init__(self, en: str, ko: str) -> None:
        super().__init__(en)
        self.en, self.ko = en, ko


def checked(model: type[Model], arguments: Mapping[str, Any]) -> Model:
    """`arguments` as `model`, defaults filled in.

    Raises:
        ToolCallInvalid: naming the first argument that is unknown, of a wrong type or out of range.
    """
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    known: dict[str, Any] = model.model_json_schema()["properties"]
    if name not in known:
        names = ", ".join(known)
        raise ToolCallInvalid(
            f"There is no argument {short(name)}.",
            f"Known are {names}.",
            ko=(f"{short(name)}(이)라는 인자는 없어요.", f"쓸 수 있는 인자는 {names}예요."),
        )
    reason = first.get("ctx", {}).get("error")
    en, ko = (reason.en, reason.ko) if isinstance(reason, NotAllowed) else _allowed(known[name])
    value = short(arguments[name])
    raise ToolCallInvalid(
        f"The argument {name}={value} is not allowed.", en, ko=(f"{name}={value}은(는) 쓸 수 없어요.", ko)
    )


def _allowed(schema: Mapping[str, Any]) -> tuple[str, str]:
    """What an argument may be, by its JSON schema, in English and Korean."""
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        names = ", ".join(map(str, choices))
        return f"Use one of {names}.", f"{names} 중에서 골라 주세요."
    if schema.get("type") == "string":
        most = schema.get("maxLength")
        return f"Use a text of at most {most} characters.", f"{most}자 이하의 글을 써 주세요."
    kind, kind_ko = ("whole number", "정수") if schema.get("type") == "integer" else ("number", "수")
    high = schema["maximum"]
    if "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"]
        return (
            f"Use a {kind} above {low:g}, at most {high:g}.",
            f"{low:g}보다 크고 {high:g} 이하인 {kind_ko}를 써 주세요.",
        )
    low = schema["minimum"]
    return f"Use a {kind} from {low:g} to {high:g}.", f"{low:g}부터 {high:g}까지의 {kind_ko}를 써 주세요."


def short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
