"""The bundled model is an ordinary LLaMA, and copies before it has been trained."""

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaForCausalLM

from tutor.training import initialise

VOCABULARY, LENGTH = 2000, 20
SETTINGS = initialise.config(VOCABULARY, hidden=192, layers=2, special={"bos": 0, "eos": 1, "pad": 2})


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def logits(model: LlamaForCausalLM, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(ids).logits


def copied(model: LlamaForCausalLM, trials: int = 30) -> float:
    """The share of the second copy of LENGTH random tokens that is the likeliest next token.

    What stands before and between the copies varies in length, so that no fixed distance would do.
    """
    draws = torch.Generator().manual_seed(0)
    right = 0
    for _ in range(trials):
        before, between = torch.randint(0, 25, (2,), generator=draws).tolist()
        drawn = torch.randint(10, VOCABULARY, (before + LENGTH + between,), generator=draws)
        sequence = drawn[before : before + LENGTH]
        guesses = logits(model, torch.cat([drawn, sequence])[None])[0].argmax(-1)
        right += int((guesses[-LENGTH:-1] == sequence[1:]).sum())
    return right / (trials * (LENGTH - 1))


@pytest.mark.parametrize(
    ("hidden", "heads", "intermediate"),
    [(192, 3, 512), (256, 4, 704), (384, 6, 1024)],  # 8/3 of 256 is 682.7, and 704 = 11 * 64
)
def test_the_sizes_follow_from_hidden(hidden, heads, intermediate):
    settings = initialise.config(100, hidden=hidden, special={"bos": 7, "eos": 8, "pad": 9})
    assert (settings.num_attention_heads, settings.num_key_value_heads, settings.intermediate_size) == (
        heads,
        heads,
        intermediate,
    )
    assert (settings.bos_token_id, settings.eos_token_id, settings.pad_token_id) == (7, 8, 9)
    assert settings.tie_word_embeddings


def test_it_copies_untrained():
    torch.manual_seed(0)
    assert copied(LlamaForCausalLM(SETTINGS)) < 0.01
    assert copied(initialise.build(SETTINGS, seed=0)) > 0.3  # 0.6 measured; one in 2,000 is chance


def test_auto_classes_reload_it(tmp_path):
    model = initialise.build(SETTINGS, seed=0)
    model.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(again) is LlamaForCausalLM
    ids = torch.arange(10, 60)[None]
    assert torch.equal(logits(model, ids), logits(again, ids))
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["model.safetensors"]


def test_the_seed_decides_every_weight():
    first, again, other = (initialise.build(SETTINGS, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])
    assert not torch.equal(
        first["model.layers.1.self_attn.q_proj.weight"], other["model.layers.1.self_attn.q_proj.weight"]
    )


def test_the_first_heads_look_one_token_back():
    model = LlamaForCausalLM._from_config(SETTINGS, attn_implementation="eager")
    model.load_state_dict(initialise.build(SETTINGS, seed=0).state_dict())
    ids = torch.randint(10, VOCABULARY, (1, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        seen = model.eval()(ids, output_attentions=True).attentions[0][0]  # (heads, query, key)
    for head in range(initialise.HEADS):
        assert seen[head, 1:].argmax(-1).tolist() == list(range(39))
        assert seen[head].diagonal(-1).min() > 0.5
