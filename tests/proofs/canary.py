"""Looks for a known private key where no key may be: files, databases, processes, objects; in whatever dress.

canary = Canary(key)
assert canary.in_folder(data) == canary.in_processes(pids) == []
"""

from __future__ import annotations

import base64
import copy
import os
import pickle
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

WINDOW = 16
"""So many hex digits in a row are no accident."""


LEAKS: tuple[tuple[str, Callable[[Any], bytes]], ...] = (
    ("pickle", pickle.dumps),
    ("copy", lambda one: pickle.dumps(vars(copy.copy(one)))),
)


class Pieces:
    """Every stretch of ``length`` of a text. Each holds one of the few that are half as long and stand end to end, so
    where none of those is, nothing else is looked for."""

    def __init__(self, text: bytes, length: int) -> None:
        half = length // 2
        self._halves = [text[at : at + half] for at in range(0, len(text) - half + 1, half)]
        self._all = [text[at : at + length] for at in range(len(text) - length + 1)]

    def are_in(self, data: bytes) -> bool:
        return any(half in data for half in self._halves) and any(one in data for one in self._all)


class Canary:
    def __init__(self, key: str) -> None:
        digits = key.removeprefix("0x").lower()
        raw = bytes.fromhex(digits)
        self.forms: dict[str, bytes] = {
            "raw": raw,
            "reversed bytes": raw[::-1],
            "reversed digits": digits[::-1].encode(),
            "decimal": str(int(digits, 16)).encode(),
            "base64": base64.b64encode(raw).rstrip(b"="),
            "base64 for addresses": base64.urlsafe_b64encode(raw).rstrip(b"="),
            "base64 of the digits": base64.b64encode(digits.encode())[:-4],
            "base64 of 0x and the digits": base64.b64encode(b"0x" + digits.encode())[:-4],
            "list of bytes": ", ".join(map(str, raw)).encode(),
        }
        self._pieces, self._raw_pieces = Pieces(digits.encode(), WINDOW), Pieces(raw, WINDOW // 2)

    def hits(self, data: bytes) -> list[str]:
        """The forms in which the key, or a piece of it, stands in ``data``."""
        found = [name for name, form in self.forms.items() if form in data]
        lower = data.lower()
        for name, text in (("hex", lower), ("hex in UTF-16", lower.replace(b"\x00", b""))):
            if self._pieces.are_in(text):
                found.append(name)
        if "raw" not in found and self._raw_pieces.are_in(data):
            found.append("piece of raw")
        return found

    # --- where to look ---

    def in_folder(self, *folders: Path) -> list[str]:
        """Every file below, names and links too; databases row by row, archives member by member."""
        return [
            f"{path}{inside}: {', '.join(hits)}"
            for folder in folders
            for path in sorted(folder.rglob("*"))
            for inside, data in _contents(path)
            if (hits := self.hits(data))
        ]

    def in_processes(self, pids: Iterable[int]) -> list[str]:
        """Command lines, environments, and the targets of open files, their own children's included."""
        found = []
        for pid in pids:
            for name in ("cmdline", "environ", "comm"):
                data = _read(Path(f"/proc/{pid}/{name}"))
                found += [f"/proc/{pid}/{name}: {hit}" for hit in self.hits(data)]
            found += self.in_processes(children(pid))
        return found

    def in_objects(self, root: Any) -> list[str]:
        """What objects of ours, reached from ``root``, say of themselves: repr, str, format, copies and pickles."""
        found = []
        for one in reachable(root):
            for name, say in (("repr", repr), ("str", str), ("format", "{}".format)):
                if self.hits(say(one).encode(errors="replace")):
                    found.append(f"{name} of {type(one).__qualname__}")
            for name, leak in LEAKS:
                try:
                    data = leak(one)
                except Exception:  # noqa: BLE001  most objects refuse, each in its own way: that is what is wanted
                    continue
                if self.hits(data):
                    found.append(f"{name} of {type(one).__qualname__}")
        return found


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    yield " (name)", os.fsencode(path.name)
    if path.is_symlink():
        yield " (link)", os.fsencode(path.readlink())
    if not path.is_file():
        return
    data = _read(path)
    yield "", data
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from ((f" > {name}", archive.read(name)) for name in archive.namelist())
    if data.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    yield f" > {table}", repr(row).encode() + b"".join(c for c in row if isinstance(c, bytes))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def children(pid: int) -> list[int]:
    tasks = _read(Path(f"/proc/{pid}/task/{pid}/children"))
    return [int(word) for word in tasks.split()]


def reachable(root: Any) -> list[Any]:
    """Instances of the product's classes that ``root`` leads to through attributes and containers."""
    seen: dict[int, Any] = {}
    waiting, found = [root], []
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | float | type | None):
            continue
        seen[id(one)] = one
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        elif type(one).__module__.startswith("hlmaster."):
            found.append(one)
            waiting += vars(one).values() if hasattr(one, "__dict__") else ()
            slots = (slot for kind in type(one).__mro__ for slot in getattr(kind, "__slots__", ()))
            waiting += [getattr(one, slot) for slot in slots if hasattr(one, slot)]
        elif hasattr(one, "__closure__"):
            waiting += [cell.cell_contents for cell in one.__closure__ or () if cell.cell_contents is not None]
            waiting.append(getattr(one, "__self__", None))
        elif hasattr(one, "__self__"):
            waiting.append(one.__self__)
    return found
