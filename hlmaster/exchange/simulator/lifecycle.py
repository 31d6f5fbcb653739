"""What becomes of users' orders: resting, filling, cancelling, and the families of take-profit and stop orders.

A child of an entry waits until the entry has filled completely, or partly and then lost its rest to the venue (margin,
IOC); cancelled by its owner, a partly filled entry takes its children with it. Orders of one group cancel each other
when one fills. Reduce-only orders never together exceed the position: the newest are kept. When the position closes,
its whole-position triggers and activated children go too.
"""

from __future__ import annotations

from hlmaster.exchange.simulator.accounts import Trader, Working
from hlmaster.exchange.simulator.events import CANCELED, FILLED, OPEN, ForcedCancel
from hlmaster.exchange.simulator.floor import Floor
from hlmaster.exchange.simulator.matching import BookOrder
from hlmaster.exchange.simulator.orders import UserOrder

SIBLING_FILLED = "siblingFilledCanceled"
REDUCE_ONLY = "reduceOnlyCanceled"
MARGIN = "marginCanceled"


class Lifecycle:
    """Keeps the records of live orders, their books and their owners' working margin in step."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.waiting: dict[str, dict[int, UserOrder]] = {coin: {} for coin in floor.coins}
        """Active triggers by coin: waiting for the mark, not for a parent."""

    # --- statuses ---

    def report(self, order: UserOrder, status: str) -> None:
        """Note a new status; final ones end the order."""
        order.status = status
        order.status_time_ms = self._floor.now_ms
        trader = self._floor.traders.open(order.user)
        view = self._floor.view(order)
        trader.history.append(view)
        if not order.is_live:
            trader.close(view)
            self.waiting[order.coin].pop(order.oid, None)
        self._floor.tell(view)
        self._floor.touch(order.user)

    def register(self, order: UserOrder) -> None:
        """A new live order: in its owner's list, and among the triggers when it is active."""
        trader = self._floor.traders.open(order.user)
        trader.orders[order.oid] = order
        if order.cloid is not None:
            trader.remember_cloid(order.cloid, order.oid)
        if order.is_waiting and order.parent is None:
            self.waiting[order.coin][order.oid] = order

    # --- resting ---

    def rest(self, order: UserOrder) -> None:
        book_order = BookOrder(order.oid, order.user, order.is_buy, order.ticks, order.lots)
        self._floor.books[order.coin].rest(book_order)
        self.count(order, order.lots)

    def count(self, order: UserOrder, lots: int) -> None:
        """Add (or with negative lots take away) what the order holds back as margin."""
        if order.reduce_only:
            return
        trader = self._floor.traders.open(order.user)
        working = trader.working.setdefault(order.coin, Working())
        working.add(order.is_buy, order.ticks, lots)
        if not working.buy_lots and not working.sell_lots:
            del trader.working[order.coin]

    def withdraw(self, order: UserOrder) -> None:
        """Out of the book, if it is in it."""
        if self._floor.books[order.coin].remove(order.oid) is not None:
            self.count(order, -order.lots)

    # --- ends ---

    def cancel(self, order: UserOrder, status: str = CANCELED) -> None:
        """By its owner (``canceled``) or by the venue (any other status)."""
        self.withdraw(order)
        self.lost(order, status)

    def lost(self, order: UserOrder, status: str) -> None:
        """The order is out of its book without being filled."""
        self.report(order, status)
        if status != CANCELED:
            self._floor.tell(ForcedCancel(order.user, order.coin, order.oid, self._floor.now_ms))
        kept = order.lots < order.original_lots and (status == MARGIN or order.is_immediate)
        self._release_children(order, activate=kept, status=status)

    def lost_at_entry(self, order: UserOrder, status: str) -> None:
        """Rejected before it could rest; its children with it."""
        self.report(order, status)
        self._release_children(order, activate=False, status=status)

    def filled(self, order: UserOrder) -> None:
        """After a fill of any size; ``order.lots`` is what remains."""
        if order.lots:
            return
        self.report(order, FILLED)
        self._release_children(order, activate=True, status=FILLED)
        if order.group is not None:
            for sibling in list(self._floor.traders.open(order.user).orders.values()):
                if sibling.group == order.group and sibling.parent is None:
                    self.cancel(sibling, SIBLING_FILLED)

    def _release_children(self, order: UserOrder, *, activate: bool, status: str) -> None:
        trader = self._floor.traders.open(order.user)
        children = [trader.orders[oid] for oid in order.children if oid in trader.orders]
        order.children = []
        for child in children:
            if not activate:
                self.cancel(child, status)
                continue
            child.parent = None
            self.waiting[child.coin][child.oid] = child
            self._floor.touch(child.user)

    # --- after a position changed ---

    def enforce_position(self, user: str, coin: str) -> None:
        """Hold reduce-only orders and triggers to the position they belong to."""
        trader = self._floor.traders.open(user)
        position = self._floor.grids[coin].lots(trader.account.size(coin))
        live = trader.in_coin(coin)
        for order in live:
            attached = order.position_tpsl or (order.group is not None and order.parent is None)
            if order.is_waiting and attached and order.is_live and _cannot_reduce(order, position):
                self.cancel(order, REDUCE_ONLY)
        self._hold_resting(trader, coin, position)

    def _hold_resting(self, trader: Trader, coin: str, position: int) -> None:
        room = abs(position)
        book = self._floor.books[coin]
        for order in reversed(trader.in_coin(coin)):
            if not order.reduce_only or order.is_waiting or book.get(order.oid) is None:
                continue
            if _cannot_reduce(order, position) or not room:
                self.cancel(order, REDUCE_ONLY)
            elif order.lots <= room:
                room -= order.lots
            elif room == abs(position):
                book.reduce(order.oid, room)
                order.lots = room
                self.report(order, OPEN)
                room = 0
            else:
                self.cancel(order, REDUCE_ONLY)
                room = 0


def _cannot_reduce(order: UserOrder, position: int) -> bool:
    return position == 0 or order.is_buy == (position > 0)
