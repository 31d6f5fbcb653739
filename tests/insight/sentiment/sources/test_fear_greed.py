from __future__ import annotations

import json

import pytest

from hlmaster.insight.sentiment.fetch import open_client
from hlmaster.insight.sentiment.source import NewsError
from hlmaster.insight.sentiment.sources.fear_greed import CONFIDENCE, FearGreed
from tests.insight.sentiment.press import Press, page


def day(value: str, **changed: object) -> dict[str, object]:
    return {"value": value, "value_classification": "Fear", "timestamp": "1700000000", **changed}


async def test_each_day_is_a_figure_of_the_whole_market() -> None:
    async with Press() as press, open_client() as client:
        body = {"name": "Fear and Greed Index", "data": [day("40"), day("101"), day("-1")], "metadata": {"error": None}}
        press.pages["/fng/"] = page(json.dumps(body).encode())
        (item,) = await FearGreed(f"{press.url}/fng/?limit=15").fetch(client)
    assert item.figure is not None
    assert (item.figure.score, item.figure.confidence) == (0.4, CONFIDENCE)
    assert (item.title, item.coins) == ("Fear & Greed index: 40 of 100, fear", ())
    assert item.published_ms == 1_700_000_000_000


@pytest.mark.parametrize(
    "body", [b"{}", b'{"data": [{"value": "high", "timestamp": "1"}]}', b'{"data": [{"value": NaN}]}']
)
async def test_another_answer_is_a_sentence(body: bytes) -> None:
    async with Press() as press, open_client() as client:
        press.pages["/"] = page(body)
        with pytest.raises(NewsError, match="Fear & Greed answered"):
            await FearGreed(f"{press.url}/").fetch(client)
