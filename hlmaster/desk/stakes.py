"""What is at stake on all coins, counted once and kept until an order, a fill, a mark or a statement changes it.

A coin is counted anew only when something of its own has changed; equal to a count from scratch, by test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from hlmaster.core.clock import Clock
from hlmaster.core.events import TrackedOrder
from hlmaster.core.margin import initial_margin
from hlmaster.core.model import Account, Leverage
from hlmaster.trading.execution.by_coin import Owed
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.risk.rules.collateral import reserved_margin
from hlmaster.trading.stakes import FLAT, Stake, Standing, stake, standing

ZERO = Decimal(0)
OWED_SECONDS = 30
"""For so long a fill that the venue has told of and that has not come counts as held; then its statement does."""


class Leverages(dict[str, Leverage]):
    """What is set for each coin; ``version`` counts the changes."""

    version = 0

    def __setitem__(self, coin: str, leverage: Leverage) -> None:
        self.version += 1
        super().__setitem__(coin, leverage)

    def clear(self) -> None:
        self.version += 1
        super().clear()


class Market(Protocol):
    leverages: Leverages

    @property
    def swing(self) -> Callable[[str], Decimal | None]: ...

    @property
    def marks(self) -> int:
        """Changes with every mark."""

    def lists(self, coin: str) -> bool: ...

    def leverage(self, coin: str) -> Leverage: ...

    def mark(self, coin: str) -> Decimal | None: ...


Inputs = tuple[
    Decimal,
    Decimal,
    Decimal,
    Decimal | None,
    Decimal | None,
    Leverage | None,
    tuple[TrackedOrder, ...],
    tuple[Owed, ...],
]
"""Size by the word that counts, size and entry price by our books, mark, swing, leverage, orders, fills to come."""


@dataclass(frozen=True, slots=True)
class Line:
    """One coin's: its stake, and what it takes of the account's money, USD."""

    stake: Stake
    unrealised: Decimal
    used: Decimal
    """Initial margin of the position."""
    reserved: Decimal
    """Initial margin of orders that may open something."""
    counted_from: Inputs

    @property
    def held(self) -> tuple[Decimal, Leverage | None]:
        """Signed size by the word that counts, and the leverage; None where the exchange does not list the coin."""
        return self.counted_from[0], self.counted_from[5]


@dataclass(frozen=True, slots=True)
class Count:
    """Of all coins, USD. ``free``: collateral for new positions once the account is known."""

    standing: Standing
    equity: Decimal
    free: Decimal


class Stakes:
    def __init__(self, clock: Clock, portfolio: Portfolio, tracker: OrderTracker, market: Market) -> None:
        self._clock, self._portfolio, self._tracker, self._market = clock, portfolio, tracker, market
        self._lines: dict[str, Line] = {}
        self._flat: dict[str, Stake] = {}
        self._coins: tuple[str, ...] = ()
        self._quick: tuple[int, int, int, int] | None = None
        self._seen: tuple[int, int] = (-1, -1)
        self._account: Account | None = None
        self._count = Count(FLAT, ZERO, ZERO)

    def line(self, coin: str) -> Line | None:
        """As of the last count; None for a coin without position and order."""
        return self._lines.get(coin)

    def of(self, coin: str) -> Stake:
        """As of the last count; of a coin without position and order, its price and swing alone."""
        line = self._lines.get(coin)
        if line is not None:
            return line.stake
        price, swing = self._market.mark(coin) or ZERO, self._market.swing(coin)
        flat = self._flat.get(coin)
        if flat is None or flat.price is not price or flat.swing is not swing:
            flat = self._flat[coin] = Stake(price=price, swing=swing)
        return flat

    def forget(self) -> None:
        """Count anew the next time."""
        self._quick = None

    def count(self) -> Count:
        portfolio, orders, market = self._portfolio, self._tracker.by_coin, self._market
        now = (orders.version, portfolio.ledger.version, market.marks, market.leverages.version)
        # What can change with time alone is asked for again each time: fills on their way, books that differ.
        if (
            now == self._quick
            and portfolio.account is self._account
            and not orders.is_owed
            and portfolio.agreement.is_whole
        ):
            return self._count
        self._quick = now
        changed = self._look_for_coins()
        lines = self._lines
        for coin in self._coins:
            line, inputs = lines.get(coin), self._inputs(coin)
            if line is None or line.counted_from != inputs:
                lines[coin] = self._line(inputs)
                changed = True
        if changed:
            self._count = self._sum()
        return self._count

    def _look_for_coins(self) -> bool:
        """Those with a position by our books or the venue's word, or with an order; True when money may have moved."""
        portfolio, orders = self._portfolio, self._tracker.by_coin
        seen, account = (orders.version, portfolio.ledger.version), portfolio.account
        if seen == self._seen and account is self._account:
            return False
        self._seen, self._account = seen, account
        coins = {coin for coin, held in portfolio.ledger.holdings.items() if held.size}
        coins.update(orders.coins)
        if account is not None:
            coins.update(position.coin for position in account.positions)
        self._coins = tuple(coins)
        for coin in self._lines.keys() - coins:
            del self._lines[coin]
        return True

    def _inputs(self, coin: str) -> Inputs:
        portfolio, orders, market = self._portfolio, self._tracker.by_coin, self._market
        holding = portfolio.ledger.holdings.get(coin)
        owed_since = self._clock.now_ms() - int(OWED_SECONDS * 1000 * self._clock.speed)
        return (
            portfolio.size(coin),
            ZERO if holding is None else holding.size,
            ZERO if holding is None else holding.entry_price,
            market.mark(coin),
            market.swing(coin),
            market.leverage(coin) if market.lists(coin) else None,
            orders.unsettled(coin),
            orders.owed(coin, owed_since),
        )

    def _line(self, counted_from: Inputs) -> Line:
        size, booked, entry, mark, swing, leverage, orders, owed = counted_from
        price = mark if mark is not None else entry if size else None
        unrealised = ZERO if mark is None else booked * (mark - entry)
        used = reserved = ZERO
        if leverage is not None:
            used = initial_margin(abs(size) * (mark or entry), leverage.value)
            reserved = sum((reserved_margin(order, size, leverage.value) for order in orders), ZERO)
        return Line(stake(size, price, orders, owed, swing), unrealised, used, reserved, counted_from)

    def _sum(self) -> Count:
        """What the venue states lags behind our fills, so the larger of its and our count of margin is used up."""
        equity, used, reserved = self._portfolio.ledger.settled, ZERO, ZERO
        for line in self._lines.values():
            equity += line.unrealised
            used += line.used
            reserved += line.reserved
        account, free = self._portfolio.account, ZERO
        if account is not None:
            free = account.equity - max(account.margin_used, used) - reserved
        return Count(standing({coin: line.stake for coin, line in self._lines.items()}), equity, free)
