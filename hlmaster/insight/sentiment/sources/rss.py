"""RSS and Atom, any dialect, however broken: a site's list of what is new."""

from __future__ import annotations

import asyncio
import calendar
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hlmaster.insight.sentiment.fetch import Page, fetch
from hlmaster.insight.sentiment.source import MOST_ITEMS, Item, NewsError, ms_of

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Feed:
    """``url`` names it for people too, without scheme and tail."""

    url: str

    @property
    def name(self) -> str:
        return self.url.partition("://")[2].removeprefix("www.").partition("?")[0].rstrip("/")

    async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
        page = await fetch(client, self.url)
        return await asyncio.to_thread(entries, page, self.name)


def entries(page: Page, name: str) -> list[Item]:
    """The entries of a feed. Raises NewsError when the page is none. Takes up to seconds on a hostile page."""
    try:
        import feedparser  # a tenth of a second, and only who reads feeds needs it
    except ModuleNotFoundError as error:
        raise NewsError(f"{name} cannot be read without feedparser.", "Install the package feedparser.") from error
    # A stream, for the parser takes bytes for the name of a file; markup is taken out by text.plain alone
    told = feedparser.parse(
        io.BytesIO(page.body),
        response_headers={"content-type": page.headers.get("content-type", "")},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not told.get("version") and not told["entries"]:
        raise NewsError(
            f"{name} is not a feed of news (RSS or Atom).", "Check the address of this feed in the settings."
        )
    return [_item(entry) for entry in told["entries"][:MOST_ITEMS]]


def _item(entry: Mapping[str, Any]) -> Item:
    told = dict(entry)  # without the parser's own fallbacks, which warn
    date = told.get("published_parsed") or told.get("updated_parsed")
    return Item(
        title=str(entry.get("title", "")),
        text=str(entry.get("summary", "")),
        link=str(entry.get("link", "")),
        published_ms=None if date is None else ms_of(calendar.timegm(date)),
    )
