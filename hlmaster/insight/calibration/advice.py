"""What an opinion may do to another's idea: move its confidence a little, if the record earned that. Pure."""

from __future__ import annotations

import math

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.opinions import Opinion, Question
from hlmaster.core.signals import Direction

MOST_SHIFT = 0.2
LEAST_CONFIDENCE = 0.3
"""Its own, under which an opinion counts for nothing."""
LONGEST_MS = 15 * MINUTE_MS


def expires_ms(opinion: Opinion) -> int:
    """Until when it counts: its horizon from the question on, a quarter of an hour at most."""
    return opinion.asked_ms + min(opinion.horizon_ms, LONGEST_MS)


def advice(opinion: Opinion | None, direction: Direction, weight: float, now_ms: int) -> float:
    """By how much the confidence of an idea in this direction moves, within ±0.2; 0 for one that does not count.

    ``weight`` 0 to 1 is what the record earned. An opinion for a side is for ideas on it and against the others; a no
    to an entry is against; any other hold says nothing.
    """
    if opinion is None or not opinion.asked_ms <= now_ms < expires_ms(opinion):
        return 0.0
    if not opinion.confidence >= LEAST_CONFIDENCE or not math.isfinite(weight):
        return 0.0
    sign = opinion.direction.sign * direction.sign
    if opinion.question is Question.ENTRY and opinion.direction is Direction.NEUTRAL and direction.sign:
        sign = -1
    return sign * MOST_SHIFT * min(opinion.confidence, 1.0) * min(max(weight, 0.0), 1.0)
