"""The requests for a lab that others wrote: most get theirs, few others start one."""

import json

from tutor import config
from tutor.evals import lab_requests

LABS = config.ROOT / "corpus" / "qa" / "lab-requests"


def test_the_table_counts_requests_and_look_alikes(tmp_path, monkeypatch):
    (tmp_path / "corpus" / "qa" / "lab-requests").mkdir(parents=True)
    asked = [("a", "lora", "en"), ("b", "lora", "en"), ("c", None, "en"), ("d", None, "en"), ("e", "rlhf", "ko")]
    lines = [json.dumps({"question": text, "lab": lab, "lang": lang}) for text, lab, lang in asked]
    (tmp_path / "corpus" / "qa" / "lab-requests" / "x.jsonl").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(config, "ROOT", tmp_path)
    monkeypatch.setattr(lab_requests, "lab_for", lambda said: {"a": "lora", "b": "rlhf", "c": "lora"}.get(said[0]))
    rows = lab_requests.table(["x"]).data()["rows"]
    assert [(row["right lab"]["value"], row["right lab"]["n"]) for row in rows] == [(0.5, 2), (0.0, 1)]
    assert [(row["run unasked"]["value"], row["run unasked"]["n"]) for row in rows] == [(0.5, 2), (None, 0)]


def test_most_requests_get_their_lab_and_few_others_start_one():
    for row in lab_requests.table(["dev"]).data()["rows"]:
        assert row["right lab"]["value"] > 0.85
        assert row["run unasked"]["value"] < 0.12


def test_the_shipped_sets_are_well_formed():
    for name in ("dev", "held-out"):
        records = [json.loads(line) for line in (LABS / f"{name}.jsonl").read_text("utf-8").splitlines()]
        assert len({record["id"] for record in records}) == len(records) > 100
        assert all(record.keys() == {"id", "lang", "lab", "question"} for record in records)
