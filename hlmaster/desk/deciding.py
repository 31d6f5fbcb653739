"""From closed rows to decided proposals: the grids, what feeds them, the strategies on them, and what they propose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.model import Instrument, Mode
from hlmaster.core.opinions import KeptOpinions
from hlmaster.core.ports import MarketData, Turn
from hlmaster.core.proposals import Policy, Proposal
from hlmaster.desk.advising.advising import Advising
from hlmaster.desk.advising.claude_key import ClaudeKey
from hlmaster.desk.advising.unadvised import Counsel, Unadvised
from hlmaster.desk.charts import Charts
from hlmaster.desk.guard import Guard
from hlmaster.desk.loading import Loading
from hlmaster.desk.manual import Manual
from hlmaster.desk.own_gates import OwnGates
from hlmaster.desk.proposer import Effects
from hlmaster.desk.proposing import Proposing
from hlmaster.desk.ranges import Ranges
from hlmaster.desk.regime_watch import RegimeWatch
from hlmaster.desk.supply import Supply
from hlmaster.desk.survey import Survey
from hlmaster.desk.tallies import Tallies
from hlmaster.desk.trusting import Trusting
from hlmaster.desk.work import Work
from hlmaster.market.feed import Feed
from hlmaster.market.grid.grids import Grids
from hlmaster.settings import Settings
from hlmaster.storage.decision_rows import DecisionRows
from hlmaster.storage.vault.entries import Vault
from hlmaster.strategies.catalogue import STRATEGIES, built_in
from hlmaster.strategies.engine import Engine
from hlmaster.strategies.host.folder import Folder
from hlmaster.strategies.host.host import Host
from hlmaster.strategies.roster import Roster
from hlmaster.trading.allocation import shares
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.protection.protector import Protector
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.sizing import ONE
from hlmaster.trading.titles import Titles

LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Around:
    """What a desk has before strategies come. ``host`` is the command of the process that runs strategies of other
    hands, and the checks of all of them; without it there are none, and nothing is checked. ``strategies`` is the
    user's folder of them. Without ``vault`` nobody advises.
    """

    bus: Bus
    clock: Clock
    mode: Mode
    folder: Path
    host: tuple[str, ...] | None
    strategies: Path | None
    settings: Callable[[], Settings]
    work: Work
    guard: Guard
    market_data: MarketData
    instruments: Mapping[str, Instrument]
    feed: Feed
    charts: Charts
    ranges: Ranges
    survey: Survey
    gate: Gate
    manual: Manual
    protector: Protector
    portfolio: Portfolio
    orders: OrderTracker
    watch: Callable[[Iterable[str]], None]
    effects: Effects
    drawdown: Callable[[], Decimal]
    keep: KeptOpinions | None
    vault: Vault | None


class Deciding:
    """``start`` once the books agree with the exchange, ``stop`` before the order path ends."""

    def __init__(self, around: Around) -> None:
        self._around = around
        bus, clock, settings = around.bus, around.clock, around.settings
        self.rows = DecisionRows(around.folder / "rows")
        self.grids = Grids(bus, clock, around.feed, self.rows.save)
        self._supply = Supply(bus, clock, around.market_data, around.feed, around.charts, self.grids, around.watch)
        self.roster = Roster(around.folder / "strategies.toml")
        self.engine = self._engine()
        self.title = Titles(self.engine.title)
        self.tallies = Tallies(bus, clock, around.portfolio, lambda: settings().trust)
        self.regimes = RegimeWatch(bus, self.grids, around.instruments, self.coins)
        self.advising = None if around.vault is None else self._advisers(around.vault)
        self._trusting = Trusting(bus, around.mode, self.tallies, lambda: settings().trust, self._policy, self.title)
        self.proposing = self._proposals(self.advising or Unadvised())

    def _advisers(self, vault: Vault) -> Advising:
        around = self._around
        return Advising(
            around.bus,
            around.clock,
            around.folder,
            around.settings,
            around.feed,
            Loading(around.clock, around.charts, Turn.STUDY),
            around.market_data,
            around.portfolio,
            around.keep,
            self._cards,
            self.regimes,
            self.grids.state,
            self._heed,
            ClaudeKey(vault),
        )

    def _proposals(self, counsel: Counsel) -> Proposing:
        around, portfolio = self._around, self._around.portfolio
        gates = OwnGates(
            around.settings,
            self.roster,
            self.regimes,
            self.tallies.of,
            self._held,
            lambda: portfolio.equity,
            self.title,
        )
        return Proposing(
            around.bus,
            around.clock,
            around.mode,
            around.folder,
            around.settings,
            around.work,
            around.guard,
            around.survey,
            around.gate,
            around.manual,
            around.protector,
            portfolio,
            around.orders,
            around.ranges,
            around.feed,
            self.roster,
            engine_gates=self.engine.gates,
            effects=around.effects,
            advisers=counsel.advisers,
            drawdown=around.drawdown,
            trust=counsel.trusted(self._trusting.trust, self.roster.voters),
            regime=self.regimes,
            allocation=self.share,
            own=lambda *idea: (*gates(*idea), *counsel.consents(*idea)),
            title=self.title,
        )

    def _engine(self) -> Engine:
        host, instruments = self._around.host, self._around.instruments
        taken = STRATEGIES.names()
        abroad = None if host is None else Host(host, Folder(self._around.strategies), self._around.clock, taken)
        return Engine(
            self._around.bus,
            self.grids,
            self.roster,
            built_in(None if abroad is None else abroad.checker.built_in),
            watchlist=lambda: self._around.settings().market.watchlist,
            listed=lambda coin: coin in instruments,
            stale=self._stale,
            broken=STRATEGIES.broken(),
            abroad=abroad,
        )

    # --- who takes part ---

    def sources(self) -> list[str]:
        """The strategies that are armed on their own, and the groups with an armed voter."""
        source_of = self.proposing.combiner.source_of
        return sorted({source_of(card.name) for card in self.engine.cards() if card.armed})

    def share(self, source: str) -> Decimal:
        """Of the capital, 0 to 1; one that is not armed is counted as if it were."""
        terms = self._around.settings().allocation
        if terms.method == "whole":
            return ONE
        multiples = {one: self.tallies.multiples(one) for one in {*self.sources(), source}}
        return shares(terms, multiples)[source]

    def coins(self) -> list[str]:
        """Those that a strategy runs on, in the order in which they were chosen."""
        return self.engine.coins()

    def _cards(self) -> list[Proposal]:
        return self.proposing.open()

    def _heed(self, coin: str) -> int:
        return self.proposing.heed(coin)

    def _held(self, source: str) -> int:
        return len(self.proposing.ownership.held_by(source))

    def _policy(self, source: str) -> Policy:
        return self.proposing.policy(source)

    def _stale(self, coin: str) -> str | None:
        if coin not in self._around.feed.coins:
            return f"{coin} is not watched yet."
        return self._around.feed.market(coin).stale_for_entries

    async def start(self) -> None:
        """What the last run armed runs again as soon as its history is there."""
        self.rows.start()
        self.proposing.start()
        await self.engine.start()
        self._around.work.own(self._supply.run_beat(), "decision beat")
        self._around.work.own(self._supply.run_loader(), "decision history")
        self._around.work.every(LOOK_SECONDS, self.proposing.look, "proposals")
        if self.advising is not None:
            self.advising.start()

    async def stop(self) -> None:
        if self.advising is not None:
            await self.advising.stop()
        await self.engine.stop()
        await self.proposing.stop()
        self.grids.record()
        self.rows.close()
