"""The settings of order entry: ready brackets, and what gestures on chart and ladder do beside their order."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from pydantic import Field, field_validator

from hlmaster.core.config import Config

_BRACKET = re.compile(r"\d{1,2}(\.\d{1,2})?:\d{1,2}(\.\d{1,2})?")


class OrderEntry(Config):
    size_unit: Literal["coin", "USD", "% of equity", "USD at risk"] = Field(
        "coin", title="Size in", description="What a new session's ticket counts its size in; later it remembers."
    )
    brackets: tuple[str, ...] = Field(
        ("0.5:1", "1:2", "2:3"),
        min_length=1,
        max_length=6,
        title="Ready brackets",
        description="Each as stop:target: the stop's distance in % of the entry, the target in multiples of its risk.",
    )
    gestures_carry_bracket: bool = Field(
        False,
        title="Gestures carry a bracket",
        description="Orders by click or key in ladder and chart that open something bring the first ready bracket.",
    )
    join_post_only: bool = Field(
        True, title="Join as post-only", description="Joining the best price never pays the taker fee."
    )
    empty_after_send: bool = Field(
        False, title="Empty after sending", description="The ticket's size goes once its order is at the exchange."
    )

    @field_validator("brackets")
    @classmethod
    def _are_brackets(cls, brackets: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_BRACKET.fullmatch(text) and all(map(Decimal, text.split(":"))) for text in brackets):
            raise ValueError("a bracket is written stop:target, in % and multiples of the risk, as 1:2")
        return brackets

    @property
    def ready(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """(stop distance in per cent, target in multiples of the risk)."""
        return tuple((Decimal(stop), Decimal(target)) for stop, target in (text.split(":") for text in self.brackets))
