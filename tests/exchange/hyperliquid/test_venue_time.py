"""The venue's time, as far as it is known: what expiries and nonces go by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import DAY_MS, HOUR_MS, ManualClock
from hlmaster.exchange.hyperliquid.venue_time import FURTHEST_MS, JUMP_SECONDS, KEPT_SECONDS, WITNESSES, VenueTime

JUMP_MS = int(JUMP_SECONDS * 1000)
NEAR = st.integers(-JUMP_MS // 2, JUMP_MS // 2)
LIES = st.integers(-(10**15), 10**15).filter(lambda lie: abs(lie) > 2 * JUMP_MS)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def time(clock: ManualClock) -> VenueTime:
    return VenueTime(clock)


def read(time: VenueTime, clock: ManualClock, offset: int) -> bool:
    return time.learn(clock.now_ms() + offset, clock.now_ms())


def test_readers_that_lag_do_not_turn_the_clock_back_and_a_clock_that_was_turned_back_counts_in_the_end(
    clock: ManualClock, time: VenueTime
) -> None:
    read(time, clock, 3_000)
    for _ in range(19):
        clock.advance(30_000)
        assert read(time, clock, -20_000)
        assert time.offset_ms == 3_000
    clock.advance(60_000)
    for _ in range(WITNESSES):
        read(time, clock, -20_000)
    assert time.offset_ms == -20_000


def test_a_reading_was_made_in_the_middle_of_its_question_and_answer(clock: ManualClock, time: VenueTime) -> None:
    asked = clock.now_ms()
    clock.advance(400)
    time.learn(asked + 200, asked)
    assert time.offset_ms == 0


def test_an_answer_that_was_long_on_its_way_is_no_jump(clock: ManualClock, time: VenueTime) -> None:
    asked = clock.now_ms()
    clock.advance(60_000)
    assert time.learn(asked + 60_000, asked)


@pytest.mark.parametrize("known", [None, 500])
@pytest.mark.parametrize("jump", [11_000, HOUR_MS, 30 * DAY_MS, 10**15])
def test_a_single_jump_is_asked_about_and_moves_nothing(
    clock: ManualClock, time: VenueTime, known: int | None, jump: int
) -> None:
    if known is not None:
        read(time, clock, known)
    for _ in range(20):
        for _ in range(WITNESSES - 1):
            assert not read(time, clock, jump)
        assert time.offset_ms == known
        read(time, clock, known := 500)
    assert time.offset_ms == 500


@pytest.mark.parametrize("offset", [HOUR_MS, -HOUR_MS])
def test_a_clock_of_ours_that_was_set_wrong_is_found_out_by_answers_that_agree(
    clock: ManualClock, time: VenueTime, offset: int
) -> None:
    assert [read(time, clock, offset + step) for step in (0, 20, -20)] == [False, False, True]
    assert time.offset_ms == offset - 20


def test_answers_that_do_not_agree_confirm_nothing(clock: ManualClock, time: VenueTime) -> None:
    assert not any(read(time, clock, days * DAY_MS // 3) for days in range(1, 40))
    assert time.offset_ms is None


def test_a_time_that_would_spoil_every_later_nonce_is_never_believed(clock: ManualClock, time: VenueTime) -> None:
    assert not any(read(time, clock, FURTHEST_MS + 1) for _ in range(50))
    assert time.offset_ms is None


@given(st.lists(st.tuples(st.integers(1, 300), NEAR), min_size=1, max_size=60))
def test_the_latest_reading_of_ten_minutes_is_believed(readings: list[tuple[int, int]]) -> None:
    clock = ManualClock()
    time, seen = VenueTime(clock), list[tuple[float, int]]()
    for seconds, offset in readings:
        clock.advance(seconds * 1_000)
        read(time, clock, offset)
        seen.append((clock.monotonic(), offset))
        recent = [known for at, known in seen if clock.monotonic() - at <= KEPT_SECONDS]
        assert time.offset_ms == max(recent)


@given(st.lists(st.tuples(NEAR, st.lists(LIES, max_size=WITNESSES - 1)), max_size=40))
def test_whatever_is_said_between_true_readings_the_offset_is_one_of_theirs(
    readings: list[tuple[int, list[int]]],
) -> None:
    clock = ManualClock()
    time = VenueTime(clock)
    for offset, nonsense in readings:
        clock.advance(1_000)
        read(time, clock, offset)
        for lie in nonsense:
            read(time, clock, lie)
            assert time.offset_ms is not None
            assert abs(time.offset_ms) <= JUMP_MS // 2
