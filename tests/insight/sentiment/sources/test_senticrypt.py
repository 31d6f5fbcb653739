from __future__ import annotations

import json

import pytest

from hlmaster.insight.sentiment.fetch import open_client
from hlmaster.insight.sentiment.source import NewsError
from hlmaster.insight.sentiment.sources.senticrypt import DAYS, SentiCrypt
from tests.insight.sentiment.press import Press, page


def day(number: int, **changed: object) -> dict[str, object]:
    return {"date": f"2023-11-{number:02}", "mean": -0.2, "count": 10, "price": 1.0, "volume": 2.0, **changed}


async def test_the_newest_days_are_figures_of_bitcoin_in_utc() -> None:
    async with Press() as press, open_client() as client:
        press.pages["/"] = page(json.dumps([day(number) for number in range(1, 30)]).encode())
        items = await SentiCrypt(f"{press.url}/").fetch(client)
    assert len(items) == DAYS
    last = items[-1]
    assert last.figure is not None
    assert (last.figure.score, last.figure.confidence, last.coins) == (pytest.approx(0.4), pytest.approx(0.3), ("BTC",))
    assert last.published_ms == 1_701_216_000_000


async def test_a_bad_row_costs_only_itself() -> None:
    bad = [day(1, mean=7), day(2, count=0), day(3, date="2023-99-99"), day(4, date=""), day(6, date="2023-11-06T")]
    async with Press() as press, open_client() as client:
        press.pages["/"] = page(json.dumps([*bad, day(5)]).encode())
        assert len(await SentiCrypt(f"{press.url}/").fetch(client)) == 1


async def test_another_answer_is_a_sentence() -> None:
    async with Press() as press, open_client() as client:
        press.pages["/"] = page(b'{"error": "gone"}')
        with pytest.raises(NewsError, match="SentiCrypt answered"):
            await SentiCrypt(f"{press.url}/").fetch(client)
