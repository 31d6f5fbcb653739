"""Every way in which an order is refused, and what the others get for an answer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hlmaster.core.model import Leverage, MarginMode
from hlmaster.exchange.simulator.orders import ALO, FRONTEND_MARKET, IOC, Filled, NewOrder, Refusal, Resting, Waiting
from tests.exchange.simulator.arena import ANN, BOB, ENTRY_GROUP, POSITION_GROUP, Arena, limit, trigger

PER_ORDER = [
    ("zero size", limit("buy", 99_000, 0), "Order has zero size.", None),
    ("size off the lot", limit("buy", 99_000, "0.000001"), "Order has invalid size.", None),
    (
        "below ten dollars",
        limit("buy", 99_000, "0.0001"),
        "Order must have minimum value of $10.",
        "minTradeNtlRejected",
    ),
    ("off the tick", limit("buy", "99000.5", "0.01"), "Price must be divisible by tick size.", "tickRejected"),
    (
        "a trigger off the tick",
        trigger("sell", "98000.5", "0.01", "sl", price=97_000),
        "Price must be divisible by tick size.",
        "tickRejected",
    ),
    ("more than the margin", limit("buy", 99_000, "2.5"), "Insufficient margin to place order.", "perpMarginRejected"),
    (
        "reduce-only when flat",
        limit("sell", 101_000, "0.01", reduce=True),
        "Reduce only order would increase position.",
        "reduceOnlyRejected",
    ),
    (
        "post-only that crosses",
        limit("buy", 100_002, "0.01", tif=ALO),
        "Post only order would have immediately matched, bbo was 99999@100001.",
        "badAloPxRejected",
    ),
    (
        "IOC that meets nobody",
        limit("buy", 99_000, "0.01", tif=IOC),
        "Order could not immediately match against any resting orders.",
        "iocCancelRejected",
    ),
    ("stop already through", trigger("sell", 100_500, "0.01", "sl"), "Invalid TP/SL price.", "badTriggerPxRejected"),
    (
        "take profit already through",
        trigger("sell", 99_500, "0.01", "tp"),
        "Invalid TP/SL price.",
        "badTriggerPxRejected",
    ),
    ("larger than the largest limit order", limit("buy", 99_000, 3_001), "Order has invalid size.", None),
]
BATCH = [
    ("nothing", [], "na", "Orders are empty"),
    ("an unknown coin", [NewOrder(9, True, Decimal(1), Decimal(1))], "na", "Order has invalid asset."),
    ("a strange time in force", [limit("buy", 99_000, 1, tif="Fok")], "na", "Invalid TIF"),
    ("a price of zero", [limit("buy", 0, 1)], "na", "Order has invalid price."),
    ("a trigger at zero", [trigger("sell", 0, 1, "sl", price=1)], "na", "Order has invalid price."),
    (
        "81 % below",
        [limit("buy", 19_000, 1)],
        "na",
        "Order price cannot be more than 80% away from the reference price",
    ),
    (
        "81 % above",
        [limit("sell", 181_000, 1)],
        "na",
        "Order price cannot be more than 80% away from the reference price",
    ),
    (
        "a child that may increase",
        [limit("buy", 99_000, 1), trigger("sell", 98_000, 1, "sl", reduce=False)],
        ENTRY_GROUP,
        "Trigger order is not reduce only.",
    ),
    (
        "a child without trigger",
        [limit("buy", 99_000, 1), limit("sell", 98_000, 1, reduce=True)],
        ENTRY_GROUP,
        "Trigger order is not reduce only.",
    ),
    (
        "a child on the entry's side",
        [limit("buy", 99_000, 1), trigger("buy", 98_000, 1, "sl")],
        ENTRY_GROUP,
        "Trigger order has unexpected side.",
    ),
]


@pytest.mark.parametrize(("order", "text", "status"), [row[1:] for row in PER_ORDER], ids=[row[0] for row in PER_ORDER])
def test_an_order_is_refused_with_the_protocols_text_and_remembered_under_its_status(
    order: NewOrder, text: str, status: str | None
) -> None:
    arena = Arena()
    arena.market("BTC", 100_000)
    before = arena.trader().account.export()
    assert arena.place(ANN, order) == [Refusal(text)]
    assert arena.live() == []
    assert arena.trader().account.export() == before
    assert [view.status for view in arena.trader().history] == ([] if status is None else [status])
    arena.check()


@pytest.mark.parametrize(("orders", "grouping", "text"), [row[1:] for row in BATCH], ids=[row[0] for row in BATCH])
def test_one_error_stands_for_a_batch_that_cannot_be_read(orders: list[NewOrder], grouping: str, text: str) -> None:
    arena = Arena()
    assert arena.place(ANN, *orders, grouping=grouping) == [Refusal(text)]


def test_texts_name_the_asset_where_the_switch_says_so() -> None:
    arena = Arena(suffix=True)
    assert arena.place(ANN, limit("sell", "100", "1", "SOL", reduce=True)) == [
        Refusal("Reduce only order would increase position. asset=1")
    ]
    assert arena.engine.placing.cancel(ANN, 1, 7) == "Order was never placed, already canceled, or filled. asset=1"


def test_a_market_order_in_an_empty_book_finds_no_liquidity() -> None:
    arena = Arena()
    assert arena.place(ANN, limit("buy", 105_000, "0.01", tif=FRONTEND_MARKET)) == [
        Refusal("No liquidity available for market order.")
    ]


def test_an_oracle_far_from_the_mark_refuses_what_is_near_the_mark() -> None:
    arena = Arena()
    arena.mark("SOL", 100, oracle=400)
    assert arena.place(ANN, limit("buy", 75, 1, "SOL")) == [Refusal("Order price too far from oracle")]


def test_too_many_open_orders_are_refused_and_the_thousandth_may_not_be_a_trigger() -> None:
    arena = Arena()
    arena.deposit(ANN, 1_000_000)
    for _ in range(999):
        assert isinstance(arena.place(ANN, limit("buy", 90, "0.2", "SOL"))[0], Resting)
    assert isinstance(arena.place(ANN, limit("buy", 90, "0.2", "SOL"))[0], Resting)
    for order in (limit("buy", 90, "0.2", "SOL"), trigger("sell", 80, 1, "sl", "SOL")):
        assert arena.place(ANN, order) == [Refusal("Too many open orders")]


def test_a_position_may_not_grow_into_a_tier_that_forbids_its_leverage() -> None:
    arena = Arena()
    arena.market("BTC", 100_000)
    assert arena.engine.treasury.update_leverage(ANN, 0, Leverage(MarginMode.CROSS, 40)) is None
    assert arena.place(ANN, limit("buy", 99_000, "1.6")) == [
        Refusal("Order would cause position to exceed margin tier limit at current leverage")
    ]
    assert isinstance(arena.place(ANN, limit("buy", 99_000, "1.4"))[0], Resting)
    assert isinstance(arena.place(ANN, limit("buy", 99_000, "0.2"))[0], Refusal), "resting orders count too"


def test_answers_tell_what_became_of_the_order() -> None:
    arena = Arena()
    arena.market("BTC", 100_000, "0.05")
    resting = arena.place(ANN, limit("buy", 99_000, "0.01", cloid="0x" + "1" * 32))[0]
    assert isinstance(resting, Resting)
    assert resting.cloid == "0x" + "1" * 32
    filled = arena.place(ANN, limit("buy", 100_001, "0.02"))[0]
    assert filled == Filled(filled.oid, None, Decimal("0.02"), Decimal(100_001))  # type: ignore[union-attr]
    partly = arena.place(ANN, limit("buy", 100_001, "0.1"))[0]
    assert isinstance(partly, Resting), "a rest that stays in the book is what the answer names"
    immediate = arena.place(ANN, limit("sell", 99_999, "0.5", tif=IOC))[0]
    assert isinstance(immediate, Filled)
    assert immediate.total_size == Decimal("0.05"), "the bid at 99999 only: our own at 100001 left without trading"
    assert isinstance(arena.place(ANN, trigger("sell", 90_000, "0.01", "sl"))[0], Waiting)
    arena.check()


def test_the_average_price_weighs_every_level() -> None:
    arena = Arena()
    arena.others("SOL", "sell", 101, 1)
    arena.others("SOL", "sell", 104, 2)
    reply = arena.place(ANN, limit("buy", 105, 3, "SOL", tif=IOC))[0]
    assert isinstance(reply, Filled)
    assert reply.average_price == Decimal(103)


def test_margin_is_kept_for_resting_orders_and_given_back_by_cancel() -> None:
    arena = Arena()
    assert isinstance(arena.place(ANN, limit("buy", 100_000, "1.5"))[0], Resting)
    assert isinstance(arena.place(ANN, limit("buy", 100_000, "1"))[0], Refusal)
    assert arena.engine.statements.account(ANN).withdrawable == 2_500
    assert isinstance(arena.place(ANN, limit("sell", 100_100, "1.5"))[0], Resting), "only the worse side is kept"
    for order in arena.live():
        assert arena.engine.placing.cancel(ANN, 0, order.oid) is None
    assert arena.engine.statements.account(ANN).withdrawable == 10_000
    arena.check()


def test_a_full_position_can_be_turned_round() -> None:
    arena = Arena()
    arena.market("BTC", 100_000)
    assert isinstance(arena.place(ANN, limit("buy", 100_001, "1.9", tif=IOC))[0], Filled)
    assert isinstance(arena.place(ANN, limit("sell", 99_999, "3.7", tif=IOC))[0], Filled)
    assert arena.position() == Decimal("-1.8")
    arena.check()


class TestReduceOnly:
    def long(self, size: str = "0.1") -> Arena:
        arena = Arena()
        arena.market("BTC", 100_000)
        arena.place(ANN, limit("buy", 100_001, size, tif=IOC))
        arena.happened()
        return arena

    @pytest.mark.parametrize(
        "order", [limit("buy", 99_000, "0.01", reduce=True), limit("buy", 101_000, "0.01", reduce=True, tif=IOC)]
    )
    def test_the_wrong_side_is_refused(self, order: NewOrder) -> None:
        assert self.long().place(ANN, order) == [Refusal("Reduce only order would increase position.")]

    def test_it_is_capped_to_the_position_and_never_crosses_zero(self) -> None:
        arena = self.long()
        reply = arena.place(ANN, limit("sell", 99_000, 5, reduce=True, tif=IOC))[0]
        assert isinstance(reply, Filled)
        assert reply.total_size == Decimal("0.1")
        assert arena.position() == 0

    def test_resting_ones_never_together_exceed_the_position_and_the_older_go(self) -> None:
        arena = self.long()
        for price in (101_000, 102_000, 103_000):
            arena.place(ANN, limit("sell", price, "0.06", reduce=True))
        assert [order.price for order in arena.live()] == [103_000]
        canceled = [view for view in arena.trader().history if view.status == "reduceOnlyCanceled"]
        assert [view.price for view in canceled] == [101_000, 102_000]
        arena.check()

    def test_one_alone_shrinks_with_the_position(self) -> None:
        arena = self.long()
        arena.place(ANN, limit("sell", 101_000, "0.1", reduce=True))
        arena.place(ANN, limit("sell", 99_999, "0.04", tif=IOC))
        assert [order.size for order in arena.live()] == [Decimal("0.06")]
        arena.check()

    def test_all_go_when_the_position_closes_or_turns(self) -> None:
        for size in ("0.1", "0.3"):
            arena = self.long()
            arena.place(ANN, limit("sell", 101_000, "0.1", reduce=True))
            arena.place(ANN, limit("sell", 99_999, size, tif=IOC))
            assert arena.live() == []
            assert arena.trader().history.rows[-1].status == "reduceOnlyCanceled"
            arena.check()

    def test_dust_may_be_closed_only_whole(self) -> None:
        arena = self.long("0.00012")
        arena.mark("BTC", 80_000)
        arena.market("BTC", 80_000)
        assert arena.place(ANN, limit("sell", 79_000, "0.00011", reduce=True, tif=IOC)) == [
            Refusal("Order must have minimum value of $10.")
        ]
        assert isinstance(arena.place(ANN, limit("sell", 79_000, "0.00012", reduce=True, tif=IOC))[0], Filled)

    def test_it_needs_no_margin(self) -> None:
        arena = self.long("1.9")
        assert isinstance(arena.place(ANN, limit("sell", 100_500, "1.9", reduce=True))[0], Resting)


def test_a_self_trade_cancels_the_resting_order_without_a_fee() -> None:
    arena = Arena()
    arena.place(ANN, limit("sell", 100_000, "0.1"))
    arena.others("BTC", "sell", 100_100, "0.1")
    arena.happened()
    reply = arena.place(ANN, limit("buy", 100_100, "0.1"))[0]
    assert isinstance(reply, Filled)
    assert reply.average_price == 100_100
    assert [view.status for view in arena.trader().history][-2:] == ["selfTradeCanceled", "filled"]
    assert len(arena.trader().fills) == 1
    arena.check()


def test_a_resting_order_that_lost_its_margin_is_removed_when_it_would_trade() -> None:
    arena = Arena()
    arena.market("SOL", 100, 100_000, step="0.1")
    arena.place(ANN, limit("buy", 101, 1_000, "SOL", tif=IOC))
    arena.place(ANN, limit("buy", 100_000, "0.9"))
    arena.mark("SOL", 96)
    arena.others("BTC", "buy", 99_000, 1)
    arena.sweep("BTC", "sell", "0.5")
    assert arena.position() == 0
    assert arena.trader().history.rows[-1].status == "marginCanceled"
    assert len(arena.books["BTC"]) == 1, "the next bid traded instead"
    arena.check()


class TestModify:
    def resting(self) -> tuple[Arena, int]:
        arena = Arena()
        arena.market("BTC", 100_000)
        reply = arena.place(ANN, limit("buy", 99_000, "0.1", cloid="0x" + "2" * 32))[0]
        assert isinstance(reply, Resting)
        arena.happened()
        return arena, reply.oid

    def test_the_new_order_opens_before_the_old_one_is_canceled(self) -> None:
        arena, oid = self.resting()
        reply = arena.engine.placing.modify(
            ANN, oid, limit("buy", 98_000, "0.2", cloid="0x" + "2" * 32), always_place=False
        )
        assert isinstance(reply, Resting)
        assert arena.statuses() == [(reply.oid - 500_000_000_000, "open"), (oid - 500_000_000_000, "canceled")]
        assert [(one.oid, one.size, one.cloid) for one in arena.live()] == [
            (reply.oid, Decimal("0.2"), "0x" + "2" * 32)
        ]
        arena.check()

    def test_a_smaller_size_keeps_the_turn_and_anything_else_loses_it(self) -> None:
        for size, first in (("0.04", True), ("0.2", False)):
            arena, oid = self.resting()
            arena.others("BTC", "buy", 99_000, "0.1")
            arena.engine.placing.modify(ANN, oid, limit("buy", 99_000, size), always_place=False)
            arena.sweep("BTC", "sell", 1000)
            arena.sweep("BTC", "sell", "0.02")
            assert (arena.position() > 0) is first
            arena.check()

    def test_the_margin_of_the_old_order_counts_for_the_new_one(self) -> None:
        arena = Arena()
        reply = arena.place(ANN, limit("buy", 99_000, 2))[0]
        assert isinstance(reply, Resting)
        assert isinstance(
            arena.engine.placing.modify(ANN, reply.oid, limit("buy", 99_500, 2), always_place=False), Resting
        )
        arena.check()

    @pytest.mark.parametrize(
        ("new", "text"),
        [
            (limit("buy", 100_500, "0.1"), "Post only order would have immediately matched, bbo was 99999@100001."),
            (limit("buy", 99_500, "0.1", tif=IOC), "Attempted to modify to invalid new order"),
            (limit("buy", 99, "0.2", "SOL"), "Attempted to modify to invalid new order"),
            (limit("buy", 99_500, 5), "Insufficient margin to place order."),
            (limit("buy", 99_500, "0.1", reduce=True), "Reduce only order would increase position."),
        ],
    )
    def test_an_impossible_replacement_leaves_the_old_order_alone(self, new: NewOrder, text: str) -> None:
        arena, oid = self.resting()
        assert arena.engine.placing.modify(ANN, oid, new, always_place=False) == Refusal(text)
        assert [order.oid for order in arena.live()] == [oid]
        arena.check()

    def test_what_is_gone_cannot_be_modified_unless_placing_anyway_is_asked_for(self) -> None:
        arena, oid = self.resting()
        arena.engine.placing.cancel(ANN, 0, oid)
        new = limit("buy", 98_000, "0.1")
        assert arena.engine.placing.modify(ANN, oid, new, always_place=False) == Refusal(
            "Cannot modify canceled or filled order"
        )
        assert arena.engine.placing.modify(BOB, oid, new, always_place=False) == Refusal(
            "Cannot modify canceled or filled order"
        )
        assert isinstance(arena.engine.placing.modify(ANN, oid, new, always_place=True), Resting)

    def test_a_crossing_replacement_trades_when_always_placed(self) -> None:
        arena, oid = self.resting()
        assert isinstance(
            arena.engine.placing.modify(ANN, oid, limit("buy", 100_500, "0.1"), always_place=True), Filled
        )
        assert arena.live() == []
        arena.check()


def test_cancel_wants_owner_asset_and_a_live_order() -> None:
    arena = Arena()
    reply = arena.place(ANN, limit("buy", 99_000, "0.1", cloid="0x" + "3" * 32))[0]
    assert isinstance(reply, Resting)
    cancel, gone = arena.engine.placing.cancel, "Order was never placed, already canceled, or filled."
    assert cancel(BOB, 0, reply.oid) == gone
    assert cancel(ANN, 1, reply.oid) == gone
    assert cancel(ANN, 0, "0x" + "3" * 32) is None
    assert cancel(ANN, 0, reply.oid) == gone


def test_whole_position_triggers_need_a_position() -> None:
    arena = Arena()
    assert arena.place(ANN, trigger("sell", 90_000, 0, "sl"), grouping=POSITION_GROUP) == [
        Refusal("Reduce only order would increase position.")
    ]
