"""The forms of the page's words: what has to be said, in whatever language."""

from __future__ import annotations

from typing import Final, Literal, TypedDict, get_args

from tutor.types import Lang, Length, Level, Mode

View = Literal["timeline", "labs", "library", "quiz", "history", "settings"]
VIEWS: Final[tuple[View, ...]] = get_args(View)
Strand = Literal["symbolic", "neural", "vision", "sequence", "language-models", "hardware"]


class Timeline(TypedDict):
    """The words of the timeline. The browser fills in `{n}` and the like."""

    strands: dict[Strand, str]
    show: str
    zoom_in: str
    zoom_out: str
    zoom_whole: str
    first: str
    last: str
    before: str
    decade: str
    more: str
    fewer: str
    source: str
    article: str
    close: str
    ask: str
    hint: str
    studied: str
    studied_of: str
    forget: str
    forget_sure: str


class SettingsWords(TypedDict):
    """The words of the settings: the questions, their choices, and what is told of the program."""

    manner: dict[str, str]
    langs: dict[str, str]
    lengths: dict[Length, str]
    levels: dict[Level, str]
    quotes_only: str
    private: str
    facts: dict[str, str]
    here: str
    server: str
    bundled: str
    licence: str
    unknown_licence: str
    index: str
    library: str
    account: str
    sign_out: str


class SignInWords(TypedDict):
    """The words of the form that asks who one is."""

    name: str
    password: str
    enter: str
    wrong: str
    resting: str


class QuizStrings(TypedDict):
    """The words of the quiz."""

    hint: str
    every: str
    untouched: str
    counts: str
    due: str
    start: str
    eras: str
    review: str
    fresh: str
    type: str
    check: str
    right: str
    wrong: str
    proof: str
    source: str
    article: str
    again: str
    next: str
    watch: str
    none_left: str
    next_due: str
    save: str
    clear: str
    clear_sure: str


class Strings(TypedDict):
    """One language's words. `{n}` and the like are filled in with str.format."""

    title: str
    tagline: str
    language: str
    placeholder: str
    question: str
    send: str
    stop: str
    retry: str
    clear: str
    save_md: str
    save_html: str
    welcome: str
    earlier: str
    searching: str
    waiting: str
    writing: str
    training: str
    explaining: str
    badge: dict[Mode, str]
    badge_hint: dict[Mode, str]
    withheld: str
    unsupported: str
    stopped: str
    interrupted: str
    broken: str
    busy: str
    sources: str
    no_sources: str
    none_used: str
    whole_text: str
    primary: str
    back: str
    close: str
    missing: str
    plot_failed: str
    moments: str
    langs: dict[Lang, str]
    files: str
    files_hint: str
    files_add: str
    files_remove: str
    files_reading: str
    lang: Lang
    views: dict[View, str]
    view_failed: str
    history_hint: str
    history_none: str
    history_turns: str
    delete: str
    delete_sure: str
    deleted: str
    edit: str
    copy: str
    copied: str
    helpful: str
    unhelpful: str
    again: str
    run: str
    next: str
    story: str
    set_up: str
    lab_of: str
    point_class: str
    records: dict[str, str]
    library: dict[str, str]
    own: str
    own_hint: str
    about_note: str
    eras: dict[str, str]
    why: dict[str, str]
    found: str
    found_none: str
    found_far: str
    related: dict[str, str]
    corrections: str
    corrections_hint: str
    told_in: str
    facts: str
    read_in: str
    timeline: Timeline
    settings: SettingsWords
    sign_in: SignInWords
    quiz: QuizStrings
