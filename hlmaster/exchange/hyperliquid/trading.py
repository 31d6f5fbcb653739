"""One account at Hyperliquid: signed actions out, the account's own streams in."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import (
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
    BooksInDoubt,
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
from hlmaster.core.model import Account, FeeRates, Leverage
from hlmaster.core.orders import (
    ActionKind,
    Approved,
    CashMove,
    Fill,
    FundingPayment,
    OrderReply,
    Prepared,
    Purpose,
    ReplyKind,
    VenueOrder,
)
from hlmaster.exchange.hyperliquid import replies, signing
from hlmaster.exchange.hyperliquid.budget import Priority, WeightBudget, action_weight, requests_refusal
from hlmaster.exchange.hyperliquid.chores import Chores
from hlmaster.exchange.hyperliquid.client import Client, ClientTiming, is_loopback
from hlmaster.exchange.hyperliquid.instruments import read_meta
from hlmaster.exchange.hyperliquid.listed import Listed
from hlmaster.exchange.hyperliquid.preparing import Preparing
from hlmaster.exchange.hyperliquid.queries import AccountQueries
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.socket import Socket, SocketTiming, socket_url
from hlmaster.exchange.hyperliquid.venue_time import WITNESSES

log = logging.getLogger(__name__)
EXPIRED_REQUESTS = 5
"""What an action that arrives after its expiry is counted as."""
LONGEST_PULL_PAUSE = 4.0
MOMENT = 0.01
QUIET_SECONDS = 5.0
"""After so long without a statement of the account one is asked for: a line can look alive and be dead."""
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


class HyperliquidTrading(Preparing):
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
        listed: Listed | None = None,
        socket_timing: SocketTiming | None = None,
        client_timing: ClientTiming | None = None,
        poll_every: float = 10.0,
        allowance_every: float = 60.0,
        jitter: Callable[[], float] = random.random,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        """``address``: the account that is traded and queried, never an API wallet's own. Raises SigningError."""
        if signer.worthless and not is_loopback(url):
            raise SigningError("A generated demo key must not be used off this computer.", "Enter an API wallet's key.")
        super().__init__(clock, network, signer, reserve_nonce, is_genuine)
        self._bus = bus
        bus.subscribe(BooksInDoubt, lambda fact: self._client.budget.hurry(fact.doubted))
        self._address = address.lower()
        self._client = Client(url, clock, self.health, budget or WeightBudget(clock), client_timing, jitter, failpoints)
        self._queries = AccountQueries(self._client, clock, self._address)
        self._listed = listed or Listed(clock)
        self._poll_every = poll_every
        self._allowance_every = allowance_every
        self._jitter = jitter
        self._chores = Chores(bus.publish)
        self._pulling: asyncio.Task[None] | None = None
        self._down = asyncio.Event()
        self._down.set()
        self._lost_ms = clock.now_ms()
        self._stated_at = clock.monotonic()
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
        self._chores.start(self._ask_when_quiet(), "ask a quiet account")
        self._chores.start(self._watch_allowance(), "request allowance")

    async def stop(self) -> None:
        await self._chores.stop()
        await self._socket.stop()
        await self._client.close()

    async def _load_instruments(self) -> None:
        try:
            markets = read_meta(await self._client.info("meta"))
        except UnrecognisedReply:
            self._instruments = self._listed.fall_back()
            if not self._instruments:
                raise
            return
        for coin, instrument in markets.found.items():
            known = self._instruments.get(coin)
            if known is not None and (known.asset, known.size_decimals) != (instrument.asset, instrument.size_decimals):
                sentence = f"{coin} changed its number or lot at the exchange, from {known} to {instrument}."
                self._bus.publish(Notice(Severity.WARNING, sentence, "VEN-006"))
        self._instruments = self._listed.take(markets)

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
        """One whose time is not believed is asked for again: it may be nonsense, or our clock was set wrong."""
        for _ in range(WITNESSES):
            asked_ms = self._clock.now_ms()
            account = await self._queries.account()
            if self._learn_time(account.time_ms, asked_ms):
                break
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
        """Also by the name that an order without a client id goes by, ``oid:7``."""
        venue_id = client_order_id.removeprefix("oid:")
        return await self._queries.order_status(client_order_id if venue_id == client_order_id else int(venue_id))

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
            case AccountSnapshot():
                self._stated_at = self._clock.monotonic()
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
        pause = 1.0
        while offline:
            try:
                await self._load_instruments()
                await self._publish_since(self._lost_ms - OVERLAP_MS)
                break
            except VenueError as error:
                log.warning("the account could not be pulled after the outage, trying again: %s", error)
                await self._clock.sleep(pause * (1.0 + self._jitter()))
                pause = min(2 * pause, LONGEST_PULL_PAUSE)
        self._bus.publish(AccountResynchronised(offline))

    async def _publish_since(self, since_ms: int) -> None:
        """One after the other: a venue in trouble is not asked everything at once, for every try costs budget."""
        self._bus.publish(CashMoved(await self.cash_moves(since_ms)))
        self._bus.publish(FillsReported(await self.fills(since_ms)))
        self._bus.publish(FundingReported(await self.funding(since_ms)))
        await self._publish_state()

    async def _publish_state(self) -> None:
        asked_ms = self._clock.now_ms()
        orders, account = await self.open_orders(), await self.account()
        # A reader that lags dates its statement, and what it does not list yet is not missing.
        self._bus.publish(OpenOrdersSnapshot(orders, min(asked_ms, account.time_ms)))
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

    async def _ask_when_quiet(self) -> None:
        """A light question: orders may have filled behind a silence, and their position wants a stop."""
        while True:
            quiet = self._clock.monotonic() - self._stated_at
            if quiet < QUIET_SECONDS:
                await self._clock.sleep(QUIET_SECONDS - quiet + MOMENT)
                continue
            self._stated_at = self._clock.monotonic()
            try:
                self._bus.publish(AccountSnapshot(await self.account()))
            except VenueError as error:
                log.info("the account, from which nothing was heard, could not be asked for: %s", error)

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
