"""How a position is protected: where its stops lie, what moves them, where profit is taken."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import Field, field_validator

from hlmaster.core.config import Config
from hlmaster.core.rounding import wire_text

HUNDRED = Decimal(100)
TIERS = ((Decimal(1), Decimal(33)), (Decimal("1.5"), Decimal(33)), (Decimal(2), Decimal(34)))
"""(multiples of the average true range, per cent of the position) of the tiered stop."""
_RUNG = re.compile(r"\d{1,4}(\.\d{1,4})?:\d{1,3}(\.\d{1,2})?")
_TIER = re.compile(r"\d{1,9}(\.\d{1,10})?:\d{1,3}(\.\d{1,8})?")


class StopKind(StrEnum):
    OFF = "off"
    PERCENT = "percent"
    ATR = "atr"
    TIERED = "tiered"
    CHANDELIER = "chandelier"


def _percent(default: str, high: int, title: str, description: str) -> Any:
    return Field(Decimal(default), gt=0, le=high, title=title, description=description, json_schema_extra={"unit": "%"})


class Protection(Config):
    """What every position gets that has no policy of its own. Percentages are of the entry price."""

    stop: StopKind = Field(
        StopKind.PERCENT,
        title="Stop",
        description="Percent of the entry price, multiples of the average true range (ATR 14 of 15-minute candles), "
        "three ATR tiers, or a chandelier that hangs from the best price. Off is for demo and paper alone.",
    )
    stop_percent: Decimal = _percent(
        "2", 50, "Stop distance", "Of a percent stop, and of any ATR stop while the ATR is not known yet."
    )
    atr_multiple: Decimal = Field(
        Decimal(2),
        gt=0,
        le=20,
        title="ATR multiple",
        description="Distance of an ATR stop from the entry, or of a chandelier from the best price since.",
        json_schema_extra={"unit": "x"},
    )
    trailing: bool = Field(
        False, title="Trailing", description="Once the position has gained enough, the stop follows the best price."
    )
    trail_arm_percent: Decimal = _percent("1", 100, "Trailing begins", "Gain that arms the trailing stop.")
    trail_offset_percent: Decimal = _percent("0.5", 50, "Trailing distance", "From the best price since the entry.")
    break_even_percent: Decimal | None = Field(
        None,
        gt=0,
        le=100,
        title="Break-even",
        description="Gain at which the stop moves to the entry price plus the fees of both ends.",
        json_schema_extra={"unit": "%"},
    )
    time_stop_minutes: int | None = Field(
        None,
        ge=1,
        le=525_600,
        title="Time stop",
        description="A position older than this is closed at the market.",
        json_schema_extra={"unit": "min"},
    )
    take_profits: tuple[str, ...] = Field(
        (),
        max_length=10,
        title="Take profits",
        description="A ladder of gain:share in per cent, as 1.5:50, 3:50; what it leaves over stays with the stop.",
    )
    protect_foreign: bool = Field(
        False,
        title="Positions of others",
        description="Protect positions too that were opened elsewhere on this account.",
    )

    @field_validator("take_profits")
    @classmethod
    def _a_ladder(cls, rungs: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_RUNG.fullmatch(text) for text in rungs):
            raise ValueError("a rung of the ladder is written gain:share, both in per cent, as 1.5:50")
        steps = [_rung(text) for text in rungs]
        gains = [gain for gain, _ in steps]
        if any(not gain or not share for gain, share in steps):
            raise ValueError("a rung of nothing takes no profit")
        if gains != sorted(set(gains)):
            raise ValueError("the gains of the ladder must rise")
        if sum((share for _, share in steps), Decimal(0)) > HUNDRED:
            raise ValueError("the shares of the ladder are more than the whole position")
        return rungs

    @property
    def ladder(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """(gain, share) of each rung, per cent, nearest first."""
        return tuple(_rung(text) for text in self.take_profits)


class Policy(Protection):
    """One position's: the settings', or what was chosen for it, perhaps with a stop at one price."""

    stop_price: Decimal | None = Field(
        None, gt=0, title="Stop price", description="One trigger price, in the place of any distance."
    )
    target_price: Decimal | None = Field(
        None, gt=0, title="Target price", description="All of it is sold here at a profit, in the place of the ladder."
    )
    stop_tiers: tuple[str, ...] = Field(
        (),
        max_length=10,
        title="Stop tiers",
        description="Several stop prices as price:share in per cent, nearest first, in the place of any distance.",
    )

    @field_validator("stop_tiers")
    @classmethod
    def _whole(cls, tiers: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_TIER.fullmatch(text) for text in tiers):
            raise ValueError("a stop tier is written price:share, the share in per cent, as 3350:50")
        steps = [_rung(text) for text in tiers]
        if any(not price or not share for price, share in steps):
            raise ValueError("a stop tier of nothing protects nothing")
        if steps and sum((share for _, share in steps), Decimal(0)) != HUNDRED:
            raise ValueError("the shares of the stop tiers must be the whole position, 100 %")
        prices = [price for price, _ in steps]
        if prices not in (sorted(prices), sorted(prices, reverse=True)):
            raise ValueError("the stop tiers must go one way, nearest first")
        return tiers

    @property
    def tiers(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """(price, share in per cent) of the stops that are named by price, nearest first."""
        if self.stop_price is not None:
            return ((self.stop_price, HUNDRED),)
        return tuple(_rung(text) for text in self.stop_tiers)

    @property
    def is_off(self) -> bool:
        return self.stop is StopKind.OFF and not self.tiers

    @property
    def needs_atr(self) -> bool:
        return not self.tiers and self.stop in (StopKind.ATR, StopKind.TIERED, StopKind.CHANDELIER)

    @property
    def is_tiered(self) -> bool:
        return not self.tiers and self.stop is StopKind.TIERED

    @property
    def words(self) -> str:
        """``2 % stop``, ``ATR tiers, trailing``."""
        kinds = {
            StopKind.OFF: "off",
            StopKind.PERCENT: f"{wire_text(self.stop_percent)} % stop",
            StopKind.ATR: f"{wire_text(self.atr_multiple)} ATR stop",
            StopKind.TIERED: "ATR tiers",
            StopKind.CHANDELIER: f"{wire_text(self.atr_multiple)} ATR chandelier",
        }
        kind = kinds[self.stop] if not self.tiers else "stop" if len(self.tiers) == 1 else "stop tiers"
        return f"{kind}, trailing" if self.trailing and not self.is_off else kind

    @property
    def without_range(self) -> str:
        """What stands in as long as the average true range is not known."""
        return f"{wire_text(self.stop_percent)} % stop, for now"


@lru_cache(maxsize=64)
def settled(protection: Protection, stop_price: Decimal | None = None, target_price: Decimal | None = None) -> Policy:
    """The settings' policy for one position, with its own stop and target prices if it has them."""
    return Policy(**{**protection.model_dump(), "stop_price": stop_price, "target_price": target_price})


def _rung(text: str) -> tuple[Decimal, Decimal]:
    gain, _, share = text.partition(":")
    return Decimal(gain), Decimal(share)
