"""What a lab costs and claims, measured in processes of their own."""

import json

import pytest

from tutor.errors import SettingError
from tutor.evals import labs
from tutor.labs.outcome import Claim


@pytest.mark.slow
def test_costs_and_claims_are_printed_and_written(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(labs, "FEWER_SEEDS", 2)
    out = tmp_path / "labs.json"
    labs.run(only="rlhf, tokens, train_perceptron", out=out)
    printed = capsys.readouterr().out
    costs, claims = (table["rows"] for table in json.loads(out.read_text("utf-8"))["tables"])
    assert [row["lab"] for row in costs] == ["rlhf", "tokens", "train_perceptron"]
    assert all(0 < row["first frame, s"] <= row["whole, s"] for row in costs)
    held = {(row["lab"], row["held"]) for row in claims}
    assert {("rlhf", "2 of 2"), ("tokens", "1 of 1"), ("train_perceptron", "2 of 2")} <= held
    assert "it comes to please a flattered judge" in printed


def test_a_claim_that_does_not_hold_is_not_met():
    claim = Claim("It rains.", lambda record: True, 95)
    assert labs._row("rain", claim, [True] * 19 + [False])["met"] == "yes"
    assert labs._row("rain", claim, [True] * 18 + [False] * 2)["met"] == "NO"
    assert labs._row("rain", claim, [True] * 18 + [False] * 2)["held"] == "18 of 20"


def test_claims_with_the_same_settings_share_a_run(monkeypatch):
    """Of adaline's three claims the first two are about its default settings."""
    runs, finished = [], labs.finished
    monkeypatch.setattr(labs, "finished", lambda name, arguments: runs.append(arguments) or finished(name, arguments))
    assert labs._held("adaline", 3) == [True, True, True]
    assert runs == [{"seed": 3}, {"points": "xor", "seed": 3}]


def test_a_lab_that_is_not_there():
    with pytest.raises(SettingError, match="no lab 'levitation'"):
        labs.run(only="levitation")
