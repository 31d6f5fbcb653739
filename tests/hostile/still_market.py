"""A market that costs next to nothing: a random walk for each coin, a deep book around it, a new image now and then."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import cast

from hlmaster.core.clock import Clock
from hlmaster.exchange.simulator.chronicle import Chronicle, DrawnPast
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.listing import Listing, listing
from hlmaster.exchange.simulator.replay import Recording
from hlmaster.exchange.simulator.track import BookImage, RecordedEvent, RecordedTrade
from hlmaster.exchange.simulator.venue import Venue

MOVE_MS = 2_000
STEP = 0.0012
LEVELS = 6
LEVEL_USD = 40_000.0


class StillMarket:
    """What ``RecordedParticipants`` asks of a recording."""

    def __init__(self, listings: list[Listing], seed: int) -> None:
        self._listings = {one.coin: one for one in listings}
        self._rng = Random(f"{seed}/market")
        self._price = {one.coin: one.start_price for one in listings}
        self._due = dict.fromkeys(self._listings, 0)

    def step(self, coin: str, from_ms: int, to_ms: int) -> list[RecordedEvent]:
        if to_ms < self._due[coin]:
            return []
        self._due[coin] = to_ms + self._rng.randrange(MOVE_MS // 2, MOVE_MS * 2)
        one, rng = self._listings[coin], self._rng
        self._price[coin] *= 1.0 + rng.gauss(0.0, STEP)
        middle = one.ticks(self._price[coin])
        tick = one.step(middle)
        lots = max(1, round(LEVEL_USD / self._price[coin] * one.lots_per_coin))
        bids = [(middle - (level + 1) * tick, lots) for level in range(LEVELS)]
        asks = [(middle + (level + 1) * tick, lots) for level in range(LEVELS)]
        events: list[RecordedEvent] = [BookImage(to_ms, bids, asks)]
        if rng.random() < 0.5:
            is_buy = rng.random() < 0.5
            price = (asks if is_buy else bids)[0][0]
            events.append(RecordedTrade(is_buy, price, max(1, lots // 50), to_ms))
        return events


def open_house(clock: Clock, seed: int, coins: tuple[str, ...], faucet: Decimal) -> House:
    """A fresh exchange, in memory alone."""
    listings = [one for coin in coins if (one := listing(coin)) is not None]
    start_ms = clock.now_ms()
    venue = Venue(listings, cast(Recording, StillMarket(listings, seed)), start_ms, asset_suffix=True)
    chronicle = Chronicle(venue, listings, DrawnPast(listings, seed, start_ms), start_ms)
    return House(venue, chronicle, clock, faucet=faucet, budget_multiplier=1.0)
