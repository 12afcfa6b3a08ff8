"""What a chat model is, and which one the settings ask for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from tutor.config import Settings, go_offline
from tutor.errors import ModelError
from tutor.types import Call, Excerpt, Message, ToolCall, ToolSpec, Usage


class ChatModel(Protocol):
    """A model that continues a conversation. `context_tokens` holds prompt and answer together.

    A model that `only_quotes` is too small to be trusted with words of its own: it is to be given the `answers`.
    """

    name: str
    context_tokens: int
    only_quotes: bool

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` takes (remote models estimate)."""
        ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        call: Call = "may",
        excerpts: Sequence[Excerpt] = (),
        answers: Sequence[str] = (),
        cancel: threading.Event,
        conversation: str = "",
        max_tokens: int = 256,
    ) -> Iterator[str | ToolCall | Usage]:
        """Text pieces as they come, then at most one ToolCall, and Usage last.

        The oldest turns are left out where the prompt would not fit. One generation runs at a time:
        exhaust or close the iterator before asking for another. Closing it, or setting `cancel`,
        stops within a token.

        Args:
            call: whether the answer must be, may be or must not be a call of one of `tools`.
            answers: where given, the text can only be one of these, word for word.
            excerpts: the passages of this turn, in order of `n`, shown with the last question.
            conversation: an id; turns under the same id may reuse the work of the turn before.

        Raises:
            ModelError: the prompt does not fit, or the server broke off.
            ToolCallInvalid: the model began a tool call that is cut short or malformed.
        """
        ...

    def close(self) -> None:
        """Give memory and connections back."""
        ...


def load(settings: Settings) -> ChatModel:
    """The model behind `settings.server`, or else the checkpoint `settings.model`.

    Raises:
        ModelError: it cannot be reached or cannot be used.
    """
    if settings.server:
        from tutor.chat.remote import RemoteModel

        return RemoteModel(settings)
    if not settings.online:
        go_offline()
    from tutor.chat.local import LocalModel

    return LocalModel(settings)


def default_threads() -> int:
    """Compute threads when nobody says: one on a small or busy machine, else half the logical cores.

    Two threads that fight over two busy cores were four times slower than one; beyond that, logical
    cores are mostly pairs that share one arithmetic unit.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return 1 if cores <= 2 or busy > cores / 2 else cores // 2


def newest_that_fit(messages: Sequence[Message], size: Callable[[Sequence[Message]], int], room: int) -> list[Message]:
    """`messages` without as many of the oldest turns as it takes for `size` to be at most `room`.

    A turn begins with a user's message. System messages and the last turn always stay.

    Raises:
        ModelError: the last turn alone is too long.
    """
    kept = list(messages)
    while (needed := size(kept)) > room:
        starts = [i for i, message in enumerate(kept) if message.role == "user"]
        if len(starts) < 2:
            raise ModelError(
                f"The question and its passages take {needed} tokens; the model has room for {room}.",
                "Ask a shorter question.",
                ko=(
                    f"질문과 참고 글이 {needed}토큰인데, 모델에는 {room}토큰까지만 들어가요.",
                    "질문을 더 짧게 써 주세요.",
                ),
            )
        kept = [m for i, m in enumerate(kept) if m.role == "system" or i >= starts[1]]
    return kept
