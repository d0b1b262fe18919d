"""What the pages name as work for the jobs."""

import ast
import re
from pathlib import Path

from gexp_core import pipeline

UI = Path(__file__).resolve().parents[2] / "gexp_core" / "ui"


def named(path):
    """Yield the strings of a file that may name work."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def jobs_of_pages():
    """Return every function that a page names as work, by its whole name."""
    found = set()
    for path in UI.rglob("*.py"):
        for text in named(path):
            if re.fullmatch(r"gexp_core(\.\w+)+:\w+", text):
                found.add(text)
            elif text == "run" or text.endswith("_named"):
                found |= {f"gexp_core.pipeline:{text}"} if hasattr(pipeline, text) else set()
    return found


def passing():
    """Return the work whose submitter says that its results never lie on disk."""
    found = set()
    for path in UI.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "jobs.submit":
                if any(one.arg == "lasting" for one in node.keywords):
                    found.add(names[ast.unparse(node.args[0])])
    return found
