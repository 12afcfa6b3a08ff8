import re
from html.parser import HTMLParser

import matplotlib.font_manager
import numpy as np
import pytest
from labruns import result
from matplotlib.image import imread

from tutor.errors import SettingError
from tutor.labs import plots, traces
from tutor.labs.terminal import sparkline, terminal


@pytest.fixture(scope="module")
def xor():
    return result(gate="xor", seeds=[0, 1])


@pytest.fixture(scope="module")
def crowd():
    return result(gate="xnor", seeds=list(range(8)))


def test_the_boundary_of_the_picture_is_the_line(xor):
    """Heights of FULL / 2 on the line: the plane through the corners is w1·x1 + w2·x2 + b, scaled."""
    frame = xor.frames[0]
    w1, w2, b = frame.arrays["weights"]
    z = traces.height(frame) - traces.FULL / 2
    corners = np.array([[w1 * x1 + w2 * x2 + b for x1 in (-0.5, 1.5)] for x2 in (-0.5, 1.5)])
    np.testing.assert_allclose(z / z[0, 0], corners / corners[0, 0])
    assert np.abs(z).max() == pytest.approx(traces.FULL / 2)


def test_figures_of_a_comparison(xor):
    training, curves, surface = plots.figures(xor, "en")
    panels = [note.text for note in training.layout.annotations]
    final = {s["name"]: f"{s['epochs']} · {s['final_correct']}/4" for s in xor.record["series"]}
    assert panels == [
        f"Single · seed 0<br>epoch {final['single, seed 0']}",
        f"Multi · seed 0<br>epoch {final['multi, seed 0']}",
        f"Single · seed 1<br>epoch {final['single, seed 1']}",
        f"Multi · seed 1<br>epoch {final['multi, seed 1']}",
    ]
    assert len(training.frames) == len(training.layout.sliders[0].steps) == 30
    assert [step.label for step in training.layout.sliders[0].steps][::29] == ["0%", "100%"]
    assert training.frames[0].layout.annotations[0].text.startswith("Single · seed 0<br>epoch 0 · ")
    assert not np.array_equal(training.frames[0].data[1].z, training.frames[-1].data[1].z)
    np.testing.assert_array_equal(training.frames[-1].data[1].z, training.data[1].z)
    accuracy = next(trace.y for trace in curves.data if trace.name == "Multi · seed 0")
    assert (accuracy[0], accuracy[-1]) == (xor.record["series"][2]["accuracy_per_epoch"][0], 1)
    assert [trace.visible for trace in surface.data[:2]] == [True, False]


def test_each_picture_of_a_comparison_is_told_in_words(xor):
    right = {s["name"]: (s["epochs"], s["final_correct"]) for s in xor.record["series"]}
    single, multi = (right[f"{layers}, seed 1"] for layers in ("single", "multi"))
    english = [figure.layout.meta["alt"] for figure in plots.figures(xor, "en")]
    assert [told.split(".")[0] for told in english] == [
        "The four points of XOR, on the plane as each net divides it into 0 and 1",
        "XOR: accuracy per epoch above, error below",
        "XOR: the output of the multilayer net as a height over the plane, each of the four points at the height of "
        "its class",
    ]
    ends = f"Multi · seed 1, epoch {multi[0]} · {multi[1]}/4"
    assert all(told.endswith(ends) for told in english[::2])
    assert all(f"Single · seed 1, epoch {single[0]} · {single[1]}/4" in told for told in english[:2])
    assert "Single" not in english[2]
    korean = plots.live_figure("train_perceptron", [], {"gate": "xor", "layers": "single"}, "ko").layout.meta["alt"]
    assert korean == "XOR의 네 점과, 신경망마다 0과 1로 나눈 평면. 맞힌 점: 단층 · 시드 0, …"


def test_a_single_layer_has_no_output_surface():
    assert len(plots.figures(result(gate="and", layers="single"), "ko")) == 2


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_figures_are_small_and_speak_one_language(crowd, lang):
    for figure in plots.figures(crowd, lang):
        text = figure.to_json()
        assert len(text) < 400_000
        assert bool(re.search("[가-힣]", text)) == (lang == "ko")


def test_live_figure_shows_what_has_come_so_far(xor):
    begun = [f for f in xor.frames if f.series == "single, seed 0"][:7]
    figure = plots.live_figure("train_perceptron", begun, {"gate": "xor", "seeds": [0, 1]}, "ko")
    assert [note.text.split("<br>")[1] for note in figure.layout.annotations] == [
        f"{begun[-1].epoch}에폭 · {round(4 * begun[-1].metrics['accuracy'])}/4",
        "…",
        "…",
        "…",
    ]
    np.testing.assert_array_equal(figure.data[0].z, traces.height(begun[-1]))
    assert np.isnan(figure.data[1].z).all()


class Loads(HTMLParser):
    """Every attribute by which a page loads something."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [(tag, value) for name, value in attrs if name in ("src", "href", "data", "srcset")]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_saved_page_stands_alone(xor, lang, tmp_path):
    path = tmp_path / "run.html"
    plots.save(xor, path, lang)
    page = path.read_text(encoding="utf-8")
    loads = Loads()
    loads.feed(page)
    assert loads.found == []
    own = re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.S)  # all but the library itself
    assert "http" not in own.replace("https://plot.ly", "")  # an address in its options, for a button that is off
    assert xor.text[lang] in page
    assert f'<html lang="{lang}">' in page
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_saved_picture_has_both_colours(xor, lang, tmp_path):
    plots.save(xor, tmp_path / "run.png", lang)
    pixels = (imread(tmp_path / "run.png")[..., :3] * 255).round().astype(int).reshape(-1, 3)
    for colour in traces.CLASS_COLOURS:
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (pixels == rgb).all(axis=1).sum() > 100


def test_without_a_hangul_font_the_picture_is_in_english(xor, tmp_path, monkeypatch):
    """The same bytes as the English picture, and no warning of a missing glyph."""
    latin = [f for f in matplotlib.font_manager.fontManager.ttflist if f.name == "DejaVu Sans"]
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "ttflist", latin)
    plots.save(xor, tmp_path / "ko.png", "ko")
    plots.save(xor, tmp_path / "en.png", "en")
    assert (tmp_path / "ko.png").read_bytes() == (tmp_path / "en.png").read_bytes()


@pytest.mark.parametrize("name", ["run.gif", "run", "missing/run.html", "missing/run.png"])
def test_a_path_that_cannot_be_written(xor, name, tmp_path):
    with pytest.raises(SettingError) as caught:
        plots.save(xor, tmp_path / name, "en")
    assert name.split("/")[-1] in caught.value.text("en")
    assert re.search("[가-힣]", caught.value.text("ko"))
    assert list(tmp_path.iterdir()) == []


def test_terminal_picture_of_a_known_line():
    """AND's points, read from the picture: three ○ and one ● at the upper right, which alone is shaded."""
    done = result(gate="and", layers="single")
    picture = terminal(done, "en").split("\n")
    assert picture[2].startswith("Single · seed 0 · epoch ")
    rows = picture[3:16]
    assert {len(row) for row in rows} == {25}
    assert [(rows[y][6], rows[y][18]) for y in (3, 9)] == [("○", "●"), ("○", "○")]
    assert (rows[0][24], rows[12][0]) == ("▒", "·")
    assert picture[-1] == done.text["en"]
    assert "정확도 " in terminal(done, "ko")


def test_sparkline_by_hand():
    assert sparkline([0, 0.25, 0.5, 0.75, 1]) == "▁▃▅▆█"
    assert sparkline([0.5] * 999 + [1]) == "▅" * 24 + "█"
