"""The measures, against values worked out by hand."""

import math

import pytest

from tutor.evals import metrics
from tutor.evals.metrics import Estimate
from tutor.evals.tables import Table


def test_wilson():
    """By the formula, by hand: 0 of 10 gives z² / (n + z²); 5 of 10 is symmetric."""
    assert metrics.wilson(0, 10) == pytest.approx((0.0, 3.8415 / 13.8415), abs=1e-4)
    assert metrics.wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert metrics.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I
    assert metrics.wilson(0, 0) == (0.0, 1.0)


def test_recall_counts_ranks_from_one():
    found = metrics.recall([1, 5, 6, 0, 2], 5)
    assert (found.value, found.n) == (0.6, 5)
    assert (found.low, found.high) == metrics.wilson(3, 5)
    assert metrics.recall([1, 5, 6, 0, 2], 1).value == 0.2


def test_nothing_asked():
    assert math.isnan(metrics.share([]).value)
    assert (metrics.share([]).low, metrics.share([]).high, metrics.share([]).n) == (0.0, 1.0, 0)
    assert str(metrics.bootstrap([])) == "-"


@pytest.mark.parametrize(
    ("rank", "gain"),
    [(1, 1.0), (2, 1 / math.log2(3)), (3, 0.5), (7, 1 / 3), (10, 1 / math.log2(11)), (11, 0.0), (0, 0.0)],
)
def test_ndcg_of_one_right_result(rank, gain):
    assert metrics.ndcg(rank) == pytest.approx(gain)


def test_mean_ndcg():
    """(1 + 1/2 + 0 + 0) / 4."""
    assert metrics.mean_ndcg([1, 3, 0, 11]).value == pytest.approx(0.375)


def test_the_bootstrap_of_equal_values_is_a_point():
    assert metrics.bootstrap([0.5] * 7) == Estimate(0.5, 0.5, 0.5, 7)


def test_the_bootstrap_is_near_the_normal_interval_and_repeats():
    """400 values, half 0 and half 1: 1.96 · 0.5 / √400 = 0.049 to either side."""
    found = metrics.bootstrap([0.0, 1.0] * 200)
    assert (found.low, found.high) == pytest.approx((0.451, 0.549), abs=0.006)
    assert found == metrics.bootstrap([0.0, 1.0] * 200)


def test_the_best_threshold_divides_what_can_be_divided():
    assert metrics.best_threshold([0.6, 0.8], [0.2, 0.4]) == pytest.approx(0.5)
    # Declining below 0.35 gains 2/3 - 0, below 0.6 2/3 - 1/2, below 0.8 1 - 1/2.
    assert metrics.best_threshold([0.5, 0.9], [0.1, 0.2, 0.7]) == pytest.approx(0.35)
    assert metrics.best_threshold([0.5], [0.5]) == pytest.approx(0.5)  # nothing gained: nothing declined


def test_a_table_as_text_and_as_data():
    table = Table("finding", [{"lang": "en", "found": metrics.share([True, False])}, {"lang": "ko", "p50 ms": 12.34}])
    assert str(table).split("\n") == [
        "",
        "finding",
        "lang  found                 p50 ms",
        "en     50.0% [9.5%, 90.5%]  -",
        "ko    -                     12",
    ]
    first, second = table.data()["rows"]
    assert first["found"]["value"] == 0.5
    assert first["found"]["n"] == 2
    assert second == {"lang": "ko", "p50 ms": 12.34}
    assert Table("", [{"none": metrics.share([])}]).data()["rows"][0]["none"]["value"] is None
