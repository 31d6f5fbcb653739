"""Cards at rest are left alone; what ends them, and what closes the door, is seen at the very next look."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.orders import Order, Verdict
from hlmaster.core.proposals import ProposalState
from hlmaster.desk.attention import IN_TURN
from hlmaster.trading.situation import Situation
from tests.desk.ideas import Traded, trading

State = ProposalState
CARDS = 9


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the cards that the gate was asked about."""
    from hlmaster.trading.risk.gate import Gate

    names: list[str] = []
    check = Gate.check

    def counted(self: Gate, order: Order, situation: Situation | None = None) -> Verdict:
        assert order.basis is not None
        names.append(order.basis.strategy)
        return check(self, order, situation)

    monkeypatch.setattr(Gate, "check", counted)
    return names


def opened(traded: Traded, asked: list[str]) -> None:
    """Several cards, each seen once."""
    for number in range(CARDS):
        traded.roster.change(f"s{number}", armed=True)
        traded.say(strategy=f"s{number}")
    traded.proposing.look()
    assert [card.state for card in traded.proposing.open()] == [State.OPEN] * CARDS
    asked.clear()


async def test_a_card_at_rest_is_judged_once_a_second(tmp_path: Path, asked: list[str]) -> None:
    async with trading(tmp_path) as traded:
        opened(traded, asked)
        for _ in range(20):
            traded.scene.clock.advance(250)
            traded.scene.market.price("ETH", 3000.0)
            traded.proposing.look()
        assert len(asked) <= 5 * CARDS
        assert all(4 <= asked.count(f"s{number}") <= 5 for number in range(CARDS))


async def test_a_tick_of_the_price_is_judged_card_by_card_in_turn(tmp_path: Path, asked: list[str]) -> None:
    async with trading(tmp_path) as traded:
        opened(traded, asked)
        traded.scene.market.price("ETH", 3000.1)
        for _ in range(3):
            before = len(asked)
            traded.proposing.look()
            assert len(asked) - before <= IN_TURN
        assert sorted(asked) == [f"s{number}" for number in range(CARDS)]


async def test_a_closed_door_is_on_all_cards_at_once(tmp_path: Path, asked: list[str]) -> None:
    async with trading(tmp_path) as traded:
        opened(traded, asked)
        traded.desk.guard.pause()
        traded.proposing.look()
        assert [card.state for card in traded.proposing.open()] == [State.BLOCKED] * CARDS
        traded.desk.guard.resume()
        traded.proposing.look()
        assert [card.state for card in traded.proposing.open()] == [State.OPEN] * CARDS


async def test_drift_ends_all_cards_at_the_next_look_whoever_s_turn_it_is(tmp_path: Path, asked: list[str]) -> None:
    async with trading(tmp_path) as traded:
        opened(traded, asked)
        traded.scene.market.price("ETH", 3009.1)
        traded.proposing.look()
        assert traded.proposing.open() == []
        assert {one.state for one in traded.seen[-CARDS:]} == {State.EXPIRED}
        assert asked == []


async def test_a_card_ends_at_its_time_and_not_before(tmp_path: Path, asked: list[str]) -> None:
    async with trading(tmp_path) as traded:
        opened(traded, asked)
        traded.scene.clock.advance(MINUTE_MS - 1)
        traded.scene.market.price("ETH", 3000.0)
        traded.proposing.look()
        assert len(traded.proposing.open()) == CARDS
        traded.scene.clock.advance(1)
        traded.proposing.look()
        assert traded.proposing.open() == []


async def test_data_that_stays_stale_ends_a_card_after_the_time_that_is_set_for_it(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        traded.say(valid_until_ms=traded.scene.clock.now_ms() + 10 * MINUTE_MS)
        traded.scene.clock.advance(MINUTE_MS)
        traded.proposing.look()
        assert traded.card().state is State.BLOCKED
        patience = traded.desk.settings.proposals.stale_seconds * 1_000
        traded.scene.clock.advance(patience - 1)
        traded.proposing.look()
        assert traded.card().state is State.BLOCKED
        traded.scene.clock.advance(1)
        traded.proposing.look()
        assert traded.proposing.open() == []
