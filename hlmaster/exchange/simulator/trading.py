"""Paper trading: a private account matched in process against what a real market shows on the bus.

No signature and no wire: a prepared body is the action itself, carried out when it is sent. Orders that would have to
be matched are refused while the coin's book is stale, and triggers wait until it is fresh again; nothing ever fills
against old data. Funding is charged at each full hour that the program lives through, at the rate and oracle of the
market; hours in which it was closed charge nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.errors import NonceUsed, VenueRefused
from hlmaster.core.events import (
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    CashMoved,
    FillsReported,
    FundingReported,
    OpenOrdersSnapshot,
    OrderReported,
    Trades,
)
from hlmaster.core.model import Account, FeeRates, Leverage
from hlmaster.core.orders import (
    Approved,
    CashMove,
    Fill,
    FundingPayment,
    OrderReply,
    Prepared,
    ReplyKind,
    VenueOrder,
)
from hlmaster.core.ports import LinkHealth
from hlmaster.core.rounding import to_decimal
from hlmaster.exchange.simulator import translation
from hlmaster.exchange.simulator.accounts import Trader
from hlmaster.exchange.simulator.engine import Engine
from hlmaster.exchange.simulator.events import FillRow, FundingRow, LedgerRow, OrderView
from hlmaster.exchange.simulator.grid import Grid
from hlmaster.exchange.simulator.matching import BookOrder
from hlmaster.exchange.simulator.orders import NewOrder, Refusal, Reply
from hlmaster.exchange.simulator.paper_actions import (
    Action,
    Cancel,
    Modify,
    MoveMargin,
    Noop,
    Place,
    ScheduleCancel,
    SetLeverage,
)
from hlmaster.exchange.simulator.paper_preparing import Listed, PaperPreparing
from hlmaster.exchange.simulator.prices import RATE_DECIMALS
from hlmaster.exchange.simulator.shown_book import ShownBook

ADDRESS = "0x" + b"paper account".hex().rjust(40, "0")
SNAPSHOT_MS = 1_000
KEPT_ROWS = 500
KEPT_NONCES = 100
EXPIRED = "Action already expired"


class PaperTrading(PaperPreparing):
    """``core.ports.Trading`` for one paper account.

    ``instruments`` is a mapping, or a function that gives it, read at ``start``. ``state`` is the document last given
    to ``save``, which is called after every change and before it is told; None opens a fresh account with
    ``start_balance`` USD. ``is_genuine`` tells the gate's approvals.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        instruments: Listed,
        start_balance: Decimal,
        state: dict[str, Any] | None,
        save: Callable[[dict[str, Any]], None],
        is_genuine: Callable[[Approved], bool] | None = None,
    ) -> None:
        super().__init__(clock, instruments, is_genuine)
        self.health = LinkHealth()
        self._bus = bus
        self._start_balance = start_balance
        self._state = state
        self._save = save
        self._nonces: deque[int] = deque(maxlen=KEPT_NONCES)
        self._subscriptions: list[Callable[[], None]] = []
        self._engine: Engine | None = None
        self._books: dict[str, ShownBook] = {}
        self._rates: dict[str, Decimal] = {}
        self._funded_hour = 0
        self._told_ms = 0

    @property
    def address(self) -> str:
        return ADDRESS

    async def start(self) -> None:
        """Take the account up. Raises VenueRefused when the market's instruments are not known yet."""
        listed = self._listed() if callable(self._listed) else self._listed
        if not listed:
            raise VenueRefused("Paper trading cannot start before the market's coins are known.")
        instruments = {coin: replace(one, asset=number) for number, (coin, one) in enumerate(listed.items())}
        self._tradable = instruments
        self._books = {coin: ShownBook(Grid(one.size_decimals), self._clock.speed) for coin, one in instruments.items()}
        now_ms = self._clock.now_ms()
        self._engine = Engine(instruments, self._books, now_ms, lambda *_: None, lambda *_: None)
        self._funded_hour = now_ms // HOUR_MS
        if self._state is None:
            self._engine.treasury.deposit(ADDRESS, self._start_balance)
        else:
            self._restore(self._engine, self._state)
        subscribe = self._bus.subscribe
        self._subscriptions = [
            subscribe(BookSnapshot, self._on_book),
            subscribe(BestQuote, self._on_quote),
            subscribe(Trades, self._on_trades),
            subscribe(AssetContext, self._on_context),
        ]
        self._settle(whole=True)

    async def stop(self) -> None:
        for unsubscribe in self._subscriptions:
            unsubscribe()
        self._subscriptions = []

    @property
    def _floor_engine(self) -> Engine:
        if self._engine is None:
            raise VenueRefused("Paper trading has not started.")
        return self._engine

    def _trader(self) -> Trader:
        return self._floor_engine.floor.traders.open(ADDRESS)

    # --- what the market shows ---

    def _on_book(self, book: BookSnapshot) -> None:
        if (shown := self._books.get(book.coin)) is not None:
            shown.on_book(book, self._clock.now_ms())
            self._market_moved(book.coin, shown.reached_by_quotes())

    def _on_quote(self, quote: BestQuote) -> None:
        if (shown := self._books.get(quote.coin)) is not None:
            shown.on_quote(quote, self._clock.now_ms())
            self._market_moved(quote.coin, shown.reached_by_quotes())

    def _on_trades(self, trades: Trades) -> None:
        if (shown := self._books.get(trades.coin)) is not None:
            self._market_moved(trades.coin, shown.reached_by_trades(trades.trades))

    def _market_moved(self, coin: str, due: bool) -> None:
        engine = self._floor_engine
        if coin not in engine.floor.marks:
            return
        self._tick()
        if due:
            engine.settlement.take(coin, BookOrder(0, None, True, 0, 0))
        if engine.lifecycle.waiting[coin] and self._is_fresh(coin):
            engine.watch_triggers(coin)
        self._settle()

    def _on_context(self, context: AssetContext) -> None:
        engine, coin = self._floor_engine, context.coin
        if coin not in self._books:
            return
        self._tick()
        self._rates[coin] = to_decimal(context.funding_rate, RATE_DECIMALS)
        factor, snap = engine.floor.grids[coin].ticks_per_unit, engine.floor.grids[coin].snap
        engine.floor.marks[coin] = snap(context.mark_price * factor)
        engine.floor.oracles[coin] = snap(context.oracle_price * factor)
        if self._is_fresh(coin):
            engine.watch_triggers(coin)
            if self._prices_known():
                engine.liquidate()
        self._settle()
        if coin in self._trader().account.holdings and self._clock.now_ms() - self._told_ms >= SNAPSHOT_MS:
            self._tell_account()

    def _tick(self) -> None:
        """Bring the account's time up to now; at a new hour funding is due."""
        floor = self._floor_engine.floor
        floor.now_ms = max(floor.now_ms, self._clock.now_ms())
        self._floor_engine.fire_schedules()
        hour = floor.now_ms // HOUR_MS
        if hour == self._funded_hour:
            return
        self._funded_hour = hour
        for coin in list(self._trader().account.holdings):
            if coin in self._rates and coin in floor.oracles:
                self._floor_engine.treasury.charge_funding(coin, self._rates[coin])

    def _is_fresh(self, coin: str) -> bool:
        return self._books[coin].is_fresh(self._clock.now_ms())

    def _prices_known(self) -> bool:
        """Right after a start positions may still lack a mark; until then nothing can be valued."""
        marks = self._floor_engine.floor.marks
        return all(coin in marks for coin in self._trader().account.holdings)

    # --- sending ---

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        """Carried out at once; saved before it is told or answered. Raises NonceUsed for a nonce seen before."""
        action = msgspec.json.decode(prepared.body, type=Action)
        if prepared.nonce in self._nonces:
            raise NonceUsed("Paper trading has seen this request's number before.", "It is being looked up.")
        self._nonces.append(prepared.nonce)
        self._tick()
        floor = self._floor_engine.floor
        if prepared.expires_ms is not None and floor.now_ms > prepared.expires_ms:
            replies = (OrderReply(ReplyKind.REJECTED, text=EXPIRED),) * len(prepared.items)
        else:
            replies = self._carry_out(action)
        self._settle(acted=True)
        return replies

    def _carry_out(self, action: Action) -> tuple[OrderReply, ...]:
        engine = self._floor_engine
        placing, treasury = engine.placing, engine.treasury
        match action:
            case Place(orders, grouping):
                replies = self._stale(orders) or placing.place(ADDRESS, orders, grouping)
                if len(replies) < len(orders):
                    replies = list(replies) * len(orders)
                return tuple(translation.order_reply(reply) for reply in replies)
            case Modify(changes):
                refused = self._stale([order for _, order in changes]) * len(changes)
                return tuple(map(translation.order_reply, refused)) or tuple(
                    translation.order_reply(placing.modify(ADDRESS, old, order, always_place=False))
                    for old, order in changes
                )
            case Cancel(targets):
                return tuple(translation.done_reply(placing.cancel(ADDRESS, *target)) for target in targets)
            case SetLeverage(asset, leverage):
                return (translation.done_reply(treasury.update_leverage(ADDRESS, asset, leverage)),)
            case MoveMargin(asset, usd):
                return (translation.done_reply(treasury.update_isolated_margin(ADDRESS, asset, usd)),)
            case ScheduleCancel(time_ms):
                return (translation.done_reply(engine.schedule_cancel(ADDRESS, time_ms)),)
            case Noop():
                return (OrderReply(ReplyKind.DONE),)

    def _stale(self, orders: Sequence[NewOrder]) -> list[Reply]:
        """A refusal for the whole batch where one order would be matched against old data."""
        now_ms, floor = self._clock.now_ms(), self._floor_engine.floor
        for order in orders:
            coin = floor.coins[order.asset]
            if coin not in floor.marks:
                return [Refusal(f"Paper trading has no mark price of {coin} yet, so nothing was placed. Wait for it.")]
            if order.trigger is None and not self._books[coin].is_fresh(now_ms):
                since = self._books[coin].age(now_ms)
                text = f"Paper trading has no fresh book of {coin} ({since}), so nothing was placed."
                return [Refusal(f"{text} Wait until its data flows again.")]
        return []

    # --- telling ---

    def _settle(self, *, whole: bool = False, acted: bool = False) -> None:
        """Save what changed, then publish it as a real venue's streams would."""
        floor = self._floor_engine.floor
        changed = bool(floor.traders.take_dirty())
        events = floor.drain()
        if changed or acted:
            self._save(self.export_state())
        fills: list[Fill] = []
        for event in events:
            match event:
                case OrderView():
                    self._bus.publish(OrderReported(translation.venue_order(event)))
                case FillRow():
                    fills.append(translation.fill(event))
                case FundingRow():
                    self._bus.publish(FundingReported((translation.funding_payment(event),)))
                case LedgerRow() if event.amount:
                    self._bus.publish(CashMoved((translation.cash_move(event),)))
                case _:
                    pass
        if fills:
            self._bus.publish(FillsReported(tuple(fills)))
        if changed or whole:
            self._tell_account()
            self._bus.publish(OpenOrdersSnapshot(self._open_orders(), floor.now_ms))

    def _tell_account(self) -> None:
        if self._prices_known():
            self._told_ms = self._clock.now_ms()
            self._bus.publish(AccountSnapshot(self._account()))

    # --- asking ---

    def _account(self) -> Account:
        if not self._prices_known():
            missing = [one for one in self._trader().account.holdings if one not in self._floor_engine.floor.marks]
            raise VenueRefused(f"The paper account cannot be valued before {', '.join(missing)} has a mark price.")
        return translation.account(self._floor_engine.statements.account(ADDRESS))

    def _open_orders(self) -> tuple[VenueOrder, ...]:
        view = self._floor_engine.floor.view
        return tuple(translation.venue_order(view(order)) for order in self._trader().orders.values())

    async def account(self) -> Account:
        """Raises VenueRefused while an open position has no mark price yet."""
        return self._account()

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return self._open_orders()

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        return tuple(translation.fill(row) for row in self._trader().fills if row.time_ms >= since_ms)

    async def funding(self, since_ms: int) -> tuple[FundingPayment, ...]:
        return tuple(translation.funding_payment(row) for row in self._trader().funding if row.time_ms >= since_ms)

    async def cash_moves(self, since_ms: int) -> tuple[CashMove, ...]:
        rows = (row for row in self._trader().ledger if row.time_ms >= since_ms and row.amount)
        return tuple(translation.cash_move(row) for row in rows)

    async def order_status(self, client_order_id: str) -> VenueOrder | None:
        venue_id = client_order_id.removeprefix("oid:")
        name = client_order_id if venue_id == client_order_id else int(venue_id)
        view = self._floor_engine.statements.order(ADDRESS, name)
        return None if view is None else translation.venue_order(view)

    async def fee_rates(self) -> FeeRates:
        return self._trader().volumes.rates(self._clock.now_ms())

    async def leverage(self, coin: str) -> Leverage:
        self._asset(coin)
        return self._trader().account.leverage(coin)

    # --- memory ---

    def export_state(self) -> dict[str, Any]:
        """JSON-able; the newest 500 rows of each history are kept."""
        engine = self._floor_engine
        traders = engine.floor.traders
        rows = {name: kept[-KEPT_ROWS:] for name, kept in traders.all_rows(ADDRESS).items()}
        return {
            "counters": engine.floor.export_counters(),
            "account": traders.export(ADDRESS),
            "rows": rows,
            "nonces": list(self._nonces),
        }

    def _restore(self, engine: Engine, state: Mapping[str, Any]) -> None:
        """Coins may have moved in the venue's list since; orders follow their coin."""
        engine.floor.restore_counters(state["counters"])
        self._nonces.extend(state.get("nonces", ()))
        self._last_nonce = max(self._nonces, default=0)
        engine.restore_user(ADDRESS, state["account"], state["rows"])
        for order in engine.floor.traders.open(ADDRESS).orders.values():
            order.asset = engine.floor.asset_of(order.coin)
        engine.rest_restored()
