"""Where an audit log lies: ``audit-000001.jsonl`` … are sealed, ``audit.jsonl`` grows, ``audit.head`` vouches for both.

The head is the number and hash of the last entry that reached the disk: without it, entries taken off the end would
not be missed.
"""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from hlmaster.core.errors import StorageError
from hlmaster.core.files import write_whole
from hlmaster.storage.audit.chain import BEFORE_ALL, parse

CURRENT, HEAD, SEALED_FILES = "audit.jsonl", "audit.head", "audit-[0-9][0-9][0-9][0-9][0-9][0-9].jsonl"


@dataclass(frozen=True, slots=True)
class Head:
    number: int = 0
    hash: str = BEFORE_ALL


def log_files(folder: Path) -> list[Path]:
    """In the order in which they were written."""
    current = folder / CURRENT
    return [*sorted(folder.glob(SEALED_FILES)), *([current] if current.exists() else [])]


def read_head(folder: Path) -> Head | None:
    """None where there is none. Raises StorageError for one that cannot be read."""
    path = folder / HEAD
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        head = Head(**json.loads(content))
    except (ValueError, TypeError):
        head = None
    if head is None or _head_bytes(head) != content:
        raise StorageError(f"{path} was changed: it is not what this program writes.")
    return head


def write_head(folder: Path, head: Head) -> None:
    """Raises OSError."""
    write_whole(folder / HEAD, _head_bytes(head))


def _head_bytes(head: Head) -> bytes:
    return json.dumps(asdict(head), sort_keys=True).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class End:
    """A file's last entry by its own word, and what was torn off after it. A file without an entry ends at nothing."""

    head: Head = field(default_factory=Head)
    wall_ms: int = 0
    rest: bytes = b""


def end_of(path: Path) -> End:
    """Raises OSError."""
    content = path.read_bytes()
    at, end, last = 0, 0, End()
    for line in io.BytesIO(content):
        at += len(line)
        link = parse(line)
        if link is not None:
            with contextlib.suppress(ValueError):
                entry = link.entry()
                end, last = at, End(Head(entry.number, link.hash), entry.wall_ms)
    return replace(last, rest=content[end:])
