"""Every skill asks for what can be done with what it shows, and only the last answer is learnt."""

import json
import re
from collections import Counter

import material
import pytest

from tutor.labs import core
from tutor.training import texts
from tutor.training.mixture import IGNORED, PARAMETERS, REFUSAL, STAGES, Mixture, Sample

CONVERSATIONS = ["reading", "squad", "demo", "explain", "off_topic", "article", "qa", "small_talk"]
SKILLS = ["repeats", "random_passages", "prose", *CONVERSATIONS]
CITED = re.compile(r"(.+?) \[(\d)\](?: |$)", re.DOTALL)

WINTER = "The first AI winter began in the middle of the 1970s."
SHOWN = [{"title": "Winters", "text": f"Funding fell. {WINTER}"}, {"title": "Rain", "text": material.RAIN}]
RETRIEVED = [
    {"question": "weather in Busan tomorrow", "documents": SHOWN[1:], "gate": ""},  # a stranger's question
    {"question": "Who invented the perceptron?", "documents": SHOWN, "gate": ""},  # one of ours, answer not shown
    {"question": "", "lang": "en", "documents": SHOWN, "best": WINTER, "gate": "xor"},
]


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return material.pool(tmp_path_factory.mktemp("data"))


def mixture(pool, seed=0):
    return Mixture(pool, material.words(), seed, RETRIEVED)


def learnt(labels):
    """The labelled ids: all of them at the end, none before."""
    start = next(i for i, label in enumerate(labels) if label != IGNORED)
    assert IGNORED not in labels[start:]
    return labels[start:]


def samples(pool, skill, n=60):
    drawing = mixture(pool, 1)
    return [getattr(drawing, skill)() for _ in range(n)]


# ---- the material ----------------------------------------------------------------------------------
def test_public_text_is_read_once_and_in_sentences(tmp_path):
    pool = texts.load_public(material.write(tmp_path))
    # 4 different paragraphs of domain_en (a repeated and a short one dropped), RAIN of SQuAD once, of openstax once.
    assert len(pool.paragraphs["en"]) == 6
    assert pool.paragraphs["en"][0] == [
        "The river rises in the northern hills.",
        "It passes 2 old mills on its way.",
        "Herons nest along the lower bank.",
    ]
    assert len(pool.paragraphs["ko"]) == 5  # of GARDEN, one is too short
    rain = ["Rain fell on the market for three days.", "The baker closed his shop on Tuesday morning."]
    assert pool.squad == [
        ("What fell on the market?", rain[0], rain),
        ("When did the baker close?", rain[1], rain),
    ]
    assert pool.off_topic["en"] == ["book a table for two", "weather in Busan tomorrow"]  # no greeting
    assert pool.off_topic["ko"] == ["내일 비 와?", "내일 비가 올까?", "내일 우산 필요해?", "정원에 배나무가 있나?"]


def test_limit_counts_records_of_a_file(tmp_path):
    assert len(texts.load_public(material.write(tmp_path), limit=2).paragraphs["en"]) == 4


def test_small_talk_is_answered_from_the_tutors_page(pool):
    by_id = {qa.id: qa for qa in pool.qa}
    assert by_id["intents_en-tutor-en-01"].questions == ("good day to you",)
    assert by_id["intents_en-tutor-en-01"].answer == by_id["tutor-en-01"].answer
    assert by_id["chat_ko-tutor-ko-01"].questions == ("좋은 아침이네",)
    assert by_id["chat_ko-tutor-ko-01"].lang == "ko"


def test_every_answer_of_the_corpus_stands_in_an_article(pool):
    held = {s for _, _, paragraphs in pool.articles.values() for paragraph in paragraphs for s in paragraph}
    of_articles = [qa for qa in pool.qa if qa.slug != "seed-note"]
    assert [s for qa in of_articles for s in qa.answer if s not in held] == []


# ---- weights ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("stage", STAGES)
def test_weights_name_skills_and_sum_to_one(stage):
    assert set(STAGES[stage]) <= set(SKILLS)
    assert sum(STAGES[stage].values()) == pytest.approx(1.0)


def test_a_stage_draws_by_weight(pool):
    drawing = mixture(pool)
    document = material.words().convert_tokens_to_ids("<|document|>")
    passages = sum(document in drawing.draw("select")[0] for _ in range(400))
    assert 0.74 < passages / 400 < 0.86  # 0.8, give or take three standard errors of 0.02


def test_every_skill_is_drawn_in_some_stage():
    assert {name for weights in STAGES.values() for name in weights} == set(SKILLS)


# ---- every skill -----------------------------------------------------------------------------------
@pytest.mark.parametrize("stage", STAGES)
def test_draws_are_of_equal_length_and_set_by_the_seed(pool, stage):
    first, again, other = (
        [mixture.draw(stage) for _ in range(40)] for mixture in (mixture(pool, s) for s in (5, 5, 6))
    )
    assert first == again != other
    for ids, labels in first:
        assert len(ids) == len(labels)
        tail = learnt(labels)
        assert ids[-len(tail) :] == tail


@pytest.mark.parametrize("skill", CONVERSATIONS)
def test_only_the_last_answer_is_learnt(pool, skill):
    words, drawing = material.words(), mixture(pool, 2)
    for _ in range(40):
        sample = getattr(drawing, skill)()
        ids, labels = drawing.encode(sample)
        expected = sample.answer
        if sample.call is not None:
            call = json.dumps({"name": "train_perceptron", "arguments": sample.call}, separators=(",", ":"))
            expected = f"<tool_call>{call}</tool_call>"
        assert expected
        assert words.decode(learnt(labels)) == f"{expected}<|end|>"
        before = words.decode(ids[: labels.count(IGNORED)])
        assert before.endswith("<|end|><|assistant|>")
        assert before.startswith("<|begin_of_text|><|tools|>train_perceptron(gate, layers, ")


def test_earlier_answers_are_shown_but_not_learnt(pool):
    words, drawing = material.words(), mixture(pool)
    messages = [
        {"role": "user", "content": "A?"},
        {"role": "assistant", "content": "Ay. [1]"},
        {"role": "user", "content": "B?"},
    ]
    ids, labels = drawing.encode(Sample(messages, answer="Bee. [1]"))
    assert words.decode(ids).endswith("<|assistant|>Ay. [1]<|end|><|user|>B?<|end|><|assistant|>Bee. [1]<|end|>")
    assert words.decode(learnt(labels)) == "Bee. [1]<|end|>"


# ---- token-level skills ----------------------------------------------------------------------------
def test_repeats_asks_for_the_same_tokens_again(pool):
    drawing, lengths = mixture(pool), set()
    for _ in range(100):
        ids, labels = drawing.repeats()
        tail = learnt(labels)
        again = [ids[-len(tail) - 1], *tail]  # the first of the copy is given
        firsts = [i for i in range(1, len(ids) - len(tail) - 1) if ids[i : i + len(again)] == again]
        assert len(firsts) == 1
        assert min(ids[1:]) >= 10  # no control token
        lengths.add(len(again))
    assert min(lengths) >= 6
    assert max(lengths) <= 90


def test_random_passages_asks_for_the_passage_that_the_query_quotes(pool):
    words, drawing, places = material.words(), mixture(pool), Counter()
    for _ in range(200):
        ids, labels = drawing.random_passages()
        *target, end = learnt(labels)
        assert end == words.eos_token_id
        blocks = "|".join(map(str, ids)).split("|4|")[1:]  # 4 is <|document|>
        for n, block in enumerate(blocks, 1):
            mark = words(f" [{n}]")["input_ids"]
            passage = list(map(int, block.split("|")))[len(mark) :]
            passage = passage[: passage.index(words.eos_token_id)]
            if target == [*passage, *mark]:
                query = ids[ids.index(5) + 1 : -len(target) - 3]
                assert query
                assert set(query) <= set(passage)
                places[n] += 1
    assert sum(places.values()) == 200
    assert set(places) == {1, 2, 3, 4}


def test_prose_is_learnt_whole(pool):
    words, (ids, labels) = material.words(), mixture(pool).prose()
    assert ids == labels
    assert ids[0] == words.bos_token_id
    assert words.decode(ids[1:]) in {" ".join(p) for lang in ("en", "ko") for p in pool.paragraphs[lang]}


# ---- answers and their numbers ---------------------------------------------------------------------
@pytest.mark.parametrize("skill", ["reading", "squad", "article", "qa", "small_talk"])
def test_the_number_is_of_a_document_that_holds_the_sentence(pool, skill):
    numbers = Counter()
    for sample in samples(pool, skill, 150):
        cited = CITED.findall(sample.answer)
        assert "".join(f"{s} [{n}] " for s, n in cited).strip() == sample.answer
        for sentence, n in cited:
            assert sentence in sample.documents[int(n) - 1]["text"]
            numbers[int(n)] += 1
    assert set(numbers) == {1, 2, 3, 4}


def test_a_squad_answer_is_the_sentence_marked_in_the_file(pool):
    right = {question: sentence for question, sentence, _ in pool.squad}
    for sample in samples(pool, "squad"):
        assert CITED.findall(sample.answer)[0][0] == right[sample.messages[-1]["content"]]


def test_a_question_pair_is_answered_with_its_own_sentences(pool):
    answers = {q.strip("?.").lower(): qa.answer for qa in pool.qa for q in qa.questions}
    for sample in samples(pool, "qa"):
        asked = sample.messages[-1]["content"].removesuffix(", please?").strip("?.").lower()
        assert tuple(s for s, _ in CITED.findall(sample.answer)) == answers[asked]


def test_what_retrieval_shows_is_cited_where_it_stands(pool):
    qa = texts.QA("x", "x", "en", ("Why?",), (WINTER, "Nobody shows this sentence."))
    own = texts.Pool(pool.paragraphs, pool.squad, pool.off_topic, pool.articles, [qa])
    drawing = Mixture(own, material.words(), 0, [{"question": "Why?", "documents": SHOWN[::-1], "gate": ""}])
    answers = Counter(drawing.qa().answer for _ in range(200))
    assert 0.7 < answers[f"{WINTER} [2]"] / 200 < 0.9  # 0.8: the other fifth gets documents of its own
    assert all(answer.count("[") == 2 for answer in answers if answer != f"{WINTER} [2]")


def test_off_topic_is_refused_in_its_language(pool):
    asked = set()
    for sample in samples(pool, "off_topic"):
        question = sample.messages[-1]["content"]
        assert sample.answer == REFUSAL["ko" if re.search("[가-힣]", question) else "en"]
        asked.add(question)
    assert asked == {*pool.off_topic["en"], *pool.off_topic["ko"]}  # "Who invented the perceptron?" is none of them


# ---- calls -----------------------------------------------------------------------------------------
def test_a_call_is_json_in_schema_order_that_the_lab_accepts(pool):
    words, drawing = material.words(), mixture(pool)
    for _ in range(200):
        _, labels = drawing.encode(drawing.demo())
        written = re.fullmatch(r"<tool_call>(.+)</tool_call><\|end\|>", words.decode(learnt(labels)))
        call = json.loads(written[1])
        assert list(call) == ["name", "arguments"]
        assert [name for name in PARAMETERS if name in call["arguments"]] == list(call["arguments"])
        core.parse(call["name"], call["arguments"])  # raises where it is wrong


def test_a_story_follows_its_demo(pool):
    for sample in samples(pool, "explain", 20):
        assert [m["role"] for m in sample.messages] == ["user", "assistant", "tool"]
        assert sample.answer == f"{WINTER} [1]"
        function = sample.messages[1]["tool_calls"][0]["function"]
        core.parse(function["name"], function["arguments"])
