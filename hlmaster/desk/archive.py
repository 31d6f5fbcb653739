"""What is kept, for panels: signals, proposals, the trade journal, ghosts, dossiers behind "Why?", and their replay."""

from __future__ import annotations

import asyncio
import csv
import logging
import os
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.errors import StorageError, VenueError
from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Interval
from hlmaster.core.orders import Fill
from hlmaster.core.ports import MarketData
from hlmaster.core.proposals import Proposal
from hlmaster.core.records import Audit, Decision, Dossier, Ghost, Records, Trade
from hlmaster.core.rounding import PERP_MAX_DECIMALS, to_decimal
from hlmaster.core.signals import Signal
from hlmaster.desk.auditing import Auditing
from hlmaster.desk.ghost_watch import GhostWatch
from hlmaster.desk.record_keeping import Minds, RecordKeeping
from hlmaster.desk.trade_journal import Price, TradeJournal
from hlmaster.market.feed import Feed
from hlmaster.strategies.known import Known
from hlmaster.strategies.replay import Replayed, built_in, replay
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio

log = logging.getLogger(__name__)
INPUTS_DAYS = 7
"""For how long the rows are kept of signals that no proposal rests on."""
BRIDGE_SECONDS = 60.0
MEASURES = ("net", "hold_ms", "slippage", "multiple")


class Archive:
    """``restore`` once the books are restored, then ``look`` each second and ``run`` beside.

    ``known`` gives a strategy as it is now, for replays. Raises ConfigError for one that is not here.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        records: Records,
        audit: Audit,
        portfolio: Portfolio,
        orders: OrderTracker,
        market_data: MarketData,
        feed: Feed,
        mark: Price,
        minds: Minds | None = None,
        known: Callable[[str], Known] = built_in,
    ) -> None:
        self._clock, self._records, self._portfolio, self._orders = clock, records, portfolio, orders
        self._market_data, self._feed, self._known = market_data, feed, known
        Auditing(bus, audit)
        self._keeping = RecordKeeping(bus, clock, records, minds)
        self.journal = TradeJournal(bus, clock, records, portfolio, orders, self._mid, mark, self._keeping.proposal)
        self.ghosts = GhostWatch(bus, clock, records, mark)

    # --- life ---

    async def restore(self) -> None:
        """Raises StorageError."""
        await self.journal.restore()
        await self.ghosts.restore()
        await self._records.forget_inputs(self._clock.now_ms() - INPUTS_DAYS * DAY_MS)

    def look(self) -> None:
        self._keeping.look()
        self.journal.look()
        self.ghosts.look()

    async def run(self) -> None:
        """Fetches prices that were missed, as long as the desk lives."""
        while True:
            for bridge in (self.journal.bridge, self.ghosts.bridge):
                try:
                    await bridge(self._candles)
                except VenueError as error:
                    log.info("prices that were missed are asked for again: %s", error)
            await asyncio.sleep(BRIDGE_SECONDS / self._clock.speed)

    def close(self) -> None:
        """Hand over what waits; the store closes after this."""
        self._keeping.look()

    # --- questions ---

    async def signals(self, limit: int = 500) -> list[Signal]:
        """The latest, oldest first, also of earlier runs; so are the other lists."""
        return await self._records.signals(limit)

    async def proposals(self, limit: int = 500) -> list[Proposal]:
        self._keeping.look()
        return await self._records.proposals(limit)

    async def all_ghosts(self, limit: int = 500) -> list[Ghost]:
        """Hypothetical: what would have become of proposals that were not placed."""
        return await self._records.ghosts(limit)

    def trades(self) -> list[Trade]:
        """Closed ones as they closed, then those under way."""
        return self.journal.trades()

    async def dossier(self, key: str) -> Dossier:
        """By a proposal's id, a trade's, or a client order id. Raises StorageError when nothing is known of it."""
        trade = self.journal.trade(key)
        order = self._orders.get(key)
        basis = order.order.basis if order is not None else None
        proposal_id = trade.proposal_id if trade is not None else basis.proposal_id if basis is not None else key
        trade = trade or self.journal.trade(proposal_id)
        self._keeping.look()
        proposal = await self._records.proposal(proposal_id)
        if proposal is None and trade is None and order is None:
            raise StorageError(f"Nothing is kept of {key}.", "It may belong to another session.")
        names = {key, *(proposal.order_ids if proposal is not None else ())}
        names |= {one.client_order_id for one in self._orders.all() if _is_of(one, proposal_id)}
        booked = (booked.fill for booked in self._portfolio.fills)
        fills = tuple(fill for fill in booked if fill.client_order_id in names or _within(fill, trade))
        # Also those that closed it: stops, targets, a hand.
        names |= {fill.client_order_id for fill in fills if fill.client_order_id is not None}
        orders = tuple(tracked for tracked in self._orders.all() if tracked.client_order_id in names)
        keys = [signal.key for signal in proposal.signals] if proposal is not None else []
        return Dossier(
            proposal,
            tuple(await self._records.decisions(keys)),
            tuple(await self._records.lines({proposal_id, *names} - {""})),
            orders,
            fills,
            trade,
            await self._records.ghost(proposal_id),
        )

    async def decision(self, signal_key: str) -> Decision | None:
        return next(iter(await self._records.decisions([signal_key])), None)

    async def replay(self, decision: Decision) -> Replayed:
        """Come to it again. Raises StorageError, ConfigError, or StrategyBroken where the strategy breaks over it."""
        return await replay(decision, self._known(decision.signal.strategy))

    # --- verbs ---

    def tag(self, trade_id: str, tags: tuple[str, ...]) -> Trade:
        """Give a trade these tags alone. Raises ConfigError."""
        return self.journal.tag(trade_id, tags)

    def annotate(self, trade_id: str, note: str) -> Trade:
        """Raises ConfigError."""
        return self.journal.annotate(trade_id, note)

    async def export_trades(self, target: Path) -> Path:
        """The journal as a new CSV file. Raises StorageError."""
        return await asyncio.to_thread(_write_trades, target, self.journal.trades())

    def _mid(self, coin: str) -> Decimal | None:
        mid = self._feed.market(coin).mid
        return None if mid is None else to_decimal(mid, PERP_MAX_DECIMALS)

    async def _candles(self, coin: str, start_ms: int, end_ms: int) -> CandleBlock:
        return await self._market_data.candles(coin, Interval.M1, start_ms, end_ms)


def _is_of(tracked: TrackedOrder, proposal_id: str) -> bool:
    basis = tracked.order.basis
    return basis is not None and bool(proposal_id) and basis.proposal_id == proposal_id


def _within(fill: Fill, trade: Trade | None) -> bool:
    return (
        trade is not None
        and fill.coin == trade.coin
        and trade.opened_ms <= fill.time_ms <= (trade.closed_ms or fill.time_ms)
    )


def _write_trades(target: Path, trades: list[Trade]) -> Path:
    names = [field.name for field in fields(Trade) if field.name != "superseded"]
    try:
        with os.fdopen(
            os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="", encoding="utf-8"
        ) as out:
            writer = csv.writer(out)
            writer.writerow([*names, *MEASURES])
            for trade in trades:
                told = [getattr(trade, name) for name in (*names, *MEASURES)]
                writer.writerow(["; ".join(value) if isinstance(value, tuple) else value for value in told])
    except OSError as error:
        raise StorageError(f"The export {target} cannot be written: {error.strerror}.", "Choose a new file.") from error
    return target
