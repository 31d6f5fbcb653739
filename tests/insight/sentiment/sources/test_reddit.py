from __future__ import annotations

import json

import pytest

from hlmaster.insight.sentiment.fetch import open_client
from hlmaster.insight.sentiment.source import NewsError
from hlmaster.insight.sentiment.sources.reddit import Subreddit
from tests.insight.sentiment.press import Press, page

POST = {"title": "Bitcoin rises", "selftext": "much", "permalink": "/r/Bitcoin/comments/1/x/", "created_utc": 1.7e9}


def listing(*posts: dict[str, object], kind: str = "t3") -> bytes:
    return json.dumps({"kind": "Listing", "data": {"children": [{"kind": kind, "data": p} for p in posts]}}).encode()


async def test_the_newest_posts_of_a_subreddit_are_items() -> None:
    async with Press() as press, open_client() as client:
        press.pages["/r/Bitcoin/new.json"] = page(
            listing(POST, {**POST, "stickied": True}, {**POST, "permalink": "//evil/", "created_utc": 1e300})
        )
        source = Subreddit("Bitcoin", press.url + "/r/{subreddit}/new.json?limit=50")
        first, second = await source.fetch(client)
        assert press.asked == ["/r/Bitcoin/new.json?limit=50"]
    assert (source.name, first.title, first.text, first.published_ms) == (
        "r/Bitcoin",
        "Bitcoin rises",
        "much",
        17 * 10**11,
    )
    assert first.link == "https://www.reddit.com/r/Bitcoin/comments/1/x/"
    assert (second.link, second.published_ms) == ("", None)


@pytest.mark.parametrize(
    "body", [b"", b"<html>blocked</html>", b'{"data": 1}', b"[" * 100_000, b'{"data":{"children":[{"data":"\xe9"}]}}']
)
async def test_another_answer_is_a_sentence(body: bytes) -> None:
    async with Press() as press, open_client() as client:
        press.pages["/"] = page(body)
        with pytest.raises(NewsError, match="r/Bitcoin answered something else than it documents"):
            await Subreddit("Bitcoin", press.url + "/").fetch(client)


async def test_comments_are_no_posts() -> None:
    async with Press() as press, open_client() as client:
        press.pages["/"] = page(listing(POST, kind="t1"))
        assert await Subreddit("Bitcoin", press.url + "/").fetch(client) == []
