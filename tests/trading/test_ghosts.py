"""What would have become of a proposal: stops before targets, gaps at the open, limits only when gone through."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import CandleBlock
from hlmaster.core.model import Side
from hlmaster.core.records import Ghost, GhostState
from hlmaster.trading.ghosts import Bar, advance, bars_of, ghost_of
from tests.storage.facts import a_proposal

D = Decimal
MINUTE = 60_000
START = ghost_of(a_proposal()).until_ms


def ghost(bars: list[tuple[str, str, str, str]], **changes: object) -> Ghost:
    """A long of 0.1 at 97,000 with a stop at 96,000 and a target at 99,000, after these bars."""
    followed = ghost_of(replace(a_proposal(), **changes))  # type: ignore[arg-type]
    for n, (opened, high, low, close) in enumerate(bars):
        at = START + n * MINUTE
        followed = advance(followed, Bar(at, at + MINUTE, D(opened), D(high), D(low), D(close)))
    return followed


CALM = ("97000", "97100", "96900", "97000")


def test_a_target_pays_less_fees() -> None:
    found = ghost([CALM, ("97000", "99500", "96500", "99200")])
    assert (found.state, found.net) == (GhostState.TARGET, D(200) - D("4.365") - D("4.335"))
    assert (found.best, found.worst) == (D(200), D(-50))


def test_a_bar_with_both_hit_the_stop() -> None:
    found = ghost([("97000", "99500", "95900", "99200")])
    assert (found.state, found.net, found.best) == (GhostState.STOPPED, D(-100) - D("8.7"), D(0))


def test_a_stop_that_was_jumped_leaves_at_the_open() -> None:
    assert ghost([("95000", "95500", "94000", "95000")]).net == D(-200) - D("8.7")


def test_tiers_leave_one_after_the_other() -> None:
    stops = ((D(96_500), D("0.04")), (D(96_000), D("0.06")))
    one = ghost([("97000", "97100", "96400", "96600")], stops=stops)
    assert (one.state, one.remaining, one.stops) == (GhostState.OPEN, D("0.06"), stops[1:])
    both = ghost([("97000", "97100", "96400", "96600"), ("96600", "96700", "95900", "96000")], stops=stops)
    assert (both.state, both.net) == (GhostState.STOPPED, D(-20) + D(-60) - D("8.7"))


def test_the_horizon_ends_it_at_the_close() -> None:
    found = ghost([CALM] * 59 + [("97000", "97600", "97000", "97500")])
    assert (found.state, found.net) == (GhostState.HORIZON, D(50) - D("8.7"))


def test_a_limit_that_is_only_touched_is_not_filled() -> None:
    limit = {"limit_price": D(96_900)}
    assert ghost([CALM], **limit).state is GhostState.WAITING
    assert ghost([CALM] * 60, **limit).state is GhostState.MISSED
    entered = ghost([("97000", "99500", "96800", "97000")], **limit)
    assert (entered.state, entered.net) == (GhostState.OPEN, D("-4.365"))


def test_a_hole_loses_it_and_a_repeat_changes_nothing() -> None:
    found = ghost([CALM])
    bar = Bar(START, START + MINUTE, D(1), D(1), D(1), D(1))
    assert advance(found, bar) == found
    assert advance(found, replace(bar, open_ms=START + 5 * MINUTE)).state is GhostState.LOST


@given(st.lists(st.integers(90_000, 104_000), min_size=2, max_size=30))
def test_a_short_in_the_mirror_makes_the_same(prices: list[int]) -> None:
    bars = [(a, max(a, b), min(a, b), b) for a, b in pairwise(prices)]
    up = ghost([tuple(map(str, bar)) for bar in bars])  # type: ignore[misc]
    turned = [(194_000 - o, 194_000 - low, 194_000 - high, 194_000 - c) for o, high, low, c in bars]
    down = ghost(
        [tuple(map(str, bar)) for bar in turned],  # type: ignore[misc]
        side=Side.SELL,
        stops=((D(98_000), D("0.1")),),
        target=D(95_000),
    )
    assert (up.state, up.net, up.best, up.worst) == (down.state, down.net, down.best, down.worst)


def block(opens: list[int]) -> CandleBlock:
    prices = np.arange(len(opens), dtype=np.float64) + 100
    return CandleBlock(
        np.array(opens, np.int64) * MINUTE,
        prices,
        prices + 1,
        prices - 1,
        prices,
        prices,
        np.ones(len(opens), np.int64),
    )


@pytest.mark.parametrize(
    ("opens", "start", "end", "told"),
    [
        ([0, 1, 2, 3], 1, 3, [1, 2]),
        ([0, 3], 1, 4, [1, 2, 3]),
        ([2, 3], 1, 4, []),
        ([0, 1], 1, 9, [1]),
        ([], 0, 9, []),
    ],
)
def test_candles_become_whole_minutes_without_holes(opens: list[int], start: int, end: int, told: list[int]) -> None:
    bars = list(bars_of(block(opens), start * MINUTE, end * MINUTE))
    assert [bar.open_ms // MINUTE for bar in bars] == told
