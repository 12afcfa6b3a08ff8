"""What a learner may ask or try next, from the corpus's own graph: questions that the sources are known to answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tutor.errors import SearchIndexError
from tutor.retrieval.index import Index
from tutor.text import sentences
from tutor.types import Citation, Document, Lang, Passage

FURTHER = ("successor", "see_also")  # where the story goes on, nearest first


def suggested(
    index: Index, citations: Sequence[Citation], lang: Lang, asked: Collection[str]
) -> tuple[tuple[str, ...], str]:
    """A question about the article cited first that the answer has not told, one about what came next, and its lab.

    Args:
        asked: the learner's questions so far, which are not suggested again.

    Returns:
        The questions in `lang`, at most two, and the name of the lab that shows what the article tells of, or "".
    """
    document = _document(index, f"{lang}/{citations[0].passage.slug}") if citations else None
    if document is None:
        return (), ""
    told = {(c.passage.id, start) for c in citations for start, _ in c.spans}
    untold = (q for passage, start, q in known(index, document.id) if (passage.id, start) not in told)
    own = next((q for q in untold if q not in asked), None)
    further = [f"{lang}/{slug}" for relation in FURTHER for slug in document.related.get(relation, ())]
    later = next((q for ident in further for _, _, q in known(index, ident) if q not in asked), None)
    return tuple(q for q in (own, later) if q), document.lab


def known(index: Index, ident: str) -> Iterator[tuple[Passage, int, str]]:
    """Every question that a sentence of the document answers: its passage, where in it the sentence begins, the words.

    Of a question's wordings it is the first.
    """
    for passage in index.passages_of(ident):
        for (start, _), questions in zip(sentences(passage.text), passage.asked, strict=False):
            if questions:
                yield passage, start, questions[0]


def _document(index: Index, ident: str) -> Document | None:
    try:
        return index.document(ident)
    except SearchIndexError:  # a file of the learner's own, or the note
        return None
