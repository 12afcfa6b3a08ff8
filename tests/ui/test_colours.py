"""The page's colours against each other, by WCAG 2.2: axe cannot judge a text over a gradient."""

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).parents[2] / "tutor" / "ui" / "style.css").read_text("utf-8")
GROUNDS = ("paper", "ground", "tint")


def palette(theme: str) -> dict[str, str]:
    """The colours that `theme` names: `:root`, or `.dark`."""
    block = re.search(rf"^{re.escape(theme)} \{{(.*?)^\}}", STYLE, re.M | re.S)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1]))


def strands(theme: str) -> list[str]:
    return re.findall(rf"^{theme}\[data-strand=\"[\w-]+\"\] \{{ --strand: (#[0-9a-f]{{6}});", STYLE, re.M)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize(("theme", "lanes"), [(":root", ""), (".dark", r"\.dark ")])
def test_texts_and_edges_can_be_seen(theme, lanes):
    colours = palette(theme)
    weak = {
        (name, ground, round(contrast(colours[name], colours[ground]), 2))
        for names, grounds, least in (
            (("ink", "soft", "accent"), GROUNDS, 4.5),
            (("good", "warn", "bad"), ("paper", "ground"), 4.5),
            (("ink",), ("mark",), 4.5),
            (("on-accent",), ("accent",), 4.5),
            (("paper",), ("bad",), 4.5),  # the words of the button that stops
            (("edge",), ("paper", "ground"), 3),
        )
        for name in names
        for ground in grounds
        if contrast(colours[name], colours[ground]) < least
    }
    assert weak == set()
    lines = strands(lanes)
    assert len(lines) == 6
    assert all(contrast(line, colours[ground]) >= 4.5 for line in lines for ground in ("paper", "ground"))
