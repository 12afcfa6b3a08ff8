"""A conversation as a file to keep: Markdown, or one HTML page with its plots that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence

from plotly.offline import get_plotlyjs

from tutor.types import Citation, Lang
from tutor.ui import render
from tutor.ui.strings import STRINGS
from tutor.ui.turn import Turn

_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}</style>
{script}</head><body class="ready"><h1>{title}</h1>
{turns}
</body></html>
"""


def markdown(turns: Sequence[Turn], lang: Lang) -> str:
    """Questions as headings, answers with their marks, what each plot shows in words, and the sources."""
    words = STRINGS[lang]
    parts = [f"# {words['title']}"]
    for turn in turns:
        parts.append(f"## {_one_line(turn.question)}")
        if turn.answer is None:
            parts.append(turn.error)
            continue
        parts += [f"> {_alt(figure)}" for figure in turn.figures if _alt(figure)]
        parts += [turn.answer.text, f"*{words['badge'][turn.answer.mode]}*"]
        parts += [_source(citation) for citation in turn.answer.citations]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(turns: Sequence[Turn], lang: Lang, style: str) -> str:
    """The conversation as one HTML page; `style` is the page's own. Plotly is put in only where there is a plot."""
    words = STRINGS[lang]
    script = f"<script>{get_plotlyjs()}</script>" if any(turn.figures for turn in turns) else ""
    shown = "\n".join(_turn(turn, lang) for turn in turns)
    return _PAGE.format(lang=lang, title=render.escape(words["title"]), style=style, script=script, turns=shown)


def _turn(turn: Turn, lang: Lang) -> str:
    view = turn.view(lang)
    plots = "".join(
        f'<div class="figure" id="{turn.id}-{i}" role="img" aria-label="{render.escape(_alt(figure))}"></div>'
        f"<script>{_plot(f'{turn.id}-{i}', figure)}</script>"
        for i, figure in enumerate(turn.figures)
    )
    sources = f"<details><summary>{render.escape(STRINGS[lang]['sources'])}</summary>{view['sources']}</details>"
    kept = sources if turn.answer and turn.answer.citations else ""
    asked = f'<div class="asked">{view["question"]}</div>'
    return f'<article class="turn">{asked}<div class="reply">{plots}{view["answer"]}{kept}</div></article>'


def _plot(place: str, figure: str) -> str:
    """A script that draws a figure. No text of its JSON can end the script element that it stands in."""
    options = '{"responsive": true, "displayModeBar": false}'
    data = figure.replace("<", "\\u003c")
    return f'{{ const f = {data}; Plotly.newPlot("{place}", {{ ...f, config: {options} }}); }}'


def _alt(figure: str) -> str:
    meta = json.loads(figure)["layout"].get("meta")
    return str(meta["alt"]) if isinstance(meta, dict) and "alt" in meta else ""


def _source(citation: Citation) -> str:
    passage = citation.passage
    quoted = " … ".join(_one_line(passage.text[a:b]) for a, b in citation.spans)
    place = ", ".join(filter(None, (passage.title, passage.section, f"{passage.doc}:{passage.lines[0]}")))
    return f"[{citation.n}] {place}\n> {quoted}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
