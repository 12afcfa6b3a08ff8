"""The page's section for the learner's own files: a button to add some, the list of what there is, a word on each."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import gradio as gr

from tutor.corpus import library
from tutor.errors import TutorError
from tutor.types import Lang
from tutor.ui import render
from tutor.ui.strings import STRINGS

if TYPE_CHECKING:
    from tutor.corpus.library import Outcome
    from tutor.session import Tutor
    from tutor.ui.conversation import Conversation

_log = logging.getLogger(__name__)


class Files(NamedTuple):
    """The components of the section, in the order of `labels`."""

    section: gr.Accordion
    hint: gr.HTML
    chosen: gr.CheckboxGroup
    add: gr.UploadButton
    remove: gr.Button
    told: gr.HTML


def layout() -> Files:
    with gr.Accordion(open=False, elem_id="files") as section:
        hint = gr.HTML(apply_default_css=False, elem_id="files-hint")
        chosen = gr.CheckboxGroup(show_label=False, container=False, elem_id="files-list")
        with gr.Row(elem_id="files-buttons"):
            add = gr.UploadButton(file_count="multiple", size="sm", elem_id="files-add")
            remove = gr.Button(size="sm", elem_id="files-remove")
        told = gr.HTML(apply_default_css=False, elem_id="files-told")
    return Files(section, hint, chosen, add, remove, told)


def labels(tutor: Tutor, lang: Lang) -> list[Any]:
    """The section in `lang`, with what lies in the library now."""
    words = STRINGS[lang]
    shelf = library.shelf(tutor.settings, tutor.index.passages)
    return [
        gr.update(label=words["files"] + (f" ({len(shelf)})" if shelf else ""), visible=not tutor.settings.auth),
        f'<p class="hint">{render.escape(words["files_hint"])}</p>',
        gr.update(choices=[(entry.text(lang), entry.name) for entry in shelf], value=[], visible=bool(shelf)),
        gr.update(label=words["files_add"], value=None),
        gr.update(value=words["files_remove"], visible=bool(shelf)),
        "",
    ]


def wire(parts: Files, state: gr.State, tutor: Tutor) -> None:
    """Where the learners have accounts, the sources are everybody's, and changed by who runs the tutor alone."""
    if tutor.settings.auth:
        return

    def add(paths: list[str] | None, here: Conversation) -> Iterator[list[Any]]:
        given = [Path(path) for path in paths or []]
        try:
            yield from _changed(tutor, here.lang, library.add(tutor.settings, given, uploaded=True))
        finally:
            for path in given:  # the library has copies of its own
                with contextlib.suppress(OSError):
                    path.unlink()
                    path.parent.rmdir()

    def remove(names: list[str], here: Conversation) -> Iterator[list[Any]]:
        if names:
            yield from _changed(tutor, here.lang, library.remove(tutor.settings, names))

    options: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "concurrency_id": "files",
        "outputs": list(parts),
    }
    parts.add.upload(add, [parts.add, state], **options)
    parts.remove.click(remove, [parts.chosen, state], **options)


def _changed(tutor: Tutor, lang: Lang, outcomes: Iterable[Outcome]) -> Iterator[list[Any]]:
    """The section while files are added or removed, and with what became of each."""
    lines: list[tuple[str, bool]] = []
    yield _telling([(STRINGS[lang]["files_reading"], True)])
    try:
        changed = False
        for outcome in outcomes:
            lines.append((outcome.text(lang), outcome.state != "failed"))
            changed = changed or outcome.state != "failed"
            yield _telling([*lines, (STRINGS[lang]["files_reading"], True)])
        if changed:
            tutor.refresh()
    except TutorError as error:
        lines.append((error.text(lang), False))
    except Exception:
        lines.append((STRINGS[lang]["broken"], False))
        _log.exception("The learner's files could not be taken in")
    yield [*labels(tutor, lang)[:-1], _told(lines)]


def _telling(lines: list[tuple[str, bool]]) -> list[Any]:
    return [*(gr.skip() for _ in Files._fields[1:]), _told(lines)]


def _told(lines: list[tuple[str, bool]]) -> str:
    items = (f'<li class="{"good" if good else "bad"}">{render.escape(line)}</li>' for line, good in lines)
    return f'<ul role="status">{"".join(items)}</ul>'
