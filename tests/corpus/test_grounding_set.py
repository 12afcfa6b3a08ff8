"""The pairs of claim and passage that measure a check of grounding: their form, their passages, their balance."""

import json
from collections import Counter

import pytest

from tutor.config import Settings
from tutor.text import language, sentences

CORPUS = Settings().corpus
FILES = sorted((CORPUS / "qa" / "grounding").glob("*.jsonl"))
SUPPORTED = {"verbatim", "paraphrase", "shortened", "joined", "inference"}
UNSUPPORTED = {"year", "number", "name", "role", "cause", "negation", "scope", "time", "extra", "elsewhere"}
FIELDS = {
    "id": str,
    "lang": str,
    "passage_doc": str,
    "passage": str,
    "claim": str,
    "supported": bool,
    "kind": str,
}


def records(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def squashed(text):
    return " ".join(text.split())


def split(text):
    return [text[a:b] for a, b in sentences(text)]


def paragraphs(doc):
    body = (CORPUS / f"{doc}.md").read_text("utf-8").split("\n---\n", 1)[1]
    return [squashed(part) for part in body.split("\n\n")]


def stands(passage, paragraph):
    """Whether the passage is a run of whole sentences of the paragraph."""
    wanted, held = split(passage), split(paragraph)
    return any(held[i : i + len(wanted)] == wanted for i in range(len(held)))


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def found(request):
    return records(request.param)


def test_each_record_has_its_fields(found):
    for r in found:
        assert {name: type(value) for name, value in r.items()} == FIELDS, r
        assert r["kind"] in (SUPPORTED if r["supported"] else UNSUPPORTED), r["id"]
        assert all(r[name] == squashed(r[name]) != "" for name in ("passage", "claim")), r["id"]


def test_ids_and_claims_are_unique(found):
    for name in ("id", "claim"):
        assert [value for value, n in Counter(r[name].casefold() for r in found).items() if n > 1] == []


def test_passages_stand_in_their_articles(found):
    for r in found:
        assert 2 <= len(split(r["passage"])) <= 6, r["id"]
        assert any(stands(r["passage"], p) for p in paragraphs(r["passage_doc"])), r["id"]


def test_languages_are_as_named(found):
    for r in found:
        assert language(r["claim"]) == r["lang"], r["id"]
        assert language(r["passage"]) == r["passage_doc"].split("/")[0], r["id"]


def test_verbatim_claims_alone_must_stand_in_their_passages(found):
    for r in found:
        held = r["claim"].casefold() in r["passage"].casefold()
        assert held if r["kind"] == "verbatim" else r["supported"] or not held, r["id"]


def test_half_is_supported_in_each_pair_of_languages(found):
    pairs = {(r["lang"], r["passage_doc"][:2]) for r in found}
    assert {passage for _, passage in pairs} == {"en", "ko"}
    for pair in pairs:
        labels = [r["supported"] for r in found if (r["lang"], r["passage_doc"][:2]) == pair]
        assert 0.45 <= sum(labels) / len(labels) <= 0.55, pair
    assert 0.45 <= sum(r["supported"] for r in found) / len(found) <= 0.55


def test_every_kind_of_fault_and_many_articles(found):
    kinds = Counter(r["kind"] for r in found if not r["supported"])
    assert all(kinds[kind] >= 8 for kind in UNSUPPORTED), kinds
    assert len({r["passage_doc"].split("/")[1] for r in found}) >= 60


def test_there_are_enough_pairs():
    assert FILES
    every = [r["id"] for path in FILES for r in records(path)]
    assert len(every) >= 200 * len(FILES)
    assert len(set(every)) == len(every)
