"""No cap is exceeded, no breaker lost and nothing sent unapproved, in whatever order things happen."""

from __future__ import annotations

import pytest

from tests.trading.interleavings import play

INTERLEAVINGS, CHUNK = 300, 25


@pytest.mark.parametrize("first", range(0, INTERLEAVINGS, CHUNK))
def test_caps_breakers_and_approvals_hold_in_any_order(first: int) -> None:
    found = [line for seed in range(first, first + CHUNK) for line in play(seed)[0]]
    assert not found, "\n".join(found)
