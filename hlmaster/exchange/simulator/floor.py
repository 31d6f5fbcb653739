"""The trading floor: what matching, accounts, triggers and liquidations share, and the numbering of everything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Protocol

from hlmaster.core.model import Instrument
from hlmaster.exchange.simulator.accounts import Traders
from hlmaster.exchange.simulator.events import AccountTouched, Event, OrderView
from hlmaster.exchange.simulator.grid import Grid
from hlmaster.exchange.simulator.matching import BookOrder, Match, Vet
from hlmaster.exchange.simulator.orders import UserOrder

FIRST_OID = 500_000_000_000
TID_BITS = 50
TID_FACTOR = 0x1F3D5B79A2C4D  # odd: multiplying by it modulo a power of two never repeats


class Book(Protocol):
    """What the floor asks of a book: the real one here, the shown one of somebody else's market in paper trading."""

    @property
    def best_bid(self) -> int | None: ...

    @property
    def best_ask(self) -> int | None: ...

    def get(self, oid: int) -> BookOrder | None: ...

    def crosses(self, is_buy: bool, ticks: int) -> bool: ...

    def sweep(self, taker: BookOrder, vet: Vet | None = None) -> Iterator[Match]: ...

    def rest(self, order: BookOrder) -> None: ...

    def remove(self, oid: int) -> BookOrder | None: ...

    def reduce(self, oid: int, lots: int, new_oid: int | None = None) -> BookOrder: ...


class Floor:
    """One clock, the books, the marks, the traders, the events not yet drained."""

    def __init__(self, instruments: Mapping[str, Instrument], books: Mapping[str, Book], start_ms: int) -> None:
        self.instruments = instruments
        self.coins = tuple(instruments)
        self.grids = {coin: Grid(one.size_decimals) for coin, one in instruments.items()}
        self.books = books
        self.traders = Traders(instruments)
        self.now_ms = start_ms
        self.marks: dict[str, int] = {}
        """Mark prices in ticks; a coin without one cannot be traded."""
        self.oracles: dict[str, int] = {}
        self.events: list[Event] = []
        self.last_oid = FIRST_OID
        self.last_trade = 0
        self.last_action = 0
        self._touched: set[str] = set()
        self._decimal_marks: dict[str, tuple[int, Decimal]] = {}

    def mark(self, coin: str) -> Decimal:
        ticks = self.marks[coin]
        known = self._decimal_marks.get(coin)
        if known is None or known[0] != ticks:
            known = self._decimal_marks[coin] = (ticks, self.grids[coin].price(ticks))
        return known[1]

    def oracle(self, coin: str) -> Decimal:
        return self.grids[coin].price(self.oracles[coin])

    def asset_of(self, coin: str) -> int:
        return self.instruments[coin].asset

    # --- numbering ---

    def next_oid(self) -> int:
        self.last_oid += 1
        return self.last_oid

    def next_tid(self) -> int:
        self.last_trade += 1
        return self.last_trade * TID_FACTOR % (1 << TID_BITS)

    def next_hash(self) -> str:
        """A transaction hash: made up, unique, the same in every run."""
        self.last_action += 1
        return "0x" + hashlib.blake2b(self.last_action.to_bytes(8, "big"), digest_size=32).hexdigest()

    # --- telling ---

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def touch(self, user: str) -> None:
        """The user's account or open orders changed."""
        trader = self.traders.get(user)
        if trader is not None:
            self.traders.touch(trader)
            self._touched.add(user)

    def drain(self) -> list[Event]:
        for user in sorted(self._touched):
            self.events.append(AccountTouched(user))
        self._touched.clear()
        events, self.events = self.events, []
        return events

    def view(self, order: UserOrder) -> OrderView:
        """The order as others may see it, its waiting children inside."""
        grid = self.grids[order.coin]
        trader = self.traders.get(order.user)
        children = (
            tuple(self.view(trader.orders[oid]) for oid in order.children if oid in trader.orders) if trader else ()
        )
        trigger = None if order.trigger_ticks is None else grid.price(order.trigger_ticks)
        return OrderView(
            user=order.user,
            coin=order.coin,
            asset=order.asset,
            is_buy=order.is_buy,
            price=grid.price(order.ticks),
            size=grid.size(order.lots),
            original_size=grid.size(order.original_lots),
            oid=order.oid,
            cloid=order.cloid,
            time_ms=order.time_ms,
            reduce_only=order.reduce_only,
            order_type=order.order_type,
            time_in_force=order.tif if trigger is None else None,
            trigger_price=trigger,
            trigger_condition=_condition(order, trigger),
            is_position_tpsl=order.position_tpsl,
            status=order.status,
            status_time_ms=order.status_time_ms,
            children=children,
        )

    def export_counters(self) -> dict[str, Any]:
        return {"oid": self.last_oid, "trade": self.last_trade, "action": self.last_action}

    def restore_counters(self, state: Mapping[str, int]) -> None:
        self.last_oid, self.last_trade, self.last_action = state["oid"], state["trade"], state["action"]


def _condition(order: UserOrder, trigger: Decimal | None) -> str:
    if trigger is None:
        return "N/A"
    if order.triggered:
        return "Triggered"
    text = format(trigger, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"Price {'above' if order.triggers_above else 'below'} {text}"
