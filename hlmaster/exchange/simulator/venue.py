"""The embedded exchange behind the wire: books, accounts, prices and time, pure and deterministic.

Time comes in as market milliseconds and only goes forward; the same calls in the same order give the same events. Every
action first brings the venue to its ``now_ms``. Actions return error texts in the protocol's words instead of raising;
users are lower-case master addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from hlmaster.core.model import Instrument, Interval, Leverage
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
    TradeRow,
)
from hlmaster.exchange.simulator.orders import NewOrder, Reply


class VenueInterface(Protocol):
    """``Venue(listings, market, start_ms, state=None, asset_suffix=False)`` offers this."""

    instruments: Mapping[str, Instrument]
    """By coin, in listing order; the position is the asset id."""

    now_ms: int

    def advance(self, now_ms: int) -> None:
        """Run every 100 ms block up to ``now_ms``: flow, marks, triggers, liquidations, funding, schedules."""

    def drain(self) -> list[Event]:
        """Everything that happened since the last drain, in order."""

    # --- actions (each takes the account that is acted for) ---

    def place(self, user: str, orders: Sequence[NewOrder], grouping: str, now_ms: int) -> list[Reply]:
        """One reply per order; a single ``Refusal`` alone where a check of the whole batch failed (compare lengths)."""

    def cancel(self, user: str, asset: int, oid: int, now_ms: int) -> str | None:
        """None when cancelled, else the error text."""

    def cancel_by_cloid(self, user: str, asset: int, cloid: str, now_ms: int) -> str | None: ...

    def modify(
        self, user: str, target: int | str, order: NewOrder, now_ms: int, *, always_place: bool = False
    ) -> Reply:
        """Cancel and replace (``target`` oid or cloid); ``always_place`` is the wire's ``a: true``."""

    def update_leverage(self, user: str, asset: int, leverage: Leverage, now_ms: int) -> str | None:
        """None when done, else the whole-request error text."""

    def update_isolated_margin(self, user: str, asset: int, usd: Decimal, now_ms: int) -> str | None:
        """Add (positive) or take back isolated margin."""

    def schedule_cancel(self, user: str, time_ms: int | None, now_ms: int) -> str | None: ...

    def deposit(self, user: str, usd: Decimal, now_ms: int) -> None:
        """The faucet; writes a ledger row and an event."""

    def withdraw(self, user: str, usd: Decimal, nonce: int, now_ms: int) -> str | None:
        """Leaves the exchange for good; $1 of it is the fee."""

    def send_usd(self, user: str, destination: str, usd: Decimal, now_ms: int) -> str | None: ...

    def class_transfer(self, user: str, usd: Decimal, to_perp: bool, now_ms: int) -> str | None:
        """Between the perpetuals account and the spot wallet."""

    # --- the market ---

    def book(self, coin: str, n_sig_figs: int | None = None, mantissa: int | None = None, depth: int = 20) -> BookRow:
        """Aggregated bids round down, asks up."""

    def mid(self, coin: str) -> Decimal:
        """Half-way between best bid and ask; the last trade (else the mark) when a side is empty."""

    def mark(self, coin: str) -> Decimal: ...

    def oracle(self, coin: str) -> Decimal: ...

    def context(self, coin: str) -> ContextRow: ...

    def recent_trades(self, coin: str) -> tuple[TradeRow, ...]:
        """At most 50, newest first."""

    def candle(self, coin: str, interval: Interval) -> CandleView | None:
        """The open candle as far as the venue traded in it; None before the first trade."""

    def candles(self, coin: str, interval: Interval, since_ms: int = 0) -> list[CandleView]:
        """Live candles (minutes since the venue first opened, aggregated), ascending, the open one last, at most 5000.

        Minutes without a trade are flat with ``trades`` 0. The first of a coarse interval holds only its live part.
        """

    def funding_rates(self, coin: str) -> list[FundingRateRow]:
        """Rates charged since the venue first opened, ascending."""

    # --- users ---

    def knows(self, user: str) -> bool:
        """True once the address holds or held money."""

    def users(self) -> list[str]: ...

    def account_state(self, user: str) -> AccountView:
        """Zeros for an unknown address."""

    def active_asset(self, user: str, coin: str) -> ActiveAssetView: ...

    def open_orders(self, user: str) -> list[OrderView]:
        """Newest first; waiting triggers and children included."""

    def order_by(self, user: str, reference: int | str) -> OrderView | None:
        """By oid or cloid (of several with one cloid the newest)."""

    def historical_orders(self, user: str) -> list[OrderView]:
        """Status changes, newest first, at most 2000."""

    def fills(self, user: str) -> Sequence[FillRow]:
        """Oldest first, at most 10000."""

    def funding(self, user: str) -> Sequence[FundingRow]:
        """Oldest first."""

    def ledger(self, user: str) -> Sequence[LedgerRow]:
        """Oldest first."""

    def fees(self, user: str) -> FeeView: ...

    def volume(self, user: str) -> Decimal:
        """Cumulative traded notional, USD."""

    # --- memory: JSON-able documents ---

    def dirty_users(self) -> set[str]:
        """Users whose export changed since the last call; cleared by reading."""

    def export_user(self, user: str) -> dict[str, Any]:
        """Account, live orders, volumes, schedule: small, replaces the last one."""

    def take_rows(self, user: str) -> dict[str, list[Any]]:
        """New history rows since the last call, by history name: append them to what is stored."""

    def export_venue(self) -> dict[str, Any]:
        """What is nobody's own: counters, last prices, premium samples, live candles' open parts. Small, replaces."""

    def take_candles(self) -> dict[str, list[Any]]:
        """Live minutes closed since the last call, by coin: append them."""

    def export_state(self) -> dict[str, Any]:
        """Everything: ``{"venue", "candles", "users": {address: {"account": export_user, "rows": all rows}}}``.

        It is what the constructor's ``state`` takes, whether made here or put together from the parts above.
        """
