"""A strategy's word, a person's yes, an order, a protected position, and its end at the opposite word: all of it for
real, at the embedded exchange."""

from __future__ import annotations

from pathlib import Path

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Interval, Side
from hlmaster.core.proposals import Policy, Proposal, ProposalChanged, ProposalState
from hlmaster.core.signals import Direction, Signal, SignalMade
from hlmaster.desk.desk import Desk
from tests.flow.desks import D, demo_desk, fresh, until

STRATEGY = "triple_confluence"


def say(desk: Desk, direction: Direction) -> None:
    now = desk.clock.now_ms()
    signal = Signal(
        STRATEGY, "ETH", "1m", now, direction, 0.8, 0.5, 60 * MINUTE_MS, now + 5 * MINUTE_MS, "All three agree."
    )
    desk.bus.publish(SignalMade(signal))


def stops(desk: Desk) -> list[tuple[Side, object, object]]:
    live = [order.order for order in desk.orders.live("ETH")]
    return sorted((o.side, o.trigger.price, o.size) for o in live if o.trigger is not None and o.trigger.kind == "sl")


async def ready(desk: Desk) -> None:
    await fresh(desk, "ETH")
    await desk.charts.show("ETH", Interval.M1)
    # A drift of the generated price between card and yes is no matter here.
    desk.apply_settings(
        desk.settings.model_copy(
            update={"proposals": desk.settings.proposals.model_copy(update={"drift_percent": D(5)})}
        )
    )
    desk.roster.change(STRATEGY, policy=Policy.ASK)


async def test_from_a_word_to_a_protected_position_and_back_to_flat(tmp_path: Path) -> None:
    async with demo_desk(tmp_path) as desk:
        seen: list[Proposal] = []
        desk.bus.subscribe(ProposalChanged, lambda fact: seen.append(fact.proposal))
        await ready(desk)
        say(desk, Direction.LONG)
        await until(desk.proposing.open, desk)
        (card,) = desk.proposing.open()
        assert card.state is ProposalState.OPEN, card.state_text
        assert 0 < card.risk < desk.portfolio.equity * D("0.03")

        outcome = await desk.proposing.approve(card.proposal_id)
        assert outcome.ok, outcome.sentence
        await until(lambda: desk.portfolio.size("ETH") == card.size, desk)
        await until(lambda: sum(size for _, _, size in stops(desk)) == card.size, desk)  # type: ignore[misc]
        assert {(price, size) for _, price, size in stops(desk)} == set(card.stops)
        tenure = desk.proposing.ownership.of("ETH")
        assert tenure is not None
        assert tenure.owner == STRATEGY

        say(desk, Direction.SHORT)
        await until(lambda: not desk.portfolio.size("ETH") and not desk.orders.live("ETH"), desk)
        await until(desk.proposing.open, desk)
        (other,) = desk.proposing.open()
        assert (other.side, other.state) == (Side.SELL, ProposalState.OPEN)
        assert [one.state for one in seen if one.proposal_id == card.proposal_id][-1] is ProposalState.PLACED
        await desk.reconciler.run()
        assert desk.portfolio.account is not None
        assert abs(desk.portfolio.equity - desk.portfolio.account.equity) < D("0.01")


async def test_an_owner_and_a_pause_outlive_the_desk_and_its_cards_do_not(tmp_path: Path) -> None:
    async with demo_desk(tmp_path) as desk:
        await ready(desk)
        say(desk, Direction.LONG)
        await until(desk.proposing.open, desk)
        assert (await desk.proposing.approve(desk.proposing.open()[0].proposal_id)).ok
        await until(lambda: desk.portfolio.size("ETH") and stops(desk), desk)
        rested = stops(desk)
        desk.pause()

    async with demo_desk(tmp_path) as again:
        await until(lambda: again.guard.is_restrained_by("pause"), again)
        tenure = again.proposing.ownership.of("ETH")
        assert tenure is not None
        assert tenure.owner == STRATEGY
        assert stops(again) == rested
        await fresh(again, "ETH")
        say(again, Direction.SHORT)
        await until(lambda: not again.portfolio.size("ETH") and not again.orders.live("ETH"), again)
        await until(lambda: again.proposing.ownership.of("ETH") is None, again)
