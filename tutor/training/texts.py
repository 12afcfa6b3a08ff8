"""Reads the training material: public text files (--data), and this project's own corpus and question pairs."""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tutor.config import ROOT
from tutor.text import normalise, sentences
from tutor.types import Lang

# Running text, by file and the field that holds it. Licences: MODEL_CARD.md.
PROSE: dict[Lang, dict[str, str]] = {
    "en": {"domain_en": "text", "squad_train": "context", "openstax_en": "text"},
    "ko": {"domain_ko": "text", "kobest_boolq_ko": "context", "kobest_other_ko": "context", "general_ko_docs": "text"},
}
# What people say to assistants that has nothing to do with the history of AI.
OFF_TOPIC: dict[Lang, dict[str, str]] = {
    "en": {"intents_en": "text", "queries_en": "text"},
    "ko": {"paraphrase_ko": "group", "kobest_boolq_ko": "question"},
}
SMALL_TALK: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("small_talk.yaml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class QA:
    """A question pair of the corpus; `answer` are sentences of the article, word for word."""

    id: str
    slug: str
    lang: Lang
    questions: tuple[str, ...]
    answer: tuple[str, ...]


@dataclass(slots=True)
class Pool:
    """`paragraphs` are lists of consecutive sentences; `squad` holds (question, answer sentence, its paragraph)."""

    paragraphs: dict[Lang, list[list[str]]] = field(default_factory=lambda: {"en": [], "ko": []})
    squad: list[tuple[str, str, list[str]]] = field(default_factory=list)
    off_topic: dict[Lang, list[str]] = field(default_factory=lambda: {"en": [], "ko": []})
    articles: dict[str, tuple[Lang, str, list[list[str]]]] = field(default_factory=dict)
    qa: list[QA] = field(default_factory=list)


def folders(doc: str | None, out: Path) -> argparse.Namespace:
    """The options of a trainer that `doc` tells of: `data`, and `out`, where it writes unless told otherwise."""
    parser = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public .jsonl.gz text files")
    parser.add_argument("--out", type=Path, default=out)
    return parser.parse_args()


def records(path: Path) -> Iterator[dict]:
    """The JSON objects of a .jsonl or .jsonl.gz file."""
    with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else raw as lines:
        for line in lines:
            yield json.loads(line)


def folder_records(folder: Path) -> Iterator[dict]:
    """Those of all .jsonl files of `folder`, by name."""
    for path in sorted(folder.glob("*.jsonl")):
        yield from records(path)


def split(text: str) -> list[str]:
    """The sentences of `text`, white space collapsed."""
    return [" ".join(text[a:b].split()) for a, b in sentences(text)]


def load_public(data: Path, limit: int = 30_000) -> Pool:
    """Prose, SQuAD and off-topic utterances from `data`; at most `limit` records a file."""
    pool = Pool()
    for lang, files in PROSE.items():
        for name, key in files.items():
            seen: set[str] = set()
            for record in _some(data / f"{name}.jsonl.gz", limit):
                text = normalise(record.get(key) or "")
                if text not in seen and len(text) > 60:
                    seen.add(text)
                    pool.paragraphs[lang].append([s for s in split(text) if _readable(s)])
        pool.paragraphs[lang] = [p for p in pool.paragraphs[lang] if p]
    for record in _some(data / "squad_train.jsonl.gz", 90_000):
        pair = _squad(record)
        if pair:
            pool.squad.append(pair)
    return load_off_topic(pool, data, limit)


def load_off_topic(pool: Pool, data: Path, limit: int = 30_000) -> Pool:
    """Add the off-topic utterances in `data` to `pool`; at most `limit` records a file."""
    for lang, files in OFF_TOPIC.items():
        for name, key in files.items():
            for record in _some(data / f"{name}.jsonl.gz", limit):
                if record.get("intent") in SMALL_TALK.get(name, ()):
                    continue
                value = record.get(key) or []
                pool.off_topic[lang] += [value] if isinstance(value, str) else value[:3]
    return pool


def load_corpus(pool: Pool, root: Path = ROOT) -> Pool:
    """Add this project's articles, the learner's note and the question pairs to `pool`."""
    for path in sorted([*root.glob("corpus/en/*.md"), *root.glob("corpus/ko/*.md")]):
        head, body = path.read_text(encoding="utf-8").split("\n---\n", 1)
        title = re.search(r"^title: *(.+)$", head, re.M)
        paragraphs = [split(p) for p in body.split("\n\n") if p.strip() and not p.lstrip().startswith("#")]
        lang: Lang = "ko" if path.parent.name == "ko" else "en"
        pool.articles[f"{lang}/{path.stem}"] = (lang, title[1].strip("\"'") if title else path.stem, paragraphs)
    for path in sorted(root.glob("corpus/qa/train/*.jsonl")):
        for r in records(path):
            if "after" in r:  # a follow-up says nothing by itself
                continue
            pool.qa.append(QA(r["id"], r["slug"], r["lang"], tuple(r["questions"]), tuple(r["answer"])))
    return pool


def load_small_talk(pool: Pool, data: Path) -> Pool:
    """Add to the question pairs what people say in greeting and parting, answered from the tutor's own page."""
    answers = {qa.id: qa for qa in pool.qa}
    for name, key in (("intents_en", "text"), ("chat_ko", "user")):
        said: dict[str, list[str]] = {}
        for record in records(data / f"{name}.jsonl.gz"):
            if ident := SMALL_TALK[name].get(record.get("intent") or ""):
                said.setdefault(ident, []).append(record[key])
        for ident, questions in said.items():
            qa = answers[ident]
            pool.qa.append(QA(f"{name}-{ident}", qa.slug, qa.lang, tuple(dict.fromkeys(questions)), qa.answer))
    return pool


def _some(path: Path, limit: int) -> Iterator[dict]:
    for i, record in enumerate(records(path)):
        if i >= limit:
            return
        yield record


def _readable(sentence: str) -> bool:
    """Of a length that a passage sentence has, and mostly letters."""
    letters = sum(c.isalpha() or c.isspace() for c in sentence)
    return 25 <= len(sentence) <= 260 and letters > 0.85 * len(sentence) and "$" not in sentence


def _squad(record: dict) -> tuple[str, str, list[str]] | None:
    context, answer = record["context"], record["answers"][0]
    for a, b in sentences(context):
        if a <= answer["answer_start"] < b and 25 <= b - a <= 300:
            return record["question"].strip(), " ".join(context[a:b].split()), split(context)
    return None


def prose(pool: Pool, lang: Lang) -> Iterator[str]:
    """Every paragraph of one language as running text, the corpus included."""
    for paragraph in pool.paragraphs[lang]:
        yield " ".join(paragraph)
    for article_lang, _, paragraphs in pool.articles.values():
        if article_lang == lang:
            yield from (" ".join(p) for p in paragraphs)
