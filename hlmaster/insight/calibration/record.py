"""A model's record over its scored calls: hits, Brier score, reliability, skill, and what follows from them. Pure.

A call is scored when it named a side: LONG or SHORT. Its rivals are simple rules that were asked at the same moments:
go on with the trend (the naive guess), always LONG, always SHORT. Guessing is no better than the best of them. Skill is
how much more often the model was right than its hardest rival, and only its proven part, the lower end of the interval,
gives weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.insight.calibration.estimates import Estimate, mean_of, share_of, stretches, wilson
from hlmaster.insight.calibration.scored import Scored

ENOUGH_CALLS, ENOUGH_STRETCHES = 50, 20
"""Scored calls, and stretches of time that do not overlap, before a record counts."""
FULL_SKILL = 0.1
"""Proven skill that earns all the weight there is: right in so much more of the calls."""
PRIOR_CALLS = 10.0
"""By so many calls of average luck a level of confidence is pulled towards the record's own average."""
LEVELS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """One point of the reliability diagram: calls whose confidence lies in (low, high]."""

    low: float
    high: float
    calls: int
    confidence: float
    """Their mean."""
    hits: Estimate


@dataclass(frozen=True, slots=True)
class Figures:
    hits: Estimate
    """Share of calls that went the way that was said."""
    naive: Estimate
    """The same of the naive guess."""
    brier: Estimate
    """Mean squared difference of confidence and outcome: 0 is perfect, 0.25 is what saying 50 % always gets."""
    skill: Estimate
    rival: str
    """The hardest one, which ``skill`` is over."""


@dataclass(frozen=True, slots=True)
class Record:
    """``figures`` is None before the first scored call."""

    calls: int = 0
    stretches: int = 0
    figures: Figures | None = None
    bins: tuple[Bin, ...] = ()

    @property
    def is_enough(self) -> bool:
        return self.calls >= ENOUGH_CALLS and self.stretches >= ENOUGH_STRETCHES

    @property
    def weight(self) -> float:
        """0 to 1, for the vote; 0 until there is evidence of skill."""
        if self.figures is None or not self.is_enough:
            return 0.0
        return min(1.0, max(0.0, self.figures.skill.low / FULL_SKILL))

    def calibrated(self, confidence: float) -> float | None:
        """How often calls of such a confidence came true; None before 50 were scored.

        Rises with confidence: levels that do not are pooled (isotonic regression, Ayer et al. 1955). Made of calls
        whose outcomes are known, so it is out of sample for one that is not.
        """
        if self.calls < ENOUGH_CALLS or math.isnan(confidence):
            return None
        said, true = _curve(self.bins)
        return float(np.interp(confidence, said, true))

    @property
    def sentence(self) -> str:
        """For a reader: what is known, or how much is missing."""
        figures = self.figures
        if figures is None:
            return f"Not enough evidence: no call is scored yet, {ENOUGH_CALLS} are needed."
        if self.calls < ENOUGH_CALLS:
            return f"Not enough evidence: {self.calls} of {ENOUGH_CALLS} scored calls."
        if self.stretches < ENOUGH_STRETCHES:
            overlap = f"{self.calls} scored calls overlap so much that they are worth {self.stretches}"
            return f"Not enough evidence: {overlap}; {ENOUGH_STRETCHES} are needed."
        hits, rival = figures.hits, _percent(figures.hits.value - figures.skill.value)
        between = f"{_percent(hits.low)} to {_percent(hits.high)}"
        right = f"ight in {_percent(hits.value)} of {self.calls} calls ({between}); {figures.rival} was in {rival}."
        return f"R{right}" if figures.skill.low > 0 else f"No skill shown: r{right}"


def record_of(calls: Scored) -> Record:
    if not len(calls):
        return Record()
    starts = stretches(calls.asked_ms, calls.due_ms)
    rivals: dict[str, Floats] = {
        "going on with the trend": calls.naive,
        "always LONG": (calls.change > 0).astype(np.float64),
        "always SHORT": (calls.change < 0).astype(np.float64),
    }
    skills = {name: mean_of(calls.right - rival, starts, -1.0, 1.0) for name, rival in rivals.items()}
    rival = min(skills, key=lambda name: skills[name].low)
    brier = mean_of((calls.confidence - calls.right) ** 2, starts, 0.0, 1.0)
    figures = Figures(share_of(calls.right, starts), share_of(calls.naive, starts), brier, skills[rival], rival)
    return Record(len(calls), len(starts), figures, _bins(calls.confidence, calls.right))


def _bins(confidence: Floats, right: Floats) -> tuple[Bin, ...]:
    """Those that hold calls. A confidence of n tenths is the upper end of its bin."""
    level = np.clip(np.ceil(confidence * LEVELS - 1e-9).astype(np.int64), 1, LEVELS)
    found = []
    for one in np.unique(level).tolist():
        here = level == one
        hits = wilson(float(right[here].mean()), int(here.sum()))
        found.append(Bin((one - 1) / LEVELS, one / LEVELS, int(here.sum()), float(confidence[here].mean()), hits))
    return tuple(found)


def _curve(bins: Sequence[Bin]) -> tuple[list[float], list[float]]:
    """Confidence said, and share that came true, both ascending; pools neighbours that are out of order."""
    average = sum(one.hits.value * one.calls for one in bins) / sum(one.calls for one in bins)
    pools: list[tuple[float, float, int]] = []  # share, calls, bins
    for one in bins:
        weight = one.calls + PRIOR_CALLS
        share, count = (one.hits.value * one.calls + average * PRIOR_CALLS) / weight, 1
        while pools and pools[-1][0] >= share:
            before, its_weight, its_count = pools.pop()
            share = (share * weight + before * its_weight) / (weight + its_weight)
            weight, count = weight + its_weight, count + its_count
        pools.append((share, weight, count))
    return [one.confidence for one in bins], [share for share, _, count in pools for _ in range(count)]


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
