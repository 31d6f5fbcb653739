"""What becomes of ideas: how long and how far a card stays good, how it enters, and who gives way on a coin."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from hlmaster.core.config import Config


class Proposals(Config):
    drift_percent: Decimal = Field(
        Decimal("0.3"),
        gt=0,
        le=10,
        title="Drift",
        description="A card expires when the price has moved by more since it was made.",
        json_schema_extra={"unit": "%"},
    )
    stale_seconds: int = Field(
        20,
        ge=1,
        le=600,
        title="Stale data",
        description="A card cannot be approved while its data is stale, and expires when that lasts for longer.",
        json_schema_extra={"unit": "s"},
    )
    most_open: int = Field(
        12, ge=1, le=100, title="Most cards", description="A stronger idea takes the place of the weakest card."
    )
    entry: Literal["market", "post-only"] = Field(
        "market",
        title="Entries",
        description="At the market, slippage-capped; or post-only at the best price of the own side, which pays the "
        "maker fee and may never be filled.",
    )
    conflict: Literal["wait", "close"] = Field(
        "wait",
        title="Conflicts on a coin",
        description="What an opposite signal of another strategy does to a position: it waits until the coin is free, "
        "or closes it.",
    )
