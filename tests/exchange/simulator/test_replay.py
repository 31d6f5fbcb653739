import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hlmaster.core.candles import aggregate
from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.recorded import FileName
from hlmaster.exchange.simulator.replay import (
    BookImage,
    RecordedEvent,
    RecordedTrade,
    Recording,
    RecordingError,
)

pa = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")

T0 = 1_757_000_040_000
RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data"


def save(path: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def trades(path: Path, *rows: tuple[int, float, float, int, int]) -> Path:
    ts, price, size, side, ids = (list(column) for column in zip(*rows, strict=True))
    return save(path, ts=ts, price=price, size=size, side=side, trade_id=ids)


def books(path: Path, *rows: tuple[int, float, float]) -> Path:
    """Images of two levels a side one apart: (ts, best bid, best ask), one coin on each level."""
    columns: dict[str, list[float]] = {"ts": [row[0] for row in rows]}
    for level in range(2):
        columns |= {f"bid_px_{level}": [row[1] - level for row in rows], f"bid_sz_{level}": [1.0] * len(rows)}
        columns |= {f"ask_px_{level}": [row[2] + level for row in rows], f"ask_sz_{level}": [1.0] * len(rows)}
    return save(path, **columns)


def candles(path: Path, *rows: tuple[int, float, float, float, float, float]) -> Path:
    names = ("ts", "open", "high", "low", "close", "volume")
    return save(path, **dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True)))


def play(recording: Recording, coin: str, stride_ms: int = 700) -> list[RecordedEvent]:
    found: list[RecordedEvent] = []
    now_ms = recording.start_ms
    while not recording.ended:
        found += recording.step(coin, now_ms, now_ms + stride_ms)
        now_ms += stride_ms
    assert recording.step(coin, now_ms, now_ms + HOUR_MS) == []
    return found


@pytest.mark.parametrize(
    ("name", "venue", "coin", "date"),
    [
        ("hl_BTC_trades_20250904.parquet", "hl", "BTC", "20250904"),
        ("hl_kPEPE_l2_20_20250904.parquet", "hl", "kPEPE", "20250904"),
        ("venue_coinm_BTCUSD_1m_20221213.parquet", "venue", "BTC", "20221213"),
        ("venue_XRPUSDT_perp_5m.parquet", "venue", "XRP", ""),
        ("btcperp_1m_202201.parquet", "btcperp", "BTC", ""),
        ("hl_ws_BTC_20250126.txt.gz", "hl", "BTC", "20250126"),
    ],
)
def test_a_files_name_tells_venue_coin_and_date(name: str, venue: str, coin: str, date: str) -> None:
    found = FileName.of(Path(name))
    assert (found.venue, found.coin, found.date) == (venue, coin, date)


def test_trades_and_books_of_one_day_are_joined_and_played_in_order(tmp_path: Path) -> None:
    path = trades(
        tmp_path / "hl_BTC_trades_20250904.parquet",
        (T0 + 50, 100_000.0, 0.5, 1, 1),
        (T0 + 400, 100_001.0, 0.25, 1, 2),
        (T0 + 900, 100_000.0, 0.00001, -1, 3),
    )
    books(
        tmp_path / "hl_BTC_l2_20_20250904.parquet",
        (T0, 100_000.0, 100_001.0),
        (T0 + 400, 100_001.0, 100_002.0),
        (T0 + 1000, 100_000.0, 100_003.0),
    )
    recording = Recording(path)
    assert (recording.start_ms, recording.end_ms) == (T0, T0 + 1000)
    (listing,) = recording.coins
    assert (listing.coin, listing.size_decimals, listing.max_leverage) == ("BTC", 5, 40)
    assert play(recording, "BTC") == [
        BookImage(T0, [(1_000_000, 100_000), (999_990, 100_000)], [(1_000_010, 100_000), (1_000_020, 100_000)]),
        RecordedTrade(True, 1_000_000, 50_000, T0 + 50),
        RecordedTrade(True, 1_000_010, 25_000, T0 + 400),
        BookImage(T0 + 400, [(1_000_010, 100_000), (1_000_000, 100_000)], [(1_000_020, 100_000), (1_000_030, 100_000)]),
        RecordedTrade(False, 1_000_000, 1, T0 + 900),
        BookImage(T0 + 1000, [(1_000_000, 100_000), (999_990, 100_000)], [(1_000_030, 100_000), (1_000_040, 100_000)]),
    ]
    assert recording.defects == {}


def test_defects_of_trades_and_books_are_counted_and_nothing_bad_is_played(tmp_path: Path) -> None:
    path = trades(
        tmp_path / "hl_BTC_trades_20250904.parquet",
        (T0 - 500, 100_000.0, 1.0, 1, 1),
        (T0 + 300, 100_001.0, 1.0, 0, 2),
        (T0 + 100, 100_000.0, 1.0, 0, 3),
        (T0 + 100, 100_000.0, 1.0, 0, 3),
        (T0 + 350, -1.0, 1.0, 1, 4),
        (T0 + 380, 100_000.37, 0.000004, -1, 5),
    )
    books(
        tmp_path / "hl_BTC_l2_2_20250904.parquet",
        (T0, 100_000.0, 100_001.0),
        (T0, 100_000.0, 100_001.0),
        (T0 + 600, 100_002.0, 100_002.0),
        (T0 + 500, 100_000.0, 100_001.0),
        (T0 + 700, 0.0, 100_001.0),
    )
    recording = Recording(path)
    assert recording.defects == {
        "backward_stamp": 2,
        "bad_trade": 1,
        "duplicate_book": 1,
        "duplicate_trade": 1,
        "empty_book": 1,
        "locked_book": 1,
        "price_off_grid": 1,
        "size_off_grid": 1,
        "trade_without_book": 1,
        "unknown_side": 2,
    }
    found = play(recording, "BTC", 1000)
    sides = [(event.time_ms - T0, event.is_buy, event.lots) for event in found if isinstance(event, RecordedTrade)]
    assert sides == [(100, False, 100_000), (300, True, 100_000), (380, False, 1)]
    assert all(event.bids[0][0] < event.asks[0][0] for event in found if isinstance(event, BookImage))


def test_trades_alone_get_a_book_around_each(tmp_path: Path) -> None:
    path = trades(tmp_path / "x_WIF_trades_20250904.parquet", (T0, 1.2345, 12.0, 1, 1), (T0 + 900, 1.2341, 7.0, -1, 2))
    recording = Recording(path)
    assert recording.coins[0].size_decimals == 0
    events = play(recording, "WIF")
    assert [type(event).__name__ for event in events] == ["BookImage", "BookImage", "RecordedTrade"]
    last = events[-2]
    assert isinstance(last, BookImage)
    assert last.bids[0][0] == 1_234_100
    assert len(last.bids) == len(last.asks) == 20


def test_candles_alone_are_played_as_trades_that_make_exactly_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows, price = [], 3000.0
    for minute in range(40):
        end = price + round(float(rng.normal(0, 3)), 1)
        high, low = max(price, end) + 1.3, min(price, end) - 0.7
        corners = round(price, 1), round(high, 1), round(low, 1), round(end, 1)
        rows.append((T0 + minute * MINUTE_MS, *corners, round(rng.random() * 9, 4)))
        price = round(end, 1)
    rows[7] = (*rows[7][:5], 0.0)
    recording = Recording(candles(tmp_path / "venue_ETH_1m.parquet", *rows), T0 + 10 * MINUTE_MS)
    assert recording.defects == {"unmoved_volume": 1}
    assert len(recording.history("ETH", "1m")) == 10
    assert recording.history("ETH", "5m").volume[-1] == pytest.approx(sum(row[5] for row in rows[:10][-4:]), rel=0.9)
    events = play(recording, "ETH")
    trades_by_minute: dict[int, list[RecordedTrade]] = {}
    book: BookImage | None = None
    for event in events:
        if isinstance(event, BookImage):
            book = event
            assert min(len(event.bids), len(event.asks)) == 20
            continue
        assert book is not None
        assert event.ticks == (book.asks if event.is_buy else book.bids)[0][0]
        trades_by_minute.setdefault((event.time_ms - T0) // MINUTE_MS, []).append(event)
    for minute, made in trades_by_minute.items():
        prices = [trade.ticks / 100 for trade in made]
        assert (prices[0], max(prices), min(prices), prices[-1]) == rows[minute][1:5]
        assert sum(trade.lots for trade in made) == round(rows[minute][5] * 10_000)
    assert sorted(trades_by_minute) == list(range(10, 40))


def test_a_replay_is_the_same_whatever_its_stride(tmp_path: Path) -> None:
    rows = [(T0 + i * MINUTE_MS, 10.0 + i, 12.0 + i, 9.0 + i, 11.0 + i, 50.0) for i in range(5)]
    path = candles(tmp_path / "venue_LINK_1m.parquet", *rows)
    trade_only = [
        [event for event in play(Recording(path), "LINK", stride) if isinstance(event, RecordedTrade)]
        for stride in (250, 60_000, 170_000)
    ]
    assert trade_only[0] == trade_only[1] == trade_only[2]


def test_defects_of_candles_are_counted(tmp_path: Path) -> None:
    minute = [T0 + i * MINUTE_MS for i in range(9)]
    good = (10.0, 12.0, 9.0, 11.0, 5.0)
    rows = [(t, *good) for t in (minute[0], minute[1], minute[2], minute[2], minute[5], minute[4], minute[6])]
    rows += [(minute[7], 10.0, float("nan"), 9.0, 11.0, 5.0), (minute[8], 10.0, 9.5, 9.0, 11.0, 5.0)]
    recording = Recording(candles(tmp_path / "venue_LINK_1m.parquet", *rows))
    assert recording.defects == {"backward_candle": 1, "bad_candle": 2, "duplicate_candle": 1, "missing_candle": 1}
    assert len(play(recording, "LINK")) > 0


def test_a_folder_plays_the_day_with_most_coins_and_names_what_it_left_out(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for coin in ("BTC", "SOL"):
        trades(tmp_path / f"hl_{coin}_trades_20250904.parquet", (T0, 10.0, 1.0, 1, 1), (T0 + 5000, 10.0, 1.0, 1, 2))
    trades(tmp_path / "hl_BTC_trades_20250801.parquet", (T0 - DAY_MS, 10.0, 1.0, 1, 1))
    trades(tmp_path / "hl_BTC_bbo_20250904.parquet", (T0, 10.0, 1.0, 1, 1))
    past = [(T0 - HOUR_MS * i, 10.0, 11.0, 9.0, 10.0, 5.0) for i in range(30, 1, -1)]
    candles(tmp_path / "deep" / "hl_BTC_1h.parquet", *past)
    candles(tmp_path / "deep" / "other_BTC_1h.parquet", *past)
    recording = Recording(tmp_path)
    assert sorted(one.coin for one in recording.coins) == ["BTC", "SOL"]
    assert len(recording.history("BTC", "1h")) == 29
    day = recording.history("BTC", Interval.D1)
    assert day.volume.sum() == 29 * 5.0
    np.testing.assert_array_equal(day.time_ms, aggregate(recording.history("BTC", "1h"), Interval.D1).time_ms)
    assert len(recording.history("BTC", "1m")) == len(recording.history("SOL", "1h")) == 0
    assert sorted(recording.left_out) == [
        "hl_BTC_bbo_20250904.parquet",
        "hl_BTC_trades_20250801.parquet",
        "other_BTC_1h.parquet",
    ]


def socket_lines() -> list[str]:
    def image(ms: int, bid: str, ask: str) -> dict[str, Any]:
        levels = [
            [{"px": bid, "sz": "1.5", "n": 2}],
            [{"px": ask, "sz": "0.5", "n": 1}, {"px": "106000", "sz": "2", "n": 1}],
        ]
        return {"channel": "l2Book", "data": {"coin": "BTC", "time": ms, "levels": levels}}

    trade = {"coin": "BTC", "side": "A", "px": "105000.0", "sz": "0.1", "time": T0 + 10, "hash": "0x0", "tid": 7}
    messages = [
        {"channel": "subscriptionResponse", "data": {"method": "subscribe"}},
        image(T0, "105000.0", "105001.0"),
        image(T0, "105000.0", "105001.0"),
        {"channel": "trades", "data": [trade]},
        {"channel": "trades", "data": [trade]},
        image(T0 + 500, "104999.0", "105001.0"),
    ]
    lines = [f"{(T0 + 300) * 1_000_000} {json.dumps(message)}" for message in messages]
    return [*lines, "17379 {cut off", '1737918843893903000 {"channel":"l2Book","data":{"coin":"BTC"}}', ""]


def test_a_socket_log_is_played_and_its_garbage_counted(tmp_path: Path) -> None:
    path = tmp_path / "hl_ws_BTC_20250126.txt.gz"
    path.write_bytes(gzip.compress("\n".join(socket_lines()).encode()))
    recording = Recording(path)
    assert recording.defects == {"duplicate_book": 1, "duplicate_trade": 1, "unreadable_line": 2}
    events = play(recording, "BTC")
    assert events[1] == RecordedTrade(False, 1_050_000, 10_000, T0 + 10)
    assert [type(event).__name__ for event in events] == ["BookImage", "RecordedTrade", "BookImage"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("hl_BTC_1m.parquet", b"no parquet at all", "no readable Parquet"),
        ("hl_ws_BTC_20250126.txt.gz", b"not packed", "cannot be unpacked"),
        ("hl_ws_BTC_20250126.txt", b"nothing here\n", "no book or trade messages"),
        ("hl_BTC_bbo_20250904.parquet", b"", "bbo"),
    ],
)
def test_what_is_no_recording_is_refused_by_name(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordingError, match=words):
        Recording(tmp_path / name)


def test_a_missing_path_an_empty_folder_and_a_start_outside_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no recording at"):
        Recording(tmp_path / "none.parquet")
    with pytest.raises(RecordingError, match="holds no recording"):
        Recording(tmp_path)
    with pytest.raises(RecordingError, match="neither candles, trades nor book"):
        Recording(save(tmp_path / "odd.parquet", ts=[1], words=["x"]))
    path = trades(tmp_path / "hl_BTC_trades_20250904.parquet", (T0, 10.0, 1.0, 1, 1), (T0 + 9, 10.0, 1.0, 1, 2))
    with pytest.raises(RecordingError, match="begins at"):
        Recording(path, T0 - 10)


def test_a_recording_resumed_past_its_end_is_quiet_on_its_last_book(tmp_path: Path) -> None:
    path = trades(tmp_path / "hl_BTC_trades_20250904.parquet", (T0, 10.0, 1.0, 1, 1), (T0 + 9, 11.0, 1.0, 1, 2))
    recording = Recording(path, T0 + HOUR_MS)
    assert recording.ended
    (book,) = recording.step("BTC", recording.start_ms, recording.start_ms + 100)
    assert isinstance(book, BookImage)
    assert book.asks[0][0] == 110
    assert recording.step("BTC", recording.start_ms + 100, recording.start_ms + 200) == []


@pytest.mark.parametrize(
    ("name", "coins", "defects"),
    [
        ("ticks", ["BTC", "ETH", "SOL", "WLFI"], {"duplicate_book": 12, "duplicate_trade": 35}),
        ("raw", ["BTC"], {"duplicate_book": 1}),
        ("candles", ["BTC", "ETH", "HYPE", "SOL"], {"unmoved_volume": 4371}),
        ("ticks/standx_BTCUSD_trades_20260106.parquet", ["BTC"], {"unknown_side": 165_660, "locked_book": 16_583}),
        ("candles/coinbase_BTCUSD_1h_2017_2019.parquet", ["BTC"], {"backward_candle": 20_105}),
    ],
)
def test_real_recordings_play_with_their_known_defects(name: str, coins: list[str], defects: dict[str, int]) -> None:
    if not RECORDED.exists():
        pytest.skip("the folder of real recordings is not beside the project")
    recording = Recording(RECORDED / name)
    assert sorted(one.coin for one in recording.coins) == coins
    assert defects.items() <= recording.defects.items()
    for coin in coins:
        events = recording.step(coin, recording.start_ms, recording.start_ms + 10 * MINUTE_MS)
        assert isinstance(events[0], BookImage)
        assert any(isinstance(event, RecordedTrade) for event in events)
        times = [event.time_ms for event in events]
        assert times == sorted(times)
        for event in events:
            if isinstance(event, BookImage):
                assert event.bids[0][0] < event.asks[0][0]
                assert all(lots > 0 for _, lots in event.bids + event.asks)
