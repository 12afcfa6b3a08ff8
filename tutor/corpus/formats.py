"""A learner's file, as bytes and a name, to text: Markdown, plain text, PDF, HTML, notebooks, Word documents."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import PurePath

import yaml

from tutor.corpus import read_docx, read_html, read_notebook, read_pdf
from tutor.corpus.extracted import Extracted, Lines, refusal
from tutor.corpus.front_matter import FrontMatter, front_matter
from tutor.errors import CorpusError, TutorError
from tutor.text import normalise

BYTES = 50 << 20  # of one file, at most
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
_FENCE = re.compile(r" {0,3}(```+|~~~+)[^`]*$")


def extract(name: str, data: bytes) -> Extracted:
    """The text of the file `name`, whose suffix tells its format and whose content is `data`.

    Raises:
        CorpusError: it is of an unknown format, too large, empty, encrypted, broken, or holds no text.
    """
    reader = READERS.get(suffix(name))
    if reader is None:
        raise _unknown(name)
    if len(data) > BYTES:
        raise too_large(name, len(data))
    if not data.strip():
        raise refusal(name, ("the file is empty", "Save some text in it."), ("빈 파일이에요", "내용을 저장해 주세요."))
    try:
        found = reader(name, data)
    except TutorError:
        raise
    except Exception as error:  # a parser on a broken file can raise anything, a RecursionError too
        raise _broken(name, error) from error
    body = found.text.split("\n")[found.body_line - 1 :]
    if not any(any(map(str.isalnum, line)) for line in body if not _HEADING.fullmatch(line)):
        raise _no_text(name)
    return found


def suffix(name: str) -> str:
    return PurePath(name).suffix.lower()


def decode(name: str, data: bytes) -> str:
    """`data` as text: UTF-8, UTF-16 with its mark, or cp949.

    Raises:
        CorpusError: it is none of these, or not text.
    """
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "")
    for candidate in [encoding] if encoding else ["utf-8", "cp949"]:
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise refusal(
        name,
        ("it is not text in UTF-8, UTF-16 or CP949", "Save it as UTF-8, or give it the suffix of its real format."),
        (
            "UTF-8, UTF-16, CP949 어느 것으로도 읽히지 않아요",
            "UTF-8로 저장하거나, 실제 형식에 맞는 확장자를 붙여 주세요.",
        ),
    )


def too_large(name: str, size: int) -> CorpusError:
    most = BYTES >> 20
    return refusal(
        name,
        (f"it has {size / (1 << 20):,.1f} MB, and {most} MB is the most", "Cut it into smaller files."),
        (f"크기가 {size / (1 << 20):,.1f} MB예요. {most} MB까지 넣을 수 있어요", "더 작은 파일로 나눠 주세요."),
    )


def _text(name: str, data: bytes) -> Extracted:
    lines = Lines(name)
    lines.add(decode(name, data))
    return lines.extracted()


def _markdown(name: str, data: bytes) -> Extracted:
    text = normalise(decode(name, data))
    head = _front_matter(name, text)
    given = text.split("\n")
    lines = Lines(name)
    lines.lines += given[: head.body_line - 1]
    lines.add(markdown_body(given[head.body_line - 1 :]))
    title, lang = head.fields.get("title"), head.fields.get("lang")
    named = str(title) if isinstance(title, str | int | float) else ""
    titled = named or first_heading(lines.lines[head.body_line - 1 :])
    return Extracted("\n".join(lines.lines), titled, (), head.body_line, lang if lang in ("ko", "en") else None)


def _front_matter(name: str, text: str) -> FrontMatter:
    try:
        return front_matter(PurePath(name), text, yaml.SafeLoader)  # the loader in C crashes on what nests deep
    except CorpusError as error:
        raise refusal(
            name,
            (f"its front matter cannot be read ({error.message.removesuffix('.')})", error.hint),
            (
                f"맨 위의 머리말을 읽을 수 없어요({error.message.removesuffix('.')})",
                "--- 두 줄 사이를 고치거나 지워 주세요.",
            ),
        ) from None


def markdown_body(lines: list[str]) -> str:
    """Markdown with its code blocks indented, so that a comment in a program is not taken for a heading."""
    told, fence = [], ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark and (not fence or line.strip() == fence):
            fence = "" if fence else mark[1]
            told.append("")
        else:
            told.append(f"    {line}" if fence and line.strip() else line)
    return "\n".join(told)


def first_heading(lines: list[str]) -> str:
    """The words of the first heading among `lines`; "" where there is none."""
    found = (_HEADING.fullmatch(line) for line in lines)
    return next((heading[1] for heading in found if heading and heading[1]), "")


def _html(name: str, data: bytes) -> Extracted:
    return read_html.read(name, _declared(data) or decode(name, data))


def _declared(data: bytes) -> str:
    """A page that is not UTF-8 in the encoding that it names itself; "" where that does not work."""
    named = re.search(rb"""(?i)charset\s*=\s*["']?([\w-]{2,40})""", data[:4096])
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return data.decode(named[1].decode()) if named else ""
        except (LookupError, ValueError):
            return ""
    return ""


def _notebook(name: str, data: bytes) -> Extracted:
    return read_notebook.read(name, decode(name, data), markdown_body)


READERS: dict[str, Callable[[str, bytes], Extracted]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _text,
    ".pdf": read_pdf.read,
    ".html": _html,
    ".htm": _html,
    ".ipynb": _notebook,
    ".docx": read_docx.read,
}


def _unknown(name: str) -> CorpusError:
    kind, known = suffix(name) or name, ", ".join(READERS)
    return refusal(
        name,
        (f"files of the kind {kind!r} cannot be read", f"Known are {known}: save it as one of these."),
        (f"{kind!r} 형식은 읽을 수 없어요", f"읽을 수 있는 형식으로 저장해 주세요: {known}"),
    )


def _no_text(name: str) -> CorpusError:
    if suffix(name) == ".pdf":
        return refusal(
            name,
            ("it holds pictures of pages, and no text", "Run text recognition over it first, for example: ocrmypdf"),
            ("쪽이 그림뿐이고 글자가 없어요", "먼저 문자 인식을 해 주세요. 예: ocrmypdf"),
        )
    return refusal(name, ("it holds no text", "Write some in it."), ("읽을 글이 없어요", "내용을 적어 주세요."))


def _broken(name: str, error: Exception) -> CorpusError:
    why = type(error).__name__
    return refusal(
        name,
        (f"it is broken, or no {suffix(name)} file at all ({why})", "Open it in its own program and save it anew."),
        (f"깨졌거나 {suffix(name)} 파일이 아니에요({why})", "원래 프로그램에서 열어 다시 저장해 주세요."),
    )
