"""The rules of the house that a look at the syntax tree can hold. Each yields the places where it is broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.source import Source

CLOCKS = re.compile(
    r"time\.(time|monotonic|perf_counter|process_time|clock_gettime)(_ns)?"
    r"|(datetime\.)?datetime\.(now|utcnow|today)|(datetime\.)?date\.today"
    r"|(pandas\.)?Timestamp\.(now|utcnow|today)"
    r"|(.*\.)?(QElapsedTimer|QDateTime\.current\w+|QTime\.currentTime|QDate\.currentDate)"
)
# The static ones open a loop of their own inside, exactly as exec() does
NESTED_LOOPS = re.compile(
    r".*\.(exec|exec_|processEvents)"
    r"|(.*\.)?QMessageBox\.(question|information|warning|critical|about)"
    r"|(.*\.)?QFileDialog\.get\w+|(.*\.)?(QInputDialog|QColorDialog|QFontDialog)\.get\w+"
)
SPAWNERS = {"create_task", "ensure_future", "run_coroutine_threadsafe"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def clocks_read(source: Source) -> Iterator[str]:
    """Names of clocks, called or handed on."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute) and CLOCKS.fullmatch(source.dotted(node)):
            yield f"{source.place(node)} {source.dotted(node)}"


def nested_loops(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = source.dotted(node.func) or f"(…).{node.func.attr}"
            if NESTED_LOOPS.fullmatch(name):
                yield f"{source.place(node)} {name}"


def dropped_tasks(source: Source) -> Iterator[str]:
    """A task whose handle nobody keeps may be collected in mid-flight, and its exception is lost."""
    groups = {
        item.optional_vars.id
        for node in ast.walk(source.tree)
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name)
        and isinstance(item.context_expr, ast.Call)
        and source.dotted(item.context_expr.func).endswith("TaskGroup")
    }
    for node in ast.walk(source.tree):
        value = node.value if isinstance(node, ast.Expr) else node.body if isinstance(node, ast.Lambda) else None
        if not isinstance(value, ast.Call):
            continue
        function = value.func
        name = function.attr if isinstance(function, ast.Attribute) else source.dotted(function).rpartition(".")[2]
        owned = isinstance(function, ast.Attribute) and source.dotted(function.value) in groups
        if name in SPAWNERS and not owned:
            yield source.place(value)


def broad_handlers(source: Source) -> Iterator[str]:
    """Owners of handlers that take any exception and do not raise it again; of ``suppress(Exception)`` too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            raised_again = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if not raised_again and any(kind is None or _takes_all(source, kind) for kind in caught):
                yield source.owner(node)
        elif isinstance(node, ast.Call) and source.dotted(node.func).rpartition(".")[2] == "suppress":
            yield from (source.owner(node) for kind in node.args if _takes_all(source, kind))


def _takes_all(source: Source, kind: ast.expr) -> bool:
    return source.dotted(kind) in {"Exception", "BaseException"}


def float_calls(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and source.dotted(node.func) == "float":
            yield source.owner(node)


def blocking_sleeps(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and source.dotted(node.func) == "time.sleep":
            yield source.place(node)


def swallowing_waits(source: Source) -> Iterator[str]:
    """On Python 3.11 ``wait_for`` loses a cancel that comes as its future ends; whoever gathers the task then hangs."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and source.dotted(node.func) == "asyncio.wait_for":
            yield source.place(node)


def calls_of(source: Source, name: str) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and source.dotted(node.func).rpartition(".")[2] == name:
            yield source.place(node)


def mentions_of(source: Source, name: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and source.dotted(node).rpartition(".")[2] == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and node.name.rpartition(".")[2] == name)
        for node in ast.walk(source.tree)
    )


def unfinished(source: Source) -> Iterator[str]:
    for number, text in enumerate(source.text.splitlines(), 1):
        if UNFINISHED.search(text):
            yield f"{source.path}:{number} {text.strip()}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.dump(node.exc):
            yield f"{source.place(node)} NotImplementedError"


COLOUR_TEXT = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b|\b(rgb|rgba|hsl|hsla|hsv)\(|font-family")
GLOBAL_COLOUR = re.compile(r".*\.GlobalColor\.\w+|.*\.Qt\.(black|white|red|green|blue|gray|yellow|cyan|magenta)")
NO_COLOUR = "transparent"
PAINTS = {"QColor", "QPen", "QBrush"}
TYPEFACES = {"QFont", "setFamily", "setFamilies"}


def looks_named(source: Source) -> Iterator[str]:
    """Colours and fonts written out instead of taken from the theme."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and COLOUR_TEXT.search(node.value):
            yield f"{source.place(node)} {node.value[:40]!r}"
        elif (
            isinstance(node, ast.Attribute) and GLOBAL_COLOUR.fullmatch(source.dotted(node)) and node.attr != NO_COLOUR
        ):
            yield f"{source.place(node)} {source.dotted(node)}"
        elif isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else source.dotted(node.func)
            first = node.args[0]
            if name.rpartition(".")[2] in PAINTS | TYPEFACES and isinstance(first, ast.Constant):
                yield f"{source.place(node)} {name}({first.value!r})"
