"""Strategies: one decision on what the desk shows, quiet and speaking, and the checks that precede arming."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from hlmaster.strategies.alterations import desk_view
from hlmaster.strategies.catalogue import STRATEGIES
from hlmaster.strategies.checks import check, rehearsed
from tests.bench.report import Report

REPEATS, CALLS = 15, 400
QUIET_SAMPLE_GOAL_US = 30.0
"""Four a second on every coin; those that speak are rare."""
CHECKS_GOAL_S = 1.0


def microseconds(work: Callable[[], object], calls: int = CALLS) -> float:
    """Processor time of a call, the best of some: the machine does other things too."""
    best = float("inf")
    for _ in range(REPEATS):
        started = time.process_time()
        for _ in range(calls):
            work()
        best = min(best, time.process_time() - started)
    return best / calls * 1e6


def run(report: Report) -> None:
    for name in STRATEGIES.names():
        kind = STRATEGIES[name]
        strategy = kind(kind.Parameters())
        window, lookback = rehearsed(strategy.needs, seed=1), strategy.needs.lookback
        sides = strategy.signals(window).direction[lookback:]
        sampled = strategy.needs.grid.interval is None
        for words, rows in (("quiet", np.flatnonzero(sides == 0)), ("speaking", np.flatnonzero(sides))):
            seen = desk_view(window, int(rows[len(rows) // 2]) + lookback, strategy.needs)
            cost = microseconds(lambda s=strategy, w=seen: s.signals(w))  # type: ignore[misc]
            goal = QUIET_SAMPLE_GOAL_US if sampled and words == "quiet" else None
            report.add(f"{name}: a decision, {words}", cost, "us", at_most=goal)
        started = time.process_time()
        check(strategy)
        report.add(f"{name}: all checks", time.process_time() - started, "s", at_most=CHECKS_GOAL_S)
