"""A LLaMA-family checkpoint on this machine, through transformers.

Safetensors only, and no code out of a checkpoint is ever run. Tokens are chosen greedily by a loop of
our own instead of `generate`: the same tokens (a test compares them), 12 to 31 % more of them a second
on a 7M-parameter model, no thread that could hang, and the KV cache is right after every step however
a turn ends.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jinja2 import TemplateError
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer
from safetensors import SafetensorError
from tokenizers.decoders import DecodeStream
from transformers import AutoTokenizer, DynamicCache, LlamaForCausalLM
from transformers.utils import logging

from tutor.chat import checkpoint
from tutor.chat.checkpoint import unusable
from tutor.chat.model import default_threads, newest_that_fit
from tutor.chat.toolcalls import (
    CLOSE,
    OPEN,
    CallFormat,
    CallScanner,
    as_dicts,
    parse_call,
    tool_schema,
    with_passages,
    with_tools,
)
from tutor.config import Settings
from tutor.errors import ModelError, SettingError
from tutor.types import Call, Excerpt, Message, ToolCall, ToolSpec, Usage

_PREFILL_CHUNK = 256  # tokens between two looks at the cancel event
_CONVERSATIONS = 4  # whose KV caches are kept
_TRUSTED = 100_000_000  # parameters; a smaller model garbles what it copies, so it may only choose what to quote
_LARGE = 100_000_000  # bytes of weights, see _dtype


class LocalModel:
    """See ChatModel.

    Raises:
        ModelError: the checkpoint is missing, not LLaMA, pickled, damaged, or has no chat template.
        SettingError: an unknown dtype.
    """

    def __init__(self, settings: Settings) -> None:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        torch.set_num_threads(settings.threads or default_threads())
        folder = checkpoint.find(settings.model, online=settings.online)
        checkpoint.check(folder)
        self.name = folder.name if Path(settings.model).exists() else settings.model
        self._tokenizer: Any = _load_tokenizer(folder)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model: Any = _load_weights(folder, _dtype(settings.dtype, folder, self._device)).to(self._device).eval()
        self.only_quotes: bool = self._model.num_parameters() < _TRUSTED
        self.context_tokens: int = self._model.config.max_position_embeddings
        if len(self._tokenizer) > self._model.config.vocab_size:
            raise unusable(
                folder,
                f"{len(self._tokenizer)} tokens but {self._model.config.vocab_size} token vectors",
                f"토큰은 {len(self._tokenizer)}개인데 토큰 벡터는 {self._model.config.vocab_size}개예요",
            )
        self._ends = _end_tokens(self._model, self._tokenizer, folder)
        self._specials = {i: t.content for i, t in self._tokenizer.added_tokens_decoder.items() if t.special}
        marks = {i: text for i, text in self._specials.items() if text in (OPEN, CLOSE)}
        self._marks = marks if len(marks) == 2 else {}
        template = self._tokenizer.get_chat_template()
        self._takes_documents = re.search(r"\bdocuments\b", template) is not None
        self._template_format = CallFormat.of_template(self._render) if re.search(r"\btools\b", template) else None
        self._memories: OrderedDict[str, _Memory] = OrderedDict()
        self._busy = threading.Lock()

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True))

    def close(self) -> None:
        """Forget the conversations; the weights go with the last reference to this object."""
        self._memories.clear()

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
        while not self._busy.acquire(timeout=0.05):
            if cancel.is_set():
                yield Usage(0, 0, stopped="cancelled")
                return
        try:
            room = self.context_tokens - max_tokens
            kept = newest_that_fit(messages, lambda some: len(self._prompt(some, tools, excerpts)), room)
            prompt = self._prompt(kept, tools, excerpts)
            memory, matcher = self._recall(conversation, prompt), self._matcher(tools, call, answers)
            run = _Run(prompt, len(memory.ids), max_tokens, cancel)
            try:
                yield from self._answer(run, memory, matcher, tools)
            finally:
                self._remember(conversation, memory)
        finally:
            self._busy.release()

    # ---- prompt ----
    def _prompt(self, messages: Sequence[Message], tools: Sequence[ToolSpec], excerpts: Sequence[Excerpt]) -> list[int]:
        """Token ids. Control tokens inside messages, tools and passages are spelled out as plain text."""
        if not self._takes_documents:
            messages = with_passages(messages, excerpts)
        if self._template_format is None:
            messages = with_tools(messages, tools)
        try:
            encoding = self._tokenizer.apply_chat_template(
                as_dicts(messages),
                tools=[tool_schema(tool) for tool in tools] or None if self._template_format else None,
                documents=[{"title": e.title, "text": e.text} for e in excerpts] or None,
                add_generation_prompt=True,
                sanitize_control_tokens=True,
            )
        except TemplateError as error:
            raise ModelError(
                f"The chat template of {self.name} refuses this conversation: {error}.",
                "Begin a new conversation or use another model.",
                ko=(
                    f"{self.name}의 대화 서식이 이 대화를 받아들이지 않아요: {error}.",
                    "새 대화를 시작하거나 다른 모델을 써 주세요.",
                ),
            ) from None
        return list(encoding["input_ids"])

    def _render(self, messages: list[dict[str, Any]]) -> str:
        try:
            return self._tokenizer.apply_chat_template(messages, tokenize=False)
        except TemplateError:
            return ""

    # ---- KV cache ----
    def _recall(self, conversation: str, prompt: list[int]) -> _Memory:
        """What is cached of `prompt`, at most all but its last token: a model needs one to go on from.

        With the whole input cached, transformers answers wrongly and raises nothing.
        """
        memory = self._memories.pop(conversation, None)
        common = min(_common_prefix(memory.ids, prompt), len(prompt) - 1) if memory else 0
        if memory is None or common == 0:
            return _Memory(DynamicCache(config=self._model.config))
        memory.cache.crop(common - len(memory.ids))
        del memory.ids[common:]
        return memory

    def _remember(self, conversation: str, memory: _Memory) -> None:
        # The lengths differ where a step broke off half-way (out of memory, Ctrl-C): not to be trusted.
        if conversation and memory.cache.get_seq_length() == len(memory.ids):
            self._memories[conversation] = memory
            while len(self._memories) > _CONVERSATIONS:
                self._memories.popitem(last=False)

    # ---- generation ----
    def _answer(
        self, run: _Run, memory: _Memory, matcher: LLMatcher | None, tools: Sequence[ToolSpec]
    ) -> Iterator[str | ToolCall | Usage]:
        scanner = CallScanner(in_text=bool(tools) and not self._marks)
        decoder = DecodeStream([], skip_special_tokens=False)
        for token in self._tokens(run, memory, matcher):
            if self._marks.get(token) == OPEN:
                scanner.open()
            elif shown := scanner.feed(self._piece(decoder, token)):
                yield shown
        if rest := scanner.rest():
            yield rest
        if scanner.call is not None and run.stopped != "cancelled":
            yield parse_call(scanner.call, tools)
        yield Usage(len(run.prompt), run.count, run.reused, run.first_token_seconds, run.stopped)

    def _piece(self, decoder: DecodeStream, token: int) -> str:
        """The text that `token` completes; "" while a character is incomplete, and for control tokens."""
        if token in self._specials:
            return self._marks.get(token, "")
        return (decoder.step(self._tokenizer.backend_tokenizer, token) or "").replace("\ufffd", "")

    def _tokens(self, run: _Run, memory: _Memory, matcher: LLMatcher | None) -> Iterator[int]:
        pending, started = run.prompt[run.reused :], time.perf_counter()
        for _ in range(run.limit):
            token = self._next(memory, pending, matcher, run.cancel)
            run.first_token_seconds = run.first_token_seconds or time.perf_counter() - started
            if token is None or token in self._ends:
                run.stopped = "cancelled" if token is None else "end"
                return
            run.count += 1
            yield token
            pending = [token]
        run.stopped = "length"

    @torch.inference_mode()
    def _next(
        self, memory: _Memory, pending: list[int], matcher: LLMatcher | None, cancel: threading.Event
    ) -> int | None:
        """Feed `pending` and choose the likeliest next token that is allowed; None: cancelled."""
        for start in range(0, len(pending), _PREFILL_CHUNK):
            if cancel.is_set():
                return None
            chunk = pending[start : start + _PREFILL_CHUNK]
            out = self._model(
                input_ids=torch.tensor([chunk], device=self._device),  # (1, chunk)
                past_key_values=memory.cache,
                use_cache=True,
                logits_to_keep=1,
            )
            memory.ids += chunk
        scores = out.logits[0, -1].float()  # (vocab,)
        if matcher is None:
            scores[list(self._marks)] = -torch.inf  # without tools there is nothing to call
            return int(scores.argmax())
        allowed = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
        mask = torch.from_numpy(allowed[: len(scores)] == 0).to(self._device)
        token = int(scores.masked_fill(mask, -torch.inf).argmax())
        if not matcher.consume_token(token):
            raise RuntimeError(f"token {token} is outside the tool grammar: {matcher.get_error()}")
        return token

    def _matcher(self, tools: Sequence[ToolSpec], call: Call, answers: Sequence[str]) -> LLMatcher | None:
        if not tools and not answers:
            return None
        form = self._template_format or CallFormat()
        grammar = form.grammar(
            tools if call != "never" else (), answers, special=bool(self._marks), must=call == "must"
        )
        matcher = LLMatcher(self._guidance, grammar)
        if matcher.is_error():
            raise ValueError(f"a tool's schema makes no grammar: {matcher.get_error()}")
        return matcher

    @cached_property
    def _guidance(self) -> Any:
        """The vocabulary as llguidance holds it; takes about a second for 128,000 tokens."""
        return from_tokenizer(self._tokenizer, n_vocab=self._model.config.vocab_size, eos_token=sorted(self._ends))


@dataclass(slots=True)
class _Memory:
    """A KV cache and the tokens it covers."""

    cache: DynamicCache
    ids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """One generation: what was asked for, and how it went."""

    prompt: list[int]
    reused: int
    limit: int
    cancel: threading.Event
    count: int = 0
    first_token_seconds: float = 0.0
    stopped: Literal["end", "length", "cancelled"] = "cancelled"  # unless it gets further


def _common_prefix(a: list[int], b: list[int]) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


# ---- loading ---------------------------------------------------------------------------------------
def _load_tokenizer(folder: Path) -> Any:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # tokenizers raises bare Exception for a broken tokenizer.json
        raise unusable(
            folder, f"a tokenizer that does not load ({error})", f"토크나이저를 읽지 못했어요({error})"
        ) from None
    if not tokenizer.chat_template:
        raise ModelError(
            f"The checkpoint {folder} has no chat template: it is a base model, not a chat model.",
            "Use its instruct or chat variant.",
            ko=(
                f"체크포인트 {folder}에는 대화 서식이 없어요. 대화용이 아닌 기본 모델이에요.",
                "instruct나 chat 모델을 쓰세요.",
            ),
        )
    return tokenizer


def _dtype(wanted: str, folder: Path, device: torch.device) -> torch.dtype:
    """`auto` on a CPU: fp32 for small models, bf16 for large ones.

    One thread, CPU with AMX, 400-token prompt: at 7M parameters fp32 took 46 ms and then 191 tokens a
    second, bf16 19 ms and 202 (two threads: 25 ms and 359, 13 ms and 265); at 100M parameters 803 ms
    and 21 against 203 ms and 23. So bf16 pays once the prompt takes long, and there it halves the
    memory too; below, fp32 is as fast and rounds less.
    """
    if wanted not in ("auto", "bf16", "fp32"):
        raise SettingError(
            f"The dtype {wanted!r} is unknown.",
            "Type one of: --dtype auto, --dtype bf16, --dtype fp32",
            ko=(
                f"dtype {wanted!r}은(는) 없는 값이에요.",
                "--dtype auto, --dtype bf16, --dtype fp32 가운데 하나를 쓰세요.",
            ),
        )
    if wanted == "auto":
        large = sum(file.stat().st_size for file in folder.glob("*.safetensors")) > _LARGE
        wanted = "bf16" if large or device.type == "cuda" else "fp32"
    return torch.bfloat16 if wanted == "bf16" else torch.float32


def _load_weights(folder: Path, dtype: torch.dtype) -> Any:
    loader: Any = LlamaForCausalLM.from_pretrained  # returns a pair here, which its annotation does not know
    try:
        model, report = loader(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
        reason = checkpoint.first_line(error)
        raise unusable(folder, f"weights that do not load ({reason})", f"가중치를 읽지 못했어요({reason})") from None
    if missing := sorted(report["missing_keys"]):
        raise unusable(folder, f"no weights for {missing[0]}", f"{missing[0]}의 가중치가 없어요")
    return model


def _end_tokens(model: Any, tokenizer: Any, folder: Path) -> set[int]:
    """The tokens that end a turn: the checkpoint may name several, the tokenizer one."""
    named = model.generation_config.eos_token_id
    ends = set(named if isinstance(named, list) else [named]) | {tokenizer.eos_token_id}
    ends.discard(None)
    if not ends:
        raise unusable(folder, "no token that ends a turn (eos_token)", "차례를 끝내는 토큰(eos_token)이 없어요")
    return ends
