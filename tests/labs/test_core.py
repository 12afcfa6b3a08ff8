import json
import re
import threading

import numpy as np
import pytest
from labruns import finish, result

from tutor.errors import ToolCallInvalid, ToolFailed
from tutor.labs import core
from tutor.labs.arguments import PerceptronArguments

NAME = "train_perceptron"


def start(cancel=None, name=NAME, **arguments):
    return core.run(name, arguments, cancel or threading.Event())


@pytest.mark.parametrize(
    ("wrong", "value", "allowed"),
    [
        ({"gate": "xandy"}, "gate='xandy'", "and, or, nand, nor, xor"),
        ({"gate": 3}, "gate=3", "xor"),
        ({"layers": "triple"}, "layers='triple'", "single, multi"),
        ({"learning_rate": 0}, "learning_rate=0 ", "10"),
        ({"learning_rate": -0.5}, "learning_rate=-0.5", "10"),
        ({"learning_rate": float("nan")}, "learning_rate=nan", "10"),
        ({"learning_rate": float("inf")}, "learning_rate=inf", "10"),
        ({"learning_rate": 1e9}, "learning_rate=1000000000.0", "10"),
        ({"learning_rate": "0.1"}, "learning_rate='0.1'", "10"),
        ({"epochs": 0}, "epochs=0", "10000"),
        ({"epochs": -5}, "epochs=-5", "10000"),
        ({"epochs": 10**12}, "epochs=1000000000000", "10000"),
        ({"epochs": 2.5}, "epochs=2.5", "10000"),
        ({"epochs": True}, "epochs=True", "10000"),
        ({"seeds": []}, "seeds=[]", "8"),
        ({"seeds": [1, 1]}, "seeds=[1, 1]", "8"),
        ({"seeds": list(range(9))}, "seeds=[0, 1, 2, 3, 4, 5, 6, 7, 8]", "8"),
        ({"seeds": [-1]}, "seeds=[-1]", "2147483647"),
        ({"seeds": [2**31]}, "seeds=[2147483648]", "2147483647"),
        ({"seeds": 1}, "seeds=1", "8"),
        ({"hidden_units": 0}, "hidden_units=0", "64"),
        ({"hidden_units": 65}, "hidden_units=65", "64"),
        ({"activation": "gelu"}, "activation='gelu'", "step, sigmoid, tanh"),
        ({"momentum": 0.9}, "'momentum'", "learning_rate, epochs"),
        ({"layers": "both", "activation": "step"}, "activation='step'", "sigmoid"),
        ({"layers": "single", "activation": "tanh"}, "activation='tanh'", "layers='multi'"),
        ({"layers": "single", "hidden_units": 4}, "hidden_units=4", "layers='multi'"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(wrong, value, allowed):
    with pytest.raises(ToolCallInvalid) as caught:
        next(start(**{"gate": "xor", **wrong}))
    for lang in ("en", "ko"):
        assert value.strip() in caught.value.text(lang)
        assert allowed in caught.value.text(lang)
    assert re.search("[가-힣]", caught.value.text("ko"))


def test_missing_gate_and_unknown_lab():
    with pytest.raises(ToolCallInvalid, match="gate is missing"):
        next(start())
    with pytest.raises(ToolCallInvalid, match=r"'cook'.*train_perceptron"):
        next(start(name="cook"))


def test_a_long_wrong_value_is_cut():
    with pytest.raises(ToolCallInvalid) as caught:
        next(start(gate="x" * 10_000))
    assert len(str(caught.value)) < 200


def test_schema_tells_the_limits_and_no_null():
    schema = PerceptronArguments.model_json_schema()
    assert schema["required"] == ["gate"]
    assert schema["additionalProperties"] is False
    rate = schema["properties"]["learning_rate"]
    assert (rate["type"], rate["exclusiveMinimum"], rate["maximum"]) == ("number", 0, 10)
    assert schema["properties"]["seeds"]["maxItems"] == 8
    assert all(field["description"] for field in schema["properties"].values())


def test_defaults_are_filled_in_and_run_again():
    single = core.parse(NAME, {"gate": "and", "layers": "single"}).model_dump()
    assert single == {
        "gate": "and",
        "layers": "single",
        "learning_rate": 0.1,
        "epochs": 50,
        "seeds": [0],
        "hidden_units": None,
        "activation": "step",
    }
    both = core.parse(NAME, {"gate": "xor"}).model_dump()
    assert (both["hidden_units"], both["activation"], both["learning_rate"]) == (8, "tanh", None)
    for filled in (single, both):
        assert core.parse(NAME, filled).model_dump() == filled


def test_result_is_plain_json_with_every_frame():
    frames, done = finish(start(gate="xor", seeds=[3]))
    assert json.loads(json.dumps(done.record)) == done.record
    assert done.frames == tuple(frames)
    assert [s["name"] for s in done.record["series"]] == ["single, seed 3", "multi, seed 3"]
    assert {f.series for f in frames} == {"single, seed 3", "multi, seed 3"}


def test_the_same_seed_gives_the_same_run():
    one, two, other = (finish(start(gate="xor", seeds=[seed])) for seed in (5, 5, 6))
    for done in (one, two, other):
        del done[1].record["seconds"]
    assert one[1].record == two[1].record
    assert one[1].record["series"][0]["weights"] != other[1].record["series"][0]["weights"]
    for a, b in zip(one[0], two[0], strict=True):
        assert a.metrics == b.metrics
        assert all(np.array_equal(a.arrays[name], b.arrays[name]) for name in a.arrays)


def test_cancel_stops_at_the_next_frame():
    cancel = threading.Event()
    running = start(cancel, gate="xor", epochs=10_000)
    for _ in range(5):
        next(running)
    cancel.set()
    with pytest.raises(ToolFailed, match="stopped"):
        next(running)


def test_time_limit_stops_the_run():
    with pytest.raises(ToolFailed, match="longer than 0 seconds"):
        finish(core.run(NAME, {"gate": "xor"}, threading.Event(), time_limit=0.0))


def test_text_of_xor_says_stuck_and_why():
    done = result(gate="xor")
    single, multi = done.record["series"]
    assert done.text["en"] == (
        "Single layer, seed 0, on XOR: stuck, best accuracy 3/4 after 50 epochs. No line does better than 3/4: "
        "of all 14 ways that a line can label the four points, the best gets 3 of 4 right. "
        f"Multilayer (8 tanh hidden units), seed 0, on XOR: 4/4 after {multi['epochs_to_convergence']} epochs, "
        f"every output within 0.1 of its target after {multi['epochs']}."
    )
    assert (single["best_correct"], single["epochs"]) == (3, 50)
    assert "50에폭을 돌려도 최고 정확도 3/4에서 막혔어요." in done.text["ko"]
    assert "방법 14가지를 모두 따져 봐도, 가장 좋은 것이 4개 중 3개를 맞혀요." in done.text["ko"]


@pytest.mark.parametrize("seeds", [[0], [0, 1], [4, 9, 2], list(range(8))])
@pytest.mark.parametrize(
    "arguments",
    [
        {"gate": "xnor"},
        {"gate": "and"},
        {"gate": "or", "layers": "single", "epochs": 1},
        {"gate": "xor", "layers": "multi", "hidden_units": 2, "epochs": 300},
    ],
)
def test_both_languages_tell_the_same_numbers_all_from_the_record(arguments, seeds):
    done = result(**arguments, seeds=seeds)
    told = {lang: set(re.findall(r"\d+(?:\.\d+)?", text)) for lang, text in done.text.items()}
    known = set(re.findall(r"\d+(?:\.\d+)?", json.dumps(done.record, ensure_ascii=False)))
    single = [s for s in done.record["series"] if s["layers"] == "single"]
    known |= {"1", "2", "4", str(len(seeds))} | {n for s in single for n in re.findall(r"\d+(?:\.\d+)?", s["line"])}
    finished = [s for s in done.record["series"] if s["epochs_to_convergence"]]
    known |= {str(sum(s["layers"] == layers for s in finished)) for layers in ("single", "multi")}
    assert told["en"] <= known
    assert told["en"] == told["ko"]


def test_two_seeds_end_on_two_lines_and_two_boundaries():
    done = result(gate="and", seeds=[0, 1])
    first, second = (s["line"] for s in done.record["series"][:2])
    assert first != second
    assert f"The 2 seeds end on 2 different lines: seed 0: {first}; seed 1: {second}." in done.text["en"]
    a, b = (f.arrays["surface"] for f in {f.series: f for f in done.frames if "multi" in f.series}.values())
    differing = int(((a > 0.5) != (b > 0.5)).sum())
    assert differing > 0
    assert f"they disagree at {differing} of 625 grid points" in done.text["en"]
    assert f"격자점 625개 중 {differing}개에서 답이 달라요" in done.text["ko"]
