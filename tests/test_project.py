"""What holds for the project as a whole: sizes, pins, versions, safety, and that the README's tree is true."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import tutor
from tutor import doctor

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "tutor").rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION, LARGEST_FILE = 400, 60, 1_000_000  # lines, lines, bytes


def _tracked() -> list[Path]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    functions = [n for n in _nodes(path) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if f.end_lineno - f.lineno + 1 > LONGEST_FUNCTION] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_can_run_code_from_a_file(path):
    """No pickle in any of its guises, no code from a model's repository."""
    unsafe = []
    for node in _nodes(path):
        match node:
            case ast.Import(names=names):
                unsafe += [
                    a.name for a in names if a.name in ("pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")
                ]
            case ast.ImportFrom(module=name):
                unsafe += [name] if name in ("pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal") else []
            case ast.Attribute(value=ast.Name(id="torch"), attr="load"):
                unsafe.append("torch.load")
            case ast.Call(func=ast.Name(id="eval" | "exec" as name)):
                unsafe.append(name)
            case ast.keyword(arg="trust_remote_code" | "allow_pickle" as name, value=value):
                unsafe += [] if isinstance(value, ast.Constant) and value.value is False else [name]
    assert unsafe == []


def test_the_top_of_the_changelog_is_this_version():
    versions = re.findall(r"(?m)^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert versions[0] == tutor.__version__


def test_every_direct_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [line for extra in project["optional-dependencies"].values() for line in extra]
    lines = [line for line in lines if not line.startswith(project["name"])]  # its own other extras
    names = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in lines] + doctor.requirements()
    pins = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", pin) for pin in pins), "a pin is a plain version"
    pinned = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins}
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in names} - pinned == set()
    assert "torch==2.13.0" in pins


def test_no_two_test_files_have_one_name():
    """Pytest would take one for the other."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))


def test_no_tracked_file_is_large():
    bundled = ROOT / "tutor" / "models"
    large = [p for p in _tracked() if p.stat().st_size > LARGEST_FILE and bundled not in p.parents]
    assert large == []


def test_no_tracked_text_names_a_path_of_somebodys_machine():
    own = re.compile(rb"(?<![\w.])/(?:work|root|home/[a-z]\w*|Users/[A-Za-z]\w*|opt/(?:pypi|wheels))/")
    named = {}
    for path in _tracked():
        data = path.read_bytes()
        if b"\0" not in data and (found := own.search(data)):
            named[str(path.relative_to(ROOT))] = found[0]
    assert named == {}


# ---- the README's tree ---------------------------------------------------------------------------
def _tree(readme: str) -> list[tuple[int, str]]:
    """(indent, name) of each line of the first fenced block that starts with a folder's name."""
    for block in re.findall(r"(?ms)^```\w*\n(.*?)^```", readme):
        lines = [re.match(r"([\s│├└─]*)(\S+)", line) for line in block.splitlines() if line.strip()]
        if lines and re.fullmatch(r"[\w.-]+/", lines[0][2]):
            return [(len(line[1]), line[2]) for line in lines]
    return []


def _paths(tree: list[tuple[int, str]]) -> list[Path]:
    paths, above = [], []  # above: (indent, path) of the folders that this line may lie in
    for indent, name in tree:
        above = [entry for entry in above if entry[0] < indent]
        path = Path(above[-1][1] if above else ".", name)
        paths.append(path)
        above.append((indent, path))
    return paths


def test_the_tree_is_read_right():
    readme = "```\nmake run\n```\n```\nseeds/   notes\ntutor/\n  cli.py   the commands\n  labs/\n    mlp.py\n```\n"
    assert [p.as_posix() for p in _paths(_tree(readme))] == [
        "seeds",
        "tutor",
        "tutor/cli.py",
        "tutor/labs",
        "tutor/labs/mlp.py",
    ]


def test_the_tree_in_the_readme_is_the_one_on_disk():
    """What it names is there; of a folder that it opens, every tracked entry is named."""
    listed = _paths(_tree((ROOT / "README.md").read_text(encoding="utf-8")))
    assert listed, "the README shows the file tree"
    assert [str(p) for p in listed if not (ROOT / p).exists()] == []
    opened = {p.parent for p in listed}
    there = {p.relative_to(ROOT) for p in _tracked()}
    entries = {Path(*p.parts[:depth]) for p in there for depth in range(1, len(p.parts) + 1)}
    wanted = {e for e in entries if e.parent in opened and not e.name.startswith(".") and e.name != "__init__.py"}
    assert sorted(map(str, wanted - set(listed))) == []
