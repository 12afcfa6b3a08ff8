"""Read and check the sources: corpus/en/*.md, corpus/ko/*.md and the learner's notes in seeds/*.txt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, get_args

import yaml

from tutor.config import Settings
from tutor.errors import CorpusError
from tutor.text import language
from tutor.types import Document, Lang, Source

NOTE_TITLE = "학습자의 노트 (the learner's own note)"
_FIELDS = ("title", "slug", "lang", "sources", "facts")
_FENCE = re.compile(r"---[ \t]*$")


def files(settings: Settings) -> list[Path]:
    """The source files, sorted: articles by language and name, then the notes."""
    articles = [path for lang in sorted(get_args(Lang)) for path in sorted((settings.corpus / lang).glob("*.md"))]
    return articles + sorted(settings.seeds.glob("*.txt"))


def name(path: Path) -> str:
    """A source file's name wherever the project lies: "corpus/en/perceptron.md", "seeds/note.txt"."""
    return "/".join(path.parts[-3:] if path.suffix == ".md" else path.parts[-2:])


def read(settings: Settings) -> list[Document]:
    """Every source file, checked, in the order of `files`.

    Raises:
        CorpusError: there is none, or one is not UTF-8, has broken front matter, lacks a field, is in
            the wrong folder or under the wrong name, or states a fact from a source it does not name.
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
    return [_article(path) if path.suffix == ".md" else _note(path) for path in paths]


def _note(path: Path) -> Document:
    text = _text(path)
    return Document(f"seeds/{path.stem}", path.stem, NOTE_TITLE, language(text), name(path), text)


def _article(path: Path) -> Document:
    text = _text(path)
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines[1:], 1) if _FENCE.match(line)), None)
    if not _FENCE.match(lines[0]) or end is None:
        _broken(path, 1, "the front matter is missing or not closed", "Put it between two lines of --- at the top.")
    data, at = _front_matter(path, "\n".join(lines[1:end]))
    sources = _sources(path, data["sources"], at)
    _check_facts(path, data["facts"], {source.id for source in sources}, at)
    slug, lang = str(data["slug"]), str(data["lang"])
    if slug != path.stem:
        _broken(path, at["slug"], f"the slug {slug!r} is not the file's name", f"Write slug: {path.stem}")
    if lang != path.parent.name:
        _broken(path, at["lang"], f"the language {lang!r} is not the folder's", f"Write lang: {path.parent.name}")
    if not any(line.strip() and not line.startswith("#") for line in lines[end + 1 :]):
        _broken(path, end + 2, "there is no text after the front matter", "Write the article.")
    doc_lang: Lang = "ko" if lang == "ko" else "en"
    return Document(f"{lang}/{slug}", slug, str(data["title"]), doc_lang, name(path), text, end + 2, sources)


def content(path: Path) -> bytes:
    """The bytes of a source file.

    Raises:
        CorpusError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        _broken(path, 1, f"the file cannot be read ({error.strerror})", "Check that it is a file that you may read.")


def _text(path: Path) -> str:
    """The file's text, LF line ends, no byte order mark."""
    raw = content(path)
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        _broken(path, line, f"the byte {raw[error.start]:#04x} is not UTF-8", "Save the file as UTF-8.")


def _front_matter(path: Path, block: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The fields, and the line in the file of every field and of every item ("facts.3")."""
    try:
        data, node = yaml.safe_load(block), yaml.compose(block, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character is not allowed"
        _broken(path, mark.line + 2 if mark else 2, f"the front matter is not YAML: {problem}", "Check the quotes.")
    if not isinstance(data, dict) or node is None:
        _broken(path, 2, "the front matter is not a list of fields", f"Write the fields {', '.join(_FIELDS)}.")
    at = {}
    for key, value in node.value:  # block line 0 is line 2 of the file
        at[key.value] = key.start_mark.line + 2
        if isinstance(value, yaml.SequenceNode):
            at |= {f"{key.value}.{i}": item.start_mark.line + 2 for i, item in enumerate(value.value)}
    for field in _FIELDS:
        if not data.get(field):
            _broken(path, at.get(field, 1), f"the field {field} is missing or empty", f"Write {field}: ...")
    return data, at


def _sources(path: Path, items: Any, at: Mapping[str, int]) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for i, item in enumerate(items if isinstance(items, list) else [items]):
        line = at.get(f"sources.{i}", at["sources"])
        if not isinstance(item, dict) or not all(isinstance(item.get(k), str) for k in ("id", "title", "url")):
            _broken(path, line, "a source lacks its id, title or url", 'Write - {id: ..., title: "...", url: ...}')
        if item["id"] in found:
            _broken(path, line, f"the source {item['id']!r} is named twice", "Give each source its own id.")
        found[item["id"]] = Source(item["id"], item["title"], item["url"])
    return tuple(found.values())


def _check_facts(path: Path, items: Any, known: set[str], at: Mapping[str, int]) -> None:
    for i, item in enumerate(items if isinstance(items, list) else [items]):
        line = at.get(f"facts.{i}", at["facts"])
        if not isinstance(item, dict) or not item.get("fact"):
            _broken(path, line, "a fact has no text", 'Write - {fact: "...", source: ...}')
        if item.get("source") not in known:
            choices = ", ".join(sorted(known))
            _broken(path, line, f"the fact's source {item.get('source')!r} is unknown", f"Known are {choices}.")


def _broken(path: Path, line: int, what: str, fix: str) -> NoReturn:
    raise CorpusError(
        f"{path}, line {line}: {what}.", fix, ko=(f"{path} {line}번째 줄에 문제가 있어요: {what}.", fix)
    ) from None
