"""Read the sources: corpus/en/*.md, corpus/ko/*.md, texts in seeds/ (*.txt, *.md), and the learner's library.

The front matter's fields are told in corpus/README.md. All of them may be absent here, so that a learner's own text
needs none; what the project's own articles owe is asked by lint.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from tutor.config import Settings
from tutor.corpus import library
from tutor.corpus.front_matter import broken, front_matter
from tutor.errors import CorpusError
from tutor.text import language
from tutor.types import Document, Fact, Lang, Source

NOTE_TITLE = "학습자의 노트 (the learner's own note)"
RELATIONS = ("predecessor", "successor", "see_also")
_HEADING = re.compile(r"(?m)^#\s+(.+?)\s*$")
_LISTS = ("years", "people", "organisations", "tags")


def files(settings: Settings) -> list[Path]:
    """The source files, sorted: articles by language and name, texts in seeds/, then those of the library."""
    articles = [path for lang in sorted(get_args(Lang)) for path in sorted((settings.corpus / lang).glob("*.md"))]
    own = [path for path in settings.seeds.glob("*") if path.suffix in (".txt", ".md")]
    return articles + sorted(own) + library.files(settings)


def name(path: Path) -> str:
    """A source file's name wherever the project lies: "corpus/en/perceptron.md", "seeds/note.txt"."""
    return "/".join(path.parts[-3:] if path.parent.name in get_args(Lang) else path.parts[-2:])


def read(settings: Settings) -> list[Document]:
    """Every source file at once, see `stream`."""
    return list(stream(settings))


def stream(settings: Settings, known: Callable[[str], Document | None] = lambda ident: None) -> Iterator[Document]:
    """Every source file, checked, in the order of `files`, read when it is its turn.

    One of the library that cannot be read is left out.

    Args:
        known: gives by its id a document of the library whose file is the same as when it was extracted, or None.

    Raises:
        CorpusError: there is none, or an article is not UTF-8, has broken front matter, is in the wrong folder
            or under the wrong name, or states a fact from a source it does not name.
    """
    paths = files(settings)
    if not paths:
        raise CorpusError(
            f"There is nothing to search: {settings.corpus} holds no article and {settings.seeds} no note.",
            f"Put articles into {settings.corpus / 'en'} and {settings.corpus / 'ko'}, or type: git checkout -- corpus",
            ko=(
                f"검색할 자료가 없어요. {settings.corpus}에 글이 없고 {settings.seeds}에 노트가 없어요.",
                f"{settings.corpus / 'ko'}에 글을 넣거나 다음을 입력하세요: git checkout -- corpus",
            ),
        )
    paths_of: dict[str, str] = {}
    for path in paths:
        if path.parent == settings.library:
            continue
        found = document(path, own=path.parent == settings.seeds)
        if found.id in paths_of:
            broken(path, 1, f"{paths_of[found.id]} has the same name", "Give one of them another name.")
        paths_of[found.id] = found.path
        yield found
    yield from library.documents(settings, known)


def document(path: Path, own: bool = False) -> Document:
    """One source file; `own` where it is the learner's, which no folder binds to a language or a name.

    Raises:
        CorpusError: as for `stream`.
    """
    text = content_text(path)
    if path.suffix == ".txt":
        return Document(f"seeds/{path.stem}", path.stem, NOTE_TITLE, language(text), name(path), text)
    head = front_matter(path, text)
    data, at = head.fields, head.at
    body = "\n".join(text.split("\n")[head.body_line - 1 :])
    if not any(line.strip() and not line.startswith("#") for line in body.split("\n")):
        broken(path, head.body_line, "there is no text after the front matter", "Write the article.")
    slug, lang = str(data.get("slug") or path.stem), data.get("lang") or ("" if own else path.parent.name)
    if slug != path.stem:
        broken(path, at["slug"], f"the slug {slug!r} is not the file's name", f"Write slug: {path.stem}")
    if not own and lang != path.parent.name:
        broken(path, at["lang"], f"the language {lang!r} is not the folder's", f"Write lang: {path.parent.name}")
    heading = _HEADING.search(body)
    sources = _sources(path, data.get("sources") or (), at)
    return Document(
        id=f"{'seeds' if own else lang}/{slug}",
        slug=slug,
        title=str(data.get("title") or (heading[1] if heading else path.stem)),
        lang="ko" if lang == "ko" else "en" if lang == "en" else language(body),
        path=name(path),
        text=text,
        body_line=head.body_line,
        related=_related(path, data.get("related") or {}, at),
        lab=str(data.get("lab") or ""),
        sources=sources,
        facts=_facts(path, data.get("facts") or (), {source.id for source in sources}, at),
        **{key: _list(path, key, data.get(key) or (), at) for key in _LISTS},
    )


def content(path: Path) -> bytes:
    """The bytes of a source file.

    Raises:
        CorpusError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        broken(path, 1, f"the file cannot be read ({error.strerror})", "Check that it is a file that you may read.")


def content_text(path: Path) -> str:
    """The file's text, LF line ends, no byte order mark.

    Raises:
        CorpusError: it cannot be read, or is not UTF-8.
    """
    raw = content(path)
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        broken(path, line, f"the byte {raw[error.start]:#04x} is not UTF-8", "Save the file as UTF-8.")


def _list(path: Path, key: str, items: Any, at: Mapping[str, int]) -> tuple:
    items = tuple(items) if isinstance(items, list | tuple) else (items,)
    if not all(isinstance(item, int if key == "years" else str) for item in items):
        broken(path, at[key], f"{key} holds {items!r}", f"Write a list of {'years' if key == 'years' else 'names'}.")
    return items


def _related(path: Path, data: Any, at: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    if not isinstance(data, dict) or not set(data) <= set(RELATIONS):
        broken(path, at["related"], f"related holds {data!r}", f"It may hold {', '.join(RELATIONS)}.")
    return {key: _list(path, "related", slugs or (), at) for key, slugs in data.items()}


def _sources(path: Path, items: Any, at: Mapping[str, int]) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for i, item in enumerate(items if isinstance(items, list | tuple) else [items]):
        line = at.get(f"sources.{i}", at["sources"])
        if not isinstance(item, dict) or not isinstance(item.get("title"), str):
            broken(path, line, "a source has no title", 'Write - {id: ..., title: "...", url: ...}')
        source = _source(item, i)
        if source.id in found:
            broken(path, line, f"the source {source.id!r} is named twice", "Give each source its own id.")
        found[source.id] = source
    return tuple(found.values())


def _source(item: Mapping[str, Any], number: int) -> Source:
    url = str(item.get("url") or "")
    if not url and item.get("arxiv"):
        url = f"https://arxiv.org/abs/{item['arxiv']}"
    if not url and item.get("doi"):
        url = f"https://doi.org/{item['doi']}"
    year = item.get("year")
    return Source(
        id=str(item.get("id") or f"source-{number + 1}"),
        title=item["title"],
        url=url,
        primary=item.get("kind") == "primary",
        authors=str(item.get("authors") or ""),
        venue=str(item.get("venue") or ""),
        year=year if isinstance(year, int) else None,
    )


def _facts(path: Path, items: Any, known: set[str], at: Mapping[str, int]) -> tuple[Fact, ...]:
    found: dict[str, Fact] = {}
    for i, item in enumerate(items if isinstance(items, list | tuple) else [items]):
        line = at.get(f"facts.{i}", at["facts"])
        if not isinstance(item, dict) or not isinstance(item.get("fact"), str):
            broken(path, line, "a fact has no text", 'Write - {fact: "...", source: ...}')
        for key in ("source", "checked"):
            if item.get(key) and item[key] not in known:
                choices = ", ".join(sorted(known))
                broken(path, line, f"the fact's {key} {item[key]!r} is unknown", f"Known are {choices}.")
        year = item.get("year")
        if year is not None and not isinstance(year, int):
            broken(path, line, f"the fact's year is {year!r}", "Write a year such as 1958.")
        words = {key: str(item.get(key) or "") for key in ("subject", "value", "source", "checked", "quote")}
        fact = Fact(id=str(item.get("id") or i + 1), text=" ".join(item["fact"].split()), year=year, **words)
        if fact.id in found:
            broken(path, line, f"the fact {fact.id!r} stands twice", "Give each fact its own id.")
        found[fact.id] = fact
    return tuple(found.values())
