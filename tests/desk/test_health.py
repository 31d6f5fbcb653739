"""Numbers that a person judges the connection by."""

from __future__ import annotations

import asyncio

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock, SystemClock
from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.core.ports import LinkHealth
from hlmaster.desk.health import BEAT_SECONDS, RATE_WINDOW_SECONDS, LinkWatch, LoopLag, percentile


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [([], 0.5, 0.0), ([3.0], 0.99, 3.0), ([3.0, 1.0, 2.0], 0.5, 2.0), ([float(n) for n in range(100)], 0.99, 99.0)],
)
def test_percentiles_are_of_the_sorted_values(values: list[float], fraction: float, expected: float) -> None:
    assert percentile(values, fraction) == expected


def test_the_message_rate_is_that_of_the_last_seconds() -> None:
    bus, clock, health = Bus(), ManualClock(), LinkHealth()
    watch = LinkWatch(bus, clock, health)
    assert (watch.messages_per_second, watch.age_seconds) == (0.0, None)
    for _ in range(60):
        watch.sample()
        clock.advance(250)
        health.messages += 5
    watch.sample()
    assert watch.messages_per_second == 20.0
    for _ in range(int(RATE_WINDOW_SECONDS / 0.25) + 2):
        clock.advance(250)
        watch.sample()
    assert watch.messages_per_second == 0.0


def test_the_age_counts_from_the_last_frame() -> None:
    clock, health = ManualClock(), LinkHealth(last_frame_monotonic=0.0)
    watch = LinkWatch(Bus(), clock, health)
    clock.advance(1_500)
    assert watch.age_seconds == 1.5


def test_the_links_last_word_is_kept() -> None:
    bus = Bus()
    watch = LinkWatch(bus, ManualClock(), LinkHealth())
    assert watch.last.state is LinkState.DISCONNECTED
    said = LinkChanged(LinkState.CONNECTED, "Connected.")
    bus.publish(said)
    assert watch.last == said


async def test_loop_lag_is_measured_while_it_runs() -> None:
    lag = LoopLag(SystemClock())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lag.run(), 4 * BEAT_SECONDS)
    assert len(lag.samples) > 0
    assert 0.0 <= lag.percentile(0.5) <= lag.worst_ms
