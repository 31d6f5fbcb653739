"""The breakers as lines of the risk panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from hlmaster.core.rounding import to_float, wire_text
from hlmaster.trading.holding import RoundTrip
from hlmaster.trading.risk.board import RiskRow
from hlmaster.trading.risk.breakers.breakers import DAY_LOSS, DRAWDOWN, HALT, STREAK, Breakers, losing_streak
from hlmaster.trading.risk.breakers.limits import BreakerLimits

ZERO = Decimal(0)


def breaker_rows(breakers: Breakers, limits: BreakerLimits, trips: Sequence[RoundTrip]) -> Iterator[RiskRow]:
    shares = (
        (DAY_LOSS, "Day's loss", breakers.day_loss_percent, limits.day_loss_percent),
        (DRAWDOWN, "Drawdown", breakers.drawdown_percent, limits.drawdown_percent),
        (HALT, "Loss of the session", breakers.session_loss_percent, limits.halt_loss_percent),
    )
    for name, title, percent, limit in shares:
        lost = max(percent, ZERO)
        trip = breakers.tripped.get(name)
        sentence = "" if trip is None else trip.sentence
        yield RiskRow(
            name, title, f"{lost:.2f} %", f"{wire_text(limit)} %", to_float(lost / limit), trip is None, sentence
        )
    streak, trip = losing_streak(trips, breakers.state.streak_since_ms), breakers.tripped.get(STREAK)
    sentence = "" if trip is None else trip.sentence
    share = streak / limits.losing_streak
    yield RiskRow(STREAK, "Losing streak", f"{streak}", f"{limits.losing_streak}", share, trip is None, sentence)
