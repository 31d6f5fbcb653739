"""One unbroken record of every coin: the drawn past before the exchange opened, joined to what was lived since.

The past is loaded when somebody first asks, for it brings numpy and would slow the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from hlmaster.core.clock import DAY_MS, MINUTE_MS
from hlmaster.core.intervals import next_open_time, open_time
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator import shapes
from hlmaster.exchange.simulator.events import CandleView, ContextRow, FundingRateRow
from hlmaster.exchange.simulator.listing import Listing
from hlmaster.exchange.simulator.venue import Venue
from hlmaster.exchange.simulator.wire import float_text

if TYPE_CHECKING:
    from hlmaster.core.candles import CandleBlock
    from hlmaster.exchange.simulator.history import CandleHistory
    from hlmaster.exchange.simulator.replay import Recording

MOST_CANDLES = 5000
QUARTER_MS = 15 * MINUTE_MS


class Past(Protocol):
    """What there was before the exchange opened."""

    def candles(self, coin: str, interval: Interval, end_ms: int, limit: int) -> CandleBlock:
        """The last ``limit`` candles that open before ``end_ms``, ascending."""

    def funding(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]: ...


class DrawnPast:
    """A generated past; loaded when first asked."""

    def __init__(self, listings: Sequence[Listing], seed: int, opened_ms: int) -> None:
        self._arguments = (listings, seed, opened_ms)

    @cached_property
    def _history(self) -> CandleHistory:
        from hlmaster.exchange.simulator.history import CandleHistory

        return CandleHistory(*self._arguments)

    def candles(self, coin: str, interval: Interval, end_ms: int, limit: int) -> CandleBlock:
        return self._history.candles(coin, interval, end_ms, limit)

    def funding(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        return self._history.funding_history(coin, start_ms, end_ms)


class RecordedPast:
    """What a recording knows of the time before its start; it knows no funding."""

    def __init__(self, recording: Recording, opened_ms: int) -> None:
        self._recording = recording
        self._opened_ms = opened_ms

    def candles(self, coin: str, interval: Interval, end_ms: int, limit: int) -> CandleBlock:
        block = self._recording.history(coin, interval).between(0, min(end_ms, self._opened_ms))
        return block.between(int(block.time_ms[-limit]), end_ms) if limit and len(block) > limit else block

    def funding(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        return []


class Chronicle:
    """Candles, funding and day figures over the whole life of the listed coins; ``opened_ms`` parts past from lived."""

    def __init__(self, venue: Venue, listings: Sequence[Listing], past: Past, opened_ms: int) -> None:
        self.opened_ms = opened_ms
        self._venue = venue
        self._listings = {one.coin: one for one in listings}
        self._past = past
        self._partials: dict[tuple[str, Interval], CandleView | None] = {}
        self._yesterdays: dict[str, tuple[int, Decimal, Decimal, Decimal]] = {}

    def margin_table(self, coin: str) -> int:
        return self._listings[coin].margin_table_id

    def warm(self) -> None:
        """Load what the first question would otherwise wait for."""
        for coin in self._listings:
            self._past.candles(coin, Interval.M1, self.opened_ms, 1)

    def candles(self, coin: str, interval: Interval, start_ms: int, end_ms: int) -> list[dict[str, Any]]:
        """In wire form, ascending, from the one that contains ``start_ms`` on; at most the latest 5000 there are."""
        first = open_time(max(start_ms, 0), interval)
        lived = self._venue.candles(coin, interval, first)
        drawn: list[dict[str, Any]] = []
        if first <= open_time(self.opened_ms, interval):
            block = self._past.candles(coin, interval, self.opened_ms, MOST_CANDLES).between(first, end_ms + 1)
            if lived and len(block) and block.time_ms[-1] == lived[0].open_ms:
                lived[0] = _merged(_views(self._listings[coin], interval, block, -1)[0], lived[0])
                block = block.between(first, lived[0].open_ms)
            drawn = _drawn_shapes(coin, interval, block)
        rows = drawn + [shapes.candle(row) for row in lived if row.open_ms <= end_ms]
        return rows[-MOST_CANDLES:]

    def open_candle(self, coin: str, interval: Interval) -> CandleView | None:
        """The candle that contains now, None where nothing traded in it yet."""
        live = self._venue.candle(coin, interval)
        if live is None or live.open_ms >= self.opened_ms:
            return live
        key = (coin, interval)
        if key not in self._partials:
            last = self._drawn(coin, interval, self.opened_ms, 1)
            self._partials[key] = last[0] if last and last[0].open_ms == live.open_ms else None
        partial = self._partials[key]
        return live if partial is None else _merged(partial, live)

    def funding(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, Decimal, Decimal]]:
        """(time, hourly rate, premium), ascending, bounds included."""
        lived: list[FundingRateRow] = self._venue.funding_rates(coin)
        rows: list[tuple[int, Decimal, Decimal]] = []
        if start_ms < self.opened_ms:
            rows = [
                (time, _rounded(rate), _rounded(premium))
                for time, rate, premium in self._past.funding(coin, start_ms, min(end_ms, self.opened_ms))
            ]
        rows += [(row.time_ms, row.rate, row.premium) for row in lived if start_ms <= row.time_ms <= end_ms]
        return rows

    def context(self, coin: str) -> ContextRow:
        """The venue's context with the drawn past's share of the last 24 hours."""
        row = self._venue.context(coin)
        day_ago = self._venue.now_ms - DAY_MS
        if day_ago >= self.opened_ms:
            return row
        quarter = day_ago // QUARTER_MS
        known = self._yesterdays.get(coin)
        if known is None or known[0] != quarter:
            known = self._yesterdays[coin] = (quarter, *self._yesterday(coin, day_ago))
        _, previous, volume, notional = known
        return replace(
            row,
            previous_day=row.previous_day if row.previous_day is not None else previous,
            day_volume=row.day_volume + volume,
            day_notional=row.day_notional + notional,
        )

    def _yesterday(self, coin: str, day_ago: int) -> tuple[Decimal, Decimal, Decimal]:
        """Price 24 hours ago, and volume and notional from then to the opening."""
        rows = [row for row in self._drawn(coin, Interval.M15, self.opened_ms, 97) if row.close_ms >= day_ago]
        if not rows:
            return self._venue.mark(coin), Decimal(0), Decimal(0)
        notional = sum((row.volume * (row.open + row.close) / 2 for row in rows), Decimal(0))
        return rows[0].open, sum((row.volume for row in rows), Decimal(0)), notional

    def _drawn(self, coin: str, interval: Interval, end_ms: int, limit: int) -> list[CandleView]:
        return _views(self._listings[coin], interval, self._past.candles(coin, interval, end_ms, limit))


def _columns(block: CandleBlock) -> Iterator[tuple[Any, ...]]:
    columns = (block.time_ms, block.open, block.high, block.low, block.close, block.volume, block.trades)
    return zip(*(column.tolist() for column in columns), strict=True)


def _drawn_shapes(coin: str, interval: Interval, block: CandleBlock) -> list[dict[str, Any]]:
    """As ``shapes.candle`` without the way over Decimal: a grid float's shortest text is its decimal text."""
    return [
        {
            "t": open_ms,
            "T": next_open_time(open_ms, interval) - 1,
            "s": coin,
            "i": interval.value,
            "o": float_text(first),
            "c": float_text(last),
            "h": float_text(high),
            "l": float_text(low),
            "v": float_text(volume),
            "n": trades,
        }
        for open_ms, first, high, low, last, volume, trades in _columns(block)
    ]


def _views(listing: Listing, interval: Interval, block: CandleBlock, start: int = 0) -> list[CandleView]:
    def price(value: float) -> Decimal:
        return Decimal(f"{value:.{listing.price_decimals}f}")

    return [
        CandleView(
            listing.coin,
            interval,
            open_ms,
            next_open_time(open_ms, interval) - 1,
            price(first),
            price(high),
            price(low),
            price(last),
            Decimal(f"{volume:.{listing.size_decimals}f}"),
            trades,
        )
        for open_ms, first, high, low, last, volume, trades in list(_columns(block))[start:]
    ]


def _merged(first: CandleView, second: CandleView) -> CandleView:
    """One candle lived in two parts."""
    return replace(
        second,
        open=first.open,
        high=max(first.high, second.high),
        low=min(first.low, second.low),
        volume=first.volume + second.volume,
        trades=first.trades + second.trades,
    )


def _rounded(value: float) -> Decimal:
    return Decimal(f"{value:.10f}")
