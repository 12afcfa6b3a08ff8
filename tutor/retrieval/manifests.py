"""What a build of the index was made from, and whether that is still what lies there."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tutor.config import Settings
from tutor.corpus import articles, questions
from tutor.retrieval import chunking, encoder

FORMAT = 4
# What decides on the content of a build, beside its inputs.
READERS = ("extracted", "formats", "front_matter", "library", "read_docx", "read_html", "read_notebook", "read_pdf")
CODE = (
    *("text.py", "corpus/articles.py", "corpus/questions.py"),
    *(f"corpus/{name}.py" for name in READERS),
    *(
        f"retrieval/{name}.py"
        for name in (
            *("builds", "chunking", "encoder", "faiss_store", "ingest", "keys", "layout", "lexical", "lexical_build"),
            *("manifests", "milvus_store", "records", "spelling", "stores"),
        )
    ),
)
TOKENIZERS = ("python-mecab-ko-dic", "snowballstemmer", "bm25s")
PARSERS = ("pypdf", "beautifulsoup4", "lxml", "nbformat", "python-docx")


def changes(settings: Settings) -> list[str] | None:
    """What the index on disk depends on and is different now, by name; None where there is no index.

    Raises:
        CorpusError, SearchIndexError: the sources or the encoder cannot be read.
    """
    try:
        return stale(settings, json.loads((settings.index / "manifest.json").read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ["manifest.json"]


def stale(settings: Settings, manifest: Mapping[str, Any]) -> list[str]:
    """The names of the inputs in `manifest` that are not what they are now."""
    wanted = inputs(settings, manifest["inputs"].get("encoder", {}))
    return [name for name, value in wanted.items() if not same(manifest["inputs"].get(name), value)]


def same(recorded: Any, wanted: Any) -> bool:
    """Equal, but for when the encoder's file was written."""
    if isinstance(recorded, dict) and isinstance(wanted, dict):
        return {**recorded, "mtime_ns": 0} == {**wanted, "mtime_ns": 0}
    return recorded == wanted


def inputs(settings: Settings, known: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a build depends on. A change in any of it makes the index stale.

    Args:
        known: an earlier identity of the encoder, see encoder.identity.
    """
    package = Path(__file__).parent.parent
    return {
        "format": FORMAT,
        "encoder": encoder.identity(known),
        "store": settings.index_uri,
        "chunking": {"characters": chunking.TARGET},
        "tokenizer": {p: importlib.metadata.version(p) for p in TOKENIZERS},
        "parsers": {p: importlib.metadata.version(p) for p in PARSERS},
        "code": hashlib.sha256(b"".join((package / name).read_bytes() for name in CODE)).hexdigest(),
        "sources": {
            articles.name(p): hashlib.sha256(articles.content(p)).hexdigest()
            for p in [*articles.files(settings), *questions.files(settings)]
        },
    }
