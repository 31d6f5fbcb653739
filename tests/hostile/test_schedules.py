"""Five hundred schedules of misfortune, and every one that ever failed. A failure prints how to see it again."""

from __future__ import annotations

import pytest

from tests.hostile import ledger
from tests.hostile.schedule import run_schedule

SCHEDULES, CHUNK = 500, 10


def findings(seed: int) -> list[str]:
    verdict = run_schedule(seed)
    return [f"{ledger.reproduction(seed)}   {finding}" for finding in verdict.findings]


@pytest.mark.parametrize("first", range(0, SCHEDULES, CHUNK))
def test_nothing_is_lost_doubled_naked_or_forgotten(first: int) -> None:
    found = [line for seed in range(first, first + CHUNK) for line in findings(seed)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("seed", ledger.regressions())
def test_what_once_failed_does_not_fail_again(seed: int) -> None:
    assert not findings(seed)


def test_a_seed_tells_the_whole_story() -> None:
    one, other = run_schedule(7), run_schedule(7)
    assert [(action.time, action.kind) for action in one.history.wire] == [
        (action.time, action.kind) for action in other.history.wire
    ]
    assert one.virtual_seconds == other.virtual_seconds
