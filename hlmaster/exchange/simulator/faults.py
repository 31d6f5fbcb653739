"""Misfortune on request: what networks, venues and clocks do wrong, for tests and drills.

A fault has a kind, a number of times it strikes (0: until cleared) and, where it makes sense, seconds of wall time and
the stream channel it is limited to. It is set through ``Faults.add`` or, where the server was started with
``--control``, by ``POST /control/faults`` with the same fields; ``{"kind": "clear"}`` ends them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hlmaster.core.errors import HlError


class FaultKind(StrEnum):
    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    OVERSIZE = "oversize"
    HTTP_429 = "http_429"
    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    SLOW_REPLY = "slow_reply"
    ERROR_AFTER_ACCEPT = "error_after_accept"
    """The action is executed, then the reply is a 502 page."""
    REPLY_LOST = "reply_lost"
    """The action is executed, then the connection is closed without a reply."""
    SILENT = "silent"
    """Sockets stay open and say nothing more."""
    HALF_OPEN = "half_open"
    """Sockets are neither read nor written any more."""
    CLOSE = "close"
    """Every open socket is closed at once, without a close frame."""
    REFUSE_SOCKETS = "refuse_sockets"
    POST_ONLY = "post_only"
    """Only post-only orders and cancels are taken, as after an upgrade of the venue."""
    LAGGING_STATUS = "lagging_status"
    """Order queries know nothing of orders younger than ``seconds``."""
    CLOCK_SKEW = "clock_skew"
    """The venue's stamps run ``seconds`` ahead of (or behind) the time its ready line promised."""


STREAM_KINDS = (
    FaultKind.DROP,
    FaultKind.DELAY,
    FaultKind.DUPLICATE,
    FaultKind.REORDER,
    FaultKind.GARBAGE,
    FaultKind.TRUNCATED,
    FaultKind.OVERSIZE,
)
REPLY_KINDS = (FaultKind.HTTP_429, FaultKind.HTTP_500, FaultKind.HTTP_502, FaultKind.SLOW_REPLY)
LOST_KINDS = (FaultKind.ERROR_AFTER_ACCEPT, FaultKind.REPLY_LOST)
OVERSIZE_BYTES = 3 * 1024 * 1024


class FaultError(HlError):
    code = "SIM-001"


@dataclass(slots=True)
class Fault:
    kind: FaultKind
    count: int = 1
    seconds: float = 0.0
    channel: str = ""
    """Stream faults: only frames of this channel; reply faults: only this path. Empty: all."""

    @staticmethod
    def read(fields: Mapping[str, Any]) -> Fault:
        """Raises FaultError naming the field that is wrong."""
        try:
            kind = FaultKind(str(fields.get("kind")))
        except ValueError as error:
            raise FaultError(f"{fields.get('kind')!r} is no fault.", f"Use one of {', '.join(FaultKind)}.") from error
        count, seconds, channel = fields.get("count", 1), fields.get("seconds", 0.0), fields.get("channel", "")
        if type(count) is not int or count < 0:
            raise FaultError(f"count must be a whole number from 0, not {count!r}.")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise FaultError(f"seconds must be a number, not {seconds!r}.")
        return Fault(kind, count, float(seconds), str(channel))


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._active: list[Fault] = []
        self._held: dict[int, bytes] = {}

    def __bool__(self) -> bool:
        return bool(self._active or self._held)

    def add(self, fault: Fault) -> None:
        self._active.append(fault)

    def clear(self) -> None:
        self._active.clear()
        self._held.clear()

    def strike(self, *kinds: FaultKind, channel: str = "") -> Fault | None:
        """The first fault of these kinds in force, counted as having struck; None without one."""
        for fault in self._active:
            if fault.kind in kinds and fault.channel in ("", channel):
                if fault.count:
                    fault.count -= 1
                    if not fault.count:
                        self._active.remove(fault)
                return fault
        return None

    def standing(self, kind: FaultKind) -> Fault | None:
        """A fault that is a state of the venue rather than an event; it lasts until cleared."""
        return next((fault for fault in self._active if fault.kind is kind), None)

    def payloads(self, receiver: int, channel: str, payload: bytes) -> tuple[float, list[bytes]]:
        """What becomes of a frame to one receiver: wall seconds of delay, and the payloads that are sent instead."""
        fault = self.strike(*STREAM_KINDS, channel=channel)
        held = self._held.pop(receiver, None)
        after = [] if held is None else [held]
        match fault.kind if fault else None:
            case None:
                return 0.0, [payload, *after]
            case FaultKind.DROP:
                return 0.0, after
            case FaultKind.DELAY:
                assert fault is not None
                return fault.seconds, [payload, *after]
            case FaultKind.DUPLICATE:
                return 0.0, [payload, payload, *after]
            case FaultKind.REORDER:
                self._held[receiver] = payload
                return 0.0, after
            case FaultKind.GARBAGE:
                return 0.0, [b'{"channel":' + payload[::-1], *after]
            case FaultKind.TRUNCATED:
                return 0.0, [payload[: len(payload) // 2], *after]
            case _:
                return 0.0, [payload[:-1] + b" " * OVERSIZE_BYTES + payload[-1:], *after]
