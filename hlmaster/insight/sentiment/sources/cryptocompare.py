"""CryptoCompare's news: headlines of many sites with the coins they are filed under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from hlmaster.insight.sentiment.fetch import fetch
from hlmaster.insight.sentiment.source import MOST_ITEMS, Item, NewsError, brief, decoded, ms_of
from hlmaster.insight.sentiment.text import plain

if TYPE_CHECKING:
    import httpx


class _Article(msgspec.Struct, frozen=True):
    title: str = ""
    body: str = ""
    url: str = ""
    categories: str = ""
    """``BTC|REGULATION``: tickers and topics."""
    published_on: float | None = None


class _News(msgspec.Struct, frozen=True):
    """An error has a sentence in ``message`` and an object instead of the list."""

    data: list[_Article] | dict[str, msgspec.Raw] = msgspec.field(name="Data", default_factory=dict)
    message: str = msgspec.field(name="Message", default="")


@dataclass(frozen=True, slots=True)
class CryptoCompare:
    url: str
    name: str = "CryptoCompare"

    async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
        page = await fetch(client, self.url)
        news = decoded(page.body, _News, self.name)
        if not isinstance(news.data, list):
            raise NewsError(
                f"{self.name} gives no news: {brief(plain(news.message, 120) or 'no reason given')}.",
                "If it asks for a key, switch this source off.",
            )
        return [
            Item(
                title=article.title,
                text=article.body,
                link=article.url,
                published_ms=ms_of(article.published_on),
                coins=tuple(article.categories.split("|")),
            )
            for article in news.data[:MOST_ITEMS]
        ]
