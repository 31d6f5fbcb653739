"""Who needs what: rows are kept once for all, as long as somebody needs them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Interval
from hlmaster.core.signals import RowClosed
from hlmaster.market.indicators.cvd import Cvd
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.indicator import over
from hlmaster.market.indicators.rsi import Rsi
from hlmaster.market.window import PRICES, FrameNeeds, Grid, Needs
from tests.market.facts import NOW, quote, trade, trades
from tests.market.grid.scene import MINUTES, SAMPLED, GridDesk, history

STEP = 250


def sampled(desk: GridDesk, rows: int) -> None:
    for _ in range(rows):
        desk.passes(STEP)
        now = desk.clock.now_ms()
        desk.hears(quote(100.0 + now // STEP % 5 / 10, 101.0, now), trades(trade(100.0, now, now)))
        desk.grids.tick()


def test_there_is_no_window_before_the_first_row_nor_of_what_nobody_needs() -> None:
    desk = GridDesk()
    assert desk.grids.window("BTC", SAMPLED) is None
    desk.grids.need("BTC", SAMPLED, "test")
    assert desk.grids.window("BTC", SAMPLED) is None
    assert desk.grids.window("ETH", SAMPLED) is None
    assert desk.grids.progress("ETH", SAMPLED) == (0, 10)
    sampled(desk, 3)
    assert len(desk.window(SAMPLED)) == 3
    assert desk.grids.progress("BTC", SAMPLED) == (3, 10)


def test_a_window_holds_the_rows_that_were_asked_for_and_the_columns_that_were_declared() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    desk.grids.need("BTC", replace(SAMPLED, columns=("regime",), indicators=()), "other")
    sampled(desk, 30)
    window = desk.window(SAMPLED)
    assert len(window) == SAMPLED.lookback
    assert set(window.columns) == {*PRICES, *SAMPLED.columns, "ema(3)"}
    assert window.time_ms[-1] == desk.clock.now_ms()
    assert not window["close"].flags.writeable
    assert not window["close"].flags.owndata, "a view"


def test_one_who_sees_more_rows_sees_the_same_rows() -> None:
    desk = GridDesk()
    longer = replace(SAMPLED, lookback=25)
    for owner, needs in (("short", SAMPLED), ("long", longer)):
        desk.grids.need("BTC", needs, owner)
    sampled(desk, 40)
    short, long = desk.window(SAMPLED), desk.window(longer).tail(8)
    for name, column in short.columns.items():
        np.testing.assert_array_equal(column, long[name])


def test_an_indicator_is_advanced_once_a_row_however_many_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = GridDesk()
    steps = []
    whole = Ema.step

    def counted(*given: Any) -> tuple[Any, Any]:
        steps.append(given)
        return whole(*given)

    monkeypatch.setattr(Ema, "step", staticmethod(counted))
    for owner in ("one", "two", "three"):
        desk.grids.need("BTC", SAMPLED, owner)
    desk.market()
    sampled(desk, 10)
    assert len(steps) == 10


def test_indicators_of_takers_volumes_know_them() -> None:
    desk = GridDesk()
    needs = Needs(Grid.of("250ms"), 5, (), (Cvd(),))
    desk.grids.need("BTC", needs, "test")
    desk.hears(trades())
    sampled(desk, 6)
    assert desk.window(needs)["cvd().delta"].tolist() == [1.0] * 5


def test_who_joins_later_finds_an_indicator_over_the_rows_there_are() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "first")
    sampled(desk, 20)
    joined = replace(SAMPLED, indicators=(Rsi(4),), columns=("spread",))
    desk.grids.need("BTC", joined, "second")
    sampled(desk, 5)
    closes = desk.window(replace(SAMPLED, lookback=100, indicators=(), columns=()))["close"]
    window = desk.window(joined)
    np.testing.assert_array_equal(window["rsi(4)"], over(Rsi(4), {"close": closes})[0][-8:])
    assert np.isnan(window["spread"]).tolist() == [True] * 3 + [False] * 5
    np.testing.assert_array_equal(desk.window(SAMPLED)["ema(3)"], over(Ema(3), {"close": closes})[0][-8:])


def test_rows_end_when_the_last_owner_has_gone() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "one")
    desk.grids.need("ETH", SAMPLED, "one")
    desk.grids.need("BTC", MINUTES, "two")
    assert desk.grids.coins == {"BTC", "ETH"}
    desk.grids.drop("one", "ETH")
    assert desk.grids.coins == {"BTC"}
    desk.grids.drop("one")
    assert desk.grids.next_due_ms is None
    assert desk.grids.candles_wanted() == {("BTC", Interval.M1)}
    desk.grids.drop("two")
    assert desk.grids.coins == set()
    desk.grids.drop("nobody")
    sampled(desk, 4)
    assert desk.rows == []


def test_needing_the_same_again_changes_nothing() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    revision = desk.grids.revision
    desk.grids.need("BTC", replace(SAMPLED), "test")
    assert desk.grids.revision == revision


def test_an_owner_s_new_needs_replace_the_old() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    desk.grids.need("BTC", MINUTES, "test")
    assert desk.grids.next_due_ms is None


def test_what_cannot_be_known_is_refused_and_changes_nothing() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    with pytest.raises(ConfigError, match="gamma"):
        desk.grids.need("BTC", replace(SAMPLED, indicators=(Ema(3, source="gamma"),)), "test")
    with pytest.raises(ConfigError, match="gamma"):
        desk.grids.need("ETH", replace(SAMPLED, indicators=(Ema(3, source="gamma"),)), "test")
    with pytest.raises(KeyError):
        desk.grids.need("NONE", SAMPLED, "test")
    sampled(desk, 3)
    assert len(desk.window(SAMPLED)) == 3
    assert desk.grids.coins == {"BTC"}
    desk.grids.drop("test")


def test_others_say_regime_and_opinion() -> None:
    desk = GridDesk()
    needs = Needs(Grid.of("250ms"), 5, ("regime", "opinion"))
    desk.grids.state("BTC", "regime", 1.0)
    desk.grids.need("BTC", needs, "test")
    sampled(desk, 1)
    desk.grids.state("BTC", "regime", None)
    desk.grids.state("BTC", "opinion", -0.5)
    sampled(desk, 1)
    np.testing.assert_array_equal(desk.window(needs)["regime"], [1.0, math.nan])
    np.testing.assert_array_equal(desk.window(needs)["opinion"], [math.nan, -0.5])
    with pytest.raises(KeyError):
        desk.grids.state("BTC", "mark", 1.0)


def test_progress_is_that_of_the_frame_that_is_further_behind() -> None:
    desk = GridDesk()
    needs = replace(MINUTES, frames=(FrameNeeds(Interval.H1, (Ema(9),), 2),))
    desk.grids.need("BTC", needs, "test")
    desk.feed.load_series("BTC", Interval.M1, history(-20, 0))
    assert desk.grids.progress("BTC", needs) == (0, 10)
    desk.feed.load_series("BTC", Interval.H1, history(-4, 0, Interval.H1))
    assert desk.grids.progress("BTC", needs) == (4, 10)
    assert desk.grids.candles_wanted() == {("BTC", Interval.M1), ("BTC", Interval.H1)}
    assert desk.grids.history_wanted("BTC", Interval.H1) >= 10
    assert desk.grids.history_wanted("BTC", Interval.M5) == 0


def test_a_window_asked_for_in_a_handler_of_its_row_ends_with_that_row() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    ends: list[tuple[int, int]] = []
    desk.bus.subscribe(RowClosed, lambda fact: ends.append((fact.row_ms, int(desk.window(SAMPLED).time_ms[-1]))))
    sampled(desk, 10)
    assert ends == [(NOW + STEP * n, NOW + STEP * n) for n in range(1, 11)]


# --- recording ---


def test_every_live_row_is_handed_over_once_and_history_with_the_first() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", MINUTES, "test")
    desk.feed.load_series("BTC", Interval.M1, history(-20, 0))
    desk.grids.record()
    assert desk.blocks == [], "history alone was decided upon by nobody"
    for number in range(6):
        desk.closes(number)
        desk.grids.record()
        desk.grids.record()
    assert [len(block) for block in desk.blocks] == [21, 1, 1, 1, 1, 1]
    assert [block.first_row for block in desk.blocks] == [0, 21, 22, 23, 24, 25]
    assert desk.blocks[0].columns["live"].tolist() == [0.0] * 20 + [1.0]
    assert {block.epoch for block in desk.blocks} == {desk.blocks[0].epoch}


def test_a_new_column_begins_a_new_epoch_at_the_next_row() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    sampled(desk, 5)
    desk.grids.need("BTC", replace(SAMPLED, columns=("spread",), indicators=(Rsi(4),)), "other")
    sampled(desk, 3)
    desk.grids.close()
    assert [(block.first_row, len(block)) for block in desk.blocks] == [(0, 5), (5, 3)]
    assert desk.blocks[0].epoch != desk.blocks[1].epoch
    assert "spread" in desk.blocks[1].columns
    assert [state.name for state in desk.blocks[1].indicators] == ["ema", "rsi"]


def test_rows_are_handed_over_by_themselves_every_few_seconds() -> None:
    desk = GridDesk()
    desk.grids.need("BTC", SAMPLED, "test")
    sampled(desk, 41)
    assert [len(block) for block in desk.blocks] == [20, 20]
