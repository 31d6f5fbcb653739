"""The exchange's word makes the books true, whatever the streams forgot."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, ManualClock
from hlmaster.core.differences import Discrepancy
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import FillsReported, SessionRestored
from hlmaster.core.model import Account, Side
from hlmaster.core.orders import FundingPayment, Order, OrderStatus, VenueOrder
from hlmaster.trading.execution.proof import CLEAN_NEGATIVES
from hlmaster.trading.execution.reconcile import OVERLAP_MS, REACH, Reconciler
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from tests.trading.scenes import NOW, D, MemoryStore, fill, order
from tests.trading.venues import MemoryVenue


@dataclass
class Scene:
    since_ms: int = 0

    def __post_init__(self) -> None:
        self.bus, self.clock = Bus(), ManualClock(NOW)
        self.venue = MemoryVenue(self.bus, self.clock)
        self.store = MemoryStore()
        self.tracker = OrderTracker(self.bus, self.clock, self.store)
        self.portfolio = Portfolio(self.bus, self.clock, lambda coin: D(3000), self.store)
        self.reconciler = Reconciler(self.bus, self.clock, self.venue, self.tracker, self.portfolio, self.since_ms)
        self.told: list[Discrepancy] = []
        self.bus.subscribe(Discrepancy, self.told.append)

    def hold(self, size: str, time_ms: int = NOW) -> None:
        """A position that only the venue knows of."""
        self.venue.all_fills.append(fill(Side.BUY, size, "3000", time_ms, order_id=len(self.venue.all_fills)))
        self.venue.positions["ETH"] = self.venue.positions.get("ETH", D(0)) + D(size)

    def rest(self, wanted: Order) -> VenueOrder:
        """An order that both know and that the venue no longer lists."""
        listed = VenueOrder("ETH", wanted.side, wanted.price, wanted.size, wanted.size, 7, wanted.client_order_id, NOW)
        self.tracker.register(wanted)
        self.tracker.report(listed)
        self.clock.advance(1_000)
        return listed


async def test_a_fresh_account_begins_with_its_cash() -> None:
    scene = Scene()
    await scene.reconciler.run()
    assert (scene.portfolio.equity, scene.portfolio.positions()) == (D(10_000), [])
    assert scene.reconciler.last_success_ms == NOW


async def test_what_the_streams_forgot_is_fetched_and_booked_once() -> None:
    scene = Scene()
    scene.hold("1")
    scene.venue.all_funding.append(FundingPayment("ETH", NOW, D("-0.5"), D(1), D("0.0001")))
    for _ in range(3):
        await scene.reconciler.run()
    assert scene.portfolio.size("ETH") == 1
    assert scene.portfolio.equity == D("9999.5")
    assert len(scene.portfolio.fills) == 1


async def test_rows_that_arrive_late_are_found_by_the_overlap() -> None:
    scene = Scene()
    scene.hold("1")
    await scene.reconciler.run()
    scene.hold("2", NOW - OVERLAP_MS + 1)
    await scene.reconciler.run()
    assert scene.portfolio.size("ETH") == 3


async def test_positions_that_stay_apart_bring_back_even_older_fills() -> None:
    scene = Scene()
    scene.hold("1")
    await scene.reconciler.run()
    scene.hold("2", NOW - 5 * HOUR_MS)
    await scene.reconciler.run()
    assert scene.portfolio.size("ETH") == 1
    scene.clock.advance(11_000)
    await scene.reconciler.run()
    assert scene.portfolio.ledger.holding("ETH").size == 3
    assert scene.portfolio.mismatched == ()


async def test_nothing_before_the_session_is_asked_for() -> None:
    scene = Scene(since_ms=NOW)
    scene.hold("1", NOW - 1)
    await scene.reconciler.run()
    assert scene.portfolio.fills == []


@pytest.mark.parametrize("end", [OrderStatus.FILLED, OrderStatus.CANCELED])
async def test_an_order_the_venue_no_longer_lists_is_asked_after_by_name(end: OrderStatus) -> None:
    scene = Scene()
    wanted = order()
    listed = scene.rest(wanted)
    scene.venue.statuses[wanted.client_order_id] = replace(listed, status=end)
    await scene.reconciler.run()
    found = scene.tracker.get(wanted.client_order_id)
    assert found is not None
    assert found.status is end
    assert [fact.venues for fact in scene.told] == [end]


async def test_an_order_nobody_knows_any_more_is_given_up_after_several_passes() -> None:
    scene = Scene()
    wanted = order()
    scene.rest(wanted)
    states = []
    for _ in range(CLEAN_NEGATIVES):
        scene.clock.advance(5_000)
        await scene.reconciler.run()
        found = scene.tracker.get(wanted.client_order_id)
        states.append(found.status if found else None)
    assert states == [OrderStatus.RESTING] * (CLEAN_NEGATIVES - 1) + [OrderStatus.CANCELED]


async def test_passes_in_quick_succession_ask_one_lagging_reader_and_count_once() -> None:
    scene = Scene()
    wanted = order()
    scene.rest(wanted)
    for _ in range(2 * CLEAN_NEGATIVES):
        scene.clock.advance(500)
        await scene.reconciler.run()
    found = scene.tracker.get(wanted.client_order_id)
    assert found is not None
    assert found.status is OrderStatus.RESTING


async def test_an_order_is_not_missed_by_statements_older_than_itself() -> None:
    scene = Scene()
    wanted = order()
    scene.rest(wanted)
    now = scene.venue.account

    async def stale() -> Account:
        return replace(await now(), time_ms=NOW - 1)

    scene.venue.account = stale  # type: ignore[method-assign]
    for _ in range(2 * CLEAN_NEGATIVES):
        scene.clock.advance(5_000)
        await scene.reconciler.run()
    found = scene.tracker.get(wanted.client_order_id)
    assert found is not None
    assert found.status is OrderStatus.RESTING


async def test_a_foreign_order_that_is_listed_no_more_is_asked_after_as_well() -> None:
    scene = Scene()
    placed = VenueOrder("ETH", Side.BUY, D(1), D(1), D(1), 99, None, NOW)
    scene.tracker.report(placed)
    scene.clock.advance(1)
    await scene.reconciler.run()
    assert [item.status for item in scene.tracker.all()] == [OrderStatus.RESTING], "one list without it is no proof"
    scene.venue.statuses["oid:99"] = replace(placed, status=OrderStatus.CANCELED)
    await scene.reconciler.run()
    assert [item.status for item in scene.tracker.all()] == [OrderStatus.CANCELED]


async def test_an_order_that_was_given_up_and_is_open_after_all_is_live_again_and_told() -> None:
    scene = Scene()
    wanted = order()
    listed = scene.rest(wanted)
    for _ in range(CLEAN_NEGATIVES):
        scene.clock.advance(5_000)
        await scene.reconciler.run()
    scene.venue.orders[listed.order_id] = listed
    scene.clock.advance(1_000)
    await scene.reconciler.run()
    found = scene.tracker.get(wanted.client_order_id)
    assert found is not None
    assert found.status is OrderStatus.RESTING
    assert [(fact.ours, fact.venues) for fact in scene.told] == [("resting", "canceled"), ("canceled", "resting")]


async def test_the_start_waits_until_one_pass_succeeds() -> None:
    scene = Scene()
    scene.venue.deaf = VenueUnreachable("No line.")
    start = asyncio.create_task(scene.reconciler.run_until_done())
    while scene.clock.now_ms() < NOW + 9_000:
        assert not start.done()
        await asyncio.sleep(0)
    scene.venue.deaf = None
    await start
    assert scene.reconciler.last_success_ms == scene.clock.now_ms()


# --- differences are told ---


async def test_callers_that_wait_for_the_same_pass_share_it() -> None:
    scene = Scene()
    asked, gate = 0, asyncio.Event()
    whole = scene.venue.open_orders

    async def open_orders() -> tuple[VenueOrder, ...]:
        nonlocal asked
        asked += 1
        await gate.wait()
        return await whole()

    scene.venue.open_orders = open_orders  # type: ignore[method-assign]
    first = asyncio.create_task(scene.reconciler.run())
    await asyncio.sleep(0)
    later = [asyncio.create_task(scene.reconciler.run()) for _ in range(5)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *later)
    assert asked == 2, "the pass under way cannot serve who came after it began; one more serves all of them"


async def test_fills_that_no_stream_told_of_are_told_and_booked() -> None:
    scene = Scene()
    await scene.reconciler.run()
    scene.hold("1")
    scene.clock.advance(6_000)
    await scene.reconciler.run()
    assert [(fact.subject, fact.ours, fact.venues) for fact in scene.told] == [("ETH fills", "0", "1")]
    assert "stream had not told" in scene.told[0].explanation
    await scene.reconciler.run()
    assert len(scene.told) == 1


async def test_fills_of_the_time_while_the_program_was_not_running_are_told_as_such() -> None:
    scene = Scene()
    scene.store.saved_fills.append(fill(Side.BUY, "1", "3000", NOW - HOUR_MS))
    await scene.portfolio.restore()
    scene.bus.publish(SessionRestored())
    scene.hold("1", NOW - 60_000)
    scene.bus.publish(FillsReported((fill(Side.BUY, "1", "3000", NOW - 50_000),)))
    await scene.reconciler.run()
    assert [(fact.venues, "not running" in fact.explanation) for fact in scene.told] == [("2", True)]


# --- the venue's statement anchors the books ---


async def passes(scene: Scene, count: int) -> None:
    for _ in range(count):
        await scene.reconciler.run()
        scene.clock.advance(11_000)


async def test_a_position_whose_fills_are_out_of_reach_is_taken_from_the_exchange_and_explained() -> None:
    scene = Scene()
    scene.venue.positions["ETH"] = D(-2)
    await passes(scene, 4)
    assert (scene.portfolio.ledger.holding("ETH").size, scene.portfolio.mismatched) == (-2, ())
    assert scene.portfolio.ledger.holding("ETH").entry_price == scene.venue.price
    (stated,) = scene.store.saved_adjustments
    assert (stated.coin, stated.size) == ("ETH", -2)
    assert [fact.subject for fact in scene.told] == ["ETH position", "ETH position"]
    assert "Our books take the exchange's position" in scene.told[-1].explanation


async def test_a_fill_that_is_part_of_an_adjustment_is_not_booked_again() -> None:
    scene = Scene()
    scene.venue.positions["ETH"] = D(2)
    await passes(scene, 4)
    scene.bus.publish(FillsReported((fill(Side.BUY, "2", "3000", NOW),)))
    assert scene.portfolio.ledger.holding("ETH").size == 2
    scene.bus.publish(FillsReported((fill(Side.SELL, "1", "3100", scene.clock.now_ms()),)))
    assert scene.portfolio.ledger.holding("ETH").size == 1
    assert scene.portfolio.ledger.realised == 100


async def test_value_that_nothing_explains_is_booked_as_an_adjustment_to_the_cent() -> None:
    scene = Scene()
    await scene.reconciler.run()
    statement = scene.venue.account

    async def richer() -> Account:
        return replace(await statement(), equity=D("10012.34"))

    scene.venue.account = richer  # type: ignore[method-assign]
    await passes(scene, 4)
    assert scene.portfolio.equity == D("10012.34")
    assert [fact.amount for fact in scene.store.saved_adjustments] == [D("12.34")]
    assert "+12.34 USD" in scene.told[-1].explanation


async def test_half_a_cent_is_no_difference() -> None:
    scene = Scene()
    statement = scene.venue.account

    async def richer() -> Account:
        return replace(await statement(), equity=D("10000.005"))

    scene.venue.account = richer  # type: ignore[method-assign]
    await passes(scene, 4)
    assert scene.store.saved_adjustments == scene.told == []


async def test_a_hole_beyond_the_exchange_s_reach_is_said_in_words() -> None:
    scene = Scene()
    scene.hold("1", NOW - 10 * HOUR_MS)
    await scene.reconciler.run()
    newer = [fill(Side.BUY, "1", "3000", NOW - 1_000, order_id=n) for n in range(REACH)]
    scene.venue.all_fills = newer
    scene.venue.positions["ETH"] = D(REACH + 501)
    await passes(scene, 4)
    told = {fact.subject: fact for fact in scene.told}
    assert "only the latest 10,000 fills" in told["fill history"].explanation
    assert "out of reach" in told["ETH position"].explanation
    assert scene.portfolio.ledger.holding("ETH").size == REACH + 501


@pytest.mark.parametrize(("before", "after"), [("1", "3"), ("3", "1"), ("2", "-1"), ("2", "0"), ("0", "2")])
async def test_an_adjustment_keeps_the_trade_of_a_position_that_kept_its_side(before: str, after: str) -> None:
    scene = Scene()
    if D(before):
        scene.hold(before)
    await scene.reconciler.run()
    scene.venue.positions["ETH"] = D(after)
    scene.venue.all_fills.clear()
    await passes(scene, 4)
    ledger = scene.portfolio.ledger
    kept = D(before) * D(after) > 0
    assert len(ledger.round_trips) == (0 if kept or not D(before) else 1)
    assert (ledger.holding("ETH").trip is None) == (D(after) == 0)
    assert ledger.holding("ETH").size == D(after)


# --- recovery is deterministic ---

moments = st.integers(NOW - 3 * HOUR_MS, NOW)
histories = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 5), st.integers(2_900, 3_100), moments), max_size=12
)


def picture(scene: Scene) -> str:
    """Everything recovery decides, as text."""
    ledger = scene.portfolio.ledger
    orders = sorted(map(repr, scene.tracker.all()))
    adjusted = [(item.coin, item.size, item.amount) for item in scene.store.saved_adjustments]
    return repr((ledger.holdings, ledger.round_trips, ledger.settled, adjusted, orders, scene.portfolio.fills))


async def recovered(store: MemoryStore, venue: MemoryVenue) -> str:
    scene = Scene()
    scene.store.saved_fills = list(store.saved_fills)
    scene.venue.all_fills, scene.venue.positions = list(venue.all_fills), dict(venue.positions)
    scene.venue.orders = dict(venue.orders)
    await scene.tracker.restore()
    await scene.portfolio.restore()
    await passes(scene, 7)
    before = picture(scene)
    await scene.reconciler.run()
    assert picture(scene) == before, "a further pass changes nothing"
    return before


@given(histories, st.data())
@settings(max_examples=200)
def test_recovering_twice_leads_to_the_very_same_books(
    history: list[tuple[Side, int, int, int]], data: st.DataObject
) -> None:
    """From any part of the history stored, served by the venue, or gone."""
    made = [fill(side, str(size), str(price), at, trade_id=n) for n, (side, size, price, at) in enumerate(history)]
    scene = Scene()
    scene.venue.all_fills = [item for item in made if data.draw(st.booleans())]
    scene.store.saved_fills = [item for item in made if data.draw(st.booleans())]
    scene.venue.positions["ETH"] = sum((item.signed_size for item in made), D(0))
    scene.venue.orders[7] = VenueOrder("ETH", Side.BUY, D(1), D(1), D(1), 7, None, NOW)

    async def twice() -> tuple[str, str]:
        return await recovered(scene.store, scene.venue), await recovered(scene.store, scene.venue)

    one, other = asyncio.run(twice())
    assert one == other
    size = scene.venue.positions["ETH"]
    assert f"Holding(coin='ETH', size={size!r}" in one or not size
