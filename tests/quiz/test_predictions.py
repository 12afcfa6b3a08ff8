"""A prediction says what a lab claims: its arguments are the claim's, and a run of it holds."""

import threading

import pytest

from tutor.labs import core
from tutor.quiz import predictions

RECORDS = {record["id"]: record for record in predictions.read()}
QUICK = ("xor-line", "and-line", "xor-hidden", "endless-rule", "korean-bytes")


def test_all_have_a_proof_in_the_corpus(pairs):
    assert [item.id for item in predictions.make(pairs)] == [f"{ident}:predict" for ident in RECORDS]


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_the_lab_claims_it_of_these_arguments(record):
    claim = core.LABS[record["lab"]].claims[record["claim"]]
    assert record["arguments"] == dict(claim.arguments)
    assert claim.at_least >= 95
    core.parse(record["lab"], record["arguments"])


@pytest.mark.parametrize("ident", QUICK)
def test_the_run_that_is_offered_holds_the_claim(ident):
    record = RECORDS[ident]
    result = _finished(core.run(record["lab"], record["arguments"], threading.Event()))
    assert core.LABS[record["lab"]].claims[record["claim"]].holds(result.record)


def _finished(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
