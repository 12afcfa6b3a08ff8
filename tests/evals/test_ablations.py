"""Every ablation over real sessions: what is taken away is gone, and the rest is as it was."""

import json

import pytest
from scripted_model import QUESTIONS, ROSENBLATT, SCRIPT, Scripted

from tutor.evals import ablations
from tutor.retrieval.builds import open_index
from tutor.session import Tutor
from tutor.tools import Toolbox

LIE = "Alan Turing invented the perceptron in 1936."


@pytest.fixture(scope="module")
def report(few, tmp_path_factory):
    """What a whole run wrote: the model lies about the perceptron, and tells of the Mark I rightly."""
    folder = tmp_path_factory.mktemp("ablations")
    questions, out = folder / "questions.jsonl", folder / "report.json"
    kept = [
        q.model_copy(update={"article": ["perceptron"]}) for q in QUESTIONS if q.id in ("who", "units", "demo", "soup")
    ]
    questions.write_text("\n".join(q.model_dump_json() for q in kept), encoding="utf-8")
    script = SCRIPT | {"Who invented the perceptron?": LIE}
    tutor = Tutor(few, open_index(few), Scripted(script), Toolbox())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ablations, "open_tutor", lambda settings: tutor)
        ablations.run(questions, out, few)
    return json.loads(out.read_text("utf-8"))


def answers(report, kind):
    return {record["id"]: record for record in report["answers"][kind]}


def test_every_kind_answers_every_question(report):
    assert list(report["answers"]) == list(ablations.KINDS)
    assert all(len(records) == 4 for records in report["answers"].values())
    assert [row[""] for row in report["table"]["rows"]] == list(ablations.KINDS)
    assert {"commit", "model", "questions_sha256"} <= set(report["of"])
    assert len(report["of"]["questions_sha256"]) == 64


def test_a_lie_is_replaced_by_a_quotation_in_the_whole(report):
    who = answers(report, "whole")["who"]
    assert (who["mode"], LIE in who["answer"], ROSENBLATT in who["answer"]) == ("quoted", False, True)


def test_without_retrieval_nothing_is_supported(report):
    told = answers(report, "no retrieval")
    assert (told["who"]["mode"], told["units"]["mode"], told["demo"]["mode"]) == ("refused", "refused", "lab")


def test_quoting_only_never_asks_the_model_for_words(report):
    told = answers(report, "quoting only")
    assert told["units"]["mode"] == "quoted"
    assert told["demo"]["grade"]["pass"]


def test_generation_only_quotes_nothing(report):
    told = answers(report, "generation only")
    assert (told["who"]["mode"], told["units"]["mode"]) == ("refused", "generated")


def test_without_grounding_the_lie_is_shown_and_counted(report):
    told = answers(report, "no grounding")
    assert LIE in told["who"]["answer"]
    row = next(row for row in report["table"]["rows"] if row[""] == "no grounding")
    assert row["unsupported sentences shown"] >= 1
    assert all(row["unsupported sentences shown"] == 0 for row in report["table"]["rows"] if row[""] != "no grounding")


def test_oracle_passages_come_from_the_articles_named(report):
    who = answers(report, "oracle passages")["who"]
    assert {passage["doc"] for passage in who["retrieved"]} == {"en/perceptron"}
