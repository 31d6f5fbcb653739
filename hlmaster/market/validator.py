"""Judges each datum before it may become market state.

A judgement is None (sound) or the fault: its kind and a phrase for people. What is faulty is counted and kept out,
never mended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite, log

import numpy as np

from hlmaster.core.candles import CandleBlock, open_time
from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, CandleRow, DefectKind, Level, Trade

Fault = tuple[DefectKind, str]
INFINITY = float("inf")
FUTURE_TOLERANCE_MS = 5_000
"""Wall milliseconds a stamp may lie ahead of our clock."""
INNER_BAND, OUTER_BAND = 0.05, 0.10
"""Price steps of less than the outer band are followed; the inner band saves following each of them."""
CONFIRMATIONS = 3
LOG_PATH = log(2)
"""How far the open candle may lead from the last price: to its half or double."""


def moment(time_ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"


class PriceBand:
    """Where a coin's next price may plausibly lie: around the last one believed.

    A price outside is an outlier until it agrees with ``anchor`` (the last mark) or ``CONFIRMATIONS`` messages in a row
    agree on the new level: a crash is rejected for a moment, a misprint for good.
    """

    __slots__ = ("_agreed", "_suspect", "anchor", "centre", "high", "low")

    def __init__(self) -> None:
        self.anchor: float | None = None
        self.centre: float | None = None
        self.low = INFINITY
        self.high = 0.0
        self._suspect = 0.0
        self._agreed = 0

    def recentre(self, price: float) -> None:
        self.centre = price
        self.low, self.high = price * (1 - INNER_BAND), price * (1 + INNER_BAND)
        self._agreed = 0

    def admits(self, price: float) -> bool:
        """One message's word for ``price``; it counts towards the confirmation of a new level."""
        if self.low < price < self.high:
            self._agreed = 0
            return True
        if self.centre is None or _near(price, self.centre) or (self.anchor is not None and _near(price, self.anchor)):
            self.recentre(price)
            return True
        self._agreed = self._agreed + 1 if self._agreed and _near(price, self._suspect) else 1
        self._suspect = price
        if self._agreed >= CONFIRMATIONS:
            self.recentre(price)
            return True
        return False

    def admits_path(self, low: float, high: float, close: float) -> bool:
        """As ``admits`` for a candle, which shows its way: if it began near the last price, it may end far from it."""
        centre = self.centre
        if (
            centre is not None
            and low <= centre * (1 + OUTER_BAND)
            and high >= centre * (1 - OUTER_BAND)
            and abs(log(close / centre)) <= LOG_PATH
        ):
            if not self.low < close < self.high:
                self.recentre(close)
            return True
        return self.admits(close)

    def fault(self, price: float) -> Fault:
        centre = self.centre or price
        return DefectKind.OUTLIER_PRICE, f"price {price:g} lies {price / centre - 1:+.1%} from the last, {centre:g}"


def _near(price: float, other: float) -> bool:
    return abs(price / other - 1) <= OUTER_BAND


class Validator:
    """``clock_offset_ms``: venue time minus ours, as the connection measured it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._horizon = 0
        self.clock_offset_ms = 0.0

    def is_future(self, time_ms: int) -> bool:
        return time_ms > self._horizon and time_ms > self.horizon()

    def horizon(self) -> int:
        """The latest stamp that is believed now, market milliseconds."""
        tolerance = FUTURE_TOLERANCE_MS * max(1.0, self._clock.speed)
        self._horizon = int(self._clock.now_ms() + self.clock_offset_ms + tolerance)
        return self._horizon

    def is_open(self, end_ms: int) -> bool:
        """Whether a candle that ends then is still open."""
        return end_ms > self._clock.now_ms() + self.clock_offset_ms

    def book(self, book: BookSnapshot, last: BookSnapshot | None, band: PriceBand) -> Fault | None:
        """``last``: the previous accepted one of the same stream on this connection."""
        time_ms, bids, asks = book.time_ms, book.bids, book.asks
        if time_ms > self._horizon and self.is_future(time_ms):
            return _future(time_ms)
        if last is not None and time_ms <= last.time_ms:
            if time_ms < last.time_ms:
                return _backwards(time_ms, last.time_ms)
            if bids == last.bids and asks == last.asks:
                return DefectKind.DUPLICATE, f"the book of {moment(time_ms)} came twice"
        edge = INFINITY
        for level in bids:
            if edge > level.price and 0.0 < level.size < INFINITY:
                edge = level.price
            else:
                return _level_fault(level, edge)
        if edge <= 0.0:
            return DefectKind.NOT_A_NUMBER, f"bid price {edge:g}"
        edge = 0.0
        for level in asks:
            if edge < level.price and 0.0 < level.size < INFINITY:
                edge = level.price
            else:
                return _level_fault(level, edge)
        if edge == INFINITY:
            return DefectKind.NOT_A_NUMBER, f"ask price {edge:g}"
        return _top_fault(bids[0] if bids else None, asks[0] if asks else None, band)

    def quote(self, quote: BestQuote, last: BestQuote | None, band: PriceBand) -> Fault | None:
        time_ms, bid, ask = quote.time_ms, quote.bid, quote.ask
        if time_ms > self._horizon and self.is_future(time_ms):
            return _future(time_ms)
        if last is not None and time_ms <= last.time_ms:
            if time_ms < last.time_ms:
                return _backwards(time_ms, last.time_ms)
            if quote == last:
                return DefectKind.DUPLICATE, f"the quote of {moment(time_ms)} came twice"
        if (
            bid is not None
            and ask is not None
            and band.low < bid.price < ask.price < band.high
            and 0.0 < bid.size < INFINITY
            and 0.0 < ask.size < INFINITY
        ):
            return None
        for level in (bid, ask):
            if level is not None and not (0.0 < level.price < INFINITY and 0.0 < level.size < INFINITY):
                return _level_fault(level, INFINITY)
        return _top_fault(bid, ask, band)

    def trade(self, trade: Trade, last: Trade | None) -> Fault | None:
        """All but repeats and outliers, which need the tape and the band."""
        if not (0.0 < trade.price < INFINITY and 0.0 < trade.size < INFINITY):
            return DefectKind.NOT_A_NUMBER, f"trade of {trade.size:g} at {trade.price:g}"
        time_ms = trade.time_ms
        if time_ms > self._horizon and self.is_future(time_ms):
            return _future(time_ms)
        if last is not None and time_ms < last.time_ms:
            return _backwards(time_ms, last.time_ms)
        return None

    def candle(self, row: CandleRow) -> Fault | None:
        if row.open_ms > self._horizon and self.is_future(row.open_ms):
            return _future(row.open_ms)
        if not (
            0.0 < row.low <= row.open <= row.high < INFINITY
            and row.low <= row.close <= row.high
            and 0.0 <= row.volume < INFINITY
            and row.trades >= 0
        ):
            columns = (row.open, row.high, row.low, row.close)
            at = f"candle of {moment(row.open_ms)}"
            if not all(isfinite(c) and c > 0 for c in columns) or not isfinite(row.volume) or row.volume < 0:
                return DefectKind.NOT_A_NUMBER, f"{at} with {columns} and volume {row.volume:g}"
            return DefectKind.MALFORMED, f"{at} whose high and low {row.high:g}, {row.low:g} do not hold its ends"
        if row.interval.ms <= DAY_MS and open_time(row.open_ms, row.interval) != row.open_ms:
            return DefectKind.MALFORMED, f"{row.interval} candle opens at {moment(row.open_ms)}, off its grid"
        return None

    def context(self, context: AssetContext, band: PriceBand) -> Fault | None:
        mark, oracle, mid = context.mark_price, context.oracle_price, context.mid_price
        if not (0.0 < mark < INFINITY and 0.0 < oracle < INFINITY and (mid is None or 0.0 < mid < INFINITY)):
            return DefectKind.NOT_A_NUMBER, f"mark {mark:g}, oracle {oracle:g}, mid {mid}"
        if not (
            0.0 <= context.day_notional < INFINITY
            and 0.0 <= context.day_volume < INFINITY
            and 0.0 <= context.open_interest < INFINITY
            and 0.0 <= context.previous_day_price < INFINITY
            and isfinite(context.funding_rate)
            and (context.premium is None or isfinite(context.premium))
        ):
            return DefectKind.NOT_A_NUMBER, "day figures, open interest or funding"
        if not (band.low < mark < band.high or _near(mark, oracle) or band.admits(mark)):
            return band.fault(mark)
        band.anchor = mark
        return None


def _top_fault(bid: Level | None, ask: Level | None, band: PriceBand) -> Fault | None:
    if bid is not None and ask is not None:
        if bid.price >= ask.price:
            return DefectKind.CROSSED_BOOK, f"best bid {bid.price:g} is not below best ask {ask.price:g}"
        if band.low < bid.price and ask.price < band.high:
            return None
        price = (bid.price + ask.price) / 2
        if not (_near(bid.price, price) and _near(ask.price, price)):
            return None  # a spread this wide tells nothing about where the price is
    elif bid is not None or ask is not None:
        price = bid.price if bid is not None else ask.price if ask is not None else 0.0
    else:
        return None
    return None if band.admits(price) else band.fault(price)


def _level_fault(level: Level, edge: float) -> Fault:
    if not (0.0 < level.price < INFINITY and 0.0 < level.size < INFINITY):
        return DefectKind.NOT_A_NUMBER, f"level of {level.size:g} at {level.price:g}"
    return DefectKind.MALFORMED, f"level {level.price:g} after {edge:g} is not in the side's order"


def _future(time_ms: int) -> Fault:
    return DefectKind.FUTURE_TIME, f"stamped {moment(time_ms)}, ahead of our clock"


def _backwards(time_ms: int, last_ms: int) -> Fault:
    return DefectKind.OUT_OF_ORDER, f"stamped {moment(time_ms)}, {last_ms - time_ms} ms before the last one"


@dataclass(frozen=True, slots=True)
class Sifted:
    """The sound rows of a block, ascending and unique, and how many rows showed each fault."""

    block: CandleBlock
    faults: dict[DefectKind, int]


def sift(block: CandleBlock, horizon_ms: int) -> Sifted:
    """Sort a block's rows, drop the unsound ones and repeats (the later row of a time stands), count what was found."""
    prices = np.stack([block.open, block.high, block.low, block.close])
    number = (np.isfinite(prices) & (prices > 0)).all(axis=0) & np.isfinite(block.volume) & (block.volume >= 0)
    with np.errstate(invalid="ignore"):
        shape = (prices.min(axis=0) == block.low) & (prices.max(axis=0) == block.high) & (block.trades >= 0)
    past = block.time_ms <= horizon_ms
    steps = np.diff(block.time_ms)
    faults = {
        DefectKind.NOT_A_NUMBER: int((~number).sum()),
        DefectKind.MALFORMED: int((number & ~shape).sum()),
        DefectKind.FUTURE_TIME: int((number & shape & ~past).sum()),
        DefectKind.OUT_OF_ORDER: int((steps < 0).sum()),
    }
    rows = np.flatnonzero(number & shape & past)
    rows = rows[np.argsort(block.time_ms[rows], kind="stable")]
    times = block.time_ms[rows]
    final = np.r_[times[1:] != times[:-1], True] if len(rows) else np.empty(0, bool)
    faults[DefectKind.DUPLICATE] = int(len(rows) - final.sum())
    return Sifted(block.rows(rows[final]), {kind: count for kind, count in faults.items() if count})
