"""What the page needs to show the sources: the list of them, the search over them, and what belongs to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tutor.corpus.articles import RELATIONS
from tutor.errors import TutorError
from tutor.lookup import NOTE_PAGE, SEEDS
from tutor.retrieval.confidence import COVERED
from tutor.retrieval.index import FILES, Index
from tutor.service import Ranked, ranked
from tutor.types import Document, Lang
from tutor.ui import render
from tutor.ui.strings import STRINGS

SHOWN = 12  # passages that a search shows


# ---- the list ------------------------------------------------------------------------------------
def listing(index: Index, lang: Lang, *, shared: bool = False) -> list[dict[str, Any]]:
    """Every document in `lang` and every one of the learner's own, in groups.

    First what is the learner's (the notes, the article about the note, the files), then the articles by era, in each
    by their first year. Sources that are `shared` are not the learner's to change.
    """
    words = STRINGS[lang]
    own: list[Document] = []
    eras: dict[str, list[Document]] = {era: [] for era in words["eras"]}
    for ident in index.documents:
        if not ident.startswith((f"{lang}/", SEEDS, FILES)):
            continue
        document = index.document(ident)
        if _is_own(document) or document.slug == NOTE_PAGE:
            own.append(document)
        else:
            eras[next((tag for tag in document.tags if tag in eras), "other")].append(document)
    own.sort(key=lambda document: [SEEDS, f"{lang}/", FILES].index(document.id.partition("/")[0] + "/"))
    groups = [(words["own"], "" if shared else words["own_hint"], own)]
    groups += [(words["eras"][era], "", sorted(found, key=_first_year)) for era, found in eras.items()]
    return [
        {"title": title, "hint": hint, "documents": [_entry(index, document, lang) for document in documents]}
        for title, hint, documents in groups
        if documents or hint
    ]


def _is_own(document: Document) -> bool:
    return document.id.startswith((SEEDS, FILES))


def _first_year(document: Document) -> tuple[float, str]:
    return min(document.years, default=float("inf")), document.title


def _entry(index: Index, document: Document, lang: Lang) -> dict[str, str]:
    """One line of the list; `find` are words of both languages by which it is found too."""
    words, own = STRINGS[lang], _is_own(document)
    notes = (
        words["langs"][document.lang] if document.lang != lang else "",
        "–".join(str(year) for year in document.years),
        words["about_note"] if document.slug == NOTE_PAGE and not own else "",
        document.id.removeprefix(FILES) if document.id.startswith(FILES) else "",
    )
    twin = None if own else index.documents.get(f"{'en' if lang == 'ko' else 'ko'}/{document.slug}")
    find = [twin.title] if twin else []
    for known in (document, twin):
        find += (*known.people, *known.organisations) if known else ()
    return {
        "title": document.title,
        "note": " · ".join(filter(None, notes)),
        "find": " ".join(find),
        "link": render.document_link(document.id, (0, 0), lang),
    }


# ---- the search ----------------------------------------------------------------------------------
def search(index: Index, query: str, lang: Lang) -> dict[str, Any]:
    """The best passages for `query` as the tutor itself finds them, each with why it came; or a word on why not."""
    words = STRINGS[lang]
    try:
        found, confidence = ranked(index, query, lang, SHOWN)
    except TutorError as error:
        return {"message": error.text(lang), "hits": []}
    hits = [_hit(one, _why(one.by_words, one.by_meaning, words["why"]), lang) for one in found]
    covered = confidence >= COVERED
    message = words["found" if covered else "found_far"].format(n=len(hits)) if hits else words["found_none"]
    return {"message": message, "hits": hits}


def _why(by_words: int | None, by_meaning: int | None, said: Mapping[str, str]) -> str:
    """How a passage was found: by what alone would have brought it among those SHOWN; else by both together."""
    ranked = {way: rank for way, rank in (("words", by_words), ("meaning", by_meaning)) if rank}
    ways = [way for way, rank in ranked.items() if rank <= SHOWN] or list(ranked)
    return said["both" if len(ways) > 1 else ways[0]].format(**ranked) if ways else ""


def _hit(one: Ranked, why: str, lang: Lang) -> dict[str, str]:
    """A passage in three parts: what stands before its best sentence, that sentence, and what stands behind it."""
    passage = one.hit.passage
    start, end = one.best.span if one.best else (len(passage.text), len(passage.text))
    other = STRINGS[lang]["langs"][passage.lang] if passage.lang != lang else ""
    return {
        "title": passage.title,
        "place": " · ".join(filter(None, (other, passage.section, passage.where(lang)))),
        "lang": passage.lang,
        "before": passage.text[:start],
        "best": passage.text[start:end],
        "behind": passage.text[end:],
        "why": why,
        "link": render.document_link(passage.doc, passage.lines, lang),
    }


# ---- beside a document ---------------------------------------------------------------------------
def beside(index: Index, document: Document, lang: Lang) -> render.Beside:
    """What belongs to a document: in its language, to one of the learner's own in the page's, `lang`."""
    own = _is_own(document)
    lang = lang if own else document.lang
    related = {kind: _known(index, document.related.get(kind, ()), lang) for kind in RELATIONS}
    said = " ".join(document.text.split()) if document.id.startswith(SEEDS) else ""
    corrections = []
    for record in index.corrections:
        article = index.documents.get(f"{lang}/{record.article}")
        if article and (record.note in said or (not own and article.slug == document.slug)):
            told = article if own else None
            corrections.append(render.Corrected(record.note, record.right[lang], article.source(record.source), told))
    return render.Beside({kind: found for kind, found in related.items() if found}, corrections)


def _known(index: Index, slugs: Sequence[str], lang: Lang) -> list[Document]:
    return [document for slug in slugs if (document := index.documents.get(f"{lang}/{slug}"))]
