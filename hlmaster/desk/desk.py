"""One trading desk: parts wired, loops running, verbs offered. Faces call the verbs and listen to the bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from hlmaster.core.events import AccountResynchronised, AccountSnapshot, LinkState, OrderReported, TradingState
from hlmaster.core.model import Instrument
from hlmaster.desk.archive import Archive
from hlmaster.desk.auditing import settings_changes
from hlmaster.desk.books import Books
from hlmaster.desk.challenger import Challengers
from hlmaster.desk.charts import Charts
from hlmaster.desk.deciding import Around, Deciding
from hlmaster.desk.disk_watch import DiskWatch, files
from hlmaster.desk.flow import Flow
from hlmaster.desk.guard import Guard
from hlmaster.desk.health import Health, describe
from hlmaster.desk.kept import Kept
from hlmaster.desk.limits_in_force import LimitsInForce
from hlmaster.desk.listing import Listing
from hlmaster.desk.lost_line import LostLine
from hlmaster.desk.manual import Manual
from hlmaster.desk.order_path import OrderPath
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.parts import Parts
from hlmaster.desk.protecting import LOOK_SECONDS, Protecting, refuse_off
from hlmaster.desk.ranges import Ranges
from hlmaster.desk.restoring import Restoring
from hlmaster.desk.risk import LOOK_SECONDS as RISK_SECONDS
from hlmaster.desk.risk import RiskDesk
from hlmaster.desk.terms import Terms
from hlmaster.desk.tools import Tools
from hlmaster.desk.watches import Watches
from hlmaster.desk.work import Work
from hlmaster.market.feed import Feed
from hlmaster.settings import Settings
from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.trading.protection.policy import Policy

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
        written = files(parts.audit, self.limits, self.risk, self._protecting, self._deciding)
        self._disk = DiskWatch(self.bus, self.clock, written)
        self.bus.subscribe(AccountSnapshot, self._on_account)
        self.bus.subscribe(OrderReported, lambda _: self.feed.touch_account())
        self.bus.subscribe(AccountResynchronised, lambda _: self._reconciling.soon())
        self.guard.on_lost_connection(LostLine(lambda: self.settings, self.orders, self.foreign, self.manual))

    def _keep_books(self, parts: Parts) -> None:
        books = self._books = Books(
            parts, self.bus, self.clock, self.feed, self.instruments, lambda: self.settings, self._trading_state
        )
        self.orders, self.portfolio, self.survey = books.orders, books.portfolio, books.survey
        self.reconciler, self.differences, self.foreign = books.reconciler, books.differences, books.foreign
        self.limits = LimitsInForce(
            self.clock, lambda: self.settings, Kept(parts.session.folder / "limits.json"), self._has_never_traded
        )

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
            self.clock,
            self._work,
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
        self.charts, self.flow = Charts(self.clock, parts.market_data, self.feed), Flow(self.bus, self.clock, self.feed)
        self._ranges = Ranges(self.clock, self.charts, self.feed)
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
            self._ranges,
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
        self._restoring = Restoring(self.bus, self.guard)
        self._watches = Watches(
            parts,
            self.bus,
            self.clock,
            self.guard,
            self._work,
            self.feed,
            self.instruments,
            self.orders,
            self.portfolio,
            self.reconciler,
            lambda: self.settings,
        )
        self.lag, self.link = self._watches.lag, self._watches.link
        self.watched, self._reconciling = self._watches.coins, self._watches.reconciling
        self._terms = Terms(
            self.bus, parts.trading, self.survey, self.instruments, lambda: self.settings.market.watchlist, self._work
        )

    def _decide(self, parts: Parts) -> None:
        """What strategies see and say, and what becomes of it."""
        around = Around(
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
            self._ranges,
            self.survey,
            self.gate,
            self.manual,
            self.protector,
            self.portfolio,
            self.orders,
            self.watched.watch,
            self.risk.effects,
            self.risk.drawdown,
            parts.opinions,
            parts.counsel,
        )
        self._deciding = Deciding(around)
        self.risk.swings.foreseen = self._deciding.coins
        self.risk.is_led = self._deciding.proposing.ownership.is_led
        self.grids, self.engine = self._deciding.grids, self._deciding.engine
        self.roster, self.proposing = self._deciding.roster, self._deciding.proposing
        self.advising = self._deciding.advising
        self.tallies, self.regimes, self.title = self._deciding.tallies, self._deciding.regimes, self._deciding.title
        self.challengers = Challengers(self, parts, Desk)
        self.strategies_folder = parts.strategies
        self.records = Archive(
            self.bus,
            self.clock,
            parts.records,
            parts.audit,
            self.portfolio,
            self.orders,
            parts.market_data,
            self.feed,
            self._books.mark,
            self.engine,
        )

    @property
    def account(self) -> str:
        """The address that is traded, lower case."""
        return self._parts.trading.address

    @property
    def access_ends_ms(self) -> int | None:
        return self._watches.access_ends_ms

    # --- life ---

    @property
    def is_ready(self) -> bool:
        """True once the books agree with the exchange; before, the gate refuses entries."""
        return self._ready

    async def start(self) -> None:
        """Connect, restore the session and reconcile, all in the background; what goes wrong is told as a Notice."""
        self.brake.look()
        self.recovery.look()
        self._watches.begin()
        self._work.own(self._path.settled.run(), "journal")
        self._work.own(self._connect(), "connect")

    async def _connect(self) -> None:
        """Keeps trying: without a network the window still opens, says what is wrong, and waits."""
        if self._parts.before is not None:
            await self._parts.before()
        await self._parts.market_data.start()
        self.watched.take_list(self.settings.market.watchlist)
        self._work.every(STALENESS_SECONDS, self._watch, "staleness")
        # Prices and charts first: the store's libraries take half a second to load, and neither need wait for them.
        await asyncio.sleep(CHART_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STORE_SECONDS):
                await self.charts.settled()
        await self._restoring.attempt(self._books.restore)
        await self._restoring.attempt(self.recovery.recall)
        await self._parts.trading.start()
        self.recovery.take_up()
        await self.reconciler.run_until_done()
        # Before anything else is asked: what the last run left may be without a stop.
        self.protector.start()
        self._work.every(LOOK_SECONDS, self._protect, "protection")
        await self._terms.read_fees()
        self.risk.start()
        self._ready = self.watched.measuring = True
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

    async def _keep_records(self) -> None:
        """After protection stands: nothing about the past may come before it. Raises StorageError."""
        await self.records.restore()
        self._work.every(RECORDS_SECONDS, self.records.look, "records kept")
        await self.records.run()

    async def stop(self) -> None:
        """Orderly: loops end, the venue connections close, everything queued reaches the disk. Raises StorageError."""
        await self.challengers.close()
        await self._work.stop()
        await self._deciding.stop()
        await self.risk.stop()
        self.records.close()
        await self._protecting.stop()
        await self._ranges.stop()
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
        self.brake.look()
        self._watches.look()
        self._disk.look()

    def _protect(self) -> None:
        self._watches.overdue.look()
        self.protector.look()

    def _sample(self) -> None:
        if self.portfolio.is_valued:
            self.portfolio.sample_equity()

    # --- facts ---

    def _has_never_traded(self) -> bool:
        """As far as is known for certain: then every limit may be set at once."""
        return self._ready and self._books.are_blank

    def _on_account(self, fact: AccountSnapshot) -> None:
        if fact.account is self.portfolio.account:
            self.feed.touch_account()

    def _trading_state(self) -> tuple[TradingState, str]:
        self.brake.look()
        if not self._ready and self.guard.state is TradingState.ACTIVE:
            return TradingState.REDUCING, "Entries open once our books agree with the exchange; exits work already."
        return self.guard.state, self.guard.sentence

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
        self.watched.take_list(settings.market.watchlist)
        self.engine.coins_changed()

    @property
    def behind_ms_max(self) -> int:
        """How far our reading of the market has lagged behind it at most, in market milliseconds."""
        return self.watched.behind_ms_max

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
