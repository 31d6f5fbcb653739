"""Limits that each strategy, or group of them, has for itself."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from hlmaster.core.config import Config


class OwnLimits(Config):
    """Checked before anything is proposed; the account's limits hold beside them. Its exits go on."""

    day_loss_percent: Decimal = Field(
        Decimal(2),
        gt=0,
        le=100,
        title="Day's loss of one strategy",
        description="Of equity, since midnight UTC, open positions included: from there on it proposes nothing until "
        "the next day.",
        json_schema_extra={"unit": "%"},
    )
    most_open: int | None = Field(
        None,
        ge=1,
        le=100,
        title="Positions of one strategy",
        description="At most so many at once; where the strategy itself says less, that holds.",
    )
