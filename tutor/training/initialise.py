"""A LLaMA whose first two layers start out able to copy from context.

Copying rests on an induction circuit (Olsson et al. 2022, "In-context Learning and Induction Heads"): a head that
looks one token back, then a head that finds where the current token stood before and reads what followed. From
default starting values it did not form within 6 million tokens; built by hand as below, then trained like all the
rest, it copies 0.97 of repeated tokens after 1 million (MODEL_CARD.md).
"""

from __future__ import annotations

import torch
from transformers import LlamaConfig, LlamaForCausalLM

HEADS = 3  # heads of each kind set by construction
SHARPNESS = 150.0  # logit of "exactly one back" before the 1/sqrt(d) of attention
FAST = 10  # frequencies that RoPE turns fastest: zeroed in the content match, or distance would blur it


def config(
    vocab_size: int, *, hidden: int = 256, layers: int = 6, context: int = 1024, special: dict[str, int]
) -> LlamaConfig:
    """One dial: `hidden`; heads are 64 wide, the MLP 8/3 of hidden rounded up to a multiple of 64."""
    return LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=hidden,
        intermediate_size=-(-hidden * 8 // 3 // 64) * 64,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        num_key_value_heads=hidden // 64,
        max_position_embeddings=context,
        attention_bias=True,
        tie_word_embeddings=True,
        bos_token_id=special["bos"],
        eos_token_id=special["eos"],
        pad_token_id=special["pad"],
    )


def build(settings: LlamaConfig, seed: int) -> LlamaForCausalLM:
    """A LlamaForCausalLM with transformers' default initialisation, then the copying heads."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM(settings)
    with torch.no_grad():
        _copying_heads(model, settings.hidden_size, settings.hidden_size // settings.num_attention_heads)
    return model


def _copying_heads(model: LlamaForCausalLM, hidden: int, d: int) -> None:
    """Weights (d, hidden) and (hidden, d) of each head j; RoPE pairs row i with row i + d/2."""
    previous, match = (model.model.layers[i].self_attn for i in (0, 1))
    angle = 10000.0 ** (-2.0 * torch.arange(d // 2) / d)  # radians a position, (d/2,)
    basis = torch.linalg.qr(torch.randn(hidden, hidden))[0]
    for j in range(HEADS):
        rows = slice(j * d, (j + 1) * d)
        read = torch.linalg.qr(torch.randn(hidden, d))[0].T.clone()  # (d, hidden), orthonormal rows
        read[:FAST] = 0
        read[d // 2 : d // 2 + FAST] = 0
        write = basis[:, rows]  # (hidden, d)
        # Layer 0: a constant key, and the same key turned back by one position as the query.
        previous.q_proj.weight[rows] = 0
        previous.k_proj.weight[rows] = 0
        root = SHARPNESS**0.5
        previous.k_proj.bias[rows] = root * torch.cat([torch.ones(d // 2), torch.zeros(d // 2)])
        previous.q_proj.bias[rows] = root * torch.cat([angle.cos(), -angle.sin()])
        previous.v_proj.weight[rows] = read
        previous.o_proj.weight[:, rows] = 0.02 * write
        # Layer 1: where does a token stand whose predecessor is the current token? Read what is there.
        match.q_proj.weight[rows] = 6.0 * read
        match.k_proj.weight[rows] = 6.0 * write.T
        value = torch.linalg.qr(torch.randn(hidden, d))[0].T
        match.v_proj.weight[rows] = value
        match.o_proj.weight[:, rows] = 0.5 * value.T
