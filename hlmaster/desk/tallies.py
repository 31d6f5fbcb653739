"""A ledger for each source, kept from the trades of the journal: what it made, holds, and has earned."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.records import Trade, TradeChanged, TradesRestored
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.proposals.record_trust import Record, TrustTerms, record
from hlmaster.trading.tally import Tally, tally

MOST_TRADES = 5_000


class Tallies:
    """``changed`` hears of each source whose closed trades are others than before."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        portfolio: Portfolio,
        terms: Callable[[], TrustTerms],
        changed: Callable[[str], None] = lambda source: None,
    ) -> None:
        self._clock, self._portfolio, self._terms, self.changed = clock, portfolio, terms, changed
        self._trades: dict[str, Trade] = {}
        self._closed: dict[str, list[Trade]] = {}
        """By source, as they closed."""
        self._records: dict[str, tuple[TrustTerms, Record]] = {}
        self.restored = False
        bus.subscribe(TradesRestored, self._on_restored)
        bus.subscribe(TradeChanged, lambda fact: self._take(fact.trade))

    # --- questions ---

    def of(self, source: str) -> Tally:
        return tally(source, self._closed.get(source, ()), self._clock.now_ms(), self._standing(source))

    def since(self, source: str, opened_ms: int) -> Tally:
        """Of the trades that were opened from then on."""
        closed = [trade for trade in self._closed.get(source, ()) if trade.opened_ms >= opened_ms]
        return tally(source, closed, self._clock.now_ms(), self._standing(source, opened_ms))

    def all(self) -> list[Tally]:
        """Of everybody who ever traded, by name; ``manual`` and ``elsewhere`` among them."""
        return [self.of(source) for source in sorted({trade.source for trade in self._trades.values()})]

    def multiples(self, source: str) -> list[Decimal]:
        """The R multiples of its closed trades whose planned risk is known, oldest first."""
        return [one for trade in self._closed.get(source, ()) if (one := trade.multiple) is not None]

    def record(self, source: str) -> Record:
        """What it has earned, by the terms as they are now."""
        terms = self._terms()
        known = self._records.get(source)
        if known is None or known[0] is not terms:
            known = self._records[source] = terms, record(self._closed.get(source, ()), terms)
        return known[1]

    def _standing(self, source: str, since_ms: int = 0) -> dict[str, Decimal]:
        """By coin, what its open positions have made after their costs so far; nothing where there is no price."""
        found = {}
        for view in self._portfolio.positions():
            trade = next((one for one in self._open(view.coin) if one.opened_ms == view.opened_ms), None)
            if trade is not None and trade.source == source and trade.opened_ms >= since_ms:
                found[view.coin] = view.realised - view.fees + view.funding + (view.unrealised or Decimal(0))
        return found

    def _open(self, coin: str) -> Iterable[Trade]:
        return (trade for trade in self._trades.values() if trade.coin == coin and not trade.closed_ms)

    # --- facts ---

    def _on_restored(self, fact: TradesRestored) -> None:
        for trade in fact.trades:
            self._take(trade)
        self.restored = True

    def _take(self, trade: Trade) -> None:
        before = self._trades.pop(trade.trade_id, None)
        self._trades[trade.trade_id] = trade
        gone = [before] if before is not None and before.closed_ms and not before.superseded else []
        if len(self._trades) > MOST_TRADES:
            oldest = next(key for key, known in self._trades.items() if known.closed_ms)
            gone.append(self._trades.pop(oldest))
        for old in gone:
            known = self._closed.get(old.source, [])
            if old in known:
                known.remove(old)
                self._anew(old.source)
        if trade.closed_ms and not trade.superseded:
            insort(self._closed.setdefault(trade.source, []), trade, key=_when)
            self._anew(trade.source)

    def _anew(self, source: str) -> None:
        self._records.pop(source, None)
        self.changed(source)


def _when(trade: Trade) -> tuple[int, str]:
    return trade.closed_ms, trade.trade_id
