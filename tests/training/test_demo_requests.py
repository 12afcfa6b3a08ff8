"""What the demo grammar says and the call it says it wants agree with the real lab and the real toolbox."""

import random
from collections import Counter
from functools import cache

import pytest

from tutor.labs import core
from tutor.text import hangul_share
from tutor.tools import Toolbox, narrow
from tutor.training import demo_requests
from tutor.training.mixture import PARAMETERS

N = 5000
SLIPS = 0.002  # a slip of the keyboard may fall on the very word ("reul") that the toolbox looks for
SCHEMA = Toolbox().specs(["XOR"])[0].parameters


def drawn(seed, n=N):
    rng = random.Random(seed)
    return [demo_requests.request(rng, ("ko", "en")[i % 2]) for i in range(n)]


@cache
def requests():
    return drawn(0)


def admits(value, schema):
    """Whether a JSON schema of const, enum, or items with minItems and maxItems holds for `value`."""
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    if "items" in schema:
        fits = schema["minItems"] <= len(value) <= schema["maxItems"]
        return fits and all(admits(item, schema["items"]) for item in value)
    return True


def forbidden(said, call):
    """The arguments that keep a model from answering the messages `said` with `call`: disallowed, or required of it."""
    allowed = narrow(SCHEMA, said)
    known = allowed["properties"]
    wrong = [name for name, value in call.items() if name not in known or not admits(value, known[name])]
    return wrong + [name for name in allowed.get("required", []) if name not in call]


@cache
def read_by_the_toolbox():
    return [(text, call, forbidden([text], call)) for text, call in requests()]


def gates_named(text):
    """The gates that the toolbox hears in `text`; none where it leaves all six open."""
    gates = narrow(SCHEMA, [text])["properties"]["gate"]["enum"]
    return gates if len(gates) < 6 else []


def test_one_seed_gives_the_same_requests():
    assert drawn(3, 200) == drawn(3, 200) != drawn(4, 200)


def test_every_call_is_one_that_the_lab_runs():
    for _, call in requests():
        core.parse("train_perceptron", call)  # raises where it is not
        assert [name for name in PARAMETERS if name in call] == list(call)  # in the order of the schema


def test_every_gate_and_kind_of_network_comes_up():
    gates = Counter(call["gate"] for _, call in requests())
    assert gates.keys() == {"and", "or", "nand", "nor", "xor", "xnor"}
    assert min(gates.values()) > N * 0.05
    assert Counter(call.get("layers") for _, call in requests()).keys() == {None, "single", "multi", "both"}
    assert {name for _, call in requests() for name in call} == set(PARAMETERS)


def test_korean_is_asked_in_korean():
    korean, english = requests()[::2], requests()[1::2]
    assert sum(hangul_share(text) > 0.1 for text, _ in korean) > 0.99 * len(korean)
    assert sum(hangul_share(text) == 0 for text, _ in english) > 0.95 * len(english)  # " ㅎㅎ" apart


def test_no_placeholder_is_left():
    assert not [text for text, _ in requests() if "{" in text or "}" in text]


def test_the_gate_that_is_named_is_the_gate_of_the_call():
    named = [(text, call["gate"], found) for text, call in requests() if (found := gates_named(text))]
    assert len(named) > 0.85 * N
    wrong = [(text, gate, found) for text, gate, found in named if gate not in found]
    assert len(wrong) <= SLIPS * N, wrong


def test_the_numbers_of_a_call_stand_in_the_request():
    for text, call in requests():
        for name in ("learning_rate", "epochs", "hidden_units"):
            assert name not in call or str(call[name]) in text
        seeds = call.get("seeds", [0])
        assert seeds == list(range(len(seeds))) or str(seeds[0]) in text


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_toolbox_admits_the_call(name):
    refused = [(text, call) for text, call, names in read_by_the_toolbox() if name in names]
    assert len(refused) <= SLIPS * N, refused


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_what_refers_back_names_nothing(lang):
    rng = random.Random(0)
    for _ in range(300):
        text = demo_requests.from_history(rng, lang)
        assert gates_named(text) == []
        assert not forbidden(["Why can't it do XNOR?", text], {"gate": "xnor"})
        assert forbidden(["Why can't it do XNOR?", text], {"gate": "xor"}) == ["gate"]
