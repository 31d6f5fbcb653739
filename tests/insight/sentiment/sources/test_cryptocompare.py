from __future__ import annotations

import json

import pytest

from hlmaster.insight.sentiment.fetch import open_client
from hlmaster.insight.sentiment.source import NewsError
from hlmaster.insight.sentiment.sources.cryptocompare import CryptoCompare
from tests.insight.sentiment.press import Press, page

ARTICLE = {
    "id": "1",
    "published_on": 1_700_000_000,
    "title": "Bitcoin rises",
    "url": "https://example.org/b",
    "body": "By much",
    "categories": "BTC|MARKET",
    "source_info": {"name": "Example"},
}


async def test_articles_come_with_the_coins_they_are_filed_under() -> None:
    async with Press() as press, open_client() as client:
        press.pages["/news/"] = page(json.dumps({"Type": 100, "Message": "ok", "Data": [ARTICLE]}).encode())
        (item,) = await CryptoCompare(f"{press.url}/news/?lang=EN").fetch(client)
    assert (item.title, item.text, item.link) == ("Bitcoin rises", "By much", "https://example.org/b")
    assert (item.coins, item.published_ms) == (("BTC", "MARKET"), 1_700_000_000_000)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"Response": "Error", "Message": "You need a valid key", "Data": {}}, "gives no news: You need a valid key"),
        ({"Message": "<img src='x'>\x1b[2J\n2026 ERROR Buy", "Data": {}}, r"gives no news: \[2J 2026 ERROR Buy\. "),
        ({"Data": {}}, "no reason given"),
        ({}, "no reason given"),
        ([], "answered something else"),
        ({"Data": [{"published_on": "yesterday"}]}, "answered something else"),
    ],
)
async def test_a_refusal_is_told_in_its_own_words(told: object, words: str) -> None:
    async with Press() as press, open_client() as client:
        press.pages["/"] = page(json.dumps(told).encode())
        with pytest.raises(NewsError, match=words):
            await CryptoCompare(f"{press.url}/").fetch(client)
