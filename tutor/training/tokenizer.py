"""The bundled model's tokenizer: byte-level BPE over Korean and English, with its chat format.

A system message is not rendered: the bundled model learnt one behaviour and reads no instructions.
Tools are shown by name and parameter names only, the passages stand before the last question.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

BOS, EOS, PAD = "<|begin_of_text|>", "<|end|>", "<|pad|>"
SPECIAL = [
    BOS,
    EOS,
    PAD,
    "<|tools|>",
    "<|document|>",
    "<|user|>",
    "<|assistant|>",
    "<|tool|>",
    "<tool_call>",
    "</tool_call>",
]

# As LLaMA 3 splits, but digits in runs of up to four, so that a year can be one token, and Hangul
# apart from Latin, so that a particle is not glued to an English name ("RNN은").
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)| ?[\uac00-\ud7a3]+| ?[\p{L}&&[^\uac00-\ud7a3]]+|\p{N}{1,4}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

RESPONSE_TEMPLATE = {
    "version": 1,
    "defaults": {"role": "assistant"},
    "start_anchor": "<|assistant|>",
    "fields": {
        "tool_calls": {
            "open_pattern": r"\s*<tool_call>",
            "close": "</tool_call>",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close": [EOS], "content": "text"},
    },
}


def build(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """Train on `texts`; the result carries chat template and response template."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS, pad_token=PAD)
    fast.chat_template = Path(__file__).with_name("chat_template.jinja").read_text(encoding="utf-8")
    fast.response_template = RESPONSE_TEMPLATE
    return fast
