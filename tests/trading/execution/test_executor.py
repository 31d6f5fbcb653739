"""No bytes before the intent is on disk, nothing sent twice, and every fate found out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import (
    HlError,
    JournalUnavailable,
    OutcomeUnknown,
    RateLimited,
    VenueRefused,
    VenueUnreachable,
)
from hlmaster.core.events import ActionResolved, Notice, OrderChanged, Rejected, Severity, TrackedOrder
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import (
    ActionKind,
    ApprovalMint,
    Approved,
    AssetSnapshot,
    Intent,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    Purpose,
    ReplyKind,
    VenueOrder,
    Verdict,
)
from hlmaster.trading.execution.executor import DISK_PATIENCE_SECONDS, Executor
from hlmaster.trading.execution.resolver import Resolver
from hlmaster.trading.execution.tracker import OrderTracker
from tests.hostile.virtual_time import virtual
from tests.trading.scenes import NOW, D, MemoryStore, order
from tests.trading.venues import LIFETIME_MS, MemoryJournal, MemoryVenue
from tests.turns import turns

MINT = ApprovalMint()
LOST = OutcomeUnknown("The exchange's answer was lost.", "It is being looked up.")


@dataclass
class Scene:
    bus: Bus = field(default_factory=Bus)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    events: list[str] = field(default_factory=list)
    why_not: str | None = None

    def __post_init__(self) -> None:
        self.venue = MemoryVenue(self.bus, self.clock, events=self.events)
        self.journal = MemoryJournal(self.events)
        self.tracker = OrderTracker(self.bus, self.clock, MemoryStore())
        self.resolver = Resolver(self.bus, self.clock, self.venue, self.journal, self.tracker)
        self.executor = Executor(
            self.bus, self.clock, self.venue, self.journal, self.tracker, lambda orders: self.look, self.resolver
        )
        self.notices: list[Notice] = []
        self.rejected: list[Rejected] = []
        self.bus.subscribe(Notice, self.notices.append)
        self.bus.subscribe(Rejected, self.rejected.append)

    def look(self, prepared: Prepared) -> str | None:
        return self.why_not

    async def place(self, *orders: Order) -> TrackedOrder:
        (first, *_) = await self.executor.place([approved(item) for item in orders])
        return first

    async def change(self, *placed: TrackedOrder) -> TrackedOrder:
        """To another price; raises VenueRefused with why the first was not changed."""
        done = await self.executor.modify([(one, approved(other_price(one))) for one in placed])
        if done[0][1] is not None:
            raise VenueRefused(done[0][1])
        return done[0][0]

    async def settled(self, name: str) -> TrackedOrder:
        """Let the resolution run on the manual clock until the order is out of doubt."""
        for _ in range(200):
            await asyncio.sleep(0)
            found = self.tracker.get(name)
            if found is not None and (found.status.is_final or found.status.is_live) and not found.resolving:
                return found
        raise AssertionError(f"{name} is still in doubt")


def approved(wanted: Order) -> Approved:
    return MINT.approve(wanted, Verdict(()))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.executor.stop()
    await made.resolver.stop()


def passive(**more: Any) -> Order:
    return order(price="2900", **more)


async def test_the_intent_is_on_disk_before_the_bytes_leave(scene: Scene) -> None:
    placed = await scene.place(order())
    assert scene.events == ["commit", "send"]
    (intent,) = scene.journal.intents
    assert (intent.order, intent.kind, intent.expires_ms) == (placed.order, ActionKind.ORDER, NOW + LIFETIME_MS)
    assert placed.status is OrderStatus.FILLED


async def test_an_order_is_known_before_anything_is_awaited(scene: Scene) -> None:
    wanted = order()
    placing = asyncio.create_task(scene.place(wanted))
    scene.journal.full = True
    await asyncio.sleep(0)
    assert scene.tracker.get(wanted.client_order_id) is not None
    await placing


async def test_no_entry_leaves_without_a_journal(scene: Scene) -> None:
    scene.journal.full = True
    placed = await scene.place(order())
    assert (placed.status, scene.venue.sent) == (OrderStatus.REJECTED, [])
    assert placed.text.startswith("Not sent. The disk is full.")
    assert [fact.order for fact in scene.rejected] == [placed.order]


async def test_an_entry_with_its_stop_is_an_entry(scene: Scene) -> None:
    scene.journal.full = True
    await scene.place(order(), order(Side.SELL, reduce_only=True))
    assert scene.venue.sent == []


async def test_an_exit_leaves_without_a_journal_and_says_so(scene: Scene) -> None:
    scene.journal.full = True
    scene.venue.positions["ETH"] = D(1)
    placed = await scene.place(order(Side.SELL, reduce_only=True))
    assert placed.status is OrderStatus.FILLED
    assert [notice.severity for notice in scene.notices] == [Severity.CRITICAL]


async def test_the_last_look_stops_an_order_that_is_already_on_disk(scene: Scene) -> None:
    scene.why_not = "You paused trading."
    placed = await scene.place(order())
    assert (placed.status, placed.text) == (OrderStatus.REJECTED, "Not sent. You paused trading.")
    assert scene.events == ["commit"]


@pytest.mark.parametrize("error", [VenueUnreachable("No line."), RateLimited("Too many."), VenueRefused("No.")])
async def test_what_never_arrived_is_rejected_as_not_sent(scene: Scene, error: HlError) -> None:
    scene.venue.script.append(error)
    placed = await scene.place(order())
    assert (placed.status, placed.text) == (OrderStatus.REJECTED, f"Not sent. {error}")
    await asyncio.sleep(0)
    assert scene.venue.asked == []


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (OrderReply(ReplyKind.RESTING, 7), OrderStatus.RESTING),
        (OrderReply(ReplyKind.WAITING, 7), OrderStatus.WAITING),
        (OrderReply(ReplyKind.FILLED, 7, D("0.5"), D(3000)), OrderStatus.FILLED),
        (OrderReply(ReplyKind.REJECTED, text="Insufficient margin."), OrderStatus.REJECTED),
        (OrderReply(ReplyKind.UNRECOGNISED, text="Unknown answer."), OrderStatus.UNKNOWN),
    ],
)
async def test_the_reply_decides(scene: Scene, reply: OrderReply, status: OrderStatus) -> None:
    scene.venue.script.append((reply,))
    placed = await scene.place(order())
    assert placed.status is status
    assert [fact.text for fact in scene.rejected] == [reply.text] * (status is OrderStatus.REJECTED)


# --- changing and cancelling ---


async def resting(scene: Scene) -> TrackedOrder:
    placed = await scene.place(passive())
    assert placed.status is OrderStatus.RESTING
    return placed


def other_price(placed: TrackedOrder) -> Order:
    return order(price="2800", client_order_id=placed.client_order_id)


async def test_a_modify_keeps_the_client_id_and_takes_the_new_venue_id(scene: Scene) -> None:
    placed = await resting(scene)
    after = await scene.change(placed)
    assert (after.client_order_id, after.order_id) == (placed.client_order_id, 102)
    assert (after.status, after.order.price) == (OrderStatus.RESTING, D(2800))
    assert [intent.kind for intent in scene.journal.intents] == [ActionKind.ORDER, ActionKind.MODIFY]


@pytest.mark.parametrize("trouble", ["refused", "unreachable", "last look", "journal"])
async def test_a_modify_that_is_not_done_leaves_the_old_order(scene: Scene, trouble: str) -> None:
    placed = await resting(scene)
    if trouble == "refused":
        scene.venue.script.append((OrderReply(ReplyKind.REJECTED, text="No."),))
    elif trouble == "unreachable":
        scene.venue.script.append(VenueUnreachable("No line."))
    elif trouble == "last look":
        scene.why_not = "You paused trading."
    else:
        scene.journal.full = True
    with pytest.raises(JournalUnavailable if trouble == "journal" else (VenueRefused, VenueUnreachable)):
        await scene.change(placed)
    assert scene.tracker.get(placed.client_order_id) == placed


async def test_several_changes_are_one_action_and_each_has_its_own_answer(scene: Scene) -> None:
    first, gone, last = [await resting(scene) for _ in range(3)]
    scene.venue.orders.pop(gone.order_id or 0)
    answers = await scene.executor.modify([(one, approved(other_price(one))) for one in (first, gone, last)])
    assert len(scene.venue.sent) == 4
    assert [why is None for _, why in answers] == [True, False, True]
    prices = [found.order.price for one in (first, gone, last) if (found := scene.tracker.get(one.client_order_id))]
    assert prices == [D(2800), D(2900), D(2800)]


async def test_of_several_changes_only_those_without_a_clear_answer_are_found_out(scene: Scene) -> None:
    clear, unclear = await resting(scene), await resting(scene)
    scene.venue.script.append((OrderReply(ReplyKind.RESTING, 900), OrderReply(ReplyKind.UNRECOGNISED, text="?")))
    scene.venue.deaf = VenueUnreachable("No line.")
    answers = await scene.executor.modify([(one, approved(other_price(one))) for one in (clear, unclear)])
    assert [after.resolving for after, _ in answers] == [False, True]
    assert [doubt.subjects for doubt in scene.resolver.open] == [(unclear.client_order_id,)]


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_modify_of_unknown_fate_is_looked_up(scene: Scene, arrived: bool) -> None:
    placed = await resting(scene)
    if arrived:
        scene.venue.lost = LOST
    else:
        scene.venue.script.append(LOST)
    await scene.change(placed)
    after = await scene.settled(placed.client_order_id)
    assert (after.status, after.order.price) == (OrderStatus.RESTING, D(2800 if arrived else 2900))
    assert len(scene.venue.sent) == 2


async def test_cancelling_what_is_gone_is_no_failure_unless_it_was_filled(scene: Scene) -> None:
    alive, gone, taken = [await resting(scene) for _ in range(3)]
    for name, status in ((gone, OrderStatus.CANCELED), (taken, OrderStatus.FILLED)):
        listed = scene.venue.orders.pop(name.order_id or 0)
        left = D(0) if status is OrderStatus.FILLED else listed.size
        scene.venue.statuses[name.client_order_id] = VenueOrder(
            "ETH", Side.BUY, D(2900), left, D("0.5"), listed.order_id, name.client_order_id, NOW, status=status
        )
    results = await scene.executor.cancel([alive, gone, taken])
    assert [why for _, why in results][:2] == [None, None]
    assert "filled" in (results[2][1] or "")
    states = [found.status for item in (alive, gone, taken) if (found := scene.tracker.get(item.client_order_id))]
    assert states == [OrderStatus.CANCELED, OrderStatus.CANCELED, OrderStatus.FILLED]


async def test_a_cancel_of_unknown_fate_is_looked_up(scene: Scene) -> None:
    placed = await resting(scene)
    scene.venue.lost = LOST
    with pytest.raises(OutcomeUnknown):
        await scene.executor.cancel([placed])
    now = scene.tracker.get(placed.client_order_id)
    assert now is not None
    assert now.status is OrderStatus.CANCELED


async def test_a_refused_leverage_is_an_error(scene: Scene) -> None:
    await scene.executor.set_leverage("ETH", Leverage(MarginMode.CROSS, 5))
    scene.venue.script.append((OrderReply(ReplyKind.REJECTED, text="Too high."),))
    with pytest.raises(VenueRefused, match="Too high"):
        await scene.executor.set_leverage("ETH", Leverage(MarginMode.CROSS, 50))


# --- every action, and its steps ---


async def test_every_action_has_its_intents_on_disk_before_it_is_sent(scene: Scene) -> None:
    placed = await resting(scene)
    await scene.change(placed)
    await scene.executor.cancel([placed])
    await scene.executor.set_leverage("ETH", Leverage(MarginMode.CROSS, 5))
    await scene.executor.add_isolated_margin("ETH", D(5))
    await scene.executor.schedule_cancel(NOW + 60_000)
    assert scene.events == ["commit", "send"] * 6
    kinds = [ActionKind.ORDER, ActionKind.MODIFY, ActionKind.CANCEL]
    kinds += [ActionKind.LEVERAGE, ActionKind.MARGIN, ActionKind.SCHEDULE_CANCEL]
    assert [intent.kind for intent in scene.journal.intents] == kinds
    subjects = [placed.client_order_id] * 3 + ["ETH", "ETH", "account"]
    assert [intent.subject for intent in scene.journal.intents] == subjects
    assert len({intent.nonce for intent in scene.journal.intents}) == 6
    assert {kind for kind, _ in scene.journal.concluded} == set(kinds[1:])


async def test_an_intent_says_all_that_was_signed(scene: Scene) -> None:
    await scene.place(order(Side.SELL, "0.50", "2900.0", reduce_only=True, purpose=Purpose.CLOSE))
    (intent,) = scene.journal.intents
    assert (intent.asset, intent.price, intent.size) == (AssetSnapshot("ETH", 1, 4), "2900", "0.5")
    assert (intent.purpose, intent.side, intent.reduce_only) == (Purpose.CLOSE, Side.SELL, True)
    assert (intent.payload_hash, intent.expires_ms) == ("hash", NOW + LIFETIME_MS)


async def test_the_steps_come_in_the_promised_order(scene: Scene) -> None:
    steps = scene.events
    scene.bus.subscribe(OrderChanged, lambda fact: steps.append(str(fact.order.status)))
    prepare, look = scene.venue.prepare_orders, scene.look
    scene.venue.prepare_orders = lambda *what: steps.append("prepare") or prepare(*what)  # type: ignore[func-returns-value, method-assign]
    scene.look = lambda what: steps.append("look") or look(what)  # type: ignore[func-returns-value, method-assign, assignment]
    scene.venue.held = True
    await scene.place(passive())
    assert steps == ["intended", "prepare", "intended", "commit", "look", "sent", "send", "resting"]


@pytest.mark.parametrize("kind", ["leverage", "margin", "schedule"])
async def test_what_is_no_exit_does_not_go_without_a_disk(scene: Scene, kind: str) -> None:
    scene.journal.full = True
    verbs = {
        "leverage": lambda: scene.executor.set_leverage("ETH", Leverage(MarginMode.CROSS, 5)),
        "margin": lambda: scene.executor.add_isolated_margin("ETH", D(5)),
        "schedule": lambda: scene.executor.schedule_cancel(None),
    }
    with pytest.raises(JournalUnavailable):
        await verbs[kind]()
    assert scene.venue.sent == []


@virtual
async def test_a_disk_that_hangs_holds_no_exit_back_and_every_entry() -> None:
    scene = Scene()
    disk = asyncio.Event()

    async def hang(intents: Sequence[Intent]) -> None:
        await disk.wait()
        scene.journal.intents += intents

    scene.venue.positions["ETH"] = D(1)
    scene.journal.commit = hang  # type: ignore[method-assign]
    entry = asyncio.create_task(scene.place(order()))
    assert (await scene.place(order(Side.SELL, reduce_only=True))).status is OrderStatus.FILLED
    assert asyncio.get_running_loop().time() == DISK_PATIENCE_SECONDS
    assert [sent.orders[0].reduce_only for sent in scene.venue.sent] == [True]
    disk.set()
    await entry
    assert [sent.orders[0].reduce_only for sent in scene.venue.sent] == [True, False]
    assert [intent.reduce_only for intent in scene.journal.intents] == [False, True]
    await scene.executor.stop()


async def test_a_send_that_is_given_up_is_found_out(scene: Scene) -> None:
    never = asyncio.Event()

    async def send(prepared: Prepared) -> tuple[OrderReply, ...]:
        if prepared.kind is ActionKind.ORDER:
            await never.wait()
        return await before(prepared)

    wanted, before = order(), scene.venue.send
    scene.venue.send = send  # type: ignore[method-assign]
    changes: list[OrderChanged] = []
    scene.bus.subscribe(OrderChanged, changes.append)
    placing = asyncio.create_task(scene.place(wanted))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    placing.cancel()
    await asyncio.gather(placing, return_exceptions=True)
    assert OrderStatus.UNKNOWN in [fact.order.status for fact in changes]
    assert (await scene.settled(wanted.client_order_id)).status is OrderStatus.REJECTED


async def test_an_error_that_nobody_expected_leaves_nothing_on_its_way(scene: Scene) -> None:
    async def fail(intents: Sequence[Intent]) -> None:
        raise ZeroDivisionError

    scene.journal.commit = fail  # type: ignore[method-assign]
    wanted = order()
    with pytest.raises(ZeroDivisionError):
        await scene.place(wanted)
    assert scene.tracker.unsettled() == []
    assert scene.venue.sent == []


async def test_a_change_in_doubt_bears_no_second_one(scene: Scene) -> None:
    placed = await resting(scene)
    scene.venue.deaf = VenueUnreachable("No line.")
    scene.venue.script.append(LOST)
    after = await scene.change(placed)
    assert after.resolving
    assert after.replacement is not None
    with pytest.raises(VenueRefused, match="still being found out"):
        await scene.change(after)


async def test_a_change_with_an_answer_in_unknown_words_is_found_out(scene: Scene) -> None:
    placed = await resting(scene)
    scene.venue.script.append((OrderReply(ReplyKind.UNRECOGNISED, text="?"),))
    assert (await scene.change(placed)).resolving
    found = await scene.settled(placed.client_order_id)
    assert (found.resolving, found.order.price) == (False, D(2900))


async def test_a_cancel_with_an_answer_in_unknown_words_is_found_out(scene: Scene) -> None:
    placed = await resting(scene)
    scene.venue.script.append((OrderReply(ReplyKind.UNRECOGNISED, text="?"),))
    ((_, why),) = await scene.executor.cancel([placed])
    assert why == "?"
    assert [doubt.kind for doubt in scene.resolver.open] == [ActionKind.CANCEL]


async def test_leverage_of_unknown_fate_is_an_error_until_it_is_known(scene: Scene) -> None:
    resolved: list[ActionResolved] = []
    scene.bus.subscribe(ActionResolved, resolved.append)
    scene.venue.script.append(LOST)
    with pytest.raises(OutcomeUnknown):
        await scene.executor.set_leverage("ETH", Leverage(MarginMode.CROSS, 5))
    await turns()
    assert [(fact.kind, fact.arrived) for fact in resolved] == [(ActionKind.LEVERAGE, False)]
