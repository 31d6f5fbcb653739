"""The recorder of decision rows: what live saw is what is read; bounded room; a disk that refuses is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hlmaster.core.model import Interval
from hlmaster.market.indicators.macd import Macd
from hlmaster.market.window import FrameNeeds, Window
from hlmaster.storage.decision_rows import DecisionRows, recorded, rows_folder
from tests.market.facts import quote, trade, trades
from tests.market.grid.scene import MINUTES, SAMPLED, GridDesk, history
from tests.storage.test_row_file import block


def saved(folder: Path, *parts: object, **limits: int) -> DecisionRows:
    rows = DecisionRows(folder, **limits)
    rows.start()
    for part in parts:
        rows.save(part)  # type: ignore[arg-type]
    rows.close()
    return rows


def test_research_reads_the_bits_that_live_saw(tmp_path: Path) -> None:
    desk = GridDesk()
    needs = replace(SAMPLED, lookback=200, indicators=(*SAMPLED.indicators, Macd(3, 5, 2)))
    desk.grids.need("BTC", needs, "test")
    desk.market()
    for number in range(200):
        desk.passes(250)
        now = desk.clock.now_ms()
        desk.hears(quote(100.0 + number % 7 / 10, 101.0, now), trades(trade(100.0, now, now)))
        desk.grids.tick()
    seen = desk.window(needs)
    desk.grids.close()
    assert len(desk.blocks) > 5
    saved(tmp_path, *desk.blocks, file_bytes=500)
    parts = list(recorded(tmp_path, "BTC", "250ms"))
    assert len(parts) > 1, "several files"
    windows = [part.window() for part in parts]
    np.testing.assert_array_equal(np.concatenate([window.time_ms for window in windows]), seen.time_ms)
    for name, column in seen.columns.items():
        np.testing.assert_array_equal(np.concatenate([window[name] for window in windows]), column)


def test_history_and_what_was_known_of_higher_frames_are_recorded_too(tmp_path: Path) -> None:
    desk = GridDesk()
    needs = replace(MINUTES, frames=(FrameNeeds(Interval.M5),))
    desk.grids.need("BTC", needs, "test")
    desk.feed.load_series("BTC", Interval.M1, history(-20, 0))
    desk.feed.load_series("BTC", Interval.M5, history(-4, 0, Interval.M5))
    desk.closes(0)
    desk.passes(1_000)
    desk.grids.tick()
    seen = desk.window(needs)
    desk.grids.close()
    saved(tmp_path, *desk.blocks)
    (part,) = recorded(tmp_path, "BTC", "1m")
    window = part.window()
    frame = seen.frames[Interval.M5]
    np.testing.assert_array_equal(window["as_of(5m)"][-len(seen) :], frame.time_ms[frame.as_of])
    np.testing.assert_array_equal(window["ema(3)"][-len(seen) :], seen["ema(3)"])
    assert window["live"].tolist() == [0.0] * 20 + [1.0]


def test_blocks_that_follow_share_a_file_and_a_hole_or_an_epoch_begins_another(tmp_path: Path) -> None:
    rows = [(1.0, 2.0)] * 5
    parts = [block(rows), block(rows, 5), block(rows, 20), block(rows, 25, "1.2")]
    saved(tmp_path, *parts)
    assert [(part.epoch, part.first_row, len(part)) for part in recorded(tmp_path, "BTC", "250ms")] == [
        ("1.1", 0, 10),
        ("1.1", 20, 5),
        ("1.2", 25, 5),
    ]


@pytest.mark.parametrize("coin", ["kPEPE", "xyz:TSLA", "../../etc", "a/b"])
def test_any_name_of_a_coin_is_a_folder_of_its_own(tmp_path: Path, coin: str) -> None:
    saved(tmp_path, block([(1.0, 2.0)], coin=coin))
    assert [part.coin for part in recorded(tmp_path, coin, "250ms")] == [coin]
    assert rows_folder(tmp_path, coin, "250ms").parent == tmp_path / "250ms"


def test_beyond_its_room_the_oldest_samples_go_first_and_candles_last(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    noise = [[tuple(row) for row in random.normal(size=(50, 2)).tolist()] for _ in range(6)]
    samples = [block(rows, 50 * n, f"1.{n}") for n, rows in enumerate(noise)]
    candles = replace(samples[0], grid="1h")
    rows = saved(tmp_path, candles, *samples)
    size = rows.written_bytes // 7
    again = DecisionRows(tmp_path, room_bytes=3 * size + size // 2)
    again.start()
    again.close()
    assert [part.epoch for part in recorded(tmp_path, "BTC", "250ms")] == ["1.4", "1.5"]
    assert len(list(recorded(tmp_path, "BTC", "1h"))) == 1


def test_a_disk_that_refuses_is_told_and_writing_goes_on_with_a_new_file(tmp_path: Path) -> None:
    rows = [(1.0, 2.0)] * 5
    (tmp_path / "250ms").write_text("in the way")
    recorder = saved(tmp_path, block(rows))
    assert recorder.lost_rows == 5
    assert recorder.trouble.startswith("Decision rows are not recorded: ")
    (tmp_path / "250ms").unlink()
    recorder.start()
    recorder.save(block(rows, 5))
    recorder.close()
    assert recorder.trouble == ""
    assert [part.first_row for part in recorded(tmp_path, "BTC", "250ms")] == [5]


def test_more_than_can_wait_loses_the_oldest_and_counts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hlmaster.storage.decision_rows.MOST_WAITING", 3)
    recorder = DecisionRows(tmp_path)
    for number in range(5):
        recorder.save(block([(1.0, 2.0)] * 5, 5 * number))
    recorder.start()
    recorder.close()
    assert recorder.lost_rows == 10
    assert [part.first_row for part in recorded(tmp_path, "BTC", "250ms")] == [10]


def test_a_file_that_was_torn_at_its_very_beginning_hides_no_other(tmp_path: Path) -> None:
    rows = [(1.0, 2.0)] * 5
    saved(tmp_path, block(rows), block(rows, 20))
    first, _ = sorted(rows_folder(tmp_path, "BTC", "250ms").iterdir())
    first.write_bytes(first.read_bytes()[:20])
    assert [part.first_row for part in recorded(tmp_path, "BTC", "250ms")] == [20]


def test_a_window_of_recorded_rows_is_an_ordinary_window(tmp_path: Path) -> None:
    saved(tmp_path, block([(1.0, 2.0)] * 5))
    (part,) = recorded(tmp_path, "BTC", "250ms")
    window = part.window()
    assert isinstance(window, Window)
    assert (window.coin, window.grid.ms, len(window.tail(2))) == ("BTC", 250, 2)
