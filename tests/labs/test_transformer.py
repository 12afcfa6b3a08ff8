import json
import math
import re

import numpy as np
import pytest
import torch
from labruns import finish
from pydantic import ValidationError

from tutor.labs import core
from tutor.labs import transformer as lab
from tutor.labs import transformer_translator as nets
from tutor.labs import translation_task as task

pytestmark = pytest.mark.slow  # trains for real

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


@pytest.fixture(scope="module")
def default():
    return run()


@pytest.fixture(scope="module")
def unordered():
    return run(positions="off", steps=150)


def words(count, length, seed=0):
    return torch.from_numpy(task.sentences(length, count, np.random.default_rng(seed))[0])


# ---- the mechanism ---------------------------------------------------------------------------------
def test_equation_1_by_hand():
    """Scores 4·1/√4 = 2 and 0, so the weights are e² and 1, over their sum."""
    q = torch.tensor([[1.0, 1.0, 1.0, 1.0]])
    k = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0]])
    found, weights = nets.attention(q, k, torch.tensor([[1.0], [5.0]]))
    first = math.exp(2) / (math.exp(2) + 1)
    assert weights[0].tolist() == pytest.approx([first, 1 - first])
    assert found.item() == pytest.approx(first + 5 * (1 - first))


@pytest.mark.parametrize("masked", [False, True])
def test_attention_agrees_with_torch(masked):
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 3, 5, 4, generator=generator) for _ in range(3))
    later = torch.ones(5, 5, dtype=torch.bool).triu(1) if masked else None
    found, weights = nets.attention(q, k, v, later)
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=masked)
    torch.testing.assert_close(found, theirs)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 5))
    if masked:
        assert not weights.triu(1).any()


@pytest.mark.parametrize("heads", [1, 2, 4, 8])
def test_multi_head_attention_agrees_with_torch(heads):
    p = nets.net(1, 0)
    theirs = torch.nn.MultiheadAttention(nets.SIZE, heads, bias=False, batch_first=True)
    generator = torch.Generator().manual_seed(1)
    x, seen = (torch.randn(3, n, nets.SIZE, generator=generator) for n in (4, 6))
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([p[f"cross0_{name}"] for name in ("query", "key", "value")]))
        theirs.out_proj.weight.copy_(p["cross0_out"])
        found, weights = nets.multi_head(p, "cross0", heads, x, seen)
        expected, their_weights = theirs(x, seen, seen, average_attn_weights=False)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(weights, their_weights)


def test_positions_by_hand():
    found = nets.positions(3)
    assert found.shape == (3, nets.SIZE)
    assert found[0, :4].tolist() == [0, 1, 0, 1]
    assert found[2, :2].tolist() == pytest.approx([math.sin(2), math.cos(2)])
    assert found[2, -2].item() == pytest.approx(math.sin(2 / 10000 ** (30 / 32)))


def test_no_word_sees_what_is_written_later():
    p, english = nets.net(2, 0), words(4, 6)
    before = task.shifted(english)
    changed = before.clone()
    changed[:, 4:] = 0
    one, other = (nets.decode(p, 4, True, english, given)[0] for given in (before, changed))
    torch.testing.assert_close(one[:, :4], other[:, :4])
    assert not torch.allclose(one[:, 4:], other[:, 4:])


@pytest.mark.parametrize("ordered", [True, False])
def test_without_positions_the_order_read_makes_no_difference(ordered):
    p, english = nets.net(2, 0), words(4, 6)
    before = task.shifted(english)
    one, other = (nets.decode(p, 4, ordered, given, before)[0] for given in (english, english.flip(1)))
    assert torch.allclose(one, other, atol=1e-5) == (not ordered)


def test_by_itself_it_goes_on_from_its_own_words():
    p, english = nets.net(1, 0), words(4, 5)
    written, looked = nets.translate(p, 2, True, english)
    again = nets.decode(p, 2, True, english, task.shifted(written))[0].argmax(2)
    assert torch.equal(written, again)
    assert {name: tuple(weights.shape) for name, weights in looked.items()} == dict.fromkeys(
        ("encoder0", "decoder0", "cross0"), (4, 2, 6, 6)
    )


def test_steps_one_after_another():
    """Of 2 words and the full stop, the recurrent network reads 3 and writes 3."""
    found = nets.sequential(2, 4)
    assert found == {"lengths": [2, 3, 4], "recurrent_steps": [6, 8, 10], "transformer_steps": [6, 6, 6]}


# ---- the run ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_claims_hold(seed, default):
    runs = {}
    for claim in lab.CLAIMS:
        key = json.dumps(claim.arguments)
        if key not in runs:
            standing = seed == 0 and not claim.arguments
            runs[key] = (default if standing else run(**claim.arguments, seed=seed))[1].record
        assert claim.holds(runs[key]), claim.says


def test_the_default_tells_the_classic_story(default):
    result = default[1]
    assert "Attention alone can carry a translation" in result.text["en"]
    assert result.record["written"] == result.record["wanted"]
    for heads in result.record["maps"].values():
        np.testing.assert_allclose(np.sum(heads, axis=2), 1, atol=0.01)


def test_without_positions_the_order_is_lost(unordered):
    assert "bag of words" in unordered[1].text["en"]
    assert "꾸러미" in unordered[1].text["ko"]


def test_frames(default):
    frames, result = default
    assert len(frames) <= 200
    assert {frame.series for frame in frames} == set(lab.NETS)
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())
    assert all(frame.metrics["milliseconds_per_step"] > 0 for frame in frames if frame.step)
    for name, net in result.record["nets"].items():
        assert net["curve"] == [round(f.metrics["loss"], 4) for f in frames if f.series == name]


def test_the_same_seed_gives_the_same_run():
    records = [dict(run(steps=50, heads=2, seed=seed)[1].record) for seed in (3, 3, 4)]
    for record in records:
        del record["seconds"]
    assert records[0] == records[1]
    assert records[0]["nets"] != records[2]["nets"]
    assert json.loads(json.dumps(records[0])) == records[0]
    assert len(json.dumps(records[0])) < 300_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": 3},
        {"heads": "4"},
        {"layers": 0},
        {"layers": 4},
        {"positions": "maybe"},
        {"positions": True},
        {"steps": 601},
        {"steps": 100.0},
        {"seed": -1},
        {"hidden_units": 8},
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


def made_up(default, own, rival):
    """The record of a run whose shares of the longest sentences are these."""
    record = json.loads(json.dumps(default[1].record))
    for name, share in (("Transformer", own), ("recurrent", rival)):
        record["nets"][name]["scores"][-1]["sentences"] = share
    return record


@pytest.mark.parametrize(
    ("own", "rival", "arguments", "says", "says_ko"),
    [
        (0.95, 1.0, {}, "Attention alone can carry", "어텐션만으로도 번역"),
        (0.95, 1.0, {"positions": "off"}, "Even without positions", "위치 정보 없이"),
        (0.1, 1.0, {"positions": "off", "heads": 1}, "Its one head", "하나뿐인 헤드"),
        (0.1, 1.0, {}, "the recurrent network has.", "순환 신경망은 배웠어요"),
        (0.1, 0.2, {}, "nor has the recurrent network", "마찬가지예요"),
    ],
)
def test_the_text_follows_the_numbers(default, own, rival, arguments, says, says_ko):
    record, checked = made_up(default, own, rival), lab.Arguments(**arguments)
    english, korean = lab._english(record, checked, 0.62), lab._korean(record, checked, 0.62)
    assert says in english
    assert says_ko in korean
    assert "0.6 times as long" in english
    assert "0.6배" in korean
    assert sorted(set(NUMBERS.findall(english))) == sorted(set(NUMBERS.findall(korean)))


def test_both_languages_tell_the_same_numbers(default, unordered):
    for _, result in (default, unordered):
        assert sorted(set(NUMBERS.findall(result.text["en"]))) == sorted(set(NUMBERS.findall(result.text["ko"])))
        shown = lab.charts(result)
        assert [chart.kind for chart in shown] == ["line", "heatmap", "images", "line"]
        assert len(shown[2].images) == len(shown[2].captions) == 3 * result.arguments["heads"]
        for chart in shown:
            assert sorted(NUMBERS.findall(chart.alt["en"])) == sorted(NUMBERS.findall(chart.alt["ko"])) != []
            for words in (chart.title, chart.alt, *(line.name for line in chart.lines), *chart.captions):
                assert set(words) == {"en", "ko"}
                assert re.search("[가-힣]", words["ko"])
            assert all(len(line.x) == len(line.y) for line in chart.lines)
        assert len(set(shown[1].rows)) == len(shown[1].rows) == len(shown[1].cells)


@pytest.mark.parametrize("arguments", [{}, {"positions": "off"}, {"heads": 1}, {"steps": 600}])
@pytest.mark.parametrize("share", [0.1, 0.95])
def test_next_experiments(default, arguments, share):
    given = lab.Arguments(**arguments).model_dump()
    offered = lab.next_experiments(lab.LabResult(lab.NAME, given, made_up(default, share, share), {}))
    assert [experiment.lab for experiment in offered] == [lab.NAME, lab.NAME, "attention"]
    for experiment in offered[:2]:
        assert lab.Arguments(**experiment.arguments).model_dump() != given
    for experiment in offered:
        core.parse(experiment.lab, experiment.arguments)


@pytest.mark.parametrize(
    "said",
    ["a Transformer", "self-attention", "multi-head attention", "트랜스포머", "셀프 어텐션", "멀티헤드", "위치 인코딩"],
)
def test_the_subject_is_recognised(said):
    assert re.search(lab.ASKED, said, re.IGNORECASE)


@pytest.mark.parametrize("said", ["attention", "seq2seq", "어텐션", "GRU", "transfer learning"])
def test_other_subjects_are_not(said):
    assert not re.search(lab.ASKED, said, re.IGNORECASE)
