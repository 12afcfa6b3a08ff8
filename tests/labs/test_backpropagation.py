import json
import math
import re
from functools import cache

import numpy as np
import pytest
from labruns import finish
from outcome_checks import next_after
from pydantic import ValidationError

from tutor.labs import backpropagation as lab
from tutor.labs import mlp, net_stack, point_nets, point_pictures

pytestmark = pytest.mark.slow  # trains for real

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


@cache
def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


@pytest.fixture(scope="module")
def runs():
    return [run(), run(hidden_units=2, seed=1), run(points="circles", hidden_units=3), run(learning_rate=20.0)]


@pytest.fixture
def small(monkeypatch):
    """Few nets, for what does not need a hundred."""
    monkeypatch.setattr(lab, "NETS", {"xor": 3, "circles": 2, "spirals": 2})


# ---- the mechanism -------------------------------------------------------------------------------
def test_a_stack_of_one_starts_as_the_net_of_mlp():
    (w1, _), (w2, _) = net_stack.initialise([3], [2, 5, 1])
    p = mlp.initialise(3, 5)
    np.testing.assert_allclose(w1[0], p["W1"], atol=1e-12)
    np.testing.assert_allclose(w2[0, :, 0], p["W2"], atol=1e-12)


def test_forward_by_hand():
    """Two nets of one relu unit: 1·x1 + 2·x2 - 1, then times 3, minus 1; and 0, then times 3, minus 1."""
    nets = [
        (np.array([[[1.0], [2.0]], [[0.0], [0.0]]]), np.array([[[-1.0]], [[0.0]]])),
        (np.array([[[3.0]], [[3.0]]]), np.array([[[-1.0]], [[-1.0]]])),
    ]
    _, hidden, logit = net_stack.forward(nets, point_nets.POINTS, "relu")
    assert hidden[..., 0].tolist() == [[0, 1, 0, 2], [0, 0, 0, 0]]
    assert logit[..., 0].tolist() == [[-1, 2, -1, 5], [-1, -1, -1, -1]]
    assert point_nets.right(logit, np.array([[0.0], [1], [1], [0]])).tolist() == [2, 2]


def test_one_step_of_descent_by_hand():
    one = [(np.ones((1, 1, 1)), np.zeros((1, 1, 1)))]
    before = [(np.full((1, 1, 1), 2.0), np.zeros((1, 1, 1)))]
    gradients = [(np.full((1, 1, 1), 4.0), np.ones((1, 1, 1)))]
    nets, steps = net_stack.descend(one, before, gradients, 0.5)
    assert steps[0][0].item() == pytest.approx(0.9 * 2 - 0.5 * 4)
    assert nets[0][0].item() == pytest.approx(1 - 0.2)
    assert nets[0][1].item() == pytest.approx(-0.5)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("sizes", [[2, 1], [2, 5, 1], [2, 4, 4, 1]])
def test_gradients_are_those_of_torch(activation, sizes):
    import torch

    nets = net_stack.initialise([1, 2], sizes)
    x, target = point_nets.points_of("circles", 0)
    values = net_stack.forward(nets, x, activation)
    found = net_stack.backward(nets, values, (mlp.sigmoid(values[-1]) - target) / len(x), activation)
    for i in range(2):
        layers = [[torch.tensor(array[i], requires_grad=True) for array in layer] for layer in nets]
        h = torch.tensor(x)
        for n, (w, b) in enumerate(layers):
            h = h @ w + b
            h = getattr(torch, activation)(h) if n < len(layers) - 1 else h
        wanted = torch.nn.functional.binary_cross_entropy_with_logits(h, torch.tensor(target))
        wanted.backward()
        assert point_nets.losses(values[-1], target)[i] == pytest.approx(wanted.item())
        for layer, of_torch in zip(found, layers, strict=True):
            for got, array in zip(layer, of_torch, strict=True):
                np.testing.assert_allclose(got[i], array.grad.numpy(), atol=1e-12)


def test_nets_of_a_stack_learn_as_they_do_alone():
    how = ("xor", 0, "tanh", 0.3, "")
    together = finish(point_nets.train(net_stack.initialise([0, 1], [2, 4, 1]), *how))[1]
    alone = finish(point_nets.train(net_stack.initialise([0], [2, 4, 1]), *how))[1]
    assert alone["curve"][0][0] == 0
    assert alone["correct"].tolist() == [4]
    assert together["correct"].tolist() == [4, 4]
    assert together["epochs"] >= alone["epochs"]


def test_the_points_leave_room_for_a_boundary():
    for seed in range(5):
        x, target = point_nets.points_of("circles", seed)
        radius, inside = np.hypot(*x.T), target[:, 0] == 1
        assert radius[inside].max() <= 0.55 < 0.75 <= radius[~inside].min()
        x, target = point_nets.points_of("spirals", seed)
        assert target.sum() == len(x) / 2
        assert np.abs(x).max() <= 1


def test_turning_keeps_what_the_output_gives():
    rng = np.random.default_rng(0)
    for units in (1, 2, 3, 8):
        hidden, w = rng.normal(size=(9, units)), rng.normal(size=units)
        turned, weights = point_nets.turn(hidden, w)
        assert turned.shape == (9, 2)
        np.testing.assert_allclose(turned @ weights, hidden @ w, atol=1e-12)


def test_a_line_through_the_picture_by_hand():
    name = {"en": "a", "ko": "가"}
    line = point_pictures._line(name, [1.0, 1.0, -1.0], (-1, 1, -1, 1))
    np.testing.assert_allclose(np.array(line.x) + np.array(line.y), 1, atol=1e-12)
    assert point_pictures._line(name, [1.0, 0.0, -9.0], (-1, 1, -1, 1)) is None
    assert point_pictures._line(name, [0.0, 0.0, 1.0], (-1, 1, -1, 1)) is None


# ---- the lab -------------------------------------------------------------------------------------
@pytest.mark.parametrize("claim", lab.CLAIMS, ids=lambda claim: claim.says)
def test_the_claims_hold(claim):
    assert all(
        claim.holds(run(**{**claim.arguments, **({"seed": seed} if seed else {})})[1].record) for seed in range(3)
    )


def test_who_solves_xor_and_the_circles(runs):
    xor, _, circles, _ = (result.record for _, result in runs)
    assert xor["correct"] == 4
    assert xor["rates"]["nets"] == 100
    assert xor["rates"]["solved"][:2] == [0, 0]
    assert xor["rates"]["best"][:2] == [3, 3]
    assert min(xor["rates"]["solved"][4:]) >= 99
    assert circles["correct"] == 80
    assert circles["rates"]["solved"] == [0, 0, 0, 20, 20, 20, 20]  # two lines cannot close a triangle, three can


def test_the_spirals_are_learned_with_two_layers():
    result = run(points="spirals", hidden_units=16, layers=2)[1]
    assert result.record["correct"] == 120
    assert "2 layers of 16 hidden units" in result.text["en"]


def test_the_hidden_layers_line_parts_the_points_it_says(runs):
    for _, result in runs:
        found = result.record
        w, b = np.array(found["output"][:2]), found["output"][2]
        sides = np.array(found["hidden"]) @ w + b > 0
        assert (sides == np.array(found["classes"])).sum() == found["correct"]


def test_too_long_steps_end_as_a_lesson(runs):
    frames, result = runs[3]
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())
    assert "learning rate of 20 its steps overshoot" in result.text["en"]
    assert "학습률 20" in result.text["ko"]
    first = lab.next_experiments(result)[0]
    assert first.arguments["learning_rate"] == 2


def test_numbers_that_run_away_end_the_training(monkeypatch):
    monkeypatch.setattr(point_nets, "AWAY", 2.0)
    frames, result = finish(lab.run(lab.Arguments(learning_rate=20.0)))
    assert result.record["ran_away"]
    assert result.record["curve"][-1][1] < 2
    assert "run away" in result.text["en"]
    assert "발산" in result.text["ko"]
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())
    assert lab.charts(result)


@pytest.mark.parametrize(
    ("changed", "en", "ko"),
    [
        ({"ran_away": True, "correct": 2}, "run away after 59 epochs", "발산"),
        ({"correct": 3, "curve": [[0, 0.7], [1, 0.5], [59, 0.4]]}, "loss of 0.40 still falling", "아직 줄고"),
        ({"correct": 3, "curve": [[0, 0.7], [1, 0.4], [59, 0.4]]}, "the loss stays at 0.40", "막혔어요"),
        ({"correct": 3, "curve": [[0, 0.7], [59, 1.4]]}, "rose from 0.70 to 1.40", "커졌어요"),
        ({"rates": {"nets": 9, "solved": [0] * 7, "best": [3] * 7}}, "no start led to a solution", "풀지 못했어요"),
        (
            {"rates": {"nets": 9, "solved": [0, 0, 9, 9, 9, 9, 9], "best": [3] * 7}},
            "from every start with 2",
            "2개면 어느 시작점에서나",
        ),
    ],
)
def test_the_text_says_what_the_numbers_say(runs, changed, en, ko):
    result = runs[0][1]
    found, arguments = {**result.record, "epochs": 59, **changed}, lab.Arguments()
    assert en in lab._english(found, arguments)
    assert ko in lab._korean(found, arguments)


def test_frames_are_numbers_and_few(runs):
    for frames, _ in runs:
        assert len(frames) <= 220
        assert frames[0].epoch == 0
        assert {"loss", "accuracy"} == set(frames[0].metrics)


def test_the_same_seed_gives_the_same_run(small):
    records = [finish(lab.run(lab.Arguments(seed=seed)))[1].record for seed in (4, 4, 5)]
    for record in records:
        del record["seconds"]
    assert records[0] == records[1]
    assert records[0]["curve"] != records[2]["curve"]
    assert json.loads(json.dumps(records[0], allow_nan=False)) == records[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": "moons"},
        {"hidden_units": 0},
        {"hidden_units": 65},
        {"hidden_units": 2.5},
        {"hidden_units": True},
        {"layers": 3},
        {"activation": "gelu"},
        {"learning_rate": 0.001},
        {"learning_rate": 21},
        {"learning_rate": math.nan},
        {"seed": -1},
        {"seed": 2**31},
        {"epochs": 1},
    ],
)
def test_a_wrong_argument_is_refused(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


def test_both_languages_tell_the_same_numbers(runs):
    for _, result in runs:
        en, ko = (sorted(set(NUMBERS.findall(result.text[lang]))) for lang in ("en", "ko"))
        assert en == ko
        assert re.search("[가-힣]", result.text["ko"])


def test_charts(runs):
    for _, result in runs:
        charts = lab.charts(result)
        assert [chart.kind for chart in charts] == ["plane", "plane", "bar", "line"]
        for chart in charts:
            words = [chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)]
            assert all(set(word) == {"en", "ko"} for word in words)
            assert all(re.search("[가-힣]", word["ko"]) for word in (chart.title, chart.alt))
            assert sorted(set(NUMBERS.findall(chart.alt["en"]))) == sorted(set(NUMBERS.findall(chart.alt["ko"])))
            assert all(len(line.x) == len(line.y) for line in [*chart.lines, *chart.boundaries])
            assert np.isfinite(np.array(chart.cells, dtype=float)).all()


def test_the_next_experiments_are_new_and_valid(runs):
    results = [result for _, result in runs] + [run(points="spirals", hidden_units=64)[1]]
    for result in results:
        next_after(lab, result)


@pytest.mark.parametrize(
    "message",
    [
        "show me backpropagation",
        "run a multilayer perceptron",
        "an MLP demo",
        "역전파를 보여줘",
        "다층 퍼셉트론 실험",
        "은닉층이 배우는 걸 보여줘",
    ],
)
def test_asked(message):
    assert re.search(lab.ASKED, message, re.IGNORECASE)
    assert not re.search(lab.ASKED, "show me the perceptron 퍼셉트론", re.IGNORECASE)
