import math

import numpy as np
import pytest
from labruns import finish

from tutor.errors import ToolFailed
from tutor.labs import mlp
from tutor.labs.gates import GATES, POINTS


def test_forward_and_loss_by_hand():
    """One relu unit with weights (1, 2), bias -1: hidden (0, 1, 0, 2); times 3, minus 1: logits (-1, 2, -1, 5)."""
    p = {"W1": np.array([[1.0], [2.0]]), "b1": np.array([-1.0]), "W2": np.array([3.0]), "b2": np.array(-1.0)}
    hidden, logit = mlp.forward(p, POINTS, "relu")
    assert hidden[:, 0].tolist() == [0, 1, 0, 2]
    assert logit.tolist() == [-1, 2, -1, 5]
    y = [1 / (1 + math.exp(-z)) for z in (-1, 2, -1, 5)]
    expected = -(math.log(1 - y[0]) + math.log(y[1]) + math.log(y[2]) + math.log(1 - y[3])) / 4
    assert mlp.loss(logit, np.array(GATES["xor"])) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_gradient_agrees_with_finite_differences(activation):
    target = np.array(GATES["xor"], dtype=float)
    p = mlp.initialise(seed=3, hidden_units=5)
    p["b1"] = np.linspace(-0.3, 0.4, 5)  # off the corner of relu at the point (0, 0)
    gradients = mlp.backward(p, *mlp.forward(p, POINTS, activation), target, activation)
    step = 1e-6
    for name, value in p.items():
        for index in np.ndindex(value.shape):
            up, down = value.copy(), value.copy()
            up[index] += step
            down[index] -= step
            losses = [mlp.loss(mlp.forward({**p, name: v}, POINTS, activation)[1], target) for v in (up, down)]
            slope = (losses[0] - losses[1]) / (2 * step)
            assert gradients[name][index] == pytest.approx(slope, abs=1e-8), (name, index)


def run(seed, activation, gate="xor", hidden_units=mlp.HIDDEN_UNITS):
    return finish(mlp.train(gate, seed, mlp.LEARNING_RATE, mlp.EPOCHS, hidden_units, activation, "multi"))


@pytest.mark.parametrize(("activation", "solved"), [("tanh", 100), ("sigmoid", 100), ("relu", 96)])
def test_xor_from_100_seeds(activation, solved):
    """The rates that the module states."""
    records = [run(seed, activation)[1] for seed in range(100)]
    assert sum(record["epochs_to_convergence"] is not None for record in records) == solved
    assert sum(record["final_correct"] == 4 for record in records) == solved


def test_frames_are_few_and_show_the_outputs():
    frames, record = run(0, "sigmoid")
    assert record["epochs"] > 60
    assert len(frames) <= 62
    assert all(f.arrays["surface"].shape == (25, 25) and f.arrays["surface"].dtype == np.float32 for f in frames)
    corners = frames[-1].arrays["surface"][[6, 18, 6, 18], [6, 6, 18, 18]]  # rows are x2: (0,0), (0,1), (1,0), (1,1)
    np.testing.assert_allclose(corners, np.array(record["outputs"])[[0, 1, 2, 3]], atol=1e-6)
    assert np.abs(corners - GATES["xor"]).max() < record["tolerance"]
    np.testing.assert_array_equal(frames[-1].arrays["surface"], mlp.surface(record["weights"], "sigmoid"))


def test_runaway_numbers_are_reported():
    with pytest.raises(ToolFailed, match=r"epoch 1 .*learning rate 1e\+200") as caught:
        finish(mlp.train("xor", 0, 1e200, 50, 8, "relu", "multi"))
    assert "발산" in caught.value.text("ko")
