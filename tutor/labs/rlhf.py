"""Learning from comparisons: a reward model and a policy that is tuned to please it, over eight answers to a question.

P. Christiano et al. (2017), N. Stiennon et al. (2020) and L. Ouyang et al., "Training language models to follow
instructions with human feedback" (2022), equations 1 and 2. The answers and judges are in answers.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs.answers import ANSWERS, CORRECT, FEATURES, REFERENCE, TASTES, taste
from tutor.labs.charts import Chart, Words, finished
from tutor.labs.mlp import sigmoid
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.rlhf_charts import REWARD, drawn, number
from tutor.types import Frame, LabResult

NAME = "rlhf"
TITLE: Words = {"en": "RLHF: learning from comparisons", "ko": "RLHF: 비교에서 배우기"}
SUMMARY: Words = {
    "en": "A judge compares answers, a reward model learns the judge's taste, and a policy learns to please it.",
    "ko": "심사자가 답을 비교하면 보상 모델이 그 취향을 배우고, 정책이 보상 모델의 마음에 들도록 바뀌는 것을 봐요.",
}
ASKED = (
    r"\brlhf\b|human feedback|reward (?:model|hack)\w*|\b(?:instruct|chat)\s?gpt\b|bradley|\bppo\b"
    r"|preferences?\b|policy gradient|over-?optimi[sz]|sycophan|flatter|kl (?:penalty|divergence)"
    r"|(?<![A-Za-z])(?:rlhf|ppo)(?![A-Za-z])"
    r"|사람의?\s*피드백|인간의?\s*피드백|보상\s*(?:모델|모형|해킹)|선호도?|정책\s*(?:경사|기울기)|아첨|인스트럭트\s*GPT|강화\s*학습"
)
STORY: Words = {"en": "three steps of RLHF reward model", "ko": "RLHF의 세 단계 보상 모델"}
METRIC = "reward"
METRIC_NAME = REWARD
EPOCH_NAME: Words = {"en": "step", "ko": "단계"}
LABELS: Mapping[str, Words] = {
    "preferred": {"en": "The judge prefers answers that are", "ko": "심사자가 좋아하는 답"},
    "preferences": {"en": "Comparisons", "ko": "비교 횟수"},
    "noise": {"en": "Share of wrong clicks", "ko": "잘못 고르는 비율"},
    "kl_penalty": {"en": "KL penalty", "ko": "KL 벌점"},
    "seed": {"en": "Seed", "ko": "시드"},
    "helpful": {"en": "helpful answers", "ko": "도움이 되는 답"},
    "short": {"en": "short answers", "ko": "짧은 답"},
    "flattering": {"en": "flattery", "ko": "듣기 좋은 말"},
}

FIT_STEPS, FIT_RATE, DECAY = 400, 0.5, 0.01  # of the reward model
STEPS, RATE = 600, 0.3  # of the policy
EVERY = 10  # steps a frame
PENALTIES = np.geomspace(0.05, 5, 25)  # that the picture compares
CLEAR = 0.1  # a difference in reward that the text makes something of


class Arguments(BaseModel):
    """Fit a reward model to a simulated judge's comparisons of eight answers and tune a policy to please it (RLHF)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    preferred: Literal["helpful", "short", "flattering"] = Field(
        "helpful", description="What the simulated judge likes in an answer."
    )
    preferences: int = Field(300, ge=5, le=2000, description="How many pairs of answers the judge compares.")
    noise: float = Field(
        0.1, ge=0, le=0.5, allow_inf_nan=False, description="Share of comparisons in which the wrong answer is clicked."
    )
    kl_penalty: float = Field(
        0.2, ge=0, le=5, allow_inf_nan=False, description="Price of moving away from the policy before; 0 is none."
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Random seed of the pairs and the judge's choices.")


def compare(rewards: np.ndarray, pairs: int, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Rows (winner, loser) of answers that the policy before gave: i beats j with sigmoid(r_i - r_j), or by mistake."""
    first = rng.choice(len(rewards), pairs, p=REFERENCE)
    others = np.stack([np.delete(np.arange(len(rewards)), i) for i in first])
    shares = REFERENCE[others] / REFERENCE[others].sum(axis=1, keepdims=True)
    second = others[np.arange(pairs), (shares.cumsum(axis=1) < rng.random((pairs, 1))).sum(axis=1)]
    wins = rng.random(pairs) < sigmoid(rewards[first] - rewards[second])
    wins ^= rng.random(pairs) < noise
    return np.where(wins[:, None], np.stack([first, second], axis=1), np.stack([second, first], axis=1))


def preference_loss(w: np.ndarray, won: np.ndarray, lost: np.ndarray) -> tuple[float, np.ndarray]:
    """Equation 1, loss = -mean log sigmoid(r_w - r_l) with r = features · w, and its gradient.

    `won` and `lost` (N, F) are the features of the preferred answers and of the others. With d = won - lost (N, F),
    d loss / d w = -mean (1 - sigmoid(d · w)) d: the less sure the model was, the more a comparison teaches.
    """
    d = won - lost
    margin = d @ w
    return float(np.logaddexp(0, -margin).mean()), -(sigmoid(-margin)[:, None] * d).mean(axis=0)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def objective(logits: np.ndarray, rewards: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
    """Equation 2 without its pretraining term, E_{y ~ π} [r(y) - β log(π(y) / π_ref(y))], and its gradient.

    With π = softmax(logits) over the K answers and the advantage A(y), the bracket less its mean, the policy
    gradient E_{y ~ π} [A(y) ∇ log π(y)] is π(k) A(k) for the logit of answer k; so few answers need no sampling.
    """
    pi = softmax(logits)
    gain = rewards - penalty * (np.log(pi + 1e-300) - np.log(REFERENCE))
    value = float(pi @ gain)
    return value, pi * (gain - value)


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Compare, fit the reward model, tune the policy. The frames show both rewards under the policy, step by step."""
    started = time.perf_counter()
    truth = taste(arguments.preferred)
    rng = np.random.default_rng(arguments.seed)
    pairs = compare(truth, arguments.preferences, arguments.noise, rng)
    w, fitted = _fit(FEATURES[pairs[:, 0]], FEATURES[pairs[:, 1]])
    rewards = FEATURES @ w
    rewards -= REFERENCE @ rewards  # as in section C.2: only differences were learned, so the mean is set to 0
    logits, curve = np.log(REFERENCE), []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            pi = softmax(logits)
            kl = max(0.0, float(pi @ (np.log(pi + 1e-300) - np.log(REFERENCE))))
            point = [float(pi @ rewards), float(pi @ truth), kl, float(pi @ CORRECT)]
            curve.append([step, *(round(value, 4) for value in point)])
            for name, value in zip(("learned reward", "true reward"), point, strict=False):
                yield Frame(step, step, {METRIC: value, "kl": kl}, series=name)
        logits = logits + RATE * objective(logits, rewards, arguments.kl_penalty)[1]
    found = {
        "loss": [round(value, 4) for value in fitted],
        "agree": round(float((rewards[pairs[:, 0]] > rewards[pairs[:, 1]]).mean()), 4),
        "seen": np.bincount(pairs.ravel(), minlength=len(ANSWERS)).tolist(),
        "true": truth.round(4).tolist(),
        "learned": rewards.round(4).tolist(),
        "before": REFERENCE.round(4).tolist(),
        "after": pi.round(4).tolist(),
        "curve": curve,
        "penalties": [_at(float(penalty), rewards, truth) for penalty in PENALTIES],
    }
    asked = arguments.model_dump()
    text: Words = {"en": _english(found, asked), "ko": _korean(found, asked)}
    return finished(NAME, asked, found, text, time.perf_counter() - started)


def best_policy(rewards: np.ndarray, penalty: float) -> np.ndarray:
    """Where equation 2 is largest: π(y) is π_ref(y) exp(r(y) / β), scaled to sum 1."""
    return softmax(np.log(REFERENCE) + rewards / penalty)


def _at(penalty: float, rewards: np.ndarray, truth: np.ndarray) -> list[float]:
    """The penalty, and the learned reward, the true one and the share of correct answers of its best policy."""
    pi = best_policy(rewards, penalty)
    return [round(float(value), 4) for value in (penalty, pi @ rewards, pi @ truth, pi @ CORRECT)]


def _fit(won: np.ndarray, lost: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The reward model's weights by gradient descent, with a little weight decay, and the loss along the way."""
    w, losses = np.zeros(won.shape[1]), []
    for step in range(FIT_STEPS + 1):
        loss, gradient = preference_loss(w, won, lost)
        if step % 20 == 0:
            losses.append(loss)
        w = w - FIT_RATE * (gradient + DECAY * w)
    return w, losses


def hacked(found: Mapping[str, Any]) -> bool:
    """Whether the true reward ended clearly below its best while the learned one rose on from there."""
    best, last = max(found["curve"], key=lambda point: point[2]), found["curve"][-1]
    return last[2] < best[2] - CLEAR and last[1] > best[1]


def _ordered(found: Mapping[str, Any]) -> float:
    """The share of all pairs of answers that the learned rewards put in the order of the true ones."""
    learned, true = (np.array(found[key]) for key in ("learned", "true"))
    first, second = np.triu_indices(len(true), 1)
    return float(((learned[first] > learned[second]) == (true[first] > true[second])).mean())


def _moved(found: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """1, 0 or -1 for clearly up, level, clearly down: the true reward, and the share of correct answers; in numbers."""
    first, last = found["curve"][0], found["curve"][-1]
    true, correct = last[2] - first[2], last[4] - first[4]
    percents = (round(100 * first[4]), round(100 * last[4]))
    return (true > CLEAR) - (true < -CLEAR), (correct > 0.02) - (correct < -0.02), *percents


def _rise(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Learned and true reward at the start and at the end, the KL; the best true reward and its step."""
    first, last = found["curve"][0], found["curve"][-1]
    best = max(found["curve"], key=lambda point: point[2])
    return *(number(value, 1) for value in (*first[1:3], *last[1:4], best[2])), str(best[0])


def _english(found: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    after, (up, correct, was, now) = found["after"], _moved(found)
    l0, t0, l1, t1, kl, best, at = _rise(found)
    top = int(np.argmax(after))
    how = (
        f"Reward hacking: the learned reward rose from {l0} to {l1}, while the true one fell from "
        f"{best} at step {at} to {t1}"
        if hacked(found)
        else f"The learned reward went from {l0} to {l1} and the true one from {t0} to "
        f"{t1}, at a KL of {kl} from the policy before"
    )
    taste_of = TASTES[asked["preferred"]]["en"]
    lesson = {1: f"came to give more of what this judge likes, {taste_of}", 0: "hardly changed in this judge's eyes"}
    share = {
        1: f"rose from {was}% to {now}%",
        0: f"is about the same, {now}% (before: {was}%)",
        -1: f"fell from {was}% to {now}%",
    }
    return (
        f"From {asked['preferences']:,} comparisons ({asked['noise']:.0%} of them clicked wrongly) by a judge who "
        f"likes {taste_of}, the reward model puts {_ordered(found):.0%} of all pairs of answers in the judge's order. "
        f"Tuned to please it with a KL penalty of {asked['kl_penalty']:g}, the policy now mostly says “"
        f"{ANSWERS[top].text['en']}” ({after[top]:.0%}, before {found['before'][top]:.0%}). {how}. So the policy "
        f"{lesson.get(up, 'came to please the reward model, not the judge')}; the share of correct answers "
        f"{share[correct]}, and all it learned came from the judge's clicks."
    )


def _korean(found: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    after, (up, correct, was, now) = found["after"], _moved(found)
    l0, t0, l1, t1, kl, best, at = _rise(found)
    top = int(np.argmax(after))
    how = (
        f"보상 해킹이에요. 배운 보상은 {l0}에서 {l1}까지 올랐는데, 진짜 보상은 {at}단계의 "
        f"{best}에서 {t1}까지 떨어졌어요"
        if hacked(found)
        else f"배운 보상은 {l0}에서 {l1}, 진짜 보상은 {t0}에서 {t1}까지 "
        f"움직였고, 이전 정책과의 KL은 {kl}만큼 벌어졌어요"
    )
    taste_of = TASTES[asked["preferred"]]["ko"]
    lesson = {
        1: f"이 심사자가 좋아하는 것({taste_of})을 더 많이 내놓게 됐어요",
        0: "이 심사자가 보기에는 거의 바뀌지 않았어요",
    }
    share = {
        1: f"{was}%에서 {now}%까지 늘었어요",
        0: f"{now}%로 그대로예요(전에는 {was}%)",
        -1: f"{was}%에서 {now}%까지 줄었어요",
    }
    return (
        f"심사자의 취향은 {taste_of}, 비교는 {asked['preferences']:,}번(잘못 고른 비율 {asked['noise']:.0%})이에요. "
        f"여기서 배운 보상 모델은 두 답씩 견준 모든 쌍의 {_ordered(found):.0%}를 심사자와 같은 순서로 놓아요. "
        f"KL 벌점 {asked['kl_penalty']:g}의 조건에서 보상 모델의 마음에 들도록 조정하자 정책이 가장 자주 하는 답은 "
        f"“{ANSWERS[top].text['ko']}”({after[top]:.0%}, 전에는 {found['before'][top]:.0%})가 됐어요. {how}. "
        f"그러니까 정책은 {lesson.get(up, '심사자가 아니라 보상 모델의 마음에 들게 됐어요')}. 맞는 답의 비율은 "
        f"{share[correct]}. 배운 것은 모두 심사자의 선택에서 나왔어요."
    )


def charts(result: LabResult) -> list[Chart]:
    """The policy before and after, learned against true reward, both over the steps, and both by the KL penalty."""
    return drawn(result.record)


def _pleased(record: Mapping[str, Any]) -> bool:
    return record["curve"][-1][2] > record["curve"][0][2] + 1


def _less_correct(record: Mapping[str, Any]) -> bool:
    return _pleased(record) and record["curve"][-1][4] < record["curve"][0][4]


FEW: Mapping[str, Any] = {"preferences": 10, "noise": 0.4, "kl_penalty": 0.0}
CLAIMS: tuple[Claim, ...] = (
    Claim("the policy comes to please a helpful judge", _pleased, 99),
    Claim(
        "it comes to please a flattered judge and gives fewer correct answers",
        _less_correct,
        90,
        {"preferred": "flattering", "preferences": 1000},
    ),
    Claim("with few noisy comparisons and no penalty the reward is often hacked", hacked, 40, FEW),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Where it was hacked, the penalty that would have been best; else what invites hacking; and another judge."""
    given, found = dict(result.arguments), result.record
    if hacked(found):
        best = float(f"{max(found['penalties'], key=lambda point: point[2])[0]:.1g}")
        penalty = best if best != given["kl_penalty"] else 2 * best if best <= 2 else best / 2
        first = {**given, "kl_penalty": penalty}
        words: Words = {"en": f"The same with a KL penalty of {penalty:g}", "ko": f"KL 벌점을 {penalty:g}로 바꿔 보기"}
    else:
        first = {**given, **FEW}
        if first == given:
            first["seed"] = (given["seed"] + 1) % 2**31
        words = {"en": "10 noisy comparisons, no penalty", "ko": "잡음 많은 비교 10번, 벌점 없이 해 보기"}
    judge = "flattering" if given["preferred"] != "flattering" else "helpful"
    other: Words = {
        "en": f"With a judge who likes {TASTES[judge]['en']}",
        "ko": f"심사자의 취향을 ‘{TASTES[judge]['ko']}’ 쪽으로 바꿔 보기",
    }
    return [Experiment(words, NAME, first), Experiment(other, NAME, {**given, "preferred": judge})]
