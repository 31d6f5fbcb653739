"""Champion and challenger: a strategy with other parameters on paper, beside the one that trades.

A challenger is a whole desk of its own on the same market data. Its orders are matched by the simulator in this
process: its parts hold no other trading port, and approvals of its mint are worth nothing anywhere else. Its account
begins with the champion's equity, so that sizes compare, and lives as long as it runs; what it did stays in
``challengers`` in the session's folder.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Mode
from hlmaster.core.orders import ApprovalMint
from hlmaster.core.proposals import Policy
from hlmaster.core.records import ForTheRecord
from hlmaster.desk.advising.alone import STRATEGY as ANALYST
from hlmaster.desk.charts import Charts
from hlmaster.desk.guard import Guard
from hlmaster.desk.limits_in_force import LimitsInForce
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.desk.shared_market import SharedMarket
from hlmaster.desk.stores import Stores
from hlmaster.desk.tallies import Tallies
from hlmaster.storage.sessions import Sessions
from hlmaster.strategies.engine import Engine
from hlmaster.strategies.known import BUILT_IN
from hlmaster.strategies.roster import Entry, Roster
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.tally import Tally
from hlmaster.trading.titles import Titles

log = logging.getLogger(__name__)
MOST = 3
PATIENCE_SECONDS = 30.0
CENT = Decimal("0.01")
ENDING = "The program is ending; nothing is started any more."
UNENDED = "It could never trade; start it anew next time, and keep the log file."


class Contender(Protocol):
    """What of a desk its challengers need, and what they are themselves."""

    bus: Bus
    clock: Clock
    guard: Guard
    engine: Engine
    roster: Roster
    tallies: Tallies
    portfolio: Portfolio
    limits: LimitsInForce
    charts: Charts
    title: Titles
    deciding: asyncio.Event
    """Set once strategies run."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both since the challenger began; the champion's positions of before count for nothing."""

    strategy: str
    changes: Mapping[str, Any]
    """The challenger's parameters, where they differ."""
    since_ms: int
    champion: Tally
    challenger: Tally

    @property
    def lead(self) -> Decimal:
        """USD that the challenger is ahead, open positions included; negative where it is behind."""
        ahead, behind = self.challenger, self.champion
        return ahead.net + ahead.unrealised - behind.net - behind.unrealised


@dataclass(frozen=True, slots=True)
class Challenger:
    strategy: str
    changes: Mapping[str, Any]
    since_ms: int
    desk: Contender


class Challengers:
    """``start`` and ``stop`` are a person's; ``close`` ends them all and comes before the champion's desk stops."""

    def __init__(self, desk: Contender, parts: Parts, make: Callable[[Parts], Contender]) -> None:
        """``desk``: the champion's, made of ``parts``; ``make`` makes another."""
        self._bus, self._clock, self._market = desk.bus, desk.clock, parts.market_data
        self._desk, self._engine, self._host = desk, desk.engine, parts.strategy_host
        self._make = make
        self._folder = parts.session.folder / "challengers"
        self._running: dict[str, Challenger] = {}
        self._turn, self._ends = asyncio.Lock(), False
        self._arming: asyncio.Timeout | None = None
        """Of the one that is being started."""

    # --- questions ---

    def all(self) -> list[Challenger]:
        return list(self._running.values())

    def compare(self, strategy: str) -> Comparison | None:
        """None where there is no challenger."""
        one = self._running.get(strategy)
        if one is None:
            return None
        champion, challenger = (desk.tallies.since(strategy, one.since_ms) for desk in (self._desk, one.desk))
        return Comparison(strategy, one.changes, one.since_ms, champion, challenger)

    # --- verbs ---

    async def start(self, strategy: str, changes: Mapping[str, Any]) -> Outcome:
        """On the champion's coins, in its regimes, with these changes of its parameters. Raises ConfigError."""
        card = self._engine.card(strategy)
        async with self._turn:
            if self._ends:
                return Outcome(False, ENDING)
            if strategy in self._running:
                return Outcome(False, f"{card.title} has a challenger already; stop it first.")
            if len(self._running) >= MOST:
                return Outcome(False, f"At most {MOST} challengers run at once; stop one first.")
            if card.params is None or card.about.origin != BUILT_IN:
                return Outcome(False, f"{card.title} is not one of the program's own; only those can be challenged.")
            if strategy == ANALYST:
                return Outcome(False, f"{card.title} lives on opinions, which a challenger's desk has none of.")
            if not self._market.instruments:
                return Outcome(False, "The market's coins are not known yet; try again in a moment.")
            made = await self._open(strategy)
            try:
                async with asyncio.timeout(None) as self._arming:
                    await self._arm(made.desk, strategy, {**card.params.model_dump(), **changes}, card.entry)
            except BaseException as error:
                await made.desk.stop()
                if isinstance(error, TimeoutError) and self._arming is not None and self._arming.expired():
                    return Outcome(False, ENDING)
                raise
            finally:
                self._arming = None
            self._running[strategy] = replace(made, changes=dict(changes))
        text = f"A challenger of {card.title} trades on paper with other parameters."
        self._tell(strategy, text, changes)
        return Outcome(True, text)

    async def stop(self, strategy: str) -> Outcome:
        async with self._turn:
            one = self._running.pop(strategy, None)
            if one is None:
                return Outcome(False, f"{self._desk.title(strategy)} has no challenger.")
            await one.desk.stop()
        return Outcome(True, f"The challenger of {self._desk.title(strategy)} has ended.")

    async def adopt(self, strategy: str) -> Outcome:
        """The champion goes on with the challenger's parameters, and the challenger ends. Raises ConfigError."""
        one = self._running.get(strategy)
        if one is None:
            return Outcome(False, f"{self._desk.title(strategy)} has no challenger.")
        self._engine.set_params(strategy, one.changes)
        text = f"{self._desk.title(strategy)} has its challenger's parameters from its next decision on."
        self._tell(strategy, text, one.changes)
        await self.stop(strategy)
        return Outcome(True, text)

    async def close(self) -> None:
        """What one cannot write any more is told; it keeps nobody else from ending. One on its way is given up."""
        self._ends = True
        if self._arming is not None:
            self._arming.reschedule(asyncio.get_running_loop().time())
        async with self._turn:
            running = list(self._running)
        for ended in await asyncio.gather(*map(self.stop, running), return_exceptions=True):
            if isinstance(ended, HlError):
                self._bus.publish(Notice(Severity.ERROR, ended.sentence, ended.code, ended.cure))
            elif isinstance(ended, Exception):
                log.error("a challenger did not end in order", exc_info=ended)
                self._bus.publish(
                    Notice(Severity.ERROR, f"A challenger did not end in order: {ended}.", "INV-001", UNENDED)
                )

    # --- within ---

    def _tell(self, strategy: str, text: str, changes: Mapping[str, Any]) -> None:
        self._bus.publish(ForTheRecord("challenger", strategy, text, data={k: str(v) for k, v in changes.items()}))

    async def _open(self, strategy: str) -> Challenger:
        from hlmaster.exchange.simulator.trading import PaperTrading  # a whole exchange, which no start should wait for

        now, bus, mint = self._clock.now_ms(), Bus(), ApprovalMint()
        balance = max(self._desk.portfolio.equity, Decimal(1)).quantize(CENT)
        session = Sessions(self._folder, self._clock).create(Mode.PAPER, f"{strategy[:20]}-{now}", balance)
        settings = self._desk.limits.settings
        stores = Stores.open(session, settings, self._clock)
        trading = PaperTrading(
            bus, self._clock, lambda: self._market.instruments, balance, None, lambda state: None, mint.is_genuine
        )

        async def after() -> None:
            stores.close()

        parts = Parts(
            bus,
            self._clock,
            mint,
            SharedMarket(self._market, self._bus, bus, self._desk.charts),
            trading,
            stores.journal,
            stores.recorder,
            SessionInfo(session.info.name, Mode.PAPER, 0, balance, session.folder),
            settings,
            open_store=stores.start,
            after=after,
            strategy_host=self._host,
            records=stores.records,
            audit=stores.audit,
        )
        return Challenger(strategy, {}, now, self._make(parts))

    @staticmethod
    async def _arm(desk: Contender, strategy: str, params: Mapping[str, Any], champion: Entry) -> None:
        """Raises ConfigError, and HlError when the desk does not get ready."""
        await desk.start()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await desk.deciding.wait()
        except TimeoutError:
            raise HlError("The challenger's desk did not get ready.", "Try again when data flows.") from None
        for card in desk.engine.cards():
            if card.armed and card.name != strategy:
                desk.engine.disarm(card.name)
        desk.engine.set_params(strategy, params)
        desk.engine.set_coins(strategy, champion.coins)
        desk.engine.set_regimes(strategy, champion.regimes)
        desk.engine.set_policy(strategy, Policy.AUTO)
        desk.engine.set_overall(Policy.AUTO)
        desk.engine.arm(strategy)
