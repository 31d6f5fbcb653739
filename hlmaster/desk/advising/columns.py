"""What the news say of a coin, as the columns that decision grids know it by. Absent is absent, never zero."""

from __future__ import annotations

from collections.abc import Iterator

from hlmaster.core.opinions import CoinSentiment


def columns(seen: CoinSentiment) -> Iterator[tuple[str, float | None]]:
    yield "sentiment", seen.score
    yield "sentiment_confidence", seen.confidence
    yield "sentiment_momentum", seen.momentum
    yield "sentiment_volatility", seen.volatility
    yield "sentiment_extreme", None if seen.score is None else float(seen.extreme)
    for days, mean in zip((3, 7, 14), seen.averages, strict=True):
        yield f"sentiment_{days}d", mean
