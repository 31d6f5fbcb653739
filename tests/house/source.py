"""The project's source, parsed once: what the house tests look at."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = "hlmaster/ui/forms/"
SKIPPED_FOLDERS = {"build", "dist", "__pycache__"}
SHOWN_FOLDERS = {".ci", ".github"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: ``path`` relative to the project with slashes, ``text`` as it stands."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def origins(self) -> dict[str, str]:
        """What the file's imported names stand for: ``{"np": "numpy", "now": "datetime.datetime.now"}``."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.split(".")[0]
                    found[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return found

    def dotted(self, node: ast.AST) -> str:
        """``a.b.c`` with ``a`` replaced by what it was imported as; empty when it is not such a chain of names."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            before = self.dotted(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""

    def place(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function with its qualified name, nested ones too."""
        yield from _functions(self.tree, "")

    def owner(self, node: ast.AST) -> str:
        """``path::Class.method`` of the innermost function around the node; ``path`` alone at module level."""
        line = getattr(node, "lineno", 0)
        around = [name for name, function in self.functions() if function.lineno <= line <= (function.end_lineno or 0)]
        return f"{self.path}::{around[-1]}" if around else self.path


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child
            yield from _functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)


@cache
def sources(folder: str = "hlmaster") -> tuple[Source, ...]:
    """The Python files under a folder of the project, without generated forms."""
    paths = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py"))
    return tuple(Source(path, (ROOT / path).read_text("utf-8")) for path in paths if not path.startswith(GENERATED))


@cache
def project_texts() -> tuple[tuple[str, str], ...]:
    """Path and text of every text file of the project; built and hidden things left out (git may not be installed)."""
    found = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if _is_ours(name)]
        for path in (Path(folder) / file for file in files):
            try:
                found.append((path.relative_to(ROOT).as_posix(), path.read_text("utf-8")))
            except UnicodeDecodeError:
                continue  # a picture, a font, a sound
    return tuple(sorted(found))


def _is_ours(name: str) -> bool:
    hidden = name.startswith(".") and name not in SHOWN_FOLDERS
    return not hidden and name not in SKIPPED_FOLDERS and not name.endswith(".egg-info")
