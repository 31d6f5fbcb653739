"""The Crypto Fear & Greed index of alternative.me: 0 extreme fear to 100 extreme greed, once a UTC day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from hlmaster.insight.sentiment.fetch import fetch
from hlmaster.insight.sentiment.source import MOST_ITEMS, Figure, Item, decoded, ms_of

if TYPE_CHECKING:
    import httpx

CONFIDENCE = 0.6
"""A survey of the whole market, half of it of past prices: it knows no coin, and no reason."""


class _Day(msgspec.Struct, frozen=True):
    value: float
    timestamp: float
    value_classification: str = ""


class _Index(msgspec.Struct, frozen=True):
    data: list[_Day]


@dataclass(frozen=True, slots=True)
class FearGreed:
    url: str
    name: str = "Fear & Greed"

    async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
        page = await fetch(client, self.url)
        days = decoded(page.body, _Index, self.name).data
        return [
            Item(
                title=f"Fear & Greed index: {day.value:g} of 100, {day.value_classification[:20].lower()}",
                published_ms=ms_of(day.timestamp),
                figure=Figure(day.value / 100, CONFIDENCE),
            )
            for day in days[:MOST_ITEMS]
            if 0 <= day.value <= 100
        ]
