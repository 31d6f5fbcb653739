"""What the panel and a card show of a limit is what the gate holds an order to, before and after."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.core.orders import Basis, Order
from hlmaster.core.proposals import LimitEffect
from hlmaster.trading.conduct import Conduct
from hlmaster.trading.protection.distance import StopDistance
from hlmaster.trading.risk.board import DAY_LOSS, effects, exceeded, rows, used
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import LIMITS
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import Stake, Standing, stake, standing
from tests.trading.risk.test_gate import gate
from tests.trading.scenes import D, order, scene

NAMES = set(LIMITS.names())
sizes = st.integers(0, 60).map(lambda n: Decimal(n) / 10)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """A position of either side, other coins beside it, a stop of two percent, and an account of any worth."""
    position = draw(sizes) * draw(st.sampled_from([1, -1]))
    swing = draw(st.none() | st.sampled_from([D("0.01"), D("0.05"), D("0.4")]))
    mine = stake(position, D(3_000), swing=swing)
    others = {
        f"C{n}": stake(D(draw(st.integers(1, 5))), D(100), swing=D("0.1")) for n in range(draw(st.integers(0, 6)))
    }
    return scene(
        position=position,
        equity=D(draw(st.sampled_from([0, 500, 10_000, 10**6]))),
        counted=mine,
        standing=standing({"ETH": mine, **others}),
        stop=StopDistance(fraction=D("0.02")),
        conduct=Conduct(day_loss_percent=D(draw(st.integers(-3, 6))), day_limit_percent=D(5)),
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    basis = draw(st.none() | st.just(Basis("momentum", "p1", False, 0.9, 0.9, D(2_970))))
    side = draw(st.sampled_from(Side))
    if basis is not None and side is Side.SELL:
        basis = Basis("momentum", "p1", False, 0.9, 0.9, D(3_030))
    return order(side, str(draw(sizes) + D("0.1")), "3000", basis=basis)


def by_rule(wanted: Order, situation: Situation) -> dict[str, LimitEffect]:
    return {one.rule: one for one in effects(wanted, situation, RiskLimits())}


@given(orders(), situations())
def test_what_an_effect_says_is_exceeded_is_what_the_gate_refuses(wanted: Order, situation: Situation) -> None:
    refused = {one.rule for one in gate(situation).check(wanted).failures} & NAMES
    shown = by_rule(wanted, situation)
    beyond = {name for name, one in shown.items() if name in NAMES and one.used_after > 1}
    assert refused <= beyond
    adds = situation.position * wanted.side.sign >= 0
    if adds:
        assert beyond == refused


@given(situations(), st.booleans())
def test_a_row_passes_exactly_up_to_its_limit_and_says_who_is_stopped(situation: Situation, by_strategy: bool) -> None:
    found = list(rows(situation, RiskLimits(), "ETH", by_strategy))
    assert len({row.rule for row in found}) == len(found)
    who = "strategies open" if by_strategy else "by hand"
    for row in found:
        assert row.used is not None
        assert row.passed == (row.used <= 1) == (row.sentence == "")
        assert row.passed or who in row.sentence
    beyond = [
        name
        for about_coin in (True, False)
        for name, _ in exceeded(situation, RiskLimits(), by_strategy=by_strategy, about_coin=about_coin)
    ]
    assert sorted(beyond) == sorted(row.rule for row in found if not row.passed)


@given(orders(), situations())
def test_before_is_what_the_rows_show_now(wanted: Order, situation: Situation) -> None:
    now = {row.rule: row for row in rows(situation, RiskLimits(), "ETH", wanted.basis is not None)}
    shown = by_rule(wanted, situation)
    assert now.keys() - shown.keys() <= ({"open positions"} if situation.position else set()), "it opens no other"
    for name in now.keys() & shown.keys():
        row = now[name]
        assert (shown[name].before, shown[name].limit, shown[name].used_before) == (row.value, row.limit, row.used)
        assert shown[name].title == row.title


@given(situations())
def test_without_a_coin_only_what_is_of_all_coins_is_listed(situation: Situation) -> None:
    assert not any(row.about_coin for row in rows(situation, RiskLimits(), None))


@given(orders(), situations())
def test_the_days_loss_after_it_is_what_the_stop_would_cost_on_top(wanted: Order, situation: Situation) -> None:
    shown = by_rule(wanted, situation).get(DAY_LOSS)
    if situation.equity <= 0:
        assert shown is None
        return
    assert shown is not None
    lost = max(situation.conduct.day_loss_percent, D(0))
    entry, stop = D(3_000), wanted.basis.stop_price if wanted.basis is not None else None
    if stop is None:
        stop = entry * (1 - wanted.side.sign * D("0.02"))
    assert stop is not None
    money = wanted.size * (abs(entry - stop) + (entry + stop) * situation.fees.taker)
    assert shown.used_before == pytest.approx(float(lost / 5))
    assert shown.used_after == pytest.approx(float((lost + money * 100 / situation.equity) / 5))
    assert shown.used_after > shown.used_before


@pytest.mark.parametrize(
    ("value", "limit", "share"),
    [(D(5), D(10), 0.5), (D(12), D(10), 1.2), (0, 0, 1.0), (D(1), D(0), math.inf), (3, 4, 0.75)],
)
def test_a_share_of_nothing_is_all_of_it_or_beyond_any(value: Decimal, limit: Decimal, share: float) -> None:
    assert used(value, limit) == share


def test_an_account_that_holds_nothing_uses_nothing() -> None:
    calm = scene(counted=Stake(price=D(3_000)), standing=Standing())
    assert [row.rule for row in rows(calm, RiskLimits(), "ETH") if row.used] == []
