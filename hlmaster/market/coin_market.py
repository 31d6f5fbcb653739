"""Everything known of one coin's market, as far as it was found sound."""

from __future__ import annotations

from collections.abc import Callable

from hlmaster.core.clock import Clock
from hlmaster.core.events import (
    AssetContext,
    BestQuote,
    BookChanged,
    BookSnapshot,
    CandleChanged,
    ContextChanged,
    GroupedBook,
    Level,
    QuoteChanged,
)
from hlmaster.core.model import Instrument, Interval, Side
from hlmaster.market.book import Book, continued
from hlmaster.market.contexts import day_change_fraction
from hlmaster.market.quotes import MidPrice
from hlmaster.market.series import Series
from hlmaster.market.staleness import (
    CONTEXT,
    FAST_BOOK,
    LIMITS,
    MID,
    QUOTE,
    SLOW_BOOK,
    Receipts,
    sentence,
)
from hlmaster.market.trades import TradeTape
from hlmaster.market.validator import PriceBand


class CoinMarket:
    """Read by panels, gate and strategies; written by the feed alone.

    ``quote`` and ``context`` are the last accepted ones; how old they are says ``age_seconds``.
    """

    __slots__ = (
        "_blocked",
        "_clock",
        "_grouped",
        "_last_fast",
        "_last_quote",
        "_last_slow",
        "_mid",
        "_series",
        "band",
        "book",
        "book_changed",
        "candle_changed",
        "coin",
        "context",
        "context_changed",
        "instrument",
        "quote",
        "quote_changed",
        "receipts",
        "replaying",
        "reported_stale",
        "trades",
    )

    def __init__(self, instrument: Instrument, clock: Clock, blocked: Callable[[], str | None]) -> None:
        self.coin = instrument.coin
        self.instrument = instrument
        self.receipts = Receipts(clock)
        self.book = Book(self.receipts)
        self.quote: BestQuote | None = None
        self.context: AssetContext | None = None
        self.trades = TradeTape(clock)
        self.band = PriceBand()
        self.replaying = True
        """The next trades frame is the first of a subscription: it repeats recent trades, and that is no defect."""
        self.reported_stale = set(LIMITS)
        self._clock = clock
        self._blocked = blocked
        self._mid = MidPrice(clock)
        self._series: dict[Interval, Series] = {}
        self._last_slow: BookSnapshot | None = None
        self._last_fast: BookSnapshot | None = None
        self._last_quote: BestQuote | None = None
        self._grouped: tuple[GroupedBook, float] | None = None
        self.book_changed = BookChanged(self.coin)
        self.quote_changed = QuoteChanged(self.coin)
        self.context_changed = ContextChanged(self.coin)
        self.candle_changed: dict[Interval, CandleChanged] = {}

    # --- prices ---

    @property
    def fast_book(self) -> BookSnapshot | None:
        """The last accepted fast snapshot, as it came."""
        return self.book.fast

    @property
    def mid(self) -> float | None:
        """The newest mid heard; None before the first and while a side of the book is empty."""
        return self._mid.value

    @property
    def mark(self) -> float | None:
        return None if self.context is None else self.context.mark_price

    @property
    def oracle(self) -> float | None:
        return None if self.context is None else self.context.oracle_price

    @property
    def day_change_fraction(self) -> float | None:
        return None if self.context is None else day_change_fraction(self.context)

    def grouped(self, significant_figures: int, mantissa: int) -> tuple[list[Level], list[Level]]:
        """Bids and asks in groups: near the price summed from the book here, further out as the venue sums them.

        Without a fresh book from the venue in this grouping it ends where the book here ends.
        """
        bids, asks = self.book.aggregate(significant_figures, mantissa)
        if self._grouped is not None:
            far, heard = self._grouped
            is_fresh = self._clock.monotonic() - heard <= LIMITS[SLOW_BOOK]
            if is_fresh and (far.significant_figures, far.mantissa) == (significant_figures, mantissa):
                return continued(bids, far.bids, Side.BUY), continued(asks, far.asks, Side.SELL)
        return bids, asks

    def momentum(self, seconds: float = 5.0) -> float | None:
        """Change of the mid over the last seconds of market time, as a fraction."""
        return self._mid.momentum(seconds)

    # --- candles ---

    def series(self, interval: Interval) -> Series | None:
        """None until a candle of this interval was loaded or heard."""
        return self._series.get(interval)

    def open_series(self, interval: Interval) -> Series:
        """The series of this interval, begun if need be."""
        series = self._series.get(interval)
        if series is None:
            series = self._series[interval] = Series(self.coin, interval)
            self.candle_changed[interval] = CandleChanged(self.coin, interval, closed=False)
        return series

    def close_series(self, interval: Interval) -> None:
        self._series.pop(interval, None)
        self.candle_changed.pop(interval, None)

    # --- ages ---

    def age_seconds(self, stream: str) -> float | None:
        """Wall seconds since a datum of this stream was accepted; None when none ever was.

        Streams: quote, mid, fast_book, slow_book, context, trades, candle.
        """
        return self.receipts.age(stream)

    @property
    def stale_streams(self) -> tuple[str, ...]:
        """Streams with an age limit that are beyond it or were never heard."""
        return self.receipts.stale()

    @property
    def stale_for_entries(self) -> str | None:
        """Why no position may be opened on this data right now, as a sentence; None when all of it is fresh."""
        blocked = self._blocked()
        if blocked is not None:
            return blocked
        stale = self.receipts.stale()
        return sentence(self.coin, stale[0], self.age_seconds(stale[0]), LIMITS[stale[0]]) if stale else None

    # --- what the feed writes ---

    def last_book(self, fast: bool) -> BookSnapshot | None:
        """The last accepted snapshot of this stream on the present connection."""
        return self._last_fast if fast else self._last_slow

    @property
    def last_quote(self) -> BestQuote | None:
        """The last accepted quote on the present connection."""
        return self._last_quote

    def accept_book(self, book: BookSnapshot) -> None:
        now = self._clock.monotonic()
        at = self.receipts.at
        self.book.apply(book)
        if book.fast:
            self._last_fast = book
            at[FAST_BOOK] = now
        else:
            self._last_slow = book
            at[SLOW_BOOK] = now
        if book.bids and book.asks:
            self._mid.exact((book.bids[0].price + book.asks[0].price) / 2, book.time_ms, now)
            at[MID] = now
        else:
            self._mid.exact(None, book.time_ms, now)

    def accept_grouped(self, grouped: GroupedBook) -> None:
        self._grouped = grouped, self._clock.monotonic()

    def accept_quote(self, quote: BestQuote) -> None:
        now = self._clock.monotonic()
        at = self.receipts.at
        self.quote = self._last_quote = quote
        self.book.apply_quote(quote)
        at[QUOTE] = now
        if quote.bid is not None and quote.ask is not None:
            self._mid.exact((quote.bid.price + quote.ask.price) / 2, quote.time_ms, now)
            at[MID] = now
        else:
            self._mid.exact(None, quote.time_ms, now)

    def accept_context(self, context: AssetContext) -> None:
        self.context = context
        self.receipts.at[CONTEXT] = self._clock.monotonic()
        if context.mid_price is not None:
            self.accept_mid(context.mid_price)

    def accept_mid(self, price: float) -> None:
        now = self._clock.monotonic()
        if self._mid.summary(price, now):
            self.receipts.at[MID] = now

    def restart(self) -> None:
        """A connection begins: its frames are judged among themselves, for the price may have gone anywhere."""
        self.band = PriceBand()
        self._last_slow = self._last_fast = self._last_quote = self._grouped = None
        self._mid.restart()
        self.replaying = True
        for series in self._series.values():
            series.resuming = True
