"""What becomes of ideas: how sure they must be, how long and how far a card stays good, and who may share a coin."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from hlmaster.core.config import Config


class Proposals(Config):
    threshold: float = Field(
        0.7,
        ge=0,
        le=1,
        title="Least confidence",
        description="An idea with less is not proposed. What acts by itself needs as much without any adviser.",
    )
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
