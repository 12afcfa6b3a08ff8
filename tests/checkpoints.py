"""Tiny LLaMA checkpoints with random weights (seed 0), whole and broken, for tests."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from tutor.training import tokenizer as bundled

TEXTS = (
    "The perceptron was described by Frank Rosenblatt in 1958.",
    "퍼셉트론은 1958년에 프랭크 로젠블랫이 발표했다. 안녕하세요, 가나다라마바사.",
    '{"name":"train_perceptron","arguments":{"gate":"xor","layers":"single"}}',
    '<tool_call>{"name": "train_perceptron", "arguments": {"gate": "xor"}}</tool_call>',
)
# Like a model that knows neither tools nor documents.
PLAIN_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

_TURN = "{% if m.content %}{{ m.content }}{% endif %}"
_END = "<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
# Of the shapes that families of models use, in the bundled tokens: how each shows tools and writes calls.
TEMPLATES = {
    "hermes": (
        "{{ bos_token }}{% if tools %}<|system|><tools>{% for t in tools %}{{ t | tojson }}{% endfor %}</tools><|end|>"
        "{% endif %}{% for m in messages %}<|{{ m.role }}|>" + _TURN + "{% for c in m.tool_calls or [] %}<tool_call>\n"
        '{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}'
        + _END
    ),
    "llama3": (
        "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{% if tools and loop.first %}Respond with JSON for a "
        'function call {"name": function name, "parameters": {}}.{% for t in tools %}{{ t | tojson }}{% endfor %}'
        "{% endif %}" + _TURN + '{% for c in m.tool_calls or [] %}{"name": "{{ c.function.name }}", "parameters": '
        "{{ c.function.arguments | tojson }}}{% endfor %}" + _END
    ),
    "smollm2": (
        "{{ bos_token }}{% if tools %}<|system|><tools>{{ tools | tojson }}</tools><|end|>{% endif %}"
        "{% for m in messages %}<|{{ m.role }}|>"
        + _TURN
        + "{% if m.tool_calls %}<tool_call>[{% for c in m.tool_calls %}"
        '{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}{% endfor %}]</tool_call>'
        "{% endif %}" + _END
    ),
    "plain": PLAIN_TEMPLATE,
}


@cache
def tokenizer() -> PreTrainedTokenizerFast:
    """The bundled model's kind of tokenizer, 600 tokens at most."""
    return bundled.build(TEXTS * 20, 600)


def llama(folder: Path, *, context: int = 512, template: str | None = None, marks: bool = True) -> Path:
    """A working checkpoint: 2 layers, 32 wide.

    Args:
        template: instead of the bundled chat template ("" for none).
        marks: <tool_call> and </tool_call> are special tokens, as in the bundled model.
    """
    words = _words(template, marks)
    torch.manual_seed(0)
    model = LlamaForCausalLM(_config(words, context, spread=0.3))  # wide, so that no two tokens are nearly as likely
    model.lm_head.weight.data[list(words.added_tokens_decoder)] = 0  # says words alone, up to the limit
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def replying(
    folder: Path,
    reply: str,
    *,
    template: str | None = None,
    marks: bool = True,
    spelled: bool = False,
    longest: int = 60,
) -> Path:
    """A checkpoint trained, in some seconds, to say `reply` to anything of up to `longest` tokens.

    Args:
        spelled: special tokens in `reply` are said in ordinary tokens.
    """
    words = _words(template, marks)
    torch.manual_seed(0)
    model = LlamaForCausalLM(_config(words, 512, spread=0.02))
    said = words.encode(reply, add_special_tokens=False, split_special_tokens=spelled)
    answer = torch.tensor([*words.convert_tokens_to_ids(["<|assistant|>"]), *said, words.eos_token_id])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for step in range(600):
        prompt = torch.randint(len(words), (4, 8 + step * 37 % (longest - 7)))
        tokens = torch.cat([prompt, answer.expand(4, -1)], dim=1)  # (4, prompt + answer)
        labels = tokens.clone()
        labels[:, : prompt.shape[1] + 1] = -100
        loss = model(input_ids=tokens, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if loss < 0.01:
            break
    assert loss < 0.05, f"the reply was not learnt: loss {loss}"
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def _config(words: PreTrainedTokenizerFast, context: int, spread: float) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        initializer_range=spread,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )


def _words(template: str | None, marks: bool) -> PreTrainedTokenizerFast:
    words = copy.deepcopy(tokenizer())
    if not marks:  # spelled in ordinary tokens instead
        data = json.loads(words.backend_tokenizer.to_str())
        data["added_tokens"] = [entry for entry in data["added_tokens"] if "tool_call" not in entry["content"]]
        words = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer.from_str(json.dumps(data)),
            bos_token=words.bos_token,
            eos_token=words.eos_token,
            pad_token=words.pad_token,
        )
        words.chat_template = tokenizer().chat_template
    if template is not None:
        words.chat_template = template or None
    return words


def gpt2(folder: Path) -> Path:
    """A checkpoint of another family."""
    config = GPT2Config(vocab_size=len(tokenizer()), n_embd=32, n_layer=1, n_head=2, n_positions=64)
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def pickled(folder: Path) -> Path:
    """A checkpoint whose weights are a pickle."""
    weights = llama(folder) / "model.safetensors"
    weights.unlink()
    torch.save({"x": torch.zeros(1)}, folder / "pytorch_model.bin")
    return folder


def truncated(folder: Path) -> Path:
    """A checkpoint whose weights end half-way."""
    weights = llama(folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    return folder


def changed_config(folder: Path, **changes: object) -> Path:
    """A checkpoint whose config.json says something else than its weights."""
    path = llama(folder) / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder
