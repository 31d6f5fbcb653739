"""What the trader has in a market becomes lines that say side, size and result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hlmaster.core.events import AccountSnapshot, FillsReported
from hlmaster.core.model import Leverage, MarginMode, Position, Side
from hlmaster.core.orders import Fill
from hlmaster.ui.own_lines import own_lines
from tests.ui.market_desk import NOW, D, MarketScene, account


def scene_with(side: Side, entry: str) -> MarketScene:
    scene = MarketScene()
    fill = Fill("ETH", side, D(entry), D("0.5"), NOW, 1, 1, None, D(0), D(0), D(0), False)
    scene.bus.publish(FillsReported((fill,)))
    return scene


@pytest.mark.parametrize(
    ("side", "mark", "label"),
    [
        (Side.BUY, 3_500.0, "LONG 0.5 @ 3,400.0  +$50.00 (+2.94%)"),
        (Side.SELL, 3_500.0, "SHORT 0.5 @ 3,400.0  -$50.00 (-2.94%)"),
        (Side.SELL, 3_400.0, "SHORT 0.5 @ 3,400.0  $0.00 (0.00%)"),
    ],
)
def test_a_position_says_what_it_gained_on_its_side(side: Side, mark: float, label: str) -> None:
    scene = scene_with(side, "3400")
    scene.tell_context("ETH", mark=mark)
    assert [line.label for line in own_lines(scene.desk, "ETH", 1)] == [label]


def test_without_a_mark_there_is_no_result() -> None:
    assert [line.label for line in own_lines(scene_with(Side.BUY, "3400").desk, "ETH", 1)] == ["LONG 0.5 @ 3,400.0"]


def test_the_liquidation_price_is_a_line_when_the_venue_states_one() -> None:
    scene = scene_with(Side.BUY, "3400")
    cross = Leverage(MarginMode.CROSS, 5)
    position = Position("ETH", D("0.5"), D(3400), cross, D(1700), D(0), D(340), D("3012.4"))
    scene.bus.publish(AccountSnapshot(replace(account(), positions=(position,))))
    assert [(line.kind, line.price) for line in own_lines(scene.desk, "ETH", 1)][-1] == ("liquidation", 3012.4)


def test_other_markets_are_left_out() -> None:
    scene = scene_with(Side.BUY, "3400")
    scene.tell_order(Side.BUY, "3300")
    assert own_lines(scene.desk, "BTC", 1) == []
