"""Short ways to make market facts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, CandleRow, Level, Trade, Trades
from hlmaster.core.model import Instrument, Interval, MarginTier
from hlmaster.market.feed import Feed

NOW = 1_790_000_040_000
"""On a minute."""
MINUTE = 60_000
Side = Sequence[tuple[float, float]]


def instrument(coin: str = "BTC") -> Instrument:
    return Instrument(coin, 0, 5, 40, (MarginTier(Decimal(0), 40),))


def levels(side: Side) -> list[Level]:
    return [Level(price, size, 1) for price, size in side]


def ladder(best: float, count: int, step: float, size: float = 1.0) -> list[tuple[float, float]]:
    """From the best price on; a negative step for bids."""
    return [(round(best + i * step, 6), size) for i in range(count)]


def book(
    bids: Side = ((100.0, 1.0),),
    asks: Side = ((101.0, 1.0),),
    time_ms: int = NOW,
    fast: bool = False,
    coin: str = "BTC",
) -> BookSnapshot:
    return BookSnapshot(coin, time_ms, levels(bids), levels(asks), fast)


def quote(bid: float | None = 100.0, ask: float | None = 101.0, time_ms: int = NOW, coin: str = "BTC") -> BestQuote:
    sides = [None if price is None else Level(price, 1.0, 1) for price in (bid, ask)]
    return BestQuote(coin, time_ms, sides[0], sides[1])


def trade(price: float = 100.0, time_ms: int = NOW, trade_id: int = 1, size: float = 1.0, is_buy: bool = True) -> Trade:
    return Trade("BTC", time_ms, price, size, is_buy, trade_id)


def trades(*rows: Trade) -> Trades:
    return Trades("BTC", list(rows))


def candle(minute: int = 0, close: float = 100.0, count: int = 1, **changes: Any) -> CandleRow:
    """A minute candle, ``minute`` after NOW, whose volume and trades are ``count``."""
    columns = {"open": close, "high": close, "low": close, "close": close, "volume": float(count), "trades": count}
    return CandleRow("BTC", Interval.M1, NOW + minute * MINUTE, **(columns | changes))


def context(mark: float = 100.0, oracle: float | None = None, **changes: Any) -> AssetContext:
    columns: dict[str, Any] = {
        "coin": "BTC",
        "mark_price": mark,
        "oracle_price": mark if oracle is None else oracle,
        "mid_price": mark,
        "previous_day_price": 80.0,
        "day_notional": 1e6,
        "day_volume": 1e4,
        "funding_rate": 0.0000125,
        "premium": None,
        "open_interest": 10.0,
    }
    return AssetContext(**(columns | changes))


class Desk:
    """A bus, a clock that the test moves, and a feed for two coins."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.bus = Bus()
        self.feed = Feed(self.bus, self.clock, {coin: instrument(coin) for coin in ("BTC", "ETH")})

    def hears(self, *facts: object) -> None:
        for fact in facts:
            self.bus.publish(fact)

    def listen(self, kind: type[Any]) -> list[Any]:
        heard: list[Any] = []
        self.bus.subscribe(kind, heard.append)
        return heard

    @property
    def defects(self) -> dict[str, int]:
        """The counters that are not zero, by the kind's text."""
        return {kind.value: count for kind, count in self.feed.defects.items() if count}
