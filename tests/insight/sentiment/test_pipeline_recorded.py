"""Two weeks of recorded headlines and an index through the whole pipeline, as a feed would bring them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pandas as pd
import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, ManualClock
from hlmaster.insight.sentiment.lexicon import Lexicon
from hlmaster.insight.sentiment.pipeline import News
from hlmaster.insight.sentiment.source import Figure, Item
from hlmaster.insight.sentiment.terms import News as Terms

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
END = int(pd.Timestamp("2022-04-25", tz="UTC").timestamp() * 1000)


class Recording:
    """What was published up to the clock's time, newest first, fifty at once as feeds do."""

    name = "recording"

    def __init__(self, items: list[Item], clock: ManualClock) -> None:
        self._items = sorted(items, key=lambda item: -(item.published_ms or 0))
        self._clock = clock

    async def fetch(self, client: httpx.AsyncClient) -> list[Item]:
        return [item for item in self._items if (item.published_ms or 0) <= self._clock.now_ms()][:50]


def recorded() -> list[Item]:
    news, index = DATA / "news" / "cryptonews_2021_202204.parquet", DATA / "sentiment" / "fear_greed_daily.parquet"
    if not (news.exists() and index.exists()):
        pytest.skip("The recorded headlines are not on this machine.")
    rows, days = pd.read_parquet(news), pd.read_parquet(index)
    rows = rows[(rows["ts"] > END - 14 * DAY_MS) & (rows["ts"] <= END)].fillna({"title": "", "text": ""})
    days = days[(days["ts"] > END - 14 * DAY_MS) & (days["ts"] <= END)]
    told = zip(rows["title"], rows["text"], rows["ts"], strict=True)
    figures = zip(days["ts"], days["value"], strict=True)
    return [
        *(Item(title, text, published_ms=int(ts)) for title, text, ts in told),
        *(Item(f"Index {value}", published_ms=int(ts), figure=Figure(value / 100, 0.6)) for ts, value in figures),
    ]


async def test_two_weeks_of_news_become_every_figure_of_a_coin() -> None:
    items = recorded()
    clock = ManualClock(END - 14 * DAY_MS)
    source = Recording(items, clock)
    news = News(Bus(), clock, lambda: [source], Lexicon.load(), None, Terms, lambda: ["BTC", "ETH", "WIF"])
    async with httpx.AsyncClient() as client:
        for _ in range(14 * 4):
            clock.advance(DAY_MS // 4)
            await news.round(client)
            assert news.states()[0].sentence == ""
    bitcoin, other = news.sentiment("BTC"), news.sentiment("WIF")
    for found in (bitcoin, other):
        assert found.score is not None
        assert found.confidence is not None
        assert found.momentum is not None
        assert found.volatility is not None
        assert None not in found.averages
    assert bitcoin.headlines > other.headlines > 0  # of the other only what is about the whole market is known
    named = [it for it in news.headlines("BTC", 1000) if it.coins]
    assert len(named) > 50
    assert len({it.key for it in named}) == len(named)
