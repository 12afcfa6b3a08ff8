"""A checkpoint folder: where it is, and whether it can be loaded safely. Reads no weights."""

from __future__ import annotations

import json
import re
from pathlib import Path

from huggingface_hub import snapshot_download

from tutor.errors import ModelError

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_HUB_FILES = ["*.json", "*.jinja", "*.safetensors"]


def find(model: str, *, online: bool) -> Path:
    """The folder `model`, or this machine's copy of the hub id `model`, fetched if `online`.

    Raises:
        ModelError: there is no such folder or copy.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise _no_folder(f"{model!r} is a file, not a model folder.", f"{model!r}은(는) 모델 폴더가 아니라 파일이에요.")
    if not _HUB_ID.fullmatch(model):
        raise _no_folder(f"There is no model folder {model!r}.", f"모델 폴더 {model!r}이(가) 없어요.")
    try:
        return Path(snapshot_download(model, local_files_only=not online, allow_patterns=_HUB_FILES))
    except (OSError, ValueError) as error:
        if online:
            raise _not_fetched(model, first_line(error)) from None
    raise ModelError(
        f"{model!r} is neither a folder nor a model that was fetched to this machine before.",
        f"To fetch it, type: tutor --online --model {model}",
        ko=(
            f"{model!r} 폴더가 없고, 이 컴퓨터에 받아 둔 모델도 아니에요.",
            f"받으려면 이렇게 입력하세요: tutor --online --model {model}",
        ),
    )


def check(folder: Path) -> None:
    """Raise ModelError unless `folder` holds a LLaMA in safetensors and a tokenizer.json."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        architectures, model_type = config.get("architectures") or [], config.get("model_type")
    except FileNotFoundError:
        raise unusable(folder, "no config.json", "config.json이 없어요") from None
    except (ValueError, AttributeError):
        raise unusable(
            folder, "a config.json that is not a JSON object", "config.json이 JSON 객체가 아니에요"
        ) from None
    if (architectures, model_type) != (["LlamaForCausalLM"], "llama"):
        found = f"{', '.join(map(str, architectures)) or 'no architecture'} (model_type {model_type!r})"
        raise ModelError(
            f"The checkpoint {folder} is {found}; only LlamaForCausalLM runs here.",
            "Give a LLaMA-family model, or serve this one and type: tutor --server URL",
            ko=(
                f"체크포인트 {folder}의 구조는 {found}예요. 여기서는 LlamaForCausalLM만 돌릴 수 있어요.",
                "LLaMA 계열 모델을 쓰거나, 이 모델을 서버로 띄우고 이렇게 입력하세요: tutor --server URL",
            ),
        )
    if not any(folder.glob("*.safetensors")):
        raise _no_safetensors(folder)
    if not (folder / "tokenizer.json").exists():
        raise unusable(folder, "no tokenizer.json", "tokenizer.json이 없어요")


def unusable(folder: Path, found: str, ko: str) -> ModelError:
    """The error for a checkpoint that lacks or breaks something: it has `found`."""
    return ModelError(
        f"The checkpoint {folder} cannot be used: it has {found}.",
        "Fetch or copy the folder again, whole.",
        ko=(f"체크포인트 {folder}을(를) 쓸 수 없어요: {ko}.", "폴더를 통째로 다시 받거나 복사해 주세요."),
    )


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _no_folder(message: str, ko: str) -> ModelError:
    return ModelError(
        message,
        "Give the folder of a LLaMA checkpoint: tutor --model PATH",
        ko=(ko, "LLaMA 체크포인트 폴더를 알려 주세요: tutor --model PATH"),
    )


def _not_fetched(model: str, reason: str) -> ModelError:
    return ModelError(
        f"The hub did not give {model!r}: {reason}",
        "Check the name and the connection, or give a folder: tutor --model PATH",
        ko=(
            f"허브에서 {model!r}을(를) 받지 못했어요: {reason}",
            "이름과 연결을 확인하거나 폴더를 알려 주세요: tutor --model PATH",
        ),
    )


def _no_safetensors(folder: Path) -> ModelError:
    pickled = sorted(file.name for file in folder.iterdir() if file.suffix in (".bin", ".pt", ".pth", ".ckpt"))
    if not pickled:
        return unusable(folder, "no *.safetensors file", "*.safetensors 파일이 없어요")
    names = ", ".join(pickled[:3])
    return ModelError(
        f"The checkpoint {folder} has only pickled weights ({names}), which can run code when they are read.",
        "Use a copy in safetensors; most models offer a model.safetensors.",
        ko=(
            f"체크포인트 {folder}에는 읽을 때 코드가 실행될 수 있는 pickle 가중치({names})만 있어요.",
            "safetensors로 된 것을 쓰세요. 대부분의 모델에 model.safetensors가 있어요.",
        ),
    )
