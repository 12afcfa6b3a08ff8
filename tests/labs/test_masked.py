import json
import math
import re

import pytest
import torch
from labruns import finish
from outcome_checks import next_after
from pydantic import ValidationError

from tutor.labs import blanks
from tutor.labs import masked as lab

pytestmark = pytest.mark.slow  # trains for real

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


@pytest.fixture(scope="module")
def runs():
    return [run(seed=seed) for seed in range(3)]


@pytest.fixture(scope="module")
def short():
    return run(steps=20, language="ko")


def network(way="masked"):
    generator = torch.Generator().manual_seed(1)
    p = blanks.initialise(way, 12, generator)
    x = torch.randint(10, (5, blanks.WINDOW), generator=generator)
    return p, x


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_torchs(causal):
    p, x = network()
    h = p["letters"][x]
    mixed, weights = blanks.attention(p, h, causal)
    long = blanks.WINDOW
    place = torch.arange(long)
    bias = torch.stack([p["offsets"][:, place - i + long - 1] for i in range(long)], dim=1)  # (H, L, L)
    if causal:
        bias = bias.masked_fill(torch.ones(long, long).triu(1).bool(), -torch.inf)
    q, k, v = (part.view(5, long, blanks.HEADS, -1).transpose(1, 2) for part in (h @ p["qkv"]).chunk(3, dim=-1))
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.expand(5, -1, -1, -1))
    torch.testing.assert_close(mixed, theirs.transpose(1, 2).flatten(2), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(weights.sum(-1), torch.ones(5, blanks.HEADS, long))
    assert (weights.triu(1).max().item() == 0) == causal


@pytest.mark.parametrize("way", blanks.WAYS)
def test_what_can_change_the_answer_at_the_blank(way):
    p, x = network(way)
    other = x.clone()
    other[:, blanks.BLANK + 1 :] = 9 - other[:, blanks.BLANK + 1 :]
    asked, again = (blanks.at_blank(p, way, w, 11, True) for w in (x, other))
    left_only = blanks.at_blank(p, way, x, 11, False)
    blind = way == "left to right"
    assert torch.equal(asked, again) == blind
    assert torch.allclose(asked, left_only, atol=1e-5) == blind
    hidden = x.clone()
    hidden[:, blanks.BLANK] = 3  # what stands in the blank is never in view
    assert torch.equal(blanks.at_blank(p, way, hidden, 11, True), asked)


def test_what_a_batch_asks():
    x = torch.arange(2 * blanks.WINDOW).view(2, -1)
    seen, at, right = blanks.batch("left to right", x, 0.5, 99, None)
    assert torch.equal(seen[at] + 1, right)
    assert len(right) == 2 * (blanks.WINDOW - 1)
    seen, at, right = blanks.batch("masked", x, 0.5, 99, torch.Generator().manual_seed(0))
    assert torch.equal(x[at], right)
    assert set(seen[at].tolist()) == {99}
    assert torch.equal(seen[~at], x[~at])
    assert len(blanks.batch("masked", x, 0.0, 99, torch.Generator())[2]) == 1  # never nothing


def test_heads_begin_at_the_nearest_places_in_view():
    for way, near in (("masked", [-1, 1, -2, 2, -3, 3, -4, 4]), ("left to right", [0, -1, -2, -3, -4, -5, -6, -7])):
        offsets = network(way)[0]["offsets"]
        assert (offsets.argmax(1) - blanks.WINDOW + 1).tolist() == near


def test_the_claims_hold(runs):
    for _, result in runs:
        assert all(claim.holds(result.record) for claim in lab.CLAIMS)
        nets = result.record["nets"]
        other = nets["left to right"]
        assert other["changed"] == 0
        assert other["fill"] == pytest.approx(other["continue"], abs=1e-3)
        assert nets["masked"]["changed"] > 0.3
        assert other["learned"] == 300 * 48 * 16
        assert nets["masked"]["learned"] == pytest.approx(0.15 * 300 * 48 * 17, rel=0.02)
        assert "seeing both sides pays" in result.text["en"]
    assert all(claim.arguments == {} for claim in lab.CLAIMS)


def test_frames(runs):
    frames, _ = runs[0]
    assert 2 <= len(frames) <= 200
    assert {frame.series for frame in frames} == set(blanks.WAYS)
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())


def test_the_same_seed_gives_the_same_run(short):
    one, two, other = short[1].record, run(steps=20, language="ko")[1].record, run(steps=20, seed=1)[1].record
    for record in (one, two, other):
        record.pop("seconds", None)
    assert one == two
    assert one["nets"] != other["nets"]
    assert json.loads(json.dumps(one)) == one
    assert len(json.dumps(one)) < 300_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "fr"},
        {"mask_share": 0.0},
        {"mask_share": 0.95},
        {"mask_share": float("nan")},
        {"steps": 19},
        {"steps": 1501},
        {"steps": 20.5},
        {"seed": -1},
        {"heads": 2},
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


@pytest.mark.parametrize(
    ("filled", "continued", "says", "sagt"),
    [
        ((0.6, 0.5), (0.3, 0.5), "pays for filling a blank, and the price", "그 대신"),
        ((0.6, 0.5), (0.5, 0.5), "cost nothing", "손해가 없었어요"),
        ((0.5, 0.5), (0.3, 0.5), "did not pay yet", "아직 없는데"),
        ((0.2, 0.5), (0.2, 0.5), "learned from too few letters", "배운 글자가 너무 적어서"),
        ((0.2, 0.5), (0.6, 0.5), "does not show", "보이지 않아요"),
    ],
)
def test_the_text_says_what_the_numbers_say(short, filled, continued, says, sagt):
    nets = {
        way: {**short[1].record["nets"][way], "fill": {"accuracy": f}, "continue": {"accuracy": c}}
        for way, f, c in zip(blanks.WAYS, filled, continued, strict=True)
    }
    found = {**short[1].record, "nets": nets}
    assert says in lab._english(found, "ko", 20)
    assert sagt in lab._korean(found, "ko", 20)


def test_hiding_nearly_all_is_told_as_such():
    result = run(steps=40, mask_share=0.9)[1]
    assert "too few letters left in view" in result.text["en"]
    assert "가리고 남은 글자가" in result.text["ko"]


def test_both_languages_tell_the_same_numbers(runs, short):
    for _, result in [*runs, short]:
        en, ko = (sorted(set(NUMBERS.findall(result.text[lang]))) for lang in ("en", "ko"))
        assert en == ko
        assert re.search("[가-힣]", result.text["ko"])
        shown = lab.charts(result)
        assert [chart.kind for chart in shown] == ["bar", "bar", "images", "line"]
        for chart in shown:
            words = [chart.title, chart.x, chart.y, chart.alt, *chart.captions, *(line.name for line in chart.lines)]
            assert all(set(word) == {"en", "ko"} for word in words)
            numbers = [sorted(set(NUMBERS.findall(chart.alt[lang]))) for lang in ("en", "ko")]
            assert numbers[0] == numbers[1] != []
            assert all(len(line.x) == len(line.y) for line in chart.lines)


def test_examples_have_their_blank_in_the_middle():
    assert {len(text) for text in lab.EXAMPLES.values()} == {blanks.WINDOW}
    assert [text[blanks.BLANK] for text in lab.EXAMPLES.values()] == ["n", "학"]


def test_next_experiments(runs, short):
    for _, result in [*runs, short]:
        assert len(next_after(lab, result)) == 2


@pytest.mark.parametrize(
    "said", ["BERT", "fill in the blanks", "masked language model", "빈칸 채우기", "버트를", "마스크"]
)
def test_asked(said):
    assert re.search(lab.ASKED, said, re.IGNORECASE)
    assert not re.search(lab.ASKED, "the perceptron, Albert and 퍼셉트론", re.IGNORECASE)
