"""tutor-embed's second stage: tuned to find passages, and in a passage the sentence that answers.

    python -m tutor.training.tune --data FOLDER --run runs/embed      # both rounds; resumes by itself

One reading of a passage serves both. The mean of its token vectors finds it: multiple negatives ranking (Henderson et
al. 2017, arXiv 1705.00652) over mined hard negatives, at several widths (Matryoshka, Kusupati et al. 2022, arXiv
2205.13147). The token vectors themselves rank its sentences, read in their context: a sentence scores the mean over the
question's tokens of the largest cosine with one of its own, as in ColBERT (Khattab and Zaharia 2020, arXiv 2004.12832).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.util import mine_hard_negatives
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from tutor import config
from tutor.training import answers, parallel
from tutor.training.answers import Record

SCALE = 30.0  # of the mean cosines, before the softmax over sentences
DIMENSIONS = (384, 192, 96)
BATCH = 32
SEED = 7
LONGEST, SHIPPED_LENGTH = 128, 256  # tokens, in training and in use


@dataclass(frozen=True, slots=True)
class Round:
    """Questions of each source, rows shown, about what one core goes through in half an hour, and the learning rate.

    The second round's negatives are mined by the encoder that the first one made.
    """

    squad: int
    korean: int
    wordings: int  # of each question of the corpus
    answers: int
    translations: int
    learning_rate: float


ROUNDS = (Round(8_000, 12_000, 1, 22_000, 3_000, 1e-4), Round(14_000, 8_000, 1, 15_000, 1_000, 6e-5))


def passage_text(title: str, found: Sequence[str]) -> str:
    """A passage as the network reads it: its title and each of its sentences, a [SEP] between them."""
    return " [SEP] ".join([title, *found])


def sentence_scores(question: dict[str, Tensor], passage: dict[str, Tensor], ends: int) -> tuple[Tensor, Tensor]:
    """How well each sentence of each passage answers its question, and which of them there are.

    Args:
        question: what the model gives for the questions, `passage` for the passages of the same numbers.
        ends: the id of [SEP].

    Returns:
        Both of shape (batch, sentences): the mean largest cosine, -1 to 1, and whether there is such a sentence.
    """
    asked, told = (normalize(side["token_embeddings"].float(), dim=-1) for side in (question, passage))
    is_end = passage["input_ids"] == ends
    number = is_end.cumsum(1) - 1  # of the sentence that each token is in; -1 in the title, ends aside
    inside = ~is_end & (passage["attention_mask"] == 1) & (number >= 0)
    count = int(number.max())
    member = inside[:, None] & (number[:, None] == torch.arange(count)[None, :, None])  # (batch, sentences, tokens)
    cosines = torch.einsum("bqd,btd->bqt", asked, told)
    largest = cosines[:, None].masked_fill(~member[:, :, None], -1.0).amax(-1)  # (batch, sentences, question tokens)
    weight = (question["attention_mask"] == 1) & (question["input_ids"] != ends)
    weight[:, 0] = False  # [CLS]
    return (largest * weight[:, None]).sum(-1) / weight.sum(1)[:, None], member.any(-1)


class AnswerLoss(nn.Module):
    """The passage among the batch's, at every width, and the answering sentence among two passages'.

    Columns: question, its passage, another passage; label: which sentence of the first one answers.
    """

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model
        self.passages = MultipleNegativesRankingLoss(model)

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        question, own, other = (self.model(features) for features in sentence_features)
        vectors = [side["sentence_embedding"] for side in (question, own, other)]
        finding = [
            self.passages.compute_loss_from_embeddings([normalize(v[:, :d], dim=-1) for v in vectors], labels)
            for d in DIMENSIONS
        ]
        ends = self.model.tokenizer.sep_token_id
        sides = [sentence_scores(question, side, ends) for side in (own, other)]
        scores = torch.cat([s.masked_fill(~there, -1e4 / SCALE) for s, there in sides], dim=1)
        there = sides[0][1]
        kept = labels < there.sum(1)  # a sentence that was cut off teaches nothing
        return torch.stack(finding).mean() + cross_entropy(SCALE * scores[kept], labels[kept])


def mined(records: Sequence[Record], model: SentenceTransformer) -> list[tuple[Record, Record]]:
    """Each record with another one whose passage the present encoder takes for near to the question."""
    by_passage = {record.passage: record for record in records}
    pairs = Dataset.from_dict({"anchor": [r.question for r in records], "positive": [r.passage for r in records]})
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not torch.cuda.is_available()):
        triplets = mine_hard_negatives(
            pairs,
            model,
            range_min=1,
            range_max=12,
            relative_margin=0.05,
            num_negatives=1,
            sampling_strategy="random",
            batch_size=64,
            use_faiss=True,
            verbose=False,
        )
    asked = {(r.question, r.passage): r for r in records}
    return [(asked[t["anchor"], t["positive"]], by_passage[t["negative"]]) for t in triplets]


def datasets(data: Path, model: SentenceTransformer, wanted: Round, rng: random.Random) -> dict[str, Dataset]:
    """ "answers" and "translations", each with the columns that its loss takes, in an order by `rng`."""
    records = [
        *answers.squad(data, rng, wanted.squad),
        *answers.korean(data, rng, wanted.korean),
        *answers.corpus(config.load(), rng, wanted.wordings),
    ]
    pairs = mined(records, model)
    rng.shuffle(pairs)
    near = [answers.window(other.sentences, other.answer, rng, answers.WINDOW // 2)[0] for _, other in pairs]
    asked = {
        "question": [record.question for record, _ in pairs],
        "own": [passage_text(record.title, record.sentences) for record, _ in pairs],
        "other": [passage_text(other.title, found) for (_, other), found in zip(pairs, near, strict=True)],
        "label": [record.answer for record, _ in pairs],
    }
    translated = [*answers.statements(data), *[(ko, en) for en, ko in parallel.pairs(data)[-wanted.translations :]]]
    rng.shuffle(translated)
    translations = {"anchor": [a for a, _ in translated], "positive": [b for _, b in translated]}
    return {"answers": Dataset.from_dict(asked), "translations": Dataset.from_dict(translations)}


def tune(data: Path, run: Path) -> None:
    """Train every round, going on where one was stopped, and end with `run`/tutor-embed, to be shipped."""
    start = run / "grown" / "trained"
    for number, wanted in enumerate(ROUNDS, 1):
        folder = run / f"tune-{number}"
        if not (folder / "trained").exists():
            train_round(data, start, folder, wanted, SEED + number - 1)
        start = folder / "trained"
    model = averaged(run / "grown" / "trained", start)
    model.max_seq_length = SHIPPED_LENGTH
    model.half().save(str(run / "tutor-embed"), create_model_card=False)


def averaged(before: Path, after: Path) -> SentenceTransformer:
    """The mean of the weights before and after the tuning (Wortsman et al. 2022, arXiv 2109.01903).

    The tuned ones know the corpus by heart and take other texts on its subjects for wrong: "Frank Rosenblatt invented
    the perceptron" in another text was at a cosine of 0.18 from the question who did, and is at 0.58 from the mean.
    """
    old, model = SentenceTransformer(str(before)), SentenceTransformer(str(after))
    weights = {name: (value + old.state_dict()[name]) / 2 for name, value in model.state_dict().items()}
    model.load_state_dict(weights)
    return model


def train_round(data: Path, start: Path, folder: Path, wanted: Round, seed: int) -> None:
    """Train the encoder in `start` into `folder`/trained."""
    model = SentenceTransformer(str(start))
    model.max_seq_length = LONGEST
    kept = folder / "data"
    if not kept.exists():
        for name, made in datasets(data, model, wanted, random.Random(seed)).items():
            made.to_parquet(kept / f"{name}.parquet")
    rows = {name: Dataset.from_parquet(str(kept / f"{name}.parquet")) for name in ("answers", "translations")}
    train = {name: found.select(range(min(getattr(wanted, name), len(found)))) for name, found in rows.items()}
    print({name: len(found) for name, found in train.items()}, flush=True)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=BATCH,
        learning_rate=wanted.learning_rate,
        warmup_steps=50,
        lr_scheduler_type="linear",
        bf16=True,
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        logging_steps=20,
        save_steps=100,
        save_total_limit=2,
        batch_sampler="no_duplicates",  # another question's passage must not be called wrong where it is the same
        report_to="none",
        disable_tqdm=True,
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=train,
        loss={"answers": AnswerLoss(model), "translations": MultipleNegativesRankingLoss(model)},
    )
    trainer.train(resume_from_checkpoint=any(folder.glob("checkpoint-*")))
    model.save(str(folder / "trained"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tune(args.data, args.run)


if __name__ == "__main__":
    main()
