"""A position of ours is never without its stop: whatever fills, fails, flips or crashes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.events import Severity, TradingState
from hlmaster.core.orders import Prepared, Purpose, TriggerKind
from hlmaster.trading.protection import epochs
from hlmaster.trading.protection.plan import Plan
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.protection.protector import Standing
from hlmaster.trading.ticket import Target, TicketKind
from tests.hostile.virtual_time import virtual
from tests.trading.protection.rig import Rig, settings
from tests.trading.scenes import D


def placed(rig: Rig) -> list[float]:
    """When protective orders were sent."""
    return [at for at, sent in rig.line.sent if any(o.purpose is Purpose.PROTECT for o in sent.orders)]


@virtual
async def test_a_fill_has_its_stop_within_a_second(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1")
        assert await rig.until(lambda: rig.size and rig.is_covered) < 1
        ((size, trigger),) = rig.stops
        assert size == 1
        assert D("2940") <= trigger <= D("2940.2")
        shield = rig.desk.protector.shield("ETH")
        await rig.until(lambda: (rig.desk.protector.shield("ETH") or shield) and rig.desk.orders.live("ETH"))
        shield = rig.desk.protector.shield("ETH")
        assert shield is not None
        assert (shield.standing, shield.covered, shield.stop_price) == (Standing.COVERED, 1, trigger)


@virtual
async def test_it_grows_with_every_partial_fill_and_shrinks_with_a_partial_close(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.market.depth = 0.2
        await rig.buy("1", limit_price=D("3000.1"))
        await rig.until(lambda: rig.size == 1)
        assert await rig.until(lambda: rig.is_covered) < 5
        await rig.until(lambda: [size for size, _ in rig.stops] == [1])
        rig.market.depth = 5
        rig.market.tell()
        await rig.desk.manual.close("ETH", D("0.25"))
        assert rig.is_covered
        await rig.until(lambda: [size for size, _ in rig.stops] == [D("0.75")], 30)


@virtual
async def test_a_cancelled_partly_filled_parent_leaves_no_gap(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.market.depth = 0.3
        rig.market.tell()
        rig.market.mid = 3001
        outcome = await rig.buy("1", limit_price=D("3000.1"), stop_price=D(2900), attach_stop=True)
        await rig.until(lambda: rig.size and rig.is_covered, 5)
        await rig.desk.manual.cancel(outcome.orders[0].client_order_id)
        await rig.wait(15)
        assert (rig.size, rig.is_covered) == (D("0.3"), True)
        assert rig.stops == [(D("0.3"), D(2900))], "the ticket's stop is the stop"


@virtual
async def test_a_whole_fill_is_covered_by_the_tickets_own_stop_alone(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1", stop_price=D(2900), attach_stop=True)
        await rig.until(lambda: rig.size and rig.is_covered, 2)
        await rig.wait(5)
        assert (rig.stops, placed(rig)[1:]) == ([(D(1), D(2900))], [])


def targets(rig: Rig) -> list[tuple[Decimal, Decimal]]:
    """(size, trigger) of what waits to take a profit."""
    live = [tracked.order for tracked in rig.desk.orders.live("ETH")]
    return [(o.size, o.trigger.price) for o in live if o.trigger and o.trigger.kind is TriggerKind.TAKE_PROFIT]


@virtual
async def test_a_bracket_that_fills_whole_is_its_own_protection(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1", stop_price=D(2900), attach_stop=True, targets=(Target(D(3200)),))
        await rig.until(lambda: rig.size and rig.is_covered, 2)
        await rig.wait(5)
        assert (rig.stops, targets(rig), placed(rig)[1:]) == ([(D(1), D(2900))], [(D(1), D(3200))], [])
        rig.move(3210)
        await rig.until(lambda: not rig.size and not rig.desk.orders.live("ETH"), 20)


@virtual
async def test_a_bracket_that_fills_in_part_has_its_stop_and_its_target_for_that_part(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.market.depth = 0.3
        rig.market.tell()
        rig.market.mid = 3001
        prices = {"limit_price": D("3000.1"), "stop_price": D(2900), "targets": (Target(D(3200)),)}
        outcome = await rig.buy("1", attach_stop=True, **prices)
        await rig.until(lambda: rig.size and rig.is_covered, 5)
        await rig.desk.manual.cancel(outcome.orders[0].client_order_id)
        await rig.wait(15)
        assert (rig.size, rig.stops, targets(rig)) == (D("0.3"), [(D("0.3"), D(2900))], [(D("0.3"), D(3200))])


@virtual
async def test_the_prices_of_a_bracket_can_be_changed_or_its_target_taken_away(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1", stop_price=D(2900), attach_stop=True, targets=(Target(D(3200)),))
        await rig.until(lambda: rig.desk.portfolio.size("ETH") and rig.is_covered and targets(rig), 2)
        assert rig.desk.protect("ETH", Policy(stop_price=D(2950), target_price=D(3100)), take_over=True).ok
        await rig.until(lambda: (rig.stops, targets(rig)) == ([(D(1), D(2950))], [(D(1), D(3100))]), 30)
        assert rig.desk.protect("ETH", Policy(stop_price=D(2950)), take_over=True).ok
        await rig.until(lambda: not targets(rig), 30)
        assert rig.stops == [(D(1), D(2950))]
        wrong = rig.desk.protect("ETH", Policy(target_price=D(2990)))
        assert wrong.sentence.startswith("The target of a long position must lie above the mark price")


@virtual
async def test_a_stop_placed_by_hand_counts_and_is_never_touched(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        hand = await rig.sell("1", kind=TicketKind.STOP_MARKET, trigger_price=D(2800), reduce_only=True)
        assert hand.ok, hand.sentence
        await rig.until(lambda: rig.stops == [(D(1), D(2800))], 20)
        await rig.wait(1)
        shield = rig.desk.protector.shield("ETH")
        assert shield is not None
        assert shield.standing is Standing.THEIRS
        await rig.desk.manual.cancel(hand.orders[0].client_order_id)
        assert await rig.until(lambda: rig.is_covered) < 1
        assert rig.stops[0][1] >= D(2940)


@virtual
async def test_a_stop_by_hand_for_a_part_is_completed(tmp_path: Path) -> None:
    async with Rig(settings(stop="off"), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.desk.portfolio.size("ETH") == 1)
        await rig.sell("0.4", kind=TicketKind.STOP_MARKET, trigger_price=D(2800), reduce_only=True)
        assert rig.desk.protect("ETH", Policy()).ok
        await rig.until(lambda: rig.is_covered, 2)
        assert [size for size, _ in rig.stops] == [D("0.6"), D("0.4")]


@virtual
async def test_a_stop_that_is_handed_over_is_replaced(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1", stop_price=D(2800), attach_stop=True)
        await rig.until(lambda: rig.desk.portfolio.size("ETH") and rig.is_covered)
        target = await rig.sell("0.4", limit_price=D(3300), reduce_only=True)
        assert target.ok, target.sentence
        assert rig.desk.protect("ETH", Policy(stop_percent=D(3)), take_over=True).ok
        await rig.until(lambda: len(rig.stops) == 1 and rig.stops[0][1] > 2900, 15)
        assert len(rig.orders) == 2, "only stops were handed over"


@virtual
async def test_a_close_that_fails_again_and_again_is_told_once(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.desk.portfolio.size("ETH") == 1)
        rig.line.fault = lambda sent: "refused"
        rig.move(2900)
        await rig.wait(30)
        told = [notice.sentence for notice in rig.notices if "could not be closed" in notice.sentence]
        assert len(told) == len(set(told))
        rig.line.fault = lambda sent: ""
        await rig.until(lambda: not rig.size, 10)


@virtual
async def test_a_flip_is_protected_on_its_new_side_and_the_old_stop_goes(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        await rig.sell("3")
        await rig.until(lambda: rig.size == -2)
        assert await rig.until(lambda: rig.is_covered) < 5
        await rig.until(lambda: len(rig.stops) == 1, 30)
        assert rig.stops[0][1] > 3000


@virtual
async def test_no_stop_of_ours_outlives_its_position(tmp_path: Path) -> None:
    async with Rig(settings(take_profits=["1:50"]), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: len(rig.orders) == 2, 20)
        await rig.sell("1")
        await rig.until(lambda: not rig.size)
        assert await rig.until(lambda: not rig.orders) < 30


@virtual
async def test_trailing_moves_native_triggers_up_and_never_down_at_most_every_ten_seconds(tmp_path: Path) -> None:
    async with Rig(settings(trailing=True), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        levels = []
        for second in range(60):
            rig.move(3000 + 3 * second - (10 if second % 7 == 3 else 0))
            await rig.wait(1)
            assert rig.is_covered
            levels.append(min(trigger for _, trigger in rig.stops))
        assert levels == sorted(levels)
        assert levels[-1] > 3100
        gaps = [later - earlier for earlier, later in zip(placed(rig)[1:], placed(rig)[2:], strict=False)]
        assert len(gaps) > 2
        assert min(gaps) >= 10


@virtual
async def test_a_tier_that_fires_leaves_the_others_to_the_rest(tmp_path: Path) -> None:
    async with Rig(settings(stop="tiered"), tmp_path) as rig:
        rig.market.history = flat_candles(rig, 20.0)
        await rig.buy("1")
        await rig.until(lambda: len(rig.stops) == 3, 30)
        sizes = [size for size, _ in rig.stops]
        assert sizes == [D("0.33"), D("0.33"), D("0.34")]
        rig.move(2978)
        await rig.until(lambda: rig.size == D("0.67"), 5)
        rig.move(2990)
        await rig.wait(12)
        assert [size for size, _ in rig.stops] == [D("0.33"), D("0.34")]
        assert rig.is_covered


def flat_candles(rig: Rig, high_low: float) -> Any:
    import numpy as np

    from hlmaster.core.candles import CandleBlock
    from hlmaster.core.model import Interval

    step = Interval.M15.ms
    times = np.arange(40, dtype=np.int64) * step + rig.clock.now_ms() // step * step - 39 * step
    level = np.full(40, 3000.0)
    return CandleBlock(times, level, level + high_low / 2, level - high_low / 2, level, level, np.ones(40, np.int64))


@virtual
async def test_a_refused_stop_is_tried_again_and_stands(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.line.fault = protection_meets("refused", "limited", "down")
        await rig.buy("1")
        await rig.until(lambda: rig.size != 0)
        assert await rig.until(lambda: rig.is_covered) < 5


def purpose(sent: Prepared) -> Purpose | None:
    return sent.orders[0].purpose if sent.orders else None


def protection_meets(*faults: str) -> Callable[[Prepared], str]:
    """One after the other, then the line is good."""
    coming = iter(faults)
    return lambda sent: next(coming, "") if purpose(sent) is Purpose.PROTECT else ""


@virtual
async def test_lost_answers_do_not_leave_it_bare_and_what_is_doubled_is_cancelled(tmp_path: Path) -> None:
    for fault in ("request lost", "reply lost", "slow"):
        async with Rig(settings(), tmp_path) as rig:
            rig.line.fault = protection_meets(fault)
            await rig.buy("1")
            await rig.until(lambda: rig.size != 0)
            assert await rig.until(lambda: rig.is_covered) < 5, fault
            await rig.until(lambda: len(rig.stops) == 1, 40)
            await rig.wait(20)
            assert [size for size, _ in rig.stops] == [D(1)], fault


@virtual
async def test_a_stop_chosen_by_hand_waits_for_no_earlier_failure(tmp_path: Path) -> None:
    """Whether the failure was before the choice or comes of what was still on its way then."""
    for seconds in (8.0, 0.0):
        async with Rig(settings(), tmp_path) as rig:
            await rig.buy("1")
            await rig.until(lambda: rig.size and rig.is_covered)
            await rig.wait(1)
            rig.line.fault = lambda sent: "refused" if purpose(sent) is Purpose.PROTECT else ""
            (name,) = rig.desk.protector.kept("ETH")
            began = rig.clock.monotonic()
            assert rig.desk.protector.move("ETH", {name: D(2950)})[0]
            await rig.until(partial(lambda since, line: placed(line)[-1] >= since, began, rig))
            await rig.wait(seconds)
            if seconds:
                await rig.until(lambda: placed(rig)[-1] > rig.clock.monotonic() - 0.3)
                await rig.wait(0.5)
            rig.line.fault = lambda sent: ""
            assert rig.desk.protect("ETH", Policy(stop_price=D(2960))).ok
            assert await rig.until(lambda: (D(1), D(2960)) in rig.stops) < 0.4
            await rig.until(lambda: rig.stops == [(D(1), D(2960))], 5)


@virtual
async def test_fifteen_seconds_without_a_stop_end_entries_and_the_position(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.line.fault = lambda sent: "refused" if purpose(sent) is Purpose.PROTECT else ""
        await rig.buy("1")
        await rig.until(lambda: rig.size != 0)
        assert 14.5 < await rig.until(lambda: rig.desk.guard.state is TradingState.REDUCING) < 16
        assert await rig.until(lambda: rig.size == 0) < 5
        assert [n.severity for n in rig.notices].count(Severity.CRITICAL) == 1
        await rig.until(lambda: rig.desk.guard.state is TradingState.ACTIVE, 10)


@virtual
async def test_a_stop_that_the_market_has_passed_closes_at_once(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.line.fault = lambda sent: "refused" if purpose(sent) is Purpose.PROTECT else ""
        await rig.buy("1")
        await rig.until(lambda: rig.size != 0)
        rig.line.fault = lambda sent: ""
        rig.move(2900)
        assert await rig.until(lambda: rig.size == 0) < 5
        assert any("through its stop" in notice.sentence for notice in rig.notices)


@virtual
async def test_a_plan_that_fails_ends_in_a_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Rig(settings(), tmp_path) as rig:

        def broken(*_: object) -> Plan:
            raise ZeroDivisionError("a bug")

        monkeypatch.setattr(epochs, "plan", broken)
        await rig.buy("1")
        await rig.until(lambda: rig.size != 0)
        await rig.until(lambda: rig.size == 0, 20)
        told = [notice.sentence for notice in rig.notices if "a bug" in notice.sentence]
        assert told == ["Protecting ETH failed (a bug)."]


@virtual
async def test_a_restart_knows_its_stops_and_the_choice_made(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        assert rig.desk.protect("ETH", Policy(stop_percent=D(4), trailing=True)).ok
        await rig.until(lambda: [t for _, t in rig.stops] and rig.stops[0][1] < 2900 and len(rig.stops) == 1, 20)
        before = rig.stops
        await rig.crash()
        await rig.wait(20)
        assert rig.stops == before
        assert placed(rig) == []
        shield = rig.desk.protector.shield("ETH")
        assert shield is not None
        assert shield.policy.stop_percent == 4


@virtual
async def test_a_restart_without_memory_knows_its_stops_by_their_names(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        before = rig.stops
        rig.store.saved_orders.clear()
        await rig.crash()
        await rig.wait(15)
        assert (rig.stops, placed(rig)) == (before, [])
        await rig.desk.manual.close("ETH")
        await rig.until(lambda: not rig.orders, 30)


@virtual
async def test_a_crash_between_fill_and_stop_is_made_good_at_the_start(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.line.fault = lambda sent: "refused" if purpose(sent) is Purpose.PROTECT else ""
        await rig.buy("1")
        await rig.until(lambda: rig.size != 0)
        assert not rig.is_covered
        await rig.crash()
        assert await rig.until(lambda: rig.is_covered) < 5


@virtual
async def test_who_closes_is_not_worked_against(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        count = len(placed(rig))
        rig.market.depth = 0.3
        rig.market.tell()
        closing = await rig.desk.manual.close("ETH")
        assert rig.size, closing.sentence
        assert len(placed(rig)) == count
        report = await rig.desk.kill()
        assert len(placed(rig)) - count <= 1
        await rig.until(lambda: not rig.size and not rig.orders, 60)
        assert report is not None


@virtual
async def test_positions_opened_elsewhere_are_left_alone_unless_given_into_our_care(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        await elsewhere(rig)
        await rig.wait(10)
        shield = rig.desk.protector.shield("ETH")
        assert shield is not None
        assert (shield.standing, rig.stops) == (Standing.FOREIGN, [])
        assert rig.desk.protect("ETH", None).ok
        await rig.until(lambda: rig.is_covered, 2)


async def elsewhere(rig: Rig) -> None:
    """Another program on the same account buys one ETH."""
    from hlmaster.exchange.simulator.orders import IOC, NewOrder

    order = NewOrder(0, True, D("3010"), D(1), False, IOC, None, None)
    rig.account._floor_engine.placing.place(rig.account.address, [order], "na")
    rig.account._settle()
    await rig.until(lambda: rig.desk.portfolio.size("ETH") == 1)


@virtual
async def test_a_wrong_choice_is_refused_in_words(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        assert "no ETH position" in rig.desk.protect("ETH", Policy()).sentence
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        outcome = rig.desk.protect("ETH", Policy(stop_price=D(3100)))
        assert (outcome.ok, "must lie below the mark price" in outcome.sentence) == (False, True)


@virtual
async def test_a_time_stop_closes_the_position_and_its_stops(tmp_path: Path) -> None:
    async with Rig(settings(time_stop_minutes=1), tmp_path) as rig:
        await rig.buy("1")
        await rig.until(lambda: rig.size and rig.is_covered)
        assert 58 < await rig.until(lambda: not rig.size, 70) < 62
        await rig.until(lambda: not rig.orders, 30)


@virtual
async def test_lost_fill_frames_are_made_up_for(tmp_path: Path) -> None:
    async with Rig(settings(), tmp_path) as rig:
        rig.lose = lambda fact: type(fact).__name__ == "FillsReported"
        await rig.buy("1")
        await rig.until(lambda: rig.size != 0)
        assert await rig.until(lambda: rig.is_covered) < 5
