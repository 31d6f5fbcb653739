"""Imports: no circle of any kind, and Qt needed by the window alone. The floors themselves are import-linter's."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from tests.house.source import ROOT, Source, sources

WITHOUT_QT = """
import importlib, sys, traceback

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"PySide6", "shiboken6", "pyqtgraph", "qasync"}:
            raise ModuleNotFoundError(f"Qt is not installed here: {name}", name=name)

sys.meta_path.insert(0, NoQt())
failed = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        failed.append(f"{name}: {traceback.format_exc(limit=-2)}")
print("\\n".join(failed), end="")
"""


def import_graph(files: Iterable[Source]) -> dict[str, set[str]]:
    """Which module imports which, of these; in functions and under TYPE_CHECKING as well."""
    files = list(files)
    modules = {source.module for source in files}
    graph: dict[str, set[str]] = {}
    for source in files:
        targets: set[str] = set()
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = imported_from(source, node)
                targets |= {full if (full := f"{base}.{alias.name}") in modules else base for alias in node.names}
        graph[source.module] = (targets & modules) - {source.module}
    return graph


def imported_from(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    kept = parts[: len(parts) - node.level + source.is_package]
    return ".".join([*kept, node.module] if node.module else kept)


def circle(graph: dict[str, set[str]]) -> str:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " imports ".join(reversed(error.args[1]))
    return ""


def test_a_circle_is_seen_through_packages_functions_and_type_checking() -> None:
    files = [
        Source("p/__init__.py", ""),
        Source("p/a.py", "def work():\n    from p.b import x\n"),
        Source("p/b.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import c\n"),
        Source("p/c.py", "import p.a\n"),
    ]
    assert set(circle(import_graph(files)).split(" imports ")) == {"p.a", "p.b", "p.c"}
    assert circle(import_graph(files[:3])) == ""


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circle(import_graph(sources())) == ""


def test_everything_but_the_window_is_imported_without_qt() -> None:
    # Alembic's environment and versions are run by Alembic, which hands them their context
    modules = [s.module for s in sources() if not s.path.startswith(("hlmaster/ui/", "hlmaster/storage/migrations/"))]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT_QT, *modules],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert not done.stdout, done.stdout
    assert done.returncode == 0, done.stderr
