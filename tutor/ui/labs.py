"""What the page needs to show labs: the gallery, and what stands below a run. Plain text, which labs.js
puts in as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tutor.errors import TutorError
from tutor.labs import core, forms, records
from tutor.retrieval.index import Index
from tutor.types import Answer, Lang
from tutor.ui import render
from tutor.ui.strings import STRINGS

PICTURES = Path(__file__).parent / "pictures"  # one a lab, drawn by tutor/evals/gallery.py
RUNS = PICTURES / "runs.json"


def after(answer: Answer, lang: Lang) -> dict[str, Any]:
    """Below an answer: what to ask or run next, and below a run its settings, to be changed and run again."""
    chips: list[dict[str, Any]] = []
    form = None
    done = answer.tools[-1] if answer.tools else None
    if done and done.result:
        form = {"lab": done.call.name, "fields": forms.fields(done.call.name, lang, done.call.arguments)}
        chips += [
            {"words": experiment.words[lang], "lab": experiment.lab, "arguments": dict(experiment.arguments)}
            for experiment in core.LABS[done.call.name].next_experiments(done.result)
        ]
    if answer.next_lab:
        lab = core.LABS[answer.next_lab]
        words = STRINGS[lang]["lab_of"].format(title=lab.title[lang])
        chips.append({"words": words, "lab": answer.next_lab, "arguments": dict(lab.first)})
    return {"form": form, "next": [*chips, *({"words": q, "question": q} for q in answer.next_questions)]}


def gallery(index: Index, lang: Lang) -> list[dict[str, Any]]:
    """Every lab: its picture, title, what is to be seen, the articles that tell its story, and its form."""
    told: dict[str, list[dict[str, str]]] = {name: [] for name in core.LABS}
    for ident in index.documents:
        if not ident.startswith(f"{lang}/"):  # the learner's own files, which may be many, belong to no lab
            continue
        if (document := index.document(ident)).lab in told:
            link = render.document_link(document.id, (0, 0), lang)
            told[document.lab].append({"title": document.title, "link": link})
    drawn = json.loads(RUNS.read_text("utf-8"))
    return [
        {
            "lab": name,
            "picture": f"/labs/{name}.webp?{drawn[name]['picture']}" if name in drawn else "",
            "title": lab.title[lang],
            "summary": lab.summary[lang],
            "articles": told[name],
            "fields": forms.fields(name, lang, lab.first),
        }
        for name, lab in core.LABS.items()
    ]


def replayed(file: bytes, lang: Lang) -> dict[str, Any]:
    """The run that a record's file asks for, as the page begins it; or, as `error`, why the file is no record."""
    try:
        record = records.read(file)
    except TutorError as error:
        return {"error": error.text(lang)}
    return {"lab": record["lab"], "arguments": record["arguments"], "record": record}
