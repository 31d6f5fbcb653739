"""What the desk and the host process say to each other: one request, one reply, each a frame on a pipe."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeVar, Union

import msgspec

from hlmaster.core.errors import HlError
from hlmaster.core.signals import Terms
from hlmaster.strategies.answer import Answer
from hlmaster.strategies.known import Card, Checks

Said = TypeVar("Said")
MAGIC = b"HLS1"
HEAD = struct.Struct("<4sI")
LARGEST = 64 * 1024 * 1024
LARGEST_REPLY = 1024 * 1024


class GarbageSpoken(HlError):
    """Bytes that are no frame, or a frame that says nothing known."""

    code = "STR-002"


class Source(msgspec.Struct, frozen=True):
    """The code of one file as it was read, or an installed entry point by its name."""

    origin: str
    """The file's name, or ``package: name``."""
    path: str = ""
    text: bytes = b""
    entry_point: str = ""


class Field(msgspec.Struct, frozen=True):
    """One parameter. ``kind``: bool, int, float, decimal, text, choice or list."""

    name: str
    kind: str
    default: Any
    optional: bool = False
    choices: tuple[Any, ...] = ()
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    pattern: str = ""
    title: str = ""
    description: str = ""
    unit: str = ""


class Description(msgspec.Struct, frozen=True):
    card: Card
    fields: tuple[Field, ...]
    code: str


class FrameWanted(msgspec.Struct, frozen=True):
    interval: str
    indicators: tuple[tuple[str, dict[str, Any]], ...]
    lookback: int


class Wanted(msgspec.Struct, frozen=True):
    """``Needs``, with indicators by name and parameters."""

    grid: str
    lookback: int
    columns: tuple[str, ...]
    indicators: tuple[tuple[str, dict[str, Any]], ...]
    frames: tuple[FrameWanted, ...]


# --- asked by the desk ---


class Load(msgspec.Struct, frozen=True, tag=True):
    """Reply: Loaded."""

    source: Source


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Make a strategy with these parameters, from now on called ``mind``. Reply: Prepared."""

    mind: int
    strategy: str
    params: dict[str, Any]


class Decide(msgspec.Struct, frozen=True, tag=True):
    """Reply: Decided. ``window`` is packed."""

    mind: int
    window: bytes


class Check(msgspec.Struct, frozen=True, tag=True):
    """Reply: Checked."""

    strategy: str
    params: dict[str, Any]


class LoadBuiltIn(msgspec.Struct, frozen=True, tag=True):
    """The strategies that come with the application, to be checked here. Reply: Loaded."""


Request = Union[Load, LoadBuiltIn, Prepare, Decide, Check]  # noqa: UP007  a tagged union is a value here


# --- said by the host ---


class Loaded(msgspec.Struct, frozen=True, tag=True):
    strategies: tuple[Description, ...]


class Prepared(msgspec.Struct, frozen=True, tag=True):
    needs: Wanted
    horizon_ms: int
    valid_ms: int
    terms: Terms


class Decided(msgspec.Struct, frozen=True, tag=True):
    answer: Answer


class Checked(msgspec.Struct, frozen=True, tag=True):
    checks: Checks


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The strategy's own fault; the process goes on."""

    sentence: str


Reply = Union[Loaded, Prepared, Decided, Checked, Failed]  # noqa: UP007

_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def frame(message: Request | Reply) -> bytes:
    content = _encoder.encode(message)
    return HEAD.pack(MAGIC, len(content)) + content


def read_frame(read: Callable[[int], bytes], largest: int = LARGEST) -> bytes | None:
    """The next frame's content; None when the pipe ended. Raises GarbageSpoken. ``read`` may return less than asked."""
    head = _exactly(read, HEAD.size)
    if head is None:
        return None
    magic, length = HEAD.unpack(head)
    if magic != MAGIC or length > largest:
        raise GarbageSpoken("It wrote something to the pipe that is no answer.")
    return _exactly(read, length)


def request_of(content: bytes) -> Request:
    """Raises GarbageSpoken."""
    return _decode(_requests.decode, content)


def reply_of(content: bytes) -> Reply:
    """Raises GarbageSpoken."""
    return _decode(_replies.decode, content)


def _decode(decode: Callable[[bytes], Said], content: bytes) -> Said:
    try:
        return decode(content)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise GarbageSpoken(f"It wrote an answer that cannot be read ({error}).") from error


def _exactly(read: Callable[[int], bytes], count: int) -> bytes | None:
    parts = []
    while count:
        part = read(count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
