import math

import pytest

from tutor.labs.gates import GATES, GRID, POINTS, convergence, epochs_to_show, equation, proof, separable


def test_gates_agree_with_their_logic():
    for (x1, x2), *values in zip(POINTS.astype(int), *GATES.values(), strict=True):
        a, b = bool(x1), bool(x2)
        assert values == [a and b, a or b, not (a and b), not (a or b), a != b, a == b]


def test_a_line_draws_14_of_the_16_functions_all_but_xor_and_xnor():
    every = {tuple(int(b) for b in f"{n:04b}") for n in range(16)}
    assert len(separable()) == 14
    assert every - separable() == {GATES["xor"], GATES["xnor"]}


def test_the_14_are_all_by_a_finer_search():
    """Half-integer thresholds and weights up to 4 find no function that the short list lacks."""
    weights = range(-4, 5)
    found = {
        tuple(int(w1 * x1 + w2 * x2 + b / 2 > 0) for x1, x2 in POINTS)
        for w1 in weights
        for w2 in weights
        for b in range(-19, 20)
    }
    assert found == separable()


@pytest.mark.parametrize(("gate", "best", "reached_by"), [("xor", 3, 4), ("xnor", 3, 4), ("and", 4, 1), ("nor", 4, 1)])
def test_proof(gate, best, reached_by):
    """XOR differs in one place from AND-like functions at each of its four points: four lines reach 3/4."""
    assert proof(gate) == {
        "functions": 16,
        "separable": 14,
        "points": 4,
        "best_correct": best,
        "reached_by": reached_by,
        "is_separable": best == 4,
    }


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ((0.5, 0.25, -1), "0.5·x1 + 0.25·x2 − 1 = 0"),
        ((-0.5, -0.25, 0.12345), "−0.5·x1 − 0.25·x2 + 0.123 = 0"),
        ((0, 0, -0.5), "−0.5 = 0"),
    ],
)
def test_equation(weights, text):
    assert equation(*weights) == text


@pytest.mark.parametrize(
    ("accuracies", "epoch"),
    [([0.5, 1.0, 0.75, 1.0, 1.0], 4), ([1.0], 1), ([0.5, 0.75], None), ([1.0, 0.75], None)],
)
def test_convergence_is_where_it_stays_right(accuracies, epoch):
    assert convergence(accuracies) == epoch


def test_epochs_to_show_begin_dense_and_stay_few():
    assert sorted(epochs_to_show(9)) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert len(epochs_to_show(10_000)) == 59
    assert max(epochs_to_show(10_000)) <= 10_000


def test_the_points_lie_on_the_grid():
    assert math.isclose(GRID[6], 0, abs_tol=1e-12)
    assert math.isclose(GRID[18], 1)
