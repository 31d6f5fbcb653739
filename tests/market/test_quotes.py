"""The mid price, where it comes from, and momentum."""

from __future__ import annotations

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.market.quotes import HISTORY_MS, MidPrice
from tests.market.facts import NOW


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def test_the_newest_quote_or_book_gives_the_mid(clock: ManualClock) -> None:
    mid = MidPrice(clock)
    assert mid.value is None
    mid.exact(100.0, NOW, 0.0)
    mid.exact(99.0, NOW - 1, 0.0)
    assert mid.value == 100.0


def test_a_summary_fills_in_only_when_quotes_have_gone_quiet(clock: ManualClock) -> None:
    mid = MidPrice(clock)
    mid.exact(100.0, NOW, 0.0)
    assert mid.summary(90.0, 0.5)
    assert mid.value == 100.0
    assert mid.summary(90.0, 1.5)
    assert mid.value == 90.0


def test_with_an_empty_side_there_is_no_mid_whatever_a_summary_says(clock: ManualClock) -> None:
    mid = MidPrice(clock)
    mid.exact(100.0, NOW, 0.0)
    mid.exact(None, NOW + 1, 0.0)
    assert not mid.summary(100.0, 60.0)
    assert mid.value is None
    assert mid.momentum() is None


def test_momentum_is_the_fraction_since_the_last_mid_that_old(clock: ManualClock) -> None:
    mid = MidPrice(clock)
    mid.exact(100.0, NOW, 0.0)
    clock.advance(4_999)
    mid.exact(101.0, NOW + 4_900, 4.9)
    assert mid.momentum(5) is None, "no mid is five seconds old yet"
    clock.advance(1)
    assert mid.momentum(5) == pytest.approx(0.01)
    clock.advance(20_000)
    assert mid.momentum(5) == 0.0, "an unchanged mid is no movement"


def test_history_is_sampled_and_bounded(clock: ManualClock) -> None:
    mid = MidPrice(clock)
    for i in range(2 * HISTORY_MS // 50):
        clock.advance(50)
        mid.exact(100.0 + i, clock.now_ms(), clock.monotonic())
    assert mid.momentum(59) is not None
    assert mid.momentum(120) is None


def test_a_venue_that_restarts_in_the_past_is_followed(clock: ManualClock) -> None:
    mid = MidPrice(clock)
    mid.exact(100.0, NOW, 0.0)
    mid.restart()
    mid.exact(50.0, NOW - 3_600_000, 1.0)
    assert mid.value == 50.0
    clock.market_ms = NOW - 3_590_000
    assert mid.momentum(5) == 0.0


def test_a_summary_stamped_by_our_faster_clock_does_not_erase_the_past(clock: ManualClock) -> None:
    mid = MidPrice(clock)
    mid.exact(100.0, NOW - 5_000, 0.0)
    mid.summary(100.0, 2.0)
    mid.exact(110.0, NOW - 200, 3.0)
    assert mid.momentum(5) == pytest.approx(0.1)
