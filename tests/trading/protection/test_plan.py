"""What the plan promises for every position, price and policy; and what each kind of stop means, by example."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hlmaster.core.margin import liquidation_price
from hlmaster.core.model import Instrument, MarginTier, Side
from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import is_valid_price, is_valid_size, round_size, round_size_up, tick_size
from hlmaster.trading.protection.plan import Circumstances, Held, Past, Plan, plan
from hlmaster.trading.protection.policy import Policy, StopKind
from tests.trading.scenes import ETH, NOW

D = Decimal
SEEN = Circumstances(
    instrument=ETH,
    now_ms=NOW,
    mark=D(3000),
    liquidation=None,
    entry_atr=D(20),
    atr=D(20),
    taker_fee=D("0.00045"),
    cap=D("0.08"),
)


def held(size: str = "1", entry: str = "3000", best: str | None = None) -> Held:
    return Held(D(size), D(entry), NOW, D(best or entry))


def made(position: Held, past: Past | None = None, cover: Decimal | None = None, **policy: Any) -> Plan:
    seen = {key: policy.pop(key) for key in list(policy) if key in Circumstances.__dataclass_fields__}
    return plan(position, Policy(**policy), replace(SEEN, **seen), past or Past(), cover)


def stops(result: Plan) -> list[tuple[Decimal, Decimal]]:
    return [(level.size, level.trigger) for level in result.stops]


# --- each kind, by example ---


@pytest.mark.parametrize(
    ("policy", "long", "short"),
    [
        ({"stop_price": D(2900)}, D(2900), None),
        ({"stop": "percent", "stop_percent": D(2)}, D(2940), D(3060)),
        ({"stop": "atr", "atr_multiple": D(2)}, D(2960), D(3040)),
        ({"stop": "chandelier", "atr_multiple": D(3)}, D(2940), D(3060)),
    ],
)
def test_each_kind_lies_at_its_distance(policy: dict[str, Any], long: Decimal, short: Decimal | None) -> None:
    assert stops(made(held(), **policy)) == [(D(1), long)]
    if short is not None:
        result = made(held("-1"), **policy)
        assert stops(result) == [(D(1), short)]
        assert result.stops[0].worst > short


def test_tiers_lie_at_one_one_and_a_half_and_two_ranges() -> None:
    result = made(held("0.1"), stop="tiered")
    assert stops(result) == [(D("0.033"), D(2980)), (D("0.033"), D(2970)), (D("0.034"), D(2960))]


def test_without_a_known_range_the_per_cent_stop_stands_in_and_binds_nothing() -> None:
    result = made(held(), stop="tiered", entry_atr=None)
    assert (stops(result), result.provisional, result.ratchet) == ([(D(1), D(2940))], True, ())


def test_trailing_is_armed_at_its_threshold_and_not_before() -> None:
    assert stops(made(held(best="3029.9"), trailing=True, mark=D(3029))) == [(D(1), D(2940))]
    assert stops(made(held(best="3030"), trailing=True, mark=D(3029))) == [(D(1), D("3014.9"))]
    assert stops(made(held("-1", best="2970"), trailing=True, mark=D(2971))) == [(D(1), D("2984.8"))]


def test_break_even_pays_the_fees_of_both_ends() -> None:
    result = made(held(best="3060"), break_even_percent=D(2), mark=D(3050))
    assert stops(result) == [(D(1), D("3002.7"))]


def test_a_chandelier_hangs_from_the_best_price_by_the_present_range() -> None:
    result = made(held(best="3200"), stop="chandelier", atr_multiple=D(3), atr=D(30), mark=D(3190))
    assert stops(result) == [(D(1), D(3110))]


def test_a_position_older_than_its_time_stop_is_left() -> None:
    minute = 60_000
    assert made(held(), time_stop_minutes=5, now_ms=NOW + 5 * minute - 1).close == ""
    assert "5 min" in made(held(), time_stop_minutes=5, now_ms=NOW + 5 * minute).close


def test_off_wants_nothing() -> None:
    assert made(held(), stop="off") == Plan()


def test_targets_take_their_shares_of_the_position_as_it_was() -> None:
    ladder = ("1:50", "2:30")
    first = made(held(), take_profits=ladder)
    assert [(level.size, level.trigger) for level in first.targets] == [(D("0.5"), D(3030)), (D("0.3"), D(3060))]
    after = made(held("0.5"), Past(fired_target=D(3030)), take_profits=ladder)
    assert [(level.size, level.trigger) for level in after.targets] == [(D("0.3"), D(3060))]
    assert made(held("0.2"), Past(fired_target=D(3060)), take_profits=ladder).targets == ()


def test_tiers_that_have_fired_leave_the_rest_to_the_others() -> None:
    result = made(held("0.067"), Past(fired_stop=D(2980)), stop="tiered")
    assert stops(result) == [(D("0.033"), D(2970)), (D("0.034"), D(2960))]
    assert "have fired" in made(held("0.01"), Past(fired_stop=D(2960)), stop="tiered").close


def test_a_position_of_less_than_three_smallest_orders_has_fewer_tiers() -> None:
    assert stops(made(held("0.0108"), stop="tiered")) == [(D("0.0071"), D(2970)), (D("0.0037"), D(2960))]
    assert stops(made(held("0.0090"), stop="tiered")) == [(D("0.0090"), D(2970))]
    small = made(held("0.0030"), stop="tiered")
    assert len(small.stops) == 1
    assert small.stops[0].size == D("0.0030"), "under 10 USD one order closes it all"


def test_a_stop_through_the_mark_closes_instead() -> None:
    assert "through its stop" in made(held(), mark=D(2930)).close
    assert "too near" in made(held(), liquidation=D(2990)).close
    assert made(held(), mark=D(2930), cover=D(0)).close == "", "what others cover is theirs to judge"


def test_a_stop_that_may_not_be_smaller_covers_a_little_more() -> None:
    (level,) = made(held("1"), cover=D("0.0001")).stops
    assert level.size * level.trigger >= 10
    assert level.size < D("0.004")


# --- for all positions ---

instruments = st.builds(
    lambda decimals, leverage: Instrument("X", 0, decimals, leverage, (MarginTier(D(0), leverage),)),
    st.integers(0, 5),
    st.sampled_from([3, 5, 10, 20, 25, 40, 50]),
)
kinds = st.sampled_from([kind for kind in StopKind if kind is not StopKind.OFF])
percents = st.decimals("0.01", "50", places=2)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Held, Policy, Circumstances]:
    instrument = draw(instruments)
    exponent = draw(st.integers(-4 + instrument.size_decimals // 2, 5))
    entry = D(draw(st.integers(10_000, 99_999))).scaleb(exponent - 4)
    assume(tick_size(entry, instrument.size_decimals) * 20 < entry)
    lots = draw(st.integers(1, 10**6))
    size = instrument.lot * lots * draw(st.sampled_from([1, -1]))
    sign = 1 if size > 0 else -1
    mark = entry * (1 + draw(st.decimals("-0.2", "0.2", places=4)))
    best = max(entry, mark) if sign > 0 else min(entry, mark)
    best *= 1 + sign * draw(st.decimals("0", "0.1", places=4))
    # By the tiers' highest leverage: isolated at the most that the coin allows, or further away
    away = D(1) / (2 * instrument.max_leverage) * draw(st.decimals("0.3", "5", places=2))
    liquidation = draw(st.one_of(st.none(), st.just(entry * (1 - sign * away))))
    atr = draw(st.one_of(st.none(), st.decimals("0.0005", "0.1", places=4)))
    seen = Circumstances(
        instrument=instrument,
        now_ms=NOW,
        mark=mark,
        liquidation=liquidation if liquidation is None or liquidation > 0 else None,
        entry_atr=None if atr is None else entry * atr,
        atr=None if atr is None else entry * atr,
        taker_fee=D("0.00045"),
        cap=D("0.08"),
    )
    policy = Policy(
        stop=draw(kinds),
        stop_percent=draw(percents),
        atr_multiple=draw(st.decimals("0.1", "20", places=1)),
        trailing=draw(st.booleans()),
        trail_arm_percent=draw(percents),
        trail_offset_percent=draw(percents),
        break_even_percent=draw(st.one_of(st.none(), percents)),
        take_profits=draw(st.sampled_from([(), ("1:50",), ("1:50", "2:50"), ("0.5:10", "1:20", "3:30")])),
    )
    return Held(size, entry, NOW, best), policy, seen


@given(scenes())
def test_stops_sum_to_the_position_to_the_lot(scene: tuple[Held, Policy, Circumstances]) -> None:
    position, policy, seen = scene
    result = plan(position, policy, seen, Past())
    if not result.close:
        assert sum(level.size for level in result.stops) == abs(position.size)
        assert sum(level.size for level in result.targets) <= abs(position.size)
    for level in (*result.stops, *result.targets):
        assert is_valid_size(level.size, seen.instrument.size_decimals)


@given(scenes(), st.lists(st.integers(1, 10**6), max_size=6))
def test_after_every_fill_they_still_do(scene: tuple[Held, Policy, Circumstances], fills: list[int]) -> None:
    position, policy, seen = scene
    past = Past()
    for lots in fills:
        size = position.size + position.sign * seen.instrument.lot * lots
        position = replace(position, size=size)
        result = plan(position, policy, seen, past)
        if result.close:
            return
        past = Past(result.ratchet)
        assert sum(level.size for level in result.stops) == abs(size)


@given(scenes())
def test_each_is_large_enough_for_the_venue_or_closes_everything(scene: tuple[Held, Policy, Circumstances]) -> None:
    position, policy, seen = scene
    result = plan(position, policy, seen, Past())
    for level in (*result.stops, *result.targets):
        assert level.size * min(level.trigger, level.worst) >= 10 or level.size == abs(position.size)


@given(scenes())
def test_triggers_lie_between_mark_and_liquidation_well_clear_of_it(scene: tuple[Held, Policy, Circumstances]) -> None:
    position, policy, seen = scene
    assert seen.mark is not None
    for level in plan(position, policy, seen, Past()).stops:
        assert (seen.mark - level.trigger) * position.sign > 0
        if seen.liquidation is not None:
            assert (level.trigger - seen.liquidation) * position.sign >= seen.mark * D("0.005")
    for level in plan(position, policy, seen, Past()).targets:
        assert (level.trigger - seen.mark) * position.sign > 0


@given(scenes())
def test_prices_are_on_the_grid_and_the_worst_is_beyond_the_trigger(scene: tuple[Held, Policy, Circumstances]) -> None:
    position, policy, seen = scene
    decimals = seen.instrument.size_decimals
    result = plan(position, policy, seen, Past())
    for level in (*result.stops, *result.targets):
        assert is_valid_price(level.trigger, decimals)
        assert is_valid_price(level.worst, decimals) or level.trigger < 20 * tick_size(level.trigger, decimals)
        assert (level.trigger - level.worst) * position.sign >= 0
        assert position.exit_side is (Side.SELL if position.size > 0 else Side.BUY)


@given(scenes())
def test_rounding_never_adds_risk(scene: tuple[Held, Policy, Circumstances]) -> None:
    position, policy, seen = scene
    assume(policy.stop is StopKind.PERCENT and not policy.trailing and policy.break_even_percent is None)
    exact = position.entry * (1 - position.sign * policy.stop_percent / 100)
    for level in plan(position, policy, seen, Past()).stops:
        assert (level.trigger - exact) * position.sign >= 0


@given(scenes(), st.lists(st.decimals("-0.05", "0.05", places=4), min_size=1, max_size=12))
def test_stops_only_ever_tighten(scene: tuple[Held, Policy, Circumstances], moves: list[Decimal]) -> None:
    position, policy, seen = scene
    past = Past()
    assert seen.mark is not None
    for move in moves:
        result = plan(position, policy, seen, past)
        if result.close:
            return
        if not result.provisional:
            for before, after in zip(past.stops, result.ratchet, strict=False):
                assert (after - before) * position.sign >= 0
        past = Past(result.ratchet)
        mark = seen.mark * (1 + move)
        best = max(position.best, mark) if position.size > 0 else min(position.best, mark)
        # A second entry moves the average price too
        position = replace(position, best=best, entry=position.entry * (1 + move / 3))
        seen = replace(seen, mark=mark, liquidation=seen.liquidation and seen.liquidation * (1 + move))


@given(scenes())
def test_trailing_and_break_even_never_loosen(scene: tuple[Held, Policy, Circumstances]) -> None:
    position, policy, seen = scene
    plain = Policy(**{**policy.model_dump(), "trailing": False, "break_even_percent": None})
    moved, still = plan(position, policy, seen, Past()), plan(position, plain, seen, Past())
    for one, other in zip(moved.ratchet, still.ratchet, strict=False):
        assert (one - other) * position.sign >= 0


@given(scenes(), st.integers(1, 10**6))
def test_what_others_cover_is_left_to_them(scene: tuple[Held, Policy, Circumstances], lots: int) -> None:
    position, policy, seen = scene
    rest = min(abs(position.size), seen.instrument.lot * lots)
    result = plan(position, policy, seen, Past(), rest)
    total = sum((level.size for level in result.stops), D(0))
    if not result.close:
        worst = min(min(level.trigger, level.worst) for level in result.stops)
        least = round_size_up(10 / worst, seen.instrument.size_decimals)
        assert rest <= total <= max(rest, min(abs(position.size), least))
    assert all(level.kind is TriggerKind.STOP for level in result.stops)


# --- leverage, by the venue's own formula ---

CASES = 10_000


def leveraged(dice: random.Random) -> tuple[Held, Policy, Circumstances]:
    """A position at a leverage its coin allows, isolated or with some of an account behind it, at a later mark."""
    top = dice.choice([3, 5, 10, 20, 25, 40, 50])
    tiers = (MarginTier(D(0), top), MarginTier(D(150_000), max(1, top // 2)))
    instrument = Instrument("X", 0, dice.randint(0, 5), top, tiers)
    tick = D(1).scaleb(instrument.size_decimals - 6)
    entry = max(100 * tick, D(repr(round(10 ** dice.uniform(-2, 5), 6))).quantize(tick))
    usd = D(str(round(10 ** dice.uniform(1, 6), 2)))
    sign = dice.choice([1, -1])
    size = sign * max(instrument.lot, round_size(usd / entry, instrument.size_decimals))
    backing = abs(size) * entry / dice.randint(1, top) * dice.choice([1, 1, 1, 4])
    limit = liquidation_price(tiers, size, entry, backing)
    mark = entry * D(repr(1 + dice.gauss(0, 0.01)))
    seen = replace(SEEN, instrument=instrument, mark=mark, liquidation=limit, entry_atr=entry / 100, atr=entry / 90)
    best = max(entry, mark) if sign > 0 else min(entry, mark)
    kind = dice.choice([kind for kind in StopKind if kind is not StopKind.OFF])
    policy = Policy(stop=kind, stop_percent=D(dice.randint(1, 500)) / 10, trailing=dice.random() < 0.3)
    return Held(size, entry, NOW, best), policy, seen


def test_at_every_leverage_the_stop_acts_before_the_venue_does() -> None:
    dice = random.Random(11)
    closes = 0
    for _ in range(CASES):
        position, policy, seen = leveraged(dice)
        assert seen.mark is not None
        result = plan(position, policy, seen, Past())
        closes += bool(result.close)
        assert bool(result.close) != bool(result.stops)
        for level in result.stops:
            assert (seen.mark - level.trigger) * position.sign > 0
            if seen.liquidation is not None:
                assert (level.trigger - seen.liquidation) * position.sign >= seen.mark * D("0.005")
    assert closes < CASES / 3


# --- a target price ---


@pytest.mark.parametrize(("size", "price"), [("1", 3300), ("-1", 2700)])
@pytest.mark.parametrize(("aimed", "left"), [("0", ["1"]), ("0.4", ["0.6"]), ("1", [])])
def test_a_target_price_is_for_what_has_no_other_target(size: str, price: int, aimed: str, left: list[str]) -> None:
    policy = Policy(target_price=D(price), take_profits=("1.5:50",))
    result = plan(held(size), policy, SEEN, Past(), aimed=D(aimed))
    assert [(level.size, level.trigger, level.kind) for level in result.targets] == [
        (D(amount), D(price), TriggerKind.TAKE_PROFIT) for amount in left
    ]
    assert result.stops


def test_a_target_price_holds_without_a_stop_and_ends_when_it_is_reached() -> None:
    alone = made(held(), stop="off", target_price=D(3300))
    assert (len(alone.stops), [level.trigger for level in alone.targets]) == (0, [D(3300)])
    assert made(held(), Past(fired_target=D(3300)), target_price=D(3300)).targets == ()


def test_stops_named_by_price_lie_where_they_were_named_whatever_the_fill_was() -> None:
    named = ("2990:33", "2985:33", "2980:34")
    result = made(held(entry="3001.3"), stop_tiers=named, atr=None, entry_atr=None)
    assert stops(result) == [(D("0.33"), D(2990)), (D("0.33"), D(2985)), (D("0.34"), D(2980))]
    assert not result.provisional
    fired = made(held("0.67"), Past((D(2990), D(2985), D(2980)), fired_stop=D(2990)), stop_tiers=named)
    assert [trigger for _, trigger in stops(fired)] == [D(2985), D(2980)]
