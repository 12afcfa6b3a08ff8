import json
import math
import re

import numpy as np
import pytest
import torch
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor.labs import memory as lab
from tutor.labs.recurrent_cells import CELLS, HIDDEN, LETTERS, Adam, backward, forward, initialise, sequences

pytestmark = pytest.mark.slow  # trains for real

# The order of torch's blocks (LSTM: i, f, g, o; GRU: r, z, n) in ours (i, f, o, g; r, z, n).
TORCH_BLOCKS = {"RNN": (0,), "LSTM": (0, 1, 3, 2), "GRU": (0, 1, 2)}


def run(**arguments):
    return finish(lab.run(lab.Arguments(**arguments)))


@pytest.fixture(scope="module")
def default():
    return run()


def net(name, seed=3, distance=6, count=5):
    rng = np.random.default_rng(seed)
    p = {key: value.astype(float) for key, value in initialise(CELLS[name], 1.0, rng).items()}
    p["b"] += rng.normal(size=p["b"].shape) * 0.1
    return p, sequences(count, distance, rng)


def in_torch(name, p):
    """torch's own cell with our weights, and tensors of the output's."""
    cell = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[name](2 * LETTERS, HIDDEN).double()

    def blocks(value):
        parts = np.split(value, CELLS[name].blocks, axis=-1)
        return torch.tensor(np.concatenate([parts[i] for i in TORCH_BLOCKS[name]], axis=-1).T)

    with torch.no_grad():
        cell.weight_ih_l0.copy_(blocks(p["Wx"]))
        cell.weight_hh_l0.copy_(blocks(p["Wh"]))
        cell.bias_ih_l0.copy_(blocks(p["b"]))
        cell.bias_hh_l0.zero_()
    return cell, torch.tensor(p["Wo"], requires_grad=True), torch.tensor(p["bo"], requires_grad=True), blocks


@pytest.mark.parametrize("name", CELLS)
def test_reading_and_learning_agree_with_torch(name):
    p, letters = net(name)
    logits, states, kept = forward(CELLS[name], p, letters)
    gradients, fed = backward(CELLS[name], p, letters, logits, states, kept)
    cell, w_out, b_out, blocks = in_torch(name, p)
    x = torch.eye(2 * LETTERS, dtype=torch.double)[torch.tensor(letters)]
    hidden = cell(x)[0]
    np.testing.assert_allclose(np.stack(states[1:]), hidden.detach().numpy(), atol=1e-12)
    expected = hidden[-1] @ w_out + b_out
    np.testing.assert_allclose(logits, expected.detach().numpy(), atol=1e-12)
    torch.nn.functional.cross_entropy(expected, torch.tensor(letters[0])).backward()
    theirs = {
        "Wx": cell.weight_ih_l0.grad,
        "Wh": cell.weight_hh_l0.grad,
        "b": cell.bias_ih_l0.grad,
    }
    for key, gradient in theirs.items():
        np.testing.assert_allclose(blocks(gradients[key]).numpy(), gradient.numpy(), atol=1e-12)
    np.testing.assert_allclose(gradients["Wo"], w_out.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(gradients["bo"], b_out.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(fed.sum(axis=(0, 1)), gradients["b"], atol=1e-12)


def test_one_lstm_step_by_hand():
    """All gates at sigmoid(0) = 1/2, g = tanh(1): c' = c/2 + tanh(1)/2 and h' = tanh(c')/2."""
    ax, zero = np.array([[0.0, 0.0, 0.0, 1.0]]), np.zeros((1, 1))
    h, c, _ = CELLS["LSTM"].step(ax, np.zeros((1, 4)), zero, zero + 0.6)
    assert c.item() == pytest.approx(0.3 + math.tanh(1) / 2)
    assert h.item() == pytest.approx(math.tanh(0.3 + math.tanh(1) / 2) / 2)


def test_one_gru_step_by_hand():
    """Reset and update gates at 1/2: n = tanh(1 + 0.4/2) and h' = h/2 + n/2."""
    ax, ah = np.array([[0.0, 0.0, 1.0]]), np.array([[0.0, 0.0, 0.4]])
    h, _, _ = CELLS["GRU"].step(ax, ah, np.full((1, 1), 0.8), np.zeros((1, 1)))
    assert h.item() == pytest.approx(0.4 + math.tanh(1.2) / 2)


def test_an_open_forget_gate_is_a_constant_error_carousel():
    """With f = 1 and the output gate shut, what the cell's gradient is at the end it is at the start."""
    ax = np.array([[0.0, 50.0, -50.0, 0.3]])
    _, _, kept = CELLS["LSTM"].step(ax, np.zeros((1, 4)), np.zeros((1, 1)), np.ones((1, 1)))
    dc = np.full((1, 1), 0.7)
    for _ in range(100):
        dc = CELLS["LSTM"].back(kept, np.zeros((1, 1)), dc)[3]
    assert dc.item() == pytest.approx(0.7)


def test_adam_agrees_with_torch():
    p = {"w": np.array([1.0, -2.0, 0.5])}
    w = torch.tensor(p["w"], requires_grad=True)
    mine, theirs = Adam(p), torch.optim.Adam([w], lr=0.01)
    for step in range(5):
        gradient = np.array([0.3, -4.0, 0.02]) * (step + 1)
        w.grad = torch.tensor(gradient)
        torch.nn.utils.clip_grad_norm_([w], 1.0)
        theirs.step()
        mine.update(p, {"w": gradient})
    np.testing.assert_allclose(p["w"], w.detach().numpy(), atol=1e-6)


def test_sequences_begin_with_a_letter_to_remember():
    letters = sequences(200, 7, np.random.default_rng(0))
    assert letters.shape == (8, 200)
    assert set(letters[0]) == set(range(LETTERS))
    assert set(letters[1:].ravel()) == set(range(LETTERS, 2 * LETTERS))


def test_what_it_claims(default):
    hold(lab, range(3), [default[1].record])


def test_a_claim_can_fail(default):
    record = default[1].record
    alike = {key: dict.fromkeys(CELLS, record[key]["RNN"]) for key in ("cells", "fade")}
    assert [claim.holds(alike) for claim in lab.CLAIMS] == [False, False]


def test_labels():
    is_labelled(lab)


def test_what_to_try_next(default):
    """After an LSTM that remembers, what makes it forget; after one that does not, what may help it."""
    assert next_after(lab, default[1]) == [
        ("memory", {"gate_bias": 0.0}),
        ("memory", {"longest_distance": 120}),
        ("attention", {}),
    ]
    forgets = run(longest_distance=16, batches=20, gate_bias=0.0)[1]
    assert next_after(lab, forgets)[:2] == [("memory", {"gate_bias": 5.0}), ("memory", {"batches": 400})]


def test_the_default_tells_the_classic_story(default):
    found = default[1].record
    reach = {name: lab._reach(tried) for name, tried in found["cells"].items()}
    assert (reach["LSTM"], reach["GRU"]) == (80, 80)
    assert reach["RNN"] < 80
    assert all(found["fade"]["RNN"][0] < share[0] / 10 for name, share in found["fade"].items() if name != "RNN")
    assert "LSTM and GRU learned a link between letters far apart that RNN did not" in default[1].text["en"]
    assert len(json.dumps(found)) < 300_000


def test_undecided_gates_forget():
    arguments = lab.Arguments(gate_bias=0.0)
    assert finish(lab._train("LSTM", 40, arguments, []))[1]["accuracy"] < 0.5
    assert lab._fade("LSTM", arguments)[0] < 1e-6


def test_frames(default):
    frames, result = default
    assert len(frames) <= 200
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())
    last = {(frame.series, frame.epoch): frame.metrics["accuracy"] for frame in frames}
    assert last == {
        (name, of["distance"]): of["accuracy"] for name, tried in result.record["cells"].items() for of in tried
    }


def test_the_same_seed_gives_the_same_run():
    one, two, other = (run(longest_distance=16, batches=20, seed=seed)[1].record for seed in (4, 4, 5))
    for record in (one, two, other):
        del record["seconds"]
    assert one == two != other
    assert json.loads(json.dumps(one)) == one


@pytest.mark.parametrize(
    "wrong",
    [
        {"longest_distance": 8},
        {"longest_distance": 121},
        {"batches": 0},
        {"batches": 2.5},
        {"gate_bias": -1.0},
        {"gate_bias": float("nan")},
        {"seed": -1},
        {"cell": "lstm"},
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


def values(text):
    units = {"million": 1e6, "billion": 1e9, "trillion": 1e12, "만": 1e4, "억": 1e8, "조": 1e12}
    text = re.sub(r"분의 1|1 뒤에 0이|a 1 with", "", text)
    found = re.findall(r"(\d[\d,]*(?:\.\d+)?)(?: ?(million|billion|trillion|만|억|조))?", text)
    return sorted({float(f"{float(n.replace(',', '')) * units.get(unit, 1):.3g}") for n, unit in found})


def told(accuracies, shares):
    """The texts of a made-up run of two distances."""
    cells = {
        name: [{"distance": d, "accuracy": a, "batches": 9, "curve": [a]} for d, a in zip((10, 20), of, strict=True)]
        for name, of in zip(CELLS, accuracies, strict=True)
    }
    found = {"cells": cells, "fade": {name: [share, 1.0] for name, share in zip(CELLS, shares, strict=True)}}
    return lab._english(found, 0.0), lab._korean(found, 0.0)


@pytest.mark.parametrize(
    ("accuracies", "shares", "says"),
    [
        (((1.0, 1.0), (1.0, 0.93), (1.0, 1.0)), (1e-20, 0.5, 1.0), "All three learned"),
        (
            ((1.0, 0.5), (0.2, 0.1), (0.4, 0.95)),
            (0.01, 2.0, 0.1),
            "GRU learned a link between letters far apart that RNN",
        ),
        (((0.1, 0.1), (0.1, 0.1), (0.1, 0.1)), (0.0, 1e-7, 1.0), "None of the three learned"),
    ],
)
def test_the_text_follows_the_numbers(accuracies, shares, says):
    english, korean = told(accuracies, shares)
    assert says in english
    assert "keeping 50% of their memory" in english
    assert values(english) == [v for v in values(korean) if v or 0.0 in values(english)]


def test_both_languages_tell_the_same_numbers(default):
    result = default[1]
    assert values(result.text["en"]) == values(result.text["ko"])
    assert re.search("[가-힣]", result.text["ko"])
    assert not re.search("[가-힣]", result.text["en"])
    shown = lab.charts(result)
    assert len(shown) == 3
    for chart in shown:
        assert values(chart.alt["en"]) == values(chart.alt["ko"]) != []
        for words in (chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)):
            assert set(words) == {"en", "ko"}
            assert all(words.values())


@pytest.mark.parametrize(
    "said",
    ["an LSTM", "GRU와 LSTM", "rnn이 잊는 것", "recurrent neural net", "순환 신경망", "장단기 기억", "망각 게이트"],
)
def test_the_subject_is_recognised(said):
    assert re.search(lab.ASKED, said, re.IGNORECASE)


@pytest.mark.parametrize("said", ["XOR", "gradient descent", "a convolution", "역전파", "group norm"])
def test_other_subjects_are_not(said):
    assert not re.search(lab.ASKED, said, re.IGNORECASE)
