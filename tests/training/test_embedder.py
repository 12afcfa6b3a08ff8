"""tutor-embed's two stages on a handful of sentences: the grown vocabulary, the distillation, the tuning, going on."""

import gzip
import json
from typing import ClassVar

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from tutor.training import embedder, parallel, tune, vocabulary

PAIRS = [
    ("The perceptron learns from its mistakes.", "퍼셉트론은 실수에서 배운다."),
    ("The network has three layers.", "신경망에는 층이 셋 있다."),
    ("Attention lets the decoder look back.", "어텐션은 디코더가 뒤를 돌아보게 한다."),
    ("The learning rate was too high.", "학습률이 너무 높았다."),
]


@pytest.fixture(scope="module")
def teacher():
    return parallel.teacher()


@pytest.fixture
def grown(teacher):
    student = parallel.teacher()
    texts = iter([ko for _, ko in PAIRS] * 5)
    vocabulary.grow(student, vocabulary.korean_pieces(texts, 7000), PAIRS * 5)
    return student


def write(folder, pairs):
    for name in parallel.FILES:
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as out:
            if name == "parallel_ko_en":
                out.writelines(json.dumps({"en": en, "ko": ko, "source": "test"}) + "\n" for en, ko in pairs)
    for name, key in embedder.KOREAN_TEXT.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(json.dumps({key: ko}) + "\n" for _, ko in pairs)


@pytest.mark.slow
class TestVocabulary:
    def test_english_is_read_as_before(self, teacher, grown):
        text = "Backpropagation, Müller's café: 3.14!"
        assert grown.tokenizer(text)["input_ids"] == teacher.tokenizer(text)["input_ids"]
        assert np.allclose(grown.encode(text), teacher.encode(text), atol=1e-6)

    def test_korean_is_read_by_its_syllables_composed_or_not(self, grown):
        import unicodedata

        ids = grown.tokenizer("퍼셉트론은")["input_ids"]
        assert grown.tokenizer.unk_token_id not in ids
        assert grown.tokenizer(unicodedata.normalize("NFD", "퍼셉트론은"))["input_ids"] == ids
        assert "".join(t.removeprefix("##") for t in grown.tokenizer.convert_ids_to_tokens(ids[1:-1])) == "퍼셉트론은"

    def test_a_piece_starts_from_the_english_that_stands_beside_it(self, teacher, grown):
        known = teacher[0].auto_model.get_input_embeddings().weight
        weight = grown[0].auto_model.get_input_embeddings().weight
        assert torch.equal(weight[: len(known)], known)
        seen = grown.tokenizer("신경망에는 층이 셋 있다.", add_special_tokens=False)["input_ids"]
        korean = [i for i in seen if i >= len(known)]
        assert korean
        assert not any(torch.allclose(weight[i], known.mean(0)) for i in korean)


@pytest.mark.slow
def test_distillation_brings_translations_together_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "HELD_OUT", 2)
    monkeypatch.setattr(vocabulary, "PIECES", 7000)
    monkeypatch.setattr(embedder, "WARM_UP", 1)
    pairs = [(f"{en[:-1]} {n}.", f"{ko[:-1]} {n}.") for n in range(8) for en, ko in PAIRS]
    data, run = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    write(data, pairs)
    parallel.embed(run, [en for en, _ in parallel.pairs(data)], 0, 1)
    embedder.distil(data, run, epochs=3)
    before, after = SentenceTransformer(str(run / "newborn")), SentenceTransformer(str(run / "grown" / "trained"))
    en, ko = zip(*PAIRS, strict=True)
    assert cosines(after, en, ko).mean() > cosines(before, en, ko).mean() + 0.05
    embedder.distil(data, run, epochs=4)  # from the checkpoint of the end of the third
    state = json.loads(max((run / "grown").glob("checkpoint-*/trainer_state.json")).read_text())
    assert state["epoch"] == 4


def cosines(model, en, ko):
    return (model.encode(list(en)) * model.encode(list(ko))).sum(1)


@pytest.mark.slow
def test_the_other_students_give_vectors_of_the_same_width(grown):
    shallow = embedder.student("shallow", grown)
    assert len(shallow[0].auto_model.encoder.layer) == len(embedder.KEPT_LAYERS)
    assert shallow.encode("퍼셉트론").shape == (384,)
    static = embedder.student("static", grown)
    assert np.linalg.norm(static.encode("퍼셉트론은 배운다")) == pytest.approx(1, abs=1e-5)


def features(model, texts):
    return dict(model.tokenizer(texts, return_tensors="pt", padding=True))


class TestSentenceScores:
    """Two-dimensional token vectors: ends are [SEP] (id 9), 0 is padding."""

    QUESTION: ClassVar = {
        "input_ids": torch.tensor([[1, 5, 6, 9]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1]]),
        "token_embeddings": torch.tensor([[[9.0, 9.0], [2.0, 0.0], [0.0, 3.0], [9.0, 9.0]]]),
    }

    def test_a_sentence_scores_the_mean_of_each_tokens_largest_cosine(self):
        passage = {  # [CLS] title [SEP] a b [SEP] c [SEP] padding
            "input_ids": torch.tensor([[1, 4, 9, 5, 6, 9, 7, 9, 0]]),
            "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 1, 1, 1, 0]]),
            "token_embeddings": torch.tensor(
                [[[1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1, 0], [3, 4], [1, 1], [-1, 0], [1, 1], [0, 1]]]
            ),
        }
        scores, there = tune.sentence_scores(self.QUESTION, passage, ends=9)
        # Sentence 0: (1, 0) with (1, 0) gives 1; (0, 1) with (0.6, 0.8) gives 0.8. Sentence 1: -1 and 0.
        assert scores[0].tolist() == pytest.approx([0.9, -0.5])
        assert there.tolist() == [[True, True]]

    def test_a_passage_with_fewer_sentences_has_none_in_their_place(self):
        passage = {
            "input_ids": torch.tensor([[1, 9, 5, 9, 6, 9], [1, 9, 5, 9, 0, 0]]),
            "attention_mask": torch.tensor([[1] * 6, [1] * 4 + [0] * 2]),
            "token_embeddings": torch.ones(2, 6, 2),
        }
        question = {key: value.repeat(2, *[1] * (value.dim() - 1)) for key, value in self.QUESTION.items()}
        _, there = tune.sentence_scores(question, passage, ends=9)
        assert there.tolist() == [[True, True], [True, False]]


@pytest.mark.slow
class TestTuning:
    ASKED = ("Who built it?", tune.passage_text("A machine", ["It is large.", "Rosenblatt built it."]))
    OTHER = tune.passage_text("Weather", ["Rain fell.", "The sun rose."])

    def columns(self, model, count):
        return [features(model, [text] * count) for text in (*self.ASKED, self.OTHER)]

    def test_a_few_steps_teach_the_answer(self):
        model = parallel.teacher()
        loss = tune.AnswerLoss(model)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        found = []
        for _ in range(8):
            found.append(loss(self.columns(model, 1), torch.tensor([0])))  # the wrong one, so it has to be learnt
            optimizer.zero_grad()
            found[-1].backward()
            optimizer.step()
        assert found[-1].item() < found[0].item() / 2

    def test_a_label_that_was_cut_off_teaches_nothing(self, teacher):
        loss = tune.AnswerLoss(teacher)
        loss.passages.compute_loss_from_embeddings = lambda vectors, labels: torch.tensor(0.0)
        with torch.no_grad():
            both = loss(self.columns(teacher, 2), torch.tensor([1, 2]))
            alone = loss(self.columns(teacher, 1), torch.tensor([1]))
        assert both.item() == pytest.approx(alone.item(), abs=1e-4)

    def test_the_shipped_weights_are_the_mean_of_those_before_and_after(self, teacher, tmp_path):
        other = parallel.teacher()
        with torch.no_grad():
            for value in other.parameters():
                value += 0.5
        teacher.save(str(tmp_path / "before"))
        other.save(str(tmp_path / "after"))
        mean = tune.averaged(tmp_path / "before", tmp_path / "after")
        for one, two in zip(teacher.parameters(), mean.parameters(), strict=True):
            assert torch.allclose(one + 0.25, two, atol=1e-6)
