from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.times import DAY, HOUR, MINUTE, LocalTime, TimeTick, moment_text, time_ticks

BERLIN = ZoneInfo("Europe/Berlin")


def ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


def ticks(start: int, count: int, interval: int, room: int, zone: LocalTime | None = None) -> list[TimeTick]:
    times = start + interval * np.arange(count, dtype=np.int64)
    return time_ticks(times, np.arange(count), room, zone or LocalTime(UTC), interval)


@given(st.lists(st.integers(0, 2_000_000_000_000), min_size=1, max_size=50, unique=True))
def test_local_times_agree_with_the_calendar(times: list[int]) -> None:
    zone = LocalTime(BERLIN)
    given_ms = np.array(sorted(times), np.int64) // 1000 * 1000
    local = zone.local_ms(given_ms)
    for utc_ms, local_ms in zip(given_ms.tolist(), local.tolist(), strict=True):
        offset = datetime.fromtimestamp(utc_ms // 1000, BERLIN).utcoffset()
        assert offset is not None
        assert local_ms - utc_ms == offset.total_seconds() * 1000


def test_hours_are_marked_and_midnight_is_strong() -> None:
    found = ticks(ms(2026, 11, 19, 21), 60 * 6, MINUTE, 60)
    assert [tick.text for tick in found] == ["22:00", "23:00", "Fri 20", "01:00", "02:00"]
    assert [tick.strong for tick in found] == [False, False, True, False, False]


def test_midnight_is_that_of_the_zone() -> None:
    found = ticks(ms(2026, 11, 19, 21), 60 * 6, MINUTE, 60, LocalTime(BERLIN))
    assert [tick.slot for tick in found if tick.strong] == [120]


def test_the_hour_that_comes_twice_in_autumn_is_marked_once() -> None:
    found = ticks(ms(2026, 10, 24, 21), 8, HOUR, 1, LocalTime(BERLIN))
    assert [tick.text for tick in found] == ["Sun 25", "01:00", "02:00", "03:00", "04:00", "05:00"]


def test_daily_candles_keep_their_utc_day_everywhere() -> None:
    found = ticks(ms(2026, 10, 25), 20, DAY, 1, LocalTime(ZoneInfo("America/New_York")))
    assert found[0].text == "Mon 26"
    assert next(tick for tick in found if tick.strong).text == "Nov"


def test_years_of_candles_are_marked_by_month_and_year() -> None:
    found = ticks(ms(2025, 9, 1), 240, DAY, 25)
    assert [tick.text for tick in found] == ["Oct", "Nov", "Dec", "2026", "Feb", "Mar", "Apr"]
    assert [tick.text for tick in found if tick.strong] == ["2026"]


def test_the_first_candle_after_a_gap_is_named_by_its_own_time() -> None:
    times = np.concatenate((np.arange(10), np.arange(77, 90))) * MINUTE + ms(2026, 11, 20)
    found = time_ticks(times, np.arange(len(times)), 5, LocalTime(UTC), MINUTE)
    assert TimeTick(10, "01:17", False) in found


def test_sampled_times_are_named_by_the_unit_that_began() -> None:
    times = ms(2026, 11, 20) + np.arange(600, dtype=np.int64) * 61_237
    found = time_ticks(times, np.arange(600), 80, LocalTime(UTC), 61_237, whole=True)
    assert [tick.text for tick in found] == ["02:00", "04:00", "06:00", "08:00", "10:00"]


def test_weeks_begin_on_monday() -> None:
    assert all(tick.text.startswith("Mon") or tick.strong for tick in ticks(ms(2026, 11, 2), 40, DAY, 6))


def test_the_crosshair_names_day_and_minute_or_day_and_year() -> None:
    at = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    assert moment_text(at, MINUTE) == "Fri 20 Nov 14:30"
    assert moment_text(at, DAY) == "Fri 20 Nov 2026"
