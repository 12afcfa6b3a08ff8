"""A lab's arguments: what is said of a wrong one."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tutor.errors import ToolCallInvalid
from tutor.labs.checking import NotAllowed, checked


class Arguments(BaseModel):
    """A toy."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    epochs: int = Field(5, ge=1, le=40)
    learning_rate: float = Field(0.1, gt=0, le=2, allow_inf_nan=False)
    kind: Literal["rnn", "lstm"] = "lstm"
    word: str = Field("perceptron", max_length=10)


def test_defaults_are_filled_in():
    assert checked(Arguments, {"epochs": 7}) == Arguments(epochs=7)


@pytest.mark.parametrize(
    ("given", "en", "ko"),
    [
        (
            {"epochs": 41},
            "The argument epochs=41 is not allowed. Use a whole number from 1 to 40.",
            "1부터 40까지의 정수",
        ),
        ({"epochs": 2.5}, "epochs=2.5 is not allowed", "정수"),
        ({"epochs": True}, "epochs=True", "정수"),
        (
            {"learning_rate": float("nan")},
            "learning_rate=nan is not allowed. Use a number above 0, at most 2.",
            "0보다 크고 2 이하인 수",
        ),
        ({"kind": "gru"}, "kind='gru' is not allowed. Use one of rnn, lstm.", "rnn, lstm 중에서"),
        ({"word": "x" * 90}, "Use a text of at most 10 characters.", "10자 이하"),
        (
            {"depth": 3},
            "There is no argument 'depth'. Known are epochs, learning_rate, kind, word.",
            "쓸 수 있는 인자는",
        ),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(given, en, ko):
    with pytest.raises(ToolCallInvalid) as caught:
        checked(Arguments, given)
    assert en in caught.value.text("en")
    assert ko in caught.value.text("ko")


class Drawn(BaseModel):
    """A toy with a check of its own."""

    text: str = Field("", max_length=20)

    @field_validator("text")
    @classmethod
    def _short_words(cls, text: str) -> str:
        if "long" in text:
            raise NotAllowed("Word 1 is too long.", "1번째 낱말이 너무 길어요.")
        if "odd" in text:
            raise ValueError("odd")
        return text


@pytest.mark.parametrize(
    ("text", "en", "ko"),
    [
        ("longword", "The argument text='longword' is not allowed. Word 1 is too long.", "1번째 낱말이 너무 길어요."),
        ("odd", "text='odd' is not allowed. Use a text of at most 20 characters.", "20자 이하"),
    ],
)
def test_a_model_may_say_in_both_languages_what_is_allowed(text, en, ko):
    with pytest.raises(ToolCallInvalid) as caught:
        checked(Drawn, {"text": text})
    assert en in caught.value.text("en")
    assert ko in caught.value.text("ko")
