"""Follows proposals that nobody placed, on bars of the mark price, and keeps what would have become of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import MINUTE_MS, Clock
from hlmaster.core.errors import VenueError
from hlmaster.core.events import ContextChanged
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.records import Ghost, GhostChanged, GhostState, Records
from hlmaster.desk.trade_journal import Candles, Price
from hlmaster.trading.ghosts import Bar, advance, bars_of, ghost_of

MOST = 500
"""Followed at one time; beyond it the oldest is lost out of sight."""
LATE_MS = 5_000
"""Wall time by which a bar may be closed late; a longer one, of a computer that slept, is not believed."""
SILENT_MS = 20_000
"""Wall time without a price after which a bar is not believed either: its extremes may have been in between."""


@dataclass(slots=True)
class _Growing:
    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    heard_ms: int
    """When the last price came; before ``open_ms`` while none has come since."""
    whole: bool = True


class GhostWatch:
    """``look`` once a second closes bars; ``bridge`` once a minute fetches candles for whoever missed some."""

    def __init__(self, bus: Bus, clock: Clock, records: Records, mark: Price) -> None:
        self._bus, self._clock, self._records, self._mark = bus, clock, records, mark
        self._running: dict[str, Ghost] = {}
        self._ended: dict[str, None] = {}
        """Those of them whose proposal has ended without a trade; the others may still be placed."""
        self._bars: dict[str, _Growing] = {}
        bus.subscribe(ProposalChanged, lambda fact: self._on_proposal(fact.proposal))
        bus.subscribe(ContextChanged, lambda fact: self._on_mark(fact.coin))

    @property
    def running(self) -> tuple[Ghost, ...]:
        return tuple(self._running.values())

    async def restore(self) -> None:
        """Go on with those that an earlier run followed."""
        for ghost in await self._records.ghosts(MOST):
            if not ghost.state.is_final:
                self._running.setdefault(ghost.proposal_id, ghost)
                self._ended[ghost.proposal_id] = None

    def look(self) -> None:
        """Close the bars whose minute is over, and tell them to the ghosts of their coins."""
        minute = self._clock.now_ms() // MINUTE_MS * MINUTE_MS
        for coin, growing in list(self._bars.items()):
            if minute <= growing.open_ms:
                continue
            if self._is_whole(growing, minute):
                bar = Bar(growing.open_ms, minute, growing.open, growing.high, growing.low, growing.close)
                for ghost in self._of(coin):
                    if bar.open_ms == ghost.until_ms:
                        self._put(ghost, advance(ghost, bar))
            if self._of(coin):
                self._bars[coin] = _Growing(minute, *(growing.close,) * 4, growing.heard_ms)
            else:
                del self._bars[coin]

    def _is_whole(self, growing: _Growing, minute: int) -> bool:
        ended, speed = growing.open_ms + MINUTE_MS, self._clock.speed
        heard = growing.open_ms <= growing.heard_ms and ended - growing.heard_ms <= SILENT_MS * speed
        return heard and growing.whole and minute - ended <= LATE_MS * speed

    async def bridge(self, candles: Candles) -> None:
        """One question for each coin whose ghosts lag; what candles cannot tell is lost.

        Raises VenueError once all coins were asked: one that is no longer answered for holds up no other.
        """
        self.look()
        failure: VenueError | None = None
        minute = self._clock.now_ms() // MINUTE_MS * MINUTE_MS
        for coin in sorted({ghost.coin for ghost in self._running.values() if ghost.until_ms < minute}):
            lagging = [ghost for ghost in self._of(coin) if ghost.until_ms < minute]
            since = min(ghost.until_ms for ghost in lagging)
            try:
                block = await candles(coin, since - MINUTE_MS, minute)
            except VenueError as error:
                failure = error
                continue
            for was in lagging:
                ghost = self._running.get(was.proposal_id)
                if ghost is not None:
                    self._put(ghost, self._after(ghost, list(bars_of(block, ghost.until_ms, minute))))
        if failure is not None:
            raise failure

    def _after(self, ghost: Ghost, bars: list[Bar]) -> Ghost:
        for bar in bars:
            ghost = advance(ghost, bar)
        late = self._clock.now_ms() - ghost.until_ms
        return replace(ghost, state=GhostState.LOST) if not ghost.state.is_final and late > 3 * MINUTE_MS else ghost

    def _on_proposal(self, proposal: Proposal) -> None:
        key, state = proposal.proposal_id, proposal.state
        if state is ProposalState.PLACED:
            self._running.pop(key, None)
            self._ended.pop(key, None)
            return
        if key not in self._running:
            if key in self._ended:
                return
            self._begin(proposal)
        elif proposal.edited and key not in self._ended:
            self._running[key] = ghost_of(proposal)
        if state.is_final and key not in self._ended:
            self._ended[key] = None
            if len(self._ended) > 4 * MOST:
                del self._ended[next(iter(self._ended))]
            self._keep(self._running[key])

    def _begin(self, proposal: Proposal) -> None:
        if len(self._running) >= MOST:
            oldest = next(iter(self._running.values()))
            self._put(oldest, replace(oldest, state=GhostState.LOST))
        self._running[proposal.proposal_id] = ghost_of(proposal)
        self._on_mark(proposal.coin, begin=True)

    def _on_mark(self, coin: str, *, begin: bool = False) -> None:
        growing = self._bars.get(coin)
        if growing is None and not begin:
            return
        mark = self._mark(coin)
        if mark is None:
            return
        now = self._clock.now_ms()
        minute = now // MINUTE_MS * MINUTE_MS
        if growing is None:
            self._bars[coin] = _Growing(minute, mark, mark, mark, mark, now)
            return
        if minute > growing.open_ms:
            self.look()
            growing = self._bars.get(coin)
            if growing is None:
                return
        growing.high, growing.low = max(growing.high, mark), min(growing.low, mark)
        growing.whole &= now - growing.heard_ms <= SILENT_MS * self._clock.speed
        growing.close, growing.heard_ms = mark, now

    def _of(self, coin: str) -> list[Ghost]:
        return [ghost for ghost in self._running.values() if ghost.coin == coin]

    def _put(self, before: Ghost, now: Ghost) -> None:
        if now == before:
            return
        key = now.proposal_id
        if key in self._ended:
            self._keep(now)
        if now.state.is_final:
            self._running.pop(key, None)
        else:
            self._running[key] = now

    def _keep(self, ghost: Ghost) -> None:
        self._records.save_ghost(ghost)
        self._bus.publish(GhostChanged(ghost))
