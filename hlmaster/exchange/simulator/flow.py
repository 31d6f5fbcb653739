"""The participants of one coin: what they send to the venue, and what of theirs still rests there.

Makers quote around a fair price that follows oracle and premium with a lag: they withdraw quotes the fair price has
run over, close the gap it leaves, and refresh a ladder whose depth grows from the touch and then fades. Takers come in
self-exciting bursts (Hawkes 1971; branching ratio 0.6, buys mostly breed buys), press the price a little, and pick off
quotes that lag behind. All rates swell with the coin's volatility and with bursts shared by the whole market.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp
from random import Random
from typing import Literal

from hlmaster.exchange.simulator.listing import Listing

MAKER_LAG_S = 0.25
UNIT_BPS = 0.76
"""Typical distance between quotes, in basis points per unit of yearly volatility."""
LADDER = 40
ORDERS_PER_SIDE = 80
FEWEST_ORDERS = 40
FURTHEST_UNITS = 90.0
WITHDRAW_RATE = 8.0
GAP_RATE = 5.0
MARKET_SHARE = 0.0125
"""Spontaneous market orders of one side, per participant action."""
REFRESH_SHARE = 0.08
"""Ladder additions of one side, and as many withdrawals, per participant action."""
EXCITATION_DECAY = 0.35
BREEDS_SAME, BREEDS_OPPOSITE = 0.55, 0.05
VOLUME_FROM_TAKES = 0.6
"""Share of the turnover that spontaneous takers bring; the rest is quotes picked off."""
PRESSURE_DECAY_S = 12.0
LARGEST_SWEEP = 0.25
LEAST_ORDER_USD = 12.0


@dataclass(frozen=True, slots=True)
class FlowOrder:
    """One action of a market participant, for the venue's matching engine.

    ``ticks`` is the limit price (0 for market and cancel), ``lots`` the size (0 for cancel). ``order_id`` is the
    generator's own, above zero; a cancel names the order it withdraws, which may have been filled meanwhile.
    """

    kind: Literal["limit", "market", "cancel"]
    is_buy: bool
    ticks: int
    lots: int
    order_id: int


class Climate:
    """What moves a coin from outside: its oracle, its premium and how excited its participants are."""

    __slots__ = ("heat", "oracle", "own_mood", "premium")

    def __init__(self, oracle: float, premium: float) -> None:
        self.oracle = oracle
        self.premium = premium
        self.own_mood = 0.0
        self.heat = 1.0


class _Side:
    """Resting orders of one side as sorted ``(key, order_id)``; a smaller key is a better price: -ticks or +ticks."""

    __slots__ = ("is_buy", "lots", "queue", "sign", "total")

    def __init__(self, is_buy: bool) -> None:
        self.is_buy = is_buy
        self.sign = -1 if is_buy else 1
        self.queue: list[tuple[int, int]] = []
        self.lots: dict[int, int] = {}
        self.total = 0

    def put(self, key: int, order_id: int, lots: int) -> None:
        insort(self.queue, (key, order_id))
        self.lots[order_id] = lots
        self.total += lots

    def drop(self, index: int) -> int:
        order_id = self.queue.pop(index)[1]
        self.total -= self.lots.pop(order_id)
        return order_id

    def drop_better_than(self, key: float) -> None:
        while self.queue and self.queue[0][0] < key:
            self.drop(0)


class CoinFlow:
    """The order flow of one coin; deterministic for its random stream and the sequence of calls."""

    def __init__(self, listing: Listing, climate: Climate, rng: Random, advance: Callable[[int], None]) -> None:
        self._listing = listing
        self._advance = advance
        self._climate = climate
        self._rng = rng
        self._bids, self._asks = _Side(True), _Side(False)
        self._keys: dict[int, int] = {}
        self._next_id = 1
        self._fair = self._target()
        self._pressure = 0.0
        self._excited = {True: 0.0, False: 0.0}
        rate = listing.events_per_second
        takes = 2.0 * MARKET_SHARE * rate / (1.0 - BREEDS_SAME - BREEDS_OPPOSITE)
        self._take_usd = listing.daily_volume_usd / 86_400 / takes * VOLUME_FROM_TAKES
        self._make_usd = max(3.0 * self._take_usd, 2_500.0)

    @property
    def oracle_price(self) -> float:
        """The fair price outside this venue, now; the venue samples it for its oracle."""
        return self._climate.oracle

    @property
    def resting(self) -> int:
        """How many participants' orders are believed to rest."""
        return len(self._keys)

    def seed_book(self, now_ms: int) -> list[FlowOrder]:
        """The book a market opens with: a ladder of limit orders on both sides, none crossing."""
        self._advance(now_ms)
        self._fair = self._target()
        out: list[FlowOrder] = []
        unit, half = self._unit(), self._half_spread()
        for side in (self._bids, self._asks):
            for rung in range(LADDER):
                self._add(out, side, half + (rung + 0.3 * self._rng.random()) * unit, unit)
            for _ in range(ORDERS_PER_SIDE - LADDER):
                self._add(out, side, self._somewhere(unit, half), unit)
        return out

    def step(self, now_ms: int, dt_ms: int, best_bid: int | None, best_ask: int | None) -> list[FlowOrder]:
        """What participants do in (now - dt, now], given the venue's best prices in ticks, users' orders included.

        To be applied in order. Meant for steps of 50 to 250 ms of market time; longer ones are answered, coarsely.
        """
        self._advance(now_ms)
        dt = dt_ms / 1000.0
        bids, asks = self._bids, self._asks
        # An order better than the venue's best cannot rest there any more, whoever forgot to say so.
        bids.drop_better_than(-best_bid if best_bid is not None else float("inf"))
        asks.drop_better_than(best_ask if best_ask is not None else float("inf"))
        if len(self._keys) > len(bids.queue) + len(asks.queue):
            self._keys = {order_id: key for side in (bids, asks) for key, order_id in side.queue}
        self._pressure *= exp(-dt / PRESSURE_DECAY_S)
        self._fair += (self._target() - self._fair) * (1.0 - exp(-dt / MAKER_LAG_S))
        unit, half = self._unit(), self._half_spread()
        out: list[FlowOrder] = []
        first_is_buy = self._rng.random() < 0.5
        for side in (bids, asks) if first_is_buy else (asks, bids):
            self._pick_off(out, side, dt, unit, half)
            self._withdraw_stale(out, side, dt, unit, half)
        for side in (bids, asks) if first_is_buy else (asks, bids):
            self._close_gap(out, side, dt, unit, half)
            self._refresh(out, side, dt, unit, half)
        self._take(out, dt, unit)
        return out

    def on_filled(self, order_id: int, lots_left: int) -> None:
        """The venue filled a participant's resting order down to ``lots_left``."""
        key = self._keys.get(order_id)
        if key is None:
            return
        side = self._bids if key < 0 else self._asks
        if lots_left > 0:
            side.total += lots_left - side.lots[order_id]
            side.lots[order_id] = lots_left
            return
        del self._keys[order_id]
        side.drop(bisect_left(side.queue, (key, order_id)))

    def _target(self) -> float:
        climate = self._climate
        return climate.oracle * (1.0 + climate.premium) * self._listing.ticks_per_unit

    def _unit(self) -> float:
        fair = self._fair
        return max(float(self._listing.step(fair)), fair * 1e-4 * UNIT_BPS * self._listing.annual_vol)

    def _half_spread(self) -> float:
        step = self._listing.step(self._fair)
        return max(0.5 * step, 0.32 * self._unit() * (0.6 + 0.4 * self._climate.heat))

    def _quoted(self, unit: float) -> float:
        return self._fair + self._pressure * unit

    def _somewhere(self, unit: float, half: float) -> float:
        return half + unit * self._rng.gammavariate(1.5, 15.0)

    def _arrivals(self, mean: float) -> int:
        """A Poisson number (Knuth 1969, 3.4.1), bounded."""
        if mean <= 0.0:
            return 0
        if mean > 20.0:
            return round(mean)
        floor, product, count = exp(-mean), self._rng.random(), 0
        while product > floor:
            product *= self._rng.random()
            count += 1
        return count

    def _lots(self, usd: float, spread: float) -> int:
        """A log-normal size of mean ``usd``."""
        drawn = usd * exp(self._rng.gauss(-0.5 * spread * spread, spread))
        price = self._fair * self._listing.tick
        return max(1, round(max(drawn, LEAST_ORDER_USD) / price * self._listing.lots_per_coin))

    def _add(self, out: list[FlowOrder], side: _Side, distance: float, unit: float) -> None:
        """A limit order ``distance`` ticks from the quoted price, or just short of the opposite side."""
        listing = self._listing
        ticks = listing.snap(self._quoted(unit) + side.sign * distance)
        other = self._asks if side.is_buy else self._bids
        if other.queue:
            touch = abs(other.queue[0][0])
            step = listing.step(touch - 1 if side.is_buy else touch)
            ticks = min(ticks, touch - step) if side.is_buy else max(ticks, touch + step)
        if ticks <= 0:
            return
        deep = distance / (9.0 * unit)
        lots = self._lots(self._make_usd * (0.25 + deep * exp(1.0 - deep)), 0.8)
        order_id = self._next_id
        self._next_id += 1
        side.put(side.sign * ticks, order_id, lots)
        self._keys[order_id] = side.sign * ticks
        out.append(FlowOrder("limit", side.is_buy, ticks, lots, order_id))

    def _cancel(self, out: list[FlowOrder], side: _Side, index: int) -> None:
        order_id = side.drop(index)
        del self._keys[order_id]
        out.append(FlowOrder("cancel", side.is_buy, 0, 0, order_id))

    def _market(self, out: list[FlowOrder], is_buy: bool, lots: int) -> None:
        side = self._asks if is_buy else self._bids
        lots = min(lots, int(side.total * LARGEST_SWEEP))
        if lots > 0:
            out.append(FlowOrder("market", is_buy, 0, lots, self._next_id))
            self._next_id += 1

    def _pick_off(self, out: list[FlowOrder], side: _Side, dt: float, unit: float, half: float) -> None:
        """Takers against quotes of ``side`` that the fair price has passed."""
        limit = side.sign * self._quoted(unit) - half
        lots, lag = 0, 0.0
        for key, order_id in side.queue:
            if key >= limit:
                break
            lots += side.lots[order_id]
            lag = max(lag, (limit - key) / unit)
        if lots and self._rng.random() < 1.0 - exp(-dt * min(1.5, 0.5 * lag)):
            self._market(out, not side.is_buy, max(1, int(lots * self._rng.random() * 0.6)))

    def _withdraw_stale(self, out: list[FlowOrder], side: _Side, dt: float, unit: float, half: float) -> None:
        limit = side.sign * self._quoted(unit) + 0.4 * half
        stale = bisect_left(side.queue, (ceil(limit), 0))
        gone = 1.0 - exp(-dt * WITHDRAW_RATE)
        for index in range(min(stale, len(side.queue) - 4) - 1, -1, -1):
            if self._rng.random() < gone:
                self._cancel(out, side, index)

    def _close_gap(self, out: list[FlowOrder], side: _Side, dt: float, unit: float, half: float) -> None:
        """New quotes between the fair price and the best that is left, and at once when the side has run thin."""
        fair = side.sign * self._quoted(unit)
        best = side.queue[0][0] - fair if side.queue else 2.0 * LADDER * unit
        room = best - half
        if room > 0.5 * unit:
            for number in range(min(6, self._arrivals((room / unit + 0.5) * GAP_RATE * dt))):
                near = half * (0.8 + 0.4 * self._rng.random())
                self._add(out, side, near if not number else half + room * self._rng.random(), unit)
        for _ in range(FEWEST_ORDERS - len(side.queue)):
            self._add(out, side, self._somewhere(unit, half), unit)

    def _refresh(self, out: list[FlowOrder], side: _Side, dt: float, unit: float, half: float) -> None:
        fullness = len(side.queue) / ORDERS_PER_SIDE
        mean = self._listing.events_per_second * REFRESH_SHARE * self._climate.heat * dt
        for _ in range(self._arrivals(mean / max(fullness, 0.2))):
            self._add(out, side, self._somewhere(unit, half), unit)
        for _ in range(self._arrivals(mean * fullness**4)):
            if len(side.queue) > FEWEST_ORDERS:
                one, two = self._rng.randrange(len(side.queue)), self._rng.randrange(len(side.queue))
                self._cancel(out, side, max(one, two))
        fair = side.sign * self._quoted(unit)
        while len(side.queue) > FEWEST_ORDERS and side.queue[-1][0] - fair > FURTHEST_UNITS * unit:
            self._cancel(out, side, -1)

    def _take(self, out: list[FlowOrder], dt: float, unit: float) -> None:
        calm = self._listing.events_per_second * MARKET_SHARE * self._climate.heat
        fade = exp(-EXCITATION_DECAY * dt)
        counts = {is_buy: self._arrivals((calm + self._excited[is_buy]) * dt) for is_buy in (True, False)}
        for is_buy, count in counts.items():
            bred = BREEDS_SAME * count + BREEDS_OPPOSITE * counts[not is_buy]
            self._excited[is_buy] = self._excited[is_buy] * fade + EXCITATION_DECAY * bred
            for _ in range(count):
                self._market(out, is_buy, self._lots(self._take_usd, 1.5))
                push = 0.25 if is_buy else -0.25
                self._pressure = max(-4.0, min(4.0, self._pressure + push))
