"""Everything the desk knows of its orders. States only move forward; filled size never shrinks.

Our orders are keyed by client order id. A modify keeps the client id and gets a new venue id; reports about an older
venue id of the same order are history and change nothing. Orders placed elsewhere are shown as foreign.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import FillBooked, OpenOrdersSnapshot, OrderChanged, OrderReported, TrackedOrder
from hlmaster.core.orders import Fill, Order, OrderReply, OrderStatus, Purpose, ReplyKind, TimeInForce, VenueOrder
from hlmaster.core.ports import Store
from hlmaster.core.rounding import wire_text

MAX_FINAL = 2_000
_RANK = {status: rank for rank, status in enumerate(OrderStatus)}
_RANK[OrderStatus.WAITING] = _RANK[OrderStatus.RESTING]
"""A trigger that fires goes from waiting to resting, a child the other way."""
_REPLY_STATUS = {
    ReplyKind.RESTING: OrderStatus.RESTING,
    ReplyKind.WAITING: OrderStatus.WAITING,
    ReplyKind.DONE: OrderStatus.RESTING,
}


class OrderTracker:
    def __init__(self, bus: Bus, clock: Clock, store: Store) -> None:
        self._bus, self._clock, self._store = bus, clock, store
        self._orders: dict[str, TrackedOrder] = {}
        self._by_venue_id: dict[int, str] = {}
        self._final: deque[str] = deque()
        self._missing_since: dict[str, int] = {}
        self._sums: dict[str, tuple[Decimal, Decimal]] = {}
        """Size and notional of the fills booked per order, for its average price."""
        bus.subscribe(OrderReported, self._on_report)
        bus.subscribe(OpenOrdersSnapshot, self._on_snapshot)
        bus.subscribe(FillBooked, lambda fact: self._on_fill(fact.fill))

    async def restore(self) -> None:
        for order in await self._store.orders():
            self._orders[order.client_order_id] = order
            if order.order_id is not None:
                self._by_venue_id[order.order_id] = order.client_order_id
            if order.average_price is not None:
                self._sums[order.client_order_id] = (order.filled_size, order.filled_size * order.average_price)
            if order.status.is_final:
                self._final.append(order.client_order_id)

    # --- questions ---

    def get(self, client_order_id: str) -> TrackedOrder | None:
        return self._orders.get(client_order_id)

    def of_fill(self, fill: Fill) -> TrackedOrder | None:
        """The order a fill belongs to: by client id first, then by any venue id that order ever had."""
        key = fill.client_order_id if fill.client_order_id in self._orders else self._by_venue_id.get(fill.order_id)
        return self._orders.get(key) if key else None

    def all(self) -> list[TrackedOrder]:
        return list(self._orders.values())

    def live(self, coin: str | None = None) -> list[TrackedOrder]:
        """Resting and waiting orders: what can be cancelled."""
        return [o for o in self._orders.values() if o.status.is_live and coin in (None, o.order.coin)]

    def unsettled(self, coin: str | None = None) -> list[TrackedOrder]:
        """Every order that is not final, the ones on their way and of unknown outcome included."""
        return [o for o in self._orders.values() if not o.status.is_final and coin in (None, o.order.coin)]

    def recent(self, coin: str, since_ms: int) -> list[TrackedOrder]:
        return [o for o in self._orders.values() if o.order.coin == coin and o.created_ms >= since_ms and not o.foreign]

    # --- our own steps ---

    def register(self, order: Order, expires_ms: int | None = None) -> TrackedOrder:
        now = self._clock.now_ms()
        tracked = TrackedOrder(order, OrderStatus.INTENDED, None, Decimal(0), None, now, now, expires_ms=expires_ms)
        return self._put(tracked)

    def mark(self, client_order_id: str, status: OrderStatus, text: str = "") -> TrackedOrder | None:
        """Move an order forward; a step backwards is ignored and returns the order as it stands."""
        tracked = self._orders.get(client_order_id)
        if tracked is None:
            return None
        return self._advance(tracked, status, text=text)

    def expect(self, client_order_id: str, expires_ms: int | None) -> None:
        tracked = self._orders[client_order_id]
        self._orders[client_order_id] = replace(tracked, expires_ms=expires_ms)

    def answer(self, client_order_id: str, reply: OrderReply) -> TrackedOrder | None:
        """Book the venue's reply to a placement or modify."""
        tracked = self._orders.get(client_order_id)
        if tracked is None:
            return None
        if reply.kind is ReplyKind.REJECTED:
            return self._advance(tracked, OrderStatus.REJECTED, text=reply.text)
        if reply.kind is ReplyKind.UNRECOGNISED:
            return self._advance(tracked, OrderStatus.UNKNOWN, text=reply.text)
        if reply.order_id is not None:
            self._by_venue_id[reply.order_id] = client_order_id
        if reply.kind is ReplyKind.FILLED:
            # "filled" may be part of what was asked: a GTC remainder rests, an IOC remainder is gone.
            filled = max(tracked.filled_size, reply.filled_size)
            tracked = replace(tracked, filled_size=filled, average_price=reply.average_price or tracked.average_price)
            whole = filled >= tracked.order.size
            rests = not whole and tracked.order.time_in_force != "Ioc"
            status = OrderStatus.RESTING if rests else OrderStatus.FILLED if whole else OrderStatus.CANCELED
            return self._advance(tracked, status, order_id=reply.order_id)
        return self._advance(tracked, _REPLY_STATUS[reply.kind], order_id=reply.order_id)

    def reshape(self, client_order_id: str, order: Order) -> None:
        """A modify was accepted: the order now has this price and size."""
        tracked = self._orders[client_order_id]
        self._put(replace(tracked, order=order, updated_ms=self._clock.now_ms()))

    # --- the venue's word ---

    def report(self, venue: VenueOrder) -> TrackedOrder:
        """Fold one venue report in; a foreign order appears with the venue's id as its key."""
        key = venue.client_order_id if venue.client_order_id in self._orders else None
        key = key or self._by_venue_id.get(venue.order_id) or venue.client_order_id or f"oid:{venue.order_id}"
        known = self._orders.get(key)
        if known is None:
            return self._adopt(key, venue)
        superseded = known.order_id is not None and venue.order_id < known.order_id
        if superseded:
            return known
        replaced = known.order_id is not None and venue.order_id > known.order_id
        self._by_venue_id[venue.order_id] = key
        filled = venue.original_size - venue.size if venue.original_size else known.filled_size
        if replaced and not venue.status.is_final:
            # The successor of a modify: it starts a new life under the same client id.
            known = replace(known, status=OrderStatus.SENT, order=_as_order(venue, known.order), filled_size=filled)
        elif venue.status is OrderStatus.FILLED:
            filled = max(filled, known.filled_size)
        filled = max(filled, known.filled_size) if venue.status is not OrderStatus.REJECTED else known.filled_size
        known = replace(known, filled_size=min(filled, known.order.size) if known.order.size else filled)
        text = "" if venue.status_text in ("open", "filled", "canceled") else venue.status_text
        return self._advance(known, venue.status, order_id=venue.order_id, text=text)

    def _adopt(self, key: str, venue: VenueOrder) -> TrackedOrder:
        order = replace(_as_order(venue, None), client_order_id=key)
        tracked = TrackedOrder(
            order=order,
            status=venue.status,
            order_id=venue.order_id,
            filled_size=venue.original_size - venue.size,
            average_price=None,
            created_ms=venue.time_ms,
            updated_ms=venue.status_time_ms or venue.time_ms,
            foreign=True,
        )
        self._by_venue_id[venue.order_id] = key
        return self._put(tracked)

    def _on_report(self, fact: OrderReported) -> None:
        self.report(fact.order)

    def _on_snapshot(self, snapshot: OpenOrdersSnapshot) -> None:
        present = {self.report(order).client_order_id for order in snapshot.orders}
        for tracked in self.live():
            key = tracked.client_order_id
            if key in present or tracked.updated_ms > snapshot.time_ms:
                self._missing_since.pop(key, None)
            else:
                self._missing_since.setdefault(key, snapshot.time_ms)

    def missing(self) -> list[TrackedOrder]:
        """Orders we believe live that the venue's latest list did not contain; reconciliation asks after each."""
        return [self._orders[key] for key in self._missing_since if not self._orders[key].status.is_final]

    def _on_fill(self, fill: Fill) -> None:
        tracked = self.of_fill(fill)
        if tracked is None:
            return
        if tracked.order_id is None:
            tracked = replace(tracked, order_id=fill.order_id)
            self._by_venue_id[fill.order_id] = tracked.client_order_id
        booked = self._booked_from(tracked, fill)
        status = OrderStatus.FILLED if booked.order.size and booked.filled_size >= booked.order.size else booked.status
        self._advance(booked, status)

    def _booked_from(self, tracked: TrackedOrder, fill: Fill) -> TrackedOrder:
        """Filled size may already be known from a reply or report: fills then only give the average price."""
        total, notional = self._sums.get(tracked.client_order_id, (Decimal(0), Decimal(0)))
        total, notional = total + fill.size, notional + fill.size * fill.price
        self._sums[tracked.client_order_id] = (total, notional)
        filled = max(tracked.filled_size, min(total, tracked.order.size) if tracked.order.size else total)
        return replace(tracked, filled_size=filled, average_price=notional / total)

    # --- the one way a state changes ---

    def _advance(
        self, tracked: TrackedOrder, status: OrderStatus, *, order_id: int | None = None, text: str = ""
    ) -> TrackedOrder:
        current = self._orders.get(tracked.client_order_id, tracked)
        backwards = _RANK[status] < _RANK[tracked.status] or (current.status.is_final and tracked.status.is_final)
        status = tracked.status if backwards else status
        updated = replace(
            tracked,
            status=status,
            order_id=tracked.order_id if order_id is None else order_id,
            text=text or tracked.text,
            updated_ms=self._clock.now_ms(),
        )
        return self._put(updated)

    def _put(self, tracked: TrackedOrder) -> TrackedOrder:
        before = self._orders.get(tracked.client_order_id)
        self._orders[tracked.client_order_id] = tracked
        if tracked.status.is_final:
            self._missing_since.pop(tracked.client_order_id, None)
            if before is None or not before.status.is_final:
                self._final.append(tracked.client_order_id)
                self._forget_old()
        self._store.save_order(tracked)
        self._bus.publish(OrderChanged(tracked))
        return tracked

    def _forget_old(self) -> None:
        while len(self._final) > MAX_FINAL:
            old = self._orders.pop(self._final.popleft(), None)
            if old is not None and old.order_id is not None:
                self._by_venue_id.pop(old.order_id, None)


def _as_order(venue: VenueOrder, ours: Order | None) -> Order:
    size = venue.original_size or venue.size
    if ours is not None:
        return replace(ours, price=venue.price, size=size, trigger=venue.trigger or ours.trigger)
    return Order(
        coin=venue.coin,
        side=venue.side,
        size=size,
        price=venue.price,
        reduce_only=venue.reduce_only,
        trigger=venue.trigger,
        purpose=Purpose.REDUCE if venue.reduce_only else Purpose.ENTRY,
        source="foreign",
        time_in_force=venue.time_in_force or TimeInForce.GTC,
    )


def describe_order(tracked: TrackedOrder) -> str:
    """``Sell 0.42 ETH limit 3434.2: resting.``"""
    order = tracked.order
    price = "" if order.market else f" {wire_text(order.trigger.price if order.trigger else order.price)}"
    state = str(tracked.status)
    if tracked.filled_size and tracked.status is not OrderStatus.FILLED:
        state += f", {wire_text(tracked.filled_size)} filled"
    if tracked.average_price is not None and tracked.status is OrderStatus.FILLED:
        state += f" at {wire_text(tracked.average_price.normalize())}"
    text = f": {state}. {tracked.text}" if tracked.text else f": {state}."
    return f"{str(order.side).capitalize()} {wire_text(order.size)} {order.coin} {order.kind}{price}{text}"
