"""Describes the situation of a coin to whoever must judge an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from hlmaster.core.clock import Clock
from hlmaster.core.errors import ConfigError
from hlmaster.core.events import AssetContext, BestQuote, TradingState
from hlmaster.core.model import Account, FeeRates, Instrument, Leverage, MarginMode, Position
from hlmaster.core.rounding import PERP_MAX_DECIMALS, to_decimal
from hlmaster.desk.stakes import Count, Leverages, Stakes
from hlmaster.market.feed import Feed
from hlmaster.trading.conduct import FREE, Conduct
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.protection.distance import StopDistance
from hlmaster.trading.situation import Situation

ZERO, MARK_DECIMALS = Decimal(0), 10
"""Marks are averages: they lie between two ticks."""
RECENT_MS = 60_000
"""Of wall time."""
UNTOUCHED_LEVERAGE = 20
"""A coin whose leverage was never set behaves as cross 20x, capped by what the coin allows."""


class Glance(NamedTuple):
    """The prices of a coin, and why they are too old for entries, as in a ``Situation``."""

    mark: Decimal | None
    best_bid: Decimal | None
    best_ask: Decimal | None
    stale: str | None


class Survey:
    """``state`` gives the trading state and the sentence that explains it."""

    def __init__(
        self,
        clock: Clock,
        feed: Feed,
        instruments: Callable[[], Mapping[str, Instrument]],
        portfolio: Portfolio,
        tracker: OrderTracker,
        state: Callable[[], tuple[TradingState, str]],
    ) -> None:
        self._clock, self._feed, self._instruments = clock, feed, instruments
        self._portfolio, self._tracker, self._state = portfolio, tracker, state
        self.leverages = Leverages()
        self.unknown_leverage: Callable[[str], None] = lambda coin: None
        """Told of a coin that somebody looks at and whose leverage is not known yet."""
        self.fees = FeeRates()
        self.conduct: Conduct = FREE
        """What breakers and safeguards ask of the next order; kept by the desk's risk."""
        self._swing: Callable[[str], Decimal | None] = lambda coin: None
        self.stop: Callable[[str], StopDistance | None] = lambda coin: None
        """Where protection would put the stop of a new position."""
        self._marks: dict[str, tuple[AssetContext, Decimal]] = {}
        self._quotes: dict[str, tuple[BestQuote, Decimal | None, Decimal | None]] = {}
        self._account: Account | None = None
        self._positions: dict[str, Position] = {}
        self._stakes = Stakes(clock, portfolio, tracker, self)

    def instrument(self, coin: str) -> Instrument:
        try:
            return self._instruments()[coin]
        except KeyError:
            raise ConfigError(f"{coin!r} is not listed on this exchange.", "Pick a coin from the watchlist.") from None

    def lists(self, coin: str) -> bool:
        """Whether this exchange lists the coin: a position in another market of the account cannot be judged."""
        return coin in self._instruments()

    def leverage(self, coin: str) -> Leverage:
        position = self._position(coin)
        if position is not None:
            return position.leverage
        known = self.leverages.get(coin)
        if known is not None:
            return known
        self.unknown_leverage(coin)
        instrument = self.instrument(coin)
        mode = MarginMode.ISOLATED if instrument.only_isolated else MarginMode.CROSS
        return Leverage(mode, min(UNTOUCHED_LEVERAGE, instrument.max_leverage))

    def _position(self, coin: str) -> Position | None:
        """By the venue's word."""
        account = self._portfolio.account
        if account is not self._account:
            self._account = account
            self._positions = {position.coin: position for position in account.positions} if account else {}
        return self._positions.get(coin)

    def mark(self, coin: str) -> Decimal | None:
        """The mark price as money, every digit of it; None before the coin's first context."""
        return self._mark_of(coin, self._feed.context(coin))

    def _mark_of(self, coin: str, context: AssetContext | None) -> Decimal | None:
        if context is None:
            return None
        known = self._marks.get(coin)
        if known is None or known[0] is not context:
            known = self._marks[coin] = (context, to_decimal(context.mark_price, MARK_DECIMALS))
        return known[1]

    def _quote(self, coin: str, quote: BestQuote | None) -> tuple[Decimal | None, Decimal | None]:
        if quote is None:
            return None, None
        known = self._quotes.get(coin)
        if known is None or known[0] is not quote:
            bid = to_decimal(quote.bid.price, PERP_MAX_DECIMALS) if quote.bid else None
            ask = to_decimal(quote.ask.price, PERP_MAX_DECIMALS) if quote.ask else None
            known = self._quotes[coin] = (quote, bid, ask)
        return known[1], known[2]

    def stale(self, coin: str) -> str | None:
        """Why this coin's prices are too old, as a sentence."""
        return self._feed.market(coin).stale_for_entries

    @property
    def swing(self) -> Callable[[str], Decimal | None]:
        """A coin's loss of one day in twenty, as a fraction."""
        return self._swing

    @swing.setter
    def swing(self, swing: Callable[[str], Decimal | None]) -> None:
        self._swing = swing
        self.recount()

    def recount(self) -> None:
        """Something changed that a count cannot see by itself: what a coin's past says of it."""
        self._stakes.forget()

    @property
    def marks(self) -> int:
        """Changes with every mark."""
        return self._feed.contexts

    def count(self) -> Count:
        """All coins together: exposure, equity, margin."""
        return self._stakes.count()

    def glance(self, coin: str) -> Glance:
        """What a situation begins with, in a tenth of its time. Raises ConfigError for a coin that is not listed."""
        instrument, market = self.instrument(coin), self._feed.market(coin)
        doubtful = self._tracker.by_coin.of(coin).is_doubtful
        stale = self._account_doubt(coin, instrument, doubtful) or market.stale_for_entries
        return Glance(self.mark(coin), *self._quote(coin, market.quote), stale)

    @property
    def terms(self) -> tuple[object, ...]:
        """Equal to what it was as long as no order, booked fill, leverage, fee or trading state has changed."""
        orders, ledger = self._tracker.by_coin, self._portfolio.ledger
        return (self._state(), orders.version, ledger.version, self.leverages.version, self.fees, self.conduct.pause)

    def __call__(self, coin: str) -> Situation:
        instrument = self.instrument(coin)
        market = self._feed.market(coin)
        bid, ask = self._quote(coin, market.quote)
        state, sentence = self._state()
        now, speed = self._clock.now_ms(), self._clock.speed
        since = now - (RECENT_MS if speed == 1 else int(RECENT_MS * speed))
        portfolio, orders = self._portfolio, self._tracker.by_coin
        account = portfolio.account
        own = orders.of(coin)
        counted = self._stakes.count()
        line = self._stakes.line(coin)
        position, leverage = (portfolio.size(coin), None) if line is None else line.held
        return Situation(
            instrument,
            now,
            self._mark_of(coin, market.context),
            bid,
            ask,
            self._account_doubt(coin, instrument, own.is_doubtful) or market.stale_for_entries,
            state,
            sentence,
            position,
            counted.equity,
            ZERO if account is None else counted.free,
            ZERO if account is None else account.maintenance_margin,
            leverage or self.leverage(coin),
            self.fees,
            own.unsettled,
            orders.recent(coin, since),
            speed,
            self._stakes.of(coin) if line is None else line.stake,
            counted.standing,
            self.conduct,
            orders.entries_since(since),
            self.stop(coin),
        )

    def _account_doubt(self, coin: str, instrument: Instrument, doubtful: bool) -> str | None:
        """``doubtful``: an order of the coin may or may not have come about."""
        portfolio = self._portfolio
        if portfolio.account is None:
            return "The account's state is not known yet; entries open once the exchange has answered."
        if doubtful:
            return f"An earlier {coin} order's fate is still unknown; entries on {coin} open once it is settled."
        if instrument.closing_only:
            return f"The exchange's list of markets is damaged where {coin} stands: what is open can only be closed."
        if portfolio.agreement.is_apart(coin):
            return f"The {coin} position in our books and at the exchange differ; entries open once they agree."
        return None
