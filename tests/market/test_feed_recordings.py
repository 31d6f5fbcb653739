"""Real recordings through the feed: what is wrong in them is found, and nothing sound is refused."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import BestQuote, BookSnapshot, CandleRow, Level, Trade, Trades
from hlmaster.core.model import Interval
from hlmaster.exchange.hyperliquid import codec
from hlmaster.market.feed import Feed
from tests.market.facts import instrument

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LONG_AFTER = 4_000_000_000_000
Column = np.ndarray[tuple[int], np.dtype[Any]]


def recording(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"The recording {name} is not on this computer.")
    return path


def columns(name: str) -> dict[str, Column]:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet files need pyarrow.")
    table = parquet.read_table(recording(f"{name}.parquet"))
    return {column: table[column].to_numpy() for column in table.column_names}


class Replay:
    """A feed for one coin, whose clock follows the recording."""

    def __init__(self, coin: str = "BTC", now_ms: int = LONG_AFTER) -> None:
        self.clock = ManualClock(now_ms)
        self.bus = Bus()
        self.feed = Feed(self.bus, self.clock, {coin: instrument(coin)})
        self.market = self.feed.market(coin)
        self.coin = coin

    @property
    def defects(self) -> dict[str, int]:
        return {kind.value: count for kind, count in self.feed.defects.items() if count}


def snapshots(rows: dict[str, Column], coin: str, depth: int, limit: int) -> list[BookSnapshot]:
    names = ("bid_px", "bid_sz", "ask_px", "ask_sz")
    grids = [np.stack([rows[f"{name}_{i}"] for i in range(depth)], axis=1)[:limit].tolist() for name in names]
    return [
        BookSnapshot(coin, int(ts), list(map(Level, bid_px, bid_sz)), list(map(Level, ask_px, ask_sz)))
        for ts, bid_px, bid_sz, ask_px, ask_sz in zip(rows["ts"], *grids, strict=False)
    ]


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL", "WLFI"])
def test_books_of_the_venue_are_sound_but_for_the_snapshots_repeated_at_reconnects(coin: str) -> None:
    replay = Replay(coin)
    for book in snapshots(columns(f"ticks/hl_{coin}_l2_20_20250904"), coin, 20, 10_000):
        replay.bus.publish(book)
    assert replay.feed.messages == 3_785
    assert replay.defects == {"duplicate": 3}


def test_books_rounded_until_they_lock_are_refused_and_each_ones_double_counted() -> None:
    replay = Replay()
    books = snapshots(columns("ticks/standx_BTCUSD_l2_10_20260106_1300"), "BTC", 10, 20_000)
    for book in books:
        replay.bus.publish(book)
    locked = sum(book.bids[0].price >= book.asks[0].price for book in books)
    assert locked > 5_000
    assert replay.defects == {"crossed book": locked, "duplicate": (20_000 - locked) // 2}


def test_quotes_of_the_venue_are_sound() -> None:
    rows = columns("ticks/hl_BTC_bbo_20250904")
    levels = list(map(Level, rows["price"].tolist(), rows["size"].tolist()))
    replay = Replay()
    for i in range(0, len(levels), 2):
        assert (rows["side"][i], rows["side"][i + 1]) == (1, -1)
        replay.bus.publish(BestQuote("BTC", int(rows["ts"][i]), levels[i], levels[i + 1]))
    assert replay.feed.messages == 13_896
    assert replay.defects == {}


@pytest.mark.parametrize(
    ("name", "coin", "repeated", "older"),
    [
        ("hl_BTC_trades_20250904", "BTC", 0, 0),
        ("hl_ETH_trades_20250904", "ETH", 17, 0),
        ("hl_SOL_trades_20250904", "SOL", 10, 0),
        ("hl_WLFI_trades_20250904", "WLFI", 8, 0),
        ("hl_BTC_trades_20250901_07_gappy", "BTC", 10, None),
    ],
)
def test_trades_replayed_at_reconnects_are_found_and_counted(
    name: str, coin: str, repeated: int, older: int | None
) -> None:
    rows = columns(f"ticks/{name}")
    replay = Replay(coin)
    fields = [rows[column].tolist() for column in ("ts", "price", "size", "side", "trade_id")]
    for ts, price, size, side, trade_id in zip(*fields, strict=True):
        replay.bus.publish(Trades(coin, [Trade(coin, ts, price, size, side > 0, trade_id)]))
    expected, newest, known = {"duplicate": 0, "out of order": 0}, 0, set[tuple[int, int]]()
    for ts, trade_id in zip(fields[0], fields[4], strict=True):
        if (ts, trade_id) in known:
            expected["duplicate"] += 1
        elif ts < newest:
            expected["out of order"] += 1
        else:
            known.add((ts, trade_id))
            newest = ts
    assert expected["duplicate"] == repeated
    assert older is None or expected["out of order"] == older
    assert replay.defects == {kind: count for kind, count in expected.items() if count}


def history(rows: dict[str, Column]) -> CandleBlock:
    count = len(rows["ts"])
    prices = {name: rows[name].astype(np.float64) for name in ("open", "high", "low", "close", "volume")}
    return CandleBlock(time_ms=rows["ts"].astype(np.int64), trades=np.zeros(count, np.int64), **prices)


@pytest.mark.parametrize(
    ("name", "interval", "missing", "defects"),
    [
        ("hl_BTC_1m", Interval.M1, 0, {}),
        ("hl_SOL_5m", Interval.M5, 0, {}),
        ("hl_HYPE_1h", Interval.H1, 0, {}),
        ("coinbase_BTCUSD_1m_20180404", Interval.M1, 433, {"gap": 2}),
        ("coinbase_BTCUSD_1d_2014_2018", Interval.D1, 34, {"gap": 8}),
        ("spot_XRPETH_1m", Interval.M1, 1_091, {"gap": 676}),
        ("unittest_btc_1m_gaps", Interval.M1, 717, {"gap": 538}),
        ("binance_coinm_BTCUSD_1m_20221213", Interval.M1, 1, {"gap": 1}),
        ("coinbase_BTCUSD_1h_2017_2019", Interval.H1, 0, {"out of order": 20_105}),
        ("binance_XRPUSDT_perp_mark_1h", Interval.H1, 0, {"not a number": 100}),
    ],
)
def test_candle_files_show_their_known_faults(
    name: str, interval: Interval, missing: int, defects: dict[str, int]
) -> None:
    block = history(columns(f"candles/{name}"))
    replay = Replay()
    replay.feed.load_series("BTC", interval, block)
    series = replay.market.series(interval)
    assert series is not None
    assert replay.defects == defects
    assert sum((end - start) // interval.ms for start, end in series.gaps) == missing
    assert len(series) == (0 if "not a number" in defects else len(block))
    assert (np.diff(series.block().time_ms) > 0).all()


@pytest.mark.parametrize("name", ["hl_HYPE_5m", "btcperp_1m_202201"])
def test_live_candles_of_wild_markets_are_all_believed(name: str) -> None:
    """Row after row as the open candle, by a clock that follows: no real move looks like a misprint."""
    rows = columns(f"candles/{name}")
    interval = Interval.M5 if "5m" in name else Interval.M1
    replay = Replay()
    fields = [rows[column].tolist() for column in ("ts", "open", "high", "low", "close", "volume")]
    for ts, opened, high, low, close, volume in zip(*fields, strict=True):
        replay.clock.market_ms = ts + interval.ms - 1
        replay.bus.publish(CandleRow("BTC", interval, ts, opened, high, low, close, volume, 0))
    series = replay.market.series(interval)
    assert series is not None
    assert replay.defects == {}
    assert len(series) == len(rows["ts"])


def test_verbatim_frames_of_the_venue_arrive_in_book_and_tape() -> None:
    with gzip.open(recording("raw/hl_ws_BTC_20250126.txt.gz"), "rb") as file:
        lines = file.read().splitlines()
    replay = Replay()
    for line in lines:
        heard_ns, _, frame = line.partition(b" ")
        replay.clock.market_ms = int(heard_ns) // 1_000_000
        replay.bus.publish(codec.read_frame(frame, replay.clock.now_ms))
    assert replay.feed.messages == len(lines) == 55
    assert replay.defects == {"duplicate": 1}, "the venue sent the snapshot of the subscription twice"
    assert len(replay.market.book.bids) == len(replay.market.book.asks) == 20
    assert replay.market.book.spread == 1.0
    assert len(replay.market.trades) > 60
