"""What a person does by hand ends as they meant it, or says plainly how it did not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from hlmaster.core.errors import OutcomeUnknown, VenueUnreachable
from hlmaster.core.events import OpenOrdersSnapshot, Severity
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import ActionKind, Intent, Order, OrderReply, ReplyKind, VenueOrder
from hlmaster.trading.execution.flatten import EXIT_CAPS
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from tests.desk.desks import Scene, running
from tests.trading.scenes import NOW, D

GONE = VenueUnreachable("No line.")


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with running() as made:
        yield made


def ticket(side: Side = Side.BUY, size: str = "0.5", kind: TicketKind = TicketKind.MARKET, **more: Any) -> Ticket:
    return Ticket("ETH", side, kind, SizeUnit.COIN, D(size), **more)


async def resting(scene: Scene, price: str = "2900", size: str = "0.5") -> str:
    outcome = await scene.desk.manual.place(ticket(size=size, kind=TicketKind.LIMIT, limit_price=D(price)))
    assert outcome.ok, outcome.sentence
    return outcome.orders[0].client_order_id


async def test_a_ticket_becomes_a_position(scene: Scene) -> None:
    outcome = await scene.desk.manual.place(ticket())
    assert outcome.ok
    assert outcome.sentence == "Buy 0.5 ETH market: filled at 3000."
    assert scene.desk.portfolio.size("ETH") == D("0.5")


async def test_a_refused_ticket_says_why_sends_nothing_and_is_remembered(scene: Scene) -> None:
    outcome = await scene.desk.manual.place(ticket(size="100"))
    assert not outcome.ok
    assert outcome.verdict is not None
    assert scene.venue.sent == []
    assert {rule for _, _, rule, _ in scene.store.refusals} == {result.rule for result in outcome.verdict.failures}


async def test_an_empty_ticket_names_its_problem(scene: Scene) -> None:
    assert (await scene.desk.manual.place(ticket(size="0"))).sentence == "Enter a size above zero."


LADDER: dict[str, Any] = {
    "stop_price": D(2900),
    "attach_stop": True,
    "targets": (Target(D(3100), D(50)), Target(D(3200), D(50))),
}


async def test_several_targets_are_sent_part_by_part_and_are_no_duplicates(scene: Scene) -> None:
    wanted = ticket(kind=TicketKind.LIMIT, limit_price=D(2950), **LADDER)
    assert scene.desk.manual.preview(wanted).can_send
    outcome = await scene.desk.manual.place(wanted)
    assert outcome.ok, outcome.sentence
    assert [[order.size for order in prepared.orders] for prepared in scene.venue.sent] == [[D("0.25")] * 3] * 2
    assert len(outcome.orders) == 2


async def test_exits_of_a_waiting_entry_are_held_against_its_price_and_not_the_mark(scene: Scene) -> None:
    exits: dict[str, Any] = {"stop_price": D(2900), "attach_stop": True, "targets": (Target(D(2980)),)}
    wanted = ticket(kind=TicketKind.LIMIT, limit_price=D(2950), **exits)
    assert scene.desk.manual.preview(wanted).can_send
    assert (await scene.desk.manual.place(wanted)).ok
    alone = ticket(Side.SELL, kind=TicketKind.TAKE_PROFIT_MARKET, trigger_price=D(2980))
    assert "above the mark price" in " ".join(scene.desk.manual.preview(alone).problems)


async def test_limits_count_all_parts_of_a_ticket_together(scene: Scene) -> None:
    most = scene.desk.settings.risk.max_order_value_usd
    wanted = ticket(size=str(most // 2950 + 1), kind=TicketKind.LIMIT, limit_price=D(2950), **LADDER)
    assert not scene.desk.manual.preview(wanted).can_send
    assert not (await scene.desk.manual.place(wanted)).ok
    assert scene.venue.sent == []


async def test_a_part_that_fails_ends_those_after_it(scene: Scene) -> None:
    scene.venue.script.append(GONE)
    outcome = await scene.desk.manual.place(ticket(kind=TicketKind.LIMIT, limit_price=D(2950), **LADDER))
    assert not outcome.ok
    assert "1 of 2 parts were sent; the rest stayed here." in outcome.sentence
    assert len(scene.venue.sent) == 1
    assert not scene.desk.orders.unsettled("ETH")


# --- closing ---


@pytest.mark.parametrize("size", ["1", "-1"])
@pytest.mark.parametrize(("fraction", "left"), [("1", "0"), ("0.25", "0.75"), ("0.33333", "0.6667")])
async def test_a_close_leaves_what_was_meant_to_stay(scene: Scene, size: str, fraction: str, left: str) -> None:
    scene.hold(size)
    outcome = await scene.desk.manual.close("ETH", D(fraction))
    assert outcome.ok, outcome.sentence
    assert scene.desk.portfolio.size("ETH") == D(left) * D(size)
    (prepared,) = scene.venue.sent
    assert all(order.reduce_only for order in prepared.orders)


@pytest.mark.parametrize(
    ("fraction", "words"),
    [("0.00001", "less than one lot"), ("0", "between nothing and all"), ("1.5", "between nothing and all")],
)
async def test_an_impossible_part_is_refused(scene: Scene, fraction: str, words: str) -> None:
    scene.hold("1")
    outcome = await scene.desk.manual.close("ETH", D(fraction))
    assert not outcome.ok
    assert words in outcome.sentence
    assert scene.venue.sent == []


async def test_nothing_to_close_is_said(scene: Scene) -> None:
    assert (await scene.desk.manual.close("ETH")).sentence == "There is no ETH position to close."


async def test_the_cap_widens_until_somebody_takes_the_rest(scene: Scene) -> None:
    scene.hold("1")
    scene.venue.liquidity.extend([D("0.3"), D(0)])
    outcome = await scene.desk.manual.close("ETH")
    assert outcome.ok, outcome.sentence
    sizes = [prepared.orders[0].size for prepared in scene.venue.sent]
    prices = [prepared.orders[0].price for prepared in scene.venue.sent]
    assert sizes == [D(1), D("0.7"), D("0.7")]
    assert prices == sorted(prices, reverse=True)
    assert scene.desk.portfolio.size("ETH") == 0


async def test_a_price_that_nobody_has_seen_is_no_reason_for_a_worse_one(scene: Scene) -> None:
    scene.hold("1")
    scene.venue.script.append(VenueUnreachable("No line."))
    scene.venue.liquidity.extend([D("0.3")])
    outcome = await scene.desk.manual.close("ETH")
    assert outcome.ok, outcome.sentence
    first, again, wider = (prepared.orders[0].price for prepared in scene.venue.sent)
    assert first == again > wider


async def test_a_close_that_nobody_takes_says_what_is_left(scene: Scene) -> None:
    scene.hold("1")
    scene.venue.liquidity.extend([D("0.3")] + [D(0)] * len(EXIT_CAPS))
    outcome = await scene.desk.manual.close("ETH")
    assert not outcome.ok
    assert "0.7 ETH of it could not be closed" in outcome.sentence
    assert len(scene.venue.sent) == len(EXIT_CAPS)


async def test_fills_that_lag_behind_the_reply_are_fetched_and_nothing_is_closed_twice(scene: Scene) -> None:
    scene.hold("1")
    scene.venue.held = True
    outcome = await scene.desk.manual.close("ETH")
    assert outcome.ok, outcome.sentence
    assert len(scene.venue.sent) == 1
    assert scene.desk.portfolio.size("ETH") == 0


async def test_fills_that_never_come_end_the_close_honestly(scene: Scene) -> None:
    scene.hold("1")
    scene.venue.held, scene.venue.deaf = True, GONE
    outcome = await scene.desk.manual.close("ETH")
    assert not outcome.ok
    assert "not confirmed" in outcome.sentence
    assert len(scene.venue.sent) == 1


async def test_a_close_of_unknown_fate_is_not_tried_again(scene: Scene) -> None:
    scene.hold("1")
    scene.venue.script.append(OutcomeUnknown("The answer was lost."))
    outcome = await scene.desk.manual.close("ETH")
    assert (outcome.ok, len(scene.venue.sent)) == (False, 1)


async def test_two_clicks_close_once(scene: Scene) -> None:
    scene.hold("1")
    first, second = await asyncio.gather(scene.desk.manual.close("ETH"), scene.desk.manual.close("ETH"))
    assert (first.ok, second.ok) == (True, False)
    assert len(scene.venue.sent) == 1


async def test_exits_go_while_trading_is_paused_and_the_journal_refuses(scene: Scene) -> None:
    scene.hold("1")
    scene.desk.pause()
    scene.journal.full = True
    assert not (await scene.desk.manual.place(ticket())).ok
    assert (await scene.desk.manual.close("ETH")).ok


async def test_reverse_closes_and_opens_the_other_side(scene: Scene) -> None:
    scene.hold("1")
    outcome = await scene.desk.manual.reverse("ETH")
    assert outcome.ok, outcome.sentence
    assert scene.desk.portfolio.size("ETH") == -1
    assert [order.reduce_only for sent in scene.venue.sent for order in sent.orders] == [True, False]


async def test_reverse_opens_nothing_when_the_close_was_not_whole(scene: Scene) -> None:
    scene.hold("1")
    scene.venue.liquidity.extend([D("0.3")] + [D(0)] * len(EXIT_CAPS))
    outcome = await scene.desk.manual.reverse("ETH")
    assert not outcome.ok
    assert scene.desk.portfolio.size("ETH") == D("0.7")
    assert all(order.reduce_only for sent in scene.venue.sent for order in sent.orders)


# --- flatten ---


async def test_flatten_all_tells_what_it_did_and_the_books_follow(scene: Scene) -> None:
    scene.hold("1")
    await resting(scene)
    report = await scene.desk.manual.flatten_all()
    assert report.is_flat
    assert (report.cancelled, report.closed) == (("buy 0.5 ETH order at 2900",), ("ETH 1",))
    assert scene.desk.portfolio.positions() == []
    assert scene.notices[-1].severity is Severity.INFO


async def test_flatten_all_that_did_not_reach_flat_is_an_alarm(scene: Scene) -> None:
    scene.venue.deaf = GONE
    assert not (await scene.desk.manual.flatten_all()).is_flat
    assert scene.notices[-1].severity is Severity.CRITICAL
    assert "NOT flat" in scene.notices[-1].sentence


# --- orders ---


async def test_cancel_all_takes_foreign_orders_too_and_of_one_coin_if_asked(scene: Scene) -> None:
    await resting(scene)
    foreign = VenueOrder("BTC", Side.BUY, D(1), D(1), D(1), 99, None, NOW)
    scene.venue.orders[99] = foreign
    scene.desk.bus.publish(OpenOrdersSnapshot(tuple(scene.venue.orders.values()), NOW))
    assert (await scene.desk.manual.cancel_all("ETH")).sentence == "1 order cancelled."
    assert [order.client_order_id for order in scene.desk.orders.live()] == ["oid:99"]
    assert (await scene.desk.manual.cancel_all()).ok
    assert scene.desk.orders.live() == []
    assert (await scene.desk.manual.cancel_all()).sentence == "There is nothing to cancel."


async def test_a_cancel_that_nobody_answers_is_no_success(scene: Scene) -> None:
    name = await resting(scene)
    scene.venue.script.append(GONE)
    outcome = await scene.desk.manual.cancel(name)
    assert not outcome.ok
    assert "Nothing was confirmed" in outcome.sentence
    assert (await scene.desk.manual.cancel(name)).ok
    assert (await scene.desk.manual.cancel(name)).sentence == "This order is not open any more."


async def test_a_changed_order_passes_the_gate_again(scene: Scene) -> None:
    name = await resting(scene)
    refused = await scene.desk.manual.modify(name, price=D("9000"))
    assert refused.verdict is not None
    changed = await scene.desk.manual.modify(name, price=D(2950), size=D(1))
    assert changed.ok, changed.sentence
    (live,) = scene.desk.orders.live()
    assert (live.order.price, live.order.size, live.client_order_id) == (D(2950), D(1), name)


async def test_a_change_needs_margin_only_for_what_it_adds(scene: Scene) -> None:
    scene.desk.survey.leverages["ETH"] = Leverage(MarginMode.CROSS, 2)
    name = await resting(scene, size="6")
    assert scene.desk.survey("ETH").available < 6 * 1450
    changed = await scene.desk.manual.modify(name, price=D(2901))
    assert changed.ok, changed.sentence


def elsewhere(scene: Scene, side: Side = Side.BUY, *, reduce_only: bool = False) -> VenueOrder:
    """An order of another program, without a client id, that both know."""
    order = VenueOrder("ETH", side, D(2900), D(1), D(1), 99, None, NOW, reduce_only)
    scene.venue.orders[99] = order
    scene.desk.orders.report(order)
    return order


def ignoring(scene: Scene, policy: str = "ignore") -> None:
    settings = scene.desk.settings
    execution = settings.execution.model_copy(update={"foreign_orders": policy})
    scene.desk.settings = settings.model_copy(update={"execution": execution})


async def test_an_order_without_a_client_id_is_changed_by_one_of_ours_that_takes_its_place(scene: Scene) -> None:
    elsewhere(scene)
    outcome = await scene.desk.manual.modify("oid:99", price=D(2901))
    assert outcome.ok, outcome
    (live,) = scene.desk.orders.live()
    assert (live.foreign, live.order.price, live.order.size) == (False, 2901, 1)
    assert [prepared.kind for prepared in scene.venue.sent] == [ActionKind.CANCEL, ActionKind.ORDER]


async def test_a_stop_without_a_client_id_is_replaced_before_it_is_cancelled(scene: Scene) -> None:
    scene.hold("1")
    elsewhere(scene, Side.SELL, reduce_only=True)
    scene.venue.price = D(2000)
    outcome = await scene.desk.manual.modify("oid:99", price=D(3100))
    assert outcome.ok, outcome
    kinds = [prepared.kind for prepared in scene.venue.sent if prepared.kind is not ActionKind.MODIFY]
    assert kinds[-2:] == [ActionKind.ORDER, ActionKind.CANCEL]


async def test_an_adopted_order_is_ours_from_then_on(scene: Scene) -> None:
    elsewhere(scene)
    assert scene.desk.manual.adopt("oid:99").ok
    (live,) = scene.desk.orders.live()
    assert (live.foreign, live.order.source) == (False, "adopted")
    scene.desk.orders.report(elsewhere(scene))
    assert not scene.desk.orders.live()[0].foreign
    assert not scene.desk.manual.adopt("oid:99").ok
    assert not scene.desk.manual.adopt("unheard of").ok


async def test_orders_placed_elsewhere_are_adopted_at_once_where_the_settings_say_so(scene: Scene) -> None:
    ignoring(scene, "adopt")
    elsewhere(scene)
    assert [order.foreign for order in scene.desk.orders.live()] == [False]


async def test_ignored_orders_are_touched_by_a_kill_alone(scene: Scene) -> None:
    ignoring(scene)
    elsewhere(scene)
    manual = scene.desk.manual
    for outcome in (await manual.cancel("oid:99"), await manual.modify("oid:99", price=D(2901))):
        assert not outcome.ok
        assert "Adopt it first" in outcome.sentence
    assert (await manual.cancel_all()).sentence == "There is nothing to cancel."
    assert (await manual.cancel_entries()).sentence == "There is nothing to cancel."
    assert len(scene.desk.orders.live()) == 1
    await manual.flatten_all()
    assert scene.desk.orders.live() == []


async def test_leverage_is_kept_within_what_the_coin_allows(scene: Scene) -> None:
    assert not (await scene.desk.manual.set_leverage("ETH", Leverage(MarginMode.CROSS, 26))).ok
    assert (await scene.desk.manual.set_leverage("ETH", Leverage(MarginMode.ISOLATED, 5))).ok
    assert scene.desk.survey("ETH").leverage == Leverage(MarginMode.ISOLATED, 5)


async def test_margin_can_be_added_to_an_isolated_position_alone(scene: Scene) -> None:
    assert "no isolated ETH position" in (await scene.desk.manual.add_margin("ETH", D(5))).sentence
    scene.hold("1")
    assert "no isolated ETH position" in (await scene.desk.manual.add_margin("ETH", D(5))).sentence
    scene.venue.margin_mode = MarginMode.ISOLATED
    scene.venue.publish_account()
    assert "whole cents" in (await scene.desk.manual.add_margin("ETH", D("0.001"))).sentence
    added = await scene.desk.manual.add_margin("ETH", D("5.50"))
    assert (added.ok, added.sentence) == (True, "5.5 USD of margin added to the ETH position.")
    assert (await scene.desk.manual.add_margin("ETH", D(-2))).sentence.endswith("taken back from the ETH position.")
    scene.venue.script.append((OrderReply(ReplyKind.REJECTED, text="Not enough."),))
    assert "Not enough" in (await scene.desk.manual.add_margin("ETH", D(5))).sentence


async def test_a_change_of_leverage_in_doubt_is_read_again_once_it_is_settled(scene: Scene) -> None:
    scene.venue.lost = OutcomeUnknown("The answer was lost.")
    assert not (await scene.desk.manual.set_leverage("BTC", Leverage(MarginMode.CROSS, 3))).ok
    scene.desk.survey.leverages.pop("BTC", None)
    await scene.until(lambda: "BTC" in scene.desk.survey.leverages)


async def test_a_market_entry_whose_price_ran_away_while_the_disk_was_slow_is_not_sent(scene: Scene) -> None:
    disk, commit = asyncio.Event(), scene.journal.commit

    async def slow(intents: Sequence[Intent]) -> None:
        await disk.wait()
        await commit(intents)

    scene.journal.commit = slow  # type: ignore[method-assign]
    placing = asyncio.create_task(scene.desk.manual.place(ticket()))
    await asyncio.sleep(0)
    scene.market.price("ETH", 3030.0)
    disk.set()
    outcome = await placing
    assert not outcome.ok
    assert "moved by 1.00 % after the order was approved" in outcome.sentence
    assert scene.venue.sent == []


async def test_a_later_order_of_an_action_that_was_refused_is_told(scene: Scene) -> None:
    """A pair of which one stands alone is not what was meant."""
    rests, refused = OrderReply(ReplyKind.RESTING, 7), OrderReply(ReplyKind.REJECTED, text="No such price.")
    scene.venue.script.append((rests, refused))
    first, second = (Order("ETH", Side.BUY, D("0.1"), D(price)) for price in (2900, 2800))
    outcome = await scene.desk.manual.submit([first, second])
    assert outcome.ok
    assert "No such price." in outcome.sentence
