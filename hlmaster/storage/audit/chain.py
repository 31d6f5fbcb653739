"""Entries as lines: ``{"entry":{…},"hash":"…"}``, where the hash is SHA-256 over the hash before and the entry's bytes.

The entry is canonical JSON: ASCII, keys sorted, no spaces. A line that is not framed like this is no entry.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hlmaster.core.records import Data
from hlmaster.core.redaction import MASK, names_secret, redact

BEFORE_ALL = "0" * 64
TORN, CONTINUED, SEALED, PRUNED, GAP = "torn", "continued", "sealed", "pruned", "gap"
"""Entries about the log itself: a line cut off by a crash, the bounds of its files, files let go, entries missing."""
_LINE = re.compile(rb'\{"entry":(\{[\x20-\x7e]*\}),"hash":"([0-9a-f]{64})"\}\n')


@dataclass(frozen=True, slots=True)
class Entry:
    """``number`` counts from 1 over all files; times in milliseconds, ``wall_ms`` this computer's."""

    number: int
    wall_ms: int
    time_ms: int
    kind: str
    subject: str
    data: Data


_decoder = msgspec.json.Decoder(Entry)


@dataclass(frozen=True, slots=True)
class Link:
    """A line that is framed as an entry; whether it follows from the one before is asked of ``follows``."""

    body: bytes
    hash: str

    def follows(self, previous: str) -> bool:
        return digest(previous, self.body) == self.hash

    def entry(self) -> Entry:
        """Raises ValueError when the body is no entry."""
        try:
            return _decoder.decode(self.body)
        except msgspec.MsgspecError as error:
            raise ValueError(str(error)) from error


def line_of(entry: Entry, previous: str) -> tuple[bytes, str]:
    """The line with its end, and its hash. Secrets are masked."""
    told = {name: getattr(entry, name) for name in Entry.__slots__}
    told |= {"subject": _plain(entry.subject), "data": _told(entry.data)}
    body = json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    found = digest(previous, body)
    return b'{"entry":%s,"hash":"%s"}\n' % (body, found.encode()), found


def digest(previous: str, body: bytes) -> str:
    return hashlib.sha256(previous.encode() + body).hexdigest()


def parse(line: bytes) -> Link | None:
    """None for what is no entry: cut off, or changed so that it is not framed as one."""
    found = _LINE.fullmatch(line)
    return None if found is None else Link(found[1], found[2].decode())


def torn(region: bytes) -> Data:
    """What the entry after a torn region says of it."""
    return {"bytes": len(region), "sha256": spelled(hashlib.sha256(region).hexdigest())}


def is_about(entry: Entry, region: bytes) -> bool:
    return entry.kind == TORN and entry.data == torn(region)


def spelled(found: str) -> str:
    """A hash as data: in two halves, for 64 hex digits in one would be masked as a key is."""
    return f"{found[:32]} {found[32:]}"


def _told(data: Data) -> Any:
    """What cannot be told as JSON is told as its representation: an entry is never left out."""
    try:
        return _plain(msgspec.to_builtins(data, enc_hook=str))
    except (TypeError, ValueError, RecursionError):
        return {"unreadable": _plain(repr(data))}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value.encode(errors="replace").decode())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): MASK if names_secret(str(key)) and item else _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
