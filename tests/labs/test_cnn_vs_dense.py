import json
import re

import numpy as np
import pytest
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor.labs import cnn_vs_dense as lab
from tutor.labs import digits

pytestmark = pytest.mark.slow  # trains for real

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


@pytest.fixture(scope="module")
def runs():
    return [finish(lab.run(lab.Arguments(seed=seed))) for seed in range(3)]


def test_a_convolution_by_hand():
    x = np.arange(9.0).reshape(1, 3, 3)
    kernel = np.arange(4.0).reshape(1, 2, 2)
    maps = lab.convolve(x, kernel, np.array([0.5]))
    assert maps.tolist() == [[[[19.5, 25.5], [37.5, 43.5]]]]  # the example of the article convolution


def test_the_convolution_is_that_of_torch():
    import torch

    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(3, 12, 12)), rng.normal(size=(4, 5, 5)), rng.normal(size=4)
    wanted = torch.nn.functional.conv2d(*map(torch.from_numpy, (x[:, None], w[:, None], b)))
    np.testing.assert_allclose(lab.convolve(x, w, b), wanted.numpy(), atol=1e-12)


@pytest.mark.parametrize("filters", [2, 3])
def test_the_net_trained_is_that_convolution(filters):
    import torch

    p = lab.initialise("convolutional", lab.Arguments(filters=filters), np.random.default_rng(1))
    x = np.random.default_rng(2).normal(size=(5, lab.SIDE, lab.SIDE)).astype(np.float32)
    w, b, v, c = (p[name].detach().numpy() for name in "wbvc")
    maps = np.maximum(lab.convolve(x, w[0].T.reshape(-1, 5, 5), b.ravel()), 0)
    pooled = maps.reshape(5, filters, 2, 4, 2, 4).max(axis=(3, 5)).reshape(5, -1)
    got = lab.scores("convolutional", p, torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(got, pooled @ v + c, atol=1e-5)


def test_without_sharing_the_same_weights_at_every_place_are_the_convolution():
    import torch

    p = lab.initialise("convolutional", lab.Arguments(), np.random.default_rng(1))
    own = {**p, "w": p["w"].expand(64, -1, -1), "b": p["b"].expand(64, -1, -1)}
    x = torch.rand(5, 12, 12, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(lab.scores("unshared", own, x), lab.scores("convolutional", p, x))


def test_sizes_worked_out_by_hand(runs):
    nets = runs[0][1].record["nets"]
    assert nets["dense"]["parameters"] == 144 * 32 + 32 + 32 * 10 + 10
    assert nets["dense"]["multiplications"] == 144 * 32 + 32 * 10
    assert nets["convolutional"]["parameters"] == 8 * 25 + 8 + 8 * 4 * 10 + 10
    assert nets["unshared"]["parameters"] == 64 * (8 * 25 + 8) + 8 * 4 * 10 + 10
    assert nets["convolutional"]["multiplications"] == 64 * 8 * 25 + 8 * 4 * 10
    assert nets["unshared"]["multiplications"] == nets["convolutional"]["multiplications"]


def test_what_it_claims(runs):
    hold(lab, range(3), [result.record for _, result in runs])
    for _, result in runs:
        assert min(net["accuracy"][0] for net in result.record["nets"].values()) > 0.88
        assert "the sharing helps" in result.text["en"]


def test_a_claim_can_fail(runs):
    record = runs[0][1].record
    alike = {"nets": dict.fromkeys(lab.NETS, record["nets"]["dense"])}
    assert [claim.holds(alike) for claim in lab.CLAIMS] == [False, False]


def test_labels():
    is_labelled(lab)


def test_what_to_try_next(runs):
    result = runs[0][1]
    bigger, fewer, tricks = next_after(lab, result)
    assert (bigger[1], fewer[1]) == ({"hidden_units": 128}, {"filters": 2})
    assert tricks == ("alexnet_tricks", {})
    untaught = finish(lab.run(lab.Arguments(epochs=1, filters=2, hidden_units=128)))[1]
    assert next_after(lab, untaught) == [("cnn_vs_dense", {"epochs": 20}), tricks]


def test_moved_digits_stay_whole():
    pictures, classes = digits.read(0)
    assert pictures.shape == (1797, 8, 8)
    assert (pictures.min(), pictures.max(), classes.min(), classes.max()) == (0, 1, 0, 9)
    assert lab.SIDE == 8 + 2 * lab.MARGIN


def test_frames(runs):
    frames, _ = runs[0]
    assert len(frames) == 3 * 7
    assert {frame.series for frame in frames} == set(lab.NETS)
    assert all(np.isfinite(value) for frame in frames for value in frame.metrics.values())


def test_the_same_seed_gives_the_same_run():
    records = [finish(lab.run(lab.Arguments(seed=seed, epochs=1, filters=2)))[1].record for seed in (4, 4, 5)]
    for record in records:
        del record["seconds"]
    assert records[0] == records[1]
    assert records[0]["filters"] != records[2]["filters"]
    assert json.loads(json.dumps(records[0])) == records[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": 31},
        {"epochs": 2.5},
        {"epochs": True},
        {"filters": 1},
        {"filters": 17},
        {"filters": "8"},
        {"hidden_units": 3},
        {"hidden_units": 129},
        {"seed": -1},
        {"seed": 2**31},
        {"learning_rate": 1},
    ],
)
def test_a_wrong_argument_is_refused(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


def net(parameters, multiplications, moved):
    return {"parameters": parameters, "multiplications": multiplications, "accuracy": [0.9, moved, 0.2]}


@pytest.mark.parametrize(
    ("moved", "own", "words", "ko"),
    [
        (0.8, 0.5, ["still reads 80.0%", "only 50.0%", "the sharing helps"], ["밖에", "도움이 된"]),
        (0.5, 0.5, ["reads 50.0%", "makes little difference"], ["별 차이"]),
        (0.3, 0.5, ["reads 30.0%", "does harm"], ["해가"]),
    ],
)
def test_the_text_says_what_the_numbers_say(moved, own, words, ko):
    nets = {"dense": net(600, 500, 0.5), "convolutional": net(700, 900, moved), "unshared": net(9000, 900, own)}
    found = {"tested": 500, "nets": nets, "windowed": 1, "unwindowed": 2}
    english, korean = lab._english(found), lab._korean(found)
    assert all(word in english for word in words)
    assert all(word in korean for word in ko)
    assert ("still" in english) == (moved == 0.8)
    assert "But" not in english  # more parameters and more multiplications
    assert "하지만" not in korean


def test_both_languages_tell_the_same_numbers(runs):
    for _, result in runs:
        en, ko = (sorted(set(NUMBERS.findall(result.text[lang]))) for lang in ("en", "ko"))
        assert en == ko
        assert re.search("[가-힣]", result.text["ko"])


def test_charts(runs):
    charts = lab.charts(runs[0][1])
    assert [chart.kind for chart in charts] == ["bar", "bar", "images", "images"]
    for chart in charts:
        words = [chart.title, chart.x, chart.y, chart.alt, *chart.captions, *(line.name for line in chart.lines)]
        assert all(set(word) == {"en", "ko"} for word in words)
        assert all(re.search("[가-힣]", word["ko"]) for word in (chart.title, chart.alt))
        assert len(chart.captions) == len(chart.images)
    assert "the same numbers" in charts[3].alt["en"]  # the map moves with the digit
    assert len(charts[2].images) == 8


@pytest.mark.parametrize(
    "message",
    [
        "show me a CNN",
        "run a convolutional network",
        "합성곱 신경망 보여줘",
        "CNN을 돌려줘",
        "LeNet demo",
        "가중치 공유 실험",
    ],
)
def test_asked(message):
    assert re.search(lab.ASKED, message, re.IGNORECASE)
    assert not re.search(lab.ASKED, "show me the perceptron 퍼셉트론", re.IGNORECASE)
