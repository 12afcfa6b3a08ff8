import json
import re
from itertools import combinations, product

import numpy as np
import pytest
from labruns import finish
from pydantic import ValidationError

from tutor.errors import ToolCallInvalid
from tutor.labs import adaline as lab
from tutor.labs import adaline_report, core, line_rules, perceptron, point_sets
from tutor.labs.checking import checked

NUMBERS = re.compile(r"\d[\d,.]*\d|\d")
KINDS = ("separable", "overlapping", "xor", "circles")
SETTINGS = {
    "separable": {},
    "overlapping": {"points": "overlapping", "seed": 2},
    "xor": {"points": "xor"},
    "circles": {"points": "circles", "lines": 1},
    "runaway": {"learning_rate": 3.0},
    "short": {"epochs": 3, "learning_rate": 0.3},
    "slow": {"epochs": 3, "learning_rate": 1e-6},
    "one epoch": {"epochs": 1, "points": "xor"},
    "square": {"drawn": "0 0 a; 1 1 a; 0 1 b; 1 0 b"},
    "two points": {"drawn": "0.1 0.1 a\n0.9 0.9 b"},
}


@pytest.fixture(scope="module")
def runs():
    return {name: finish(lab.run(lab.Arguments(**given))) for name, given in SETTINGS.items()}


def some_points(seed, count=20):
    rng = np.random.default_rng(seed)
    return line_rules.inputs(rng.random((count, 2))), rng.choice([-1.0, 1.0], count)


# ---- the rules -------------------------------------------------------------------------------------
def test_rosenblatts_rule_by_hand():
    """At (1, 1, 1) the sum is 0, so the answer is -1; +1 is wanted, so 0.5 is added. (-1, -1, 1) is right then."""
    x, t = np.array([[1.0, 1.0, 1.0], [-1.0, -1.0, 1.0]]), np.array([1.0, -1.0])
    W, corrections = line_rules.rosenblatt_epoch(np.zeros((1, 3)), x, t, np.array([[0, 1]]), 0.5)
    assert W.tolist() == [[0.5, 0.5, 0.5]]
    assert corrections.tolist() == [1]


def test_rosenblatts_rule_is_that_of_the_perceptron_lab():
    rng = np.random.default_rng(0)
    x, t = perceptron._INPUTS, np.array([-1.0, 1.0, 1.0, -1.0])  # XOR never ends, so that every step is one
    for _ in range(20):
        weights, order = rng.uniform(-1, 1, (3, 3)), np.array([rng.permutation(4) for _ in range(3)])
        wanted = weights.copy()
        for i, point in product(range(3), range(4)):
            seen = order[i, point]
            wanted[i] = perceptron.update(wanted[i], seen, int(t[seen] > 0), 0.3)
        got, _ = line_rules.rosenblatt_epoch(weights, x, t, order, 0.3)
        np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_the_delta_rule_by_hand():
    """The sum is 0 and 1 is wanted: an error of 1, though the learning rate 0.5 goes half of the way."""
    W = line_rules.delta_epoch(np.zeros((1, 3)), np.array([[1.0, -1.0, 1.0]]), np.array([1.0]), 0.5)
    assert W.tolist() == [[0.5, -0.5, 0.5]]


def test_the_delta_rule_moves_the_line_although_every_answer_is_right():
    x, t = line_rules.inputs(np.array([[0.0, 0.5], [1.0, 0.5]])), np.array([-1.0, 1.0])
    W = np.array([[0.5, 0.0, 0.0]])
    assert line_rules.wrong(W, x, t).tolist() == [0]
    assert line_rules.delta_epoch(W, x, t, 0.1)[0, 0] == pytest.approx(0.55)
    assert line_rules.rosenblatt_epoch(W, x, t, np.array([[0, 1]]), 0.1)[0].tolist() == W.tolist()


def test_its_gradient_is_that_of_torch():
    import torch

    x, t = some_points(1)
    W = torch.tensor(np.random.default_rng(2).normal(size=(4, 3)), requires_grad=True)
    error = torch.tensor(t) - W @ torch.tensor(x.T)
    (0.5 * error.square().mean(dim=1)).sum().backward()
    np.testing.assert_allclose(line_rules.delta_gradient(W.detach().numpy(), x, t), W.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(
        line_rules.squared_error(W.detach().numpy(), x, t), error.square().mean(dim=1).detach().numpy(), atol=1e-12
    )


@pytest.mark.parametrize("seed", range(5))
def test_it_settles_at_least_squares_below_the_largest_rate_and_diverges_above(seed):
    x, t = some_points(seed)
    least, limit = np.linalg.lstsq(x, t, rcond=None)[0], line_rules.largest_rate(x)
    np.testing.assert_allclose(line_rules.least_squares(x, t), least)
    W = V = np.random.default_rng(seed).normal(size=(3, 3))
    for _ in range(2000):
        W, V = line_rules.delta_epoch(W, x, t, 0.99 * limit), line_rules.delta_epoch(V, x, t, 1.01 * limit)
    np.testing.assert_allclose(W, np.tile(least, (3, 1)), atol=1e-8)
    assert np.abs(V).min(axis=1).min() > 1e6


@pytest.mark.parametrize(
    ("weights", "ends"),
    [
        ([1, 1, 0], ([0, 1], [1, 0])),
        ([1, 0, 0], ([0.5, 0.5], [0, 1])),
        ([0, 2, 1], ([0, 1], [0.25, 0.25])),
        ([1, 1, 5], ([], [])),
        ([0, 0, 1], ([], [])),
    ],
)
def test_where_a_line_crosses_the_plane(weights, ends):
    assert line_rules.across(np.array(weights, float)) == ends


def test_how_far_apart_lines_are():
    W = np.array([[1.0, 0, 0], [1.0, 1.0, 0], [-2.0, 0, 0]])
    assert line_rules.angle_apart(W[:1]) == line_rules.plane_apart(W[:1]) == 0
    assert line_rules.angle_apart(W[:2]) == pytest.approx(45)
    assert line_rules.angle_apart(W) == pytest.approx(180)
    assert line_rules.plane_apart(W[:2]) == pytest.approx(0.25, abs=0.02)
    assert line_rules.plane_apart(W) > 0.97


# ---- the points ------------------------------------------------------------------------------------
def turn(p, q, r):
    return int((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))


def within(p, corners):
    """Whether p lies in the triangle of three points, edges counting; a flat one is left to its edges."""
    turns = [turn(a, b, p) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    return turn(*corners) != 0 and (min(turns) >= 0 or max(turns) <= 0)


def on(p, a, b):
    return (
        turn(a, b, p) == 0 and min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
    )


def cross(a, b, c, d):
    proper = turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
    return proper or on(a, c, d) or on(b, c, d) or on(c, a, b) or on(d, a, b)


def hulls_meet(first, second):
    """In whole numbers: some edge meets an edge, or a point of the one lies in a triangle of the other."""
    edges = [[*combinations(points, 2), *((p, p) for p in points)] for points in (first, second)]
    return any(cross(*e, *f) for e, f in product(*edges)) or any(
        within(p, list(corners))
        for one, other in ((first, second), (second, first))
        for p, corners in product(one, combinations(other, 3))
    )


@pytest.mark.parametrize("size", [3, 6, 30, 1000])
def test_separable_is_exact(size):
    rng, seen = np.random.default_rng(size), []
    for _ in range(60):
        first, second = ([tuple(p) for p in rng.integers(0, size + 1, (n, 2))] for n in rng.integers(1, 5, 2))
        classes = np.array([-1.0] * len(first) + [1.0] * len(second))
        seen.append(point_sets.separable(np.array(first + second) / 1000, classes))
        assert seen[-1] == (not hulls_meet(first, second)), (first, second)
    assert 5 < sum(seen) < 60


@pytest.mark.parametrize("touching", [False, True])
def test_the_narrowest_gap_there_is_counts(touching):
    """(999, 998) lies beside the line from (0, 0) to (1000, 999): 1/1413 of a step away. (0, 0) lies on it."""
    points = np.array([[0, 0], [1000, 999], [0, 0] if touching else [999, 998]]) / 1000
    assert point_sets.separable(points, np.array([1.0, 1.0, -1.0])) is not touching


@pytest.mark.parametrize("kind", KINDS)
def test_generated_points_are_what_they_are_called(kind):
    for seed in range(40):
        points, classes = point_sets.generate(kind, seed)
        assert points.shape == (48, 2)
        assert points.min() >= 0
        assert points.max() <= 1
        assert min((classes > 0).sum(), (classes < 0).sum()) >= 3
        assert point_sets.separable(points, classes) == (kind == "separable")


def test_drawn_points_are_read():
    points, classes = point_sets.parse(" 0 .5 a;1 0.33333 b;\n0.2   1.000 a\n")
    assert points.tolist() == [[0, 0.5], [1, 0.333], [0.2, 1]]
    assert classes.tolist() == [-1, 1, -1]
    assert re.fullmatch(point_sets.PATTERN, "0 .5 a;1 0.33333 b;\n0.2   1.000 a")


@pytest.mark.parametrize(
    ("drawn", "en", "ko"),
    [
        ("0.1 0.2 a; 1.5 0.2 b", "Point 2 is '1.5 0.2 b'. Write each point as x y class", "2번째 점이 '1.5 0.2 b'예요"),
        ("0.1 a", "Point 1 is '0.1 a'", "1번째 점"),
        ("0.1 0.2 c", "the class a or b", "클래스는 a나 b"),
        ("0.1 0.2 A", "Point 1", "1번째"),
        ("0.1,0.2 a", "Point 1", "1번째"),
        ("nan 0.2 a", "Point 1", "1번째"),
        ("1e-3 0.2 a", "Point 1", "1번째"),
        ("-0.1 0.2 a", "Point 1", "1번째"),
        ("１ 0.2 a", "Point 1", "1번째"),
        ("0.1 0.2 a; 0.3 0.4 a", "Both classes are needed", "두 클래스의 점이"),
        (";", "Both classes are needed", "두 클래스의 점이"),
        ("0 0 a;" * 101, "There are 101 points. Use at most 100.", "점이 101개예요. 100개까지만"),
        ("0 0 a;" * 700, "Use a text of at most 4000 characters", "4000자 이하"),
    ],
)
def test_bad_points_are_named_with_what_is_allowed(drawn, en, ko):
    with pytest.raises(ValidationError):
        lab.Arguments(drawn=drawn)
    with pytest.raises(ToolCallInvalid) as caught:
        checked(lab.Arguments, {"drawn": drawn})
    assert "The argument drawn=" in caught.value.text("en")
    assert en in caught.value.text("en")
    assert ko in caught.value.text("ko")


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": "spiral"},
        {"drawn": 1},
        {"learning_rate": 0.0},
        {"learning_rate": 11.0},
        {"learning_rate": float("nan")},
        {"epochs": 0},
        {"epochs": 501},
        {"epochs": True},
        {"lines": 0},
        {"lines": 9},
        {"seed": -1},
        {"momentum": 1},
    ],
)
def test_a_wrong_argument_is_refused(wrong):
    with pytest.raises(ValidationError):
        lab.Arguments(**wrong)


# ---- the run ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("claim", lab.CLAIMS, ids=lambda claim: claim.says)
def test_the_claims_hold(claim):
    for seed in range(3):
        assert claim.holds(finish(lab.run(lab.Arguments(**claim.arguments, seed=seed)))[1].record)


def test_rosenblatts_rule_from_zero_draws_one_line_at_all_rates(runs):
    for _, result in runs.values():
        sweep = result.record["sweep"]
        assert sweep["zero_lines"] == 1
        assert len(set(sweep["zero"])) == 1
        for rate, settled, ran_away in zip(sweep["rates"], sweep["delta"], sweep["ran_away"], strict=True):
            assert not (settled and rate > result.record["largest_rate"])
            assert not (ran_away and rate < result.record["largest_rate"])


def test_a_runaway_is_stopped_and_said(runs):
    frames, result = runs["runaway"]
    assert result.record["delta"]["ran_away"] < 20
    assert "grew without bound" in result.text["en"]
    assert "끝없이 커져서" in result.text["ko"]
    assert all(np.isfinite(value) for frame in frames for value in frame.metrics.values())


def test_a_separating_line_may_not_be_that_of_least_squares():
    for seed in range(10):
        result = finish(lab.run(lab.Arguments(seed=seed, lines=2)))[1]
        if max(result.record["delta"]["wrong"]):
            assert max(result.record["rosenblatt"]["wrong"]) == 0
            assert "its best fit has points wrong" in result.text["en"]
            return
    pytest.fail("least squares separated all")


@pytest.mark.parametrize(
    ("name", "en"),
    [
        ("separable", ["that a line separates these 48", "always ends without error", "no regression", "one line (to"]),
        (
            "overlapping",
            ["no line separates these 48", "keeps making mistakes for 200 epochs and is left", "useful line"],
        ),
        ("xor", ["no line separates", "at rest is not solved"]),
        ("circles", ["from 1 random start Rosenblatt", "settles on one line, at"]),
        ("short", ["has not settled: after 3 epochs at learning rate 0.3"]),
        ("one epoch", ["for 1 epoch and"]),
        ("square", ["these 4 points", "hardly a line at all"]),
        ("two points", ["these 2 points", "many lines fit them equally well"]),
    ],
)
def test_the_text_says_what_the_numbers_say(runs, name, en):
    assert all(words in runs[name][1].text["en"] for words in en)


def test_other_findings_would_be_said(runs):
    result = runs["separable"][1]
    given, found = result.arguments, json.loads(json.dumps(result.record))
    found["rosenblatt"]["ended"][0] = None
    found["sweep"] |= {"zero_lines": 3, "delta": [None] * 12}
    found["delta"]["loss_course"] = [0.31] * 201
    texts = adaline_report.english(given, found), adaline_report.korean(given, found)
    for text, words in zip(
        texts,
        (
            ["7 of 8 times within 200 epochs", "3 different lines", "none of them", "has none wrong either"],
            [
                "200에폭 안에 8번 가운데 7번",
                "서로 다른 직선 3개",
                "어디서도 자리 잡지 못하고",
                "그 직선에도 틀린 점은 없어요",
            ],
        ),
        strict=True,
    ):
        assert all(word in text for word in words), text


def test_both_languages_tell_the_same_numbers(runs):
    for _, result in runs.values():
        en, ko = (sorted(set(NUMBERS.findall(result.text[lang]))) for lang in ("en", "ko"))
        assert en == ko
        assert re.search("[가-힣]", result.text["ko"])


def test_charts(runs):
    for name, (_, result) in runs.items():
        charts = lab.charts(result)
        assert [chart.kind for chart in charts] == ["plane", "line", "line"]
        for chart in charts:
            words = [chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)]
            assert all(set(word) == {"en", "ko"} for word in words)
            assert all(re.search("[가-힣]", word["ko"]) for word in (chart.title, chart.alt))
            assert sorted(NUMBERS.findall(chart.alt["en"])) == sorted(NUMBERS.findall(chart.alt["ko"]))
            assert all(len(line.x) == len(line.y) > 0 for line in [*chart.lines, *chart.boundaries])
        assert sum(len(line.x) for line in charts[0].lines) == len(result.record["points"])
        assert len(charts[2].lines) == (4 if result.record["separable"] else 2), name


def test_every_line_of_the_plane_is_drawn(runs):
    rosenblatt, delta = lab.charts(runs["separable"][1])[0].boundaries
    for line in (rosenblatt, delta):
        assert np.isnan(line.x).sum() == np.isnan(line.y).sum() == 7
        assert np.isfinite(line.x).sum() == 16
    assert np.nanstd(delta.y[0::3]) < 0.001 < np.nanstd(rosenblatt.y[0::3])


def test_frames(runs):
    for frames, _ in runs.values():
        assert len(frames) <= 200
        assert {frame.series for frame in frames} == {"Rosenblatt", "delta rule", "learning rates"}
    assert [frame.epoch for frame in runs["overlapping"][0] if frame.series == "Rosenblatt"][-1] == 200


def test_the_same_arguments_give_the_same_run():
    records = [finish(lab.run(lab.Arguments(seed=seed, epochs=20)))[1].record for seed in (4, 4, 5)]
    for record in records:
        del record["seconds"]
    assert records[0] == records[1]
    assert records[0]["points"] != records[2]["points"]
    assert json.loads(json.dumps(records[0], allow_nan=False)) == records[0]


def test_drawn_points_take_the_place_of_the_set(runs):
    record = runs["square"][1].record
    assert record["set"] == "drawn"
    assert record["points"] == [[0, 0], [1, 1], [0, 1], [1, 0]]
    assert record["classes"] == [-1, -1, 1, 1]
    assert record["separable"] is False


# ---- what comes after, and how it is asked for -------------------------------------------------------
def test_next_experiments(runs):
    labels = {name: [e.words["en"] for e in lab.next_experiments(result)] for name, (_, result) in runs.items()}
    assert labels["separable"][0] == "Try it with overlapping points"
    assert labels["overlapping"][0] == "Try it with points like XOR"
    assert labels["xor"][-1] == "Give XOR a hidden layer"
    assert labels["circles"][0] == "Overlay 8 random starts"
    assert labels["runaway"][0] == "Try it with learning rate 0.5"
    assert labels["slow"][0] == "Try it with learning rate 0.5"
    assert labels["short"][0] == "Try it with 500 epochs"
    for _, result in runs.values():
        experiments = lab.next_experiments(result)
        assert 2 <= len(experiments) <= 3
        for experiment in experiments:
            assert set(experiment.words) == {"en", "ko"}
            assert (experiment.lab, experiment.arguments) != (lab.NAME, result.arguments)
            if experiment.lab == lab.NAME:
                lab.Arguments(**experiment.arguments)
            else:
                core.parse(experiment.lab, {**core.LABS[experiment.lab].first, **experiment.arguments})


def test_every_argument_and_every_set_has_a_label():
    assert set(lab.LABELS) == {*lab.Arguments.model_fields, *KINDS}


@pytest.mark.parametrize(
    "message",
    ["show me ADALINE", "run the delta rule", "demo Widrow and Hoff's LMS", "아달라인을 보여줘", "델타 규칙 실험"],
)
def test_asked(message):
    assert re.search(lab.ASKED, message, re.IGNORECASE)
    assert not re.search(lab.ASKED, "show me a Hopfield network and film reviews 호프필드", re.IGNORECASE)
