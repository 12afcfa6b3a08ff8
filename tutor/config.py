"""Settings: defaults, overridden by TUTOR_* environment variables, overridden by flags."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

from tutor.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent
BUNDLED_MODEL = Path(__file__).resolve().parent / "models" / "tutor-llama"
BUNDLED_ENCODER = Path(__file__).resolve().parent / "models" / "tutor-embed"
BUNDLED_INTENTS = Path(__file__).resolve().parent / "models" / "tutor-intents"
BUNDLED_SCOPE = Path(__file__).resolve().parent / "models" / "tutor-scope"
BUNDLED_FOLLOW_UPS = Path(__file__).resolve().parent / "models" / "tutor-follow-ups"
BUNDLED_LABS = Path(__file__).resolve().parent / "models" / "tutor-labs"
BUNDLED_OVERVIEWS = Path(__file__).resolve().parent / "models" / "tutor-overviews"

MAX_THREADS = 256
URIS = "an address that begins with http:// or https://, a path that ends in .db, or nothing"
BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}

# Nothing leaves the machine: read by gradio, huggingface_hub and transformers when they are imported.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how to run them.

    `index_uri` is where the vectors of the index lie: "" in the index folder, else a Milvus server's address or a path
    ending in .db (Milvus Lite).
    `database` is where conversations are kept: the address of an SQLite file or a PostgreSQL server, as SQLAlchemy's.
    `model` is a checkpoint folder, a hub id, or (with `server`) the model's name on that server.
    `online` lets transformers fetch a hub id that is not on this machine yet.
    `auth` opens the page to those who have an account (tutor/store/accounts.py).
    `threads` is for torch; 0 chooses (see chat/local.py). `dtype`: auto, bf16 or fp32.
    """

    corpus: Path = ROOT / "corpus"
    seeds: Path = ROOT / "seeds"
    library: Path = ROOT / "library"
    index: Path = ROOT / "index"
    index_uri: str = ""
    database: str = f"sqlite:///{ROOT / 'tutor.db'}"
    model: str = str(BUNDLED_MODEL)
    server: str = ""
    api_key: str = ""
    dtype: str = "auto"
    threads: int = 0
    online: bool = False
    auth: bool = False
    host: str = "127.0.0.1"
    port: int = 7860
    lang: str = "auto"


def load(**flags: object) -> Settings:
    """Settings from the environment and then from `flags` (None: not given).

    Raises:
        SettingError: a TUTOR_* variable that is unknown or does not parse, a value that is not allowed.
    """
    known = {f.name: f.type for f in fields(Settings)}
    changes: dict[str, object] = {}
    for key, value in os.environ.items():
        if key.startswith("TUTOR_"):
            changes[key[6:].lower()] = _parse(key, key[6:].lower(), value, known)
    changes |= {name: value for name, value in flags.items() if value is not None}
    settings = replace(Settings(), **changes)  # type: ignore[arg-type]
    uri = settings.index_uri
    _check("index_uri", uri, not uri or uri.endswith(".db") or uri.startswith(("http://", "https://")), URIS)
    _check("lang", settings.lang, settings.lang in ("auto", "ko", "en"), "auto, ko, en")
    _check("dtype", settings.dtype, settings.dtype in ("auto", "bf16", "fp32"), "auto, bf16, fp32")
    _check("threads", settings.threads, 0 <= settings.threads <= MAX_THREADS, f"0 … {MAX_THREADS}")
    _check("port", settings.port, 1 <= settings.port <= 65535, "1 … 65535")
    return settings


def _check(name: str, value: object, good: bool, allowed: str) -> None:
    if not good:
        raise SettingError(
            f"{name} cannot be {value!r}.",
            f"Allowed: {allowed}. It comes from --{name} or TUTOR_{name.upper()}.",
            ko=(
                f"{name} 값으로 {value!r}은(는) 쓸 수 없어요.",
                f"쓸 수 있는 값: {allowed}. --{name} 또는 TUTOR_{name.upper()} 값이에요.",
            ),
        )


def _parse(key: str, name: str, value: str, known: dict[str, object]) -> object:
    kind = known.get(name)
    if kind is None:
        choices = ", ".join("TUTOR_" + k.upper() for k in known)
        raise SettingError(
            f"The environment variable {key} is unknown.",
            f"Known are {choices}. Type: unset {key}",
            ko=(f"환경 변수 {key}은(는) 모르는 이름이에요.", f"쓸 수 있는 것은 {choices}이에요. 입력: unset {key}"),
        )
    if kind == "Path":
        return Path(value)
    if kind == "bool":
        _check(name, value, value.lower() in BOOLEANS, ", ".join(BOOLEANS))
        return BOOLEANS[value.lower()]
    if kind == "int":
        try:
            return int(value)
        except ValueError:
            raise SettingError(
                f"{key}={value!r} is not a whole number.",
                f"Type: unset {key}",
                ko=(f"{key}={value!r}은(는) 정수가 아니에요.", f"입력: unset {key}"),
            ) from None
    return value


def go_offline() -> None:
    """Set the OFFLINE variables; to be called before a heavy library is imported."""
    for key, value in OFFLINE.items():
        os.environ.setdefault(key, value)
