"""How fast a local model answers: time to the first token, tokens a second, and what the KV cache saves.

    python -m tutor.evals.speed [--model PATH]

Times depend on what else runs on the machine; the ratios to the first row say more.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import typer

from tutor import config
from tutor.chat.model import ChatModel, load
from tutor.types import Message, Usage

PROMPT_TOKENS = 400  # a question with four short passages
ANSWER_TOKENS = 64
REPEATS = 5
SENTENCE = "In 1958 Frank Rosenblatt described the perceptron. 퍼셉트론은 직선 하나로 두 무리를 가른다. "


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians over REPEATS. The follow-up is one short turn more, with and without the KV cache."""

    load_seconds: float
    first_token_seconds: float
    tokens_a_second: float
    follow_up_seconds: float
    follow_up_reusing_seconds: float

    def row(self, first: Speed) -> str:
        fresh, reusing = self.follow_up_seconds, self.follow_up_reusing_seconds
        return (
            f"{self.load_seconds:6.2f}"
            f"  {self.first_token_seconds * 1000:7.1f} ({self.first_token_seconds / first.first_token_seconds:4.2f}x)"
            f"  {self.tokens_a_second:7.1f} ({self.tokens_a_second / first.tokens_a_second:4.2f}x)"
            f"  {fresh * 1000:12.1f}  {reusing * 1000:9.1f} ({reusing / fresh:4.2f}x)"
        )


def measure(settings: config.Settings) -> Speed:
    """The speed of the local model under `settings`, first runs left out."""
    began = time.perf_counter()
    model = load(settings)
    loaded = time.perf_counter() - began
    question = [Message("user", _prompt(model))]
    follow_up = [*question, Message("assistant", SENTENCE), Message("user", "When?")]
    _run(model, question)
    firsts, rates, fresh, reusing = [], [], [], []
    for i in range(REPEATS):
        usage, seconds = _run(model, question, conversation=str(i))
        firsts.append(usage.first_token_seconds)
        steps = usage.completion_tokens - (usage.stopped == "length")  # after the first; the end token is one too
        rates.append(steps / (seconds - usage.first_token_seconds))
        reusing.append(_run(model, follow_up, conversation=str(i))[0].first_token_seconds)
        fresh.append(_run(model, follow_up)[0].first_token_seconds)
    model.close()
    return Speed(loaded, *(statistics.median(values) for values in (firsts, rates, fresh, reusing)))


def _prompt(model: ChatModel) -> str:
    return SENTENCE * round(PROMPT_TOKENS / model.count_tokens(SENTENCE))


def _run(model: ChatModel, messages: Sequence[Message], conversation: str = "") -> tuple[Usage, float]:
    began = time.perf_counter()
    *_, usage = model.stream(messages, cancel=threading.Event(), conversation=conversation, max_tokens=ANSWER_TOKENS)
    assert isinstance(usage, Usage)
    return usage, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", help="a checkpoint folder (default: the bundled model)")
    settings = config.load(model=parser.parse_args().model)
    typer.echo(f"{'':14}   load s   first ms         tokens/s         follow-up ms   with KV cache ms")
    first: Speed | None = None
    for dtype in ("fp32", "bf16"):
        for threads in (1, 2):
            speed = measure(replace(settings, dtype=dtype, threads=threads))
            first = first or speed
            typer.echo(f"{dtype}, {threads} thread{'s' if threads > 1 else ' '}  {speed.row(first)}")


if __name__ == "__main__":
    main()
