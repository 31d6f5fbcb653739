"""The limits the gate enforces, as the user sets them.

Where there are two values, the first binds the ideas of strategies, whoever approved them, and the second
(``hand_…``) the orders that a person makes: wider from the start, and yours to tighten.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, field_validator

from hlmaster.core.config import Config

Coins = tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")], ...]
_CAP = re.compile(r"([A-Za-z0-9]{1,20}):(\d{1,12}(?:\.\d{1,10})?)")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
DAY_MINUTES = 1_440
BY_HAND = "The same for what you open by hand. "


def _percent(default: str, high: int, title: str, description: str, unit: str = "% of equity") -> Any:
    return Field(
        Decimal(default), gt=0, le=high, title=title, description=description, json_schema_extra={"unit": unit}
    )


def _usd(default: int, low: int, high: int, title: str, description: str) -> Any:
    return Field(
        Decimal(default), ge=low, le=high, title=title, description=description, json_schema_extra={"unit": "USD"}
    )


class RiskLimits(Config):
    max_order_value_usd: Decimal = _usd(
        25_000, 10, 10_000_000, "Largest order", "An entry worth more than this is refused."
    )
    price_band_percent: Decimal = _percent(
        "5",
        50,
        "Price band",
        "An entry may be priced at most this far beyond the mark price on the losing side.",
        unit="%",
    )
    minimum_notional_usd: Decimal = _usd(
        10, 10, 1_000, "Smallest order", "The venue refuses orders under 10 USD unless they close a whole position."
    )
    max_position_percent: Decimal = _percent(
        "10",
        100,
        "Position per coin, strategies",
        "Worth of one coin's position, with every order counted as filled. Binds the ideas of strategies, whoever "
        "approves them; what you open by hand has the wider value below.",
    )
    hand_position_percent: Decimal = _percent(
        "500", 5_000, "Position per coin, by hand", f"{BY_HAND}Wider by default: 500 % is five times your equity."
    )
    position_caps: tuple[str, ...] = Field(
        (),
        max_length=200,
        title="Position caps in coins",
        description="As BTC:0.5, ETH:10. At most so many coins of each, for strategies and by hand alike.",
    )
    max_exposure_percent: Decimal = _percent(
        "20",
        300,
        "Gross exposure, strategies",
        "Worth of all positions together, long and short added up, yours included: beyond it strategies open nothing.",
    )
    hand_exposure_percent: Decimal = _percent("1000", 10_000, "Gross exposure, by hand", f"{BY_HAND}Wider by default.")
    max_leverage: Decimal = _percent(
        "3",
        50,
        "Leverage, strategies",
        "All positions together over equity; of an isolated position also the leverage set for its coin. A cross "
        "position's setting only says how much margin is kept for it.",
        unit="x",
    )
    hand_leverage: Decimal = _percent("50", 50, "Leverage, by hand", f"{BY_HAND}50x: the exchange's own limits.", "x")
    max_trade_risk_percent: Decimal = _percent(
        "3",
        3,
        "Risk of a trade, strategies",
        "What the coin's position may lose at its stop, fees of both ends included. Strategies size for 1 % and scale "
        "that by factors; this is where it ends.",
    )
    hand_trade_risk_percent: Decimal = _percent(
        "25", 100, "Risk of a trade, by hand", f"{BY_HAND}A position without a stop has no such figure and is let pass."
    )
    max_open_positions: int = Field(
        2,
        ge=1,
        le=50,
        title="Open positions, strategies",
        description="Coins with a position, or with an order that may open one, yours included.",
    )
    hand_open_positions: int = Field(
        20, ge=1, le=200, title="Open positions, by hand", description=f"{BY_HAND}Wider by default."
    )
    min_confidence: float = Field(
        0.7,
        ge=0,
        le=1,
        title="Least confidence",
        description="Of a strategy's idea, from 0 to 1. What is executed automatically must reach it without what "
        "advisers added, too.",
    )
    max_value_at_risk_percent: Decimal = _percent(
        "2",
        100,
        "Value at risk, strategies",
        "Loss of one day that is exceeded on one day in twenty (95 %), all positions together, none set off against "
        "another. Where a coin's past is not known, nothing is opened on it automatically.",
    )
    hand_value_at_risk_percent: Decimal = _percent(
        "100", 1_000, "Value at risk, by hand", f"{BY_HAND}Wider by default."
    )
    max_entries_a_minute: int = Field(
        30, ge=1, le=600, title="Entries a minute, strategies", description="Orders that could open something."
    )
    hand_entries_a_minute: int = Field(
        240, ge=1, le=1_200, title="Entries a minute, by hand", description=f"{BY_HAND}A ladder counts each rung."
    )
    duplicate_window_seconds: Decimal = Field(
        Decimal(2),
        ge=0,
        le=60,
        title="Duplicate guard",
        description="A second entry equal in coin, side, size, price and type within this time is refused.",
        json_schema_extra={"unit": "s"},
    )
    allowed_coins: Coins = Field(
        (), max_length=500, title="Allowed coins", description="Only these may be opened; none named: all of them."
    )
    forbidden_coins: Coins = Field(
        (), max_length=500, title="Forbidden coins", description="Nothing is opened on these; closing always works."
    )
    trading_hours: tuple[str, ...] = Field(
        (),
        max_length=10,
        title="Trading hours",
        description="In UTC, as 08:00-17:30, 22:00-02:00: positions are opened only then. None named: always.",
    )
    self_trade_guard: bool = Field(
        True,
        title="Self-trade guard",
        description="An entry that would meet an order of your own in the book is refused: trading with oneself moves "
        "nothing but fees, and is forbidden in many places.",
    )
    slippage_cap_percent: Decimal = _percent(
        "1",
        10,
        "Market order slippage cap",
        "A market order takes no price further than this beyond the best opposite price.",
        unit="%",
    )
    exit_slippage_cap_percent: Decimal = _percent(
        "8",
        10,
        "Exit slippage cap",
        "The same for closing, reversing, flattening and stops, where getting out matters more than price.",
        unit="%",
    )

    @field_validator("position_caps")
    @classmethod
    def _each_cap_once(cls, caps: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_CAP.fullmatch(text) for text in caps):
            raise ValueError("a cap is written coin:size, as BTC:0.5")
        if len(_caps(caps)) < len(caps):
            raise ValueError("a coin has two caps")
        return caps

    @field_validator("trading_hours")
    @classmethod
    def _real_hours(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_HOURS.fullmatch(text) for text in hours):
            raise ValueError("hours are written from-to in UTC, as 08:00-17:30")
        if any(start == end or max(start, end) > DAY_MINUTES for start, end in _minutes(hours)):
            raise ValueError("hours end at another minute than they begin, and the day ends at 24:00")
        return hours

    def position_cap(self, coin: str) -> Decimal | None:
        """Coins; None where none is set."""
        return _caps(self.position_caps).get(coin.upper()) if self.position_caps else None

    def names(self, coins: Coins, coin: str) -> bool:
        """Whether the coin is on the list, however it is spelled: kPEPE and KPEPE are one."""
        return coin.upper() in _spelled(coins)

    @property
    def hours(self) -> tuple[tuple[int, int], ...]:
        """(from, to) in minutes of the UTC day; one that ends before it begins goes over midnight."""
        return _minutes(self.trading_hours)


@lru_cache(maxsize=16)
def _caps(texts: tuple[str, ...]) -> dict[str, Decimal]:
    return {coin.upper(): Decimal(size) for coin, _, size in (text.partition(":") for text in texts)}


@lru_cache(maxsize=16)
def _spelled(coins: Coins) -> frozenset[str]:
    return frozenset(coin.upper() for coin in coins)


@lru_cache(maxsize=16)
def _minutes(texts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    found = [_HOURS.fullmatch(text) for text in texts]
    ends = [[int(part) for part in match.groups()] for match in found if match is not None]
    return tuple((a * 60 + b, c * 60 + d) for a, b, c, d in ends)
