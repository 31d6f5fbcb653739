"""Each safeguard speaks when its own habit says so, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from hlmaster.trading.conduct import FREE
from hlmaster.trading.risk.safeguards import Closed, Judgement, Lockout, Placed, Safeguards, judge
from tests.trading.scenes import D

NOW = 19_700 * DAY_MS + 12 * HOUR_MS
HABIT = [Placed(NOW - hour * HOUR_MS - MINUTE_MS, D(100)) for hour in range(20, 2, -1) for _ in range(2)]


def judged(
    placed: list[Placed] | None = None,
    closed: list[Closed] | None = None,
    lockout: Lockout | None = None,
    sat_minutes: int = 0,
    **rules: Any,
) -> Judgement:
    day = NOW // DAY_MS * DAY_MS
    started = NOW - sat_minutes * MINUTE_MS
    return judge(Safeguards(**rules), NOW, day, started, placed or [], closed or [], lockout)


def losses(*minutes_ago: int, net: int = -5) -> list[Closed]:
    return [Closed(NOW - ago * MINUTE_MS, D(net)) for ago in minutes_ago]


def test_by_default_nobody_is_held_back() -> None:
    assert judged(HABIT, losses(3, 2, 1), sat_minutes=900).pause == ""


@pytest.mark.parametrize(
    ("closed", "cools"),
    [
        (losses(5, 1), True),
        (losses(1), False),
        (losses(40, 31), False),
        ([*losses(5), *losses(2, net=4), *losses(1)], False),
    ],
)
def test_cooling_down_after_losses_in_a_row(closed: list[Closed], cools: bool) -> None:
    assert ("cooling down" in judged(closed=closed, cool_down_minutes=30).pause) == cools


def test_so_many_orders_a_day_and_no_more() -> None:
    today = [Placed(NOW - MINUTE_MS, D(1))] * 3
    yesterday = [Placed(NOW - DAY_MS, D(1))] * 9
    assert judged([*yesterday, *today], daily_orders=4).pause == ""
    assert "your own limit is 3" in judged([*yesterday, *today], daily_orders=3).pause


def test_time_at_the_desk() -> None:
    assert judged(sat_minutes=59, session_minutes=60).pause == ""
    assert "Come back rested" in judged(sat_minutes=60, session_minutes=60).pause


def test_the_usual_size_is_known_while_a_loss_is_fresh() -> None:
    assert judged(HABIT, losses(29)).usual_value == 100
    assert judged(HABIT, losses(30)).usual_value is None
    assert judged(HABIT, losses(5, net=5)).usual_value is None
    assert judged(HABIT[:9], losses(5)).usual_value is None
    assert judged(HABIT, losses(5), revenge="off").usual_value is None
    assert judged(HABIT, losses(5)).conduct(Safeguards(revenge="refuse"), FREE).refuses_revenge


def test_far_more_orders_than_in_the_usual_hour() -> None:
    rush = [Placed(NOW - MINUTE_MS, D(100))] * 7
    assert judged([*HABIT, *rush[:6]]).warning == ""
    assert "7 orders in the last hour" in judged([*HABIT, *rush]).warning
    assert "7 orders" in judged([*HABIT, *rush], overtrading="refuse").pause
    assert judged(rush).warning == "", "without a habit there is nothing to compare with"
    assert judged([*HABIT, *rush], overtrading="off").warning == ""


def test_a_lockout_lasts_until_its_end_or_its_wait() -> None:
    assert "locked yourself out" in judged(lockout=Lockout(NOW + 1, "", 10)).pause
    assert judged(lockout=Lockout(NOW, "", 10)).pause == ""
    assert "opens" in judged(lockout=Lockout(NOW + DAY_MS, "", 10, NOW + 1)).pause
    assert judged(lockout=Lockout(NOW + DAY_MS, "", 10, NOW)).pause == ""
