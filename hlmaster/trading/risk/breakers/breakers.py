"""The breakers that losses trip. Pure: told of time and money, it says what changed.

Each is tripped at most once until it is armed again, and is armed on fresh ground: a peak, a streak or a start from
before never trips it a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from hlmaster.core.breakers import BreakerChanged
from hlmaster.core.clock import DAY_MS, MINUTE_MS
from hlmaster.trading.holding import RoundTrip
from hlmaster.trading.risk.breakers.fund import Fund
from hlmaster.trading.risk.breakers.limits import BreakerLimits

DAY_WARNING, DAY_LOSS, DRAWDOWN, STREAK, HALT = "day warning", "day loss", "drawdown", "losing streak", "halt loss"
HALF, ONE, ZERO, HUNDRED = Decimal("0.5"), Decimal(1), Decimal(0), Decimal(100)
DUST = Decimal("1e-15")
"""Of a price: what arithmetic may lose over any number of deposits and withdrawals."""
OUT_OF_SIGHT = "out of sight"
"""Exit reason of a trade of which only the venue's statement tells; what it made is not known."""


class Trip(msgspec.Struct, frozen=True):
    sentence: str
    since_ms: int
    until_ms: int | None
    """None: until somebody unlocks it."""


class State(msgspec.Struct):
    """All that must outlast a restart."""

    fund: Fund
    day: int = -1
    day_price: Decimal = ONE
    day_profit: Decimal = ZERO
    """Equity less what was paid in, at the day's opening, USD."""
    start_price: Decimal = ONE
    peak_price: Decimal = ONE
    streak_since_ms: int = 0
    trips: dict[str, Trip] = {}


class Breakers:
    def __init__(self, limits: Callable[[], BreakerLimits], state: State | None = None) -> None:
        self._limits = limits
        self.state = State(Fund()) if state is None else state

    @property
    def tripped(self) -> dict[str, Trip]:
        return self.state.trips

    @property
    def size_factor(self) -> Decimal:
        return HALF if DAY_WARNING in self.state.trips else ONE

    @property
    def day_loss_percent(self) -> Decimal:
        """Of the day's opening equity; negative for a profit."""
        return fallen(self.state.day_price, self.state.fund.price)

    @property
    def drawdown_percent(self) -> Decimal:
        return fallen(self.state.peak_price, self.state.fund.price)

    @property
    def session_loss_percent(self) -> Decimal:
        return fallen(self.state.start_price, self.state.fund.price)

    def day_loss_usd(self, equity: Decimal) -> Decimal:
        return self.state.day_profit - (equity - self.state.fund.cash)

    def look(
        self, now_ms: int, equity: Decimal, cash: Decimal, trips: Sequence[RoundTrip]
    ) -> tuple[BreakerChanged, ...]:
        """``cash``: deposits less withdrawals; ``trips``: closed positions by time. What tripped or was armed again."""
        state = self.state
        is_new = state.day < 0
        if not state.fund.look(equity, cash) and (is_new or state.fund.price):
            return tuple(self._expire(now_ms))
        if is_new:
            state.streak_since_ms = now_ms
        changes = list(self._expire(now_ms))
        self._turn_day(now_ms, equity - cash)
        state.peak_price = max(state.peak_price, state.fund.price)
        changes += self._judge(now_ms, equity, trips)
        return tuple(changes)

    def unlock(self, now_ms: int, equity: Decimal) -> tuple[BreakerChanged, ...]:
        """A person lifts the halt: losses since the session's start are counted anew from here."""
        state = self.state
        if state.trips.pop(HALT, None) is None:
            return ()
        if not state.fund.price:
            state.fund.begin_again(equity)
            state.day_price = state.fund.price
        state.start_price = state.peak_price = state.fund.price
        return (BreakerChanged(HALT, False, "The halt was unlocked; losses count anew from here.", now_ms),)

    def lock(self, now_ms: int, sentence: str) -> tuple[BreakerChanged, ...]:
        """Halt until unlocked, for another reason than a loss."""
        return (self._trip(HALT, now_ms, None, sentence),)

    # --- inside ---

    def _expire(self, now_ms: int) -> Iterator[BreakerChanged]:
        state = self.state
        for name, trip in list(state.trips.items()):
            if trip.until_ms is None or now_ms < trip.until_ms:
                continue
            del state.trips[name]
            if name == DRAWDOWN:
                state.peak_price = state.fund.price
            elif name == STREAK:
                state.streak_since_ms = now_ms
            yield BreakerChanged(name, False, _ARMED[name], now_ms)

    def _turn_day(self, now_ms: int, profit: Decimal) -> None:
        state, day = self.state, now_ms // DAY_MS
        if day > state.day:
            if state.day < 0:
                state.start_price = state.peak_price = state.fund.price
            state.day, state.day_price, state.day_profit = day, state.fund.price, profit

    def _judge(self, now_ms: int, equity: Decimal, trips: Sequence[RoundTrip]) -> Iterator[BreakerChanged]:
        state, limits = self.state, self._limits()
        tomorrow, rested = (state.day + 1) * DAY_MS, now_ms + limits.rest_minutes * MINUTE_MS
        lost, dollars = self.day_loss_percent, self.day_loss_usd(equity)
        over = limits.day_loss_usd is not None and dollars >= limits.day_loss_usd
        if DAY_LOSS not in state.trips and (lost >= limits.day_loss_percent or over):
            much = f"${dollars:,.2f}" if over else f"{lost:.1f} %"
            until = f"No new positions until {moment(tomorrow)}."
            yield self._trip(DAY_LOSS, now_ms, tomorrow, f"The day has lost {much}. {until}")
        if DAY_WARNING not in state.trips and lost >= limits.day_warning_percent:
            sentence = f"The day has lost {lost:.1f} %. New sizes are halved until {moment(tomorrow)}."
            yield self._trip(DAY_WARNING, now_ms, tomorrow, sentence)
        fall = self.drawdown_percent
        if DRAWDOWN not in state.trips and fall >= limits.drawdown_percent:
            sentence = f"Equity is {fall:.1f} % below the session's peak. No new positions until {moment(rested)}."
            yield self._trip(DRAWDOWN, now_ms, rested, sentence)
        if STREAK not in state.trips:
            streak = losing_streak(trips, state.streak_since_ms)
            if streak >= limits.losing_streak:
                sentence = f"{streak} positions in a row have lost. No new positions until {moment(rested)}."
                yield self._trip(STREAK, now_ms, rested, sentence)
        since_start = self.session_loss_percent
        if HALT not in state.trips and since_start >= limits.halt_loss_percent:
            sentence = f"The session has lost {since_start:.1f} %. Trading is halted until you unlock it."
            yield self._trip(HALT, now_ms, None, sentence)

    def _trip(self, name: str, now_ms: int, until_ms: int | None, sentence: str) -> BreakerChanged:
        self.state.trips[name] = Trip(sentence, now_ms, until_ms)
        return BreakerChanged(name, True, sentence, now_ms)


_ARMED = {
    DAY_WARNING: "A new day: sizes are whole again.",
    DAY_LOSS: "A new day: positions may be opened again.",
    DRAWDOWN: "The rest after the drawdown is over; the peak is counted from here.",
    STREAK: "The rest after the losing streak is over; the count begins anew.",
}


def fallen(price: Decimal, now: Decimal) -> Decimal:
    """Per cent that ``now`` lies below ``price``; negative where it lies above."""
    if not price:
        return ZERO
    share = ONE - now / price
    return ZERO if abs(share) < DUST else share * HUNDRED


def losing_streak(trips: Sequence[RoundTrip], since_ms: int) -> int:
    """Positions at the end of the row that were closed whole after ``since_ms`` and lost, fees and funding counted."""
    streak = 0
    for trip in reversed(trips):
        if trip.closed_ms <= since_ms:
            break
        if trip.exit_reason == OUT_OF_SIGHT:
            continue
        if trip.net >= 0:
            break
        streak += 1
    return streak


def moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
