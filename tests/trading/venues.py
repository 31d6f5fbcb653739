"""A venue and a journal in memory, as obliging or as awkward as a test wants them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import JournalUnavailable, NonceUsed
from hlmaster.core.events import AccountSnapshot, FillsReported, OrderReported
from hlmaster.core.model import Account, FeeRates, Leverage, MarginMode, Position, Side
from hlmaster.core.orders import (
    ActionItem,
    ActionKind,
    Approved,
    AssetSnapshot,
    CancelTarget,
    CashMove,
    Expiry,
    Fill,
    FundingPayment,
    Grouping,
    Intent,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    ReplyKind,
    VenueOrder,
)
from hlmaster.core.ports import LinkHealth
from hlmaster.core.rounding import wire_text
from tests.trading.scenes import ETH, D

LIFETIME_MS = 15_000


class MemoryJournal:
    """Notes what was committed; ``full`` makes it refuse."""

    def __init__(self, events: list[str] | None = None) -> None:
        self.events = [] if events is None else events
        self.intents: list[Intent] = []
        self.resolved: dict[str, str] = {}
        self.open_intents: list[Intent] = []
        self.concluded: dict[tuple[ActionKind, int], str] = {}
        self.full = False
        self.crashed = False
        """The last run did not end in order."""

    async def commit(self, intents: Sequence[Intent]) -> None:
        if self.full:
            raise JournalUnavailable("The disk is full.", "Free some space.")
        self.intents += intents
        self.events.append("commit")

    async def unresolved(self) -> list[Intent]:
        return self.open_intents

    @property
    def unclean(self) -> bool:
        return self.crashed

    def confirm(self) -> None:
        self.crashed = False

    def resolve(self, subject: str, status: str, text: str) -> None:
        self.resolved[subject] = status

    def conclude(self, kind: ActionKind, nonce: int, status: str, text: str = "") -> None:
        self.concluded[kind, nonce] = status

    def reserve_nonce(self, now_ms: int) -> int:
        return now_ms


def item_of(order: Order) -> ActionItem:
    """ETH is the market's second coin and the others its first, as in the tests' listings."""
    asset = AssetSnapshot(order.coin, 1, 4) if order.coin == ETH.coin else AssetSnapshot(order.coin, 0, 5)
    return ActionItem(order.client_order_id, asset, wire_text(order.price), wire_text(order.size), order)


class MemoryVenue:
    """Marketable orders fill at ``price`` as far as ``liquidity`` goes; others rest.

    ``script`` holds what the next sends do instead: an exception before anything happens, or replies. ``lost``: the
    next action is carried out and its answer lost. ``held`` keeps the stream
    silent: what happens is told only to who asks.
    """

    def __init__(self, bus: Bus, clock: Clock, price: str = "3000", events: list[str] | None = None) -> None:
        self.health = LinkHealth()
        self.price = D(price)
        self.liquidity = deque[Decimal]()
        """How much each coming marketable order finds; without an entry, all of it."""
        self.script: deque[Exception | tuple[OrderReply, ...]] = deque()
        self.deaf: Exception | None = None
        """Raised by every query while set."""
        self.lost: Exception | None = None
        self.held = False
        self.events = [] if events is None else events
        self.sent: list[Prepared] = []
        self.statuses: dict[str, VenueOrder | None] = {}
        self.asked: list[str] = []
        self.orders: dict[int, VenueOrder] = {}
        self.all_fills: list[Fill] = []
        self.all_funding: list[FundingPayment] = []
        self.cash: list[CashMove] = [CashMove(clock.now_ms(), D(10_000), "deposit", "first")]
        self.positions: dict[str, Decimal] = {}
        self.margin_mode = MarginMode.CROSS
        self.nonces: set[int] = set()
        """Those used up. A script's exception leaves its nonce unused: the request was lost on its way."""
        self.expiry = Expiry()
        self._bus, self._clock = bus, clock
        self._ids = 100
        self._nonce = 0
        self.reserve_nonce: Callable[[int], int] = self._next_nonce

    @property
    def address(self) -> str:
        return "0x" + "1" * 40

    async def start(self) -> None:
        self.events.append("start")

    async def stop(self) -> None:
        self.events.append("stop")

    # --- preparing ---

    def _prepared(self, kind: ActionKind, *items: ActionItem, targets: Sequence[int | None] = ()) -> Prepared:
        now = self._clock.now_ms()
        body = json.dumps(targets).encode()
        return Prepared(kind, body, "hash", self.reserve_nonce(now), now + LIFETIME_MS, items)

    def _next_nonce(self, now_ms: int) -> int:
        self._nonce = max(now_ms, self._nonce + 1)
        return self._nonce

    def prepare_orders(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> Prepared:
        return self._prepared(ActionKind.ORDER, *(item_of(one.order) for one in approved))

    def prepare_modify(self, changes: Sequence[tuple[CancelTarget, Approved]]) -> Prepared:
        items = (item_of(approved.order) for _, approved in changes)
        return self._prepared(ActionKind.MODIFY, *items, targets=[target.order_id for target, _ in changes])

    def prepare_cancel(self, targets: Sequence[CancelTarget]) -> Prepared:
        items = (ActionItem(target.name) for target in targets)
        return self._prepared(ActionKind.CANCEL, *items, targets=[target.order_id for target in targets])

    def prepare_leverage(self, coin: str, leverage: Leverage) -> Prepared:
        return self._prepared(ActionKind.LEVERAGE, ActionItem(coin))

    def prepare_isolated_margin(self, coin: str, amount: Decimal) -> Prepared:
        return self._prepared(ActionKind.MARGIN, ActionItem(coin))

    def prepare_noop(self, nonce: int) -> Prepared:
        return Prepared(ActionKind.NOOP, b"[]", "hash", nonce, None, (ActionItem(str(nonce)),))

    def prepare_schedule_cancel(self, time_ms: int | None) -> Prepared:
        return self._prepared(ActionKind.SCHEDULE_CANCEL, ActionItem("account"))

    # --- acting ---

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        self.events.append("send" if prepared.kind is not ActionKind.NOOP else "fence")
        if prepared.kind is ActionKind.NOOP:
            self._listen()
        else:
            self.sent.append(prepared)
        if self.script and prepared.kind is not ActionKind.NOOP:
            answer = self.script.popleft()
            if isinstance(answer, Exception):
                raise answer
            self.nonces.add(prepared.nonce)
            return answer
        replies = self.carry_out(prepared)
        if self.lost is not None:
            lost, self.lost = self.lost, None
            raise lost
        return replies

    def carry_out(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        if prepared.nonce in self.nonces:
            raise NonceUsed("Used.")
        self.nonces.add(prepared.nonce)
        if prepared.kind is ActionKind.CANCEL:
            return tuple(self._cancel(name) for name in json.loads(prepared.body))
        if prepared.kind is ActionKind.MODIFY:
            return tuple(map(self.change, json.loads(prepared.body), prepared.orders))
        return tuple(self._place(order) for order in prepared.orders) or (OrderReply(ReplyKind.DONE),)

    def change(self, old: int, order: Order) -> OrderReply:
        if self._cancel(old).kind is ReplyKind.REJECTED:
            return OrderReply(ReplyKind.REJECTED, text="Cannot modify canceled or filled order")
        return self._place(order)

    def _place(self, order: Order) -> OrderReply:
        self._ids += 1
        if order.trigger is None and (self.price - order.price) * order.side.sign <= 0:
            return self._take(order)
        self._report(self._listed(order, order.size, OrderStatus.WAITING if order.trigger else OrderStatus.RESTING))
        return OrderReply(ReplyKind.RESTING, self._ids)

    def _take(self, order: Order) -> OrderReply:
        size = min(order.size, self.liquidity.popleft()) if self.liquidity else order.size
        held = self.positions.get(order.coin, D(0))
        if order.reduce_only and held * order.side.sign >= 0:
            return OrderReply(ReplyKind.REJECTED, text="Reduce only order would increase position.")
        if not size:
            return OrderReply(ReplyKind.REJECTED, text="Order could not immediately match against any resting orders.")
        self.positions[order.coin] = held + size * order.side.sign
        status = OrderStatus.FILLED if size == order.size else OrderStatus.CANCELED
        name, now = order.client_order_id, self._clock.now_ms()
        done = Fill(
            order.coin, order.side, self.price, size, now, self._ids, self._ids, name, D(0), D(0), held, is_maker=False
        )
        self.all_fills.append(done)
        self.statuses[name] = self._listed(order, order.size - size, status)
        if not self.held:
            self._bus.publish(FillsReported((done,)))
        return OrderReply(ReplyKind.FILLED, self._ids, size, self.price)

    def _listed(self, order: Order, left: Decimal, status: OrderStatus) -> VenueOrder:
        return VenueOrder(
            order.coin,
            order.side,
            order.price,
            left,
            order.size,
            self._ids,
            order.client_order_id,
            self._clock.now_ms(),
            order.reduce_only,
            order.trigger,
            order.time_in_force,
            status=status,
        )

    def _cancel(self, order_id: int) -> OrderReply:
        order = self.orders.pop(order_id, None)
        if order is None:
            return OrderReply(ReplyKind.REJECTED, text="Order was never placed, already canceled, or filled.")
        self._report(replace(order, status=OrderStatus.CANCELED, status_text="canceled"))
        return OrderReply(ReplyKind.DONE)

    def _report(self, order: VenueOrder) -> None:
        if order.status.is_live:
            self.orders[order.order_id] = order
        self.statuses[order.client_order_id or ""] = order
        if not self.held:
            self._bus.publish(OrderReported(order))

    def give(self, coin: str, size: Decimal) -> None:
        """A position out of the blue, its fill told on the stream."""
        side = Side.BUY if size > 0 else Side.SELL
        self._ids += 1
        self.positions[coin] = size
        now = self._clock.now_ms()
        done = Fill(coin, side, self.price, abs(size), now, self._ids, self._ids, None, D(0), D(0), D(0), False)
        self.all_fills.append(done)
        self._bus.publish(FillsReported((done,)))

    def publish_account(self) -> None:
        self._bus.publish(AccountSnapshot(self._account()))

    # --- answering ---

    def _account(self) -> Account:
        held_at = Leverage(self.margin_mode, 20)
        positions = tuple(
            Position(coin, size, self.price, held_at, abs(size) * self.price, D(0), abs(size) * self.price / 20, None)
            for coin, size in self.positions.items()
            if size
        )
        used = sum((position.margin_used for position in positions), D(0))
        total = sum((position.position_value for position in positions), D(0))
        equity = sum((move.amount for move in self.cash), D(0))
        return Account(self.address, self._clock.now_ms(), equity, equity - used, used, used / 2, total, positions)

    def _listen(self) -> None:
        if self.deaf is not None:
            raise self.deaf

    async def account(self) -> Account:
        self._listen()
        return self._account()

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        self._listen()
        return tuple(self.orders.values())

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        self._listen()
        return tuple(item for item in self.all_fills if item.time_ms >= since_ms)

    async def funding(self, since_ms: int) -> tuple[FundingPayment, ...]:
        self._listen()
        return tuple(item for item in self.all_funding if item.time_ms >= since_ms)

    async def cash_moves(self, since_ms: int) -> tuple[CashMove, ...]:
        self._listen()
        return tuple(item for item in self.cash if item.time_ms >= since_ms)

    async def order_status(self, client_order_id: str) -> VenueOrder | None:
        self.asked.append(client_order_id)
        self._listen()
        named = (one for one in self.statuses.values() if one and f"oid:{one.order_id}" == client_order_id)
        return self.statuses.get(client_order_id) or next(named, None)

    async def fee_rates(self) -> FeeRates:
        return FeeRates()

    async def leverage(self, coin: str) -> Leverage:
        return Leverage(MarginMode.CROSS, 20)
