"""A real desk that trades with a venue in memory, for panels that place, change and close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from PySide6.QtWidgets import QWidget

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import OutcomeUnknown
from hlmaster.core.events import (
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    FillsReported,
    Level,
    LinkChanged,
    LinkState,
    Notice,
)
from hlmaster.core.margin import liquidation_price
from hlmaster.core.model import Account, FeeRates, Instrument, Leverage, MarginMode, MarginTier, Mode, Position, Side
from hlmaster.core.orders import (
    ActionItem,
    ActionKind,
    ApprovalMint,
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
    OrderStatus,
    Prepared,
    ReplyKind,
    VenueOrder,
)
from hlmaster.core.ports import LinkHealth
from hlmaster.desk.desk import Desk
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.settings import Settings
from hlmaster.storage.vault.entries import Vault
from hlmaster.ui import theme
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from tests.trading.scenes import MemoryStore
from tests.ui.market_desk import PRICES, MemoryJournal, MemoryMarketData, instruments

D = Decimal
ZERO = Decimal(0)
NOW = 1_790_000_040_000
TIERS = (MarginTier(D(0), 25),)
ADDRESS = "0x" + "1" * 40
PATIENCE = 4_000
"""Turns of five milliseconds that ``until`` waits before it gives up."""


@dataclass(slots=True)
class Held:
    size: Decimal = ZERO
    entry: Decimal = ZERO


class MemoryVenue:
    """One account that trades at the best price told. ``gate`` holds replies back while it is closed."""

    def __init__(self, bus: Bus, clock: SystemClock) -> None:
        self.health = LinkHealth()
        self.address = ADDRESS
        self.sent: list[Prepared] = []
        self.reply: OrderReply | None = None
        """Answer this to every order instead of trading."""
        self.loses_answers = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.quotes: dict[str, tuple[Decimal, Decimal]] = {}
        self.held: dict[str, Held] = {}
        self.open: dict[str, VenueOrder] = {}
        self.leverages: dict[str, Leverage] = {}
        self.booked: list[Fill] = []
        self._bus, self._clock = bus, clock
        self._ids = iter(range(1, 10**9))
        self._nonces = iter(range(NOW, NOW + 10**9))
        self.expiry = Expiry()
        self.cash = D(10_000)

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None

    # --- what it says ---

    async def account(self) -> Account:
        positions = tuple(self._position(coin, held) for coin, held in self.held.items() if held.size)
        unrealised = sum((p.unrealised for p in positions), D(0))
        used = sum((p.margin_used for p in positions), D(0))
        equity = self.cash + unrealised
        notional = sum((p.position_value for p in positions), D(0))
        return Account(ADDRESS, self._clock.now_ms(), equity, equity - used, used, notional / 50, notional, positions)

    def _position(self, coin: str, held: Held) -> Position:
        bid, ask = self.quotes[coin]
        mark, leverage = (bid + ask) / 2, self.leverages.get(coin, Leverage(MarginMode.CROSS, 5))
        value = abs(held.size) * mark
        unrealised = held.size * (mark - held.entry)
        margin = value / leverage.value
        liquidated = liquidation_price(TIERS, held.size, mark, margin)
        return Position(coin, held.size, held.entry, leverage, value, unrealised, margin, liquidated)

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return tuple(self.open.values())

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        return tuple(fill for fill in self.booked if fill.time_ms >= since_ms)

    async def funding(self, since_ms: int) -> tuple[FundingPayment, ...]:
        return ()

    async def cash_moves(self, since_ms: int) -> tuple[CashMove, ...]:
        return (CashMove(NOW - 1, D(10_000), "deposit", "faucet"),)

    async def order_status(self, client_order_id: str) -> VenueOrder | None:
        return self.open.get(client_order_id)

    async def fee_rates(self) -> FeeRates:
        return FeeRates()

    async def leverage(self, coin: str) -> Leverage:
        return self.leverages.get(coin, Leverage(MarginMode.CROSS, 5))

    # --- what it is told ---

    def _prepared(self, kind: ActionKind, *items: ActionItem) -> Prepared:
        expires = self._clock.now_ms() + 15_000
        return Prepared(kind, b"{}", "hash", next(self._nonces), expires, items)

    def _item(self, order: Order) -> ActionItem:
        listed = instruments()[order.coin]
        asset = AssetSnapshot(order.coin, listed.asset, listed.size_decimals)
        return ActionItem(order.client_order_id, asset, str(order.price), str(order.size), order)

    def prepare_orders(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> Prepared:
        return self._prepared(ActionKind.ORDER, *(self._item(one.order) for one in approved))

    def prepare_modify(self, changes: Sequence[tuple[CancelTarget, Approved]]) -> Prepared:
        return self._prepared(ActionKind.MODIFY, *(self._item(approved.order) for _, approved in changes))

    def prepare_cancel(self, targets: Sequence[CancelTarget]) -> Prepared:
        return self._prepared(ActionKind.CANCEL, *(ActionItem(target.name) for target in targets))

    def prepare_leverage(self, coin: str, leverage: Leverage) -> Prepared:
        self.leverages[coin] = leverage
        return self._prepared(ActionKind.LEVERAGE, ActionItem(coin))

    def prepare_isolated_margin(self, coin: str, amount: Decimal) -> Prepared:
        return self._prepared(ActionKind.MARGIN, ActionItem(coin))

    def prepare_noop(self, nonce: int) -> Prepared:
        return self._prepared(ActionKind.NOOP, ActionItem(str(nonce)))

    def prepare_schedule_cancel(self, time_ms: int | None) -> Prepared:
        return self._prepared(ActionKind.SCHEDULE_CANCEL, ActionItem("account"))

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        self.sent.append(prepared)
        await self.gate.wait()
        if self.loses_answers:
            raise OutcomeUnknown("The answer was lost.")
        if prepared.kind is ActionKind.CANCEL:
            return tuple(self._cancel(item.subject) for item in prepared.items)
        if not prepared.orders:
            return (OrderReply(ReplyKind.DONE),)
        replies = tuple(self.take(order) for order in prepared.orders)
        self._bus.publish(AccountSnapshot(await self.account()))
        return replies

    def _cancel(self, name: str) -> OrderReply:
        gone = self.open.pop(name, None)
        return OrderReply(ReplyKind.DONE) if gone else OrderReply(ReplyKind.REJECTED, text="It was already gone.")

    def take(self, order: Order) -> OrderReply:
        if self.reply is not None:
            return self.reply
        number = next(self._ids)
        bid, ask = self.quotes[order.coin]
        crosses = order.price >= ask if order.side is Side.BUY else order.price <= bid
        if order.trigger is None and crosses:
            price = ask if order.side is Side.BUY else bid
            self.fill(order, number, price)
            return OrderReply(ReplyKind.FILLED, number, order.size, price)
        status = OrderStatus.RESTING if order.trigger is None else OrderStatus.WAITING
        self.open[order.client_order_id] = VenueOrder(
            order.coin,
            order.side,
            order.price,
            order.size,
            order.size,
            number,
            order.client_order_id,
            self._clock.now_ms(),
            order.reduce_only,
            order.trigger,
            status=status,
        )
        return OrderReply(ReplyKind.RESTING if order.trigger is None else ReplyKind.WAITING, number)

    def fill(self, order: Order, number: int, price: Decimal, *, maker: bool = False) -> None:
        held = self.held.setdefault(order.coin, Held())
        before, signed = held.size, order.size * order.side.sign
        if before * signed >= 0:
            held.entry = (abs(before) * held.entry + order.size * price) / (abs(before) + order.size)
            closed = D(0)
        else:
            closed = min(abs(before), order.size) * (price - held.entry) * (1 if before > 0 else -1)
        held.size += signed
        if held.size * before < 0:
            held.entry = price
        fee = order.size * price * (FeeRates().maker if maker else FeeRates().taker)
        self.cash += closed - fee
        now, trade = self._clock.now_ms(), next(self._ids)
        key = order.client_order_id
        fill = Fill(order.coin, order.side, price, order.size, now, trade, number, key, fee, closed, before, maker)
        self.booked.append(fill)
        self._bus.publish(FillsReported((fill,)))


UNPROTECTED = Settings.model_validate({"protection": {"stop": "off"}})
"""For panels whose tests count what is sent."""


class TradingScene:
    """A started desk, its venue, and a context for panels. ``notices`` holds what the user was told."""

    def __init__(self, settings: Settings, folder: Path = Path("unused"), counsel: Vault | None = None) -> None:
        self.clock, self.bus = SystemClock(start_ms=NOW, wall_ms=None), Bus()
        self.venue = MemoryVenue(self.bus, self.clock)
        self.market_data = MemoryMarketData(self.clock)  # type: ignore[arg-type]
        self.market_data.listed = instruments()
        self.store = MemoryStore()
        session = SessionInfo("default", Mode.DEMO, NOW, D(10_000), folder)
        self.desk = Desk(
            Parts(
                self.bus,
                self.clock,
                ApprovalMint(),
                self.market_data,
                self.venue,
                MemoryJournal(),
                self.store,
                session,
                settings,
                counsel=counsel,
            )
        )
        self.context = Context(self.desk, Bridge(self.bus), theme.theme("dark"))
        self.context.coin = "ETH"
        self.notices: list[Notice] = []
        self.context.notified.connect(self.notices.append)

    def instrument(self, coin: str) -> Instrument:
        return self.desk.instruments[coin]

    def tell(self, coin: str = "ETH", mid: float | None = None) -> None:
        """Fresh book, quote and context around a price, one tick wide."""
        price, decimals = PRICES[coin]
        price = price if mid is None else mid
        half = 10.0 ** -(5 - len(str(int(price)))) / 2 if price >= 1 else price * 5e-5
        places = 6 - decimals
        bid, ask = round(price - half, places), round(price + half, places)
        if ask <= bid:
            ask = round(bid + 10.0**-places, places)
        now = self.clock.now_ms()
        self.venue.quotes[coin] = (D(repr(bid)), D(repr(ask)))
        bids, asks = [Level(bid, 5.0, 2)], [Level(ask, 5.0, 2)]
        for fast in (False, True):
            self.bus.publish(BookSnapshot(coin, now, bids, asks, fast))
        self.bus.publish(BestQuote(coin, now, bids[0], asks[0]))
        self.bus.publish(AssetContext(coin, price, price, price, price, 1e9, 1e6, 0.0000125, 0.0001, 1e6))

    async def account_told(self) -> None:
        self.bus.publish(AccountSnapshot(await self.venue.account()))

    def sentences(self) -> str:
        return " ".join(notice.sentence for notice in self.notices)


@asynccontextmanager
async def trading(
    *coins: str,
    settings: Settings | None = None,
    start: bool = True,
    folder: Path = Path("unused"),
    counsel: Vault | None = None,
) -> AsyncIterator[TradingScene]:
    """``counsel``: an analyst stands beside the desk, with its key there; ``folder`` then is the session's own."""
    scene = TradingScene(settings or UNPROTECTED, folder, counsel)
    if start:
        await scene.desk.start()
        await until(lambda: scene.desk.is_ready)
        scene.bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))
        for coin in coins or ("ETH",):
            scene.tell(coin)
        await scene.account_told()
        await until(lambda: set(coins or ("ETH",)) <= set(scene.desk.survey.leverages))
    try:
        yield scene
    finally:
        scene.venue.gate.set()
        await scene.context.close()
        if start:
            await scene.desk.stop()


async def until(holds: Callable[[], object]) -> None:
    """Let the loop turn until something holds; an AssertionError when it never does."""
    for _ in range(PATIENCE):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to hold")


async def settled(scene: TradingScene) -> None:
    """Until no verb is under way."""
    await until(lambda: not scene.context.is_busy)


def shown(widget: QWidget, width: int = 1200, height: int = 240) -> None:
    widget.resize(width, height)
    widget.show()


def confirming() -> Settings:
    settings = UNPROTECTED
    return settings.model_copy(update={"general": settings.general.model_copy(update={"confirm_orders": True})})


def moved(order: VenueOrder, **changes: object) -> VenueOrder:
    return replace(order, **changes)  # type: ignore[arg-type]
