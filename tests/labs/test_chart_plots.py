"""The drawing of charts: what is given is what is drawn."""

import numpy as np
import pytest

from tutor.labs.chart_plots import figure, picture
from tutor.labs.charts import Chart, Line

WORDS = {"en": "Loss", "ko": "손실"}
LINES = [
    Line({"en": "one", "ko": "하나"}, [1, 2, 3], [0.5, 0.25, 0.125]),
    Line({"en": "two", "ko": "둘"}, [1, 2, 3], [3.0, 2.0, 1.0], labels=["a", "b", "c"]),
]


def chart(kind, **given):
    return Chart(kind, WORDS, {"en": "epoch", "ko": "에폭"}, WORDS, {"en": "It falls.", "ko": "내려가요."}, **given)


CHARTS = [
    chart("line", lines=LINES, log_y=True),
    chart("bar", lines=LINES),
    chart("points", lines=LINES),
    chart("heatmap", cells=[[0.0, 1.0], [0.5, 0.25]], rows=["r1", "r2"], columns=["c1", "c2"]),
    chart("images", images=[[[0.0, 1.0]], [[1.0, 0.0]]], captions=[WORDS, WORDS]),
    chart("plane", lines=LINES, boundaries=LINES[:1], cells=[[0.0, 1.0], [0.25, 1.0]], extent=(0, 4, -1, 3)),
]


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("drawn", CHARTS, ids=lambda c: c.kind)
def test_titles_axes_and_what_is_to_be_seen(drawn, lang):
    found = figure(drawn, lang)
    assert found.layout.title.text == WORDS[lang]
    assert found.layout.meta["alt"] == drawn.alt[lang]
    if drawn.kind != "images":
        assert (found.layout.xaxis.title.text, found.layout.yaxis.title.text) == (drawn.x[lang], WORDS[lang])
    assert picture([drawn], "Title", "en").get_suptitle() == "Title"


def test_lines_are_told_apart_by_colour_and_dash():
    found = figure(CHARTS[0], "ko")
    assert [trace.name for trace in found.data] == ["하나", "둘"]
    np.testing.assert_array_equal(found.data[0].y, [0.5, 0.25, 0.125])
    assert len({(trace.line.color, trace.line.dash) for trace in found.data}) == 2
    assert found.layout.yaxis.type == "log"
    assert found.layout.showlegend


def test_labels_stand_beside_their_points():
    found = figure(CHARTS[2], "en")
    assert found.data[1].mode == "markers+text"
    assert list(found.data[1].text) == ["a", "b", "c"]


def test_the_first_row_of_a_heat_map_is_on_top():
    found = figure(CHARTS[3], "en")
    assert found.layout.yaxis.autorange == "reversed"
    np.testing.assert_array_equal(found.data[0].z, [[0, 1], [0.5, 0.25]])


def test_a_plane_has_its_regions_below_its_boundaries_and_its_points():
    regions, boundary, *points = figure(CHARTS[5], "en").data
    np.testing.assert_array_equal(regions.x, [0, 4])
    np.testing.assert_array_equal(regions.y, [-1, 3])
    assert list(regions.z[0]) == [0.0, 1.0]  # at the bottom
    assert (boundary.mode, [trace.mode for trace in points]) == ("lines", ["markers", "markers+text"])
    assert figure(CHARTS[5], "en").layout.yaxis.range == (-1, 3)


def test_a_label_is_text_and_its_quotes_stay_quotes():
    """Plotly reads < as markup, but knows no &quot;."""
    line = Line(WORDS, [1], [1.0], labels=['<b>"x"'])
    assert figure(chart("points", lines=[line]), "en").data[0].text == ('&lt;b&gt;"x"',)
