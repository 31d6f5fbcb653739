"""The smallest price-time book that can carry participants' orders, so that the flow is tested without a venue."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from hlmaster.exchange.simulator.market import CoinFlow, FlowOrder


@dataclass
class PlainBook:
    flow: CoinFlow
    report_fills: bool = True
    sides: dict[bool, list[list[int]]] = field(default_factory=lambda: {True: [], False: []})
    """Per side, sorted [key, arrival, order id, lots]; key is -ticks for bids."""
    trades: list[tuple[int, int, bool]] = field(default_factory=list)
    """(ticks, lots, taker bought)."""
    crossing: int = 0
    arrivals: int = 0

    def best(self, is_buy: bool) -> int | None:
        side = self.sides[is_buy]
        return abs(side[0][0]) if side else None

    def levels(self, is_buy: bool) -> dict[int, int]:
        depth: dict[int, int] = {}
        for key, _, _, lots in self.sides[is_buy]:
            depth[abs(key)] = depth.get(abs(key), 0) + lots
        return depth

    def apply(self, orders: Iterable[FlowOrder]) -> None:
        for order in orders:
            self.arrivals += 1
            if order.kind == "cancel":
                side = self.sides[order.is_buy]
                side[:] = [row for row in side if row[2] != order.order_id]
                continue
            left = self._match(order)
            if order.kind == "limit" and left:
                key = -order.ticks if order.is_buy else order.ticks
                insort(self.sides[order.is_buy], [key, self.arrivals, order.order_id, left])

    def _match(self, order: FlowOrder) -> int:
        left, other = order.lots, self.sides[not order.is_buy]
        while left and other:
            ticks = abs(other[0][0])
            if order.kind == "limit" and (ticks > order.ticks if order.is_buy else ticks < order.ticks):
                break
            self.crossing += order.kind == "limit"
            done = min(left, other[0][3])
            left -= done
            other[0][3] -= done
            self.trades.append((ticks, done, order.is_buy))
            if self.report_fills:
                self.flow.on_filled(other[0][2], other[0][3])
            if not other[0][3]:
                other.pop(0)
        return left
