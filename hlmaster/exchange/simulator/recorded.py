"""Recorded market data as columns, read from files with every anomaly counted.

What is done about an anomaly, and under which name it is counted:

====================  ==================================================================================
duplicate_trade       a trade id seen before (venues replay trades after a reconnect): dropped
backward_stamp        a trade or book stamped before its predecessor: put in time order, ties in file order
unknown_side          taker side 0: the side of the book it was nearer to, else the direction of the price
bad_trade             no positive price and size: dropped
trade_without_book    before the first or after the last image of a coin that has books: dropped
duplicate_book        the same image as its predecessor, stamp included: dropped
locked_book           best bid at or above best ask: dropped
empty_book            a side without levels: dropped
duplicate_candle      an open time seen before: dropped
backward_candle       opens before its predecessor: put in time order
bad_candle            not finite, or high and low do not hold open and close: dropped
missing_candle        a hole in the series: left a hole
unmoved_volume        no volume but a moving price: kept
unreadable_line       a socket line that is no message: dropped
====================  ==================================================================================
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.errors import HlError
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.noise import Floats, Ints

NOT_NAMES = {"perp", "spot", "coinm", "usdm"}
QUOTES = ("USDT", "USDC", "USD", "PERP")
UNUSED = {"mark", "quotes", "bbo", "depth", "funding"}
"""Kinds of recordings that alone make no market."""


class RecordingError(HlError):
    """A recording cannot be replayed."""

    code = "REC-001"


@dataclass(frozen=True, slots=True)
class FileName:
    """What a file's name says, ``venue_COIN_what_date``; the rest is known from the content."""

    path: Path
    venue: str
    coin: str
    date: str
    words: frozenset[str]

    @staticmethod
    def of(path: Path) -> FileName:
        words = path.name.split(".")[0].split("_")
        kinds = {str(one) for one in Interval} | {"1s", "trades", "l2", "ws"} | UNUSED
        border = next((i for i, word in enumerate(words) if word in kinds), len(words))
        names = [word for word in words[:border] if word not in NOT_NAMES] or words[:1]
        if "ws" in words[border : border + 1]:
            names = [*names, *words[border + 1 : border + 2]]
        date = next((word for word in words[border:] if len(word) == 8 and word.isdigit()), "")
        coin = names[-1].upper() if names[-1].islower() else names[-1]
        quote = next((one for one in QUOTES if coin.endswith(one) and coin != one), "")
        return FileName(path, names[0], coin.removesuffix(quote), date, frozenset(words))


@dataclass(frozen=True, slots=True)
class Trades:
    """Taker trades in time order; ``side`` +1 for a buying taker, -1 for a selling one, 0 for an unknown one."""

    time_ms: Ints
    price: Floats
    size: Floats
    side: Ints


@dataclass(frozen=True, slots=True)
class Books:
    """Book images in time order: prices and sizes as (images, levels), best first, NaN where a level is absent."""

    time_ms: Ints
    bid_price: Floats
    bid_size: Floats
    ask_price: Floats
    ask_size: Floats

    def mid_before(self, times: Ints) -> Floats:
        """The mid standing at each time, NaN before the first image."""
        mids = np.r_[np.nan, (self.bid_price[:, 0] + self.ask_price[:, 0]) / 2.0]
        found: Floats = mids[np.searchsorted(self.time_ms, times, side="right")]
        return found


@dataclass(slots=True)
class CoinRecord:
    """What one file, or several joined, hold of one coin."""

    coin: str
    trades: Trades | None = None
    books: Books | None = None
    candles: dict[Interval, CandleBlock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Columns of which nothing was left count as absent."""
        self.trades = self.trades if self.trades is not None and len(self.trades.time_ms) else None
        self.books = self.books if self.books is not None and len(self.books.time_ms) else None

    @property
    def has_ticks(self) -> bool:
        return self.trades is not None or self.books is not None

    def join(self, other: CoinRecord) -> bool:
        """Take over what is not here yet; whether there was any."""
        new_trades, new_books = self.trades is None and other.trades, self.books is None and other.books
        new_candles = {one: block for one, block in other.candles.items() if one not in self.candles}
        self.trades, self.books = self.trades or other.trades, self.books or other.books
        self.candles |= new_candles
        return bool(new_trades or new_books or new_candles)


def read(name: FileName, defects: Counter[str]) -> list[CoinRecord]:
    """The coins in a file. Raises RecordingError for a file that is no recording this can replay."""
    if name.path.name.endswith((".txt.gz", ".txt")):
        return _read_socket(name.path, defects)
    columns = _read_parquet(name.path)
    if {"open", "high", "low", "close", "volume"} <= columns.keys():
        block, interval = _candles(columns, name.path.name, defects)
        return [CoinRecord(name.coin, candles={interval: block})]
    if {"bid_px_0", "ask_px_0", "bid_sz_0", "ask_sz_0"} <= columns.keys():
        return [CoinRecord(name.coin, books=_books(_wide(columns), defects))]
    if {"price", "size", "side"} <= columns.keys():
        return [CoinRecord(name.coin, trades=_trades(columns, defects))]
    raise RecordingError(f"{name.path.name} holds neither candles, trades nor book images.", "Choose another file.")


def _read_parquet(path: Path) -> dict[str, Any]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as missing:
        raise RecordingError(
            "Replaying Parquet files needs the pyarrow package.", "Install hlmaster with its history extra."
        ) from missing
    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError) as broken:
        raise RecordingError(f"{path.name} is no readable Parquet file: {broken}.", "Choose another file.") from broken
    columns = {name: table[name].to_numpy() for name in table.column_names}
    if "ts" not in columns or not len(columns["ts"]):
        raise RecordingError(f"{path.name} has no rows with a time column ts.", "Choose another file.")
    return columns


def _wide(columns: dict[str, Any]) -> Books:
    count = sum(name.startswith("bid_px_") for name in columns)

    def matrix(word: str) -> Floats:
        return np.column_stack([columns[f"{word}_{level}"] for level in range(count)]).astype(np.float64)

    stamps = columns["ts"].astype(np.int64)
    return Books(stamps, matrix("bid_px"), matrix("bid_sz"), matrix("ask_px"), matrix("ask_sz"))


def _time_order(times: Ints, defects: Counter[str], word: str) -> Ints:
    defects[word] += int((np.diff(times) < 0).sum())
    order: Ints = np.argsort(times, kind="stable")
    return order


def _books(raw: Books, defects: Counter[str]) -> Books:
    order = _time_order(raw.time_ms, defects, "backward_stamp")
    times, quotes = raw.time_ms[order], [raw.bid_price, raw.bid_size, raw.ask_price, raw.ask_size]
    quotes = [column[order] for column in quotes]
    flat = np.nan_to_num(np.column_stack(quotes))
    same = np.r_[False, (times[1:] == times[:-1]) & (flat[1:] == flat[:-1]).all(axis=1)]
    empty = ~(quotes[0][:, 0] > 0.0) | ~(quotes[2][:, 0] > 0.0)
    locked = ~empty & (quotes[0][:, 0] >= quotes[2][:, 0])
    defects["duplicate_book"] += int(same.sum())
    defects["empty_book"] += int((empty & ~same).sum())
    defects["locked_book"] += int((locked & ~same).sum())
    kept = ~(same | empty | locked)
    return Books(times[kept], *(column[kept] for column in quotes))


def _trades(named: dict[str, Any], defects: Counter[str]) -> Trades:
    time_ms, side = (np.asarray(named[word]).astype(np.int64) for word in ("ts", "side"))
    price, size = (np.asarray(named[word]).astype(np.float64) for word in ("price", "size"))
    first = np.ones(len(time_ms), bool)
    if "trade_id" in named:
        # Trade ids alone may collide between days; a replayed trade repeats its stamp too.
        keys = np.column_stack((time_ms, np.asarray(named["trade_id"]).astype(np.int64)))
        first[:] = False
        first[np.unique(keys, axis=0, return_index=True)[1]] = True
    good = (price > 0.0) & (size > 0.0)
    defects["duplicate_trade"] += int((~first).sum())
    defects["bad_trade"] += int((first & ~good).sum())
    kept = np.flatnonzero(first & good)
    order = kept[_time_order(time_ms[kept], defects, "backward_stamp")]
    defects["unknown_side"] += int((side[order] == 0).sum())
    return Trades(time_ms[order], price[order], size[order], side[order])


def with_known_sides(trades: Trades, books: Books | None) -> Trades:
    """Side 0 resolved: by the standing mid where there is one, else by the last change of price, else a buyer."""
    unknown = trades.side == 0
    if not unknown.any():
        return trades
    moves = np.sign(np.diff(trades.price, prepend=trades.price[0])).astype(np.int64)
    last_move = np.maximum.accumulate(np.where(moves != 0, np.arange(len(moves)), 0))
    guess = moves[last_move]
    if books is not None:
        off_mid = np.nan_to_num(trades.price - books.mid_before(trades.time_ms))
        guess = np.where(off_mid != 0.0, np.sign(off_mid).astype(np.int64), guess)
    sides = np.where(unknown, np.where(guess == 0, 1, guess), trades.side)
    return Trades(trades.time_ms, trades.price, trades.size, sides)


def _candles(columns: dict[str, Any], name: str, defects: Counter[str]) -> tuple[CandleBlock, Interval]:
    times = columns["ts"].astype(np.int64)
    order = _time_order(times, defects, "backward_candle")
    times = times[order]
    values = {word: columns[word].astype(np.float64)[order] for word in ("open", "high", "low", "close", "volume")}
    first = np.r_[True, np.diff(times) > 0]
    good = np.isfinite(np.column_stack(list(values.values()))).all(axis=1) & (values["low"] > 0.0)
    good &= values["high"] >= np.maximum(values["open"], values["close"])
    good &= values["low"] <= np.minimum(values["open"], values["close"])
    defects["duplicate_candle"] += int((~first).sum())
    defects["bad_candle"] += int((first & ~good).sum())
    times, values = times[first & good], {word: column[first & good] for word, column in values.items()}
    spacing = np.diff(times)
    span = int(np.median(spacing)) if len(spacing) else 0
    interval = next((one for one in Interval if one.ms == span), None)
    if interval is None:
        raise RecordingError(
            f"The candles of {name} are {span / 1000:g} s apart, which is no timeframe.",
            "Choose 1m or coarser candles.",
        )
    defects["missing_candle"] += int(((spacing // span) - 1).clip(0).sum())
    defects["unmoved_volume"] += int(((values["volume"] == 0.0) & (values["high"] > values["low"])).sum())
    return CandleBlock(times, **values, trades=np.zeros(len(times), np.int64)), interval


SocketImage = tuple[int, list[list[tuple[float, float]]]]
"""Stamp, then bids and asks as (price, size)."""
SocketTrade = tuple[int, float, float, int, int]


def _read_socket(path: Path, defects: Counter[str]) -> list[CoinRecord]:
    """A verbatim socket recording: per line a local stamp in ns and a message (l2Book and trades are replayed)."""
    try:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as broken:
        raise RecordingError(f"{path.name} cannot be unpacked: {broken}.", "Choose another file.") from broken
    trades: dict[str, list[SocketTrade]] = {}
    images: dict[str, list[SocketImage]] = {}
    for line in text.decode(errors="replace").splitlines():
        try:
            message = json.loads(line[line.index("{") :])
            data = message["data"]
            if message["channel"] == "l2Book":
                sides = [[(float(level["px"]), float(level["sz"])) for level in side] for side in data["levels"]]
                images.setdefault(data["coin"], []).append((int(data["time"]), sides))
            elif message["channel"] == "trades":
                for one in data:
                    row = (int(one["time"]), float(one["px"]), float(one["sz"]), 1 if one["side"] == "B" else -1)
                    trades.setdefault(one["coin"], []).append((*row, int(one["tid"])))
        except (ValueError, KeyError, TypeError):
            defects["unreadable_line"] += 1
    if not trades and not images:
        raise RecordingError(f"{path.name} holds no book or trade messages.", "Choose another file.")
    words = ("ts", "price", "size", "side", "trade_id")
    records = []
    for coin in sorted(trades.keys() | images.keys()):
        columns = dict(zip(words, zip(*trades[coin], strict=True), strict=True)) if coin in trades else None
        records.append(
            CoinRecord(
                coin,
                _trades(columns, defects) if columns else None,
                _books(_padded(images[coin]), defects) if coin in images else None,
            )
        )
    return records


def _padded(images: list[SocketImage]) -> Books:
    depth = max([1, *(len(side) for _, levels in images for side in levels)])

    def matrix(side: int, word: int) -> Floats:
        table = np.full((len(images), depth), np.nan)
        for row, (_, levels) in enumerate(images):
            values = [level[word] for level in levels[side]]
            table[row, : len(values)] = values
        return table

    times = np.array([time_ms for time_ms, _ in images], np.int64)
    return Books(times, matrix(0, 0), matrix(0, 1), matrix(1, 0), matrix(1, 1))
