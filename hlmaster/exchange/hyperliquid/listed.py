"""The venue's list of markets as it was last sound. What the present one spoils can still be closed for a day."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.model import Instrument

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

    def take(self, found: Mapping[str, Instrument]) -> dict[str, Instrument]:
        """A list was read: what may be traded, and what may be closed."""
        self._read_file()
        if found:
            now = self._clock.wall_ms()
            self._copies |= {coin: (now, instrument) for coin, instrument in found.items()}
            self._sound = frozenset(found)
            self._write_file()
        return self.instruments()

    def fall_back(self) -> dict[str, Instrument]:
        """No list could be read: the copies, for closing only."""
        self._read_file()
        self._sound = frozenset()
        return self.instruments()

    def instruments(self) -> dict[str, Instrument]:
        oldest = self._clock.wall_ms() - KEPT_MS
        numbers = {self._copies[coin][1].asset for coin in self._sound}
        listed = {coin: self._copies[coin][1] for coin in self._sound}
        for coin, (seen_ms, instrument) in self._copies.items():
            # A number that another market has now would close the wrong one.
            if coin not in self._sound and seen_ms > oldest and instrument.asset not in numbers:
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
        fresh = self._file.with_name(f".{self._file.name}.new")
        try:
            fresh.write_bytes(msgspec.json.encode(_Kept(self._venue, self._copies)))
            fresh.replace(self._file)
        except OSError as error:
            log.warning("the list of markets could not be kept in %s: %s", self._file, error)
            with suppress(OSError):
                fresh.unlink()
