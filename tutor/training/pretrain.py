"""Trains the bundled model from scratch on the CPU (a GPU is used where there is one).

    python -m tutor.training.pretrain --data DIR --out runs/llama

A stopped run goes on where its last checkpoint (every few minutes) left it: type the same command again.
Every stage writes what it measured to log.jsonl in the run's folder.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from tutor.config import go_offline
from tutor.training import checkpoints, initialise, texts, tokenizer
from tutor.training.mixture import IGNORED, Mixture

VOCABULARY = 8000
BATCH_TOKENS = 4096
WIDTHS = (128, 192, 288, 512)  # rows are padded to one of these, so that few shapes are compiled
# Words of the model's own job, so that none of them falls into many pieces.
JOB = (
    'train_perceptron(gate, layers, learning_rate, epochs, seeds, hidden_units, activation) [1] [2] [3] "seeds":[0,1] '
    '{"name":"train_perceptron","arguments":{"gate":"xor","layers":"both"}} "epochs": "learning_rate":0.5 "gate":"and" '
    "perceptron Rosenblatt XOR XNOR NAND NOR gate single layer multilayer sigmoid tanh relu step 퍼셉트론 "
    "로젠블라트 단층 다층 학습률 에포크 시드 은닉 보여줘 직접 게이트 배타적 논리합 역전파 어텐션 트랜스포머 "
    "언어 모델 신경망 순환 합성곱 LSTM GRU BERT GPT-3 GPT-4o LLaMA InstructGPT"
)
CHECKPOINT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Stage:
    """`tokens` counts padded input. `sharpen` multiplies the gain of the final norm when the stage begins: with tied
    embeddings of norm 0.3 a right guess cannot get far above the other 8,000, and the gain grows slowly by itself.
    """

    name: str
    tokens: int
    rate: float
    decay: bool = False
    sharpen: float = 1.0


PLAN = (
    Stage("copy", 1_300_000, 2e-4),
    Stage("select", 500_000, 3e-4),
    Stage("read", 3_500_000, 4e-4),
    Stage("tutor", 6_500_000, 5e-4, decay=True, sharpen=2.0),
)


def batches(mixture: Mixture, stage: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """A pool of samples sorted by length and cut into batches of about BATCH_TOKENS; ids and labels (B, L)."""
    drawn = [pair for pair in (mixture.draw(stage) for _ in range(512)) if len(pair[0]) <= WIDTHS[-1]]
    drawn.sort(key=lambda pair: len(pair[0]))
    made = []
    for width in WIDTHS:
        rows = BATCH_TOKENS // width
        fitting = sum(len(p[0]) <= width for p in drawn)
        whole = -(-fitting // rows) * rows if width == WIDTHS[-1] else fitting // rows * rows
        made += [_pad(drawn[i : i + rows], rows, width, mixture.tokenizer.pad_token_id) for i in range(0, whole, rows)]
        drawn = drawn[whole:]  # what does not fill a batch goes on to the next width
    mixture.rng.shuffle(made)
    return made


def _pad(
    pairs: list[tuple[list[int], list[int]]], rows: int, width: int, pad: int
) -> tuple[torch.Tensor, torch.Tensor]:
    ids, labels = torch.full((rows, width), pad), torch.full((rows, width), IGNORED)
    for i, (a, b) in enumerate(pairs):
        ids[i, : len(a)], labels[i, : len(b)] = torch.tensor(a), torch.tensor(b)
    return ids, labels


class Trainer:
    """One run: model, optimiser, position in the plan. All of it is in the checkpoint."""

    def __init__(self, model: LlamaForCausalLM, out: Path, *, compiled: bool) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model, self.out = model, out
        torch.nn.Module.to(model, self.device)
        self.body = torch.compile(model.model, dynamic=False) if compiled else model.model
        decayed = [p for p in model.parameters() if p.dim() > 1]
        rest = [p for p in model.parameters() if p.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95))
        self.stage, self.seen, self.trained = 0, 0, 0.0  # index in PLAN, tokens of that stage, seconds in all

    def step(self, ids: torch.Tensor, labels: torch.Tensor, rate: float) -> tuple[float, float]:
        """One update; mean loss and accuracy over the labelled tokens. Only those pass the output layer."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        ids, target = ids.to(self.device), labels[:, 1:].to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            hidden = self.body(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
            chosen = target != IGNORED
            logits = self.model.lm_head(hidden[chosen])
        loss = F.cross_entropy(logits.float(), target[chosen])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return loss.item(), (logits.argmax(-1) == target[chosen]).float().mean().item()

    def save(self) -> None:
        """Weights, optimiser moments and position, each file replaced whole."""
        weights = {name: value for name, value in self.model.state_dict().items() if name != "lm_head.weight"}
        checkpoints.save(self.out / "checkpoint.safetensors", weights, self.optimiser)
        position = {"stage": self.stage, "seen": self.seen, "trained": self.trained}
        (self.out / "position.json").write_text(json.dumps(position), encoding="utf-8")

    def resume(self) -> None:
        if not (self.out / "position.json").exists():
            return
        weights = checkpoints.load(self.out / "checkpoint.safetensors", self.optimiser)
        self.model.load_state_dict(weights, strict=False)
        position = json.loads((self.out / "position.json").read_text(encoding="utf-8"))
        self.stage, self.seen, self.trained = position["stage"], position["seen"], position["trained"]

    def run(self, mixture: Mixture, plan: tuple[Stage, ...]) -> None:
        saved, sums, count = time.monotonic(), [0.0, 0.0], 0
        while self.stage < len(plan):
            stage = plan[self.stage]
            mixture.rng.seed(f"{stage.name} {self.seen}")
            if self.seen == 0:
                with torch.no_grad():
                    self.model.model.norm.weight *= stage.sharpen
            while self.seen < stage.tokens:
                for ids, labels in batches(mixture, stage.name):
                    began = time.monotonic()
                    loss, right = self.step(ids, labels, learning_rate(stage, self.seen))
                    self.trained += time.monotonic() - began
                    self.seen += ids.numel()
                    sums, count = [sums[0] + loss, sums[1] + right], count + 1
                    if count == 20:
                        self.log(
                            stage=stage.name,
                            seen=self.seen,
                            loss=sums[0] / count,
                            right=sums[1] / count,
                            seconds=self.trained,
                        )
                        sums, count = [0.0, 0.0], 0
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    self.save()
                    self.probe(mixture, stage.name)
                    saved = time.monotonic()
            self.stage, self.seen = self.stage + 1, 0
            self.save()
            self.probe(mixture, stage.name)

    def log(self, **values: object) -> None:
        line = json.dumps(
            {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}, ensure_ascii=False
        )
        print(line, flush=True)
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    @torch.no_grad()
    def probe(self, mixture: Mixture, stage: str, n: int = 10) -> None:
        """Free generation on fresh samples: the share of whole answers that come out exactly right."""
        kept, mixture.rng = mixture.rng, random.Random(7)
        model: Any = self.model
        exact, asked, shown = 0, 0, ""
        while asked < n:
            ids, labels = mixture.draw(stage)
            start = next(i for i, label in enumerate(labels) if label != IGNORED)
            if start == 0:
                continue  # running text: nothing to answer
            prompt = torch.tensor([ids[:start]], device=self.device)
            mask = torch.ones_like(prompt)
            made = model.generate(prompt, attention_mask=mask, max_new_tokens=len(ids) - start, do_sample=False)
            answer = made[0, start:].tolist()
            exact, asked = exact + (answer == ids[start:]), asked + 1
            shown = f"{mixture.tokenizer.decode(answer)} || {mixture.tokenizer.decode(ids[start:])}"
        mixture.rng = kept
        self.log(probe=stage, exact=exact / n, example=shown)


def learning_rate(stage: Stage, seen: int) -> float:
    """Up from a quarter of the rate over the first third, then level; with decay, a cosine down to a twentieth."""
    part = seen / stage.tokens
    if stage.decay:
        return stage.rate * (0.525 + 0.475 * math.cos(math.pi * part))
    return stage.rate * min(1.0, 0.25 + 2.25 * part)


def make_tokenizer(pool: texts.Pool, out: Path, limit: int = 6_000_000) -> PreTrainedTokenizerFast:
    """Train the tokenizer on as many characters of each language, or load the run's own."""
    if (out / "tokenizer.json").exists():
        return PreTrainedTokenizerFast.from_pretrained(out)

    def sample() -> list[str]:
        chosen = []
        for lang in ("en", "ko"):
            paragraphs, size = list(texts.prose(pool, lang)), 0
            random.Random(0).shuffle(paragraphs)
            for paragraph in paragraphs:
                if size > limit:
                    break
                chosen.append(paragraph)
                size += len(paragraph)
        return [*chosen, *[JOB] * 200]

    made = tokenizer.build(sample(), VOCABULARY)
    made.save_pretrained(out)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public .jsonl.gz text files")
    parser.add_argument("--out", type=Path, default=Path("runs/llama"), help="the run's folder")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; 2 only when nothing else runs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--hidden", type=int, default=256, help="the one dial of size: width; 256 gives 6.9M parameters"
    )
    parser.add_argument("--no-compile", action="store_true", help="where there is no C++ compiler")
    parser.add_argument("--retrieved", type=Path, help="what retrieval shows for each question (tutor.evals.excerpts)")
    parser.add_argument("--tokens", type=float, default=1.0, help="factor on every stage's length")
    arguments = parser.parse_args()
    go_offline()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    pool = texts.load_small_talk(texts.load_corpus(texts.load_public(arguments.data)), arguments.data)
    vocabulary = make_tokenizer(pool, arguments.out)
    special = {"bos": vocabulary.bos_token_id, "eos": vocabulary.eos_token_id, "pad": vocabulary.pad_token_id}
    model = initialise.build(initialise.config(VOCABULARY, hidden=arguments.hidden, special=special), arguments.seed)
    trainer = Trainer(model, arguments.out, compiled=not arguments.no_compile)
    with contextlib.suppress(FileNotFoundError):
        trainer.resume()
    retrieved = list(texts.records(arguments.retrieved)) if arguments.retrieved else []
    plan = tuple(replace(s, tokens=int(s.tokens * arguments.tokens)) for s in PLAN)
    trainer.run(Mixture(pool, vocabulary, arguments.seed, retrieved), plan)
    torch.nn.Module.to(model, torch.bfloat16)
    model.save_pretrained(arguments.out / "model")
    vocabulary.save_pretrained(arguments.out / "model")


if __name__ == "__main__":
    main()
