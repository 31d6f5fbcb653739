"""The newest posts of a subreddit, by Reddit's public JSON listing (kind t3 is a post)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from hlmaster.insight.sentiment.fetch import fetch
from hlmaster.insight.sentiment.source import MOST_ITEMS, Item, decoded, ms_of

if TYPE_CHECKING:
    import httpx


class _Post(msgspec.Struct, frozen=True):
    title: str = ""
    selftext: str = ""
    permalink: str = ""
    created_utc: float | None = None
    stickied: bool = False


class _Child(msgspec.Struct, frozen=True):
    data: _Post
    kind: str = "t3"


class _Children(msgspec.Struct, frozen=True):
    children: list[_Child]


class _Listing(msgspec.Struct, frozen=True):
    data: _Children


@dataclass(frozen=True, slots=True)
class Subreddit:
    """``url`` holds ``{subreddit}``."""

    subreddit: str
    url: str

    @property
    def name(self) -> str:
        return f"r/{self.subreddit}"

    async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
        page = await fetch(client, self.url.replace("{subreddit}", self.subreddit))
        posts = [child.data for child in decoded(page.body, _Listing, self.name).data.children if child.kind == "t3"]
        return [
            Item(
                title=post.title,
                text=post.selftext,
                link=f"https://www.reddit.com{post.permalink}" if post.permalink.startswith("/r/") else "",
                published_ms=ms_of(post.created_utc),
            )
            for post in posts[:MOST_ITEMS]
            if not post.stickied  # the rules of the place, the thread of the day
        ]
