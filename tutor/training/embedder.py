"""tutor-embed's first stage: all-MiniLM-L6-v2 taught Korean by its own English vectors. tune.py is the second.

    python -m tutor.training.parallel --data FOLDER --run runs/embed           # the teacher's vectors
    python -m tutor.training.embedder --data FOLDER --run runs/embed           # resumes by itself

Multilingual distillation (Reimers and Gurevych 2020, arXiv 2004.09813): the student's vector of a Korean sentence, and
of its English twin, is pulled to the teacher's vector of the English one (mean squared error).
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.modules.normalize import Normalize
from sentence_transformers.base.sampler import DefaultBatchSampler
from sentence_transformers.sentence_transformer.evaluation import TranslationEvaluator
from sentence_transformers.sentence_transformer.losses import MSELoss
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from torch import nn

from tutor.training import parallel, vocabulary

KOREAN_TEXT = {"domain_ko": "text", "general_ko_docs": "text", "kobest_boolq_ko": "context"}
BATCH = 64
STUDENTS = {"grown": 2e-4, "shallow": 2e-4, "static": 5e-2}  # with the learning rate of each
KEPT_LAYERS = (0, 2, 5)  # of the teacher's six, in the shallow student
ENGLISH = 0.3  # rows of English for one of Korean: what the student knows already is kept
LONGEST = 96  # tokens, in training
WARM_UP = 200  # steps


class BucketSampler(DefaultBatchSampler):
    """Batches of rows of about one length, in an order by seed: little is spent on padding."""

    def __init__(self, dataset: Dataset, batch_size: int, seed: int) -> None:
        super().__init__(range(len(dataset)), batch_size=batch_size, drop_last=False)
        self.lengths = np.array([len(text.encode()) for text in dataset["sentence"]])
        self.seed, self.epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng(self.seed + self.epoch)
        order = rng.permutation(len(self.lengths))
        width = 100 * self.batch_size
        pools = [order[i : i + width] for i in range(0, len(order), width)]
        batches = [
            ranked[i : i + self.batch_size].tolist()
            for pool in pools
            for ranked in [pool[np.argsort(self.lengths[pool], kind="stable")]]
            for i in range(0, len(ranked), self.batch_size)
        ]
        rng.shuffle(batches)
        return iter(batches)

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)


def sampler(dataset: Dataset, batch_size: int, seed: int = 0, **_: Any) -> BucketSampler:
    """As the trainer asks for it; what else it offers does not matter here."""
    return BucketSampler(dataset, batch_size, seed)


def korean_text(data: Path, pairs: list[parallel.Pair]) -> Iterator[str]:
    for name, key in KOREAN_TEXT.items():
        with gzip.open(data / f"{name}.jsonl.gz") as lines:
            yield from (json.loads(line)[key] for line in lines)
    yield from (ko for _, ko in pairs)


def newborn(data: Path, run: Path, pairs: list[parallel.Pair]) -> SentenceTransformer:
    """The teacher with a grown vocabulary, made once and kept in the run folder."""
    folder = run / "newborn"
    if not folder.exists():
        student = parallel.teacher()
        vocabulary.grow(student, vocabulary.korean_pieces(korean_text(data, pairs)), pairs)
        student.save(str(folder))
    return SentenceTransformer(str(folder), device="cpu")


def student(kind: str, grown: SentenceTransformer) -> SentenceTransformer:
    """The student to train: all the teacher's layers, some of them, or none (one vector a piece, and their mean)."""
    transformer: Any = grown[0]
    network = transformer.auto_model
    if kind == "shallow":
        network.encoder.layer = nn.ModuleList([network.encoder.layer[i] for i in KEPT_LAYERS])
        network.config.num_hidden_layers = len(KEPT_LAYERS)
    if kind == "static":
        vectors = network.get_input_embeddings().weight.detach().clone()
        return SentenceTransformer(modules=[StaticEmbedding(grown.tokenizer, vectors), Normalize()], device="cpu")
    return grown


def rows(pairs: list[parallel.Pair], vectors: np.ndarray, seed: int) -> Dataset:
    """Every Korean sentence and a share of the English ones, each with its target."""
    rng = random.Random(seed)
    chosen = [(ko, i) for i, (_, ko) in enumerate(pairs)]
    chosen += [(en, i) for i, (en, _) in enumerate(pairs) if rng.random() < ENGLISH]
    found = Dataset.from_dict({"sentence": [text for text, _ in chosen], "row": [i for _, i in chosen]})
    return found.with_transform(
        lambda batch: {
            "sentence": batch["sentence"],
            "label": list(torch.from_numpy(vectors[batch["row"]].astype(np.float32))),
        }
    )


def distil(data: Path, run: Path, epochs: float, kind: str = "grown", seed: int = 0) -> None:
    """Train a student into the folder of its name; a run that was stopped goes on from its last checkpoint."""
    pairs = parallel.pairs(data)
    vectors = parallel.vectors(run, len(pairs))
    model = student(kind, newborn(data, run, pairs))
    if kind != "static":
        model.max_seq_length = LONGEST
    held, taught = pairs[: parallel.HELD_OUT], pairs[parallel.HELD_OUT :]
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(run / kind),
        num_train_epochs=epochs,
        per_device_train_batch_size=BATCH,
        learning_rate=STUDENTS[kind],
        warmup_steps=WARM_UP,
        lr_scheduler_type="linear",
        bf16=True,
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        logging_steps=50,
        save_steps=250,
        save_total_limit=2,
        eval_strategy="steps",
        eval_steps=500,
        batch_sampler=sampler,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=rows(taught, vectors[parallel.HELD_OUT :], seed),
        loss=MSELoss(model),
        evaluator=TranslationEvaluator([en for en, _ in held], [ko for _, ko in held], batch_size=64),
    )
    trainer.train(resume_from_checkpoint=any((run / kind).glob("checkpoint-*")))
    model.save(str(run / kind / "trained"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--student", choices=STUDENTS, default="grown")
    parser.add_argument("--epochs", type=float, default=0.62)
    args = parser.parse_args()
    torch.set_num_threads(1)
    distil(args.data, args.run, args.epochs, args.student)


if __name__ == "__main__":
    main()
