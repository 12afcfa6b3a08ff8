import sys

import torch

from tests import checkpoints
from tutor.evals import speed


def test_the_table_compares_dtypes_and_threads(tmp_path, monkeypatch, capsys):
    folder = checkpoints.llama(tmp_path, context=2048)
    monkeypatch.setattr(speed, "REPEATS", 1)
    monkeypatch.setattr(speed, "ANSWER_TOKENS", 4)
    monkeypatch.setattr(sys, "argv", ["speed", "--model", str(folder)])
    try:
        speed.main()
    finally:
        torch.set_num_threads(1)  # as the other tests expect
    _, *rows = capsys.readouterr().out.splitlines()
    assert [row.split("  ")[0].strip() for row in rows] == [
        "fp32, 1 thread",
        "fp32, 2 threads",
        "bf16, 1 thread",
        "bf16, 2 threads",
    ]
    assert rows[0].count("(1.00x)") >= 2
