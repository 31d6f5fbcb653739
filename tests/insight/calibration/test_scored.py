"""Columns hold what was scored, in the order in which it was asked."""

from __future__ import annotations

from dataclasses import replace

from hlmaster.insight.calibration.scored import Scored
from tests.insight.calibration.models import HORIZON_MS, NOW, a_call


def test_columns_are_in_the_order_of_the_questions_and_hold_no_unknown_outcome() -> None:
    calls = [a_call(n % 2 == 0, n, coin=f"C{n}", regime="range", confidence=n / 10) for n in (3, 1, 2)]
    lost = replace(calls[0], outcome=replace(calls[0].outcome, change=float("nan")))
    found = Scored.of([*calls, lost])
    assert found.coin.tolist() == ["C1", "C2", "C3"]
    assert (found.asked_ms - NOW).tolist() == [HORIZON_MS, 2 * HORIZON_MS, 3 * HORIZON_MS]
    assert (found.due_ms - found.asked_ms).tolist() == [HORIZON_MS] * 3
    assert found.right.tolist() == [0.0, 1.0, 0.0]
    assert found.confidence.tolist() == [0.1, 0.2, 0.3]
    assert found.where(found.right > 0).coin.tolist() == ["C2"]


def test_of_nothing_there_are_empty_columns() -> None:
    assert len(Scored.of([])) == 0
