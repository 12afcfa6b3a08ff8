"""What the perceptron lab may be asked for, and what is said when it is asked for something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from tutor.errors import ToolCallInvalid
from tutor.labs import mlp, perceptron
from tutor.labs.checking import short

MAX_EPOCHS, MAX_SEEDS, MAX_HIDDEN_UNITS, MAX_LEARNING_RATE = 10_000, 8, 64, 10

Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]


class PerceptronArguments(BaseModel):
    """Train a perceptron on a logic gate, live, and see what one line can and cannot learn."""

    # Docstring, descriptions and limits become the JSON schema that a model is told; null is left out of it.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    gate: Literal["and", "or", "nand", "nor", "xor", "xnor"] = Field(description="Logic gate to learn.")
    layers: Literal["single", "multi", "both"] = Field(
        "both", description="single: Rosenblatt's perceptron. multi: one hidden layer, backpropagation. both: compare."
    )
    learning_rate: Annotated[float, Field(gt=0, le=MAX_LEARNING_RATE, allow_inf_nan=False)] | SkipJsonSchema[None] = (
        Field(
            None,
            description=f"Step size. Default {perceptron.LEARNING_RATE} for single, {mlp.LEARNING_RATE} for multi.",
        )
    )
    epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)] | SkipJsonSchema[None] = Field(
        None,
        description=f"Limit of passes over the points. Default {perceptron.EPOCHS} for single, {mlp.EPOCHS} for multi.",
    )
    seeds: list[Seed] = Field(
        [0],
        min_length=1,
        max_length=MAX_SEEDS,
        description="Random seeds of the initial weights, all different; one run each, to compare.",
        json_schema_extra={"uniqueItems": True},
    )
    hidden_units: Annotated[int, Field(ge=1, le=MAX_HIDDEN_UNITS)] | SkipJsonSchema[None] = Field(
        None, description=f"Hidden units of multi. Default {mlp.HIDDEN_UNITS}."
    )
    activation: Literal["step", "sigmoid", "tanh", "relu"] | SkipJsonSchema[None] = Field(
        None, description="Hidden activation of multi: sigmoid, tanh (default) or relu. step is single's only one."
    )

    def filled(self) -> PerceptronArguments:
        """With defaults filled in; learning rate and epochs stay None where single and multi have their own."""
        own: dict[str, Any]
        if self.layers == "single":
            own = {"learning_rate": perceptron.LEARNING_RATE, "epochs": perceptron.EPOCHS, "activation": "step"}
        else:
            own = {"hidden_units": mlp.HIDDEN_UNITS, "activation": "tanh"}
        if self.layers == "multi":
            own |= {"learning_rate": mlp.LEARNING_RATE, "epochs": mlp.EPOCHS}
        return self.model_copy(update={name: value for name, value in own.items() if getattr(self, name) is None})


# What each argument may be, in both languages; for the messages.
_ALLOWED = {
    "gate": ("Use and, or, nand, nor, xor or xnor.", "and, or, nand, nor, xor, xnor 중에서 골라 주세요."),
    "layers": ("Use single, multi or both.", "single, multi, both 중에서 골라 주세요."),
    "learning_rate": (
        f"Use a number above 0, at most {MAX_LEARNING_RATE}, such as 0.1.",
        f"0보다 크고 {MAX_LEARNING_RATE} 이하인 수를 써 주세요. 예: 0.1",
    ),
    "epochs": (
        f"Use a whole number from 1 to {MAX_EPOCHS}.",
        f"1부터 {MAX_EPOCHS}까지의 정수를 써 주세요.",
    ),
    "seeds": (
        f"Use a list of 1 to {MAX_SEEDS} different whole numbers from 0 to {2**31 - 1}, such as [0, 1].",
        f"0부터 {2**31 - 1}까지의 서로 다른 정수를 1~{MAX_SEEDS}개 담은 목록을 써 주세요. 예: [0, 1]",
    ),
    "hidden_units": (
        f"Use a whole number from 1 to {MAX_HIDDEN_UNITS}.",
        f"1부터 {MAX_HIDDEN_UNITS}까지의 정수를 써 주세요.",
    ),
    "activation": ("Use step, sigmoid, tanh or relu.", "step, sigmoid, tanh, relu 중에서 골라 주세요."),
}

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], arguments: Mapping[str, Any]) -> Model:
    """Arguments as `model`.

    Raises:
        ToolCallInvalid: naming the first argument that is unknown, missing, of a wrong type or out of range.
    """
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise _invalid(first["type"], str(first["loc"][0]), arguments) from None


def parse_perceptron(arguments: Mapping[str, Any]) -> PerceptronArguments:
    """Arguments of train_perceptron, checked against each other too, defaults filled in.

    `activation` is that of the multilayer net's hidden units; the single layer always has the step, which
    has no gradient to train hidden units by. So "step" goes with layers "single" alone, and the other
    activations, like `hidden_units`, do not go with it.

    Raises:
        ToolCallInvalid: see `parse`; also a repeated seed, and what the chosen layers cannot have.
    """
    checked = parse(PerceptronArguments, arguments)
    if len(set(checked.seeds)) < len(checked.seeds):
        raise _invalid("repeated", "seeds", arguments)
    if checked.layers == "single" and checked.activation not in (None, "step"):
        raise ToolCallInvalid(
            f"A single layer cannot have activation={checked.activation!r}: Rosenblatt's perceptron has the step.",
            "Leave activation out, or use layers='multi'.",
            ko=(
                f"단층에는 activation={checked.activation!r}을(를) 쓸 수 없어요.",
                "로젠블랫의 퍼셉트론은 계단 함수(step)를 써요. activation을 빼거나 layers='multi'로 바꿔 주세요.",
            ),
        )
    if checked.layers == "single" and checked.hidden_units is not None:
        raise ToolCallInvalid(
            f"A single layer has no hidden units, but hidden_units={checked.hidden_units}.",
            "Leave hidden_units out, or use layers='multi'.",
            ko=(
                f"단층에는 은닉 유닛이 없는데 hidden_units={checked.hidden_units}(이)라고 했어요.",
                "hidden_units를 빼거나 layers='multi'로 바꿔 주세요.",
            ),
        )
    if checked.layers != "single" and checked.activation == "step":
        raise ToolCallInvalid(
            "Hidden units with activation='step' cannot be trained: the step has no gradient to pass back.",
            "Use sigmoid, tanh or relu, or layers='single'.",
            ko=(
                "activation='step'인 은닉층은 학습할 수 없어요. 계단 함수에는 되돌려 보낼 기울기가 없어요.",
                "sigmoid, tanh, relu 중에서 고르거나 layers='single'로 바꿔 주세요.",
            ),
        )
    return checked.filled()


def _invalid(kind: str, name: str, arguments: Mapping[str, Any]) -> ToolCallInvalid:
    allowed = _ALLOWED.get(name)
    if allowed is None:
        known = ", ".join(_ALLOWED)
        return ToolCallInvalid(
            f"There is no argument {short(name)}.",
            f"Known are {known}.",
            ko=(f"{short(name)}(이)라는 인자는 없어요.", f"쓸 수 있는 인자는 {known}예요."),
        )
    if kind == "missing":
        message, ko = f"The argument {name} is missing.", f"{name} 인자가 빠졌어요."
    else:
        shown = short(arguments[name])
        message, ko = f"The argument {name}={shown} is not allowed.", f"{name}={shown}은(는) 쓸 수 없어요."
    return ToolCallInvalid(message, allowed[0], ko=(ko, allowed[1]))
