"""The embedded exchange behind the wire: books, accounts, prices and time, pure and deterministic.

Time comes in as market milliseconds and only goes forward; the same calls in the same order give the same events. Every
action first brings the venue to its ``now_ms``. Actions return error texts in the protocol's words instead of raising;
users are lower-case master addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hlmaster.core.clock import HOUR_MS, MINUTE_MS
from hlmaster.core.model import Instrument, Interval, Leverage, MarginTier
from hlmaster.exchange.simulator.depth import shown, touch
from hlmaster.exchange.simulator.engine import Engine
from hlmaster.exchange.simulator.events import (
    AccountView,
    ActiveAssetView,
    BookRow,
    CandleView,
    ContextRow,
    Event,
    FeeView,
    FillRow,
    FundingRateRow,
    FundingRow,
    LedgerRow,
    OrderView,
    QuoteRow,
    TradeRow,
)
from hlmaster.exchange.simulator.listing import Listing, margin_tiers
from hlmaster.exchange.simulator.market import Market
from hlmaster.exchange.simulator.matching import BookOrder, OrderBook
from hlmaster.exchange.simulator.orders import NewOrder, Reply
from hlmaster.exchange.simulator.participants import FlowParticipants, Participants, RecordedParticipants
from hlmaster.exchange.simulator.pricing import FUNDING_SERIES, Pricing
from hlmaster.exchange.simulator.tape import Tape

if TYPE_CHECKING:
    from hlmaster.exchange.simulator.replay import Recording

BLOCK_MS = 100


def instrument_of(listing: Listing, asset: int) -> Instrument:
    tiers = tuple(MarginTier(Decimal(lower), leverage) for lower, leverage in margin_tiers(listing.margin_table_id))
    return Instrument(listing.coin, asset, listing.size_decimals, listing.max_leverage, tiers)


class Venue:
    """``market`` is the generated one or a recording; ``state`` what ``export_state`` gave. ``asset_suffix`` appends
    ` asset=N` to per-order error texts."""

    def __init__(
        self,
        listings: Sequence[Listing],
        market: Market | Recording,
        start_ms: int,
        state: Mapping[str, Any] | None = None,
        *,
        asset_suffix: bool = False,
    ) -> None:
        self.instruments: Mapping[str, Instrument] = {
            one.coin: instrument_of(one, asset) for asset, one in enumerate(listings)
        }
        """By coin, in listing order; the position is the asset id."""
        by_coin = {one.coin: one for one in listings}
        self._books = {one.coin: OrderBook() for one in listings}
        self._engine = Engine(
            self.instruments, self._books, start_ms, self._on_trade, self._on_hit, asset_suffix=asset_suffix
        )
        self._floor = self._engine.floor
        kind = FlowParticipants if isinstance(market, Market) else RecordedParticipants
        self._participants: Participants = kind(market, by_coin, self._books, self._engine)  # type: ignore[arg-type]
        self._tapes = {coin: Tape(coin, self._floor.grids[coin]) for coin in by_coin}
        self._touches: dict[str, tuple[Any, Any]] = {}
        self._block_ms = start_ms // BLOCK_MS * BLOCK_MS
        self._pricing = Pricing(listings, self._engine, self._books, self._tapes, self._participants)
        if state is not None:
            self._restore(state)
        for coin in by_coin:
            self._participants.open(coin, start_ms)
        if state is None:
            self._pricing.begin()

    @property
    def now_ms(self) -> int:
        return self._floor.now_ms

    # --- time ---

    def advance(self, now_ms: int) -> None:
        """Run every 100 ms block up to ``now_ms``: flow, marks, triggers, liquidations, funding, schedules."""
        while self._block_ms + BLOCK_MS <= now_ms:
            self._block(self._block_ms, self._block_ms + BLOCK_MS)
            self._block_ms += BLOCK_MS
        self._floor.now_ms = max(self._floor.now_ms, now_ms)

    def _block(self, from_ms: int, to_ms: int) -> None:
        floor = self._floor
        began = floor.now_ms
        for coin in floor.coins:
            floor.now_ms = began
            self._participants.step(coin, from_ms, to_ms)
        floor.now_ms = max(began, to_ms)
        self._pricing.on_block(to_ms)
        if to_ms % MINUTE_MS == 0:
            for tape in self._tapes.values():
                tape.roll(to_ms)
        if to_ms % HOUR_MS == 0:
            self._pricing.charge_funding()
        self._engine.fire_schedules()
        for coin in floor.coins:
            self._quote(coin)

    def _quote(self, coin: str) -> None:
        book = self._books[coin]
        best = (next(book.depth(True), None), next(book.depth(False), None))
        if self._touches.get(coin) == best:
            return
        self._touches[coin] = best
        grid = self._floor.grids[coin]
        self._floor.tell(QuoteRow(coin, self._floor.now_ms, touch(book, grid, True), touch(book, grid, False)))

    def _on_trade(self, trade: TradeRow, ticks: int, lots: int) -> None:
        self._tapes[trade.coin].add(trade, ticks, lots)
        self._pricing.on_trade(trade, lots)
        self._floor.tell(trade)

    def _on_hit(self, coin: str, maker: BookOrder) -> None:
        self._participants.on_hit(coin, maker)

    def drain(self) -> list[Event]:
        """Everything that happened since the last drain, in order."""
        return self._floor.drain()

    # --- actions (each takes the account that is acted for) ---

    def place(self, user: str, orders: Sequence[NewOrder], grouping: str, now_ms: int) -> list[Reply]:
        """One reply per order; a single ``Refusal`` alone where a check of the whole batch failed (compare lengths)."""
        self.advance(now_ms)
        return self._engine.placing.place(user, orders, grouping)

    def cancel(self, user: str, asset: int, oid: int, now_ms: int) -> str | None:
        """None when cancelled, else the error text."""
        self.advance(now_ms)
        return self._engine.placing.cancel(user, asset, oid)

    def cancel_by_cloid(self, user: str, asset: int, cloid: str, now_ms: int) -> str | None:
        self.advance(now_ms)
        return self._engine.placing.cancel(user, asset, cloid)

    def modify(
        self, user: str, target: int | str, order: NewOrder, now_ms: int, *, always_place: bool = False
    ) -> Reply:
        """Cancel and replace (``target`` oid or cloid); ``always_place`` is the wire's ``a: true``."""
        self.advance(now_ms)
        return self._engine.placing.modify(user, target, order, always_place=always_place)

    def update_leverage(self, user: str, asset: int, leverage: Leverage, now_ms: int) -> str | None:
        """None when done, else the whole-request error text."""
        self.advance(now_ms)
        return self._engine.treasury.update_leverage(user, asset, leverage)

    def update_isolated_margin(self, user: str, asset: int, usd: Decimal, now_ms: int) -> str | None:
        """Add (positive) or take back isolated margin."""
        self.advance(now_ms)
        return self._engine.treasury.update_isolated_margin(user, asset, usd)

    def schedule_cancel(self, user: str, time_ms: int | None, now_ms: int) -> str | None:
        """Arm (or with None disarm) the dead man's switch."""
        self.advance(now_ms)
        return self._engine.schedule_cancel(user, time_ms)

    def deposit(self, user: str, usd: Decimal, now_ms: int) -> None:
        """The faucet; writes a ledger row and an event."""
        self.advance(now_ms)
        self._engine.treasury.deposit(user, usd)

    def withdraw(self, user: str, usd: Decimal, nonce: int, now_ms: int) -> str | None:
        """Leaves the exchange for good; $1 of it is the fee."""
        self.advance(now_ms)
        return self._engine.treasury.withdraw(user, usd, nonce)

    def send_usd(self, user: str, destination: str, usd: Decimal, now_ms: int) -> str | None:
        self.advance(now_ms)
        return self._engine.treasury.send_usd(user, destination, usd)

    def class_transfer(self, user: str, usd: Decimal, to_perp: bool, now_ms: int) -> str | None:
        """Between the perpetuals account and the spot wallet."""
        self.advance(now_ms)
        return self._engine.treasury.class_transfer(user, usd, to_perp=to_perp)

    # --- the market ---

    def book(self, coin: str, n_sig_figs: int | None = None, mantissa: int | None = None, depth: int = 20) -> BookRow:
        """Aggregated bids round down, asks up."""
        book, grid = self._books[coin], self._floor.grids[coin]
        bids = shown(book, grid, True, depth, n_sig_figs, mantissa)
        return BookRow(coin, self.now_ms, bids, shown(book, grid, False, depth, n_sig_figs, mantissa))

    def mid(self, coin: str) -> Decimal:
        """Half-way between best bid and ask; the last trade (else the mark) when a side is empty."""
        mid = self._true_mid(coin)
        if mid is not None:
            return mid
        last = self._tapes[coin].last
        return self.mark(coin) if last is None else self._floor.grids[coin].price(last)

    def _true_mid(self, coin: str) -> Decimal | None:
        book = self._books[coin]
        if book.best_bid is None or book.best_ask is None:
            return None
        return self._floor.grids[coin].price(book.best_bid + book.best_ask) / 2

    def mark(self, coin: str) -> Decimal:
        return self._floor.mark(coin)

    def oracle(self, coin: str) -> Decimal:
        return self._floor.oracle(coin)

    def context(self, coin: str) -> ContextRow:
        return self._pricing.context(coin, self._true_mid(coin))

    def recent_trades(self, coin: str) -> tuple[TradeRow, ...]:
        """At most 50, newest first."""
        return tuple(reversed(self._tapes[coin].trades))

    def open_minutes(self) -> None:
        """Begin every coin's first minute, flat until somebody trades: else a quiet coin would lack its candle."""
        for coin, tape in self._tapes.items():
            grid = self._floor.grids[coin]
            tape.begin(self.now_ms, grid.snap(grid.ticks(self.mid(coin))))

    def candle(self, coin: str, interval: Interval) -> CandleView | None:
        """The open candle as far as the venue traded in it; None before the first trade."""
        return self._tapes[coin].candle(interval)

    def candles(self, coin: str, interval: Interval, since_ms: int = 0) -> list[CandleView]:
        """Live candles (minutes since the venue first opened, aggregated), ascending, the open one last, at most 5000.

        Minutes without a trade are flat with ``trades`` 0. The first of a coarse interval holds only its live part.
        """
        return self._tapes[coin].candles(interval, since_ms)

    def funding_rates(self, coin: str) -> list[FundingRateRow]:
        """Rates charged since the venue first opened, ascending."""
        return list(self._pricing.rates[coin])

    def jolt(self, coin: str, percent: Decimal) -> None:
        """The mark leaps for this moment: triggers fire, accounts are liquidated. The next mark is true again."""
        marks, oracles = self._floor.marks, self._floor.oracles
        leapt = self._floor.grids[coin].snap(float(marks[coin] * (1 + percent / 100)))
        self._engine.set_mark(coin, leapt, oracles[coin])
        self._engine.liquidate()

    # --- users ---

    def knows(self, user: str) -> bool:
        """True once the address holds or held money."""
        return user in self._floor.traders

    def users(self) -> list[str]:
        return [trader.address for trader in self._floor.traders]

    def account_state(self, user: str) -> AccountView:
        """Zeros for an unknown address."""
        return self._engine.statements.account(user)

    def active_asset(self, user: str, coin: str) -> ActiveAssetView:
        return self._engine.statements.active_asset(user, coin)

    def open_orders(self, user: str) -> list[OrderView]:
        """Newest first; waiting triggers and children included."""
        trader = self._floor.traders.get(user)
        return [] if trader is None else [self._floor.view(order) for order in reversed(trader.orders.values())]

    def order_by(self, user: str, reference: int | str) -> OrderView | None:
        """By oid or cloid (of several with one cloid the newest)."""
        return self._engine.statements.order(user, reference)

    def historical_orders(self, user: str) -> list[OrderView]:
        """Status changes, newest first, at most 2000."""
        trader = self._floor.traders.get(user)
        return [] if trader is None else list(reversed(trader.history.rows))

    def fills(self, user: str) -> Sequence[FillRow]:
        """Oldest first, at most 10000."""
        trader = self._floor.traders.get(user)
        return [] if trader is None else list(trader.fills)

    def funding(self, user: str) -> Sequence[FundingRow]:
        """Oldest first."""
        trader = self._floor.traders.get(user)
        return [] if trader is None else list(trader.funding)

    def ledger(self, user: str) -> Sequence[LedgerRow]:
        """Oldest first."""
        trader = self._floor.traders.get(user)
        return [] if trader is None else list(trader.ledger)

    def fees(self, user: str) -> FeeView:
        return self._engine.statements.fees(user)

    def volume(self, user: str) -> Decimal:
        """Cumulative traded notional, USD."""
        trader = self._floor.traders.get(user)
        return Decimal(0) if trader is None else trader.volumes.total

    # --- memory: JSON-able documents ---

    def dirty_users(self) -> set[str]:
        """Users whose export changed since the last call; cleared by reading."""
        return self._floor.traders.take_dirty()

    def export_user(self, user: str) -> dict[str, Any]:
        """Account, live orders, volumes, schedule: small, replaces the last one."""
        return self._floor.traders.export(user)

    def take_rows(self, user: str) -> dict[str, list[Any]]:
        """New history rows since the last call, by history name: append them to what is stored."""
        return self._floor.traders.take_rows(user)

    def export_venue(self) -> dict[str, Any]:
        """What is nobody's own: counters, prices, the open minutes. Small, replaces."""
        return {
            "counters": self._floor.export_counters(),
            "pricing": self._pricing.export(),
            "tapes": {coin: tape.export() for coin, tape in self._tapes.items()},
        }

    def take_candles(self) -> dict[str, list[Any]]:
        """What joined the public series since the last call, to be appended: minutes that closed under the coin's name,
        funding rates under ``<coin> funding``."""
        rows: dict[str, list[Any]] = {coin: tape.take_unsaved() for coin, tape in self._tapes.items()}
        rows |= {coin + FUNDING_SERIES: new for coin, new in self._pricing.take_unsaved().items()}
        return {series: new for series, new in rows.items() if new}

    def export_state(self) -> dict[str, Any]:
        """Everything: ``{"venue", "candles", "users": {address: {"account": export_user, "rows": all rows}}}``.

        It is what the constructor's ``state`` takes, whether made here or put together from the parts above.
        """
        traders = self._floor.traders
        candles: dict[str, list[Any]] = {coin: tape.rows() for coin, tape in self._tapes.items()}
        candles |= {coin + FUNDING_SERIES: rows for coin, rows in self._pricing.rows().items()}
        users = {
            one.address: {"account": traders.export(one.address), "rows": traders.all_rows(one.address)}
            for one in traders
        }
        return {"venue": self.export_venue(), "candles": candles, "users": users}

    def _restore(self, state: Mapping[str, Any]) -> None:
        """Prices go on from the last ones, users' orders rest before anybody else's."""
        venue, candles = state["venue"], state["candles"]
        self._floor.restore_counters(venue["counters"])
        self._pricing.restore(venue["pricing"], {coin: candles.get(coin + FUNDING_SERIES, []) for coin in self._tapes})
        for coin, tape in venue["tapes"].items():
            self._tapes[coin].restore(candles.get(coin, []), tape["minute"], tape["last"])
        for user, kept in state["users"].items():
            self._engine.restore_user(user, kept["account"], kept["rows"])
        self._engine.rest_restored()
