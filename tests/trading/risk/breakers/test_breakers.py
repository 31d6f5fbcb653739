"""Breakers trip on losses alone, once each, and on fresh ground after; restarts and withdrawals change nothing."""

from __future__ import annotations

import itertools
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from hlmaster.core.model import Side
from hlmaster.trading.holding import RoundTrip
from hlmaster.trading.risk.breakers.breakers import (
    DAY_LOSS,
    DAY_WARNING,
    DRAWDOWN,
    HALT,
    STREAK,
    Breakers,
    State,
    losing_streak,
)
from hlmaster.trading.risk.breakers.limits import BreakerLimits
from tests.trading.scenes import D

DAWN = 19_700 * DAY_MS


class Account:
    """Money moves, time goes by, and the breakers look after each."""

    def __init__(self, **limits: object) -> None:
        self.limits = BreakerLimits(**limits)
        self.breakers = Breakers(lambda: self.limits)
        self.now, self.cash, self.profit = DAWN, D(10_000), D(0)
        self.trips: list[RoundTrip] = []
        self.told: list[tuple[str, bool]] = []
        self.look()

    @property
    def equity(self) -> Decimal:
        return self.cash + self.profit

    def look(self) -> list[tuple[str, bool]]:
        changes = self.breakers.look(self.now, self.equity, self.cash, self.trips)
        heard = [(change.name, change.tripped) for change in changes]
        self.told += heard
        return heard

    def earn(self, amount: object) -> list[tuple[str, bool]]:
        self.profit += Decimal(str(amount))
        return self.look()

    def move(self, amount: object) -> list[tuple[str, bool]]:
        self.cash += Decimal(str(amount))
        return self.look()

    def wait(self, ms: int) -> list[tuple[str, bool]]:
        self.now += ms
        return self.look()

    def close(self, net: object) -> list[tuple[str, bool]]:
        self.now += 1
        self.trips.append(RoundTrip("ETH", Side.BUY, self.now - 1, self.now, realised=Decimal(str(net))))
        return self.look()

    def restart(self) -> None:
        state = msgspec.json.decode(msgspec.json.encode(self.breakers.state), type=State)
        assert state == self.breakers.state
        self.breakers = Breakers(lambda: self.limits, state)


def test_three_per_cent_halve_and_five_end_the_day_until_the_next() -> None:
    account = Account(drawdown_percent=D(90))
    assert account.earn(-299) == []
    assert account.earn(-1) == [(DAY_WARNING, True)]
    assert account.breakers.size_factor == D("0.5")
    assert account.earn(-200) == [(DAY_LOSS, True)]
    assert account.wait(DAY_MS - 1) == []
    assert account.wait(1) == [(DAY_WARNING, False), (DAY_LOSS, False)]
    assert account.breakers.size_factor == 1
    assert account.earn(-284) == []
    assert account.earn(-1) == [(DAY_WARNING, True)]


def test_the_dollar_cap_applies_where_it_is_tighter() -> None:
    account = Account(day_loss_usd=D(100))
    assert account.earn(-99) == []
    assert account.move(-9_000) == []
    assert account.earn(-1) == [(DAY_LOSS, True)]
    assert "$100.00" in account.breakers.tripped[DAY_LOSS].sentence
    rich = Account(day_loss_usd=D(10_000))
    assert rich.earn(-500) == [(DAY_LOSS, True), (DAY_WARNING, True)]


def test_the_drawdown_is_counted_from_the_peak_and_anew_after_the_rest() -> None:
    account = Account(day_warning_percent=D(90), day_loss_percent=D(90))
    account.earn(10_000)
    assert account.earn(-1_399) == []
    assert account.earn(-1) == [(DRAWDOWN, True)]
    assert account.earn(-1_000) == []
    assert account.wait(HOUR_MS - 1) == []
    assert account.wait(1) == [(DRAWDOWN, False)]
    assert account.wait(HOUR_MS) == [], "the old peak trips nothing again"
    assert account.earn(-17_600 * 7 // 100 + 1) == []
    assert account.earn(-1) == [(DRAWDOWN, True)]


def test_whole_positions_in_a_row_not_parts_and_a_win_ends_the_row() -> None:
    account = Account()
    assert [account.close(net) for net in (-1, -1, 5, -1, -1)] == [[], [], [], [], []]
    assert account.close(-1) == [(STREAK, True)]
    assert account.close(-1) == []
    assert account.wait(HOUR_MS) == [(STREAK, False)]
    assert [account.close(-1), account.close(-1)] == [[], []], "those from before the rest are forgotten"
    assert account.close(-1) == [(STREAK, True)]


def test_losses_from_before_the_first_look_and_trades_out_of_sight_are_no_streak() -> None:
    old = [RoundTrip("ETH", Side.BUY, 1, DAWN - 1, realised=D(-1))] * 5
    unseen = RoundTrip("ETH", Side.BUY, DAWN, DAWN + 1, fees=D(1), exit_reason="out of sight")
    assert losing_streak([*old, unseen], DAWN) == 0
    account = Account()
    account.trips = [*old, unseen]
    assert account.look() == []


def test_twenty_per_cent_of_the_session_halt_until_somebody_unlocks() -> None:
    account = Account()
    assert (HALT, True) in account.earn(-2_000)
    assert (HALT, False) not in account.wait(30 * DAY_MS)
    account.restart()
    (unlocked,) = account.breakers.unlock(account.now, account.equity)
    assert (unlocked.name, unlocked.tripped) == (HALT, False)
    assert account.look() == [], "nothing of the old loss counts again"
    assert account.breakers.unlock(account.now, account.equity) == ()
    assert (HALT, True) in account.earn(-1_600)


def test_a_loss_of_everything_is_survived_and_begun_again() -> None:
    account = Account()
    assert (HALT, True) in account.earn(-10_050)
    account.breakers.unlock(account.now, account.equity)
    account.move(1_050)
    account.wait(DAY_MS)
    assert set(account.breakers.tripped) == set()
    assert (DAY_WARNING, True) in account.earn(-30)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(-600, 600)),
        st.tuples(st.just("move"), st.integers(-3_000, 3_000)),
        st.tuples(st.just("close"), st.integers(-5, 5)),
        st.tuples(st.just("wait"), st.integers(1, 30 * HOUR_MS)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=300)
@given(STEPS)
def test_any_sequence_keeps_the_breakers_promises(steps: list[tuple[str, int]]) -> None:
    account = Account(rest_minutes=90)
    for what, amount in steps:
        before = dict(account.breakers.tripped)
        if what == "move" and account.equity + amount > 0:
            assert account.move(amount) == [], "money moved trips and arms nothing"
        elif what == "earn" and account.equity + amount > 0:
            changes = account.earn(amount)
            assert amount < 0 or not any(tripped for _, tripped in changes), "a gain trips nothing"
        elif what == "close":
            account.close(amount)
        elif what == "wait":
            account.wait(amount)
        elif what == "restart":
            account.restart()
            assert account.breakers.tripped == before
            assert account.look() == []
        promises(account)
    for name in {name for name, _ in account.told}:
        states = [tripped for other, tripped in account.told if other == name]
        assert all(a != b for a, b in itertools.pairwise(states)), "tripped and armed in turns"


def promises(account: Account) -> None:
    breakers, limits = account.breakers, account.limits
    judged = {
        DAY_WARNING: breakers.day_loss_percent >= limits.day_warning_percent,
        DAY_LOSS: breakers.day_loss_percent >= limits.day_loss_percent,
        DRAWDOWN: breakers.drawdown_percent >= limits.drawdown_percent,
        STREAK: losing_streak(account.trips, breakers.state.streak_since_ms) >= limits.losing_streak,
        HALT: breakers.session_loss_percent >= limits.halt_loss_percent,
    }
    for name, beyond in judged.items():
        assert not beyond or name in breakers.tripped, f"{name} is beyond its limit and armed"
    for name, trip in breakers.tripped.items():
        assert trip.until_ms is None or account.now < trip.until_ms, name
        assert name not in (DRAWDOWN, STREAK) or trip.until_ms == trip.since_ms + 90 * MINUTE_MS
