"""The venue's time, as far as it is known: what expiries and nonces go by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.exchange.hyperliquid.preparing import OFFSET_SECONDS, Preparing
from hlmaster.exchange.hyperliquid.signing import Network, Signer

SIGNER = Signer.generate()


def preparing(clock: ManualClock) -> Preparing:
    return Preparing(clock, Network.TESTNET, SIGNER, lambda now_ms: now_ms, lambda approved: True)


def test_before_the_first_reading_our_own_clock_counts() -> None:
    clock = ManualClock()
    assert preparing(clock)._venue_ms() == clock.now_ms()


def test_readers_that_lag_do_not_turn_the_clock_back_and_a_clock_that_was_turned_back_counts_in_the_end() -> None:
    clock = ManualClock()
    one = preparing(clock)
    one._learn_time(clock.now_ms() + 3_000, clock.now_ms())
    for _ in range(19):
        clock.advance(30_000)
        one._learn_time(clock.now_ms() - 20_000, clock.now_ms())
        assert one._venue_ms() == clock.now_ms() + 3_000
    clock.advance(60_000)
    one._learn_time(clock.now_ms() - 20_000, clock.now_ms())
    assert one._venue_ms() == clock.now_ms() - 20_000


def test_a_reading_was_made_in_the_middle_of_its_question_and_answer() -> None:
    clock = ManualClock()
    one = preparing(clock)
    asked = clock.now_ms()
    clock.advance(400)
    one._learn_time(asked + 200, asked)
    assert one._venue_ms() == clock.now_ms()


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(-60_000, 60_000)), min_size=1, max_size=60))
def test_the_latest_reading_of_ten_minutes_is_believed(readings: list[tuple[int, int]]) -> None:
    clock = ManualClock()
    one, seen = preparing(clock), list[tuple[float, int]]()
    for seconds, offset in readings:
        clock.advance(seconds * 1_000)
        one._learn_time(clock.now_ms() + offset, clock.now_ms())
        seen.append((clock.monotonic(), offset))
        recent = [known for at, known in seen if clock.monotonic() - at <= OFFSET_SECONDS]
        assert one.health.clock_offset_ms == max(recent)
