import re

import pytest
from labruns import result

from tutor.labs import core, train_perceptron
from tutor.labs.arguments import PerceptronArguments, parse_perceptron
from tutor.labs.gates import GATES

NAME = train_perceptron.NAME
RUNS = {
    "xor": {"gate": "xor"},
    "xor single": {"gate": "xor", "layers": "single"},
    "xor single, five": {"gate": "xor", "layers": "single", "seeds": [0, 1, 2, 3, 4]},
    "xor two units": {"gate": "xor", "layers": "multi", "hidden_units": 2, "seeds": [0, 1, 2]},
    "xnor short": {"gate": "xnor", "layers": "multi", "epochs": 1},
    "xor slow": {"gate": "xor", "layers": "multi", "learning_rate": 0.0001, "activation": "relu"},
    "and": {"gate": "and", "layers": "single"},
    "or, both": {"gate": "or", "seeds": [3, 4]},
    "nand short": {"gate": "nand", "epochs": 1, "hidden_units": 16},
}
FIRST = {
    "xor": "Overlay 5 seeds",
    "xor single": "Give XOR a hidden layer",
    "xor single, five": "Give XOR a hidden layer",
    "xor two units": "Try it with 8 hidden units",
    "xnor short": "Try it with 2000 epochs",
    "xor slow": "Try it with learning rate 0.5",
    "and": "Overlay 5 seeds",
    "or, both": "XOR instead of OR",
    "nand short": "Try it with 2000 epochs",
}


@pytest.mark.parametrize("claim", train_perceptron.CLAIMS, ids=lambda claim: claim.says)
def test_the_claims_hold(claim):
    held = sum(claim.holds(result(**claim.arguments, seeds=[seed]).record) for seed in range(100))
    assert held >= claim.at_least


def test_a_claim_can_fail():
    learned, _, never, multi = train_perceptron.CLAIMS
    xor = result(gate="xor", layers="single").record
    assert not learned.holds(xor)
    assert not multi.holds(xor)
    assert not never.holds(result(gate="and", layers="single").record)


@pytest.mark.parametrize("name", RUNS)
def test_next_experiments(name):
    run = result(**RUNS[name])
    experiments = train_perceptron.next_experiments(run)
    assert experiments[0].words["en"] == FIRST[name]
    assert 2 <= len(experiments) <= 3
    assert experiments[-1].lab != NAME
    assert len({experiment.words["en"] for experiment in experiments}) == len(experiments)
    for experiment in experiments:
        assert set(experiment.words) == {"en", "ko"}
        assert re.search("[가-힣]", experiment.words["ko"])
        if experiment.lab == NAME:
            assert parse_perceptron(experiment.arguments).model_dump() != run.arguments
        else:
            core.parse(experiment.lab, experiment.arguments)


@pytest.mark.parametrize("name", ["xor single", "xor two units", "xnor short", "xor slow", "nand short"])
def test_the_first_one_mends_what_failed(name):
    experiment = train_perceptron.next_experiments(result(**RUNS[name]))[0]
    series = result(**experiment.arguments).record["series"]
    assert all(s["final_correct"] == 4 for s in series if s["layers"] == "multi")


def test_a_line_that_had_too_few_epochs_gets_more():
    run = result(gate="and", layers="single", epochs=1, learning_rate=0.01)
    first = train_perceptron.next_experiments(run)[0]
    assert first.words["en"] == "A single layer with 10 epochs"
    assert first.arguments["learning_rate"] == 0.01
    assert parse_perceptron(first.arguments).epochs == 10


def test_nothing_is_mended_where_all_is_as_good_as_it_gets():
    run = result(gate="xor", layers="multi", hidden_units=8, seeds=[0])
    run.record["series"][0].update(final_correct=3, epochs=2000)
    assert train_perceptron.next_experiments(run)[0].words["en"] == "Overlay 5 seeds"


def test_labels_are_those_of_the_arguments_and_their_choices():
    choices = {*GATES, "single", "multi", "both", "step", "sigmoid", "tanh", "relu"}
    assert set(train_perceptron.LABELS) == {*PerceptronArguments.model_fields, *choices}
    assert set(train_perceptron.SUMMARY) == {"en", "ko"}
