"""What the tutor would show its model for each training question, so that training sees what answering sees.

python -m tutor.evals.excerpts --tokenizer runs/llama --out runs/excerpts.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from tutor import config
from tutor.chat import grounding
from tutor.retrieval.index import open_index
from tutor.session import story_query
from tutor.types import Lang

LANGUAGES: tuple[Lang, ...] = ("en", "ko")
CONTEXT = 1024  # tokens of the bundled model


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder with tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    config.go_offline()
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer / "tokenizer.json"))
    index = open_index(config.load())
    with arguments.out.open("w", encoding="utf-8") as out:
        for question, lang, gate in _asked():
            hits = index.search(question, lang=lang)
            evidence = index.evidence(question, hits)
            shown = grounding.excerpts(hits, evidence, CONTEXT // 3, lambda t: len(tokenizer.encode(t).ids))
            documents = [{"title": e.title, "text": e.text} for e, _ in shown]
            record = {
                "question": question,
                "lang": lang,
                "gate": gate,
                "documents": documents,
                "best": evidence[0].text if evidence else "",
            }
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def _asked() -> Iterator[tuple[str, Lang, str]]:
    """Every training question, and what is looked up after a demo on each gate; (question, language, gate or "")."""
    for path in sorted((config.ROOT / "corpus" / "qa" / "train").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            yield from ((question, record["lang"], "") for question in record["questions"])
    for gate in ("and", "or", "nand", "nor", "xor", "xnor"):
        for lang in LANGUAGES:
            yield story_query(gate, lang), lang, gate


if __name__ == "__main__":
    main()
