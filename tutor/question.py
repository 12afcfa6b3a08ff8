"""A learner's question before anything is done with it."""

from __future__ import annotations

from tutor.errors import QuestionError
from tutor.text import LONGEST, normalise, typed

LONGEST_QUESTION = 2000  # characters


def checked_question(text: str) -> str:
    """`text` as it is searched and shown.

    Raises:
        QuestionError: it is empty, or too long.
    """
    # Far too long a text is not even normalised: the order of a million combining marks alone takes minutes.
    question = " ".join(normalise(text).split()) if len(text) <= 3 * LONGEST else text.strip()
    if not question:
        raise QuestionError(
            "The question is empty.",
            "Type one, such as: Who invented the perceptron?",
            ko=("질문이 비어 있어요.", "이렇게 물어보세요: 퍼셉트론은 누가 만들었어?"),
        )
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(question):,} characters; {LONGEST_QUESTION:,} is the most.",
            "Shorten it and ask again.",
            ko=(
                f"질문이 {len(question):,}자예요. {LONGEST_QUESTION:,}자까지 물어볼 수 있어요.",
                "줄여서 다시 물어봐 주세요.",
            ),
        )
    return typed(question)
