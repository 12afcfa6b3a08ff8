"""What the learner said decides what a call may hold; and the tools really run."""

import threading

import pytest

from tutor.errors import ToolCallInvalid
from tutor.tools import Toolbox, gates_in
from tutor.training.mixture import PARAMETERS
from tutor.types import ToolCall


@pytest.mark.parametrize(
    ("text", "gates"),
    [
        ("Show me XOR", ["xor"]),
        ("train single and multi layer on xor or whatever", ["xor"]),
        ("AND 게이트 보여줘", ["and"]),
        ("AND를 배우는 걸 보여줘", ["and"]),
        ("train on the or gate", ["or"]),
        ("XNOR이랑 NAND 비교", ["xnor", "nand"]),
        ("논리합이 아니라 배타적 논리합", ["or", "xor"]),
        ("neither this nor that", []),
        ("NOR 해봐", ["nor"]),
        ("exclusive or, please", ["xor"]),
        ("rock and roll", []),
    ],
)
def test_gates_in(text: str, gates: list[str]) -> None:
    assert gates_in(text) == gates


def allowed(*said: str) -> dict:
    return dict(Toolbox().specs(said)[0].allowed["properties"])


def test_the_gate_comes_from_the_newest_message_that_names_one() -> None:
    assert allowed("Why can't it do XOR?", "What about AND?", "show me")["gate"]["enum"] == ["and"]
    assert len(allowed("show me")["gate"]["enum"]) == 6


def test_a_setting_can_be_made_only_of_what_was_said() -> None:
    assert list(allowed("XOR 보여줘")) == ["gate", "layers"]
    given = allowed("XOR를 학습률 0.5로 시드 세 개로 보여줘")
    assert given["learning_rate"] == {"enum": [0.5]}
    assert given["seeds"]["items"] == {"enum": [0, 1, 2]}
    assert "epochs" not in given
    assert allowed("train XOR for 40 epochs with seed 7")["epochs"] == {"enum": [40, 7]}


def test_the_parameters_are_those_that_the_bundled_model_learnt() -> None:
    assert list(Toolbox().specs(["x"])[0].parameters["properties"]) == PARAMETERS


def test_a_call_runs() -> None:
    steps = Toolbox().run(ToolCall("train_perceptron", {"gate": "and", "layers": "single"}), "ko", threading.Event())
    frames = []
    while True:
        try:
            frames.append(next(steps))
        except StopIteration as end:
            result = end.value
            break
    assert result.ok
    assert result.arguments["seeds"] == [0]
    assert "4/4" in result.text
    assert result.result.frames == tuple(frames)


@pytest.mark.parametrize("call", [ToolCall("rm", {}), ToolCall("train_perceptron", {"gate": "xor", "epochs": -1})])
def test_a_wrong_call_is_refused_before_anything_runs(call: ToolCall) -> None:
    with pytest.raises(ToolCallInvalid):
        next(Toolbox().run(call, "en", threading.Event()))
