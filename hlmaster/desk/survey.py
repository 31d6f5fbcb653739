"""Describes the situation of a coin to whoever must judge an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from hlmaster.core.clock import Clock
from hlmaster.core.errors import ConfigError
from hlmaster.core.events import TradingState
from hlmaster.core.margin import initial_margin
from hlmaster.core.model import Account, FeeRates, Instrument, Leverage, MarginMode
from hlmaster.core.rounding import PERP_MAX_DECIMALS, to_decimal
from hlmaster.market.feed import Feed
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.risk.rules.collateral import reserved_margin
from hlmaster.trading.situation import Situation

ZERO = Decimal(0)
RECENT_MS = 60_000
UNTOUCHED_LEVERAGE = 20
"""A coin whose leverage was never set behaves as cross 20x, capped by what the coin allows."""


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
        self.leverages: dict[str, Leverage] = {}
        self.unknown_leverage: Callable[[str], None] = lambda coin: None
        """Told of a coin that somebody looks at and whose leverage is not known yet."""
        self.fees = FeeRates()

    def instrument(self, coin: str) -> Instrument:
        try:
            return self._instruments()[coin]
        except KeyError:
            raise ConfigError(f"{coin!r} is not listed on this exchange.", "Pick a coin from the watchlist.") from None

    def lists(self, coin: str) -> bool:
        """Whether this exchange lists the coin: a position in another market of the account cannot be judged."""
        return coin in self._instruments()

    def leverage(self, coin: str) -> Leverage:
        position = self._portfolio.account.position(coin) if self._portfolio.account else None
        if position is not None:
            return position.leverage
        instrument = self.instrument(coin)
        mode = MarginMode.ISOLATED if instrument.only_isolated else MarginMode.CROSS
        known = self.leverages.get(coin)
        if known is None:
            self.unknown_leverage(coin)
        return known or Leverage(mode, min(UNTOUCHED_LEVERAGE, instrument.max_leverage))

    def mark(self, coin: str) -> Decimal | None:
        """The mark price as money; None before the coin's first context."""
        market = self._feed.market(coin) if coin in self._feed.coins else None
        value = market.mark if market is not None else None
        return None if value is None else to_decimal(value, PERP_MAX_DECIMALS)

    def __call__(self, coin: str) -> Situation:
        instrument = self.instrument(coin)
        market = self._feed.market(coin)
        quote = market.quote
        state, sentence = self._state()
        now = self._clock.now_ms()
        account = self._portfolio.account
        bid = to_decimal(quote.bid.price, PERP_MAX_DECIMALS) if quote and quote.bid else None
        ask = to_decimal(quote.ask.price, PERP_MAX_DECIMALS) if quote and quote.ask else None
        return Situation(
            instrument=instrument,
            now_ms=now,
            mark=self.mark(coin),
            best_bid=bid,
            best_ask=ask,
            stale=self._account_doubt(coin) or market.stale_for_entries,
            state=state,
            state_sentence=sentence,
            position=self._portfolio.size(coin),
            equity=self._portfolio.equity,
            available=self._free(account),
            maintenance_margin=account.maintenance_margin if account else ZERO,
            leverage=self.leverage(coin),
            fees=self.fees,
            live=tuple(self._tracker.unsettled(coin)),
            recent=tuple(self._tracker.recent(coin, now - RECENT_MS)),
        )

    def _account_doubt(self, coin: str) -> str | None:
        if self._portfolio.account is None:
            return "The account's state is not known yet; entries open once the exchange has answered."
        if any(order.in_doubt for order in self._tracker.unsettled(coin)):
            return f"An earlier {coin} order's fate is still unknown; entries on {coin} open once it is settled."
        if self.instrument(coin).closing_only:
            return f"The exchange's list of markets is damaged where {coin} stands: what is open can only be closed."
        if coin in self._portfolio.mismatched:
            return f"The {coin} position in our books and at the exchange differ; entries open once they agree."
        return None

    def _reserved(self) -> Decimal:
        """Margin that every unsettled entry would need, so that several at once cannot spend the same money."""
        total = ZERO
        for tracked in self._tracker.unsettled():
            coin = tracked.order.coin
            if coin in self._instruments():
                total += reserved_margin(tracked, self._portfolio.size(coin), self.leverage(coin).value)
        return total

    def _free(self, account: Account | None) -> Decimal:
        """What the venue states lags behind our fills, so the larger of its and our count of margin is taken as used.

        Before its first statement nothing is free.
        """
        if account is None:
            return ZERO
        used = ZERO
        for holding in self._portfolio.ledger.holdings.values():
            if holding.size and holding.coin in self._instruments():
                price = self.mark(holding.coin) or holding.entry_price
                used += initial_margin(abs(holding.size) * price, self.leverage(holding.coin).value)
        return account.equity - max(account.margin_used, used) - self._reserved()
