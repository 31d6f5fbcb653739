"""Unknown outcomes: settled by the venue's word, by the nonce fence, or by expiry plus proof, and by nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import OutcomeUnknown, VenueUnreachable
from hlmaster.core.events import ActionResolved, FillsReported, Notice, OrderChanged, OrderReported, TrackedOrder
from hlmaster.core.model import Account, Leverage, MarginMode, Side
from hlmaster.core.orders import (
    ActionKind,
    Intent,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    ReplyKind,
    VenueOrder,
    intents_of,
)
from hlmaster.trading.execution.proof import CLEAN_NEGATIVES, EXPIRY_MARGIN_MS
from hlmaster.trading.execution.resolver import NEVER_CAME, Doubt, Resolver
from hlmaster.trading.execution.tracker import OrderTracker
from tests.hostile.virtual_time import virtual
from tests.trading.scenes import NOW, D, MemoryStore, fill, order
from tests.trading.venues import LIFETIME_MS, MemoryJournal, MemoryVenue, item_of

NONCE = NOW + 7
LOST = OutcomeUnknown("The answer was lost.")


class Venue(MemoryVenue):
    """``fence`` is what the next noops are answered with, before the venue's own answer; ``slow_ms`` is the lag of its
    clock behind ours."""

    def __init__(self, bus: Bus, clock: ManualClock) -> None:
        super().__init__(bus, clock)
        self.fence: list[Exception | OrderReply | None] = []
        self.slow_ms = 0

    async def send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        if prepared.kind is ActionKind.NOOP and self.fence:
            answer = self.fence.pop(0)
            if answer is None:
                await super().send(prepared)
                raise LOST
            if isinstance(answer, Exception):
                raise answer
            return (answer,)
        return await super().send(prepared)

    async def account(self) -> Account:
        account = await super().account()
        return replace(account, time_ms=account.time_ms - self.slow_ms)


@dataclass
class Scene:
    bus: Bus = field(default_factory=Bus)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self) -> None:
        self.venue, self.journal = Venue(self.bus, self.clock), MemoryJournal()
        self.tracker = OrderTracker(self.bus, self.clock, MemoryStore())
        self.resolver = Resolver(self.bus, self.clock, self.venue, self.journal, self.tracker)
        self.resolved: list[ActionResolved] = []
        self.bus.subscribe(ActionResolved, self.resolved.append)

    def sent(self, wanted: Order | None = None) -> Order:
        """An order on its way."""
        wanted = wanted or order(price="2900")
        self.tracker.register(wanted)
        self.tracker.prepared(wanted.client_order_id, NOW + LIFETIME_MS)
        self.tracker.mark(wanted.client_order_id, OrderStatus.SENT)
        return wanted

    def doubt(self, *orders: Order, kind: ActionKind = ActionKind.ORDER) -> Doubt:
        names = tuple(one.client_order_id for one in orders)
        made = Doubt(kind, names, NONCE, NOW + LIFETIME_MS, NOW)
        self.resolver.take_up(made)
        return made

    def state(self, wanted: Order) -> TrackedOrder:
        found = self.tracker.get(wanted.client_order_id)
        assert found is not None
        return found

    def lands(self, wanted: Order) -> None:
        """The venue takes it after all, under its nonce."""
        self.venue.carry_out(Prepared(ActionKind.ORDER, b"[]", "", NONCE, None, (item_of(wanted),)))

    async def turns(self, count: int = 300) -> None:
        for _ in range(count):
            await asyncio.sleep(0)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.resolver.stop()


# --- orders ---


async def test_the_venues_word_settles_it(scene: Scene) -> None:
    scene.venue.held = True
    wanted = scene.sent()
    scene.lands(wanted)
    scene.doubt(wanted)
    await scene.turns(10)
    assert scene.state(wanted).status is OrderStatus.RESTING
    assert scene.venue.events == []
    assert scene.resolver.open == ()


async def test_a_fence_that_holds_proves_at_once_that_it_never_came(scene: Scene) -> None:
    wanted = scene.sent()
    scene.doubt(wanted)
    await scene.turns(20)
    assert (scene.state(wanted).status, scene.state(wanted).text) == (OrderStatus.REJECTED, NEVER_CAME)
    assert scene.clock.now_ms() < NOW + LIFETIME_MS
    assert NONCE in scene.venue.nonces
    assert scene.journal.concluded == {(ActionKind.NOOP, NONCE): "done"}
    assert [fact.arrived for fact in scene.resolved] == [False]


async def test_the_fence_is_on_disk_before_it_is_sent_and_without_a_disk_there_is_none(scene: Scene) -> None:
    wanted = scene.sent()
    scene.journal.full = True
    scene.doubt(wanted)
    await scene.turns(5)
    assert "fence" not in scene.venue.events
    scene.journal.full = False
    await scene.turns(20)
    assert [(intent.kind, intent.nonce) for intent in scene.journal.intents] == [(ActionKind.NOOP, NONCE)]
    assert scene.state(wanted).status is OrderStatus.REJECTED


async def test_a_used_nonce_means_that_it_arrived_and_it_is_asked_after_until_found(scene: Scene) -> None:
    scene.venue.held = True
    wanted = scene.sent()
    scene.lands(wanted)
    hidden = scene.venue.statuses.pop(wanted.client_order_id)
    scene.doubt(wanted)
    await scene.turns(3)
    assert scene.state(wanted).status is OrderStatus.SENT
    assert scene.venue.events == ["fence"]
    scene.venue.statuses[wanted.client_order_id] = hidden
    await scene.turns(10)
    assert scene.state(wanted).status is OrderStatus.RESTING


async def test_after_a_fence_without_an_answer_a_used_nonce_proves_nothing(scene: Scene) -> None:
    scene.venue.fence = [None]
    wanted = scene.sent()
    scene.doubt(wanted)
    await scene.turns(4)
    assert scene.state(wanted).status is OrderStatus.SENT, "the nonce may have been used by the fence itself"
    await scene.turns()
    assert scene.state(wanted).status is OrderStatus.REJECTED
    assert scene.clock.now_ms() > NOW + LIFETIME_MS + EXPIRY_MARGIN_MS


async def test_without_a_fence_it_takes_expiry_by_the_venues_clock_and_three_negatives_five_seconds_apart(
    scene: Scene,
) -> None:
    scene.venue.fence = [OrderReply(ReplyKind.REJECTED, text="Invalid nonce: below.")]
    scene.venue.slow_ms = 60_000
    wanted = scene.sent()
    scene.doubt(wanted)
    while scene.state(wanted).status is not OrderStatus.REJECTED:
        await scene.turns(1)
    past = NOW + LIFETIME_MS + EXPIRY_MARGIN_MS + scene.venue.slow_ms
    assert scene.clock.now_ms() >= past + (CLEAN_NEGATIVES - 1) * 5_000


async def test_silence_proves_nothing_and_starts_the_count_anew(scene: Scene) -> None:
    scene.venue.fence = [OrderReply(ReplyKind.REJECTED, text="No.")]
    wanted = scene.sent()
    scene.doubt(wanted)
    scene.venue.deaf = VenueUnreachable("No line.")
    await scene.turns(100)
    assert scene.clock.now_ms() > NOW + 4 * LIFETIME_MS
    assert scene.state(wanted).status is OrderStatus.SENT
    scene.venue.deaf = None
    await scene.turns(100)
    assert scene.state(wanted).status is OrderStatus.REJECTED


async def test_a_fill_found_by_name_overrules_every_negative(scene: Scene) -> None:
    scene.venue.fence = [OrderReply(ReplyKind.REJECTED, text="No.")]
    told: list[FillsReported] = []
    scene.bus.subscribe(FillsReported, told.append)
    wanted = scene.sent()
    scene.venue.all_fills.append(fill(Side.BUY, "0.2", "2900", client_order_id=wanted.client_order_id, order_id=9))
    scene.doubt(wanted)
    await scene.turns(400)
    assert scene.venue.all_fills[-1] in told[0].fills


async def test_an_open_order_found_by_name_overrules_every_negative(scene: Scene) -> None:
    scene.venue.fence = [OrderReply(ReplyKind.REJECTED, text="No.")]
    scene.venue.held = True
    wanted = scene.sent()
    scene.lands(wanted)
    scene.venue.statuses.clear()
    scene.doubt(wanted)
    await scene.turns(400)
    assert scene.state(wanted).status is OrderStatus.RESTING


async def test_all_orders_of_an_action_share_its_fate(scene: Scene) -> None:
    first, second = scene.sent(), scene.sent()
    scene.doubt(first, second)
    await scene.turns(20)
    assert [scene.state(one).status for one in (first, second)] == [OrderStatus.REJECTED] * 2
    assert scene.venue.events == ["fence"]


async def test_a_state_in_unknown_words_is_asked_again_and_never_taken_for_an_end(scene: Scene) -> None:
    wanted = scene.sent()
    odd = VenueOrder("ETH", Side.BUY, D(2900), D(1), D(1), 7, wanted.client_order_id, NOW, status=OrderStatus.UNKNOWN)
    scene.venue.statuses[wanted.client_order_id] = odd
    scene.venue.nonces.add(NONCE)
    scene.doubt(wanted)
    await scene.turns(400)
    assert scene.state(wanted).status is OrderStatus.UNKNOWN
    scene.bus.publish(OrderReported(replace(odd, status=OrderStatus.CANCELED)))
    await scene.turns(20)
    assert scene.state(wanted).status is OrderStatus.CANCELED
    assert scene.resolver.open == ()


async def test_an_order_that_falls_into_doubt_by_itself_is_taken_up_without_a_fence(scene: Scene) -> None:
    wanted = scene.sent()
    scene.tracker.mark(wanted.client_order_id, OrderStatus.UNKNOWN)
    (doubt,) = scene.resolver.open
    assert (doubt.nonce, doubt.expires_ms) == (None, NOW + LIFETIME_MS)
    await scene.turns(100)
    assert scene.state(wanted).status is OrderStatus.REJECTED
    assert "fence" not in scene.venue.events


# --- changes ---


def changing(scene: Scene) -> Order:
    wanted = scene.sent()
    scene.lands(wanted)
    changed = replace(wanted, price=D(2800))
    scene.tracker.begin_replacing(wanted.client_order_id, changed)
    scene.tracker.doubt_replacing(wanted.client_order_id)
    scene.venue.nonces.discard(NONCE)
    return wanted


async def test_a_change_that_never_came_leaves_the_order_as_it_was(scene: Scene) -> None:
    wanted = changing(scene)
    assert scene.state(wanted).in_doubt
    scene.doubt(wanted, kind=ActionKind.MODIFY)
    await scene.turns(20)
    now = scene.state(wanted)
    assert (now.in_doubt, now.replacement, now.order.price, now.status) == (False, None, D(2900), OrderStatus.RESTING)
    assert scene.journal.concluded[ActionKind.MODIFY, NONCE] == "resolved"


async def test_a_change_that_was_made_is_found_under_the_new_number(scene: Scene) -> None:
    wanted = changing(scene)
    scene.venue.held = True
    old = scene.state(wanted).order_id
    item = item_of(replace(wanted, price=D(2800)))
    scene.venue.carry_out(Prepared(ActionKind.MODIFY, b"[%d]" % (old or 0), "", NONCE, None, (item,)))
    scene.doubt(wanted, kind=ActionKind.MODIFY)
    await scene.turns(20)
    now = scene.state(wanted)
    assert (now.in_doubt, now.order.price, now.status) == (False, D(2800), OrderStatus.RESTING)
    assert (now.order_id or 0) > (old or 0)


async def test_a_change_whose_nonce_was_used_but_which_shows_nothing_ends_at_its_expiry(scene: Scene) -> None:
    wanted = changing(scene)
    scene.venue.nonces.add(NONCE)
    scene.doubt(wanted, kind=ActionKind.MODIFY)
    await scene.turns(5)
    assert scene.state(wanted).resolving
    await scene.turns(200)
    assert (scene.state(wanted).in_doubt, scene.state(wanted).order.price) == (False, D(2900))
    assert scene.clock.now_ms() > NOW + LIFETIME_MS


# --- cancels and the account ---


async def test_a_late_cancel_is_still_wanted_and_is_not_fenced_off(scene: Scene) -> None:
    wanted = scene.sent()
    scene.lands(wanted)
    scene.doubt(wanted, kind=ActionKind.CANCEL)
    await scene.turns(200)
    assert "fence" not in scene.venue.events
    assert scene.state(wanted).status is OrderStatus.RESTING
    assert scene.journal.concluded[ActionKind.CANCEL, NONCE] == "resolved"


@pytest.mark.parametrize(("used", "arrived"), [(False, False), (True, True)])
async def test_a_change_of_leverage_is_fenced(scene: Scene, used: bool, arrived: bool) -> None:
    if used:
        scene.venue.nonces.add(NONCE)
    scene.resolver.take_up(Doubt(ActionKind.LEVERAGE, ("ETH",), NONCE, NOW + LIFETIME_MS, NOW))
    await scene.turns(20)
    assert [(fact.kind, fact.subjects, fact.arrived) for fact in scene.resolved] == [
        (ActionKind.LEVERAGE, ("ETH",), arrived)
    ]
    assert scene.journal.concluded[ActionKind.LEVERAGE, NONCE] == "resolved"


async def test_an_action_that_left_no_trace_is_let_go_without_a_verdict(scene: Scene) -> None:
    scene.venue.fence = [None]
    scene.resolver.take_up(Doubt(ActionKind.LEVERAGE, ("ETH",), NONCE, NOW + LIFETIME_MS, NOW))
    await scene.turns(200)
    assert [fact.arrived for fact in scene.resolved] == [None]


# --- what a crash left open ---


def intents(scene: Scene, *prepared: Prepared) -> list[Intent]:
    return [intent for one in prepared for intent in intents_of(one, NOW)]


async def test_what_a_journal_holds_open_is_taken_up_action_by_action(scene: Scene) -> None:
    first, second, alone = (scene.sent() for _ in range(3))
    open_now = intents(
        scene,
        Prepared(ActionKind.ORDER, b"", "", 5, NOW, (item_of(first), item_of(second))),
        scene.venue.prepare_leverage("ETH", Leverage(MarginMode.CROSS, 3)),
        Prepared(ActionKind.ORDER, b"", "", 4, NOW, (item_of(alone),)),
        scene.venue.prepare_noop(4),
    )
    scene.resolver.take_up_left_open(open_now)
    found = {doubt.nonce: doubt for doubt in scene.resolver.open}
    assert found[5].subjects == (first.client_order_id, second.client_order_id)
    assert (found[4].subjects, found[4].fenced, found[5].fenced) == ((alone.client_order_id,), True, False)
    assert len(found) == 3
    assert scene.journal.concluded == {(ActionKind.NOOP, 4): "left"}


async def test_an_order_that_was_on_its_way_without_an_entry_is_asked_after_too(scene: Scene) -> None:
    wanted = scene.sent()
    scene.resolver.take_up_left_open([])
    await scene.turns(200)
    assert scene.state(wanted).status is OrderStatus.REJECTED


async def test_an_action_whose_orders_are_all_settled_is_closed(scene: Scene) -> None:
    wanted = scene.sent()
    scene.tracker.mark(wanted.client_order_id, OrderStatus.CANCELED)
    cancel = Prepared(ActionKind.CANCEL, b"", "", 9, NOW, (item_of(wanted),))
    scene.resolver.take_up_left_open(intents(scene, cancel))
    assert scene.resolver.open == ()
    assert scene.journal.concluded == {(ActionKind.CANCEL, 9): "resolved"}


async def test_a_resolver_that_ends_leaves_its_doubts_open(scene: Scene) -> None:
    wanted = scene.sent()
    scene.venue.deaf = VenueUnreachable("No line.")
    scene.doubt(wanted)
    await scene.turns(3)
    changes: list[OrderChanged] = []
    scene.bus.subscribe(OrderChanged, changes.append)
    await scene.resolver.stop()
    await scene.turns(3)
    assert (changes, scene.resolver.open, scene.journal.concluded) == ([], (), {})


async def test_an_answer_about_another_coin_is_no_answer(scene: Scene) -> None:
    wanted = scene.sent()
    scene.venue.nonces.add(NONCE)
    other = VenueOrder("BTC", Side.BUY, D(2900), D(1), D(1), 7, wanted.client_order_id, NOW)
    scene.venue.statuses[wanted.client_order_id] = other
    scene.doubt(wanted)
    await scene.turns(100)
    assert scene.state(wanted).status is OrderStatus.SENT


@virtual
async def test_a_disk_that_hangs_stops_the_fence_and_not_the_asking() -> None:
    scene = Scene()
    never = asyncio.Event()

    async def hang(intents: Sequence[Intent]) -> None:
        await never.wait()

    scene.journal.commit = hang  # type: ignore[method-assign]
    scene.venue.held = True
    wanted = scene.sent()
    scene.lands(wanted)
    hidden = scene.venue.statuses.pop(wanted.client_order_id)
    scene.doubt(wanted)
    await asyncio.sleep(3)
    assert "fence" not in scene.venue.events
    scene.venue.statuses[wanted.client_order_id] = hidden
    await asyncio.sleep(3)
    assert scene.state(wanted).status is OrderStatus.RESTING
    await scene.resolver.stop()


async def test_what_was_on_its_way_at_a_crash_is_in_doubt_from_the_first_moment(scene: Scene) -> None:
    """So that nothing new is opened on its coin meanwhile."""
    scene.venue.deaf = VenueUnreachable("No line.")
    first, second = scene.sent(), scene.sent()
    scene.resolver.take_up_left_open(
        intents(scene, Prepared(ActionKind.ORDER, b"", "", 5, NOW + LIFETIME_MS, (item_of(first),)))
    )
    assert [scene.state(one).in_doubt for one in (first, second)] == [True, True]
    assert len(scene.resolver.open) == 2


async def test_a_fault_of_ours_is_told_once_and_the_asking_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices: list[Notice] = []
    scene.bus.subscribe(Notice, notices.append)
    wanted, answers = scene.sent(), iter([KeyError("a fault"), KeyError("again")])
    ask = scene.venue.account

    async def faulty() -> Account:
        for error in answers:
            raise error
        return await ask()

    monkeypatch.setattr(scene.venue, "account", faulty)
    scene.doubt(wanted)
    await scene.turns()
    assert scene.state(wanted).status is OrderStatus.REJECTED
    assert len(notices) == 1


async def test_nothing_is_taken_up_after_the_end(scene: Scene) -> None:
    await scene.resolver.stop()
    scene.doubt(scene.sent())
    assert scene.resolver.open == ()
