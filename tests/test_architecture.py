"""Who may import whom, how long a file may be, and what a cheap import must not load."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Rooms from the ground up. A module may import its own room, rooms in rows above, and rooms to
#: the left in its own row. The same table stands in docs/architecture.md.
ROWS = (
    ("errors",),
    ("types", "models.card_entries", "models.card"),
    ("encoding", "inputs"),
    ("models",),
    ("predict",),
    ("explain", "evaluate", "edits"),
    ("motifs",),
    ("figures", "export"),
    ("jobs",),
    ("pipeline", "batch", "training"),
    ("cli",),
    ("ui",),
    ("pages", "app"),
)

#: Rooms that only the named rooms may import, whatever the rows say.
ONLY_FROM = {"training": {"training", "cli"}, "cli": {"cli"}, "pages": {"app"}, "app": set()}

#: Rooms that may import Streamlit.
WEB = {"ui", "pages", "app"}

MOST_LINES = {"pages": 60}
MOST_LINES_ELSEWHERE = 300

ORDER = {room: (row, at) for row, rooms in enumerate(ROWS) for at, room in enumerate(rooms)}


def room_of(module: str) -> str | None:
    """Return the room of a dotted module name; None for other packages and the bare package."""
    if module == "app" or module.startswith("app."):
        return "app"
    if module == "pages" or module.startswith("pages."):
        return "pages"
    if not module.startswith("gexp_core."):
        return None
    inner = module.removeprefix("gexp_core.")
    if inner == "__main__":
        return "cli"
    fits = [room for room in ORDER if inner == room or inner.startswith(room + ".")]
    return max(fits, key=len) if fits else inner.split(".")[0]


def modules(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every source file of the app with its dotted name."""
    for path in sorted([*root.glob("gexp_core/**/*.py"), *root.glob("pages/*.py")]):
        yield path, ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    if (root / "app.py").exists():
        yield root / "app.py", "app"


def imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything a file imports, at any depth."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = parts[: len(parts) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def violations(root: Path) -> list[str]:
    """Return one sentence per import that breaks the table."""
    found = []
    for path, module in modules(root):
        here = room_of(module)
        for line, name in imports(path, module):
            where = f"{path.relative_to(root)}:{line}"
            if name.split(".")[0] == "streamlit" and here not in WEB:
                found.append(f"{where} imports streamlit")
            there = room_of(name)
            if name == "gexp_core.__version__" or there is None or there == here:
                continue
            if here is None:
                found.append(f"{where}: the package itself imports {name}")
            elif here not in ORDER or there not in ORDER:
                lost = here if here not in ORDER else there
                found.append(f"{where}: {lost} has no place in the table of rooms")
            elif there in ONLY_FROM and here not in ONLY_FROM[there]:
                found.append(f"{where}: {here} may not import {there}")
            elif ORDER[there] > ORDER[here] or (
                ORDER[there][0] == ORDER[here][0] and ORDER[there][1] > ORDER[here][1]
            ):
                found.append(f"{where}: {here} imports {there}, which stands below it")
    return found


def test_imports_follow_the_table():
    assert violations(ROOT) == []


def test_every_module_has_a_place():
    rooms = {room_of(module) for _, module in modules(ROOT)} - {None}
    assert rooms <= set(ORDER)


@pytest.mark.parametrize(
    ("where", "line", "said"),
    [
        ("gexp_core/types.py", "from gexp_core.predict import predict", "types imports predict"),
        ("gexp_core/types.py", "from gexp_core import predict", "types imports predict"),
        ("gexp_core/types.py", "def f():\n    import gexp_core.jobs.pool", "types imports jobs"),
        ("gexp_core/inputs/fasta.py", "from ..explain import attribute", "inputs imports explain"),
        ("gexp_core/explain/x.py", "from gexp_core import evaluate", "explain imports evaluate"),
        ("gexp_core/figures/x.py", "import streamlit as st", "imports streamlit"),
        ("gexp_core/jobs/x.py", "from streamlit.runtime import exists", "imports streamlit"),
        ("gexp_core/ui/x.py", "from gexp_core.training import loop", "may not import training"),
        ("pages/x.py", "from gexp_core.cli import commands", "may not import cli"),
        ("gexp_core/__init__.py", "from gexp_core.errors import GexpError", "package itself"),
        ("gexp_core/utils.py", "from gexp_core import errors", "utils has no place"),
        ("gexp_core/models/card.py", "from gexp_core.models import registry", "stands below"),
    ],
)
def test_a_planted_violation_is_caught(tmp_path: Path, where: str, line: str, said: str):
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    (found,) = violations(tmp_path)
    assert found.startswith(where)
    assert said in found


def test_what_the_table_allows_passes(tmp_path: Path):
    allowed = {
        "gexp_core/models/registry.py": "from gexp_core.models.card import ModelCard",
        "gexp_core/export/bundle.py": "from gexp_core.figures import static",
        "gexp_core/__main__.py": "from gexp_core.cli import arguments",
        "gexp_core/cli/commands.py": "from gexp_core import pipeline, training",
        "gexp_core/types.py": "from gexp_core import __version__\nimport numpy",
        "pages/x.py": "import streamlit\nfrom gexp_core.ui import page",
    }
    for where, line in allowed.items():
        (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / where).write_text(line + "\n")
    assert violations(tmp_path) == []


def test_files_are_short():
    long = []
    for path, module in modules(ROOT):
        most = MOST_LINES.get(room_of(module) or "", MOST_LINES_ELSEWHERE)
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > most:
            long.append(f"{path.relative_to(ROOT)} has {lines} lines, allowed are {most}")
    assert long == []


def test_the_package_neither_asserts_nor_prints_nor_unpickles():
    found = []
    for path, module in modules(ROOT):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} asserts")
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "print" and room_of(module) != "training":
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} prints")
            checkpoint = room_of(module) == "training"  # a run reads back its own checkpoint
            if name in ("pickle.load", "pickle.loads") or (name == "torch.load" and not checkpoint):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} calls {name}")
    assert found == []


def test_the_documented_table_is_this_one():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = text.split("<!-- rows -->")[1].split("```")[1]
    rows = tuple(tuple(line.split()) for line in block.strip().splitlines()[1:])
    assert rows == ROWS


def _loaded(code: str) -> set[str]:
    """Return which heavy packages a fresh interpreter has loaded after ``code``."""
    heavy = "{'torch', 'streamlit', 'pandas', 'matplotlib', 'plotly', 'captum', 'sklearn'}"
    tail = f"\nimport sys; sys.stdout.write('|' + ' '.join({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code + tail],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.rpartition("|")[2].split())


def test_cheap_imports_load_nothing_heavy():
    names = "types encoding inputs models.registry models.card pipeline cli.arguments __main__"
    code = "\n".join(f"import gexp_core.{name}" for name in names.split())
    assert _loaded("import gexp_core\n" + code) == set()


def test_the_pages_leave_torch_to_the_workers():
    names = sorted(name for _, name in modules(ROOT) if name.startswith("gexp_core.ui."))
    assert "gexp_core.ui.filters" in names
    assert "torch" not in _loaded("\n".join(f"import {name}" for name in names))


def test_listing_models_loads_nothing_heavy():
    assert _loaded("from gexp_core.__main__ import main\nmain(['models'])") == set()


def test_the_command_line_never_imports_streamlit(toy: str, tmp_path: Path):
    (tmp_path / "in.fa").write_text(">a\n" + "ACGTTGCA" * 8 + "\n")
    arguments = ["--model", toy, str(tmp_path / "in.fa"), "--out"]
    code = (
        "from gexp_core.__main__ import main\n"
        f"main(['predict', *{arguments}, {str(tmp_path / 'out.tsv')!r}])\n"
        f"main(['run', '--figures', '1', *{arguments}, {str(tmp_path / 'out')!r}])\n"
    )
    loaded = _loaded(code)
    assert (tmp_path / "out.tsv").is_file()
    assert (tmp_path / "out" / "results.zip").is_file()
    assert "torch" in loaded
    assert "streamlit" not in loaded
