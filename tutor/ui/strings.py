"""Every word the page itself says, in both languages, and which of them a browser gets."""

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
    quiz: QuizStrings


KO: Final[Strings] = {
    "title": "AI 역사 튜터",
    "tagline": "출처를 밝혀 답하고, 말로 부족하면 직접 훈련해 보여 줘요.",
    "language": "화면 언어",
    "placeholder": "AI의 역사에 대해 물어보세요",
    "question": "질문",
    "send": "보내기",
    "stop": "멈추기",
    "retry": "다시 답하기",
    "clear": "새 대화",
    "save_md": "Markdown으로 저장",
    "save_html": "HTML로 저장",
    "welcome": "무엇이 궁금한가요? 아래에서 골라도 좋고, 직접 물어봐도 좋아요.",
    "earlier": "이전 질문 더 보기 ({n}개)",
    "searching": "출처를 찾고 있어요…",
    "waiting": "차례를 기다리고 있어요…",
    "writing": "쓰면서 출처와 맞춰 보고 있어요… {n}토큰",
    "training": "훈련하고 있어요… {n}번째 단계",
    "explaining": "훈련이 끝났어요. 결과를 정리하고 있어요…",
    "badge": {
        "generated": "생성 후 출처 확인",
        "quoted": "출처에서 인용",
        "refused": "출처에 없는 내용",
        "lab": "직접 실행한 데모",
    },
    "badge_hint": {
        "generated": "모델이 쓴 글이며, 문장마다 인용한 출처와 맞는지 확인했어요.",
        "quoted": "모델의 글 대신 출처의 문장을 그대로 옮겼어요.",
        "refused": "가지고 있는 출처에서 답을 찾지 못했어요.",
        "lab": "숫자와 그림은 방금 실제로 실행한 결과예요.",
    },
    "withheld": "출처가 뒷받침하지 않는 문장 {n}개는 뺐어요.",
    "unsupported": "출처로 확인되지 않음",
    "stopped": "여기서 멈췄어요.",
    "interrupted": "답이 끝나기 전에 끊겼어요. ‘다시 답하기’를 누르면 이어서 물어볼 수 있어요.",
    "broken": "프로그램에 문제가 생겨 답하지 못했어요. 터미널에 남은 기록을 확인하고 ‘다시 답하기’를 눌러 보세요.",
    "busy": "앞선 질문에 아직 답하고 있어요. 끝난 뒤에 보내거나 ‘멈추기’를 눌러 주세요.",
    "sources": "이 답의 출처",
    "no_sources": "답에 붙은 [1] 같은 번호를 누르면 근거가 된 글이 여기에 나와요.",
    "none_used": "이 답에는 인용한 출처가 없어요.",
    "whole_text": "전체 글 보기",
    "primary": "출처",
    "back": "답으로 돌아가기",
    "close": "닫기",
    "missing": "이 글을 찾을 수 없어요.",
    "plot_failed": "그림을 그리지 못했어요. 페이지를 새로 고쳐 주세요.",
    "langs": {"ko": "한국어", "en": "영어"},
    "files": "내 자료",
    "files_hint": (
        "내 글을 넣으면 다른 글처럼 찾아서 인용해요. 이 컴퓨터 밖으로 나가지 않아요. "
        "마크다운, 텍스트, PDF, HTML, 주피터 노트북, DOCX를 읽어요."
    ),
    "files_add": "파일 넣기",
    "files_remove": "고른 것 빼기",
    "files_reading": "읽고 있어요… 긴 글은 몇 분 걸려요.",
    "lang": "ko",
    "views": {
        "timeline": "연표",
        "labs": "실습",
        "library": "자료",
        "quiz": "퀴즈",
        "history": "지난 대화",
        "settings": "설정",
    },
    "view_failed": "불러오지 못했어요. 튜터가 켜져 있는지 확인하고 다시 열어 주세요.",
    "history_hint": "이 컴퓨터에만 저장돼요. 지우면 다시 볼 수 없어요.",
    "history_none": "아직 저장된 대화가 없어요.",
    "history_turns": "질문 {n}개",
    "delete": "지우기",
    "delete_sure": "정말 지울까요? 다시 누르면 지워져요",
    "edit": "질문 고치기",
    "copy": "복사",
    "copied": "복사됨",
    "helpful": "도움 됨",
    "unhelpful": "도움 안 됨",
    "again": "설정을 바꿔 다시 돌리기",
    "run": "돌리기",
    "next": "이어서 묻거나 해 볼 것",
    "story": "이야기: ",
    "set_up": "설정하고 돌리기",
    "lab_of": "직접 해 보기: {title}",
    "point_class": "다음에 찍을 점의 클래스",
    "library": {
        "find": "제목, 사람, 연도 또는 질문",
        "search": "찾기",
        "rule": "내 노트와 파일이 먼저, 그다음에는 글이 시대별로 이른 것부터 나와요.",
        "no_title": "이 말이 든 제목이 없어요. Enter를 누르면 모든 글의 본문에서 찾아요.",
        "searching": "모든 글에서 찾고 있어요…",
        "failed": "찾지 못했어요. 긴 글이면 줄이고, 튜터가 켜져 있는지 확인해 주세요.",
        "all": "목록 보기",
        "back": "목록으로 돌아가기",
        "reading": "고른 글",
        "choose": "글을 고르면 여기에서 읽을 수 있어요. 무엇이든 적고 Enter를 누르면 모든 글의 본문에서 찾아요.",
    },
    "own": "내 노트와 파일",
    "own_hint": "파일은 대화 화면의 ‘내 자료’에서 넣고 뺄 수 있어요.",
    "about_note": "노트에 대한 글",
    "eras": {
        "beginnings": "시작",
        "revival": "겨울과 부활",
        "deep-learning": "딥러닝",
        "sequence-models": "시퀀스 모델과 트랜스포머",
        "today": "오늘날",
        "how-it-works": "원리",
        "other": "그 밖의 글",
    },
    "why": {
        "words": "낱말로 찾았어요 ({words}위)",
        "meaning": "뜻으로 찾았어요 ({meaning}위)",
        "both": "낱말({words}위)과 뜻({meaning}위)으로 찾았어요",
    },
    "found": (
        "가장 가까운 구절 {n}개예요. ‘낱말’은 찾는 낱말이 그대로 들어 있는 것, ‘뜻’은 낱말이 달라도 "
        "말하는 내용이 비슷한 것이에요. 순위는 방법마다 따로 매겨요."
    ),
    "found_none": "찾을 만한 낱말이 없어요. 다른 말로 적어 보세요.",
    "found_far": "이 자료에서는 다루지 않는 내용 같아요. 그나마 가까운 구절을 보여 줄게요.",
    "related": {"predecessor": "앞선 이야기", "successor": "이어지는 이야기", "see_also": "함께 볼 글"},
    "corrections": "바로잡은 곳",
    "corrections_hint": "학습자의 노트에 적힌 말과, 기록에 따른 바른 말이에요.",
    "told_in": "‘{title}’ 글 읽기",
    "facts": "사실과 출처",
    "read_in": "확인한 곳: {source}",
    "settings": {
        "manner": {"lang": "답의 언어", "length": "답의 길이", "level": "나에게 맞는 수준"},
        "langs": {"auto": "질문과 같은 언어", "ko": "한국어", "en": "영어"},
        "lengths": {"short": "한 문장", "full": "한 문장에서 네 문장"},
        "levels": {"newcomer": "처음이에요", "student": "배우는 중이에요", "engineer": "엔지니어예요"},
        "quotes_only": "지금 모델은 출처의 문장을 그대로 옮기기만 해서, 수준을 바꿔도 답이 달라지지 않아요.",
        "private": "질문과 자료, 기록은 이 컴퓨터에만 있어요. 튜터는 밖으로 아무것도 보내지 않아요.",
        "facts": {
            "model": "모델",
            "licence": "모델의 라이선스",
            "where": "실행되는 곳",
            "index": "색인",
            "database": "대화를 저장하는 곳",
            "version": "버전",
        },
        "here": "이 컴퓨터의 이 프로그램 안",
        "server": "모델은 서버 {url}, 나머지는 이 컴퓨터. 질문과 찾은 글이 그 서버로 가요.",
        "bundled": "{name} (함께 들어 있는 모델)",
        "licence": "Apache-2.0",
        "unknown_licence": "모델 카드를 확인하세요",
        "index": "글 {documents}편, 단락 {passages}개",
        "library": "그중 내 파일 {n}개",
    },
    "timeline": {
        "strands": {
            "symbolic": "기호주의",
            "neural": "신경망과 학습",
            "vision": "시각",
            "sequence": "순차 모델",
            "language-models": "언어 모델",
            "hardware": "하드웨어",
        },
        "show": "보일 갈래",
        "zoom_in": "확대",
        "zoom_out": "축소",
        "zoom_whole": "전체",
        "first": "첫해",
        "last": "마지막 해",
        "before": "{year}년까지",
        "decade": "{year}년대",
        "more": "{n}개 더 보기",
        "fewer": "간추려 보기",
        "source": "출처: ",
        "article": "글: ",
        "close": "카드 닫기",
        "ask": "물어볼 것",
        "hint": "끌어서 옮기고, Ctrl을 누른 채 휠을 굴려 확대해요. 화살표로 사건 사이를 오가고 Enter로 열어요.",
        "studied": "읽음",
        "studied_of": "글 {m}편 중 {n}편을 읽었어요",
        "forget": "기록 지우기",
        "forget_sure": "어떤 글을 읽었는지 남긴 기록을 지울까요? 되돌릴 수 없어요.",
    },
    "quiz": {
        "hint": "시대를 고르면 한 문제씩 나와요. 틀린 문제는 곧, 맞힌 문제는 며칠 뒤에 다시 나와요.",
        "every": "모든 시대",
        "untouched": "{items}문제",
        "counts": "{items}문제 가운데 {seen}개 풀고 {known}개 익혔어요",
        "due": "오늘 복습 {n}개",
        "start": "{era} 문제 풀기",
        "eras": "시대 고르기",
        "review": "복습",
        "fresh": "새 문제",
        "type": "빈칸에 들어갈 답",
        "check": "확인",
        "right": "맞았어요.",
        "wrong": "아쉬워요. 정답: {answer}",
        "proof": "근거가 된 문장",
        "source": "출처: ",
        "article": "글에서 보기: {title}",
        "again": "{when}에 다시 나와요.",
        "next": "다음 문제",
        "watch": "직접 돌려 확인하기",
        "none_left": "지금은 풀 문제가 없어요.",
        "next_due": "다음 복습은 {when}에 나와요.",
        "save": "기록 저장",
        "clear": "기록 지우기",
        "clear_sure": "지금까지 푼 기록을 모두 지울까요? 되돌릴 수 없어요.",
    },
}

EN: Final[Strings] = {
    "title": "AI History Tutor",
    "tagline": "Answers that show their sources, and demos that really train.",
    "language": "Language of the page",
    "placeholder": "Ask about the history of AI",
    "question": "Question",
    "send": "Send",
    "stop": "Stop",
    "retry": "Answer again",
    "clear": "New conversation",
    "save_md": "Save as Markdown",
    "save_html": "Save as HTML",
    "welcome": "What would you like to know? Pick one below, or ask in your own words.",
    "earlier": "Show earlier questions ({n})",
    "searching": "Looking through the sources…",
    "waiting": "Waiting for a turn…",
    "writing": "Writing, and checking against the sources… {n} tokens",
    "training": "Training… step {n}",
    "explaining": "Training is done. Putting the result into words…",
    "badge": {
        "generated": "Generated and checked",
        "quoted": "Quoted from sources",
        "refused": "Not in the sources",
        "lab": "Live demo",
    },
    "badge_hint": {
        "generated": "Written by the model; every sentence was checked against the source it cites.",
        "quoted": "Sentences of the sources themselves, in place of the model's own words.",
        "refused": "The sources at hand do not hold the answer.",
        "lab": "The numbers and pictures come from a run that has just taken place.",
    },
    "withheld": "Sentences left out for want of a source: {n}.",
    "unsupported": "not confirmed by a source",
    "stopped": "Stopped here.",
    "interrupted": "The answer was cut off. “Answer again” asks the question once more.",
    "broken": "Something went wrong inside the program. Look at the terminal it runs in, then press “Answer again”.",
    "busy": "The last question is still being answered. Wait for it, or press “Stop”.",
    "sources": "Sources of this answer",
    "no_sources": "Click a number such as [1] in an answer, and the passage it rests on shows here.",
    "none_used": "This answer cites no source.",
    "whole_text": "Read the whole text",
    "primary": "Sources",
    "back": "Back to the answer",
    "close": "Close",
    "missing": "This text cannot be found.",
    "plot_failed": "The picture could not be drawn. Please reload the page.",
    "langs": {"ko": "Korean", "en": "English"},
    "files": "My files",
    "files_hint": (
        "Your texts are searched and cited like the rest, and stay on this machine. "
        "Markdown, plain text, PDF, HTML, Jupyter notebooks, DOCX."
    ),
    "files_add": "Add files",
    "files_remove": "Remove selected",
    "files_reading": "Reading… a long text takes minutes.",
    "lang": "en",
    "views": {
        "timeline": "Timeline",
        "labs": "Labs",
        "library": "Sources",
        "quiz": "Quiz",
        "history": "History",
        "settings": "Settings",
    },
    "view_failed": "This cannot be loaded. See that the tutor is running, and open it again.",
    "history_hint": "Kept on this machine alone. What is deleted is gone.",
    "history_none": "No conversation has been kept yet.",
    "history_turns": "questions: {n}",
    "delete": "Delete",
    "delete_sure": "Really delete? Press again",
    "edit": "Edit question",
    "copy": "Copy",
    "copied": "Copied",
    "helpful": "Helpful",
    "unhelpful": "Not helpful",
    "again": "Change the settings and run again",
    "run": "Run",
    "next": "What to ask or try next",
    "story": "The story: ",
    "set_up": "Set up and run",
    "lab_of": "Try it yourself: {title}",
    "point_class": "Class of the next point",
    "library": {
        "find": "Title, name, year or question",
        "search": "Search",
        "rule": "Your note and files first, then the articles by era, the earliest first.",
        "no_title": "No title holds this. Press Enter to search the text of everything.",
        "searching": "Searching everything…",
        "failed": "This could not be searched. Shorten a long text, and see that the tutor is running.",
        "all": "Show the list",
        "back": "Back to the list",
        "reading": "The text chosen",
        "choose": "Choose a text to read it here. Type anything and press Enter to search the text of everything.",
    },
    "own": "Your note and files",
    "own_hint": "Add and remove files under “My files”, beside the conversation.",
    "about_note": "about the note",
    "eras": {
        "beginnings": "Beginnings",
        "revival": "Winters and revival",
        "deep-learning": "Deep learning",
        "sequence-models": "Sequence models and the Transformer",
        "today": "Today",
        "how-it-works": "How it works",
        "other": "Other texts",
    },
    "why": {
        "words": "Found by its words (rank {words})",
        "meaning": "Found by its meaning (rank {meaning})",
        "both": "Found by its words (rank {words}) and its meaning (rank {meaning})",
    },
    "found": (
        "The nearest passages: {n}. Found by words: the same words stand in it. Found by meaning: it says something "
        "alike, perhaps in other words. Each way has its own ranks."
    ),
    "found_none": "There is no word here to search for. Try other words.",
    "found_far": "The sources do not seem to speak of this. These are the nearest passages there are.",
    "related": {"predecessor": "What came before", "successor": "What came next", "see_also": "See also"},
    "corrections": "Corrections",
    "corrections_hint": "What the learner's note says, and what is right by the record.",
    "told_in": "Read the article “{title}”",
    "facts": "Facts and their sources",
    "read_in": "read in {source}",
    "settings": {
        "manner": {"lang": "Language of the answers", "length": "Length of the answers", "level": "What suits me"},
        "langs": {"auto": "that of the question", "ko": "Korean", "en": "English"},
        "lengths": {"short": "one sentence", "full": "one to four sentences"},
        "levels": {"newcomer": "I am new to this", "student": "I am learning it", "engineer": "I am an engineer"},
        "quotes_only": "The present model only quotes the sources, so that the level changes nothing in its answers.",
        "private": "Questions, files and records stay on this machine. The tutor sends nothing out.",
        "facts": {
            "model": "Model",
            "licence": "Its licence",
            "where": "Runs",
            "index": "Index",
            "database": "Conversations are kept in",
            "version": "Version",
        },
        "here": "inside this program, on this machine",
        "server": "the model on the server {url}, the rest on this machine. Questions and passages go to that server.",
        "bundled": "{name} (it comes with the tutor)",
        "licence": "Apache-2.0",
        "unknown_licence": "see its model card",
        "index": "texts: {documents}, passages: {passages}",
        "library": "of these, your files: {n}",
    },
    "timeline": {
        "strands": {
            "symbolic": "Symbolic AI",
            "neural": "Neural nets and learning",
            "vision": "Vision",
            "sequence": "Sequence models",
            "language-models": "Language models",
            "hardware": "Hardware",
        },
        "show": "Strands to show",
        "zoom_in": "Zoom in",
        "zoom_out": "Zoom out",
        "zoom_whole": "Whole",
        "first": "From",
        "last": "to",
        "before": "until {year}",
        "decade": "{year}s",
        "more": "{n} more",
        "fewer": "Fewer",
        "source": "Source: ",
        "article": "Article: ",
        "close": "Close the card",
        "ask": "Ask about it",
        "hint": "Drag to move, Ctrl and the wheel to zoom. Arrows go from event to event, Enter opens one.",
        "studied": "studied",
        "studied_of": "{n} of {m} articles studied",
        "forget": "Clear",
        "forget_sure": "Clear the record of what you have studied? It cannot be brought back.",
    },
    "quiz": {
        "hint": "Pick an era; questions come one by one. What you miss comes back soon, what you know after days.",
        "every": "All eras",
        "untouched": "{items} questions",
        "counts": "{seen} of {items} seen, {known} known",
        "due": "{n} due today",
        "start": "Start: {era}",
        "eras": "Choose an era",
        "review": "Review",
        "fresh": "New",
        "type": "Your answer for the gap",
        "check": "Check",
        "right": "Right.",
        "wrong": "Not quite. The answer: {answer}",
        "proof": "The sentence that says so",
        "source": "Source: ",
        "article": "In the article: {title}",
        "again": "This comes back {when}.",
        "next": "Next question",
        "watch": "Run it and see",
        "none_left": "There is nothing to ask right now.",
        "next_due": "The next one comes back {when}.",
        "save": "Save progress",
        "clear": "Clear history",
        "clear_sure": "Clear every answer given so far? This cannot be undone.",
    },
}

STRINGS: Final[dict[Lang, Strings]] = {"ko": KO, "en": EN}

EXAMPLES: Final[dict[Lang, tuple[str, ...]]] = {
    "ko": (
        "퍼셉트론은 누가 만들었어?",
        "퍼셉트론은 왜 XOR를 못 풀어?",
        "트랜스포머 이전에는 번역을 어떻게 했어?",
        "XOR를 퍼셉트론으로 훈련해서 직접 보여줘",
        "깊은 신경망에서 기울기가 사라지는 걸 보여줘",
        "LSTM이 RNN보다 오래 기억하는 걸 보여줘",
        "문장이 토큰으로 나뉘는 걸 보여줘",
    ),
    "en": (
        "Who invented the perceptron?",
        "Why can't a perceptron solve XOR?",
        "What problem did attention solve in translation?",
        "Show me a perceptron training on XOR",
        "Show me how gradients vanish in a deep network",
        "Show me an LSTM remembering longer than an RNN",
        "Show me how a sentence is cut into tokens",
    ),
}


def from_browser(accept_language: str) -> Lang:
    """The page's first language: Korean when the browser asks for it before English.

    `accept_language` is the header as sent, e.g. "ko-KR,ko;q=0.9,en;q=0.8"; "" gives English.
    """
    ranked = []
    for place, part in enumerate(accept_language.lower().split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            ranked.append((-float(quality or 1), place, tag))
        except ValueError:
            continue
    for _, _, tag in sorted(ranked):
        if tag.split("-")[0] == "ko":
            return "ko"
        if tag.split("-")[0] == "en":
            return "en"
    return "en"
