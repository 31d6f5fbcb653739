"""What the embedded exchange's own market says on its sockets, recorded once and played on for ever at any pace.

The frames are those a desk hears: quotes, trades, contexts, minute candles, fast and deep books, and all mids. Played
over again, every stamp moves on by the recording's length, so that a validator finds the stream sound.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np

from hlmaster.core.clock import MINUTE_MS, ManualClock
from hlmaster.exchange.simulator.connection import Socket, text_frame
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.opening import Options, open_house
from hlmaster.exchange.simulator.streams import Streams
from hlmaster.exchange.simulator.subscriptions import read_subscription

START_MS = 1_766_566_320_000 // MINUTE_MS * MINUTE_MS
STEP_MS = 100
DIGITS = 13
_STAMP = re.compile(rb'"(?:time|t|T)":(\d{13})[,}]')
_CANDLE = re.compile(rb'"candle","data":\{"t":(\d{13})')


class Tape:
    """Takes the place of a client's socket and keeps what it would have been sent."""

    peer = "127.0.0.1"

    def __init__(self) -> None:
        self.payloads: list[bytes] = []

    def send(self, frame: bytes, state: Hashable = None) -> None:
        self.payloads.append(frame[{126: 4, 127: 10}.get(frame[1], 2) :])


def record(minutes: int = 5, seed: int = 7) -> list[bytes]:
    """Payloads of so many market minutes from ``START_MS`` on, all coins, in the order they are sent."""
    clock = ManualClock(START_MS - MINUTE_MS - STEP_MS)
    house = open_house(Options(seed=seed), clock)
    streams = Streams(house, 0)
    tape = Tape()
    _subscribe(house, streams, tape)
    _live(house, streams, clock, MINUTE_MS)
    tape.payloads.clear()
    _live(house, streams, clock, minutes * MINUTE_MS)
    return [payload for payload in tape.payloads if not _is_older_candle(payload)]


def _subscribe(house: House, streams: Streams, tape: Tape) -> None:
    """As the adapter does: one socket hears fast books and all the rest, another deep books."""
    main, deep = cast(Socket, tape), cast(Socket, Tape())
    cast(Any, deep).payloads = tape.payloads
    for socket in (main, deep):
        streams.joined(socket)
    streams.subscribe(main, read_subscription({"type": "allMids"}, house.is_coin))
    for coin in house.venue.instruments:
        for kind, more in (("bbo", {}), ("trades", {}), ("activeAssetCtx", {}), ("candle", {"interval": "1m"})):
            streams.subscribe(main, read_subscription({"type": kind, "coin": coin} | more, house.is_coin))
        streams.subscribe(main, read_subscription({"type": "l2Book", "coin": coin, "fast": True}, house.is_coin))
        streams.subscribe(deep, read_subscription({"type": "l2Book", "coin": coin}, house.is_coin))


def _live(house: House, streams: Streams, clock: ManualClock, duration_ms: int) -> None:
    for _ in range(0, duration_ms, STEP_MS):
        clock.advance(STEP_MS)
        house.step()
        streams.tick()


def _is_older_candle(payload: bytes) -> bool:
    """The last word on the candle before the recording, which a second playing would say of another candle."""
    found = _CANDLE.search(payload)
    return found is not None and int(found[1]) < START_MS


def by_channel(payloads: Iterable[bytes]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for payload in payloads:
        found.setdefault(payload.split(b'"', 4)[3].decode(), []).append(payload)
    return found


def played(payloads: Sequence[bytes], length_ms: int) -> Iterator[bytes]:
    """The recording as websocket bytes, again and again, each time ``length_ms`` (whole minutes) later."""
    stream = np.frombuffer(b"".join(map(text_frame, payloads)), np.uint8).copy()
    places = np.array([found.start(1) for found in _STAMP.finditer(stream.tobytes())], np.int64)
    places = places[:, None] + np.arange(DIGITS)
    powers = 10 ** np.arange(DIGITS - 1, -1, -1, dtype=np.int64)
    stamps = (stream[places].astype(np.int64) - ord("0")) @ powers
    while True:
        yield stream.tobytes()
        stamps += length_ms
        stream[places] = stamps[:, None] // powers % 10 + ord("0")
