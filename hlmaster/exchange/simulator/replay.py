"""Recordings of real markets in place of the generated one; market time is the recording's time.

A recording is a file or a folder (searched deeply) of candles, trades and wide book images in Parquet and of verbatim
socket logs (``hl_ws_*.txt.gz``). Files are joined per coin by name, ``venue_COIN_…_date``: a file brings its neighbours
of the same venue, coin and date; of a folder the venue and date with most coins in trades and books is played, and that
venue's candles are its past; what is not used is named in ``left_out``.

Trades without books get a book drawn around each trade. **Candles alone** are played as trades that make exactly each
candle (open, first extreme, second extreme, close, volume) at drawn moments, with a drawn book around each: the prices
at the four corners are real, everything between is not.

Prices are put on the venue's five-figure grid (bids down, asks up, trades to the nearest) and sizes on whole lots;
what had to move is counted as ``price_off_grid`` and ``size_off_grid``, all other anomalies as ``recorded`` says; none
is repaired silently. At its end the market is quiet and ``ended`` is true. Volume is taken to be in coins.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from hlmaster.core.candles import CandleBlock, aggregate
from hlmaster.core.clock import DAY_MS
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.listing import Listing
from hlmaster.exchange.simulator.recorded import UNUSED, CoinRecord, FileName, RecordingError, read, with_known_sides
from hlmaster.exchange.simulator.track import (
    BookImage,
    CandleTrack,
    RecordedEvent,
    RecordedTrade,
    TickTrack,
    Track,
)

__all__ = ["BookImage", "RecordedEvent", "RecordedTrade", "Recording", "RecordingError"]

TICK_WORDS = {"trades", "l2", "ws"}
CANDLE_WORDS = {str(one) for one in Interval}


class Recording:
    """A recording opened for replay. Raises RecordingError, which names the file and the cure.

    ``start_ms`` may be given to begin later than the recording does; what lies before is then history, and at or past
    the end all of it is.
    """

    def __init__(self, path: Path, start_ms: int | None = None) -> None:
        found: Counter[str] = Counter()
        self.left_out: dict[str, str] = {}
        """File name to the reason why it is not played."""
        records = _gather(path, found, self.left_out)
        self._pasts = {coin: record.candles for coin, record in records.items()}
        self._tracks = _tracks(records, path, found)
        begins = [track.start_ms for track in self._tracks.values()]
        self.end_ms = max(track.end_ms for track in self._tracks.values())
        self.start_ms = max(begins) if start_ms is None else start_ms
        if self.start_ms < min(begins):
            raise RecordingError(
                f"The recording {path.name} begins at {min(begins)} ms, after {self.start_ms} ms.",
                "Choose a later start.",
            )
        self._reached_ms = self.start_ms
        self._opened: set[str] = set()
        self.defects: dict[str, int] = {name: count for name, count in sorted(found.items()) if count}

    @property
    def coins(self) -> list[Listing]:
        """The recorded coins at their price at ``start_ms``; those the exchange knows keep their margin table."""
        found = []
        for coin, track in self._tracks.items():
            book, price = track.standing(self.start_ms), track.listing.start_price
            if book is not None:
                price = track.listing.price((book.bids[0][0] + book.asks[0][0]) / 2)
            age_ms = max(DAY_MS, self.start_ms - self._first_ms(coin))
            found.append(replace(track.listing, start_price=price, listed_ms_offset=age_ms))
        return found

    @property
    def ended(self) -> bool:
        """Whether all was played that the recording holds."""
        return self._reached_ms >= self.end_ms

    def _first_ms(self, coin: str) -> int:
        return min([self.start_ms, *(int(block.time_ms[0]) for block in self._pasts[coin].values() if len(block))])

    def history(self, coin: str, interval: Interval | str) -> CandleBlock:
        """Recorded candles over at ``start_ms``, of this timeframe or aggregated from a finer one; possibly none."""
        wanted = Interval(interval)
        blocks = self._pasts[coin]
        finer = [one for one in blocks if one.ms <= wanted.ms and wanted.ms % one.ms == 0 and one.ms <= DAY_MS]
        if wanted not in blocks and not finer:
            return CandleBlock.empty()
        source = wanted if wanted in blocks else max(finer, key=lambda one: one.ms)
        past = blocks[source].between(0, self.start_ms - source.ms + 1)
        return past if source is wanted else aggregate(past, wanted)

    def step(self, coin: str, from_ms: int, to_ms: int) -> list[RecordedEvent]:
        """What happened in (from, to], in order; a coin's first call begins with the book standing at ``from_ms``."""
        self._reached_ms = max(self._reached_ms, to_ms)
        track = self._tracks[coin]
        events = track.events(from_ms, to_ms)
        if coin not in self._opened:
            self._opened.add(coin)
            standing = track.standing(from_ms)
            if standing is not None:
                events.insert(0, standing)
        return events


def _gather(path: Path, defects: Counter[str], left_out: dict[str, str]) -> dict[str, CoinRecord]:
    """What to play, joined per coin."""
    records: dict[str, CoinRecord] = {}
    for name in _chosen(path, left_out):
        try:
            found = read(name, defects)
        except RecordingError as error:
            if name.path == path:
                raise
            left_out[name.path.name] = error.sentence
            continue
        for record in found:
            if record.coin not in records:
                records[record.coin] = record
            elif not records[record.coin].join(record):
                left_out[name.path.name] = "another file holds the same"
    if not records:
        raise RecordingError(
            f"{path} holds no recording that can be replayed.",
            "Choose a file or folder of candles, trades or book images.",
        )
    return records


def _chosen(path: Path, left_out: dict[str, str]) -> list[FileName]:
    """The files to read, the one named by the user first."""
    if not path.exists():
        raise RecordingError(f"There is no recording at {path}.", "Choose an existing file or folder.")
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.rglob("*") if path.is_dir() else folder.glob("*"))
    names = [FileName.of(one) for one in files if one.name.endswith((".parquet", ".txt.gz", ".txt"))]
    if path.is_file():
        wanted = FileName.of(path)
        if wanted.words & UNUSED:
            raise RecordingError(
                f"{path.name} holds {', '.join(sorted(wanted.words & UNUSED))}, which alone makes no market.",
                "Choose candles, trades or book images.",
            )
        family = (wanted.venue, wanted.coin, wanted.date)
        near = [one for one in names if (one.venue, one.coin, one.date) == family and one.path != path]
        return [wanted, *(one for one in near if _usable(one))]
    usable = []
    for name in names:
        if _usable(name):
            usable.append(name)
        else:
            left_out[name.path.name] = "neither candles, trades nor book images by its name"
    ticks: dict[tuple[str, str], set[str]] = {}
    for name in usable:
        if name.words & TICK_WORDS:
            ticks.setdefault((name.venue, name.date), set()).add(name.coin)
    candles = Counter(name.venue for name in usable if name.words & CANDLE_WORDS)
    if not ticks and not candles:
        return []
    if ticks:
        venue, date = max(ticks, key=lambda one: (len(ticks[one]), one[1]))
    else:
        venue, date = candles.most_common(1)[0][0], ""
    coins = ticks.get((venue, date))
    chosen = []
    for name in usable:
        fits = name.date == date if name.words & TICK_WORDS else coins is None or name.coin in coins
        if name.venue == venue and fits:
            chosen.append(name)
        else:
            left_out[name.path.name] = f"of another venue, coin or day than {venue} {date}".rstrip()
    return chosen


def _usable(name: FileName) -> bool:
    return bool(name.words & (TICK_WORDS | CANDLE_WORDS)) and not name.words & UNUSED


def _tracks(records: dict[str, CoinRecord], path: Path, defects: Counter[str]) -> dict[str, Track]:
    """Of trades and books where any coin has them, else of the finest candles that most coins have."""
    ticking = {coin: record for coin, record in records.items() if record.has_ticks}
    if ticking:
        sided = {coin: one.trades and with_known_sides(one.trades, one.books) for coin, one in ticking.items()}
        return {coin: TickTrack(coin, sided[coin], one.books, defects) for coin, one in ticking.items()}
    held = Counter(interval for record in records.values() for interval in record.candles)
    if not held:
        raise RecordingError(f"Nothing in {path.name} survived its defects: {dict(defects)}.", "Choose another file.")
    frame = max(held, key=lambda one: (held[one], -one.ms))
    if path.is_file():
        frame = next(iter(next(iter(records.values())).candles))
    return {
        coin: CandleTrack(coin, record.candles[frame], frame, defects)
        for coin, record in records.items()
        if frame in record.candles
    }
