"""The headlines of two weeks: each once, the oldest let go, and none heard again as if it were new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hlmaster.core.opinions import Headline
from hlmaster.insight.sentiment.features import HISTORY_MS

MOST_HEADLINES = 4_000
MOST_SEEN = 20_000


class Archive:
    def __init__(self) -> None:
        self._headlines: dict[str, Headline] = {}
        self._seen: dict[str, int] = {}
        """When a key was heard last: what stands in a feed for months, without a date, is not news every fortnight."""

    def __len__(self) -> int:
        return len(self._headlines)

    def __iter__(self) -> Iterator[Headline]:
        return iter(self._headlines.values())

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
            self._headlines[headline.key] = headline
            self._seen[headline.key] = max(now_ms, self._seen.pop(headline.key, 0))
        self._prune(now_ms)

    def _prune(self, now_ms: int) -> None:
        old = [key for key, it in self._headlines.items() if it.published_ms <= now_ms - HISTORY_MS]
        if (over := len(self._headlines) - len(old) - MOST_HEADLINES) > 0:
            old += sorted(self._headlines.keys() - old, key=lambda key: self._headlines[key].published_ms)[:over]
        for key in old:
            del self._headlines[key]
        # In the order in which they were heard last
        while len(self._seen) > MOST_SEEN or (self._seen and next(iter(self._seen.values())) <= now_ms - HISTORY_MS):
            del self._seen[next(iter(self._seen))]
