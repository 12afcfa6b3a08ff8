import json
import re
from dataclasses import replace

import numpy as np
import pytest
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor.labs import lora as lab
from tutor.labs.low_rank_net import low_rank

pytestmark = pytest.mark.slow  # trains for real

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


@pytest.fixture(scope="module")
def runs():
    return [finish(lab.run(lab.Arguments(seed=seed))) for seed in range(3)]


def test_equation_3_by_hand():
    x, w = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    a, b = np.array([[1.0, 1.0]]), np.array([[1.0], [0.0], [-1.0]])  # rank 1, so alpha / r is 4
    assert low_rank(x, w, a, b).tolist() == [[1 + 4 * 3, 2, 3 - 4 * 3]]


def test_the_low_rank_layer_is_the_changed_weight():
    rng = np.random.default_rng(0)
    x, w, a, b = (rng.normal(size=shape) for shape in ((5, 7), (4, 7), (2, 7), (4, 2)))
    np.testing.assert_allclose(low_rank(x, w, a, b), x @ (w + lab.ALPHA / 2 * b @ a).T, atol=1e-12)


@pytest.mark.parametrize("rank", [0, 1, 3])
def test_gradients_are_those_of_torch(rank):
    import torch

    rng = np.random.default_rng(1)
    net = [(w.astype(float), rng.normal(size=bias.shape)) for w, bias in lab._initialise(rng)]
    update = [(rng.normal(size=(rank, n)), rng.normal(size=(m, rank)) / 9) for n, m in lab._LAYERS] if rank else []
    x, y = rng.normal(size=(6, 64)), rng.integers(0, 10, 6)
    net_t = [[torch.tensor(array, requires_grad=True) for array in layer] for layer in net]
    update_t = [[torch.tensor(array, requires_grad=True) for array in layer] for layer in update]
    h = torch.tensor(x)
    for i, (w, bias) in enumerate(net_t):
        if rank:
            a, b = update_t[i]
            w = w + lab.ALPHA / rank * b @ a
        h = h @ w.T + bias
        h = torch.relu(h) if i < 2 else h
    wanted = torch.nn.functional.cross_entropy(h, torch.tensor(y))
    wanted.backward()
    assert lab.loss(lab.forward(net, update, x)[-1], y)[0] == pytest.approx(wanted.item())
    trained = [array for layer in (update_t if rank else net_t) for array in layer]
    for got, array in zip(lab.gradients(net, update, x, y), trained, strict=True):
        np.testing.assert_allclose(got, array.grad.numpy(), atol=1e-10)


def test_training_is_that_of_torchs_adam():
    import torch

    rng = np.random.default_rng(3)
    x = rng.random((lab.TESTED + lab.BATCH, 64)).astype("f4")  # one batch an epoch
    y = rng.integers(0, 10, len(x))
    net = lab._initialise(rng)
    copy = [[torch.tensor(array, requires_grad=True) for array in layer] for layer in net]
    finish(lab._train("", net, [], (x,), y, 3, [0]))
    optimiser = torch.optim.Adam([array for layer in copy for array in layer], lr=lab.RATE)
    for _ in range(3):
        h = torch.tensor(x[: lab.BATCH])
        for i, (w, bias) in enumerate(copy):
            h = h @ w.T + bias
            h = torch.relu(h) if i < 2 else h
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(h, torch.tensor(y[: lab.BATCH])).backward()
        optimiser.step()
    for (w, bias), (w_t, bias_t) in zip(net, copy, strict=True):
        np.testing.assert_allclose(w, w_t.detach().numpy(), atol=1e-5)
        np.testing.assert_allclose(bias, bias_t.detach().numpy(), atol=1e-5)


def test_an_untrained_update_changes_nothing():
    rng = np.random.default_rng(0)
    net, x = lab._initialise(rng), rng.random((3, 64)).astype("f4")
    update = lab._start_update(2, rng)
    assert np.array_equal(lab.forward(net, update, x)[-1], lab.forward(net, [], x)[-1])


def test_training_the_update_leaves_the_net_as_it_is():
    rng = np.random.default_rng(0)
    net, update = lab._initialise(rng), lab._start_update(2, rng)
    before = [array.tobytes() for layer in net for array in layer]
    finish(lab._train("", net, update, (rng.random((600, 64)).astype("f4"),), rng.integers(0, 10, 600), 1, [0]))
    assert before == [array.tobytes() for layer in net for array in layer]
    assert all(b.any() for _, b in update)
    assert {array.dtype.name for layer in net + update for array in layer} == {"float32"}


def test_what_it_claims(runs):
    hold(lab, range(3), [result.record for _, result in runs])


def test_a_claim_can_fail(runs):
    record = runs[0][1].record
    unmoved = {**record, "accuracy": {way: [0.97, 0.1] for way in lab.WAYS}, "same_bits": False}
    assert [claim.holds(unmoved) for claim in lab.CLAIMS] == [False, False, False]


def test_labels():
    is_labelled(lab)


def test_what_to_try_next(runs):
    """Where the update lags behind, a higher rank; where it does not, the lowest."""
    result = runs[0][1]
    tried = next_after(lab, result)
    assert tried == [("lora", {"rank": 8}), ("lora", {"epochs": 40}), ("rlhf", {})]
    alike = {way: [0.3, 0.95] for way in lab.WAYS}
    level = replace(result, record={**result.record, "accuracy": alike})
    assert next_after(lab, level)[0] == ("lora", {"rank": 1})


def test_the_numbers_for_every_seed(runs):
    for _, result in runs:
        record = result.record
        accuracy = record["accuracy"]
        assert record["parameters"] == {"full": 8970, "low-rank": 2 * (128 + 128 + 74)}
        assert accuracy["before"][0] > 0.94
        assert accuracy["before"][1] < 0.2
        assert accuracy["full"][1] > 0.94
        assert accuracy["low-rank"][1] > 0.75
        assert max(accuracy["full"][0], accuracy["low-rank"][0]) < accuracy["before"][0] - 0.2
        assert accuracy["removed"] == accuracy["before"]
        assert record["same_bits"] is True
        assert 0 < record["rounded"] < record["weights"] == 8832
        assert "bit for bit" in result.text["en"]


def test_the_change_has_the_rank_of_the_update():
    for rank in (1, 5):
        spectra = finish(lab.run(lab.Arguments(rank=rank, epochs=3)))[1].record["spectra"]
        assert sum(value > 0.001 for value in spectra["low-rank"]) == rank
        assert sum(value > 0.001 for value in spectra["full"]) == lab.SHOWN


def test_frames(runs):
    frames, _ = runs[0]
    assert len(frames) == 3 * 16
    assert {frame.series for frame in frames} == {"upright digits", "full fine-tuning", "low-rank update"}
    assert all(np.isfinite(value) for frame in frames for value in frame.metrics.values())


def test_the_same_seed_gives_the_same_run():
    records = [finish(lab.run(lab.Arguments(seed=seed, epochs=1)))[1].record for seed in (4, 4, 5)]
    for record in records:
        del record["seconds"]
    assert records[0] == records[1]
    assert records[0]["curves"] != records[2]["curves"]
    assert json.loads(json.dumps(records[0])) == records[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rank": 0},
        {"rank": 17},
        {"rank": 2.5},
        {"rank": "2"},
        {"epochs": 0},
        {"epochs": 41},
        {"epochs": True},
        {"seed": -1},
        {"seed": 2**31},
        {"alpha": 1},
    ],
)
def test_a_wrong_argument_is_refused(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


@pytest.mark.parametrize(
    ("old", "new", "same", "en", "ko"),
    [
        (0.3, 0.8, True, ["Both forget", "15.0 points less", "bit for bit"], ["잊어요", "15.0%포인트 낮아요", "비트"]),
        (0.97, 0.95, False, ["about as many", "not exactly back"], ["거의 똑같이", "똑같지는 않게"]),
        (0.97, 0.99, True, ["4.0 points more"], ["4.0%포인트 높아요"]),
    ],
)
def test_the_text_says_what_the_numbers_say(runs, old, new, same, en, ko):
    accuracy = {"before": [0.97, 0.1], "full": [old, 0.95], "low-rank": [old, new], "removed": [0.97, 0.1]}
    found = {**runs[0][1].record, "accuracy": accuracy, "same_bits": same}
    assert all(words in lab._english(found) for words in en)
    assert all(words in lab._korean(found) for words in ko)
    assert ("Both forget" in lab._english(found)) == (old < 0.9)


def test_both_languages_tell_the_same_numbers(runs):
    for _, result in runs:
        en, ko = (sorted(set(NUMBERS.findall(result.text[lang]))) for lang in ("en", "ko"))
        assert en == ko
        assert re.search("[가-힣]", result.text["ko"])


def test_charts(runs):
    charts = lab.charts(runs[0][1])
    assert [chart.kind for chart in charts] == ["bar", "line", "line", "images"]
    for chart in charts:
        words = [chart.title, chart.x, chart.y, chart.alt, *chart.captions, *(line.name for line in chart.lines)]
        assert all(set(word) == {"en", "ko"} for word in words)
        assert all(re.search("[가-힣]", word["ko"]) for word in (chart.title, chart.alt))
        assert sorted(set(NUMBERS.findall(chart.alt["en"]))) == sorted(set(NUMBERS.findall(chart.alt["ko"])))
        assert all(len(line.x) == len(line.y) for line in chart.lines)
        assert len(chart.captions) == len(chart.images)
    upright, turned = (np.array(image) for image in charts[3].images[:2])
    assert np.array_equal(np.rot90(upright), turned)


@pytest.mark.parametrize(
    "message",
    ["show me LoRA", "run a low-rank update", "LoRA를 보여줘", "로라 실험", "미세 조정을 돌려줘", "demo fine-tuning"],
)
def test_asked(message):
    assert re.search(lab.ASKED, message, re.IGNORECASE)
    assert not re.search(lab.ASKED, "show me exploration and the perceptron 퍼셉트론", re.IGNORECASE)
