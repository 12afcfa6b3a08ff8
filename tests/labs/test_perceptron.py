from itertools import pairwise

import numpy as np
import pytest
from labruns import finish

from tutor.labs import perceptron
from tutor.labs.gates import GATES


def test_one_update_by_hand():
    """At (1, 1) the sum is 0.5 + 0.5 - 0.2 = 0.8, so the output is 1; NAND wants 0, so 0.1 is taken from each."""
    weights = perceptron.update(np.array([0.5, 0.5, -0.2]), point=3, target=0, learning_rate=0.1)
    np.testing.assert_allclose(weights, [0.4, 0.4, -0.3], rtol=0, atol=1e-15)


def test_an_absent_input_keeps_its_weight():
    """At (0, 1) the sum is 0.3 - 0.4 = -0.1: output 0, wanted 1; w1 saw no input and stays."""
    weights = perceptron.update(np.array([0.5, 0.3, -0.4]), point=1, target=1, learning_rate=0.1)
    np.testing.assert_allclose(weights, [0.5, 0.4, -0.3], rtol=0, atol=1e-15)


def test_a_right_answer_changes_nothing():
    weights = np.array([0.5, 0.5, -0.7])
    assert (perceptron.update(weights, point=3, target=1, learning_rate=0.1) == weights).all()


def test_surface_is_one_beyond_the_line():
    """x1 + x2 - 1.5 > 0: 1 at (1, 1), grid index 18; 0 at the three other points."""
    surface = perceptron.surface(np.array([1.0, 1.0, -1.5]))
    assert [surface[18, 18], surface[6, 18], surface[18, 6], surface[6, 6]] == [1, 0, 0, 0]


def run(gate, seed, epochs=perceptron.EPOCHS):
    return finish(perceptron.train(gate, seed, perceptron.LEARNING_RATE, epochs, f"single, seed {seed}"))


@pytest.mark.parametrize("gate", ["and", "or", "nand", "nor"])
def test_separable_gates_converge_from_100_seeds(gate):
    for seed in range(100):
        _, record = run(gate, seed)
        assert record["final_correct"] == 4
        assert record["errors_per_epoch"][-1] == 0
        assert record["accuracy_per_epoch"][record["epochs_to_convergence"] - 1] == 1
        weights = np.array(list(record["weights"].values()))
        assert tuple(perceptron.predict(weights)) == GATES[gate]


@pytest.mark.parametrize("gate", ["xor", "xnor"])
def test_xor_never_gets_more_than_three_right_from_100_seeds(gate):
    best = []
    for seed in range(100):
        frames, record = run(gate, seed)
        assert max(frame.metrics["accuracy"] for frame in frames) == record["best_correct"] / 4
        assert record["epochs"] == 50
        assert record["epochs_to_convergence"] is None
        best.append(record["best_correct"])
    assert max(best) == 3


def test_one_frame_an_update_and_one_an_epoch():
    frames, record = run("and", 0)
    assert len(frames) == 1 + record["updates"] + record["epochs"]
    assert record["updates"] == sum(record["errors_per_epoch"])
    moved = [(a.arrays["weights"] != b.arrays["weights"]).any() for a, b in pairwise(frames)]
    assert sum(moved) == record["updates"]


def test_a_long_run_shows_few_of_its_late_epochs():
    frames, record = run("xor", 0, epochs=10_000)
    assert record["epochs"] == 10_000
    assert sum(frame.epoch > perceptron.EVERY_UPDATE_UNTIL for frame in frames) < 60
