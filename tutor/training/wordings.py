"""tutor-embed's third stage: all that the corpus's sentences are known to be asked, in every wording.

    python -m tutor.training.wordings --start FOLDER --run runs/wordings      # goes on where it was stopped

A step reads a dozen passages of four articles, three of them on neighbouring subjects, and a hundred questions that
their sentences answer, some in the other language. Three softmaxes are to find, for each question, the sentence among
all of these by the cosine of the mean of its tokens, the same by late interaction, and its passage by its vector. The
vectors of the pieces stay as they are.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from tutor import config
from tutor.corpus import articles
from tutor.retrieval.builds import open_index
from tutor.retrieval.encoder import passage_text
from tutor.training import checkpoints, tune
from tutor.training.answers import split, twins
from tutor.types import Document, Lang, Passage

STEPS, WARM_UP, LEARNING_RATE, SEED = 600, 40, 1e-4, 11
ARTICLES, NEIGHBOURS, AMONG = 4, 2, 8  # articles of a step; those of them that are among the 8 nearest to the first
PASSAGES = 3  # of an article
WORDINGS = 2  # of what a sentence is asked
OTHER = 0.2  # share of them in the other language
COSINE, LATE = 20.0, 30.0  # scales of the scores before the softmax
DROPOUT = 0.05
PARTS = 3  # in which the questions are read, by length, so that little is padding
CHECKPOINT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Told:
    """A passage: its title, its sentences, and for each the questions it answers in its language and in the other."""

    title: str
    sentences: tuple[str, ...]
    asked: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions, the shortest first, with the number of the sentence and of the passage that answers each."""

    passages: tuple[Told, ...]
    questions: tuple[str, ...]
    sentence: Tensor
    passage: Tensor


Material = Mapping[str, Mapping[Lang, Sequence[Told]]]  # by article


def material(passages: Iterable[Passage], documents: Sequence[Document]) -> Material:
    """The articles' passages of which at least one sentence is known to answer a question."""
    twin = twins(documents)
    told = [(p, split(p.text)) for p in passages if p.doc.startswith(("en/", "ko/"))]
    asked = {said: known for p, found in told for said, known in zip(found, p.asked, strict=False)}
    made: dict[str, dict[Lang, list[Told]]] = {}
    for p, found in told:
        both = tuple((tuple(asked.get(s, ())), tuple(asked.get(twin.get(s, ""), ()))) for s in found)
        if any(own for own, _ in both):
            made.setdefault(p.slug, {}).setdefault(p.lang, []).append(Told(p.title, tuple(found), both))
    return made


def neighbours(model: SentenceTransformer, found: Material) -> dict[str, list[str]]:
    """For each article those with the nearest titles, at most AMONG."""
    slugs = sorted(found)
    vectors = model.encode([next(iter(found[slug].values()))[0].title for slug in slugs], normalize_embeddings=True)
    nearest = np.argsort(-(vectors @ vectors.T), axis=1, kind="stable")
    return {slug: [slugs[j] for j in row if slugs[j] != slug][:AMONG] for slug, row in zip(slugs, nearest, strict=True)}


def drawn(found: Material, near: Mapping[str, Sequence[str]], rng: random.Random) -> Batch:
    """What one step reads."""
    first = rng.choice(sorted(found))
    chosen = [first, *rng.sample(near[first], min(NEIGHBOURS, len(near[first])))]
    chosen += [slug for slug in rng.sample(sorted(found), min(ARTICLES, len(found))) if slug not in chosen]
    passages: list[Told] = []
    for slug in chosen[:ARTICLES]:
        told = found[slug][rng.choice(sorted(found[slug]))]
        passages += rng.sample(told, min(PASSAGES, len(told)))
    asked: list[tuple[str, int, int]] = []
    number = 0
    for place, passage in enumerate(passages):
        for own, other in passage.asked:
            for question in rng.sample(own, min(WORDINGS, len(own))):
                foreign = other and rng.random() < OTHER
                asked.append((rng.choice(other) if foreign else question, number, place))
            number += 1
    asked.sort(key=lambda one: len(one[0].encode()))
    questions, sentence, place_of = zip(*asked, strict=True)
    return Batch(tuple(passages), questions, torch.tensor(sentence), torch.tensor(place_of))


@dataclass(frozen=True, slots=True)
class Read:
    """Passages as the network reads them.

    Their unit vectors (passages, d); of each token that is in a sentence the unit vector (tokens, d) and the number of
    the sentence among all of the passages' (tokens,); the unit mean of each sentence's tokens (sentences, d), and which
    sentences there are, as one that was cut off has none (sentences,).
    """

    vectors: Tensor
    tokens: Tensor
    number: Tensor
    means: Tensor
    there: Tensor


def read(features: Mapping[str, Tensor], counts: Sequence[int], ends: int) -> Read:
    """`features` as the model gives them for passages of `counts` sentences each; `ends` is the id of [SEP]."""
    is_end = features["input_ids"] == ends
    place = is_end.cumsum(1) - 1
    inside = ~is_end & (features["attention_mask"] == 1) & (place >= 0)
    before = torch.tensor([0, *np.cumsum(counts)[:-1].tolist()])
    number = (place + before[:, None])[inside]
    tokens = normalize(features["token_embeddings"][inside].float(), dim=-1)
    sums = torch.zeros(sum(counts), tokens.shape[1]).index_add(0, number, tokens)
    there = torch.zeros(sum(counts), dtype=torch.bool)
    there[number] = True
    vectors = normalize(features["sentence_embedding"].float(), dim=-1)
    return Read(vectors, tokens, number, normalize(sums, dim=-1), there)


def late_interaction(question: Mapping[str, Tensor], passages: Read, ends: int) -> Tensor:
    """Each question's mean over its tokens of the largest cosine with one of a sentence's, (questions, sentences)."""
    own = (question["attention_mask"] == 1) & (question["input_ids"] != ends)
    own[:, 0] = False  # [CLS]
    cosines = normalize(question["token_embeddings"].float(), dim=-1)[own] @ passages.tokens.T
    count = len(passages.there)
    largest = torch.full((len(cosines), count), -1.0).scatter_reduce(
        1, passages.number.expand(len(cosines), -1), cosines, "amax"
    )
    asked = torch.arange(len(own))[:, None].expand_as(own)[own]
    return torch.zeros(len(own), count).index_add(0, asked, largest) / own.sum(1)[:, None]


class WordingsLoss(nn.Module):
    """The three softmaxes, summed, the passage's with half the weight."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> Tensor:
        ends = int(self.model.tokenizer.sep_token_id)
        texts = [passage_text(told.title, told.sentences) for told in batch.passages]
        passages = read(self._features(texts), [len(told.sentences) for told in batch.passages], ends)
        size = -(-len(batch.questions) // PARTS)
        parts = [self._features(batch.questions[i : i + size]) for i in range(0, len(batch.questions), size)]
        asked = torch.cat([normalize(part["sentence_embedding"].float(), dim=-1) for part in parts])
        late = torch.cat([late_interaction(part, passages, ends) for part in parts])
        kept, missing = passages.there[batch.sentence], ~passages.there
        by_sentence = [
            cross_entropy(scale * scores.masked_fill(missing, -1.0)[kept], batch.sentence[kept])
            for scale, scores in ((COSINE, asked @ passages.means.T), (LATE, late))
        ]
        return sum(by_sentence) + 0.5 * cross_entropy(COSINE * asked @ passages.vectors.T, batch.passage)

    def _features(self, texts: Sequence[str]) -> Mapping[str, Tensor]:
        return self.model(self.model.preprocess(list(texts)))


def encoder_to_train(start: Path) -> SentenceTransformer:
    """The encoder in the folder `start`, the vectors of its pieces held as they are."""
    model = SentenceTransformer(str(start), device="cpu", model_kwargs={"dtype": torch.float32})
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = DROPOUT
    cast(Any, model[0]).auto_model.get_input_embeddings().weight.requires_grad_(False)
    return model


class Run:
    """Model, optimiser and step, all of it in the checkpoint; what a step reads is drawn by the seed and its number."""

    def __init__(self, start: Path, folder: Path, found: Material, seed: int = SEED, steps: int = STEPS) -> None:
        self.folder, self.seed, self.steps, self.step, self.found = folder, seed, steps, 0, found
        self.model = encoder_to_train(start)
        self.near = neighbours(self.model, found)
        named = dict[str, Tensor](self.model.named_parameters())
        self.trained = {name: value for name, value in named.items() if value.requires_grad}
        self.optimiser = torch.optim.AdamW(self.trained.values(), lr=LEARNING_RATE, weight_decay=0.01)
        folder.mkdir(parents=True, exist_ok=True)

    def save(self) -> None:
        checkpoints.save(self.folder / "checkpoint.safetensors", self.trained, self.optimiser)

    def resume(self) -> None:
        if not (kept := self.folder / "checkpoint.safetensors").exists():
            return
        weights = checkpoints.load(kept, self.optimiser)
        with torch.no_grad():
            for name, value in self.trained.items():
                value.copy_(weights[name])
        self.step = int(self.optimiser.state_dict()["state"][0]["step"])

    def train(self, until: int | None = None) -> None:
        """The steps that are left, or those `until` one of them; then the weights into `folder`/trained."""
        loss, saved = WordingsLoss(self.model), time.monotonic()
        self.model.train()
        while self.step < (until or self.steps):
            self._take(loss)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self.save()
                saved = time.monotonic()
        self.save()
        self.model.save(str(self.folder / "trained"), create_model_card=False)

    def _take(self, loss: WordingsLoss) -> None:
        """One step."""
        torch.manual_seed(self.seed + self.step)  # dropout's
        rate = min(1.0, (self.step + 1) / WARM_UP) * max(0.02, 1 - self.step / self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = LEARNING_RATE * rate
        value = loss(drawn(self.found, self.near, random.Random(self.seed * 1_000_003 + self.step)))
        self.optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(list(self.trained.values()), 1.0)
        self.optimiser.step()
        self.step += 1
        print(json.dumps({"step": self.step, "loss": round(value.item(), 3)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True, help="the encoder that tune.py made, or an earlier run")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=SEED, help="of what the steps read")
    parser.add_argument("--steps", type=int, default=STEPS, help="to take in all, the rate falling to the last")
    arguments = parser.parse_args()
    config.go_offline()
    settings = config.load()
    found = material(open_index(settings).passages, articles.read(settings))
    run = Run(arguments.start, arguments.run, found, arguments.seed, arguments.steps)
    run.resume()
    run.train()
    run.model.max_seq_length = tune.SHIPPED_LENGTH
    run.model.half().save(str(arguments.run / "tutor-embed"), create_model_card=False)


if __name__ == "__main__":
    main()
