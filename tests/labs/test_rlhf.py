import json
import math
import re

import numpy as np
import pytest
import torch
from labruns import finish
from outcome_checks import next_after
from pydantic import ValidationError

from tutor.labs import answers, rlhf_charts
from tutor.labs import rlhf as lab

NUMBERS = re.compile(r"-?\d[\d,.]*\d|-?\d")
HACKED = {"preferences": 10, "noise": 0.4, "kl_penalty": 0.0, "seed": 1}
SETTINGS = [{}, {"preferred": "flattering"}, HACKED, {"preferred": "short", "noise": 0.5, "kl_penalty": 5.0}]


def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


@pytest.fixture(scope="module")
def runs():
    return [run(**setting) for setting in SETTINGS]


def test_equation_1_by_hand():
    """Two comparisons with margins 1 and -1: losses log(1 + 1/e) and log(1 + e); pulls 1 - sigmoid(±1)."""
    w, won, lost = np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, 3.0]]), np.array([[1.0, 1.0], [1.0, 0.0]])
    loss, gradient = lab.preference_loss(w, won, lost)
    assert loss == pytest.approx((math.log(1 + math.exp(-1)) + math.log(1 + math.e)) / 2)
    weak, strong = 1 / (1 + math.e), math.e / (1 + math.e)
    assert gradient == pytest.approx([(-weak + strong) / 2, (weak - 3 * strong) / 2])


def test_equation_1_and_its_gradient_are_torchs():
    rng = np.random.default_rng(0)
    w, won, lost = rng.normal(size=5), rng.normal(size=(9, 5)), rng.normal(size=(9, 5))
    w_t = torch.tensor(w, requires_grad=True)
    loss = -torch.nn.functional.logsigmoid((torch.tensor(won) - torch.tensor(lost)) @ w_t).mean()
    loss.backward()
    mine, gradient = lab.preference_loss(w, won, lost)
    assert mine == pytest.approx(loss.item())
    np.testing.assert_allclose(gradient, w_t.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("penalty", [0.0, 0.2, 3.0])
def test_equation_2_and_its_gradient_are_torchs(penalty):
    rng = np.random.default_rng(1)
    logits, rewards = rng.normal(size=8), rng.normal(size=8)
    logits_t = torch.tensor(logits, requires_grad=True)
    pi = logits_t.softmax(0)
    reference = torch.tensor(answers.REFERENCE)
    value = pi @ torch.tensor(rewards) - penalty * (pi * (pi / reference).log()).sum()
    value.backward()
    mine, gradient = lab.objective(logits, rewards, penalty)
    assert mine == pytest.approx(value.item())
    np.testing.assert_allclose(gradient, logits_t.grad.numpy(), atol=1e-12)


def test_the_gradient_is_what_sampled_answers_give_on_average():
    rng = np.random.default_rng(2)
    logits, rewards = rng.normal(size=8), rng.normal(size=8)
    pi = lab.softmax(logits)
    drawn = rng.choice(8, 200_000, p=pi)
    sampled = ((rewards[drawn] - pi @ rewards)[:, None] * (np.eye(8)[drawn] - pi)).mean(axis=0)
    np.testing.assert_allclose(lab.objective(logits, rewards, 0.0)[1], sampled, atol=0.01)


@pytest.mark.parametrize("penalty", [0.5, 1.0, 5.0])
def test_the_steps_lead_to_the_best_policy(penalty):
    rewards = answers.taste("helpful")
    best = lab.best_policy(rewards, penalty)
    assert np.abs(lab.objective(np.log(best), rewards, penalty)[1]).max() < 1e-12
    logits = np.log(answers.REFERENCE)
    for _ in range(lab.STEPS):
        logits = logits + lab.RATE * lab.objective(logits, rewards, penalty)[1]
    np.testing.assert_allclose(lab.softmax(logits), best, atol=0.01)


def test_comparisons_are_those_of_bradley_and_terry():
    rewards = answers.taste("helpful")
    pairs = lab.compare(rewards, 60_000, 0.0, np.random.default_rng(0))
    assert (pairs[:, 0] != pairs[:, 1]).all()
    won, lost = ((pairs == pair).all(axis=1).sum() for pair in ([0, 3], [3, 0]))
    assert won / (won + lost) == pytest.approx(1 / (1 + math.exp(rewards[3] - rewards[0])), abs=0.01)
    noisy = lab.compare(rewards, 60_000, 0.5, np.random.default_rng(0))
    won, lost = ((noisy == pair).all(axis=1).sum() for pair in ([0, 3], [3, 0]))
    assert won / (won + lost) == pytest.approx(0.5, abs=0.03)


def test_many_true_comparisons_teach_the_true_reward(monkeypatch):
    monkeypatch.setattr(lab, "DECAY", 0.0)
    truth = answers.taste("short")
    pairs = lab.compare(truth, 20_000, 0.0, np.random.default_rng(0))
    w, losses = lab._fit(answers.FEATURES[pairs[:, 0]], answers.FEATURES[pairs[:, 1]])
    learned = answers.FEATURES @ w
    assert np.corrcoef(learned, truth)[0, 1] > 0.98
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == pytest.approx(math.log(2))


@pytest.mark.parametrize("claim", lab.CLAIMS, ids=lambda claim: claim.says)
def test_the_claims_hold(claim):
    held = sum(claim.holds(run(**claim.arguments, seed=seed)[1].record) for seed in range(16))
    assert held >= (4 if claim.at_least < 60 else 14)


def test_a_penalty_keeps_more_of_the_true_reward_where_it_is_hacked():
    ends = {}
    for penalty in (0.0, 2.0):
        records = [run(**{**HACKED, "seed": seed, "kl_penalty": penalty})[1].record for seed in range(12)]
        ends[penalty] = [record["curve"][-1] for record in records]
    worst = {penalty: min(end[2] for end in of) for penalty, of in ends.items()}
    assert worst[0.0] < -1.5 < -1 < worst[2.0]
    assert max(end[3] for end in ends[2.0]) < min(end[3] for end in ends[0.0])


def test_made_up_curves_are_hacked_or_not():
    def curve(learned, true):
        return {"curve": [[i, *of, 0.0, 0.0] for i, of in enumerate(zip(learned, true, strict=True))]}

    assert lab.hacked(curve((0, 1, 2), (0, 0.5, -1)))
    assert not lab.hacked(curve((0, 1, 2), (0, 0.5, 0.45)))
    assert not lab.hacked(curve((0, 1, 0.5), (0, 0.5, -1)))


def test_texts(runs):
    texts = [result.text for _, result in runs]
    assert (
        "came to give more of what this judge likes, helpful answers; the share of correct answers rose"
        in texts[0]["en"]
    )
    assert "likes, flattery; the share of correct answers fell" in texts[1]["en"]
    assert "Reward hacking" in texts[2]["en"]
    assert "보상 해킹" in texts[2]["ko"]
    assert "came to please the reward model, not the judge" in texts[2]["en"]
    assert "hardly changed" in texts[3]["en"]
    assert "Reward hacking" not in texts[0]["en"] + texts[1]["en"] + texts[3]["en"]
    assert all("-0.0 " not in text[lang] for text in texts for lang in ("en", "ko"))


def test_both_languages_tell_the_same_numbers(runs):
    for _, result in runs:
        en, ko = (sorted(set(NUMBERS.findall(result.text[lang]))) for lang in ("en", "ko"))
        assert en == ko
        assert re.search("[가-힣]", result.text["ko"])
        assert not re.search("[가-힣]", result.text["en"])


def test_charts(runs):
    for _, result in runs:
        shown = lab.charts(result)
        assert [chart.kind for chart in shown] == ["bar", "plane", "line", "line"]
        for chart in shown:
            words = [chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)]
            assert all(set(word) == {"en", "ko"} for word in words)
            en, ko = (sorted(set(NUMBERS.findall(chart.alt[lang]))) for lang in ("en", "ko"))
            assert en == ko != []
            assert all(len(line.x) == len(line.y) for line in (*chart.lines, *chart.boundaries))
    assert rlhf_charts.number(-0.04, 1) == "0.0"


def test_answers():
    assert answers.REFERENCE.sum() == pytest.approx(1)
    assert len(answers.ANSWERS) == len(rlhf_charts.LETTERS)
    assert {len(reply.features) for reply in answers.ANSWERS} == {len(answers.KINDS)}
    assert all(set(words) == {"en", "ko"} for reply in answers.ANSWERS for words in (reply.name, reply.text))
    assert all(answers.REFERENCE @ answers.taste(judge) == pytest.approx(0) for judge in answers.JUDGES)


def test_frames(runs):
    for frames, _ in runs:
        assert 2 <= len(frames) <= 200
        assert {frame.series for frame in frames} == {"learned reward", "true reward"}
        assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())


def test_the_same_seed_gives_the_same_run():
    one, two, other = (run(seed=seed)[1].record for seed in (4, 4, 5))
    for record in (one, two, other):
        del record["seconds"]
    assert one == two
    assert one["learned"] != other["learned"]
    assert json.loads(json.dumps(one, allow_nan=False)) == one


@pytest.mark.parametrize(
    "wrong",
    [
        {"preferred": "rude"},
        {"preferences": 4},
        {"preferences": 2001},
        {"noise": 0.6},
        {"noise": float("nan")},
        {"kl_penalty": -0.1},
        {"kl_penalty": float("inf")},
        {"seed": -1},
        {"steps": 3},
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


def test_next_experiments(runs):
    for seed in range(8):
        runs = [*runs, run(**{**HACKED, "seed": seed}), run(**{**HACKED, "seed": seed, "kl_penalty": 5.0})]
    for _, result in runs:
        assert len(next_after(lab, result)) == 2


@pytest.mark.parametrize(
    "said", ["RLHF", "human feedback", "reward model", "보상 모델", "사람의 피드백", "RLHF가", "아첨"]
)
def test_asked(said):
    assert re.search(lab.ASKED, said, re.IGNORECASE)
    assert not re.search(lab.ASKED, "the perceptron and 퍼셉트론 learning", re.IGNORECASE)
