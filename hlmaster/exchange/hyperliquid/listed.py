"""The venue's list of markets as it was last sound. What the present one spoils can still be closed for a day."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path

import msgspec

from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.files import write_whole
from hlmaster.core.model import Instrument
from hlmaster.exchange.hyperliquid.instruments import Markets

log = logging.getLogger(__name__)
KEPT_MS = DAY_MS
_Copies = dict[str, tuple[int, Instrument]]


class _Kept(msgspec.Struct, frozen=True):
    venue: str
    copies: _Copies


_kept = msgspec.json.Decoder(_Kept)


class Listed:
    """Instruments by coin. Those that the latest list has no sound row for are ``closing_only``, for 24 hours.

    ``file`` keeps the copies over a restart, for the same ``venue`` only: the numbers of another mean other markets.
    One that cannot be read or written costs the copies, nothing else.
    """

    def __init__(self, clock: Clock, venue: str = "", file: Path | None = None) -> None:
        self._clock, self._venue, self._file = clock, venue, file
        self._copies: _Copies = {}
        """Wall milliseconds of the last sound row, and what it said."""
        self._sound: frozenset[str] = frozenset()
        self._rows: int | None = None
        """Of the latest list, None while none could be read: a market beyond them is listed no more."""

    def take(self, markets: Markets) -> dict[str, Instrument]:
        """A list was read: what may be traded, and what may be closed, for its row is there and spoilt."""
        if not markets.found:
            return self.fall_back()
        self._read_file()
        now = self._clock.wall_ms()
        self._copies |= {coin: (now, instrument) for coin, instrument in markets.found.items()}
        self._sound, self._rows = frozenset(markets.found), markets.rows
        self._write_file()
        return self.instruments()

    def fall_back(self) -> dict[str, Instrument]:
        """No list could be read: the copies, for closing only."""
        self._read_file()
        self._sound, self._rows = frozenset(), None
        return self.instruments()

    def instruments(self) -> dict[str, Instrument]:
        oldest = self._clock.wall_ms() - KEPT_MS
        rows = math.inf if self._rows is None else self._rows
        numbers = {self._copies[coin][1].asset for coin in self._sound}
        listed = {coin: self._copies[coin][1] for coin in self._sound}
        for coin, (seen_ms, instrument) in self._copies.items():
            # A number that another market has now would close the wrong one.
            spoilt = coin not in self._sound and instrument.asset < rows and instrument.asset not in numbers
            if spoilt and seen_ms > oldest:
                listed[coin] = replace(instrument, closing_only=True)
        return dict(sorted(listed.items(), key=lambda item: item[1].asset))

    def _read_file(self) -> None:
        if self._file is None or self._copies:
            return
        try:
            kept = _kept.decode(self._file.read_bytes())
            self._copies = kept.copies if kept.venue == self._venue else {}
        except FileNotFoundError:
            return
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            log.warning("the copy of the list of markets in %s is of no use: %s", self._file, error)

    def _write_file(self) -> None:
        if self._file is None:
            return
        try:
            write_whole(self._file, msgspec.json.encode(_Kept(self._venue, self._copies)))
        except OSError as error:
            log.warning("the list of markets could not be kept in %s: %s", self._file, error)
