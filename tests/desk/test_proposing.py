"""From what strategies say to what rests at the exchange, on a whole desk with a venue in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.core.model import Interval, Side
from hlmaster.core.orders import Order, OrderStatus
from hlmaster.core.proposals import LimitEffect, Policy, ProposalState
from hlmaster.core.records import ForTheRecord
from hlmaster.core.signals import Direction, StrategiesChanged
from hlmaster.trading.combiner import Advice
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.ideas import STRATEGY, candles, entered, red, trading
from tests.trading.scenes import NOW, D

LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL
State = ProposalState


# --- the card ---


async def test_a_signal_becomes_a_card_before_it_has_been_told_to_anybody_else(tmp_path: Path) -> None:
    effect = LimitEffect("position", "Position", "0 %", "9.8 %", "10 %", 0.0, 0.98)

    def effects(order: Order, situation: Situation) -> tuple[LimitEffect, ...]:
        assert order.basis is not None
        assert order.basis.stop_price is not None
        return (effect,)

    async with trading(tmp_path, effects=effects) as traded:
        traded.say()
        card = traded.card()
        assert (card.state, card.source, card.side, card.policy) == (State.OPEN, STRATEGY, Side.BUY, Policy.ASK)
        assert [price for price, _ in card.stops] == [D("2990.1"), D("2985.1"), D("2980.1")]
        assert sum(coins for _, coins in card.stops) == card.size
        assert card.notional < 1_000, "10 % of equity"
        assert card.risk < card.notional / 100
        assert card.expires_ms == NOW + MINUTE_MS
        assert card.effects == (effect,)
        assert card.verdict is not None
        assert [step.name for step in card.steps][-2:] == ["position", "lot"]


async def test_the_range_is_loaded_on_demand_and_the_idea_waits_for_it(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say(grid="15m")
        assert traded.proposing.open() == []
        assert red(traded).name == "size"
        assert "average true range" in red(traded).text
        market = traded.scene.market
        await traded.until(lambda: traded.desk.charts.has("ETH", Interval.M15))
        traded.desk.feed.load_series("ETH", Interval.M15, candles(traded.scene.clock.now_ms(), Interval.M15))
        market.price("ETH", 3000.0)
        traded.scene.clock.advance(1_100)
        await traded.until(traded.proposing.open)


async def test_a_strategys_own_stop_and_target_are_taken_and_bad_ones_are_not(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say(stop=2970.0, target=3100.0)
        card = traded.card()
        assert ([price for price, _ in card.stops], card.target) == ([2970], 3100)
        traded.say(NEUTRAL)
        traded.say(stop=3050.0)
        assert traded.proposing.open() == []
        traded.say(NEUTRAL)
        traded.say(target=3000.5)
        assert "not even pay the fees" in red(traded).text


async def test_observed_ideas_are_recorded_and_shown_to_nobody(tmp_path: Path) -> None:
    async with trading(tmp_path, policy=Policy.OBSERVE) as traded:
        traded.say()
        assert traded.proposing.open() == []
        assert [one.state for one in traded.seen] == [State.OBSERVED]
        assert red(traded).name == "policy"


async def test_an_unknown_coin_is_nobodys_business(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say(coin="NOPE")
        assert traded.seen == []
        assert traded.desk.guard.state == "active"


# --- approval ---


async def test_approved_it_is_a_protected_position(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        name = await entered(traded)
        card = traded.proposing.book.get(name)
        assert card is not None
        assert (card.state, traded.size, traded.stops()) == (State.PLACED, card.size, list(card.stops))
        (order_id,) = card.order_ids
        tracked = traded.desk.orders.get(order_id)
        assert tracked is not None
        assert tracked.order.basis is not None
        assert (tracked.order.source, tracked.order.basis.automatic) == (STRATEGY, False)
        shield = traded.desk.protector.shield("ETH")
        assert shield is not None
        assert shield.policy.target_price == card.target


async def test_two_yeses_at_once_are_one_order(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        one, two = await asyncio.gather(traded.proposing.approve(name), traded.proposing.approve(name))
        assert (one.ok, two.ok) == (True, False)
        assert two.sentence.startswith("It has been approved")
        assert len([order for order in traded.desk.orders.all() if not order.order.reduce_only]) == 1


async def test_after_its_time_it_says_so(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        traded.scene.clock.advance(61_000)
        outcome = await traded.proposing.approve(name)
        assert (outcome.ok, outcome.sentence) == (False, "It has expired: Its time ran out 1 s ago.")
        assert traded.state(name) is State.EXPIRED


async def test_while_disconnected_it_says_so_and_stays_for_later(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        traded.desk.bus.publish(LinkChanged(LinkState.RECONNECTING, "The line is down."))
        outcome = await traded.proposing.approve(name)
        assert not outcome.ok
        assert "The connection is down" in outcome.sentence
        assert outcome.verdict is not None
        assert traded.state(name) is State.BLOCKED
        traded.desk.bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))
        traded.scene.market.price("ETH", 3000.0)
        await traded.until(lambda: traded.state(name) is State.OPEN)
        assert (await traded.proposing.approve(name)).ok


async def test_a_price_that_ran_away_cannot_be_approved(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        traded.scene.market.price("ETH", 3010.0)
        outcome = await traded.proposing.approve(name)
        assert "The price drifted by +0.33 %" in outcome.sentence
        assert traded.state(name) is State.EXPIRED


async def test_what_the_venue_rejects_is_refused_and_frees_the_coin(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        traded.scene.venue.liquidity.append(D(0))
        outcome = await traded.proposing.approve(name)
        assert not outcome.ok
        assert traded.state(name) is State.REFUSED
        assert traded.proposing.ownership.of("ETH") is None
        # What was intended for that position is not put on the next one.
        await traded.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.1")))
        shield = traded.desk.protector.shield("ETH")
        assert shield is not None
        assert not shield.policy.tiers


async def test_many_are_approved_one_after_the_other(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        traded.say(coin="BTC")
        names = [card.proposal_id for card in traded.proposing.open()]
        outcome = await traded.proposing.approve_many([*names, "gone"])
        assert not outcome.ok
        assert outcome.sentence.startswith("2 of 3 placed.")
        assert traded.proposing.reject_many(names).sentence == "0 of 2 rejected."


async def test_rejecting_snoozing_and_a_change_of_mind(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        assert traded.proposing.snooze(name, 10).ok
        assert traded.proposing.open() == []
        traded.scene.clock.advance(10_000)
        await traded.until(traded.proposing.open)
        assert traded.proposing.reject(name, "No.").ok
        traded.say()
        assert traded.proposing.open() == []
        assert red(traded).name == "not rejected"
        traded.say(NEUTRAL)
        traded.say()
        assert traded.card().proposal_id != name


# --- edits ---


async def test_an_edit_is_priced_and_checked_anew(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        noted: list[ForTheRecord] = []
        traded.desk.bus.subscribe(ForTheRecord, noted.append)
        traded.say()
        before = traded.card()
        stops = ((D(2980), D(1)), (D(2960), D(1)))
        changes = {"size": D("0.2"), "stops": stops, "target": D(3100)}
        assert traded.proposing.edit(before.proposal_id, changes).ok
        after = traded.card()
        assert (after.size, after.stops, after.edited) == (
            D("0.2"),
            ((D(2980), D("0.1")), (D(2960), D("0.1"))),
            True,
        )
        assert after.risk > before.risk / 2
        assert [one.kind for one in noted] == ["edit"]
        assert traded.proposing.edit(after.proposal_id, {"size": D(9)}).ok
        assert traded.card().state is State.BLOCKED
        assert "would be" in traded.card().state_text


async def test_an_edit_to_post_only_rests_and_is_withdrawn_when_its_time_is_over(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        assert traded.proposing.edit(name, {"post_only": True}).ok
        assert (traded.card().limit_price, traded.card().post_only) == (D("2999.9"), True)
        assert (await traded.proposing.approve(name)).ok
        (resting,) = traded.desk.orders.live("ETH")
        assert resting.status is OrderStatus.RESTING
        assert "holds ETH" in traded.proposing.ownership.why_not("other", "ETH", LONG, NOW, has_position=True)
        traded.scene.clock.advance(61_000)
        await traded.until(lambda: traded.proposing.ownership.of("ETH") is None)
        assert traded.desk.orders.live("ETH") == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"size": D("-1")}, "The size must be a number above zero."),
        ({"size": D("0.00001")}, "lots of 0.0001"),
        ({"size": "much"}, "The size must be a number above zero."),
        ({"limit_price": D("2999.123")}, "price grid"),
        ({"stops": ((D(3100), D(1)),)}, "must lie below"),
        ({"stops": ()}, "one stop at least"),
        ({"stops": ((D(2960), D(1)), (D(2980), D(1)), (D(2970), D(1)))}, "nearest first"),
        ({"target": D(2900)}, "must lie above"),
        ({"colour": 1}, "has no colour to edit"),
    ],
)
async def test_an_edit_that_cannot_be_is_said(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        before = traded.card()
        outcome = traded.proposing.edit(before.proposal_id, changes)
        assert not outcome.ok
        assert why in outcome.sentence
        assert traded.card() == before


# --- by policy ---


async def test_auto_trades_by_itself_and_its_order_says_so(tmp_path: Path) -> None:
    async with trading(tmp_path, policy=Policy.AUTO) as traded:
        traded.say()
        await traded.until(lambda: len(traded.stops()) == 3)
        placed = traded.seen[-1]
        assert (placed.state, placed.decided_by) == (State.PLACED, "policy")


async def test_auto_needs_confidence_without_advisers(tmp_path: Path) -> None:
    def advisers(coin: str, direction: Direction) -> tuple[Advice, ...]:
        return (Advice("analyst", 0.2),)

    async with trading(tmp_path, policy=Policy.AUTO, advisers=advisers) as traded:
        traded.say(confidence=0.6)
        await asyncio.sleep(0.02)
        card = traded.card()
        assert (card.state, card.unadjusted_confidence) == (State.OPEN, 0.6)
        assert red(traded).name == "confident by itself"
        assert (await traded.proposing.approve(card.proposal_id)).ok, "a person may"


async def test_auto_waits_for_a_person_where_it_is_not_trusted_or_not_allowed_overall(tmp_path: Path) -> None:
    class Doubtful:
        def share(self, source: str) -> Decimal:
            return D("0.25")

        def text(self, source: str) -> str:
            return "earned by 12 trades"

        def may_auto(self, source: str) -> str | None:
            return "It lost too much lately."

    async with trading(tmp_path, policy=Policy.AUTO, trust=Doubtful()) as traded:
        traded.say()
        await asyncio.sleep(0.02)
        assert traded.card().state is State.OPEN
        assert red(traded).text == "It lost too much lately."
        assert any(step.name == "record" and "0.25" in step.text for step in traded.card().steps)
        traded.roster.set_overall(Policy.ASK)
        assert traded.proposing.policy(STRATEGY) is Policy.ASK


async def test_paused_nothing_is_approved_but_exits_go_on(tmp_path: Path) -> None:
    async with trading(tmp_path, policy=Policy.AUTO) as traded:
        traded.say()
        await traded.until(lambda: len(traded.stops()) == 3)
        traded.desk.pause()
        traded.say(coin="BTC")
        await asyncio.sleep(0.02)
        assert traded.card().state is State.BLOCKED
        traded.say(SHORT)
        await traded.until(lambda: not traded.size and not traded.stops())
        assert all(order.order.coin != "BTC" for order in traded.desk.orders.all())


async def test_a_pause_and_owners_survive_a_restart_and_cards_come_back_expired(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        traded.say(coin="BTC")
        traded.proposing.veto("other", "BTC", 60)
        traded.desk.pause()
    async with trading(tmp_path) as again:
        assert [one.state_text for one in again.seen] == ["The program ended before it was decided."]
        assert again.desk.guard.is_restrained_by("pause")
        assert again.proposing.ownership.vetoed_until("other", "BTC", NOW) is not None


async def test_a_disarmed_strategys_cards_are_withdrawn(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say()
        name = traded.card().proposal_id
        traded.roster.change(STRATEGY, armed=False)
        traded.desk.bus.publish(StrategiesChanged())
        assert traded.state(name) is State.WITHDRAWN


async def test_ideas_heard_before_the_books_agree_are_not_acted_upon(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.proposing._started = False
        traded.say()
        traded.proposing.look()
        assert traded.proposing.open() == []


# --- advisers ---


async def test_advisers_take_a_card_away_and_bring_it_back_and_change_nothing_else(tmp_path: Path) -> None:
    shift = 0.0

    def advisers(coin: str, direction: Direction) -> tuple[Advice, ...]:
        return (Advice("analyst", shift),)

    async with trading(tmp_path, advisers=advisers) as traded:
        traded.say(confidence=0.75)
        before = traded.card()
        shift = 0.15
        assert traded.proposing.heed("ETH") == 0
        surer = traded.card()
        assert surer.confidence == pytest.approx(0.9)
        assert surer.reasons[-1] == "analyst: +0.15 confidence"
        assert replace(surer, confidence=before.confidence, reasons=before.reasons) == before
        shift = -0.15
        assert traded.proposing.heed("ETH") == 1
        gone = traded.seen[-1]
        assert gone.state is State.WITHDRAWN
        assert gone.state_text == "Advisers took it away (analyst: -0.15 confidence): 0.60 is not enough."
        assert red(traded).name == "confidence"
        shift = 0.0
        traded.scene.clock.advance(1_000)  # what waits is tried again each second
        await traded.until(traded.proposing.open)
        again = traded.card()
        assert (again.confidence, again.size, again.stops) == (0.75, before.size, before.stops)


async def test_what_a_person_edited_is_the_persons(tmp_path: Path) -> None:
    shift = 0.0

    def advisers(coin: str, direction: Direction) -> tuple[Advice, ...]:
        return (Advice("analyst", shift),)

    async with trading(tmp_path, advisers=advisers) as traded:
        traded.say(confidence=0.75)
        name = traded.card().proposal_id
        assert traded.proposing.edit(name, {"size": D("0.1")}).ok
        shift = -0.2
        assert traded.proposing.heed("ETH") == 0
        assert traded.state(name) is State.OPEN
