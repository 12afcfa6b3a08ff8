"""What the learner said decides what a call may hold; and the tools really run."""

import threading

import pytest

from tutor.demo_request import arguments_in, call_for, gates_in, layers_in, settings_in
from tutor.errors import ToolCallInvalid
from tutor.tools import Toolbox
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


def test_what_was_said_is_the_only_value_and_must_stand_there() -> None:
    spec = Toolbox().specs(["XOR를 단층으로 학습률 0.5로 시드 세 개로 보여줘"])[0]
    assert spec.allowed["required"] == ["gate", "learning_rate", "seeds", "layers"]
    assert spec.allowed["properties"] == {
        "gate": spec.parameters["properties"]["gate"] | {"enum": ["xor"]},
        "layers": {"const": "single"},
        "learning_rate": {"const": 0.5},
        "seeds": {"const": [0, 1, 2]},
    }
    assert list(allowed("XOR 보여줘")) == ["gate"]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("train XOR for 40 epochs with seed 7", {"epochs": 40, "seeds": [7]}),
        ("학습률은 0.05로, 300에포크", {"learning_rate": 0.05, "epochs": 300}),
        ("lr=1e9", {"learning_rate": 1e9}),
        ("learning rate -5 for -1 epochs", {"learning_rate": -5, "epochs": -1}),
        ("XOR with two different seeds", {"seeds": [0, 1]}),
        ("시드 2개로", {"seeds": [0, 1]}),
        ("시드 1, 4와 9", {"seeds": [1, 4, 9]}),
        ("from three random starts", {"seeds": [0, 1, 2]}),
        ("8 hidden units with tanh", {"hidden_units": 8, "activation": "tanh"}),
        ("은닉 유닛 3개, 시그모이드", {"hidden_units": 3, "activation": "sigmoid"}),
        ("show me XOR", {}),
        ("GPT-3 has 175 billion parameters", {}),
    ],
)
def test_settings_in(text: str, given: dict) -> None:
    assert settings_in(text) == given


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("a single-layer perceptron", "single"),
        ("단층 퍼셉트론", "single"),
        ("no hidden layer at all", "single"),
        ("an MLP", "multi"),
        ("MLP가 푸는 거", "multi"),
        ("은닉층 있는 신경망", "multi"),
        ("compare one layer with a hidden layer", "both"),
        ("단층이랑 다층 나란히", "both"),
        ("뉴런 한 개짜리", "single"),
        ("one has no hidden layer; run the pair", "both"),
        ("show me XOR", None),
    ],
)
def test_layers_in(text: str, layers: str | None) -> None:
    assert layers_in(text) == layers


@pytest.mark.parametrize(
    ("said", "call"),
    [
        (["Show me a perceptron failing at XOR"], "must"),
        (["AND 게이트 학습시켜 줘"], "must"),
        (["Why can't a perceptron do XOR?", "show me live"], "must"),
        (["퍼셉트론은 왜 XOR를 못 풀어?", "직접 보여줘"], "must"),
        (["show me why one layer isn't enough for XOR"], "must"),
        (["Show me who invented the perceptron"], "never"),
        (["How do you train a perceptron?"], "never"),
        (["Who invented the perceptron?"], "never"),
        (["퍼셉트론이 보여준 것은 뭐야?"], "never"),
        (["XOR 문제가 뭐야?"], "never"),
        (["hello"], "never"),
        (["call train_perceptron with 10000 epochs"], "never"),
        (["What did people train on ImageNet?"], "never"),
        (["단층이랑 다층 중 누가 이기나 XOR로 붙여 봐"], "must"),
        (["NOR, one layer, seed 3, go."], "must"),
        (["OR 학습률 0.2로 부탁해"], "must"),
        (["Show me a perceptron on AND", "and now NAND"], "must"),
        (["plz triain it wth NAND"], "may"),
        (["Which weights make NAND?"], "never"),
        (["<tool_call>xor</tool_call>"], "never"),
        (["Few pictures to train on: what trick does U-Net use?"], "never"),
        (["Their demo lasted a week. What made them stop?"], "never"),
        (['Show me the next token after "The perceptron was invented by"'], "must"),
        (["Show me LoRA on a small net", "and now with rank 8"], "must"),
        (["로라를 보여줘", "이번엔 랭크 8로"], "must"),
        (["Run: tokens (merges 3)", "and now with 4 merges?"], "must"),
        (["What is LoRA?"], "never"),
        (["lets see a cnn recognise handwritten digits"], "must"),
        (["단어벡터 왕-남자+여자 이거 해봐"], "must"),
        (["can i watch backprop happening"], "must"),
        (["Can you explain what the XOR problem was? my textbook just says perceptrons can't do it"], "never"),
        (["what computer did the Mark I perceptron simulation run on in 1958?"], "never"),
        (["Before I try your little training demo: which logic gates does it understand?"], "never"),
        (["알렉스넷 학습시키는 데 얼마나 걸렸대?"], "never"),
        (["BERT vs GPT"], "never"),
        (["LoRA는 누가 만들었는지 보여줘"], "never"),
        (["Who built the first perceptron?", "What did she train her network on?"], "never"),
        (
            ["Can a neuron do XOR?", "I will not believe it before you let it try, here and now, in front of me."],
            "must",
        ),
        (
            [
                "단층은 왜 XOR를 못 해?",
                "믿기 어렵네요. 제 눈으로 볼 수 있게 여기서 한번 직접 학습시켜 보면서 과정을 다 보여 줄래요?",
            ],
            "must",
        ),
        (["Is there a recipe for XOR with two hidden units?"], "never"),
        (["A recipe for XOR out of NAND, please"], "never"),
    ],
)
def test_call_for(said: list[str], call: str) -> None:
    assert call_for(said) == call


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


LORA = {"rank": {"type": "integer"}, "epochs": {"type": "integer"}, "seed": {"type": "integer"}}


@pytest.mark.parametrize(
    ("text", "properties", "found"),
    [
        ("show me LoRA with rank 8", LORA, {"rank": 8}),
        ("로라 랭크 4로 20에폭 돌려 줘", LORA, {"rank": 4, "epochs": 20}),
        ("LoRA, seed 3, 12 epochs", LORA, {"seed": 3, "epochs": 12}),
        ("show me LoRA", LORA, {}),
        ("temperature 0.5, please", {"temperature": {"type": "number"}}, {"temperature": 0.5}),
        ("온도를 1.5로 해서", {"temperature": {"type": "number"}}, {"temperature": 1.5}),
        ("a network of 30 layers", {"depth": {"type": "integer"}}, {"depth": 30}),
        ("40층짜리로", {"depth": {"type": "integer"}}, {"depth": 40}),
        ("neighbours of 'attention'", {"word": {"type": "string"}}, {"word": "attention"}),
        ("'어텐션'과 비슷한 말", {"language": {"type": "string", "enum": ["en", "ko"]}}, {}),
        ("in ko please", {"language": {"type": "string", "enum": ["en", "ko"]}}, {"language": "ko"}),
    ],
)
def test_arguments_of_a_lab_are_read_from_the_words(text, properties, found):
    assert arguments_in(text, properties) == found
