import json
import math
import re

import numpy as np
import pytest
import torch
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor.labs import vanishing_gradient as lab
from tutor.labs.spoken_numbers import rounded


def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


def factors(result):
    return {(net["activation"], net["residual"]): net["shrinks"] for net in result.record["nets"]}


def test_two_layers_by_hand():
    """One example, one unit, weights 2 and 3, output 0.5, ReLU, x = 1: logit 3; the signal is (sigmoid(3) - 0)·0.5.

    One layer back it is times the slope 1 and the weight 3; with the shortcut (logit 0.5·12 = 6) 3 + 1 times.
    """
    weights = [np.array([[2.0]]), np.array([[3.0]]), np.array([0.5])]
    for residual, logit, back in ((False, 3, 3), (True, 6, 4)):
        slopes, logits = lab.forward(weights, np.ones((1, 1)), "ReLU", residual)
        assert logits.tolist() == [logit]
        last, first = lab.backward(weights, slopes, logits, np.zeros(1), residual)
        assert last.item() == pytest.approx(0.5 / (1 + math.exp(-logit)), rel=1e-12)
        assert first.item() == pytest.approx(back * last.item(), rel=1e-12)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", lab.ACTIVATIONS)
def test_the_gradient_agrees_with_autograd(activation, residual):
    rng = np.random.default_rng(7)
    weights = lab.initialise(activation, residual, 12, 20, rng)
    x, target = rng.normal(size=(9, 20)), (rng.random(9) > 0.5).astype(float)
    slopes, logits = lab.forward(weights, x, activation, residual)
    ours = list(lab.backward(weights, slopes, logits, target, residual))[::-1]
    f = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": torch.relu}[activation]
    h, outputs = torch.tensor(x), []
    for w in weights[:-1]:
        a = h @ torch.tensor(w)
        h = (h + f(a) if residual else f(a)).requires_grad_()
        h.retain_grad()
        outputs.append(h)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(h @ torch.tensor(weights[-1]), torch.tensor(target))
    loss.backward()
    assert len(ours) == 12
    for mine, theirs in zip(ours, outputs, strict=True):
        scale = float(theirs.grad.abs().max())
        np.testing.assert_allclose(mine / scale, theirs.grad.numpy() / scale, rtol=0, atol=1e-11)


def test_starting_weights_have_the_variance_of_glorot_and_he():
    for activation, residual, variance in (
        ("sigmoid", False, 2 / (256 + 256)),
        ("tanh", False, 2 / (256 + 256)),
        ("ReLU", False, 2 / 256),
        ("ReLU", True, 2 / 256 / 4),
    ):
        *layers, output = lab.initialise(activation, residual, 4, 256, np.random.default_rng(0))
        assert np.var(layers) == pytest.approx(variance, rel=0.02)
        assert output.shape == (256,)


@pytest.mark.parametrize("seed", range(20))
def test_sigmoid_loses_the_signal_and_relu_or_a_shortcut_keeps_it(seed):
    """What the defaults show, for 20 seeds: four times or more a layer is lost with sigmoid, hardly any otherwise."""
    shrinks = factors(run(seed=seed)[1])
    assert shrinks["sigmoid", False] > 4**18
    assert 1 < shrinks["tanh", False] < 20
    assert 1 / 8 < shrinks["ReLU", False] < 8
    for activation in lab.ACTIVATIONS:
        assert 1 / 5 < shrinks[activation, True] < 2


def test_what_it_claims():
    hold(lab, range(20))


def test_labels():
    is_labelled(lab)


def test_a_claim_can_fail():
    found = run()[1].record
    nets = [{**net, "gradient": [1e-6] * 19 + [1.0]} for net in found["nets"]]
    assert [claim.holds({"nets": nets}) for claim in lab.CLAIMS] == [False, False]


@pytest.mark.parametrize(
    ("arguments", "first", "labs"),
    [
        ({}, {"depth": 50}, ["vanishing_gradient", "memory"]),
        ({"depth": 50, "residual": "without"}, {"depth": 5}, ["vanishing_gradient"] * 2 + ["memory"]),
    ],
)
def test_what_to_try_next(arguments, first, labs):
    tried = next_after(lab, run(**arguments)[1])
    assert tried[0][1] == first
    assert [name for name, _ in tried] == labs
    assert len(tried) == 2 or tried[1][1] == {"residual": "both"}


def test_deeper_loses_more():
    lost = [factors(run(depth=depth, residual="without")[1])["sigmoid", False] for depth in (5, 10, 20, 50)]
    assert lost == sorted(lost)
    assert lost[-1] > 1e28


@pytest.mark.parametrize("arguments", [{}, {"depth": 50, "width": 16}, {"depth": 2, "width": 16}])
def test_frames_are_finite_and_few(arguments):
    frames, result = run(**arguments)
    assert len(frames) <= lab.MOST_FRAMES
    assert all(math.isfinite(frame.metrics[lab.METRIC]) for frame in frames)
    last = {frame.series: frame for frame in frames}
    assert len(last) == 6
    for (series, frame), net in zip(last.items(), result.record["nets"], strict=True):
        assert net["activation"] in series
        assert frame.epoch == result.arguments["depth"] - 1
        assert 10 ** frame.metrics[lab.METRIC] == pytest.approx(net["gradient"][0])


def test_the_same_seed_gives_the_same_run():
    one, two, other = (run(seed=seed)[1].record for seed in (5, 5, 6))
    assert one["nets"] == two["nets"] != other["nets"]
    assert json.loads(json.dumps(one)) == one


@pytest.mark.parametrize(
    "wrong",
    [{"depth": 1}, {"depth": 51}, {"depth": 2.5}, {"width": 8}, {"residual": "no"}, {"seed": -1}, {"layers": 3}],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


@pytest.mark.parametrize(
    ("number", "english", "korean"),
    [
        (3.44, "3.4", "3.4"),
        (3.04, "3", "3"),
        (1234, "1,200", "1,200"),
        (345678, "350,000", "35만 "),
        (8.5e11, "850 billion", "8,500억 "),
        (1.31e12, "1.3 trillion", "1.3조 "),
        (2e22, "10^22 (a 1 with 22 zeros)", "10^22(1 뒤에 0이 22개) "),
    ],
)
def test_numbers_as_they_are_said(number, english, korean):
    assert (rounded(number, "en"), rounded(number, "ko")) == (english, korean)


def values(text):
    """The numbers of a text, with the words for thousands of millions multiplied out."""
    units = {"million": 1e6, "billion": 1e9, "trillion": 1e12, "만": 1e4, "억": 1e8, "조": 1e12}
    found = re.findall(
        r"(\d[\d,]*(?:\.\d+)?)(?: ?(million|billion|trillion|만|억|조))?",
        text.replace("분의 1만", "분의 1").replace("0이 ", ""),
    )
    return sorted({float(f"{float(n.replace(',', '')) * units.get(unit, 1):.3g}") for n, unit in found})


@pytest.mark.parametrize(
    "arguments", [{}, {"depth": 50}, {"depth": 2, "seed": 3}, {"residual": "with"}, {"residual": "without", "depth": 9}]
)
def test_both_languages_tell_the_same_numbers(arguments):
    result = run(**arguments)[1]
    english = values(result.text["en"].replace("one part in", "1 part in"))
    assert english == values(result.text["ko"])
    assert re.search("[가-힣]", result.text["ko"])
    assert not re.search("[가-힣]", result.text["en"])
    for chart in lab.charts(result):
        assert chart.lines
        assert values(chart.alt["en"]) == values(chart.alt["ko"]) != []
        for words in (chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)):
            assert set(words) == {"en", "ko"}
            assert all(words.values())


def test_the_text_follows_the_numbers():
    net = {"activation": "sigmoid", "residual": False, "shrinks": 4000.0}
    told = lab._text([net, {**net, "activation": "ReLU", "shrinks": None}], 3, "en")
    assert "4,000 times smaller with sigmoid and zero with ReLU" in told
    assert told.endswith("at the first layer of the ReLU net, nothing arrives.")
    told = lab._text([{**net, "shrinks": 0.5}, {**net, "activation": "tanh", "shrinks": 1.0}], 3, "en")
    assert "2 times larger with sigmoid and about the same with tanh" in told
    assert told.endswith("it reaches the first layer of every net.")
    assert "residual connections bring it through" in run()[1].text["en"]
    assert "residual connections bring" not in run(residual="without")[1].text["en"]


@pytest.mark.parametrize(
    "said",
    ["vanishing gradients", "the vanishing gradient", "why gradients vanish", "residual connections",
     "gradient at each layer",
     "기울기 소실", "기울기가 사라지는 것", "그래디언트 소실", "잔차 연결", "배니싱 그래디언트"],
)  # fmt: skip
def test_the_subject_is_recognised(said):
    assert re.search(lab.ASKED, said, re.IGNORECASE)


@pytest.mark.parametrize("said", ["gradient descent", "경사 하강법", "XOR", "LSTM memory", "convolution layers"])
def test_other_subjects_are_not(said):
    assert not re.search(lab.ASKED, said, re.IGNORECASE)
