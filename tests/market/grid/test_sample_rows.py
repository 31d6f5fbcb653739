"""Samples: on every multiple of their step, as known then; what passed unseen is absent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.market.window import Grid, Needs
from tests.market.facts import NOW, context, quote, trade, trades
from tests.market.grid.scene import SAMPLED, GridDesk

STEP = 250


def begun() -> GridDesk:
    """Connected, first trades repeated, the first row taken."""
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    desk.market()
    desk.hears(trades())
    desk.passes(STEP)
    desk.grids.tick()
    return desk


def test_rows_close_on_multiples_of_the_step() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    for _ in range(100):
        desk.passes(10)
        desk.grids.tick()
    assert [row.row_ms for row in desk.rows] == [NOW + STEP * n for n in (1, 2, 3, 4)]
    assert {row.grid for row in desk.rows} == {"250ms"}


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=60))
def test_whatever_the_beat_no_row_is_invented_repeated_or_out_of_step(beats: list[int]) -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    expected, last = [], NOW
    for beat in beats:
        desk.passes(beat)
        desk.grids.tick()
        now = desk.clock.now_ms()
        due = now - now % STEP
        if due > last and now - due <= STEP // 2:
            expected.append(due)
        last = due
    assert [row.row_ms for row in desk.rows] == expected


def test_the_next_due_moment_does_not_drift() -> None:
    desk = begun()
    assert desk.grids.next_due_ms == NOW + 2 * STEP
    desk.passes(3)
    desk.grids.tick()
    assert desk.grids.next_due_ms == NOW + 2 * STEP
    desk.passes(10 * STEP)
    desk.grids.tick()
    assert desk.grids.next_due_ms == NOW + 12 * STEP


def test_prices_are_the_mids_course_since_the_row_before() -> None:
    desk = begun()
    for price in (103.0, 98.0, 101.0):
        desk.passes(50)
        desk.hears(quote(price - 0.5, price + 0.5, desk.clock.now_ms()))
    desk.passes(100)
    desk.grids.tick()
    window = desk.window(SAMPLED)
    assert [window[name][-1] for name in ("open", "high", "low", "close", "mid")] == [100.5, 103.0, 98.0, 101.0, 101.0]


def test_without_a_fresh_mid_there_are_no_prices() -> None:
    desk = begun()
    desk.hears(quote(None, 101.0, desk.clock.now_ms() + 1))
    desk.passes(STEP)
    desk.grids.tick()
    window = desk.window(SAMPLED)
    assert all(math.isnan(window[name][-1]) for name in ("open", "high", "low", "close", "mid", "ema(3)"))
    assert not math.isnan(window["mark"][-1])


def test_flow_is_what_takers_bought_less_what_they_sold_since_the_row_before() -> None:
    desk = begun()
    at = desk.clock.now_ms()
    desk.hears(trades(trade(100.0, at, 1, 2.0), trade(100.0, at + 1, 2, 0.5, is_buy=False)))
    desk.passes(STEP)
    desk.grids.tick()
    desk.passes(STEP)
    desk.grids.tick()
    window = desk.window(SAMPLED)
    assert window["flow"][-2:].tolist() == [150.0, 0.0]
    assert window["taker_volume"][-2:].tolist() == [250.0, 0.0]
    assert window["volume"][-2:].tolist() == [2.5, 0.0]


def test_the_first_row_knows_no_sums() -> None:
    window = begun().window(SAMPLED)
    assert math.isnan(window["flow"][0])
    assert math.isnan(window["volume"][0])


def test_old_trades_that_a_subscription_repeats_do_not_count() -> None:
    desk = begun()
    at = desk.clock.now_ms()
    desk.hears(trades(trade(100.0, at - 60_000, 1, 7.0), trade(100.0, at + 1, 2, 1.0)))
    desk.passes(STEP)
    desk.grids.tick()
    assert desk.window(SAMPLED)["flow"][-1] == 100.0


def test_sums_are_unknown_from_a_lost_line_until_a_whole_row_was_heard_again() -> None:
    desk = begun()
    known = []
    for fact in (
        None,
        LinkChanged(LinkState.RECONNECTING, "lost"),
        None,
        LinkChanged(LinkState.CONNECTED, "back"),
        None,
        trades(),
        None,
    ):
        desk.passes(STEP // 2)
        if fact is not None:
            desk.hears(fact)
        desk.passes(STEP // 2)
        desk.grids.tick()
        known.append(not math.isnan(desk.window(SAMPLED)["flow"][-1]))
    assert known == [True, False, False, False, False, False, True]


def test_a_need_in_the_middle_begins_at_the_next_multiple() -> None:
    desk = GridDesk()
    desk.passes(130)
    desk.grids.need("BTC", SAMPLED, "test")
    desk.grids.tick()
    assert desk.rows == []
    desk.passes(120)
    desk.grids.tick()
    assert [row.row_ms for row in desk.rows] == [NOW + STEP]


def test_steps_of_their_own_beside_each_other() -> None:
    desk = GridDesk()
    second = Needs(Grid.of("1000ms"), 3, ("mid",))
    desk.grids.need("BTC", SAMPLED, "fast")
    desk.grids.need("BTC", second, "slow")
    desk.grids.need("ETH", second, "slow")
    for _ in range(8):
        desk.passes(STEP)
        desk.grids.tick()
    assert len([row for row in desk.rows if row.grid == "250ms"]) == 8
    assert [row.coin for row in desk.rows if row.grid == "1000ms"] == ["BTC", "ETH"] * 2


def test_rows_that_are_due_at_once_are_made_at_once_and_told_of_bit_by_bit() -> None:
    desk, second = GridDesk(), Needs(Grid.of("1000ms"), 3, ("mid",))
    for coin in ("BTC", "ETH"):
        for owner, needs in (("fast", SAMPLED), ("slow", second)):
            desk.grids.need(coin, needs, owner)
    desk.hears(quote(99.0, 101.0, NOW))
    desk.passes(4 * STEP)
    desk.grids.tick(tell_for=-1)
    assert desk.rows == []
    desk.hears(quote(100.0, 102.0, desk.clock.now_ms()))
    left = [desk.grids.tell(0) for _ in range(4)]
    assert left == [True, True, True, False]
    assert {(row.coin, row.grid) for row in desk.rows} == {
        (coin, grid) for coin in ("BTC", "ETH") for grid in ("250ms", "1000ms")
    }
    assert not desk.grids.tell(0)
    assert [desk.window(needs)["mid"].tolist() for needs in (SAMPLED, second)] == [[100.0], [100.0]], "as it was"


def test_rows_of_an_earlier_tick_are_told_of_before_those_of_the_next() -> None:
    desk = GridDesk()
    for coin in ("BTC", "ETH"):
        desk.grids.need(coin, SAMPLED, "test")
    for _ in range(2):
        desk.passes(STEP)
        desk.grids.tick(tell_for=-1)
    desk.grids.tell()
    assert [(row.coin, row.row_ms - NOW) for row in desk.rows] == [
        (coin, at) for at in (STEP, 2 * STEP) for coin in ("BTC", "ETH")
    ]


def test_the_oracles_age_counts_from_a_change_that_was_seen() -> None:
    desk = begun()
    desk.hears(context(oracle=101.0))
    for _ in range(3):
        desk.passes(STEP)
        desk.grids.tick()
    np.testing.assert_allclose(desk.window(SAMPLED)["oracle_age"], [math.nan, 0.25, 0.5, 0.75])


@pytest.mark.parametrize("speed", [1.0, 20.0, 200.0])
def test_rows_are_on_market_time_at_any_speed(speed: float) -> None:
    desk = GridDesk()
    desk.clock.speed = speed
    desk.grids.need("BTC", SAMPLED, "test")
    for _ in range(40):
        desk.passes(100)
        desk.grids.tick()
    assert [row.row_ms for row in desk.rows] == [NOW + STEP * n for n in range(1, 17)]
