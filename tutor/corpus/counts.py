"""How much the corpus holds: `python -m tutor.corpus.counts`."""

from __future__ import annotations

import json
from pathlib import Path

from tutor.config import Settings, load
from tutor.corpus import articles, corrections, glossary, timeline
from tutor.types import LANGS, Lang


def counts(settings: Settings) -> dict[str, dict[Lang, int]]:
    """What there is of each kind, by language. Questions are counted by record; wordings are the ways of asking."""
    documents = [d for d in articles.read(settings) if not d.id.startswith(("seeds/", "library/"))]
    train, dev = (_records(settings.corpus / "qa" / name) for name in ("train", "dev"))
    found: dict[str, dict[Lang, int]] = {}
    for lang in LANGS:
        mine = [d for d in documents if d.lang == lang]
        facts = [(fact, {s.id for s in d.sources if s.primary}) for d in mine for fact in d.facts]
        asked = [record for record in train if record["lang"] == lang]
        numbers = {
            "articles": len(mine),
            "facts": len(facts),
            "facts with a primary source": sum(fact.source in primary for fact, primary in facts),
            "facts read in the primary source": sum(fact.checked in primary for fact, primary in facts),
            "events of the timeline": len(timeline.events(mine, lang)),
            "training questions": len(asked),
            "their wordings": sum(len(record["questions"]) for record in asked),
            "questions for measuring": sum(record["lang"] == lang for record in dev),
            "terms of the glossary": len(glossary.read(settings)),
            "their spellings": sum(len(term.names[lang]) for term in glossary.read(settings)),
            "corrections of the note": len(corrections.read(settings)),
        }
        for name, number in numbers.items():
            found.setdefault(name, {})[lang] = number
    return found


def _records(folder: Path) -> list[dict]:
    paths = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]


def table(settings: Settings) -> str:
    """The counts as lines of text."""
    rows = [f"{'':34}{'en':>7}{'ko':>7}"]
    rows += [f"{name:34}{row['en']:7,}{row['ko']:7,}" for name, row in counts(settings).items()]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(load()))  # noqa: T201
