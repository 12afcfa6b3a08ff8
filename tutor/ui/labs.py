"""What the page needs to show labs: the gallery, and what stands below a run. Plain text, which labs.js
puts in as text."""

from __future__ import annotations

from typing import Any

from tutor.labs import core, forms
from tutor.retrieval.index import Index
from tutor.types import Lang, ToolResult
from tutor.ui import render


def after(done: ToolResult, lang: Lang) -> dict[str, Any] | None:
    """Below a run: its form, to be changed and run again, and what to try next. None where it did not finish."""
    if done.result is None:
        return None
    lab = core.LABS[done.call.name]
    return {
        "lab": done.call.name,
        "fields": forms.fields(done.call.name, lang, done.call.arguments),
        "next": [
            {"words": experiment.words[lang], "lab": experiment.lab, "arguments": dict(experiment.arguments)}
            for experiment in lab.next_experiments(done.result)
        ],
    }


def gallery(index: Index, lang: Lang) -> list[dict[str, Any]]:
    """Every lab: its title, what is to be seen, the articles that tell its story, and its form."""
    told: dict[str, list[dict[str, str]]] = {name: [] for name in core.LABS}
    for ident in index.documents:
        if not ident.startswith(f"{lang}/"):  # the learner's own files, which may be many, belong to no lab
            continue
        if (document := index.document(ident)).lab in told:
            link = render.document_link(document.id, (0, 0), lang)
            told[document.lab].append({"title": document.title, "link": link})
    return [
        {
            "lab": name,
            "title": lab.title[lang],
            "summary": lab.summary[lang],
            "articles": told[name],
            "fields": forms.fields(name, lang, {}),
        }
        for name, lab in core.LABS.items()
    ]
