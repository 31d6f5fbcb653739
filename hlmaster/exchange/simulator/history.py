"""Candles and funding of the time before the embedded exchange opened, drawn when somebody asks.

A coin's past is a tree: days, each split into hours, each hour into quarters, each quarter into minutes. A split keeps
its parent exactly: the children's first open, highest high, lowest low and last close are the parent's, their lots and
trades add up to the parent's, all on the integer price and size grid. So every timeframe, aggregated from the level
that divides it, agrees with every other, and any stretch is made alone, from noise keyed by (seed, coin, level,
bucket). Volatility is a multiplicative cascade down the tree (Mandelbrot, Calvet and Fisher 1997), which gives the
clustering and the fat tails; daily volatility is a log autoregression shared between coins.

The day in which the exchange opens is split straight into the minutes before the opening and ends on the start price;
its coarser rows are sums of those minutes and therefore unfinished where the live market carries them on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from hlmaster.core.candles import MONDAY_MS, CandleBlock
from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.cascade import (
    DAY_MINUTES,
    LEAST_PER_MINUTE,
    LEVELS,
    Cascade,
    Rows,
    extremes,
    snap,
)
from hlmaster.exchange.simulator.listing import FACTOR_VOL, PREMIUM_MEMORY_HOURS, PREMIUM_SPREAD, Listing
from hlmaster.exchange.simulator.noise import Floats, Ints, autoregressive, key_of, normal, uniform

MARKET_MOOD, MARKET_MOOD_DAYS = 0.40, 12.0
OWN_MOOD, OWN_MOOD_DAYS = 0.25, 6.0
"""Spread and memory of the log of daily volatility: what coins share, and each coin's own."""


class CandleHistory:
    """The past of every listed coin before ``start_ms``."""

    def __init__(self, listings: Sequence[Listing], seed: int, start_ms: int) -> None:
        self.start_ms = start_ms
        self._pasts = {one.coin: _Past(one, seed, start_ms) for one in listings}

    def candles(self, coin: str, interval: Interval | str, end_ms_exclusive: int, limit: int = 5000) -> CandleBlock:
        """The last ``limit`` candles that open before ``end_ms_exclusive``, ascending; volume in coins.

        Only minutes that were over at ``start_ms`` are in them, so a candle still open then is returned with what it
        held (the live market continues it). Raises KeyError for a coin that is not listed.
        """
        return self._pasts[coin].candles(Interval(interval), end_ms_exclusive, limit)

    def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        """Hourly ``(time_ms, rate, premium)`` with times in [start_ms, end_ms], none after the opening."""
        return self._pasts[coin].funding(start_ms, end_ms)


class _Past:
    def __init__(self, listing: Listing, seed: int, start_ms: int) -> None:
        self._listing = listing
        self._seed = seed
        self._cascade = Cascade(listing, seed)
        self._start_ms = start_ms
        self._end_minute = start_ms // MINUTE_MS
        self._today = start_ms // DAY_MS
        self._first_day = (start_ms - listing.listed_ms_offset) // DAY_MS

    def _key(self, word: str) -> int:
        return key_of(self._seed, self._listing.coin, word)

    def candles(self, interval: Interval, end_ms: int, limit: int) -> CandleBlock:
        end_ms = min(end_ms, self._end_minute * MINUTE_MS)
        first_ms = self._first_day * DAY_MS
        if end_ms <= first_ms or limit <= 0:
            return CandleBlock.empty()
        last_open = int(_opens(np.array([end_ms - 1]), interval)[0])
        span_ms = 31 * DAY_MS if interval is Interval.MO1 else interval.ms
        begin = max(first_ms, last_open - (limit - 1) * span_ms)
        level = next(level for level in LEVELS if interval.ms % level == 0)
        rows = self._rows(level, begin // level, (last_open + span_ms) // level)
        opens = rows.bucket * level
        rows = rows.grouped(opens if interval.ms == level else _opens(opens, interval))
        return self._block(rows.cut(0, last_open + 1).last(limit))

    def _block(self, rows: Rows) -> CandleBlock:
        unit = self._listing.ticks_per_unit
        return CandleBlock(
            rows.bucket,
            rows.open / unit,
            rows.high / unit,
            rows.low / unit,
            rows.close / unit,
            rows.lots / self._listing.lots_per_coin,
            rows.trades,
        )

    def _rows(self, level: int, first: int, stop: int) -> Rows:
        """Buckets [first, stop) of a level, as far as they were lived."""
        past = self._finished(level, first, stop)
        if stop * level <= self._today * DAY_MS:
            return past
        minutes = self._todays_minutes
        return past.then(minutes.grouped(minutes.bucket * MINUTE_MS // level)).cut(first, stop)

    def _finished(self, level: int, first: int, stop: int) -> Rows:
        """Buckets [first, stop) of a level before the opening day."""
        if level == DAY_MS:
            return self._days.cut(first, min(stop, self._today))
        coarser = LEVELS[LEVELS.index(level) - 1]
        ratio = coarser // level
        parents = self._finished(coarser, first // ratio, -(-stop // ratio))
        return self._cascade.split(parents, level, ratio).cut(first, stop)

    @cached_property
    def _moods(self) -> Floats:
        """Volatility of each day from the listing to the opening day, relative to the long run."""
        days = np.arange(self._first_day, self._today + 1)
        shared = MARKET_MOOD * autoregressive(key_of(self._seed, "market", "mood"), days, MARKET_MOOD_DAYS)
        own = OWN_MOOD * autoregressive(self._key("mood"), days, OWN_MOOD_DAYS)
        moods: Floats = np.exp(shared + own - MARKET_MOOD**2 - OWN_MOOD**2)
        return moods

    @cached_property
    def _days(self) -> Rows:
        """Every day from the listing on; the opening day, last, is only as long as it was lived."""
        one = self._listing
        days = np.arange(self._first_day, self._today + 1)
        lived = np.ones(len(days))
        lived[-1] = self._end_minute / DAY_MINUTES - self._today
        sigma = one.annual_vol / np.sqrt(365.0) * self._moods * np.sqrt(lived)
        closes = self._closes(days, sigma, lived)
        opens, closes = closes[:-1], closes[1:]
        tops, bottoms = extremes(self._key("day wick"), days, opens, closes, sigma * opens)
        highs = np.maximum(snap(one, tops), np.maximum(opens, closes))
        lows = np.minimum(snap(one, np.maximum(bottoms, opens * 0.05)), np.minimum(opens, closes))
        crowd = np.exp(0.3 * autoregressive(self._key("crowd"), days, 5.0) - 0.045) * self._moods**0.8 * lived
        least = np.rint(LEAST_PER_MINUTE * DAY_MINUTES * lived).astype(np.int64)
        lots = (one.daily_volume_usd / (closes * one.tick * one.lot) * crowd).astype(np.int64)
        trades = (one.trades_per_day * crowd).astype(np.int64)
        return Rows(days, opens, highs, lows, closes, np.maximum(lots, least), np.maximum(trades, least), sigma * opens)

    def _closes(self, days: Ints, sigma: Floats, lived: Floats) -> Ints:
        """The first day's open and every day's close: a walk backwards from the price at the opening."""
        one = self._listing
        share = min(0.95, one.beta * FACTOR_VOL / one.annual_vol)
        shock = share * normal(key_of(self._seed, "market", "return"), days)
        shock += np.sqrt(1.0 - share * share) * normal(self._key("return"), days)
        returns = sigma * shock
        # A drift small against a day's noise keeps the wandering of years within a believable multiple of the price.
        wanted = np.log(0.8) + np.log(4.0) * (uniform(self._key("drift"), days[:1])[0] - 0.35)
        returns += (wanted - returns.sum()) * lived / lived.sum()
        logs = np.log(one.start_price * one.ticks_per_unit) - np.r_[np.cumsum(returns[::-1])[::-1], 0.0]
        closes = snap(one, np.exp(logs))
        closes[-1] = one.ticks(one.start_price)
        return closes

    @cached_property
    def _todays_minutes(self) -> Rows:
        count = self._end_minute - self._today * DAY_MINUTES
        day = self._days.cut(self._today, self._today + 1)
        return self._cascade.minutes_of_part(day, count) if count else day.cut(0, 0)

    def funding(self, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        first = -(-max(start_ms, self._first_day * DAY_MS) // HOUR_MS)
        last = min(end_ms, self._start_ms) // HOUR_MS
        if last < first:
            return []
        hours = np.arange(first, last + 1)
        spread = PREMIUM_SPREAD * autoregressive(self._key("premium"), hours, PREMIUM_MEMORY_HOURS)
        premiums = np.round(self._listing.premium_bias + spread, 10)
        rates = hourly_rates(premiums)
        return list(zip((hours * HOUR_MS).tolist(), rates.tolist(), premiums.tolist(), strict=True))


INTEREST_8H, CLAMP_8H = 0.0001, 0.0005


def hourly_rates(premiums: Floats) -> Floats:
    """``core.margin.funding_rate_per_hour`` for a column of average premiums."""
    pull = np.clip(INTEREST_8H - premiums, -CLAMP_8H, CLAMP_8H)
    rates: Floats = np.round((premiums + pull) / 8.0, 10)
    return rates


def _opens(times: Ints, interval: Interval) -> Ints:
    """``core.candles.open_time`` for a column of times."""
    if interval is Interval.MO1:
        months = times.astype("datetime64[ms]").astype("datetime64[M]")
        return months.astype("datetime64[ms]").astype(np.int64)
    offset = MONDAY_MS if interval is Interval.W1 else 0
    return (times - offset) // interval.ms * interval.ms + offset
