import json
import math
import re

import numpy as np
import pytest
import torch
from labruns import finish
from pydantic import ValidationError

from tutor.labs import attention as lab
from tutor.labs import core
from tutor.labs import recurrent_translator as nets
from tutor.labs import translation_task as task

pytestmark = pytest.mark.slow  # trains for real

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


@pytest.fixture(scope="module")
def default():
    return run()


@pytest.fixture(scope="module")
def short():
    return run(longest_sentence=6, hidden_units=8, steps=50, seed=3)


# ---- the mechanism ---------------------------------------------------------------------------------
def test_equations_5_and_6_by_hand():
    """Scores tanh(0) = 0 and tanh(1), so the weights are 1 and e^tanh(1), over their sum."""
    state, keys = torch.tensor([[2.0]]), torch.tensor([[[-2.0], [-1.0]]])
    annotations = torch.tensor([[[1.0, 0.0], [0.0, 10.0]]])
    context, weights = nets.attend(state, keys, annotations, torch.tensor([[1.0]]), torch.tensor([[1.0]]))
    second = math.exp(math.tanh(1)) / (1 + math.exp(math.tanh(1)))
    assert weights[0].tolist() == pytest.approx([1 - second, second])
    assert context[0].tolist() == pytest.approx([1 - second, 10 * second])


def test_attention_agrees_with_plain_numpy():
    rng = np.random.default_rng(0)
    s, h, w, u, v = (rng.normal(size=shape) for shape in ((3, 4), (3, 5, 8), (4, 4), (4, 8), (1, 4)))
    tensors = [torch.tensor(array) for array in (s, h @ u.T, h, w, v)]
    context, weights = nets.attend(*tensors)
    for b in range(3):
        e = np.array([v[0] @ np.tanh(w @ s[b] + u @ h[b, j]) for j in range(5)])
        alpha = np.exp(e) / np.exp(e).sum()
        np.testing.assert_allclose(weights[b].numpy(), alpha, atol=1e-12)
        np.testing.assert_allclose(context[b].numpy(), sum(alpha[j] * h[b, j] for j in range(5)), atol=1e-12)


def test_large_scores_do_not_overflow():
    _, weights = nets.attend(
        torch.zeros(1, 1), torch.tensor([[[9.0], [0.0]]]), torch.ones(1, 2, 2), torch.eye(1), torch.tensor([[1e4]])
    )
    assert weights[0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("attention", [False, True])
def test_the_translator_agrees_with_torchs_modules(attention):
    p = nets.net(5, attention, 0)
    for name, value in p.items():
        if name.endswith("bias"):
            value.data.uniform_(-1, 1, generator=torch.Generator().manual_seed(len(name)))
    gru = torch.nn.GRU(nets.EMBEDDING, 5, batch_first=True, bidirectional=True)
    cell = torch.nn.GRUCell(nets.EMBEDDING + 10, 5)
    ours = {"weight_ih": "input", "weight_hh": "hidden", "bias_ih": "input_bias", "bias_hh": "hidden_bias"}
    with torch.no_grad():
        for theirs, part in ours.items():
            getattr(gru, f"{theirs}_l0").copy_(p[f"forward_{part}"])
            getattr(gru, f"{theirs}_l0_reverse").copy_(p[f"backward_{part}"])
            getattr(cell, theirs).copy_(p[f"decoder_{part}"])
        english = torch.tensor([[0, 10, 6, 3, 11], [5, 10, 2, 10, 11]])
        before = task.shifted(english.flip(1))
        logits, weights = nets.decode(p, english, before)
        h, last = gru(p["words_read"][english])
        state, context = torch.tanh(last[1] @ p["begin"].T + p["begin_bias"]), torch.cat([last[0], last[1]], 1)
        for i in range(5):
            word = p["words_written"][before[:, i]]
            if attention:
                scores = torch.tanh((state @ p["W"].T)[:, None] + h @ p["U"].T) @ p["v"][0]
                alpha = torch.softmax(scores, 1)
                context = torch.einsum("bj,bjk->bk", alpha, h)
                torch.testing.assert_close(weights[:, i], alpha)
            state = cell(torch.cat([word, context], 1), state)
            expected = torch.cat([state, context, word], 1) @ p["out"].T + p["out_bias"]
            torch.testing.assert_close(logits[:, i], expected)
    assert weights.shape == (2, 5, 5 if attention else 0)


def test_by_itself_it_goes_on_from_its_own_words():
    p = nets.net(8, True, 1)
    english = torch.from_numpy(task.sentences(5, 4, np.random.default_rng(0))[0])
    with torch.no_grad():
        written = nets.decode(p, english)[0].argmax(2)
        again = nets.decode(p, english, task.shifted(written))[0].argmax(2)
    assert torch.equal(written, again)


@pytest.mark.parametrize("hidden", [8, 32, 64])
def test_the_rival_has_no_fewer_parameters_and_hardly_more(hidden):
    p = nets.net(hidden, True, 0)
    own = nets.parameters_of(nets.shapes(hidden, True))
    rival = nets.parameters_of(nets.shapes(nets.rival_units(hidden), False))
    assert own == sum(value.numel() for value in p.values())
    assert own <= rival < 1.1 * own


# ---- the run ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_claims_hold(seed):
    assert len({json.dumps(claim.arguments) for claim in lab.CLAIMS}) == 1  # one run serves for all
    record = run(**lab.CLAIMS[0].arguments, seed=seed)[1].record
    assert all(claim.holds(record) for claim in lab.CLAIMS)


def test_the_default_tells_the_classic_story(default):
    result = default[1]
    assert "runs out of room" in result.text["en"]
    assert "removes that bottleneck" in result.text["en"]
    assert result.record["written"] == result.record["wanted"]
    np.testing.assert_allclose(np.sum(result.record["weights"], axis=1), 1, atol=0.01)


def test_frames(default):
    frames, result = default
    assert len(frames) <= 200
    assert {frame.series for frame in frames} == set(lab.NETS)
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())
    assert frames[0].metrics["loss"] == pytest.approx(math.log(task.SYMBOLS), abs=0.5)
    for name, net in result.record["nets"].items():
        assert net["curve"] == [round(f.metrics["loss"], 4) for f in frames if f.series == name]


def test_the_same_seed_gives_the_same_run(short):
    again, other = (run(longest_sentence=6, hidden_units=8, steps=50, seed=seed)[1].record for seed in (3, 4))
    records = [{k: v for k, v in record.items() if k != "seconds"} for record in (short[1].record, again, other)]
    assert records[0] == records[1]
    assert records[0]["nets"] != records[2]["nets"]
    assert json.loads(json.dumps(records[0])) == records[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"longest_sentence": 5},
        {"longest_sentence": 17},
        {"hidden_units": 7},
        {"hidden_units": 32.0},
        {"steps": 601},
        {"steps": "100"},
        {"seed": -1},
        {"heads": 2},
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


def made_up(default, one, attention, aligned=0.9):
    """The record of a run whose shares of right sentences, at the shortest and the longest, are these."""
    record = json.loads(json.dumps(default[1].record))
    for name, ends in (("one vector", one), ("attention", attention)):
        scores = record["nets"][name]["scores"]
        scores[0]["sentences"], scores[-1]["sentences"] = ends
    return record | {"aligned": aligned}


@pytest.mark.parametrize(
    ("one", "attention", "aligned", "says", "says_ko"),
    [
        ((1.0, 0.1), (1.0, 0.97), 0.9, "removes that bottleneck", "병목이 사라져요"),
        ((1.0, 0.1), (1.0, 0.5), 0.9, "widens that bottleneck", "병목이 넓어져요"),
        ((1.0, 0.95), (1.0, 0.99), 0.9, "is still enough", "아직 충분해서"),
        ((0.1, 0.0), (0.2, 0.05), 0.3, "are too few for either", "둘 다 이렇게 긴"),
        ((0.5, 0.5), (1.0, 0.8), 0.9, "attention is ahead", "어텐션이 앞서요"),
        ((1.0, 0.5), (1.0, 0.2), 0.3, "does not help", "도움이 안 됐어요"),
    ],
)
def test_the_text_follows_the_numbers(default, one, attention, aligned, says, says_ko):
    record = made_up(default, one, attention, aligned)
    english, korean = lab._english(record, 200), lab._korean(record, 200)
    assert says in english
    assert says_ko in korean
    assert ("yet for" in english, "않았는데도" in korean) == ((aligned > 0.5),) * 2
    assert sorted(NUMBERS.findall(english)) == sorted(NUMBERS.findall(korean))


def test_both_languages_tell_the_same_numbers(default, short):
    for _, result in (default, short):
        assert sorted(NUMBERS.findall(result.text["en"])) == sorted(NUMBERS.findall(result.text["ko"]))
        shown = lab.charts(result)
        assert [chart.kind for chart in shown] == ["line", "heatmap", "line"]
        for chart in shown:
            assert sorted(NUMBERS.findall(chart.alt["en"])) == sorted(NUMBERS.findall(chart.alt["ko"])) != []
            for words in (chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)):
                assert set(words) == {"en", "ko"}
                assert re.search("[가-힣]", words["ko"])
            assert all(len(line.x) == len(line.y) for line in chart.lines)
        cells = shown[1].cells
        assert (len(cells), len(cells[0])) == (len(shown[1].rows), len(shown[1].columns))
        assert len(set(shown[1].rows)) == len(shown[1].rows)


def test_every_argument_has_a_label():
    assert set(lab.LABELS) == set(lab.Arguments.model_fields)
    assert all(set(words) == {"en", "ko"} for words in (lab.SUMMARY, lab.TITLE, lab.STORY, *lab.LABELS.values()))


@pytest.mark.parametrize("share", [0.0, 0.95])
def test_next_experiments(default, short, share):
    record = made_up(default, (1.0, share), (1.0, share))
    for result in (default[1], short[1], lab.LabResult("attention", default[1].arguments, record, {})):
        offered = lab.next_experiments(result)
        assert 2 <= len(offered) <= 3
        assert any(experiment.lab == lab.NAME for experiment in offered)
        for experiment in offered:
            if experiment.lab == lab.NAME:
                lab.Arguments(**experiment.arguments)
                assert dict(experiment.arguments) != dict(result.arguments)
            core.parse(experiment.lab, experiment.arguments)


@pytest.mark.parametrize(
    "said",
    [
        "attention",
        "seq2seq",
        "machine translation",
        "word alignment",
        "어텐션",
        "바다나우",
        "기계 번역",
        "인코더-디코더",
    ],
)
def test_the_subject_is_recognised(said):
    assert re.search(lab.ASKED, said, re.IGNORECASE)


@pytest.mark.parametrize(
    "said", ["attention heads", "Attention Is All You Need", "어텐션 헤드", "alignment by RLHF", "LSTM", "토큰화"]
)
def test_other_subjects_are_not(said):
    assert not re.search(lab.ASKED, said, re.IGNORECASE)
