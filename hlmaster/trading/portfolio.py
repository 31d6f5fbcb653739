"""What the account is worth now, how it got there, and what the venue says about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.events import (
    AccountSnapshot,
    CashMoved,
    EquityPoint,
    FillBooked,
    FillsReported,
    FundingBooked,
    FundingReported,
    Notice,
    PositionsChanged,
    Severity,
)
from hlmaster.core.model import Account, Leverage, Position
from hlmaster.core.orders import CashMove, Fill, FundingPayment
from hlmaster.core.ports import Store
from hlmaster.trading.agreement import Agreement
from hlmaster.trading.holding import ZERO, Holding, RoundTrip
from hlmaster.trading.ledger import Ledger
from hlmaster.trading.past import in_sequence

MAX_FILLS = 5_000
MAX_POINTS = 20_000
STATEMENT_SECONDS = 60.0
"""Wall seconds for which the youngest statement counts; one that bore a time of the future must not count for ever."""


@dataclass(frozen=True, slots=True)
class PositionView:
    """One open position as a panel shows it. ``size`` signed in coins; money in USD; prices None when unknown."""

    coin: str
    size: Decimal
    entry_price: Decimal
    mark_price: Decimal | None
    unrealised: Decimal | None
    return_fraction: Decimal | None
    """Unrealised over the margin it needs."""
    notional: Decimal | None
    leverage: Leverage | None
    liquidation_price: Decimal | None
    margin_used: Decimal | None
    funding: Decimal
    fees: Decimal
    realised: Decimal
    opened_ms: int

    @property
    def net(self) -> Decimal | None:
        """All that it brought since it was opened, USD."""
        return None if self.unrealised is None else self.unrealised + self.realised + self.funding - self.fees

    @property
    def move_fraction(self) -> Decimal | None:
        """Of the entry price; above 0 where it moved in favour of the position."""
        if self.mark_price is None or not self.entry_price:
            return None
        return (self.mark_price / self.entry_price - 1).copy_sign((self.mark_price - self.entry_price) * self.size)


@dataclass(frozen=True, slots=True)
class BookedFill:
    fill: Fill
    realised: Decimal


@dataclass(frozen=True, slots=True)
class _Told:
    """Everybody has heard of these fills, for facts are told in their order: a store that is slow delays no stop."""

    fills: tuple[BookedFill, ...]


@dataclass(frozen=True, slots=True)
class TradeStats:
    """Over closed round trips, net of fees and funding; None where there is not enough to say."""

    trades: int
    win_fraction: float | None
    profit_factor: float | None
    max_drawdown_fraction: float | None


class Portfolio:
    """Folds account facts into the ledger, once each, and answers with money.

    ``mark`` gives the present mark price of a coin as Decimal, or None.
    """

    def __init__(self, bus: Bus, clock: Clock, mark: Callable[[str], Decimal | None], store: Store) -> None:
        self.ledger = Ledger()
        self.fills: list[BookedFill] = []
        self.equity_curve: list[EquityPoint] = []
        self.account: Account | None = None
        self._stated_at = 0.0
        self.exit_reason: Callable[[Fill], str] = lambda fill: ""
        self._bus, self._clock, self._mark, self._store = bus, clock, mark, store
        self._day = 0
        self._day_open_equity: Decimal | None = None
        self._cash: list[CashMove] = []
        self.agreement = Agreement(clock, self.ledger)
        self._told: set[str] = set()
        """Coins whose difference has been told."""
        bus.subscribe(FillsReported, lambda fact: self._on_fills(fact.fills))
        bus.subscribe(_Told, self._on_told)
        bus.subscribe(FundingReported, lambda fact: self._on_funding(fact.payments))
        bus.subscribe(CashMoved, lambda fact: self._on_cash(fact.moves))
        bus.subscribe(AccountSnapshot, lambda fact: self._on_account(fact.account))
        bus.subscribe(Adjustment, self._on_adjustment)

    async def restore(self) -> None:
        """Rebuild the books from the store; facts already there are not written again."""
        moments: list[tuple[int, int, CashMove | FundingPayment | Fill | Adjustment]] = []
        moments += [(move.time_ms, 0, move) for move in await self._store.cash()]
        moments += [(payment.time_ms, 1, payment) for payment in await self._store.funding()]
        moments += [(fill.time_ms, 2, fill) for fill in in_sequence(await self._store.fills())]
        moments += [(stated.time_ms, 3, stated) for stated in await self._store.adjustments()]
        for _, _, fact in sorted(moments, key=lambda moment: moment[:2]):
            if isinstance(fact, Fill):
                self._book(fact)
            elif isinstance(fact, FundingPayment):
                self.ledger.book_funding(fact)
            elif isinstance(fact, Adjustment):
                self.ledger.adjust(fact)
            elif self.ledger.book_cash(fact):
                self._cash.append(fact)
        self.equity_curve = await self._store.equity(MAX_POINTS)

    def _book(self, fill: Fill) -> list[BookedFill]:
        """The fill, and with one that comes late those after it, each with what it realised; empty for a repeat."""
        realised = self.ledger.book_fill(fill, self.exit_reason(fill))
        if not realised:
            return []
        self.fills.append(BookedFill(fill, realised[fill.key]))
        del self.fills[:-MAX_FILLS]
        if len(realised) == 1:
            return self.fills[-1:]
        changed = []
        for number, booked in enumerate(self.fills):
            now = realised.get(booked.fill.key, booked.realised)
            if now != booked.realised or booked.fill is fill:
                self.fills[number] = BookedFill(booked.fill, now)
                changed.append(self.fills[number])
        return changed

    def _on_fills(self, fills: Iterable[Fill]) -> None:
        changed: list[BookedFill] = []
        for fill in in_sequence(fills):
            for booked in self._book(fill):
                changed.append(booked)
                if booked.fill is fill:
                    self._bus.publish(FillBooked(fill, booked.realised))
        if changed:
            self._bus.publish(PositionsChanged())
            self._bus.publish(_Told(tuple(changed)))

    def _on_told(self, fact: _Told) -> None:
        for booked in fact.fills:
            self._store.save_fill(booked.fill, booked.realised)

    def _on_funding(self, payments: Iterable[FundingPayment]) -> None:
        for payment in payments:
            if self.ledger.book_funding(payment):
                self._store.save_funding(payment)
                self._bus.publish(FundingBooked(payment))
                self._bus.publish(PositionsChanged())

    def _on_cash(self, moves: Iterable[CashMove]) -> None:
        for move in moves:
            if self.ledger.book_cash(move):
                self._cash.append(move)
                self._store.save_cash(move)
                if self._day_open_equity is not None:
                    self._day_open_equity += move.amount
                self._bus.publish(PositionsChanged())

    def _on_adjustment(self, adjustment: Adjustment) -> None:
        if self.ledger.adjust(adjustment):
            self._store.save_adjustment(adjustment)
            if self.account is not None:
                self.agreement.compare(self.account)
            self._bus.publish(PositionsChanged())

    def _on_account(self, account: Account) -> None:
        """The venue has several readers and some lag: a statement gives way to a younger one alone, or to age."""
        now, known = self._clock.monotonic(), self.account
        if known is not None and account.time_ms < known.time_ms and now - self._stated_at <= STATEMENT_SECONDS:
            return
        self.account, self._stated_at = account, now
        self.agreement.compare(account)
        self._alert(account)
        self._bus.publish(PositionsChanged())

    def _alert(self, account: Account) -> None:
        """Tell once of each coin whose position stays apart, and once when it agrees again."""
        apart = self.agreement.mismatched
        sizes = self.agreement.sizes(account)
        now = self._clock.now_ms()
        for coin in [coin for coin in apart if coin not in self._told]:
            ours, theirs = sizes[coin]
            sentence = (
                f"The {coin} position is {theirs} at the exchange and {ours} in our books: {coin} entries are off."
            )
            cure = "Nothing to do: the exchange's word counts, and the missing fills are being asked for."
            self._bus.publish(Discrepancy(f"{coin} position", str(ours), str(theirs), f"{sentence} {cure}", now))
            self._bus.publish(Notice(Severity.ERROR, sentence, "REC-001", cure))
        for coin in self._told - set(apart):
            self._bus.publish(Notice(Severity.INFO, f"The {coin} position agrees with the exchange's again."))
        self._told = set(apart)

    @property
    def mismatched(self) -> tuple[str, ...]:
        """Coins whose position in our books has differed from the venue's for longer than fills may lag."""
        return self.agreement.mismatched

    # --- questions ---

    @property
    def equity(self) -> Decimal:
        return self.ledger.equity(self._mark)

    @property
    def unrealised(self) -> Decimal:
        return self.ledger.unrealised(self._mark)

    @property
    def withdrawable(self) -> Decimal:
        """Free collateral by the venue's last word; before the first word, none."""
        return self.account.withdrawable if self.account else ZERO

    def size(self, coin: str) -> Decimal:
        """Signed, by our books; where they have differed from the venue for long, by the venue's word."""
        if self.account is not None and self.agreement.is_apart(coin):
            position = self.account.position(coin)
            return position.size if position else ZERO
        holding = self.ledger.holdings.get(coin)
        return holding.size if holding else ZERO

    @property
    def is_valued(self) -> bool:
        """Whether every open position has a mark; until then equity is not worth recording."""
        return all(self._mark(coin) is not None for coin, held in self.ledger.holdings.items() if held.size)

    def positions(self) -> list[PositionView]:
        return [self._view(holding) for holding in self.ledger.holdings.values() if holding.size]

    def position(self, coin: str) -> PositionView | None:
        holding = self.ledger.holdings.get(coin)
        return self._view(holding) if holding and holding.size else None

    def _view(self, holding: Holding) -> PositionView:
        venue: Position | None = self.account.position(holding.coin) if self.account else None
        mark = self._mark(holding.coin)
        unrealised = None if mark is None else holding.unrealised(mark)
        margin = venue.margin_used if venue else None
        trip = holding.trip
        return PositionView(
            coin=holding.coin,
            size=holding.size,
            entry_price=holding.entry_price,
            mark_price=mark,
            unrealised=unrealised,
            return_fraction=unrealised / margin if unrealised is not None and margin else None,
            notional=None if mark is None else abs(holding.size) * mark,
            leverage=venue.leverage if venue else None,
            liquidation_price=venue.liquidation_price if venue else None,
            margin_used=margin,
            funding=trip.funding if trip else ZERO,
            fees=trip.fees if trip else ZERO,
            realised=trip.realised if trip else ZERO,
            opened_ms=holding.opened_ms,
        )

    @property
    def round_trips(self) -> list[RoundTrip]:
        return self.ledger.round_trips

    # --- the day and the curve ---

    def sample_equity(self) -> EquityPoint:
        """Take a point of the curve now; called by the desk on a market-time cadence."""
        now = self._clock.now_ms()
        point = EquityPoint(now, self.equity)
        if now // DAY_MS != self._day:
            self._day = now // DAY_MS
            self._day_open_equity = self._opening_equity(point)
        self.equity_curve.append(point)
        if len(self.equity_curve) > MAX_POINTS:
            # The older half keeps every second point: the curve spans the session, memory stays flat.
            half = MAX_POINTS // 2
            self.equity_curve[:half] = self.equity_curve[:half:2]
        self._store.save_equity(point)
        self._bus.publish(point)
        return point

    def _opening_equity(self, point: EquityPoint) -> Decimal:
        """The day's first sample: after a restart in mid-day it is in the stored curve, net of cash moved since."""
        start = self._day * DAY_MS
        first = next((p for p in self.equity_curve if p.time_ms >= start), point)
        return first.equity + sum((move.amount for move in self._cash if move.time_ms > first.time_ms), ZERO)

    @property
    def day_pnl(self) -> Decimal:
        """Equity change since the UTC day's opening, deposits and withdrawals taken out."""
        return ZERO if self._day_open_equity is None else self.equity - self._day_open_equity

    @property
    def day_trades(self) -> int:
        start = self._clock.now_ms() // DAY_MS * DAY_MS
        return sum(1 for trip in self.round_trips if trip.closed_ms >= start)

    def stats(self) -> TradeStats:
        nets = [float(trip.net) for trip in self.round_trips]
        wins, losses = [n for n in nets if n > 0], [n for n in nets if n < 0]
        return TradeStats(
            trades=len(nets),
            win_fraction=len(wins) / len(nets) if nets else None,
            profit_factor=sum(wins) / -sum(losses) if losses else None,
            max_drawdown_fraction=max_drawdown([float(point.equity) for point in self.equity_curve]),
        )


def max_drawdown(equity: list[float]) -> float | None:
    """Largest fall from a running peak, as a fraction of the peak."""
    if not equity:
        return None
    peak, worst = equity[0], 0.0
    for value in equity:
        peak = max(peak, value)
        if peak > 0:
            worst = max(worst, (peak - value) / peak)
    return worst
