"""How the desk is: ages, rates, lags and budgets, as numbers with units."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import DefectKind, LinkChanged, LinkState, TradingState
from hlmaster.core.ports import LinkHealth

BEAT_SECONDS = 0.05
RATE_WINDOW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    link: LinkState
    link_sentence: str
    messages: int
    messages_per_second: float
    feed_age_seconds: float | None
    round_trip_ms: float | None
    order_latency_ms: float | None
    loop_lag_ms_p50: float
    loop_lag_ms_p99: float
    clock_offset_ms: float | None
    weight_used: int
    weight_limit: int
    address_used: int | None
    address_limit: int | None
    reconnects: int
    gaps: int
    defects: int
    trading_state: str
    behind_ms_max: int


def percentile(values: list[float], fraction: float) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


class LoopLag:
    """How late the event loop wakes a sleeper, in milliseconds; the last minute is kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.samples: deque[float] = deque(maxlen=1_200)
        self.worst_ms = 0.0

    async def run(self) -> None:
        while True:
            before = self._clock.monotonic()
            await asyncio.sleep(BEAT_SECONDS)
            lag = max(0.0, (self._clock.monotonic() - before - BEAT_SECONDS) * 1000)
            self.samples.append(lag)
            self.worst_ms = max(self.worst_ms, lag)

    def percentile(self, fraction: float) -> float:
        return percentile(list(self.samples), fraction)


class LinkWatch:
    """Remembers the link's state and measures its message rate from the adapter's counter."""

    def __init__(self, bus: Bus, clock: Clock, health: LinkHealth) -> None:
        self._clock, self._health = clock, health
        self._counts: deque[tuple[float, int]] = deque()
        self.last = LinkChanged(LinkState.DISCONNECTED, "Not connected yet.")
        bus.subscribe(LinkChanged, self._on_link)

    def _on_link(self, fact: LinkChanged) -> None:
        self.last = fact

    def sample(self) -> None:
        now = self._clock.monotonic()
        self._counts.append((now, self._health.messages))
        while len(self._counts) > 2 and now - self._counts[0][0] > RATE_WINDOW_SECONDS:
            self._counts.popleft()

    @property
    def messages_per_second(self) -> float:
        if len(self._counts) < 2:
            return 0.0
        (start, first), (end, last) = self._counts[0], self._counts[-1]
        return (last - first) / (end - start) if end > start else 0.0

    @property
    def age_seconds(self) -> float | None:
        last = self._health.last_frame_monotonic
        return None if last is None else max(0.0, self._clock.monotonic() - last)


def describe(
    market: LinkHealth,
    account: LinkHealth,
    link: LinkWatch,
    lag: LoopLag,
    *,
    order_latencies_ms: list[float],
    defects: Mapping[DefectKind, int],
    trading_state: TradingState,
    behind_ms_max: int,
) -> Health:
    """All figures of this moment; ``market`` and ``account`` are what the two adapters keep of their lines."""
    return Health(
        link=link.last.state,
        link_sentence=link.last.sentence,
        messages=market.messages,
        messages_per_second=link.messages_per_second,
        feed_age_seconds=link.age_seconds,
        round_trip_ms=market.round_trip_ms,
        order_latency_ms=percentile(order_latencies_ms, 0.5) if order_latencies_ms else None,
        loop_lag_ms_p50=lag.percentile(0.5),
        loop_lag_ms_p99=lag.percentile(0.99),
        clock_offset_ms=market.clock_offset_ms,
        weight_used=market.weigh(),
        weight_limit=market.weight_limit,
        address_used=account.address_used,
        address_limit=account.address_limit,
        reconnects=market.reconnects,
        gaps=defects.get(DefectKind.GAP, 0),
        defects=sum(defects.values()),
        trading_state=str(trading_state),
        behind_ms_max=behind_ms_max,
    )
