"""One account at Hyperliquid: signed actions out, the account's own streams in."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import (
    InvariantBroken,
    NonceUsed,
    OutcomeUnknown,
    RateLimited,
    SigningError,
    UnrecognisedReply,
    VenueError,
    VenueRefused,
)
from hlmaster.core.events import (
    AccountLinkChanged,
    AccountResynchronised,
    AccountSnapshot,
    CashMoved,
    FillsReported,
    FundingReported,
    LinkChanged,
    LinkState,
    Notice,
    OpenOrdersSnapshot,
    OrderReported,
    Severity,
)
from hlmaster.core.failpoints import NO_FAILPOINTS, Failpoints
from hlmaster.core.model import Account, FeeRates, Instrument, Leverage
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
    Order,
    OrderReply,
    Prepared,
    Purpose,
    ReplyKind,
    VenueOrder,
)
from hlmaster.core.ports import LinkHealth
from hlmaster.core.rounding import wire_text
from hlmaster.exchange.hyperliquid import actions, replies, signing
from hlmaster.exchange.hyperliquid.budget import Priority, WeightBudget, action_weight, requests_refusal
from hlmaster.exchange.hyperliquid.chores import Chores
from hlmaster.exchange.hyperliquid.client import Client, ClientTiming, is_loopback
from hlmaster.exchange.hyperliquid.instruments import read_meta
from hlmaster.exchange.hyperliquid.queries import AccountQueries
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.socket import Socket, SocketTiming, socket_url

log = logging.getLogger(__name__)
EXPIRED_REQUESTS = 5
"""What an action that arrives after its expiry is counted as."""
OFFSETS = 5
"""Readings of the venue's clock that are kept. Readers may lag and never lead, so the latest is believed."""
OVERLAP_MS = 2 * 3_600_000
"""Rows may reach the venue's readers late; after a reconnect this much is asked for again."""
STREAMS = (
    "orderUpdates",
    "userFills",
    "userFundings",
    "userNonFundingLedgerUpdates",
    "clearinghouseState",
    "openOrders",
)


class HyperliquidTrading:
    """``core.ports.Trading`` for one account. Streams repeat what queries say; receivers remove repeats by key."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        url: str,
        network: Network,
        signer: Signer,
        address: str,
        reserve_nonce: Callable[[int], int],
        is_genuine: Callable[[Approved], bool],
        *,
        budget: WeightBudget | None = None,
        socket_timing: SocketTiming | None = None,
        client_timing: ClientTiming | None = None,
        poll_every: float = 10.0,
        allowance_every: float = 60.0,
        jitter: Callable[[], float] = random.random,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        """``address``: the account that is traded and queried, never an API wallet's own. Raises SigningError.

        ``reserve_nonce`` turns market milliseconds into an unused nonce; ``is_genuine`` tells the gate's approvals.
        """
        if signer.worthless and not is_loopback(url):
            raise SigningError("A generated demo key must not be used off this computer.", "Enter an API wallet's key.")
        self.health = LinkHealth()
        self.expiry = Expiry()
        self._offsets: deque[float] = deque(maxlen=OFFSETS)
        self._bus = bus
        self._clock = clock
        self._network = network
        self._signer = signer
        self._address = address.lower()
        self._reserve_nonce = reserve_nonce
        self._is_genuine = is_genuine
        self._client = Client(url, clock, self.health, budget or WeightBudget(clock), client_timing, jitter, failpoints)
        self._queries = AccountQueries(self._client, clock, self._address)
        self._poll_every = poll_every
        self._allowance_every = allowance_every
        self._jitter = jitter
        self._instruments: dict[str, Instrument] = {}
        self._chores = Chores(bus.publish)
        self._pulling: asyncio.Task[None] | None = None
        self._down = asyncio.Event()
        self._down.set()
        self._lost_ms = clock.now_ms()
        self._socket = Socket(
            socket_url(url),
            clock,
            self.health,
            name="account",
            heard=self._hear,
            changed=self._link_changed,
            ready=self._line_ready,
            timing=socket_timing,
            jitter=jitter,
        )

    @property
    def address(self) -> str:
        return self._address

    # --- life ---

    async def start(self) -> None:
        """Load instruments and the signing library, retrying as long as it takes, then open the account's socket."""
        await asyncio.to_thread(signing.load_libraries)
        while not self._instruments:
            try:
                await self._load_instruments()
            except VenueError as error:
                log.warning("instruments are not known yet: %s", error)
                await self._clock.sleep(1.0 + self._jitter())
        for stream in STREAMS:
            self._socket.subscribe({"type": stream, "user": self._address})
        self._socket.start()
        self._chores.start(self._poll_while_down(), "poll account while down")
        self._chores.start(self._watch_allowance(), "request allowance")

    async def stop(self) -> None:
        await self._chores.stop()
        await self._socket.stop()
        await self._client.close()

    async def _load_instruments(self) -> None:
        found, _ = read_meta(await self._client.info("meta"))
        for coin, instrument in found.items():
            known = self._instruments.get(coin)
            if known is not None and (known.asset, known.size_decimals) != (instrument.asset, instrument.size_decimals):
                sentence = f"{coin} changed its number or lot at the exchange, from {known} to {instrument}."
                self._bus.publish(Notice(Severity.WARNING, sentence, "VEN-006"))
        self._instruments = found or self._instruments

    # --- preparing: no wire is touched ---

    def prepare_orders(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> Prepared:
        """Raises InvariantBroken for an approval that is not the gate's, SigningError for a wrong signature."""
        orders = tuple(self._order(item) for item in approved)
        action = actions.place(orders, grouping, self._instruments)
        return self._prepare(ActionKind.ORDER, action, [self._item(order) for order in orders])

    def prepare_modify(self, target: CancelTarget, approved: Approved) -> Prepared:
        order = self._order(approved)
        action = actions.modify(target, order, self._instruments)
        return self._prepare(ActionKind.MODIFY, action, [self._item(order)])

    def prepare_cancel(self, targets: Sequence[CancelTarget]) -> Prepared:
        action = actions.cancel(targets, self._instruments)
        return self._prepare(ActionKind.CANCEL, action, [self._about(one.coin, one.name) for one in targets])

    def prepare_leverage(self, coin: str, leverage: Leverage) -> Prepared:
        action = actions.update_leverage(coin, leverage, self._instruments)
        return self._prepare(ActionKind.LEVERAGE, action, [self._about(coin, coin)])

    def prepare_isolated_margin(self, coin: str, amount: Decimal) -> Prepared:
        """Add (positive) or take back (negative) isolated margin, USD."""
        action = actions.update_isolated_margin(coin, amount, self._instruments)
        return self._prepare(ActionKind.MARGIN, action, [self._about(coin, coin)])

    def prepare_noop(self, nonce: int) -> Prepared:
        """Uses up a nonce that another action was signed with. It changes nothing, so it need not expire."""
        return self._sign(ActionKind.NOOP, actions.noop(), nonce, None, [ActionItem(str(nonce))])

    def prepare_schedule_cancel(self, time_ms: int | None) -> Prepared:
        """Have the venue cancel every open order, stops too, at ``time_ms``; None takes that back."""
        return self._prepare(ActionKind.SCHEDULE_CANCEL, actions.schedule_cancel(time_ms), [ActionItem("account")])

    def _order(self, approved: Approved) -> Order:
        if not self._is_genuine(approved):
            raise InvariantBroken("An order reached the exchange adapter without the risk gate's approval.")
        return approved.order

    def _about(self, coin: str, subject: str) -> ActionItem:
        listed = actions.instrument(self._instruments, coin)
        return ActionItem(subject, AssetSnapshot(coin, listed.asset, listed.size_decimals))

    def _item(self, order: Order) -> ActionItem:
        named = self._about(order.coin, order.client_order_id)
        return replace(named, price=wire_text(order.price), size=wire_text(order.size), order=order)

    def _prepare(self, kind: ActionKind, action: actions.Action, items: Sequence[ActionItem]) -> Prepared:
        now_ms = self._venue_ms()
        entering = any(item.order is not None and item.order.purpose is Purpose.ENTRY for item in items)
        protecting = kind is ActionKind.CANCEL or (not entering and any(item.order for item in items))
        seconds = self.expiry.exit_seconds if protecting else self.expiry.entry_seconds
        expires_ms = now_ms + int(seconds * 1000 * self._clock.speed)
        return self._sign(kind, action, self._reserve_nonce(now_ms), expires_ms, items)

    def _sign(
        self, kind: ActionKind, action: actions.Action, nonce: int, expires_ms: int | None, items: Sequence[ActionItem]
    ) -> Prepared:
        signature = self._signer.sign(action, nonce, expires_ms, self._network)
        body = msgspec.json.encode(
            {
                "action": action,
                "nonce": nonce,
                "signature": {"r": signature.r, "s": signature.s, "v": signature.v},
                "vaultAddress": None,
                "expiresAfter": expires_ms,
            }
        )
        return Prepared(kind, body, hashlib.sha256(body).hexdigest(), nonce, expires_ms, tuple(items))

    def _venue_ms(self) -> int:
        """Now by the venue's clock, as far as it is known: expiries and nonces are judged by it."""
        return self._clock.now_ms() + int(self.health.clock_offset_ms or 0)

    def _learn_time(self, venue_ms: int, asked_ms: int) -> None:
        """The stamp was made between the asking and now; its middle is the best guess."""
        self._offsets.append(venue_ms - (asked_ms + self._clock.now_ms()) / 2)
        self.health.clock_offset_ms = max(self._offsets)

    # --- sending ---

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        """Once, exactly these bytes. One reply per item.

        Raises VenueUnreachable (nothing left), RateLimited (nothing was done), OutcomeUnknown (ask, never repeat).
        """
        items = len(prepared.items)
        priority = _priority(prepared)
        if priority is Priority.ENTRY:
            why = requests_refusal(self.health.address_used, self.health.address_limit, items)
            if why is not None:
                raise RateLimited(f"{why} Nothing was sent.")
        try:
            raw = await self._client.act(prepared.body, action_weight(items), priority)
        except VenueRefused as refusal:
            return (OrderReply(ReplyKind.REJECTED, text=refusal.sentence),) * items
        if self.health.address_used is not None:
            self.health.address_used += items * (EXPIRED_REQUESTS if replies.says_expired(raw) else 1)
        if replies.says_nonce_used(raw):
            raise NonceUsed("The exchange has seen this request's number before.", "It is being looked up.")
        try:
            return replies.read_reply(raw, prepared)
        except UnrecognisedReply as error:
            raise OutcomeUnknown(error.sentence, "It is being looked up.") from error

    # --- asking ---

    async def account(self) -> Account:
        asked_ms = self._clock.now_ms()
        account = await self._queries.account()
        self._learn_time(account.time_ms, asked_ms)
        return account

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return tuple(order for order in await self._queries.open_orders() if order.coin in self._instruments)

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        return self._of_perpetuals(await self._queries.fills(since_ms))

    async def funding(self, since_ms: int) -> tuple[FundingPayment, ...]:
        return await self._queries.funding(since_ms)

    async def cash_moves(self, since_ms: int) -> tuple[CashMove, ...]:
        return await self._queries.cash_moves(since_ms)

    async def order_status(self, client_order_id: str) -> VenueOrder | None:
        return await self._queries.order_status(client_order_id)

    async def fee_rates(self) -> FeeRates:
        return await self._queries.fee_rates()

    async def leverage(self, coin: str) -> Leverage:
        return await self._queries.leverage(coin)

    def _of_perpetuals(self, fills: tuple[Fill, ...]) -> tuple[Fill, ...]:
        """Spot fills pay fees in coins and belong to another wallet: they are not this account's money."""
        return tuple(fill for fill in fills if fill.coin in self._instruments)

    # --- streams ---

    def _hear(self, fact: Any) -> None:
        match fact:
            case FillsReported(fills=fills):
                fact = FillsReported(self._of_perpetuals(fills))
            case OpenOrdersSnapshot(orders=orders, time_ms=time_ms):
                fact = OpenOrdersSnapshot(tuple(o for o in orders if o.coin in self._instruments), time_ms)
            case OrderReported(order=order) if order.coin not in self._instruments:
                return
        self._bus.publish(fact)

    def _link_changed(self, change: LinkChanged) -> None:
        if change.state is LinkState.CONNECTED:
            self._down.clear()
        elif not self._down.is_set():
            self._down.set()
            self._lost_ms = self._clock.now_ms()
            if self._pulling is not None:
                self._pulling.cancel()
        self._bus.publish(AccountLinkChanged(change.state, change.sentence, change.attempt, change.retry_in_seconds))

    def _line_ready(self, offline: float) -> None:
        self._pulling = self._chores.start(self._pull(offline), "pull account")

    async def _pull(self, offline: float) -> None:
        """After an outage the streams' own first frames are not enough: the venue is asked, until it answers."""
        while offline:
            try:
                await self._load_instruments()
                await self._publish_since(self._lost_ms - OVERLAP_MS)
                break
            except VenueError as error:
                log.warning("the account could not be pulled after the outage, trying again: %s", error)
                await self._clock.sleep(1.0 + self._jitter())
        self._bus.publish(AccountResynchronised(offline))

    async def _publish_since(self, since_ms: int) -> None:
        fills, funding, cash = await asyncio.gather(
            self.fills(since_ms), self.funding(since_ms), self.cash_moves(since_ms)
        )
        self._bus.publish(CashMoved(cash))
        self._bus.publish(FillsReported(fills))
        self._bus.publish(FundingReported(funding))
        await self._publish_state()

    async def _publish_state(self) -> None:
        asked_ms = self._clock.now_ms()
        orders, account = await asyncio.gather(self.open_orders(), self.account())
        self._bus.publish(OpenOrdersSnapshot(orders, asked_ms))
        self._bus.publish(AccountSnapshot(account))

    async def _poll_while_down(self) -> None:
        """While the line is down the account's state comes from queries."""
        while True:
            await self._down.wait()
            await self._clock.sleep(self._poll_every)
            if not self._down.is_set():
                continue
            try:
                await self._publish_state()
            except VenueError as error:
                log.info("polling the account failed: %s", error)

    async def _watch_allowance(self) -> None:
        while True:
            try:
                self.health.address_used, self.health.address_limit = await self._queries.allowance()
            except VenueError as error:
                log.info("the request allowance could not be read: %s", error)
            await self._clock.sleep(self._allowance_every)


def _priority(prepared: Prepared) -> Priority:
    """By the least urgent of its orders; what carries none (cancels, margin) protects, but for a leverage change."""
    purposes = {order.purpose for order in prepared.orders}
    if Purpose.ENTRY in purposes or prepared.kind is ActionKind.LEVERAGE:
        return Priority.ENTRY
    return Priority.CLOSE if purposes & {Purpose.REDUCE, Purpose.CLOSE} else Priority.PROTECT
