"""The pictures of the gallery: one a lab, small, and of what the labs do today."""

import base64
import hashlib
import json
import re

import pytest

from tutor.evals import gallery
from tutor.evals.labs import finished
from tutor.evals.page import browsing
from tutor.labs import core, plots
from tutor.ui.labs import PICTURES, RUNS

MOST, MOST_IN_ALL = 16_000, 200_000  # bytes
# Quick, and of numbers that come out alike whatever the processor; the texts round them.
ALIKE = ("train_perceptron", "adaline", "vanishing_gradient", "tokens", "rlhf")
PIXELS = """async (drawn) => {
  const image = Object.assign(new Image(), { src: `data:image/webp;base64,${drawn}` });
  await image.decode();
  const paper = new OffscreenCanvas(image.width, image.height).getContext("2d");
  paper.drawImage(image, 0, 0);
  const points = new Uint32Array(paper.getImageData(0, 0, image.width, image.height).data.buffer);
  return [image.width, image.height, points.filter((point) => point >>> 24 === 0).length / points.length];
}"""
NOTED = json.loads(RUNS.read_text("utf-8"))


def test_every_lab_has_its_picture_and_no_picture_is_without_a_lab():
    assert {path.name for path in PICTURES.iterdir()} == {RUNS.name, *(f"{name}.webp" for name in core.LABS)}
    assert list(NOTED) == list(core.LABS)


def test_the_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in PICTURES.glob("*.webp")}
    assert {name: size for name, size in sizes.items() if size > MOST} == {}
    assert sum(sizes.values()) <= MOST_IN_ALL


@pytest.mark.parametrize("name", core.LABS)
def test_a_picture_is_that_of_the_noted_run_with_today_s_first_settings(name):
    drawn = (PICTURES / f"{name}.webp").read_bytes()
    assert hashlib.sha256(drawn).hexdigest().startswith(NOTED[name]["picture"])
    arguments = core.parse(name, core.LABS[name].first).model_dump()
    assert {**arguments, **NOTED[name]["arguments"]} == arguments


@pytest.mark.slow
@pytest.mark.parametrize("name", ALIKE)
def test_the_run_comes_out_as_it_did_for_the_picture(name):
    result = finished(name, core.LABS[name].first)
    assert gallery.ran(result) == {key: NOTED[name][key] for key in ("arguments", "text")}, (
        f"Draw it anew: python -m tutor.evals.gallery --only {name}"
    )


def test_nothing_is_left_to_read_or_to_press():
    for name in ("train_perceptron", "tokens", "vanishing_gradient"):
        for figure in plots.figures(finished(name, core.LABS[name].first), "ko"):
            if figure.data[0].type == "surface":
                continue  # none of those that are shown
            told = figure.to_json()
            assert re.search(r"[가-힣]", json.loads(told)["layout"]["title"]["text"])
            layout = json.loads(gallery.bare(figure).to_json())["layout"]
            assert not {"annotations", "sliders", "updatemenus"} & {key for key, value in layout.items() if value}
            assert not layout.get("title")
            axes = [value for key, value in layout.items() if re.fullmatch(r"[xy]axis\d*", key)]
            assert axes
            assert not any(axis.get("title") or axis["showticklabels"] for axis in axes)
            assert "text" not in {
                word for trace in figure.data if trace.type == "scatter" for word in trace.mode.split("+")
            }


@pytest.mark.slow
@pytest.mark.browser
def test_a_picture_is_drawn_by_the_real_plotly(tmp_path, monkeypatch, capsys):
    """Of one lab, which alone is noted anew."""
    monkeypatch.setattr(gallery, "PICTURES", tmp_path)
    monkeypatch.setattr(gallery, "RUNS", tmp_path / "runs.json")
    (tmp_path / "runs.json").write_text(json.dumps(NOTED | {"tokens": {}}), "utf-8")
    gallery.draw(["tokens"])
    assert "tokens: " in capsys.readouterr().out
    drawn = (tmp_path / "tokens.webp").read_bytes()
    assert (drawn[:4], drawn[8:12]) == (b"RIFF", b"WEBP")
    noted = json.loads((tmp_path / "runs.json").read_text("utf-8"))
    assert noted["tokens"] == NOTED["tokens"] | {"picture": hashlib.sha256(drawn).hexdigest()[:16]}
    assert {name: noted[name] for name in noted if name != "tokens"} == {n: NOTED[n] for n in NOTED if n != "tokens"}
    with browsing() as browser:
        width, height, clear = browser.new_page().evaluate(PIXELS, base64.b64encode(drawn).decode())
    assert (width, height) == (384, 240)
    assert 0.5 < clear < 1  # the page's own ground is seen through it
