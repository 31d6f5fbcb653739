"""The market behind the embedded exchange: what moves all coins together, and each coin's order flow.

The common factor has a slow volatility of its own, jumps, and three regimes: a range that pulls back to its middle, a
trend, and a volatile spell. A coin's oracle takes ``beta`` times the factor, its own noise and its own jumps; its
premium wanders about a resting value, pulled the way a trend goes, so that funding moves. Everything advances on a
fixed grid of market time from the start, so prices do not depend on how often anybody looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from math import exp, sqrt
from random import Random

from hlmaster.exchange.simulator.flow import Climate, CoinFlow, FlowOrder
from hlmaster.exchange.simulator.listing import FACTOR_VOL, PREMIUM_MEMORY_HOURS, PREMIUM_SPREAD, Listing

__all__ = ["CoinFlow", "FlowOrder", "Market", "Regime"]

QUANTUM_MS = 250
MOST_QUANTA = 2_400
"""A longer absence is crossed in so many larger strides."""
YEAR_S = 31_536_000.0
MOOD_SPREAD, MOOD_MEMORY_S = 0.45, 1_200.0
OWN_MOOD_SPREAD, OWN_MOOD_MEMORY_S = 0.30, 300.0
JUMPS_PER_DAY, JUMP_SIZE = 10.0, 0.0014
OWN_JUMPS_PER_DAY, OWN_JUMP_SIZE = 8.0, 0.0016
BURSTS_PER_DAY, BURST_DECAY_S = 600.0, 15.0
TREND_PER_DAY = 0.05


class Regime(Enum):
    RANGE = "range"
    TREND = "trend"
    VOLATILE = "volatile"


REGIME_VOL = {Regime.RANGE: 0.75, Regime.TREND: 1.0, Regime.VOLATILE: 1.55}
REGIME_MINUTES = {Regime.RANGE: 45.0, Regime.TREND: 30.0, Regime.VOLATILE: 12.0}


class Market:
    """All listed coins from ``start_ms`` on. ``last_prices`` are oracle prices to go on from after a restart, and
    ``last_mids`` where the books stood then: a premium carries on as well."""

    def __init__(
        self,
        listings: Sequence[Listing],
        seed: int,
        start_ms: int,
        last_prices: Mapping[str, float] | None = None,
        last_mids: Mapping[str, float] | None = None,
    ) -> None:
        # A market resumed later must not relive its first hours, so its randomness starts from the time it resumes.
        root = f"{seed}/{start_ms}" if last_prices else f"{seed}"
        self._rng = Random(f"{root}/market")
        self._time_ms = start_ms
        self._listings = {one.coin: one for one in listings}
        self._mood = 0.0
        self._burst = 0.0
        self._from_middle = 0.0
        self._direction = 1.0
        self._regime_left_s = 0.0
        self.regime = Regime.RANGE
        prices, mids = last_prices or {}, last_mids or {}
        self._climates: dict[str, Climate] = {}
        for one in listings:
            oracle = prices.get(one.coin, one.start_price)
            premium = one.premium_bias + 0.5 * PREMIUM_SPREAD * self._rng.gauss(0, 1)
            if one.coin in mids:
                premium = mids[one.coin] / oracle - 1.0
            self._climates[one.coin] = Climate(oracle, premium)
        self._flows = {
            one.coin: CoinFlow(one, self._climates[one.coin], Random(f"{root}/{one.coin}"), self.advance)
            for one in listings
        }

    def flow(self, coin: str) -> CoinFlow:
        """The coin's participants. Raises KeyError for a coin that is not listed."""
        return self._flows[coin]

    def advance(self, now_ms: int) -> None:
        """Move factor, oracles and premiums to ``now_ms``; going back is ignored."""
        gap_ms = now_ms - self._time_ms
        stride = max(QUANTUM_MS, gap_ms // MOST_QUANTA)
        while self._time_ms + stride <= now_ms:
            self._time_ms += stride
            self._move(stride / 1000.0)

    def _move(self, dt: float) -> None:
        rng, year = self._rng, dt / YEAR_S
        self._weather(dt)
        self._mood += _pull(self._mood, 0.0, dt, MOOD_MEMORY_S, MOOD_SPREAD, rng)
        vol = REGIME_VOL[self.regime] * exp(self._mood - MOOD_SPREAD**2)
        common = FACTOR_VOL * vol * sqrt(year) * rng.gauss(0.0, 1.0)
        if self.regime is Regime.TREND:
            common += self._direction * TREND_PER_DAY * dt / 86_400.0
        elif self.regime is Regime.RANGE:
            common -= self._from_middle * dt / 3_600.0
        jump = _jump(rng, JUMPS_PER_DAY * vol * dt / 86_400.0, JUMP_SIZE)
        self._burst += abs(jump) / JUMP_SIZE
        common += jump
        self._from_middle += common
        pull = self._direction * 0.6 * PREMIUM_SPREAD if self.regime is Regime.TREND else 0.0
        for coin, climate in self._climates.items():
            one = self._listings[coin]
            climate.own_mood += _pull(climate.own_mood, 0.0, dt, OWN_MOOD_MEMORY_S, OWN_MOOD_SPREAD, rng)
            own_vol = sqrt(max(0.01, one.annual_vol**2 - (one.beta * FACTOR_VOL) ** 2))
            move = one.beta * common + own_vol * exp(climate.own_mood) * vol * sqrt(year) * rng.gauss(0.0, 1.0)
            own_jump = _jump(rng, OWN_JUMPS_PER_DAY * dt / 86_400.0, OWN_JUMP_SIZE * one.annual_vol)
            climate.oracle *= exp(move + own_jump)
            climate.premium += _pull(
                climate.premium, one.premium_bias + pull, dt, PREMIUM_MEMORY_HOURS * 3_600.0, PREMIUM_SPREAD, rng
            )
            climate.heat = min(6.0, vol * exp(climate.own_mood)) + self._burst
            if own_jump:
                self._burst += 0.5

    def _weather(self, dt: float) -> None:
        """Regimes come and go; bursts of activity flare up and fade."""
        rng = self._rng
        self._burst = min(6.0, self._burst * exp(-dt / BURST_DECAY_S))
        if rng.random() < BURSTS_PER_DAY * dt / 86_400.0:
            self._burst += rng.expovariate(0.7)
        self._regime_left_s -= dt
        if self._regime_left_s <= 0.0:
            self.regime = rng.choice([one for one in Regime if one is not self.regime])
            self._regime_left_s = 60.0 * rng.expovariate(1.0 / REGIME_MINUTES[self.regime])
            self._direction = rng.choice((-1.0, 1.0))
            self._from_middle = 0.0


def _pull(value: float, rest: float, dt: float, memory: float, spread: float, rng: Random) -> float:
    """The step of an Ornstein-Uhlenbeck process of the given standard deviation and memory (seconds)."""
    share = 1.0 - exp(-dt / memory)
    return (rest - value) * share + spread * sqrt(share * (2.0 - share)) * rng.gauss(0.0, 1.0)


def _jump(rng: Random, probability: float, size: float) -> float:
    """A rare double-exponential move (Kou 2002), mostly zero."""
    if rng.random() >= probability:
        return 0.0
    return rng.choice((-1.0, 1.0)) * rng.expovariate(1.0 / size)
