"""What a recording left out, drawn from what it holds: trades inside a candle, a book around a trade.

Reproducible: everything is keyed by coin and time.
"""

from __future__ import annotations

from math import exp

import numpy as np

from hlmaster.exchange.simulator.cascade import share_out
from hlmaster.exchange.simulator.listing import Listing
from hlmaster.exchange.simulator.noise import Ints, key_of, normal, uniform

LEVELS = 20
SECONDS_PER_TRADE = 3.0
FEWEST_TRADES, MOST_TRADES = 8, 240


def book_around(
    listing: Listing, ticks: int, is_buy: bool, lots: int, time_ms: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Bids and asks as (ticks, lots), best first, one step apart, the trade at ``ticks`` being at its taker's touch.

    Depth grows from the touch and then fades, in sizes around ``lots``.
    """
    step = listing.step(ticks)
    noise = uniform(key_of(time_ms, listing.coin, "book"), np.arange(2 * LEVELS)).tolist()
    best_bid, best_ask = (max(1, ticks - step), ticks) if is_buy else (ticks, ticks + step)
    shape = [0.6 + (level / 6.0) * exp(1.0 - level / 6.0) for level in range(LEVELS)]
    sizes = [max(1, round(2.0 * lots * shape[i % LEVELS] * (0.5 + noise[i]))) for i in range(2 * LEVELS)]
    bids = [(best_bid - i * step, sizes[i]) for i in range(LEVELS) if best_bid - i * step > 0]
    return bids, [(best_ask + i * step, sizes[LEVELS + i]) for i in range(LEVELS)]


def path_in_candle(
    listing: Listing, open_ms: int, span_ms: int, ohlc: tuple[int, int, int, int], lots: int
) -> tuple[Ints, Ints, Ints]:
    """Times, ticks and lots of trades that make exactly this candle, none when it has no volume.

    A rising candle visits its low before its high, a falling one its high first; between open, both extremes and
    close, which are traded, prices wander without leaving the range.
    """
    begin, high, low, end = ohlc
    if lots <= 0:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, nothing
    wanted = round(span_ms / 1000.0 / SECONDS_PER_TRADE)
    count = min(max(FEWEST_TRADES, min(MOST_TRADES, wanted)), max(4, lots))
    lots = max(lots, count)
    key, each = key_of(open_ms, listing.coin, "path"), np.arange(count)
    draws = uniform(key, each)
    turns = np.array([0, 1 + int((count / 2 - 1) * draws[0]), count // 2 + int((count / 2 - 1) * draws[1]), count - 1])
    anchors = np.array([begin, low, high, end] if end >= begin else [begin, high, low, end])
    line = np.interp(each, turns, anchors)
    line += 0.06 * (high - low) * normal(key, each + count)
    step = listing.step(begin)
    ticks = np.clip(np.rint(line / step).astype(np.int64) * step, low, high)
    ticks[turns] = anchors
    times = open_ms + 1 + ((each + draws) * (span_ms - 2) / count).astype(np.int64)
    parts = share_out(np.array([lots]), np.exp(normal(key, each + 2 * count))[None, :], 1)[0]
    return times, ticks, parts
