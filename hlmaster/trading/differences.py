"""What reconciliation found apart, kept for whoever wants to know: the log, the store, a panel."""

from __future__ import annotations

import logging
from collections import deque

from hlmaster.core.bus import Bus
from hlmaster.core.differences import Discrepancy
from hlmaster.core.ports import Store

log = logging.getLogger(__name__)
KEPT = 1_000


class Differences:
    """``rows`` holds the latest, oldest first."""

    def __init__(self, bus: Bus, store: Store) -> None:
        self._store = store
        self.rows: deque[Discrepancy] = deque(maxlen=KEPT)
        bus.subscribe(Discrepancy, self._on_discrepancy)

    async def restore(self) -> None:
        """What earlier runs found, before what this one has found already."""
        earlier = await self._store.discrepancies(KEPT)
        known = set(self.rows)
        self.rows.extendleft(row for row in reversed(earlier) if row not in known and len(self.rows) < KEPT)

    def _on_discrepancy(self, fact: Discrepancy) -> None:
        self.rows.append(fact)
        self._store.save_discrepancy(fact)
        log.warning("%s: ours %s, the exchange's %s. %s", fact.subject, fact.ours, fact.venues, fact.explanation)
