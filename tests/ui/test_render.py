"""Text to HTML: nothing that a model, a passage or a learner writes comes alive."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from scripted import EVIL, citation, document

from tutor.types import Answer, Checked, Fact, Source
from tutor.ui import render
from tutor.ui.strings import EN, EXAMPLES, KO, from_browser

ATTACKS = [
    EVIL,
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1)) ![x](http://evil.test/x.png)",
    '" onmouseover="alert(1)',
    "**<iframe src=//evil.test>** `</code><script>x</script>`",
    "- <a href='javascript:x'>1</a>\n- {{constructor}} ${alert(1)}",
    '[1]"><img src=x onerror=alert(1)> [1, 99] [99999999999999999999]',
]


TAGS = {"div", "p", "span", "strong", "code", "ul", "li", "br", "a", "small", "section", "article", "h1", "h2", "h3"}
TAGS |= {"blockquote", "mark"}
ATTRIBUTES = {"class", "lang", "title", "href", "data-n", "target", "rel", "tabindex", "role", "aria-label"}


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def inert(html: str) -> Tags:
    """Fails where a tag or attribute could run, load or style something."""
    parsed = Tags(html)
    for tag, attributes in parsed.tags:
        assert tag in TAGS, tag
        assert set(attributes) <= ATTRIBUTES, attributes
        assert attributes.get("href", "#").startswith(("#sources", "/document/", "https://", "#")), attributes
    return parsed


def answer(text: str, **changes) -> Answer:
    return replace(Answer(text, "en", "generated", (citation("en"),)), **changes)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_comes_alive(attack):
    passage = replace(citation("en").passage, text=attack, title=attack, section=attack, doc=attack)
    hostile = answer(attack, citations=(replace(citation("en"), passage=passage, spans=((0, 5), (3, 9))),))
    inert(render.answer_html(hostile, "en"))
    inert(render.partial_html(attack))
    inert(render.sources_html(hostile, "ko"))
    told = replace(document("en"), id=attack, text=attack, title=attack, body_line=1)
    told = replace(told, facts=(Fact("f", attack, source="r58", checked="x", year=1958),))
    corrected = render.Corrected(attack, attack, Source("s", attack, attack), told)
    inert(render.document_html(told, (1, 1), "en", render.Beside({"see_also": [told]}, [corrected])))
    assert "<" not in render.escape(attack)


def test_hostile_text_is_still_shown():
    assert EVIL in Tags(render.answer_html(answer(EVIL), "en")).text


def test_answer_exactly():
    html = render.answer_html(answer("It is **old** [1].\n\n- one\n- two [2]", withheld=2), "en")
    link = '<a class="cite" href="#sources" data-n="1" title="Perceptron">[1]</a>'
    hint = EN["badge_hint"]["generated"]
    badge = f'<span class="badge generated" role="note" tabindex="0" title="{hint}">Generated and checked</span>'
    note = '<span class="note">Sentences left out for want of a source: 2.</span>'
    assert html == (
        f'<div class="answer" lang="en"><p>It is <strong>old</strong> {link}.</p>'
        f'<ul><li>one</li><li>two [2]</li></ul></div><p class="foot">{badge}{note}</p>'
    )


def test_an_answer_stopped_before_it_began_has_no_badge():
    html = render.answer_html(answer("", stopped=True), "en")
    assert html == '<p class="foot"><span class="note">Stopped here.</span></p>'


def test_two_numbers_in_one_mark_are_two_links():
    second = replace(citation("en"), n=2)
    parsed = inert(render.answer_html(answer("So. [1, 2]", citations=(citation("en"), second)), "en"))
    assert [a["data-n"] for tag, a in parsed.tags if tag == "a"] == ["1", "2"]


@pytest.mark.parametrize(("mode", "badge"), list(KO["badge"].items()))
def test_badges(mode, badge):
    assert f">{badge}</span>" in render.answer_html(answer("x", mode=mode), "ko")


def test_unsupported_sentence_is_marked():
    checked = (Checked("It is so.", True, 1), Checked("It isn't <b>.", False))
    html = render.answer_html(answer("It is so. It isn't <b>.", checked=checked), "en")
    assert 'It is so. <span class="unsupported" title="not confirmed by a source">It isn&#x27;t &lt;b&gt;.' in html


def test_used_sentence_is_marked_in_its_passage():
    html = render.sources_html(answer("x [1]"), "en")
    assert "<mark>Frank Rosenblatt described the perceptron in 1958.</mark> The New York Times" in html
    assert 'href="/document/en/perceptron?lines=11-11&amp;lang=en"' in html
    assert "English · Who described it" in html


def test_overlapping_spans_run_together():
    assert render._marked("abcdef", ((1, 3), (2, 4), (2, 3))) == "a<mark>bc</mark><mark>d</mark>ef"


@pytest.mark.parametrize(("lab", "links"), [("lora", 1), ("", 0), ("charts", 0), ("<b>", 0)])
def test_a_document_leads_to_its_lab_where_there_is_one(lab, links):
    """A learner's own front matter may hold any word; `charts` is a module, but no lab."""
    html = render.document_html(replace(document("en"), lab=lab), None, "en")
    assert html.count('<a class="lab"') == links
    assert ('href="/?lab=lora"' in html) == bool(links)


def test_document_marks_the_cited_lines_and_links_its_sources():
    html = render.document_html(document("ko"), (11, 11), "ko")
    assert "<mark>프랭크 로젠블랫은 1958년에 퍼셉트론을 발표했다. 그해 뉴욕 타임스가 이를 보도했다.</mark>" in html
    assert html.count("<mark>") == 1
    assert "slug:" not in html
    parsed = inert(html)
    assert [a for tag, a in parsed.tags if tag == "a"] == [
        {"href": "https://doi.org/10.1037/h0042519", "target": "_blank", "rel": "noopener noreferrer"}
    ]


@pytest.mark.parametrize(("lang", "read"), [("ko", "확인한 곳: {}"), ("en", "read in {}")])
def test_a_fact_has_its_year_its_source_and_where_it_was_read(lang, read):
    facts = (
        Fact("a", "It was <b>.", source="r58", checked="r58", year=1958),
        Fact("b", "It is.", source="r58", checked="w"),
    )
    sources = (Source("r58", "Psych", "https://a.org/1"), Source("w", "Wiki", "https://b.org/"))
    html = render.document_html(replace(document("en"), facts=facts, sources=sources), None, lang)
    away = 'target="_blank" rel="noopener noreferrer"'
    psych = f'<a href="https://a.org/1" {away}>Psych</a>'
    wiki = read.format(f'<a href="https://b.org/" {away}>Wiki</a>')
    assert (
        f'<li><span class="year">1958</span><p>It was &lt;b&gt;.</p><p class="place">{psych}</p></li>'
        f'<li><p>It is.</p><p class="place">{psych} · {wiki}</p></li>'
    ) in html


def test_both_languages_say_the_same_things():
    assert KO.keys() == EN.keys()
    assert KO["badge"].keys() == EN["badge"].keys()
    assert len(EXAMPLES["ko"]) == len(EXAMPLES["en"])


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("en;q=0.2,ko;q=0.9", "ko"),
        ("fr-FR,fr;q=0.9,ko;q=0.4", "ko"),
        ("", "en"),
        ("de, *;q=x", "en"),
    ],
)
def test_first_language_of_the_page(header, lang):
    assert from_browser(header) == lang


@pytest.mark.parametrize(("lang", "said"), [("ko", "영어 · Who described it · 3–4쪽"), ("en", "pp. 3–4")])
def test_a_source_says_on_which_pages_it_stands(lang, said):
    cited = citation("en")
    cited = replace(cited, passage=replace(cited.passage, place=("p. 3", "p. 4")))
    assert said in inert(render.sources_html(answer("x [1]", citations=(cited,)), lang)).text
