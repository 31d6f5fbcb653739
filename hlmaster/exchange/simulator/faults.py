"""Misfortune on request: what networks, venues and clocks do wrong, for tests and drills.

A fault is set through ``deeds.strike``, by a script (``fault_script.py``) or, where the server was started with
``--control``, by ``POST /control/faults`` with the fields of ``Fault``; ``{"kind": "clear"}`` ends them all. What
becomes of a request, a reply or a frame is decided here; deeds, which happen once, at once, are done in ``deeds.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from random import Random
from typing import Any

from hlmaster.core.errors import HlError


class FaultKind(StrEnum):
    # Frames of the streams
    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    OVERSIZE = "oversize"
    # Requests on their way to the venue
    REQUEST_LOST = "request_lost"
    """Never arrives; the connection is closed after ``seconds``."""
    REQUEST_LATE = "request_late"
    """Arrives, and is carried out, ``seconds`` later, whether or not the client still listens."""
    REQUEST_TWICE = "request_twice"
    """Delivered a second time ``seconds`` after the first; that reply goes nowhere."""
    HTTP_429 = "http_429"
    HTTP_500 = "http_500"
    """With a null body."""
    HTTP_502 = "http_502"
    """With an HTML page."""
    SLOW_REPLY = "slow_reply"
    """Carried out at once, answered ``seconds`` later."""
    # Replies on their way back
    ERROR_AFTER_ACCEPT = "error_after_accept"
    """The action is executed, then the reply is a 502 page."""
    REPLY_LOST = "reply_lost"
    """The action is executed, then, after ``seconds``, the connection is closed without a reply."""
    REPLY_GARBAGE = "reply_garbage"
    REPLY_TRUNCATED = "reply_truncated"
    REPLY_OVERSIZE = "reply_oversize"
    # Connections
    SILENT = "silent"
    """Sockets stay open and say nothing more."""
    HALF_OPEN = "half_open"
    """Sockets are neither read nor written any more."""
    CLOSE = "close"
    """Every open socket is closed at once, without a close frame."""
    REFUSE_SOCKETS = "refuse_sockets"
    # States of the venue
    POST_ONLY = "post_only"
    """Only post-only orders and cancels are taken, as after an upgrade of the venue."""
    LAGGING_STATUS = "lagging_status"
    """Order queries know nothing of orders younger than ``seconds``."""
    STALE_READS = "stale_reads"
    """Queries about accounts are answered from ``seconds`` ago, though from no time before the fault began."""
    UNKNOWN_OID = "unknown_oid"
    """An order query does not find an order that exists."""
    MALFORMED_META = "malformed_meta"
    """The list of instruments ends in broken rows; ``coin`` names one whose row is broken as well."""
    CLOCK_SKEW = "clock_skew"
    """The venue's stamps run ``seconds`` ahead of (or behind) the time its ready line promised."""
    # Deeds
    EXTERNAL_ORDER = "external_order"
    """Another client of ``user`` trades ``size`` of ``coin`` on ``side``: at market, or resting ``percent`` away."""
    PRICE_JUMP = "price_jump"
    """The mark of ``coin`` leaps by ``percent``: triggers fire, accounts are liquidated. The next one is true again."""
    AGENT_EXPIRED = "agent_expired"
    """Every API wallet (of ``user``) is valid no longer."""


STREAM_KINDS = (
    FaultKind.DROP,
    FaultKind.DELAY,
    FaultKind.DUPLICATE,
    FaultKind.REORDER,
    FaultKind.GARBAGE,
    FaultKind.TRUNCATED,
    FaultKind.OVERSIZE,
)
REQUEST_KINDS = (
    FaultKind.REQUEST_LOST,
    FaultKind.REQUEST_LATE,
    FaultKind.REQUEST_TWICE,
    FaultKind.HTTP_429,
    FaultKind.HTTP_500,
    FaultKind.HTTP_502,
    FaultKind.SLOW_REPLY,
)
LOST_KINDS = (FaultKind.ERROR_AFTER_ACCEPT, FaultKind.REPLY_LOST)
"""These strike actions alone: a lost answer to a question is a lost question."""
MANGLED_KINDS = (FaultKind.REPLY_GARBAGE, FaultKind.REPLY_TRUNCATED, FaultKind.REPLY_OVERSIZE)
DEEDS = (FaultKind.EXTERNAL_ORDER, FaultKind.PRICE_JUMP, FaultKind.AGENT_EXPIRED)
OVERSIZE_BYTES = 3 * 1024 * 1024
MOST_SECONDS = 86_400.0


class FaultError(HlError):
    code = "SIM-001"


@dataclass(slots=True)
class Fault:
    """``seconds`` and ``lasts`` are wall time, except where a state of the venue is so many market seconds off."""

    kind: FaultKind
    count: int = 1
    """How often it strikes; 0 until cleared."""
    seconds: float = 0.0
    channel: str = ""
    """Stream faults: only frames of this channel; request and reply faults: only this path. Empty: all."""
    share: float = 1.0
    """Strikes this part of what it could strike, drawn at random."""
    lasts: float = 0.0
    """Ends after so many seconds; 0 does not end by time."""
    user: str = ""
    """Deeds: this account; empty for every one."""
    coin: str = ""
    side: str = "buy"
    size: str = "0"
    percent: float = 0.0

    @staticmethod
    def read(given: Mapping[str, Any]) -> Fault:
        """Raises FaultError naming the field that is wrong. A fault that ``lasts`` strikes until then."""
        names = [field.name for field in fields(Fault)]
        for name in given:
            if name not in names:
                raise FaultError(f"A fault has no field {name!r}.", f"Its fields are {', '.join(names)}.")
        try:
            kind = FaultKind(str(given.get("kind")))
        except ValueError as error:
            raise FaultError(f"{given.get('kind')!r} is no fault.", f"Use one of {', '.join(FaultKind)}.") from error
        lasts = number(given, "lasts", 0.0, 0.0, MOST_SECONDS)
        count = given.get("count", 0 if lasts else 1)
        if type(count) is not int or count < 0:
            raise FaultError(f"count must be a whole number from 0, not {count!r}.", "0 strikes until cleared.")
        side, size = _text(given, "side", "buy"), _text(given, "size", "0")
        if side not in ("buy", "sell"):
            raise FaultError(f"side must be buy or sell, not {side!r}.")
        if not size.replace(".", "", 1).isdecimal():
            raise FaultError(f'size must be an amount in coins as text, such as "0.5", not {size!r}.')
        fault = Fault(
            kind,
            count,
            number(given, "seconds", 0.0, -MOST_SECONDS, MOST_SECONDS),
            _text(given, "channel"),
            number(given, "share", 1.0, 0.0, 1.0),
            lasts,
            _text(given, "user").lower(),
            _text(given, "coin"),
            side,
            size,
            number(given, "percent", 0.0, -99.0, 1000.0),
        )
        if kind in (FaultKind.EXTERNAL_ORDER, FaultKind.PRICE_JUMP) and not fault.coin:
            raise FaultError(f"{kind} needs a coin.", 'Add coin, such as "BTC".')
        return fault


def number(given: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    """A field that is a number in a range. Raises FaultError."""
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FaultError(f"{name} must be a number, not {value!r}.")
    if not least <= value <= most:
        raise FaultError(f"{name} must be from {least:g} to {most:g}, not {value!r}.")
    return float(value)


def _text(given: Mapping[str, Any], name: str, default: str = "") -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise FaultError(f"{name} must be text, not {value!r}.")
    return value


@dataclass(slots=True)
class _Active:
    fault: Fault
    ends: float


class Faults:
    """The faults in force. ``monotonic`` tells wall seconds; ``seed`` makes what ``share`` draws."""

    def __init__(self, monotonic: Callable[[], float] = lambda: 0.0, seed: int | str = 0) -> None:
        self._monotonic = monotonic
        self._rng = Random(f"{seed}/faults")
        self._active: list[_Active] = []
        self._held: dict[int, bytes] = {}

    def __bool__(self) -> bool:
        return bool(self._active or self._held)

    def add(self, fault: Fault) -> None:
        self._active.append(_Active(fault, self._monotonic() + fault.lasts if fault.lasts else math.inf))

    def clear(self) -> None:
        self._active.clear()
        self._held.clear()

    def in_force(self) -> list[dict[str, Any]]:
        self._expire()
        return [asdict(active.fault) for active in self._active]

    def strike(self, *kinds: FaultKind, channel: str = "") -> Fault | None:
        """The first fault of these kinds in force, counted as having struck; None without one."""
        self._expire()
        for active in self._active:
            fault = active.fault
            if fault.kind not in kinds or fault.channel not in ("", channel):
                continue
            if fault.share < 1.0 and self._rng.random() >= fault.share:
                continue
            if fault.count:
                fault.count -= 1
                if not fault.count:
                    self._active.remove(active)
            return fault
        return None

    def standing(self, kind: FaultKind) -> Fault | None:
        """A fault that is a state of the venue rather than an event; it holds until cleared, or as long as it lasts."""
        if not self._active:
            return None
        self._expire()
        return next((active.fault for active in self._active if active.fault.kind is kind), None)

    def _expire(self) -> None:
        now = self._monotonic()
        if any(active.ends <= now for active in self._active):
            self._active = [active for active in self._active if active.ends > now]

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
                return 0.0, [garbage(payload), *after]
            case FaultKind.TRUNCATED:
                return 0.0, [truncated(payload), *after]
            case _:
                return 0.0, [oversize(payload), *after]


def garbage(payload: bytes) -> bytes:
    return b'{"channel":' + payload[::-1]


def truncated(payload: bytes) -> bytes:
    return payload[: len(payload) // 2]


def oversize(payload: bytes) -> bytes:
    """Still the same JSON, were anybody to read so much."""
    return payload[:-1] + b" " * OVERSIZE_BYTES + payload[-1:]


MANGLE: Mapping[FaultKind, Callable[[bytes], bytes]] = {
    FaultKind.REPLY_GARBAGE: garbage,
    FaultKind.REPLY_TRUNCATED: truncated,
    FaultKind.REPLY_OVERSIZE: oversize,
}


def spoil_meta(meta: Any, coin: str) -> None:
    """Break the universe of a ``meta`` answer in place: rows no reader can use, and the row of one coin."""
    for row in meta["universe"]:
        if row["name"] == coin:
            row["szDecimals"] = "many"
    meta["universe"] += [None, {"szDecimals": 2}, {"name": "BROKEN", "szDecimals": -3, "maxLeverage": None}]
    meta["marginTables"].append([None, {"description": "", "marginTiers": [{}]}])
