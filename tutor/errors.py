"""Every error this program raises on purpose.

TutorError                  a message for the person at the keyboard, and what to type next
├── SettingError            a flag, an environment variable or a path is wrong
├── QuestionError           the question itself cannot be asked (empty, too long)
├── CorpusError             a source file is broken (front matter, encoding)
├── SearchIndexError             the index is damaged, stale or cannot be written
├── ModelError              the checkpoint or the model server cannot be used
├── BusyError               too many wait already for what is done one at a time
└── ToolError               a tool call cannot be carried out
    ├── ToolCallInvalid     the call itself is wrong: goes back to whoever made it
    │   └── UnknownLab      there is no lab of that name
    └── ToolFailed          the lab broke off (time limit, numbers ran away)

Anything else that escapes is a bug of ours and is allowed to travel.
"""


class TutorError(Exception):
    """What happened, with the value; and what to do about it, in both languages.

    Args:
        message: English, one sentence, naming the offending value.
        hint: English, what to type or change next.
        ko: Korean `message` and `hint`; without it the English is shown.
    """

    def __init__(self, message: str, hint: str = "", *, ko: tuple[str, str] | None = None) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message, self.hint = message, hint
        self._ko = ko

    def text(self, lang: str = "en") -> str:
        """The message and the hint as one text in `lang` ("ko" or "en")."""
        return " ".join(self.parts(lang)).strip()

    def parts(self, lang: str = "en") -> tuple[str, str]:
        """The message and the hint in `lang`."""
        return self._ko if lang == "ko" and self._ko else (self.message, self.hint)


class SettingError(TutorError):
    """A flag, an environment variable or a path is wrong."""


class QuestionError(TutorError):
    """The question cannot be asked as it is."""


class CorpusError(TutorError):
    """A source file is broken."""


class SearchIndexError(TutorError):
    """The index is damaged, stale or cannot be written."""


class ModelError(TutorError):
    """The checkpoint or the model server cannot be used."""


class BusyError(TutorError):
    """Too many wait already."""


class ToolError(TutorError):
    """A tool call cannot be carried out."""


class ToolCallInvalid(ToolError):
    """The call is wrong: unknown tool, unknown or out-of-range argument, broken JSON."""


class UnknownLab(ToolCallInvalid):
    """There is no lab of that name."""


class ToolFailed(ToolError):
    """The lab broke off."""
