"""Where the circuit breakers trip."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from hlmaster.core.config import Config


def _percent(default: int, title: str, description: str) -> Any:
    return Field(Decimal(default), gt=0, le=100, title=title, description=description, json_schema_extra={"unit": "%"})


class BreakerLimits(Config):
    """Losses are counted with open positions and net of deposits and withdrawals; days are UTC days."""

    day_warning_percent: Decimal = _percent(
        3, "Day's loss, warning", "Of the day's opening equity. From here on until the day ends new sizes are halved."
    )
    day_loss_percent: Decimal = _percent(
        5, "Day's loss, end", "Of the day's opening equity. No new positions until the next UTC day."
    )
    day_loss_usd: Decimal | None = Field(
        None,
        gt=0,
        le=100_000_000,
        title="Day's loss in dollars",
        description="Ends the day as well, where it is tighter than the share. Not set: the share alone.",
        json_schema_extra={"unit": "USD"},
    )
    drawdown_percent: Decimal = _percent(
        7, "Drawdown", "From the session's highest equity. No new positions while resting; then counted anew."
    )
    losing_streak: int = Field(
        3,
        ge=2,
        le=1_000,
        title="Losing streak",
        description="So many losing positions in a row, each counted once it is closed whole: no new ones while "
        "resting.",
    )
    rest_minutes: int = Field(
        60,
        ge=1,
        le=1_440,
        title="Rest",
        description="How long a drawdown or a losing streak keeps from new positions.",
        json_schema_extra={"unit": "min"},
    )
    cut_positions: bool = Field(
        False,
        title="Cut positions",
        description="When a drawdown or a losing streak trips, close half of every open position as well.",
    )
    halt_loss_percent: Decimal = _percent(
        20, "Halt", "Lost since the session began, or since the last unlocking: halted until you unlock it."
    )
    errors_a_minute: int = Field(
        8,
        ge=1,
        le=1_000,
        title="Errors a minute",
        description="Orders that the exchange refused or whose fate was lost: so many in a minute, and entries pause "
        "for a minute.",
    )
    stale_seconds: float = Field(
        15,
        ge=5,
        le=300,
        title="Stale data",
        description="When the data of a coin that is held stays stale for so long, entries on all coins pause.",
        json_schema_extra={"unit": "s"},
    )
