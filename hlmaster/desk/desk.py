"""One trading desk: parts wired, loops running, verbs offered. Faces call the verbs and listen to the bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from hlmaster.core.events import (
    AccountResynchronised,
    AccountSnapshot,
    LinkState,
    OrderReported,
    Refused,
    SessionRestored,
    TradingState,
)
from hlmaster.core.model import Instrument
from hlmaster.core.orders import Fill
from hlmaster.desk.allowance import AllowanceWatch
from hlmaster.desk.archive import Archive
from hlmaster.desk.auditing import settings_changes
from hlmaster.desk.charts import Charts
from hlmaster.desk.clock_watch import ClockWatch
from hlmaster.desk.deciding import Deciding
from hlmaster.desk.guard import Guard
from hlmaster.desk.health import Health, LinkWatch, LoopLag, describe
from hlmaster.desk.kept import Kept
from hlmaster.desk.limits_in_force import LimitsInForce
from hlmaster.desk.listing import Listing
from hlmaster.desk.lost_line import LostLine
from hlmaster.desk.manual import Manual
from hlmaster.desk.order_path import OrderPath
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.overdue import Overdue
from hlmaster.desk.parts import Parts
from hlmaster.desk.protecting import LOOK_SECONDS, Protecting, refuse_off
from hlmaster.desk.reconciling import Reconciling
from hlmaster.desk.restoring import Restoring
from hlmaster.desk.risk import LOOK_SECONDS as RISK_SECONDS
from hlmaster.desk.risk import RiskDesk
from hlmaster.desk.survey import Survey
from hlmaster.desk.terms import Terms
from hlmaster.desk.tools import Tools
from hlmaster.desk.watched import Watched
from hlmaster.desk.work import Work
from hlmaster.market.feed import Feed
from hlmaster.settings import Settings
from hlmaster.trading.differences import Differences
from hlmaster.trading.execution.children import Children
from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.trading.execution.foreign import ForeignOrders, ForeignPolicy
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.protection.policy import Policy

if TYPE_CHECKING:
    from hlmaster.desk.access_watch import AccessWatch

STALENESS_SECONDS = 0.25
EQUITY_SECONDS = 2.0
RECORDS_SECONDS = 1.0
CHART_SECONDS = 0.02
"""In which a chart that waits for the list of markets has asked for its candles."""
STORE_SECONDS = 1.0
"""The longest that the session waits for charts."""


class Desk:
    """Built from ``Parts``; ``start`` and ``stop`` once each. Everything public here is for the faces."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.bus, self.clock, self.settings = parts.bus, parts.clock, parts.settings
        self.session, self.mode = parts.session, parts.session.mode
        self.instruments: Mapping[str, Instrument] = Listing(lambda: parts.market_data.instruments)
        self.feed = Feed(self.bus, self.clock, self.instruments)
        self.guard = Guard(self.bus, self.clock)
        self._work = Work(self.bus, self.guard.fault)
        self._ready = False
        self.deciding = asyncio.Event()
        """Set once strategies run."""
        self._keep_books(parts)
        self._open_the_door(parts)
        self._give_hands(parts)
        self._keep_watch(parts)
        self._decide(parts)
        self.bus.subscribe(AccountSnapshot, self._on_account)
        self.bus.subscribe(OrderReported, lambda _: self.feed.touch_account())
        self.bus.subscribe(AccountResynchronised, lambda _: self._reconciling.soon())
        self.bus.subscribe(Refused, self._on_refused)
        self.guard.on_lost_connection(LostLine(lambda: self.settings, self.orders, self.foreign, self.manual))

    def _keep_books(self, parts: Parts) -> None:
        """Orders, positions and money, and their agreement with the exchange's word."""
        bus, clock = self.bus, self.clock
        self.orders = OrderTracker(bus, clock, parts.store, parts.failpoints)
        Children(bus, self.orders)
        self.portfolio = Portfolio(bus, clock, self._mark, parts.store)
        self.portfolio.exit_reason = self._exit_reason
        self.survey = Survey(
            clock, self.feed, lambda: self.instruments, self.portfolio, self.orders, self._trading_state
        )
        self.limits = LimitsInForce(
            clock, lambda: self.settings, Kept(parts.session.folder / "limits.json"), self._has_never_traded
        )
        self.reconciler = Reconciler(bus, clock, parts.trading, self.orders, self.portfolio, parts.session.since_ms)
        self.differences = Differences(bus, parts.store)
        self.foreign = ForeignOrders(bus, self.orders, lambda: ForeignPolicy(self.settings.execution.foreign_orders))

    def _open_the_door(self, parts: Parts) -> None:
        path = self._path = OrderPath(
            parts,
            self.bus,
            self.clock,
            self.guard,
            self.orders,
            self.survey,
            self.instruments,
            lambda: self.limits.settings,
        )
        self.gate, self.executor, self.resolver = path.gate, path.executor, path.resolver
        self.recovery, self.flattener, self.brake = path.recovery, path.flattener, path.brake
        self.scheduled_cancel = path.scheduled_cancel

    def _give_hands(self, parts: Parts) -> None:
        """The verbs, and the hand that keeps every position protected."""
        self.manual = Manual(
            self.bus,
            self.gate,
            self.survey,
            lambda: self.limits.risk,
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
        self.survey.stop = self._protecting.stop_distance
        self.risk = RiskDesk(
            self.bus,
            self.clock,
            self.guard,
            self.portfolio,
            self.orders,
            self.survey,
            self.limits,
            parts.session.folder,
            parts.market_data.candles,
            self.manual.close,
        )
        self.flattener.before_closing = self.protector.stand_down
        self.flattener.after_closing = self.protector.stand_up

    def _keep_watch(self, parts: Parts) -> None:
        """Over the line, the clock, the loop, the account's rights and allowance, and what is overdue."""
        bus, clock = self.bus, self.clock
        self._access: AccessWatch | None = None
        if parts.access is not None:
            from hlmaster.desk.access_watch import AccessWatch

            self._access = AccessWatch(bus, clock, self.guard, parts.access)
        self._restoring = Restoring(bus, self.guard)
        self._clock_watch = ClockWatch(clock, self.guard)
        self._reconciling = Reconciling(
            self.reconciler,
            self._work,
            lambda: self.settings.execution.reconcile_seconds,
            self._clock_watch.comparing,
        )
        self.lag = LoopLag(clock)
        self.link = LinkWatch(bus, clock, parts.market_data.health)
        self._overdue = Overdue(bus, clock, self.orders, self.portfolio, self._reconciling.soon)
        self._allowance = AllowanceWatch(self.guard, parts.trading.health)
        self._watched = Watched(bus, clock, parts.market_data, self.feed, self.instruments)
        self._terms = Terms(
            bus, parts.trading, self.survey, self.instruments, lambda: self.settings.market.watchlist, self._work
        )

    def _decide(self, parts: Parts) -> None:
        """What strategies see and say, and what becomes of it."""
        self._deciding = Deciding(
            self.bus,
            self.clock,
            self.mode,
            parts.session.folder,
            parts.strategy_host,
            parts.strategies,
            lambda: self.limits.settings,
            self._work,
            self.guard,
            parts.market_data,
            self.instruments,
            self.feed,
            self.charts,
            self.survey,
            self.gate,
            self.manual,
            self.protector,
            self.portfolio,
            self.orders,
            self._watched.watch,
            self.risk.effects,
            self.risk.drawdown,
        )
        self.grids, self.engine = self._deciding.grids, self._deciding.engine
        self.roster, self.proposing = self._deciding.roster, self._deciding.proposing
        self.records = Archive(
            self.bus,
            self.clock,
            parts.records,
            parts.audit,
            self.portfolio,
            self.orders,
            parts.market_data,
            self.feed,
            self._mark,
            self.engine,
        )

    @property
    def account(self) -> str:
        """The address that is traded, lower case."""
        return self._parts.trading.address

    @property
    def access_ends_ms(self) -> int | None:
        """When the API wallet's approval ends; None where there is none, or it is not known yet."""
        seen = None if self._access is None else self._access.last
        return None if seen is None else seen.valid_until_ms

    # --- life ---

    @property
    def is_ready(self) -> bool:
        """True once the books agree with the exchange; before, the gate refuses entries."""
        return self._ready

    async def start(self) -> None:
        """Connect, restore the session and reconcile, all in the background; what goes wrong is told as a Notice."""
        self.brake.look()
        self.recovery.look()
        self._work.own(self.lag.run(), "loop lag")
        if self._access is not None:
            self._work.own(self._access.run(), "access")
        self._work.own(self._path.settled.run(), "journal")
        self._work.own(self._connect(), "connect")

    async def _connect(self) -> None:
        """Keeps trying: without a network the window still opens, says what is wrong, and waits."""
        if self._parts.before is not None:
            await self._parts.before()
        await self._parts.market_data.start()
        self._watched.watch(self.settings.market.watchlist)
        self._work.every(STALENESS_SECONDS, self._watch, "staleness")
        # Prices and charts first: the store's libraries take half a second to load, and neither need wait for them.
        await asyncio.sleep(CHART_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.charts.settled(), STORE_SECONDS)
        await self._restoring.attempt(self._restore)
        await self._restoring.attempt(self.recovery.recall)
        await self._parts.trading.start()
        self.recovery.take_up()
        await self.reconciler.run_until_done()
        # Before anything else is asked: what the last run left may be without a stop.
        self.protector.start()
        self._work.every(LOOK_SECONDS, self._protect, "protection")
        await self._terms.read_fees()
        self.risk.start()
        self._ready = self._watched.measuring = True
        self._work.every(RISK_SECONDS, self.risk.look, "risk")
        self._work.own(self._terms.read_leverages(), "leverages")
        self.tools.start()
        self._work.every(EQUITY_SECONDS, self._sample, "equity")
        self._work.own(self.scheduled_cancel.run(), "scheduled cancel")
        self._work.own(self._reconciling.run(), "reconcile")
        self._work.own(self._restoring.run(), "restore")
        self._work.own(self._keep_records(), "records")
        await self._deciding.start()
        self.deciding.set()

    async def _restore(self) -> None:
        """Raises StorageError."""
        self._parts.open_store()
        await self.orders.restore()
        await self.portfolio.restore()
        await self.differences.restore()
        self.bus.publish(SessionRestored())

    async def _keep_records(self) -> None:
        """After protection stands: nothing about the past may come before it. Raises StorageError."""
        await self.records.restore()
        self._work.every(RECORDS_SECONDS, self.records.look, "records kept")
        await self.records.run()

    async def stop(self) -> None:
        """Orderly: loops end, the venue connections close, everything queued reaches the disk. Raises StorageError."""
        await self._work.stop()
        await self._deciding.stop()
        await self.risk.stop()
        self.records.close()
        await self._protecting.stop()
        await self.guard.stop()
        await self.tools.stop()
        await self._path.stop()
        await self._parts.trading.stop()
        await self._parts.market_data.stop()
        try:
            await self._path.settled.close_now()
        finally:
            await self.brake.stop()
            if self._parts.after is not None:
                await self._parts.after()

    # --- loops ---

    def _watch(self) -> None:
        offset = self._parts.market_data.health.clock_offset_ms
        if offset is not None:
            self.feed.set_clock_offset(offset)
        self.feed.check_staleness()
        self.brake.look()
        self._allowance.look()
        self.link.sample()
        if self._clock_watch.look():
            self._reconciling.soon()

    def _protect(self) -> None:
        self._overdue.look()
        self.protector.look()

    def _sample(self) -> None:
        if self.portfolio.is_valued:
            self.portfolio.sample_equity()

    # --- facts ---

    def _has_never_traded(self) -> bool:
        """As far as is known for certain: then every limit may be set at once."""
        return self._ready and not self.portfolio.fills and not self.orders.all()

    def _mark(self, coin: str) -> Decimal | None:
        return self.survey.mark(coin)

    def _on_account(self, fact: AccountSnapshot) -> None:
        if fact.account is self.portfolio.account:
            self.feed.touch_account()

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

    def apply_settings(self, settings: Settings) -> None:
        """Take new settings; coins added to the watchlist are subscribed at once. Raises ConfigError."""
        refuse_off(settings.protection, self.mode)
        for change in settings_changes(self.settings, settings):
            self.bus.publish(change)
        self.settings = settings
        self._path.apply(settings)
        self._watched.watch(settings.market.watchlist)
        self.engine.coins_changed()

    @property
    def behind_ms_max(self) -> int:
        """How far our reading of the market has lagged behind it at most, in market milliseconds."""
        return self._watched.behind_ms_max

    def health(self) -> Health:
        parts = self._parts
        return describe(
            parts.market_data.health,
            parts.trading.health,
            self.link,
            self.lag,
            order_latencies_ms=self.executor.latency_ms,
            defects=self.feed.defects,
            trading_state=self.guard.state,
            behind_ms_max=self.behind_ms_max,
        )

    @property
    def is_connected(self) -> bool:
        return self.link.last.state is LinkState.CONNECTED
