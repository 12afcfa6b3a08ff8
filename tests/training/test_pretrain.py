"""A run is cut into batches without loss, follows its schedule, can be stopped anywhere, and ends in a checkpoint."""

import json
import math
import sys

import material
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

from tutor.training import initialise, pretrain
from tutor.training.mixture import IGNORED, STAGES, Mixture
from tutor.training.pretrain import PLAN, Stage, Trainer, learning_rate

PLAN_OF_TWO = (Stage("few", 30_000, 1e-3), Stage("select", 4_000, 1e-3, decay=True))


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return material.pool(tmp_path_factory.mktemp("data"))


@pytest.fixture
def _small(monkeypatch):
    """Only samples of up to 64 tokens, 8 or 16 rows a batch: a pool of them is some thousand tokens."""
    monkeypatch.setattr(pretrain, "WIDTHS", (32, 64))
    monkeypatch.setattr(pretrain, "BATCH_TOKENS", 512)


class Given:
    """Stands where a Mixture does and deals the lengths it is given, over and over."""

    def __init__(self, pool, lengths):
        self.tokenizer, self.rng = material.words(), Mixture(pool, material.words(), 0).rng
        self.lengths, self.dealt = lengths, 0

    def draw(self, _stage):
        length = self.lengths[self.dealt % len(self.lengths)]
        self.dealt += 1
        ids = [10 + self.dealt] * length  # its number marks a sample
        return ids, [IGNORED, *ids[1:]]


def trainer(out, seed=0):
    out.mkdir(exist_ok=True)
    special = {"bos": 0, "eos": 1, "pad": 2}
    settings = initialise.config(len(material.words()), hidden=192, layers=2, special=special)
    return Trainer(initialise.build(settings, seed), out, compiled=False)


def logged(out):
    return [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]


# ---- batches ---------------------------------------------------------------------------------------
def test_a_batch_is_padded_to_one_of_the_widths(pool):
    made = pretrain.batches(Mixture(pool, material.words(), 0), "select")
    assert {tuple(ids.shape) for ids, _ in made} <= {(32, 128), (21, 192), (14, 288), (8, 512)}  # 4096 tokens or less
    assert all(ids.shape == labels.shape and ids.dtype == labels.dtype == torch.int64 for ids, labels in made)


def test_every_sample_but_the_too_long_is_in_one_batch(pool):
    mixture = Given(pool, [5, 128, 129, 190, 288, 289, 512, 513])  # 512 draws: 64 of each
    made = pretrain.batches(mixture, "any")
    rows = [(row, label) for ids, labels in made for row, label in zip(ids.tolist(), labels.tolist(), strict=True)]
    found = {row[0]: row for row, _ in rows if row[0] != 2}  # 2 is padding: a row that nothing was left for
    assert sorted(found) == [10 + n for n in range(1, 513) if n % 8 != 0]
    assert sum(row[0] != 2 for row, _ in rows) == len(found) == 448
    for row, label in rows:
        length = mixture.lengths[(row[0] - 11) % 8] if row[0] != 2 else 0
        assert row == [row[0]] * length + [2] * (len(row) - length)
        assert label == ([IGNORED, *row[1:length]] if length else []) + [IGNORED] * (len(row) - length)
    # 128 of up to 128 fill 4 of 32; 128 of up to 192 fill 6 of 21, 2 go on; 66 fill 4 of 14, 10 go on, 138 last.
    counts = {width: sum(ids.shape[1] == width for ids, _ in made) for width in pretrain.WIDTHS}
    assert counts == {128: 4, 192: 6, 288: 4, 512: 18}


# ---- plan ------------------------------------------------------------------------------------------
def test_the_plan_names_the_stages_in_order():
    assert [stage.name for stage in PLAN] == list(STAGES)


@pytest.mark.parametrize(
    ("decay", "seen", "rate"),
    [
        (False, 0, 0.25),
        (False, 100, 0.475),  # 0.25 + 2.25 / 10
        (False, 200, 0.7),
        (False, 334, 1.0),
        (False, 900, 1.0),
        (True, 0, 1.0),
        (True, 250, 0.525 + 0.475 * math.sqrt(0.5)),
        (True, 500, 0.525),
        (True, 1000, 0.05),
    ],
)
def test_learning_rate(decay, seen, rate):
    assert learning_rate(Stage("x", 1000, 4e-4, decay), seen) == pytest.approx(rate * 4e-4)


# ---- one step --------------------------------------------------------------------------------------
def test_loss_and_accuracy_are_those_of_the_labelled_tokens(tmp_path):
    run = trainer(tmp_path)
    ids = torch.randint(10, 300, (3, 24), generator=torch.Generator().manual_seed(0))
    labels = ids.clone()
    labels[:, :9] = IGNORED
    with torch.no_grad():
        reference = run.model(ids, labels=labels)  # transformers' own shift, mean and masking, in float32
        right = (reference.logits[:, 8:-1].argmax(-1) == ids[:, 9:]).float().mean().item()
    loss, accuracy = run.step(ids, labels, 1e-4)
    assert loss == pytest.approx(reference.loss.item(), abs=0.02)  # bfloat16 keeps three digits
    assert accuracy == pytest.approx(right, abs=0.05)
    assert {group["lr"] for group in run.optimiser.param_groups} == {1e-4}


def test_biases_and_gains_are_not_decayed(tmp_path):
    run = trainer(tmp_path)
    decayed, rest = run.optimiser.param_groups
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.05, 0.0)
    assert {p.dim() for p in decayed["params"]} == {2}
    assert {p.dim() for p in rest["params"]} == {1}
    assert len(decayed["params"]) + len(rest["params"]) == len(list(run.model.parameters()))


# ---- stopping and going on -------------------------------------------------------------------------
def test_a_resumed_run_takes_the_same_next_step(tmp_path):
    draws = torch.Generator().manual_seed(0)
    data = [torch.randint(10, 300, (4, 16), generator=draws) for _ in range(4)]
    whole = trainer(tmp_path)
    for ids in data[:3]:
        whole.step(ids, ids, 1e-3)
    whole.stage, whole.seen, whole.trained = 1, 192, 2.5
    whole.save()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.safetensors", "position.json"]
    resumed = trainer(tmp_path, seed=1)  # other starting values: all of it must come from the checkpoint
    resumed.resume()
    assert (resumed.stage, resumed.seen, resumed.trained) == (1, 192, 2.5)
    assert resumed.step(data[3], data[3], 1e-3) == whole.step(data[3], data[3], 1e-3)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_without_a_checkpoint_a_run_begins_at_the_beginning(tmp_path):
    run = trainer(tmp_path)
    before = {name: weight.clone() for name, weight in run.model.state_dict().items()}
    run.resume()
    assert (run.stage, run.seen) == (0, 0)
    assert all(torch.equal(before[name], weight) for name, weight in run.model.state_dict().items())


class Stopped(Trainer):
    """A run that somebody stops right after its first checkpoint."""

    def probe(self, mixture, stage, n=10):
        raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
def test_a_stopped_run_goes_on_from_its_checkpoint_and_learns(pool, tmp_path, monkeypatch):
    monkeypatch.setitem(STAGES, "few", {"prose": 0.7, "repeats": 0.3})  # a dozen paragraphs, soon known by heart
    monkeypatch.setattr(pretrain, "CHECKPOINT_SECONDS", 0)
    mixture = Mixture(pool, material.words(), 0)
    stopped = Stopped(trainer(tmp_path).model, tmp_path, compiled=False)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(mixture, PLAN_OF_TWO)
    assert 0 < stopped.seen < PLAN_OF_TWO[0].tokens

    monkeypatch.setattr(pretrain, "CHECKPOINT_SECONDS", 300)
    second = trainer(tmp_path, seed=1)
    second.resume()
    assert (second.stage, second.seen) == (0, stopped.seen)
    second.run(mixture, PLAN_OF_TWO)
    position = json.loads((tmp_path / "position.json").read_text(encoding="utf-8"))
    assert (position["stage"], position["seen"]) == (2, 0)
    assert position["trained"] > stopped.trained

    lines = logged(tmp_path)
    assert [line["probe"] for line in lines if "probe" in line] == ["few", "select"]
    few = [line for line in lines if line.get("stage") == "few"]
    seen = [line["seen"] for line in few]
    assert seen == sorted(set(seen))  # counted on, not again from nought
    assert seen[0] < stopped.seen < seen[-1]
    assert few[0]["loss"] > 4.0  # of ln(500) = 6.2 for a guess
    assert few[-1]["loss"] < 0.75 * few[0]["loss"]  # 0.6 measured; the random tokens among it cannot be learnt


@pytest.mark.usefixtures("_small")
def test_a_stage_begins_by_sharpening_once(pool, tmp_path):
    """Rate 0 leaves every weight as it was, so what differs is what the beginning of the stage did."""
    run = trainer(tmp_path)
    run.probe = lambda mixture, stage: None
    gain = run.model.model.norm.weight.clone()
    run.run(Mixture(pool, material.words(), 0), (Stage("copy", 1, 0.0, sharpen=2.0), Stage("copy", 1, 0.0)))
    assert torch.equal(run.model.model.norm.weight, 2.0 * gain)


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
def test_the_command_leaves_a_folder_that_auto_classes_load(tmp_path, monkeypatch):
    data, out = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    material.write(data)
    monkeypatch.setattr(
        pretrain, "PLAN", (Stage("copy", 2_000_000, 1e-3), Stage("select", 2_000_000, 0.0, sharpen=3.0))
    )
    options = ["--data", data, "--out", out, "--hidden", "192", "--no-compile", "--tokens", "0.001"]
    monkeypatch.setattr(sys, "argv", ["pretrain", *map(str, options)])
    pretrain.main()
    words, model = AutoTokenizer.from_pretrained(out / "model"), AutoModelForCausalLM.from_pretrained(out / "model")
    assert type(model) is LlamaForCausalLM
    assert model.config.vocab_size == pretrain.VOCABULARY >= len(words)
    assert model.dtype == torch.bfloat16
    assert model.config.eos_token_id == words.eos_token_id == words.convert_tokens_to_ids("<|end|>")
    assert words.decode(words("Frank Rosenblatt, 로젠블라트")["input_ids"]) == "Frank Rosenblatt, 로젠블라트"
    assert model.model.norm.weight.float().mean() > 2.5  # begun at 1: every part of the plan is followed
    lines = logged(out)
    assert [line["probe"] for line in lines if "probe" in line] == ["copy", "select"]

    written = (out / "model" / "model.safetensors").read_bytes()
    pretrain.main()  # a finished run has nothing left to do
    assert (out / "model" / "model.safetensors").read_bytes() == written
    assert logged(out) == lines
