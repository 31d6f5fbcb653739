"""Workspaces as JSON: written, and read back with a sentence that names what is wrong and where."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from hlmaster.core.errors import ConfigError
from hlmaster.ui.workspaces.nodes import Arrangement, Frame, Node, Rect, Split, Spread, Tabs, Way, Workspace, split

VERSION = 4
KIND = "hlmaster workspace"
DEEPEST = 40
LARGEST = 100_000
"""Pixels: no desktop is larger."""


class LayoutError(ConfigError):
    """A layout that cannot be read."""

    code = "LAY-001"


def written(workspace: Workspace) -> dict[str, Any]:
    return {
        "frames": [_write_frame(frame) for frame in workspace.arrangement.frames],
        "known": sorted(workspace.arrangement.known),
        "panels": {key: dict(memory) for key, memory in workspace.panels.items()},
    }


def read(value: object, where: str = "workspace") -> Workspace:
    """What ``written`` gave. Raises LayoutError."""
    document = _dict(value, where)
    frames = tuple(_read_frame(one, f"{where}.frames[{n}]") for n, one in enumerate(_list(document, "frames", where)))
    if not frames:
        raise _wrong(f"{where}.frames", "is empty; the main window is missing")
    arrangement = Arrangement(frames, frozenset(_text(key, f"{where}.known") for key in document.get("known", ())))
    doubled = {key for key in arrangement.keys if arrangement.keys.count(key) > 1}
    if doubled:
        raise _wrong(f"{where}.frames", f"has {', '.join(sorted(doubled))} in two places")
    panels = _dict(document.get("panels", {}), f"{where}.panels")
    return Workspace(arrangement, {key: _dict(memory, f"{where}.panels.{key}") for key, memory in panels.items()})


def exported(name: str, workspace: Workspace) -> bytes:
    document = {"kind": KIND, "version": VERSION, "name": name, "workspace": written(workspace)}
    return json.dumps(document, indent=1).encode()


def imported(content: bytes) -> tuple[str, Workspace]:
    """Name and workspace of a file that ``exported`` made. Raises LayoutError."""
    try:
        document = json.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise LayoutError(f"It is not JSON: {error}.", "Choose a file that was exported from here.") from error
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise LayoutError("It holds no workspace.", "Choose a file that was exported from here.")
    if not isinstance(document.get("version"), int) or document["version"] > VERSION:
        raise LayoutError("It was written by a newer version of this program.", "Update the program to import it.")
    return _text(document.get("name"), "name"), read(document.get("workspace"))


def _write_frame(frame: Frame) -> dict[str, Any]:
    return {
        "rect": None if frame.rect is None else _write_rect(frame.rect),
        "spread": frame.spread.value,
        "root": None if frame.root is None else _write_node(frame.root),
        "floating": [{"rect": _write_rect(rect), **_write_node(leaf)} for rect, leaf in frame.floating],
    }


def _write_rect(rect: Rect) -> list[int]:
    return [rect.left, rect.top, rect.width, rect.height]


def _write_node(node: Node) -> dict[str, Any]:
    if isinstance(node, Tabs):
        return {"tabs": list(node.keys), "front": node.front}
    return {node.way.value: [_write_node(part) for part in node.parts], "shares": [round(s, 5) for s in node.shares]}


def _read_frame(value: object, where: str) -> Frame:
    document = _dict(value, where)
    root, rect, spread = document.get("root"), document.get("rect"), document.get("spread", Spread.NORMAL.value)
    if spread not in [one.value for one in Spread]:
        raise _wrong(f"{where}.spread", f"is {spread!r}, which is none of {', '.join(Spread)}")
    floating = []
    for number, one in enumerate(_list(document, "floating", where)):
        at = f"{where}.floating[{number}]"
        leaf = _read_node(one, at)
        if not isinstance(leaf, Tabs):
            raise _wrong(at, "floats, and only tabs can")
        floating.append((_read_rect(_dict(one, at).get("rect"), f"{at}.rect"), leaf))
    return Frame(
        None if root is None else _read_node(root, f"{where}.root"),
        None if rect is None else _read_rect(rect, f"{where}.rect"),
        Spread(spread),
        tuple(floating),
    )


def _read_rect(value: object, where: str) -> Rect:
    if not isinstance(value, list) or len(value) != 4 or not all(type(one) is int for one in value):
        raise _wrong(where, "is not left, top, width and height in whole pixels")
    if any(abs(one) > LARGEST for one in value) or value[2] <= 0 or value[3] <= 0:
        raise _wrong(where, f"is {value}, which is no place on a desktop")
    return Rect(*value)


def _read_node(value: object, where: str, depth: int = 0) -> Node:
    document = _dict(value, where)
    if depth > DEEPEST:
        raise _wrong(where, "is nested too deeply")
    if "tabs" in document:
        keys = tuple(_text(key, f"{where}.tabs") for key in _list(document, "tabs", where))
        if not keys:
            raise _wrong(f"{where}.tabs", "is empty")
        front = document.get("front")
        return Tabs(keys, front if front in keys else keys[0])
    way = next((one for one in Way if one.value in document), None)
    if way is None:
        raise _wrong(where, "is neither tabs nor a row nor a column")
    parts = [
        _read_node(one, f"{where}.{way}[{n}]", depth + 1) for n, one in enumerate(_list(document, way.value, where))
    ]
    shares = _list(document, "shares", where)
    if len(parts) < 2 or len(parts) != len(shares):
        raise _wrong(where, f"has {len(parts)} parts and {len(shares)} shares; two or more and as many are needed")
    if not all(isinstance(one, int | float) and math.isfinite(one) and one > 0 for one in shares):
        raise _wrong(f"{where}.shares", "are not all numbers above zero")
    node = split(way, zip(parts, map(float, shares), strict=True))
    assert isinstance(node, Split)
    return node


def _dict(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "is missing or no object")
    return value


def _list(document: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = document.get(name)
    if not isinstance(value, list):
        raise _wrong(f"{where}.{name}", "is missing or no list")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(where, "is missing or no text")
    return value


def _wrong(where: str, what: str) -> LayoutError:
    return LayoutError(f"{where} {what}.", "Export the workspace again, or choose another file.")
