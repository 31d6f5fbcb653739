"""From closed rows to decided proposals: the grids, what feeds them, the strategies on them, and what they propose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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


class Deciding:
    """``start`` once the books agree with the exchange, ``stop`` before the order path ends.

    ``host`` is the command of the process that runs strategies of other hands, and the checks of all of them; without
    it there are none, and nothing is checked. ``strategies`` is the user's folder of them.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        mode: Mode,
        folder: Path,
        host: tuple[str, ...] | None,
        strategies: Path | None,
        settings: Callable[[], Settings],
        work: Work,
        guard: Guard,
        market_data: MarketData,
        instruments: Mapping[str, Instrument],
        feed: Feed,
        charts: Charts,
        ranges: Ranges,
        survey: Survey,
        gate: Gate,
        manual: Manual,
        protector: Protector,
        portfolio: Portfolio,
        orders: OrderTracker,
        watch: Callable[[Iterable[str]], None],
        effects: Effects,
        drawdown: Callable[[], Decimal],
        keep: KeptOpinions | None,
        vault: Vault | None,
    ) -> None:
        self._work, self._feed, self._settings = work, feed, settings
        self.rows = DecisionRows(folder / "rows")
        self.grids = Grids(bus, clock, feed, self.rows.save)
        self._supply = Supply(bus, clock, market_data, feed, charts, self.grids, watch)
        self.roster = Roster(folder / "strategies.toml")
        self.engine = self._engine(bus, clock, host, strategies, instruments)
        self.title = Titles(self.engine.title)
        self.tallies = Tallies(bus, clock, portfolio, lambda: settings().trust)
        self.regimes = RegimeWatch(bus, self.grids, instruments, self.coins)
        self.advising = None
        if vault is not None:
            self.advising = Advising(
                bus,
                clock,
                folder,
                settings,
                feed,
                Loading(clock, charts, Turn.STUDY),
                market_data,
                portfolio,
                keep,
                self._cards,
                self.regimes,
                self.grids.state,
                self._heed,
                ClaudeKey(vault),
            )
        counsel: Counsel = self.advising or Unadvised()
        self._trusting = Trusting(bus, mode, self.tallies, lambda: settings().trust, self._policy, self.title)
        gates = OwnGates(
            settings,
            self.roster,
            self.regimes,
            self.tallies.of,
            self._held,
            lambda: portfolio.equity,
            self.title,
        )
        self.proposing = Proposing(
            bus,
            clock,
            mode,
            folder,
            settings,
            work,
            guard,
            survey,
            gate,
            manual,
            protector,
            portfolio,
            orders,
            ranges,
            feed,
            self.roster,
            engine_gates=self.engine.gates,
            effects=effects,
            advisers=counsel.advisers,
            drawdown=drawdown,
            trust=counsel.trusted(self._trusting.trust),
            regime=self.regimes,
            allocation=self.share,
            own=lambda *idea: (*gates(*idea), *counsel.consents(*idea)),
            title=self.title,
        )

    def _engine(
        self,
        bus: Bus,
        clock: Clock,
        host: tuple[str, ...] | None,
        strategies: Path | None,
        instruments: Mapping[str, Instrument],
    ) -> Engine:
        taken = STRATEGIES.names()
        abroad = None if host is None else Host(host, Folder(strategies), clock, taken)
        return Engine(
            bus,
            self.grids,
            self.roster,
            built_in(None if abroad is None else abroad.checker.built_in),
            watchlist=lambda: self._settings().market.watchlist,
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
        terms = self._settings().allocation
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
        if coin not in self._feed.coins:
            return f"{coin} is not watched yet."
        return self._feed.market(coin).stale_for_entries

    async def start(self) -> None:
        """What the last run armed runs again as soon as its history is there."""
        self.rows.start()
        self.proposing.start()
        await self.engine.start()
        self._work.own(self._supply.run_beat(), "decision beat")
        self._work.own(self._supply.run_loader(), "decision history")
        self._work.every(LOOK_SECONDS, self.proposing.look, "proposals")
        if self.advising is not None:
            self.advising.start()

    async def stop(self) -> None:
        if self.advising is not None:
            await self.advising.stop()
        await self.engine.stop()
        await self.proposing.stop()
        self.grids.record()
        self.rows.close()
