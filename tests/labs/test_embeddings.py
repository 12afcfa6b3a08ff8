import json
import re

import numpy as np
import pytest
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor.labs import embeddings, skip_gram
from tutor.labs.embeddings import Arguments

pytestmark = pytest.mark.slow  # trains for real

TINY = [["cat", "sat", "mat"], ["cat", "sat"]]


@pytest.fixture(scope="module", autouse=True)
def articles_read_once():
    """Each run reads all articles anew, which takes a second; here the first run of a language does."""
    read = skip_gram.read
    kept = {}

    def once(language):
        if language not in kept:
            kept[language] = yield from read(language)
        return kept[language]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embeddings, "read", once)
        yield


@pytest.fixture(scope="module")
def english():
    return finish(embeddings.run(Arguments()))


@pytest.fixture(scope="module")
def korean():
    return finish(embeddings.run(Arguments(language="ko")))


def test_pairs_by_hand():
    """Window 2: neighbours count 1, two apart 1/2; no pair goes from one sentence to the next; rare "mat" is left out
    before the window is laid."""
    counts = skip_gram.count_pairs(TINY, ["cat", "sat", "mat"], window=2)
    assert counts.tolist() == [[0, 2, 0.5], [2, 0, 1], [0.5, 1, 0]]
    assert skip_gram.count_pairs([["a", "mat", "b"]], ["a", "b"], window=1).tolist() == [[0, 1], [1, 0]]


def test_subsampling_and_noise_by_hand():
    """Shares 0.8 and 0.2 of the text, t = 0.2: kept with chances 1/2 and 1. Noise chances 16^.75 : 1 = 8 : 1."""
    assert skip_gram.subsampled(np.ones((2, 2)), np.array([8.0, 2.0]), 0.2).tolist() == [[0.25, 0.5], [0.5, 1]]
    counts = np.array([[15.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(skip_gram.expected_noise(counts, k=2), [[2 * 16 * 8 / 9, 2 * 16 / 9], [16 / 9, 2 / 9]])


def test_loss_and_gradients_agree_with_torch():
    """Equation 4 as torch computes it from its logsigmoid, on the pairs of a tiny text."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    counts = skip_gram.count_pairs(TINY, ["cat", "sat", "mat"], window=2)
    noise = skip_gram.expected_noise(counts, k=5)
    vectors, contexts = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)) * 3
    loss, *gradients = skip_gram.loss_and_gradients(vectors, contexts, counts, noise)
    v, x = (torch.tensor(value, requires_grad=True) for value in (vectors, contexts))
    log_sigmoid = torch.nn.functional.logsigmoid
    expected = -(torch.tensor(counts) * log_sigmoid(v @ x.T) + torch.tensor(noise) * log_sigmoid(-v @ x.T)).sum()
    expected = expected / counts.sum()
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(gradients[0], v.grad.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradients[1], x.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_expected_noise_is_what_drawing_gives():
    """Drawn noise words, as the paper has it, give the loss that is computed here, but for chance."""
    rng = np.random.default_rng(1)
    counts = skip_gram.count_pairs(TINY * 3, ["cat", "sat", "mat"], window=1)
    vectors, contexts = rng.normal(size=(2, 3, 4))
    scores = vectors @ contexts.T
    exact, *_ = skip_gram.loss_and_gradients(vectors, contexts, counts, skip_gram.expected_noise(counts, k=5))
    chance = counts.sum(axis=1) ** 0.75
    word, context = np.divmod(rng.choice(9, size=200_000, p=counts.ravel() / counts.sum()), 3)
    noise = rng.choice(3, size=(200_000, 5), p=chance / chance.sum())
    drawn = np.log1p(np.exp(-scores[word, context])) + np.log1p(np.exp(scores[word[:, None], noise])).sum(axis=1)
    assert drawn.mean() == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize(
    ("token", "key"),
    [
        ("networks", ("network",)),
        ("GPT-3", ("gpt3",)),
        ("the", ()),
        ("퍼셉트론은", ("퍼셉트론",)),
        ("패퍼트가", ("패퍼트",)),
    ],
)
def test_keys(token, key):
    assert skip_gram.keys(token) == key


def test_topics_are_frequent_words_of_few_articles():
    """Of two articles: "a" in both weighs nothing, "b" 2·log 2, "c" 1·log 2."""
    assert skip_gram.topics([[["a", "b", "b"]], [["a", "c"]]], ["a", "c", "b"], 2) == [2, 1]


def test_loss_begins_at_chance_and_falls(english):
    frames, done = english
    assert frames[0].metrics["loss"] == pytest.approx(6 * np.log(2))
    assert done.record["loss"][0] == pytest.approx(6 * np.log(2), abs=1e-3)
    assert done.record["loss"][-1] < done.record["loss"][0] / 2
    assert len(frames) <= 200
    assert all(np.isfinite(frame.metrics["loss"]) for frame in frames)


@pytest.fixture(scope="module")
def other_seeds():
    return [finish(embeddings.run(Arguments(seed=seed)))[1].record for seed in (1, 2)]


def test_what_it_claims(english, other_seeds):
    hold(embeddings, range(3), [english[1].record, *other_seeds])


def test_a_claim_can_fail(english):
    untaught = {"nearest_is_beside": {"before": 0.1, "after": 0.1}, "neighbours": []}
    assert [claim.holds(untaught) for claim in embeddings.CLAIMS] == [False, False]


def test_labels():
    is_labelled(embeddings)


def test_what_to_try_next(english, korean):
    near = english[1].record["neighbours"][0]["word"]
    assert next_after(embeddings, english[1]) == [
        ("embeddings", {"word": near}),
        ("embeddings", {"word": "퍼셉트론", "language": "ko"}),
    ]
    around, english_articles = next_after(embeddings, korean[1])
    assert around[1]["word"] == korean[1].record["neighbours"][0]["word"]
    assert english_articles[1] == {"language": "en"}
    untaught = finish(embeddings.run(Arguments(epochs=1, dimensions=2)))[1]
    assert next_after(embeddings, untaught)[0][1] == {"epochs": 80, "dimensions": 50}


@pytest.mark.parametrize("seed", range(1, 3))
def test_related_words_are_near_from_every_seed(seed, english, other_seeds):
    done = other_seeds[seed - 1]
    names = [n["word"] for n in done["neighbours"]]
    assert "Rosenblatt" in names
    assert len({"theorem", "convergence", "Papert", "single-layer", "proof"} & set(names)) >= 2
    assert done["nearest_is_beside"]["after"] > 0.75 > 0.15 > done["nearest_is_beside"]["before"]
    assert done["neighbours_before"] != english[1].record["neighbours_before"]


def test_the_korean_articles_place_their_words_too(korean):
    names = [n["word"] for n in korean[1].record["neighbours"]]
    assert korean[1].record["word"] == "퍼셉트론"
    assert len({"로젠블랫", "단층", "수렴", "유한", "패퍼트", "다층", "perceptron", "Rosenblatt"} & set(names)) >= 3


def test_the_same_seed_gives_the_same_run(english):
    one, two, other = (finish(embeddings.run(Arguments(epochs=5, seed=seed)))[1] for seed in (7, 7, 8))
    assert {**one.record, "seconds": 0} == {**two.record, "seconds": 0}
    assert one.text == two.text != other.text
    record = english[1].record
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize(
    ("word", "shown", "like"),
    [
        ("Perceptrons", "perceptron", True),
        ("perseptron", "perceptron", False),
        ("neural network", "neural", False),
        ("퍼셉트런", "퍼셉트론", False),
        ("pizza", "model", False),
        ("?!", "model", False),
    ],
)
def test_words_as_learners_spell_them(word, shown, like):
    """Whether it is known; else the word shown instead is named, and how many words there are."""
    done = finish(embeddings.run(Arguments(word=word, epochs=1, dimensions=2)))[1]
    assert (done.record["word"], done.record["known"]) == (shown, like)
    for text in done.text.values():
        assert (word in text and f"{done.record['words']:,}" in text) or like
        assert shown in text


def test_too_little_training_is_said():
    done = finish(embeddings.run(Arguments(epochs=1)))[1]
    assert "taught too little" in done.text["en"]
    assert "모자라서" in done.text["ko"]


def test_texts_hold_the_same_numbers(english, korean):
    for _, done in (english, korean):
        en, ko = (sorted(re.findall(r"\d[\d,.]*\d|\d", done.text[lang].replace("All 5", "5"))) for lang in ("en", "ko"))
        assert en == ko
        assert re.search("[가-힣]", done.text["ko"])
        assert "put related words close" in done.text["en"]


def test_charts(english):
    done = english[1]
    charts = embeddings.charts(done)
    assert [chart.kind for chart in charts] == ["bar", "points", "heatmap"]
    for chart in charts:
        for words in (chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)):
            assert set(words) == {"en", "ko"}
            assert all(words.values())
        assert re.search("[가-힣]", chart.alt["ko"])
    bars, points, heat = charts
    assert f"{bars.lines[0].y[0]:.2f}" in bars.alt["en"]
    assert f"{bars.lines[0].y[0]:.2f}" in bars.alt["ko"]
    assert bars.lines[0].x[0] in done.text["en"]
    assert sum(len(line.labels) for line in points.lines) == len(done.record["map"]["words"]) >= 40
    assert np.diag(heat.cells) == pytest.approx(1)
    assert len(heat.rows) == len(heat.cells) == len(heat.columns)


@pytest.mark.parametrize(
    "wrong",
    [{"word": ""}, {"word": "x" * 41}, {"word": 3}, {"language": "fr"}, {"dimensions": 1}, {"dimensions": 101},
     {"epochs": 0}, {"epochs": 201}, {"epochs": 2.5}, {"seed": -1}, {"learning_rate": 1.0}],
)  # fmt: skip
def test_bad_arguments(wrong):
    with pytest.raises(ValidationError):
        Arguments(**wrong)


@pytest.mark.parametrize(
    "asked",
    [
        "word2vec 보여줘",
        "show me word vectors",
        "run the word embedding demo",
        "퍼셉트론과 비슷한 단어를 보여줘",
        "낱말 지도",
    ],
)
def test_asked(asked):
    assert re.search(embeddings.ASKED, asked, re.IGNORECASE)
