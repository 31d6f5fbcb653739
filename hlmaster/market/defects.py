"""The record of bad data: exact counters, and facts at a bearable rate."""

from __future__ import annotations

from collections import deque

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import DataDefect, DefectKind

RECENT = 200
PUBLISH_EVERY_SECONDS = 1.0


class DefectLog:
    """Counts every defect, ours and those the adapter publishes.

    Publishes at most one a second of each kind and coin, and says how many it held back.
    """

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._held: dict[tuple[DefectKind, str], tuple[float, int]] = {}
        self.counts: dict[DefectKind, int] = dict.fromkeys(DefectKind, 0)
        self._ours: deque[DataDefect] = deque()
        self.recent: deque[DataDefect] = deque(maxlen=RECENT)
        self.close = bus.subscribe(DataDefect, self._hear)

    def report(self, kind: DefectKind, stream: str, coin: str, detail: str, count: int = 1) -> None:
        self.counts[kind] += count
        now = self._clock.monotonic()
        # names from outside are unlimited: unknown coins share one slot
        key = (kind, "" if kind is DefectKind.UNKNOWN_COIN else coin)
        published_at, held = self._held.get(key, (float("-inf"), 0))
        if now - published_at < PUBLISH_EVERY_SECONDS:
            self._held[key] = (published_at, held + count)
            return
        self._held[key] = (now, 0)
        text = f"{detail} ({held} more since the last report)" if held else detail
        defect = DataDefect(kind, stream, coin, text, self._clock.now_ms())
        self.recent.append(defect)
        self._ours.append(defect)
        self._bus.publish(defect)

    def _hear(self, defect: DataDefect) -> None:
        """Count a defect that somebody else found and published; our own come back in the order they left."""
        if self._ours and self._ours[0] is defect:
            self._ours.popleft()
            return
        self.counts[defect.kind] += 1
        self.recent.append(defect)
