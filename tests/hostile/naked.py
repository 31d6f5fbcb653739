"""Watches the exchange's own truth for positions of the desk that nothing protects."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.exchange.simulator.events import OrderView
from hlmaster.exchange.simulator.house import House
from tests.hostile.history import Finding

ALLOWED_SECONDS = 15.0


class NakedWatch:
    """``look`` often; ``answering`` says that the desk runs and nothing keeps the exchange from answering it."""

    def __init__(self, house: House, user: str) -> None:
        self._house, self._user = house, user
        self._since: dict[str, float] = {}
        self._elsewhere: set[str] = set()
        """Coins whose position another client had a hand in, until they are flat."""
        self._seen = 0
        self.longest = 0.0
        self.findings: list[Finding] = []

    def look(self, now: float, *, answering: bool) -> None:
        venue = self._house.venue
        fills = venue.fills(self._user)
        for fill in fills[self._seen :]:
            if fill.cloid is None:
                self._elsewhere.add(fill.coin)
        self._seen = len(fills)
        sizes = {position.coin: position.size for position in venue.account_state(self._user).positions}
        self._elsewhere &= {coin for coin, size in sizes.items() if size}
        orders = venue.open_orders(self._user)
        bare = {
            coin for coin, size in sizes.items() if size and coin not in self._elsewhere and is_bare(size, coin, orders)
        }
        for coin in list(self._since):
            if coin not in bare or not answering:
                del self._since[coin]
        if not answering:
            return
        for coin in sorted(bare):
            naked = now - self._since.setdefault(coin, now)
            if naked > ALLOWED_SECONDS >= self.longest:
                self.findings.append(
                    Finding("C4", f"{sizes[coin]} {coin} has had no whole stop for {naked:.1f} s at {now:.1f}")
                )
            self.longest = max(self.longest, naked)


def is_bare(size: Decimal, coin: str, orders: list[OrderView]) -> bool:
    """Whether active reduce-only stops cover less than the whole position."""
    waiting = {child.oid for order in orders for child in order.children}
    stops = [
        order
        for order in orders
        if order.coin == coin
        and order.reduce_only
        and order.is_trigger
        and order.order_type.startswith("Stop")
        and order.is_buy == (size < 0)
        and order.oid not in waiting
    ]
    if any(order.is_position_tpsl and not order.size for order in stops):
        return False
    return sum((order.size for order in stops), Decimal(0)) < abs(size)
