"""SentiCrypt: the mean sentiment of texts about Bitcoin, -1 to 1, of every UTC day; the whole history in one answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from hlmaster.insight.sentiment.fetch import fetch
from hlmaster.insight.sentiment.source import Figure, Item, decoded

if TYPE_CHECKING:
    import httpx

DAYS = 15
"""Of the history, the newest; nothing here looks further back."""
MOST_CONFIDENCE = 0.6
USUAL_COUNT = 10
"""A mean of so many texts is trusted half as far as it can be."""


class _Day(msgspec.Struct, frozen=True):
    date: str
    mean: float
    count: int = 0


@dataclass(frozen=True, slots=True)
class SentiCrypt:
    url: str
    name: str = "SentiCrypt"

    async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
        page = await fetch(client, self.url)
        days = sorted(decoded(page.body, list[_Day], self.name), key=lambda day: day.date)[-DAYS:]
        return [item for day in days if (item := _item(day)) is not None]


def _item(day: _Day) -> Item | None:
    """None for what is no day or no mean: one bad row is no reason to lose the others."""
    if not math.isfinite(day.mean) or not -1 <= day.mean <= 1 or day.count < 1:
        return None
    try:
        began = datetime.fromisoformat(f"{day.date}T00:00:00+00:00")
    except ValueError:
        return None
    return Item(
        title=f"SentiCrypt of {day.date}: {day.mean:+.2f} in {day.count} texts about Bitcoin",
        published_ms=int(began.timestamp() * 1000),
        coins=("BTC",),
        figure=Figure(0.5 + day.mean / 2, MOST_CONFIDENCE * day.count / (day.count + USUAL_COUNT)),
    )
