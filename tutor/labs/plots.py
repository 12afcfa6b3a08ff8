"""Pictures of a run, for the page and as files: which module draws which lab."""

from __future__ import annotations

import html
import io
import os
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from tutor.errors import SettingError
from tutor.labs import chart_plots, core, perceptron_plots, train_perceptron
from tutor.labs.captions import say
from tutor.types import Frame, LabResult, Lang

_HANGUL_FONTS = (
    "NanumGothic",
    "NanumBarunGothic",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
)
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ margin: 1rem auto; padding: 0 1rem; max-width: 60rem;
font: 1rem/1.6 system-ui, "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", NanumGothic, sans-serif }}</style>
<script>{script}</script></head><body><h1>{title}</h1><p>{text}</p>
{figures}
</body></html>
"""


def live_figure(lab: str, frames: Sequence[Frame], arguments: Mapping[str, Any], lang: Lang) -> go.Figure:
    """Where a run that may still be going on stands; `arguments` as they were called.

    Raises:
        ToolCallInvalid: as the run itself would.
    """
    if lab == train_perceptron.NAME:
        return perceptron_plots.live_figure(frames, arguments, lang)
    return chart_plots.live_figure(core.LABS[lab], frames, lang)


def figures(result: LabResult, lang: Lang) -> list[go.Figure]:
    """The pictures of a finished run."""
    if result.lab == train_perceptron.NAME:
        return perceptron_plots.figures(result, lang)
    return [chart_plots.figure(chart, lang) for chart in core.LABS[result.lab].charts(result)]


def title(result: LabResult, lang: Lang) -> str:
    if result.lab == train_perceptron.NAME:
        return say("title", lang, result.record["arguments"]["gate"])
    return core.LABS[result.lab].title[lang]


def save(result: LabResult, path: str | Path, lang: Lang) -> None:
    """Write the run to `path`: .html, a page that needs nothing else, or .png. An existing file is replaced whole.

    A .png is in English where no font with Hangul is installed.

    Raises:
        SettingError: another suffix, or the file cannot be written.
    """
    path = Path(path)
    writers = {".html": _html, ".png": _png}
    if path.suffix.lower() not in writers:
        raise SettingError(
            f"A run cannot be saved as {path.name!r}.",
            "Give a name that ends in .html or .png, such as --save run.html",
            ko=(
                f"{path.name!r}(으)로는 저장할 수 없어요.",
                ".html이나 .png로 끝나는 이름을 써 주세요. 예: --save run.html",
            ),
        )
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(writers[path.suffix.lower()](result, lang))
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise SettingError(
            f"The file {str(path)!r} cannot be written: {error.strerror}.",
            "Give a path in a folder that exists and may be written to.",
            ko=(f"{str(path)!r} 파일을 쓸 수 없어요: {error.strerror}.", "쓸 수 있는 폴더의 경로를 써 주세요."),
        ) from None


def _html(result: LabResult, lang: Lang) -> bytes:
    options = {"responsive": True, "displayModeBar": False}
    parts = [
        figure.to_html(full_html=False, include_plotlyjs=False, config=options, auto_play=False)
        for figure in figures(result, lang)
    ]
    page = _PAGE.format(
        lang=lang,
        title=html.escape(title(result, lang)),
        text=html.escape(result.text[lang]),
        script=get_plotlyjs(),
        figures="\n".join(parts),
    )
    return page.encode()


def _png(result: LabResult, lang: Lang) -> bytes:
    """The pictures with the text below them."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    hangul = next((name for name in _HANGUL_FONTS if name in installed), "")
    lang = lang if hangul else "en"
    with matplotlib.rc_context({"font.family": [hangul or "DejaVu Sans", "DejaVu Sans"], "axes.unicode_minus": False}):
        if result.lab == train_perceptron.NAME:
            figure = perceptron_plots.picture(result, lang)
        else:
            figure = chart_plots.picture(core.LABS[result.lab].charts(result), title(result, lang), lang)
        width = int(figure.get_figwidth() * (8 if lang == "ko" else 12))
        figure.supxlabel("\n".join(textwrap.wrap(result.text[lang], width)), fontsize=10, x=0.02, ha="left")
        buffer = io.BytesIO()
        with warnings.catch_warnings():  # a learner's own text may hold what no installed font does
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()
