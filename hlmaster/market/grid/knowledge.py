"""What is known of one coin at this moment, column by column. What is stale, empty or was missed is NaN."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from hlmaster.core.errors import ConfigError
from hlmaster.core.events import AssetContext, BookSnapshot, Level, Trade
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.staleness import CONTEXT, FAST_BOOK, LIMITS, MID
from hlmaster.market.window import DEPTH_RATIO

NAN = math.nan
DEPTH_BASIS_POINTS = 10.0
ORACLE_CYCLE_MS = 3_000.0
"""Nominal: the venue states a new oracle price about every three seconds."""
ORACLE_CYCLES = (1_500.0, 6_000.0)
"""What two observed changes may lie apart and still count as one cycle."""
CYCLES_KEPT = 15
DEAD_CYCLES = 2.0
SENTIMENT = (
    "sentiment",
    "sentiment_confidence",
    "sentiment_momentum",
    "sentiment_volatility",
    "sentiment_extreme",
    "sentiment_3d",
    "sentiment_7d",
    "sentiment_14d",
)
TOLD = ("regime", *SENTIMENT, "opinion", "opinion_confidence")
"""Columns that others state; unknown until they do."""


class OracleCycle:
    """When the oracle price last changed, and where in its cycle it is.

    An estimate: contexts arrive about once a second, so a change is seen up to a second late, and an update to the
    same price is not seen at all. The cycle is the median of the last observed ones.
    """

    __slots__ = ("_changed_ms", "_cycles", "_price", "cycle_ms")

    def __init__(self) -> None:
        self.cycle_ms = ORACLE_CYCLE_MS
        self._price = NAN
        self._changed_ms: int | None = None
        self._cycles: deque[int] = deque(maxlen=CYCLES_KEPT)

    def hear(self, price: float, now_ms: int) -> None:
        if price == self._price:
            return
        if self._price == self._price:
            before, self._changed_ms = self._changed_ms, now_ms
            if before is not None and ORACLE_CYCLES[0] <= now_ms - before <= ORACLE_CYCLES[1]:
                self._cycles.append(now_ms - before)
                self.cycle_ms = float(median(self._cycles))
        self._price = price

    def lose(self) -> None:
        """The contexts stopped: whether the price changed meanwhile is not known."""
        self._price, self._changed_ms = NAN, None

    def age(self, now_ms: int) -> float:
        """Seconds since the last change that was seen; NaN before the first."""
        return NAN if self._changed_ms is None else (now_ms - self._changed_ms) / 1000

    def phase(self, now_ms: int) -> float:
        """Share of the cycle that has passed, 0 to 1; NaN once two cycles went by without a change."""
        if self._changed_ms is None or now_ms - self._changed_ms > DEAD_CYCLES * self.cycle_ms:
            return NAN
        return (now_ms - self._changed_ms) % self.cycle_ms / self.cycle_ms


class Since:
    """What happened since the row before: the mid's course, and what takers bought and sold.

    ``broken``: part of it was not heard, so sums over it are unknown.
    """

    __slots__ = ("bought", "bought_usd", "broken", "high", "low", "open", "sold", "sold_usd", "start_ms")

    def __init__(self) -> None:
        self.start_ms = 0
        self.restart(0, NAN, broken=True)

    def restart(self, time_ms: int, mid: float, *, broken: bool) -> None:
        self.start_ms = time_ms
        self.open = self.high = self.low = mid
        self.bought = self.sold = self.bought_usd = self.sold_usd = 0.0
        self.broken = broken

    def see_mid(self, mid: float) -> None:
        if mid > self.high:
            self.high = mid
        elif mid < self.low:
            self.low = mid
        elif self.open != self.open:
            self.open = self.high = self.low = mid

    def see_trade(self, trade: Trade) -> None:
        if trade.is_buy:
            self.bought += trade.size
            self.bought_usd += trade.price * trade.size
        else:
            self.sold += trade.size
            self.sold_usd += trade.price * trade.size


class Knowledge:
    """``look`` takes the moment; columns are read of it by ``reader``s."""

    __slots__ = ("context", "fast", "line_up", "market", "mid", "now_ms", "oracle", "told")

    def __init__(self, market: CoinMarket, told: Mapping[str, float]) -> None:
        self.market = market
        self.oracle = OracleCycle()
        self.told = told
        """What others state, by column."""
        self.now_ms = 0
        self.context: AssetContext | None = None
        self.fast: BookSnapshot | None = None
        """Only with both sides, and fresh."""
        self.mid = NAN
        self.line_up = True

    def look(self, now_ms: int, monotonic: float) -> None:
        """Keep what is fresh at this moment."""
        self.now_ms, market = now_ms, self.market
        at = market.receipts.at
        heard = at.get(CONTEXT)
        self.context = market.context if heard is not None and monotonic - heard <= LIMITS[CONTEXT] else None
        if self.context is None:
            self.oracle.lose()
        heard, fast = at.get(FAST_BOOK), market.book.fast
        is_fresh = heard is not None and monotonic - heard <= LIMITS[FAST_BOOK]
        self.fast = fast if is_fresh and fast is not None and fast.bids and fast.asks else None
        heard, mid = at.get(MID), market.mid
        self.mid = mid if mid is not None and heard is not None and monotonic - heard <= LIMITS[MID] else NAN

    def hear_context(self, now_ms: int) -> None:
        oracle = self.market.oracle
        if oracle is not None:
            self.oracle.hear(oracle, now_ms)

    @property
    def is_deaf(self) -> bool:
        """Trades go unheard: the line is down, or what it missed has not been repeated yet."""
        return not self.line_up or self.market.replaying

    def spread(self) -> float:
        """Of the newer of quote and fast book, fraction of its mid."""
        if self.mid != self.mid:
            return NAN
        quote, fast = self.market.quote, self.fast
        if quote is not None and (fast is None or quote.time_ms >= fast.time_ms):
            bid, ask = quote.bid, quote.ask
        elif fast is not None:
            bid, ask = fast.bids[0], fast.asks[0]
        else:
            return NAN
        return NAN if bid is None or ask is None else 2 * (ask.price - bid.price) / (ask.price + bid.price)

    def depth(self, *, bids: bool) -> float:
        """USD of one side of the fast book within ten basis points of its mid."""
        if self.fast is None:
            return NAN
        best_bid, best_ask = self.fast.bids[0].price, self.fast.asks[0].price
        mid = (best_bid + best_ask) / 2
        reach = mid * DEPTH_BASIS_POINTS / 10_000
        side: Sequence[Level] = self.fast.bids if bids else self.fast.asks
        return sum([level.price * level.size for level in side if abs(level.price - mid) <= reach])

    def ratio(self, levels: int, basis_points: float | None) -> float:
        """Bid depth over ask depth (coins) of the fast book; NaN while a side is empty there."""
        if self.fast is None:
            return NAN
        ratio = self.market.book.imbalance(levels, basis_points)
        return NAN if ratio is None else ratio


Reader = Callable[[Knowledge, Since], float]


def _of_context(read: Callable[[AssetContext], float | None]) -> Reader:
    def value(known: Knowledge, since: Since) -> float:
        found = None if known.context is None else read(known.context)
        return NAN if found is None else found

    return value


def _of_trades(read: Callable[[Since], float]) -> Reader:
    return lambda known, since: NAN if since.broken else read(since)


def _told(name: str) -> Reader:
    return lambda known, since: known.told[name]


READERS: dict[str, Reader] = {
    "mark": _of_context(lambda context: context.mark_price),
    "oracle": _of_context(lambda context: context.oracle_price),
    "oracle_age": lambda known, since: known.oracle.age(known.now_ms),
    "oracle_phase": lambda known, since: known.oracle.phase(known.now_ms),
    "mid": lambda known, since: known.mid,
    "funding": _of_context(lambda context: context.funding_rate),
    "premium": _of_context(lambda context: context.premium),
    "open_interest": _of_context(lambda context: context.open_interest),
    "spread": lambda known, since: known.spread(),
    "bid_depth": lambda known, since: known.depth(bids=True),
    "ask_depth": lambda known, since: known.depth(bids=False),
    "imbalance": lambda known, since: known.ratio(5, None),
    "flow": _of_trades(lambda since: since.bought_usd - since.sold_usd),
    "taker_volume": _of_trades(lambda since: since.bought_usd + since.sold_usd),
    "buy_volume": _of_trades(lambda since: since.bought),
    "sell_volume": _of_trades(lambda since: since.sold),
} | {name: _told(name) for name in TOLD}
"""``COLUMNS``, and the coins that takers bought and sold, which an indicator may be taken of."""


def reader(name: str) -> Reader:
    """Raises ConfigError for a column that cannot be known."""
    asked = DEPTH_RATIO.fullmatch(name)
    if asked is not None:
        levels, basis_points = int(asked[1]), float(asked[2])
        return lambda known, since: known.ratio(levels, basis_points)
    if name not in READERS:
        raise ConfigError(f"There is no column called {name!r} on this grid.")
    return READERS[name]
