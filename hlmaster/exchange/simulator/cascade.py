"""Candles on the integer grid, and the exact splitting of one into many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from hlmaster.exchange.simulator.listing import Listing
from hlmaster.exchange.simulator.noise import Floats, Ints, key_of, normal, uniform

QUARTER_MS = 15 * MINUTE_MS
LEVELS = (DAY_MS, HOUR_MS, QUARTER_MS, MINUTE_MS)
DAY_MINUTES = DAY_MS // MINUTE_MS
LEAST_PER_MINUTE = 4
"""Every minute trades at least so often and so many lots: its open, high, low and close are trades."""
LEVEL_SPREAD = {HOUR_MS: 0.45, QUARTER_MS: 0.40, MINUTE_MS: 0.50}
"""Standard deviation of the log share of variance at each split."""
MOST_STRETCH = 1.5
"""Chosen so that variance per unit of time is the same at every timeframe."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Candles in integers: ``bucket`` counts periods of the level since the epoch; prices in ticks, volume in lots.

    ``sigma`` is the standard deviation, in ticks, that the row was drawn with: its own splitting starts from it.
    """

    bucket: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    lots: Ints
    trades: Ints
    sigma: Floats

    def __len__(self) -> int:
        return len(self.bucket)

    def columns(self) -> tuple[NDArray[Any], ...]:
        return self.bucket, self.open, self.high, self.low, self.close, self.lots, self.trades, self.sigma

    def cut(self, first: int, stop: int) -> Rows:
        """Rows whose bucket lies in [first, stop)."""
        lo, hi = np.searchsorted(self.bucket, [first, stop])
        return Rows(*(column[lo:hi] for column in self.columns()))

    def last(self, count: int) -> Rows:
        return Rows(*(column[-count:] for column in self.columns()))

    def then(self, later: Rows) -> Rows:
        return Rows(*(np.concatenate(pair) for pair in zip(self.columns(), later.columns(), strict=True)))

    def grouped(self, names: Ints) -> Rows:
        """Neighbours of equal name folded into one candle, whose bucket is that name."""
        if not len(self):
            return self
        starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
        ends = np.r_[starts[1:], len(names)] - 1
        return Rows(
            names[starts],
            self.open[starts],
            np.maximum.reduceat(self.high, starts),
            np.minimum.reduceat(self.low, starts),
            self.close[ends],
            np.add.reduceat(self.lots, starts),
            np.add.reduceat(self.trades, starts),
            np.sqrt(np.add.reduceat(self.sigma**2, starts)),
        )


def snap(listing: Listing, ticks: Floats) -> Ints:
    """The nearest valid prices."""
    steps = listing.steps(ticks)
    snapped: Ints = np.maximum(np.rint(ticks / steps).astype(np.int64) * steps, 1)
    return snapped


def extremes(key: int, counters: Ints, begin: Ints, end: Ints, sigma: Floats) -> tuple[Floats, Floats]:
    """Drawn high and low of Brownian paths of total deviation ``sigma`` from ``begin`` to ``end``.

    The maximum of a bridge exceeds m with probability exp(-2 m (m - r) / sigma^2) (Karatzas and Shreve 1991, 2.8);
    high and low are drawn as if independent.
    """
    rise = end - begin
    spread = 2.0 * sigma * sigma
    high = 0.5 * (rise + np.sqrt(rise * rise - spread * np.log(uniform(key, counters))))
    low = 0.5 * (rise - np.sqrt(rise * rise - spread * np.log(uniform(key ^ 0xFFFF, counters))))
    return begin + high, begin + low


def share_out(total: Ints, weights: Floats, least: int) -> Ints:
    """Each row's ``total`` split over its columns by weight: whole numbers of at least ``least`` with exact sums."""
    rest = total - least * weights.shape[1]
    shares = np.cumsum(weights, axis=1)
    edges = np.floor(shares * (rest[:, None] / shares[:, -1:])).astype(np.int64)
    edges[:, -1] = rest
    parts: Ints = np.diff(edges, axis=1, prepend=0) + least
    return parts


class Cascade:
    """One coin's way of splitting candles. Every child depends on its parent and its own bucket only."""

    def __init__(self, listing: Listing, seed: int) -> None:
        self._listing = listing
        self._keys = {
            (level, word): key_of(seed, listing.coin, word, str(level))
            for level in LEVELS
            for word in ("share", "path", "wick", "lots")
        }

    def _shares(self, level: int, buckets: Ints) -> Floats:
        """Unnormalised shares of the variance of children at ``level``."""
        spread = LEVEL_SPREAD[level]
        shares = np.exp(spread * normal(self._keys[level, "share"], buckets))
        if level == HOUR_MS:
            # Crypto's day: quiet before the European morning, busiest as American markets open.
            shares *= np.exp(0.35 * np.cos((buckets % 24 - 15.0) * (np.pi / 12.0)))
        return shares

    def split(self, parents: Rows, level: int, ratio: int) -> Rows:
        """Every parent as its ``ratio`` children at ``level``."""
        buckets = parents.bucket[:, None] * ratio + np.arange(ratio)
        return self._children(parents, level, buckets, self._shares(level, buckets))

    def minutes_of_part(self, day: Rows, count: int) -> Rows:
        """The first ``count`` minutes of a day, of which ``day`` (one row) is the sum."""
        buckets = day.bucket[:, None] * DAY_MINUTES + np.arange(count)
        shares = self._shares(MINUTE_MS, buckets) * self._shares(QUARTER_MS, buckets // 15)
        return self._children(day, MINUTE_MS, buckets, shares * self._shares(HOUR_MS, buckets // 60))

    def _children(self, parents: Rows, level: int, buckets: Ints, shares: Floats) -> Rows:
        count = buckets.shape[1]
        begin, high, low, end = (c[:, None] for c in (parents.open, parents.high, parents.low, parents.close))
        shares = shares / shares.sum(axis=1, keepdims=True)
        sigma = parents.sigma[:, None] * np.sqrt(shares)
        walk = np.cumsum(sigma * normal(self._keys[level, "path"], buckets), axis=1)
        elapsed = np.cumsum(shares, axis=1)
        line = begin + (end - begin) * elapsed
        bridge = walk - elapsed * walk[:, -1:]
        up = self._stretch(bridge, high - line)
        down = self._stretch(-bridge, line - low)
        path = line + bridge * np.where(bridge > 0.0, up, down)
        closes = np.clip(snap(self._listing, path), low, high)
        closes[:, -1] = parents.close
        opens = np.concatenate((begin, closes[:, :-1]), axis=1)
        tops, bottoms = extremes(self._keys[level, "wick"], buckets, opens, closes, sigma)
        highs = np.clip(np.maximum(snap(self._listing, tops), np.maximum(opens, closes)), low, high)
        lows = np.clip(np.minimum(snap(self._listing, bottoms), np.minimum(opens, closes)), low, high)
        each = np.arange(len(parents))
        highs[each, np.argmax(tops, axis=1)] = parents.high
        lows[each, np.argmin(bottoms, axis=1)] = parents.low
        activity = shares**0.7 * np.exp(0.35 * normal(self._keys[level, "lots"], buckets))
        least = LEAST_PER_MINUTE * (level // MINUTE_MS)
        lots, trades = share_out(parents.lots, activity, least), share_out(parents.trades, activity, least)
        table = (buckets, opens, highs, lows, closes, lots, trades, sigma)
        return Rows(*(column.reshape(len(parents) * count) for column in table))

    @staticmethod
    def _stretch(bridge: Floats, room: NDArray[np.float64]) -> Floats:
        """By how much to scale one side of each bridge so that it comes close to its room and never leaves it."""
        inside = room[:, :-1]
        reach = np.where(inside > 0.0, bridge[:, :-1] / np.maximum(inside, 1e-9), 0.0)
        furthest = np.max(reach, axis=1, initial=0.0)
        scale: Floats = np.minimum(0.97 / np.maximum(furthest, 1e-9), MOST_STRETCH)
        return scale[:, None]
