"""Imports point down, and what is heavy is imported in one place only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tutor"
LAYERS = [
    {"__init__", "types", "errors", "text", "config"},
    {"corpus", "store"},
    {"retrieval", "chat", "labs", "training"},
    {"demo_request", "lookup", "overview_request", "question", "suggestions"},
    {"tools", "clauses", "follow_up", "overview", "turn", "quiz"},
    {"session"},
    {"service"},
    {"cli", "cli_labs", "cli_sources", "cli_users", "console", "doctor", "mcp_server", "ui", "evals", "__main__"},
]
# Entries that start their siblings; and the evaluation grades the very string that reaches the page.
SIBLINGS = {
    "cli": {"cli_labs", "cli_sources", "cli_users", "console", "doctor", "mcp_server", "ui", "evals"},
    "cli_labs": {"console"},
    "cli_sources": {"console"},
    "cli_users": {"console"},
    "__main__": {"cli"},
    "evals": {"ui"},
    "labs": {"retrieval"},  # one of them shows the product's own vectors
    "training": {"retrieval"},  # the intent head reads the vectors that the product computes
}
HOMES = {
    "faiss": ("retrieval/faiss_store.py", "evals/growth.py"),
    "pymilvus": ("retrieval/milvus_store.py",),
    "sentence_transformers": ("retrieval/encoder.py", "training/", "evals/encoders.py"),
    "sklearn": ("training/", "evals/calibration.py", "labs/"),
    "scipy": ("labs/point_sets.py", "training/"),
    "torch": ("retrieval/encoder.py", "chat/local.py", "training/", "labs/", "evals/labs.py"),
    "transformers": ("chat/local.py", "retrieval/encoder.py", "training/", "labs/token_bytes.py"),
    "gradio": ("ui/",),
    "plotly": (
        "labs/plots.py",
        "labs/perceptron_plots.py",
        "labs/chart_plots.py",
        "ui/routes.py",
        "ui/export.py",
    ),  # the last two only pass on the script that lies in the package
    "matplotlib": ("labs/plots.py", "labs/perceptron_plots.py", "labs/chart_plots.py"),
    "alembic": ("store/",),
    "playwright": ("evals/page.py", "evals/gallery.py"),
    "pypdf": ("corpus/read_pdf.py",),
    "bs4": ("corpus/read_html.py",),
    "nbformat": ("corpus/read_notebook.py",),
    "docx": ("corpus/read_docx.py",),
    "argon2": ("store/accounts.py",),
    "sqlalchemy": (
        "store/",
        "quiz/history.py",
        "ui/app.py",
        "ui/conversation.py",
        "ui/quiz.py",
        "ui/routes.py",
        "ui/settings.py",
    ),
    "fsrs": ("quiz/", "ui/quiz.py"),
    "mcp": ("mcp_server.py",),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def _layer(part: str) -> int:
    return next(i for i, parts in enumerate(LAYERS) if part in parts)


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    """Dotted names that the file imports anywhere, those inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_every_module_has_a_layer():
    for path in MODULES:
        _layer(_part(path))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path):
    own = _part(path)
    for name in _imports(path):
        if not name.startswith("tutor."):
            continue
        other = name.split(".")[1]
        if other.startswith("__"):  # tutor.__version__
            continue
        lower = _layer(other) < _layer(own)
        ground = _layer(other) == _layer(own) == 0
        assert lower or ground or other == own or other in SIBLINGS.get(own, ()), f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_imports_are_at_home(path):
    where = path.relative_to(PACKAGE).as_posix()
    for name in _imports(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or where.startswith(homes), f"{where} imports {name}"


@pytest.mark.parametrize("code", ["import tutor", "from tutor.cli import main; main(['--help'])"])
def test_starting_loads_nothing_heavy(code):
    program = f"import atexit, sys; atexit.register(lambda: print('\\nLOADED', *sys.modules)); {code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert "tutor" in loaded
    assert not loaded & {*HOMES, "pydantic", "mecab", "bm25s", "scipy", "pandas"}
