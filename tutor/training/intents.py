"""tutor-intents: `python -m tutor.training.intents --data DIR` trains it and writes it.

Which messages are small talk or about the tutor itself, and which record of its own page answers them. A fifth of the
material, by whole records, phrases and intents, is held out first: the thresholds are chosen and the figures are
measured there; what is written is then fitted to all of it. The seed decides everything.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from tutor.config import BUNDLED_INTENTS, ROOT, go_offline
from tutor.retrieval import fitted
from tutor.retrieval.intents import HASHED, OTHER, Head, ngrams
from tutor.text import typed
from tutor.training import demo_requests, scope
from tutor.training.texts import SMALL_TALK, folders, records
from tutor.types import LANGS, Lang

SEED = 0
HELD_OUT = 5  # one group in so many
EXPANSIONS = 24  # of one phrase of the grammar, at most
A_GROUP = 50  # texts of one public intent that is something else, at most, lest one decide the threshold
OTHER_WEIGHT = 60.0  # of all that is something else, beside 1.0 for each intent
REGULAR = 3.0  # scikit-learn's C, over weights of which the sum is the number of texts
CERTAIN, LIKELY = 0.004, 0.01  # share of the held-out questions on the subject that may be taken for an intent
NOT_HERE = ("21", "22")  # records about the learner's note, which is searched instead

GRAMMAR: dict[str, dict[Lang, list[str]]] = yaml.safe_load(
    Path(__file__).with_name("intents.yaml").read_text(encoding="utf-8")
)
OWN = ROOT / "corpus" / "qa" / "train"
SUBJECT = frozenset(path.stem for path in OWN.glob("*.jsonl"))  # groups of questions on the subject
_CHOICE = re.compile(r"\{([^{}]*)\}")
_ABOUT_TODAY = re.compile(r"날씨|기온|뉴스|예보|미세먼지|\b(?:weather|forecast|news)\b", re.I)
# The public sets on everything under the sun: how many of their texts are taken, and which of a record.
EVERYTHING: dict[str, tuple[int, Callable[[dict], str]]] = {
    "queries_en": (6000, lambda r: r["text"]),
    "utterances_ko": (6000, lambda r: r["text"] if r["act"] in ("question", "statement") else ""),
    "paraphrase_ko": (3000, lambda r: (r.get("group") or [""])[0]),
    "squad_train": (4000, lambda r: r["question"].strip()),
    "parallel_ko_en": (4000, lambda r: r["ko"] if r["source"] == "mkqa-question" else ""),
}
_TAILS: dict[Lang, tuple[str, ...]] = {
    "en": ("!", "!!", "...", " :)", " 😊", " 👍", " lol", " 🙏", " please", " pls"),
    "ko": ("!", "~", "...", " ㅎㅎ", " ㅋㅋ", " 😊", " 👍", "~~", " ㅠㅠ", " 🙏"),
}
_OPENERS: dict[Lang, tuple[str, ...]] = {
    "en": ("hi, ", "hello! ", "hey ", "ok, ", "thanks. ", "so ", "um, ", "sorry, "),
    "ko": ("안녕! ", "안녕하세요, ", "음 ", "고마워. ", "저기 ", "그럼 ", "근데 ", "아 "),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message, the intent that it has ("tutor-04", "other"), and what it is held out with."""

    text: str
    label: str
    group: str

    @property
    def held_out(self) -> bool:
        return hashlib.sha256(self.group.encode()).digest()[0] % HELD_OUT == 0


# ---- material ------------------------------------------------------------------------------------
def expanded(phrase: str, rng: random.Random) -> list[str]:
    """Ways to read `phrase`, at most EXPANSIONS, each once: of {a|b|} one, the innermost first."""
    found: dict[str, None] = {}
    for _ in range(3 * EXPANSIONS):
        text = phrase
        while _CHOICE.search(text):
            text = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), text)
        found.setdefault(re.sub(r",\?", rng.choice([",", ""]), " ".join(text.split())))
        if len(found) == EXPANSIONS:
            break
    return list(found)


def roughened(text: str, lang: Lang, rng: random.Random) -> str:
    """As it may be typed in haste: small letters, no end mark, a slip of the keyboard, something behind it."""
    text = rng.choice([text, text.lower(), text.rstrip("?.!"), text.rstrip("?.!") + rng.choice(_TAILS[lang])])
    if rng.random() < 0.15 and len(text) > 6:
        at = rng.randrange(1, len(text) - 2)
        text = rng.choice([text[:at] + text[at + 1] + text[at] + text[at + 2 :], text[:at] + text[at + 1 :]])
    if lang == "ko" and rng.random() < 0.15:
        text = text.replace(" ", "")
    return text


def grammar(rng: random.Random) -> Iterator[Said]:
    """The phrases of intents.yaml, expanded."""
    for label, by_lang in GRAMMAR.items():
        for lang, phrases in by_lang.items():
            for phrase in phrases:
                for text in expanded(phrase, rng):
                    yield Said(text, label, phrase)
                    yield Said(roughened(text, lang, rng), label, phrase)
                if label not in ("tutor-01", "tutor-04", "tutor-05"):
                    opened = rng.choice(_OPENERS[lang]) + rng.choice(expanded(phrase, rng))
                    yield Said(opened, label, phrase)


def own_questions(rng: random.Random) -> Iterator[Said]:
    """The training questions of the corpus: those of the tutor's own page by record, all others as something else."""
    for path in sorted(OWN.glob("*.jsonl")):
        for record in records(path):
            number = record["id"].rpartition("-")[2]
            about_itself = record["slug"] == "tutor" and number not in NOT_HERE and "after" not in record
            label, lang = f"tutor-{number}" if about_itself else OTHER, record["lang"]
            group = record["id"] if record["slug"] == "tutor" else record["slug"]
            for text in record["questions"]:
                yield Said(text, label, group)
                if about_itself:
                    yield from (Said(roughened(text, lang, rng), label, group) for _ in range(3))
                elif rng.random() < 0.3:
                    text = rng.choice(_OPENERS[lang]) + text if rng.random() < 0.6 else text
                    yield Said(roughened(text, lang, rng), label, group)


def unanswered() -> Iterator[Said]:
    """The questions that the sources do not answer, as something else."""
    yield from (Said(text, OTHER, text) for text in scope.unanswered(OWN.parent / "unanswered"))


def small_talk(data: Path) -> Iterator[Said]:
    """The public small talk, by the intents of small_talk.yaml; what these do not name is something else."""
    for name, key in (("intents_en", "text"), ("chat_en", "user"), ("chat_ko", "user")):
        seen: set[str] = set()
        others: Counter[str] = Counter()
        for record in records(data / f"{name}.jsonl.gz"):
            named, text = record.get("intent"), record[key]
            mapped = SMALL_TALK[name].get(named or "", OTHER)
            if not named or not mapped or text in seen:
                continue
            seen.add(text)
            others[named] += mapped == OTHER
            if others[named] <= A_GROUP:
                yield Said(text, OTHER if mapped == OTHER else f"tutor-{mapped[-2:]}", f"{name} {named}")


def something_else(data: Path, rng: random.Random) -> Iterator[Said]:
    """Requests for a demo, and questions about everything under the sun."""
    for _ in range(1500):
        for lang in LANGS:
            text = demo_requests.request(rng, lang)[0]
            yield Said(text, OTHER, text)
    for _ in range(200):
        for lang in LANGS:
            text = demo_requests.from_history(rng, lang)
            yield Said(text, OTHER, text)
    for name, (most, _) in EVERYTHING.items():
        texts = public(data, name)
        for text in rng.sample(texts, min(most, len(texts))):
            if not _ABOUT_TODAY.search(text):  # may well be asked of tutor-16
                yield Said(text, OTHER, text)


def public(data: Path, name: str) -> list[str]:
    """The texts of the set `name` of EVERYTHING in the folder `data`, each once, sorted."""
    _, read = EVERYTHING[name]
    return sorted({text for record in records(data / f"{name}.jsonl.gz") if (text := read(record))})


def material(data: Path, seed: int = SEED) -> list[Said]:
    """Every text once a label, in a fixed order; a text that has an intent is not something else as well."""
    rng = random.Random(seed)
    said = [*own_questions(rng), *unanswered(), *grammar(rng), *small_talk(data), *something_else(data, rng)]
    meant = {one.text.lower() for one in said if one.label != OTHER}
    kept = {(one.text, one.label): one for one in reversed(said) if one.label != OTHER or one.text.lower() not in meant}
    return list(reversed(kept.values()))


def encoded(texts: Sequence[str]) -> csr_matrix:
    """What the head reads of them, shape (len(texts), FEATURES)."""
    texts = [typed(text).strip() for text in texts]
    vectors = scope.encoded(texts)
    rows = [ngrams(text) for text in texts]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((column for row in rows for column in row), np.int32, ends[-1])
    values = np.fromiter((value for row in rows for value in row.values()), np.float32, ends[-1])
    hashed = csr_matrix((values, columns, ends), shape=(len(texts), HASHED))
    return hstack([csr_matrix(vectors), hashed], format="csr")


# ---- training ------------------------------------------------------------------------------------
def fit(said: Sequence[Said], read: csr_matrix | np.ndarray) -> LogisticRegression:
    """The regression; each intent weighs 1, however many wordings it has, and everything else OTHER_WEIGHT."""
    counts = Counter(one.label for one in said)
    share = np.array([(OTHER_WEIGHT if one.label == OTHER else 1.0) / counts[one.label] for one in said])
    model = LogisticRegression(C=REGULAR, max_iter=500, tol=1e-5)
    return model.fit(read, [one.label for one in said], sample_weight=share * len(said) / share.sum())


def threshold(other: np.ndarray, share: float) -> float:
    """The probability of "other" below which this `share` of the texts lies, whose probabilities these are."""
    return float(np.quantile(other, share))


def figures(said: Sequence[Said], chosen: Sequence[str | None]) -> dict[str, str]:
    """How many held-out texts stay something else, are recognised, and are given the right record."""
    other = [found for one, found in zip(said, chosen, strict=True) if one.label == OTHER]
    told = {"other stays other": _share(sum(found is None for found in other), len(other))}
    for lang, korean in (("en", False), ("ko", True)):
        meant = [
            (one.label, found)
            for one, found in zip(said, chosen, strict=True)
            if one.label != OTHER and bool(re.search("[가-힣ㄱ-ㅎ]", one.text)) == korean
        ]
        told[f"{lang} recognised"] = _share(sum(found is not None for _, found in meant), len(meant))
        told[f"{lang} right record"] = _share(sum(label == found for label, found in meant), len(meant))
    return told


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / max(whole, 1):.1%})"


def head_of(model: LogisticRegression, certain: float, likely: float) -> Head:
    """`model` as it is shipped, with the answers of the corpus."""
    answers: dict[str, dict[Lang, tuple[str, ...]]] = {}
    for record in records(OWN / "tutor.jsonl"):
        label = f"tutor-{record['id'][-2:]}"
        if label in model.classes_:
            answers.setdefault(label, {})[record["lang"]] = tuple(record["answer"])
    weight, bias = model.coef_.astype(np.float16), model.intercept_.astype(np.float16)
    return Head(tuple(map(str, model.classes_)), weight, bias, certain, likely, dict(sorted(answers.items())))


def save(head: Head, folder: Path) -> None:
    """Write `head`."""
    told = {"certain": head.certain, "likely": head.likely, "classes": head.classes, "answers": head.answers}
    fitted.write(folder, {"weight": head.weight, "bias": head.bias}, told)


def train(data: Path, out: Path) -> None:
    said = material(data)
    print(f"{len(said)} texts, {sum(one.label != OTHER for one in said)} of them with an intent", flush=True)
    read = encoded([one.text for one in said])
    held = np.array([one.held_out for one in said])
    kept, tested = ([one for one in said if one.held_out == side] for side in (False, True))
    model = fit(kept, read[~held])
    found = model.predict_proba(read[held])
    subject = found[[one.label == OTHER and one.group in SUBJECT for one in tested], list(model.classes_).index(OTHER)]
    tried = head_of(model, threshold(subject, CERTAIN), threshold(subject, LIKELY))
    for below in (tried.certain, tried.likely):
        chosen = [tried.choose(row, below) for row in found]
        print(json.dumps({"below": below} | figures(tested, chosen), ensure_ascii=False, indent=1))
    save(head_of(fit(said, read), tried.certain, tried.likely), out)


def main() -> None:
    arguments = folders(__doc__, BUNDLED_INTENTS)
    go_offline()
    train(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
