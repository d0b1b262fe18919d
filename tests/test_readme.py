"""The README's promises: commands that exist, an example that runs, tables from the cards."""

import contextlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gexp_core import __version__
from gexp_core.__main__ import main
from gexp_core.batch.settings import MAX_BASES
from gexp_core.cli.arguments import parser
from gexp_core.inputs import APP_LIMITS, CLI_LIMITS
from gexp_core.inputs.limits import size
from gexp_core.models import registry
from gexp_core.motifs.finding import MOST_BASES
from tests.test_architecture import imports, modules

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRAINED = (registry.BUNDLED / "retina-cnn" / "weights.safetensors").is_file()
needs_model = pytest.mark.skipif(not TRAINED, reason="the bundled retina-cnn is not there yet")


def block(mark: str, text: str = README) -> str:
    """Return the fenced block after the comment ``mark``."""
    return text.split(f"<!-- {mark} -->")[1].split("```")[1].partition("\n")[2].strip()


def update_readme() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_readme", ROOT / "docs/update_readme.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_commands_are_one_line_that_sets_up_and_goes():
    for mark, files, last in (
        ("start command", "requirements.txt", ".venv/bin/streamlit run app.py"),
        ("test command", "requirements-dev.txt", ".venv/bin/python -m pytest"),
    ):
        command = block(mark)
        assert "\n" not in command
        assert command.split(" && ") == [
            "python3.11 -m venv .venv",
            f".venv/bin/pip install -q -r {files}",
            last,
        ]
        assert (ROOT / files).is_file()


def test_the_app_is_where_the_command_looks():
    assert (ROOT / "app.py").is_file()


def test_the_check_reads_its_command_from_the_readme():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    awk = re.search(r"    awk '(.*?)' README\.md", script, re.DOTALL)
    assert awk
    found = subprocess.run(
        ["awk", awk[1], "README.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == block("test command")
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "pip install" not in script


@needs_model
def test_the_python_example_has_five_lines_and_runs(monkeypatch: pytest.MonkeyPatch):
    code = block("python example")
    assert len(code.splitlines()) == 5
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert re.search(r"\{.*'.+': .*\} \(4, \d+\)", printed.getvalue())


@needs_model
def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    commands = [shlex.split(line) for line in block("commands").splitlines()]
    assert [words[3] for words in commands] == [
        "models",
        "predict",
        "attribute",
        "mutagenesis",
        "run",
        "attention",
        "design",
        "motifs",
        "regions",
        "batch",
        "variants",
        "train",
    ]
    for words in commands[:2]:
        words = [str(tmp_path / word) if word.endswith(".tsv") else word for word in words]
        assert words[:3] == ["python", "-m", "gexp_core"]
        assert main(words[3:]) == 0
    assert (tmp_path / "predictions.tsv").is_file()


@pytest.mark.parametrize(
    "page",
    ["README.md", "docs/command-line.md", "docs/architecture.md", "docs/training.md"],
)
def test_every_command_line_in_the_documents_parses(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"python -m gexp_core ([a-z][^`\n|]*)", text)
    assert found or page == "docs/architecture.md"
    for line in found:
        words = shlex.split(line)
        if words in (["train"], ["train", "NAME"]):  # a mention, not a command
            continue
        args = parser(train=words[0] == "train").parse_args(words)
        assert args.command == words[0]


def test_models_and_citations_are_those_of_the_cards():
    update = update_readme()
    assert update.updated(README, update.bundled()) == README, "run python docs/update_readme.py"


def test_links_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not link.startswith("https://"):
                assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_stated_limits_are_those_that_are_enforced():
    bounds = (
        f"up to {APP_LIMITS.max_records:,} sequences, {APP_LIMITS.max_bases_record:,} bases in one "
        f"and {APP_LIMITS.max_bases_total:,} in all"
    )
    text = " ".join(README.split())
    assert bounds in text
    for one in (APP_LIMITS, CLI_LIMITS):
        assert f"{size(one.max_bytes)} ({size(one.max_unpacked)} unpacked)" in text
    assert (
        f"up to {CLI_LIMITS.max_records:,} sequences, {CLI_LIMITS.max_bases_record:,} bases in one "
        f"and {CLI_LIMITS.max_bases_total:,} in all" in text
    )
    assert f"up to {MAX_BASES:,} bases in one sequence" in text
    table = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for one in (APP_LIMITS, CLI_LIMITS):
        cells = [size(one.max_bytes), size(one.max_unpacked), f"{one.max_records:,}"]
        cells += [f"{one.max_bases_record:,}", f"{one.max_bases_total:,}"]
        assert f" | {' | '.join(cells)} |" in table
    assert f" | {MAX_BASES:,} | " in table and f" {MOST_BASES:,} bases together" in table


def test_the_changelog_begins_with_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    assert versions[0] == __version__
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def pinned(file: str) -> dict[str, str]:
    """Return package -> version of a requirements file, every line of which must be exact."""
    found = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-r ", "-c ")):
            name, _, version = line.partition("==")
            assert re.fullmatch(r"\d[\w.]*", version), f"{line} is not pinned"
            found[name.lower()] = version
    return found


def test_every_requirement_is_pinned_and_every_import_is_required():
    pins = {name: pinned(f"requirements{name}.txt") for name in ("", "-dev", "-constraints")}
    assert not pins["-constraints"].keys() & (pins[""].keys() | pins["-dev"].keys())
    wanted = pins[""]
    assert wanted["torch"] == "2.13.0"
    called = {"sklearn": "scikit-learn", "Bio": "biopython", "modiscolite": "modisco-lite"}
    optional = {"ray"}  # requirements-ray.txt: one engine of one command
    assert optional <= pinned("requirements-ray.txt").keys()
    found = {
        name.split(".")[0] for path, module in modules(ROOT) for _, name in imports(path, module)
    }
    own = {"gexp_core", "app", "pages"} | set(sys.stdlib_module_names)
    for name in sorted(found - own - optional):
        assert called.get(name, name).lower() in wanted, f"{name} is imported, not required"
