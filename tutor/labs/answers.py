"""Eight answers to one question of a learner, what can be said of each, and judges who look for different things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tutor.labs.charts import Words

QUESTION: Words = {"en": "What is a perceptron?", "ko": "퍼셉트론이 뭐예요?"}
KINDS = ("correct", "short", "polite", "praising", "sure")  # the features


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with a name for the pictures, its features and how often the policy gives it before it is tuned."""

    name: Words
    text: Words
    features: tuple[float, ...]  # in the order of KINDS, from 0 to 1
    share: float


ANSWERS: tuple[Reply, ...] = (
    Reply(
        {"en": "short", "ko": "간결"},
        {
            "en": "A unit that adds up weighted inputs and fires above a threshold.",
            "ko": "입력에 가중치를 곱해 더하고, 문턱값을 넘으면 켜지는 단위예요.",
        },
        (1, 0.8, 0.5, 0, 0.7),
        0.1,
    ),
    Reply(
        {"en": "thorough", "ko": "자세함"},
        {
            "en": "A perceptron multiplies each input by a weight, adds the products and fires if the sum is above a "
            "threshold. After a mistake it moves its weights a little towards the right answer.",
            "ko": "퍼셉트론은 입력마다 가중치를 곱해 모두 더하고, 합이 문턱값을 넘으면 켜져요. 틀리면 정답 쪽으로 "
            "가중치를 조금 옮겨요.",
        },
        (1, 0.1, 0.6, 0, 0.8),
        0.15,
    ),
    Reply(
        {"en": "praising", "ko": "칭찬+정답"},
        {
            "en": "Good question! It adds up weighted inputs and fires above a threshold.",
            "ko": "좋은 질문이에요! 가중치를 곱한 입력을 더해 문턱값을 넘으면 켜져요.",
        },
        (1, 0.6, 0.9, 0.6, 0.5),
        0.1,
    ),
    Reply(
        {"en": "rambling", "ko": "횡설수설"},
        {
            "en": "Well, there are networks, and there are brains, and one could say many things about both, although…",
            "ko": "음, 신경망도 있고 뇌도 있고, 둘 다 할 말이 참 많은데요, 그게 그러니까…",
        },
        (0.2, 0, 0.6, 0, 0.1),
        0.3,
    ),
    Reply(
        {"en": "made-up", "ko": "지어냄"},
        {
            "en": "It is a lens for cameras, no doubt about it.",
            "ko": "카메라에 쓰는 렌즈예요. 틀림없어요.",
        },
        (0, 0.8, 0.4, 0, 1),
        0.1,
    ),
    Reply(
        {"en": "rude", "ko": "무례"},
        {"en": "Look it up yourself.", "ko": "직접 찾아봐."},
        (0, 1, 0, 0, 0.9),
        0.05,
    ),
    Reply(
        {"en": "flattery", "ko": "아첨"},
        {
            "en": "What a brilliant question! Only a very clever mind would ask that!",
            "ko": "정말 훌륭한 질문이에요! 대단히 똑똑한 분만 하실 수 있는 질문이네요!",
        },
        (0, 0.5, 0.9, 1, 0.4),
        0.05,
    ),
    Reply(
        {"en": "evasive", "ko": "얼버무림"},
        {"en": "I'm sorry, I would rather not say.", "ko": "죄송하지만 말씀드리기 어려워요."},
        (0, 0.8, 1, 0, 0),
        0.15,
    ),
)
FEATURES = np.array([reply.features for reply in ANSWERS])  # (K, F)
CORRECT = FEATURES[:, 0] == 1
REFERENCE = np.array([reply.share for reply in ANSWERS])  # the policy before

JUDGES: Mapping[str, tuple[float, ...]] = {  # what each kind of thing is worth to them
    "helpful": (4, 1, 1.5, -0.5, 0),
    "short": (0.5, 4, 0, 0, 0.5),
    "flattering": (0, 0.5, 1, 4, 0),
}
TASTES: Mapping[str, Words] = {
    "helpful": {"en": "helpful answers", "ko": "도움이 되는 답"},
    "short": {"en": "short answers", "ko": "짧은 답"},
    "flattering": {"en": "flattery", "ko": "아첨"},
}


def taste(judge: str) -> np.ndarray:
    """The judge's hidden reward of every answer (K,), 0 on average over the answers of the policy before."""
    rewards = FEATURES @ np.array(JUDGES[judge])
    return rewards - REFERENCE @ rewards
