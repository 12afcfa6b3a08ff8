"""tutor-embed's third stage: its scores by hand and as in use, what a step draws, a few steps, going on."""

import random

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from tutor.config import BUNDLED_ENCODER
from tutor.retrieval import encoder, ranking
from tutor.training import wordings
from tutor.training.wordings import Told
from tutor.types import Document, Fact, Passage


def told(title, *sentences):
    """A passage of (sentence, questions, questions in the other language)."""
    return Told(title, tuple(s for s, *_ in sentences), tuple((own, other) for _, own, other in sentences))


FOUND = {
    "perceptron": {
        "en": [
            told(
                "The perceptron",
                ("Frank Rosenblatt built it.", ("Who built it?", "who made the perceptron"), ("누가 만들었어?",)),
                ("It weighed five tons.", (), ()),
            )
        ],
        "ko": [told("퍼셉트론", ("로젠블랫이 만들었다.", ("누가 만들었어?",), ("Who built it?",)))],
    },
    "weather": {"en": [told("Weather", ("Rain fell on Monday.", ("When did it rain?",), ()))]},
    "bread": {"en": [told("Bread", ("Yeast makes dough rise.", ("Why does dough rise?",), ()))]},
}
NEAR = {"perceptron": ["weather", "bread"], "weather": ["perceptron"], "bread": ["weather"]}


# ---- scores --------------------------------------------------------------------------------------
PASSAGES = {  # [CLS] title [SEP] a b [SEP] c [SEP] padding, and one of a single sentence, the second was cut off
    "input_ids": torch.tensor([[1, 4, 9, 5, 6, 9, 7, 9, 0], [1, 9, 8, 9, 0, 0, 0, 0, 0]]),
    "attention_mask": torch.tensor([[1] * 8 + [0], [1] * 4 + [0] * 5]),
    "token_embeddings": torch.tensor(
        [
            [[1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [3.0, 4.0], [1.0, 1.0], [-1.0, 0.0], [1.0, 1.0], [0, 1]],
            [[1.0, 1.0], [1.0, 1.0], [0.0, 2.0], [1.0, 1.0], [0.0, 1.0], [0, 1], [0, 1], [0, 1], [0, 1]],
        ]
    ),
    "sentence_embedding": torch.tensor([[3.0, 4.0], [0.0, 5.0]]),
}


def test_passages_are_read_by_sentences():
    found = wordings.read(PASSAGES, [2, 2], ends=9)
    assert found.number.tolist() == [0, 0, 1, 2]
    assert found.there.tolist() == [True, True, True, False]
    assert torch.allclose(found.vectors, torch.tensor([[0.6, 0.8], [0.0, 1.0]]))
    # (1, 0) and (0.6, 0.8): together (1.6, 0.8), of length 1 (2, 1) / sqrt(5)
    assert torch.allclose(found.means[:3], torch.tensor([[2 / 5**0.5, 1 / 5**0.5], [-1.0, 0.0], [0.0, 1.0]]))


def test_late_interaction_is_each_tokens_largest_cosine_on_average():
    question = {
        "input_ids": torch.tensor([[1, 5, 6, 9]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1]]),
        "token_embeddings": torch.tensor([[[9.0, 9.0], [2.0, 0.0], [0.0, 3.0], [9.0, 9.0]]]),
    }
    scores = wordings.late_interaction(question, wordings.read(PASSAGES, [2, 2], ends=9), ends=9)
    # Sentence 0: (1, 0) with (1, 0) gives 1, (0, 1) with (0.6, 0.8) 0.8. Sentence 1: -1 and 0. Sentence 2: 0 and 1.
    assert scores[0].tolist() == pytest.approx([0.9, -0.5, 0.5, -1.0])


def test_sentences_are_scored_in_training_as_in_use():
    model = wordings.encoder_to_train(BUNDLED_ENCODER).eval()
    question, passages = "Who built it?", [FOUND["perceptron"]["en"][0], FOUND["weather"]["en"][0]]
    with torch.no_grad():
        texts = [encoder.passage_text(p.title, p.sentences) for p in passages]
        read = wordings.read(model(model.preprocess(texts)), [2, 1], encoder.end_id())
        asked = model(model.preprocess([question]))
        late = wordings.late_interaction(asked, read, encoder.end_id())
        scores = late + ranking.MEANING * normalize(asked["sentence_embedding"], dim=-1) @ read.means.T
    used = ranking.scores(question, [(p.title, p.sentences) for p in passages])
    assert scores[0].tolist() == pytest.approx(np.concatenate(used).tolist(), abs=2e-3)  # kept in 16 bits there


# ---- what a step draws ---------------------------------------------------------------------------
def test_a_step_draws_questions_that_its_sentences_answer():
    for seed in range(20):
        batch = wordings.drawn(FOUND, NEAR, random.Random(seed))
        numbered = [(asked, place) for place, passage in enumerate(batch.passages) for asked in passage.asked]
        answers = zip(batch.questions, batch.sentence.tolist(), batch.passage.tolist(), strict=True)
        for question, sentence, passage in answers:
            (own, other), place = numbered[sentence]
            assert question in own + other
            assert place == passage
        assert list(batch.questions) == sorted(batch.questions, key=lambda q: len(q.encode()))
        assert {p.title for p in batch.passages} > {"Weather"}


def test_the_same_seed_draws_the_same():
    one, two = (wordings.drawn(FOUND, NEAR, random.Random(3)) for _ in range(2))
    assert (one.passages, one.questions) == (two.passages, two.questions)


def test_the_material_is_each_passages_sentences_with_what_they_are_asked_in_both_languages():
    def article(lang, fact):
        return Document(f"{lang}/p", "p", "P", lang, "p.md", fact, facts=(Fact("1", fact),))

    def passage(doc, text, *asked):
        return Passage(f"{doc}#{text}", doc, "p", "P", "", doc[:2], (1, 1), text, asked)

    english, korean = "Frank Rosenblatt built it.", "로젠블랫이 만들었다."
    passages = [
        passage("en/p", f"{english} It was heavy.", ("Who built it?", "Whose is it?"), ()),
        passage("en/p", "Nobody asks this."),
        passage("ko/p", korean, ("누가 만들었어?",)),
        passage("library/p.md", english, ("Who built it?",)),
    ]
    assert wordings.material(passages, [article("en", english), article("ko", korean)]) == {
        "p": {
            "en": [
                told("P", (english, ("Who built it?", "Whose is it?"), ("누가 만들었어?",)), ("It was heavy.", (), ()))
            ],
            "ko": [told("P", (korean, ("누가 만들었어?",), ("Who built it?", "Whose is it?")))],
        }
    }


# ---- training ------------------------------------------------------------------------------------
@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of six steps at nearly the full rate, going on from what lies in the folder of its name."""
    monkeypatch.setattr(wordings, "WARM_UP", 1)

    def run(name, until):
        found = wordings.Run(BUNDLED_ENCODER, tmp_path / name, FOUND, steps=6)
        found.resume()
        found.train(until)
        return found

    return run


@pytest.mark.slow
def test_steps_bring_the_loss_of_the_same_questions_down(run):
    batch = wordings.drawn(FOUND, NEAR, random.Random(0))
    models = wordings.encoder_to_train(BUNDLED_ENCODER), run("whole", 6).model
    with torch.no_grad():
        before, after = (wordings.WordingsLoss(model.eval())(batch).item() for model in models)
    assert after < before / 2


@pytest.mark.slow
def test_a_stopped_run_goes_on_as_if_it_had_not_been(run):
    whole = run("whole", 6)
    run("stopped", 3)
    stopped = run("stopped", 6)
    assert stopped.step == 6
    for name, value in whole.trained.items():
        assert torch.equal(value, stopped.trained[name]), name
    frozen = [name for name, value in whole.model.named_parameters() if name not in whole.trained]
    assert len(frozen) == 1
    assert "word_embeddings" in frozen[0]
