"""Everything the desk knows of its orders. States only move forward; filled size never shrinks.

Our orders are keyed by client order id. A modify keeps the client id and gets a new, higher venue id: a new life, with
its own size and its own fills. Reports about an earlier life are history and change nothing. Orders placed elsewhere
are shown as foreign.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import StorageError
from hlmaster.core.events import FillBooked, OpenOrdersSnapshot, OrderChanged, OrderReported, TrackedOrder
from hlmaster.core.failpoints import NO_FAILPOINTS, Failpoints, Point
from hlmaster.core.orders import Fill, Order, OrderReply, OrderStatus, Purpose, ReplyKind, TimeInForce, VenueOrder
from hlmaster.core.ports import Store
from hlmaster.core.rounding import wire_text
from hlmaster.trading.execution.by_coin import ByCoin

log = logging.getLogger(__name__)
MAX_FINAL = 2_000
GONE = "gone at the exchange"
NOT_SENT = "Not sent."
_RANK = {status: rank for rank, status in enumerate(OrderStatus)}
_RANK[OrderStatus.WAITING] = _RANK[OrderStatus.RESTING]
"""A trigger that fires goes from waiting to resting, a child the other way."""


class OrderTracker:
    def __init__(self, bus: Bus, clock: Clock, store: Store, failpoints: Failpoints = NO_FAILPOINTS) -> None:
        self._bus, self._clock, self._store, self._failpoints = bus, clock, store, failpoints
        self._orders: dict[str, TrackedOrder] = {}
        self.by_coin = ByCoin(self._orders)
        self._by_venue_id: dict[int, str] = {}
        self._final: deque[str] = deque()
        self._missing_since: dict[str, int] = {}
        self._sums: dict[int, tuple[Decimal, Decimal]] = {}
        """Size and notional of the fills booked per venue id."""
        self._replacing: dict[str, VenueOrder | None] = {}
        """Orders with a modify on its way, and the venue's word that the old one is gone, held back until the reply."""
        bus.subscribe(OrderReported, self._on_report)
        bus.subscribe(OpenOrdersSnapshot, self._on_snapshot)
        bus.subscribe(FillBooked, lambda fact: self._on_fill(fact.fill))

    async def restore(self) -> None:
        """What is known already, because the store comes late, stands."""
        orders, fills = await self._store.orders(), await self._store.fills()
        fresh = [order for order in orders if order.client_order_id not in self._orders]
        for order in fresh:
            self._orders[order.client_order_id] = order
            if order.order_id is not None:
                self._by_venue_id[order.order_id] = order.client_order_id
            if order.status.is_final:
                self._final.append(order.client_order_id)
        names = {order.client_order_id for order in fresh}
        for fill in fills:
            owner = self.of_fill(fill)
            if owner is not None and owner.client_order_id in names:
                self._add(fill)
        for order in fresh:
            self.by_coin.put(order, True, self._booked(order))

    # --- questions ---

    def get(self, client_order_id: str) -> TrackedOrder | None:
        return self._orders.get(client_order_id)

    def of_fill(self, fill: Fill) -> TrackedOrder | None:
        """The order a fill belongs to: by client id first, then by any venue id that order ever had."""
        key = fill.client_order_id if fill.client_order_id in self._orders else self._by_venue_id.get(fill.order_id)
        return self._orders.get(key) if key else None

    def filled_under(self, order_id: int) -> Decimal:
        """Coins of the fills booked under a venue id."""
        return self._sums.get(order_id, (Decimal(0), Decimal(0)))[0]

    def all(self) -> list[TrackedOrder]:
        return list(self._orders.values())

    def live(self, coin: str | None = None) -> list[TrackedOrder]:
        """Resting and waiting orders: what can be cancelled."""
        return [o for o in self._orders.values() if o.status.is_live and coin in (None, o.order.coin)]

    def unsettled(self, coin: str | None = None) -> list[TrackedOrder]:
        """Every order that is not final, the ones on their way and of unknown outcome included."""
        return [o for o in self._orders.values() if not o.status.is_final and coin in (None, o.order.coin)]

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

    def answer(self, client_order_id: str, reply: OrderReply) -> TrackedOrder | None:
        """Book the venue's reply to a placement or modify."""
        tracked = self._orders.get(client_order_id)
        return None if tracked is None else self._answered(tracked, reply)

    def _answered(self, tracked: TrackedOrder, reply: OrderReply) -> TrackedOrder:
        if reply.kind is ReplyKind.REJECTED:
            return self._advance(tracked, OrderStatus.REJECTED, text=reply.text)
        if reply.kind is ReplyKind.UNRECOGNISED:
            return self._advance(tracked, OrderStatus.UNKNOWN, text=reply.text)
        if reply.order_id is not None:
            self._by_venue_id[reply.order_id] = tracked.client_order_id
        status = OrderStatus.WAITING if reply.kind is ReplyKind.WAITING else OrderStatus.RESTING
        if reply.kind is ReplyKind.DONE and tracked.status.is_live:
            status = tracked.status
        if reply.kind is ReplyKind.FILLED:
            # "filled" may be part of what was asked: a GTC remainder rests, an IOC remainder is gone.
            filled = max(tracked.filled_size, reply.filled_size)
            tracked = replace(tracked, filled_size=filled, average_price=reply.average_price or tracked.average_price)
            if filled < tracked.order.size and tracked.order.time_in_force is TimeInForce.IOC:
                status = OrderStatus.CANCELED
        return self._advance(tracked, status, order_id=reply.order_id)

    def prepared(self, client_order_id: str, expires_ms: int | None) -> None:
        """The order was signed: from ``expires_ms`` on the venue refuses it."""
        tracked = self._orders[client_order_id]
        self._put(replace(tracked, expires_ms=expires_ms))

    def adopt(self, client_order_id: str) -> TrackedOrder | None:
        """From now on an order that was placed elsewhere is one of ours."""
        tracked = self._orders.get(client_order_id)
        if tracked is None or not tracked.foreign:
            return tracked
        return self._put(replace(tracked, foreign=False, order=replace(tracked.order, source="adopted")))

    # --- a modify ---

    def begin_replacing(self, client_order_id: str, order: Order) -> None:
        """From now until the outcome is told, the end of the old venue order is not the end of this order."""
        self._replacing[client_order_id] = None
        self._put(replace(self._orders[client_order_id], replacement=order))

    def doubt_replacing(self, client_order_id: str) -> None:
        """Nobody knows whether the modify was carried out."""
        tracked = self._orders.get(client_order_id)
        if tracked is not None and tracked.replacement is not None:
            self._put(replace(tracked, resolving=True))

    def replaced(self, client_order_id: str, order: Order, reply: OrderReply) -> TrackedOrder | None:
        """The modify was accepted: the order lives on in this shape under the venue id of the reply."""
        tracked = self._end_replacing(client_order_id)
        if tracked is None:
            return None
        if reply.order_id is not None and tracked.order_id is not None:
            if reply.order_id < tracked.order_id:
                return tracked
            if reply.order_id > tracked.order_id:
                tracked = self._renewed(tracked, reply.order_id)
        return self._answered(replace(tracked, order=order), reply)

    def not_replaced(self, client_order_id: str) -> None:
        """The modify was not carried out: what the venue said meanwhile counts after all."""
        held = self._replacing.get(client_order_id)
        self._end_replacing(client_order_id)
        if held is not None:
            self.report(held)

    def _end_replacing(self, client_order_id: str) -> TrackedOrder | None:
        self._replacing.pop(client_order_id, None)
        tracked = self._orders.get(client_order_id)
        if tracked is None or tracked.replacement is None:
            return tracked
        return self._put(replace(tracked, replacement=None, resolving=False))

    def _renewed(self, tracked: TrackedOrder, order_id: int) -> TrackedOrder:
        """The order at the beginning of its life under a new venue id, whose fills may have come first."""
        size, notional = self._sums.get(order_id, (Decimal(0), Decimal(0)))
        return replace(
            tracked,
            status=OrderStatus.SENT,
            order_id=order_id,
            replacement=None,
            resolving=False,
            filled_size=size,
            average_price=notional / size if size else None,
        )

    # --- the venue's word ---

    def report(self, venue: VenueOrder) -> TrackedOrder:
        """Fold one venue report in; a foreign order appears with the venue's id as its key."""
        key = venue.client_order_id if venue.client_order_id in self._orders else None
        key = key or self._by_venue_id.get(venue.order_id) or venue.client_order_id or f"oid:{venue.order_id}"
        known = self._orders.get(key)
        if known is None:
            return self._adopt(key, venue)
        if known.order_id is not None and venue.order_id < known.order_id:
            return known
        self._by_venue_id[venue.order_id] = key
        if known.order_id is not None and venue.order_id > known.order_id:
            if venue.status is OrderStatus.REJECTED or known.status in (OrderStatus.FILLED, OrderStatus.REJECTED):
                return known
            self._replacing.pop(key, None)
            known = replace(self._renewed(known, venue.order_id), order=_as_order(venue, _shape(known, venue)))
        elif is_given_up(known) and venue.status is not OrderStatus.REJECTED:
            if 0 < venue.status_time_ms < known.updated_ms:
                return known  # of the time before we gave it up
            known = self._renewed(known, venue.order_id)
        elif key in self._replacing and venue.status is OrderStatus.CANCELED:
            self._replacing[key] = venue
            return known
        if venue.trigger not in (None, known.order.trigger):
            known = replace(known, order=replace(known.order, price=venue.price, trigger=venue.trigger))
        filled = known.filled_size
        if venue.original_size and venue.status is not OrderStatus.REJECTED:
            filled = max(filled, venue.original_size - venue.size)
        if known.order.size:
            filled = min(filled, known.order.size)
        text = "" if venue.status_text in ("open", "filled", "canceled") else venue.status_text
        return self._advance(replace(known, filled_size=filled), venue.status, order_id=venue.order_id, text=text)

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
        given_up = {o.client_order_id for o in self.all() if is_given_up(o) and o.updated_ms > snapshot.time_ms}
        listed = [order for order in snapshot.orders if order.client_order_id not in given_up]
        present = {self.report(order).client_order_id for order in listed}
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
        self._add(fill)
        self._by_venue_id[fill.order_id] = tracked.client_order_id
        if tracked.order_id is not None and fill.order_id != tracked.order_id:
            # Of an earlier life, or of the next one, whose shape the reply or a report will tell.
            return
        if is_given_up(tracked):
            tracked = self._renewed(tracked, fill.order_id)
        total, notional = self._sums[fill.order_id]
        filled = max(tracked.filled_size, min(total, tracked.order.size) if tracked.order.size else total)
        known = replace(tracked, filled_size=filled, average_price=notional / total)
        known = self._advance(known, known.status, order_id=fill.order_id)
        self.by_coin.put(known, False, self._booked(known))

    def _add(self, fill: Fill) -> None:
        size, notional = self._sums.get(fill.order_id, (Decimal(0), Decimal(0)))
        self._sums[fill.order_id] = (size + fill.size, notional + fill.size * fill.price)

    def _booked(self, tracked: TrackedOrder) -> Decimal:
        """Coins of its present life whose fills the ledger has."""
        known = self._sums.get(tracked.order_id) if tracked.order_id is not None else None
        return known[0] if known is not None else Decimal(0)

    # --- the one way a state changes ---

    def _advance(
        self, tracked: TrackedOrder, status: OrderStatus, *, order_id: int | None = None, text: str = ""
    ) -> TrackedOrder:
        current = self._orders.get(tracked.client_order_id, tracked)
        if 0 < tracked.order.size <= tracked.filled_size and not status.is_final:
            status = OrderStatus.FILLED
        backwards = _RANK[status] < _RANK[tracked.status] or (current.status.is_final and tracked.status.is_final)
        updated = replace(
            tracked,
            status=tracked.status if backwards else status,
            order_id=tracked.order_id if order_id is None else order_id,
            text=tracked.text if backwards else text or tracked.text,
        )
        if updated == current:
            return current
        return self._put(replace(updated, updated_ms=self._clock.now_ms()))

    def _put(self, tracked: TrackedOrder) -> TrackedOrder:
        before = self._orders.get(tracked.client_order_id)
        self._orders[tracked.client_order_id] = tracked
        self.by_coin.put(tracked, before is None, self._booked(tracked))
        if tracked.status.is_final:
            self._missing_since.pop(tracked.client_order_id, None)
            if before is None or not before.status.is_final:
                self._final.append(tracked.client_order_id)
                self._forget_old()
        try:
            self._store.save_order(tracked)
        except StorageError as error:
            # A new entry needs a memory; what reduces, and what has happened already, does not wait for one.
            if tracked.status is OrderStatus.INTENDED and not tracked.order.reduce_only:
                del self._orders[tracked.client_order_id]
                self.by_coin.drop(tracked)
                raise
            log.error("order %s is not recorded: %s", tracked.client_order_id, error)
        self._failpoints.pass_by(Point.NOTED)
        self._bus.publish(OrderChanged(tracked))
        return tracked

    def _forget_old(self) -> None:
        while len(self._final) > MAX_FINAL:
            old = self._orders.get(self._final.popleft())
            if old is None or not old.status.is_final:
                continue
            del self._orders[old.client_order_id]
            if old.order_id is not None:
                self._by_venue_id.pop(old.order_id, None)
                self._sums.pop(old.order_id, None)


def is_given_up(tracked: TrackedOrder) -> bool:
    """Its end is our own conclusion, from the venue's not knowing it; should the venue speak of it again, it wins."""
    if tracked.status is OrderStatus.CANCELED:
        return tracked.text == GONE
    return tracked.status is OrderStatus.REJECTED and tracked.order_id is None


def never_left(tracked: TrackedOrder) -> bool:
    """It was not sent, or refused unread: nobody at the exchange has seen its price."""
    return tracked.status is OrderStatus.REJECTED and tracked.text.startswith(NOT_SENT)


def _shape(known: TrackedOrder, venue: VenueOrder) -> Order:
    """What a new life was made of: the streams tell no triggers, and its limit price tells our change of it."""
    wanted = known.replacement
    return wanted if wanted is not None and wanted.price == venue.price else known.order


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
