import unicodedata

import pytest
from small_corpus import write

from tutor.corpus.glossary import Term
from tutor.retrieval.builds import open_index
from tutor.retrieval.expansion import Expansion


def term(ident: str, en: list[str], ko: list[str], abbreviations: tuple[str, ...] = ()) -> Term:
    return Term(ident, "term", {"en": tuple(en), "ko": tuple(ko)}, abbreviations, {"en": "x", "ko": "x"}, "perceptron")


EXPANSION = Expansion(
    [
        term("rosenblatt", ["Frank Rosenblatt", "Rosenblatt"], ["프랭크 로젠블랫", "로젠블랫", "로젠블라트"]),
        term("attention", ["attention"], ["어텐션"]),
        term("multi-head", ["multi-head attention"], ["멀티헤드 어텐션"]),
        term("mlp", ["multilayer perceptron"], ["다층 퍼셉트론"], ("MLP",)),
        term("bert", ["BERT"], ["버트"]),
        term("llm", ["large language model"], ["대규모 언어 모델"], ("LLM",)),
        term("backpropagation", ["backpropagation"], ["역전파", "오차 역전파"]),
        term("schmidhuber", ["Jürgen Schmidhuber"], ["위르겐 슈미트후버"]),
        term("gan", ["generative adversarial network"], ["적대적 생성 신경망"], ("GAN",)),
    ]
)


@pytest.mark.parametrize(
    ("query", "added"),
    [
        ("로젠블라트는 누구야?", " 프랭크 로젠블랫 Frank Rosenblatt"),
        ("Who is Frank Rosenblatt?", " 프랭크 로젠블랫"),
        ("어텐션이 뭐야?", " attention"),
        ("멀티헤드 어텐션이 뭐야?", " multi-head attention"),  # the longer name, not the shorter within it
        ("mlp가 뭐야", " 다층 퍼셉트론 multilayer perceptron"),
        ("How did that begin?", ""),  # no GAN in "began", no attention paid
        ("began", ""),
        ("셀프어텐션", ""),  # inside another word
        ("", ""),
        ("attention이란?", " 어텐션"),
        ("ＭＬＰ가 뭐야", " 다층 퍼셉트론 multilayer perceptron"),  # full width
        ("MLPs", " 다층 퍼셉트론 multilayer perceptron"),
        ("multi-layer perceptron", " 다층 퍼셉트론 multilayer perceptron"),
        ("Back propagation", " 역전파 backpropagation"),
        ("오차역전파는", " backpropagation"),
        ("g an", ""),  # too short to be written apart
        ("엘엘엠이 뭐야?", " 대규모 언어 모델 large language model"),  # its letters, as Korean says them
        ("버트는 뭐야", " BERT"),
        ("버트런드 러셀", ""),  # another name, not particles
        ("Jurgen Schmidhuber", " 위르겐 슈미트후버"),
        (unicodedata.normalize("NFD", "어텐션 뜻"), " attention"),  # jamo typed apart
    ],
)
def test_a_query_brings_the_usual_names_of_what_it_names(query, added):
    assert EXPANSION.widened(query) == query + added


@pytest.mark.parametrize(
    ("query", "ways"),
    [
        ("BERT의 저자는?", ["BERT의 저자는?", "버트의 저자는?"]),
        ("버트의 저자는?", ["버트의 저자는?", "BERT의 저자는?"]),
        ("BERT와 어텐션", ["BERT와 어텐션", "버트와 어텐션", "bert와 attention"]),  # each way all names alike
        ("로젠블라트는 누구야?", ["로젠블라트는 누구야?", "Frank Rosenblatt는 누구야?"]),
        ("Who made BERT?", ["Who made BERT?"]),  # in Korean it would be nearer to Korean texts
        ("Who made 버트?", ["Who made 버트?", "who made BERT?"]),
        (unicodedata.normalize("NFD", "버트가 뭐야?"), [unicodedata.normalize("NFD", "버트가 뭐야?"), "BERT가 뭐야?"]),
        ("오늘 점심 뭐 먹지? 🍜", ["오늘 점심 뭐 먹지? 🍜"]),
        ("", [""]),
    ],
)
def test_a_query_in_every_spelling_of_its_names(query, ways):
    assert EXPANSION.respelt(query) == ways


@pytest.mark.parametrize(
    ("query", "only"),
    [
        ("BERT", True),
        ("bert??", True),
        ("Tell me about BERT", True),
        ("what is attention, please", True),
        ("BERT가 뭐야?", True),
        ("로젠블라트는 누구예요?", True),
        ("BERT야?", False),  # perhaps of the tutor itself
        ("로젠블라트에 대해 알려줘", True),
        (unicodedata.normalize("NFD", "로젠블라트에 대해 알려줘"), True),
        ("BERT 🤔", True),
        ("What about BERT?", False),  # leans on what was said
        ("그럼 BERT는?", False),
        ("Who made BERT?", False),
        ("BERT의 저자는?", False),
        ("what is lunch", False),
        ("", False),
    ],
)
def test_a_query_that_only_names_what_the_glossary_knows(query, only):
    assert EXPANSION.names_only(query) is only


def test_the_terms_that_a_query_names():
    assert [term.id for term in EXPANSION.named("버트와 어텐션")] == ["bert", "attention"]
    assert EXPANSION.named("오늘 점심 뭐 먹지?") == []


def test_without_a_glossary_nothing_changes():
    assert Expansion([]).respelt("로젠블라트는 누구야?") == ["로젠블라트는 누구야?"]
    assert Expansion([]).widened("로젠블라트는 누구야?") == "로젠블라트는 누구야?"


GLOSSARY = """
- id: perceptron
  kind: term
  en: [perceptron]
  ko: [퍼셉트론]
  abbr: [PCT]
  definition: {en: x, ko: x}
  article: perceptron
"""


@pytest.mark.parametrize(("question", "lang"), [("PCT", "en"), ("PCT가 뭐야?", "ko")])
def test_the_search_is_widened(tmp_path, question, lang):
    settings = write(tmp_path)
    assert not [h for h in open_index(settings).search(question, lang=lang) if h.bm25_rank]
    (settings.corpus / "glossary.yaml").write_text(GLOSSARY, "utf-8")
    assert open_index(settings).search(question, lang=lang)[0].passage.slug == "perceptron"


def person(ident: str, en: list[str], ko: list[str]) -> Term:
    return Term(ident, "person", {"en": tuple(en), "ko": tuple(ko)}, (), {"en": "x", "ko": "x"}, "perceptron")


@pytest.mark.parametrize(
    ("query", "sentence", "defines"),
    [
        ("BERT", "BERT is a language model from Google.", True),
        ("what is BERT?", "BERT is a language model from Google.", True),
        ("what is a GAN", "A generative adversarial network, or GAN, is a pair of neural networks.", True),
        ("BERT", "The name BERT stands for Bidirectional Encoder Representations.", False),
        ("BERT", "It is a misconception that BERT is a chatbot.", False),
        ("BERT", "BERT was posted on arXiv in 2018.", False),
        ("버트가 뭔지", "BERT는 글을 양쪽에서 읽는 언어 모델이다.", True),
        ("어텐션이란?", "어텐션(attention)은 앞의 낱말을 돌아보는 방법이다.", True),
        (unicodedata.normalize("NFD", "어텐션이란?"), "어텐션(attention)은 앞의 낱말을 돌아보는 방법이다.", True),
        ("어텐션", "어텐션은 2014년 번역에 쓰였다.", False),
        ("Rosenblatt", "Frank Rosenblatt, an American psychologist, invented the perceptron.", True),
        ("who was Rosenblatt", "The psychologist Frank Rosenblatt died in 1971.", True),
        ("로젠블랫 🤔", "퍼셉트론은 미국의 심리학자 프랭크 로젠블랫이 발명했다.", True),
        ("로젠블랫", "로젠블랫은 뉴욕에서 태어난 심리학자였다.", True),
        ("로젠블랫", "로젠블랫은 1958년에 논문을 냈다.", False),
    ],
)
def test_the_sentence_that_says_what_is_named(query, sentence, defines):
    known = Expansion(
        [
            person("rosenblatt", ["Frank Rosenblatt", "Rosenblatt"], ["프랭크 로젠블랫", "로젠블랫"]),
            term("bert", ["BERT"], ["버트"]),
            term("attention", ["attention"], ["어텐션"]),
            term("gan", ["generative adversarial network"], ["적대적 생성 신경망"], ("GAN",)),
        ]
    )
    assert bool(known.defining(unicodedata.normalize("NFC", query)).search(sentence)) is defines


@pytest.mark.parametrize("query", ["When was BERT made?", "BERT and attention", "hello", ""])
def test_where_more_is_asked_or_of_several_nothing_defines(query):
    assert EXPANSION.defining(query) is None
