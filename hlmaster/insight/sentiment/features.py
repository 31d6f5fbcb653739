"""What all that was heard of a coin comes to: pure functions of headlines and a time."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hlmaster.core.clock import DAY_MS
from hlmaster.core.opinions import CoinSentiment, Headline
from hlmaster.insight.sentiment.coins import ticker_of
from hlmaster.insight.sentiment.scoring import LEAST_CONFIDENCE

FIGURE = "published figure"
"""The scorer of a headline whose source gave the number itself, once a day."""
FIGURE_HALF_LIFE, FIGURE_EXPIRY = 4, 2
"""Times those of a headline: the next figure comes a day later."""
OF_THE_MARKET = 0.5
"""What names no coin says half as much of each."""
MOST_OF_SOURCE = 3.0
"""Fresh headlines that one source counts for, however many it publishes."""
SPANS = (3, 7, 14)
"""Days of the averages."""
HISTORY_MS = max(SPANS) * DAY_MS
GREED, FEAR = 0.75, 0.25
FEWEST_DAYS = 3
"""For a volatility."""


@dataclass(frozen=True, slots=True)
class Life:
    """How a headline loses weight: half of it every ``half_life_ms``, all of it after ``expires_ms``."""

    half_life_ms: float
    expires_ms: float

    def weight(self, headline: Headline, now_ms: int) -> float:
        longer, later = (FIGURE_HALF_LIFE, FIGURE_EXPIRY) if headline.scorer == FIGURE else (1, 1)
        age = max(0, now_ms - headline.published_ms)
        return 0.5 ** (age / (self.half_life_ms * longer)) if age < self.expires_ms * later else 0.0


def relevance(headline: Headline, coin: str) -> float:
    """1 of what names the coin, half of what names none, 0 of what is about others."""
    if not headline.coins:
        return OF_THE_MARKET
    named = coin in headline.coins or ticker_of(coin) in map(ticker_of, headline.coins)
    return 1.0 if named else 0.0


def mood(coin: str, headlines: Iterable[Headline], now_ms: int, life: Life) -> CoinSentiment:
    """Of those with a confidence of 0.3 and more.

    ``score`` is their mean by relevance, confidence and age. ``confidence`` is theirs in the same mean times
    ``n / (n + 1)``, where n counts them by relevance and age alone: one fresh headline is believed half. No source
    counts for more than three.
    ``momentum`` is the score less its average of 7 days, ``volatility`` the standard deviation of the days' means,
    ``extreme`` where the score passes 0.75 or 0.25. An average needs half of its days to have been heard of.
    """
    told = [(it, share) for it in headlines if it.confidence >= LEAST_CONFIDENCE and (share := relevance(it, coin))]
    alive = _bounded([(it, share * weight) for it, share in told if (weight := life.weight(it, now_ms))])
    fresh = sum(share for _, share in alive)
    score = confidence = None
    if fresh:
        total = sum(share * it.confidence for it, share in alive)
        score = sum(share * it.confidence * it.score for it, share in alive) / total
        confidence = sum(share * it.confidence**2 for it, share in alive) / total * fresh / (fresh + 1)
    days = _days(told, now_ms)
    averages = tuple(_average(days[:span]) for span in SPANS)
    known = [day for day in days if day is not None]
    return CoinSentiment(
        coin=coin,
        at_ms=now_ms,
        score=score,
        confidence=confidence,
        headlines=len(alive),
        momentum=None if score is None or averages[1] is None else score - averages[1],
        volatility=statistics.stdev(known) if len(known) >= FEWEST_DAYS else None,
        extreme=_extreme(score, confidence),
        averages=(averages[0], averages[1], averages[2]),
    )


def _bounded(alive: list[tuple[Headline, float]]) -> list[tuple[Headline, float]]:
    """Who publishes a hundred headlines is no hundred witnesses."""
    of: dict[str, float] = defaultdict(float)
    for it, weight in alive:
        of[it.source] += weight
    return [(it, weight * min(1.0, MOST_OF_SOURCE / of[it.source])) for it, weight in alive]


def _days(told: Sequence[tuple[Headline, float]], now_ms: int) -> list[float | None]:
    """The mean of each of the last 14 days of 24 h, the present one first; None for a day of which nothing is known."""
    sums: dict[int, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for it, share in told:
        day = max(0, now_ms - it.published_ms) // DAY_MS
        total, weights = sums[day]
        sums[day] = total + share * it.confidence * it.score, weights + share * it.confidence
    return [sums[day][0] / sums[day][1] if day in sums else None for day in range(max(SPANS))]


def _average(days: Sequence[float | None]) -> float | None:
    known = [day for day in days if day is not None]
    return statistics.fmean(known) if 2 * len(known) >= len(days) else None


def _extreme(score: float | None, confidence: float | None) -> int:
    if score is None or confidence is None or confidence < LEAST_CONFIDENCE:
        return 0
    return 1 if score >= GREED else -1 if score <= FEAR else 0
