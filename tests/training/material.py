"""Tiny stand-ins for the public text files, a pool read from them, and tokenizers trained on a few sentences."""

import gzip
import json
from functools import cache
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from tutor.training import texts, tokenizer

EN = "The river rises in the northern hills. It passes {n} old mills on its way. Herons nest along the lower bank."
KO = (
    "강은 북쪽의 높은 산에서 시작된다고 한다. 물은 오래된 방앗간 {n}곳을 지나 아래로 흐른다. "
    "아래쪽 강둑에는 왜가리가 둥지를 틀고 산다."
)
RAIN = "Rain fell on the market for three days. The baker closed his shop on Tuesday morning."
GARDEN = "정원에는 사과나무와 배나무가 나란히 서 있다. 봄이 오면 흰 꽃이 온 마당을 가득 채운다."


def write(folder: Path) -> Path:
    """Every file that texts.py reads, with its field names."""
    english, korean = [EN.format(n=n) for n in range(2, 6)], [KO.format(n=n) for n in range(2, 6)]
    files: dict[str, list[dict]] = {
        "domain_en": [{"text": t} for t in [*english, english[0], "Too short."]],
        "openstax_en": [{"text": RAIN}],
        "squad_train": [
            {"question": "What fell on the market? ", "context": RAIN, "answers": [{"answer_start": 0}]},
            {"question": "When did the baker close?", "context": RAIN, "answers": [{"answer_start": RAIN.index("Tu")}]},
        ],
        "domain_ko": [{"text": t} for t in korean],
        "general_ko_docs": [{"text": GARDEN}],
        "kobest_boolq_ko": [{"context": GARDEN + " 벌도 많이 날아온다.", "question": "정원에 배나무가 있나?"}],
        "kobest_other_ko": [{"context": None}],
        "intents_en": [
            {"text": "book a table for two", "intent": "restaurant_reservation"},
            {"text": "good day to you", "intent": "greeting"},
            {"text": "good day to you", "intent": "greeting"},
        ],
        "queries_en": [{"text": "weather in Busan tomorrow"}],
        "paraphrase_ko": [{"group": ["내일 비 와?", "내일 비가 올까?", "내일 우산 필요해?", "네 번째"]}],
        "chat_ko": [{"user": "좋은 아침이네", "intent": "좋은 아침이야"}, {"user": "밥 먹었어?", "intent": "식사"}],
    }
    for name, lines in files.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return folder


def pool(folder: Path) -> texts.Pool:
    """The stand-ins in `folder` and the real corpus, as a training run reads them."""
    write(folder)
    return texts.load_small_talk(texts.load_corpus(texts.load_public(folder)), folder)


@cache
def words() -> PreTrainedTokenizerFast:
    """Some hundred tokens; what it has not seen it spells in bytes."""
    passages = [
        EN,
        KO,
        RAIN,
        GARDEN,
        "Rosenblatt published it in 1958, RNN은 1986년에. LSTM in 1997.",
        "perceptron XOR",
    ]
    return tokenizer.build(passages * 20, 600)
