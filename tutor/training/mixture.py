"""What the bundled model is trained on: one generator a skill, drawn by weight, in four stages.

copy      random tokens repeated: the copying circuit settles over the whole vocabulary
select    passages of random tokens and a query: find the passage that the query quotes, copy it, cite it
read      real sentences in both languages, SQuAD, demo requests, refusals, running text
tutor     the same, with this project's corpus and question pairs as the core
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from transformers import PreTrainedTokenizerFast

from tutor.text import hangul_share, language
from tutor.training import demo_requests
from tutor.training.texts import QA, Pool
from tutor.types import Lang

PARAMETERS = ["gate", "layers", "learning_rate", "epochs", "seeds", "hidden_units", "activation"]
TOOL = {
    "type": "function",
    "function": {
        "name": "train_perceptron",
        "description": "",
        "parameters": {"type": "object", "properties": {p: {} for p in PARAMETERS}},
    },
}
REFUSAL: dict[Lang, str] = {
    "en": "My sources do not hold an answer to that.",
    "ko": "제가 가진 자료에는 그 답이 없어요.",
}
IGNORED = -100  # label of tokens that carry no loss

STAGES: dict[str, dict[str, float]] = {
    "copy": {"repeats": 1.0},
    "select": {"repeats": 0.2, "random_passages": 0.8},
    "read": {
        "repeats": 0.08,
        "random_passages": 0.12,
        "reading": 0.44,
        "squad": 0.15,
        "demo": 0.10,
        "off_topic": 0.06,
        "prose": 0.05,
    },
    "tutor": {
        "repeats": 0.02,
        "reading": 0.06,
        "squad": 0.05,
        "demo": 0.16,
        "explain": 0.04,
        "off_topic": 0.10,
        "small_talk": 0.06,
        "article": 0.14,
        "qa": 0.33,
        "prose": 0.04,
    },
}


@dataclass(slots=True)
class Sample:
    """A conversation whose last assistant turn, `answer` (text) or `call` (arguments), is to be learnt."""

    messages: list[dict[str, Any]]
    documents: list[dict[str, str]] = field(default_factory=list)
    answer: str = ""
    call: dict[str, Any] | None = None


class Mixture:
    """Draws encoded samples: `draw(stage)` gives (ids, labels), both lists of the same length."""

    def __init__(
        self, pool: Pool, tokenizer: PreTrainedTokenizerFast, seed: int, retrieved: list[dict[str, Any]] | None = None
    ) -> None:
        self.pool, self.tokenizer, self.rng = pool, tokenizer, random.Random(seed)
        # What the tutor would show (tutor/evals/excerpts.py): for a question, and after a demo.
        self.retrieved = {r["question"]: r["documents"] for r in retrieved or [] if not r["gate"]}
        ours = {question for qa in pool.qa for question in qa.questions}
        self.strangers = sorted(self.retrieved.keys() - ours)
        self.stories = [r for r in retrieved or [] if r["gate"]]

    def draw(self, stage: str) -> tuple[list[int], list[int]]:
        weights = STAGES[stage]
        skill: Callable[[], Any] = getattr(self, self.rng.choices(list(weights), list(weights.values()))[0])
        drawn = skill()
        return self.encode(drawn) if isinstance(drawn, Sample) else drawn

    def encode(self, sample: Sample) -> tuple[list[int], list[int]]:
        """Token ids of the whole conversation; loss only on the last assistant turn."""
        rendered: Any = self.tokenizer.apply_chat_template(
            sample.messages,
            tools=[TOOL],
            documents=sample.documents or None,
            add_generation_prompt=True,
            sanitize_control_tokens=True,
        )
        prompt: list[int] = rendered["input_ids"]
        text = sample.answer
        if sample.call is not None:
            call = {"name": "train_perceptron", "arguments": sample.call}
            text = f"<tool_call>{json.dumps(call, separators=(',', ':'))}</tool_call>"
        target = [*self._ids(text), self.tokenizer.eos_token_id]
        return prompt + target, [IGNORED] * len(prompt) + target

    def _ids(self, text: str) -> list[int]:
        ids: Any = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return list(ids)

    # ---- token-level skills --------------------------------------------------------------------------
    def _random_ids(self, n: int) -> list[int]:
        return [self.rng.randrange(10, len(self.tokenizer)) for _ in range(n)]

    def repeats(self) -> tuple[list[int], list[int]]:
        """Random tokens, some filler, the same tokens again. Lengths vary, or position would do instead."""
        sequence = self._random_ids(self.rng.randint(6, 90))
        before, between = self._random_ids(self.rng.randint(0, 20)), self._random_ids(self.rng.randint(0, 30))
        head = [self.tokenizer.bos_token_id, *before, *sequence, *between, sequence[0]]
        return head + sequence[1:], [IGNORED] * len(head) + sequence[1:]

    def random_passages(self) -> tuple[list[int], list[int]]:
        """Passages of random tokens, then a query out of one of them: copy that passage and cite it."""
        special: Callable[[str], Any] = self.tokenizer.convert_tokens_to_ids
        ids = [self.tokenizer.bos_token_id]
        passages = [self._random_ids(self.rng.randint(6, 32)) for _ in range(self.rng.randint(1, 4))]
        for n, passage in enumerate(passages, 1):
            ids += [special("<|document|>"), *self._mark(n), *passage, self.tokenizer.eos_token_id]
        n = self.rng.randrange(len(passages))
        passage = passages[n]
        if self.rng.random() < 0.5:
            start = self.rng.randrange(len(passage) - 3)
            query = passage[start : start + self.rng.randint(3, 6)]
        else:
            query = [t for t in passage if self.rng.random() < 0.4] or passage[:3]
        ids += [special("<|user|>"), *query, self.tokenizer.eos_token_id, special("<|assistant|>")]
        target = [*passage, *self._mark(n + 1), self.tokenizer.eos_token_id]
        return ids + target, [IGNORED] * len(ids) + target

    def _mark(self, n: int) -> list[int]:
        return self._ids(f" [{n}]")

    # ---- reading -------------------------------------------------------------------------------------
    def prose(self) -> tuple[list[int], list[int]]:
        """Running text, every token learnt."""
        text = " ".join(self.rng.choice(self.pool.paragraphs[self._lang()]))
        ids = [self.tokenizer.bos_token_id, *self._ids(text)[:320]]
        return ids, list(ids)

    def _lang(self) -> Lang:
        return self.rng.choice(["ko", "en"])

    def reading(self) -> Sample:
        """A sentence's key words as the question, the sentence with its [n] as the answer."""
        lang = self._lang()
        chosen = [self._excerpt(self.rng.choice(self.pool.paragraphs[lang])) for _ in range(self.rng.randint(1, 4))]
        n = 0 if self.rng.random() < 0.6 else self.rng.randrange(len(chosen))
        sentence = self.rng.choice(chosen[n])
        documents = [{"title": self._title(lang, s), "text": " ".join(s)} for s in chosen]
        return self._asked(lang, self._keywords(sentence, lang), documents, f"{sentence} [{n + 1}]")

    def _asked(self, lang: Lang, question: str, documents: list[dict[str, str]], answer: str) -> Sample:
        return Sample([*self._history(lang), {"role": "user", "content": question}], documents, answer)

    def _excerpt(self, paragraph: list[str], size: int = 3) -> list[str]:
        start = self.rng.randrange(len(paragraph))
        return paragraph[start : start + self.rng.randint(1, size)]

    def _title(self, lang: Lang, sentences: list[str]) -> str:
        return " ".join(self.rng.choice(sentences).split()[:3])

    def _keywords(self, sentence: str, lang: Lang) -> str:
        words = [w.strip(".,;:!?\"'()") for w in sentence.split()]
        words = [w for w in words if len(w) > (1 if lang == "ko" else 3)] or words
        k = min(len(words), self.rng.randint(2, 5))
        if self.rng.random() < 0.5:
            start = self.rng.randrange(len(words) - k + 1)
            chosen = words[start : start + k]
        else:
            chosen = [words[i] for i in sorted(self.rng.sample(range(len(words)), k))]
        shapes = {
            "en": [
                "{}?",
                "{}",
                "What about {}?",
                "Tell me about {}.",
                "What is said of {}?",
                "Why {}?",
                "How {}?",
                "Who {}?",
                "When {}?",
            ],
            "ko": [
                "{}?",
                "{}",
                "{}에 대해 알려 줘",
                "{} 설명해 줘",
                "{} 뭐야?",
                "왜 {}?",
                "{} 누구예요?",
                "{} 언제?",
                "{} 알려 주세요",
            ],
        }
        return self.rng.choice(shapes[lang]).format(" ".join(chosen))

    def squad(self) -> Sample:
        """A real question about a paragraph; the sentence that holds the answer is to be found and copied."""
        question, sentence, paragraph = self.rng.choice(self.pool.squad)
        at = paragraph.index(sentence) if sentence in paragraph else 0
        window = (
            paragraph[max(0, at - self.rng.randint(0, 1)) : at + 1 + self.rng.randint(0, 1)]
            if sentence in paragraph
            else [sentence]
        )
        chosen = [
            window,
            *(self._excerpt(self.rng.choice(self.pool.squad)[2], 2) for _ in range(self.rng.randint(0, 3))),
        ]
        n = 0 if self.rng.random() < 0.6 else self.rng.randrange(len(chosen))
        chosen[0], chosen[n] = chosen[n], chosen[0]
        documents = [{"title": self._title("en", s), "text": " ".join(s)} for s in chosen]
        return self._asked("en", question, documents, f"{sentence} [{n + 1}]")

    # ---- the tutor's own work --------------------------------------------------------------------------
    def _documents(self, lang: Lang, k: int) -> list[dict[str, str]]:
        """Distractors: excerpts of articles where there are any, else of prose."""
        articles = [a for a in self.pool.articles.values() if a[0] == lang]
        documents = []
        for _ in range(k):
            if articles and self.rng.random() < 0.8:
                _, title, paragraphs = self.rng.choice(articles)
                documents.append({"title": title, "text": " ".join(self._excerpt(self.rng.choice(paragraphs)))})
            else:
                sentences = self._excerpt(self.rng.choice(self.pool.paragraphs[lang]))
                documents.append({"title": self._title(lang, sentences), "text": " ".join(sentences)})
        return documents

    def _history(self, lang: Lang) -> list[dict[str, Any]]:
        """Now and then an earlier question of the same conversation, with its answer or its demo."""
        if not self.pool.qa or self.rng.random() > 0.25:
            return []
        if self.rng.random() < 0.3:
            text, call = demo_requests.request(self.rng, lang)
            return [
                {"role": "user", "content": text},
                _called(call),
                {"role": "tool", "content": self._lab_text(lang, call)},
            ]
        qa = self.rng.choice([q for q in self.pool.qa if q.lang == lang])
        return [
            {"role": "user", "content": self.rng.choice(qa.questions)},
            {"role": "assistant", "content": " ".join(f"{s} [{self.rng.randint(1, 3)}]" for s in qa.answer)},
        ]

    def _lab_text(self, lang: Lang, call: dict[str, Any]) -> str:
        """Of the kind that labs/report.py writes; the numbers mean nothing here."""
        gate, a, b = str(call.get("gate", "xor")).upper(), self.rng.randint(1, 60), self.rng.randint(60, 400)
        right = self.rng.choice(["3/4", "4/4", "2/4"])
        single = {
            "en": f"Single layer, seed 0, on {gate}: best accuracy {right} after {a} epochs.",
            "ko": f"단층, 시드 0, {gate}: {a}에폭을 돌려 정확도 {right}이에요.",
        }
        multi = {
            "en": f"Multilayer (8 tanh hidden units), seed 0, on {gate}: 4/4 after {a} epochs, "
            f"every output within 0.1 of its target after {b}.",
            "ko": f"다층(은닉 유닛 8개, tanh), 시드 0, {gate}: {a}에폭 만에 네 점을 모두 맞혔어요(4/4). "
            f"{b}에폭째에는 모든 출력이 정답과 0.1 안으로 가까워졌어요.",
        }
        layers = call.get("layers", "both")
        return " ".join(text[lang] for text, kind in ((single, "multi"), (multi, "single")) if layers != kind)

    def explain(self) -> Sample:
        """After a demo: the sentence of the sources that tells its story."""
        if not self.stories:
            return self.demo()
        story = self.rng.choice(self.stories)
        lang: Lang = story["lang"]
        text, call = demo_requests.request(self.rng, lang)
        messages = [
            {"role": "user", "content": text},
            _called(call),
            {"role": "tool", "content": self._lab_text(lang, call)},
        ]
        answer = _cited((story["best"],), story["documents"]) or ""
        return Sample(messages, story["documents"], answer)

    def demo(self) -> Sample:
        """A request to see something run: the call."""
        lang = self._lang()
        documents = self._documents(lang, self.rng.randint(0, 3))
        if self.rng.random() < 0.2:
            gate = self.rng.choice(["xor", "xor", "xor", *demo_requests.GATES])
            about = self.rng.choice(demo_requests.GATES[gate][lang])
            asked = {
                "en": [
                    f"Why can't a perceptron learn {about}?",
                    f"What is {about}?",
                    f"How is {about} solved?",
                    f"tell me about {about}",
                    f"is {about} linearly separable",
                ],
                "ko": [
                    f"퍼셉트론은 왜 {about} 못 배워?",
                    f"{about} 뭐야?",
                    f"{about} 어떻게 풀어요?",
                    f"{about} 설명해 줘",
                    f"{about} 선형 분리 가능해?",
                ],
            }
            sentence = self.rng.choice(self.rng.choice(self.pool.paragraphs[lang]))
            history = [
                {"role": "user", "content": self.rng.choice(asked[lang])},
                {"role": "assistant", "content": f"{sentence} [1]"},
            ]
            return Sample(
                [*history, {"role": "user", "content": demo_requests.from_history(self.rng, lang)}],
                documents,
                call={"gate": gate},
            )
        text, call = demo_requests.request(self.rng, lang)
        return Sample([*self._history(lang), {"role": "user", "content": text}], documents, call=call)

    def off_topic(self) -> Sample:
        """Nothing to do with the sources: say so."""
        lang = self._lang()
        if self.strangers and self.rng.random() < 0.6:
            question = self.rng.choice(self.strangers)
            documents = self.retrieved[question]
        else:
            question = self.rng.choice(self.pool.off_topic[lang])
            documents = self._documents(lang, self.rng.randint(0, 3))
        return Sample([{"role": "user", "content": question}], documents, REFUSAL[language(question)])

    def article(self) -> Sample:
        """As `reading`, over this project's own articles."""
        lang, title, paragraphs = self.rng.choice(list(self.pool.articles.values()))
        excerpt = self._excerpt(self.rng.choice(paragraphs))
        documents = [{"title": title, "text": " ".join(excerpt)}, *self._documents(lang, self.rng.randint(0, 3))]
        n = 0 if self.rng.random() < 0.6 else self.rng.randrange(len(documents))
        documents[0], documents[n] = documents[n], documents[0]
        sentence = self.rng.choice(excerpt)
        return self._asked(lang, self._keywords(sentence, lang), documents, f"{sentence} [{n + 1}]")

    def qa(self) -> Sample:
        """A question pair with the documents that the tutor's own retrieval shows for it."""
        return self._pair(self.rng.choice(self.pool.qa))

    def _pair(self, qa: QA) -> Sample:
        question = self.rng.choice(qa.questions)
        documents = self.retrieved.get(question) if self.rng.random() < 0.8 else None
        marked = _cited(qa.answer, documents) if documents else None
        if marked is None:
            documents = [
                {"title": qa.slug, "text": " ".join(qa.answer)},
                *self._documents(qa.lang, self.rng.randint(0, 3)),
            ]
            n = 0 if self.rng.random() < 0.6 else self.rng.randrange(len(documents))
            documents[0], documents[n] = documents[n], documents[0]
            marked = _cited(qa.answer, documents) or ""
        return self._asked(qa.lang, self._vary(question), documents or [], marked)

    def small_talk(self) -> Sample:
        """A greeting and the like: a sentence of the tutor's own page."""
        return self._pair(self.rng.choice([qa for qa in self.pool.qa if qa.slug == "tutor"]))

    def _vary(self, question: str) -> str:
        roll = self.rng.random()
        if roll < 0.12:
            return question.lower()
        if roll < 0.24:
            return question.rstrip("?.")
        if roll < 0.3 and hangul_share(question) < 0.2:
            return f"{question.rstrip('?')}, please?"
        return question


def _called(call: dict[str, Any]) -> dict[str, Any]:
    function = {"name": "train_perceptron", "arguments": call}
    return {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": function}]}


def _cited(sentences: tuple[str, ...], documents: list[dict[str, str]]) -> str | None:
    """Those of the sentences that a document holds, each with its number; None if none holds any."""
    numbered = [(s, next((i for i, d in enumerate(documents, 1) if s in d["text"]), 0)) for s in sentences]
    return " ".join(f"{s} [{n}]" for s, n in numbered if n) or None
