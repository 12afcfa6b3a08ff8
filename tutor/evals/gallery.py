"""The pictures of the gallery of labs: each drawn from a run of its lab with the first settings.

    python -m tutor.evals.gallery --only memory lora

They go to tutor/ui/pictures/, one a lab, readable in the light and in the dark, without a word in them, and what ran is
noted beside them in runs.json. To be done again when a lab's first settings, its run or its drawing change.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import typer

from tutor.errors import TutorError
from tutor.evals.labs import finished
from tutor.evals.page import browsing
from tutor.labs import core, plots
from tutor.types import LabResult
from tutor.ui.labs import PICTURES, RUNS

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT, SCALE = 320, 200, 1.2  # of a picture; pixels drawn for each
# The figure of a run most worth looking at where there is no room for words; else the first.
SHOWN = {
    "alexnet_tricks": 2,
    "attention": 1,
    "cnn_vs_dense": 2,
    "embeddings": 2,
    "lora": 3,
    "masked": 2,
    "next_token": 1,
    "scaling": 1,
    "transformer": 2,
}
# Of two qualities the smaller: 1 is WebP without loss, which is best for flat colours.
_DRAWN = """async ([figure, width, height, scale]) => {
  const image = new Image();
  image.src = await Plotly.toImage(figure, { format: "png", width, height, scale });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  const [one, other] = [0.8, 1].map((quality) => canvas.toDataURL("image/webp", quality).split(",")[1]);
  return one.length < other.length ? one : other;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(core.LABS), metavar="LAB", help="draw these anew; else all")
    try:
        draw(parser.parse_args().only or list(core.LABS))
    except TutorError as error:
        raise SystemExit(error.text()) from None


def draw(names: list[str]) -> None:
    """Run the labs and write their pictures.

    Raises:
        SettingError: there is no Playwright or no Chromium.
    """
    runs = json.loads(RUNS.read_text("utf-8")) if RUNS.exists() else {}
    with browsing() as browser:
        page = browser.new_page()
        page.add_script_tag(path=str(files("plotly") / "package_data" / "plotly.min.js"))
        for name in names:
            result = finished(name, core.LABS[name].first)
            drawn = picture(page, result)
            (PICTURES / f"{name}.webp").write_bytes(drawn)
            runs[name] = ran(result) | {"picture": hashlib.sha256(drawn).hexdigest()[:16]}
            typer.echo(f"{name}: {len(drawn)} bytes")
    RUNS.write_text(json.dumps({name: runs[name] for name in core.LABS}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def ran(result: LabResult) -> dict[str, Any]:
    """By what a run is known again: its settings, and what came of it in words, with their rounded numbers."""
    return {"arguments": dict(result.arguments), "text": result.text["en"]}


def picture(page: Page, result: LabResult) -> bytes:
    """A WebP of the figure most worth looking at; `page` has Plotly."""
    figure = json.loads(bare(plots.figures(result, "en")[SHOWN.get(result.lab, 0)]).to_json())
    figure.pop("frames", None)  # what stands in the figure itself is the end
    return base64.b64decode(page.evaluate(_DRAWN, [figure, WIDTH, HEIGHT, SCALE]))


def bare(figure: Any) -> Any:
    """The figure without anything to read or to press."""
    layout = figure.layout
    layout.title, layout.showlegend, layout.annotations, layout.sliders, layout.updatemenus = None, False, (), (), ()
    layout.margin = {side: 8 for side in "lrtb"}
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(title=None, showticklabels=False, ticks="", automargin=False)
    for trace in figure.data:
        if trace.type == "scatter":
            trace.mode = trace.mode.replace("+text", "")
        elif trace.type == "heatmap":
            trace.showscale = False
    return figure


if __name__ == "__main__":
    main()
