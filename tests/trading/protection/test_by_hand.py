"""Stops and targets moved by hand stay where they were put, are never fought over, and leave nothing bare meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import round_size
from hlmaster.trading.protection.by_hand import Kept, Rung, moved
from hlmaster.trading.protection.plan import Level
from hlmaster.trading.protection.policy import HUNDRED, Policy, StopKind
from hlmaster.trading.protection.protector import LEAVING
from tests.hostile.virtual_time import virtual
from tests.trading.protection.rig import Rig, settings
from tests.trading.scenes import D


def rung(name: str, size: str, trigger: str, kind: TriggerKind = TriggerKind.STOP) -> Rung:
    return Rung(Level(kind, D(size), D(trigger), D(trigger)), name)


LONG = Kept(
    1,
    D(3000),
    D(3030),
    D(3010),
    D(2500),
    (rung("a", "0.14", "2970"), rung("b", "0.14", "2955"), rung("c", "0.14", "2940")),
    (rung("t", "0.42", "3100", TriggerKind.TAKE_PROFIT),),
)


def test_one_tier_goes_and_the_others_stay() -> None:
    policy = moved(LONG, Policy(stop=StopKind.TIERED), {"b": D("2961.5")}).policy
    assert policy is not None
    assert [price for price, _ in policy.tiers] == [2970, D("2961.5"), 2940]
    assert sum(share for _, share in policy.tiers) == HUNDRED


def test_a_tier_may_pass_another() -> None:
    policy = moved(LONG, Policy(stop=StopKind.TIERED), {"c": D(2990)}).policy
    assert policy is not None
    assert [price for price, _ in policy.tiers] == [2990, 2970, 2955]


def test_a_single_stop_is_one_price() -> None:
    policy = moved(replace(LONG, stops=LONG.stops[:1]), Policy(), {"a": D(2999)}).policy
    assert policy is not None
    assert (policy.stop_price, policy.stop_tiers) == (2999, ())


@pytest.mark.parametrize(
    ("name", "price", "sentence"),
    [
        ("a", "3010", "stop of a long position must lie below the mark price of 3010"),
        ("t", "3009", "target of a long position must lie above the mark price of 3010"),
        ("c", "2510", "would be liquidated at 2500"),
    ],
)
def test_what_cannot_stand_there_is_refused_and_says_why(name: str, price: str, sentence: str) -> None:
    answer = moved(LONG, Policy(), {name: D(price)})
    assert answer.policy is None
    assert sentence in answer.problem


def test_what_is_in_force_ends_and_what_is_promised_stays() -> None:
    policy = Policy(trailing=True, trail_arm_percent=D("0.5"), break_even_percent=D(3))
    answer = moved(LONG, policy, {"a": D(2980)})
    assert answer.policy is not None
    assert (answer.policy.trailing, answer.policy.break_even_percent, answer.ends) == (False, 3, "trailing")
    later = moved(replace(LONG, best=D(3001)), policy, {"a": D(2980)})
    assert later.policy is not None
    assert (later.policy.trailing, later.ends) == (True, "")


def test_a_target_moves_and_the_stop_keeps_its_kind() -> None:
    policy = moved(LONG, Policy(take_profits=("3:100",)), {"t": D(3150)}).policy
    assert policy is not None
    assert (policy.target_price, policy.tiers, policy.stop) == (3150, (), StopKind.PERCENT)


def test_a_rung_of_a_ladder_moves_alone_and_cannot_pass_another() -> None:
    places = (("x", "3060"), ("y", "3090"))
    rungs = tuple(rung(name, "0.2", price, TriggerKind.TAKE_PROFIT) for name, price in places)
    kept = replace(LONG, targets=rungs)
    ladder = Policy(take_profits=("1:20", "2:40", "3:40"))
    policy = moved(kept, ladder, {"y": D(3120)}).policy
    assert policy is not None
    assert policy.take_profits == ("1:20", "2:40", "4:40")
    assert "change places" in moved(kept, ladder, {"y": D(3050)}).problem


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=6), st.integers(0, 5))
def test_shares_give_back_the_very_sizes(lots: list[int], decimals: int) -> None:
    unit = Decimal(1).scaleb(-decimals)
    stops = tuple(rung(str(n), str(lot * unit), str(2900 - n)) for n, lot in enumerate(lots))
    policy = moved(replace(LONG, stops=stops), Policy(), {"0": D(2950)}).policy
    assert policy is not None
    whole, counted, given_out = sum(lots) * unit, Decimal(0), Decimal(0)
    for (_, share), lot in zip(policy.tiers, lots, strict=True):
        counted += share
        upto = round_size(whole * counted / HUNDRED, decimals)
        assert upto - given_out == lot * unit
        given_out = upto


@virtual
async def test_three_tiers_follow_the_hand_at_the_exchange_and_nothing_is_bare(tmp_path: Path) -> None:
    async with Rig(settings(stop="percent"), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        protector = rig.desk.protector
        assert not protector.choose("ETH", Policy(stop_tiers=("2970:33", "2955:33", "2940:34")))
        await rig.until(lambda: len(rig.stops) == 3)
        watching = asyncio.create_task(rig.watch())
        live = [o for o in rig.desk.orders.live("ETH") if o.order.size < 1]
        ids = {o.order.trigger.price: o.client_order_id for o in live if o.order.trigger is not None}
        await rig.until(lambda: len(protector.kept("ETH")) == 3)
        assert protector.move("ETH", {ids[D(2955)]: D("2961.7")})[0]
        await rig.until(lambda: [price for _, price in rig.stops] == [2970, D("2961.7"), 2940], 3)
        shift = {name: price + 7 for price, name in ids.items() if price != 2955}
        assert protector.move("ETH", shift)[0]
        await rig.until(lambda: [price for _, price in rig.stops] == [2977, D("2961.7"), 2947], 3)
        await rig.wait(30)
        assert [price for _, price in rig.stops] == [2977, D("2961.7"), 2947], "nobody fights the hand"
        watching.cancel()
        assert rig.samples
        assert not any(sample.bare for sample in rig.samples)


def movable(rig: Rig) -> frozenset[str]:
    keeping = rig.desk.protector.keeping("ETH")
    assert keeping is not None
    return keeping.names


@virtual
async def test_until_the_new_stop_stands_the_old_one_is_kept_and_can_be_moved_on(tmp_path: Path) -> None:
    async with Rig(settings(stop="percent"), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        protector = rig.desk.protector
        await rig.until(lambda: protector.kept("ETH"))
        (old,) = protector.kept("ETH")
        watching = asyncio.create_task(rig.watch())
        assert protector.move("ETH", {old: D(2950)})[0]
        assert protector.kept("ETH") == movable(rig) == {old}
        await rig.desk.manual.cancel_all("ETH", keep=protector.kept("ETH"))
        assert protector.move("ETH", {old: D(2955)})[0], "nobody waits for one move to make the next"
        await rig.until(lambda: len(protector.kept("ETH")) == 2, 3)
        assert old not in movable(rig)
        assert protector.move("ETH", {old: D(2945)}) == (False, LEAVING)
        await rig.until(lambda: rig.stops == [(D(1), D(2955))], 3)
        assert not protector.move("ETH", {old: D(2945)})[0]
        watching.cancel()
        assert rig.samples
        assert not any(sample.bare for sample in rig.samples)
        await rig.buy("0.5")
        await rig.until(lambda: rig.size == D("1.5"))
        assert len(movable(rig)) == 1, "it is to grow"
        await rig.until(lambda: rig.stops == [(D("1.5"), D(2955))], 5)


@virtual
async def test_a_tier_that_is_moved_nearer_than_one_that_fired_is_a_stop_and_no_reason_to_close(tmp_path: Path) -> None:
    async with Rig(settings(stop="percent"), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        rig.desk.protector.choose("ETH", Policy(stop_tiers=("2970:50", "2940:50")))
        await rig.until(lambda: len(rig.stops) == 2)
        rig.move(2969)
        await rig.until(lambda: rig.size == D("0.5"))
        rig.move(3000)
        await rig.wait(2)
        (name,) = rig.desk.protector.kept("ETH")
        assert rig.desk.protector.move("ETH", {name: D(2985)})[0]
        await rig.until(lambda: rig.stops == [(D("0.5"), D(2985))], 3)
        await rig.close()
        await rig.open()
        await rig.wait(10)
        assert rig.stops == [(D("0.5"), D(2985))], "a restart remembers which prices were named last"
        assert rig.size == D("0.5")
