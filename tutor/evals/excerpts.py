"""What the tutor would show its model for each training question, so that training sees what answering sees.

python -m tutor.evals.excerpts --data DIR --tokenizer runs/llama --out runs/excerpts.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from tutor import config
from tutor.chat import grounding
from tutor.lookup import look_up, story_query
from tutor.retrieval.builds import open_index
from tutor.training import texts
from tutor.types import Lang

LANGUAGES: tuple[Lang, ...] = ("en", "ko")
OFF_TOPIC = 800  # utterances a language
PHRASINGS = 40  # of one question
CONTEXT = 1024  # tokens of the bundled model


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder with tokenizer.json")
    parser.add_argument("--data", type=Path, required=True, help="folder of the public .jsonl.gz text files")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    config.go_offline()
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer / "tokenizer.json"))
    index = open_index(config.load())
    with arguments.out.open("w", encoding="utf-8") as out:
        for question, lang, gate in _asked(arguments.data):
            found = look_up(index, question, lang)
            shown = grounding.excerpts(found.hits, found.evidence, CONTEXT // 3, lambda t: len(tokenizer.encode(t).ids))
            documents = [{"title": e.title, "text": e.text} for e, _ in shown]
            record = {
                "question": question,
                "lang": lang,
                "gate": gate,
                "documents": documents,
                "best": found.evidence[0].text if found.evidence else "",
            }
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def _asked(data: Path) -> Iterator[tuple[str, Lang, str]]:
    """What is asked in training, as (text, language, gate or ""): questions, small talk, other things, stories."""
    pool = texts.load_small_talk(texts.load_corpus(texts.load_off_topic(texts.Pool(), data)), data)
    for qa in pool.qa:
        yield from ((question, qa.lang, "") for question in qa.questions[:PHRASINGS])
    for lang in LANGUAGES:
        yield from ((text, lang, "") for text in random.Random(0).sample(pool.off_topic[lang], OFF_TOPIC))
        for gate in ("and", "or", "nand", "nor", "xor", "xnor"):
            yield story_query("train_perceptron", {"gate": gate}, lang), lang, gate


if __name__ == "__main__":
    main()
