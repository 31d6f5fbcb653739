"""What is open is told in numbers, and what has no stop is named."""

from __future__ import annotations

import pytest

from hlmaster.core.model import Mode, Side
from hlmaster.trading.portfolio import PositionView
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.protection.protector import Shield, Standing
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.what_is_open import AT_THE_EXCHANGE, WhatIsOpen, counted, left_alone, what_is_open
from tests.ui.desks import D, settled, trading

NO_MORE = (None, None, D(0), D(0), D(0), 0)


def held(coin: str, size: str, worth: str | None = "1000") -> PositionView:
    value = None if worth is None else D(worth)
    return PositionView(coin, D(size), D(1), D(1), D(0), None, value, None, *NO_MORE)


def stop(covered: str) -> Shield:
    return Shield(Standing.COVERED, Policy(), "", D(covered), D("3418.6"), 0.0, has_others=False)


def standing(*coins: str, covered: dict[str, str]) -> WhatIsOpen:
    stops = {coin: stop(covered[coin]) if coin in covered else None for coin in coins}
    return WhatIsOpen((), tuple(held(coin, "0.5") for coin in coins), stops)


@pytest.mark.parametrize(
    ("coins", "covered", "sentence"),
    [
        ((), {}, ""),
        (("ETH",), {"ETH": "1"}, "The position has a stop at the exchange."),
        (("ETH", "SOL"), {"ETH": "1", "SOL": "1"}, "All 2 positions have a stop at the exchange."),
        (("ETH", "SOL"), {"ETH": "1", "SOL": "0.5"}, "1 of 2 positions have a stop at the exchange; none covers SOL."),
        (("ETH",), {}, "No stop covers ETH."),
        (("A", "B", "C", "D", "E"), {}, "No stop covers A, B, C and 2 more."),
    ],
)
def test_what_has_no_stop_is_named(coins: tuple[str, ...], covered: dict[str, str], sentence: str) -> None:
    assert standing(*coins, covered=covered).protection() == sentence


def test_each_position_tells_its_side_its_worth_and_its_stop() -> None:
    now = WhatIsOpen((), (held("ETH", "0.42"), held("SOL", "-12", None)), {"ETH": stop("0.5")})
    assert now.held() == ["0.42 ETH long, $1,000.00, stop at 3,418.6 for 50 % of it", "12 SOL short, no stop"]
    assert now.worth == "", "a sum without one of them would be another number"


def test_numbers_are_counted_as_one_says_them() -> None:
    assert [counted(n, "entry") for n in range(3)] == ["no entry", "1 entry", "2 entries"]
    assert counted(2, "stop or target", "stops and targets") == "2 stops and targets"


def test_what_stays_behind_is_told_by_the_mode() -> None:
    assert left_alone(Mode.LIVE) == AT_THE_EXCHANGE
    assert "still" in left_alone(Mode.DEMO)
    assert "none of them works" in left_alone(Mode.PAPER)


async def test_every_way_out_says_what_it_would_do_now() -> None:
    async with trading() as scene:
        manual = scene.desk.manual
        assert what_is_open(scene.desk).is_nothing
        await manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        limit = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), limit_price=D(3200))
        await manual.place(limit)
        await settled(scene)
        now = what_is_open(scene.desk)
        assert now.resting() == ["Buy 0.5 ETH limit 3,200"]
        assert now.flattening().startswith("Cancels 1 order, closes 1 position worth $1,7")
        assert now.cancelling(exits=False).startswith("Cancels 1 entry. 1 position worth $1,7")
        assert now.cancelling(exits=True).startswith("Cancels 1 entry and no stop or target.")
