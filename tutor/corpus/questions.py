"""The questions that the corpus says its sentences answer (corpus/qa/train), searched along with the text.

A learner asks in other words than an article tells; a question that a sentence is known to answer is nearer to the
learner's. Evaluation questions never stand there (tests/training/test_decontamination.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tutor.config import Settings
from tutor.errors import CorpusError


def files(settings: Settings) -> list[Path]:
    """The question files, sorted."""
    return sorted((settings.corpus / "qa" / "train").glob("*.jsonl"))


def records(settings: Settings) -> Iterator[Mapping[str, Any]]:
    """Every record that can be understood without another one before it; its `questions` and `answer` are there.

    Raises:
        CorpusError: a line is not a record with `questions` and `answer`.
    """
    for path in files(settings):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                record = json.loads(line)
                if record.get("after"):  # understood only with the question before it
                    continue
                list(record["questions"]), list(record["answer"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise CorpusError(
                    f"{path}, line {number} is not a question record ({type(error).__name__}: {error}).",
                    'Write {"questions": ["..."], "answer": ["a sentence of the article"], ...} on the line.',
                    ko=(
                        f"{path} {number}번째 줄은 질문 기록이 아니에요({type(error).__name__}: {error}).",
                        '{"questions": ["..."], "answer": ["글에 있는 문장"], ...} 꼴로 써 주세요.',
                    ),
                ) from None
            yield record


def read(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """Sentence -> the questions that it answers.

    Raises:
        CorpusError: as for `records`.
    """
    asked: dict[str, list[str]] = {}
    for record in records(settings):
        for sentence in record["answer"]:
            asked.setdefault(sentence, []).extend(record["questions"])
    return {sentence: tuple(dict.fromkeys(questions)) for sentence, questions in asked.items()}
