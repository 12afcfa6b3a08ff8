"""The teacher's WordPiece vocabulary grown by Korean pieces, each starting from the English ones it stands beside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from tutor.training.parallel import Pair

PIECES = 14_000
PAIRS = 150_000  # enough to see what stands beside what
NEAREST = 5  # English pieces that a Korean one starts from
SYLLABLES = [chr(code) for code in range(0xAC00, 0xD7A4)]


def korean_pieces(texts: Iterator[str], size: int = PIECES) -> list[str]:
    """WordPieces of Hangul, learnt from `texts`; every syllable of EUC-KR is one, at a word's start and inside it."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    common = [s for s in SYLLABLES if len(s.encode("euc_kr", "ignore")) == 2]
    room = size - 2 * len(common)
    trainer = trainers.WordPieceTrainer(vocab_size=room + 8000, limit_alphabet=4000, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    learnt = [piece for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    longer = [piece for piece in learnt if len(bare := piece.removeprefix("##")) > 1 and _hangul(bare)]
    return [*common, *(f"##{s}" for s in common), *longer[:room]]


def _hangul(text: str) -> bool:
    return all("가" <= c <= "힣" for c in text)


def grown_tokenizer(old: PreTrainedTokenizerFast, pieces: Sequence[str]) -> PreTrainedTokenizerFast:
    """`old` with `pieces` behind its own. Hangul stays whole: BERT's own normaliser takes it apart into jamo."""
    state = json.loads(old.backend_tokenizer.to_str())
    vocabulary = state["model"]["vocab"]
    for piece in pieces:
        vocabulary.setdefault(piece, len(vocabulary))
    state["normalizer"] = {
        "type": "Sequence",
        "normalizers": [
            {"type": "NFD"},
            {"type": "StripAccents"},
            {"type": "NFC"},
            {
                "type": "BertNormalizer",
                "clean_text": True,
                "handle_chinese_chars": True,
                "strip_accents": False,
                "lowercase": True,
            },
        ],
    }
    state["truncation"] = state["padding"] = None
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(state)),
        model_max_length=old.model_max_length,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **old.special_tokens_map,
    )


def grow(student: SentenceTransformer, pieces: Sequence[str], pairs: Sequence[Pair]) -> None:
    """Give `student` the pieces. Each starts as the mean of the English pieces nearest to it by Dice's coefficient.

    Dice: twice the pairs that hold both, over those that hold the one plus those that hold the other.
    """
    old = student.tokenizer
    new = grown_tokenizer(old, pieces)
    transformer: Any = student[0]
    bert = transformer.auto_model
    known = bert.get_input_embeddings().weight.detach().clone()
    bert.resize_token_embeddings(len(new), mean_resizing=False)
    korean = _presence([ko for _, ko in pairs[:PAIRS]], new, len(new))[:, len(old) :].tocsc()
    english = _presence([en for en, _ in pairs[:PAIRS]], new, len(old))
    with torch.no_grad():
        weight = bert.get_input_embeddings().weight
        weight[len(old) :] = known.mean(0)
        for start in range(0, korean.shape[1], 500):
            for row, vector in _starts(korean[:, start : start + 500], english, known).items():
                weight[len(old) + start + row] = vector
    transformer.processor = new


def _presence(texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, size: int) -> scipy.sparse.csr_matrix:
    """Which pieces each text holds, shape (texts, size), 0 or 1."""
    ids = tokenizer(list(texts), add_special_tokens=False, truncation=True, max_length=128)["input_ids"]
    held = [sorted({i for i in row if i < size}) for row in ids]
    columns = np.concatenate([np.array(row, dtype=np.int64) for row in held])
    ends = np.cumsum([0, *map(len, held)])
    return scipy.sparse.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(held), size))


def _starts(
    korean: scipy.sparse.csc_matrix, english: scipy.sparse.csr_matrix, known: torch.Tensor
) -> dict[int, torch.Tensor]:
    both = (korean.T @ english).toarray()
    ours, theirs = np.asarray(korean.sum(0)).ravel(), np.asarray(english.sum(0)).ravel()
    dice = 2 * both / (ours[:, None] + theirs[None, :] + 1e-9)
    found = {}
    for row in np.flatnonzero(ours >= 3):
        nearest = np.argsort(-dice[row])[:NEAREST]
        share = torch.tensor(dice[row][nearest] ** 2)
        if share.sum() > 0:
            found[int(row)] = (share[:, None] * known[nearest]).sum(0) / share.sum()
    return found
