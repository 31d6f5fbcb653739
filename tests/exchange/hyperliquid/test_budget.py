"""Who waits for whom when a minute's allowance is short, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.exchange.hyperliquid.budget import LIMIT, QUERIES, Priority, WeightBudget

PAGE = 28
"""Weight of 500 candles."""
CHART, SWING = 3, 3
"""Pages of a chart, and of sixty days of hours."""
STEP_MS = 10
"""A round trip to the exchange."""


class Reader:
    """So many pages one after the other, from its start on."""

    def __init__(self, priority: Priority, pages: int, start_s: float = 0.0, weight: int = PAGE) -> None:
        self.priority, self.left, self.start_s, self.weight = priority, pages, start_s, weight
        self.ended_s: float | None = None
        self._claim = ExitStack()

    @property
    def took_s(self) -> float:
        assert self.ended_s is not None, f"{self.priority} is not done"
        return self.ended_s - self.start_s

    def step(self, budget: WeightBudget, now_s: float) -> None:
        if self.ended_s is not None or now_s < self.start_s:
            return
        if budget.wait_for(self.weight, self.priority) == 0:
            budget.charge(self.weight)
            self.left -= 1
        self._claim.close()
        if self.left:
            self._claim.enter_context(budget.claim(self.priority))
        else:
            self.ended_s = now_s


def minutes(readers: list[Reader], count: int) -> Iterator[tuple[float, WeightBudget]]:
    """The readers that come first in the list ask first, every time."""
    clock = ManualClock()
    budget = WeightBudget(clock)
    for _ in range(count * 60_000 // STEP_MS):
        for reader in readers:
            reader.step(budget, clock.monotonic())
        yield clock.monotonic(), budget
        clock.advance(STEP_MS)


def test_at_the_start_account_swings_chart_and_strategies_are_served_in_this_order() -> None:
    strategies = Reader(Priority.STUDY, 60)
    chart = Reader(Priority.SIGHT, CHART)
    swings = Reader(Priority.MEASURE, 5 * SWING)
    account = Reader(Priority.STATE, 6, weight=20)
    for _ in minutes([strategies, chart, swings, account], 5):
        pass
    assert account.took_s < swings.took_s < chart.took_s < strategies.took_s
    assert chart.took_s < 1, "all that a person waits for is there before the first pause"
    assert strategies.took_s < 4 * 60 + 1


@pytest.mark.parametrize("start_s", [5, 20, 59.5])
def test_hungry_strategies_hold_up_neither_a_chart_nor_a_swing_nor_the_account(start_s: float) -> None:
    strategies = Reader(Priority.STUDY, 500)
    chart = Reader(Priority.SIGHT, CHART, start_s)
    swing = Reader(Priority.MEASURE, SWING, start_s)
    account = Reader(Priority.STATE, 3, start_s, weight=20)
    for _ in minutes([strategies, chart, swing, account], 2):
        pass
    assert max(one.took_s for one in (chart, swing, account)) < 1


def test_no_kind_of_question_uses_up_more_than_its_share() -> None:
    readers = [Reader(priority, 400) for priority in QUERIES]
    for _, budget in minutes(readers, 2):
        assert budget.used <= LIMIT * Priority.STATE.value
    assert [reader.left < 400 for reader in readers] == [True, False, False, False]
    alone = Reader(Priority.STUDY, 400)
    for _, budget in minutes([alone], 2):
        assert budget.used <= LIMIT * Priority.STUDY.value
    assert alone.left == 400 - 2 * int(LIMIT * Priority.STUDY.value) // PAGE


def test_in_doubt_about_the_books_the_account_is_read_beyond_its_share_and_a_pause() -> None:
    budget = WeightBudget(ManualClock())
    budget.charge(int(LIMIT * Priority.STATE.value))
    assert budget.wait_for(20, Priority.STATE) > 50
    budget.hurry(True)
    assert budget.wait_for(20, Priority.STATE) == 0
    assert budget.wait_for(20, Priority.SIGHT) > 50, "nobody else"
    budget.charge(int(LIMIT * (Priority.DECIDING.value - Priority.STATE.value)))
    assert budget.wait_for(20, Priority.STATE) > 50, "the rest belongs to exits"
    budget.hurry(False)


def test_what_protects_and_cancels_waits_for_nobody() -> None:
    budget = WeightBudget(ManualClock())
    budget.charge(2 * LIMIT)
    with budget.claim(Priority.STATE):
        assert budget.wait_for(1, Priority.PROTECT) == 0
    budget = WeightBudget(ManualClock())
    with budget.claim(Priority.STATE):
        assert [budget.wait_for(1, one) for one in (Priority.ENTRY, Priority.DECIDING, Priority.CLOSE)] == [0, 0, 0]


def test_who_gives_way_goes_on_when_the_claim_ends_even_by_an_error() -> None:
    budget = WeightBudget(ManualClock())

    def fail() -> None:
        with budget.claim(Priority.SIGHT):
            assert budget.wait_for(PAGE, Priority.STUDY) > 0
            assert budget.wait_for(PAGE, Priority.MEASURE) == 0
            raise OSError("No line")

    with pytest.raises(OSError, match="No line"):
        fail()
    assert budget.wait_for(PAGE, Priority.STUDY) == 0
