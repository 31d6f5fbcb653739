"""Orders on their way in: placed alone or as a family, triggered, modified, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hlmaster.exchange.simulator.accounts import Trader
from hlmaster.exchange.simulator.checks import (
    NO_LIQUIDITY,
    NO_MATCH,
    REDUCE_ONLY,
    Checks,
    Fault,
    would_cross,
)
from hlmaster.exchange.simulator.events import CANCELED, OPEN, LiquidationMark
from hlmaster.exchange.simulator.floor import Floor
from hlmaster.exchange.simulator.lifecycle import Lifecycle
from hlmaster.exchange.simulator.matching import BookOrder
from hlmaster.exchange.simulator.orders import (
    ALO,
    ENTRY_GROUP,
    FRONTEND_MARKET,
    GTC,
    IOC,
    NO_GROUP,
    POSITION_GROUP,
    Filled,
    NewOrder,
    Refusal,
    Reply,
    Resting,
    UserOrder,
    Waiting,
)
from hlmaster.exchange.simulator.settlement import Settlement, Taking

NEVER_PLACED = "Order was never placed, already canceled, or filled."
CANNOT_MODIFY = "Cannot modify canceled or filled order"
INVALID_MODIFY = "Attempted to modify to invalid new order"
AVERAGE_STEP = Decimal("1e-8")


class Placing:
    """``suffix`` appends ` asset=N` to per-order texts, as live servers do."""

    def __init__(self, floor: Floor, lifecycle: Lifecycle, settlement: Settlement, *, suffix: bool) -> None:
        self._floor = floor
        self._lifecycle = lifecycle
        self._settlement = settlement
        self._suffix = suffix
        self.checks = Checks(floor)

    # --- placing ---

    def place(self, user: str, orders: Sequence[NewOrder], grouping: str) -> list[Reply]:
        text = self.checks.batch(orders, grouping)
        if text is not None:
            return [Refusal(text)]
        trader = self._floor.traders.open(user)
        if grouping == ENTRY_GROUP:
            return self._place_family(trader, orders)
        group = self._floor.next_oid() if grouping == POSITION_GROUP else None
        return [self._place_one(trader, order, grouping, group) for order in orders]

    def _place_one(self, trader: Trader, new: NewOrder, grouping: str, group: int | None) -> Reply:
        fault = self.checks.order(trader, new, grouping) or self._through(new)
        order = self._record(trader, new, grouping)
        order.group = group
        if fault is not None:
            return self._refuse(order, fault)
        return self._admit(order)

    def _through(self, new: NewOrder, reference: Decimal | None = None) -> Fault | None:
        if new.trigger is None:
            return None
        if reference is None:
            reference = self._floor.mark(self._floor.coins[new.asset])
        return self.checks.trigger(new.trigger, new.is_buy, reference)

    def _place_family(self, trader: Trader, orders: Sequence[NewOrder]) -> list[Reply]:
        """An entry and its children: all or none, for an entry without its stop is not what was asked."""
        entry, children = orders[0], orders[1:]
        reference = entry.price if entry.tif in (GTC, ALO) else None
        fault = self.checks.order(trader, entry) or self._through(entry)
        for child in children:
            fault = fault or self.checks.order(trader, child) or self._through(child, reference)
        parent = self._record(trader, entry, NO_GROUP)
        if fault is not None:
            return [self._refuse(parent, fault), *(self._refusal(fault, child.asset) for child in children)]
        records = [self._record(trader, child, NO_GROUP) for child in children]
        for record in records:
            record.parent, record.group = parent.oid, parent.oid
            self._lifecycle.register(record)
        parent.children = [record.oid for record in records]
        reply = self._admit(parent)
        replies: list[Reply] = [reply]
        for record in records:
            if isinstance(reply, Refusal):
                replies.append(reply)
            else:
                replies.append(Waiting(record.oid, record.cloid, for_fill=record.parent is not None))
                if record.is_live:
                    self._lifecycle.report(record, OPEN)
        return replies

    def _record(self, trader: Trader, new: NewOrder, grouping: str) -> UserOrder:
        coin = self._floor.coins[new.asset]
        grid = self._floor.grids[coin]
        lots = grid.lots(new.size)
        position = abs(grid.lots(trader.account.size(coin)))
        whole = grouping == POSITION_GROUP and (new.size == 0 or lots >= position)
        if whole:
            lots = 0
        elif new.reduce_only and new.trigger is None and position:
            lots = min(lots, position)
        return UserOrder(
            oid=self._floor.next_oid(),
            user=trader.address,
            coin=coin,
            asset=new.asset,
            is_buy=new.is_buy,
            ticks=grid.ticks(new.price),
            lots=lots,
            original_lots=lots,
            reduce_only=new.reduce_only,
            tif=new.tif if new.trigger is None else GTC,
            cloid=new.cloid,
            time_ms=self._floor.now_ms,
            trigger_ticks=None if new.trigger is None else grid.ticks(new.trigger.price),
            trigger_market=new.trigger is not None and new.trigger.is_market,
            tpsl=None if new.trigger is None else new.trigger.tpsl,
            position_tpsl=grouping == POSITION_GROUP,
            status_time_ms=self._floor.now_ms,
        )

    def _admit(self, order: UserOrder) -> Reply:
        self._lifecycle.register(order)
        if order.is_waiting:
            self._lifecycle.report(order, OPEN)
            return Waiting(order.oid, order.cloid, for_fill=False)
        return self.execute(order)

    def execute(self, order: UserOrder, mark: LiquidationMark | None = None) -> Reply:
        """Match a live, checked order; rest what may rest."""
        book = self._floor.books[order.coin]
        if order.tif == ALO and book.crosses(order.is_buy, order.ticks):
            return self._refuse(order, self._bbo(order.coin))
        against = book.best_ask if order.is_buy else book.best_bid
        taker = BookOrder(order.oid, order.user, order.is_buy, order.ticks, order.lots)
        taking = self._settlement.take(order.coin, taker, order, mark)
        if order.lots and order.is_immediate:
            if not taking.lots:
                market = order.tif == FRONTEND_MARKET or order.triggered
                return self._refuse(order, NO_LIQUIDITY if market and against is None else NO_MATCH)
            self._lifecycle.lost(order, CANCELED)
        elif order.lots:
            self._lifecycle.rest(order)
            self._lifecycle.report(order, OPEN)
            if order.reduce_only:
                self._lifecycle.enforce_position(order.user, order.coin)
            return Resting(order.oid, order.cloid)
        return self._filled(order, taking)

    def _filled(self, order: UserOrder, taking: Taking) -> Filled:
        grid = self._floor.grids[order.coin]
        average = taking.average_ticks.scaleb(-grid.price_decimals).quantize(AVERAGE_STEP)
        return Filled(order.oid, order.cloid, grid.size(taking.lots), average)

    def _bbo(self, coin: str) -> Fault:
        grid, book = self._floor.grids[coin], self._floor.books[coin]
        bid, ask = book.best_bid, book.best_ask
        return would_cross(None if bid is None else grid.price(bid), None if ask is None else grid.price(ask))

    def _refuse(self, order: UserOrder, fault: Fault) -> Refusal:
        """Remember the rejected order where the protocol has a status for it."""
        if fault.status:
            self._lifecycle.lost_at_entry(order, fault.status)
        return self._refusal(fault, order.asset)

    def _refusal(self, fault: Fault, asset: int) -> Refusal:
        return Refusal(self._with_asset(fault.text, asset))

    def _with_asset(self, text: str, asset: int) -> str:
        return f"{text} asset={asset}" if self._suffix else text

    # --- triggered ---

    def fire(self, order: UserOrder) -> None:
        """The mark reached a trigger: the order enters the book as a market or limit order."""
        order.triggered = True
        self._lifecycle.waiting[order.coin].pop(order.oid, None)
        self._lifecycle.report(order, "triggered")
        trader, grid = self._floor.traders.open(order.user), self._floor.grids[order.coin]
        position = grid.lots(trader.account.size(order.coin))
        if order.reduce_only:
            if position == 0 or order.is_buy == (position > 0):
                self._refuse(order, REDUCE_ONLY)
                return
            order.lots = min(order.lots or abs(position), abs(position))
            order.original_lots = max(order.original_lots, order.lots)
        if order.trigger_market:
            order.ticks = self.slipped(order.coin, order.is_buy)
        if not order.reduce_only:
            fault = self.checks.margin(trader, order.coin, order.is_buy, order.ticks, order.lots)
            if fault is not None:
                self._refuse(order, fault)
                return
        self.execute(order)

    def slipped(self, coin: str, is_buy: bool) -> int:
        """The worst price of a market order that the venue itself sends: a tenth from the mark."""
        worst = self._floor.marks[coin] * (1.1 if is_buy else 0.9)
        return self._floor.grids[coin].snap_inside(worst, up=not is_buy)

    # --- changing one's mind ---

    def find(self, user: str, reference: int | str) -> UserOrder | None:
        """A live order by oid, or by cloid (of several the newest)."""
        trader = self._floor.traders.get(user)
        if trader is None:
            return None
        if isinstance(reference, int):
            return trader.orders.get(reference)
        matching = (order for order in reversed(list(trader.orders.values())) if order.cloid == reference)
        return next(matching, None)

    def cancel(self, user: str, asset: int, reference: int | str) -> str | None:
        order = self.find(user, reference)
        if order is None or order.asset != asset:
            return self._with_asset(NEVER_PLACED, asset)
        self._lifecycle.cancel(order)
        return None

    def modify(self, user: str, reference: int | str, new: NewOrder, *, always_place: bool) -> Reply:
        old = self.find(user, reference)
        if old is None:
            return self.place(user, [new], NO_GROUP)[0] if always_place else Refusal(CANNOT_MODIFY)
        text = self.checks.batch([new], NO_GROUP)
        if text is not None:
            return Refusal(text)
        wrong_kind = new.asset != old.asset or (new.trigger is None) != (not old.is_waiting)
        if wrong_kind or (new.tif in (IOC, FRONTEND_MARKET) and new.trigger is None and not always_place):
            return self._refusal(Fault(INVALID_MODIFY), new.asset)
        return self._replace(self._floor.traders.open(user), old, new, always_place=always_place)

    def _replace(self, trader: Trader, old: UserOrder, new: NewOrder, *, always_place: bool) -> Reply:
        grouping = POSITION_GROUP if old.position_tpsl else NO_GROUP
        fault = self.checks.order(trader, new, grouping, replaces=old)
        if old.parent is None:
            fault = fault or self._through(new)
        order = self._record(trader, new, grouping)
        if fault is None and not (always_place or order.is_waiting):
            crosses = self._floor.books[old.coin].crosses(order.is_buy, order.ticks)
            fault = self._bbo(old.coin) if crosses else None
        if fault is not None:
            return self._refuse(order, fault)
        order.parent, order.group, order.children = old.parent, old.group, old.children
        old.children = []
        for relative in trader.orders.values():
            if relative.parent == old.oid:
                relative.parent = order.oid
            if old.oid in relative.children:
                relative.children[relative.children.index(old.oid)] = order.oid
        reply = self._in_place(old, order) or self._swap(old, order)
        self._lifecycle.report(old, CANCELED)
        if order.reduce_only and order.is_live:
            self._lifecycle.enforce_position(order.user, order.coin)
        return reply

    def _in_place(self, old: UserOrder, order: UserOrder) -> Reply | None:
        """A smaller size at the same price keeps its turn."""
        book = self._floor.books[old.coin]
        same = (order.is_buy, order.ticks, order.reduce_only) == (old.is_buy, old.ticks, old.reduce_only)
        if not same or order.lots > old.lots or order.is_immediate or book.get(old.oid) is None:
            return None
        book.reduce(old.oid, order.lots, order.oid)
        self._lifecycle.count(old, order.lots - old.lots)
        self._lifecycle.register(order)
        self._lifecycle.report(order, OPEN)
        return Resting(order.oid, order.cloid)

    def _swap(self, old: UserOrder, order: UserOrder) -> Reply:
        self._lifecycle.withdraw(old)
        self._lifecycle.waiting[old.coin].pop(old.oid, None)
        return self._admit(order)
