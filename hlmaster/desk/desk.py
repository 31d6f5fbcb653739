"""One trading desk: parts wired, loops running, verbs offered. Faces call the verbs and listen to the bus."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hlmaster.core.errors import HlError, VenueError
from hlmaster.core.events import (
    AccountResynchronised,
    AccountSnapshot,
    ActionResolved,
    DefectKind,
    LinkChanged,
    LinkState,
    Notice,
    OrderReported,
    Refused,
    Resynchronised,
    SessionRestored,
    Severity,
    TradesSeen,
    TradingState,
)
from hlmaster.core.model import Instrument
from hlmaster.core.orders import ActionKind, Expiry, Fill
from hlmaster.core.ports import Trading
from hlmaster.desk.allowance import AllowanceWatch
from hlmaster.desk.brake import Brake
from hlmaster.desk.charts import Charts
from hlmaster.desk.clock_watch import ClockWatch
from hlmaster.desk.guard import DisconnectPolicy, Guard
from hlmaster.desk.health import Health, LinkWatch, LoopLag, percentile
from hlmaster.desk.listing import Listing
from hlmaster.desk.manual import Manual
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.overdue import Overdue
from hlmaster.desk.parts import Parts
from hlmaster.desk.protecting import LOOK_SECONDS, Protecting, refuse_off
from hlmaster.desk.recovery import Recovery
from hlmaster.desk.survey import Survey
from hlmaster.desk.tools import Tools
from hlmaster.market.feed import Feed
from hlmaster.settings import Settings
from hlmaster.trading.differences import Differences
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.flatten import Flattener, FlattenReport
from hlmaster.trading.execution.foreign import ForeignOrders, ForeignPolicy
from hlmaster.trading.execution.last_look import LastLook
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.resolver import Resolver
from hlmaster.trading.execution.settled import Settled
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.risk.gate import Gate

if TYPE_CHECKING:
    from hlmaster.desk.access_watch import AccessWatch

log = logging.getLogger(__name__)
STALENESS_SECONDS = 0.25
EQUITY_SECONDS = 2.0
CHART_SECONDS = 0.02
"""In which a chart that waits for the list of markets has asked for its candles."""
STORE_SECONDS = 1.0
"""The longest that the session waits for charts."""
LEVERAGES_AT_ONCE = 8
LEVERAGE_SECONDS = 4.0
"""Between the leverages of further coins, so that they never crowd out what trading asks."""


class Desk:
    """Built from ``Parts``; ``start`` and ``stop`` once each. Everything public here is for the faces."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.bus, self.clock, self.settings = parts.bus, parts.clock, parts.settings
        self.session, self.mode = parts.session, parts.session.mode
        self.instruments: Mapping[str, Instrument] = Listing(lambda: parts.market_data.instruments)
        self.feed = Feed(self.bus, self.clock, self.instruments)
        self.guard = Guard(self.bus, self.clock)
        self.orders = OrderTracker(self.bus, self.clock, parts.store, parts.failpoints)
        self.portfolio = Portfolio(self.bus, self.clock, self._mark, parts.store)
        self.portfolio.exit_reason = self._exit_reason
        self.survey = Survey(
            self.clock,
            self.feed,
            lambda: self.instruments,
            self.portfolio,
            self.orders,
            self._trading_state,
        )
        self.gate = Gate(self.bus, parts.mint, self.survey, lambda: self.settings.risk)
        self.resolver = Resolver(self.bus, self.clock, parts.trading, parts.journal, self.orders)
        self.recovery = Recovery(self.bus, self.guard, parts.journal, self.orders, self.resolver, self.mode)
        last_look = LastLook(
            self.gate.check, self.survey, self._venue_ms, lambda: self.settings.execution.entry_drift_percent
        )
        self.executor = Executor(
            self.bus,
            self.clock,
            parts.trading,
            parts.journal,
            self.orders,
            last_look,
            self.resolver,
            parts.failpoints,
        )
        self._settled = Settled(self.bus, parts.journal, parts.store)
        self.reconciler = Reconciler(
            self.bus, self.clock, parts.trading, self.orders, self.portfolio, parts.session.since_ms
        )
        self.differences = Differences(self.bus, parts.store)
        self.foreign = ForeignOrders(
            self.bus, self.orders, lambda: ForeignPolicy(self.settings.execution.foreign_orders)
        )
        self.flattener = self._flattener(parts.trading)
        self._access: AccessWatch | None = None
        if parts.access is not None:
            from hlmaster.desk.access_watch import AccessWatch

            self._access = AccessWatch(self.bus, self.clock, self.guard, parts.access)
        self.brake = Brake(self.bus, self.clock, self.guard, parts.halt, self.flattener)
        self.manual = Manual(
            self.bus,
            self.gate,
            self.survey,
            lambda: self.settings.risk,
            self.executor,
            self.orders,
            self.portfolio,
            self.reconciler,
            self.flattener,
            self.foreign,
        )
        self.tools = Tools(self.bus, self.clock, self.survey, self.manual, self.executor, self.orders)
        self.charts = Charts(self.clock, parts.market_data, self.feed)
        self._protecting = Protecting(
            self.bus,
            self.clock,
            self.mode,
            parts.session.folder,
            lambda: self.settings,
            self.survey,
            self.gate,
            self.executor,
            self.orders,
            self.portfolio,
            self.manual,
            self.guard,
            self.charts,
            self.feed,
        )
        self.protector = self._protecting.protector
        self.flattener.before_closing = self.protector.stand_down
        self._overdue = Overdue(self.bus, self.clock, self.orders, self.portfolio, self._reconcile_soon)
        self.lag = LoopLag(self.clock)
        self._allowance = AllowanceWatch(self.guard, parts.trading.health)
        self._clock_watch = ClockWatch(self.clock, self.guard, self._reconcile_soon)
        parts.trading.expiry = _expiry(self.settings)
        self.link = LinkWatch(self.bus, self.clock, parts.market_data.health)
        self.behind_ms_max = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._reconciling: asyncio.Task[None] | None = None
        self._watched: set[str] = set()
        self._past_replay: set[str] = set()
        """Coins whose first trades since their subscription, which are old ones, have been seen."""
        self._ready = False
        self.bus.subscribe(AccountSnapshot, self._on_account)
        self.bus.subscribe(OrderReported, self._on_order_reported)
        self.bus.subscribe(Resynchronised, lambda _: self._reconcile_soon())
        self.bus.subscribe(AccountResynchronised, lambda _: self._reconcile_soon())
        self.bus.subscribe(LinkChanged, self._on_link)
        self.bus.subscribe(ActionResolved, self._on_resolved)
        self.bus.subscribe(Refused, self._on_refused)
        self.bus.subscribe(TradesSeen, self._on_trades)
        self.guard.on_lost_connection(self._on_lost_connection)

    def _flattener(self, trading: Trading) -> Flattener:
        return Flattener(
            self.bus,
            self.clock,
            trading,
            self.gate,
            self.executor,
            self.orders,
            lambda: self.instruments,
            lambda: self.settings.risk.exit_slippage_cap_percent,
        )

    @property
    def account(self) -> str:
        """The address that is traded, lower case."""
        return self._parts.trading.address

    # --- life ---

    @property
    def is_ready(self) -> bool:
        """True once the books agree with the exchange; before, the gate refuses entries."""
        return self._ready

    async def start(self) -> None:
        """Connect, restore the session and reconcile, all in the background; what goes wrong is told as a Notice."""
        self.brake.look()
        self.recovery.look()
        self._own(self.lag.run(), "loop lag")
        if self._access is not None:
            self._own(self._access.run(), "access")
        self._own(self._settled.run(), "journal")
        self._own(self._connect(), "connect")

    async def _connect(self) -> None:
        """Keeps trying: without a network the window still opens, says what is wrong, and waits."""
        if self._parts.before is not None:
            await self._parts.before()
        await self._parts.market_data.start()
        for coin in self.settings.market.watchlist:
            self._watch_coin(coin)
        self._every(STALENESS_SECONDS, self._watch, "staleness")
        # Prices and charts first: the store's libraries take half a second to load, and neither need wait for them.
        await asyncio.sleep(CHART_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.charts.settled(), STORE_SECONDS)
        self._parts.open_store()
        await self.orders.restore()
        await self.portfolio.restore()
        await self.differences.restore()
        self.bus.publish(SessionRestored())
        await self._parts.trading.start()
        await self.recovery.take_up()
        await self.reconciler.run_until_done()
        await self._read_account_settings()
        self._ready = True
        self._own(self._read_leverages(), "leverages")
        self.tools.start()
        self.protector.start()
        self._every(LOOK_SECONDS, self._protect, "protection")
        self._every(EQUITY_SECONDS, self._sample, "equity")
        self._own(self._reconcile_forever(), "reconcile")

    async def stop(self) -> None:
        """Orderly: loops end, the venue connections close, everything queued reaches the disk. Raises StorageError."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._protecting.stop()
        await self.guard.stop()
        await self.tools.stop()
        await self.flattener.stop()
        await self.executor.stop()
        await self.resolver.stop()
        await self._parts.trading.stop()
        await self._parts.market_data.stop()
        try:
            await self._settled.close_now()
        finally:
            if self._parts.after is not None:
                await self._parts.after()

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._supervise(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never awaits its work.
        task.add_done_callback(lambda _: work.close())
        return task

    async def _supervise(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except HlError as error:
            log.error("%s stopped: %s", name, error)
            self.bus.publish(Notice(Severity.ERROR, error.sentence, error.code, error.cure))
        except Exception as error:
            log.exception("the task %r failed", name)
            self.bus.publish(Notice(Severity.CRITICAL, f"An internal task failed ({name}: {error}).", "INV-001"))

    def _every(self, seconds: float, work: Callable[[], None], name: str) -> None:
        async def repeat() -> None:
            while True:
                work()
                await asyncio.sleep(seconds)

        self._own(repeat(), name)

    # --- loops ---

    def _watch(self) -> None:
        offset = self._parts.market_data.health.clock_offset_ms
        if offset is not None:
            self.feed.set_clock_offset(offset)
        self.feed.check_staleness()
        self.brake.look()
        self._allowance.look()
        self.link.sample()
        self._clock_watch.look()

    def _protect(self) -> None:
        self._overdue.look()
        self.protector.look()

    def _sample(self) -> None:
        if self.portfolio.is_valued:
            self.portfolio.sample_equity()

    async def _reconcile_forever(self) -> None:
        while True:
            await asyncio.sleep(self.settings.execution.reconcile_seconds)
            await self._reconcile_once()

    async def _reconcile_once(self) -> None:
        try:
            await self.reconciler.run()
        except VenueError as error:
            log.warning("reconciliation failed, it will be tried again: %s", error)
        else:
            self._clock_watch.cleared()

    def _reconcile_soon(self) -> None:
        if self._ready and (self._reconciling is None or self._reconciling.done()):
            self._reconciling = self._own(self._reconcile_once(), "reconcile after reconnect")

    async def _read_account_settings(self) -> None:
        """The account's fee rates; what cannot be read stays at its documented default."""
        try:
            self.survey.fees = await self._parts.trading.fee_rates()
        except VenueError as error:
            log.warning("the fee rates could not be read: %s", error)

    async def _read_leverages(self) -> None:
        """Of the watched coins without a position, one after the other: each costs a sixtieth of a minute's budget."""
        for number, coin in enumerate(self.settings.market.watchlist):
            if coin not in self.instruments or coin in self.survey.leverages:
                continue
            if number >= LEVERAGES_AT_ONCE:
                await asyncio.sleep(LEVERAGE_SECONDS)
            try:
                await self._read_leverage(coin)
            except VenueError as error:
                log.warning("the leverage of %s could not be read: %s", coin, error)

    # --- facts ---

    def _mark(self, coin: str) -> Decimal | None:
        return self.survey.mark(coin)

    def _on_account(self, fact: AccountSnapshot) -> None:
        self.feed.touch_account()
        for position in fact.account.positions:
            self.survey.leverages[position.coin] = position.leverage
            self._watch_coin(position.coin)

    def _on_order_reported(self, fact: OrderReported) -> None:
        self.feed.touch_account()

    def _on_trades(self, fact: TradesSeen) -> None:
        """How far our reading of the market lags behind it, in market milliseconds."""
        if fact.coin not in self._past_replay:
            self._past_replay.add(fact.coin)
        elif self._ready:
            self.behind_ms_max = max(self.behind_ms_max, self.clock.now_ms() - fact.trades[-1].time_ms)

    def _on_link(self, fact: LinkChanged) -> None:
        if fact.state is LinkState.CONNECTED:
            self._past_replay.clear()

    def _on_refused(self, fact: Refused) -> None:
        for failure in fact.verdict.failures:
            self._parts.store.save_refusal(fact.time_ms, fact.order.coin, failure.rule, failure.sentence)

    def _trading_state(self) -> tuple[TradingState, str]:
        self.brake.look()
        if not self._ready and self.guard.state is TradingState.ACTIVE:
            return TradingState.REDUCING, "Entries open once our books agree with the exchange; exits work already."
        return self.guard.state, self.guard.sentence

    def _exit_reason(self, fill: Fill) -> str:
        if fill.liquidation:
            return "liquidation"
        tracked = self.orders.of_fill(fill)
        if tracked is None:
            return "elsewhere"
        order = tracked.order
        return order.kind if order.trigger is not None else str(order.purpose)

    def _venue_ms(self) -> int:
        return self.clock.now_ms() + int(self._parts.trading.health.clock_offset_ms or 0)

    def _on_resolved(self, fact: ActionResolved) -> None:
        """A change of leverage whose answer was lost: what holds now is asked for."""
        if fact.kind is ActionKind.LEVERAGE:
            for coin in fact.subjects:
                self._own(self._read_leverage(coin), f"leverage of {coin}")

    async def _read_leverage(self, coin: str) -> None:
        self.survey.leverages[coin] = await self._parts.trading.leverage(coin)

    # --- verbs ---

    def pause(self) -> None:
        self.guard.pause()

    def resume(self) -> None:
        self.guard.resume()

    def confirm_restart(self) -> None:
        """A person has looked at what a crash left behind; entries may open again."""
        self.recovery.confirm()

    async def kill(self, who: str = "you", why: str = "The kill switch was pressed.") -> FlattenReport:
        """Halt entries, cancel every order and close every position of the account, until the exchange says flat."""
        return await self.brake.kill(who, why)

    async def lift_halt(self) -> None:
        """Entries open again. Only a person asks for this. Raises StorageError when the halt file cannot be removed."""
        await self.brake.lift()

    def protect(self, coin: str, policy: Policy | None, *, take_over: bool = False) -> Outcome:
        """Give a position its own policy, None for the settings'. ``take_over``: stops placed by hand are replaced."""
        return self._protecting.protect(coin, policy, take_over)

    def _watch_coin(self, coin: str) -> None:
        """Idempotent; a coin of the watchlist that this exchange does not list is passed over."""
        if coin not in self._watched and coin in self.instruments:
            self._watched.add(coin)
            self._past_replay.discard(coin)
            self.feed.expect_replay(coin)
            self._parts.market_data.watch(coin)

    def apply_settings(self, settings: Settings) -> None:
        """Take new settings; coins added to the watchlist are subscribed at once. Raises ConfigError."""
        refuse_off(settings.protection, self.mode)
        self.settings = settings
        self._parts.trading.expiry = _expiry(settings)
        for coin in settings.market.watchlist:
            self._watch_coin(coin)

    async def _on_lost_connection(self) -> str:
        policy = DisconnectPolicy(self.settings.execution.disconnect_policy)
        if policy is DisconnectPolicy.CANCEL_ENTRIES:
            live = [order for order in self.orders.live() if not self.foreign.is_ignored(order)]
            if all(order.order.reduce_only for order in live):
                return ""
            outcome = await self.manual.cancel_entries()
            if not outcome.ok:
                raise VenueError(outcome.sentence)
            return f"The connection was lost, so resting entries were cancelled: {outcome.sentence} Stops stay."
        if policy is DisconnectPolicy.FLATTEN:
            report = await self.manual.flatten_all()
            if not report.is_flat:
                raise VenueError("Flattening after the lost connection is not complete.")
            return "The connection was lost, so everything was cancelled and closed."
        return ""

    def health(self) -> Health:
        venue = self._parts.market_data.health
        account = self._parts.trading.health
        return Health(
            link=self.link.last.state,
            link_sentence=self.link.last.sentence,
            messages=venue.messages,
            messages_per_second=self.link.messages_per_second,
            feed_age_seconds=self.link.age_seconds,
            round_trip_ms=venue.round_trip_ms,
            order_latency_ms=percentile(self.executor.latency_ms, 0.5) if self.executor.latency_ms else None,
            loop_lag_ms_p50=self.lag.percentile(0.5),
            loop_lag_ms_p99=self.lag.percentile(0.99),
            clock_offset_ms=venue.clock_offset_ms,
            weight_used=venue.weight_used,
            weight_limit=venue.weight_limit,
            address_used=account.address_used,
            address_limit=account.address_limit,
            reconnects=venue.reconnects,
            gaps=self.feed.defects.get(DefectKind.GAP, 0),
            defects=sum(self.feed.defects.values()),
            trading_state=str(self.guard.state),
            behind_ms_max=self.behind_ms_max,
        )

    @property
    def is_connected(self) -> bool:
        return self.link.last.state is LinkState.CONNECTED


def _expiry(settings: Settings) -> Expiry:
    return Expiry(settings.execution.entry_expiry_seconds, settings.execution.exit_expiry_seconds)
