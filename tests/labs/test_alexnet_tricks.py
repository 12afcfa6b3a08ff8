import json
import math
import re
from functools import cache

import numpy as np
import pytest
from labruns import finish
from outcome_checks import next_after
from pydantic import ValidationError

from tutor.labs import alexnet_tricks as lab
from tutor.labs import digit_nets, net_stack, trick_words

pytestmark = pytest.mark.slow  # trains for real

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


@cache
def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


@pytest.fixture(scope="module")
def runs():
    return [run(trick=trick) for trick in ("relu", "dropout", "augmentation")]


@pytest.fixture
def small(monkeypatch):
    """Few nets and steps, for what does not need more."""
    monkeypatch.setattr(lab, "NETS", 3)
    monkeypatch.setattr(lab, "RELU_NETS", 2)
    monkeypatch.setattr(lab, "epochs_for", lambda *_: 5)


# ---- the mechanisms ------------------------------------------------------------------------------
def test_a_mask_keeps_the_mean():
    rng = np.random.default_rng(0)
    for rate in (0.2, 0.5, 0.8):
        mask = digit_nets.dropout_mask(rng, (200, 500), rate)
        np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - rate)], rtol=1e-6)
        assert np.mean(mask == 0) == pytest.approx(rate, abs=0.01)
        assert mask.mean() == pytest.approx(1, abs=0.02)


def test_a_mask_is_that_of_torch():
    """Same values, same chances: torch's own dropout also enlarges what it keeps."""
    import torch

    torch_mask = torch.nn.functional.dropout(torch.ones(200, 500), 0.3, training=True).numpy()
    mask = digit_nets.dropout_mask(np.random.default_rng(0), (200, 500), 0.3)
    np.testing.assert_allclose(np.unique(mask), np.unique(torch_mask), rtol=1e-6)
    assert mask.mean() == pytest.approx(torch_mask.mean(), abs=0.02)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_gradients_through_masks_are_those_of_torch(activation):
    import torch

    rng = np.random.default_rng(1)
    nets = net_stack.initialise([1, 2], [64, 7, 6, 10], 1 / 8)
    x, classes = rng.normal(size=(2, 5, 64)), rng.integers(0, 10, (2, 5))
    masks = [digit_nets.dropout_mask(rng, (2, 5, units), 0.5).astype(float) for units in (7, 6)]
    values = net_stack.forward(nets, x, activation, masks)
    losses, d_output = digit_nets.error(values[-1], classes)
    found = net_stack.backward(nets, values, d_output, activation, masks)
    for i in range(2):
        layers = [[torch.tensor(array[i], requires_grad=True) for array in layer] for layer in nets]
        h = torch.tensor(x[i])
        for n, (w, b) in enumerate(layers):
            h = h @ w + b
            h = getattr(torch, activation)(h) * torch.tensor(masks[n][i]) if n < 2 else h
        wanted = torch.nn.functional.cross_entropy(h, torch.tensor(classes[i]))
        wanted.backward()
        assert losses[i] == pytest.approx(wanted.item())
        for layer, of_torch in zip(found, layers, strict=True):
            for got, array in zip(layer, of_torch, strict=True):
                np.testing.assert_allclose(got[i], array.grad.numpy(), atol=1e-12)


def test_momentum_descent_is_that_of_torch():
    import torch

    nets, gradient = [(np.ones((1, 2, 1)), np.zeros((1, 1, 1)))], [(np.full((1, 2, 1), 0.5), np.ones((1, 1, 1)))]
    copy = torch.ones(2, 1, dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.SGD([copy], lr=0.1, momentum=net_stack.MOMENTUM)
    steps = [(np.zeros((1, 2, 1)), np.zeros((1, 1, 1)))]
    for _ in range(3):
        nets, steps = net_stack.descend(nets, steps, gradient, np.array([[[0.1]]]))
        copy.grad = torch.full((2, 1), 0.5, dtype=torch.double)
        optimiser.step()
    np.testing.assert_allclose(nets[0][0][0], copy.detach().numpy())


def test_moving_a_picture_by_hand():
    picture = np.zeros((8, 8))
    picture[0, 0], picture[3, 7] = 1, 2
    down = digit_nets.shifted(picture, 1, 0)
    assert (down[1, 0], down[4, 7], down.sum()) == (1, 2, 3)
    right = digit_nets.shifted(picture, 0, 1)
    assert (right[0, 1], right.sum()) == (1, 1)  # the 2 has left the picture
    assert np.array_equal(digit_nets.shifted(picture, 0, 0), picture)


def test_the_learned_and_the_unseen_digits_differ():
    data = digit_nets.digits([0, 1], 1000)
    assert data.learned.shape == (2, 1000, 8, 8)
    assert not np.array_equal(data.learned[0], data.learned[1])
    learned = {picture.tobytes() for picture in data.learned[0]}
    assert not learned & {picture.tobytes() for picture in data.tested[0]}
    assert digit_nets.inputs(data.learned, 16).mean() == pytest.approx(0, abs=0.01)


# ---- the lab -------------------------------------------------------------------------------------
@pytest.mark.parametrize("claim", lab.CLAIMS, ids=lambda claim: claim.arguments.get("trick", "dropout"))
def test_the_claims_hold(claim):
    trick = claim.arguments.get("trick", "dropout")
    records = [run(trick=trick)[1].record, *(run(trick=trick, seed=seed)[1].record for seed in (1, 2))]
    assert all(claim.holds(record) for record in records)


def test_relu_is_ahead_at_the_same_small_rate_only(runs):
    found = runs[0][1].record
    relu, tanh = trick_words.same_and_best(found)
    assert relu[0] * 2 < tanh[0]
    assert tanh[1] <= relu[1] + 1
    assert "tanh" in runs[0][1].text["en"]


def test_the_nets_overfit_and_dropout_helps(runs):
    found = runs[1][1].record
    assert sum(found["wrong"]["without"]["train"]) == 0
    before, after = (np.mean(found["wrong"][way]["test"]) for way in ("without", "with"))
    assert 30 < after < before < 70
    assert [np.size(mask) for mask in found["pictures"]] == [256] * 3


def test_shifted_copies_are_needed_for_moved_digits(runs):
    wrong = runs[2][1].record["wrong"]
    assert np.mean(wrong["without"]["moved"]) > 300
    assert np.mean(wrong["with"]["moved"]) < 100


def found_with(test0, test1, moved0=400, moved1=60):
    def of(test, moved):
        spread = [0, 1, 2]
        return {"train": [0, 0, 0], "test": [test + s for s in spread], "moved": [moved + s for s in spread]}

    return {"nets": 3, "images": 200, "wrong": {"without": of(test0, moved0), "with": of(test1, moved1)}}


@pytest.mark.parametrize(
    ("found", "trick", "en", "ko"),
    [
        (found_with(50, 40), "dropout", "dropout helps", "더 잘 읽어요"),
        (found_with(50, 50), "dropout", "could not be chance", "우연일 수도"),
        (found_with(50, 60), "dropout", "does harm: 50%", "50% 끄는 것은 지나쳐요"),
        (found_with(50, 40), "augmentation", "in their place they help as well", "제자리 숫자에는 도움이"),
        (found_with(50, 60), "augmentation", "they cost a little", "조금 손해"),
        (found_with(50, 50, 90, 90), "augmentation", "change little", "별 차이"),
        (found_with(50, 50, 60, 90), "augmentation", "do harm for moved", "해가 되고"),
    ],
)
def test_the_text_says_what_the_numbers_say(found, trick, en, ko):
    assert en in trick_words.english(found, trick, 0.5)
    assert ko in trick_words.korean(found, trick, 0.5)


@pytest.mark.parametrize(
    ("relu", "tanh", "en", "ko"),
    [
        ([9, 5, 4, 3, 9], [None, 17, 9, 8, 9], "not just a matter of the learning rate", "학습률 탓만이 아니에요"),
        ([9, 5, 4, 3, 9], [None, 17, 9, 3, 9], "gone once each", "차이가 없어져요"),
        ([9, 5, 4, 3, 9], [None, None, 9, 2, 9], "not within 60 epochs", "60에폭 넘게"),
        ([9, 5, 4, 3, 9], [None, 17, 9, 2, 9], "tanh overtakes", "tanh가 앞질러요"),
        ([9, 5, 4, 3, 9], [9, 5, 4, 3, 9], "no clear head start", "뚜렷하게 앞서지 않아요"),
    ],
)
def test_the_race_is_told_as_it_went(relu, tanh, en, ko):
    found = {"nets": 5, "epochs": 60, "rates": list(lab.RATES), "reached": {"relu": relu, "tanh": tanh}}
    assert en in trick_words.race_english(found)
    assert ko in trick_words.race_korean(found)


def test_frames_are_numbers_and_few(runs):
    for frames, _ in runs:
        assert len(frames) <= 130
        assert len({frame.series for frame in frames}) == 2
        assert frames[0].epoch == 0
        assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())


@pytest.mark.parametrize("trick", ["relu", "dropout", "augmentation"])
def test_the_same_seed_gives_the_same_run(small, trick):
    records = [finish(lab.run(lab.Arguments(trick=trick, seed=seed)))[1].record for seed in (4, 4, 5)]
    for record in records:
        del record["seconds"]
    assert records[0] == records[1]
    assert records[0]["curves"] != records[2]["curves"]
    assert json.loads(json.dumps(records[0], allow_nan=False)) == records[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"trick": "batchnorm"},
        {"dropout_rate": 0.0},
        {"dropout_rate": 0.95},
        {"dropout_rate": math.nan},
        {"training_images": 49},
        {"training_images": 1001},
        {"training_images": 99.5},
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
        assert en == ko or set(en) ^ set(ko) <= {"1"}  # "a pixel"
        assert re.search("[가-힣]", result.text["ko"])


def test_charts(runs):
    kinds = [["line", "line"], ["line", "bar", "images"], ["line", "bar", "images"]]
    for (_, result), wanted in zip(runs, kinds, strict=True):
        charts = lab.charts(result)
        assert [chart.kind for chart in charts] == wanted
        for chart in charts:
            words = [chart.title, chart.x, chart.y, chart.alt, *chart.captions, *(line.name for line in chart.lines)]
            assert all(set(word) == {"en", "ko"} for word in words)
            assert all(re.search("[가-힣]", word["ko"]) for word in (chart.title, chart.alt))
            assert sorted(set(NUMBERS.findall(chart.alt["en"]))) == sorted(set(NUMBERS.findall(chart.alt["ko"])))
            assert all(len(line.x) == len(line.y) for line in chart.lines)
            assert len(chart.captions) == len(chart.images)


def test_the_next_experiments_are_new_and_valid(runs):
    results = [result for _, result in runs] + [run(dropout_rate=0.2, training_images=50)[1]]
    for result in results:
        next_after(lab, result)


@pytest.mark.parametrize(
    "message",
    [
        "show me AlexNet's tricks",
        "run dropout",
        "data augmentation demo",
        "compare ReLU against tanh",
        "드롭아웃을 보여줘",
        "알렉스넷 실험",
        "데이터 증강 돌려줘",
    ],
)
def test_asked(message):
    assert re.search(lab.ASKED, message, re.IGNORECASE)
    assert not re.search(lab.ASKED, "show me the perceptron 퍼셉트론", re.IGNORECASE)
