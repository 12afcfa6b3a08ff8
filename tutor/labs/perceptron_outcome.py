"""What the perceptron lab is called by, what it is to show, and what may be tried after a run of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutor.labs import mlp
from tutor.labs.arguments import MAX_EPOCHS
from tutor.labs.charts import Words
from tutor.labs.gates import GATES
from tutor.labs.outcome import Claim, Experiment
from tutor.types import LabResult

NAME = "train_perceptron"
TITLE: Words = {"en": "Perceptron", "ko": "퍼셉트론"}
SUMMARY: Words = {
    "en": "A single-layer perceptron learns a logic gate with one straight line; for XOR, which no line can draw, a "
    "hidden layer is added.",
    "ko": "단층 퍼셉트론이 직선 하나로 논리 게이트를 배워요. 직선으로 나눌 수 없는 XOR에는 은닉층을 붙여요.",
}
LABELS: Mapping[str, Words] = {
    "gate": {"en": "Gate", "ko": "게이트"},
    "layers": {"en": "Layers", "ko": "층"},
    "learning_rate": {"en": "Learning rate", "ko": "학습률"},
    "epochs": {"en": "Epochs", "ko": "에폭 수"},
    "seeds": {"en": "Seeds", "ko": "시드"},
    "hidden_units": {"en": "Hidden units", "ko": "은닉 유닛"},
    "activation": {"en": "Activation", "ko": "활성화 함수"},
    **{gate: {"en": gate.upper(), "ko": gate.upper()} for gate in GATES},
    "single": {"en": "single layer", "ko": "단층"},
    "multi": {"en": "with a hidden layer", "ko": "은닉층이 있는 다층"},
    "both": {"en": "both", "ko": "둘 다"},
    "step": {"en": "step", "ko": "계단 함수"},
    "sigmoid": {"en": "sigmoid", "ko": "시그모이드"},
    "tanh": {"en": "tanh", "ko": "tanh"},
    "relu": {"en": "ReLU", "ko": "ReLU"},
}


def _all_right(record: Mapping[str, Any]) -> bool:
    return all(series["final_correct"] == 4 for series in record["series"])


def _never_all_right(record: Mapping[str, Any]) -> bool:
    return all(series["best_correct"] <= 3 for series in record["series"])


# Each seed n is run with seeds [n].
CLAIMS: tuple[Claim, ...] = (
    Claim("A single layer learns AND: 4 of 4 right.", _all_right, 100, {"gate": "and", "layers": "single"}),
    Claim("A single layer learns OR: 4 of 4 right.", _all_right, 100, {"gate": "or", "layers": "single"}),
    Claim(
        "A single layer never gets more than 3 of 4 right on XOR.",
        _never_all_right,
        100,
        {"gate": "xor", "layers": "single"},
    ),
    Claim("With a hidden layer XOR is learned: 4 of 4 right.", _all_right, 99, {"gate": "xor", "layers": "multi"}),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """What would mend or explain what this run shows, more seeds or another gate, and the lab that goes further."""
    given, record = {k: v for k, v in result.arguments.items() if v is not None}, result.record
    name, seeds = given["gate"].upper(), given["seeds"]
    tried = _mended(given, record)
    if len(seeds) == 1:
        words: Words = {"en": "Overlay 5 seeds", "ko": "시드 5개를 겹쳐 보기"}
        tried.append(Experiment(words, NAME, {**given, "seeds": [0, 1, 2, 3, 4]}))
    if record["proof"]["is_separable"]:
        words = {"en": f"XOR instead of {name}", "ko": f"{name} 대신 XOR로 해 보기"}
        tried.append(Experiment(words, NAME, {"gate": "xor", "layers": given["layers"], "seeds": seeds}))
    elif given["layers"] == "single":
        words = {"en": f"AND instead of {name}", "ko": f"{name} 대신 AND로 해 보기"}
        tried.append(Experiment(words, NAME, {"gate": "and", "layers": "single", "seeds": seeds}))
    elif given["hidden_units"] != 2:
        words = {"en": f"{name} with only 2 hidden units", "ko": f"{name}, 은닉 유닛 2개만으로 해 보기"}
        tried.append(Experiment(words, NAME, {**given, "layers": "multi", "hidden_units": 2}))
    points = "separable" if record["proof"]["is_separable"] else "xor"
    further = (
        Experiment(
            {"en": "The same rule beside ADALINE's", "ko": "아달라인의 규칙과 견주기"}, "adaline", {"points": points}
        )
        if given["layers"] == "single"
        else Experiment({"en": "How backpropagation trains it", "ko": "역전파가 가르치는 모습 보기"}, "backpropagation")
    )
    return [*tried[:2], further]


def _mended(given: Mapping[str, Any], record: Mapping[str, Any]) -> list[Experiment]:
    """What to change if some series did not get all four points right: one setting for the net, one for the line."""
    name = given["gate"].upper()
    failed = {series["layers"]: series for series in record["series"] if series["final_correct"] < 4}
    mended = []
    if "multi" in failed and (better := _better_net(failed["multi"])):
        changed, words = better
        mended.append(Experiment(words, NAME, {**given, **changed}))
    if "single" in failed and record["proof"]["is_separable"] and failed["single"]["epoch_limit"] < MAX_EPOCHS:
        epochs = min(10 * failed["single"]["epoch_limit"], MAX_EPOCHS)
        single = {"layers": "single", "activation": "step", "epochs": epochs}
        kept = {k: v for k, v in given.items() if k != "hidden_units"}
        words = {"en": f"A single layer with {epochs} epochs", "ko": f"단층으로 {epochs}에폭까지 해 보기"}
        mended.append(Experiment(words, NAME, {**kept, **single}))
    if "single" in failed and not record["proof"]["is_separable"] and given["layers"] == "single":
        words = {"en": f"Give {name} a hidden layer", "ko": f"{name}에 은닉층 붙여 보기"}
        mended.append(Experiment(words, NAME, {"gate": given["gate"], "layers": "multi", "seeds": given["seeds"]}))
    return mended


def _better_net(series: Mapping[str, Any]) -> tuple[dict[str, Any], Words] | None:
    """The first setting of a net that failed which is not as good as the lab's own, put right."""
    if series["hidden_units"] < mlp.HIDDEN_UNITS:
        units = mlp.HIDDEN_UNITS
        return {"hidden_units": units}, {
            "en": f"Try it with {units} hidden units",
            "ko": f"은닉 유닛 {units}개로 해 보기",
        }
    if series["epochs"] < mlp.EPOCHS:
        return {"epochs": mlp.EPOCHS}, {"en": f"Try it with {mlp.EPOCHS} epochs", "ko": f"{mlp.EPOCHS}에폭으로 해 보기"}
    if series["learning_rate"] != mlp.LEARNING_RATE:
        rate = mlp.LEARNING_RATE
        return {"learning_rate": rate}, {"en": f"Try it with learning rate {rate}", "ko": f"학습률 {rate}에서 해 보기"}
    if series["activation"] != "tanh":
        return {"activation": "tanh"}, {"en": "Try it with tanh", "ko": "tanh로 해 보기"}
    return None
