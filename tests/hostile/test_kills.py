"""Fifty kill -9 of a real headless process at random instants, in its start and in its trading."""

from __future__ import annotations

import pytest

from tests.hostile.kills import READY_WITHIN, run_kills


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_desk_is_soon_open_again_and_whole(seed: int) -> None:
    result = run_kills(25, seed)
    assert not result.findings, result
    assert result.kills == 25
    assert max(result.ready) < READY_WITHIN
