"""The settings as the page shows them: how a learner wants to be answered, and what runs where."""

from __future__ import annotations

import json
from typing import Any, get_args

from sqlalchemy import make_url

from tutor import __version__
from tutor.config import BUNDLED_MODEL
from tutor.retrieval.index import FILES
from tutor.session import Tutor
from tutor.types import Lang, Length, Level, Manner
from tutor.ui.strings import STRINGS

CHOICES = {"lang": ("auto", "ko", "en"), "length": get_args(Length), "level": get_args(Level)}


def manner(asked: Any) -> Manner:
    """How a learner's browser asks to be answered, {"lang", "length", "level"}; the usual where it makes no sense."""
    given = asked if isinstance(asked, dict) else {}
    return Manner(**{name: given[name] for name, choices in CHOICES.items() if given.get(name) in choices})


def asked_manner(text: str) -> Manner:
    """The same from the JSON that the browser keeps."""
    try:
        return manner(json.loads(text))
    except ValueError:
        return Manner()


def status(tutor: Tutor, lang: Lang, account: str = "") -> dict[str, Any]:
    """What is told of the program, as rows of a name and what it is; `note` is what the choices don't change.

    `account` is who is signed in, "" where nobody has to be.
    """
    words, settings = STRINGS[lang]["settings"], tutor.settings
    bundled = settings.model == str(BUNDLED_MODEL) and not settings.server
    model = words["bundled"].format(name=tutor.model.name) if bundled else tutor.model.name
    own = sum(ident.startswith(FILES) for ident in tutor.index.documents)
    index = words["index"].format(documents=len(tutor.index.documents), passages=len(tutor.index.passages))
    facts = {
        "model": model,
        "licence": words["licence" if bundled else "unknown_licence"],
        "where": words["server"].format(url=settings.server) if settings.server else words["here"],
        "index": f"{index} ({words['library'].format(n=own)})" if own else index,
        "database": make_url(settings.database).render_as_string(hide_password=True),
        "version": __version__,
    }
    if account:
        del facts["database"]  # that is for who runs the tutor to know
    return {
        "facts": [[words["facts"][name], told] for name, told in facts.items()],
        "note": words["quotes_only"] if tutor.model.only_quotes else "",
        "account": words["account"].format(name=account) if account else "",
        "private": "" if settings.server else words["private"],
    }
