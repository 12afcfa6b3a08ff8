"""The bundled folder is an ordinary checkpoint: transformers alone loads it and knows its chat format."""

import json

import pytest

from tutor.config import BUNDLED_MODEL

CALL = {"type": "function", "function": {"name": "train_perceptron", "arguments": {"gate": "xor"}}}


def test_it_is_small_and_safe():
    names = {path.name for path in BUNDLED_MODEL.iterdir()}
    assert {"config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja", "MODEL_CARD.md"} <= names
    assert sum(path.stat().st_size for path in BUNDLED_MODEL.iterdir()) < 32_000_000
    config = json.loads((BUNDLED_MODEL / "config.json").read_text("utf-8"))
    assert (config["architectures"], config["dtype"]) == (["LlamaForCausalLM"], "bfloat16")


@pytest.mark.slow
def test_transformers_alone_loads_it():
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(BUNDLED_MODEL)
    tokenizer = AutoTokenizer.from_pretrained(BUNDLED_MODEL)
    assert model.num_parameters() == 6_874_368
    assert len(tokenizer) == model.config.vocab_size == 8000
    said = [{"role": "user", "content": "XOR 보여줘"}]
    documents = [{"title": "퍼셉트론", "text": "선이다."}]
    prompt = tokenizer.apply_chat_template(said, documents=documents, add_generation_prompt=True, tokenize=False)
    assert prompt == "<|begin_of_text|><|document|>[1] 퍼셉트론\n선이다.<|end|><|user|>XOR 보여줘<|end|><|assistant|>"
    written = '<tool_call>{"name":"train_perceptron","arguments":{"gate":"xor"}}</tool_call><|end|>'
    assert tokenizer.parse_response(written, prefix=prompt)["tool_calls"] == [CALL]
