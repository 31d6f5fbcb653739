"""The limits the gate enforces, as the user sets them."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from hlmaster.core.config import Config


class RiskLimits(Config):
    max_order_value_usd: Decimal = Field(
        Decimal(25_000),
        ge=10,
        le=10_000_000,
        title="Largest order",
        description="An entry worth more than this is refused.",
        json_schema_extra={"unit": "USD"},
    )
    price_band_percent: Decimal = Field(
        Decimal(5),
        gt=0,
        le=50,
        title="Price band",
        description="An entry may be priced at most this far beyond the mark price on the losing side.",
        json_schema_extra={"unit": "%"},
    )
    minimum_notional_usd: Decimal = Field(
        Decimal(10),
        ge=10,
        le=1_000,
        title="Smallest order",
        description="The venue refuses orders under 10 USD unless they close a whole position.",
        json_schema_extra={"unit": "USD"},
    )
    duplicate_window_seconds: Decimal = Field(
        Decimal(2),
        ge=0,
        le=60,
        title="Duplicate guard",
        description="A second entry equal in coin, side, size, price and type within this time is refused.",
        json_schema_extra={"unit": "s"},
    )
    slippage_cap_percent: Decimal = Field(
        Decimal(1),
        gt=0,
        le=10,
        title="Market order slippage cap",
        description="A market order takes no price further than this beyond the best opposite price.",
        json_schema_extra={"unit": "%"},
    )
    exit_slippage_cap_percent: Decimal = Field(
        Decimal(8),
        gt=0,
        le=10,
        title="Exit slippage cap",
        description="The same for closing, reversing, flattening and stops, where getting out matters more than price.",
        json_schema_extra={"unit": "%"},
    )
