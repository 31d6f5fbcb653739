"""What was heard whole is told apart from what was not."""

from __future__ import annotations

import numpy as np
import pytest

from hlmaster.market.flow import listening as module
from hlmaster.market.flow.listening import Listening


def test_a_lost_line_is_a_gap_that_goes_on_until_it_is_back() -> None:
    heard = Listening(100)
    heard.lose(200)
    heard.lose(210)
    assert heard.gaps(250) == [(200, 250)]
    heard.regain(300)
    heard.regain(310)
    assert heard.gaps(400) == [(200, 300)]


def test_a_stretch_is_whole_when_nothing_in_it_is_missing() -> None:
    heard = Listening(100)
    heard.miss(200, 300)
    assert [heard.is_whole(*stretch, 500) for stretch in ((100, 200), (300, 400))] == [True, True]
    assert [heard.is_whole(*stretch, 500) for stretch in ((99, 150), (199, 201), (250, 260), (299, 400))] == [False] * 4


def test_lost_candles_are_those_a_gap_reaches_into() -> None:
    heard = Listening(0)
    heard.miss(15, 16)
    heard.miss(30, 41)
    starts = np.arange(0, 60, 10)
    assert heard.lost(starts, starts + 10, 60).tolist() == [False, True, False, True, True, False]


def test_gaps_that_touch_are_one() -> None:
    heard = Listening(0)
    heard.miss(10, 20)
    heard.miss(15, 30)
    heard.miss(30, 30)
    assert heard.gaps(100) == [(10, 31)]


def test_too_many_gaps_cost_the_oldest_history_and_not_its_honesty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_GAPS", 3)
    heard = Listening(0)
    for at in range(10, 60, 10):
        heard.miss(at, at + 1)
    assert heard.begun_ms == 21
    assert len(heard.gaps(100)) == 3
    assert not heard.is_whole(15, 16, 100)
