"""Market time and wall time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hlmaster.core.clock import ManualClock, SystemClock


class Machine:
    """A computer whose clocks stand where the test puts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_ns = 1_790_000_000_000_000_000
        self.mono = 50.0
        self.slept = 7.0
        system = SimpleNamespace(
            time_ns=lambda: self.wall_ns,
            monotonic=lambda: self.mono,
            clock_gettime=lambda clock: {4711: self.mono + self.slept}[clock],
        )
        monkeypatch.setattr("hlmaster.core.clock.time", system)
        monkeypatch.setattr("hlmaster.core.clock._SLEEPLESS", 4711)

    def pass_seconds(self, seconds: float) -> None:
        self.mono += seconds
        self.wall_ns += int(seconds * 1e9)

    def sleep(self, seconds: int) -> None:
        self.slept += seconds
        self.wall_ns += seconds * 10**9


def test_market_time_is_utc_on_the_real_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    system = SystemClock()
    assert system.now_ms() == 1_790_000_000_000
    machine.pass_seconds(1.5)
    assert system.now_ms() == system.wall_ms() == 1_790_000_001_500


@pytest.mark.parametrize("start_ms", [0, 1_600_000_000_000])
def test_a_faster_exchange_counts_from_its_own_start(monkeypatch: pytest.MonkeyPatch, start_ms: int) -> None:
    machine = Machine(monkeypatch)
    begun = SystemClock().wall_ms() - 2_000
    system = SystemClock(start_ms, begun, speed=20)
    assert system.now_ms() == start_ms + 40_000
    machine.pass_seconds(3)
    assert system.now_ms() == start_ms + 100_000


def test_a_wall_clock_set_back_an_hour_moves_neither_market_time_nor_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    system = SystemClock()
    machine.wall_ns -= 3_600 * 10**9
    machine.pass_seconds(1)
    assert system.now_ms() == 1_790_000_001_000
    assert system.monotonic() == 51.0
    assert system.wall_jump_ms() == -3_600_000


def test_the_real_exchange_lives_on_while_this_computer_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    system = SystemClock()
    machine.pass_seconds(1)
    machine.sleep(3_600)
    assert system.now_ms() == system.wall_ms() == 1_790_003_601_000
    assert (system.monotonic(), system.wall_jump_ms()) == (51.0, 3_600_000)


def test_an_embedded_exchange_sleeps_with_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    system = SystemClock(1_600_000_000_000, speed=20)
    machine.sleep(3_600)
    machine.pass_seconds(1)
    assert system.now_ms() == 1_600_000_020_000
    assert system.wall_jump_ms() == 3_600_000


def test_market_time_runs_where_no_clock_runs_through_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    monkeypatch.setattr("hlmaster.core.clock._SLEEPLESS", None)
    system = SystemClock()
    machine.pass_seconds(1.5)
    assert system.now_ms() == 1_790_000_001_500


async def test_a_manual_clock_moves_only_when_told() -> None:
    manual = ManualClock(market_ms=1_000, speed=10)
    manual.advance(5_000)
    assert (manual.now_ms(), manual.monotonic()) == (6_000, 0.5)
    await manual.sleep(2)
    assert (manual.now_ms(), manual.monotonic()) == (26_000, 2.5)
