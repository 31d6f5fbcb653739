"""The headlines of two weeks: each once, the oldest let go, and none heard again as if it were new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from hlmaster.core.opinions import Headline
from hlmaster.insight.sentiment.coins import ticker_of
from hlmaster.insight.sentiment.features import HISTORY_MS

MOST_HEADLINES = 4_000
MOST_SEEN = 20_000
_MARKET = ""


class Archive:
    def __init__(self) -> None:
        self._headlines: dict[str, Headline] = {}
        self._about: dict[str, dict[str, Headline]] = defaultdict(dict)
        """By ticker, and of no coin under an empty one; for every look at a coin goes through its headlines."""
        self._seen: dict[str, int] = {}
        """When a key was heard last: what stands in a feed for months, without a date, is not news every fortnight."""

    def __len__(self) -> int:
        return len(self._headlines)

    def about(self, coin: str) -> Iterator[Headline]:
        """Those that name it, and those that name none."""
        return chain(self._about[ticker_of(coin)].values(), self._about[_MARKET].values())

    def published_since(self, since_ms: int) -> Iterator[Headline]:
        return (headline for headline in self._headlines.values() if headline.published_ms >= since_ms)

    def get(self, key: str) -> Headline | None:
        return self._headlines.get(key)

    def seen(self, key: str, now_ms: int) -> bool:
        """Whether it was heard before; from now on it was."""
        known = self._seen.pop(key, None)
        self._seen[key] = now_ms
        return known is not None

    def forget(self, key: str) -> None:
        """It is to be heard again: nothing could be made of it."""
        self._seen.pop(key, None)

    def add(self, headlines: Iterable[Headline], now_ms: int) -> None:
        """A key that is known is written over."""
        for headline in headlines:
            self._remove(headline.key)
            self._headlines[headline.key] = headline
            for ticker in _tickers(headline):
                self._about[ticker][headline.key] = headline
            self._seen[headline.key] = max(now_ms, self._seen.pop(headline.key, 0))
        self._prune(now_ms)

    def _prune(self, now_ms: int) -> None:
        old = [key for key, it in self._headlines.items() if it.published_ms <= now_ms - HISTORY_MS]
        if (over := len(self._headlines) - len(old) - MOST_HEADLINES) > 0:
            old += sorted(self._headlines.keys() - old, key=lambda key: self._headlines[key].published_ms)[:over]
        for key in old:
            self._remove(key)
        # In the order in which they were heard last
        while len(self._seen) > MOST_SEEN or (self._seen and next(iter(self._seen.values())) <= now_ms - HISTORY_MS):
            del self._seen[next(iter(self._seen))]

    def _remove(self, key: str) -> None:
        known = self._headlines.pop(key, None)
        for ticker in _tickers(known) if known is not None else ():
            self._about[ticker].pop(key, None)


def _tickers(headline: Headline) -> tuple[str, ...]:
    return tuple(map(ticker_of, headline.coins)) or (_MARKET,)
