"""The feed: raw facts in, judged market state and its changes out.

Every datum is judged before it becomes state. What fails is counted, published as ``DataDefect`` and kept out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import Clock
from hlmaster.core.events import (
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleChanged,
    CandleRow,
    DataDefect,
    DefectKind,
    GroupedBook,
    LinkChanged,
    LinkState,
    Mids,
    SeriesLoaded,
    StalenessChanged,
    Trade,
    Trades,
    TradesSeen,
)
from hlmaster.core.model import Instrument, Interval
from hlmaster.market.coin_market import CoinMarket
from hlmaster.market.defects import DefectLog
from hlmaster.market.series import Change, Series
from hlmaster.market.staleness import (
    ACCOUNT,
    ACCOUNT_LIMIT,
    ACCOUNT_LIMITS,
    CANDLE,
    CONTEXT,
    FAST_BOOK,
    LIMITS,
    MID,
    QUOTE,
    SLOW_BOOK,
    TRADES,
    Receipts,
    sentence,
)
from hlmaster.market.validator import Fault, Validator, moment, sift

CONNECTED = LinkState.CONNECTED


class Feed:
    """Market state of all coins of one venue, folded from the facts on ``bus``.

    A coin's state begins with its first datum or the first question for it; only coins in ``instruments`` have one.
    """

    def __init__(self, bus: Bus, clock: Clock, instruments: Mapping[str, Instrument]) -> None:
        self._bus = bus
        self._clock = clock
        self._instruments = instruments
        self._markets: dict[str, CoinMarket] = {}
        self._validator = Validator(clock)
        self._log = DefectLog(bus, clock)
        self._account = Receipts(clock, ACCOUNT_LIMITS)
        self._account_reported_stale = True
        self._link: LinkChanged | None = None
        self.contexts = 0
        """Marks accepted so far: while it stands still, so do they."""
        self.messages = 0
        """Raw facts heard, whatever became of them."""
        self._subscriptions = (
            bus.subscribe(BookSnapshot, self._on_book),
            bus.subscribe(GroupedBook, self._on_grouped),
            bus.subscribe(BestQuote, self._on_quote),
            bus.subscribe(Trades, self._on_trades),
            bus.subscribe(CandleRow, self._on_candle),
            bus.subscribe(AssetContext, self._on_context),
            bus.subscribe(Mids, self._on_mids),
            bus.subscribe(LinkChanged, self._on_link),
            self._log.close,
        )

    def close(self) -> None:
        """Hear no more; the state stays readable."""
        for unsubscribe in self._subscriptions:
            unsubscribe()

    # --- reading ---

    def market(self, coin: str) -> CoinMarket:
        """Raises KeyError for a coin the venue does not list."""
        market = self._markets.get(coin)
        if market is None:
            market = self._markets[coin] = CoinMarket(self._instruments[coin], self._clock, self._blocked)
        return market

    def context(self, coin: str) -> AssetContext | None:
        """The coin's last accepted one; None before the first, and for a coin without a state."""
        market = self._markets.get(coin)
        return None if market is None else market.context

    @property
    def coins(self) -> tuple[str, ...]:
        """Coins with a state, in the order they came up."""
        return tuple(self._markets)

    @property
    def defects(self) -> dict[DefectKind, int]:
        """Exact counts since the start, every kind present."""
        return self._log.counts

    @property
    def recent_defects(self) -> deque[DataDefect]:
        """The last published defects, oldest first, bounded."""
        return self._log.recent

    @property
    def account_age_seconds(self) -> float | None:
        return self._account.age(ACCOUNT)

    # --- told by the desk ---

    def touch_account(self) -> None:
        """The venue just stated our account."""
        self._account.at[ACCOUNT] = self._clock.monotonic()

    def expect_replay(self, coin: str) -> None:
        """Trades of this coin were just subscribed: the first frame repeats recent ones."""
        self.market(coin).replaying = True

    def set_clock_offset(self, venue_minus_ours_ms: float) -> None:
        """So that a slow clock of this computer does not make every stamp a future one."""
        self._validator.clock_offset_ms = venue_minus_ours_ms

    def check_staleness(self) -> None:
        """Publish which streams became stale or fresh since the last check; call it a few times a second."""
        for market in self._markets.values():
            stale = set(market.stale_streams)
            for stream in LIMITS:
                if (stream in stale) != (stream in market.reported_stale):
                    age = market.age_seconds(stream) or 0.0
                    self._bus.publish(StalenessChanged(market.coin, stream, stream in stale, age))
            market.reported_stale = stale
        account_stale = bool(self._account.stale())
        if account_stale != self._account_reported_stale:
            self._account_reported_stale = account_stale
            self._bus.publish(StalenessChanged("", ACCOUNT, account_stale, self.account_age_seconds or 0.0))

    def load_series(self, coin: str, interval: Interval, block: CandleBlock) -> None:
        """Merge queried candles, older or newer, then publish ``SeriesLoaded``. Unsound rows are counted, not taken."""
        market = self.market(coin)
        series = market.open_series(interval)
        sifted = sift(block, self._validator.horizon())
        for kind, count in sifted.faults.items():
            self._log.report(kind, CANDLE, coin, f"{count} {interval} rows of the queried history", count)
        holes_before = len(series.gaps)
        series.merge(sifted.block)
        holes = series.gaps
        if len(holes) > holes_before:
            detail = f"the {interval} history misses {_stretch(series, *holes[-1])}, the last of {len(holes)} gaps"
            self._log.report(DefectKind.GAP, CANDLE, coin, detail, len(holes) - holes_before)
        self._bus.publish(SeriesLoaded(coin, interval))

    prepend = load_series

    def forget_series(self, coin: str, interval: Interval) -> None:
        """Its stream ended: what comes later would stand beside it as if nothing had been missed."""
        if coin in self._markets:
            self._markets[coin].close_series(interval)

    # --- raw facts ---

    def _on_book(self, book: BookSnapshot) -> None:
        self.messages += 1
        stream = FAST_BOOK if book.fast else SLOW_BOOK
        market = self._markets.get(book.coin) or self._begin(book.coin, stream)
        if market is None:
            return
        fault = self._validator.book(book, market.last_book(book.fast), market.band)
        if fault is not None:
            self._reject(fault, stream, book.coin)
            return
        market.accept_book(book)
        self._bus.publish(market.book_changed)

    def _on_grouped(self, grouped: GroupedBook) -> None:
        """Judged by itself alone: it may be an older view than the last, and resent unchanged."""
        self.messages += 1
        market = self._markets.get(grouped.coin) or self._begin(grouped.coin, SLOW_BOOK)
        if market is None:
            return
        book = BookSnapshot(grouped.coin, grouped.time_ms, grouped.bids, grouped.asks)
        fault = self._validator.book(book, None, market.band)
        if fault is not None:
            self._reject(fault, SLOW_BOOK, grouped.coin)
            return
        market.accept_grouped(grouped)
        self._bus.publish(market.book_changed)

    def _on_quote(self, quote: BestQuote) -> None:
        self.messages += 1
        market = self._markets.get(quote.coin) or self._begin(quote.coin, QUOTE)
        if market is None:
            return
        fault = self._validator.quote(quote, market.last_quote, market.band)
        if fault is not None:
            self._reject(fault, QUOTE, quote.coin)
            return
        market.accept_quote(quote)
        self._bus.publish(market.quote_changed)
        self._bus.publish(market.book_changed)

    def _on_trades(self, frame: Trades) -> None:
        self.messages += 1
        market = self._markets.get(frame.coin) or self._begin(frame.coin, TRADES)
        if market is None:
            return
        accepted = self._sound_trades(market, frame.trades)
        market.replaying = False
        if accepted:
            market.receipts.at[TRADES] = self._clock.monotonic()
            self._bus.publish(TradesSeen(frame.coin, accepted))

    def _on_candle(self, row: CandleRow) -> None:
        self.messages += 1
        market = self._markets.get(row.coin) or self._begin(row.coin, CANDLE)
        if market is None:
            return
        fault = self._validator.candle(row)
        if fault is not None:
            self._reject(fault, CANDLE, row.coin)
            return
        series = market.open_series(row.interval)
        # a candle of the past may lie anywhere: only the open one is held against the present price
        is_open = self._validator.is_open(series.follows(row.open_ms))
        if is_open and not market.band.admits_path(row.low, row.high, row.close):
            self._reject(market.band.fault(row.close), CANDLE, row.coin)
            return
        market.receipts.at[CANDLE] = self._clock.monotonic()
        self._fold(market, series, row)

    def _on_context(self, context: AssetContext) -> None:
        self.messages += 1
        market = self._markets.get(context.coin) or self._begin(context.coin, CONTEXT)
        if market is None:
            return
        fault = self._validator.context(context, market.band)
        if fault is not None:
            self._reject(fault, CONTEXT, context.coin)
            return
        market.accept_context(context)
        self.contexts += 1
        self._bus.publish(market.context_changed)

    def _on_mids(self, mids: Mids) -> None:
        """Names that are not listed here (spot, other venues' coins) are no defect: the frame holds them all."""
        self.messages += 1
        for coin, market in self._markets.items():
            price = mids.prices.get(coin)
            if price is None:
                continue
            if not 0.0 < price < float("inf"):
                self._reject((DefectKind.NOT_A_NUMBER, f"mid {price:g}"), MID, coin)
            elif not market.band.admits(price):
                self._reject(market.band.fault(price), MID, coin)
            else:
                market.accept_mid(price)

    def _on_link(self, link: LinkChanged) -> None:
        connected_anew = link.state is LinkState.CONNECTED and (
            self._link is None or self._link.state is not LinkState.CONNECTED
        )
        self._link = link
        if connected_anew:
            for market in self._markets.values():
                market.restart()

    # --- judging ---

    def _begin(self, coin: str, stream: str) -> CoinMarket | None:
        if coin in self._instruments:
            return self.market(coin)
        self._log.report(DefectKind.UNKNOWN_COIN, stream, coin, f"the venue does not list {coin[:40]!r}")
        return None

    def _reject(self, fault: Fault, stream: str, coin: str) -> None:
        self._log.report(fault[0], stream, coin, fault[1])

    def _sound_trades(self, market: CoinMarket, trades: list[Trade]) -> list[Trade]:
        """Append what is sound and new to the tape; one frame counts once towards the confirmation of a price."""
        tape, band, accepted = market.trades, market.band, list[Trade]()
        asked = False
        for trade in trades:
            if tape.knows(trade):
                if not market.replaying:
                    self._reject((DefectKind.DUPLICATE, f"trade {trade.trade_id} came twice"), TRADES, market.coin)
                continue
            fault = self._validator.trade(trade, tape.last)
            if fault is None and not band.low < trade.price < band.high:
                fault = band.fault(trade.price) if asked or not band.admits(trade.price) else None
                asked = True
            if fault is None:
                tape.append(trade)
                accepted.append(trade)
            elif not (market.replaying and fault[0] is DefectKind.OUT_OF_ORDER):
                self._reject(fault, TRADES, market.coin)
        return accepted

    def _fold(self, market: CoinMarket, series: Series, row: CandleRow) -> None:
        last, resuming = series.last, series.resuming
        change = series.put(row)
        coin, interval = row.coin, row.interval
        if change is Change.MOVED:
            self._bus.publish(market.candle_changed[interval])
        elif change is Change.APPENDED:
            if last is not None and row.open_ms > series.follows(last.open_ms):
                detail = f"the {interval} stream misses {_stretch(series, series.follows(last.open_ms), row.open_ms)}"
                self._log.report(DefectKind.GAP, CANDLE, coin, detail)
            self._bus.publish(CandleChanged(coin, interval, closed=last is not None))
        elif change is not Change.SAME:
            kind = DefectKind.DUPLICATE if change is Change.REPEATED else DefectKind.OUT_OF_ORDER
            if not resuming:
                self._log.report(kind, CANDLE, coin, f"{interval} candle of {moment(row.open_ms)}: {change.value}")
            if change is Change.FILLED or change is Change.CORRECTED:
                self._bus.publish(SeriesLoaded(coin, interval))

    @property
    def cut_off(self) -> str | None:
        """What stands between here and every market since there was a link, as a sentence; None while connected."""
        link = self._link
        return None if link is None or link.state is CONNECTED else link.sentence

    def _blocked(self) -> str | None:
        """What stops entries on every coin."""
        if self.cut_off is not None:
            return f"{self.cut_off} Entries wait for the connection."
        if self._account.stale():
            return sentence("this session", ACCOUNT, self.account_age_seconds, ACCOUNT_LIMIT)
        return None


def _stretch(series: Series, start_ms: int, end_ms: int) -> str:
    missing = max(1, round((end_ms - start_ms) / series.interval.ms))
    return f"{missing} candle{'s' if missing > 1 else ''} from {moment(start_ms)}"
