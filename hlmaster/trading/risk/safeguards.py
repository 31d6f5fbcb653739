"""What keeps a trader from himself, measured by his own habits. Each is his to switch on, off, or to be told only.

They bind what is opened by hand: a person's orders, and cards that a person approves. Strategies have the breakers.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from hlmaster.core.clock import HOUR_MS, MINUTE_MS
from hlmaster.core.config import Config
from hlmaster.core.rounding import to_float
from hlmaster.trading.conduct import Conduct
from hlmaster.trading.risk.breakers.breakers import moment

Choice = Literal["off", "warn", "refuse"]
HABIT_ORDERS, HABIT_HOURS = 10, 5
"""Fewer orders, or hours with orders, are no habit to measure by."""
MEMORY_ORDERS = 200
FRESH_LOSS_MS = 30 * MINUTE_MS
MAX_SENTENCES = 20


def _minutes(title: str, description: str) -> Any:
    return Field(None, ge=1, le=1_440, title=title, description=description, json_schema_extra={"unit": "min"})


class Safeguards(Config):
    cool_down_minutes: int | None = _minutes(
        "Cool-down", "After so many losing positions as named below: no orders by hand for so long. Not set: none."
    )
    cool_down_losses: int = Field(
        2, ge=1, le=20, title="Cool-down after", description="Losing positions in a row, closed whole."
    )
    daily_orders: int | None = Field(
        None,
        ge=1,
        le=10_000,
        title="Orders a day",
        description="So many orders that open something by hand in a UTC day, and no more. Not set: any number.",
    )
    revenge: Choice = Field(
        "warn",
        title="Revenge size",
        description="An order far above your usual size within half an hour of a loss is let pass, spoken of, or "
        "refused. Usual is the median of your own last orders, once there are ten.",
    )
    revenge_factor: Decimal = Field(
        Decimal(2),
        gt=1,
        le=20,
        title="Revenge size from",
        description="Times your usual size.",
        json_schema_extra={"unit": "x"},
    )
    overtrading: Choice = Field(
        "warn",
        title="Overtrading",
        description="Far more orders in an hour than in your usual one. Usual is the median of your hours with "
        "orders, once there are five.",
    )
    overtrading_factor: Decimal = Field(
        Decimal(3),
        gt=1,
        le=20,
        title="Overtrading from",
        description="Times the orders of your usual hour.",
        json_schema_extra={"unit": "x"},
    )
    session_minutes: int | None = _minutes(
        "Time at the desk", "After so long since the program was started: no orders by hand. Not set: no end."
    )
    checklist: tuple[str, ...] = Field(
        (),
        max_length=MAX_SENTENCES,
        title="Checklist",
        description="Sentences to be ticked before an order by hand is sent, as: The stop is set. None: no questions.",
    )
    journal_prompt: bool = Field(
        False, title="Journal", description="Ask for a line in the journal whenever a position is closed whole."
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """An order by hand that could open something."""

    time_ms: int
    value: Decimal
    """USD."""


@dataclass(frozen=True, slots=True)
class Closed:
    time_ms: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Lockout:
    """Asked for by the trader. ``sentence`` must be typed to end it, and then waited for."""

    until_ms: int
    sentence: str
    wait_minutes: int
    opens_ms: int | None = None
    """When the typed sentence takes effect; None as long as nobody typed it."""

    def is_over(self, now_ms: int) -> bool:
        return now_ms >= self.until_ms or (self.opens_ms is not None and now_ms >= self.opens_ms)


@dataclass(frozen=True, slots=True)
class Judgement:
    pause: str = ""
    """Why nothing is opened by hand now."""
    warning: str = ""
    usual_value: Decimal | None = None
    """While a loss is fresh."""

    def conduct(self, rules: Safeguards, base: Conduct) -> Conduct:
        """``base`` has what the breakers ask."""
        return Conduct(
            base.size_factor,
            self.pause,
            self.usual_value,
            rules.revenge_factor,
            rules.revenge == "refuse",
            base.day_loss_percent,
            base.day_limit_percent,
        )


def judge(
    rules: Safeguards,
    now_ms: int,
    day_start_ms: int,
    started_ms: int,
    placed: Sequence[Placed],
    closed: Sequence[Closed],
    lockout: Lockout | None,
) -> Judgement:
    """``placed`` and ``closed`` by time, oldest first; ``started_ms`` when the trader sat down."""
    pauses = [
        _locked(lockout, now_ms),
        _cooling(rules, now_ms, closed),
        _over_count(rules, day_start_ms, placed),
        _too_long(rules, now_ms, started_ms),
    ]
    rush = _rush(rules, now_ms, placed)
    if rules.overtrading == "refuse":
        pauses.append(rush)
    usual = None
    if rules.revenge != "off" and closed and closed[-1].net < 0 and now_ms - closed[-1].time_ms < FRESH_LOSS_MS:
        usual = usual_value([one for one in placed if one.time_ms < closed[-1].time_ms])
    return Judgement(" ".join(filter(None, pauses)), rush if rules.overtrading == "warn" else "", usual)


def usual_value(placed: Sequence[Placed]) -> Decimal | None:
    """The median worth of the last orders; None while there are too few to call anything usual."""
    if len(placed) < HABIT_ORDERS:
        return None
    return statistics.median(one.value for one in placed[-MEMORY_ORDERS:])


def usual_hour(placed: Sequence[Placed], before_ms: int) -> float | None:
    """Median orders of the hours that had any, the one that is under way left out."""
    counts: dict[int, int] = {}
    for one in placed:
        if one.time_ms < before_ms:
            counts[one.time_ms // HOUR_MS] = counts.get(one.time_ms // HOUR_MS, 0) + 1
    return statistics.median(counts.values()) if len(counts) >= HABIT_HOURS else None


def _locked(lockout: Lockout | None, now_ms: int) -> str:
    if lockout is None or lockout.is_over(now_ms):
        return ""
    if lockout.opens_ms is not None:
        return f"You locked yourself out; the lock opens {moment(lockout.opens_ms)}."
    return f"You locked yourself out until {moment(lockout.until_ms)}."


def _cooling(rules: Safeguards, now_ms: int, closed: Sequence[Closed]) -> str:
    if rules.cool_down_minutes is None or len(closed) < rules.cool_down_losses:
        return ""
    last = closed[-rules.cool_down_losses :]
    until = last[-1].time_ms + rules.cool_down_minutes * MINUTE_MS
    if now_ms >= until or any(one.net >= 0 for one in last):
        return ""
    return (
        f"You are cooling down after {len(last)} losing position{'s' if len(last) > 1 else ''}, until {moment(until)}."
    )


def _over_count(rules: Safeguards, day_start_ms: int, placed: Sequence[Placed]) -> str:
    if rules.daily_orders is None:
        return ""
    today = sum(1 for one in reversed(placed) if one.time_ms >= day_start_ms)
    if today < rules.daily_orders:
        return ""
    return f"You have placed {today} orders today, and your own limit is {rules.daily_orders}."


def _too_long(rules: Safeguards, now_ms: int, started_ms: int) -> str:
    if rules.session_minutes is None or now_ms - started_ms < rules.session_minutes * MINUTE_MS:
        return ""
    return f"You have been at it for {rules.session_minutes} minutes, your own limit. Come back rested."


def _rush(rules: Safeguards, now_ms: int, placed: Sequence[Placed]) -> str:
    if rules.overtrading == "off":
        return ""
    usual = usual_hour(placed, now_ms - HOUR_MS)
    lately = sum(1 for one in placed if one.time_ms > now_ms - HOUR_MS)
    if usual is None or lately <= usual * to_float(rules.overtrading_factor):
        return ""
    return f"You placed {lately} orders in the last hour; in your usual hour it is {usual:.0f}."
