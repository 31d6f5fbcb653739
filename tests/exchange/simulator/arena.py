"""A trading floor without time or participants: real books, marks set by hand, and the books balanced on demand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hlmaster.core.model import Instrument, MarginTier
from hlmaster.exchange.simulator.accounts import Trader, Working
from hlmaster.exchange.simulator.engine import Engine
from hlmaster.exchange.simulator.events import Event, FillRow, OrderView
from hlmaster.exchange.simulator.matching import BookOrder, OrderBook
from hlmaster.exchange.simulator.orders import ENTRY_GROUP, NO_GROUP, POSITION_GROUP, NewOrder, Reply, TriggerSpec

START_MS = 1_763_600_000_000
ANN, BOB = "0x" + "a" * 40, "0x" + "b" * 40
BALANCE = Decimal(10_000)


def tiers(*steps: tuple[int, int]) -> tuple[MarginTier, ...]:
    return tuple(MarginTier(Decimal(lower), leverage) for lower, leverage in steps)


INSTRUMENTS = {
    "BTC": Instrument("BTC", 0, 5, 40, tiers((0, 40), (150_000, 20))),
    "SOL": Instrument("SOL", 1, 2, 20, tiers((0, 20))),
    "LONE": Instrument("LONE", 2, 1, 5, tiers((0, 5)), only_isolated=True),
}
MARKS = {"BTC": Decimal(100_000), "SOL": Decimal(100), "LONE": Decimal(10)}


def number(value: str | int | Decimal) -> Decimal:
    return Decimal(value)


class Arena:
    def __init__(self, *, suffix: bool = False) -> None:
        self.books = {coin: OrderBook() for coin in INSTRUMENTS}
        self.printed: list[tuple[int, int, int]] = []
        """(time, ticks, lots) of public trades."""
        self.on_stranger_hit: Callable[[str, BookOrder], None] = lambda coin, maker: None
        self.engine = Engine(
            INSTRUMENTS,
            self.books,
            START_MS,
            lambda row, ticks, lots: self.printed.append((row.time_ms, ticks, lots)),
            self._stranger_hit,
            asset_suffix=suffix,
        )
        self.floor = self.engine.floor
        self.events: list[Event] = []
        self._anonymous = 0
        self.put_in: dict[str, Decimal] = {}
        for coin, price in MARKS.items():
            self.mark(coin, price)
        for user in (ANN, BOB):
            self.deposit(user, BALANCE)

    def _stranger_hit(self, coin: str, maker: BookOrder) -> None:
        self.on_stranger_hit(coin, maker)

    # --- the others ---

    def others(self, coin: str, side: str, price: str | int, size: str | int) -> None:
        """A limit order of nobody we know."""
        order = self._stranger(coin, side, price, size)
        self.engine.settlement.take(coin, order)
        if order.lots:
            self.books[coin].rest(order)

    def sweep(self, coin: str, side: str, size: str | int) -> None:
        """A market order of nobody we know."""
        self.engine.settlement.take(coin, self._stranger(coin, side, 10**9 if side == "buy" else "0.000001", size))

    def _stranger(self, coin: str, side: str, price: str | int, size: str | int) -> BookOrder:
        self._anonymous -= 1
        grid = self.floor.grids[coin]
        ticks, lots = grid.ticks(number(price)), grid.lots(number(size))
        return BookOrder(self._anonymous, None, side == "buy", ticks, lots)

    def market(self, coin: str, price: str | int, size: str | int = 1000, *, step: str | int = 1) -> None:
        """Plenty on both sides of a price."""
        self.others(coin, "buy", str(number(price) - number(step)), size)
        self.others(coin, "sell", str(number(price) + number(step)), size)

    def mark(self, coin: str, price: str | int | Decimal, *, oracle: str | int | None = None) -> None:
        grid = self.floor.grids[coin]
        ticks = grid.ticks(number(price))
        self.engine.set_mark(coin, ticks, ticks if oracle is None else grid.ticks(number(oracle)))

    # --- us ---

    def deposit(self, user: str, usd: str | int | Decimal) -> None:
        self.engine.treasury.deposit(user, number(usd))
        self.put_in[user] = self.put_in.get(user, Decimal(0)) + number(usd)

    def place(self, user: str, *orders: NewOrder, grouping: str = NO_GROUP) -> list[Reply]:
        return self.engine.placing.place(user, orders, grouping)

    def trader(self, user: str = ANN) -> Trader:
        return self.floor.traders.open(user)

    def position(self, user: str = ANN, coin: str = "BTC") -> Decimal:
        return self.trader(user).account.size(coin)

    def live(self, user: str = ANN) -> list[OrderView]:
        return [self.floor.view(order) for order in self.trader(user).orders.values()]

    def happened(self) -> list[Event]:
        self.events = self.floor.drain()
        return self.events

    def statuses(self) -> list[tuple[int, str]]:
        """(oid counted from the first, status) of orders since the last look."""
        seen = [event for event in self.happened() if isinstance(event, OrderView)]
        return [(event.oid - 500_000_000_000, event.status) for event in seen]

    # --- the books must balance ---

    def equity_by_history(self, user: str) -> Decimal:
        """Deposits plus realised plus unrealised minus fees plus funding."""
        trader = self.trader(user)
        cash = self.put_in[user]
        cash += sum((row.closed_pnl - row.fee for row in trader.fills), Decimal(0))
        cash += sum((row.usdc for row in trader.funding), Decimal(0))
        held = trader.account.holdings.items()
        return cash + sum((one.unrealised(self.floor.mark(coin)) for coin, one in held), Decimal(0))

    def check(self) -> None:
        for trader in self.floor.traders:
            history, truth = self.equity_by_history(trader.address), trader.account.equity(self.floor.mark)
            assert abs(history - truth) < Decimal("1e-8"), (history, truth)
            self._check_orders(trader)
            for coin, held in trader.account.holdings.items():
                assert held.size, coin

    def _check_orders(self, trader: Trader) -> None:
        working: dict[str, Working] = {}
        reducing: dict[str, int] = {}
        for order in trader.orders.values():
            assert order.is_live
            resting = self.books[order.coin].get(order.oid)
            assert (resting is None) == order.is_waiting, order
            if resting is None:
                continue
            assert resting.lots == order.lots
            if order.reduce_only:
                reducing[order.coin] = reducing.get(order.coin, 0) + order.lots
                assert order.is_buy == (trader.account.size(order.coin) < 0)
            else:
                working.setdefault(order.coin, Working()).add(order.is_buy, order.ticks, order.lots)
        assert working == trader.working
        for coin, lots in reducing.items():
            assert lots <= abs(self.floor.grids[coin].lots(trader.account.size(coin)))


def limit(
    side: str,
    price: str | int,
    size: str | int,
    coin: str = "BTC",
    *,
    tif: str = "Gtc",
    reduce: bool = False,
    cloid: str | None = None,
) -> NewOrder:
    asset = INSTRUMENTS[coin].asset
    return NewOrder(asset, side == "buy", number(price), number(size), reduce, tif, None, cloid)


def trigger(
    side: str,
    at: str | int,
    size: str | int,
    kind: str,
    coin: str = "BTC",
    *,
    price: str | int | None = None,
    reduce: bool = True,
) -> NewOrder:
    """Market when no limit ``price`` is given."""
    spec = TriggerSpec(number(at), price is None, kind)
    asset = INSTRUMENTS[coin].asset
    return NewOrder(asset, side == "buy", number(at if price is None else price), number(size), reduce, "Gtc", spec)


def fills(events: list[Event], user: str = ANN) -> list[FillRow]:
    return [event for event in events if isinstance(event, FillRow) and event.user == user]


__all__ = [
    "ANN",
    "BOB",
    "ENTRY_GROUP",
    "INSTRUMENTS",
    "POSITION_GROUP",
    "START_MS",
    "Arena",
    "fills",
    "limit",
    "trigger",
]
