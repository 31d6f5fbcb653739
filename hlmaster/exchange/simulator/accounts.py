"""Everybody who trades here: each user's account, orders, volumes and histories, and what of it is not yet saved."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from hlmaster.core.margin import initial_margin
from hlmaster.core.model import Instrument
from hlmaster.exchange.simulator.account import ZERO, Account, Marks
from hlmaster.exchange.simulator.costs import Volumes
from hlmaster.exchange.simulator.events import FillRow, FundingRow, LedgerRow, OrderView
from hlmaster.exchange.simulator.grid import Grid, notional
from hlmaster.exchange.simulator.orders import UserOrder

Row = TypeVar("Row")
KEPT_FILLS, KEPT_ORDERS, KEPT_FUNDING, KEPT_LEDGER = 10_000, 2_000, 10_000, 2_000


class Rows(Generic[Row]):
    """A bounded history that remembers which of its rows were not yet handed out for saving."""

    def __init__(self, keep: int) -> None:
        self.rows: deque[Row] = deque(maxlen=keep)
        self._unsaved = 0

    def append(self, row: Row) -> None:
        self.rows.append(row)
        self._unsaved = min(self._unsaved + 1, len(self.rows))

    def take_unsaved(self) -> list[Row]:
        count, self._unsaved = self._unsaved, 0
        return [self.rows[index] for index in range(len(self.rows) - count, len(self.rows))]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(slots=True)
class Working:
    """Sizes and notionals (ticks times lots) of a user's resting orders in one coin, reduce-only ones left out."""

    buy_lots: int = 0
    buy_tick_lots: int = 0
    sell_lots: int = 0
    sell_tick_lots: int = 0

    def add(self, is_buy: bool, ticks: int, lots: int) -> None:
        """``lots`` may be negative."""
        if is_buy:
            self.buy_lots += lots
            self.buy_tick_lots += ticks * lots
        else:
            self.sell_lots += lots
            self.sell_tick_lots += ticks * lots

    def plus(self, is_buy: bool, ticks: int, lots: int) -> Working:
        more = Working(self.buy_lots, self.buy_tick_lots, self.sell_lots, self.sell_tick_lots)
        more.add(is_buy, ticks, lots)
        return more

    def margin(self, position_lots: int, leverage: int, *, isolated: bool) -> Decimal:
        """USD to keep back for the worse side. A cross order may turn a position round on the margin this frees."""
        freed = abs(position_lots) * (1 if isolated else 2)
        buy_over = self.buy_lots - (freed if position_lots < 0 else 0)
        sell_over = self.sell_lots - (freed if position_lots > 0 else 0)
        sides = (self.buy_tick_lots, self.buy_lots, buy_over), (self.sell_tick_lots, self.sell_lots, sell_over)
        worst = max((notional(value) * over / lots for value, lots, over in sides if over > 0), default=ZERO)
        return initial_margin(worst, leverage)


@dataclass(slots=True)
class Schedule:
    """The dead man's switch, and how often it fired on a UTC day."""

    time_ms: int | None = None
    day: int = 0
    fired: int = 0


@dataclass(slots=True, eq=False)
class Trader:
    """One user. ``orders`` are the live ones by oid; ``closed`` the last known state of finished ones."""

    address: str
    account: Account
    volumes: Volumes = field(default_factory=Volumes)
    schedule: Schedule = field(default_factory=Schedule)
    cooldown_until_ms: int = 0
    """No market liquidation before."""
    orders: dict[int, UserOrder] = field(default_factory=dict)
    cloids: OrderedDict[str, int] = field(default_factory=OrderedDict)
    closed: OrderedDict[int, OrderView] = field(default_factory=OrderedDict)
    working: dict[str, Working] = field(default_factory=dict)
    history: Rows[OrderView] = field(default_factory=lambda: Rows(KEPT_ORDERS))
    fills: Rows[FillRow] = field(default_factory=lambda: Rows(KEPT_FILLS))
    funding: Rows[FundingRow] = field(default_factory=lambda: Rows(KEPT_FUNDING))
    ledger: Rows[LedgerRow] = field(default_factory=lambda: Rows(KEPT_LEDGER))

    def in_coin(self, coin: str) -> list[UserOrder]:
        """Live orders in a coin, oldest first."""
        return [order for order in self.orders.values() if order.coin == coin]

    def held_by_orders(self, grids: Mapping[str, Grid]) -> Decimal:
        """USD of margin kept back for resting orders."""
        return sum((self.coin_margin(coin, grids[coin], working) for coin, working in self.working.items()), ZERO)

    def coin_margin(self, coin: str, grid: Grid, working: Working) -> Decimal:
        leverage = self.account.leverage(coin)
        position = grid.lots(self.account.size(coin))
        return working.margin(position, leverage.value, isolated=leverage.mode.value == "isolated")

    def withdrawable(self, marks: Marks, grids: Mapping[str, Grid]) -> Decimal:
        return self.account.removable(marks, self.held_by_orders(grids))

    def remember_cloid(self, cloid: str, oid: int) -> None:
        self.cloids.pop(cloid, None)
        self.cloids[cloid] = oid
        if len(self.cloids) > 2 * KEPT_ORDERS:
            self.cloids.popitem(last=False)

    def close(self, view: OrderView) -> None:
        self.orders.pop(view.oid, None)
        self.closed[view.oid] = view
        if len(self.closed) > KEPT_ORDERS:
            self.closed.popitem(last=False)


_HISTORIES = {"fills": FillRow, "funding": FundingRow, "ledger": LedgerRow, "history": OrderView}


class Traders:
    """All users by address, made on first sight of money."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._instruments = instruments
        self._traders: dict[str, Trader] = {}
        self._dirty: set[str] = set()

    def __iter__(self) -> Iterator[Trader]:
        return iter(self._traders.values())

    def __contains__(self, address: str) -> bool:
        return address in self._traders

    def get(self, address: str) -> Trader | None:
        return self._traders.get(address)

    def open(self, address: str) -> Trader:
        trader = self._traders.get(address)
        if trader is None:
            trader = self._traders[address] = Trader(address, Account(self._instruments))
        return trader

    def touch(self, trader: Trader) -> None:
        """Its export changed."""
        self._dirty.add(trader.address)

    def take_dirty(self) -> set[str]:
        dirty, self._dirty = self._dirty, set()
        return dirty

    def export(self, address: str) -> dict[str, Any]:
        """What must survive except the histories: account, live orders, volumes, schedule."""
        trader = self._traders[address]
        return {
            "account": trader.account.export(),
            "orders": msgspec.to_builtins(list(trader.orders.values())),
            "volumes": {
                "total": str(trader.volumes.total),
                "days": [[day, str(took), str(made)] for day, (took, made) in trader.volumes.days.items()],
            },
            "schedule": msgspec.to_builtins(trader.schedule),
            "cooldown_until_ms": trader.cooldown_until_ms,
        }

    def take_rows(self, address: str) -> dict[str, list[Any]]:
        """History rows since the last call, by history; append them to what is kept."""
        trader = self._traders[address]
        return {name: msgspec.to_builtins(getattr(trader, name).take_unsaved()) for name in _HISTORIES}

    def all_rows(self, address: str) -> dict[str, list[Any]]:
        trader = self._traders[address]
        return {name: msgspec.to_builtins(list(getattr(trader, name))) for name in _HISTORIES}

    def restore(self, address: str, state: Mapping[str, Any], rows: Mapping[str, list[Any]]) -> Trader:
        """Put a user back; orders come to life when their owner rests them again."""
        volumes = state["volumes"]
        days = {day: (Decimal(took), Decimal(made)) for day, took, made in volumes["days"]}
        trader = Trader(
            address,
            Account.restore(self._instruments, state["account"]),
            Volumes(days, Decimal(volumes["total"])),
            msgspec.convert(state["schedule"], Schedule),
            state["cooldown_until_ms"],
            {order.oid: order for order in msgspec.convert(state["orders"], list[UserOrder])},
        )
        for name, kind in _HISTORIES.items():
            kept = getattr(trader, name)
            for row in rows.get(name, []):
                kept.append(_ledger_row(row) if kind is LedgerRow else msgspec.convert(row, kind))
            kept.take_unsaved()
        for view in trader.history:
            if view.cloid is not None:
                trader.remember_cloid(view.cloid, view.oid)
            if view.oid not in trader.orders:
                trader.close(view)
        self._traders[address] = trader
        return trader


def _ledger_row(row: Mapping[str, Any]) -> LedgerRow:
    """Details are free-form: what the protocol has as decimals comes back as such."""
    details = {name: Decimal(value) if name in _DECIMAL_DETAILS else value for name, value in row["details"].items()}
    if "liquidatedPositions" in details:
        details["liquidatedPositions"] = [
            {"coin": one["coin"], "szi": Decimal(one["szi"])} for one in row["details"]["liquidatedPositions"]
        ]
    return msgspec.convert({**row, "details": details}, LedgerRow)


_DECIMAL_DETAILS = {"usdc", "fee", "liquidatedNtlPos", "accountValue"}
