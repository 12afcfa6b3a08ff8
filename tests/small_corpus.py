"""A small corpus in a folder of its own."""

import os
from pathlib import Path

from tutor.config import Settings

ARTICLE = """---
title: {title}
slug: {slug}
lang: {lang}
sources:
  - id: one
    title: "A paper"
    url: https://example.org/one
facts:
  - fact: "A fact"
    source: one
---
# {title}

{body}
"""

BODIES = {
    ("en", "perceptron", "Perceptron"): (
        "Frank Rosenblatt invented the perceptron in 1957.\nThe perceptron learns a line.\n\n## Limits\n\n"
        "A single perceptron cannot learn XOR, because no line divides its points."
    ),
    ("ko", "perceptron", "퍼셉트론"): (
        "프랭크 로젠블라트가 1957년에 퍼셉트론을 발명했다. 퍼셉트론은 직선을 배운다.\n\n## 한계\n\n"
        "단층 퍼셉트론은 XOR를 풀 수 없다. 점들을 나누는 직선이 없기 때문이다."
    ),
    ("en", "lstm", "LSTM"): (
        "Sepp Hochreiter and Jürgen Schmidhuber published LSTM in 1997.\n\nAn LSTM keeps a memory cell behind gates."
    ),
    ("ko", "lstm", "LSTM"): "제프 호흐라이터와 위르겐 슈미트후버가 1997년에 LSTM을 발표했다. LSTM에는 게이트가 있다.",
}
FOLDERS = ("corpus", "seeds", "library", "index")
NOTE = "728x90\n\n나는 오블완을 하려고 세미나 후기를 적는다.\n\n728x90\nPosted by 누구\n,"


def write(root: Path) -> Settings:
    """Settings whose folders lie under `root`, with the small corpus in them."""
    for (lang, slug, title), body in BODIES.items():
        path = root / "corpus" / lang / f"{slug}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ARTICLE.format(title=title, slug=slug, lang=lang, body=body), "utf-8")
    (root / "seeds").mkdir()
    (root / "seeds" / "note.txt").write_text(NOTE, "utf-8")
    return Settings(**{name: root / name for name in FOLDERS}, database=f"sqlite:///{root / 'tutor.db'}")


def environment(root: Path) -> dict[str, str]:
    """By which a process of its own uses the small corpus under `root`."""
    write(root)
    return {**os.environ, **{f"TUTOR_{name.upper()}": str(root / name) for name in FOLDERS}}
