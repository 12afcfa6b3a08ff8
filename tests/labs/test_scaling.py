import json
import re
from dataclasses import replace

import numpy as np
import pytest
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor import config
from tutor.corpus import articles
from tutor.labs import letter_model, scaling
from tutor.labs.scaling import Arguments

pytestmark = pytest.mark.slow  # trains for real


@pytest.fixture(scope="module")
def done():
    return finish(scaling.run(Arguments()))


def test_the_fit_finds_a_known_law():
    """Losses made by 3 · N^-0.25, and the same with one point lifted by e^0.1."""
    sizes = [100, 1000, 10_000]
    alpha, factor, r2 = scaling.fit(sizes, [3 * n**-0.25 for n in sizes])
    assert (alpha, factor, r2) == pytest.approx((0.25, 3, 1))
    assert scaling.fit(sizes, [2, 2, 2])[0] == pytest.approx(0)
    # In log-log: x = -1, 0, 1 and y = 0, 0, 1, so the slope is 1/2, the rest 1/6 and the spread 2/3.
    assert scaling.fit(np.exp([-1, 0, 1]), np.exp([0, 0, 1])) == pytest.approx((-0.5, np.exp(1 / 3), 0.75))


def test_what_the_four_smaller_foretell_by_hand():
    """They follow 8 / sqrt(N), so 0.5 is foretold for 256; from 1, half of that drop comes with a loss of 0.75."""
    models = [{"parameters": n, "loss": 8 / n**0.5, "losses": [8 / n**0.5] * 3} for n in (1, 4, 16, 64)]
    found = scaling._fits([*models, {"parameters": 256, "loss": 0.75, "losses": [0.75] * 3}])
    assert (found["foretold"], found["share_of_drop"], found["miss"]) == (0.5, 0.5, 0.5)
    assert found["smaller"]["alpha"] == 0.5 > found["alpha"]


def test_parameters_are_counted():
    """30 letters: 30·8 vectors, 40·4 + 4 in the hidden layer, 4·30 + 30 at the output."""
    assert letter_model.parameters(4) == 240 + 164 + 150


def test_letters():
    text = letter_model.letters("Ab — 3 c.")
    assert "".join(letter_model.LETTERS[i] for i in text) == "ab c."


def test_a_text_that_repeats_is_learned():
    """Of "ababab..." the next letter is certain; before, guessing among 30 letters costs some log 30."""
    text = letter_model.letters("ab" * 2000)
    losses, curve = finish(letter_model.train(4, 150, [0, 1], 10, (text, text)))[1]
    assert max(losses) < 0.05
    assert curve[0][1] > 0.5
    assert curve[-1][0] == 150


def test_seeds_that_train_side_by_side_do_not_touch():
    text = letter_model.letters("the cat sat on the mat. " * 200)
    both = finish(letter_model.train(4, 20, [3, 4], 5, (text, text)))[1][0]
    for i, seed in enumerate((3, 4)):
        assert finish(letter_model.train(4, 20, [seed], 5, (text, text)))[1][0][0] == pytest.approx(both[i], abs=2e-3)


@pytest.mark.parametrize("seed", [None, 30])
def test_the_law_holds(seed, done):
    """With `done`, six seeds: each of two runs trains every size from three."""
    found = (done if seed is None else finish(scaling.run(Arguments(seed=seed))))[1].record
    losses = [model["loss"] for model in found["models"]]
    assert losses == sorted(losses, reverse=True)
    assert found["r2"] > 0.97
    assert all(0.07 < alpha < 0.11 for alpha in found["alphas"])  # 0.084 to 0.107 of nine runs
    assert 0.5 < found["share_of_drop"] < 1.2
    assert all(claim.holds(found) for claim in scaling.CLAIMS)


def test_what_it_claims(done):
    hold(scaling, range(2), [done[1].record])  # of three models a size each


def test_a_claim_can_fail():
    up_and_down = zip((8, 16, 32, 64, 128), (1, 2, 1, 2, 1), strict=True)
    models = [{"parameters": n, "loss": loss, "losses": [loss] * 3} for n, loss in up_and_down]
    assert [claim.holds({"models": models, **scaling._fits(models)}) for claim in scaling.CLAIMS] == [False] * 3


def test_labels():
    is_labelled(scaling)


def test_what_to_try_next(done):
    """Where the line bends for want of training, more of it."""
    tried = next_after(scaling, done[1])
    assert tried == [("scaling", {"sizes": "medium"}), ("scaling", {"steps": 50}), ("next_token", {})]
    bent = finish(scaling.run(Arguments(steps=20)))[1]
    assert next_after(scaling, bent)[0] == ("scaling", {"steps": 1000})


def test_the_articles_are_read_without_their_fields():
    paths = sorted((config.load().corpus / "en").glob("*.md"))
    bodies = [articles.document(path).body for path in paths]
    _, tested = letter_model.read()
    np.testing.assert_array_equal(tested, letter_model.letters(" ".join(bodies[:: letter_model.HELD_OUT])))


def test_frames(done):
    frames, result = done
    assert len(frames) <= 200
    assert {frame.series for frame in frames} == {f"{m['parameters']:,} parameters" for m in result.record["models"]}
    assert all(np.isfinite(frame.metrics["loss"]) for frame in frames)
    assert frames[-1].metrics["loss"] < frames[0].metrics["loss"]


def test_too_few_steps_bend_the_line():
    one, two, other = (finish(scaling.run(Arguments(steps=20, seed=seed)))[1] for seed in (1, 1, 2))
    assert one.record["r2"] < 0.95
    assert "do not lie well" in one.text["en"]
    assert "잘 맞지 않아요" in one.text["ko"]
    assert {**one.record, "seconds": 0} == {**two.record, "seconds": 0}
    assert one.record["alphas"] != other.record["alphas"]


@pytest.mark.parametrize(
    ("biggest", "english", "korean"),
    [(0.5, "100% came", "100%"), (0.75, "Only 50%", "50%만"), (1.0, "No drop", "전혀"), (0.3, "1.4 times", "1.4배")],
)
def test_the_lesson_follows_the_numbers(biggest, english, korean):
    models = [{"parameters": n, "loss": 8 / n**0.5, "losses": [8 / n**0.5] * 3} for n in (1, 4, 16, 64)]
    found = scaling._fits([*models, {"parameters": 256, "loss": biggest, "losses": [biggest] * 3}])
    found["r2"] = 0.99
    assert english in scaling._lesson_en(found)
    assert korean in scaling._lesson_ko(found)


def test_a_loss_that_rises_is_told():
    models = [{"parameters": n, "loss": n / 8, "losses": [n / 8] * 3} for n in (8, 16, 32, 64, 128)]
    found = {"models": models, **scaling._fits(models)}
    assert "no better than the smallest" in scaling._english(found, 20)
    assert "cannot tell" in scaling._english(found, 20)
    assert "낫지 않아요" in scaling._korean(found, 20)


def test_texts_hold_the_same_numbers(done):
    text = done[1].text
    en, ko = ({n for n in re.findall(r"\d[\d,.]*\d", text[lang])} for lang in ("en", "ko"))
    assert en == ko
    assert f"{done[1].record['alpha']:.3f}" in en
    assert re.search("[가-힣]", text["ko"])
    assert json.loads(json.dumps(done[1].record)) == done[1].record


def test_charts(done):
    sizes, curves = scaling.charts(done[1])
    for chart in (sizes, curves):
        assert chart.log_x
        assert chart.log_y
        for words in (chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)):
            assert set(words) == {"en", "ko"}
            assert all(words.values())
        assert re.search("[가-힣]", chart.alt["ko"])
    measured, smaller, _ = sizes.lines
    assert list(measured.y) == [model["loss"] for model in done[1].record["models"]]
    assert smaller.y[-1] == pytest.approx(done[1].record["foretold"], abs=2e-3)
    assert f"{done[1].record['foretold']:.2f}" in sizes.alt["en"]
    assert f"{done[1].record['foretold']:.2f}" in sizes.alt["ko"]
    assert len(curves.lines) == 5
    assert scaling.charts(replace(done[1], frames=())) == [sizes, curves]


@pytest.mark.parametrize(
    "wrong",
    [{"sizes": "large"}, {"steps": 19}, {"steps": 1001}, {"steps": 50.0}, {"seed": -1}, {"seed": 2**31}, {"rate": 1}],
)
def test_bad_arguments(wrong):
    with pytest.raises(ValidationError):
        Arguments(**wrong)


@pytest.mark.parametrize(
    "asked", ["show me the scaling laws", "run a power-law demo", "스케일링 법칙 보여줘", "모델 크기 실험"]
)
def test_asked(asked):
    assert re.search(scaling.ASKED, asked, re.IGNORECASE)
