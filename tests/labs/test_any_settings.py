"""Every lab over its whole space of settings: it runs, or it is stopped, but it never breaks."""

import contextlib
import json
import math
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutor.errors import ToolCallInvalid, ToolFailed
from tutor.labs import core

pytestmark = pytest.mark.slow

SECONDS = 0.7  # of computing, after which a run is stopped


def values(schema):
    """Any value that the schema of an argument allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "array":
        return st.lists(values(schema["items"]), min_size=schema["minItems"], max_size=schema["maxItems"], unique=True)
    if schema["type"] == "string":
        return st.text(max_size=schema["maxLength"])
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    return st.floats(low, schema["maximum"], exclude_min="exclusiveMinimum" in schema)


def edges(schema):
    """The least and the greatest value, or the first and the last."""
    if "enum" in schema:
        return schema["enum"][0], schema["enum"][-1]
    if schema["type"] == "array":
        return [0], list(range(schema["maxItems"]))
    if schema["type"] == "string":
        return "", "가" * schema["maxLength"]
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1e-9)
    return low, schema["maximum"]


def schemas(name):
    return core.LABS[name].schema.model_json_schema()["properties"]


def runs_or_stops(name, arguments):
    """Stopped for its time, or refused before the first frame for what contradicts itself, is fine; all else is not."""
    try:
        core.parse(name, arguments)
    except ToolCallInvalid:
        return
    running, frames = core.run(name, arguments, threading.Event(), time_limit=SECONDS), []
    with contextlib.suppress(ToolFailed):  # too long for this test, or numbers that ran away
        try:
            while True:
                frames.append(next(running))
        except StopIteration as end:
            json.dumps(end.value.record, allow_nan=False)
            core.LABS[name].charts(end.value)
            core.LABS[name].next_experiments(end.value)
    assert frames
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())


@pytest.mark.parametrize("name", core.LABS)
def test_any_settings(name):
    allowed = {key: values(schema) for key, schema in schemas(name).items()}
    optional = {key: value for key, value in allowed.items() if key != "gate"}
    required = {key: value for key, value in allowed.items() if key == "gate"}

    @settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.fixed_dictionaries(required, optional=optional))
    def check(arguments):
        runs_or_stops(name, arguments)

    check()


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
@pytest.mark.parametrize("name", core.LABS)
def test_the_edges_of_all_settings_at_once(name, end):
    runs_or_stops(name, {key: edges(schema)[end] for key, schema in schemas(name).items()})
