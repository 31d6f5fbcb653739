"""A flood of defects is counted to the last one and does not drown the bus."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import DataDefect, DefectKind
from hlmaster.market.defects import RECENT, DefectLog

KINDS = st.sampled_from([DefectKind.GAP, DefectKind.CROSSED_BOOK])


@given(st.lists(st.tuples(KINDS, st.sampled_from(["BTC", "ETH"]), st.integers(1, 3), st.integers(0, 700)), max_size=60))
def test_counters_are_exact_and_each_kind_and_coin_speaks_once_a_second(
    reports: list[tuple[DefectKind, str, int, int]],
) -> None:
    bus, clock, heard = Bus(), ManualClock(), list[tuple[float, DataDefect]]()
    log = DefectLog(bus, clock)
    bus.subscribe(DataDefect, lambda defect: heard.append((clock.monotonic(), defect)))
    for kind, coin, count, wait_ms in reports:
        log.report(kind, "book", coin, "detail", count)
        clock.advance(wait_ms)
    assert sum(log.counts.values()) == sum(count for _, _, count, _ in reports)
    for kind in DefectKind:
        assert log.counts[kind] == sum(count for k, _, count, _ in reports if k is kind)
    last: dict[tuple[DefectKind, str], float] = {}
    for at, defect in heard:
        key = (defect.kind, defect.coin)
        assert at - last.get(key, -9.0) >= 1.0
        last[key] = at
    assert last.keys() == {(kind, coin) for kind, coin, _, _ in reports}


def test_the_next_report_says_how_many_were_held_back() -> None:
    clock = ManualClock()
    log = DefectLog(Bus(), clock)
    for _ in range(5):
        log.report(DefectKind.GAP, "candle", "BTC", "hole")
    clock.advance(1_000)
    log.report(DefectKind.GAP, "candle", "BTC", "hole")
    assert [defect.detail for defect in log.recent] == ["hole", "hole (4 more since the last report)"]


def test_unknown_coins_share_one_voice_however_many_names_arrive() -> None:
    log = DefectLog(Bus(), ManualClock())
    for i in range(1_000):
        log.report(DefectKind.UNKNOWN_COIN, "trades", f"COIN{i}", "not listed")
    assert log.counts[DefectKind.UNKNOWN_COIN] == 1_000
    assert len(log.recent) == 1


def test_recent_defects_are_bounded() -> None:
    clock = ManualClock()
    log = DefectLog(Bus(), clock)
    for _ in range(RECENT + 50):
        log.report(DefectKind.GAP, "candle", "BTC", "hole")
        clock.advance(1_000)
    assert len(log.recent) == RECENT
