"""Families of orders: entries with take-profit and stop, whole-position triggers, and who cancels whom."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hlmaster.exchange.simulator.orders import Filled, Refusal, Resting, Waiting
from tests.exchange.simulator.arena import ANN, ENTRY_GROUP, POSITION_GROUP, Arena, limit, trigger

D = Decimal


def entered(price: int = 99_000, *, tif: str = "Gtc") -> Arena:
    """An entry for 0.1 BTC with take profit 104000 and stop 95000."""
    arena = Arena()
    arena.market("BTC", 100_000)
    arena.replies = arena.place(  # type: ignore[attr-defined]
        ANN,
        limit("buy", price, "0.1", tif=tif),
        trigger("sell", 104_000, "0.1", "tp"),
        trigger("sell", 95_000, "0.1", "sl"),
        grouping=ENTRY_GROUP,
    )
    return arena


def replies(arena: Arena) -> list[object]:
    return arena.replies  # type: ignore[attr-defined, no-any-return]


def final(arena: Arena) -> dict[str, str]:
    """Last status by order type."""
    return {view.order_type: view.status for view in arena.trader().history}


def test_children_wait_for_the_fill_of_a_resting_entry_and_are_listed_inside_it() -> None:
    arena = entered()
    entry, *children = replies(arena)
    assert isinstance(entry, Resting)
    assert [isinstance(child, Waiting) and child.for_fill for child in children] == [True, True]
    parent = next(view for view in arena.live() if view.order_type == "Limit")
    assert [child.order_type for child in parent.children] == ["Take Profit Market", "Stop Market"]
    assert len(arena.live()) == 3
    arena.mark("BTC", 94_000)
    assert len(arena.live()) == 3, "a waiting child does not see the mark"
    arena.check()


def test_children_are_active_when_the_entry_filled_at_once() -> None:
    arena = entered(100_500)
    entry, *children = replies(arena)
    assert isinstance(entry, Filled)
    assert [isinstance(child, Waiting) and child.for_fill for child in children] == [False, False]


@pytest.mark.parametrize(
    ("mark", "winner", "loser"),
    [(104_000, "Take Profit Market", "Stop Market"), (95_000, "Stop Market", "Take Profit Market")],
)
def test_the_first_child_to_fill_closes_the_position_and_cancels_the_other(mark: int, winner: str, loser: str) -> None:
    arena = entered(100_500)
    arena.market("BTC", mark)
    arena.mark("BTC", mark)
    assert arena.position() == 0
    assert arena.live() == []
    assert final(arena)[winner] == "filled"
    assert final(arena)[loser] == "siblingFilledCanceled"
    arena.check()


def test_children_stay_asleep_until_the_entry_is_completely_filled() -> None:
    arena = entered()
    arena.sweep("BTC", "sell", 1000)
    arena.sweep("BTC", "sell", "0.04")
    assert arena.position() == D("0.04")
    arena.mark("BTC", 94_000)
    assert arena.position() == D("0.04")
    arena.mark("BTC", 100_000)
    arena.sweep("BTC", "sell", "0.06")
    arena.market("BTC", 95_000)
    arena.mark("BTC", 95_000)
    assert arena.position() == 0
    arena.check()


def test_cancelling_a_partly_filled_entry_takes_its_children() -> None:
    arena = entered()
    arena.sweep("BTC", "sell", 1000)
    arena.sweep("BTC", "sell", "0.04")
    entry = next(view for view in arena.live() if view.order_type == "Limit")
    assert arena.engine.placing.cancel(ANN, 0, entry.oid) is None
    assert arena.live() == []
    assert set(final(arena).values()) == {"canceled"}
    arena.check()


def test_an_immediate_entry_that_fills_in_part_leaves_its_children_to_guard_the_rest() -> None:
    arena = Arena()
    arena.others("BTC", "sell", 100_001, "0.03")
    arena.place(
        ANN, limit("buy", 100_500, "0.1", tif="Ioc"), trigger("sell", 95_000, "0.1", "sl"), grouping=ENTRY_GROUP
    )
    assert arena.position() == D("0.03")
    arena.market("BTC", 95_000)
    arena.mark("BTC", 95_000)
    assert arena.position() == 0
    arena.check()


@pytest.mark.parametrize("child", [trigger("sell", 98_000, "0.1", "tp"), trigger("sell", 99_500, "0.1", "sl")])
def test_a_family_with_an_impossible_child_is_refused_whole(child: object) -> None:
    arena = Arena()
    arena.market("BTC", 100_000)
    answers = arena.place(ANN, limit("buy", 99_000, "0.1"), child, grouping=ENTRY_GROUP)  # type: ignore[arg-type]
    assert answers == [Refusal("Invalid TP/SL price.")] * 2
    assert arena.live() == []


def test_children_of_a_refused_entry_share_its_refusal() -> None:
    arena = Arena()
    answers = arena.place(ANN, limit("buy", 99_000, 9), trigger("sell", 98_000, 9, "sl"), grouping=ENTRY_GROUP)
    assert answers == [Refusal("Insufficient margin to place order.")] * 2
    immediate = arena.place(
        ANN, limit("buy", 99_000, 1, tif="Ioc"), trigger("sell", 98_000, 1, "sl"), grouping=ENTRY_GROUP
    )
    assert len(set(map(str, immediate))) == 1
    assert arena.live() == []
    assert arena.engine.lifecycle.waiting["BTC"] == {}


def test_closing_the_position_by_hand_takes_activated_children_away() -> None:
    arena = entered(100_500)
    arena.place(ANN, limit("sell", 99_000, "0.1", tif="Ioc", reduce=True))
    assert arena.live() == []
    assert final(arena)["Stop Market"] == "reduceOnlyCanceled"


class TestWholePosition:
    def guarded(self) -> Arena:
        arena = Arena()
        arena.market("BTC", 100_000)
        arena.place(ANN, limit("buy", 100_001, "0.1", tif="Ioc"))
        waiting = arena.place(
            ANN, trigger("sell", 104_000, 0, "tp"), trigger("sell", 95_000, "0.1", "sl"), grouping=POSITION_GROUP
        )
        assert all(isinstance(reply, Waiting) and not reply.for_fill for reply in waiting)
        return arena

    def test_they_show_no_size_of_their_own(self) -> None:
        assert [(view.size, view.is_position_tpsl) for view in self.guarded().live()] == [(D(0), True), (D(0), True)]

    def test_they_close_whatever_the_position_has_become(self) -> None:
        arena = self.guarded()
        arena.place(ANN, limit("buy", 100_001, "0.2", tif="Ioc"))
        arena.market("BTC", 95_000)
        arena.mark("BTC", 95_000)
        assert arena.position() == 0
        assert final(arena)["Take Profit Market"] == "siblingFilledCanceled"
        arena.check()

    @pytest.mark.parametrize("size", ["0.1", "0.3"])
    def test_they_go_when_the_position_closes_or_turns(self, size: str) -> None:
        arena = self.guarded()
        arena.place(ANN, limit("sell", 99_999, size, tif="Ioc"))
        assert arena.live() == []
        assert final(arena)["Stop Market"] == "reduceOnlyCanceled"
        arena.check()

    def test_the_wrong_side_is_refused(self) -> None:
        arena = self.guarded()
        assert arena.place(ANN, trigger("buy", 95_000, 0, "tp"), grouping=POSITION_GROUP) == [
            Refusal("Reduce only order would increase position.")
        ]

    def test_a_modified_stop_stays_in_its_pair(self) -> None:
        arena = self.guarded()
        stop = next(view for view in arena.live() if view.order_type == "Stop Market")
        assert isinstance(
            arena.engine.placing.modify(ANN, stop.oid, trigger("sell", 96_000, 0, "sl"), always_place=False), Waiting
        )
        arena.market("BTC", 96_000)
        arena.mark("BTC", 96_000)
        assert arena.position() == 0
        assert final(arena)["Take Profit Market"] == "siblingFilledCanceled"


class TestTriggers:
    @pytest.mark.parametrize(
        ("side", "kind", "at", "quiet", "fires"),
        [
            ("sell", "sl", 95_000, "95000.1", "95000"),
            ("sell", "tp", 105_000, "104999.9", "105000"),
            ("buy", "sl", 105_000, "104999.9", "105000"),
            ("buy", "tp", 95_000, "95000.1", "95000"),
        ],
    )
    def test_the_mark_decides(self, side: str, kind: str, at: int, quiet: str, fires: str) -> None:
        arena = Arena()
        arena.market("BTC", at)
        arena.place(ANN, trigger(side, at, "0.01", kind, reduce=False))
        arena.mark("BTC", quiet)
        assert arena.position() == 0
        arena.mark("BTC", fires)
        assert arena.position() == D("0.01") * (1 if side == "buy" else -1)
        assert [view.status for view in arena.trader().history] == ["open", "triggered", "filled"]
        arena.check()

    def test_a_limit_trigger_rests_at_its_limit(self) -> None:
        arena = Arena()
        arena.place(ANN, trigger("sell", 95_000, "0.01", "sl", price=94_500, reduce=False))
        arena.mark("BTC", 95_000)
        resting = arena.live()[0]
        assert (resting.price, resting.is_trigger, resting.trigger_condition) == (D(94_500), False, "Triggered")
        assert arena.books["BTC"].best_ask == 945_000
        arena.check()

    def test_a_market_trigger_slips_no_further_than_a_tenth(self) -> None:
        arena = Arena()
        arena.others("BTC", "buy", 89_000, 1)
        arena.place(ANN, trigger("sell", 99_000, "0.01", "sl", reduce=False))
        arena.mark("BTC", 99_000)
        assert arena.trader().history.rows[-1].status == "iocCancelRejected"
        assert arena.position() == 0

    def test_a_reduce_only_trigger_without_a_position_is_rejected_when_it_fires(self) -> None:
        arena = Arena()
        arena.market("BTC", 95_000)
        arena.place(ANN, trigger("sell", 95_000, "0.01", "sl"))
        arena.mark("BTC", 95_000)
        assert [view.status for view in arena.trader().history] == ["open", "triggered", "reduceOnlyRejected"]
        assert arena.live() == []

    def test_an_entry_trigger_beyond_the_margin_is_rejected_when_it_fires(self) -> None:
        arena = Arena()
        arena.market("BTC", 105_000)
        arena.place(ANN, trigger("buy", 105_000, 3, "sl", reduce=False))
        arena.mark("BTC", 105_000)
        assert arena.trader().history.rows[-1].status == "perpMarginRejected"

    def test_what_the_owner_sees_of_it(self) -> None:
        arena = Arena()
        arena.place(ANN, trigger("sell", "95000", "0.01", "sl"))
        view = arena.live()[0]
        assert (view.trigger_condition, view.order_type, view.time_in_force) == (
            "Price below 95000",
            "Stop Market",
            None,
        )
